// SPDX-License-Identifier: BSD-2-Clause
//! read(2), write(2) and their kin.
//!
//! FreeBSD: kern_readv, kern_writev, kern_pread, kern_pwrite, kern_preadv, kern_pwritev
//! (sys_generic.c), kern_fsync.
//! Differences from Linux: a vector is not cut at 2 GiB; RWF_NOWAIT is EOPNOTSUPP but for pipes, and
//! so are the flags after RWF_NOAPPEND; RWF_APPEND means nothing to memory files.

use kpi::door::Kept;
use kpi::kern::fd::{Kind, info};
use kpi::kern::io;
use kpi::kern::pipe;
use kpi::{Cx, Errno, Result, UserArrayIn, UserBytesIn, UserBytesOut};
use linux_abi::c::l_iovec;
use linux_abi::fd::Fd;
use linux_abi::rwf::{RwFlags, RwPlan, Sync};

/// Reads up to `len` bytes of `fd` from its offset on.
pub(crate) fn read(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesOut, len: usize) -> Result<Kept> {
    io::read(cx, fd, buf, len)
}

/// Writes up to `len` bytes to `fd` at its offset.
pub(crate) fn write(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesIn, len: usize) -> Result<Kept> {
    io::write(cx, fd, buf, len)
}

/// EINVAL for an offset below 0, before the descriptor is looked at.
fn check_offset(offset: i64) -> Result<()> {
    if offset < 0 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(())
    }
}

/// EINVAL for a transfer that ends behind the last offset there can be, after all that is wrong
/// with the descriptor. FreeBSD would send SIGXFSZ.
#[inline]
fn check_end(cx: &mut Cx<'_>, fd: Fd, transfer: Transfer, offset: i64, len: usize) -> Result<()> {
    match i64::try_from(len).map(|len| offset.checked_add(len)) {
        Ok(Some(_)) => Ok(()),
        _ => {
            check_descriptor(cx, fd, transfer)?;
            Err(Errno::EINVAL.into())
        }
    }
}

/// Reads at `offset` and leaves the descriptor's own as it is.
pub(crate) fn pread64(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesOut,
    len: usize,
    offset: i64,
) -> Result<usize> {
    check_offset(offset)?;
    let span = io::span(buf.addr(), len);
    check_end(
        cx,
        fd,
        Transfer::Read { positioned: true },
        offset,
        span.unwrap_or(0),
    )?;
    // Nothing is moved, but the descriptor is looked at.
    let got = io::kern_pread(cx, fd, buf, span.unwrap_or(0), offset)?;
    span.map(|_| got).ok_or_else(|| Errno::EFAULT.into())
}

/// Writes at `offset`; at the end with O_APPEND, on both systems.
pub(crate) fn pwrite64(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesIn,
    len: usize,
    offset: i64,
) -> Result<usize> {
    check_offset(offset)?;
    let span = io::span(buf.addr(), len);
    check_end(
        cx,
        fd,
        Transfer::Write { positioned: true },
        offset,
        span.unwrap_or(0),
    )?;
    // Nothing is moved, but the descriptor is looked at.
    let put = io::kern_pwrite(cx, fd, buf, span.unwrap_or(0), offset)?;
    span.map(|_| put).ok_or_else(|| Errno::EFAULT.into())
}

/// Which way a transfer goes, and whether at an offset of its own.
#[derive(Clone, Copy)]
enum Transfer {
    Read { positioned: bool },
    Write { positioned: bool },
}

/// The buffers of a transfer; what is wrong with the descriptor comes before what is wrong with
/// them.
fn buffers(
    cx: &mut Cx<'_>,
    fd: Fd,
    transfer: Transfer,
    vec: UserArrayIn<l_iovec>,
    count: u64,
) -> Result<io::Uio> {
    // CAST: Linux counts them with an unsigned int.
    match io::Uio::copyin(cx, vec, u64::from(count as u32)) {
        Ok(uio) => Ok(uio),
        Err(fail) => {
            check_descriptor(cx, fd, transfer)?;
            Err(fail)
        }
    }
}

/// EBADF for no descriptor or one that is not open for this; ESPIPE where there are no offsets.
#[cold]
fn check_descriptor(cx: &mut Cx<'_>, fd: Fd, transfer: Transfer) -> Result<()> {
    let kind = info(cx, fd)?.kind;
    let (positioned, to_write) = match transfer {
        Transfer::Read { positioned } => (positioned, false),
        Transfer::Write { positioned } => (positioned, true),
    };
    if positioned && matches!(kind, Kind::Pipe | Kind::Fifo | Kind::Socket | Kind::Kqueue) {
        return Err(Errno::ESPIPE.into());
    }
    io::check_open(cx, fd, to_write)
}

