// SPDX-License-Identifier: BSD-2-Clause
//! chmod(2), fchmod(2), fchmodat(2), fchmodat2(2), umask(2), chown(2), lchown(2), fchown(2),
//! fchownat(2).
//!
//! FreeBSD: kern_fchmodat, kern_fchownat, sys_fchmod, sys_umask (vfs_syscalls.c).
//! Differences from Linux: fchmodat2 can change the mode of a link, where Linux says
//! EOPNOTSUPP.

use kpi::kern::path::{At, is, kern_fchmod, kern_fchmodat, kern_fchown, kern_fchownat, kern_umask};
use kpi::kern::stat::{kern_fstat, kern_statat};
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::stat::mode_after_chown;

/// Sets the permission bits.
pub(crate) fn chmod(cx: &mut Cx<'_>, path: UserCStr, mode: u32) -> Result<()> {
    do_chmod(cx, At::cwd(path), mode, 0)
}

/// The same below the folder `dir`.
pub(crate) fn fchmodat(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, mode: u32) -> Result<()> {
    do_chmod(cx, At::new(dir, path), mode, 0)
}

/// The same with AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH.
pub(crate) fn fchmodat2(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    mode: u32,
    flags: u32,
) -> Result<()> {
    let flags = AtCall::Attributes.flags_to_bsd(flags.cast_signed())?;
    do_chmod(cx, At::new(dir, path), mode, flags)
}

/// The same for an open file.
pub(crate) fn fchmod(cx: &mut Cx<'_>, fd: Fd, mode: u32) -> Result<()> {
    with_linux_bits(mode, |mode| kern_fchmod(cx, fd, mode))
}

/// Sets which permission bits new files do not get, and tells those of before.
pub(crate) fn umask(cx: &mut Cx<'_>, mask: i32) -> Result<i32> {
    kern_umask(cx, mask & 0o777)
}

fn do_chmod(cx: &mut Cx<'_>, at: At, mode: u32, flags: i32) -> Result<()> {
    with_linux_bits(mode, |mode| kern_fchmodat(cx, at, mode, flags))
}

/// Sets a mode, without the bits that the caller may not set and Linux does not insist on.
fn with_linux_bits(mode: u32, mut set: impl FnMut(u16) -> Result<()>) -> Result<()> {
    // CAST: twelve bits.
    let mode = (mode & 0o7777) as u16;
    match set(mode) {
        // Only root may make a plain file sticky. Linux lets everybody; the bit means nothing.
        Err(fail) if is(fail, Errno::EFTYPE) && mode & STICKY != 0 => set(mode & !STICKY),
        // Not a member of the file's group: Linux drops the bit without a word.
        Err(fail) if is(fail, Errno::EPERM) && mode & SETGID != 0 => set(mode & !SETGID),
        done => done,
    }
}

const STICKY: u16 = 0o1000;
const SETGID: u16 = 0o2000;

const _: () = assert!(bsd::S_ISVTX == 0o1000 && bsd::S_ISGID == 0o2000);

/// Sets owner and group; all ones leave one as it is.
pub(crate) fn chown(cx: &mut Cx<'_>, path: UserCStr, user: u32, group: u32) -> Result<()> {
    do_chown(cx, At::cwd(path), user, group, 0)
}

/// The same for a link itself.
pub(crate) fn lchown(cx: &mut Cx<'_>, path: UserCStr, user: u32, group: u32) -> Result<()> {
    do_chown(cx, At::cwd(path), user, group, bsd::AT_SYMLINK_NOFOLLOW)
}

/// The same for what is open as `fd`.
pub(crate) fn fchown(cx: &mut Cx<'_>, fd: Fd, user: u32, group: u32) -> Result<()> {
    kern_fchown(cx, fd, user, group)?;
    match mode_after_chown(kern_fstat(cx, fd)?.mode) {
        Some(mode) => kern_fchmod(cx, fd, mode),
        None => Ok(()),
    }
}

/// The same below the folder `dir`.
pub(crate) fn fchownat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    user: u32,
    group: u32,
    flags: i32,
) -> Result<()> {
    let flags = AtCall::Attributes.flags_to_bsd(flags)?;
    do_chown(cx, At::new(dir, path), user, group, flags)
}

fn do_chown(cx: &mut Cx<'_>, at: At, user: u32, group: u32, flags: i32) -> Result<()> {
    kern_fchownat(cx, at, user, group, flags)?;
    // FreeBSD spares the set-id bits for root.
    match mode_after_chown(kern_statat(cx, at, flags)?.mode) {
        Some(mode) => kern_fchmodat(cx, at, mode, flags),
        None => Ok(()),
    }
}
