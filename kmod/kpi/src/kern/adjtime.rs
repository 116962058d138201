// SPDX-License-Identifier: BSD-2-Clause
//! Steering the clock: kern_ntptime.c.

use linux_abi::adjtime::TICK;
use linux_abi::c::l_timex;

use crate::{Cx, Result, check};

/// ntp_adjtime(2): changes what the modes say and tells all; the clock's state. EPERM.
pub fn kern_ntp_adjtime(cx: &mut Cx<'_>, timex: &mut l_timex, modes: u32) -> Result<i32> {
    // SAFETY: plain data.
    let mut t: ffi::timex = unsafe { core::mem::zeroed() };
    t.modes = modes;
    t.offset = timex.offset;
    t.freq = timex.freq;
    t.maxerror = timex.maxerror;
    t.esterror = timex.esterror;
    t.status = timex.status;
    t.constant = timex.constant;
    let mut state = 0;
    // SAFETY: current; both places are whole.
    check(unsafe { ffi::kern_ntp_adjtime(cx.td(), &raw mut t, &raw mut state) })?;
    timex.offset = t.offset;
    timex.freq = t.freq;
    timex.maxerror = t.maxerror;
    timex.esterror = t.esterror;
    timex.status = t.status;
    timex.constant = t.constant;
    timex.precision = t.precision;
    timex.tolerance = t.tolerance;
    timex.ppsfreq = t.ppsfreq;
    timex.jitter = t.jitter;
    timex.shift = t.shift;
    timex.stabil = t.stabil;
    timex.jitcnt = t.jitcnt;
    timex.calcnt = t.calcnt;
    timex.errcnt = t.errcnt;
    timex.stbcnt = t.stbcnt;
    timex.tick = TICK;
    // What is told in the same place when the offset from TAI is set, and not otherwise.
    timex.tai = 0;
    Ok(state)
}

/// adjtime(2), in microseconds: what was left of the last one. EPERM.
pub fn kern_adjtime(cx: &mut Cx<'_>, by: Option<i64>) -> Result<i64> {
    const MILLION: i64 = 1_000_000;
    let mut delta = by.map(|by| ffi::timeval {
        tv_sec: by.div_euclid(MILLION),
        tv_usec: by.rem_euclid(MILLION),
    });
    let delta = delta
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    let mut left = ffi::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    // SAFETY: current; both places are whole.
    check(unsafe { ffi::kern_adjtime(cx.td(), delta, &raw mut left) })?;
    Ok(left
        .tv_sec
        .saturating_mul(MILLION)
        .saturating_add(left.tv_usec))
}
