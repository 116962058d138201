// SPDX-License-Identifier: BSD-2-Clause
//! Scheduling policies and priorities: sched(7).

use linux_raw_sys::general as linux;

use crate::errno::Errno;

/// The policies both systems have.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// SCHED_OTHER: time sharing, priority 0.
    Other,
    /// SCHED_FIFO.
    Fifo,
    /// SCHED_RR.
    RoundRobin,
}

/// FreeBSD's numbers (sys/sched.h).
const BSD_FIFO: i32 = 1;
const BSD_OTHER: i32 = 2;
const BSD_RR: i32 = 3;

/// The largest real-time priority: on Linux, 1..=99; on FreeBSD, 0..=31.
const LINUX_RT_MAX: i32 = 99;
const BSD_RT_LEVELS: i32 = 32;

impl Policy {
    /// Reads a policy, or EINVAL: SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE and the flag
    /// SCHED_RESET_ON_FORK have no counterpart.
    pub const fn from_linux(number: i32) -> Result<Policy, Errno> {
        match number.cast_unsigned() {
            linux::SCHED_NORMAL => Ok(Policy::Other),
            linux::SCHED_FIFO => Ok(Policy::Fifo),
            linux::SCHED_RR => Ok(Policy::RoundRobin),
            _ => Err(Errno::EINVAL),
        }
    }

    /// From FreeBSD's number; what Linux does not have is time sharing.
    pub const fn from_bsd(number: i32) -> Policy {
        match number {
            BSD_FIFO => Policy::Fifo,
            BSD_RR => Policy::RoundRobin,
            _ => Policy::Other,
        }
    }

    /// Linux's number.
    pub const fn to_linux(self) -> i32 {
        match self {
            Policy::Other => linux::SCHED_NORMAL.cast_signed(),
            Policy::Fifo => linux::SCHED_FIFO.cast_signed(),
            Policy::RoundRobin => linux::SCHED_RR.cast_signed(),
        }
    }

    /// FreeBSD's number.
    pub const fn to_bsd(self) -> i32 {
        match self {
            Policy::Other => BSD_OTHER,
            Policy::Fifo => BSD_FIFO,
            Policy::RoundRobin => BSD_RR,
        }
    }
}

/// Whether a policy number exists on Linux at all, for sched_get_priority_max(2).
pub const fn priority_range(policy: i32) -> Result<(i32, i32), Errno> {
    match policy.cast_unsigned() {
        linux::SCHED_FIFO | linux::SCHED_RR => Ok((1, LINUX_RT_MAX)),
        linux::SCHED_NORMAL | linux::SCHED_BATCH | linux::SCHED_IDLE | linux::SCHED_DEADLINE => {
            Ok((0, 0))
        }
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's priority for a Linux one; `timeshare` is what stands for "the usual".
/// EINVAL outside the policy's range.
pub const fn priority_to_bsd(policy: Policy, priority: i32, timeshare: i32) -> Result<i32, Errno> {
    match (policy, priority) {
        (Policy::Other, 0) => Ok(timeshare),
        (Policy::Fifo | Policy::RoundRobin, 1..=LINUX_RT_MAX) => Ok(priority
            .wrapping_sub(1)
            .wrapping_mul(BSD_RT_LEVELS)
            .wrapping_div(LINUX_RT_MAX)),
        _ => Err(Errno::EINVAL),
    }
}

/// The lowest Linux priority that becomes this FreeBSD one.
pub const fn sched_priority_to_linux(policy: Policy, priority: i32) -> i32 {
    match policy {
        Policy::Other => 0,
        Policy::Fifo | Policy::RoundRobin => {
            let level = if priority < 0 {
                0
            } else if priority >= BSD_RT_LEVELS {
                BSD_RT_LEVELS - 1
            } else {
                priority
            };
            level
                .wrapping_mul(LINUX_RT_MAX)
                .wrapping_add(BSD_RT_LEVELS - 1)
                .wrapping_div(BSD_RT_LEVELS)
                .wrapping_add(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers survive both ways; the others are refused.
    #[test]
    fn policies() {
        for number in [0, 1, 2] {
            let policy = Policy::from_linux(number).unwrap();
            assert_eq!(policy.to_linux(), number);
            assert_eq!(Policy::from_bsd(policy.to_bsd()), policy);
        }
        for number in [3, 4, 5, 6, 7, -1, 0x4000_0001] {
            assert_eq!(Policy::from_linux(number), Err(Errno::EINVAL));
        }
    }

    /// Every Linux priority has a FreeBSD one, in order, and comes back no higher.
    #[test]
    fn real_time_priorities() {
        let mut last = 0;
        for linux in 1..=99 {
            let bsd = priority_to_bsd(Policy::Fifo, linux, 7).unwrap();
            assert!((0..32).contains(&bsd) && bsd >= last);
            last = bsd;
            let told = sched_priority_to_linux(Policy::Fifo, bsd);
            assert!((1..=linux).contains(&told));
            assert_eq!(priority_to_bsd(Policy::Fifo, told, 7), Ok(bsd));
        }
        assert_eq!(last, 31);
    }

    /// Time sharing has priority 0 only.
    #[test]
    fn time_sharing() {
        assert_eq!(priority_to_bsd(Policy::Other, 0, 7), Ok(7));
        assert_eq!(priority_to_bsd(Policy::Other, 1, 7), Err(Errno::EINVAL));
        assert_eq!(
            priority_to_bsd(Policy::RoundRobin, 0, 7),
            Err(Errno::EINVAL)
        );
        assert_eq!(
            priority_to_bsd(Policy::RoundRobin, 100, 7),
            Err(Errno::EINVAL)
        );
        assert_eq!(sched_priority_to_linux(Policy::Other, 12), 0);
    }

    /// Ranges exist for all policies of Linux.
    #[test]
    fn ranges() {
        assert_eq!(
            [0, 1, 2, 3, 5, 6].map(|p| priority_range(p).unwrap().1),
            [0, 99, 99, 0, 0, 0]
        );
        assert_eq!([4, 7, -1].map(priority_range), [Err(Errno::EINVAL); 3]);
    }
}
