// SPDX-License-Identifier: BSD-2-Clause
//! splice(2), tee(2), vmsplice(2): moving data to and from pipes.
//!
//! FreeBSD: its pipes (sys_pipe.c) take no pages from elsewhere, so all is copied through a
//! kernel buffer. What cannot be written stays in the pipe.
//! Differences from Linux: data that splice has taken from one pipe and that does not fit another
//! any more, because somebody else has written to that too, is waited for.

use kpi::kern::dir;
use kpi::kern::fd::{Info, Kind, info};
use kpi::kern::io::{self, Buffer, Uio};
use kpi::kern::path::is;
use kpi::kern::pipe::{self, Held};
use kpi::{Cx, Errno, Result, UserArrayIn, UserInOut};
use linux_abi::bsd;
use linux_abi::c::l_iovec;
use linux_abi::fd::Fd;
use linux_abi::splice::SpliceFlags;

/// How much is moved at once: what a pipe can hold.
const CHUNK: usize = 65536;
/// Writes to a pipe up to this long are all or nothing to FreeBSD.
const ATOMIC: usize = 512;

const SEEK_SET: u32 = 0;
const SEEK_CUR: u32 = 1;

fn is_pipe(info: &Info) -> bool {
    matches!(info.kind, Kind::Pipe | Kind::Fifo)
}

fn nonblocking(info: &Info) -> bool {
    info.flags & bsd::O_NONBLOCK != 0
}

fn read_offset(cx: &mut Cx<'_>, offset: &Option<UserInOut<i64>>) -> Result<Option<i64>> {
    match offset {
        Some(user) => user.read(cx).map(Some),
        None => Ok(None),
    }
}

/// Moves up to `len` bytes from one descriptor to another, one of them a pipe. An offset stands
/// for the descriptor's own and is moved on.
///
/// EBADF, EINVAL for two descriptors that are no pipes, one pipe twice, or a target that appends,
/// ESPIPE for the offset of a pipe, EAGAIN, EPIPE.
pub(crate) fn splice(
    cx: &mut Cx<'_>,
    from: Fd,
    from_offset: Option<UserInOut<i64>>,
    to: Fd,
    to_offset: Option<UserInOut<i64>>,
    len: usize,
    flags: SpliceFlags,
) -> Result<usize> {
    if len == 0 {
        return Ok(0);
    }
    flags.check()?;
    let (source, target) = (info(cx, from)?, info(cx, to)?);
    let (from_pipe, to_pipe) = (is_pipe(&source), is_pipe(&target));
    if from_pipe && from_offset.is_some() || to_pipe && to_offset.is_some() {
        return Err(Errno::ESPIPE.into());
    }
    let to_start = read_offset(cx, &to_offset)?;
    let from_start = read_offset(cx, &from_offset)?;
    io::check_open(cx, from, false)?;
    io::check_open(cx, to, true)?;
    let len = len.min(io::MOST);
    let wait = |pipe: bool| !(flags.contains(SpliceFlags::NONBLOCK) || pipe);
    match (from_pipe, to_pipe) {
        (true, true) => {
            let wait = wait(nonblocking(&source) || nonblocking(&target));
            between_pipes(cx, from, to, len, wait, true)
        }
        (true, false) => {
            if target.flags & bsd::O_APPEND != 0 {
                return Err(Errno::EINVAL.into());
            }
            check_seekable(cx, to, to_start)?;
            let moved = pipe_to_file(cx, from, to, to_start, len, wait(nonblocking(&source)))?;
            move_on(cx, to_offset, to_start, moved)?;
            Ok(moved)
        }
        (false, true) => {
            check_seekable(cx, from, from_start)?;
            let moved = file_to_pipe(cx, from, from_start, to, len, wait(nonblocking(&target)))?;
            move_on(cx, from_offset, from_start, moved)?;
            Ok(moved)
        }
        (false, false) => Err(Errno::EINVAL.into()),
    }
}

