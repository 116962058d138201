// SPDX-License-Identifier: BSD-2-Clause
//! capget(2), capset(2).
//!
//! FreeBSD: priv_check_cred (kern_priv.c).
//! Differences from Linux: a capability is held where the kernel grants the privilege it stands
//! for, and cannot be dropped alone: capset that changes anything is EPERM.

use kpi::kern::cred;
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result, UserIn, UserInOut, UserOut};
use linux_abi::c::{l_user_cap_data, l_user_cap_header};
use linux_abi::cred::{CAP_VERSION, CapSet, CapVersion, cap_check_set, cap_data, cap_version};

/// Reads the header; an unknown version is answered with the one to use.
fn header(cx: &mut Cx<'_>, at: UserInOut<l_user_cap_header>) -> Result<Option<(CapVersion, i32)>> {
    let mut header = at.read(cx)?;
    match cap_version(&header) {
        Some(version) => Ok(Some((version, header.pid))),
        None => {
            header.version = CAP_VERSION;
            at.write(cx, &header)?;
            Ok(None)
        }
    }
}

fn held(cx: &Cx<'_>, tid: i32) -> Result<CapSet> {
    Ok(cred::capabilities(cx, &LockedThread::find(cx, tid)?))
}

/// The capabilities of a thread. EINVAL for a version or id that does not exist, ESRCH.
pub(crate) fn capget(
    cx: &mut Cx<'_>,
    at: UserInOut<l_user_cap_header>,
    data: Option<UserOut<[l_user_cap_data; 2]>>,
) -> Result<()> {
    let header = header(cx, at)?;
    let Some(data) = data else {
        // Only the version was asked for.
        return Ok(());
    };
    let (version, pid) = header.ok_or(Errno::EINVAL)?;
    if pid < 0 {
        return Err(Errno::EINVAL.into());
    }
    let both = cap_data(held(cx, pid)?);
    match version {
        CapVersion::One => {
            let [low, _] = both;
            UserOut::from_reg(data.addr().raw()).write(cx, &low)
        }
        CapVersion::Two => data.write(cx, &both),
    }
}

/// Succeeds where nothing would change. EPERM, EINVAL.
pub(crate) fn capset(
    cx: &mut Cx<'_>,
    at: UserInOut<l_user_cap_header>,
    data: UserIn<[l_user_cap_data; 2]>,
) -> Result<()> {
    let (version, pid) = header(cx, at)?.ok_or(Errno::EINVAL)?;
    if pid != 0 && pid != cx.tid() {
        return Err(Errno::EPERM.into());
    }
    let held = held(cx, 0)?;
    let verdict = match version {
        CapVersion::One => {
            let low = UserIn::from_reg(data.addr().raw()).read(cx)?;
            cap_check_set(held, &[low])
        }
        CapVersion::Two => cap_check_set(held, &data.read(cx)?),
    };
    if verdict.is_err() {
        kpi::log::process(
            cx,
            format_args!("capset: capabilities cannot be changed one by one"),
        );
    }
    Ok(verdict?)
}
