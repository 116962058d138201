// SPDX-License-Identifier: BSD-2-Clause
//! Beginning and ending to trace, and letting tracees go on.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::Ordering;

use linux_abi::c::l_siginfo_t;
use linux_abi::pod::Pod;
use linux_abi::ptrace::{Event, Resume};
use linux_abi::siginfo::{BsdSiginfo, siginfo_to_linux};
use linux_abi::signal::{BsdSignal, LinuxSignal};
use linux_abi::sigset::BsdSigset;

use super::state::{Kind, Stop, Trace};
use super::stop::{Threads, go_on, is_stopped, look, trace_of};
use crate::emul::ProcState;
use crate::kern::signal::fill_siginfo;
use crate::kern::thread::LockedThread;
use crate::sysvec::{is_ours, sendsig::bsd_siginfo};
use crate::tap::Tap;
use crate::{Cx, Errno, Result, check};

const SIGSTOP: c_int = ffi::SIGSTOP as c_int;

/// A tracee of the caller, its process locked.
pub(super) struct Tracee<'a, 'td> {
    pub(super) thread: LockedThread<'a, 'td>,
}

impl<'a, 'td> Tracee<'a, 'td> {
    /// The tracee `tid`. ESRCH where the caller does not trace it.
    fn find(cx: &'a Cx<'td>, tid: i32) -> Result<Self> {
        let none = Errno::ESRCH;
        if tid <= 0 {
            return Err(none.into());
        }
        let thread = LockedThread::find(cx, tid)?;
        let p = thread.process();
        // SAFETY: the guard holds the lock of p.
        let mine =
            unsafe { (*p).p_flag & ffi::P_TRACED as c_int != 0 && (*p).p_pptr == cx.proc_ptr() };
        let traced = thread
            .linux_state()
            .is_some_and(|state| state.trace.traced.get());
        if mine && traced {
            Ok(Tracee { thread })
        } else {
            Err(none.into())
        }
    }

    /// The same, stopped. ESRCH where it runs.
    pub(super) fn stopped(cx: &'a Cx<'td>, tid: i32) -> Result<(Self, Stop)> {
        let tracee = Self::find(cx, tid)?;
        // SAFETY: locked, a tracee of the caller.
        unsafe { look(tracee.thread.process()) };
        match tracee.trace()?.stop.get() {
            Some(stop) => Ok((tracee, stop)),
            None => Err(Errno::ESRCH.into()),
        }
    }

    pub(super) fn trace(&self) -> Result<&Trace> {
        match self.thread.linux_state() {
            Some(state) => Ok(&state.trace),
            None => Err(Errno::ESRCH.into()),
        }
    }
}

fn become_tracer(state: &ProcState) {
    state.is_tracer.store(true, Ordering::Relaxed);
}

/// PTRACE_TRACEME: the parent traces the caller. EPERM where somebody does already.
pub fn trace_me(cx: &mut Cx<'_>) -> Result<()> {
    // SAFETY: current.
    let error =
        unsafe { ffi::kern_ptrace(cx.td(), ffi::PT_TRACE_ME as c_int, 0, ptr::null_mut(), 0) };
    match check(error) {
        Err(fail) if fail == Errno::EBUSY.into() => return Err(Errno::EPERM.into()),
        done => done?,
    }
    let p = cx.proc_ptr();
    // SAFETY: current, without locks. It hears of SIGKILL then (killed).
    unsafe { cx.proc_state().signal_tap(p) };
    // SAFETY: current; the parent cannot change while the process is locked.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        cx.thread_state().trace.begin(false, 0);
        let parent = (*p).p_pptr;
        ffi::lrs_PROC_LOCK(parent);
        if is_ours(parent)
            && let Some(state) = (*parent).p_emuldata.cast::<ProcState>().as_ref()
        {
            become_tracer(state);
        }
        ffi::lrs_PROC_UNLOCK(parent);
        ffi::lrs_PROC_UNLOCK(p);
    }
    Ok(())
}

