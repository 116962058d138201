// SPDX-License-Identifier: BSD-2-Clause
//! Reading and writing: sys_generic.c, uipc_syscalls.c (sendfile).

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use linux_abi::bsd;
use linux_abi::c::l_iovec;
use linux_abi::fd::Fd;

pub use super::buffer::Buffer;
use super::fd::{Info, Kind, info};
use super::mem::MAX_USER;
use super::records;
use super::socket::{self, Data, unconnected};
use super::stat::kern_fstat;
use crate::door::Kept;
use crate::{Cx, Errno, Fail, Result, UserAddr, UserArrayIn, UserBytesIn, UserBytesOut, check};

/// MAX_RW_COUNT of linux/fs.h: what one call moves at most.
pub const MOST: usize = 0x7fff_f000;

/// How much Linux moves from or to a buffer. `None` for one that reaches beyond the user's
/// addresses, which is EFAULT before anything is moved (access_ok).
#[inline]
pub fn span(buf: UserAddr, len: usize) -> Option<usize> {
    let end = buf.raw().checked_add(len as u64)?;
    (end <= MAX_USER).then_some(len.min(MOST))
}

/// Whether a transfer needs nothing but the kernel's function: neither what [`cut`] does, nor what
/// sockets that keep records do, of which there are none. An address that wraps around counts as
/// plain: the copy itself refuses it.
#[inline(always)]
fn is_plain(buf: UserAddr, len: usize) -> bool {
    len < records::plain_below() && buf.raw().wrapping_add(len as u64) <= MAX_USER
}

/// The length Linux would transfer. EBADF, then EFAULT beyond the user's map.
#[cold]
fn cut(cx: &mut Cx<'_>, fd: Fd, buf: UserAddr, len: usize, to_write: bool) -> Result<usize> {
    match span(buf, len) {
        Some(len) => Ok(len),
        None => {
            check_open(cx, fd, to_write)?;
            Err(Errno::EFAULT.into())
        }
    }
}

/// EBADF for a descriptor that is not open for reading, or for writing. To be asked when another
/// argument is wrong, as Linux looks at the descriptor first.
#[cold]
pub fn check_open(cx: &mut Cx<'_>, fd: Fd, to_write: bool) -> Result<()> {
    let flags = info(cx, fd)?.flags;
    let wrong = if to_write {
        bsd::O_RDONLY
    } else {
        bsd::O_WRONLY
    };
    if flags & bsd::O_PATH != 0 || flags & bsd::O_ACCMODE == wrong {
        Err(Errno::EBADF.into())
    } else {
        Ok(())
    }
}

/// A full socket buffer is ENOBUFS on FreeBSD, where Linux says EAGAIN for a
/// descriptor that must not block.
#[cold]
pub(crate) fn would_block(cx: &Cx<'_>, fd: i32, fail: Fail) -> Fail {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    if fail == Errno::ENOBUFS.into() && unsafe { ffi::lrs_fd_nonblocking(cx.td(), fd) } {
        Errno::EAGAIN.into()
    } else {
        fail
    }
}

/// The byte count a successful read or write left in `td_retval`.
#[inline]
fn transferred(cx: &Cx<'_>) -> usize {
    // CAST: a byte count below SSIZE_MAX.
    cx.retval() as usize
}

/// write(2): how many bytes were written is left where it belongs. EBADF, EFAULT, EAGAIN, EPIPE, EFBIG, ENOSPC, EIO, EINVAL.
#[inline]
pub fn write(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesIn, len: usize) -> Result<Kept> {
    if !is_plain(buf.addr(), len) {
        return write_other(cx, fd, buf.addr(), len);
    }
    match write_plain(cx, fd, buf.addr(), len) {
        0 => Ok(Kept),
        error => not_written(cx, fd, error),
    }
}

#[inline(always)]
fn write_plain(cx: &mut Cx<'_>, fd: Fd, buf: UserAddr, len: usize) -> c_int {
    // SAFETY: current; the uio has all the call reads, its buffer is a user address (kernel copy).
    with_uio(buf, len, |uio| unsafe {
        ffi::kern_writev(cx.td(), fd.0, uio)
    })
}

#[cold]
#[inline(never)]
fn write_other(cx: &mut Cx<'_>, fd: Fd, buf: UserAddr, len: usize) -> Result<Kept> {
    let most = cut(cx, fd, buf, len, true)?;
    if records::is(cx, fd) {
        return socket::send(cx, fd, Data::One(buf, most), None, None, 0).map(|_| Kept);
    }
    match write_plain(cx, fd, buf, most) {
        0 => Ok(Kept),
        error => not_written(cx, fd, error),
    }
}

