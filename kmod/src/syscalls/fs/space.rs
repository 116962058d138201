// SPDX-License-Identifier: BSD-2-Clause
//! truncate(2), fallocate(2), posix_fadvise(2), readahead(2), sync_file_range(2), syncfs(2).
//! ftruncate(2) is FreeBSD's own.
//!
//! FreeBSD: kern_truncate, kern_posix_fallocate, kern_fspacectl (sys_generic.c), kern_posix_fadvise, kern_fsync,
//! sys_sync (vfs_syscalls.c).
//! Differences from Linux: fallocate allocates, zeroes and punches holes, but keeps no blocks behind the
//! end of a file; other modes are EOPNOTSUPP. sync_file_range writes the whole file, syncfs all file systems.

use kpi::kern::io::check_open;
use kpi::kern::path::{is, kern_truncate};
use kpi::kern::space::{fdatasync, kern_posix_fadvise, kern_posix_fallocate, punch_hole, sync_all};
use kpi::kern::stat::kern_fstat;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::space::{Fallocate, plan_fadvise, plan_fallocate, plan_sync_file_range};

/// Cuts a file, or lengthens it with a hole.
pub(crate) fn truncate(cx: &mut Cx<'_>, path: UserCStr, length: i64) -> Result<()> {
    kern_truncate(cx, path, length)
}

/// Gives a range of a file its blocks, or takes them away.
pub(crate) fn fallocate(cx: &mut Cx<'_>, fd: Fd, mode: i32, offset: i64, len: i64) -> Result<()> {
    let done = match plan_fallocate(mode, offset, len) {
        Ok(Fallocate::Allocate) => kern_posix_fallocate(cx, fd, offset, len),
        Ok(Fallocate::AllocateInside) => {
            inside(cx, fd, offset, len)?;
            kern_posix_fallocate(cx, fd, offset, len)
        }
        Ok(Fallocate::PunchHole) => punch_hole(cx, fd, offset, len),
        // A hole reads as zeros; posix_fallocate gives it blocks and the file its length.
        Ok(Fallocate::Zero) => {
            punch_hole(cx, fd, offset, len).and_then(|()| kern_posix_fallocate(cx, fd, offset, len))
        }
        Ok(Fallocate::ZeroInside) => {
            inside(cx, fd, offset, len)?;
            punch_hole(cx, fd, offset, len).and_then(|()| kern_posix_fallocate(cx, fd, offset, len))
        }
        Err(errno) => {
            // The descriptor comes first.
            kern_fstat(cx, fd)?;
            return Err(errno.into());
        }
    };
    // The range is good, so EINVAL comes from a file system that cannot do it.
    done.map_err(|fail| {
        if is(fail, Errno::EINVAL) {
            Errno::EOPNOTSUPP.into()
        } else {
            fail
        }
    })
}

/// EOPNOTSUPP for a range that ends behind the file: FreeBSD keeps no blocks there. EBADF for what
/// is not open for writing.
fn inside(cx: &mut Cx<'_>, fd: Fd, offset: i64, len: i64) -> Result<()> {
    check_open(cx, fd, true)?;
    if offset.saturating_add(len) > kern_fstat(cx, fd)?.size {
        return Err(Errno::EOPNOTSUPP.into());
    }
    Ok(())
}

/// Tells how a range of a file is going to be used.
pub(crate) fn fadvise64(cx: &mut Cx<'_>, fd: Fd, offset: i64, len: u64, advice: i32) -> Result<()> {
    let (offset, len) = match plan_fadvise(offset, len.cast_signed(), advice) {
        Ok(range) => range,
        Err(errno) => {
            // The descriptor comes first.
            kern_fstat(cx, fd)?;
            return Err(errno.into());
        }
    };
    match kern_posix_fadvise(cx, fd, offset, len, advice) {
        // Folders and devices: there is nothing to advise, and Linux does not mind.
        Err(fail) if is(fail, Errno::ENODEV) => Ok(()),
        done => done,
    }
}

/// Reads a range of a file ahead. EBADF unless it is open for reading, EINVAL for what is no plain file.
pub(crate) fn readahead(cx: &mut Cx<'_>, fd: Fd, offset: i64, count: usize) -> Result<()> {
    check_open(cx, fd, false)?;
    let st = kern_fstat(cx, fd)?;
    if i32::from(st.mode) & bsd::S_IFMT != bsd::S_IFREG {
        return Err(Errno::EINVAL.into());
    }
    // CAST: a count beyond SSIZE_MAX is negative to Linux, and EINVAL.
    let (offset, len) = plan_fadvise(offset, count as i64, bsd::POSIX_FADV_WILLNEED)?;
    match kern_posix_fadvise(cx, fd, offset, len, bsd::POSIX_FADV_WILLNEED) {
        // A memory file is all there.
        Err(fail) if is(fail, Errno::ENODEV) => Ok(()),
        done => done,
    }
}

/// Writes a range of a file to the disk. ESPIPE for what is not in a file system.
pub(crate) fn sync_file_range(
    cx: &mut Cx<'_>,
    fd: Fd,
    offset: i64,
    nbytes: i64,
    flags: u32,
) -> Result<()> {
    let write = plan_sync_file_range(offset, nbytes, flags);
    // The descriptor comes first.
    kern_fstat(cx, fd)?;
    if write? {
        let done = fdatasync(cx, fd);
        return done.map_err(|fail| {
            if is(fail, Errno::EINVAL) {
                Errno::ESPIPE.into()
            } else {
                fail
            }
        });
    }
    Ok(())
}

/// Writes the file system that holds `fd` to the disk.
pub(crate) fn syncfs(cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
    kern_fstat(cx, fd)?;
    sync_all(cx)
}