/// EINVAL for an offset below 0 or where there are no offsets.
fn check_seekable(cx: &mut Cx<'_>, fd: Fd, offset: Option<i64>) -> Result<()> {
    match offset {
        Some(start) if start < 0 || dir::seek(cx, fd, 0, SEEK_CUR).is_err() => {
            Err(Errno::EINVAL.into())
        }
        _ => Ok(()),
    }
}

/// Stores where an offset of the program's own is now.
fn move_on(
    cx: &mut Cx<'_>,
    offset: Option<UserInOut<i64>>,
    start: Option<i64>,
    moved: usize,
) -> Result<()> {
    match (offset, start) {
        (Some(user), Some(start)) => user.write(cx, &advanced(start, moved)),
        _ => Ok(()),
    }
}

fn advanced(start: i64, by: usize) -> i64 {
    // CAST: at most MOST.
    start.saturating_add(by as i64)
}

/// Writes what a pipe holds to a file or socket; after the first bytes the pipe is not waited for.
fn pipe_to_file(
    cx: &mut Cx<'_>,
    from: Fd,
    to: Fd,
    start: Option<i64>,
    len: usize,
    wait: bool,
) -> Result<usize> {
    let mut buffer = Buffer::new(cx, len.min(CHUNK))?;
    let mut moved = 0_usize;
    while moved < len {
        let held = match Held::wait(cx, from, !wait || moved > 0) {
            Ok(Some(held)) => held,
            Ok(None) => break,
            Err(_) if moved > 0 => break,
            Err(fail) => return Err(fail),
        };
        let want = len.saturating_sub(moved);
        let at = start.map(|start| advanced(start, moved));
        match write_held(cx, held, &mut buffer, want, to, at) {
            Ok((seen, written)) => {
                moved = moved.saturating_add(written);
                if written < seen {
                    break;
                }
            }
            Err(_) if moved > 0 => break,
            Err(fail) => return Err(fail),
        }
    }
    Ok(moved)
}

/// One step of that: how many bytes the pipe showed, and how many of them are written.
fn write_held(
    cx: &mut Cx<'_>,
    mut held: Held,
    buffer: &mut Buffer,
    want: usize,
    to: Fd,
    at: Option<i64>,
) -> Result<(usize, usize)> {
    let room = want.min(buffer.len());
    let seen = held.peek(buffer.get_mut(..room).unwrap_or_default())?;
    let written = io::write_kernel(cx, to, buffer.get(..seen).unwrap_or_default(), at)?;
    held.take(written);
    Ok((seen, written))
}

/// Fills a pipe from a file, or from a socket with what fits.
fn file_to_pipe(
    cx: &mut Cx<'_>,
    from: Fd,
    start: Option<i64>,
    to: Fd,
    len: usize,
    wait: bool,
) -> Result<usize> {
    let room = pipe::wait_room(cx, to, !wait)?;
    let place = match start {
        Some(start) => Some(start),
        // What has no offset gives its data only once.
        None => dir::seek(cx, from, 0, SEEK_CUR).ok(),
    };
    let most = if place.is_some() { CHUNK } else { room };
    let mut buffer = Buffer::new(cx, len.min(most).min(CHUNK))?;
    let got = match io::read_kernel(cx, from, &mut buffer, place) {
        // Linux cannot splice from a folder.
        Err(fail) if is(fail, Errno::EISDIR) => return Err(Errno::EINVAL.into()),
        got => got?,
    };
    let bytes = buffer.get(..got).unwrap_or_default();
    let Some(place) = place else {
        return put_all(cx, to, bytes);
    };
    if got == 0 {
        return Ok(0);
    }
    // What has room, then what the pipe can grow by.
    let (first, rest) = bytes.split_at(got.min(room));
    let mut put = pipe::put(cx, to, first)?;
    if put == first.len() && !rest.is_empty() {
        put = put.saturating_add(pipe::put(cx, to, rest).unwrap_or(0));
    }
    if start.is_none() {
        dir::seek(cx, from, advanced(place, put), SEEK_SET)?;
    }
    Ok(put)
}

