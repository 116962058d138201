// SPDX-License-Identifier: BSD-2-Clause
//! Resource limits: getrlimit(2), setrlimit(2), prlimit(2).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_rlimit;
use crate::errno::Errno;

/// Linux's "no limit".
pub const LINUX_RLIM_INFINITY: u64 = u64::MAX;
/// FreeBSD's "no limit" (sys/resource.h).
pub const BSD_RLIM_INFINITY: u64 = i64::MAX.cast_unsigned();

/// What a Linux resource is on FreeBSD.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The FreeBSD resource with this number.
    Bsd(i32),
    /// FreeBSD does not limit it: it reads as this, and cannot be changed.
    LinuxOnly(l_rlimit),
}

const UNLIMITED: l_rlimit = l_rlimit {
    rlim_cur: LINUX_RLIM_INFINITY,
    rlim_max: LINUX_RLIM_INFINITY,
};
const NONE: l_rlimit = l_rlimit {
    rlim_cur: 0,
    rlim_max: 0,
};
/// What Linux gives message queues by default.
const MSGQUEUE: l_rlimit = l_rlimit {
    rlim_cur: 819_200,
    rlim_max: 819_200,
};

/// Reads a resource, or EINVAL.
pub const fn resource(number: u32) -> Result<Resource, Errno> {
    Ok(Resource::Bsd(match number {
        linux::RLIMIT_CPU => bsd::RLIMIT_CPU,
        linux::RLIMIT_FSIZE => bsd::RLIMIT_FSIZE,
        linux::RLIMIT_DATA => bsd::RLIMIT_DATA,
        linux::RLIMIT_STACK => bsd::RLIMIT_STACK,
        linux::RLIMIT_CORE => bsd::RLIMIT_CORE,
        linux::RLIMIT_RSS => bsd::RLIMIT_RSS,
        linux::RLIMIT_NPROC => bsd::RLIMIT_NPROC,
        linux::RLIMIT_NOFILE => bsd::RLIMIT_NOFILE,
        linux::RLIMIT_MEMLOCK => bsd::RLIMIT_MEMLOCK,
        linux::RLIMIT_AS => bsd::RLIMIT_VMEM,
        linux::RLIMIT_LOCKS | linux::RLIMIT_SIGPENDING | linux::RLIMIT_RTTIME => {
            return Ok(Resource::LinuxOnly(UNLIMITED));
        }
        linux::RLIMIT_MSGQUEUE => return Ok(Resource::LinuxOnly(MSGQUEUE)),
        // 0 is what an unprivileged Linux process has.
        linux::RLIMIT_NICE | linux::RLIMIT_RTPRIO => return Ok(Resource::LinuxOnly(NONE)),
        _ => return Err(Errno::EINVAL),
    }))
}

/// FreeBSD's limit. What FreeBSD cannot count to is no limit.
pub const fn limit_to_bsd(limit: u64) -> u64 {
    if limit > BSD_RLIM_INFINITY {
        BSD_RLIM_INFINITY
    } else {
        limit
    }
}

/// Linux's limit.
pub const fn limit_to_linux(limit: u64) -> u64 {
    if limit >= BSD_RLIM_INFINITY {
        LINUX_RLIM_INFINITY
    } else {
        limit
    }
}

/// EINVAL if the soft limit is above the hard one.
pub const fn check_limits(limits: l_rlimit) -> Result<l_rlimit, Errno> {
    if limits.rlim_cur > limits.rlim_max {
        Err(Errno::EINVAL)
    } else {
        Ok(limits)
    }
}

/// Whom getrusage(2) is about: the numbers are the same, others are EINVAL.
pub const fn rusage_who(who: i32) -> Result<i32, Errno> {
    match who {
        bsd::RUSAGE_SELF | bsd::RUSAGE_CHILDREN | bsd::RUSAGE_THREAD => Ok(who),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's nice value, -20..=20, as Linux's getpriority(2) returns it: 40..=1, so
/// that it is never negative. FreeBSD's 20 is Linux's 19.
pub const fn priority_to_linux(nice: i32) -> i32 {
    20_i32.saturating_sub(if nice > 19 { 19 } else { nice })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 16 resources exist.
    #[test]
    fn resources() {
        for number in 0..16 {
            assert!(resource(number).is_ok());
        }
        assert_eq!(resource(16), Err(Errno::EINVAL));
        assert_eq!(resource(u32::MAX), Err(Errno::EINVAL));
        assert_eq!(resource(6), Ok(Resource::Bsd(bsd::RLIMIT_NPROC)));
        assert_eq!(resource(8), Ok(Resource::Bsd(bsd::RLIMIT_MEMLOCK)));
    }

    /// No two Linux resources share a FreeBSD one.
    #[test]
    fn resources_are_distinct() {
        let mut seen = Vec::new();
        for number in 0..16 {
            if let Ok(Resource::Bsd(bsd)) = resource(number) {
                assert!(!seen.contains(&bsd));
                seen.push(bsd);
            }
        }
        assert_eq!(seen.len(), 10);
    }

    /// "No limit" survives both ways.
    #[test]
    fn infinity() {
        assert_eq!(limit_to_bsd(u64::MAX), BSD_RLIM_INFINITY);
        assert_eq!(limit_to_linux(BSD_RLIM_INFINITY), u64::MAX);
        for limit in [0, 1, 4096, BSD_RLIM_INFINITY - 1] {
            assert_eq!(limit_to_linux(limit_to_bsd(limit)), limit);
        }
    }

    /// The soft limit stays below the hard one.
    #[test]
    fn soft_below_hard() {
        assert!(
            check_limits(l_rlimit {
                rlim_cur: 5,
                rlim_max: 5
            })
            .is_ok()
        );
        let bad = l_rlimit {
            rlim_cur: 6,
            rlim_max: 5,
        };
        assert_eq!(check_limits(bad), Err(Errno::EINVAL));
    }

    /// getpriority(2) counts down from 40.
    #[test]
    fn priorities() {
        assert_eq!([-20, 0, 19, 20].map(priority_to_linux), [40, 20, 1, 1]);
    }

    /// getrusage(2): three targets.
    #[test]
    fn rusage() {
        assert_eq!([0, -1, 1].map(rusage_who), [Ok(0), Ok(-1), Ok(1)]);
        assert_eq!(rusage_who(-2), Err(Errno::EINVAL));
    }
}
