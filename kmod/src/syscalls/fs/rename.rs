// SPDX-License-Identifier: BSD-2-Clause
//! rename(2), renameat(2), renameat2(2).
//!
//! FreeBSD: kern_renameat (vfs_syscalls.c), VOP_RENAME(9).
//! Differences from Linux: RENAME_EXCHANGE and RENAME_WHITEOUT are EINVAL, as on a file system
//! without them.

use kpi::kern::link::kern_renameat;
use kpi::kern::path::{At, is};
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::{Rename, rename_flags};
use linux_abi::fd::Fd;

/// Gives a file a new name.
pub(crate) fn rename(cx: &mut Cx<'_>, old: UserCStr, new: UserCStr) -> Result<()> {
    move_to(cx, At::cwd(old), At::cwd(new), true)
}

/// The same below two folders.
pub(crate) fn renameat(
    cx: &mut Cx<'_>,
    old_dir: Fd,
    old: UserCStr,
    new_dir: Fd,
    new: UserCStr,
) -> Result<()> {
    move_to(cx, At::new(old_dir, old), At::new(new_dir, new), true)
}

/// The same with RENAME_NOREPLACE.
pub(crate) fn renameat2(
    cx: &mut Cx<'_>,
    old_dir: Fd,
    old: UserCStr,
    new_dir: Fd,
    new: UserCStr,
    flags: u32,
) -> Result<()> {
    let (old, new) = (At::new(old_dir, old), At::new(new_dir, new));
    let replace = rename_flags(flags)? == Rename::Replace;
    move_to(cx, old, new, replace)
}

fn move_to(cx: &mut Cx<'_>, old: At, new: At, replace: bool) -> Result<()> {
    match kern_renameat(cx, old, new, replace) {
        // A file over the folder it is in: for Linux that is a folder that is not empty.
        Err(fail) if is(fail, Errno::EISDIR) && old.is_below(cx, new)? => {
            Err(Errno::ENOTEMPTY.into())
        }
        done => done,
    }
}
