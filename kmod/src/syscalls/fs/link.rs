// SPDX-License-Identifier: BSD-2-Clause
//! readlink(2), link(2), symlink(2) and their *at calls.
//!
//! FreeBSD: kern_readlinkat, kern_linkat, kern_symlinkat (vfs_syscalls.c).
//! Differences from Linux: none known.

use kpi::kern::link::kern_linkat;
use kpi::kern::path::{At, is, is_empty, kern_readlinkat, kern_symlinkat};
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserBytesOut, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::fd::Fd;

/// Stores where a link leads: how many bytes, without a NUL.
pub(crate) fn readlink(
    cx: &mut Cx<'_>,
    path: UserCStr,
    buf: UserBytesOut,
    size: i32,
) -> Result<usize> {
    do_readlink(cx, At::cwd(path), buf, size)
}

/// The same below the folder `dir`; an empty path is the link open as `dir`.
pub(crate) fn readlinkat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    buf: UserBytesOut,
    size: i32,
) -> Result<usize> {
    do_readlink(cx, At::new(dir, path), buf, size)
}

fn do_readlink(cx: &mut Cx<'_>, at: At, buf: UserBytesOut, size: i32) -> Result<usize> {
    let size = match usize::try_from(size) {
        Ok(size) if size > 0 => size,
        _ => return Err(Errno::EINVAL.into()),
    };
    match kern_readlinkat(cx, at, buf, size) {
        // FreeBSD takes an empty path for the folder itself, which is no link.
        Err(fail) if is(fail, Errno::EINVAL) && at.is_empty(cx) => Err(Errno::ENOENT.into()),
        done => done,
    }
}

/// Gives a file a second name. A link is not followed.
pub(crate) fn link(cx: &mut Cx<'_>, old: UserCStr, new: UserCStr) -> Result<()> {
    kern_linkat(cx, At::cwd(old), At::cwd(new), 0)
}

/// The same below two folders, with AT_SYMLINK_FOLLOW and AT_EMPTY_PATH.
pub(crate) fn linkat(
    cx: &mut Cx<'_>,
    old_dir: Fd,
    old: UserCStr,
    new_dir: Fd,
    new: UserCStr,
    flags: i32,
) -> Result<()> {
    let flags = AtCall::Linkat.flags_to_bsd(flags)?;
    let open = flags & bsd::AT_EMPTY_PATH != 0 && is_empty(cx, old);
    // What has lost its last name gets no other, though tmpfs would give it one.
    if open && kern_statat(cx, At::new(old_dir, old), bsd::AT_EMPTY_PATH)?.nlink == 0 {
        return Err(Errno::ENOENT.into());
    }
    let done = kern_linkat(cx, At::new(old_dir, old), At::new(new_dir, new), flags);
    match done {
        // An open file may be linked by root alone; to others Linux says this.
        Err(fail) if is(fail, Errno::EPERM) && open => Err(Errno::ENOENT.into()),
        done => done,
    }
}

/// Makes a link to `target`, which need not exist.
pub(crate) fn symlink(cx: &mut Cx<'_>, target: UserCStr, path: UserCStr) -> Result<()> {
    do_symlink(cx, target, At::cwd(path))
}

/// The same below the folder `dir`.
pub(crate) fn symlinkat(cx: &mut Cx<'_>, target: UserCStr, dir: Fd, path: UserCStr) -> Result<()> {
    do_symlink(cx, target, At::new(dir, path))
}

fn do_symlink(cx: &mut Cx<'_>, target: UserCStr, at: At) -> Result<()> {
    // FreeBSD makes links to nowhere.
    if is_empty(cx, target) {
        return Err(Errno::ENOENT.into());
    }
    kern_symlinkat(cx, target, at)
}
