// SPDX-License-Identifier: BSD-2-Clause
//! setuid(2), setreuid(2), setfsuid(2) and the same for groups. The rest of the family are
//! FreeBSD's own calls.
//!
//! FreeBSD: sys_setresuid, sys_setresgid (kern_prot.c); the ids of one thread (kpi::kern::identity).
//! Differences from Linux: other processes see the main thread's ids in every thread; exec checks its
//! file against the effective ids, whatever setfsuid(2) said.

use kpi::kern::cred;
use kpi::{Cx, Result, UserOut};
use linux_abi::cred::{Ids, setresuid as plan_all, setreuid as plan_both, setuid as plan_one};

/// EINVAL, EPERM.
pub(crate) fn setuid(cx: &mut Cx<'_>, uid: u32) -> Result<()> {
    let ids = plan_one(cred::user_ids(cx), cred::may_set_user(cx), uid)?;
    cred::set_user_ids(cx, ids)
}

/// EINVAL, EPERM.
pub(crate) fn setgid(cx: &mut Cx<'_>, gid: u32) -> Result<()> {
    let ids = plan_one(cred::group_ids(cx), cred::may_set_group(cx), gid)?;
    cred::set_group_ids(cx, ids)
}

/// Sets the real and effective ids; -1 leaves one. EPERM.
pub(crate) fn setreuid(cx: &mut Cx<'_>, real: u32, effective: u32) -> Result<()> {
    let ids = plan_both(cred::user_ids(cx), cred::may_set_user(cx), real, effective)?;
    cred::set_user_ids(cx, ids)
}

/// Sets the real and effective ids; -1 leaves one. EPERM.
pub(crate) fn setregid(cx: &mut Cx<'_>, real: u32, effective: u32) -> Result<()> {
    let ids = plan_both(
        cred::group_ids(cx),
        cred::may_set_group(cx),
        real,
        effective,
    )?;
    cred::set_group_ids(cx, ids)
}

/// Sets all three; -1 leaves one. EPERM.
pub(crate) fn setresuid(cx: &mut Cx<'_>, real: u32, effective: u32, saved: u32) -> Result<()> {
    let wanted = Ids {
        real,
        effective,
        saved,
    };
    let ids = plan_all(cred::user_ids(cx), cred::may_set_user(cx), wanted)?;
    cred::set_user_ids(cx, ids)
}

/// The same for groups.
pub(crate) fn setresgid(cx: &mut Cx<'_>, real: u32, effective: u32, saved: u32) -> Result<()> {
    let wanted = Ids {
        real,
        effective,
        saved,
    };
    let ids = plan_all(cred::group_ids(cx), cred::may_set_group(cx), wanted)?;
    cred::set_group_ids(cx, ids)
}

fn tell(cx: &mut Cx<'_>, ids: Ids, to: [UserOut<u32>; 3]) -> Result<()> {
    let [real, effective, saved] = to;
    real.write(cx, &ids.real)?;
    effective.write(cx, &ids.effective)?;
    saved.write(cx, &ids.saved)
}

/// All three. EFAULT.
pub(crate) fn getresuid(
    cx: &mut Cx<'_>,
    real: UserOut<u32>,
    effective: UserOut<u32>,
    saved: UserOut<u32>,
) -> Result<()> {
    tell(cx, cred::user_ids(cx), [real, effective, saved])
}

/// The same for groups. EFAULT.
pub(crate) fn getresgid(
    cx: &mut Cx<'_>,
    real: UserOut<u32>,
    effective: UserOut<u32>,
    saved: UserOut<u32>,
) -> Result<()> {
    tell(cx, cred::group_ids(cx), [real, effective, saved])
}

/// The user id files are reached with; the one from before, whether it has changed or not.
pub(crate) fn setfsuid(cx: &mut Cx<'_>, uid: u32) -> Result<u32> {
    Ok(cred::set_file_user(cx, uid))
}

/// The same for the group.
pub(crate) fn setfsgid(cx: &mut Cx<'_>, gid: u32) -> Result<u32> {
    Ok(cred::set_file_group(cx, gid))
}
