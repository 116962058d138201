// SPDX-License-Identifier: BSD-2-Clause
//! The tracee's side: events it stops itself for, and its end.

use core::cell::Cell;
use core::ptr;

use linux_abi::ptrace::Event;

use super::state::Trace;
use crate::Cx;
use crate::emul::{ProcState, ThreadState};
use crate::lock::ProcGuard;
use crate::mem::KBox;
use crate::sysvec::is_ours;

/// Whether the current thread stops for an event.
pub(crate) fn wants(cx: &Cx<'_>, event: Event) -> bool {
    is_traced(cx) && cx.thread_state().trace.has(event.option())
}

fn is_traced(cx: &Cx<'_>) -> bool {
    // SAFETY: current; one word.
    unsafe { (*cx.proc_ptr()).p_flag & ffi::P_TRACED as i32 != 0 }
}

/// Stops for an event the tracer has asked for, which tells it `message`.
pub(crate) fn stop_for(cx: &Cx<'_>, event: Event, message: u64) {
    if !wants(cx, event) {
        return;
    }
    let trace = &cx.thread_state().trace;
    trace.message.set(message);
    trace.own_event.set(event);
    // SAFETY: current, without locks; stops until the tracer lets it go on.
    unsafe { ffi::lrs_trace_stop(cx.td()) };
    trace.own_event.set(Event::None);
}

/// Lets a new process, which does not run yet, be traced as its parent is.
///
/// # Safety
/// `child` is from fork1 with RFSTOPPED.
pub(crate) unsafe fn follow_process(cx: &Cx<'_>, child: *mut ffi::thread) {
    // SAFETY: caller; emul.
    unsafe {
        ffi::lrs_trace_attach_child(cx.td(), child);
        let p = (*child).td_proc;
        let state = &*(*child).td_emuldata.cast::<ThreadState>();
        if let Some(process) = (*p).p_emuldata.cast::<ProcState>().as_ref() {
            process.signal_tap(p);
        }
        ffi::lrs_PROC_LOCK(p);
        if (*p).p_flag & ffi::P_TRACED as i32 != 0 {
            cx.thread_state().trace.hand_down(&state.trace);
            // FreeBSD stops it when it starts.
            (*child).td_dbgflags |= ffi::TDB_STOPATFORK as i32;
        }
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// The same for a new thread of the process, which nobody else can see yet.
///
/// # Safety
/// From the initialiser of thread_create.
pub(crate) unsafe fn follow_thread(own: &Trace, child: *mut ffi::thread) {
    // SAFETY: caller; emul. FreeBSD stops threads that are marked so when they start.
    unsafe {
        let state = &*(*child).td_emuldata.cast::<ThreadState>();
        own.hand_down(&state.trace);
        (*child).td_dbgflags |= ffi::TDB_BORN as i32;
    }
}

/// A thread that has ended, for wait4(2) to tell; on the list of its tracer's [`ProcState`], under
/// the tracer's PROC_LOCK.
pub(crate) struct Ended {
    next: *mut Ended,
    tid: i32,
    status: i32,
}

/// The records of threads that have ended.
pub(crate) struct EndedList(Cell<*mut Ended>);

impl EndedList {
    pub(crate) const fn new() -> Self {
        EndedList(Cell::new(ptr::null_mut()))
    }
}

impl Drop for EndedList {
    fn drop(&mut self) {
        let mut record = self.0.get();
        while !record.is_null() {
            // SAFETY: from KBox::into_raw, and the list is going.
            unsafe {
                let next = (*record).next;
                drop(KBox::from_raw(record));
                record = next;
            }
        }
    }
}

/// The first thread that ended and is `wanted`, and its status; `take` forgets it.
pub(super) fn take_ended(
    cx: &Cx<'_>,
    wanted: impl Fn(i32) -> bool,
    take: bool,
) -> Option<(i32, i32)> {
    let list = &cx.proc_state().ended;
    if list.0.get().is_null() {
        return None;
    }
    let _locked = ProcGuard::new(cx);
    let mut before: *mut Ended = ptr::null_mut();
    let mut record = list.0.get();
    // SAFETY: the lock covers the list.
    unsafe {
        while !record.is_null() {
            if wanted((*record).tid) {
                let found = ((*record).tid, (*record).status);
                if take {
                    let next = (*record).next;
                    match before.as_mut() {
                        Some(before) => before.next = next,
                        None => list.0.set(next),
                    }
                    drop(KBox::from_raw(record));
                }
                return Some(found);
            }
            before = record;
            record = (*record).next;
        }
    }
    None
}

/// A thread that is not the first of its process ends: its tracer is told. Its state is still there.
///
/// # Safety
/// `td` is current, without locks.
#[inline]
pub(crate) unsafe fn thread_ended(td: *mut ffi::thread, state: &ThreadState, status: i32) {
    if state.trace.traced.get() {
        // SAFETY: caller.
        unsafe { tracee_ended(td, state, status) };
    }
}

#[cold]
unsafe fn tracee_ended(td: *mut ffi::thread, state: &ThreadState, status: i32) {
    // SAFETY: caller; the parent cannot go while the process is locked.
    unsafe {
        let p = (*td).td_proc;
        if state.tid.get() == (*p).p_pid {
            return;
        }
        let record = KBox::new_waitok(Ended {
            next: ptr::null_mut(),
            tid: state.tid.get(),
            status,
        });
        ffi::lrs_PROC_LOCK(p);
        if (*p).p_flag & ffi::P_TRACED as i32 != 0 {
            let tracer = (*p).p_pptr;
            state.trace.end();
            ffi::lrs_PROC_LOCK(tracer);
            if is_ours(tracer)
                && let Some(theirs) = (*tracer).p_emuldata.cast::<ProcState>().as_ref()
            {
                let record = record.into_raw();
                // In the order of their ends.
                let mut last = theirs.ended.0.as_ptr();
                while !(*last).is_null() {
                    last = &raw mut (**last).next;
                }
                *last = record;
                ffi::lrs_trace_tell(tracer);
            }
            ffi::lrs_PROC_UNLOCK(tracer);
        }
        ffi::lrs_PROC_UNLOCK(p);
    }
}
