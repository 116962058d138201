// SPDX-License-Identifier: BSD-2-Clause
//! msgrcv(2), msgctl(2); msgget(2) and msgsnd(2) are FreeBSD's own.
//!
//! FreeBSD: kern_msgrcv, kern_msgctl, kern_get_msqids (sysv_msg.c).
//! Differences from Linux: the limits are those of kern.ipc, which are lower (a queue has 2048 bytes, all
//! of them have 40 messages, unless loader.conf(5) says more), and a queue's cannot be raised; of a
//! negative type the first message that fits is received, not that of the lowest type; MSG_EXCEPT is EINVAL.

use kpi::kern::queue;
use kpi::{Cx, Errno, Result, UserBytesOut, UserIn, UserInOut, UserOut};
use linux_abi::c::{l_msginfo, l_msqid_ds};
use linux_abi::ipc::{self, Command, Owner, msg_command, msg_limits, msgrcv_arguments};

/// Receives a message; its type goes before its text.
pub(crate) fn msgrcv(
    cx: &mut Cx<'_>,
    queue: i32,
    to: UserBytesOut,
    size: usize,
    kind: i64,
    flags: i32,
) -> Result<usize> {
    if queue < 0 || i64::try_from(size).is_err() {
        return Err(Errno::EINVAL.into());
    }
    let (kind, flags) = msgrcv_arguments(kind, flags)?;
    let text = to.addr().offset(8)?;
    let (got, len) = queue::kern_msgrcv(cx, queue, text, size, kind, flags)?;
    to.write(cx, &got.to_ne_bytes())?;
    Ok(len)
}

/// Does what the command says.
pub(crate) fn msgctl(
    cx: &mut Cx<'_>,
    queue: i32,
    cmd: i32,
    buf: Option<UserInOut<l_msqid_ds>>,
) -> Result<i32> {
    if queue < 0 || cmd < 0 {
        return Err(Errno::EINVAL.into());
    }
    let addr = buf.map_or(0, |buf| buf.addr().raw());
    let out = UserOut::<l_msqid_ds>::from_reg(addr);
    let command = msg_command(cmd)?;
    match command {
        Command::Remove => queue::remove(cx, queue).map(|()| 0),
        Command::Set => {
            let ds = UserIn::<l_msqid_ds>::from_reg(addr).read(cx)?;
            queue::set_owner(cx, queue, &Owner::of(&ds.msg_perm), ds.msg_qbytes).map(|()| 0)
        }
        Command::Stat => {
            let ds = queue::status(cx, queue)?;
            out.write(cx, &ds.to_linux()).map(|()| 0)
        }
        Command::StatAt | Command::StatAny => {
            queue::allowed(cx)?;
            let mut found = None;
            queue::each(cx, |at, ds| {
                if usize::try_from(queue) == Ok(at) {
                    found = Some((ipc::id(at, ds.perm.seq), *ds));
                }
            })?;
            let (id, mut ds) = found.ok_or(Errno::EINVAL)?;
            if command == Command::StatAt {
                ds = queue::status(cx, id)?;
            }
            out.write(cx, &ds.to_linux()).map(|()| id)
        }
        Command::Limits | Command::Usage => info(cx, command, UserOut::from_reg(addr)),
    }
}

/// The limits, or in three of them what is in use; the answer is the last place of the table in use.
fn info(cx: &mut Cx<'_>, command: Command, out: UserOut<l_msginfo>) -> Result<i32> {
    queue::allowed(cx)?;
    let (mut last, mut queues, mut messages, mut bytes) = (0, 0_i32, 0_u64, 0_u64);
    queue::each(cx, |at, ds| {
        last = at;
        queues = queues.saturating_add(1);
        messages = messages.saturating_add(ds.qnum);
        bytes = bytes.saturating_add(ds.cbytes);
    })?;
    let mut info = msg_limits(queue::limits());
    if command == Command::Usage {
        info.msgpool = queues;
        info.msgmap = i32::try_from(messages).unwrap_or(i32::MAX);
        info.msgtql = i32::try_from(bytes).unwrap_or(i32::MAX);
    }
    out.write(cx, &info)?;
    // CAST: FreeBSD's tables have less than 65536 places.
    Ok(last as i32)
}
