// SPDX-License-Identifier: BSD-2-Clause
//! Birth and death of processes and threads: kern_fork.c, kern_exit.c, kern_thr.c.

use core::convert::Infallible;
use core::ffi::{c_int, c_void};
use core::ptr;

use linux_abi::clone::{CloneFlags, ClonePlan};
use linux_abi::ptrace::Event;
use linux_abi::signal::LinuxSignal;

use super::pidfd::ForChild;
use super::ptrace;
use crate::sysvec::max_user;
use crate::{Cx, Errno, Result, UserAddr, UserOut, check, emul};

/// exit1(9): ends the process; `status` as exit_group(2) takes it.
pub fn exit1(cx: &mut Cx<'_>, status: i32) -> Result<Infallible> {
    ptrace::stop_for(
        cx,
        Event::Exit,
        u64::from(status.cast_unsigned() & 0xff) << 8,
    );
    // SAFETY: current; never returns. Only the low byte reaches the parent, as on Linux.
    unsafe { ffi::exit1(cx.td(), status & 0xff, 0) }
}

/// Ends the thread, or the process if it is the last one.
pub fn thread_exit(cx: &mut Cx<'_>, status: i32) -> Result<Infallible> {
    if super::remote::threads(cx) > 1 {
        // The last one does so in exit1.
        ptrace::stop_for(
            cx,
            Event::Exit,
            u64::from(status.cast_unsigned() & 0xff) << 8,
        );
    }
    // SAFETY: current; the thread has left user mode for good.
    unsafe {
        if super::remote::threads(cx) > 1 {
            ptrace::thread_ended(cx.td(), cx.thread_state(), (status & 0xff) << 8);
        }
        emul::thread_gone(cx.td());
        // Returns only in the last thread of a process.
        ffi::kern_thr_exit(cx.td());
    }
    exit1(cx, status)
}

/// fork(2), or vfork(2) with RFMEM and RFPPWAIT: `rf_flags` say what is shared.
/// EAGAIN beyond the limits.
pub fn fork(cx: &mut Cx<'_>, rf_flags: i32) -> Result<i32> {
    let child = fork_stopped(cx, rf_flags, 0)?;
    let event = if rf_flags & ffi::RFPPWAIT as c_int != 0 {
        Event::Vfork
    } else {
        Event::Fork
    };
    Ok(begin(cx, child, event))
}

/// fork1(9): a child that has its Linux state and does not run yet.
fn fork_stopped(cx: &mut Cx<'_>, rf_flags: i32, flags2: i32) -> Result<*mut ffi::thread> {
    let mut child: *mut ffi::proc_ = ptr::null_mut();
    // SAFETY: what is left is null pointers, "not asked for".
    let mut request: ffi::fork_req = unsafe { core::mem::zeroed() };
    // CAST: RFSTOPPED and the FR2 flags are small positive constants of sys/unistd.h.
    request.fr_flags = rf_flags | ffi::RFSTOPPED as c_int;
    request.fr_flags2 = flags2;
    request.fr_procp = &raw mut child;
    // SAFETY: current; RFSTOPPED keeps the child from running until `start`.
    check(unsafe { ffi::fork1(cx.td(), &raw mut request) })?;
    // SAFETY: fork1 stored a new process with one thread, which does not run yet.
    unsafe {
        let td = (*child).p_threads.tqh_first;
        let state = emul::on_fork(cx.td(), td);
        if rf_flags & ffi::RFFDG as c_int != 0 {
            state.epolls.set(ffi::lrs_epolls_of(cx.td()));
        }
        Ok(td)
    }
}

/// Lets a new process run, traced if its parent is and the tracer wants; its pid.
fn begin(cx: &Cx<'_>, td: *mut ffi::thread, event: Event) -> i32 {
    let followed = ptrace::wants(cx, event);
    if followed {
        // SAFETY: from fork_stopped.
        unsafe { ptrace::follow_process(cx, td) };
    }
    let pid = start(td);
    if followed {
        ptrace::stop_for(cx, event, pid.cast_unsigned().into());
    }
    pid
}

/// Lets a new process run; its pid.
fn start(td: *mut ffi::thread) -> i32 {
    // SAFETY: from fork_stopped: the child cannot end before it runs.
    unsafe {
        let pid = (*(*td).td_proc).p_pid;
        ffi::lrs_make_runnable(td);
        pid
    }
}

/// What clone(2) needs beside the plan.
pub struct Clone {
    /// The flags and what they come down to.
    pub plan: ClonePlan,
    /// The child's stack pointer, or null to go on with the caller's.
    pub stack: UserAddr,
    /// The base of fs, with CLONE_SETTLS.
    pub tls: u64,
    /// Where the parent finds the child's id, with CLONE_PARENT_SETTID.
    pub parent_tid: Option<UserOut<i32>>,
    /// For CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID.
    pub child_tid: UserAddr,
    /// Where the parent finds the child's pidfd, with CLONE_PIDFD.
    pub pidfd: UserOut<i32>,
}

impl Clone {
    fn has(&self, flag: CloneFlags) -> bool {
        self.plan.flags.contains(flag)
    }

