// SPDX-License-Identifier: BSD-2-Clause
//! From the kernel's stop of a process to the stops of its threads, and on again.

use core::ffi::c_int;

use linux_abi::ptrace::{Event, Resume, options};
use linux_abi::signal::{BsdSignal, LinuxSignal};

use super::state::{Kind, Stop, Trace};
use crate::emul::ThreadState;

const TDB_XSIG: c_int = ffi::TDB_XSIG as c_int;
const SIGSTOP: c_int = ffi::SIGSTOP as c_int;
const SIGKILL: c_int = ffi::SIGKILL as c_int;

/// The tracing of a thread; None where it is on its way out.
///
/// # Safety
/// The process of `td` is locked.
pub(super) unsafe fn trace_of<'a>(td: *mut ffi::thread) -> Option<&'a Trace> {
    // SAFETY: caller; emul.
    unsafe {
        let state = (*td).td_emuldata.cast::<ThreadState>().as_ref()?;
        Some(&state.trace)
    }
}

/// The Linux id of a thread.
///
/// # Safety
/// The process of `td` is locked.
pub(crate) unsafe fn tid_of(td: *mut ffi::thread) -> i32 {
    // SAFETY: caller; emul.
    unsafe {
        match (*td).td_emuldata.cast::<ThreadState>().as_ref() {
            Some(state) => state.tid.get(),
            None => (*td).td_tid,
        }
    }
}

/// The threads of a locked process.
pub(crate) struct Threads(*mut ffi::thread);

impl Threads {
    /// # Safety
    /// `p` is locked for as long as this is used.
    pub(crate) unsafe fn of(p: *mut ffi::proc_) -> Threads {
        // SAFETY: caller.
        Threads(unsafe { (*p).p_threads.tqh_first })
    }
}

impl Iterator for Threads {
    type Item = *mut ffi::thread;

    fn next(&mut self) -> Option<*mut ffi::thread> {
        let td = self.0;
        if td.is_null() {
            return None;
        }
        // SAFETY: a thread of a process that is locked (of).
        self.0 = unsafe { (*td).td_plist.tqe_next };
        Some(td)
    }
}

/// Whether the kernel has stopped the whole process.
///
/// # Safety
/// `p` is locked.
pub(super) unsafe fn is_stopped(p: *mut ffi::proc_) -> bool {
    // SAFETY: caller.
    unsafe { (*p).p_flag & ffi::P_STOPPED_TRACE as c_int != 0 && ffi::lrs_all_suspended(p) }
}

/// Gives the threads of a process that the kernel has stopped their own stops.
///
/// # Safety
/// `p` is locked, a tracee of the current process.
pub(super) unsafe fn look(p: *mut ffi::proc_) {
    // SAFETY: caller.
    unsafe {
        if !is_stopped(p) {
            return;
        }
        // FreeBSD stops for SIGKILL too.
        let killed =
            |td: *mut ffi::thread| (*td).td_dbgflags & TDB_XSIG != 0 && (*td).td_xsig == SIGKILL;
        if ffi::lrs_sigismember(&raw const (*p).p_sigqueue.sq_signals, SIGKILL) != 0
            || Threads::of(p).any(killed)
        {
            kill(p);
            return;
        }
        let fresh = (*p).p_flag & ffi::P_WAITED as c_int == 0;
        (*p).p_flag |= ffi::P_WAITED as c_int;
        let mut any = false;
        for td in Threads::of(p) {
            let Some(trace) = trace_of(td).filter(|t| t.traced.get()) else {
                // Not traced: what it got, it gets.
                ffi::lrs_trace_uninterrupt(td);
                (*td).td_dbgflags &= !TDB_XSIG;
                continue;
            };
            if trace.stop.get().is_some() {
                let goes_on = ffi::SIGCONT as c_int;
                // PTRACE_LISTEN waits for these.
                if trace.listening.get()
                    && (ffi::lrs_sigismember(&raw const (*p).p_sigqueue.sq_signals, goes_on) != 0
                        || take_interrupt(td, trace))
                {
                    trace.set_stop(Stop::event(Event::Stop));
                }
                any |= trace.untold.get();
                continue;
            }
            let stop = if (*td).td_dbgflags & TDB_XSIG != 0 {
                let stop = waiting(td, trace);
                if stop.is_none() {
                    (*td).td_dbgflags &= !TDB_XSIG;
                }
                stop
            } else {
                asked(td, trace)
            };
            if let Some(stop) = stop {
                trace.set_stop(stop);
                any = true;
            }
        }
        if fresh && !any {
            ffi::lrs_trace_continue(p);
        }
    }
}

