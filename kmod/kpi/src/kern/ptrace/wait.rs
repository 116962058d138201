// SPDX-License-Identifier: BSD-2-Clause
//! What wait4(2) and waitid(2) tell a tracer.

use core::sync::atomic::Ordering;

use linux_abi::wait::WaitTarget;

use super::event::take_ended;
use super::stop::{Threads, look, tid_of, trace_of};
use crate::Cx;

/// What a look at the tracees gave.
pub(crate) enum Found {
    /// A thread has stopped: its id and Linux's status.
    Stopped(i32, i32),
    /// A thread that is not the first of its process has ended.
    Ended(i32, i32),
    /// Nothing to tell; whether there is a tracee that may yet have something.
    Nothing(bool),
}

/// Whether the process has ever traced another.
pub(crate) fn is_tracer(cx: &Cx<'_>) -> bool {
    cx.proc_state().is_tracer.load(Ordering::Relaxed)
}

/// Looks for a tracee with something to tell; `take` marks it as told.
pub(crate) fn wait_tracee(cx: &mut Cx<'_>, target: WaitTarget, take: bool) -> Found {
    let mut exists = false;
    let mut index = 0;
    loop {
        // SAFETY: current; the shim gives a locked process or null.
        let p = unsafe { ffi::lrs_traced_child(cx.td(), index) };
        if p.is_null() {
            break;
        }
        // SAFETY: p is locked until the unlock, a tracee of the current process.
        unsafe {
            look(p);
            let in_group = match target {
                WaitTarget::Group(0) => (*p).p_pgrp == (*cx.proc_ptr()).p_pgrp,
                WaitTarget::Group(group) => (*(*p).p_pgrp).pg_id == group,
                _ => false,
            };
            for td in Threads::of(p) {
                let Some(trace) = trace_of(td).filter(|t| t.traced.get()) else {
                    continue;
                };
                let tid = tid_of(td);
                if !(in_group || target == WaitTarget::All || target == WaitTarget::Pid(tid)) {
                    continue;
                }
                exists = true;
                if let Some(stop) = trace.stop.get().filter(|_| trace.untold.get()) {
                    trace.untold.set(!take);
                    let status = trace.status(stop);
                    ffi::lrs_PROC_UNLOCK(p);
                    return Found::Stopped(tid, status);
                }
            }
            ffi::lrs_PROC_UNLOCK(p);
        }
        index += 1;
    }
    let wanted = |tid: i32| matches!(target, WaitTarget::All) || target == WaitTarget::Pid(tid);
    match take_ended(cx, wanted, take) {
        Some((tid, status)) => Found::Ended(tid, status),
        None => Found::Nothing(exists),
    }
}

/// Whether the kernel has told of a stop that is ours to tell: then it is as if it had not.
pub(crate) fn is_stop_of_tracee(_cx: &Cx<'_>, pid: i32, status: i32) -> bool {
    if status & 0xff != 0x7f {
        return false;
    }
    // SAFETY: pfind takes any number and gives the process locked.
    unsafe {
        let p = ffi::pfind(pid);
        if p.is_null() {
            return false;
        }
        let traced = (*p).p_flag & ffi::P_TRACED as i32 != 0;
        if traced {
            (*p).p_flag &= !(ffi::P_WAITED as i32);
        }
        ffi::lrs_PROC_UNLOCK(p);
        traced
    }
}
