// SPDX-License-Identifier: BSD-2-Clause
//! Clocks and times.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::{l_timespec, l_timeval};
use crate::errno::Errno;

/// Nanoseconds in a second.
pub const NSEC_PER_SEC: i64 = 1_000_000_000;
/// Microseconds in a second.
pub const USEC_PER_SEC: i64 = 1_000_000;
/// Ticks in a second for times(2) and AT_CLKTCK (`USER_HZ`).
pub const CLOCK_TICKS_PER_SEC: i64 = 100;
/// `UTIME_NOW` of utimensat(2); FreeBSD's is -1.
pub const UTIME_NOW: i64 = (1 << 30) - 1;
/// `UTIME_OMIT` of utimensat(2); FreeBSD's is -2.
pub const UTIME_OMIT: i64 = (1 << 30) - 2;

/// What a Linux clock id names.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The FreeBSD clock with this id.
    Bsd(i32),
    /// The CPU time of a process; 0 is the caller's.
    Process(i32),
    /// The CPU time of a thread; 0 is the caller.
    Thread(i32),
    /// The device with this descriptor (clock_getres(2), "dynamic clocks").
    Descriptor(i32),
}

/// Reads a clock id, or EINVAL.
///
/// Linux's CLOCK_MONOTONIC stops while the machine is suspended and CLOCK_BOOTTIME
/// does not; on FreeBSD these are CLOCK_UPTIME and CLOCK_MONOTONIC.
pub const fn clock(id: i32) -> Result<Clock, Errno> {
    if id < 0 {
        return cpu_clock(id);
    }
    Ok(Clock::Bsd(match id.cast_unsigned() {
        linux::CLOCK_REALTIME | linux::CLOCK_REALTIME_ALARM => bsd::CLOCK_REALTIME,
        linux::CLOCK_MONOTONIC | linux::CLOCK_MONOTONIC_RAW => bsd::CLOCK_UPTIME,
        linux::CLOCK_PROCESS_CPUTIME_ID => bsd::CLOCK_PROCESS_CPUTIME_ID,
        linux::CLOCK_THREAD_CPUTIME_ID => bsd::CLOCK_THREAD_CPUTIME_ID,
        linux::CLOCK_REALTIME_COARSE => bsd::CLOCK_REALTIME_FAST,
        linux::CLOCK_MONOTONIC_COARSE => bsd::CLOCK_UPTIME_FAST,
        linux::CLOCK_BOOTTIME | linux::CLOCK_BOOTTIME_ALARM => bsd::CLOCK_MONOTONIC,
        linux::CLOCK_TAI => bsd::CLOCK_TAI,
        _ => return Err(Errno::EINVAL),
    }))
}

/// Negative ids: the pid inverted, above three bits that say thread or process and
/// which time (include/uapi of Linux has no names; see clock_getcpuclockid(3)).
const fn cpu_clock(id: i32) -> Result<Clock, Errno> {
    let pid = !(id >> 3);
    match (id & 3, id & 4 != 0) {
        (3, false) => Ok(Clock::Descriptor(pid)),
        (3, true) => Err(Errno::EINVAL),
        (_, false) => Ok(Clock::Process(pid)),
        (_, true) => Ok(Clock::Thread(pid)),
    }
}

/// The clock clock_nanosleep(2) sleeps on: EINVAL for those that do not exist,
/// EOPNOTSUPP for those that cannot wake anyone. (For the thread's CPU time the man page
/// says EINVAL, Linux EOPNOTSUPP.)
pub const fn sleep_clock(id: i32) -> Result<Clock, Errno> {
    match id.cast_unsigned() {
        linux::CLOCK_MONOTONIC_RAW
        | linux::CLOCK_REALTIME_COARSE
        | linux::CLOCK_MONOTONIC_COARSE
        | linux::CLOCK_THREAD_CPUTIME_ID => Err(Errno::EOPNOTSUPP),
        _ => clock(id),
    }
}

impl l_timespec {
    /// EINVAL unless a time Linux takes for a timeout: not negative, nanoseconds in
    /// `0..1_000_000_000`.
    pub const fn check_timeout(self) -> Result<l_timespec, Errno> {
        if self.tv_sec < 0 {
            return Err(Errno::EINVAL);
        }
        self.check_nsec()
    }

    /// EINVAL unless the nanoseconds are in `0..1_000_000_000`; the seconds may be
    /// negative, as in utimensat(2).
    pub const fn check_nsec(self) -> Result<l_timespec, Errno> {
        match self.tv_nsec {
            0..NSEC_PER_SEC => Ok(self),
            _ => Err(Errno::EINVAL),
        }
    }

    /// In nanoseconds; beyond what fits, the nearest that does.
    pub const fn to_nsec_saturating(self) -> i64 {
        self.tv_sec
            .saturating_mul(NSEC_PER_SEC)
            .saturating_add(self.tv_nsec)
    }

