// SPDX-License-Identifier: BSD-2-Clause
//! Credentials of single threads: kern_prot.c, which knows those of processes alone.
//!
//! On Linux setuid(2) and its kin change one thread (the C library tells the others), and
//! setfsuid(2) only how that one reaches files. Here the process's credential is the main
//! thread's; another thread whose ids part from it has a credential of its own, and so has one
//! whose files are somebody else's. Their process runs on the second system vector
//! (`sysvec::confine`), where each call of such a thread is made with `td_ucred` set to its
//! credential, as access(2) does in the kernel. Between calls `td_ucred` is the process's, which
//! the kernel relies on. So nobody else pays, and what the kernel checks is a credential that
//! this thread may legally have.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use linux_abi::cred::Ids;
use linux_abi::identity::{As, made_as};

use super::ptrace::Threads;
use crate::emul::ThreadState;
use crate::sysvec::confine;
use crate::{Cx, Result, check};

type Cred = *mut ffi::ucred;

/// Whom a thread acts as, where that is not what its process does.
pub(crate) struct Identity {
    /// Whether one of the two is there.
    on: AtomicBool,
    /// Its own credential, or null for the process's. Changed under PROC_LOCK: by its own thread,
    /// or from null by another one.
    own: AtomicPtr<ffi::ucred>,
    /// What it reaches files with, or null for the same. Changed by its own thread, under PROC_LOCK.
    files: AtomicPtr<ffi::ucred>,
    /// The process's may say the same again.
    met: AtomicBool,
    /// The saved user id that the program knows, where FreeBSD's is 0 ([`linux_abi::identity::saved_for`]).
    pub(crate) saved: Cell<Option<u32>>,
}

impl Identity {
    pub(crate) const fn new() -> Identity {
        Identity {
            on: AtomicBool::new(false),
            own: AtomicPtr::new(null_mut()),
            files: AtomicPtr::new(null_mut()),
            met: AtomicBool::new(false),
            saved: Cell::new(None),
        }
    }

    /// Whether calls have to be made as somebody else.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Its own credential; null if it has the process's.
    pub(crate) fn own(&self) -> Cred {
        self.own.load(Ordering::Acquire)
    }

    fn files(&self) -> Cred {
        self.files.load(Ordering::Acquire)
    }

    fn look(&self) {
        let on = !self.own().is_null() || !self.files().is_null();
        self.on.store(on, Ordering::Release);
    }

    /// What a child, thread or process, that does not run yet takes over.
    pub(crate) fn hand_down(&self, child: &Identity) {
        child.saved.set(self.saved.get());
        if self.is_on() {
            // SAFETY: the caller's own, which only it gives up.
            unsafe {
                child.own.store(hold(self.own()), Ordering::Release);
                child.files.store(hold(self.files()), Ordering::Release);
            }
            child.look();
        }
    }

    /// The child is a process: its credential is the one that its parent's thread has.
    ///
    /// # Safety
    /// `p` does not run yet; this is the state of its one thread.
    pub(crate) unsafe fn settle_child(&self, p: *mut ffi::proc_) {
        let own = self.own.swap(null_mut(), Ordering::AcqRel);
        if !own.is_null() {
            // SAFETY: caller; the reference is given up.
            unsafe {
                ffi::lrs_proc_set_cred(p, own, None);
                ffi::crfree(own);
            }
            self.look();
        }
    }

    /// A new program starts: its files are its own.
    pub(crate) fn forget_files(&self) {
        self.saved.set(None);
        // SAFETY: the thread's reference.
        unsafe { drop_cred(self.files.swap(null_mut(), Ordering::AcqRel)) };
        self.look();
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        // SAFETY: the thread's references; it is gone.
        unsafe {
            drop_cred(*self.own.get_mut());
            drop_cred(*self.files.get_mut());
        }
    }
}

unsafe fn hold(cred: Cred) -> Cred {
    if cred.is_null() {
        cred
    } else {
        // SAFETY: caller: kept meanwhile.
        unsafe { ffi::crhold(cred) }
    }
}

