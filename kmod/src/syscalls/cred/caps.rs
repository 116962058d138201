// SPDX-License-Identifier: BSD-2-Clause
//! capget(2), capset(2), and prctl(2)'s part of capabilities(7).
//!
//! FreeBSD: priv_check_cred (kern_priv.c), mac(9).
//! Differences from Linux: what FreeBSD does not grant to root, in a jail or else, is not held
//! (docs/capabilities.md).

use kpi::kern::caps;
use kpi::{Cx, Errno, Result, UserIn, UserInOut, UserOut};
use linux_abi::c::{l_user_cap_data, l_user_cap_header};
use linux_abi::caps::{Ambient, CAP_VERSION, CapSet, CapVersion, cap_version};

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
    let both = caps::of(cx, pid)?.data();
    match version {
        CapVersion::One => {
            let [low, _] = both;
            UserOut::from_reg(data.addr().raw()).write(cx, &low)
        }
        CapVersion::Two => data.write(cx, &both),
    }
}

/// Sets the caller's. EPERM, EINVAL.
pub(crate) fn capset(
    cx: &mut Cx<'_>,
    at: UserInOut<l_user_cap_header>,
    data: UserIn<[l_user_cap_data; 2]>,
) -> Result<()> {
    let (version, pid) = header(cx, at)?.ok_or(Errno::EINVAL)?;
    if pid != 0 && pid != cx.tid() {
        return Err(Errno::EPERM.into());
    }
    let now = caps::of(cx, 0)?;
    let wanted = match version {
        CapVersion::One => {
            let low = UserIn::from_reg(data.addr().raw()).read(cx)?;
            now.set(&[low])?
        }
        CapVersion::Two => now.set(&data.read(cx)?)?,
    };
    caps::set(cx, wanted)
}

/// Whether the bounding set has a capability.
pub(crate) fn is_bounding(cx: &mut Cx<'_>, set: CapSet) -> Result<i32> {
    Ok(i32::from(caps::of(cx, 0)?.bounding & set != 0))
}

/// Takes it out. EPERM.
pub(crate) fn drop_bounding(cx: &mut Cx<'_>, set: CapSet) -> Result<()> {
    let caps = caps::of(cx, 0)?.drop_bounding(set)?;
    caps::set(cx, caps)
}

/// PR_CAP_AMBIENT. EPERM.
pub(crate) fn ambient(cx: &mut Cx<'_>, request: Ambient) -> Result<i32> {
    let now = caps::of(cx, 0)?;
    let new = match request {
        Ambient::IsSet(set) => return Ok(i32::from(now.ambient & set != 0)),
        Ambient::Raise(set) => now.raise_ambient(set)?,
        Ambient::Lower(set) => now.lower_ambient(set),
    };
    caps::set(cx, new)?;
    Ok(0)
}

/// SECBIT_*.
pub(crate) fn securebits(cx: &mut Cx<'_>) -> Result<i32> {
    Ok(caps::of(cx, 0)?.securebits.cast_signed())
}

/// Sets those. EPERM.
pub(crate) fn set_securebits(cx: &mut Cx<'_>, bits: u64) -> Result<()> {
    let bits = u32::try_from(bits).map_err(|_| Errno::EPERM)?;
    let caps = caps::of(cx, 0)?.set_securebits(bits)?;
    caps::set(cx, caps)
}

/// Whether the permitted set is kept when the last user id 0 goes.
pub(crate) fn keeps(cx: &mut Cx<'_>) -> Result<i32> {
    Ok(i32::from(caps::of(cx, 0)?.keeps()))
}

/// Sets that. EPERM.
pub(crate) fn set_keeps(cx: &mut Cx<'_>, keep: bool) -> Result<()> {
    let caps = caps::of(cx, 0)?.keep(keep)?;
    caps::set(cx, caps)
}