/// Reads into the buffers, one after the other.
pub(crate) fn readv(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
) -> Result<usize> {
    let transfer = Transfer::Read { positioned: false };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    io::kern_readv(cx, fd, &mut uio)
}

/// Writes the buffers one after the other.
pub(crate) fn writev(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
) -> Result<usize> {
    let transfer = Transfer::Write { positioned: false };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    io::kern_writev(cx, fd, &mut uio)
}

/// Reads at `offset` into the buffers, one after the other. A 64-bit Linux looks at `offset` alone.
pub(crate) fn preadv(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
    offset: u64,
    _high: u64,
) -> Result<usize> {
    check_offset(offset.cast_signed())?;
    let transfer = Transfer::Read { positioned: true };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    check_end(cx, fd, transfer, offset.cast_signed(), uio.residual())?;
    io::kern_preadv(cx, fd, &mut uio, offset.cast_signed())
}

/// Writes the buffers at `offset`, one after the other.
pub(crate) fn pwritev(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
    offset: u64,
    _high: u64,
) -> Result<usize> {
    check_offset(offset.cast_signed())?;
    let transfer = Transfer::Write { positioned: true };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    check_end(cx, fd, transfer, offset.cast_signed(), uio.residual())?;
    io::kern_pwritev(cx, fd, &mut uio, offset.cast_signed())
}

/// What the flags ask for. What is wrong with them comes after what is wrong with the descriptor.
fn plan(cx: &mut Cx<'_>, fd: Fd, transfer: Transfer, flags: RwFlags) -> Result<RwPlan> {
    match flags.plan() {
        Ok(plan) => Ok(plan),
        Err(errno) => {
            check_descriptor(cx, fd, transfer)?;
            Err(errno.into())
        }
    }
}

/// A transfer that must not wait: with pipes, which can tell.
fn at_once(cx: &mut Cx<'_>, fd: Fd, transfer: Transfer, uio: &mut io::Uio) -> Result<usize> {
    check_descriptor(cx, fd, transfer)?;
    match info(cx, fd)?.kind {
        Kind::Pipe | Kind::Fifo => {
            let write = matches!(transfer, Transfer::Write { .. });
            pipe::transfer(cx, fd, write, uio)
        }
        _ => Err(Errno::EOPNOTSUPP.into()),
    }
}

/// The same as [`preadv`] with flags; the descriptor's own offset where `offset` is -1.
pub(crate) fn preadv2(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
    offset: u64,
    _high: u64,
    flags: RwFlags,
) -> Result<usize> {
    let offset = offset.cast_signed();
    if offset != -1 {
        check_offset(offset)?;
    }
    let transfer = Transfer::Read {
        positioned: offset != -1,
    };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    // What shall be on disk is, after a read.
    if plan(cx, fd, transfer, flags)?.nowait {
        at_once(cx, fd, transfer, &mut uio)
    } else if offset == -1 {
        io::kern_readv(cx, fd, &mut uio)
    } else {
        io::kern_preadv(cx, fd, &mut uio, offset)
    }
}

/// The same as [`pwritev`] with flags; the descriptor's own offset where `offset` is -1.
pub(crate) fn pwritev2(
    cx: &mut Cx<'_>,
    fd: Fd,
    vec: UserArrayIn<l_iovec>,
    count: u64,
    offset: u64,
    _high: u64,
    flags: RwFlags,
) -> Result<usize> {
    let offset = offset.cast_signed();
    if offset != -1 {
        check_offset(offset)?;
    }
    let transfer = Transfer::Write {
        positioned: offset != -1,
    };
    let mut uio = buffers(cx, fd, transfer, vec, count)?;
    let plan = plan(cx, fd, transfer, flags)?;
    if plan.nowait {
        return at_once(cx, fd, transfer, &mut uio);
    }
    let is_file = info(cx, fd)?.kind == Kind::Vnode;
    let written = match plan.append {
        Some(append) if is_file => {
            let place = (offset != -1).then_some(offset);
            io::write_appending(cx, fd, &mut uio, place, append)?
        }
        _ if offset == -1 => io::kern_writev(cx, fd, &mut uio)?,
        _ => io::kern_pwritev(cx, fd, &mut uio, offset)?,
    };
    // Only what has a name has a disk behind it.
    if plan.sync != Sync::No && is_file {
        io::sync(cx, fd, plan.sync == Sync::Full)?;
    }
    Ok(written)
}
