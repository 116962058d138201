// SPDX-License-Identifier: BSD-2-Clause
//! Times, timers and clocks.

use linux_raw_sys::general as linux;

use crate::pod::{pod, same_layout};

pod! {
    /// `struct timespec`; not validated, see [`crate::time`].
    struct l_timespec {
        tv_sec: i64,
        tv_nsec: i64,
    }
    /// `struct timeval`.
    struct l_timeval {
        tv_sec: i64,
        tv_usec: i64,
    }
    /// `struct itimerspec`.
    struct l_itimerspec {
        it_interval: l_timespec,
        it_value: l_timespec,
    }
    /// `struct itimerval`.
    struct l_itimerval {
        it_interval: l_timeval,
        it_value: l_timeval,
    }
    /// `struct timezone`.
    struct l_timezone {
        tz_minuteswest: i32,
        tz_dsttime: i32,
    }
    /// `struct tms` of times(2), in ticks of 1/100 s.
    struct l_tms {
        tms_utime: i64,
        tms_stime: i64,
        tms_cutime: i64,
        tms_cstime: i64,
    }
    /// `struct utimbuf` of utime(2).
    struct l_utimbuf {
        actime: i64,
        modtime: i64,
    }
    /// `struct timex` of adjtimex(2).
    struct l_timex {
        modes: u32,
        __pad0: u32,
        offset: i64,
        freq: i64,
        maxerror: i64,
        esterror: i64,
        status: i32,
        __pad1: u32,
        constant: i64,
        precision: i64,
        tolerance: i64,
        time: l_timeval,
        tick: i64,
        ppsfreq: i64,
        jitter: i64,
        shift: i32,
        __pad2: u32,
        stabil: i64,
        jitcnt: i64,
        calcnt: i64,
        errcnt: i64,
        stbcnt: i64,
        tai: i32,
        __reserved: [i32; 11],
    }
}

same_layout!(l_timespec, linux::__kernel_timespec { tv_sec, tv_nsec });
same_layout!(l_timeval, linux::timeval { tv_sec, tv_usec });
same_layout!(
    l_itimerspec,
    linux::__kernel_itimerspec {
        it_interval,
        it_value
    }
);
same_layout!(
    l_itimerval,
    linux::itimerval {
        it_interval,
        it_value
    }
);
same_layout!(
    l_timezone,
    linux::timezone {
        tz_minuteswest,
        tz_dsttime
    }
);
