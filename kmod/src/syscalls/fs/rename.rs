// SPDX-License-Identifier: BSD-2-Clause
//! rename(2), renameat(2), renameat2(2).
//!
//! FreeBSD: kern_renameat, kern_linkat, kern_funlinkat (vfs_syscalls.c).
//! Differences from Linux: RENAME_EXCHANGE and RENAME_WHITEOUT are EINVAL, as on a file system
//! without them. RENAME_NOREPLACE is a link and an unlink, so that for a moment both names exist;
//! for a folder, an empty folder is there for a moment.

use kpi::kern::link::{kern_linkat, kern_renameat};
use kpi::kern::path::{At, is, kern_frmdirat, kern_funlinkat, kern_mkdirat};
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::{Rename, rename_flags};
use linux_abi::bsd;
use linux_abi::fd::Fd;

/// Gives a file a new name.
pub(crate) fn rename(cx: &mut Cx<'_>, old: UserCStr, new: UserCStr) -> Result<()> {
    replace(cx, At::cwd(old), At::cwd(new))
}

/// The same below two folders.
pub(crate) fn renameat(
    cx: &mut Cx<'_>,
    old_dir: Fd,
    old: UserCStr,
    new_dir: Fd,
    new: UserCStr,
) -> Result<()> {
    replace(cx, At::new(old_dir, old), At::new(new_dir, new))
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
    match rename_flags(flags)? {
        Rename::Replace => replace(cx, old, new),
        Rename::NoReplace => no_replace(cx, old, new),
    }
}

fn replace(cx: &mut Cx<'_>, old: At, new: At) -> Result<()> {
    match kern_renameat(cx, old, new) {
        // A file over the folder it is in: for Linux that is a folder that is not empty.
        Err(fail) if is(fail, Errno::EISDIR) && old.is_below(cx, new)? => {
            Err(Errno::ENOTEMPTY.into())
        }
        done => done,
    }
}

fn no_replace(cx: &mut Cx<'_>, old: At, new: At) -> Result<()> {
    match kern_linkat(cx, old, new, 0) {
        Ok(()) => {}
        // A folder, or a file system or rule that allows no second name.
        Err(fail)
            if is(fail, Errno::EPERM)
                || is(fail, Errno::EOPNOTSUPP)
                || is(fail, Errno::EMLINK)
                || is(fail, Errno::EACCES) =>
        {
            if kern_statat(cx, new, bsd::AT_SYMLINK_NOFOLLOW).is_ok() {
                return Err(Errno::EEXIST.into());
            }
            let st = kern_statat(cx, old, bsd::AT_SYMLINK_NOFOLLOW)?;
            if i32::from(st.mode) & bsd::S_IFMT != bsd::S_IFDIR {
                return Err(Errno::EINVAL.into());
            }
            return folder_no_replace(cx, old, new);
        }
        Err(fail) => return Err(fail),
    }
    let unlinked = kern_funlinkat(cx, old);
    if unlinked.is_err() {
        // Not ours to remove: then it keeps its one name.
        let _ = kern_funlinkat(cx, new);
    }
    unlinked
}

/// An empty folder takes the place of the target, so that nobody else does; a folder may replace it.
fn folder_no_replace(cx: &mut Cx<'_>, old: At, new: At) -> Result<()> {
    kern_mkdirat(cx, new, 0o700)?;
    let renamed = replace(cx, old, new);
    if renamed.is_err() {
        let _ = kern_frmdirat(cx, new);
    }
    renamed
}