/// What Linux makes of a write that failed.
#[cold]
#[inline(never)]
fn not_written(cx: &mut Cx<'_>, fd: Fd, error: c_int) -> Result<Kept> {
    let fail = would_block(cx, fd.0, Fail::from_kernel(error));
    faulted(cx, fd, fail, Began::WriteHere).map(|_| Kept)
}

/// read(2): how many bytes were read, 0 at the end, is left where it belongs. EBADF, EFAULT, EAGAIN, EISDIR, EIO, EINVAL.
#[inline]
pub fn read(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesOut, len: usize) -> Result<Kept> {
    if !is_plain(buf.addr(), len) {
        return read_other(cx, fd, buf.addr(), len);
    }
    match read_plain(cx, fd, buf.addr(), len) {
        0 => Ok(Kept),
        error => not_read(cx, fd, error),
    }
}

#[inline(always)]
fn read_plain(cx: &mut Cx<'_>, fd: Fd, buf: UserAddr, len: usize) -> c_int {
    // SAFETY: current; the uio has all the call reads, its buffer is a user address (kernel copy).
    with_uio(buf, len, |uio| unsafe {
        ffi::kern_readv(cx.td(), fd.0, uio)
    })
}

#[cold]
#[inline(never)]
fn read_other(cx: &mut Cx<'_>, fd: Fd, buf: UserAddr, len: usize) -> Result<Kept> {
    let most = cut(cx, fd, buf, len, false)?;
    if records::is(cx, fd) {
        return socket::receive(cx, fd, Data::One(buf, most), 0, false, false).map(|_| Kept);
    }
    match read_plain(cx, fd, buf, most) {
        0 => Ok(Kept),
        error => not_read(cx, fd, error),
    }
}

/// What Linux makes of a read that failed.
#[cold]
#[inline(never)]
fn not_read(cx: &mut Cx<'_>, fd: Fd, error: c_int) -> Result<Kept> {
    let fail = unconnected(cx, fd, Fail::from_kernel(error));
    faulted(cx, fd, fail, Began::Read).map(|_| Kept)
}

/// Calls with a uio of one user buffer. Its direction, offset and thread are left open: kern_readv
/// and kern_writev set them before anything looks (dofileread, dofilewrite of sys_generic.c).
#[inline]
fn with_uio(buf: UserAddr, len: usize, call: impl FnOnce(*mut ffi::uio) -> c_int) -> c_int {
    let mut iov = ffi::iovec {
        iov_base: buf.as_ptr(),
        iov_len: len,
    };
    let mut room = MaybeUninit::<ffi::uio>::uninit();
    let uio = room.as_mut_ptr();
    // SAFETY: the room is a uio's.
    unsafe {
        (&raw mut (*uio).uio_iov).write(&raw mut iov);
        (&raw mut (*uio).uio_iovcnt).write(1);
        (&raw mut (*uio).uio_resid).write(len.cast_signed());
        (&raw mut (*uio).uio_segflg).write(ffi::UIO_USERSPACE);
    }
    call(uio)
}