/// The stop of a thread that waits in ptracestop; None for one that goes on by itself.
unsafe fn waiting(td: *mut ffi::thread, trace: &Trace) -> Option<Stop> {
    // SAFETY: caller: the process is locked.
    unsafe {
        let own = trace.own_event.get();
        if own != Event::None {
            return Some(Stop::event(own));
        }
        let flags = (*td).td_dbgflags.cast_unsigned();
        let to_syscall = trace.mode.get() == Resume::ToSyscall;
        if (*td).td_si.si_signo != 0 {
            if (*td).td_xsig == ffi::LRS_SIGINTERRUPT as c_int {
                (*td).td_xsig = 0;
                let due = trace.interrupted.replace(false);
                return due.then_some(Stop::event(Event::Stop));
            }
            let signal = fault_signal(td)?;
            return Some(Stop::signal(signal));
        }
        if flags & (ffi::TDB_BORN | ffi::TDB_CHILD) != 0 {
            (*td).td_xsig = 0;
            return Some(if trace.interrupted.replace(false) {
                Stop::event(Event::Stop)
            } else {
                Stop::signal(LinuxSignal::SIGSTOP)
            });
        }
        if flags & ffi::TDB_EXEC != 0 {
            if trace.has(options::EXEC) {
                trace.message.set(tid_of(td).cast_unsigned().into());
                return Some(Stop::event(Event::Exec));
            }
            // Who asked for no event gets a SIGTRAP.
            (*td).td_xsig = 0;
            return (!trace.seized.get()).then_some(Stop::signal(LinuxSignal::SIGTRAP));
        }
        (*td).td_xsig = 0;
        if flags & ffi::TDB_SCE != 0 {
            to_syscall.then_some(Stop::syscall(Kind::SyscallEntry))
        } else if flags & ffi::TDB_SCX != 0 {
            to_syscall.then_some(Stop::syscall(Kind::SyscallExit))
        } else if flags & ffi::TDB_VFORK != 0 {
            trace
                .has(options::VFORK_DONE)
                .then_some(Stop::event(Event::VforkDone))
        } else {
            None
        }
    }
}

/// The Linux signal of a signal stop: an exception may be another one than FreeBSD's.
unsafe fn fault_signal(td: *mut ffi::thread) -> Option<LinuxSignal> {
    // SAFETY: caller: the process is locked.
    let (number, info) = unsafe { ((*td).td_xsig, &(*td).td_si) };
    let signal = BsdSignal::new(number)?;
    let details = crate::sysvec::sendsig::bsd_siginfo(signal, info);
    match linux_abi::trap::linux_fault(details.trapno, number, info.si_code) {
        Some(fault) => Some(fault.signal),
        None => Some(signal.to_linux_report()),
    }
}

/// Takes a PTRACE_INTERRUPT that has not reached the thread.
unsafe fn take_interrupt(td: *mut ffi::thread, trace: &Trace) -> bool {
    // SAFETY: caller: the process is locked, which covers its queues.
    unsafe { ffi::lrs_trace_uninterrupt(td) && trace.interrupted.replace(false) }
}

/// The stop of a thread that has been told to stop while the process was stopped.
unsafe fn asked(td: *mut ffi::thread, trace: &Trace) -> Option<Stop> {
    // SAFETY: caller: the process is locked, which covers its queues.
    unsafe {
        if take_interrupt(td, trace) {
            return Some(Stop::event(Event::Stop));
        }
        let queue = &raw mut (*td).td_sigqueue;
        if ffi::lrs_sigismember(&raw const (*queue).sq_signals, SIGSTOP) == 0 {
            return None;
        }
        ffi::sigqueue_delete(queue, SIGSTOP);
        Some(Stop::signal(LinuxSignal::SIGSTOP))
    }
}

