// SPDX-License-Identifier: BSD-2-Clause
//! statfs(2), fstatfs(2).
//!
//! FreeBSD: kern_statfs, kern_fstatfs (vfs_syscalls.c).
//! Differences from Linux: a null mount has the type 0, not that of what it shows.

use kpi::kern::path::is;
use kpi::kern::stat::{kern_fstat, kern_fstatfs, kern_statfs};
use kpi::{Cx, Errno, Result, UserCStr, UserOut};
use linux_abi::c;
use linux_abi::fd::Fd;
use linux_abi::statfs::{statfs_of_kind, statfs_to_linux};

/// What the file system that holds `path` is.
pub(crate) fn statfs(cx: &mut Cx<'_>, path: UserCStr, out: UserOut<c::l_statfs>) -> Result<()> {
    let fs = kern_statfs(cx, path)?;
    out.write(cx, &statfs_to_linux(&fs))
}

/// What the file system that holds the open file is.
pub(crate) fn fstatfs(cx: &mut Cx<'_>, fd: Fd, out: UserOut<c::l_statfs>) -> Result<()> {
    match kern_fstatfs(cx, fd) {
        Ok(fs) => out.write(cx, &statfs_to_linux(&fs)),
        Err(fail) if is(fail, Errno::EINVAL) => {
            let st = kern_fstat(cx, fd)?;
            out.write(cx, &statfs_of_kind(st.mode))
        }
        Err(fail) => Err(fail),
    }
}
