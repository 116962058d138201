// SPDX-License-Identifier: BSD-2-Clause
//! sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2).
//!
//! FreeBSD: kern_sendit, kern_recvit (uipc_syscalls.c).
//! Differences from Linux: control messages are SCM_RIGHTS, SCM_CREDENTIALS, timestamps, and the
//! packet information of IPv4 (without the interface) and IPv6; 2048 bytes of them can be sent.
//! Else as sendto(2) and recvfrom(2).

use kpi::kern::fd::kern_close;
use kpi::kern::icmp;
use kpi::kern::io::{Buffer, Uio};
use kpi::kern::poll::uptime_nsec;
use kpi::kern::records::nap;
use kpi::kern::socket::{self, Control, Data};
use kpi::{
    Cx, Errno, Result, UserArrayIn, UserArrayInOut, UserBytesIn, UserBytesOut, UserIn, UserInOut,
};
use linux_abi::bsd;
use linux_abi::c::{l_iovec, l_mmsghdr, l_msghdr, l_timespec};
use linux_abi::control::{CONTROL_MAX, control_to_bsd, control_to_linux};
use linux_abi::fd::Fd;
use linux_abi::sockaddr::{SOCKADDR_MAX, is_unnamed, sockaddr_to_bsd, sockaddr_to_linux};
use linux_abi::socket::{MSG_CMSG_COMPAT, MSG_ERRQUEUE, MSG_WAITFORONE, message_flags_to_linux};

use super::address::{check_destination, read_address};
use super::option::expect_socket;
use super::transfer::{flags_to_bsd, local_is_full};

/// UIO_MAXIOV, as many buffers and messages as one call takes.
const MOST: u32 = 1024;

/// The buffers of a message. EMSGSIZE for too many.
fn buffers(cx: &mut Cx<'_>, header: &l_msghdr) -> Result<Uio> {
    if header.msg_iovlen > u64::from(MOST) {
        return Err(Errno::EMSGSIZE.into());
    }
    Uio::copyin(
        cx,
        UserArrayIn::<l_iovec>::from_reg(header.msg_iov),
        header.msg_iovlen,
    )
}

fn send_one(cx: &mut Cx<'_>, fd: Fd, header: &l_msghdr, flags: u32) -> Result<usize> {
    let to = if header.msg_name == 0 || header.msg_namelen == 0 {
        None
    } else {
        // More than any address has is cut (copy_msghdr_from_user).
        let len = header.msg_namelen.min(SOCKADDR_MAX as i32);
        Some(read_address(
            cx,
            UserBytesIn::from_reg(header.msg_name),
            len,
        )?)
    };
    if let Some(to) = &to {
        check_destination(cx, fd, to)?;
    }
    let mut uio = buffers(cx, header)?;
    let flags = flags_to_bsd(flags);
    loop {
        let control = if header.msg_control == 0 || header.msg_controllen == 0 {
            None
        } else {
            read_control(cx, header)?
        };
        let sent = socket::send(cx, fd, Data::Many(&mut uio), to.as_ref(), control, flags);
        match sent {
            Err(fail) if local_is_full(cx, fd, fail) => {
                nap(cx)?;
                uio = buffers(cx, header)?;
            }
            // FreeBSD takes a source address of a message only when the port is known.
            Err(fail)
                if fail == Errno::EINVAL.into() && header.msg_controllen != 0 && named(cx, fd) =>
            {
                uio = buffers(cx, header)?;
            }
            answer => return answer,
        }
    }
}

/// Whether a socket of IPv4 had no port and has got one.
#[cold]
fn named(cx: &mut Cx<'_>, fd: Fd) -> bool {
    let Ok(name) = socket::kern_getsockname(cx, fd) else {
        return false;
    };
    // struct sockaddr_in of port 0.
    let unnamed =
        matches!(name.as_bytes(), [_, family, 0, 0, ..] if i32::from(*family) == bsd::AF_INET);
    let mut any = [0_u8; 16];
    let [family, ..] = &mut any;
    *family = 2;
    match sockaddr_to_bsd(&any) {
        Ok(any) if unnamed => socket::bind(cx, fd, &any).is_ok(),
        _ => false,
    }
}

