// SPDX-License-Identifier: BSD-2-Clause
//! getxattrat(2), setxattrat(2), listxattrat(2), removexattrat(2).
//!
//! FreeBSD: kern_extattr_* (vfs_extattr.c), which take a path or a descriptor, but no path below a
//! folder.
//! Differences from Linux: those of getxattr; a file below a folder's descriptor is opened for the
//! call, so it must be readable or writable, and cannot be a link.

use kpi::kern::extattr::{Opened, Target};
use kpi::kern::path::At;
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::c::l_xattr_args;
use linux_abi::fd::Fd;

use super::xattr::{delete, get, names, set};

/// Calls with the file the first three arguments name.
fn with_target<T>(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    call: impl FnOnce(&mut Cx<'_>, Target) -> Result<T>,
) -> Result<T> {
    let flags = AtCall::Attributes.flags_to_bsd(flags.cast_signed())?;
    let at = At::new(dir, path);
    let follow = flags & bsd::AT_SYMLINK_NOFOLLOW == 0;
    if at.is_empty(cx) || at.is_null() {
        if flags & bsd::AT_EMPTY_PATH == 0 {
            let errno = if at.is_null() {
                Errno::EFAULT
            } else {
                Errno::ENOENT
            };
            return Err(errno.into());
        }
        if !at.is_cwd() {
            return call(cx, Target::Open(dir));
        }
        let opened = Opened::working_folder(cx)?;
        return call(cx, opened.target());
    }
    if at.is_cwd() || at.is_absolute(cx) {
        let target = if follow {
            Target::Followed(path)
        } else {
            Target::Link(path)
        };
        return call(cx, target);
    }
    let opened = Opened::below(cx, at, follow)?;
    call(cx, opened.target())
}

/// The value of an attribute, to where the structure says.
pub(crate) fn getxattrat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    name: UserCStr,
    args: UserBytesIn,
    size: usize,
) -> Result<usize> {
    let args: l_xattr_args = args.read_growing(cx, size)?;
    if args.flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    with_target(cx, dir, path, flags, |cx, target| {
        let value = UserBytesOut::from_reg_opt(args.value);
        get(cx, target, name, value, args.size as usize)
    })
}

/// Sets an attribute to what the structure says.
pub(crate) fn setxattrat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    name: UserCStr,
    args: UserBytesIn,
    size: usize,
) -> Result<()> {
    let args: l_xattr_args = args.read_growing(cx, size)?;
    with_target(cx, dir, path, flags, |cx, target| {
        let value = UserBytesIn::from_reg(args.value);
        let how = args.flags.cast_signed();
        set(cx, target, name, value, args.size as usize, how)
    })
}

/// The names of all attributes.
pub(crate) fn listxattrat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    list: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    with_target(cx, dir, path, flags, |cx, target| {
        names(cx, target, list, size)
    })
}

/// Removes an attribute.
pub(crate) fn removexattrat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    name: UserCStr,
) -> Result<()> {
    with_target(cx, dir, path, flags, |cx, target| delete(cx, target, name))
}
