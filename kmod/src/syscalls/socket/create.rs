// SPDX-License-Identifier: BSD-2-Clause
//! socket(2), socketpair(2), shutdown(2); listen(2) is FreeBSD's own.
//!
//! FreeBSD: kern_socket, kern_socketpair, kern_shutdown (uipc_syscalls.c).
//! Differences from Linux: the families are those of FreeBSD (local, IPv4, IPv6, netlink, Bluetooth,
//! Hyper-V's for vsock), and of netlink's protocols routes, the generic controller, lists of sockets and device
//! events, of which none comes (an answer about one route tells the network it is to, as with RTM_F_FIB_MATCH; messages of
//! less than a header are ENOBUFS); ICMP sockets of type SOCK_DGRAM and packet(7) do not exist.

use kpi::kern::fd::kern_close;
use kpi::kern::{netlink, records, socket};
use kpi::{Cx, Errno, Fail, Result, UserOut};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::netlink::Protocol;
use linux_abi::socket::{check_netlink_type, family_and_type_to_bsd, shutdown_how};
use linux_abi::sockopt::Place;
use linux_abi::sockopt::number::{IPPROTO_IPV6, IPV6_V6ONLY};

use super::option::expect_socket;

/// FreeBSD's arguments of socket(2). A local socket may name its family as protocol (unix(7)).
fn arguments(family: i32, kind: i32, protocol: i32) -> Result<(i32, i32, i32)> {
    let (family, kind) = family_and_type_to_bsd(family, kind)?;
    let protocol = match protocol {
        bsd::AF_UNIX if family == bsd::AF_UNIX => 0,
        0 => 0,
        _ if family == bsd::AF_UNIX => return Err(Errno::EPROTONOSUPPORT.into()),
        other => other,
    };
    Ok((family, kind, protocol))
}

/// FreeBSD calls a type that the family has not a wrong one for the protocol.
fn type_errno(fail: Fail) -> Fail {
    if fail == Errno::EPROTOTYPE.into() {
        Errno::ESOCKTNOSUPPORT.into()
    } else {
        fail
    }
}

/// Makes a socket.
pub(crate) fn socket(cx: &mut Cx<'_>, family: i32, kind: i32, protocol: i32) -> Result<i32> {
    let (family, kind, protocol) = arguments(family, kind, protocol)?;
    if family == bsd::AF_NETLINK {
        return netlink_socket(cx, kind, protocol);
    }

    let fd = socket::kern_socket(cx, family, kind, protocol).map_err(type_errno)?;

    make_room(cx, Fd(fd), family, kind);
    if family == bsd::AF_INET6 {
        // A Linux one talks IPv4 as well until told otherwise (ipv6(7)); not every protocol can.
        let v6only = Place {
            level: IPPROTO_IPV6,
            name: IPV6_V6ONLY,
        };
        let _ = socket::set_option(cx, Fd(fd), v6only, &0_i32);
    }
    Ok(fd)
}

/// As much as Linux's buffers of 212,992 bytes hold, less what it counts for itself. FreeBSD's are so small that a
/// datagram of more than 9216 bytes could not be sent, and a record would not fit.
const DATAGRAMS: i32 = 106_496;

fn make_room(cx: &mut Cx<'_>, fd: Fd, family: i32, kind: i32) {
    let local = family == bsd::AF_UNIX;
    let records = match kind & 0xf {
        bsd::SOCK_DGRAM => false,
        bsd::SOCK_SEQPACKET => true,
        _ => return,
    };
    if !local && (records || !matches!(family, bsd::AF_INET | bsd::AF_INET6)) {
        return;
    }
    if records {
        records::made();
    }
    for name in [bsd::SO_SNDBUF, bsd::SO_RCVBUF] {
        let place = Place {
            level: bsd::SOL_SOCKET,
            name,
        };
        // With an administrator's limit below that, it stays as it is.
        let _ = socket::set_option(cx, fd, place, &DATAGRAMS);
    }
}

/// A netlink socket, of type SOCK_RAW or SOCK_DGRAM, which are the same (netlink(7)).
fn netlink_socket(cx: &mut Cx<'_>, kind: i32, protocol: i32) -> Result<i32> {
    check_netlink_type(kind)?;
    let protocol = Protocol::new(protocol)?;
    let fd = socket::kern_socket(cx, bsd::AF_NETLINK, kind, protocol.bsd())?;
    if protocol.bsd() != protocol.number() && !netlink::become_protocol(cx, Fd(fd), protocol) {
        // Another thread has closed it and has made another file of that number.
        return Err(Errno::EPROTONOSUPPORT.into());
    }
    Ok(fd)
}

/// Makes two that are connected to each other.
pub(crate) fn socketpair(
    cx: &mut Cx<'_>,
    family: i32,
    kind: i32,
    protocol: i32,
    fds: UserOut<[i32; 2]>,
) -> Result<()> {
    let made = arguments(family, kind, protocol).and_then(|(family, kind, protocol)| {
        let pair = socket::kern_socketpair(cx, family, kind, protocol).map_err(type_errno)?;
        for fd in pair {
            make_room(cx, Fd(fd), family, kind);
        }
        Ok(pair)
    });
    let pair = match made {
        Ok(pair) => pair,
        // Linux looks at the flags of the type before it stores the numbers, at all else after.
        Err(fail) if fail == Errno::EINVAL.into() => return Err(fail),
        Err(fail) => {
            fds.write(cx, &[-1; 2])?;
            return Err(fail);
        }
    };

    let copied = fds.write(cx, &pair);
    if copied.is_err() {
        for fd in pair {
            let _ = kern_close(cx, fd);
        }
    }
    copied
}

/// Ends one direction or both.
pub(crate) fn shutdown(cx: &mut Cx<'_>, fd: Fd, how: i32) -> Result<()> {
    match shutdown_how(how) {
        Ok(how) => socket::kern_shutdown(cx, fd, how),
        Err(errno) => {
            expect_socket(cx, fd)?;
            Err(errno.into())
        }
    }
}
