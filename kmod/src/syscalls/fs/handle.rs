// SPDX-License-Identifier: BSD-2-Clause
//! name_to_handle_at(2), open_by_handle_at(2).
//!
//! FreeBSD: kern_getfhat, kern_fhopen (vfs_syscalls.c).
//! Differences from Linux: both are for root alone (EPERM); AT_HANDLE_FID and the like are
//! EINVAL; the mount id is made from the file system's id, not the one in mountinfo.

use kpi::kern::handle::{Handle, kern_fhopen, kern_getfhat};
use kpi::kern::path::{At, is, take_controlling_tty};
use kpi::{Cx, Errno, Result, UserBytesOut, UserCStr, UserIn, UserInOut, UserOut};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::c;
use linux_abi::fd::Fd;
use linux_abi::open::{open_fail, plan_open};

/// How many bytes a handle takes.
const SIZE: u32 = size_of::<Handle>() as u32;

/// Where the handle's bytes are, behind its header.
const BYTES: u64 = size_of::<c::l_file_handle>() as u64;

/// Stores what a file is called whatever its names. EOVERFLOW, with the size needed, where the
/// room is too small.
pub(crate) fn name_to_handle_at(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    handle: UserInOut<c::l_file_handle>,
    mount_id: UserOut<i32>,
    flags: i32,
) -> Result<()> {
    let flags = AtCall::NameToHandle.flags_to_bsd(flags)?;
    let room = handle.read(cx)?.handle_bytes;
    let at = At::new(dir, path);
    if flags & bsd::AT_EMPTY_PATH != 0 && at.is_empty(cx) {
        // FreeBSD's call takes paths only.
        return Err(Errno::EOPNOTSUPP.into());
    }
    let nofollow = if flags & bsd::AT_SYMLINK_FOLLOW == 0 {
        bsd::AT_SYMLINK_NOFOLLOW
    } else {
        0
    };
    let bytes = kern_getfhat(cx, at, nofollow)?;
    mount_id.write(cx, &id_of_mount(&bytes))?;
    let to = handle.addr().offset(BYTES)?;
    let header = c::l_file_handle {
        handle_bytes: SIZE,
        handle_type: 1,
    };
    if room < SIZE {
        handle.write(cx, &header)?;
        return Err(Errno::EOVERFLOW.into());
    }
    UserBytesOut::from_reg(to.raw()).write(cx, &bytes)?;
    handle.write(cx, &header)
}

/// A number for the mount: the two halves of the file system id that starts a handle.
fn id_of_mount(handle: &Handle) -> i32 {
    let half = |from: usize| {
        let bytes = handle.get(from..).and_then(|rest| rest.first_chunk::<4>());
        bytes.map_or(0, |bytes| i32::from_ne_bytes(*bytes))
    };
    (half(0) ^ half(4)) & i32::MAX
}

/// Opens the file a handle is for. ESTALE once it is gone.
pub(crate) fn open_by_handle_at(
    cx: &mut Cx<'_>,
    _mount: Fd,
    handle: UserIn<c::l_file_handle>,
    flags: i32,
) -> Result<i32> {
    let bytes = handle.addr().offset(BYTES)?;
    let header = handle.read(cx)?;
    if header.handle_bytes != SIZE || header.handle_type != 1 {
        return Err(Errno::EINVAL.into());
    }
    let plan = plan_open(flags)?;
    let fd = match kern_fhopen(cx, bytes, plan.bsd_flags) {
        Err(fail) if is(fail, Errno::EMLINK) => return Err(open_fail(fail)),
        fd => fd?,
    };
    if plan.may_take_tty {
        take_controlling_tty(cx, fd);
    }
    Ok(fd)
}
