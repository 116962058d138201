// SPDX-License-Identifier: BSD-2-Clause
//! mremap(2).
//!
//! FreeBSD: vm_map_insert, vm_map_delete (vm_map.c); FreeBSD has no such call.
//! Differences from Linux: locked memory, memory mapped by a driver, a program's text and
//! growing a private mapping of a file are ENOMEM.

use kpi::kern::remap;
use kpi::{Cx, Result, UserAddr};
use linux_abi::mremap::plan_mremap;

/// Resizes a mapping, and moves it where that is allowed and needed; gives its address.
///
/// EINVAL for unknown flags, wrong addresses and lengths; EFAULT for a range that is not
/// one mapping; ENOMEM.
pub(crate) fn mremap(
    cx: &mut Cx<'_>,
    addr: u64,
    old_len: u64,
    new_len: u64,
    flags: u64,
    new_addr: u64,
) -> Result<UserAddr> {
    let plan = plan_mremap(addr, old_len, new_len, flags, new_addr)?;
    remap::mremap(cx, addr, &plan).map(UserAddr::from_reg)
}
