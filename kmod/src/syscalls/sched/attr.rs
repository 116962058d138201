// SPDX-License-Identifier: BSD-2-Clause
//! sched_setattr(2), sched_getattr(2).
//!
//! FreeBSD: kern_sched_* (p1003_1b.c), kern_setpriority (kern_resource.c).
//! Differences from Linux: SCHED_DEADLINE is EINVAL, clamps of utilization EOPNOTSUPP; a nice value
//! is the whole process's.

use kpi::kern::limits::{kern_getpriority, kern_setpriority};
use kpi::kern::sched as kernel;
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result, UserAddr, UserBytesIn, UserBytesOut, UserIn, UserOut};
use linux_abi::c::l_sched_attr;
use linux_abi::sched::{
    SCHED_ATTR_BYTES, SCHED_FLAG_RESET_ON_FORK, plan_attr, sched_attr_from_bytes, sched_attr_room,
    sched_attr_size,
};

const PRIO_PROCESS: i32 = 0;

/// Sets policy, priority and nice value. EINVAL, ESRCH, EPERM, EFAULT; E2BIG for a size that is
/// wrong or newer fields that are not zero, and then tells the size known here.
pub(crate) fn sched_setattr(
    cx: &mut Cx<'_>,
    tid: i32,
    attr: UserIn<l_sched_attr>,
    flags: u32,
) -> Result<()> {
    if attr.addr().is_null() || tid < 0 || flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let from = attr.addr();
    let attr = match read_attr(cx, from) {
        Err(fail) if fail == Errno::E2BIG.into() => {
            // CAST: 56.
            UserOut::<u32>::from_reg(from.raw()).write(cx, &(SCHED_ATTR_BYTES as u32))?;
            return Err(fail);
        }
        attr => attr?,
    };
    let plan = plan_attr(&attr)?;
    let (pid, is_real_time) = {
        let thread = LockedThread::find(cx, tid)?;
        let policy = match plan.policy {
            Some(policy) => policy,
            None => kernel::policy(cx, &thread)?,
        };
        let priority = match plan.parameters {
            Some((priority, _)) => priority,
            None => kernel::priority(cx, &thread)?,
        };
        kernel::set_policy(cx, &thread, policy, priority)?;
        kernel::set_reset_on_fork(cx, &thread, plan.reset_on_fork)?;
        (thread.pid(), policy.is_real_time())
    };
    match plan.parameters {
        Some((_, nice)) if !is_real_time && kern_getpriority(cx, PRIO_PROCESS, pid)? != nice => {
            match kern_setpriority(cx, PRIO_PROCESS, pid, nice) {
                Err(fail) if fail == Errno::EACCES.into() => Err(Errno::EPERM.into()),
                done => done,
            }
        }
        _ => Ok(()),
    }
}

/// The structure at `from`, in any of its sizes. E2BIG, EFAULT.
fn read_attr(cx: &mut Cx<'_>, from: UserAddr) -> Result<l_sched_attr> {
    let said = UserIn::<u32>::from_reg(from.raw()).read(cx)?;
    // CAST: at most a page.
    let size = sched_attr_size(said)? as usize;
    let known = size.min(SCHED_ATTR_BYTES);
    let mut bytes = [0; SCHED_ATTR_BYTES];
    // The size is read a second time with the rest, and not looked at again.
    let place = bytes.get_mut(..known).ok_or(Errno::EINVAL)?;
    UserBytesIn::from_reg(from.raw()).read(cx, place)?;
    let mut at = known;
    let mut newer = [0_u8; 64];
    while at < size {
        let part = newer
            .get_mut(..size.saturating_sub(at).min(64))
            .ok_or(Errno::E2BIG)?;
        UserBytesIn::from_reg(from.offset(at as u64)?.raw()).read(cx, part)?;
        if part.iter().any(|&b| b != 0) {
            return Err(Errno::E2BIG.into());
        }
        at = at.saturating_add(part.len());
    }
    Ok(sched_attr_from_bytes(&bytes))
}

/// Tells them. EINVAL, ESRCH, EFAULT.
pub(crate) fn sched_getattr(
    cx: &mut Cx<'_>,
    tid: i32,
    attr: UserBytesOut,
    room: u32,
    flags: u32,
) -> Result<()> {
    if attr.addr().is_null() || tid < 0 {
        return Err(Errno::EINVAL.into());
    }
    let size = sched_attr_room(room, flags)?;
    let (policy, priority, reset, pid) = {
        let thread = LockedThread::find(cx, tid)?;
        (
            kernel::policy(cx, &thread)?,
            kernel::priority(cx, &thread)?,
            kernel::resets_on_fork(cx, &thread),
            thread.pid(),
        )
    };
    let nice = if policy.is_real_time() {
        0
    } else {
        kern_getpriority(cx, PRIO_PROCESS, pid)?
    };
    let mut bytes = [0; SCHED_ATTR_BYTES];
    let words = [
        size,
        policy.to_linux().cast_unsigned(),
        if reset { SCHED_FLAG_RESET_ON_FORK } else { 0 },
        0,
        nice.cast_unsigned(),
        priority.cast_unsigned(),
    ];
    for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *to = word.to_le_bytes();
    }
    // CAST: at most 56.
    attr.write(cx, bytes.get(..size as usize).ok_or(Errno::EINVAL)?)
}
