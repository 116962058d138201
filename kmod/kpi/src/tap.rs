// SPDX-License-Identifier: BSD-2-Clause
//! Hearing of a process: its signals as they are sent, its end.
//!
//! FreeBSD tells such events to the notes on `p_klist`, which it makes for kqueues
//! (EVFILT_PROC, EVFILT_SIGNAL). A tap is a note of ours there. Its queue has nothing but the lock
//! that knote(9) takes: the event is handled on the spot, and nothing is ever queued.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_long};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::mem::KBox;

/// A note on a process's list, and who waits for what it tells.
pub(crate) struct Tap {
    note: UnsafeCell<ffi::knote>,
    queue: UnsafeCell<ffi::kqueue>,
    /// Threads in poll(2) and its kin.
    waiting: UnsafeCell<ffi::selinfo>,
    process: *mut ffi::proc_,
    /// The events that wake who waits, NOTE_*.
    wanted: c_long,
    ended: AtomicBool,
}

static FILTER: ffi::filterops = ffi::filterops {
    f_isfd: 0,
    f_attach: None,
    f_detach: None,
    f_event: Some(heard),
    f_touch: None,
    f_userdump: None,
};

/// What a note is told when SIGKILL is sent.
const SIGKILL_SENT: c_long = ffi::NOTE_SIGNAL as c_long | ffi::SIGKILL as c_long;

/// `f_event`: PROC_LOCK of the process and the lock of our queue are held.
unsafe extern "C" fn heard(note: *mut ffi::knote, hint: c_long) -> c_int {
    // SAFETY: kn_hook is the tap, which takes the note off the list before it goes. Both wakeups
    // are allowed under a mutex.
    unsafe {
        let tap = &*(*note).kn_hook.cast::<Tap>();
        if hint & c_long::from(ffi::NOTE_EXIT) != 0 {
            tap.ended.store(true, Ordering::Release);
        }
        if hint == SIGKILL_SENT {
            crate::kern::ptrace::killed(tap.process);
        }
        if hint & tap.wanted != 0 {
            tap.wake();
        }
    }
    // Nothing is to be queued.
    0
}

impl Tap {
    /// A tap for the events `wanted` (NOTE_EXIT, NOTE_SIGNAL), not on a list yet. May sleep.
    pub(crate) fn prepare(wanted: u32) -> KBox<Tap> {
        // SAFETY: the three structures are plain data for which all zeros is the empty state.
        let tap = KBox::new_waitok(unsafe {
            Tap {
                note: UnsafeCell::new(core::mem::zeroed()),
                queue: UnsafeCell::new(core::mem::zeroed()),
                waiting: UnsafeCell::new(core::mem::zeroed()),
                process: ptr::null_mut(),
                wanted: c_long::from(wanted),
                ended: AtomicBool::new(false),
            }
        });
        // SAFETY: nobody else has the tap yet.
        unsafe {
            let note = tap.note.get();
            (*note).kn_kq = tap.queue.get();
            (*note).kn_fop = &raw const FILTER;
            (*note).kn_hook = ptr::from_ref::<Tap>(&tap).cast_mut().cast();
            (*note).kn_status = ffi::KN_DETACHED as c_int;
            // What knlist_add asserts of a note that is on its way.
            (*note).kn_influx = 1;
            ffi::lrs_lock_init(
                &raw mut (*tap.queue.get()).kq_lock,
                c"linux_rs tap".as_ptr(),
            );
        }
        tap
    }

    /// Puts the tap on the list of `p`.
    ///
    /// # Safety
    /// `p` is live and locked, and the tap fresh from [`Tap::prepare`].
    pub(crate) unsafe fn attach(&mut self, p: *mut ffi::proc_) {
        self.process = p;
        // SAFETY: caller.
        unsafe {
            if (*p).p_state == ffi::PRS_ZOMBIE {
                self.ended.store(true, Ordering::Release);
            }
            ffi::knlist_add((*p).p_klist, self.note.get(), 1);
            (*self.note.get()).kn_influx = 0;
        }
    }

    /// Whether the process has ended.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Locks the process, unless its parent has waited for it.
    ///
    /// The memory of a `struct proc` is only ever used for others of its kind, so its lock can
    /// always be taken. The list our note is on goes with the process and lasts as long as the note,
    /// so that a process with that list is the one.
    pub(crate) fn lock(&self) -> Option<*mut ffi::proc_> {
        let p = self.process;
        // SAFETY: as above.
        unsafe {
            ffi::lrs_PROC_LOCK(p);
            if (*p).p_klist == (*self.note.get()).kn_knlist {
                return Some(p);
            }
            ffi::lrs_PROC_UNLOCK(p);
        }
        None
    }

    /// Wakes who sleeps on the tap or polls it.
    pub(crate) fn wake(&self) {
        // SAFETY: both lock for themselves.
        unsafe {
            ffi::selwakeup(self.waiting.get());
            ffi::wakeup(self.channel());
        }
    }

    /// What a thread sleeps on.
    pub(crate) fn channel(&self) -> *mut core::ffi::c_void {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// Remembers a thread in poll(2).
    ///
    /// # Safety
    /// `td` is current, from fo_poll; the process is locked, so that no event is missed.
    pub(crate) unsafe fn record(&self, td: *mut ffi::thread) {
        // SAFETY: caller.
        unsafe { ffi::selrecord(td, self.waiting.get()) };
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let note = self.note.get();
        let queue = self.queue.get();
        // SAFETY: the note is ours; off the list nobody comes to it any more, and threads that
        // still poll are sent away before the memory goes.
        unsafe {
            let list = (*note).kn_knlist;
            if !list.is_null() {
                // knlist_remove asserts a note that is on its way; while it is, knote(9) passes it by.
                ffi::lrs_mtx_lock(&raw mut (*queue).kq_lock);
                (*note).kn_influx = 1;
                ffi::lrs_mtx_unlock(&raw mut (*queue).kq_lock);
                ffi::knlist_remove(list, note, 0);
            }
            ffi::seldrain(self.waiting.get());
            ffi::lrs_lock_destroy(&raw mut (*queue).kq_lock);
        }
    }
}
