// SPDX-License-Identifier: BSD-2-Clause
//! mlock(2), mlock2(2), mlockall(2); munlock(2) and munlockall(2) are FreeBSD's.
//!
//! FreeBSD: kern_mlock, sys_mlockall (vm_mmap.c).
//! Differences from Linux: MLOCK_ONFAULT and MCL_ONFAULT lock at once what Linux
//! would lock when it is first used.

use kpi::kern::mem;
use kpi::{Cx, Fail, Result};
use linux_abi::mlock::{check_mlock2, lock_around, mlockall_to_bsd};

/// Keeps a range in memory. EPERM, ENOMEM, EINVAL for a range that is none.
pub(crate) fn mlock(cx: &mut Cx<'_>, start: u64, len: u64) -> Result<()> {
    match mem::kern_mlock(cx, start, len) {
        Err(Fail::EINVAL) => Err(lock_around(start, len).into()),
        done => done,
    }
}

/// The same with flags. EINVAL for unknown ones.
pub(crate) fn mlock2(cx: &mut Cx<'_>, start: u64, len: u64, flags: i32) -> Result<()> {
    check_mlock2(flags)?;
    mlock(cx, start, len)
}

/// Keeps all memory there, that of now, of the future, or both. EINVAL for unknown
/// flags; EPERM, ENOMEM.
pub(crate) fn mlockall(cx: &mut Cx<'_>, flags: i32) -> Result<()> {
    mem::mlockall(cx, mlockall_to_bsd(flags)?)
}
