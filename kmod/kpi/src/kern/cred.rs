// SPDX-License-Identifier: BSD-2-Clause
//! Credentials: kern_prot.c, kern_priv.c.

use linux_abi::cred::Ids;
use linux_abi::identity::{saved_for, set_files};

use super::identity::{self, Change};
use crate::mem::KSlice;
use crate::{Cx, Errno, Result, UserArrayIn, check};

fn own<'a>(cx: &'a Cx<'_>) -> &'a ffi::ucred {
    // SAFETY: current; td_ucred is never changed under a running system call but by itself.
    unsafe { &*(*cx.td()).td_ucred }
}

/// The caller's user ids.
pub fn user_ids(cx: &Cx<'_>) -> Ids {
    let cred = own(cx);
    Ids {
        real: cred.cr_ruid,
        effective: cred.cr_uid,
        saved: cx
            .thread_state()
            .identity
            .saved
            .get()
            .unwrap_or(cred.cr_svuid),
    }
}

/// The caller's group ids.
pub fn group_ids(cx: &Cx<'_>) -> Ids {
    let cred = own(cx);
    Ids {
        real: cred.cr_rgid,
        effective: cred.cr_gid,
        saved: cred.cr_svgid,
    }
}

fn privileged(cx: &Cx<'_>, privilege: u32) -> bool {
    // SAFETY: current. CAST: PRIV_ numbers are small.
    unsafe { ffi::priv_check(cx.td(), privilege as i32) == 0 }
}

/// Whether the process may change how others run: CAP_SYS_NICE.
pub fn may_set_priorities(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_SCHED_SETPRIORITY)
}

/// Whether the caller may forget the kernel's messages (Linux's CAP_SYSLOG).
pub fn may_clear_messages(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_SYSCTL_WRITE)
}

/// Whether the caller may stop the machine (Linux's CAP_SYS_BOOT).
pub fn may_reboot(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_REBOOT)
}

/// Whether the caller may take any user id (Linux's CAP_SETUID).
pub fn may_set_user(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_CRED_SETUID)
}

/// Whether the caller may take any group id (Linux's CAP_SETGID).
pub fn may_set_group(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_CRED_SETGID)
}

/// setresuid(2), of which capabilities take note. EPERM.
pub fn set_user_ids(cx: &mut Cx<'_>, ids: Ids) -> Result<()> {
    let caps = super::caps::plan_setuid(cx, user_ids(cx), ids)?;
    let cred = own(cx);
    let was_root = [cred.cr_ruid, cred.cr_uid, cred.cr_svuid].contains(&0);
    let saved = if was_root {
        saved_for(ids, caps)
    } else {
        ids.saved
    };
    let real = Ids { saved, ..ids };
    identity::change(cx, Change::Users(real), |cx| {
        // SAFETY: the arguments are plain integers and padding.
        let mut args: ffi::setresuid_args = unsafe { core::mem::zeroed() };
        (args.ruid, args.euid, args.suid) = (real.real, real.effective, real.saved);
        // SAFETY: current.
        check(unsafe { ffi::sys_setresuid(cx.td(), &raw mut args) })
    })?;
    let kept = (saved != ids.saved).then_some(ids.saved);
    cx.thread_state().identity.saved.set(kept);
    super::caps::after_setuid(cx, caps);
    if identity::has_file_ids(cx) {
        let (_, group) = identity::file_ids(cx);
        identity::set_file_ids(cx, ids.effective, group);
    }
    Ok(())
}

/// Nothing is kept any more that FreeBSD's saved user id 0 was for.
pub(crate) fn give_up_saved(cx: &mut Cx<'_>) {
    if cx.thread_state().identity.saved.get().is_some() {
        let ids = user_ids(cx);
        identity::narrow_users(cx, ids);
        cx.thread_state().identity.saved.set(None);
    }
}