unsafe fn drop_cred(cred: Cred) {
    if !cred.is_null() {
        // SAFETY: caller: the reference is given up.
        unsafe { ffi::crfree(cred) };
    }
}

/// Between threads whose credentials part or meet.
struct Parting;

impl Parting {
    fn new() -> Parting {
        // SAFETY: current, without locks.
        unsafe { ffi::lrs_identity_lock() };
        Parting
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        // SAFETY: taken in `new`, by this thread.
        unsafe { ffi::lrs_identity_unlock() };
    }
}

/// The states of the current process's other threads.
///
/// # Safety
/// `p` is current, and locked for as long as this is used.
unsafe fn others<'a>(p: *mut ffi::proc_) -> impl Iterator<Item = &'a Identity> {
    // SAFETY: caller; emul.
    unsafe {
        let own = ffi::lrs_curthread();
        Threads::of(p)
            .filter(move |td| *td != own)
            .filter_map(|td| (*td).td_emuldata.cast::<ThreadState>().as_ref())
            .map(|state| &state.identity)
    }
}

/// The process's credential is about to change: the others keep the one it has.
///
/// # Safety
/// `p` is current and locked.
unsafe extern "C" fn keep_others(p: *mut ffi::proc_) {
    // SAFETY: caller. A thread finds its own credential before it finds the process's new one.
    unsafe {
        confine::process(p);
        for other in others(p).filter(|other| other.own().is_null()) {
            other
                .own
                .store(ffi::crhold((*p).p_ucred), Ordering::Release);
            other.on.store(true, Ordering::Release);
        }
    }
}

/// It has changed: who has the same may go back to it.
///
/// # Safety
/// `p` is current.
unsafe fn meet_others(p: *mut ffi::proc_) {
    // SAFETY: caller; their credentials are changed under the lock.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        for other in others(p) {
            let own = other.own();
            if !own.is_null() && ffi::lrs_cred_same(own, (*p).p_ucred) {
                other.met.store(true, Ordering::Release);
            }
        }
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// What a thread's ids become.
pub(crate) enum Change<'a> {
    /// Its user ids.
    Users(Ids),
    /// Its group ids.
    Groups(Ids),
    /// Its supplementary groups.
    Supplementary(&'a mut [u32]),
}

impl Change<'_> {
    /// A copy of a credential with the change, if no other policy is against it.
    unsafe fn apply(self, cred: Cred) -> Result<Cred> {
        // SAFETY: caller: kept meanwhile; arrays of three, and of that many.
        unsafe {
            match self {
                Change::Users(ids) => {
                    let ids = [ids.real, ids.effective, ids.saved];
                    check(ffi::lrs_mac_may_set(cred, true, ids.as_ptr()))?;
                    Ok(ffi::lrs_cred_with_users(cred, ids.as_ptr()))
                }
                Change::Groups(ids) => {
                    let ids = [ids.real, ids.effective, ids.saved];
                    check(ffi::lrs_mac_may_set(cred, false, ids.as_ptr()))?;
                    Ok(ffi::lrs_cred_with_groups(cred, ids.as_ptr()))
                }
                Change::Supplementary(list) => {
                    // CAST: at most kern.ngroups.
                    let count = list.len() as c_int;
                    let at = list.as_mut_ptr();
                    check(ffi::lrs_mac_may_set_groups(cred, count, at))?;
                    Ok(ffi::lrs_cred_with_supplementary(cred, count, at))
                }
            }
        }
    }
}

/// Whether a change of ids is the process's: it has one thread, which has no others.
pub(crate) fn is_process(cx: &Cx<'_>) -> bool {
    cx.thread_state().identity.own().is_null() && super::remote::threads(cx) <= 1
}