/// Writes all of `bytes` to a pipe, and waits where somebody else has filled it.
fn put_all(cx: &mut Cx<'_>, to: Fd, bytes: &[u8]) -> Result<usize> {
    let mut done = 0_usize;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match io::write_kernel(cx, to, rest, None) {
            Ok(written) => done = done.saturating_add(written),
            Err(fail) if is(fail, Errno::EAGAIN) => {
                pipe::wait_room(cx, to, false)?;
            }
            Err(_) if done > 0 => break,
            Err(fail) => return Err(fail),
        }
    }
    Ok(done)
}

/// From pipe to pipe: what there is and fits, at once. `take` moves the data, else it is copied.
fn between_pipes(
    cx: &mut Cx<'_>,
    from: Fd,
    to: Fd,
    len: usize,
    wait: bool,
    take: bool,
) -> Result<usize> {
    if pipe::same(cx, from, to)? {
        return Err(Errno::EINVAL.into());
    }
    loop {
        match Held::wait(cx, from, !wait)? {
            None => return Ok(0),
            // The other pipe must not be waited for while this one is held.
            Some(held) => drop(held),
        }
        let room = pipe::wait_room(cx, to, !wait)?;
        let mut buffer = Buffer::new(cx, len.min(room).min(CHUNK))?;
        let mut held = match Held::wait(cx, from, true) {
            Ok(Some(held)) => held,
            Ok(None) => return Ok(0),
            // Somebody else was faster.
            Err(fail) if is(fail, Errno::EAGAIN) && wait => continue,
            Err(fail) => return Err(fail),
        };
        let seen = held.peek(&mut buffer)?;
        let bytes = buffer.get(..seen).unwrap_or_default();
        if take {
            held.take(seen);
            return put_all(cx, to, bytes);
        }
        drop(held);
        match pipe::put(cx, to, bytes) {
            Err(fail) if is(fail, Errno::EAGAIN) && wait => {}
            done => return done,
        }
    }
}

/// Copies what a pipe holds to another, and leaves it there. EINVAL unless both are pipes, and not
/// one and the same.
pub(crate) fn tee(
    cx: &mut Cx<'_>,
    from: Fd,
    to: Fd,
    len: usize,
    flags: SpliceFlags,
) -> Result<usize> {
    flags.check()?;
    if len == 0 {
        return Ok(0);
    }
    let (source, target) = (info(cx, from)?, info(cx, to)?);
    io::check_open(cx, from, false)?;
    io::check_open(cx, to, true)?;
    if !is_pipe(&source) || !is_pipe(&target) {
        return Err(Errno::EINVAL.into());
    }
    let nonblock =
        flags.contains(SpliceFlags::NONBLOCK) || nonblocking(&source) || nonblocking(&target);
    between_pipes(cx, from, to, len, !nonblock, false)
}

/// Writes the program's memory to a pipe or reads the pipe into it, by the end that `fd` is.
/// EBADF for what is no pipe.
pub(crate) fn vmsplice(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
    flags: SpliceFlags,
) -> Result<usize> {
    flags.check()?;
    let end = info(cx, fd)?;
    if end.flags & bsd::O_PATH != 0 {
        return Err(Errno::EBADF.into());
    }
    let write = end.flags & bsd::O_ACCMODE != bsd::O_RDONLY;
    // CAST: Linux counts them with an unsigned int.
    let mut uio = Uio::copyin(cx, vec, u64::from(count as u32))?;
    if uio.residual() == 0 {
        return Ok(0);
    }
    if !is_pipe(&end) {
        return Err(Errno::EBADF.into());
    }
    let nonblock = flags.contains(SpliceFlags::NONBLOCK);
    loop {
        if write {
            let room = pipe::wait_room(cx, fd, nonblock)?;
            if !nonblock && room < ATOMIC && uio.residual() <= ATOMIC {
                return io::kern_writev(cx, fd, &mut uio);
            }
        } else {
            match Held::wait(cx, fd, nonblock)? {
                None => return Ok(0),
                Some(held) => drop(held),
            }
        }
        match pipe::transfer(cx, fd, write, &mut uio) {
            Err(fail) if is(fail, Errno::EAGAIN) && !nonblock => {}
            done => return done,
        }
    }
}
