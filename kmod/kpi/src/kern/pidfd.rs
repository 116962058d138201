// SPDX-License-Identifier: BSD-2-Clause
//! pidfd_open(2) and what takes such a descriptor: a file that stands for a process, its child or not.
//!
//! FreeBSD's process descriptors come from pdfork(2) alone and end the process when they are closed,
//! so these are files of ours on a tap of the process ([`crate::tap`]).

use core::ffi::{c_int, c_long};
use core::ptr;

use linux_abi::fd::Fd;
use linux_abi::signal::BsdSignal;

use crate::file::{self, FileRef, OwnFile, Reserved};
use crate::mem::KBox;
use crate::tap::Tap;
use crate::{Cx, Errno, Result, check};

/// A process that may have ended.
pub(crate) struct Pidfd {
    tap: KBox<Tap>,
    pid: i32,
}

// SAFETY: `fill` alone makes files with these operations.
unsafe impl OwnFile for Pidfd {
    fn ops() -> &'static ffi::fileops {
        &OPS
    }
}

static OPS: ffi::fileops = ffi::fileops {
    fo_poll: Some(poll),
    fo_kqfilter: Some(kqfilter),
    fo_close: Some(file::close::<Pidfd>),
    ..file::COMMON
};

static FILTER: ffi::filterops = file::filter(detach, event);

const READABLE: c_int = (ffi::POLLIN | ffi::POLLRDNORM) as c_int;

/// `fo_poll`: readable once the process has ended.
unsafe extern "C" fn poll(
    fp: *mut ffi::file,
    events: c_int,
    _cred: *mut ffi::ucred,
    td: *mut ffi::thread,
) -> c_int {
    // SAFETY: fo_poll is called on the current thread with a referenced file.
    unsafe {
        let data = file::data::<Pidfd>(fp);
        let Some(p) = data.tap.lock() else {
            return events & READABLE;
        };
        let ended = data.tap.ended();
        if !ended {
            data.tap.record(td);
        }
        ffi::lrs_PROC_UNLOCK(p);
        if ended { events & READABLE } else { 0 }
    }
}

/// `fo_kqfilter`.
unsafe extern "C" fn kqfilter(fp: *mut ffi::file, kn: *mut ffi::knote) -> c_int {
    // SAFETY: called with a referenced file and a note on its way.
    unsafe {
        if (*kn).kn_kevent.filter != ffi::EVFILT_READ as i16 {
            return ffi::EINVAL as c_int;
        }
        (*kn).kn_fop = &raw const FILTER;
        // A process that is gone has no list; the note is ready as it is.
        if let Some(p) = file::data::<Pidfd>(fp).tap.lock() {
            ffi::knlist_add((*p).p_klist, kn, 1);
            ffi::lrs_PROC_UNLOCK(p);
        }
    }
    0
}

/// `f_detach`.
unsafe extern "C" fn detach(kn: *mut ffi::knote) {
    // SAFETY: a list lasts as long as notes are on it.
    unsafe { ffi::knlist_remove((*kn).kn_knlist, kn, 0) };
}

/// `f_event`.
unsafe extern "C" fn event(kn: *mut ffi::knote, hint: c_long) -> c_int {
    // SAFETY: the note holds its file.
    let data = unsafe { file::data::<Pidfd>((*kn).kn_ptr.p_fp) };
    let ends = hint & c_long::from(ffi::NOTE_EXIT) != 0;
    let ended = ends || data.tap.ended();
    // SAFETY: the caller holds the lock of the note's list.
    unsafe { (*kn).kn_kevent.data = i64::from(ended) };
    c_int::from(ended)
}

impl Pidfd {
    /// A pidfd of the process `p`, which is locked before and after.
    ///
    /// # Safety
    /// `p` is live and locked; `tap` fresh from [`Pidfd::prepare`].
    unsafe fn on(p: *mut ffi::proc_, mut tap: KBox<Tap>) -> Pidfd {
        // SAFETY: caller.
        unsafe {
            tap.attach(p);
            Pidfd {
                tap,
                pid: (*p).p_pid,
            }
        }
    }