/// pread(2). EBADF, ESPIPE, EISDIR, EINVAL, EFAULT, EIO.
pub fn kern_pread(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesOut,
    len: usize,
    offset: i64,
) -> Result<usize> {
    // SAFETY: current; the buffer is a user address (kernel copy).
    match check(unsafe { ffi::kern_pread(cx.td(), fd.0, buf.addr().as_ptr(), len, offset) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => faulted(cx, fd, fail, Began::Read),
    }
}

/// pwrite(2). As [`write`], and ESPIPE.
pub fn kern_pwrite(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesIn,
    len: usize,
    offset: i64,
) -> Result<usize> {
    // SAFETY: current; the buffer is a user address (kernel copy).
    match check(unsafe { ffi::kern_pwrite(cx.td(), fd.0, buf.addr().as_ptr(), len, offset) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => faulted(cx, fd, fail, Began::WriteAt(offset)),
    }
}

/// A user's array of buffers, copied in: a `struct uio` for the reading and writing calls.
pub struct Uio(NonNull<ffi::uio>);

impl Uio {
    /// Copies the array in. EINVAL for more than UIO_MAXIOV (1024) buffers or more than
    /// SSIZE_MAX bytes, EFAULT.
    pub fn copyin(_cx: &mut Cx<'_>, vec: UserArrayIn<l_iovec>, count: u64) -> Result<Self> {
        let count = u32::try_from(count).map_err(|_| Errno::EINVAL)?;
        let mut uio = core::ptr::null_mut();
        // copyin(9) looks at the address even for no bytes.
        let vec = if count == 0 {
            UserAddr::from_reg(0)
        } else {
            vec.addr()
        };
        // SAFETY: kernel copy; l_iovec has the layout of struct iovec on amd64.
        check(unsafe { ffi::copyinuio(vec.as_ptr(), count, &raw mut uio) })?;
        NonNull::new(uio)
            .map(Uio)
            .ok_or_else(|| Errno::EFAULT.into())
    }

    /// The array itself, for the calls that take one without its uio.
    pub(crate) fn iov(&mut self) -> (*mut ffi::iovec, i32) {
        // SAFETY: a Uio owns a whole uio.
        let uio = unsafe { self.0.as_mut() };
        (uio.uio_iov, uio.uio_iovcnt)
    }

    /// The whole of it, for the calls of the shim.
    pub(crate) fn as_ptr(&mut self) -> *mut ffi::uio {
        self.0.as_ptr()
    }

    /// The first buffer, before anything is moved.
    pub fn first(&self) -> Option<(UserAddr, usize)> {
        // SAFETY: a Uio owns a whole uio with its array of buffers.
        let iov = unsafe {
            let uio = self.0.as_ref();
            if uio.uio_iovcnt <= 0 {
                return None;
            }
            *uio.uio_iov
        };
        Some((UserAddr::from_reg(iov.iov_base as u64), iov.iov_len))
    }

    /// Bytes not yet moved.
    pub fn residual(&self) -> usize {
        // SAFETY: a Uio owns a whole uio.
        usize::try_from(unsafe { self.0.as_ref() }.uio_resid).unwrap_or(0)
    }
}

impl Drop for Uio {
    fn drop(&mut self) {
        // SAFETY: from copyinuio, and freed only here.
        unsafe { ffi::freeuio(self.0.as_ptr()) }
    }
}

/// Where a transfer began.
#[derive(Clone, Copy)]
enum Began {
    /// Reading: what is in the buffers is what was moved.
    Read,
    /// Writing at the file's own offset, which has moved on.
    WriteHere,
    /// Writing there.
    WriteAt(i64),
}

/// What was moved before a buffer turned out to be bad counts, as on Linux; FreeBSD says EFAULT for
/// all. A socket has moved nothing then, and tmpfs takes back what made the file longer.
#[cold]
fn faulted(cx: &mut Cx<'_>, fd: Fd, fail: Fail, began: Began) -> Result<usize> {
    let moved = transferred(cx);
    if fail != Errno::EFAULT.into() || moved == 0 {
        return Err(fail);
    }
    let Info { kind, flags } = info(cx, fd)?;
    let end = match (kind, began) {
        (Kind::Pipe | Kind::Fifo, _) | (Kind::Vnode, Began::Read) => return Ok(moved),
        (Kind::Vnode, Began::WriteHere) => seek(cx, fd, 0, SEEK_CUR)?,
        // CAST: a byte count.
        (Kind::Vnode, Began::WriteAt(at)) if flags & bsd::O_APPEND == 0 => {
            at.saturating_add(moved as i64)
        }
        _ => return Err(fail),
    };
    let st = kern_fstat(cx, fd)?;
    if i32::from(st.mode) & bsd::S_IFMT != bsd::S_IFREG || end <= st.size {
        return Ok(moved);
    }
    if matches!(began, Began::WriteHere) {
        // CAST: a byte count.
        seek(cx, fd, end.saturating_sub(moved as i64), SEEK_SET)?;
    }
    Err(fail)
}

const SEEK_SET: i32 = 0;
const SEEK_CUR: i32 = 1;

/// [`read`] that gives the count.
pub fn read_count(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesOut, len: usize) -> Result<usize> {
    read(cx, fd, buf, len)?;
    Ok(transferred(cx))
}

/// [`write`] that gives the count.
pub fn write_count(cx: &mut Cx<'_>, fd: Fd, buf: UserBytesIn, len: usize) -> Result<usize> {
    write(cx, fd, buf, len)?;
    Ok(transferred(cx))
}

/// readv(2).
pub fn kern_readv(cx: &mut Cx<'_>, fd: Fd, uio: &mut Uio) -> Result<usize> {
    if records::is(cx, fd) {
        return socket::receive(cx, fd, Data::Many(uio), 0, false, false).map(|got| got.len);
    }
    // SAFETY: current; a Uio owns a whole uio.
    match check(unsafe { ffi::kern_readv(cx.td(), fd.0, uio.0.as_ptr()) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => {
            let fail = unconnected(cx, fd, fail);
            faulted(cx, fd, fail, Began::Read)
        }
    }
}

/// writev(2).
pub fn kern_writev(cx: &mut Cx<'_>, fd: Fd, uio: &mut Uio) -> Result<usize> {
    if records::is(cx, fd) {
        return socket::send(cx, fd, Data::Many(uio), None, None, 0);
    }
    // SAFETY: current; a Uio owns a whole uio.
    match check(unsafe { ffi::kern_writev(cx.td(), fd.0, uio.0.as_ptr()) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => {
            let fail = would_block(cx, fd.0, fail);
            faulted(cx, fd, fail, Began::WriteHere)
        }
    }
}

/// preadv(2).
pub fn kern_preadv(cx: &mut Cx<'_>, fd: Fd, uio: &mut Uio, offset: i64) -> Result<usize> {
    // SAFETY: current; a Uio owns a whole uio.
    match check(unsafe { ffi::kern_preadv(cx.td(), fd.0, uio.0.as_ptr(), offset) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => faulted(cx, fd, fail, Began::Read),
    }
}

/// pwritev(2).
pub fn kern_pwritev(cx: &mut Cx<'_>, fd: Fd, uio: &mut Uio, offset: i64) -> Result<usize> {
    // SAFETY: current; a Uio owns a whole uio.
    match check(unsafe { ffi::kern_pwritev(cx.td(), fd.0, uio.0.as_ptr(), offset) }) {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => faulted(cx, fd, fail, Began::WriteAt(offset)),
    }
}

/// pwritev(2) to a file, or writev(2) without `offset`, that appends or not whatever O_APPEND says.
pub fn write_appending(
    cx: &mut Cx<'_>,
    fd: Fd,
    uio: &mut Uio,
    offset: Option<i64>,
    append: bool,
) -> Result<usize> {
    // SAFETY: current; a Uio owns a whole uio.
    check(unsafe {
        ffi::lrs_write_appending(cx.td(), fd.0, uio.as_ptr(), offset.unwrap_or(-1), append)
    })?;
    Ok(transferred(cx))
}

/// fsync(2), or fdatasync(2) if not `full`.
pub fn sync(cx: &mut Cx<'_>, fd: Fd, full: bool) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_fsync(cx.td(), fd.0, full) })
}

/// lseek(2): the new offset. EBADF, ESPIPE, EINVAL.
pub fn seek(cx: &mut Cx<'_>, fd: Fd, offset: i64, whence: i32) -> Result<i64> {
    // SAFETY: current.
    check(unsafe { ffi::kern_lseek(cx.td(), fd.0, offset, whence) })?;
    Ok(cx.retval().cast_signed())
}

/// Sends up to `len` bytes of file `from`, beginning at `offset`, to socket `to`: how many were sent.
///
/// The count is also right when the call fails with EAGAIN or EINTR half way.
/// EINVAL where `from` cannot be sent this way, ENOTSOCK where `to` is no socket.
pub fn sendfile(cx: &mut Cx<'_>, to: Fd, from: Fd, offset: i64, len: usize) -> (usize, Result<()>) {
    let mut sent = 0i64;
    // SAFETY: current; the shim holds a reference on the file while it sends.
    let done =
        check(unsafe { ffi::lrs_sendfile(cx.td(), from.0, to.0, offset, len, &raw mut sent) });
    (usize::try_from(sent).unwrap_or(0), done)
}

/// Reads `from` at `offset` (at its own, where `None`) into kernel memory. The count may be short.
pub fn read_kernel(
    cx: &mut Cx<'_>,
    from: Fd,
    buf: &mut [u8],
    offset: Option<i64>,
) -> Result<usize> {
    // SAFETY: current; `buf` is writable kernel memory for its length.
    check(unsafe {
        ffi::lrs_read_kernel(
            cx.td(),
            from.0,
            buf.as_mut_ptr().cast(),
            buf.len(),
            offset.unwrap_or(-1),
        )
    })?;
    Ok(transferred(cx))
}

/// Writes kernel memory to `to` at `offset` (at its own, where `None`). The count may be short.
pub fn write_kernel(cx: &mut Cx<'_>, to: Fd, buf: &[u8], offset: Option<i64>) -> Result<usize> {
    // SAFETY: current; `buf` is readable kernel memory for its length.
    let done = check(unsafe {
        ffi::lrs_write_kernel(
            cx.td(),
            to.0,
            buf.as_ptr().cast_mut().cast(),
            buf.len(),
            offset.unwrap_or(-1),
        )
    });
    match done {
        Ok(()) => Ok(transferred(cx)),
        Err(fail) => Err(would_block(cx, to.0, fail)),
    }
}
