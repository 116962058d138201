// SPDX-License-Identifier: BSD-2-Clause
//! setuid(2), setreuid(2), setfsuid(2) and the same for groups. The rest of the family are
//! FreeBSD's own calls.
//!
//! FreeBSD: sys_setresuid, sys_setresgid (kern_prot.c).
//! Differences from Linux: setfsuid and setfsgid never change anything: FreeBSD checks files
//! against the effective ids.

use kpi::kern::cred;
use kpi::{Cx, Result};
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

/// The id files are checked against; it stays what it is, which Linux tells like a lack of privilege.
pub(crate) fn setfsuid(cx: &mut Cx<'_>, _uid: u32) -> Result<u32> {
    Ok(cred::user_ids(cx).effective)
}

/// The same for the group.
pub(crate) fn setfsgid(cx: &mut Cx<'_>, _gid: u32) -> Result<u32> {
    Ok(cred::group_ids(cx).effective)
}
