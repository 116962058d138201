// SPDX-License-Identifier: BSD-2-Clause
//! sendto(2), recvfrom(2).
//!
//! FreeBSD: kern_sendit, kern_recvit (uipc_syscalls.c).
//! Differences from Linux: MSG_CONFIRM, MSG_MORE, MSG_FASTOPEN and MSG_ZEROCOPY are ignored; the
//! error queue is always empty; write(2) of a datagram for a full local socket is ENOBUFS where Linux waits; an
//! empty record of SOCK_SEQPACKET is not sent.

use kpi::kern::icmp;
use kpi::kern::io;
use kpi::kern::records::nap;
use kpi::kern::socket::{self, Data};
use kpi::{Cx, Errno, Fail, Result, UserAddr, UserBytesIn, UserBytesOut, UserInOut};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::sockaddr::is_unnamed;
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

/// Whether a datagram has no room at a local socket, for which Linux waits. Whoever shall not wait has EAGAIN
/// instead.
#[inline]
pub(super) fn local_is_full(cx: &mut Cx<'_>, fd: Fd, fail: Fail) -> bool {
    fail == Errno::ENOBUFS.into() && socket::domain(cx, fd) == Ok(bsd::AF_UNIX)
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
    let flags = flags_to_bsd(flags);
    loop {
        let data = Data::One(buf.addr(), len);
        match socket::send(cx, fd, data, to.as_ref(), None, flags) {
            Err(fail) if local_is_full(cx, fd, fail) => nap(cx)?,
            answer => return answer,
        }
    }
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

    let flags = flags_to_bsd(flags);
    let message = loop {
        let data = Data::One(buf.addr(), len);
        let message = socket::receive(cx, fd, data, flags, from.is_some(), false)?;
        let got = message.len.min(len);
        if flags & bsd::MSG_PEEK != 0 || !icmp::is_unwanted(cx, fd, buf.addr(), got) {
            break message;
        }
    };

    if let Some(to) = from {
        let room = from_len.ok_or(Errno::EFAULT)?;
        match &message.from {
            Some(address) if !is_unnamed(address.as_bytes()) => {
                write_address(cx, address.as_bytes(), to, room)?;
            }
            // A connected stream tells nobody, with a length of 0.
            _ => room.write(cx, &0)?,
        }
    }
    Ok(message.len)
}
