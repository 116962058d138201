// SPDX-License-Identifier: BSD-2-Clause
//! umount2(2).
//!
//! FreeBSD: kern_unmount (vfs_mount.c).
//! Differences from Linux: MNT_DETACH, MNT_EXPIRE and UMOUNT_NOFOLLOW are EINVAL: FreeBSD
//! unmounts now or not at all, and follows links.

use kpi::kern::path::{At, is, kern_unmount};
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::mount::plan_umount;

/// Takes a file system out of the tree.
pub(crate) fn umount2(cx: &mut Cx<'_>, path: UserCStr, flags: i32) -> Result<()> {
    let force = plan_umount(flags)?;
    match kern_unmount(cx, path, force) {
        // The path comes before the right.
        Err(fail) if is(fail, Errno::EPERM) => {
            kern_statat(cx, At::cwd(path), 0)?;
            Err(fail)
        }
        done => done,
    }
}
