// SPDX-License-Identifier: BSD-2-Clause
//! Watching files: vfs_inotify.c.

use linux_abi::fd::Fd;

use super::fd::new_fd;
use super::path::At;
use crate::{Cx, Result, check};

/// inotify_init1(2) with FreeBSD's O_CLOEXEC and O_NONBLOCK. EMFILE.
pub fn inotify_create(cx: &mut Cx<'_>, flags: i32) -> Result<i32> {
    let mut arg = ffi::specialfd_inotify { flags };
    // CAST: a small enumerator.
    let kind = ffi::SPECIALFD_INOTIFY as i32;
    // SAFETY: current; `arg` is what this type of special descriptor takes.
    check(unsafe { ffi::kern_specialfd(cx.td(), kind, (&raw mut arg).cast()) })?;
    Ok(new_fd(cx))
}

/// inotify_add_watch(2): the watch descriptor. EBADF, EINVAL for another kind of descriptor,
/// EACCES, ENOSPC.
pub fn kern_inotify_add_watch(cx: &mut Cx<'_>, fd: Fd, at: At, mask: u32) -> Result<i32> {
    // SAFETY: current; kernel copy for the path.
    check(unsafe { ffi::kern_inotify_add_watch(fd.0, at.dir().0, at.path(), mask, cx.td()) })?;
    // CAST: watch descriptors are ints.
    Ok(cx.retval() as i32)
}

/// inotify_rm_watch(2). EBADF, EINVAL.
pub fn kern_inotify_rm_watch(cx: &mut Cx<'_>, fd: Fd, watch: i32) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_inotify_rm_watch(fd.0, watch.cast_unsigned(), cx.td()) })
}