/// PTRACE_ATTACH, or PTRACE_SEIZE with its options. EPERM, ESRCH.
pub fn attach(cx: &mut Cx<'_>, tid: i32, seize: Option<u32>) -> Result<()> {
    if tid <= 0 {
        return Err(Errno::ESRCH.into());
    }
    // Before the lock, and given back after it where there is one.
    let mut tap = Some(Tap::prepare(ffi::NOTE_SIGNAL));
    let thread = LockedThread::find(cx, tid)?;
    let p = thread.process();
    // SAFETY: the guard holds the lock of p, which the shim gives up for a while.
    unsafe {
        if p == cx.proc_ptr() || !is_ours(p) {
            return Err(Errno::EPERM.into());
        }
        let traced = (*p).p_flag & ffi::P_TRACED as c_int != 0;
        if traced && (*p).p_pptr != cx.proc_ptr() {
            return Err(Errno::EPERM.into());
        }
        let mut stopped = false;
        if !traced {
            check(ffi::lrs_trace_attach(
                cx.td(),
                p,
                seize.is_some(),
                &raw mut stopped,
            ))?;
        }
        // The thread may have ended meanwhile.
        let td = thread.thread();
        if !Threads::of(p).any(|t| t == td) {
            return Err(Errno::ESRCH.into());
        }
        let trace = trace_of(td).ok_or(Errno::ESRCH)?;
        if trace.traced.get() {
            return Err(Errno::EPERM.into());
        }
        // Who finds it stopped by a signal finds it in a group-stop.
        let in_group_stop = stopped
            || Threads::of(p)
                .filter_map(|t| trace_of(t)?.stop.get())
                .any(|stop| stop.kind == Kind::Group);
        trace.begin(seize.is_some(), seize.unwrap_or(0));
        become_tracer(cx.proc_state());
        if let (Some(state), Some(new)) = ((*p).p_emuldata.cast::<ProcState>().as_ref(), tap.take())
        {
            tap = state.tap_signals(p, new);
        }
        if seize.is_some() && in_group_stop {
            let signal = BsdSignal::new((*p).p_xsig.cast_signed())
                .map_or(LinuxSignal::SIGSTOP, BsdSignal::to_linux_report);
            trace.set_stop(Stop {
                kind: Kind::Group,
                signal,
                event: Event::None,
            });
        }
        if seize.is_none() {
            ffi::tdsendsignal(p, td, SIGSTOP, ptr::null_mut());
        }
    }
    drop(thread);
    drop(tap);
    Ok(())
}

/// PTRACE_INTERRUPT. ESRCH; EIO unless it was seized.
pub fn interrupt(cx: &mut Cx<'_>, tid: i32) -> Result<()> {
    let tracee = Tracee::find(cx, tid)?;
    let trace = tracee.trace()?;
    if !trace.seized.get() {
        return Err(Errno::EIO.into());
    }
    trace.interrupted.set(true);
    // SAFETY: the process is locked.
    unsafe { ffi::lrs_trace_interrupt(tracee.thread.thread()) };
    Ok(())
}

/// PTRACE_LISTEN: stays stopped until SIGCONT. ESRCH; EIO where it is not in a group-stop.
pub fn listen(cx: &mut Cx<'_>, tid: i32) -> Result<()> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let trace = tracee.trace()?;
    if !trace.seized.get() || !(stop.kind == Kind::Group || stop.event == Event::Stop) {
        return Err(Errno::EIO.into());
    }
    trace.listening.set(true);
    Ok(())
}

/// PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, with a signal to get. ESRCH.
pub fn resume(cx: &mut Cx<'_>, tid: i32, mode: Resume, signal: Option<BsdSignal>) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    // SAFETY: locked, a tracee of the caller.
    unsafe { go_on(tracee.thread.thread(), tracee.trace()?, mode, signal) };
    Ok(())
}

/// PTRACE_DETACH. ESRCH.
pub fn detach(cx: &mut Cx<'_>, tid: i32, signal: Option<BsdSignal>) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    let p = tracee.thread.process();
    // SAFETY: locked, a tracee of the caller; held over the unlock.
    unsafe {
        let trace = tracee.trace()?;
        // No more events.
        trace.options.set(0);
        ffi::lrs_trace_uninterrupt(tracee.thread.thread());
        go_on(tracee.thread.thread(), trace, Resume::Continue, signal);
        trace.end();
        let others = Threads::of(p).any(|td| trace_of(td).is_some_and(|t| t.traced.get()));
        if others {
            return Ok(());
        }
        ffi::lrs_PHOLD_locked(p);
        drop(tracee);
        ffi::lrs_trace_detach(p);
        ffi::lrs_PRELE(p);
    }
    Ok(())
}

