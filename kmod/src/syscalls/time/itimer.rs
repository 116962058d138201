// SPDX-License-Identifier: BSD-2-Clause
//! getitimer(2), setitimer(2), alarm(2).
//!
//! FreeBSD: kern_getitimer, kern_setitimer (kern_time.c).
//! Differences from Linux: times beyond 34 years are 34 years.

use kpi::kern::time::{kern_getitimer, kern_setitimer};
use kpi::{Cx, Result, UserIn, UserOut};
use linux_abi::c::l_itimerval;
use linux_abi::timer::{ITIMER_REAL, alarm_seconds, alarm_value, clamp_itimer};

/// Tells what is left of a timer. EINVAL for an unknown one, EFAULT.
pub(crate) fn getitimer(cx: &mut Cx<'_>, which: i32, value: UserOut<l_itimerval>) -> Result<()> {
    let now = kern_getitimer(cx, which.cast_unsigned())?;
    value.write(cx, &now)
}

/// Sets a timer and tells what was left; without a `value` it stops, as Linux does with
/// a warning in its log. EINVAL for an unknown timer or a wrong time, EFAULT.
pub(crate) fn setitimer(
    cx: &mut Cx<'_>,
    which: i32,
    value: Option<UserIn<l_itimerval>>,
    ovalue: Option<UserOut<l_itimerval>>,
) -> Result<()> {
    let new = match value {
        Some(value) => value.read(cx)?,
        None => l_itimerval::default(),
    };
    let old = kern_setitimer(cx, which.cast_unsigned(), clamp_itimer(new)?)?;
    match ovalue {
        Some(ovalue) => ovalue.write(cx, &old),
        None => Ok(()),
    }
}

/// Sends SIGALRM in `seconds`, or never with 0; gives the seconds that were left.
pub(crate) fn alarm(cx: &mut Cx<'_>, seconds: u32) -> Result<u32> {
    let old = kern_setitimer(cx, ITIMER_REAL, alarm_value(seconds))?;
    Ok(alarm_seconds(old.it_value))
}
