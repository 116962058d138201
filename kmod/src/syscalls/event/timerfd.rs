// SPDX-License-Identifier: BSD-2-Clause
//! timerfd_create(2), timerfd_settime(2), timerfd_gettime(2).
//!
//! FreeBSD: kern_timerfd_* (sys_timerfd.c).
//! Differences from Linux: the clocks that wake a sleeping machine are EPERM.

use kpi::kern::event;
use kpi::{Cx, Result, UserIn, UserOut};
use linux_abi::c::l_itimerspec;
use linux_abi::fd::Fd;
use linux_abi::special::{settime_flags, timerfd_clock, timerfd_flags};

/// Makes a timer that is read.
pub(crate) fn timerfd_create(cx: &mut Cx<'_>, clock: i32, flags: i32) -> Result<i32> {
    let flags = timerfd_flags(flags)?;
    event::kern_timerfd_create(cx, timerfd_clock(clock)?, flags)
}

/// Starts or stops it.
pub(crate) fn timerfd_settime(
    cx: &mut Cx<'_>,
    fd: Fd,
    flags: i32,
    new: UserIn<l_itimerspec>,
    old: Option<UserOut<l_itimerspec>>,
) -> Result<()> {
    let new = new.read(cx)?;
    let flags = settime_flags(flags)?;
    new.it_value.check_timeout()?;
    new.it_interval.check_timeout()?;

    let before = event::kern_timerfd_settime(cx, fd, flags, &new)?;

    match old {
        Some(user) => user.write(cx, &before),
        None => Ok(()),
    }
}

/// What is left of it.
pub(crate) fn timerfd_gettime(cx: &mut Cx<'_>, fd: Fd, now: UserOut<l_itimerspec>) -> Result<()> {
    let value = event::kern_timerfd_gettime(cx, fd)?;
    now.write(cx, &value)
}
