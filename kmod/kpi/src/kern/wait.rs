// SPDX-License-Identifier: BSD-2-Clause
//! Waiting for children: kern_exit.c.

use core::mem::MaybeUninit;
use core::ptr;

use linux_abi::bsd;
use linux_abi::c::{l_rusage, l_timeval};
use linux_abi::fd::Fd;
use linux_abi::siginfo::BsdSiginfo;
use linux_abi::signal::{BsdSignal, LinuxSignal};
use linux_abi::wait::{WaitTarget, status_to_linux};

use super::ptrace::{self, Found};
use crate::sysvec::sendsig::bsd_siginfo;
use crate::{Cx, Errno, Result, check};

/// A child that changed.
pub struct Changed {
    /// Its pid.
    pub pid: i32,
    /// Its status, as Linux tells it.
    pub status: i32,
}

/// What takes the kernel time to find out, and so is told only where there is a place for it.
pub struct Details {
    /// The SIGCHLD that tells of the child.
    pub info: BsdSiginfo,
    /// What it and its own children used.
    pub usage: l_rusage,
}

/// How long a wait for two kinds of children sleeps before it looks again.
const RECHECK_TICKS: i32 = 100;

/// wait6(2): a child that changed as `options` say, or `None` with WNOHANG. With `all`, children
/// that do not signal with SIGCHLD count too. `details` are filled in if a child is found.
/// ECHILD, EINTR.
pub fn wait(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    all: bool,
    mut details: Option<&mut Option<Details>>,
) -> Result<Option<Changed>> {
    if let WaitTarget::Descriptor(fd) = target {
        return wait_pidfd(cx, Fd(fd), options, all, details);
    }
    if ptrace::is_tracer(cx) {
        return wait_as_tracer(cx, target, options, details);
    }
    if !all {
        return wait6(cx, target, options, details);
    }
    // FreeBSD waits for children of one kind only: those that signal with SIGCHLD, or the others.
    loop {
        let usual = wait6(
            cx,
            target,
            options & !bsd::WLINUXCLONE | bsd::WNOHANG,
            details.as_deref_mut(),
        );
        let others = match usual {
            Ok(Some(_)) => return usual,
            _ => wait6(
                cx,
                target,
                options | bsd::WLINUXCLONE | bsd::WNOHANG,
                details.as_deref_mut(),
            ),
        };
        let nobody = Err(Errno::ECHILD.into());
        let blocking = options & bsd::WNOHANG == 0;
        match (usual, others) {
            (_, found @ Ok(Some(_))) => return found,
            (Ok(None), Err(_)) if blocking => {
                return wait6(
                    cx,
                    target,
                    options & !bsd::WLINUXCLONE,
                    details.as_deref_mut(),
                );
            }
            (Err(_), Ok(None)) if blocking => {
                return wait6(
                    cx,
                    target,
                    options | bsd::WLINUXCLONE,
                    details.as_deref_mut(),
                );
            }
            (Err(fail), Err(_)) => {
                return if fail == Errno::ECHILD.into() {
                    nobody
                } else {
                    Err(fail)
                };
            }
            _ if !blocking => return Ok(None),
            // SAFETY: current.
            _ => check(unsafe { ffi::lrs_wait_child(cx.td(), RECHECK_TICKS) })?,
        }
    }
}

/// As wait for a process that traces others. Every child counts, whatever it signals with.
fn wait_as_tracer(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    mut details: Option<&mut Option<Details>>,
) -> Result<Option<Changed>> {
    let take = options & bsd::WNOWAIT == 0;
    // Stops of tracees are ours to tell. Something must be left to ask for.
    let plain = options & !(bsd::WTRAPPED | bsd::WLINUXCLONE) | bsd::WNOHANG;
    let plain = if plain & (bsd::WEXITED | bsd::WCONTINUED | bsd::WUNTRACED) == 0 {
        plain | bsd::WCONTINUED | bsd::WNOWAIT
    } else {
        plain
    };
    loop {
        let exists = match ptrace::wait_tracee(cx, target, take) {
            Found::Stopped(pid, status) => {
                return Ok(Some(traced(pid, status, bsd::CLD_TRAPPED, details)));
            }
            Found::Ended(pid, status) => {
                return Ok(Some(traced(pid, status, bsd::CLD_EXITED, details)));
            }
            Found::Nothing(exists) => exists,
        };
        let mut children = exists;
        for kind in [0, bsd::WLINUXCLONE] {
            match wait6(cx, target, plain | kind, details.as_deref_mut()) {
                Err(fail) if fail == Errno::ECHILD.into() => {}
                Ok(None) => children = true,
                // A tracee that has stopped just now: looked at again.
                Ok(Some(child)) if ptrace::is_stop_of_tracee(cx, child.pid, child.status) => {
                    children = true;
                }
                other => return other,
            }
        }
        if !children {
            return Err(Errno::ECHILD.into());
        }
        if options & bsd::WNOHANG != 0 {
            return Ok(None);
        }
        // SAFETY: current.
        check(unsafe { ffi::lrs_wait_child(cx.td(), RECHECK_TICKS) })?;
    }
}