/// Changes the calling thread's ids, which may be changed so; `process` does that to the
/// process's.
pub(crate) fn change(
    cx: &mut Cx<'_>,
    change: Change<'_>,
    process: impl FnOnce(&mut Cx<'_>) -> Result<()>,
) -> Result<()> {
    if is_process(cx) {
        return process(cx);
    }
    let _parting = Parting::new();
    let p = cx.proc_ptr();
    let main = cx.tid() == cx.pid();
    if main && cx.thread_state().identity.own().is_null() {
        // SAFETY: current, without locks.
        unsafe {
            ffi::lrs_PROC_LOCK(p);
            keep_others(p);
            ffi::lrs_PROC_UNLOCK(p);
        }
        let result = process(cx);
        // SAFETY: current.
        unsafe { meet_others(p) };
        return result;
    }
    // SAFETY: current; td_ucred is the thread's during a call.
    unsafe {
        let new = change.apply((*cx.td()).td_ucred)?;
        ffi::lrs_setsugid(p);
        install(cx, new);
    }
    Ok(())
}

/// The thread's credential becomes `new`, whose reference is given up.
///
/// # Safety
/// With [`Parting`] held.
unsafe fn install(cx: &Cx<'_>, new: Cred) {
    let (td, p) = (cx.td(), cx.proc_ptr());
    let identity = &cx.thread_state().identity;
    // SAFETY: current; the old one is freed when td_ucred no longer is it.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        confine::process(p);
        let same = ffi::lrs_cred_same(new, (*p).p_ucred);
        let own = if same { null_mut() } else { new };
        let old = identity.own.swap(own, Ordering::AcqRel);
        identity.look();
        ffi::lrs_PROC_UNLOCK(p);
        (*td).td_ucred = (*td).td_realucred;
        if same {
            ffi::thread_cow_update(td);
            ffi::crfree(new);
        }
        drop_cred(old);
    }
}

/// Sets the thread's user ids to these, which say less than the ones it has.
pub(crate) fn narrow_users(cx: &mut Cx<'_>, ids: Ids) {
    let _parting = Parting::new();
    let ids = [ids.real, ids.effective, ids.saved];
    let p = cx.proc_ptr();
    // SAFETY: current; td_ucred is the thread's during a call.
    unsafe {
        let new = ffi::lrs_cred_with_users((*cx.td()).td_ucred, ids.as_ptr());
        if cx.thread_state().identity.own().is_null() && cx.tid() == cx.pid() {
            ffi::lrs_proc_set_cred(p, new, Some(keep_others));
            ffi::crfree(new);
            meet_others(p);
        } else {
            install(cx, new);
        }
    }
}

/// The user and group id that files are reached with.
pub(crate) fn file_ids(cx: &Cx<'_>) -> (u32, u32) {
    let files = cx.thread_state().identity.files();
    // SAFETY: the thread's own, or its credential during a call.
    let cred = unsafe {
        if files.is_null() {
            &*(*cx.td()).td_ucred
        } else {
            &*files
        }
    };
    (cred.cr_uid, cred.cr_gid)
}

/// Sets those.
pub(crate) fn set_file_ids(cx: &mut Cx<'_>, user: u32, group: u32) {
    let p = cx.proc_ptr();
    let identity = &cx.thread_state().identity;
    // SAFETY: current; the base is held while it is copied.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        let own = identity.own();
        let base = ffi::crhold(if own.is_null() { (*p).p_ucred } else { own });
        ffi::lrs_PROC_UNLOCK(p);
        let new = if (user, group) == ((*base).cr_uid, (*base).cr_gid) {
            null_mut()
        } else {
            let users = [(*base).cr_ruid, user, (*base).cr_svuid];
            let groups = [(*base).cr_rgid, group, (*base).cr_svgid];
            let half = ffi::lrs_cred_with_users(base, users.as_ptr());
            let whole = ffi::lrs_cred_with_groups(half, groups.as_ptr());
            ffi::crfree(half);
            whole
        };
        ffi::crfree(base);
        ffi::lrs_PROC_LOCK(p);
        if !new.is_null() {
            confine::process(p);
        }
        let old = identity.files.swap(new, Ordering::AcqRel);
        identity.look();
        ffi::lrs_PROC_UNLOCK(p);
        drop_cred(old);
    }
}

/// Whether files are reached with other ids than the thread's.
pub(crate) fn has_file_ids(cx: &Cx<'_>) -> bool {
    !cx.thread_state().identity.files().is_null()
}