/// PTRACE_KILL: 0 also where it runs.
pub fn kill(cx: &mut Cx<'_>, tid: i32) -> Result<()> {
    let tracee = Tracee::find(cx, tid)?;
    let p = tracee.thread.process();
    // SAFETY: locked.
    unsafe {
        ffi::kern_psignal(p, ffi::SIGKILL as c_int);
        if is_stopped(p) {
            look(p);
        }
    }
    Ok(())
}

/// PTRACE_SETOPTIONS. ESRCH.
pub fn set_options(cx: &mut Cx<'_>, tid: i32, options: u32) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    tracee.trace()?.options.set(options);
    Ok(())
}

/// PTRACE_GETEVENTMSG. ESRCH.
pub fn message(cx: &mut Cx<'_>, tid: i32) -> Result<u64> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    Ok(tracee.trace()?.message.get())
}

/// PTRACE_GETSIGINFO. ESRCH; EINVAL in a group-stop.
pub fn siginfo(cx: &mut Cx<'_>, tid: i32) -> Result<l_siginfo_t> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let trace = tracee.trace()?;
    let mut out = l_siginfo_t::ZERO;
    out.si_signo = stop.signal.number();
    match stop.kind {
        Kind::Group if !trace.seized.get() => return Err(Errno::EINVAL.into()),
        Kind::Signal if stop.event == Event::None => {
            // SAFETY: the process is locked; td_si is plain data.
            let info = unsafe { &(*tracee.thread.thread()).td_si };
            // Of a SIGSTOP FreeBSD keeps no sender.
            let kept = info.si_signo != SIGSTOP || trace.retold.get();
            if let Some(signal) = BsdSignal::new(info.si_signo).filter(|_| kept) {
                return Ok(siginfo_to_linux(&bsd_siginfo(signal, info)));
            }
        }
        // The code is what the status tells above its low byte.
        _ => out.si_code = trace.status(stop) >> 8,
    }
    Ok(out)
}

/// PTRACE_SETSIGINFO: what the signal of the stop is to tell. ESRCH; EINVAL outside of a stop for a signal.
pub fn set_siginfo(cx: &mut Cx<'_>, tid: i32, new: &BsdSiginfo) -> Result<()> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let td = tracee.thread.thread();
    // SAFETY: the process is locked, and the thread stopped; siginfo is plain data.
    unsafe {
        let number = new.signal.number();
        if stop.kind != Kind::Signal || stop.event != Event::None || (*td).td_si.si_signo != number
        {
            return Err(Errno::EINVAL.into());
        }
        let mut info: ffi::siginfo_t = core::mem::zeroed();
        fill_siginfo(&mut info, new);
        (*td).td_si = info;
    }
    tracee.trace()?.retold.set(true);
    Ok(())
}

/// PTRACE_GETSIGMASK. ESRCH.
pub fn sigmask(cx: &mut Cx<'_>, tid: i32) -> Result<BsdSigset> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    // SAFETY: the process is locked, and the thread stopped.
    Ok(unsafe { (*tracee.thread.thread()).td_sigmask.__bits })
}

/// PTRACE_SETSIGMASK; SIGKILL and SIGSTOP stay unblocked. ESRCH.
pub fn set_sigmask(cx: &mut Cx<'_>, tid: i32, set: BsdSigset) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    let never = linux_abi::sigset::sigset_to_bsd(
        linux_abi::sigset::sigset_bit(LinuxSignal::SIGKILL)
            | linux_abi::sigset::sigset_bit(LinuxSignal::SIGSTOP),
    );
    let mut bits = set;
    for (word, never) in bits.iter_mut().zip(never) {
        *word &= !never;
    }
    // SAFETY: the process is locked, and the thread stopped; it looks for signals when it goes on.
    unsafe {
        let td = tracee.thread.thread();
        (*td).td_sigmask.__bits = bits;
        ffi::signotify(td);
    }
    Ok(())
}
