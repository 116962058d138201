// SPDX-License-Identifier: BSD-2-Clause
//! Brings up lo0 with 127.0.0.1; the kernel adds ::1 by itself.

use crate::sys::{self, Result};
use crate::sysctl;

const SIOCAIFADDR: u32 = 0x8044_692b;
const SIOCSIFFLAGS: u32 = 0x8020_6910;
const AF_INET: i32 = 2;
const IFF_UP: u16 = 1;
/// Set anew with the other flags: without it the interface is no loopback any more.
const IFF_LOOPBACK: u16 = 8;

/// `struct ifaliasreq` of `net/if.h`, all of IPv4.
#[repr(C)]
struct IfAliasReq {
    name: [u8; 16],
    addr: SockAddr,
    broadcast: SockAddr,
    mask: SockAddr,
    vhid: i32,
}

/// `struct sockaddr_in`.
#[repr(C)]
struct SockAddr {
    len: u8,
    family: u8,
    port: u16,
    addr: [u8; 4],
    zero: [u8; 8],
}

/// `struct ifreq` with its flags.
#[repr(C)]
struct IfReq {
    name: [u8; 16],
    flags: u16,
    flags_high: u16,
    rest: [u8; 12],
}

const LO0: [u8; 16] = *b"lo0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn ipv4(addr: [u8; 4]) -> SockAddr {
    SockAddr {
        len: 16,
        family: AF_INET as u8,
        port: 0,
        addr,
        zero: [0; 8],
    }
}

pub(crate) fn bring_up_loopback() -> Result<()> {
    // Looking for duplicates of lo0's own address ends with messages forever.
    sysctl::set_int(c"net.inet6.ip6.dad_count", 0).ok();
    let fd = sys::datagram_socket(AF_INET)?;
    let mut up = IfReq {
        name: LO0,
        flags: IFF_UP | IFF_LOOPBACK,
        flags_high: 0,
        rest: [0; 12],
    };
    let mut alias = IfAliasReq {
        name: LO0,
        addr: ipv4([127, 0, 0, 1]),
        broadcast: ipv4([127, 0, 0, 1]),
        mask: ipv4([255, 0, 0, 0]),
        vhid: 0,
    };
    let result = sys::ioctl(fd, SIOCSIFFLAGS, &mut up)
        .and_then(|()| sys::ioctl(fd, SIOCAIFADDR, &mut alias));
    sys::close(fd);
    result
}