/// What a tracee tells.
fn traced(pid: i32, status: i32, code: i32, details: Option<&mut Option<Details>>) -> Changed {
    if let (Some(place), Some(signal)) = (details, BsdSignal::new(bsd::SIGCHLD)) {
        let mut info = BsdSiginfo::new(signal, code);
        info.pid = pid;
        let told = status >> 8;
        info.status = match LinuxSignal::new(told) {
            Some(signal) if code == bsd::CLD_TRAPPED => signal.to_bsd().number(),
            _ => told,
        };
        *place = Some(Details {
            info,
            usage: l_rusage::default(),
        });
    }
    Changed { pid, status }
}

/// The child behind a pidfd. EBADF; ECHILD where it is none, or was waited for; EAGAIN where
/// the descriptor is non-blocking and nothing happened yet.
fn wait_pidfd(
    cx: &mut Cx<'_>,
    fd: Fd,
    options: i32,
    all: bool,
    details: Option<&mut Option<Details>>,
) -> Result<Option<Changed>> {
    let waited = super::pidfd::waited(cx, fd)?;
    let pid = waited.pid.ok_or(Errno::ECHILD)?;
    let mut flags = options;
    if waited.nonblocking {
        flags |= bsd::WNOHANG;
    }
    match wait(cx, WaitTarget::Pid(pid), flags, all, details)? {
        None if options & bsd::WNOHANG == 0 => Err(Errno::EAGAIN.into()),
        child => Ok(child),
    }
}

fn wait6(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    details: Option<&mut Option<Details>>,
) -> Result<Option<Changed>> {
    match details {
        None => kern_wait6(cx, target, options, None),
        Some(place) => detailed(cx, target, options, place),
    }
}

#[inline(never)]
fn detailed(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    place: &mut Option<Details>,
) -> Result<Option<Changed>> {
    // SAFETY: both are plain data that kern_wait6 fills in.
    let (mut usage, mut info): (ffi::__wrusage, ffi::siginfo_t) =
        unsafe { (core::mem::zeroed(), core::mem::zeroed()) };
    let child = kern_wait6(cx, target, options, Some((&mut usage, &mut info)))?;
    if child.is_some() {
        let signal = BsdSignal::new(bsd::SIGCHLD).ok_or(Errno::EINVAL)?;
        *place = Some(Details {
            info: bsd_siginfo(signal, &info),
            usage: sum(&usage.wru_self, &usage.wru_children),
        });
    }
    Ok(child)
}

/// kern_wait6(9), without details. Who has SIGCHLD blocked, and none of it pending, is told first of
/// children that have been told of by a signal that was read: theirs does not come again.
fn kern_wait6(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    mut places: Option<(&mut ffi::__wrusage, &mut ffi::siginfo_t)>,
) -> Result<Option<Changed>> {
    if sigchld_pending(cx) || !sigchld_blocked(cx) || options & bsd::WNOHANG != 0 {
        let pending = sigchld_pending(cx);
        return kern_wait6_keeping(cx, target, options, places, pending);
    }
    let again = places
        .as_mut()
        .map(|(usage, info)| (&mut **usage, &mut **info));
    match kern_wait6_keeping(cx, target, options | bsd::WNOHANG, again, false)? {
        // What ends from now on sends its signal while this waits.
        None => kern_wait6_keeping(cx, target, options, places, true),
        found => Ok(found),
    }
}

