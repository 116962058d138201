// SPDX-License-Identifier: BSD-2-Clause
//! Signals: kern_sig.c.
//!
//! Sets go in and come out as FreeBSD's words, [`BsdSigset`]; what they mean is
//! linux_abi's business.

use core::ffi::{c_int, c_void};

use linux_abi::c::l_timespec;
use linux_abi::siginfo::BsdSiginfo;
use linux_abi::signal::BsdSignal;
use linux_abi::sigset::{BsdSigset, first_pending};

use super::time::to_bsd;
use crate::door::Untouched;
use crate::lock::ProcGuard;
use crate::sysvec::sendsig::bsd_siginfo;
use crate::{Cx, Errno, Fail, Result, check};

fn sigset(bits: BsdSigset) -> ffi::__sigset {
    ffi::__sigset { __bits: bits }
}

/// The signals the thread blocks.
#[inline]
pub fn mask(cx: &Cx<'_>) -> BsdSigset {
    // SAFETY: current; only the thread itself writes its td_sigmask.
    unsafe { (*cx.td()).td_sigmask.__bits }
}

/// sigprocmask(2): changes the mask as `how` says. EINVAL for an unknown `how`.
#[inline]
pub fn kern_sigprocmask(cx: &mut Cx<'_>, how: i32, set: BsdSigset) -> Result<()> {
    let mut set = sigset(set);
    // SAFETY: current; `set` is one whole set, and the old one is not asked for.
    check(unsafe { ffi::kern_sigprocmask(cx.td(), how, &raw mut set, core::ptr::null_mut(), 0) })
}

/// What happens when a signal arrives, in FreeBSD's terms.
#[derive(Clone, Copy)]
pub struct Action {
    /// SIG_DFL, SIG_IGN or the user address of the handler.
    pub handler: u64,
    /// FreeBSD's SA_ flags.
    pub flags: i32,
    /// What is blocked while the handler runs.
    pub mask: BsdSigset,
}

/// sigaction(2): gives the action up to now. EINVAL for SIGKILL and SIGSTOP with a
/// handler.
pub fn kern_sigaction(
    cx: &mut Cx<'_>,
    signal: BsdSignal,
    action: Option<&Action>,
) -> Result<Action> {
    // SAFETY: sigaction is plain data; a null handler is SIG_DFL.
    let mut old: ffi::sigaction = unsafe { core::mem::zeroed() };
    let new = action.map(|a| ffi::sigaction {
        __sigaction_u: ffi::sigaction__bindgen_ty_1 {
            // SAFETY: the kernel only stores the address, it calls no handler; a null one is None.
            __sa_handler: unsafe {
                core::mem::transmute::<u64, Option<unsafe extern "C" fn(c_int)>>(a.handler)
            },
        },
        sa_flags: a.flags,
        sa_mask: sigset(a.mask),
    });
    let new = new.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: current; both structures are whole.
    check(unsafe { ffi::kern_sigaction(cx.td(), signal.number(), new, &raw mut old, 0) })?;
    // SAFETY: both members of the union are one address.
    let handler = unsafe { old.__sigaction_u.__sa_handler };
    Ok(Action {
        handler: handler.map_or(0, |h| h as usize as u64),
        flags: old.sa_flags,
        mask: old.sa_mask.__bits,
    })
}

/// What waits to be delivered to the thread or to its process.
pub fn pending(cx: &Cx<'_>) -> BsdSigset {
    let _locked = ProcGuard::new(cx);
    // SAFETY: current; PROC_LOCK covers both queues.
    let (process, thread) = unsafe {
        (
            (*cx.proc_ptr()).p_sigqueue.sq_signals.__bits,
            (*cx.td()).td_sigqueue.sq_signals.__bits,
        )
    };
    let [p0, p1, p2, p3] = process;
    let [t0, t1, t2, t3] = thread;
    [p0 | t0, p1 | t1, p2 | t2, p3 | t3]
}

/// sigsuspend(2): waits under another mask until a handler has run; the registers say
/// EINTR already.
pub fn kern_sigsuspend(cx: &mut Cx<'_>, mask: BsdSigset) -> Result<Untouched> {
    // SAFETY: current.
    match unsafe { ffi::kern_sigsuspend(cx.td(), sigset(mask)) } {
        ffi::EJUSTRETURN => Ok(Untouched),
        error => Err(Fail::from_kernel(error)),
    }
}

