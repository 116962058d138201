// SPDX-License-Identifier: BSD-2-Clause
//! Where the state of a process waits that somebody may still be reading.
//!
//! `pem_find` hands the state of another process to linprocfs(4), which holds that process
//! (PHOLD) but no lock. A process does not end while it is held, but it can run a FreeBSD program
//! and lose its state. So a state is unlinked first, and freed only once nobody who could have
//! found it holds the process any more: now, as a rule; else whenever the next one is retired, or
//! at unload.

use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::{ProcState, ThreadState, free_thread, zone};
use crate::mem::KBox;

struct Entry {
    state: *mut ProcState,
    /// Whose it was. A `struct proc` is never freed, only used again, so asking it later does no
    /// harm.
    process: *mut ffi::proc_,
    next: *mut Entry,
}

static WAITING: AtomicPtr<Entry> = AtomicPtr::new(null_mut());

/// Unlinks the states of `td` and its process, ends the former and frees the latter, now or later.
/// May sleep.
///
/// # Safety
/// `td` is current, and the only thread of its process.
pub(super) unsafe fn retire(td: *mut ffi::thread) {
    sweep();
    // SAFETY: caller; who finds a state holds the process before it looks.
    let (p, of_thread, state, held) = unsafe {
        let p = (*td).td_proc;
        ffi::lrs_PROC_LOCK(p);
        let of_thread: *mut ThreadState =
            core::mem::replace(&mut (*td).td_emuldata, null_mut()).cast();
        let state = core::mem::replace(&mut (*p).p_emuldata, null_mut());
        let held = (*p).p_lock != 0;
        ffi::lrs_PROC_UNLOCK(p);
        (p, of_thread, state.cast::<ProcState>(), held)
    };
    if !of_thread.is_null() {
        // SAFETY: emul; just unlinked; the process's state goes after it.
        unsafe { free_thread(of_thread, state.as_ref()) };
    }
    if state.is_null() {
        return;
    }
    if held {
        put(KBox::new_waitok(Entry {
            state,
            process: p,
            next: null_mut(),
        }));
    } else {
        // SAFETY: emul; unlinked, and nobody can have it.
        unsafe { zone::PROCESSES.free(state) };
    }
}

fn put(entry: KBox<Entry>) {
    let entry = entry.into_raw();
    let mut head = WAITING.load(Ordering::Relaxed);
    loop {
        // SAFETY: ours until it is in the list.
        unsafe { (*entry).next = head };
        match WAITING.compare_exchange_weak(head, entry, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
}

/// Takes every entry out of the list, and calls `keep` to learn which go back.
fn each(keep: impl Fn(&Entry) -> bool) {
    if WAITING.load(Ordering::Relaxed).is_null() {
        return;
    }
    let mut entry = WAITING.swap(null_mut(), Ordering::Acquire);
    while !entry.is_null() {
        // SAFETY: from `put`; the swap made the whole list ours.
        let this = unsafe { KBox::from_raw(entry) };
        entry = this.next;
        if keep(&this) {
            put(this);
        } else {
            // SAFETY: emul; unlinked by `retire`, and nobody holds the process.
            unsafe { zone::PROCESSES.free(this.state) };
        }
    }
}

/// Frees what nobody holds any more.
fn sweep() {
    each(|entry| {
        // SAFETY: see `Entry::process`; its lock is as lasting.
        unsafe {
            ffi::lrs_PROC_LOCK(entry.process);
            let held = ptr::read(&raw const (*entry.process).p_lock) != 0;
            ffi::lrs_PROC_UNLOCK(entry.process);
            held
        }
    });
}

/// Frees everything: at unload, when who could look is gone.
pub(super) fn drain() {
    each(|_| false);
}
