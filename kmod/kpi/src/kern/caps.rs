// SPDX-License-Identifier: BSD-2-Clause
//! Capabilities on FreeBSD's privileges: priv(9), mac(9). The model is in docs/capabilities.md.
//!
//! A thread holds a capability where the kernel grants its credential the privilege in
//! [`table::TABLE`], and where it has not given it up. Threads that never gave anything up have no
//! state at all. As soon as one does, the kernel asks a policy of ours before it grants a
//! privilege ([`linux_rs_priv_check`]), so that what was given up is refused wherever the kernel
//! checks it.

mod table;

use core::ffi::c_int;

use linux_abi::caps::{ALL, CapSet, Caps};
use linux_abi::cred::Ids;

use crate::emul::ThreadState;
use crate::kern::thread::LockedThread;
use crate::lock::ProcGuard;
use crate::{Cx, Errno, Result};

/// What a credential is granted: as it is, and with the effective user id 0, which a thread that
/// has another id 0 can take.
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
        let is_root = [(*cred).cr_uid, (*cred).cr_ruid, (*cred).cr_svuid].contains(&0);
        (now & !none, (if is_root { as_root } else { now }) & !none)
    }
}

/// The sets of a thread, 0 being the caller. ESRCH.
pub fn of(cx: &mut Cx<'_>, tid: i32) -> Result<Caps> {
    let thread = LockedThread::find(cx, tid)?;
    let own = thread.linux_state().and_then(|state| state.caps.get());
    // SAFETY: the process is locked, which keeps its credential until it is held.
    let cred = unsafe { ffi::crhold((*thread.process()).p_ucred) };
    drop(thread);
    let (effective, permitted) = granted(cred);
    // SAFETY: held above.
    unsafe { ffi::crfree(cred) };
    Ok(match own {
        Some(caps) => caps.within(permitted, effective),
        None => Caps::untouched(permitted, effective),
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
    let _locked = ProcGuard::new(cx);
    cx.thread_state().caps.set(Some(caps));
    Ok(())
}

/// Follows a change of the caller's user ids.
pub(crate) fn after_setuid(cx: &Cx<'_>, old: Ids, new: Ids) {
    let state = &cx.thread_state().caps;
    if let Some(caps) = state.get() {
        let _locked = ProcGuard::new(cx);
        state.set(Some(caps.after_setuid(old, new)));
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

/// mpo_priv_check: EPERM for a privilege that the current thread has given up.
///
/// # Safety
/// Called by mac(9), with whatever locks the one who asks holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_priv_check(cred: *mut ffi::ucred, privilege: c_int) -> c_int {
    // SAFETY: the current thread's own state and credentials; no lock is taken.
    unsafe {
        let td = ffi::lrs_curthread();
        let Some(state) = (*td).td_emuldata.cast::<ThreadState>().as_ref() else {
            return 0;
        };
        let Some(caps) = state.caps.get() else {
            return 0;
        };
        if cred != (*td).td_ucred && cred != (*(*td).td_proc).p_ucred {
            // Somebody else's, such as who opened a file.
            return 0;
        }
        let any = table::needed(privilege);
        if any != 0 && caps.effective & any == 0 {
            ffi::EPERM as c_int
        } else {
            0
        }
    }
}
