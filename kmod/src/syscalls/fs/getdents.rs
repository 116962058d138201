// SPDX-License-Identifier: BSD-2-Clause
//! getdents(2), getdents64(2).
//!
//! FreeBSD: kern_getdirentries (vfs_syscalls.c).
//! Differences from Linux: where the buffer is too small for what the file system gives at
//! once, the offset is set back in a second step, so that two threads that read one
//! descriptor so may see an entry twice. File systems that do not number their entries (NFS)
//! refuse a buffer that small with EINVAL.

use kpi::kern::dir::{Records, rewind};
use kpi::kern::path::is;
use kpi::{Cx, Errno, Result, UserBytesOut};
use linux_abi::dirent::{DirentFormat, Packed, pack};
use linux_abi::fd::Fd;

/// What is read at once at most.
const MOST: usize = 32768;

/// Enough for any file system to give at least one entry.
const ENOUGH: usize = 1024;

/// Reads entries in the format without types.
pub(crate) fn getdents(cx: &mut Cx<'_>, fd: Fd, out: UserBytesOut, count: u32) -> Result<usize> {
    read_folder(cx, fd, out, count, DirentFormat::Old)
}

/// Reads entries: how many bytes of them, 0 at the end. EINVAL where not even one fits.
pub(crate) fn getdents64(cx: &mut Cx<'_>, fd: Fd, out: UserBytesOut, count: u32) -> Result<usize> {
    read_folder(cx, fd, out, count, DirentFormat::New)
}

fn read_folder(
    cx: &mut Cx<'_>,
    fd: Fd,
    out: UserBytesOut,
    count: u32,
    format: DirentFormat,
) -> Result<usize> {
    // CAST: the kernel is 64-bit.
    let room = (count as usize).min(MOST);
    // FreeBSD's records are the longer ones, so what it reads into `room` bytes fits them.
    let mut size = room;
    let mut records = Records::new(cx, size)?;
    loop {
        match records.read(cx, fd) {
            // Too small for FreeBSD's records, which may not mean too small for Linux's.
            Err(fail) if is(fail, Errno::EINVAL) && size < ENOUGH => {
                size = ENOUGH;
                records = Records::new(cx, size)?;
                continue;
            }
            // The descriptor has no vnode: a socket, a pipe.
            Err(fail) if is(fail, Errno::EINVAL) => return Err(Errno::ENOTDIR.into()),
            read => read?,
        }
        let base = records.base;
        let Packed { len, resume } = pack(&mut records, base, room, format);
        if len == 0 && resume.is_none() && !records.is_empty() {
            // Nothing but deleted entries: the end is where nothing is read at all.
            continue;
        }
        let stored = match records.get(..len) {
            Some(records) if len != 0 => out.write(cx, records),
            _ => Ok(()),
        };
        if let Err(fail) = stored {
            rewind(cx, fd, base);
            return Err(fail);
        }
        match resume {
            None => return Ok(len),
            // An entry without a number cannot be gone back to.
            Some(offset) if len == 0 || offset == 0 => {
                rewind(cx, fd, base);
                return Err(Errno::EINVAL.into());
            }
            Some(offset) => {
                rewind(cx, fd, offset);
                return Ok(len);
            }
        }
    }
}
