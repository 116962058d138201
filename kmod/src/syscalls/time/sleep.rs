// SPDX-License-Identifier: BSD-2-Clause
//! nanosleep(2), clock_nanosleep(2).
//!
//! FreeBSD: kern_clock_nanosleep (kern_time.c).
//! Differences from Linux: CPU-time clocks of processes are EOPNOTSUPP.

use kpi::kern::time::{ABSOLUTE, kern_clock_nanosleep};
use kpi::{Cx, Errno, Fail, Result, UserIn, UserOut};
use linux_abi::bsd;
use linux_abi::c::l_timespec;
use linux_abi::time::{Clock, is_absolute, sleep_clock};

/// Sleeps on CLOCK_MONOTONIC. EINVAL for a wrong time; EINTR after a handler, with what
/// is left in `rmtp`; EFAULT.
pub(crate) fn nanosleep(
    cx: &mut Cx<'_>,
    rqtp: UserIn<l_timespec>,
    rmtp: Option<UserOut<l_timespec>>,
) -> Result<()> {
    let time = rqtp.read(cx)?.check_timeout()?;
    relative(cx, bsd::CLOCK_UPTIME, time, rmtp)
}

/// Sleeps for a time, or until one with TIMER_ABSTIME; Linux ignores all other flags.
///
/// EINVAL for an unknown clock or a wrong time, EOPNOTSUPP for a clock that cannot wake
/// anyone; EINTR, EFAULT.
pub(crate) fn clock_nanosleep(
    cx: &mut Cx<'_>,
    which_clock: i32,
    flags: i32,
    rqtp: UserIn<l_timespec>,
    rmtp: Option<UserOut<l_timespec>>,
) -> Result<()> {
    let clock = sleep_clock(which_clock);
    match clock {
        // Of a CPU-time clock Linux looks at the time first.
        Err(errno) if which_clock >= 0 => return Err(errno.into()),
        Ok(Clock::Descriptor(_)) => return Err(Errno::EOPNOTSUPP.into()),
        _ => {}
    }
    let time = rqtp.read(cx)?.check_timeout()?;
    let Clock::Bsd(clock) = clock? else {
        return Err(Errno::EOPNOTSUPP.into());
    };
    if is_absolute(flags) {
        let mut left = l_timespec::default();
        return kern_clock_nanosleep(cx, clock, ABSOLUTE, time, &mut left);
    }
    relative(cx, clock, time, rmtp)
}

fn relative(
    cx: &mut Cx<'_>,
    clock: i32,
    time: l_timespec,
    rmtp: Option<UserOut<l_timespec>>,
) -> Result<()> {
    let mut left = l_timespec::default();
    let slept = kern_clock_nanosleep(cx, clock, 0, time, &mut left);
    if slept == Err(Fail::EINTR)
        && let Some(rmtp) = rmtp
    {
        rmtp.write(cx, &left)?;
    }
    slept
}