/// setresgid(2). EPERM.
pub fn set_group_ids(cx: &mut Cx<'_>, ids: Ids) -> Result<()> {
    identity::change(cx, Change::Groups(ids), |cx| {
        // SAFETY: the arguments are plain integers and padding.
        let mut args: ffi::setresgid_args = unsafe { core::mem::zeroed() };
        (args.rgid, args.egid, args.sgid) = (ids.real, ids.effective, ids.saved);
        // SAFETY: current.
        check(unsafe { ffi::sys_setresgid(cx.td(), &raw mut args) })
    })?;
    if identity::has_file_ids(cx) {
        let (user, _) = identity::file_ids(cx);
        identity::set_file_ids(cx, user, ids.effective);
    }
    Ok(())
}

/// setfsuid(2): the user id that files were reached with before.
pub fn set_file_user(cx: &mut Cx<'_>, user: u32) -> u32 {
    let (old, group) = identity::file_ids(cx);
    if let Some(new) = set_files(user_ids(cx), old, may_set_user(cx), user)
        && new != old
    {
        identity::set_file_ids(cx, new, group);
        super::caps::after_setfsuid(cx, old, new);
        // SAFETY: current, without locks.
        unsafe { ffi::lrs_setsugid(cx.proc_ptr()) };
    }
    old
}

/// setfsgid(2): the group id that files were reached with before.
pub fn set_file_group(cx: &mut Cx<'_>, group: u32) -> u32 {
    let (user, old) = identity::file_ids(cx);
    if let Some(new) = set_files(group_ids(cx), old, may_set_group(cx), group)
        && new != old
    {
        identity::set_file_ids(cx, user, new);
        // SAFETY: current, without locks.
        unsafe { ffi::lrs_setsugid(cx.proc_ptr()) };
    }
    old
}

/// How many supplementary groups the caller has.
pub fn group_count(cx: &Cx<'_>) -> i32 {
    own(cx).cr_ngroups
}

/// getgroups(2): how many there are; EINVAL if they do not fit.
pub fn groups(cx: &mut Cx<'_>, size: i32, list: u64) -> Result<i32> {
    // SAFETY: the arguments are plain values and padding.
    let mut args: ffi::getgroups_args = unsafe { core::mem::zeroed() };
    (args.gidsetsize, args.gidset) = (size, list as *mut _);
    // SAFETY: current; kernel copy.
    check(unsafe { ffi::sys_getgroups(cx.td(), &raw mut args) })?;
    // CAST: a count.
    Ok(cx.retval() as i32)
}

/// setgroups(2). EINVAL, EPERM, EFAULT.
pub fn set_groups(cx: &mut Cx<'_>, size: i32, list: u64) -> Result<()> {
    if identity::is_process(cx) {
        set_process_groups(cx, size, list)?;
    } else {
        let count = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
        // SAFETY: an int that is set at boot.
        if count > unsafe { ffi::ngroups_max } as usize {
            return Err(Errno::EINVAL.into());
        }
        let mut groups = KSlice::<u32>::zeroed(cx, count)?;
        UserArrayIn::from_reg(list).read_all(cx, &mut groups)?;
        identity::change(cx, Change::Supplementary(&mut groups), |cx| {
            set_process_groups(cx, size, list)
        })?;
    }
    if identity::has_file_ids(cx) {
        let (user, group) = identity::file_ids(cx);
        identity::set_file_ids(cx, user, group);
    }
    Ok(())
}

fn set_process_groups(cx: &mut Cx<'_>, size: i32, list: u64) -> Result<()> {
    // SAFETY: the arguments are plain values and padding.
    let mut args: ffi::setgroups_args = unsafe { core::mem::zeroed() };
    (args.gidsetsize, args.gidset) = (size, list as *mut _);
    // SAFETY: current; kernel copy.
    check(unsafe { ffi::sys_setgroups(cx.td(), &raw mut args) })
}

/// Whether the caller may administer the system (Linux's CAP_SYS_ADMIN).
pub fn is_administrator(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_VFS_MOUNT)
}

/// Whether the caller may set its groups (Linux's CAP_SETGID).
pub fn may_set_groups(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_CRED_SETGROUPS)
}

/// Whether the caller may set what sysctl(3) says of its jail, such as the host name.
pub fn may_set_names(cx: &Cx<'_>) -> bool {
    privileged(cx, ffi::PRIV_SYSCTL_WRITEJAIL)
}
