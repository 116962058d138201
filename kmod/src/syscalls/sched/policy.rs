// SPDX-License-Identifier: BSD-2-Clause
//! sched_setscheduler(2) and its relatives, getpriority(2).
//!
//! FreeBSD: kern_sched_* (p1003_1b.c), kern_getpriority (kern_resource.c).
//! Differences from Linux: SCHED_DEADLINE and SCHED_EXT are EINVAL; SCHED_BATCH is time sharing;
//! 99 real-time priorities share 32 levels, so that one may read back lower than it was set;
//! getpriority finds processes but not single threads.

use kpi::kern::limits::kern_getpriority;
use kpi::kern::sched as kernel;
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_sched_param, l_timespec};
use linux_abi::rlimit::priority_to_linux;
use linux_abi::sched::{Policy, RESET_ON_FORK, priority_range};

fn check_id(tid: i32) -> Result<()> {
    if tid < 0 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(())
    }
}

/// EINVAL, EPERM, ESRCH.
pub(crate) fn sched_setparam(
    cx: &mut Cx<'_>,
    tid: i32,
    param: UserIn<l_sched_param>,
) -> Result<()> {
    check_id(tid)?;
    let param = param.read(cx)?;
    let thread = LockedThread::find(cx, tid)?;
    kernel::set_priority(cx, &thread, param.sched_priority)
}

/// EINVAL, ESRCH.
pub(crate) fn sched_getparam(
    cx: &mut Cx<'_>,
    tid: i32,
    param: UserOut<l_sched_param>,
) -> Result<()> {
    check_id(tid)?;
    let sched_priority = kernel::priority(cx, &LockedThread::find(cx, tid)?)?;
    param.write(cx, &l_sched_param { sched_priority })
}

/// EINVAL, EPERM, ESRCH.
pub(crate) fn sched_setscheduler(
    cx: &mut Cx<'_>,
    tid: i32,
    policy: i32,
    param: UserIn<l_sched_param>,
) -> Result<()> {
    check_id(tid)?;
    check_id(policy)?;
    let param = param.read(cx)?;
    let thread = LockedThread::find(cx, tid)?;
    let reset = policy & RESET_ON_FORK != 0;
    let policy = Policy::from_linux(policy & !RESET_ON_FORK)?;
    kernel::set_policy(cx, &thread, policy, param.sched_priority)?;
    kernel::set_reset_on_fork(cx, &thread, reset)
}

/// EINVAL, ESRCH.
pub(crate) fn sched_getscheduler(cx: &mut Cx<'_>, tid: i32) -> Result<i32> {
    check_id(tid)?;
    let thread = LockedThread::find(cx, tid)?;
    let policy = kernel::policy(cx, &thread)?.to_linux();
    if kernel::resets_on_fork(cx, &thread) {
        Ok(policy | RESET_ON_FORK)
    } else {
        Ok(policy)
    }
}

/// EINVAL for a policy Linux does not have.
pub(crate) fn sched_get_priority_max(_cx: &mut Cx<'_>, policy: i32) -> Result<i32> {
    let (_, max) = priority_range(policy)?;
    Ok(max)
}

/// EINVAL for a policy Linux does not have.
pub(crate) fn sched_get_priority_min(_cx: &mut Cx<'_>, policy: i32) -> Result<i32> {
    let (min, _) = priority_range(policy)?;
    Ok(min)
}

/// The time slice. EINVAL, ESRCH.
pub(crate) fn sched_rr_get_interval(
    cx: &mut Cx<'_>,
    tid: i32,
    slice: UserOut<l_timespec>,
) -> Result<()> {
    check_id(tid)?;
    let interval = kernel::interval(cx, &LockedThread::find(cx, tid)?)?;
    slice.write(cx, &interval)
}

/// 20 less the nice value, so that it is never negative. EINVAL, ESRCH.
pub(crate) fn getpriority(cx: &mut Cx<'_>, which: i32, who: i32) -> Result<i32> {
    kern_getpriority(cx, which, who).map(priority_to_linux)
}
