// SPDX-License-Identifier: BSD-2-Clause
//! mremap(2), remap_file_pages(2).
//!
//! FreeBSD: vm_map_insert, vm_map_delete (vm_map.c); FreeBSD has no such call.
//! Differences from Linux: a stack that has moved grows no more, and mappings that differ only in what
//! they were once part of count as one.

use kpi::kern::advice;
use kpi::kern::mem::MAX_USER;
use kpi::kern::remap;
use kpi::{Cx, Errno, Result, UserAddr};
use linux_abi::mman::{MAP_NONBLOCK, plan_remap_file_pages};
use linux_abi::mremap::read_mremap;

/// Resizes a mapping, and moves it where that is allowed and needed; gives its address.
///
/// EINVAL for unknown flags, wrong addresses and lengths; EFAULT for a range that is not
/// one mapping; EAGAIN for more locked memory than is allowed; ENOMEM.
pub(crate) fn mremap(
    cx: &mut Cx<'_>,
    addr: u64,
    old_len: u64,
    new_len: u64,
    flags: u64,
    new_addr: u64,
) -> Result<UserAddr> {
    let args = read_mremap(addr, old_len, new_len, flags, new_addr, MAX_USER)?;
    remap::mremap(cx, &args).map(UserAddr::from_reg)
}

/// Shows other pages of a file in a part of a shared mapping. EINVAL for what is not one shared mapping, a
/// protection, or a range that wraps; ENOMEM.
pub(crate) fn remap_file_pages(
    cx: &mut Cx<'_>,
    start: u64,
    size: u64,
    prot: u64,
    pgoff: u64,
    flags: u64,
) -> Result<()> {
    let (start, end) = plan_remap_file_pages(start, size, prot, pgoff)?;
    if end > MAX_USER {
        return Err(Errno::EINVAL.into());
    }
    advice::show_other_pages(cx, start, end, pgoff)?;
    if flags & u64::from(MAP_NONBLOCK) == 0 {
        // As with MAP_POPULATE: what cannot be faulted in is not there later either.
        let _ = advice::populate(cx, start, end, false);
    }
    Ok(())
}
