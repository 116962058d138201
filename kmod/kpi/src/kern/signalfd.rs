// SPDX-License-Identifier: BSD-2-Clause
//! signalfd(2): a file whose reads take pending signals of whoever reads.
//!
//! A signal is known to have arrived by the process's tap ([`crate::tap`]), which is put in place
//! when the process first makes or polls such a file.

use core::ffi::{c_int, c_long};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use linux_abi::fd::Fd;
use linux_abi::signal::BsdSignal;
use linux_abi::signalfd::{SIGNALFD_SIGINFO_BYTES, signalfd_siginfo};
use linux_abi::sigset::{BsdSigset, first_pending, sigset_to_bsd};

use crate::emul::ProcState;
use crate::file::{self, FileRef, OwnFile, Reserved};
use crate::mem::KBox;
use crate::sysvec::sendsig::bsd_siginfo;
use crate::tap::Tap;
use crate::{Cx, Errno, Result};

/// Which signals it takes, as Linux's set.
struct Signalfd(AtomicU64);

// SAFETY: `create` alone makes files with these operations.
unsafe impl OwnFile for Signalfd {
    fn ops() -> &'static ffi::fileops {
        &OPS
    }
}

static OPS: ffi::fileops = ffi::fileops {
    fo_read: Some(read),
    fo_poll: Some(poll),
    fo_kqfilter: Some(kqfilter),
    fo_close: Some(file::close::<Signalfd>),
    ..file::COMMON
};

static FILTER: ffi::filterops = file::filter(detach, event);

impl Signalfd {
    fn set(&self) -> BsdSigset {
        sigset_to_bsd(self.0.load(Ordering::Relaxed))
    }
}

/// Makes a signalfd for the signals of Linux's `set`. EMFILE, ENFILE.
pub fn create(cx: &mut Cx<'_>, set: u64, cloexec: bool, nonblocking: bool) -> Result<i32> {
    let reserved = Reserved::new(cx, cloexec)?;
    let data = KBox::new_waitok(Signalfd(AtomicU64::new(set)));
    Ok(reserved.fill(data, nonblocking))
}

/// Gives one another set. EBADF, EINVAL for a descriptor of another kind.
pub fn change(cx: &mut Cx<'_>, fd: Fd, set: u64) -> Result<()> {
    let file = FileRef::get(cx, fd)?;
    let data = file.data::<Signalfd>().ok_or(Errno::EINVAL)?;
    data.0.store(set, Ordering::Relaxed);
    let p = cx.proc_ptr();
    // SAFETY: current. A signal that is there already may be in the new set: who waits looks again.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        ffi::lrs_knote_locked(p, c_long::from(ffi::NOTE_SIGNAL));
        ffi::lrs_PROC_UNLOCK(p);
    }
    Ok(())
}

/// The signals of `set` that wait for the process, or for the thread if it is one of it.
///
/// # Safety
/// `p` is live and locked.
pub(super) unsafe fn pending(
    p: *mut ffi::proc_,
    td: *mut ffi::thread,
    set: BsdSigset,
) -> BsdSigset {
    // SAFETY: caller; the lock covers both queues.
    let (all, own) = unsafe {
        let own = if (*td).td_proc == p {
            (*td).td_sigqueue.sq_signals.__bits
        } else {
            [0; 4]
        };
        ((*p).p_sigqueue.sq_signals.__bits, own)
    };
    let mut there = set;
    for (there, (all, own)) in there.iter_mut().zip(all.iter().zip(own)) {
        *there &= all | own;
    }
    there
}

/// Whether there are any.
///
/// # Safety
/// As [`pending`].
unsafe fn is_pending(p: *mut ffi::proc_, td: *mut ffi::thread, set: BsdSigset) -> bool {
    // SAFETY: caller.
    unsafe { pending(p, td, set) != [0; 4] }
}

/// The tap of the current process, or None where it is not Linux. May sleep.
///
/// # Safety
/// `td` is current.
unsafe fn tap<'a>(td: *mut ffi::thread) -> Option<&'a Tap> {
    // SAFETY: caller; emul: a process of ours has its state for as long as it runs Linux code.
    unsafe {
        let p = (*td).td_proc;
        if !crate::sysvec::is_ours(p) {
            return None;
        }
        let state = &*(*p).p_emuldata.cast::<ProcState>();
        Some(state.signal_tap(p))
    }
}

/// `fo_read`: as many signals as there are and there is room for; waits for the first.
unsafe extern "C" fn read(
    fp: *mut ffi::file,
    uio: *mut ffi::uio,
    _cred: *mut ffi::ucred,
    _flags: c_int,
    td: *mut ffi::thread,
) -> c_int {
    // SAFETY: fo_read is called on the current thread with a referenced file and a whole uio.
    unsafe {
        let room = usize::try_from((*uio).uio_resid).unwrap_or(0) / SIGNALFD_SIGINFO_BYTES;
        if room == 0 {
            return ffi::EINVAL as c_int;
        }
        let Some(tap) = tap(td) else {
            return ffi::EINVAL as c_int;
        };
        let data = file::data::<Signalfd>(fp);
        let nonblocking = ptr::read_volatile(&raw const (*fp).f_flag) & ffi::FNONBLOCK != 0;
        for taken in 0..room {
            let may_wait = taken == 0 && !nonblocking;
            match take(td, tap, data, may_wait) {
                Ok(info) => {
                    let told = signalfd_siginfo(&info);
                    // CAST: 128.
                    let size = SIGNALFD_SIGINFO_BYTES as c_int;
                    let from = ptr::from_ref(&told).cast_mut().cast();
                    let error = ffi::uiomove(from, size, uio);
                    if error != 0 {
                        return error;
                    }
                }
                Err(_) if taken != 0 => break,
                Err(error) => return error,
            }
        }
    }
    0
}