/// SIGKILL is being sent to a process: a tracee that is stopped goes on to its end, one that runs does not
/// stop for it, as FreeBSD would have it do.
///
/// # Safety
/// `p` is locked.
pub(crate) unsafe fn killed(p: *mut ffi::proc_) {
    // SAFETY: caller.
    unsafe {
        let flags = (*p).p_flag;
        if flags & ffi::P_TRACED as c_int == 0 {
            return;
        }
        if flags & ffi::P_STOPPED_TRACE as c_int != 0 {
            kill(p);
        } else {
            ffi::lrs_wkilled(p);
        }
    }
}

/// Lets a process that is being killed run to its end.
unsafe fn kill(p: *mut ffi::proc_) {
    // SAFETY: caller: the process is locked.
    unsafe {
        ffi::lrs_wkilled(p);
        for td in Threads::of(p) {
            (*td).td_dbgflags &= !(TDB_XSIG | ffi::TDB_SUSPEND as c_int);
            if (*td).td_dbgflags & ffi::TDB_SCE as c_int != 0 {
                // The call it is about to make is not made: it is fetched again, with no call's number.
                (*(*td).td_frame).tf_rax = -1;
                (*td).td_dbgflags |= ffi::TDB_USERWR as c_int;
            }
            if let Some(trace) = trace_of(td) {
                trace.stop.set(None);
                trace.untold.set(false);
            }
        }
        ffi::lrs_trace_continue(p);
    }
}

/// Lets a thread go on, with a signal or none, and with it the process but for the threads that
/// are stopped.
///
/// # Safety
/// The process of `td` is locked, a tracee of the current process; `trace` is the thread's.
pub(super) unsafe fn go_on(
    td: *mut ffi::thread,
    trace: &Trace,
    mode: Resume,
    signal: Option<BsdSignal>,
) {
    // SAFETY: caller.
    unsafe {
        let p = (*td).td_proc;
        let Some(stop) = trace.stop.take() else {
            return;
        };
        trace.untold.set(false);
        trace.mode.set(mode);
        let dying = trace.dying.take();
        let signal = dying.or(signal);
        let number = signal.map_or(0, BsdSignal::number);
        if dying.is_none() && trace.has(options::EXIT) && ends_by(p, stop, signal) {
            let told = signal.map_or(0, |s| s.to_linux_report().number());
            trace.message.set(told.cast_unsigned().into());
            trace.dying.set(signal);
            trace.set_stop(Stop::dying());
            return;
        }
        if stop.kind == Kind::Signal && takes_group_stop(p, number) {
            (*td).td_xsig = 0;
            trace.set_stop(Stop {
                kind: Kind::Group,
                signal: signal.map_or(LinuxSignal::SIGSTOP, BsdSignal::to_linux_report),
                event: Event::None,
            });
            return;
        }
        match mode {
            Resume::Step => ffi::ptrace_single_step(td),
            _ => ffi::ptrace_clear_single_step(td),
        };
        if trace.retold.replace(false) && number != 0 && number == (*td).td_si.si_signo {
            // The kernel would hand on what it had; this one it takes without another stop.
            let mut ksi: ffi::ksiginfo = core::mem::zeroed();
            ksi.ksi_flags = ffi::KSI_PTRACE as c_int;
            ksi.ksi_info = (*td).td_si;
            (*td).td_xsig = 0;
            (*td).td_dbgflags &= !TDB_XSIG;
            ffi::tdsendsignal(p, td, number, &raw mut ksi);
        } else if (*td).td_dbgflags & TDB_XSIG != 0 {
            (*td).td_xsig = match stop.kind {
                Kind::Event | Kind::Group => 0,
                // The signal it was about to get, also where Linux has another name for it.
                _ if fault_is(td, signal) => (*td).td_si.si_signo,
                _ => number,
            };
            (*td).td_dbgflags &= !TDB_XSIG;
        } else if number != 0 && stop.kind == Kind::Signal {
            let mut ksi: ffi::ksiginfo = core::mem::zeroed();
            ksi.ksi_flags = ffi::KSI_PTRACE as c_int;
            ksi.ksi_info.si_signo = number;
            ffi::tdsendsignal(p, td, number, &raw mut ksi);
        }
        (*td).td_dbgflags &= !(ffi::TDB_SUSPEND as c_int);
        if number == SIGKILL {
            ffi::lrs_wkilled(p);
        }
        release(p);
    }
}

