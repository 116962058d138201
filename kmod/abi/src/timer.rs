// SPDX-License-Identifier: BSD-2-Clause
//! Timers: setitimer(2), alarm(2), timer_create(2); and what clock_getres(2) tells.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::{l_itimerspec, l_itimerval, l_timespec, l_timeval};
use crate::errno::Errno;
use crate::time::{Clock, USEC_PER_SEC, sleep_clock};

/// What clock_getres(2) tells.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// One nanosecond: the clock is read out of a counter.
    Nanosecond,
    /// One tick of the system clock.
    Tick,
}

/// The resolution of a clock that exists.
pub const fn resolution(id: i32) -> Resolution {
    match id.cast_unsigned() {
        linux::CLOCK_REALTIME_COARSE | linux::CLOCK_MONOTONIC_COARSE => Resolution::Tick,
        _ => Resolution::Nanosecond,
    }
}

/// The FreeBSD clock of a timer of timer_create(2): EINVAL for a clock that does not
/// exist, EOPNOTSUPP for one without timers. On FreeBSD CPU-time clocks have none, and
/// of the two monotonic clocks, which show the same time, one has.
pub const fn timer_clock(id: i32) -> Result<i32, Errno> {
    match sleep_clock(id) {
        Ok(Clock::Bsd(bsd::CLOCK_UPTIME)) => Ok(bsd::CLOCK_MONOTONIC),
        Ok(Clock::Bsd(bsd::CLOCK_PROCESS_CPUTIME_ID)) => Err(Errno::EOPNOTSUPP),
        Ok(Clock::Bsd(clock)) => Ok(clock),
        Ok(Clock::Descriptor(_)) => Err(Errno::EINVAL),
        Ok(Clock::Process(_) | Clock::Thread(_)) => Err(Errno::EOPNOTSUPP),
        Err(e) => Err(e),
    }
}

/// `ITIMER_REAL` of setitimer(2), the same on both systems.
pub const ITIMER_REAL: u32 = linux::ITIMER_REAL;

/// The most seconds FreeBSD takes for a timer of setitimer(2): 34 years.
const ITIMER_MAX_SEC: i64 = i32::MAX as i64 / 2;

/// The most seconds for what FreeBSD adds to the present: some thirty thousand years.
pub const FAR_SEC: i64 = 1 << 40;

const fn at_most(sec: i64, max: i64) -> i64 {
    if sec > max { max } else { sec }
}

/// The same span, or one so long that nobody sees its end and sums with it fit.
pub const fn clamp_span(ts: l_timespec) -> l_timespec {
    l_timespec {
        tv_sec: at_most(ts.tv_sec, FAR_SEC),
        tv_nsec: ts.tv_nsec,
    }
}

/// The value for setitimer(2): EINVAL for a wrong time, and no more than FreeBSD takes.
pub fn clamp_itimer(it: l_itimerval) -> Result<l_itimerval, Errno> {
    let clamp = |tv: l_timeval| {
        tv.check_timeout().map(|tv| l_timeval {
            tv_sec: at_most(tv.tv_sec, ITIMER_MAX_SEC),
            tv_usec: tv.tv_usec,
        })
    };
    Ok(l_itimerval {
        it_value: clamp(it.it_value)?,
        it_interval: clamp(it.it_interval)?,
    })
}

/// The value for timer_settime(2): EINVAL for a wrong time, and no more than can be
/// added to the present.
pub fn clamp_itimerspec(it: l_itimerspec) -> Result<l_itimerspec, Errno> {
    Ok(l_itimerspec {
        it_interval: clamp_span(it.it_interval.check_timeout()?),
        it_value: clamp_span(it.it_value.check_timeout()?),
    })
}

/// The timer that alarm(2) sets.
pub fn alarm_value(seconds: u32) -> l_itimerval {
    let mut out = l_itimerval::default();
    out.it_value.tv_sec = at_most(i64::from(seconds), ITIMER_MAX_SEC);
    out
}

/// The seconds alarm(2) says were left: to the nearest, but 0 only for a timer that was
/// not set.
pub const fn alarm_seconds(left: l_timeval) -> u32 {
    let up = left.tv_usec >= USEC_PER_SEC / 2 || left.tv_sec == 0 && left.tv_usec > 0;
    // CAST: no timer is set for more than ITIMER_MAX_SEC.
    (left.tv_sec as u32).saturating_add(up as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tv(tv_sec: i64, tv_usec: i64) -> l_timeval {
        l_timeval { tv_sec, tv_usec }
    }

    fn ts(tv_sec: i64, tv_nsec: i64) -> l_timespec {
        l_timespec { tv_sec, tv_nsec }
    }

    /// timer_create(2): EOPNOTSUPP for clocks without timers.
    #[test]
    fn timer_clocks() {
        for (id, clock) in [(0, 0), (1, 4), (7, 4), (8, 0), (9, 4), (11, 16)] {
            assert_eq!(timer_clock(id), Ok(clock));
        }
        for id in [2, 3, 4, 5, 6, !7 | 2, !7 | 6] {
            assert_eq!(timer_clock(id), Err(Errno::EOPNOTSUPP));
        }
        for id in [10, 12, -1, !7 | 3] {
            assert_eq!(timer_clock(id), Err(Errno::EINVAL));
        }
    }

    /// Coarse clocks show ticks.
    #[test]
    fn resolutions() {
        let coarse = (-20..20).filter(|id| resolution(*id) == Resolution::Tick);
        assert_eq!(coarse.collect::<Vec<_>>(), [5, 6]);
    }

    /// alarm(2) rounds, but never to "there was none".
    #[test]
    fn alarms() {
        assert_eq!(alarm_seconds(tv(0, 0)), 0);
        assert_eq!(alarm_seconds(tv(0, 1)), 1);
        assert_eq!(alarm_seconds(tv(3, 499_999)), 3);
        assert_eq!(alarm_seconds(tv(3, 500_000)), 4);
        assert_eq!(alarm_value(u32::MAX).it_value.tv_sec, ITIMER_MAX_SEC);
    }

    /// Wrong times are refused, long ones are cut.
    #[test]
    fn timer_values() {
        let it = |value| l_itimerval {
            it_interval: tv(0, 0),
            it_value: value,
        };
        assert_eq!(clamp_itimer(it(tv(0, USEC_PER_SEC))), Err(Errno::EINVAL));
        let long = clamp_itimer(it(tv(i64::MAX, 5))).unwrap();
        assert_eq!(long.it_value, tv(ITIMER_MAX_SEC, 5));
        let spec = |value| l_itimerspec {
            it_interval: ts(0, 0),
            it_value: value,
        };
        assert_eq!(clamp_itimerspec(spec(ts(0, -1))), Err(Errno::EINVAL));
        let long = clamp_itimerspec(spec(ts(i64::MAX, 5))).unwrap();
        assert_eq!(long.it_value, ts(FAR_SEC, 5));
    }
}
