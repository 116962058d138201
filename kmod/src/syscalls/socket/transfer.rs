// SPDX-License-Identifier: BSD-2-Clause
//! sendto(2), recvfrom(2).
//!
//! FreeBSD: kern_sendit, kern_recvit (uipc_syscalls.c).
//! Differences from Linux: MSG_CONFIRM, MSG_MORE, MSG_FASTOPEN and MSG_ZEROCOPY are ignored; the
//! error queue is always empty; a datagram for a full local socket is ENOBUFS where Linux waits.

use kpi::kern::io;
use kpi::kern::socket::{self, Data};
use kpi::{Cx, Errno, Result, UserAddr, UserBytesIn, UserBytesOut, UserInOut};
use linux_abi::fd::Fd;
use linux_abi::socket::{MSG_ERRQUEUE, message_flags_to_bsd};

use super::address::{check_destination, read_address_for, write_address};

/// FreeBSD's flags of a sending or receiving call.
#[inline]
pub(super) fn flags_to_bsd(flags: u32) -> i32 {
    if flags == 0 {
        0
    } else {
        message_flags_to_bsd(flags.cast_signed())
    }
}

/// How much of a buffer is moved; EFAULT, before the descriptor is looked at, for one that reaches
/// beyond the user's addresses.
#[inline]
fn reachable(buf: UserAddr, len: usize) -> Result<usize> {
    Ok(io::span(buf, len.min(io::MOST)).ok_or(Errno::EFAULT)?)
}

/// Sends `len` bytes to an address, or where the socket is connected to.
pub(crate) fn sendto(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesIn,
    len: usize,
    flags: u32,
    to: Option<UserBytesIn>,
    to_len: i32,
) -> Result<usize> {
    let len = reachable(buf.addr(), len)?;
    let to = match to {
        Some(address) => Some(read_address_for(cx, fd, address, to_len)?),
        None => None,
    };
    if let Some(to) = &to {
        check_destination(cx, fd, to)?;
    }
    socket::send(
        cx,
        fd,
        Data::One(buf.addr(), len),
        to.as_ref(),
        None,
        flags_to_bsd(flags),
    )
}

/// Receives up to `len` bytes, and tells from whom.
pub(crate) fn recvfrom(
    cx: &mut Cx<'_>,
    fd: Fd,
    buf: UserBytesOut,
    len: usize,
    flags: u32,
    from: Option<UserBytesOut>,
    from_len: Option<UserInOut<i32>>,
) -> Result<usize> {
    let len = reachable(buf.addr(), len)?;
    if flags & MSG_ERRQUEUE != 0 {
        socket::kern_getsockname(cx, fd)?;
        return Err(Errno::EAGAIN.into());
    }

    let message = socket::receive(
        cx,
        fd,
        Data::One(buf.addr(), len),
        flags_to_bsd(flags),
        from.is_some(),
        false,
    )?;

    if let Some(to) = from {
        let room = from_len.ok_or(Errno::EFAULT)?;
        match &message.from {
            Some(address) => write_address(cx, address.as_bytes(), to, room)?,
            // A connected stream tells nobody, with a length of 0.
            None => room.write(cx, &0)?,
        }
    }
    Ok(message.len)
}
