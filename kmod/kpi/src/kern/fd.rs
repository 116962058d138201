// SPDX-License-Identifier: BSD-2-Clause
//! Descriptors: kern_descrip.c, sys_pipe.c.

use core::ffi::c_int;

use linux_abi::fd::Fd;
use linux_abi::lock::BsdFlock;

use crate::{Cx, Errno, Result, check};

/// pipe2(2): read and write end; `flags` are FreeBSD's O_CLOEXEC and O_NONBLOCK.
/// EMFILE, ENFILE, ENOMEM. Each end can only be used in its direction, unlike FreeBSD's.
pub fn kern_pipe(cx: &mut Cx<'_>, flags: i32) -> Result<[i32; 2]> {
    let mut fds: [c_int; 2] = [0; 2];
    // SAFETY: current; the shim fills two ints.
    check(unsafe { ffi::lrs_pipe(cx.td(), fds.as_mut_ptr(), flags) })?;
    Ok(fds)
}

/// close(2). EBADF.
pub fn kern_close(cx: &mut Cx<'_>, fd: i32) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_close(cx.td(), fd) })
}

/// The descriptor number a successful call left in `td_retval`.
#[inline]
pub(crate) fn new_fd(cx: &Cx<'_>) -> i32 {
    // CAST: descriptors are ints.
    cx.retval() as i32
}

/// Makes `new` refer to what `old` does, as dup2(2), and sets close-on-exec as asked.
/// EBADF for either number.
pub fn dup_fixed(cx: &mut Cx<'_>, old: Fd, new: Fd, cloexec: bool) -> Result<i32> {
    let flags = if cloexec {
        ffi::FDDUP_FLAG_CLOEXEC.cast_signed()
    } else {
        0
    };
    // SAFETY: current.
    check(unsafe { ffi::kern_dup(cx.td(), ffi::FDDUP_FIXED, flags, old.0, new.0) })?;
    Ok(new_fd(cx))
}

/// What kind of thing a descriptor refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something opened by name: a file, folder or device.
    Vnode,
    /// A pipe without a name.
    Pipe,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A kqueue, which is what an epoll descriptor is.
    Kqueue,
    /// A terminal's master side.
    Pts,
    /// An eventfd.
    Eventfd,
    /// Anything else.
    Other,
}

/// What is known of a descriptor without asking what is behind it.
pub struct Info {
    /// Its open flags, FreeBSD's O_* as F_GETFL gives them.
    pub flags: i32,
    /// What it refers to.
    pub kind: Kind,
}

/// Looks a descriptor up. EBADF.
#[inline]
pub fn info(cx: &mut Cx<'_>, fd: Fd) -> Result<Info> {
    let (mut flags, mut kind) = (0, 0);
    // SAFETY: current; the shim fills two ints.
    check(unsafe { ffi::lrs_fd_info(cx.td(), fd.0, &raw mut flags, &raw mut kind) })?;
    let kind = match kind.cast_unsigned() {
        ffi::DTYPE_VNODE => Kind::Vnode,
        ffi::DTYPE_PIPE => Kind::Pipe,
        ffi::DTYPE_FIFO => Kind::Fifo,
        ffi::DTYPE_SOCKET => Kind::Socket,
        ffi::DTYPE_KQUEUE => Kind::Kqueue,
        ffi::DTYPE_PTS => Kind::Pts,
        ffi::DTYPE_EVENTFD => Kind::Eventfd,
        _ => Kind::Other,
    };
    Ok(Info { flags, kind })
}

/// Whether two descriptors share one open file description. EBADF for either.
pub fn same_file(cx: &mut Cx<'_>, a: Fd, b: Fd) -> Result<bool> {
    let mut same = false;
    // SAFETY: current; the shim fills one bool.
    check(unsafe { ffi::lrs_fd_same(cx.td(), a.0, b.0, &raw mut same) })?;
    Ok(same)
}

/// fcntl(2) with a FreeBSD command whose argument is a number: what it answers.
pub fn kern_fcntl(cx: &mut Cx<'_>, fd: Fd, command: FcntlCall, arg: i32) -> Result<i32> {
    // SAFETY: current; FcntlCall lists no command that takes a pointer.
    check(unsafe { ffi::kern_fcntl(cx.td(), fd.0, command as c_int, arg as isize) })?;
    Ok(new_fd(cx))
}

