// SPDX-License-Identifier: BSD-2-Clause
//! flock(2).
//!
//! FreeBSD: sys_flock (kern_descrip.c); the four operations have the same numbers.
//! Differences from Linux: sockets and pipes give EOPNOTSUPP.

use kpi::kern::fd;
use kpi::{Cx, Errno, Result};
use linux_abi::fd::Fd;

const LOCK_SH: u32 = 1;
const LOCK_EX: u32 = 2;
const LOCK_NB: u32 = 4;
const LOCK_UN: u32 = 8;
/// Locks that forbid opening, which Linux gave up in 5.18: it does nothing, whatever else is asked.
const LOCK_MAND: u32 = 32;

/// Locks a whole file, or unlocks it.
pub(crate) fn flock(cx: &mut Cx<'_>, fd: Fd, operation: u32) -> Result<()> {
    if operation & LOCK_MAND != 0 {
        return Ok(());
    }
    match operation & !LOCK_NB {
        LOCK_SH | LOCK_EX | LOCK_UN => fd::flock(cx, fd, operation.cast_signed()),
        _ => Err(Errno::EINVAL.into()),
    }
}
