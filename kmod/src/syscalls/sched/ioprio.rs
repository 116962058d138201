// SPDX-License-Identifier: BSD-2-Clause
//! ioprio_set(2), ioprio_get(2).
//!
//! FreeBSD: none; requests to disks have no priority. As on a Linux whose disk scheduler does not look at
//! it, a priority is kept, handed down and told.
//! Differences from Linux: a thread's only: process groups and users are EINVAL.

use kpi::kern::sched as kernel;
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result};
use linux_abi::ioprio::{is_privileged, who as check_who};

/// Keeps the priority of a thread, 0 being the caller. EINVAL, ESRCH, EPERM.
pub(crate) fn ioprio_set(cx: &mut Cx<'_>, which: i32, who: i32, ioprio: i32) -> Result<()> {
    let privileged = is_privileged(ioprio)?;
    let thread = find(cx, which, who)?;
    kernel::set_io_priority(cx, &thread, ioprio, privileged)
}

/// Tells it. EINVAL, ESRCH.
pub(crate) fn ioprio_get(cx: &mut Cx<'_>, which: i32, who: i32) -> Result<i32> {
    Ok(kernel::io_priority(&find(cx, which, who)?))
}

fn find<'a, 'td>(cx: &'a Cx<'td>, which: i32, who: i32) -> Result<LockedThread<'a, 'td>> {
    check_who(which)?;
    if who < 0 {
        return Err(Errno::ESRCH.into());
    }
    LockedThread::find(cx, who)
}
