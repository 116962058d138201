// SPDX-License-Identifier: BSD-2-Clause
//! Scheduling policies and priorities: sched(7).

use linux_raw_sys::general as linux;

use crate::c::l_sched_attr;
use crate::errno::Errno;

/// A policy. FreeBSD has no SCHED_BATCH, and its idle class is no policy of its own: both are
/// remembered for the thread.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// SCHED_OTHER: time sharing, priority 0.
    Other,
    /// SCHED_FIFO.
    Fifo,
    /// SCHED_RR.
    RoundRobin,
    /// SCHED_BATCH: a hint that the thread computes; time sharing.
    Batch,
    /// SCHED_IDLE: runs where nobody else wants to.
    Idle,
}

/// FreeBSD's numbers (sys/sched.h).
const BSD_FIFO: i32 = 1;
const BSD_OTHER: i32 = 2;
const BSD_RR: i32 = 3;

/// The largest real-time priority: on Linux, 1..=99; on FreeBSD, 0..=31.
const LINUX_RT_MAX: i32 = 99;
const BSD_RT_LEVELS: i32 = 32;

impl Policy {
    /// Reads a policy, or EINVAL: SCHED_DEADLINE and SCHED_EXT have no counterpart.
    pub const fn from_linux(number: i32) -> Result<Policy, Errno> {
        match number.cast_unsigned() {
            linux::SCHED_NORMAL => Ok(Policy::Other),
            linux::SCHED_FIFO => Ok(Policy::Fifo),
            linux::SCHED_RR => Ok(Policy::RoundRobin),
            linux::SCHED_BATCH => Ok(Policy::Batch),
            linux::SCHED_IDLE => Ok(Policy::Idle),
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
            Policy::Batch => linux::SCHED_BATCH.cast_signed(),
            Policy::Idle => linux::SCHED_IDLE.cast_signed(),
        }
    }

    /// Whether it has priorities.
    pub const fn is_real_time(self) -> bool {
        matches!(self, Policy::Fifo | Policy::RoundRobin)
    }

