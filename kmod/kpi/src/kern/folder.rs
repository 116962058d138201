// SPDX-License-Identifier: BSD-2-Clause
//! Descriptors that are open for the time of one call, to look things up from: vfs_syscalls.c.

use core::ffi::c_int;

use linux_abi::fd::Fd;
use linux_abi::stat::BsdStat;

use super::fd::{dup_fixed, kern_close, new_fd};
use super::stat::kern_fstat;
use crate::{Cx, Result, check};

/// A folder, or whatever else a name was for, open for one lookup.
pub(crate) struct OpenFolder(c_int);

/// FreeBSD's flags for a descriptor that only stands for a file.
pub(crate) const LOOK: u32 = ffi::O_PATH | ffi::O_CLOEXEC;

impl OpenFolder {
    /// Opens the folder a path in the kernel, which ends in NUL, names.
    pub(crate) fn open(cx: &mut Cx<'_>, dir: c_int, path: &[u8]) -> Result<Self> {
        Self::look(cx, dir, path, ffi::O_DIRECTORY)
    }

    /// Opens what a path in the kernel, which ends in NUL, names, with more flags.
    pub(crate) fn look(cx: &mut Cx<'_>, dir: c_int, path: &[u8], flags: u32) -> Result<Self> {
        open_kernel(cx, dir, path, LOOK | flags, 0).map(OpenFolder)
    }

    /// A descriptor that is closed when this goes.
    pub(crate) fn own(fd: c_int) -> Self {
        OpenFolder(fd)
    }

    /// Its number.
    pub(crate) fn fd(&self) -> c_int {
        self.0
    }

    /// What it is open on.
    pub(crate) fn stat(&self, cx: &mut Cx<'_>) -> Result<BsdStat> {
        kern_fstat(cx, Fd(self.0))
    }

    /// Gives this one's number to `fd`, which is higher: a new descriptor has the lowest number there
    /// is, and this one took it.
    pub(crate) fn hand_over(self, cx: &mut Cx<'_>, fd: c_int, cloexec: bool) -> Result<c_int> {
        if fd < self.0 {
            return Ok(fd);
        }
        let lower = dup_fixed(cx, Fd(fd), Fd(self.0), cloexec)?;
        core::mem::forget(self);
        kern_close(cx, fd)?;
        Ok(lower)
    }
}

impl Drop for OpenFolder {
    fn drop(&mut self) {
        // SAFETY: the current thread's (current); a descriptor somebody else has closed meanwhile is
        // EBADF.
        unsafe { ffi::kern_close(ffi::lrs_curthread(), self.0) };
    }
}

/// openat(2) of a path in the kernel, which ends in NUL.
pub(crate) fn open_kernel(
    cx: &mut Cx<'_>,
    dir: c_int,
    path: &[u8],
    flags: u32,
    mode: u32,
) -> Result<c_int> {
    debug_assert!(path.contains(&0), "no NUL");
    // SAFETY: current; the path ends in NUL.
    check(unsafe {
        ffi::kern_openat(
            cx.td(),
            dir,
            path.as_ptr().cast(),
            ffi::UIO_SYSSPACE,
            flags.cast_signed(),
            mode.cast_signed(),
        )
    })?;
    Ok(new_fd(cx))
}