/// The same; with `keep` the signal of the child stays pending if the kernel takes it back.
fn kern_wait6_keeping(
    cx: &mut Cx<'_>,
    target: WaitTarget,
    options: i32,
    places: Option<(&mut ffi::__wrusage, &mut ffi::siginfo_t)>,
    keep: bool,
) -> Result<Option<Changed>> {
    let (kind, id) = match target {
        WaitTarget::All => (ffi::P_ALL, 0),
        WaitTarget::Pid(pid) => (ffi::P_PID, pid),
        WaitTarget::Group(group) => (ffi::P_PGID, group),
        WaitTarget::Descriptor(_) => return Err(Errno::EINVAL.into()),
    };
    let mut status = 0;
    let (usage, info) = match places {
        Some((usage, info)) => (ptr::from_mut(usage), ptr::from_mut(info)),
        None => (ptr::null_mut(), ptr::null_mut()),
    };
    let mut kept = MaybeUninit::<ffi::siginfo_t>::uninit();
    let info = if keep && info.is_null() {
        // SAFETY: siginfo is plain data.
        kept.write(unsafe { core::mem::zeroed() })
    } else {
        info
    };
    // SAFETY: current; the places are ours, or null: not wanted.
    check(unsafe {
        ffi::kern_wait6(
            cx.td(),
            kind,
            i64::from(id),
            &raw mut status,
            options,
            usage,
            info,
        )
    })?;
    // CAST: a pid, or 0.
    let pid = cx.retval() as i32;
    if pid == 0 {
        return Ok(None);
    }
    if keep && !sigchld_pending(cx) {
        // SAFETY: current; info is one of the two places, which the kernel has filled in.
        unsafe { keep_sigchld(cx, &*info) };
    }
    Ok(Some(Changed {
        pid,
        status: status_to_linux(status),
    }))
}

const SIGCHLD_BIT: u32 = 1 << (bsd::SIGCHLD - 1);

/// Whether the thread has SIGCHLD blocked.
fn sigchld_blocked(cx: &Cx<'_>) -> bool {
    // SAFETY: current: the thread's own mask.
    unsafe { (*cx.td()).td_sigmask.__bits[0] & SIGCHLD_BIT != 0 }
}

/// Whether SIGCHLD waits for the process.
fn sigchld_pending(cx: &Cx<'_>) -> bool {
    // SAFETY: current; one word, read without the lock, is as old as the answer in any case.
    unsafe { (*cx.proc_ptr()).p_sigqueue.sq_signals.__bits[0] & SIGCHLD_BIT != 0 }
}

/// FreeBSD takes the signal of a child back when it has been waited for; on Linux it stays
/// pending, and a blocked one is read later (sigwait(3), signalfd(2)).
///
/// # Safety
/// `told` is what kern_wait6 told of the child.
unsafe fn keep_sigchld(cx: &Cx<'_>, told: &ffi::siginfo_t) {
    // SAFETY: current; ksiginfo is plain data, which the queue copies.
    unsafe {
        let mut ksi: ffi::ksiginfo = core::mem::zeroed();
        ksi.ksi_info = *told;
        ksi.ksi_info.si_signo = bsd::SIGCHLD;
        let p = cx.proc_ptr();
        ffi::lrs_PROC_LOCK(p);
        ffi::tdsendsignal(p, ptr::null_mut(), bsd::SIGCHLD, &raw mut ksi);
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// What both used together; the larger of the two resident sizes.
fn sum(a: &ffi::rusage, b: &ffi::rusage) -> l_rusage {
    l_rusage {
        ru_utime: add_time(&a.ru_utime, &b.ru_utime),
        ru_stime: add_time(&a.ru_stime, &b.ru_stime),
        ru_maxrss: a.ru_maxrss.max(b.ru_maxrss),
        ru_ixrss: 0,
        ru_idrss: 0,
        ru_isrss: 0,
        ru_minflt: a.ru_minflt.wrapping_add(b.ru_minflt),
        ru_majflt: a.ru_majflt.wrapping_add(b.ru_majflt),
        ru_nswap: 0,
        ru_inblock: a.ru_inblock.wrapping_add(b.ru_inblock),
        ru_oublock: a.ru_oublock.wrapping_add(b.ru_oublock),
        ru_msgsnd: 0,
        ru_msgrcv: 0,
        ru_nsignals: 0,
        ru_nvcsw: a.ru_nvcsw.wrapping_add(b.ru_nvcsw),
        ru_nivcsw: a.ru_nivcsw.wrapping_add(b.ru_nivcsw),
    }
}

fn add_time(a: &ffi::timeval, b: &ffi::timeval) -> l_timeval {
    let usec = a.tv_usec.wrapping_add(b.tv_usec);
    l_timeval {
        tv_sec: a
            .tv_sec
            .wrapping_add(b.tv_sec)
            .wrapping_add(usec / 1_000_000),
        tv_usec: usec % 1_000_000,
    }
}
