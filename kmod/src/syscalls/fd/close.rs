// SPDX-License-Identifier: BSD-2-Clause
//! close_range(2); close(2) is FreeBSD's own.
//!
//! FreeBSD: kern_close_range, fdunshare (kern_descrip.c).
//! Differences from Linux: CLOSE_RANGE_UNSHARE is EINVAL in a process of several threads, whose
//! descriptors FreeBSD cannot take apart.

use kpi::kern::fd::kern_close_range;
use kpi::kern::remote::unshare;
use kpi::{Cx, Errno, Result};
use linux_abi::close::CloseRange;

/// Closes the descriptors from `first` to `last`, or has them closed on exec.
pub(crate) fn close_range(cx: &mut Cx<'_>, first: u32, last: u32, flags: CloseRange) -> Result<()> {
    flags.check()?;
    if last < first {
        return Err(Errno::EINVAL.into());
    }
    if flags.contains(CloseRange::UNSHARE) {
        unshare(cx, true, false)?;
    }
    kern_close_range(cx, first, last, flags.contains(CloseRange::CLOEXEC))
}