/// sigtimedwait(2): takes the first signal of `set`. EAGAIN when the time is over; EINTR, which the
/// kernel says for an ignored signal too: then the wait goes on.
pub fn kern_sigtimedwait(
    cx: &mut Cx<'_>,
    set: BsdSigset,
    timeout: Option<l_timespec>,
) -> Result<BsdSiginfo> {
    if let Some(told) = take_first(cx, set) {
        return Ok(told);
    }
    let mut left = timeout;
    let begun = timeout.map(|_| super::poll::uptime_nsec(cx));
    loop {
        match sigtimedwait_once(cx, set, left) {
            Err(Fail::RESTART | Fail::EINTR) => {}
            done => return done,
        }
        // SAFETY: current, without locks.
        if unsafe { ffi::lrs_signal_due(cx.td()) } {
            return Err(Errno::EINTR.into());
        }
        if let (Some(begun), Some(timeout)) = (begun, timeout) {
            let passed = super::poll::uptime_nsec(cx).saturating_sub(begun);
            let rest = timeout.to_nsec_saturating().saturating_sub(passed).max(0);
            left = Some(l_timespec {
                tv_sec: rest / 1_000_000_000,
                tv_nsec: rest % 1_000_000_000,
            });
        }
    }
}

/// A signal of `set` that waits already; of several, that which Linux takes first.
fn take_first(cx: &mut Cx<'_>, set: BsdSigset) -> Option<BsdSiginfo> {
    let (p, td) = (cx.proc_ptr(), cx.td());
    // SAFETY: current; the lock covers the queues.
    let pending = unsafe {
        ffi::lrs_PROC_LOCK(p);
        let pending = super::signalfd::pending(p, td, set);
        ffi::lrs_PROC_UNLOCK(p);
        pending
    };
    let at_once = l_timespec::default();
    // Another thread may have been faster.
    sigtimedwait_once(cx, first_pending(&pending)?, Some(at_once)).ok()
}

fn sigtimedwait_once(
    cx: &mut Cx<'_>,
    set: BsdSigset,
    timeout: Option<l_timespec>,
) -> Result<BsdSiginfo> {
    let mut timeout = timeout.map(to_bsd);
    let timeout = timeout
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: ksiginfo is plain data, which kern_sigtimedwait initialises.
    let mut ksi: ffi::ksiginfo = unsafe { core::mem::zeroed() };
    // SAFETY: current; `ksi` and `timeout` are whole.
    check(unsafe { ffi::kern_sigtimedwait(cx.td(), sigset(set), &raw mut ksi, timeout) })?;
    let signal = BsdSignal::new(ksi.ksi_info.si_signo).ok_or(Errno::EINVAL)?;
    Ok(bsd_siginfo(signal, &ksi.ksi_info))
}

/// An alternate signal stack, in FreeBSD's terms.
#[derive(Clone, Copy)]
pub struct Stack {
    /// Its lowest address.
    pub base: u64,
    /// Its length.
    pub size: u64,
    /// FreeBSD's SS_ flags.
    pub flags: i32,
}

/// sigaltstack(2): gives the stack up to now. EPERM on that stack, ENOMEM for a small one.
pub fn kern_sigaltstack(cx: &mut Cx<'_>, stack: Option<Stack>) -> Result<Stack> {
    // SAFETY: sigaltstack is plain data.
    let mut old: ffi::sigaltstack = unsafe { core::mem::zeroed() };
    let mut new = stack.map(|s| ffi::sigaltstack {
        ss_sp: s.base as *mut c_void,
        ss_size: s.size,
        ss_flags: s.flags,
    });
    let new = new
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: current; both structures are whole; the address is only stored.
    check(unsafe { ffi::kern_sigaltstack(cx.td(), new, &raw mut old) })?;
    Ok(Stack {
        base: old.ss_sp as u64,
        size: old.ss_size,
        flags: old.ss_flags,
    })
}

/// Whom a queued signal is for.
#[derive(Clone, Copy)]
pub enum Target {
    /// A process.
    Process(i32),
    /// A thread, by its Linux thread id, of a process.
    Thread {
        /// The process.
        process: i32,
        /// The thread.
        thread: i32,
    },
}

/// The target, with its process locked; the thread is null for a process.
fn find(target: Target) -> Option<(*mut ffi::proc_, *mut ffi::thread)> {
    match target {
        Target::Process(pid) => {
            // SAFETY: pfind_any takes any number and gives the process locked.
            let p = unsafe { ffi::pfind_any(pid) };
            (!p.is_null()).then_some((p, core::ptr::null_mut()))
        }
        Target::Thread { process, thread } => find_thread(process, thread),
    }
}

