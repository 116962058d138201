// SPDX-License-Identifier: BSD-2-Clause
//! unlink(2), rmdir(2), unlinkat(2).
//!
//! FreeBSD: kern_funlinkat, kern_frmdirat (vfs_syscalls.c).
//! Differences from Linux: none known.

use kpi::kern::path::{At, is, kern_frmdirat, kern_funlinkat};
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::fd::Fd;

/// Removes a name.
pub(crate) fn unlink(cx: &mut Cx<'_>, path: UserCStr) -> Result<()> {
    do_unlink(cx, At::cwd(path))
}

/// Removes an empty folder.
pub(crate) fn rmdir(cx: &mut Cx<'_>, path: UserCStr) -> Result<()> {
    do_rmdir(cx, At::cwd(path))
}

/// Either, below the folder `dir`.
pub(crate) fn unlinkat(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, flags: i32) -> Result<()> {
    let at = At::new(dir, path);
    if AtCall::Unlinkat.flags_to_bsd(flags)? & bsd::AT_REMOVEDIR != 0 {
        do_rmdir(cx, at)
    } else {
        do_unlink(cx, at)
    }
}

fn do_unlink(cx: &mut Cx<'_>, at: At) -> Result<()> {
    match kern_funlinkat(cx, at) {
        // POSIX has EPERM for a folder, Linux EISDIR.
        Err(fail) if is(fail, Errno::EPERM) && is_folder(cx, at) => Err(Errno::EISDIR.into()),
        done => done,
    }
}

#[cold]
fn is_folder(cx: &mut Cx<'_>, at: At) -> bool {
    let st = kern_statat(cx, at, bsd::AT_SYMLINK_NOFOLLOW);
    st.is_ok_and(|st| i32::from(st.mode) & bsd::S_IFMT == bsd::S_IFDIR)
}

fn do_rmdir(cx: &mut Cx<'_>, at: At) -> Result<()> {
    match kern_frmdirat(cx, at) {
        // The root.
        Err(fail) if is(fail, Errno::EISDIR) => Err(Errno::EBUSY.into()),
        done => done,
    }
}