/// Whether the signal the tracer hands on is the exception the thread has stopped for.
unsafe fn fault_is(td: *mut ffi::thread, signal: Option<BsdSignal>) -> bool {
    // SAFETY: caller: the process is locked.
    unsafe {
        (*td).td_si.si_signo != 0
            && signal.is_some()
            && fault_signal(td).map(LinuxSignal::to_bsd) == signal
    }
}

/// Whether the signal a thread is let go on with, from a stop for one, ends the process by default.
unsafe fn ends_by(p: *mut ffi::proc_, stop: Stop, signal: Option<BsdSignal>) -> bool {
    let Some(signal) = signal.filter(|_| stop.kind == Kind::Signal) else {
        return false;
    };
    // SAFETY: caller: the process is locked; the table has an entry for every signal.
    let default = unsafe {
        let index = usize::try_from(signal.number().wrapping_sub(1)).unwrap_or(0);
        matches!((*(*p).p_sigacts).ps_sigact.get(index), Some(None))
    };
    default && signal.to_linux_report().ends_by_default()
}

/// Whether a signal would stop the process by default, which FreeBSD does not do to tracees.
unsafe fn takes_group_stop(p: *mut ffi::proc_, number: c_int) -> bool {
    let stops = [
        ffi::SIGSTOP as c_int,
        ffi::SIGTSTP as c_int,
        ffi::SIGTTIN as c_int,
        ffi::SIGTTOU as c_int,
    ];
    if !stops.contains(&number) {
        return false;
    }
    // SAFETY: caller: the process is locked; the table has an entry for every signal.
    unsafe {
        let index = usize::try_from(number.wrapping_sub(1)).unwrap_or(0);
        matches!((*(*p).p_sigacts).ps_sigact.get(index), Some(None))
    }
}

/// Sets the process going, without the threads that are stopped.
///
/// # Safety
/// `p` is locked.
pub(super) unsafe fn release(p: *mut ffi::proc_) {
    // SAFETY: caller.
    unsafe {
        let (mut syscalls, mut vfork_done) = (false, false);
        for td in Threads::of(p) {
            let Some(trace) = trace_of(td) else {
                continue;
            };
            if trace.traced.get() {
                syscalls |= trace.mode.get() == Resume::ToSyscall;
                vfork_done |= trace.has(options::VFORK_DONE);
            }
            if trace.stop.get().is_some() {
                ffi::lrs_trace_hold(td);
            }
        }
        let mut events = ffi::PTRACE_EXEC;
        if syscalls {
            events |= ffi::PTRACE_SCE | ffi::PTRACE_SCX;
        }
        if vfork_done {
            events |= ffi::PTRACE_VFORK;
        }
        (*p).p_ptevents = events;
        ffi::lrs_trace_continue(p);
    }
}

/// The current process ends, or is no Linux process any more: its tracees are let go, or die.
///
/// # Safety
/// `td` is current and the only thread of its process.
pub(crate) unsafe fn detach_all(td: *mut ffi::thread) {
    // SAFETY: caller.
    unsafe {
        loop {
            let p = ffi::lrs_traced_child(td, 0);
            if p.is_null() {
                break;
            }
            let mut dies = false;
            for td in Threads::of(p) {
                if let Some(trace) = trace_of(td) {
                    dies |= trace.has(options::EXITKILL);
                    trace.end();
                }
            }
            if dies {
                ffi::kern_psignal(p, SIGKILL);
            }
            ffi::lrs_PHOLD_locked(p);
            ffi::lrs_PROC_UNLOCK(p);
            ffi::lrs_trace_detach(p);
            ffi::lrs_PRELE(p);
        }
    }
}
