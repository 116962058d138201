// SPDX-License-Identifier: BSD-2-Clause
//! getcwd(2), chdir(2), fchroot(2). fchdir(2) and chroot(2) are FreeBSD's own.
//!
//! FreeBSD: vn_getcwd (vfs_cache.c), kern_chdir, sys_fchroot (vfs_syscalls.c).
//! Differences from Linux: a folder outside the process's root is ENOENT, where Linux puts
//! "(unreachable)" before its path.

use kpi::kern::dir;
use kpi::kern::io::Buffer;
use kpi::kern::path::kern_chdir;
use kpi::{Cx, Errno, Result, UserBytesOut, UserCStr};
use linux_abi::fd::Fd;

/// Makes another folder the working directory.
pub(crate) fn chdir(cx: &mut Cx<'_>, path: UserCStr) -> Result<()> {
    kern_chdir(cx, path)
}

/// Linux's PATH_MAX.
const PATH_MAX: usize = 4096;

/// Stores the path of the working directory: how many bytes, with its NUL. ERANGE where
/// `size` is too small.
pub(crate) fn getcwd(cx: &mut Cx<'_>, buf: UserBytesOut, size: u64) -> Result<usize> {
    let mut buffer = Buffer::new(cx, PATH_MAX)?;
    let path = match dir::getcwd(cx, &mut buffer) {
        Err(fail) if fail == Errno::ENOMEM.into() => return Err(Errno::ENAMETOOLONG.into()),
        path => path?,
    };
    if path.len() as u64 > size {
        return Err(Errno::ERANGE.into());
    }
    buf.write(cx, path)?;
    Ok(path.len())
}

/// Makes an open folder the root. EINVAL for flags, of which there are none yet; EBADF, ENOTDIR, EPERM.
pub(crate) fn fchroot(cx: &mut Cx<'_>, folder: Fd, flags: u32) -> Result<()> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    dir::fchroot(cx, folder)
}
