// SPDX-License-Identifier: BSD-2-Clause
//! System V message queues: sysv_msg.c.

use linux_abi::ipc::{BsdQueue, Owner};

use super::ipc::{List, not_owner, to_perm, with_owner};
use crate::{Cx, Errno, Result, UserAddr, check};

/// msgrcv(2) into user memory, with FreeBSD's flags: the message's type and length. E2BIG, EACCES, EFAULT,
/// EIDRM, EINTR, EINVAL, ENOMSG, ENOSYS in a jail without them.
pub fn kern_msgrcv(
    cx: &mut Cx<'_>,
    queue: i32,
    text: UserAddr,
    size: usize,
    kind: i64,
    flags: i32,
) -> Result<(i64, usize)> {
    let mut got = 0;
    // SAFETY: current; the text goes to a user address (kernel copy), the type to the stack.
    check(unsafe {
        ffi::kern_msgrcv(
            cx.td(),
            queue,
            text.as_ptr(),
            size,
            kind,
            flags,
            &raw mut got,
        )
    })?;
    // CAST: at most `size`.
    Ok((got, cx.retval() as usize))
}

fn control(cx: &mut Cx<'_>, queue: i32, command: u32, ds: &mut ffi::msqid_ds) -> Result<()> {
    // SAFETY: current; the structure is in kernel memory.
    check(unsafe { ffi::kern_msgctl(cx.td(), queue, command.cast_signed(), ds) })
}

fn empty() -> ffi::msqid_ds {
    // SAFETY: integers and pointers, for all of which zero is a value.
    unsafe { core::mem::zeroed() }
}

fn to_abi(ds: &ffi::msqid_ds) -> BsdQueue {
    BsdQueue {
        perm: to_perm(&ds.msg_perm),
        cbytes: ds.msg_cbytes,
        qnum: ds.msg_qnum,
        qbytes: ds.msg_qbytes,
        lspid: ds.msg_lspid,
        lrpid: ds.msg_lrpid,
        stime: ds.msg_stime,
        rtime: ds.msg_rtime,
        ctime: ds.msg_ctime,
    }
}

/// IPC_RMID. EPERM.
pub fn remove(cx: &mut Cx<'_>, queue: i32) -> Result<()> {
    control(cx, queue, ffi::IPC_RMID, &mut empty()).map_err(not_owner)
}

/// IPC_STAT. EACCES, EINVAL.
pub fn status(cx: &mut Cx<'_>, queue: i32) -> Result<BsdQueue> {
    let mut ds = empty();
    control(cx, queue, ffi::IPC_STAT, &mut ds)?;
    Ok(to_abi(&ds))
}

/// IPC_SET, with how many bytes the queue may have. EPERM.
pub fn set_owner(cx: &mut Cx<'_>, queue: i32, owner: &Owner, most: u64) -> Result<()> {
    let mut ds = empty();
    with_owner(&mut ds.msg_perm, owner);
    ds.msg_qbytes = most;
    control(cx, queue, ffi::IPC_SET, &mut ds).map_err(not_owner)
}

/// Calls with each place of the table that is in use and may be seen.
pub fn each(cx: &mut Cx<'_>, mut call: impl FnMut(usize, &BsdQueue)) -> Result<()> {
    let mut list = core::ptr::null_mut();
    let mut count = 0;
    // SAFETY: current; gives an array from malloc(9) and its length.
    check(unsafe { ffi::kern_get_msqids(cx.td(), &raw mut list, &raw mut count) })?;
    // SAFETY: as the kernel has just given them.
    let list = unsafe { List::<ffi::msqid_kernel>::own(list, count) };
    for (at, queue) in list.iter().enumerate() {
        // Zero says that the place is free (sysv_msg.c).
        if queue.u.msg_qbytes != 0 {
            call(at, &to_abi(&queue.u));
        }
    }
    Ok(())
}

/// Whether there is such a thing in this jail. ENOSYS.
pub fn allowed(cx: &mut Cx<'_>) -> Result<()> {
    match status(cx, -1) {
        Err(fail) if fail == Errno::ENOSYS.into() => Err(fail),
        _ => Ok(()),
    }
}

/// `struct msginfo`, in its order.
pub fn limits() -> [i32; 6] {
    // SAFETY: integers that an administrator may change at any time.
    let of = unsafe { core::ptr::read_volatile(&raw const ffi::msginfo) };
    [
        of.msgmax, of.msgmni, of.msgmnb, of.msgtql, of.msgssz, of.msgseg,
    ]
}