    /// In microseconds, rounded up so that nobody wakes too early. Only for a time that
    /// [`check_timeout`](Self::check_timeout) took.
    pub const fn to_timeval_up(self) -> l_timeval {
        let usec = self.tv_nsec.saturating_add(999).wrapping_div(1000);
        if usec < USEC_PER_SEC {
            l_timeval {
                tv_sec: self.tv_sec,
                tv_usec: usec,
            }
        } else {
            l_timeval {
                tv_sec: self.tv_sec.saturating_add(1),
                tv_usec: 0,
            }
        }
    }

    /// From nanoseconds.
    pub const fn from_nsec(nsec: i64) -> l_timespec {
        l_timespec {
            tv_sec: nsec.div_euclid(NSEC_PER_SEC),
            tv_nsec: nsec.rem_euclid(NSEC_PER_SEC),
        }
    }
}

impl l_timeval {
    /// EINVAL unless a time Linux takes for a timeout.
    pub const fn check_timeout(self) -> Result<l_timeval, Errno> {
        match self.tv_usec {
            0..USEC_PER_SEC if self.tv_sec >= 0 => Ok(self),
            _ => Err(Errno::EINVAL),
        }
    }

    /// As a timespec; EINVAL unless the microseconds are in `0..1_000_000`.
    pub const fn to_timespec(self) -> Result<l_timespec, Errno> {
        match self.tv_usec {
            0..USEC_PER_SEC => {
                let tv_nsec = self.tv_usec.wrapping_mul(1000);
                Ok(l_timespec {
                    tv_sec: self.tv_sec,
                    tv_nsec,
                })
            }
            _ => Err(Errno::EINVAL),
        }
    }

    /// select(2) alone takes microseconds beyond a second and carries them over;
    /// EINVAL if either part is negative.
    pub const fn normalize_for_select(self) -> Result<l_timeval, Errno> {
        if self.tv_sec < 0 || self.tv_usec < 0 {
            return Err(Errno::EINVAL);
        }
        let carry = self.tv_usec.wrapping_div(USEC_PER_SEC);
        Ok(l_timeval {
            tv_sec: self.tv_sec.saturating_add(carry),
            tv_usec: self.tv_usec.wrapping_rem(USEC_PER_SEC),
        })
    }
}

/// What utimensat(2) does with one of the two times.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum FileTime {
    /// Set it to this.
    Set(l_timespec),
    /// Set it to the present.
    Now,
    /// Leave it.
    Omit,
}

impl FileTime {
    /// Reads a time of utimensat(2). The seconds do not count with UTIME_NOW and
    /// UTIME_OMIT; other nanoseconds outside a second are EINVAL.
    pub const fn parse(ts: l_timespec) -> Result<FileTime, Errno> {
        match ts.tv_nsec {
            UTIME_NOW => Ok(FileTime::Now),
            UTIME_OMIT => Ok(FileTime::Omit),
            _ => match ts.check_nsec() {
                Ok(ts) => Ok(FileTime::Set(ts)),
                Err(e) => Err(e),
            },
        }
    }

    /// The pair of seconds and nanoseconds FreeBSD's utimensat takes.
    pub const fn to_bsd(self) -> (i64, i64) {
        match self {
            FileTime::Set(ts) => (ts.tv_sec, ts.tv_nsec),
            FileTime::Now => (0, bsd::UTIME_NOW as i64),
            FileTime::Omit => (0, bsd::UTIME_OMIT as i64),
        }
    }
}

/// A timeout in milliseconds, as poll(2) and epoll_wait(2) take it: `None` if
/// negative, which is forever.
pub const fn timeout_from_msec(msec: i32) -> Option<l_timespec> {
    if msec < 0 {
        return None;
    }
    Some(l_timespec::from_nsec((msec as i64).wrapping_mul(1_000_000)))
}

/// Ticks for times(2), rounded down.
pub const fn ticks(tv: l_timeval) -> i64 {
    let rest = tv.tv_usec.wrapping_div(USEC_PER_SEC / CLOCK_TICKS_PER_SEC);
    tv.tv_sec
        .saturating_mul(CLOCK_TICKS_PER_SEC)
        .saturating_add(rest)
}