/// The user id that files are reached with, where it is not the thread's.
///
/// # Safety
/// The thread is current, or its process locked.
pub(crate) unsafe fn file_user(identity: &Identity) -> Option<u32> {
    // SAFETY: caller.
    unsafe { identity.files().as_ref() }.map(|cred| cred.cr_uid)
}

/// Makes a call of a thread that acts as somebody else.
///
/// # Safety
/// From the gate: `td` is current, with its state.
#[cold]
#[inline(never)]
pub(crate) unsafe fn call(td: *mut ffi::thread, state: &ThreadState, uap: *mut c_void) -> c_int {
    let identity = &state.identity;
    // SAFETY: caller; both credentials last until the thread itself changes them, and then td_ucred
    // is the process's already (install) or the other one.
    unsafe {
        if identity.met.swap(false, Ordering::AcqRel) {
            meet(td, identity);
        }
        let cred = match made_as((*td).td_sa.code) {
            As::Process => null_mut(),
            As::Program => {
                become_process(td, identity);
                null_mut()
            }
            As::Files if !identity.files().is_null() => identity.files(),
            As::Files | As::Thread => identity.own(),
        };
        if cred.is_null() {
            return confine::make(td, uap);
        }
        (*td).td_ucred = cred;
        let error = confine::make(td, uap);
        (*td).td_ucred = (*td).td_realucred;
        error
    }
}

/// A new thread runs for the first time: it has the credential it was made with, if the process got
/// another one meanwhile.
///
/// # Safety
/// `td` is current, before it returns to user mode for the first time; `state` its own.
pub(crate) unsafe fn catch_up(td: *mut ffi::thread, state: &ThreadState) {
    // SAFETY: caller; p_ucred is only compared before the lock is taken.
    unsafe {
        let p = (*td).td_proc;
        let made_with = (*td).td_realucred;
        // The first thread of a process has the process's.
        let first = state.tid.get() == (*p).p_pid;
        if first || core::ptr::read_volatile(&raw const (*p).p_ucred) == made_with {
            return;
        }
        ffi::lrs_PROC_LOCK(p);
        if state.identity.own().is_null() && !ffi::lrs_cred_same(made_with, (*p).p_ucred) {
            confine::process(p);
            let own = ffi::crhold(made_with);
            state.identity.own.store(own, Ordering::Release);
            state.identity.look();
        }
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// The thread ends, maybe inside of a call.
///
/// # Safety
/// `td` is current.
pub(crate) unsafe fn thread_gone(td: *mut ffi::thread) {
    // SAFETY: caller.
    unsafe { (*td).td_ucred = (*td).td_realucred };
}

/// Goes back to the process's credential where that says the same.
unsafe fn meet(td: *mut ffi::thread, identity: &Identity) {
    // SAFETY: caller: current, between calls.
    unsafe {
        let p = (*td).td_proc;
        ffi::lrs_PROC_LOCK(p);
        let own = identity.own();
        let same = !own.is_null() && ffi::lrs_cred_same(own, (*p).p_ucred);
        if same {
            identity.own.store(null_mut(), Ordering::Release);
        }
        ffi::lrs_PROC_UNLOCK(p);
        if same {
            ffi::thread_cow_update(td);
            ffi::crfree(own);
            // Another thread may have given it one again.
            ffi::lrs_PROC_LOCK(p);
            identity.look();
            ffi::lrs_PROC_UNLOCK(p);
        }
    }
}

/// The process's credential becomes the thread's.
unsafe fn become_process(td: *mut ffi::thread, identity: &Identity) {
    // SAFETY: caller: current, between calls.
    unsafe {
        if identity.own().is_null() {
            return;
        }
        let _parting = Parting::new();
        let p = (*td).td_proc;
        ffi::lrs_proc_set_cred(p, identity.own(), Some(keep_others));
        ffi::lrs_PROC_LOCK(p);
        let own = identity.own.swap(null_mut(), Ordering::AcqRel);
        identity.look();
        ffi::lrs_PROC_UNLOCK(p);
        ffi::thread_cow_update(td);
        drop_cred(own);
        meet_others(p);
    }
}
