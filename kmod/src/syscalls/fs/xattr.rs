// SPDX-License-Identifier: BSD-2-Clause
//! getxattr(2), setxattr(2), listxattr(2), removexattr(2), and the same with l and f before.
//!
//! FreeBSD: kern_extattr_* (vfs_extattr.c), name space user.
//! Differences from Linux: security, system and trusted attributes are EOPNOTSUPP; XATTR_CREATE
//! and XATTR_REPLACE look first and set then, so that two programs may both create one;
//! of a file that the caller may not read, open for writing, no names are shown.

use kpi::kern::extattr::{Name, Target, list, read, remove, size, write};
use kpi::kern::io::Buffer;
use kpi::kern::path::is;
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserCStr};
use linux_abi::fd::Fd;
use linux_abi::xattr::{
    LIST_MAX, NAME_MAX, SIZE_MAX, SetMode, list_len, list_to_linux, set_mode, user_name,
};

/// The value of an attribute: its size, and the value if `size` is not 0.
pub(crate) fn getxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    name: UserCStr,
    value: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    get(cx, Target::Followed(path), name, value, size)
}

/// The same, of a link itself.
pub(crate) fn lgetxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    name: UserCStr,
    value: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    get(cx, Target::Link(path), name, value, size)
}

/// The same, of an open file.
pub(crate) fn fgetxattr(
    cx: &mut Cx<'_>,
    fd: Fd,
    name: UserCStr,
    value: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    get(cx, Target::Open(fd), name, value, size)
}

/// Sets an attribute.
pub(crate) fn setxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    name: UserCStr,
    value: UserBytesIn,
    size: usize,
    flags: i32,
) -> Result<()> {
    set(cx, Target::Followed(path), name, value, size, flags)
}

/// The same, of a link itself.
pub(crate) fn lsetxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    name: UserCStr,
    value: UserBytesIn,
    size: usize,
    flags: i32,
) -> Result<()> {
    set(cx, Target::Link(path), name, value, size, flags)
}

/// The same, of an open file.
pub(crate) fn fsetxattr(
    cx: &mut Cx<'_>,
    fd: Fd,
    name: UserCStr,
    value: UserBytesIn,
    size: usize,
    flags: i32,
) -> Result<()> {
    set(cx, Target::Open(fd), name, value, size, flags)
}

/// The names of all attributes, each with a NUL: their size, and the names if `size` is not 0.
pub(crate) fn listxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    out: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    names(cx, Target::Followed(path), out, size)
}

/// The same, of a link itself.
pub(crate) fn llistxattr(
    cx: &mut Cx<'_>,
    path: UserCStr,
    out: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    names(cx, Target::Link(path), out, size)
}

/// The same, of an open file.
pub(crate) fn flistxattr(
    cx: &mut Cx<'_>,
    fd: Fd,
    out: Option<UserBytesOut>,
    size: usize,
) -> Result<usize> {
    names(cx, Target::Open(fd), out, size)
}

/// Removes an attribute.
pub(crate) fn removexattr(cx: &mut Cx<'_>, path: UserCStr, name: UserCStr) -> Result<()> {
    delete(cx, Target::Followed(path), name)
}

/// The same, of a link itself.
pub(crate) fn lremovexattr(cx: &mut Cx<'_>, path: UserCStr, name: UserCStr) -> Result<()> {
    delete(cx, Target::Link(path), name)
}

/// The same, of an open file.
pub(crate) fn fremovexattr(cx: &mut Cx<'_>, fd: Fd, name: UserCStr) -> Result<()> {
    delete(cx, Target::Open(fd), name)
}

fn read_name(cx: &mut Cx<'_>, name: UserCStr) -> Result<Name> {
    let mut text = [0; NAME_MAX.saturating_add(1)];
    let len = match name.read(cx, &mut text) {
        Err(fail) if is(fail, Errno::ENAMETOOLONG) => return Err(Errno::ERANGE.into()),
        len => len?,
    };
    let name = user_name(text.get(..len).unwrap_or_default())?;
    Ok(Name::new(name))
}

pub(super) fn get(
    cx: &mut Cx<'_>,
    target: Target,
    name: UserCStr,
    value: Option<UserBytesOut>,
    room: usize,
) -> Result<usize> {
    let name = read_name(cx, name)?;
    let has = size(cx, target, &name)?;
    if room == 0 {
        return Ok(has);
    }
    // FreeBSD would cut it.
    if has > room {
        return Err(Errno::ERANGE.into());
    }
    if has == 0 {
        return Ok(0);
    }
    let value = value.ok_or(Errno::EFAULT)?;
    read(cx, target, &name, value, room.min(SIZE_MAX))
}

pub(super) fn set(
    cx: &mut Cx<'_>,
    target: Target,
    name: UserCStr,
    value: UserBytesIn,
    len: usize,
    flags: i32,
) -> Result<()> {
    let mode = set_mode(flags)?;
    let name = read_name(cx, name)?;
    if len > SIZE_MAX {
        return Err(Errno::E2BIG.into());
    }
    match (mode, mode != SetMode::Any && has(cx, target, &name)?) {
        (SetMode::Create, true) => Err(Errno::EEXIST.into()),
        (SetMode::Replace, false) => Err(Errno::ENOATTR.into()),
        _ => write(cx, target, &name, value, len),
    }
}

fn has(cx: &mut Cx<'_>, target: Target, name: &Name) -> Result<bool> {
    match size(cx, target, name) {
        Ok(_) => Ok(true),
        Err(fail) if is(fail, Errno::ENOATTR) => Ok(false),
        Err(fail) => Err(fail),
    }
}

pub(super) fn names(
    cx: &mut Cx<'_>,
    target: Target,
    out: Option<UserBytesOut>,
    room: usize,
) -> Result<usize> {
    let mut found = Buffer::new(cx, LIST_MAX)?;
    let used = match list(cx, target, &mut found) {
        // No attributes on this file system, so no names; none to see for who may not read the
        // file.
        Err(fail) if is(fail, Errno::EOPNOTSUPP) || is(fail, Errno::EACCES) && target.is_open() => {
            0
        }
        used => used?,
    };
    let found = found.get(..used).unwrap_or_default();
    let len = list_len(found);
    if room == 0 || len == 0 {
        return Ok(len);
    }
    if len > room {
        return Err(Errno::ERANGE.into());
    }
    let mut list = Buffer::new(cx, len)?;
    list_to_linux(found, &mut list)?;
    out.ok_or(Errno::EFAULT)?.write(cx, &list)?;
    Ok(len)
}

pub(super) fn delete(cx: &mut Cx<'_>, target: Target, name: UserCStr) -> Result<()> {
    let name = read_name(cx, name)?;
    remove(cx, target, &name)
}