    fn prepare() -> KBox<Tap> {
        Tap::prepare(ffi::NOTE_EXIT)
    }

    /// Lets `use_it` have the process, locked. ESRCH where its parent has waited for it.
    fn locked<R>(&self, use_it: impl FnOnce(*mut ffi::proc_) -> Result<R>) -> Result<R> {
        let p = self.tap.lock().ok_or(Errno::ESRCH)?;
        let done = use_it(p);
        // SAFETY: locked above.
        unsafe { ffi::lrs_PROC_UNLOCK(p) };
        done
    }

    /// The process, held against its end until the guard is dropped. ESRCH once it ends;
    /// EPERM where the caller may not look into it.
    pub(crate) fn hold(&self, cx: &Cx<'_>) -> Result<Held> {
        let p = self.tap.lock().ok_or(Errno::ESRCH)?;
        // SAFETY: locked, and live unless it is on its way out.
        unsafe {
            let gone = self.tap.ended() || (*p).p_flag & ffi::P_WEXIT as c_int != 0;
            let error = if gone {
                Errno::ESRCH.raw()
            } else {
                match ffi::p_candebug(cx.td(), p) {
                    0 => 0,
                    _ => Errno::EPERM.raw(),
                }
            };
            if error == 0 {
                ffi::lrs_PHOLD_locked(p);
            }
            ffi::lrs_PROC_UNLOCK(p);
            check(error)?;
        }
        Ok(Held::new(p))
    }
}

/// A process that cannot end for now.
pub(crate) struct Held(*mut ffi::proc_);

impl Held {
    /// Takes over a hold (PHOLD).
    pub(crate) fn new(p: *mut ffi::proc_) -> Self {
        Held(p)
    }

    /// The process.
    pub(crate) fn as_ptr(&self) -> *mut ffi::proc_ {
        self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: held by whoever made this.
        unsafe { ffi::lrs_PRELE(self.0) };
    }
}

/// A pidfd of an existing process. ESRCH; EINVAL for a thread that is not the first; EMFILE.
pub fn open(cx: &mut Cx<'_>, pid: i32, nonblocking: bool) -> Result<i32> {
    let reserved = Reserved::new(cx, true)?;
    let tap = Pidfd::prepare();
    if pid.cast_unsigned() > ffi::PID_MAX {
        let is_thread = super::signal::thread_exists(pid);
        return Err(if is_thread {
            Errno::EINVAL
        } else {
            Errno::ESRCH
        }
        .into());
    }
    // SAFETY: pfind_any takes any number and gives the process locked.
    let pidfd = unsafe {
        let p = ffi::pfind_any(pid);
        if p.is_null() {
            return Err(Errno::ESRCH.into());
        }
        if ffi::p_cansee(cx.td(), p) != 0 {
            ffi::lrs_PROC_UNLOCK(p);
            return Err(Errno::ESRCH.into());
        }
        let pidfd = Pidfd::on(p, tap);
        ffi::lrs_PROC_UNLOCK(p);
        pidfd
    };
    Ok(reserved.fill(KBox::new_waitok(pidfd), nonblocking))
}

/// A pidfd for a child that does not exist yet (CLONE_PIDFD).
pub(crate) struct ForChild {
    reserved: Reserved,
    tap: KBox<Tap>,
}

impl ForChild {
    /// Takes a number. EMFILE, ENFILE.
    pub(crate) fn new(cx: &mut Cx<'_>) -> Result<Self> {
        Ok(ForChild {
            reserved: Reserved::new(cx, true)?,
            tap: Pidfd::prepare(),
        })
    }

    /// The number.
    pub(crate) fn fd(&self) -> i32 {
        self.reserved.fd()
    }

    /// Lets it stand for the new process.
    ///
    /// # Safety
    /// `child` does not run yet and is not locked.
    pub(crate) unsafe fn fill(self, child: *mut ffi::proc_) {
        // SAFETY: caller.
        let pidfd = unsafe {
            ffi::lrs_PROC_LOCK(child);
            let pidfd = Pidfd::on(child, self.tap);
            ffi::lrs_PROC_UNLOCK(child);
            pidfd
        };
        self.reserved.fill(KBox::new_waitok(pidfd), false);
    }
}

