// SPDX-License-Identifier: BSD-2-Clause
//! Space and data of an open file, memory files: sys_generic.c, vfs_syscalls.c, uipc_shm.c.

use core::ptr;

use linux_abi::fd::Fd;
use linux_abi::memfd::MemfdPlan;

use super::fd::new_fd;
use super::stat::kern_fstat;
use crate::{Cx, Result, check};

/// posix_fallocate(2). EINVAL where the file system cannot, ESPIPE, EBADF, ENODEV.
pub fn kern_posix_fallocate(cx: &mut Cx<'_>, fd: Fd, offset: i64, len: i64) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_posix_fallocate(cx.td(), fd.0, offset, len) })
}

/// fspacectl(2): makes a hole of the range. ENODEV for what is no plain file.
///
/// On tmpfs and for memory files, 15.0 never comes to an end with a range that begins a page and
/// ends in the same one, or in a file that does; zeros are written there.
pub fn punch_hole(cx: &mut Cx<'_>, fd: Fd, offset: i64, len: i64) -> Result<()> {
    const PAGE: i64 = 4096;
    let left = kern_fstat(cx, fd)?.size.saturating_sub(offset);
    let inside = len.min(left);
    if offset & (PAGE - 1) == 0 && (1..PAGE).contains(&inside) {
        // SAFETY: current. CAST: less than a page.
        return check(unsafe { ffi::lrs_write_zeros(cx.td(), fd.0, offset, inside as usize) });
    }
    let mut range = ffi::spacectl_range {
        r_offset: offset,
        r_len: len,
    };
    // A signal can stop it short; what remains is in the range.
    while range.r_len > 0 {
        let asked = ffi::spacectl_range { ..range };
        let command = ffi::SPACECTL_DEALLOC.cast_signed();
        // SAFETY: current; both ranges are kernel memory.
        check(unsafe {
            ffi::kern_fspacectl(cx.td(), fd.0, command, &raw const asked, 0, &raw mut range)
        })?;
        if range.r_len >= asked.r_len {
            break;
        }
    }
    Ok(())
}

/// posix_fadvise(2); the advice has the same numbers. ESPIPE, ENODEV for what is no plain file.
pub fn kern_posix_fadvise(
    cx: &mut Cx<'_>,
    fd: Fd,
    offset: i64,
    len: i64,
    advice: i32,
) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_posix_fadvise(cx.td(), fd.0, offset, len, advice) })
}

/// Of the pages of a file that hold the bytes from `from` to `to`, how many are in memory, and how many of these
/// are to be written. EBADF.
pub fn cached_pages(cx: &mut Cx<'_>, fd: Fd, from: u64, to: u64) -> Result<(u64, u64)> {
    let (mut cached, mut dirty) = (0, 0);
    // SAFETY: current; the shim looks the descriptor up, locks what it looks at, and lets all go.
    check(unsafe {
        ffi::lrs_cached_pages(cx.td(), fd.0, from, to, &raw mut cached, &raw mut dirty)
    })?;
    Ok((cached, dirty))
}

/// fdatasync(2). EINVAL for what is not in a file system.
pub fn fdatasync(cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_fsync(cx.td(), fd.0, false) })
}

/// copy_file_range(2) between files of file systems, at offsets of the caller's that move on:
/// how many bytes were copied. Ranges of one file must not overlap.
pub fn kern_copy_file_range(
    cx: &mut Cx<'_>,
    from: Fd,
    from_offset: &mut i64,
    to: Fd,
    to_offset: &mut i64,
    len: usize,
) -> Result<usize> {
    // SAFETY: current; both offsets are kernel memory.
    check(unsafe {
        ffi::kern_copy_file_range(cx.td(), from.0, from_offset, to.0, to_offset, len, 0)
    })?;
    // CAST: at most `len`.
    Ok(cx.retval() as usize)
}

/// sync(2).
pub fn sync_all(cx: &mut Cx<'_>) -> Result<()> {
    // SAFETY: current; the call has no arguments.
    check(unsafe { ffi::sys_sync(cx.td(), ptr::null_mut()) })
}

/// A memory file that grows when written to.
pub fn memfd(cx: &mut Cx<'_>, plan: MemfdPlan) -> Result<i32> {
    let mut flags = ffi::O_RDWR;
    if plan.cloexec {
        flags |= ffi::O_CLOEXEC;
    }
    let mut how = ffi::SHM_GROW_ON_WRITE;
    if plan.sealable {
        how |= ffi::SHM_ALLOW_SEALING;
    }
    // SHM_ANON of sys/mman.h.
    let anonymous = ptr::without_provenance(1);
    // SAFETY: current; SHM_ANON is no address to shm_open; null capabilities and no object
    // to reuse are allowed.
    check(unsafe {
        ffi::kern_shm_open2(
            cx.td(),
            anonymous,
            flags.cast_signed(),
            0o777,
            how.cast_signed(),
            ptr::null_mut(),
            ptr::null(),
            ptr::null_mut(),
        )
    })?;
    Ok(new_fd(cx))
}
