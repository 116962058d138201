// SPDX-License-Identifier: BSD-2-Clause
//! Capabilities on FreeBSD's privileges: priv(9), mac(9). The model is in docs/capabilities.md.
//!
//! A thread holds a capability where the kernel grants its credential the privilege in
//! [`table::TABLE`], and where it has not given it up. Threads that never gave anything up have no
//! state at all. As soon as one does, the kernel asks a policy of ours before it grants a
//! privilege ([`linux_rs_priv_check`]), so that what was given up is refused wherever the kernel
//! checks it, and what was kept when the user id 0 went is granted.

mod table;

use core::ffi::c_int;

use linux_abi::caps::{ALL, CapSet, Caps};
use linux_abi::cred::Ids;

use crate::emul::ThreadState;
use crate::kern::thread::LockedThread;
use crate::lock::ProcGuard;
use crate::{Cx, Errno, Result};

/// What a credential is granted: as it is, and with the effective user id 0.
fn granted(cred: *mut ffi::ucred) -> (CapSet, CapSet) {
    let (mut now, mut as_root) = (0, 0);
    let asked = &table::ASKED;
    // SAFETY: the caller has a reference to the credential; `asked` has that many numbers.
    unsafe {
        ffi::lrs_granted(
            cred,
            asked.as_ptr(),
            asked.len() as c_int,
            &raw mut now,
            &raw mut as_root,
        );
        let none = if ffi::securelevel_gt(cred, 0) == 0 {
            0
        } else {
            table::NOT_WHEN_SECURE
        };
        (now & !none, as_root & !none)
    }
}

/// Whether what root has kept counts without its user id (`compat.linux.keepcaps`).
fn keeps_count() -> bool {
    // SAFETY: a bool of sysctl.c that sysctl(9) writes.
    unsafe { core::ptr::read_volatile(&raw const ffi::linux_rs_keepcaps) }
}

/// Whether FreeBSD lets who has a credential take the user id 0 (kern_prot.c, setresuid).
///
/// # Safety
/// The credential is held.
unsafe fn may_be_root(cred: *const ffi::ucred) -> bool {
    // SAFETY: caller.
    unsafe { [(*cred).cr_uid, (*cred).cr_ruid, (*cred).cr_svuid].contains(&0) }
}

/// The sets of a thread, 0 being the caller. ESRCH.
pub fn of(cx: &mut Cx<'_>, tid: i32) -> Result<Caps> {
    let thread = LockedThread::find(cx, tid)?;
    let state = thread.linux_state();
    let own = state.and_then(|state| state.caps.get());
    let own_cred = state.map_or(core::ptr::null_mut(), |state| state.identity.own());
    // SAFETY: the process is locked, which keeps its credentials until one is held.
    let (cred, files) = unsafe {
        let cred = if own_cred.is_null() {
            (*thread.process()).p_ucred
        } else {
            own_cred
        };
        let files = state.and_then(|state| super::identity::file_user(&state.identity));
        (ffi::crhold(cred), files)
    };
    drop(thread);
    let (now, as_root) = granted(cred);
    // SAFETY: held above, and not changed meanwhile.
    let (user, has_root) = unsafe {
        let (user, has_root) = ((*cred).cr_uid, may_be_root(cred));
        ffi::crfree(cred);
        (user, has_root)
    };
    Ok(match own {
        Some(caps) if has_root || keeps_count() => caps.within(as_root, as_root),
        // It cannot use what it has kept.
        Some(caps) => caps.within(now, now),
        None => Caps::untouched(if has_root { as_root } else { now }, now)
            .after_setfsuid(user, files.unwrap_or(user)),
    })
}

/// The caller's sets become these. EPERM where the kernel could not be made to refuse what they
/// lack (no options MAC).
pub fn set(cx: &mut Cx<'_>, caps: Caps) -> Result<()> {
    if caps == of(cx, 0)? {
        return Ok(());
    }
    // SAFETY: current, without locks.
    if unsafe { ffi::lrs_policy_install() } != 0 {
        crate::log::process(
            cx,
            format_args!("capabilities cannot be given up: this kernel has no mac(9)"),
        );
        return Err(Errno::EPERM.into());
    }
    {
        let _locked = ProcGuard::new(cx);
        cx.thread_state().caps.set(Some(caps));
    }
    if caps.permitted == 0 {
        super::cred::give_up_saved(cx);
    }
    Ok(())
}

