// SPDX-License-Identifier: BSD-2-Clause
//! bind(2), connect(2), accept(2), accept4(2), getsockname(2), getpeername(2).
//!
//! FreeBSD: kern_bindat, kern_connectat, kern_accept4, kern_getsockname, kern_getpeername
//! (uipc_syscalls.c).
//! Differences from Linux:
//! - abstract local names are a jail's, and only Linux programs can use them; a datagram socket cannot be
//!   connected to itself, and an address for one that is connected is EISCONN; SO_PASSCRED chooses no name
//! - a local path has 104 bytes at most, else ENAMETOOLONG
//! - getsockname of a socket bound below an absolute link of the emulation root has the path that
//!   the link leads to
//! - a netlink socket talks to the kernel alone; sending without an address, it gets no port

use kpi::kern::fd::{info, kern_close};
use kpi::kern::names;
use kpi::kern::netlink as kern_netlink;
use kpi::kern::socket::{self, AddressRoom};
use kpi::{Cx, Errno, Fail, Result, UserBytesIn, UserBytesOut, UserInOut};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::netlink;
use linux_abi::sockaddr::{BsdSockaddr, SOCKADDR_MAX, sockaddr_to_bsd, sockaddr_to_linux};
use linux_abi::socket::accept4_flags_to_bsd;
use linux_abi::sockopt::number::NETLINK_GROUPS;

use super::option::expect_socket;

/// Copies an address in. EINVAL for a length that none has.
pub(super) fn read_address(cx: &mut Cx<'_>, from: UserBytesIn, len: i32) -> Result<BsdSockaddr> {
    let mut bytes = [0; SOCKADDR_MAX];
    let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
    let bytes = bytes.get_mut(..len).ok_or(Errno::EINVAL)?;
    // copyin(9) looks at the address even for no bytes.
    if len > 0 {
        from.read(cx, bytes)?;
    }
    Ok(sockaddr_to_bsd(bytes)?)
}

/// Copies an address out as move_addr_to_user does: cut to the room there is, with its true
/// length beside it. EINVAL for a negative room.
pub(super) fn write_address(
    cx: &mut Cx<'_>,
    from: &[u8],
    to: UserBytesOut,
    len: UserInOut<i32>,
) -> Result<()> {
    // An address that Linux has not is told as none.
    let converted = sockaddr_to_linux(from).ok();
    let bytes = converted
        .as_ref()
        .map_or(&[][..], |address| address.as_bytes());
    let room = usize::try_from(len.read(cx)?).map_err(|_| Errno::EINVAL)?;
    let part = bytes.get(..room).unwrap_or(bytes);
    if !part.is_empty() {
        to.write(cx, part)?;
    }
    // CAST: at most SOCKADDR_MAX.
    len.write(cx, &(bytes.len() as i32))
}

/// The same for a socket: EBADF and ENOTSOCK come before all that is wrong with the address.
pub(super) fn read_address_for(
    cx: &mut Cx<'_>,
    fd: Fd,
    from: UserBytesIn,
    len: i32,
) -> Result<BsdSockaddr> {
    let address = read_address(cx, from, len);
    if address.is_err() {
        expect_socket(cx, fd)?;
    }
    address
}

/// Whether a message may be sent to an address of netlink's. EPERM, ECONNREFUSED.
pub(super) fn check_destination(cx: &mut Cx<'_>, fd: Fd, to: &BsdSockaddr) -> Result<()> {
    if let Some(peer) = netlink::Address::of(to.as_bytes())
        && kern_netlink::protocol(cx, fd).is_some()
    {
        peer.check_peer()?;
        autobind(cx, fd)?;
    }
    Ok(())
}

/// Gives a netlink socket a port if it has none, as sending and connecting do.
fn autobind(cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
    let name = socket::kern_getsockname(cx, fd)?;
    if netlink::Address::of(name.as_bytes()).is_none_or(|own| own.port != 0) {
        return Ok(());
    }
    match socket::bind(cx, fd, &BsdSockaddr::of_netlink(netlink::Address::KERNEL)) {
        // Another thread was faster.
        Err(Fail::EINVAL) => Ok(()),
        bound => bound,
    }
}

/// connect(2) of a netlink socket: to the kernel, the only one who listens; to nobody ends that. `None`
/// for any other file.
fn connect_netlink(cx: &mut Cx<'_>, fd: Fd, address: &BsdSockaddr) -> Option<Result<()>> {
    kern_netlink::protocol(cx, fd)?;
    if address.family() == bsd::AF_UNSPEC {
        return Some(Ok(()));
    }
    let Some(peer) = netlink::Address::of(address.as_bytes()) else {
        return Some(Err(Errno::EINVAL.into()));
    };
    let free = peer.check_peer().map_err(Into::into);
    Some(free.and_then(|()| autobind(cx, fd)))
}

