// SPDX-License-Identifier: BSD-2-Clause
//! The messages of netlink(7): RFC 3549, rtnetlink(7), Linux's generic controller.
//!
//! FreeBSD's netlink is modelled on Linux's: headers, types of messages and most attributes have
//! the same numbers and forms. What differs is translated here: families, kinds of hardware, flags
//! and names of interfaces, tables and types of routes, error numbers.
//!
//! [`request`] edits what a program sent where it lies, without moving anything, and such that
//! [`restore`] can undo it for the copy that an error message carries. It hands to the kernel's own
//! parsers only attributes that they need, once each and of the right length: several of those
//! parsers trust them. [`reply`] makes new messages out of the kernel's, of nothing but what is
//! known here.

mod attribute;
pub mod diag;
mod link;
mod reply;
mod request;
mod route;

pub use reply::{reply, room};
pub use request::{request, restore};

use linux_raw_sys::netlink as linux;

use crate::errno::Errno;
use crate::netif::Name;

/// What the messages are about, as the kernel side knows it.
pub trait Host {
    /// The index of an interface by the name a program calls it.
    fn index(&self, name: &Name) -> Option<u32>;
    /// The Linux name of an interface by its index.
    fn name(&self, index: u32) -> Option<Name>;
    /// Whether the socket's owner may change the network (CAP_NET_ADMIN).
    fn privileged(&self) -> bool;
}

/// What a socket speaks.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Links, addresses, routes, neighbours.
    Route,
    /// The controller of generic families; it knows itself alone.
    Generic,
    /// Events of devices, of which none ever comes.
    Uevent,
    /// Lists of sockets: sock_diag(7).
    SockDiag,
}

impl Protocol {
    /// From the protocol of socket(2). EPROTONOSUPPORT, as on a Linux without that one.
    pub const fn new(protocol: i32) -> Result<Self, Errno> {
        match protocol.cast_unsigned() {
            linux::NETLINK_ROUTE => Ok(Protocol::Route),
            linux::NETLINK_GENERIC => Ok(Protocol::Generic),
            linux::NETLINK_KOBJECT_UEVENT => Ok(Protocol::Uevent),
            linux::NETLINK_SOCK_DIAG => Ok(Protocol::SockDiag),
            _ => Err(Errno::EPROTONOSUPPORT),
        }
    }

    /// The number of it.
    pub const fn number(self) -> i32 {
        (match self {
            Protocol::Route => linux::NETLINK_ROUTE,
            Protocol::Generic => linux::NETLINK_GENERIC,
            Protocol::Uevent => linux::NETLINK_KOBJECT_UEVENT,
            Protocol::SockDiag => linux::NETLINK_SOCK_DIAG,
        })
        .cast_signed()
    }

    /// The protocol whose socket FreeBSD makes for it; it has none that is quiet.
    pub const fn bsd(self) -> i32 {
        match self {
            Protocol::Uevent | Protocol::SockDiag => Protocol::Route.number(),
            protocol => protocol.number(),
        }
    }
}

/// `struct sockaddr_nl`, the same on both systems but for the family.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `nl_pid`, the port; 0 is the kernel.
    pub port: u32,
    /// `nl_groups`, a bit for each of the first 32.
    pub groups: u32,
}

impl Address {
    /// The kernel's.
    pub const KERNEL: Self = Address { port: 0, groups: 0 };

    /// Of an address in FreeBSD's form. `None` if it is of another family.
    pub fn of(bsd: &[u8]) -> Option<Self> {
        if bsd.len() < SOCKADDR
            || bsd.get(1).copied().map(i32::from) != Some(crate::bsd::AF_NETLINK)
        {
            return None;
        }
        Some(Address {
            port: attribute::u32_at(bsd, 4)?,
            groups: attribute::u32_at(bsd, 8)?,
        })
    }

