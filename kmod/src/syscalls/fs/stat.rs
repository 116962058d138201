// SPDX-License-Identifier: BSD-2-Clause
//! stat(2), lstat(2), fstat(2), newfstatat(2), statx(2).
//!
//! FreeBSD: kern_fstat (kern_descrip.c), kern_statat (vfs_syscalls.c).
//! Differences from Linux: statx tells neither mount ids nor direct I/O alignment, and takes
//! no NULL path.

use kpi::kern::path::At;
use kpi::kern::stat::{kern_fstat, kern_statat};
use kpi::{Cx, Result, UserCStr, UserOut};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::c;
use linux_abi::fd::Fd;
use linux_abi::stat::{BsdStat, check_statx_mask, stat_to_linux, statx_to_linux};

/// What `path` names, links being followed.
pub(crate) fn stat(cx: &mut Cx<'_>, path: UserCStr, out: UserOut<c::l_newstat>) -> Result<()> {
    let st = kern_statat(cx, At::cwd(path), 0)?;
    out.write(cx, &stat_to_linux(&st))
}

/// What `path` names, even if that is a link.
pub(crate) fn lstat(cx: &mut Cx<'_>, path: UserCStr, out: UserOut<c::l_newstat>) -> Result<()> {
    let st = kern_statat(cx, At::cwd(path), bsd::AT_SYMLINK_NOFOLLOW)?;
    out.write(cx, &stat_to_linux(&st))
}

/// What `fd` refers to.
pub(crate) fn fstat(cx: &mut Cx<'_>, fd: Fd, out: UserOut<c::l_newstat>) -> Result<()> {
    let st = kern_fstat(cx, fd)?;
    out.write(cx, &stat_to_linux(&st))
}

/// Any of the three, by `flags`.
pub(crate) fn newfstatat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    out: UserOut<c::l_newstat>,
    flags: i32,
) -> Result<()> {
    let flags = AtCall::Fstatat.flags_to_bsd(flags)?;
    let st = stat_at(cx, At::new(dir, path), flags)?;
    out.write(cx, &stat_to_linux(&st))
}

/// The same with more to tell. All that is known is told, whatever `mask` asks for.
pub(crate) fn statx(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: u32,
    mask: u32,
    out: UserOut<c::l_statx>,
) -> Result<()> {
    check_statx_mask(mask)?;
    let flags = AtCall::Statx.flags_to_bsd(flags.cast_signed())?;
    let st = stat_at(cx, At::new(dir, path), flags)?;
    out.write(cx, &statx_to_linux(&st))
}

/// fstatat, with the way fstat(3) of the C libraries goes (an empty path) being as short
/// as fstat's own.
#[inline]
fn stat_at(cx: &mut Cx<'_>, at: At, flags: i32) -> Result<BsdStat> {
    if flags & bsd::AT_EMPTY_PATH != 0 && !at.is_cwd() && at.is_empty(cx) {
        return kern_fstat(cx, at.dir());
    }
    kern_statat(cx, at, flags)
}
