// SPDX-License-Identifier: BSD-2-Clause
//! getgroups(2), setgroups(2).
//!
//! FreeBSD: sys_getgroups, sys_setgroups (kern_prot.c).
//! Differences from Linux: at most kern.ngroups groups, 1023.

use kpi::kern::cred;
use kpi::{Cx, Errno, Result, UserArrayIn, UserArrayOut};

/// How many supplementary groups there are. EINVAL if they do not fit.
pub(crate) fn getgroups(
    cx: &mut Cx<'_>,
    size: i32,
    list: Option<UserArrayOut<u32>>,
) -> Result<i32> {
    if size >= 0 && cred::group_count(cx) == 0 {
        // Nothing to store: the address does not matter.
        return Ok(0);
    }
    cred::groups(cx, size, list.map_or(0, |l| l.addr().raw()))
}

/// EPERM first, then EINVAL, EFAULT.
pub(crate) fn setgroups(cx: &mut Cx<'_>, size: i32, list: Option<UserArrayIn<u32>>) -> Result<()> {
    if !cred::may_set_groups(cx) {
        return Err(Errno::EPERM.into());
    }
    cred::set_groups(cx, size, list.map_or(0, |l| l.addr().raw()))
}
