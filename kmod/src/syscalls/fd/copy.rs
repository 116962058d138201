// SPDX-License-Identifier: BSD-2-Clause
//! copy_file_range(2).
//!
//! FreeBSD: kern_copy_file_range (vfs_syscalls.c), which keeps holes; through a kernel buffer
//! where one of the two is a memory file.
//! Differences from Linux: none known.

use kpi::kern::dir;
use kpi::kern::fd::{Kind, info};
use kpi::kern::io::{self, Buffer};
use kpi::kern::space;
use kpi::kern::stat::kern_fstat;
use kpi::{Cx, Errno, Result, UserInOut};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::splice::plan_copy;

const CHUNK: usize = 65536;
const SEEK_SET: u32 = 0;
const SEEK_CUR: u32 = 1;

/// Copies up to `len` bytes from file to file. An offset stands for the descriptor's own and
/// is moved on.
///
/// EBADF, EFAULT, EINVAL for flags, what is no plain file, or ranges that overlap, EISDIR,
/// EOVERFLOW, EFBIG.
pub(crate) fn copy_file_range(
    cx: &mut Cx<'_>,
    from: Fd,
    from_offset: Option<UserInOut<i64>>,
    to: Fd,
    to_offset: Option<UserInOut<i64>>,
    len: usize,
    flags: u32,
) -> Result<usize> {
    let (source, target) = (info(cx, from)?, info(cx, to)?);
    let from_start = start(cx, from, &from_offset)?;
    let to_start = start(cx, to, &to_offset)?;
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (from_stat, to_stat) = (kern_fstat(cx, from)?, kern_fstat(cx, to)?);
    let kinds = [from_stat, to_stat].map(|st| i32::from(st.mode) & bsd::S_IFMT);
    if kinds.contains(&bsd::S_IFDIR) {
        return Err(Errno::EISDIR.into());
    }
    if kinds != [bsd::S_IFREG; 2] {
        return Err(Errno::EINVAL.into());
    }
    io::check_open(cx, from, false)?;
    io::check_open(cx, to, true)?;
    if target.flags & bsd::O_APPEND != 0 {
        return Err(Errno::EBADF.into());
    }
    let same = (from_stat.dev, from_stat.ino) == (to_stat.dev, to_stat.ino);
    let len = plan_copy(from_start, to_start, len as u64, from_stat.size, same)?;
    if len == 0 {
        return Ok(0);
    }

    let (mut from_end, mut to_end) = (from_start, to_start);
    let copied = if source.kind == Kind::Vnode && target.kind == Kind::Vnode {
        space::kern_copy_file_range(cx, from, &mut from_end, to, &mut to_end, len)?
    } else {
        let copied = through_buffer(cx, from, from_start, to, to_start, len)?;
        // CAST: at most `len`, which is a length of a file.
        from_end = from_start.saturating_add(copied as i64);
        to_end = to_start.saturating_add(copied as i64);
        copied
    };

    finish(cx, from, from_offset, from_end)?;
    finish(cx, to, to_offset, to_end)?;
    Ok(copied)
}

/// The offset to begin at; 0 for what has none, which is refused soon.
fn start(cx: &mut Cx<'_>, fd: Fd, offset: &Option<UserInOut<i64>>) -> Result<i64> {
    match offset {
        Some(user) => user.read(cx),
        None => Ok(dir::seek(cx, fd, 0, SEEK_CUR).unwrap_or(0)),
    }
}

/// Stores the offset where it came from.
fn finish(cx: &mut Cx<'_>, fd: Fd, offset: Option<UserInOut<i64>>, end: i64) -> Result<()> {
    match offset {
        Some(user) => user.write(cx, &end),
        None => dir::seek(cx, fd, end, SEEK_SET).map(|_| ()),
    }
}

fn through_buffer(
    cx: &mut Cx<'_>,
    from: Fd,
    from_start: i64,
    to: Fd,
    to_start: i64,
    len: usize,
) -> Result<usize> {
    let mut buffer = Buffer::new(cx, len.min(CHUNK))?;
    let mut copied = 0_usize;
    while copied < len {
        // CAST: at most `len`, which is a length of a file.
        let done = copied as i64;
        let want = len.saturating_sub(copied).min(buffer.len());
        let room = buffer.get_mut(..want).unwrap_or_default();
        let got = match io::read_kernel(cx, from, room, Some(from_start.saturating_add(done))) {
            Ok(0) => break,
            Err(fail) if copied == 0 => return Err(fail),
            Err(_) => break,
            Ok(got) => got,
        };
        let bytes = buffer.get(..got).unwrap_or_default();
        match io::write_kernel(cx, to, bytes, Some(to_start.saturating_add(done))) {
            Ok(written) => {
                copied = copied.saturating_add(written);
                if written < got {
                    break;
                }
            }
            Err(fail) if copied == 0 => return Err(fail),
            Err(_) => break,
        }
    }
    Ok(copied)
}