    /// FreeBSD's number.
    pub const fn to_bsd(self) -> i32 {
        match self {
            Policy::Other | Policy::Batch | Policy::Idle => BSD_OTHER,
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
        (Policy::Other | Policy::Batch | Policy::Idle, 0) => Ok(timeshare),
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
        Policy::Other | Policy::Batch | Policy::Idle => 0,
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

/// `SCHED_RESET_ON_FORK`, a flag beside the policy: children start with the usual policy.
pub const RESET_ON_FORK: i32 = linux::SCHED_RESET_ON_FORK.cast_signed();

/// The same in the flags of `struct sched_attr`.
pub const SCHED_FLAG_RESET_ON_FORK: u32 = linux::SCHED_FLAG_RESET_ON_FORK;

/// The bytes of the first form of `struct sched_attr`.
pub const SCHED_ATTR_SIZE_VER0: u32 = 48;
/// The bytes of the form we know.
pub const SCHED_ATTR_BYTES: usize = size_of::<l_sched_attr>();
/// Longer than any form may become (a page).
const LONGEST: u32 = 4096;

/// How many bytes of a `struct sched_attr` there are, given what its first word says. E2BIG for
/// one that is too short or too long.
pub const fn sched_attr_size(said: u32) -> Result<u32, Errno> {
    match said {
        0 => Ok(SCHED_ATTR_SIZE_VER0),
        SCHED_ATTR_SIZE_VER0..=LONGEST => Ok(said),
        _ => Err(Errno::E2BIG),
    }
}

/// How many bytes sched_getattr(2) may store. EINVAL for room that is too small or too large.
pub const fn sched_attr_room(room: u32, flags: u32) -> Result<u32, Errno> {
    match room {
        SCHED_ATTR_SIZE_VER0..=LONGEST if flags == 0 => {
            // CAST: 56.
            let known = SCHED_ATTR_BYTES as u32;
            Ok(if room < known { room } else { known })
        }
        _ => Err(Errno::EINVAL),
    }
}

/// What sched_setattr(2) is to change.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AttrPlan {
    /// The policy; `None` keeps it.
    pub policy: Option<Policy>,
    /// The priority and the nice value; `None` keeps both.
    pub parameters: Option<(i32, i32)>,
    /// Whether children start with the usual policy.
    pub reset_on_fork: bool,
}

/// Reads what sched_setattr(2) is given. EINVAL for unknown flags and policies; EOPNOTSUPP for
/// clamps of utilization, as on a Linux built without them.
pub fn plan_attr(attr: &l_sched_attr) -> Result<AttrPlan, Errno> {
    let has = |flag: u32| attr.sched_flags & u64::from(flag) != 0;
    if attr.sched_flags & !u64::from(linux::SCHED_FLAG_ALL) != 0
        || attr.sched_policy.cast_signed() < 0
    {
        return Err(Errno::EINVAL);
    }
    if has(linux::SCHED_FLAG_UTIL_CLAMP) {
        return Err(Errno::EOPNOTSUPP);
    }
    let policy = if has(linux::SCHED_FLAG_KEEP_POLICY) {
        None
    } else {
        Some(Policy::from_linux(attr.sched_policy.cast_signed())?)
    };
    let parameters = if has(linux::SCHED_FLAG_KEEP_PARAMS) {
        None
    } else {
        let nice = attr.sched_nice.clamp(-20, 19);
        Some((attr.sched_priority.cast_signed(), nice))
    };
    Ok(AttrPlan {
        policy,
        parameters,
        reset_on_fork: has(linux::SCHED_FLAG_RESET_ON_FORK),
    })
}

/// The structure in these bytes.
pub fn sched_attr_from_bytes(bytes: &[u8; SCHED_ATTR_BYTES]) -> l_sched_attr {
    let mut words = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word));
    let mut next = || words.next().unwrap_or(0);
    let mut long = || u64::from(next()) | u64::from(next()) << 32;
    let (size_policy, sched_flags, nice_priority) = (long(), long(), long());
    let (sched_runtime, sched_deadline, sched_period, util) = (long(), long(), long(), long());
    // CAST: the halves of a word.
    let halves = |word: u64| (word as u32, word.wrapping_shr(32) as u32);
    let ((size, sched_policy), (nice, sched_priority)) =
        (halves(size_policy), halves(nice_priority));
    let (sched_util_min, sched_util_max) = halves(util);
    l_sched_attr {
        size,
        sched_policy,
        sched_flags,
        sched_nice: nice.cast_signed(),
        sched_priority,
        sched_runtime,
        sched_deadline,
        sched_period,
        sched_util_min,
        sched_util_max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers survive both ways; the others are refused.
    #[test]
    fn policies() {
        for number in [0, 1, 2, 3, 5] {
            let policy = Policy::from_linux(number).unwrap();
            assert_eq!(policy.to_linux(), number);
            let kept = Policy::from_bsd(policy.to_bsd());
            assert_eq!(kept.is_real_time(), policy.is_real_time());
        }
        for number in [4, 6, 7, -1, 0x4000_0001] {
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

    /// sched_setattr(2): flags, sizes, fields.
    #[test]
    fn attributes() {
        let mut bytes = [0; SCHED_ATTR_BYTES];
        (bytes[0], bytes[4], bytes[16], bytes[20]) = (56, 3, 0xff, 1);
        for b in &mut bytes[17..20] {
            *b = 0xff;
        }
        let attr = sched_attr_from_bytes(&bytes);
        assert_eq!((attr.size, attr.sched_policy), (56, 3));
        assert_eq!((attr.sched_nice, attr.sched_priority), (-1, 1));
        let plan = plan_attr(&attr).unwrap();
        assert_eq!(plan.policy, Some(Policy::Batch));
        assert_eq!(plan.parameters, Some((1, -1)));
        let unknown = l_sched_attr {
            sched_flags: 1 << 20,
            ..attr
        };
        assert_eq!(plan_attr(&unknown), Err(Errno::EINVAL));
        assert_eq!(sched_attr_size(0), Ok(48));
        assert_eq!(sched_attr_size(47), Err(Errno::E2BIG));
        assert_eq!(sched_attr_room(47, 0), Err(Errno::EINVAL));
        assert_eq!(sched_attr_room(100, 0), Ok(56));
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