    /// In FreeBSD's form.
    pub fn to_bsd(self) -> [u8; SOCKADDR] {
        let [p0, p1, p2, p3] = self.port.to_ne_bytes();
        let [g0, g1, g2, g3] = self.groups.to_ne_bytes();
        // CAST: both are below 256.
        let (len, family) = (SOCKADDR as u8, crate::bsd::AF_NETLINK as u8);
        [len, family, 0, 0, p0, p1, p2, p3, g0, g1, g2, g3]
    }

    /// Whether a message may go there: only the kernel listens, and groups are its own to send to.
    pub const fn check_peer(self) -> Result<(), Errno> {
        if self.groups != 0 {
            Err(Errno::EPERM)
        } else if self.port != 0 {
            Err(Errno::ECONNREFUSED)
        } else {
            Ok(())
        }
    }
}

/// The bytes of `struct sockaddr_nl`.
pub const SOCKADDR: usize = 12;
/// The bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// `NLMSG_ERROR`, `NLMSG_DONE`, `NLMSG_MIN_TYPE`.
const ERROR: u16 = linux::NLMSG_ERROR as u16;
const DONE: u16 = linux::NLMSG_DONE as u16;
const MIN_TYPE: u16 = linux::NLMSG_MIN_TYPE as u16;
/// `GENL_ID_CTRL` and its `CTRL_CMD_NEWFAMILY`, `CTRL_CMD_GETFAMILY` (linux/genetlink.h, which
/// linux-raw-sys lacks).
const CONTROLLER: u16 = MIN_TYPE;
const NEWFAMILY: u8 = 1;
const GETFAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// The families that have addresses and routes, in Linux's numbers and FreeBSD's.
const INET: u8 = linux_raw_sys::net::AF_INET as u8;
const INET6: u8 = linux_raw_sys::net::AF_INET6 as u8;
const BSD_INET6: u8 = crate::bsd::AF_INET6 as u8;

const fn family_to_bsd(family: u8) -> u8 {
    match family {
        INET6 => BSD_INET6,
        other => other,
    }
}

/// Linux's number; `None` for a family without addresses.
const fn family_to_linux(family: u8) -> Option<u8> {
    match family {
        INET => Some(INET),
        BSD_INET6 => Some(INET6),
        _ => None,
    }
}

/// The bytes of an address of a family in Linux's numbers.
const fn address_len(family: u8) -> usize {
    if family == INET { 4 } else { 16 }
}

/// The types of routing messages that are known here.
mod kind {
    use super::linux;
    pub(super) const NEWLINK: u16 = linux::RTM_NEWLINK as u16;
    pub(super) const DELLINK: u16 = linux::RTM_DELLINK as u16;
    pub(super) const GETLINK: u16 = linux::RTM_GETLINK as u16;
    pub(super) const NEWADDR: u16 = linux::RTM_NEWADDR as u16;
    pub(super) const DELADDR: u16 = linux::RTM_DELADDR as u16;
    pub(super) const GETADDR: u16 = linux::RTM_GETADDR as u16;
    pub(super) const NEWROUTE: u16 = linux::RTM_NEWROUTE as u16;
    pub(super) const DELROUTE: u16 = linux::RTM_DELROUTE as u16;
    pub(super) const GETROUTE: u16 = linux::RTM_GETROUTE as u16;
    pub(super) const NEWNEIGH: u16 = linux::RTM_NEWNEIGH as u16;
    pub(super) const DELNEIGH: u16 = linux::RTM_DELNEIGH as u16;
    pub(super) const GETNEIGH: u16 = linux::RTM_GETNEIGH as u16;
}

/// The flags of a message, 16 bits wide there.
mod flag {
    use super::linux;
    pub(super) const REQUEST: u16 = linux::NLM_F_REQUEST as u16;
    pub(super) const MULTI: u16 = linux::NLM_F_MULTI as u16;
    pub(super) const DUMP: u16 = linux::NLM_F_DUMP as u16;
    pub(super) const CAPPED: u16 = linux::NLM_F_CAPPED as u16;
    pub(super) const ACK_TLVS: u16 = linux::NLM_F_ACK_TLVS as u16;
}

#[cfg(test)]
mod tests;