/// Gives a socket a name.
pub(crate) fn bind(cx: &mut Cx<'_>, fd: Fd, address: UserBytesIn, len: i32) -> Result<()> {
    let address = read_address_for(cx, fd, address, len)?;
    if let Some(name) = address.abstract_name()
        && socket::domain(cx, fd)? == bsd::AF_UNIX
    {
        return names::bind(cx, fd, name);
    }
    // FreeBSD's netlink looks at the length alone.
    if address.as_bytes().len() == netlink::SOCKADDR
        && address.family() != bsd::AF_NETLINK
        && kern_netlink::protocol(cx, fd).is_some()
    {
        return Err(Errno::EINVAL.into());
    }
    socket::bind(cx, fd, &address)
}

/// Connects a socket; a family of AF_UNSPEC ends what a datagram socket was connected to.
pub(crate) fn connect(cx: &mut Cx<'_>, fd: Fd, address: UserBytesIn, len: i32) -> Result<()> {
    let address = match read_address(cx, address, len) {
        Ok(address) => address,
        Err(fail) => {
            // EBADF comes before it, ENOTSOCK after what keeps the address from being read.
            info(cx, fd)?;
            let size = 0..=SOCKADDR_MAX as i32;
            if size.contains(&len) && fail != Errno::EFAULT.into() {
                expect_socket(cx, fd)?;
            }
            return Err(fail);
        }
    };
    if let Some(name) = address.abstract_name()
        && socket::domain(cx, fd)? == bsd::AF_UNIX
    {
        return if name.is_empty() {
            Err(Errno::EINVAL.into())
        } else {
            names::connect(cx, fd, name)
        };
    }
    if matches!(address.family(), bsd::AF_NETLINK | bsd::AF_UNSPEC)
        && let Some(done) = connect_netlink(cx, fd, &address)
    {
        return done;
    }
    let connected = socket::connect(cx, fd, &address);
    if address.family() == bsd::AF_UNSPEC
        && let Err(Fail::EAFNOSUPPORT | Fail::EADDRNOTAVAIL | Fail::EINVAL) = connected
    {
        // FreeBSD has disconnected it before it found that the address is none.
        return match socket::kern_getpeername(cx, fd) {
            Err(Fail::ENOTCONN) => Ok(()),
            Err(fail) => Err(fail),
            Ok(_) => connected,
        };
    }
    connected
}

/// Takes the first connection that waits.
pub(crate) fn accept(
    cx: &mut Cx<'_>,
    fd: Fd,
    address: Option<UserBytesOut>,
    len: Option<UserInOut<i32>>,
) -> Result<i32> {
    accept4(cx, fd, address, len, 0)
}

/// The same with SOCK_CLOEXEC and SOCK_NONBLOCK; EINVAL for any other flag.
pub(crate) fn accept4(
    cx: &mut Cx<'_>,
    fd: Fd,
    address: Option<UserBytesOut>,
    len: Option<UserInOut<i32>>,
    flags: i32,
) -> Result<i32> {
    let flags = match accept4_flags_to_bsd(flags) {
        Ok(flags) => flags,
        Err(errno) => {
            // EBADF comes before it, ENOTSOCK after it.
            info(cx, fd)?;
            return Err(errno.into());
        }
    };

    let (new, peer) = socket::kern_accept4(cx, fd, flags)?;

    if let Err(fail) = tell_peer(cx, &peer, address, len) {
        // As in pipe(2), another thread may have closed it already.
        let _ = kern_close(cx, new);
        return Err(fail);
    }
    Ok(new)
}

fn tell_peer(
    cx: &mut Cx<'_>,
    peer: &AddressRoom,
    address: Option<UserBytesOut>,
    len: Option<UserInOut<i32>>,
) -> Result<()> {
    match (address, len) {
        (Some(to), Some(len)) => write_address(cx, peer.as_bytes(), to, len),
        (Some(_), None) => Err(Errno::EFAULT.into()),
        (None, _) => Ok(()),
    }
}

/// The socket's own name.
pub(crate) fn getsockname(
    cx: &mut Cx<'_>,
    fd: Fd,
    address: UserBytesOut,
    len: UserInOut<i32>,
) -> Result<()> {
    let name = socket::kern_getsockname(cx, fd)?;
    if let Some(mut own) = netlink::Address::of(name.as_bytes()) {
        // FreeBSD leaves the groups out.
        own.groups = socket::option(cx, fd, NETLINK_GROUPS)?;
        return write_address(cx, &own.to_bsd(), address, len);
    }
    write_address(cx, name.as_bytes(), address, len)
}

/// The name at the other end.
pub(crate) fn getpeername(
    cx: &mut Cx<'_>,
    fd: Fd,
    address: UserBytesOut,
    len: UserInOut<i32>,
) -> Result<()> {
    if kern_netlink::protocol(cx, fd).is_some() {
        return write_address(cx, &netlink::Address::KERNEL.to_bsd(), address, len);
    }
    let name = socket::kern_getpeername(cx, fd)?;
    write_address(cx, name.as_bytes(), address, len)
}
