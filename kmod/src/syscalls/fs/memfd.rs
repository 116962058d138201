// SPDX-License-Identifier: BSD-2-Clause
//! memfd_create(2).
//!
//! FreeBSD: kern_shm_open2 with SHM_ANON (uipc_shm.c).
//! Differences from Linux: no huge pages (ENOSYS) and no MFD_NOEXEC_SEAL (EINVAL); the file
//! cannot be executed, and its name is not shown.

use kpi::kern::space;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::memfd::{MEMFD_NAME_MAX, MemfdFlags};

/// Makes a file in memory.
pub(crate) fn memfd_create(cx: &mut Cx<'_>, name: UserCStr, flags: MemfdFlags) -> Result<i32> {
    let plan = flags.plan()?;
    let mut text = [0; MEMFD_NAME_MAX.saturating_add(1)];
    match name.read(cx, &mut text) {
        Err(fail) if fail == Errno::ENAMETOOLONG.into() => return Err(Errno::EINVAL.into()),
        read => read?,
    };
    space::memfd(cx, plan)
}
