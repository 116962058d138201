// SPDX-License-Identifier: BSD-2-Clause
//! inotify_init(2), inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).
//!
//! FreeBSD: kern_specialfd (sys_generic.c), kern_inotify_add_watch, kern_inotify_rm_watch
//! (vfs_inotify.c). Reading, polling and FIONREAD are the descriptor's own; its records are
//! Linux's.
//! Differences from Linux: the first rename after boot has the cookie 0; a watch for no event at
//! all, for IN_IGNORED and IN_UNMOUNT alone, is EINVAL.

use kpi::kern::inotify::{inotify_create, kern_inotify_add_watch, kern_inotify_rm_watch};
use kpi::kern::path::At;
use kpi::kern::stat::kern_fstat;
use kpi::{Cx, Result, UserCStr};
use linux_abi::fd::Fd;
use linux_abi::inotify::{InotifyFlags, check_mask, watch_mask};

/// Makes a descriptor to watch files with.
pub(crate) fn inotify_init(cx: &mut Cx<'_>) -> Result<i32> {
    inotify_create(cx, 0)
}

/// The same with IN_CLOEXEC and IN_NONBLOCK.
pub(crate) fn inotify_init1(cx: &mut Cx<'_>, flags: InotifyFlags) -> Result<i32> {
    inotify_create(cx, flags.to_bsd()?)
}

/// Watches what `path` names.
pub(crate) fn inotify_add_watch(cx: &mut Cx<'_>, fd: Fd, path: UserCStr, mask: u32) -> Result<i32> {
    check_mask(mask)?;
    match watch_mask(mask) {
        Ok(mask) => kern_inotify_add_watch(cx, fd, At::cwd(path), mask),
        Err(errno) => {
            // The descriptor comes first.
            kern_fstat(cx, fd)?;
            Err(errno.into())
        }
    }
}

/// Stops watching.
pub(crate) fn inotify_rm_watch(cx: &mut Cx<'_>, fd: Fd, watch: i32) -> Result<()> {
    kern_inotify_rm_watch(cx, fd, watch)
}
