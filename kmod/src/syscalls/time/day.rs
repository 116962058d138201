// SPDX-License-Identifier: BSD-2-Clause
//! gettimeofday(2), settimeofday(2), time(2).
//!
//! FreeBSD: microtime, time_second (kern_tc.c), kern_settimeofday.
//! Differences from Linux: the kernel keeps no time zone, so it reads as UTC and setting one does nothing.

use kpi::kern::time::{kern_settimeofday, microtime, time_second};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_timeval, l_timezone};

/// Tells the time and, for programs of long ago, the time zone. EFAULT.
pub(crate) fn gettimeofday(
    cx: &mut Cx<'_>,
    tv: Option<UserOut<l_timeval>>,
    tz: Option<UserOut<l_timezone>>,
) -> Result<()> {
    if let Some(tv) = tv {
        tv.write(cx, &microtime())?;
    }
    match tz {
        Some(tz) => tz.write(cx, &l_timezone::default()),
        None => Ok(()),
    }
}

/// Sets the time. EFAULT and EINVAL come before EPERM.
pub(crate) fn settimeofday(
    cx: &mut Cx<'_>,
    tv: Option<UserIn<l_timeval>>,
    tz: Option<UserIn<l_timezone>>,
) -> Result<()> {
    let time = match tv {
        Some(tv) => Some(tv.read(cx)?),
        None => None,
    };
    let valid = |tv: l_timeval| tv.tv_sec >= 0 && (0..1_000_000).contains(&tv.tv_usec);
    let fraction = |tv: l_timeval| (0..=1_000_000).contains(&tv.tv_usec);
    if time.is_some_and(|tv| !fraction(tv)) {
        return Err(Errno::EINVAL.into());
    }
    if let Some(tz) = tz {
        tz.read(cx)?;
    }
    if time.is_some_and(|tv| !valid(tv)) {
        return Err(Errno::EINVAL.into());
    }
    kern_settimeofday(cx, time)
}

/// Gives the seconds, and stores them too if asked. EFAULT.
pub(crate) fn time(cx: &mut Cx<'_>, tloc: Option<UserOut<i64>>) -> Result<i64> {
    let now = time_second();
    if let Some(tloc) = tloc {
        tloc.write(cx, &now)?;
    }
    Ok(now)
}
