// SPDX-License-Identifier: BSD-2-Clause
//! fork(2), vfork(2), clone(2), clone3(2).
//!
//! FreeBSD: fork1 (kern_fork.c), thread_create (kern_thr.c).
//! Differences from Linux: no namespaces, control groups or chosen pids (EINVAL, as on a
//! Linux built without them); pidfds are of processes, not of threads (EINVAL, as before Linux 6.9); threads always share descriptors and folders; a process made with
//! CLONE_SIGHAND shares handlers, but not the flags Linux alone knows; CLONE_PTRACE is ignored.

use kpi::kern::process::{self, Clone};
use kpi::{Cx, Errno, Result, UserAddr, UserBytesIn, UserOut};
use linux_abi::bsd;
use linux_abi::c;
use linux_abi::clone::{
    CLONE_ARGS_BYTES, clone_args_from_bytes, clone_args_known, plan_clone, plan_clone3,
};

/// A copy of the process; its pid. EAGAIN.
pub(crate) fn fork(cx: &mut Cx<'_>) -> Result<i32> {
    process::fork(cx, bsd::RFPROC | bsd::RFFDG)
}

/// A child that runs in the parent's memory, while the parent waits for its exec or end.
pub(crate) fn vfork(cx: &mut Cx<'_>) -> Result<i32> {
    process::fork(cx, bsd::RFPROC | bsd::RFFDG | bsd::RFMEM | bsd::RFPPWAIT)
}

/// A process or thread; its id. EINVAL, EAGAIN.
pub(crate) fn clone(
    cx: &mut Cx<'_>,
    flags: u64,
    stack: u64,
    parent_tid: Option<UserOut<i32>>,
    child_tid: Option<UserOut<i32>>,
    tls: u64,
) -> Result<i32> {
    let plan = plan_clone(flags)?;
    // clone(2) has one place for both; the plan has only one of them.
    let pidfd = UserOut::from_reg(parent_tid.as_ref().map_or(0, |p| p.addr().raw()));
    let child_tid = child_tid.map_or(UserAddr::from_reg(0), |p| p.addr());
    make(
        cx,
        Clone {
            plan,
            stack: UserAddr::from_reg(stack),
            tls,
            parent_tid,
            child_tid,
            pidfd,
        },
    )
}

/// clone(2) with a structure. E2BIG where it has something newer in it.
pub(crate) fn clone3(cx: &mut Cx<'_>, args: UserBytesIn, size: usize) -> Result<i32> {
    let args = read_args(cx, args, size)?;
    let plan = plan_clone3(&args)?;
    let request = Clone {
        plan,
        // Its own check keeps the sum from wrapping for a real stack; a made-up one faults.
        stack: UserAddr::from_reg(args.stack.wrapping_add(args.stack_size)),
        tls: args.tls,
        parent_tid: UserOut::from_reg_opt(args.parent_tid),
        child_tid: UserAddr::from_reg(args.child_tid),
        pidfd: UserOut::from_reg(args.pidfd),
    };
    make(cx, request)
}

fn read_args(cx: &mut Cx<'_>, from: UserBytesIn, size: usize) -> Result<c::l_clone_args> {
    let known = clone_args_known(size)?;
    let mut bytes = [0; CLONE_ARGS_BYTES];
    from.read(cx, bytes.get_mut(..known).ok_or(Errno::EINVAL)?)?;
    let mut at = known;
    let mut newer = [0_u8; 64];
    while at < size {
        let part = newer
            .get_mut(..size.saturating_sub(at).min(64))
            .ok_or(Errno::E2BIG)?;
        UserBytesIn::from_reg(from.addr().offset(at as u64)?.raw()).read(cx, part)?;
        if part.iter().any(|&b| b != 0) {
            return Err(Errno::E2BIG.into());
        }
        at = at.saturating_add(part.len());
    }
    Ok(clone_args_from_bytes(&bytes))
}

fn make(cx: &mut Cx<'_>, request: Clone) -> Result<i32> {
    if request.plan.is_thread {
        process::clone_thread(cx, request)
    } else {
        process::clone_process(cx, request)
    }
}