/// Where a pidfd leads waitid(2).
pub(crate) struct Waited {
    /// The pid, or None once its parent has waited for it.
    pub(crate) pid: Option<i32>,
    /// Whether O_NONBLOCK is set.
    pub(crate) nonblocking: bool,
}

/// What waitid(2) needs to know of a pidfd. EBADF.
pub(crate) fn waited(cx: &mut Cx<'_>, fd: Fd) -> Result<Waited> {
    let file = FileRef::get(cx, fd)?;
    let data = file.data::<Pidfd>().ok_or(Errno::EBADF)?;
    Ok(Waited {
        pid: data.locked(|_| Ok(data.pid)).ok(),
        nonblocking: file.nonblocking(),
    })
}

/// The process whose folder in /proc a descriptor is.
fn folder_of(cx: &mut Cx<'_>, fd: Fd) -> Option<i32> {
    // SAFETY: current; the shim takes any number.
    match unsafe { ffi::lrs_process_folder(cx.td(), fd.0) } {
        0 => None,
        pid => Some(pid),
    }
}

/// Sends a signal, or only asks. EBADF, ESRCH, EPERM; `info` is what rt_sigqueueinfo(2) sends,
/// without it the signal is kill(2)'s.
pub fn send_signal(
    cx: &mut Cx<'_>,
    fd: Fd,
    signal: Option<BsdSignal>,
    info: Option<linux_abi::siginfo::BsdSiginfo>,
) -> Result<()> {
    let info = signal.map(|signal| info.unwrap_or_else(|| super::signal::from_caller(cx, signal)));
    let done = file::with::<Pidfd, _>(cx, fd, |cx, data| {
        // SAFETY: p is locked.
        data.locked(|p| unsafe { super::signal::queue_locked(cx, p, ptr::null_mut(), info) })
    });
    if done != Err(Errno::EBADF.into()) {
        return done;
    }
    let pid = folder_of(cx, fd).ok_or(Errno::EBADF)?;
    // SAFETY: pfind_any takes any number and gives the process locked.
    unsafe {
        let p = ffi::pfind_any(pid);
        if p.is_null() {
            return Err(Errno::ESRCH.into());
        }
        let done = super::signal::queue_locked(cx, p, ptr::null_mut(), info);
        ffi::lrs_PROC_UNLOCK(p);
        done
    }
}

/// The pid behind a pidfd or a process' folder in /proc. EBADF, ESRCH.
pub fn pid_of(cx: &mut Cx<'_>, fd: Fd) -> Result<i32> {
    match file::with::<Pidfd, _>(cx, fd, |_, data| data.locked(|_| Ok(data.pid))) {
        Err(fail) if fail == Errno::EBADF.into() => Ok(folder_of(cx, fd).ok_or(Errno::EBADF)?),
        done => done,
    }
}

/// A duplicate of descriptor `target` of the process. EBADF for either; ESRCH, EPERM, EMFILE.
pub fn getfd(cx: &mut Cx<'_>, fd: Fd, target: Fd) -> Result<i32> {
    file::with::<Pidfd, _>(cx, fd, |cx, data| {
        let (mut fp, mut new) = (ptr::null_mut(), 0);
        let held = data.hold(cx)?;
        // SAFETY: current; the process is held; the file is referenced until dropped.
        unsafe {
            match ffi::fget_remote(cx.td(), held.as_ptr(), target.0, &raw mut fp) {
                0 => {}
                // No table any more: it is on its way out.
                error if error == Errno::ENOENT.raw() => return Err(Errno::ESRCH.into()),
                error => check(error)?,
            }
            let cloexec = linux_abi::bsd::O_CLOEXEC;
            let error = ffi::finstall(cx.td(), fp, &raw mut new, cloexec, ptr::null_mut());
            ffi::lrs_fdrop(fp, cx.td());
            check(error)?;
        }
        Ok(new)
    })
}