/// A thread of a process.
fn find_thread(process: i32, thread: i32) -> Option<(*mut ffi::proc_, *mut ffi::thread)> {
    let (p, td) = find_any_thread(thread)?;
    // SAFETY: p is live and locked.
    unsafe {
        if (*p).p_pid != process {
            ffi::lrs_PROC_UNLOCK(p);
            return None;
        }
    }
    Some((p, td))
}

/// A thread by its Linux id, with its process locked. The first thread of a process has
/// the process id, the others FreeBSD's thread id ([`Cx::tid`]), which is above every
/// process id.
fn find_any_thread(thread: i32) -> Option<(*mut ffi::proc_, *mut ffi::thread)> {
    // SAFETY: tdfind and pfind take any number and give the process locked; threads of a
    // locked process stay.
    unsafe {
        if thread.cast_unsigned() > ffi::PID_MAX {
            let td = ffi::tdfind(thread, -1);
            return (!td.is_null()).then(|| ((*td).td_proc, td));
        }
        let p = ffi::pfind(thread);
        if p.is_null() {
            return None;
        }
        let td = ffi::lrs_first_thread(p);
        if td.is_null() {
            ffi::lrs_PROC_UNLOCK(p);
            return None;
        }
        Some((p, td))
    }
}

/// Whether there is a thread of this Linux id.
pub(super) fn thread_exists(thread: i32) -> bool {
    kernel_thread(thread).is_some()
}

/// FreeBSD's id of the thread that has this Linux id.
pub(super) fn kernel_thread(thread: i32) -> Option<i32> {
    let (p, td) = find_any_thread(thread)?;
    // SAFETY: locked by find_any_thread, which keeps its threads.
    unsafe {
        let tid = (*td).td_tid;
        ffi::lrs_PROC_UNLOCK(p);
        Some(tid)
    }
}

/// Queues a signal with details, or with no signal asks whether one could be. ESRCH,
/// EPERM, EAGAIN where the queue is full; an `info` that is wrong matters once the target is found.
pub fn queue(
    cx: &mut Cx<'_>,
    target: Target,
    info: Result<Option<BsdSiginfo>, Errno>,
) -> Result<()> {
    let Some((p, td)) = find(target) else {
        return Err(Errno::ESRCH.into());
    };
    let done = match info {
        Err(e) => Err(e.into()),
        // SAFETY: current; find has locked p, and td is of p.
        Ok(info) => unsafe { queue_locked(cx, p, td, info) },
    };
    // SAFETY: locked by find.
    unsafe { ffi::lrs_PROC_UNLOCK(p) };
    done
}

/// What kill(2) tells of its caller.
pub(crate) fn from_caller(cx: &Cx<'_>, signal: BsdSignal) -> BsdSiginfo {
    let mut info = BsdSiginfo::new(signal, linux_abi::bsd::SI_USER);
    info.pid = cx.pid();
    // SAFETY: current; the thread's own credential.
    info.uid = unsafe { (*(*cx.td()).td_ucred).cr_ruid };
    info
}

/// What a signal that somebody sent tells, in a siginfo of zeros.
pub(crate) fn fill_siginfo(to: &mut ffi::siginfo_t, info: &BsdSiginfo) {
    to.si_signo = info.signal.number();
    to.si_code = info.code;
    to.si_pid = info.pid;
    to.si_uid = info.uid;
    to.si_value.sival_ptr = info.value as *mut c_void;
    to._reason._timer = ffi::__siginfo__bindgen_ty_1__bindgen_ty_2 {
        _timerid: info.timerid,
        _overrun: info.overrun,
    };
}

/// # Safety
/// `p` is locked, `td` null or a thread of it.
pub(crate) unsafe fn queue_locked(
    cx: &Cx<'_>,
    p: *mut ffi::proc_,
    td: *mut ffi::thread,
    info: Option<BsdSiginfo>,
) -> Result<()> {
    let number = info.as_ref().map_or(0, |i| i.signal.number());
    // SAFETY: current; p is locked (caller).
    check(unsafe { ffi::p_cansignal(cx.td(), p, number) })?;
    let Some(info) = info else {
        return Ok(());
    };
    // SAFETY: ksiginfo is plain data, and all zeros is what ksiginfo_init makes.
    let mut ksi: ffi::ksiginfo = unsafe { core::mem::zeroed() };
    ksi.ksi_flags = ffi::KSI_SIGQ as c_int;
    fill_siginfo(&mut ksi.ksi_info, &info);
    // SAFETY: p is locked and td is of it (caller); the queue copies ksi.
    check(unsafe { ffi::tdsendsignal(p, td, number, &raw mut ksi) })
}
