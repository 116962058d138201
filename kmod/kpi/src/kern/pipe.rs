// SPDX-License-Identifier: BSD-2-Clause
//! Looking into pipes, and moving data without waiting: ffi/pipe.c over sys_pipe.c.

use core::ptr::NonNull;

use linux_abi::fd::Fd;

use super::io::Uio;
use crate::{Cx, Result, check};

/// A pipe that holds data, which nobody else can read from or write to until this is dropped:
/// they wait, and signals end their wait.
pub struct Held {
    file: NonNull<ffi::file>,
    available: usize,
    taken: usize,
}

impl Held {
    /// Waits until the pipe holds data; `None` where none can come any more. EBADF for what is not
    /// the reading end of a pipe, EAGAIN for `nonblock`, EINTR, restart.
    pub fn wait(cx: &mut Cx<'_>, fd: Fd, nonblock: bool) -> Result<Option<Held>> {
        let mut file = core::ptr::null_mut();
        let mut available = 0;
        // SAFETY: current; the shim fills in both, and holds the file it gives.
        check(unsafe {
            ffi::lrs_pipe_hold(cx.td(), fd.0, nonblock, &raw mut file, &raw mut available)
        })?;
        Ok(NonNull::new(file).map(|file| Held {
            file,
            available,
            taken: 0,
        }))
    }

    /// Copies the first bytes of the pipe to the start of `to`: how many there were.
    pub fn peek(&mut self, to: &mut [u8]) -> Result<usize> {
        let len = self.available.min(to.len());
        // SAFETY: the pipe is held and has `available` bytes; `to` is writable for `len`.
        check(unsafe { ffi::lrs_pipe_peek(self.file.as_ptr(), to.as_mut_ptr().cast(), len) })?;
        Ok(len)
    }

    /// Takes the first `len` bytes, which [`peek`](Self::peek) has shown, out of the pipe and
    /// lets the others at it.
    pub fn take(mut self, len: usize) {
        self.taken = len.min(self.available);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: held by lrs_pipe_hold in this thread (a Held stays inside one call), and `taken`
        // is not more than there is.
        unsafe { ffi::lrs_pipe_release(ffi::lrs_curthread(), self.file.as_ptr(), self.taken) }
    }
}

/// Waits until the pipe has room: how many bytes. EBADF for what is not the writing end of a pipe,
/// EAGAIN for `nonblock`, EPIPE with SIGPIPE, EINTR, restart.
pub fn wait_room(cx: &mut Cx<'_>, fd: Fd, nonblock: bool) -> Result<usize> {
    let mut room = 0;
    // SAFETY: current; the shim fills in the number.
    check(unsafe { ffi::lrs_pipe_room(cx.td(), fd.0, nonblock, &raw mut room) })?;
    Ok(room)
}

/// Writes to a pipe, or reads from it, as much as can be moved without waiting: how much.
/// EAGAIN for nothing, EPIPE with SIGPIPE, EFAULT, EBADF.
pub fn transfer(cx: &mut Cx<'_>, fd: Fd, write: bool, uio: &mut Uio) -> Result<usize> {
    // SAFETY: current; a Uio owns a whole uio.
    check(unsafe { ffi::lrs_pipe_transfer(cx.td(), fd.0, write, uio.as_ptr()) })?;
    // CAST: a byte count.
    Ok(cx.retval() as usize)
}

/// Writes kernel memory to a pipe without waiting, as [`transfer`].
pub fn put(cx: &mut Cx<'_>, fd: Fd, bytes: &[u8]) -> Result<usize> {
    let mut iov = ffi::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut uio = ffi::uio {
        uio_iov: &raw mut iov,
        uio_iovcnt: 1,
        uio_offset: 0,
        uio_resid: bytes.len().cast_signed(),
        uio_segflg: ffi::UIO_SYSSPACE,
        uio_rw: ffi::UIO_WRITE,
        uio_td: core::ptr::null_mut(),
    };
    // SAFETY: current; the uio is whole, and only read from: `bytes` is readable for its length.
    check(unsafe { ffi::lrs_pipe_transfer(cx.td(), fd.0, true, &raw mut uio) })?;
    // CAST: a byte count.
    Ok(cx.retval() as usize)
}

/// Whether two descriptors are ends of one pipe. EBADF where one is of no pipe.
pub fn same(cx: &mut Cx<'_>, a: Fd, b: Fd) -> Result<bool> {
    let mut same = false;
    // SAFETY: current; the shim fills in the bool.
    check(unsafe { ffi::lrs_pipe_same(cx.td(), a.0, b.0, &raw mut same) })?;
    Ok(same)
}