/// Whether the flags of clock_nanosleep(2) say absolute; other bits are ignored.
pub const fn is_absolute(flags: i32) -> bool {
    flags.cast_unsigned() & linux::TIMER_ABSTIME != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ts(tv_sec: i64, tv_nsec: i64) -> l_timespec {
        l_timespec { tv_sec, tv_nsec }
    }

    fn tv(tv_sec: i64, tv_usec: i64) -> l_timeval {
        l_timeval { tv_sec, tv_usec }
    }

    /// The clocks Linux has, and EINVAL for the rest.
    #[test]
    fn clocks() {
        let known = (0..100).filter(|id| clock(*id).is_ok());
        assert_eq!(
            known.collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
        );
        assert_eq!(clock(1), Ok(Clock::Bsd(bsd::CLOCK_UPTIME)));
        assert_eq!(clock(7), Ok(Clock::Bsd(bsd::CLOCK_MONOTONIC)));
    }

    /// A clock id made by clock_getcpuclockid(3) names its process.
    #[test]
    fn cpu_clocks() {
        for pid in [0, 1, 1234, 99999] {
            assert_eq!(clock(!pid << 3 | 2), Ok(Clock::Process(pid)));
            assert_eq!(clock(!pid << 3 | 6), Ok(Clock::Thread(pid)));
            assert_eq!(clock(!pid << 3 | 3), Ok(Clock::Descriptor(pid)));
        }
        assert_eq!(clock(-1), Err(Errno::EINVAL));
        assert!(clock(i32::MIN).is_ok());
    }

    /// Nobody sleeps on clocks that cannot wake anyone.
    #[test]
    fn sleeping_clocks() {
        assert_eq!(sleep_clock(3), Err(Errno::EOPNOTSUPP));
        assert_eq!(sleep_clock(12), Err(Errno::EINVAL));
        assert_eq!(sleep_clock(5), Err(Errno::EOPNOTSUPP));
        assert!(sleep_clock(1).is_ok());
    }

    /// A timeout is not negative and its nanoseconds fit a second.
    #[test]
    fn timeouts() {
        assert!(ts(0, 0).check_timeout().is_ok());
        assert!(ts(i64::MAX, 999_999_999).check_timeout().is_ok());
        for bad in [ts(-1, 0), ts(0, -1), ts(0, NSEC_PER_SEC), ts(0, i64::MIN)] {
            assert_eq!(bad.check_timeout(), Err(Errno::EINVAL));
        }
        assert!(tv(0, 999_999).check_timeout().is_ok());
        assert_eq!(tv(0, USEC_PER_SEC).check_timeout(), Err(Errno::EINVAL));
        assert_eq!(tv(-1, 0).check_timeout(), Err(Errno::EINVAL));
    }

    /// Nanoseconds round trip, and saturate at the ends.
    #[test]
    fn nanoseconds() {
        for nsec in [
            0,
            1,
            -1,
            NSEC_PER_SEC,
            -NSEC_PER_SEC - 1,
            i64::MAX,
            i64::MIN + NSEC_PER_SEC,
        ] {
            let ts = l_timespec::from_nsec(nsec);
            assert!(ts.check_nsec().is_ok());
            assert_eq!(ts.to_nsec_saturating(), nsec);
        }
        assert_eq!(ts(i64::MAX, 0).to_nsec_saturating(), i64::MAX);
        assert_eq!(ts(i64::MIN, 0).to_nsec_saturating(), i64::MIN);
    }

    /// select(2) carries microseconds over.
    #[test]
    fn select_carries() {
        assert_eq!(tv(1, 2_500_000).normalize_for_select(), Ok(tv(3, 500_000)));
        assert_eq!(tv(0, -1).normalize_for_select(), Err(Errno::EINVAL));
        let most = tv(i64::MAX, i64::MAX).normalize_for_select().unwrap();
        assert_eq!(most.tv_sec, i64::MAX);
    }

    /// utimensat(2): the special values, whatever the seconds.
    #[test]
    fn special_file_times() {
        assert_eq!(FileTime::parse(ts(-9, UTIME_NOW)), Ok(FileTime::Now));
        assert_eq!(FileTime::parse(ts(9, UTIME_OMIT)), Ok(FileTime::Omit));
        assert_eq!(FileTime::Now.to_bsd(), (0, -1));
        assert_eq!(FileTime::Omit.to_bsd(), (0, -2));
        assert_eq!(FileTime::parse(ts(-9, 5)), Ok(FileTime::Set(ts(-9, 5))));
        assert_eq!(FileTime::parse(ts(0, -1)), Err(Errno::EINVAL));
        assert_eq!(FileTime::parse(ts(0, -2)), Err(Errno::EINVAL));
    }

    /// poll(2): negative is forever.
    #[test]
    fn millisecond_timeouts() {
        assert_eq!(timeout_from_msec(-1), None);
        assert_eq!(timeout_from_msec(1500), Some(ts(1, 500_000_000)));
        assert_eq!(
            timeout_from_msec(i32::MAX),
            Some(ts(2_147_483, 647_000_000))
        );
    }

    /// Timevals convert, or are EINVAL.
    #[test]
    fn timeval_to_timespec() {
        assert_eq!(tv(-3, 7).to_timespec(), Ok(ts(-3, 7000)));
        assert_eq!(tv(0, USEC_PER_SEC).to_timespec(), Err(Errno::EINVAL));
        assert_eq!(tv(0, i64::MIN).to_timespec(), Err(Errno::EINVAL));
    }

    /// A tick is a hundredth of a second.
    #[test]
    fn tick_counts() {
        assert_eq!(ticks(tv(2, 509_999)), 250);
        assert_eq!(ticks(tv(i64::MAX, 0)), i64::MAX);
    }
}