/// The user id that files are reached with has changed.
pub(crate) fn after_setfsuid(cx: &mut Cx<'_>, old: u32, new: u32) {
    if let Some(caps) = cx.thread_state().caps.get() {
        let _locked = ProcGuard::new(cx);
        let caps = caps.after_setfsuid(old, new);
        cx.thread_state().caps.set(Some(caps));
    }
}

/// What the caller's sets will be when its user ids have changed; None where it has never changed
/// any. What it keeps is within what FreeBSD grants it now.
pub(crate) fn plan_setuid(cx: &mut Cx<'_>, old: Ids, new: Ids) -> Result<Option<Caps>> {
    if cx.thread_state().caps.get().is_none() {
        return Ok(None);
    }
    Ok(Some(of(cx, 0)?.after_setuid(old, new)))
}

/// The user ids have changed.
pub(crate) fn after_setuid(cx: &Cx<'_>, caps: Option<Caps>) {
    if caps.is_some() {
        let _locked = ProcGuard::new(cx);
        cx.thread_state().caps.set(caps);
    }
}

/// A new program starts in the thread: what exec(2) makes of its sets.
///
/// # Safety
/// `td` is current, past the point of no return of exec, with its new credential in the process.
pub(crate) unsafe fn after_exec(
    td: *mut ffi::thread,
    state: &ThreadState,
    imgp: &ffi::image_params,
) {
    let Some(caps) = state.caps.get() else {
        return;
    };
    // SAFETY: caller.
    unsafe {
        let p = (*td).td_proc;
        let cred = (*p).p_ucred;
        let ids = Ids {
            real: (*cred).cr_ruid,
            effective: (*cred).cr_uid,
            saved: (*cred).cr_svuid,
        };
        let no_new_privs = (*p).p_flag2 & ffi::P2_NO_NEW_PRIVS as c_int != 0;
        let after = caps.after_exec(ids, no_new_privs, imgp.credential_setid);
        ffi::lrs_PROC_LOCK(p);
        state.caps.set(Some(after));
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// Whether a FreeBSD program, for which none of this holds, would get what exec may not give.
pub(crate) fn is_bounded(state: &ThreadState) -> bool {
    state.caps.get().is_some_and(|caps| caps.bounding != ALL)
}

/// The current thread's sets, if it has changed any and `cred` is its own.
///
/// # Safety
/// From mac(9), which has a reference to `cred`.
unsafe fn current(cred: *mut ffi::ucred) -> Option<Caps> {
    // SAFETY: the current thread's own state and credentials; no lock is taken.
    unsafe {
        let td = ffi::lrs_curthread();
        let state = (*td).td_emuldata.cast::<ThreadState>().as_ref()?;
        let caps = state.caps.get()?;
        // Not somebody else's, such as who opened a file.
        (cred == (*td).td_ucred || cred == (*(*td).td_proc).p_ucred).then_some(caps)
    }
}

/// mpo_priv_check: EPERM for a privilege that the current thread has given up.
///
/// # Safety
/// Called by mac(9), with whatever locks the one who asks holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_priv_check(cred: *mut ffi::ucred, privilege: c_int) -> c_int {
    // SAFETY: caller.
    let caps = unsafe { current(cred) };
    let any = table::needed(privilege);
    match caps {
        Some(caps) if any != 0 && caps.effective & any == 0 => ffi::EPERM as c_int,
        _ => 0,
    }
}

/// mpo_priv_grant: 0 for a privilege that the current thread has kept from when it was root, if it
/// could be root again or kept capabilities count, and that the jail does not forbid, which mac(9)
/// has asked before.
///
/// # Safety
/// Called by mac(9), with whatever locks the one who asks holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_priv_grant(cred: *mut ffi::ucred, privilege: c_int) -> c_int {
    // SAFETY: caller.
    unsafe {
        let granted = current(cred)
            .is_some_and(|caps| caps.effective & table::needed(privilege) != 0)
            // What root itself is refused stays refused.
            && (*cred).cr_uid != 0
            && (may_be_root(cred) || keeps_count())
            && ffi::lrs_suser_enabled(cred);
        if granted { 0 } else { ffi::EPERM as c_int }
    }
}
