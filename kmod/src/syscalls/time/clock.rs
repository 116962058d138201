// SPDX-License-Identifier: BSD-2-Clause
//! clock_gettime(2), clock_getres(2), clock_settime(2).
//!
//! FreeBSD: kern_clock_gettime, kern_clock_settime (kern_time.c).
//! Differences from Linux: CLOCK_MONOTONIC_RAW is adjusted as CLOCK_MONOTONIC is, the
//! clocks of CLOCK_..._ALARM do not wake the machine, there are no clocks behind
//! descriptors, and a CPU-time clock does not tell user time from system time.

use kpi::kern::time::{self, kern_clock_gettime, kern_clock_settime};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::bsd;
use linux_abi::c::l_timespec;
use linux_abi::time::clock;
use linux_abi::timer::{Resolution, resolution};

/// Tells the time. EINVAL for an unknown clock, EFAULT.
pub(crate) fn clock_gettime(
    cx: &mut Cx<'_>,
    which_clock: i32,
    tp: UserOut<l_timespec>,
) -> Result<()> {
    let id = time::clock_id(cx, clock(which_clock)?)?;
    let now = kern_clock_gettime(cx, id)?;
    tp.write(cx, &now)
}

/// Tells a clock's resolution: a nanosecond, or a tick. EINVAL for an unknown clock, EFAULT.
pub(crate) fn clock_getres(
    cx: &mut Cx<'_>,
    which_clock: i32,
    tp: Option<UserOut<l_timespec>>,
) -> Result<()> {
    time::clock_id(cx, clock(which_clock)?)?;
    let answer = match resolution(which_clock) {
        Resolution::Nanosecond => l_timespec::from_nsec(1),
        Resolution::Tick => time::tick(),
    };
    match tp {
        Some(tp) => tp.write(cx, &answer),
        None => Ok(()),
    }
}

/// Sets CLOCK_REALTIME. EINVAL for any other clock or a wrong time; EPERM without the
/// right, and for CPU-time clocks, which nobody may set; EFAULT.
pub(crate) fn clock_settime(
    cx: &mut Cx<'_>,
    which_clock: i32,
    tp: UserIn<l_timespec>,
) -> Result<()> {
    let realtime = which_clock == bsd::CLOCK_REALTIME;
    if !realtime && which_clock >= 0 {
        return Err(Errno::EINVAL.into());
    }
    let new = tp.read(cx)?;
    if !realtime {
        // Linux looks for the process behind a CPU-time clock after the time.
        time::clock_id(cx, clock(which_clock)?)?;
        return Err(Errno::EPERM.into());
    }
    kern_clock_settime(cx, bsd::CLOCK_REALTIME, new.check_timeout()?)
}
