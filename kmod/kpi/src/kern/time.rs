// SPDX-License-Identifier: BSD-2-Clause
//! Clocks and sleeps: kern_time.c, kern_tc.c. Timers are in [`super::timer`].

use core::ffi::c_int;

use linux_abi::c::{l_itimerval, l_timespec, l_timeval};
use linux_abi::time::Clock;

use crate::{Cx, Errno, Result, check};

/// The same value under the kernel's name.
#[inline]
pub(crate) fn to_bsd(ts: l_timespec) -> ffi::timespec {
    ffi::timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    }
}

/// The same value under Linux's name.
#[inline]
pub(crate) fn to_linux(ts: ffi::timespec) -> l_timespec {
    l_timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    }
}

const ZERO: ffi::timespec = ffi::timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// clock_gettime(2) of a clock of FreeBSD's. EINVAL if there is none of this id.
#[inline]
pub fn kern_clock_gettime(cx: &mut Cx<'_>, clock: i32) -> Result<l_timespec> {
    let mut ts = ZERO;
    // SAFETY: current; `ts` is whole.
    check(unsafe { ffi::kern_clock_gettime(cx.td(), clock, &raw mut ts) })?;
    Ok(to_linux(ts))
}

/// clock_settime(2). EPERM, EINVAL.
pub fn kern_clock_settime(cx: &mut Cx<'_>, clock: i32, time: l_timespec) -> Result<()> {
    let mut ts = to_bsd(time);
    // SAFETY: current; `ts` is whole.
    check(unsafe { ffi::kern_clock_settime(cx.td(), clock, &raw mut ts) })
}

/// settimeofday(2); `None` only asks whether it is allowed. EPERM, EINVAL.
pub fn kern_settimeofday(cx: &mut Cx<'_>, time: Option<l_timeval>) -> Result<()> {
    let mut tv = time.map(|time| ffi::timeval {
        tv_sec: time.tv_sec,
        tv_usec: time.tv_usec,
    });
    let tv = tv.as_mut().map_or(core::ptr::null_mut(), |tv| &raw mut *tv);
    // SAFETY: current; `tv` is whole or null, the time zone is not looked at.
    check(unsafe { ffi::kern_settimeofday(cx.td(), tv, core::ptr::null_mut()) })
}

/// The time between two updates of the coarse clocks.
pub fn tick() -> l_timespec {
    // SAFETY: written once at boot; in microseconds.
    let microseconds = unsafe { ffi::tick };
    l_timespec::from_nsec(i64::from(microseconds).wrapping_mul(1000))
}

/// FreeBSD's id of a clock; of a CPU-time clock only if its process, or its thread in
/// the caller's process, exists: else EINVAL.
#[inline]
pub fn clock_id(cx: &mut Cx<'_>, clock: Clock) -> Result<i32> {
    match clock {
        Clock::Bsd(id) => Ok(id),
        Clock::Process(pid) => cpu_clock(cx, pid, ffi::CPUCLOCK_WHICH_PID),
        Clock::Thread(tid) => {
            // The first thread's Linux id is the process's.
            let tid = if tid == cx.pid() {
                first_thread(cx)
            } else {
                tid
            };
            cpu_clock(cx, tid, ffi::CPUCLOCK_WHICH_TID)
        }
        // No device here gives a clock.
        Clock::Descriptor(_) => Err(Errno::EINVAL.into()),
    }
}

/// FreeBSD's id of the first thread of the process.
pub(super) fn first_thread(cx: &Cx<'_>) -> i32 {
    let _locked = crate::lock::ProcGuard::new(cx);
    // SAFETY: current; under PROC_LOCK the threads of the process stay, and it has one.
    unsafe { (*ffi::lrs_first_thread(cx.proc_ptr())).td_tid }
}

#[cold]
fn cpu_clock(cx: &mut Cx<'_>, id: i32, which: u32) -> Result<i32> {
    let id = u32::try_from(id).map_err(|_| Errno::EINVAL)?;
    let mut clock = 0;
    // SAFETY: current; `clock` is whole.
    let found = check(unsafe {
        ffi::kern_clock_getcpuclockid2(cx.td(), i64::from(id), which.cast_signed(), &raw mut clock)
    });
    // Also a process that the caller may not see is EINVAL.
    found
        .and_then(|()| kern_clock_gettime(cx, clock))
        .map_err(|_| Errno::EINVAL)?;
    Ok(clock)
}

/// clock_nanosleep(2) with a valid time; `left` is what remains, if the sleep was
/// relative and ends with EINTR. EINVAL, EOPNOTSUPP for a clock nobody can sleep on.
pub fn kern_clock_nanosleep(
    cx: &mut Cx<'_>,
    clock: i32,
    flags: i32,
    time: l_timespec,
    left: &mut l_timespec,
) -> Result<()> {
    let time = to_bsd(time);
    let mut rest = ZERO;
    // SAFETY: current; both times are whole.
    let error =
        unsafe { ffi::kern_clock_nanosleep(cx.td(), clock, flags, &raw const time, &raw mut rest) };
    *left = to_linux(rest);
    check(error)
}

/// The time of day.
#[inline]
pub fn microtime() -> l_timeval {
    let mut tv = ffi::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    // SAFETY: `tv` is whole.
    unsafe { ffi::microtime(&raw mut tv) };
    l_timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    }
}

/// The time of day in seconds, as of the last tick.
#[inline]
pub fn time_second() -> i64 {
    // SAFETY: a word the clock interrupt writes whole.
    unsafe { (&raw const ffi::time_second).read_volatile() }
}

fn itimer_to_linux(it: ffi::itimerval) -> l_itimerval {
    let tv = |tv: ffi::timeval| l_timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    };
    l_itimerval {
        it_interval: tv(it.it_interval),
        it_value: tv(it.it_value),
    }
}

fn itimer_to_bsd(it: l_itimerval) -> ffi::itimerval {
    let tv = |tv: l_timeval| ffi::timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    };
    ffi::itimerval {
        it_interval: tv(it.it_interval),
        it_value: tv(it.it_value),
    }
}

/// getitimer(2). EINVAL for an unknown timer.
pub fn kern_getitimer(cx: &mut Cx<'_>, which: u32) -> Result<l_itimerval> {
    let mut now = itimer_to_bsd(l_itimerval::default());
    // SAFETY: current; `now` is whole.
    check(unsafe { ffi::kern_getitimer(cx.td(), which, &raw mut now) })?;
    Ok(itimer_to_linux(now))
}

/// setitimer(2): gives what was set. EINVAL for an unknown timer, or times that are
/// negative or beyond 34 years.
pub fn kern_setitimer(cx: &mut Cx<'_>, which: u32, value: l_itimerval) -> Result<l_itimerval> {
    let mut new = itimer_to_bsd(value);
    let mut old = itimer_to_bsd(l_itimerval::default());
    // SAFETY: current; both structures are whole.
    check(unsafe { ffi::kern_setitimer(cx.td(), which, &raw mut new, &raw mut old) })?;
    Ok(itimer_to_linux(old))
}

/// The flag of [`kern_clock_nanosleep`] for an absolute time.
pub const ABSOLUTE: c_int = ffi::TIMER_ABSTIME as c_int;
