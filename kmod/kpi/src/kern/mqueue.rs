// SPDX-License-Identifier: BSD-2-Clause
//! POSIX message queues: uipc_mqueue.c, the module mqueuefs. Each is ENOSYS where that is not loaded.

use core::ffi::c_void;
use core::mem::size_of;

use linux_abi::c::{l_mq_attr, l_timespec};
use linux_abi::fd::Fd;
use linux_abi::sigevent::BsdSigevent;

use super::mem::{Mapping, kern_mmap, kern_munmap};
use crate::{Cx, Result, UserAddr, UserBytesOut, check};

/// The numbers of the native calls (sys/syscall.h).
const OPEN: i32 = 457;
const SETATTR: i32 = 458;
const RECEIVE: i32 = 459;
const SEND: i32 = 460;
const NOTIFY: i32 = 461;
const UNLINK: i32 = 462;

/// Makes a native call.
///
/// # Safety
/// `T` is the structure of arguments of that call; what is in it of addresses is the user's.
unsafe fn call<T>(cx: &mut Cx<'_>, number: i32, args: &mut T) -> Result<()> {
    cx.set_retval(0);
    let args = core::ptr::from_mut(args).cast();
    // SAFETY: current; whole (caller).
    check(unsafe { ffi::lrs_mqueue_call(cx.td(), number, args) })
}

/// Whether mqueuefs is there. ENOSYS.
pub fn present(cx: &mut Cx<'_>) -> Result<()> {
    // SAFETY: integers and addresses, for all of which zero is a value.
    let mut args: ffi::kmq_unlink_args = unsafe { core::mem::zeroed() };
    // SAFETY: the structure of that call; a name at 0 is EFAULT.
    let answer = unsafe { call(cx, UNLINK, &mut args) };
    if answer == Err(crate::Errno::ENOSYS.into()) {
        return answer;
    }
    Ok(())
}

/// kmq_open(2), with FreeBSD's flags: the new descriptor. EACCES, EEXIST, EINVAL, ENFILE, ENOENT, ENOSPC.
pub fn kmq_open(
    cx: &mut Cx<'_>,
    name: UserAddr,
    flags: i32,
    mode: u16,
    attributes: UserAddr,
) -> Result<i32> {
    let mut args = ffi::kmq_open_args {
        path: name.as_ptr(),
        flags,
        mode,
        attr: attributes.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: the structure of that call; struct mq_attr is the same on both systems.
    unsafe { call(cx, OPEN, &mut args) }?;
    // CAST: a descriptor.
    Ok(cx.retval() as i32)
}

/// kmq_unlink(2). EACCES, EINVAL, ENOENT.
pub fn kmq_unlink(cx: &mut Cx<'_>, name: UserAddr) -> Result<()> {
    let mut args = ffi::kmq_unlink_args {
        path: name.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: the structure of that call.
    unsafe { call(cx, UNLINK, &mut args) }
}

/// kmq_timedsend(2). EAGAIN, EBADF, EINTR, EINVAL, EMSGSIZE, ETIMEDOUT.
pub fn kmq_timedsend(
    cx: &mut Cx<'_>,
    queue: Fd,
    from: UserAddr,
    len: usize,
    priority: u32,
    until: UserAddr,
) -> Result<()> {
    let mut args = ffi::kmq_timedsend_args {
        mqd: queue.0,
        msg_ptr: from.as_ptr(),
        msg_len: len,
        msg_prio: priority,
        abs_timeout: until.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    const { assert!(size_of::<l_timespec>() == size_of::<ffi::timespec>()) };
    // SAFETY: the structure of that call; struct timespec is the same on both systems.
    unsafe { call(cx, SEND, &mut args) }
}

/// kmq_timedreceive(2): the length of the message. EAGAIN, EBADF, EINTR, EINVAL, EMSGSIZE, ETIMEDOUT.
pub fn kmq_timedreceive(
    cx: &mut Cx<'_>,
    queue: Fd,
    to: UserAddr,
    len: usize,
    priority: UserAddr,
    until: UserAddr,
) -> Result<usize> {
    let mut args = ffi::kmq_timedreceive_args {
        mqd: queue.0,
        msg_ptr: to.as_ptr(),
        msg_len: len,
        msg_prio: priority.as_ptr(),
        abs_timeout: until.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: the structure of that call.
    unsafe { call(cx, RECEIVE, &mut args) }?;
    // CAST: the length of a message.
    Ok(cx.retval() as usize)
}

/// kmq_setattr(2) without new ones: the old ones go to user memory, with FreeBSD's flags. EBADF.
pub fn kmq_attributes(cx: &mut Cx<'_>, queue: Fd, to: UserAddr) -> Result<()> {
    let mut args = ffi::kmq_setattr_args {
        mqd: queue.0,
        attr: core::ptr::null(),
        oattr: to.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    const { assert!(size_of::<l_mq_attr>() == size_of::<ffi::mq_attr>()) };
    // SAFETY: the structure of that call; struct mq_attr is the same on both systems.
    unsafe { call(cx, SETATTR, &mut args) }
}

/// O_NONBLOCK of a descriptor of a queue. EBADF.
pub fn set_nonblocking(cx: &mut Cx<'_>, queue: Fd, on: bool) -> Result<()> {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    check(unsafe { ffi::lrs_mqueue_set_nonblocking(cx.td(), queue.0, on) })
}

/// kmq_notify(2); no event ends it. EBADF, EBUSY.
///
/// The event is read from user memory, so it is put into a page of the process for the time of the
/// call. Who else writes there can say no more than the process may say itself.
pub fn kmq_notify(cx: &mut Cx<'_>, queue: Fd, event: Option<BsdSigevent>) -> Result<()> {
    let Some(event) = event else {
        return notify(cx, queue, UserAddr::from_reg(0));
    };
    let page = Mapping::PRIVATE_PAGE;
    let at = kern_mmap(cx, &page)?;
    let put = write_event(cx, at, &event);
    let done = put.and_then(|()| notify(cx, queue, UserAddr::from_reg(at)));
    // Another thread may have unmapped it.
    let _ = kern_munmap(cx, at, page.len);
    done
}

fn write_event(cx: &mut Cx<'_>, at: u64, event: &BsdSigevent) -> Result<()> {
    let room = UserBytesOut::from_reg(at);
    let put = |cx: &mut Cx<'_>, offset, bytes: &[u8]| room.write_at(cx, offset, bytes);
    let value = core::mem::offset_of!(ffi::sigevent, sigev_value);
    let notify = core::mem::offset_of!(ffi::sigevent, sigev_notify);
    let signo = core::mem::offset_of!(ffi::sigevent, sigev_signo);
    put(cx, notify, &event.notify.to_ne_bytes())?;
    put(cx, signo, &event.signo.to_ne_bytes())?;
    put(cx, value, &event.value.to_ne_bytes())
}

fn notify(cx: &mut Cx<'_>, queue: Fd, event: UserAddr) -> Result<()> {
    let mut args = ffi::kmq_notify_args {
        mqd: queue.0,
        sigev: event.as_ptr::<c_void>().cast(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: the structure of that call.
    unsafe { call(cx, NOTIFY, &mut args) }
}
