// SPDX-License-Identifier: BSD-2-Clause
//! adjtimex(2), clock_adjtime(2).
//!
//! FreeBSD: kern_ntp_adjtime, kern_adjtime (kern_ntptime.c).
//! Differences from Linux: the tick has one length and ADJ_SETOFFSET is EINVAL; `tai` reads as 0.

use kpi::kern::adjtime::{kern_adjtime, kern_ntp_adjtime};
use kpi::kern::caps;
use kpi::kern::time::kern_clock_gettime;
use kpi::{Cx, Errno, Result, UserInOut};
use linux_abi::adjtime::{Adjust, adjustable};
use linux_abi::bsd;
use linux_abi::c::{l_timeval, l_timex};

/// Steers and tells the clock; its state. EPERM, EINVAL, EFAULT.
pub(crate) fn adjtimex(cx: &mut Cx<'_>, timex: UserInOut<l_timex>) -> Result<i32> {
    let mut t = timex.read(cx)?;
    let plan = match Adjust::parse(&t) {
        // Linux asks for the right before it looks at the rest.
        Err(_) if !may_adjust(cx)? => return Err(Errno::EPERM.into()),
        plan => plan?,
    };
    let state = match plan {
        Adjust::Discipline(modes) => kern_ntp_adjtime(cx, &mut t, modes)?,
        Adjust::Slew(by) => slew(cx, &mut t, Some(by))?,
        Adjust::SlewLeft => slew(cx, &mut t, None)?,
    };
    let now = kern_clock_gettime(cx, bsd::CLOCK_REALTIME)?;
    let nanoseconds = t.status & STA_NANO != 0;
    t.time = l_timeval {
        tv_sec: now.tv_sec,
        tv_usec: if nanoseconds {
            now.tv_nsec
        } else {
            now.tv_nsec.wrapping_div(1000)
        },
    };
    timex.write(cx, &t)?;
    Ok(state)
}

fn may_adjust(cx: &mut Cx<'_>) -> Result<bool> {
    const CAP_SYS_TIME: u64 = 1 << 25;
    Ok(caps::of(cx, 0)?.effective & CAP_SYS_TIME != 0)
}

/// The fraction of the time is in nanoseconds.
const STA_NANO: i32 = 0x2000;

fn slew(cx: &mut Cx<'_>, t: &mut l_timex, by: Option<i64>) -> Result<i32> {
    let left = kern_adjtime(cx, by)?;
    let state = kern_ntp_adjtime(cx, t, 0)?;
    t.offset = left;
    Ok(state)
}

/// The same for a clock: CLOCK_REALTIME. EOPNOTSUPP for the others, EINVAL.
pub(crate) fn clock_adjtime(cx: &mut Cx<'_>, clock: i32, timex: UserInOut<l_timex>) -> Result<i32> {
    timex.read(cx)?;
    adjustable(clock)?;
    adjtimex(cx, timex)
}