fn read_control(cx: &mut Cx<'_>, header: &l_msghdr) -> Result<Option<Control>> {
    let len = usize::try_from(header.msg_controllen).map_err(|_| Errno::ENOBUFS)?;
    if len > CONTROL_MAX {
        return Err(Errno::ENOBUFS.into());
    }
    let mut given = Buffer::new(cx, len)?;
    UserBytesIn::from_reg(header.msg_control).read(cx, &mut given)?;
    // One message may need padding that the program left out.
    let mut converted = Buffer::new(cx, len.saturating_add(8))?;
    let used = control_to_bsd(&given, &mut converted, &socket::sender(cx))?;
    Control::new(cx, converted.get(..used).unwrap_or(&[]))
}

/// Sends one message.
pub(crate) fn sendmsg(
    cx: &mut Cx<'_>,
    fd: Fd,
    message: UserIn<l_msghdr>,
    flags: u32,
) -> Result<usize> {
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL.into());
    }
    let sent = message
        .read(cx)
        .and_then(|header| send_one(cx, fd, &header, flags));
    if sent.is_err() {
        // What is wrong with the descriptor comes before what is wrong with the message.
        expect_socket(cx, fd)?;
    }
    sent
}

/// Sends several: how many were sent, if one was.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn sendmmsg(
    cx: &mut Cx<'_>,
    fd: Fd,
    messages: UserArrayInOut<l_mmsghdr>,
    count: u32,
    flags: u32,
) -> Result<i32> {
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut done = 0i32;
    let mut failed = Ok(0);
    for i in 0..count.min(MOST) as usize {
        match send_and_tell(cx, fd, &messages, i, flags) {
            Ok(()) => done = done.saturating_add(1),
            Err(fail) => {
                failed = Err(fail);
                break;
            }
        }
    }
    if done == 0 {
        // What is wrong with the descriptor comes before what is wrong with the first message.
        expect_socket(cx, fd)?;
        return failed;
    }
    Ok(done)
}

fn send_and_tell(
    cx: &mut Cx<'_>,
    fd: Fd,
    messages: &UserArrayInOut<l_mmsghdr>,
    i: usize,
    flags: u32,
) -> Result<()> {
    let header = messages.read_at(cx, i)?.msg_hdr;
    let sent = send_one(cx, fd, &header, flags)?;
    // CAST: Linux tells the low 32 bits as well.
    messages.write_at(
        cx,
        i,
        &l_mmsghdr {
            msg_hdr: header,
            msg_len: sent as u32,
            __pad0: 0,
        },
    )
}

/// Receives one message and gives its header as the program shall see it.
fn receive_one(
    cx: &mut Cx<'_>,
    fd: Fd,
    header: &l_msghdr,
    flags: u32,
) -> Result<(usize, l_msghdr)> {
    if flags & MSG_ERRQUEUE != 0 {
        socket::kern_getsockname(cx, fd)?;
        return Err(Errno::EAGAIN.into());
    }
    if header.msg_namelen < 0 {
        return Err(Errno::EINVAL.into());
    }
    let asked = flags_to_bsd(flags);
    let want_name = header.msg_name != 0;
    let (message, room) = loop {
        let mut uio = buffers(cx, header)?;
        let room = uio.residual();
        let first = uio.first();
        // Control messages are always taken, or descriptors would stay unseen but open.
        let message = socket::receive(cx, fd, Data::Many(&mut uio), asked, want_name, true)?;
        let unwanted =
            first.is_some_and(|(at, len)| icmp::is_unwanted(cx, fd, at, len.min(message.len)));
        if !unwanted || asked & bsd::MSG_PEEK != 0 {
            break (message, room);
        }
    };

    let mut out = *header;
    out.msg_namelen = 0;
    if let Some(from) = &message.from
        && !is_unnamed(from.as_bytes())
        && let Ok(address) = sockaddr_to_linux(from.as_bytes())
    {
        let bytes = address.as_bytes();
        let fits = usize::try_from(header.msg_namelen).unwrap_or(0);
        let part = bytes.get(..fits).unwrap_or(bytes);
        UserBytesOut::from_reg(header.msg_name).write(cx, part)?;
        // CAST: at most SOCKADDR_MAX.
        out.msg_namelen = bytes.len() as i32;
    }
    let mut told = message.flags & (bsd::MSG_EOR | bsd::MSG_OOB & !asked | bsd::MSG_CMSG_CLOEXEC);
    if message.cut || message.flags & !asked & bsd::MSG_TRUNC != 0 || message.len > room {
        told |= bsd::MSG_TRUNC;
    }
    told |= message.flags & !asked & bsd::MSG_CTRUNC;
    out.msg_controllen = 0;
    if let Some(control) = &message.control {
        let (used, truncated) = write_control(cx, control, header)?;
        out.msg_controllen = used as u64;
        if truncated {
            told |= bsd::MSG_CTRUNC;
        }
    }
    out.msg_flags = message_flags_to_linux(told).cast_unsigned();
    Ok((message.len, out))
}

