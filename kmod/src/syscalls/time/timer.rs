// SPDX-License-Identifier: BSD-2-Clause
//! timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2),
//! timer_delete(2).
//!
//! FreeBSD: kern_ktimer_* (kern_time.c).
//! Differences from Linux: CPU-time clocks are EOPNOTSUPP, a process has at most 29
//! timers, and they run out on a tick of the system clock.

use kpi::kern::time::ABSOLUTE;
use kpi::kern::timer;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_itimerspec, l_sigevent};
use linux_abi::sigevent::sigevent_to_bsd;
use linux_abi::time::is_absolute;
use linux_abi::timer::{clamp_itimerspec, timer_clock};

/// Makes a timer and stores its id.
///
/// EINVAL for an unknown clock, way to notify, signal or thread; EOPNOTSUPP for a clock
/// without timers; EAGAIN for too many; EFAULT, and then there is no timer.
pub(crate) fn timer_create(
    cx: &mut Cx<'_>,
    which_clock: i32,
    timer_event_spec: Option<UserIn<l_sigevent>>,
    created_timer_id: UserOut<i32>,
) -> Result<()> {
    let event = match timer_event_spec {
        Some(event) => Some(event.read(cx)?),
        None => None,
    };
    let clock = timer_clock(which_clock)?;
    let event = match event {
        Some(event) => Some(sigevent_to_bsd(&event)?),
        None => None,
    };

    let id = timer::kern_ktimer_create(cx, clock, event)?;

    let copied = created_timer_id.write(cx, &id);
    if copied.is_err() {
        let _ = timer::kern_ktimer_delete(cx, id);
    }
    copied
}

/// Starts or stops a timer and tells what was left. EINVAL for an unknown timer or a
/// wrong time, EFAULT.
pub(crate) fn timer_settime(
    cx: &mut Cx<'_>,
    timer_id: i32,
    flags: i32,
    new_setting: UserIn<l_itimerspec>,
    old_setting: Option<UserOut<l_itimerspec>>,
) -> Result<()> {
    if new_setting.addr().is_null() {
        return Err(Errno::EINVAL.into());
    }
    let new = clamp_itimerspec(new_setting.read(cx)?)?;
    let flags = if is_absolute(flags) { ABSOLUTE } else { 0 };

    let old = timer::kern_ktimer_settime(cx, timer_id, flags, new)?;

    match old_setting {
        Some(old_setting) => old_setting.write(cx, &old),
        None => Ok(()),
    }
}

/// Tells what is left of a timer. EINVAL, EFAULT.
pub(crate) fn timer_gettime(
    cx: &mut Cx<'_>,
    timer_id: i32,
    setting: UserOut<l_itimerspec>,
) -> Result<()> {
    let now = timer::kern_ktimer_gettime(cx, timer_id)?;
    setting.write(cx, &now)
}

/// Gives how often the timer ran out again before its last signal was taken. EINVAL.
pub(crate) fn timer_getoverrun(cx: &mut Cx<'_>, timer_id: i32) -> Result<i32> {
    timer::kern_ktimer_getoverrun(cx, timer_id)
}

/// Removes a timer. EINVAL.
pub(crate) fn timer_delete(cx: &mut Cx<'_>, timer_id: i32) -> Result<()> {
    timer::kern_ktimer_delete(cx, timer_id)
}
