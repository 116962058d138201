// SPDX-License-Identifier: BSD-2-Clause
//! access(2), faccessat(2), faccessat2(2).
//!
//! FreeBSD: kern_accessat (vfs_syscalls.c).
//! Differences from Linux: none known.

use kpi::kern::path::{At, kern_accessat};
use kpi::{Cx, Result, UserCStr};
use linux_abi::at::{AtCall, access_mode};
use linux_abi::fd::Fd;

/// Whether the real user may do `mode` to `path`.
pub(crate) fn access(cx: &mut Cx<'_>, path: UserCStr, mode: i32) -> Result<()> {
    kern_accessat(cx, At::cwd(path), 0, access_mode(mode)?)
}

/// The same below the folder `dir`.
pub(crate) fn faccessat(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, mode: i32) -> Result<()> {
    kern_accessat(cx, At::new(dir, path), 0, access_mode(mode)?)
}

/// The same with AT_EACCESS, AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH.
pub(crate) fn faccessat2(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    mode: i32,
    flags: i32,
) -> Result<()> {
    let mode = access_mode(mode)?;
    let flags = AtCall::Faccessat2.flags_to_bsd(flags)?;
    kern_accessat(cx, At::new(dir, path), flags, mode)
}
