// SPDX-License-Identifier: BSD-2-Clause
//! Folders: vfs_syscalls.c, vfs_cache.c.

use core::ptr::NonNull;

use linux_abi::fd::Fd;

use super::io::Buffer;
use super::reroot;
use crate::{Cx, Errno, Result, check};

/// Kernel memory for entries of a folder.
pub struct Records {
    bytes: NonNull<u8>,
    room: usize,
    len: usize,
    /// The offset they were read at.
    pub base: i64,
}

impl Records {
    /// Room for `room` bytes of records, at least one; sleeps until memory is there.
    pub fn new(_cx: &mut Cx<'_>, room: usize) -> Result<Self> {
        let room = room.max(1);
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL.
        let p = unsafe {
            ffi::malloc(
                room,
                (&raw mut ffi::M_LINUX_RS).cast(),
                ffi::M_WAITOK.cast_signed(),
            )
        };
        Ok(Records {
            bytes: NonNull::new(p.cast()).ok_or(Errno::ENOMEM)?,
            room,
            len: 0,
            base: 0,
        })
    }

    /// getdirentries(2). EINVAL where not even one record fits, and for a
    /// descriptor without a vnode; ENOTDIR; ENOENT once the folder is deleted.
    pub fn read(&mut self, cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
        self.len = 0;
        // SAFETY: current; there are `room` writable bytes of kernel memory.
        check(unsafe {
            ffi::kern_getdirentries(
                cx.td(),
                fd.0,
                self.bytes.as_ptr().cast(),
                self.room,
                &raw mut self.base,
                core::ptr::null_mut(),
                ffi::UIO_SYSSPACE,
            )
        })?;
        // CAST: at most `room`.
        self.len = cx.retval() as usize;
        Ok(())
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        // SAFETY: from malloc(9) in `new`.
        unsafe {
            ffi::free(
                self.bytes.as_ptr().cast(),
                (&raw mut ffi::M_LINUX_RS).cast(),
            )
        }
    }
}

impl core::ops::Deref for Records {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: that many bytes were read into it.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr(), self.len) }
    }
}

impl core::ops::DerefMut for Records {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.bytes.as_ptr(), self.len) }
    }
}

/// lseek(2), ESPIPE for terminals too: the new offset. The numbers of `whence` are the same on
/// both systems.
#[inline]
pub fn seek(cx: &mut Cx<'_>, fd: Fd, offset: i64, whence: u32) -> Result<i64> {
    // SAFETY: current.
    check(unsafe { ffi::lrs_lseek(cx.td(), fd.0, offset, whence.cast_signed()) })?;
    // tdu_off and tdu_retval[0] share their place.
    Ok(cx.retval().cast_signed())
}

/// Goes back to `offset` of a folder just read. That cannot fail in a way that helps anyone
/// but by another thread closing the descriptor.
pub fn rewind(cx: &mut Cx<'_>, fd: Fd, offset: i64) {
    let _ = seek(cx, fd, offset, ffi::SEEK_SET);
}

/// The working directory's path, with its NUL, inside `buffer`; seen from the process's root, or
/// from the emulation root where it is below that.
/// ENOENT once it is deleted, ENOMEM where the buffer is too small.
pub fn getcwd<'b>(cx: &mut Cx<'_>, buffer: &'b mut Buffer) -> Result<&'b [u8]> {
    let start = buffer.as_mut_ptr().cast();
    let mut path = core::ptr::null_mut();
    let mut len = buffer.len();
    // SAFETY: vn_getcwd writes inside `buffer`, for the current thread (current).
    check(unsafe { ffi::vn_getcwd(start, &raw mut path, &raw mut len) })?;
    // The path is at the end of the buffer. CAST: two addresses in the buffer.
    let from = (path as usize).wrapping_sub(start as usize);
    let tail = buffer.get(from..).unwrap_or_default();
    let end = tail
        .iter()
        .position(|b| *b == 0)
        .map_or(tail.len(), |nul| nul.saturating_add(1));
    let path = tail.get(..end).unwrap_or_default();
    if !reroot::is_active(cx) {
        return Ok(path);
    }
    let mut root = Buffer::new(cx, reroot::PATH_MAX)?;
    // SAFETY: current; `root` is writable for its length.
    let len = unsafe { ffi::lrs_emul_root_path(cx.td(), root.as_mut_ptr().cast(), root.len()) };
    Ok(below(path, root.get(..len).unwrap_or_default()))
}

/// What is left of a path, which ends in NUL, below `root`, or the path if it is not below it.
pub(crate) fn below<'p>(path: &'p [u8], root: &[u8]) -> &'p [u8] {
    match path.strip_prefix(root) {
        Some(rest) if rest.first() == Some(&b'/') => rest,
        Some([0]) if !root.is_empty() => b"/\0",
        _ => path,
    }
}

/// fchroot(2). EBADF, ENOTDIR, EPERM.
pub fn fchroot(cx: &mut Cx<'_>, folder: Fd) -> Result<()> {
    // SAFETY: an integer and padding.
    let mut args: ffi::fchroot_args = unsafe { core::mem::zeroed() };
    args.fd = folder.0;
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_fchroot(cx.td(), &raw mut args) })
}