/// The commands of [`kern_fcntl`].
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum FcntlCall {
    /// The lowest free descriptor from the argument on.
    DupFd = ffi::F_DUPFD as i32,
    /// The same, closed on exec.
    DupFdCloexec = ffi::F_DUPFD_CLOEXEC as i32,
    /// Descriptor flags.
    GetFd = ffi::F_GETFD as i32,
    /// Sets them.
    SetFd = ffi::F_SETFD as i32,
    /// Sets status flags.
    SetFl = ffi::F_SETFL as i32,
    /// Who gets SIGIO.
    GetOwn = ffi::F_GETOWN as i32,
    /// Sets that.
    SetOwn = ffi::F_SETOWN as i32,
    /// Adds seals.
    AddSeals = ffi::F_ADD_SEALS as i32,
    /// The seals.
    GetSeals = ffi::F_GET_SEALS as i32,
}

/// What to do with a record lock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LockCall {
    /// Find the lock that would stand in the way.
    Get,
    /// Set or clear, EAGAIN where another stands in the way.
    Set,
    /// Set or clear, and wait for it.
    SetWait,
}

/// Record locks of the process, fcntl(2). EBADF, EINVAL, EAGAIN, EDEADLK, ENOLCK, EOVERFLOW, restart.
pub fn lock(cx: &mut Cx<'_>, fd: Fd, call: LockCall, lock: &mut BsdFlock) -> Result<()> {
    let mut raw = to_flock(lock);
    let command = match call {
        LockCall::Get => ffi::F_GETLK,
        LockCall::Set => ffi::F_SETLK,
        LockCall::SetWait => ffi::F_SETLKW,
    };
    // SAFETY: current; these commands take a pointer to a flock in kernel memory.
    check(unsafe {
        ffi::kern_fcntl(
            cx.td(),
            fd.0,
            command.cast_signed(),
            (&raw mut raw) as isize,
        )
    })?;
    from_flock(&raw, lock);
    Ok(())
}

/// Record locks of the open file description, which FreeBSD's lock manager knows as
/// those of flock(2). Errors as [`lock`].
pub fn lock_description(
    cx: &mut Cx<'_>,
    fd: Fd,
    call: LockCall,
    lock: &mut BsdFlock,
) -> Result<()> {
    let mut raw = to_flock(lock);
    // SAFETY: current; the shim holds the file while it works on the lock.
    check(unsafe {
        ffi::lrs_ofd_lock(
            cx.td(),
            fd.0,
            call == LockCall::Get,
            call == LockCall::SetWait,
            &raw mut raw,
        )
    })?;
    from_flock(&raw, lock);
    Ok(())
}

fn to_flock(lock: &BsdFlock) -> ffi::flock {
    ffi::flock {
        l_start: lock.start,
        l_len: lock.len,
        l_pid: lock.pid,
        l_type: lock.kind,
        l_whence: lock.whence,
        l_sysid: 0,
    }
}

fn from_flock(raw: &ffi::flock, lock: &mut BsdFlock) {
    *lock = BsdFlock {
        start: raw.l_start,
        len: raw.l_len,
        pid: raw.l_pid,
        kind: raw.l_type,
        whence: raw.l_whence,
    };
}

/// close_range(2): closes the descriptors, or closes them on exec. EINVAL for `last` below `first`.
pub fn kern_close_range(cx: &mut Cx<'_>, first: u32, last: u32, cloexec: bool) -> Result<()> {
    let flags = if cloexec { ffi::CLOSE_RANGE_CLOEXEC } else { 0 };
    // SAFETY: current.
    check(unsafe { ffi::kern_close_range(cx.td(), flags.cast_signed(), first, last) })
}

/// flock(2) with FreeBSD's operation. EBADF, EOPNOTSUPP where there is no file, EAGAIN, ENOLCK.
pub fn flock(cx: &mut Cx<'_>, fd: Fd, how: i32) -> Result<()> {
    let mut args = ffi::flock_args {
        fd: fd.0,
        how,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_flock(cx.td(), &raw mut args) })
}

/// EBADF unless the descriptor is a pipe.
pub fn expect_pipe(cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
    match info(cx, fd)?.kind {
        Kind::Pipe | Kind::Fifo => Ok(()),
        _ => Err(Errno::EBADF.into()),
    }
}
