// SPDX-License-Identifier: BSD-2-Clause
//! sendfile(2).
//!
//! FreeBSD: fo_sendfile (kern_sendfile.c) from a file to a stream socket, without a copy; else
//! kern_preadv and kern_writev through a kernel buffer.
//! Differences from Linux: none known.

use kpi::kern::fd::{self, Kind};
use kpi::kern::io;
use kpi::{Cx, Errno, Fail, Result, UserInOut};
use linux_abi::fd::Fd;

/// MAX_RW_COUNT: what Linux moves in one call.
const MOST: usize = 0x7fff_f000;
const CHUNK: usize = 65536;

/// Copies up to `count` bytes of `from`, from `offset` on or else its own, to `to`.
///
/// EBADF, EINVAL where `from` has no offsets, `to` appends, or the offset is negative, EAGAIN, EFAULT.
pub(crate) fn sendfile(
    cx: &mut Cx<'_>,
    to: Fd,
    from: Fd,
    offset: Option<UserInOut<i64>>,
    count: usize,
) -> Result<usize> {
    let start = match &offset {
        Some(user) => user.read(cx)?,
        None => seek(cx, from)?,
    };
    if start < 0 {
        io::check_open(cx, from, false)?;
        return Err(Errno::EINVAL.into());
    }
    let target = fd::info(cx, to)?;
    if target.flags & linux_abi::bsd::O_APPEND != 0 {
        return Err(Errno::EINVAL.into());
    }
    let count = count.min(MOST);
    if count == 0 {
        return Ok(0);
    }

    let (sent, done) = match target.kind {
        Kind::Socket => match io::sendfile(cx, to, from, start, count) {
            // Not a stream socket, or not a file whose pages can be sent.
            (0, Err(Fail::EINVAL | Fail::EOPNOTSUPP)) => copy(cx, to, from, start, count),
            answer => answer,
        },
        _ => copy(cx, to, from, start, count),
    };
    if sent == 0 {
        done?;
    }

    // CAST: at most MOST.
    let end = start.saturating_add(sent as i64);
    match offset {
        Some(user) => user.write(cx, &end)?,
        None => {
            io::seek(cx, from, end, SEEK_SET)?;
        }
    }
    Ok(sent)
}

const SEEK_SET: i32 = 0;
const SEEK_CUR: i32 = 1;

/// The offset of `from` itself; EINVAL for a pipe or socket, which has none.
fn seek(cx: &mut Cx<'_>, from: Fd) -> Result<i64> {
    match io::seek(cx, from, 0, SEEK_CUR) {
        Err(Fail::ESPIPE) => Err(Errno::EINVAL.into()),
        answer => answer,
    }
}

/// Reads and writes until `count` bytes are over, the file ends, or one of the two fails.
fn copy(cx: &mut Cx<'_>, to: Fd, from: Fd, start: i64, count: usize) -> (usize, Result<()>) {
    let mut buffer = match io::Buffer::new(cx, count.min(CHUNK)) {
        Ok(buffer) => buffer,
        Err(fail) => return (0, Err(fail)),
    };
    let mut sent = 0usize;
    while sent < count {
        let want = count.saturating_sub(sent).min(buffer.len());
        // CAST: at most MOST.
        let at = start.saturating_add(sent as i64);
        let Some(part) = buffer.get_mut(..want) else {
            break;
        };
        let got = match io::read_kernel(cx, from, part, Some(at)) {
            Ok(0) => break,
            Ok(got) => got,
            Err(fail) => return (sent, Err(fail)),
        };
        let Some(part) = buffer.get(..got) else { break };
        match io::write_kernel(cx, to, part, None) {
            Ok(written) => {
                sent = sent.saturating_add(written);
                if written < got {
                    break;
                }
            }
            Err(fail) => return (sent, Err(fail)),
        }
    }
    (sent, Ok(()))
}
