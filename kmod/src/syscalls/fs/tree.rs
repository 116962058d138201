// SPDX-License-Identifier: BSD-2-Clause
//! open_tree(2), open_tree_attr(2).
//!
//! FreeBSD: openat(2) with O_PATH.
//! Differences from Linux: there are no detached mounts, so OPEN_TREE_CLONE is EINVAL, and so is a
//! change of attributes.

use kpi::kern::cred::is_administrator;
use kpi::kern::fd::kern_close;
use kpi::kern::path::{At, kern_openat};
use kpi::{Cx, Errno, Result, UserBytesIn, UserCStr};
use linux_abi::fd::Fd;
use linux_abi::mman::PAGE_SIZE;
use linux_abi::open::plan_open_tree;

/// Opens a place in the tree. EINVAL, EPERM, ENOENT.
pub(crate) fn open_tree(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, flags: u32) -> Result<i32> {
    let plan = plan_open_tree(flags)?;
    let at = At::new(dir, path);
    match plan {
        Some(flags) => kern_openat(cx, at, flags, 0),
        None if is_administrator(cx) => Err(Errno::EINVAL.into()),
        None => Err(Errno::EPERM.into()),
    }
}

/// The same with attributes to be changed, if any.
pub(crate) fn open_tree_attr(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    attr: Option<UserBytesIn>,
    size: usize,
) -> Result<i32> {
    if attr.is_none() && size != 0 {
        return Err(Errno::EINVAL.into());
    }
    // The path comes first.
    let fd = open_tree(cx, dir, path, flags)?;
    let checked = attr.map_or(Ok(()), |attr| no_change(cx, attr, size));
    if checked.is_err() {
        let _ = kern_close(cx, fd);
    }
    checked.map(|()| fd)
}

/// `struct mount_attr` as it was first.
const MOUNT_ATTR_SIZE_VER0: usize = 32;

/// E2BIG and EINVAL for a structure of a wrong size; EINVAL for one that asks for something.
fn no_change(cx: &mut Cx<'_>, attr: UserBytesIn, size: usize) -> Result<()> {
    if size > PAGE_SIZE as usize {
        return Err(Errno::E2BIG.into());
    }
    if size < MOUNT_ATTR_SIZE_VER0 {
        return Err(Errno::EINVAL.into());
    }
    let mut bytes = [0; MOUNT_ATTR_SIZE_VER0];
    attr.read(cx, &mut bytes)?;
    if bytes.iter().any(|byte| *byte != 0) {
        return Err(Errno::EINVAL.into());
    }
    Ok(())
}