/// The next signal of the set; EAGAIN where there is none and it may not wait for one.
unsafe fn take(
    td: *mut ffi::thread,
    tap: &Tap,
    data: &Signalfd,
    may_wait: bool,
) -> Result<linux_abi::siginfo::BsdSiginfo, c_int> {
    // SAFETY: caller: td is current, and the tap its process's.
    unsafe {
        let p = (*td).td_proc;
        loop {
            let set = data.set();
            ffi::lrs_PROC_LOCK(p);
            let first = first_pending(&pending(p, td, set));
            let Some(first) = first else {
                let error = if may_wait {
                    ffi::lrs_sleep_unlocked(tap.channel(), p, c"signalfd".as_ptr())
                } else {
                    ffi::EAGAIN as c_int
                };
                ffi::lrs_PROC_UNLOCK(p);
                if error != 0 {
                    return Err(error);
                }
                continue;
            };
            ffi::lrs_PROC_UNLOCK(p);

            // It is there: this does not wait, unless another thread is faster.
            let mut ksi: ffi::ksiginfo = core::mem::zeroed();
            let mut at_once: ffi::timespec = core::mem::zeroed();
            let bits = ffi::__sigset { __bits: first };
            let error = ffi::kern_sigtimedwait(td, bits, &raw mut ksi, &raw mut at_once);
            match error as u32 {
                0 => {
                    let signal =
                        BsdSignal::new(ksi.ksi_info.si_signo).ok_or(ffi::EINVAL as c_int)?;
                    return Ok(bsd_siginfo(signal, &ksi.ksi_info));
                }
                ffi::EAGAIN => {}
                // Another signal is to be delivered first.
                ffi::EINTR => return Err(ffi::ERESTART),
                _ => return Err(error),
            }
        }
    }
}

/// `fo_poll`.
unsafe extern "C" fn poll(
    fp: *mut ffi::file,
    events: c_int,
    _cred: *mut ffi::ucred,
    td: *mut ffi::thread,
) -> c_int {
    let readable = (ffi::POLLIN | ffi::POLLRDNORM) as c_int;
    if events & readable == 0 {
        return 0;
    }
    // SAFETY: fo_poll is called on the current thread, without locks, with a referenced file.
    unsafe {
        let Some(tap) = tap(td) else {
            return 0;
        };
        let data = file::data::<Signalfd>(fp);
        let p = (*td).td_proc;
        ffi::lrs_PROC_LOCK(p);
        let ready = is_pending(p, td, data.set());
        if !ready {
            tap.record(td);
        }
        ffi::lrs_PROC_UNLOCK(p);
        if ready { events & readable } else { 0 }
    }
}

/// `fo_kqfilter`: the note hears of the process that adds it, as an epoll interest does on Linux.
unsafe extern "C" fn kqfilter(_fp: *mut ffi::file, kn: *mut ffi::knote) -> c_int {
    // SAFETY: called on the current thread, with a note on its way.
    unsafe {
        if (*kn).kn_kevent.filter != ffi::EVFILT_READ as i16 {
            return ffi::EINVAL as c_int;
        }
        let p = (*ffi::lrs_curthread()).td_proc;
        (*kn).kn_fop = &raw const FILTER;
        (*kn).kn_hook = p.cast();
        ffi::knlist_add((*p).p_klist, kn, 0);
    }
    0
}

/// `f_detach`.
unsafe extern "C" fn detach(kn: *mut ffi::knote) {
    // SAFETY: a list lasts as long as notes are on it.
    unsafe { ffi::knlist_remove((*kn).kn_knlist, kn, 0) };
}

/// `f_event`: PROC_LOCK of the process is held.
unsafe extern "C" fn event(kn: *mut ffi::knote, hint: c_long) -> c_int {
    // SAFETY: kn_hook is the process until it ends; the note holds its file.
    unsafe {
        if hint & c_long::from(ffi::NOTE_EXIT) != 0 {
            (*kn).kn_hook = ptr::null_mut();
        }
        let p = (*kn).kn_hook.cast::<ffi::proc_>();
        if p.is_null() {
            return 0;
        }
        let data = file::data::<Signalfd>((*kn).kn_ptr.p_fp);
        let set = data.set();
        let mut ready = is_pending(p, ffi::lrs_curthread(), set);
        if hint & c_long::from(ffi::NOTE_SIGNAL) != 0 {
            // It is told before the signal is queued; the lock is held until that is done.
            let number = (hint & !c_long::from(ffi::NOTE_SIGNAL)) as c_int;
            let bits = ffi::__sigset { __bits: set };
            ready |= number != 0 && ffi::lrs_sigismember(&raw const bits, number) != 0;
        }
        (*kn).kn_kevent.data = i64::from(ready);
        c_int::from(ready)
    }
}