    /// Linux checks the base while it makes the child.
    fn check_tls(&self) -> Result<()> {
        if self.has(CloneFlags::CLONE_SETTLS) && self.tls >= max_user() {
            return Err(Errno::EPERM.into());
        }
        Ok(())
    }

    /// Stack, fs base and what the child stores.
    ///
    /// # Safety
    /// `td` has its copies of the parent's frame and pcb and does not run yet.
    unsafe fn dress(&self, td: *mut ffi::thread, state: &emul::ThreadState) {
        // SAFETY: caller: frame and pcb are ours for now; both bases were saved when they were
        // copied, and a new thread returns by the path that loads them (PCB_FULL_IRET).
        unsafe {
            if !self.stack.is_null() {
                (*(*td).td_frame).tf_rsp = self.stack.raw().cast_signed();
            }
            if self.has(CloneFlags::CLONE_SETTLS) {
                (*(*td).td_pcb).pcb_fsbase = self.tls.cast_signed();
            }
        }
        if self.has(CloneFlags::CLONE_CHILD_SETTID) {
            state.set_child_tid.set(self.child_tid.raw());
        }
        if self.has(CloneFlags::CLONE_CHILD_CLEARTID) {
            state.clear_child_tid.set(self.child_tid.raw());
        }
    }
}

/// A new process as clone(2) describes it; its pid. EAGAIN, EPERM for a bad fs base.
pub fn clone_process(cx: &mut Cx<'_>, request: Clone) -> Result<i32> {
    request.check_tls()?;
    let pidfd = if request.has(CloneFlags::CLONE_PIDFD) {
        // Nobody is born where the descriptor cannot be told.
        let pidfd = ForChild::new(cx)?;
        request.pidfd.again().write(cx, &pidfd.fd())?;
        Some(pidfd)
    } else {
        None
    };
    let mut flags2 = 0;
    // Inverted where descriptors are shared: then paths are by default too (fork1).
    if request.has(CloneFlags::CLONE_FS) != request.has(CloneFlags::CLONE_FILES) {
        flags2 |= ffi::FR2_SHARE_PATHS as c_int;
    }
    if request.has(CloneFlags::CLONE_CLEAR_SIGHAND) {
        flags2 |= ffi::FR2_DROPSIG_CAUGHT as c_int;
    }
    let td = fork_stopped(cx, request.plan.rf_flags, flags2)?;
    // SAFETY: the child does not run yet: its thread, process and state are ours.
    let pid = unsafe {
        let p = (*td).td_proc;
        request.dress(td, &*(*td).td_emuldata.cast());
        (*p).p_sigparent = request.plan.exit_signal.map_or(0, |s| s.to_bsd().number());
        if request.has(CloneFlags::CLONE_PARENT) {
            ffi::lrs_adopt_by_parent(cx.td(), p);
        }
        if let Some(pidfd) = pidfd {
            pidfd.fill(p);
        }
        (*p).p_pid
    };
    if request.has(CloneFlags::CLONE_PARENT_SETTID)
        && let Some(at) = &request.parent_tid
    {
        // Linux does not undo the child for a bad address either (kernel_clone).
        let _ = at.again().write(cx, &pid);
    }
    let event = if request.has(CloneFlags::CLONE_VFORK) {
        Event::Vfork
    } else if request.plan.exit_signal == Some(LinuxSignal::SIGCHLD) {
        Event::Fork
    } else {
        Event::Clone
    };
    Ok(if request.has(CloneFlags::CLONE_UNTRACED) {
        start(td)
    } else {
        begin(cx, td, event)
    })
}

/// What the new thread's initialiser gets, and the id it gives back.
struct NewThread {
    request: Clone,
    tid: i32,
}

/// Called by thread_create on the new thread before anybody else can see it.
unsafe extern "C" fn init_thread(td: *mut ffi::thread, thunk: *mut c_void) -> c_int {
    // SAFETY: thunk is clone_thread's NewThread; td has copies of the caller's frame and pcb.
    unsafe {
        let new = &mut *thunk.cast::<NewThread>();
        let state = emul::on_new_thread(td);
        new.tid = state.tid.get();
        new.request.dress(td, state);
        (*(*td).td_frame).tf_rax = 0;
        if new.request.has(CloneFlags::CLONE_PARENT_SETTID)
            && let Some(at) = &new.request.parent_tid
        {
            // As for a process: nobody hears of a bad address.
            let _ = ffi::suword32(at.addr().as_ptr::<c_void>(), new.tid);
        }
    }
    0
}

/// A new thread of this process; its id. EAGAIN, EPERM for a bad fs base.
pub fn clone_thread(cx: &mut Cx<'_>, request: Clone) -> Result<i32> {
    request.check_tls()?;
    let mut new = NewThread { request, tid: 0 };
    // SAFETY: current; `new` lives until thread_create has called the initialiser.
    let error = unsafe {
        ffi::thread_create(
            cx.td(),
            ptr::null_mut(),
            Some(init_thread),
            (&raw mut new).cast(),
        )
    };
    // EPROCLIM is FreeBSD's word for too many threads.
    match check(error) {
        Err(fail) if fail == Errno::EPROCLIM.into() => Err(Errno::EAGAIN.into()),
        other => {
            other?;
            ptrace::stop_for(cx, Event::Clone, new.tid.cast_unsigned().into());
            Ok(new.tid)
        }
    }
}