/// Tells the control messages that fit; descriptors that do not are closed.
fn write_control(cx: &mut Cx<'_>, control: &Control, header: &l_msghdr) -> Result<(usize, bool)> {
    let from = control.bytes(cx)?;
    let room = if header.msg_control == 0 {
        0
    } else {
        header.msg_controllen
    };
    // Linux's form is at most half as long again.
    let most = from.len().saturating_mul(2);
    let room = usize::try_from(room).unwrap_or(most).min(most);
    let mut out = Buffer::new(cx, room.max(1))?;
    let received = control_to_linux(&from, out.get_mut(..room).unwrap_or(&mut []), |fd| {
        let _ = kern_close(cx, fd);
    });
    if received.used > 0 {
        let bytes = out.get(..received.used).unwrap_or(&[]);
        let told = UserBytesOut::from_reg(header.msg_control).write(cx, bytes);
        if told.is_err() {
            // As put_cmsg: the message came without them. No room at all closes every descriptor.
            control_to_linux(&from, &mut [], |fd| {
                let _ = kern_close(cx, fd);
            });
            return Ok((0, false));
        }
    }
    Ok((received.used, received.truncated))
}

/// Receives one message.
pub(crate) fn recvmsg(
    cx: &mut Cx<'_>,
    fd: Fd,
    message: UserInOut<l_msghdr>,
    flags: u32,
) -> Result<usize> {
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL.into());
    }
    let received = message
        .read(cx)
        .and_then(|header| receive_one(cx, fd, &header, flags));
    if received.is_err() {
        expect_socket(cx, fd)?;
    }
    let (len, out) = received?;
    message.write(cx, &out)?;
    Ok(len)
}

/// Receives several: how many came, if one did. The timeout is looked at after each.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn recvmmsg(
    cx: &mut Cx<'_>,
    fd: Fd,
    messages: UserArrayInOut<l_mmsghdr>,
    count: u32,
    flags: u32,
    timeout: Option<UserInOut<l_timespec>>,
) -> Result<i32> {
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL.into());
    }
    let end = match &timeout {
        Some(user) => {
            let limit = user.read(cx)?.check_timeout()?;
            Some(uptime_nsec(cx).saturating_add(limit.to_nsec_saturating()))
        }
        None => None,
    };
    let mut done = 0i32;
    let mut failed = Ok(0);
    let mut flags = flags;
    for i in 0..count.min(MOST) as usize {
        match receive_and_tell(cx, fd, &messages, i, flags & !MSG_WAITFORONE) {
            Ok(()) => done = done.saturating_add(1),
            Err(fail) => {
                failed = Err(fail);
                break;
            }
        }
        if flags & MSG_WAITFORONE != 0 {
            flags |= linux_abi::socket::MSG_DONTWAIT;
        }
        if end.is_some_and(|end| uptime_nsec(cx) >= end) {
            break;
        }
    }
    if done == 0 {
        expect_socket(cx, fd)?;
        return failed;
    }
    if let (Some(user), Some(end)) = (timeout, end) {
        let rest = l_timespec::from_nsec(end.saturating_sub(uptime_nsec(cx)).max(0));
        user.write(cx, &rest)?;
    }
    Ok(done)
}

fn receive_and_tell(
    cx: &mut Cx<'_>,
    fd: Fd,
    messages: &UserArrayInOut<l_mmsghdr>,
    i: usize,
    flags: u32,
) -> Result<()> {
    let header = messages.read_at(cx, i)?.msg_hdr;
    let (len, out) = receive_one(cx, fd, &header, flags)?;
    // CAST: Linux tells the low 32 bits as well.
    messages.write_at(
        cx,
        i,
        &l_mmsghdr {
            msg_hdr: out,
            msg_len: len as u32,
            __pad0: 0,
        },
    )
}
