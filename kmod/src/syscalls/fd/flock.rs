// SPDX-License-Identifier: BSD-2-Clause
//! flock(2).
//!
//! FreeBSD: sys_flock (kern_descrip.c).
//! Differences from Linux: sockets and pipes give EOPNOTSUPP.

use kpi::kern::fd;
use kpi::{Cx, Result};
use linux_abi::fd::Fd;
use linux_abi::lock::flock_to_bsd;

/// Locks a whole file, or unlocks it.
pub(crate) fn flock(cx: &mut Cx<'_>, fd: Fd, operation: u32) -> Result<()> {
    match flock_to_bsd(operation.cast_signed())? {
        Some(operation) => fd::flock(cx, fd, operation),
        None => Ok(()),
    }
}
