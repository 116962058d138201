// SPDX-License-Identifier: BSD-2-Clause
//! What programs ask: links, addresses, routes and neighbours, one or all of them, and generic
//! families. Nothing is changed by netlink: interfaces, addresses and routes are the
//! administrator's, and the programs that change them FreeBSD's.

use linux_raw_sys::net::AF_BRIDGE;
use linux_raw_sys::netlink as linux;

use super::attribute::{Attributes, hide, put, show, u16_at, u32_at};
use super::{
    CONTROLLER, FAMILY_ID, FAMILY_NAME, GETFAMILY, HEADER, Host, INET, INET6, MIN_TYPE, Protocol,
    address_len, family_to_bsd, family_to_linux, flag, kind,
};
use crate::errno::Errno;
use crate::netif;

/// The bytes of `struct ifinfomsg`, `ifaddrmsg`, `rtmsg`, `ndmsg`, `genlmsghdr`, with the header.
const LINK: usize = 32;
const ADDR: usize = 24;
const ROUTE: usize = 28;
const NEIGH: usize = 28;
const GENERIC: usize = 20;

/// `RTM_MAX`: the largest type is RTM_GETTUNNEL, 122.
const LARGEST: u16 = 123;

/// Turns a request, whole and of one message, into FreeBSD's; the error is the answer to it.
/// `strict`: NETLINK_GET_STRICT_CHK is set.
pub fn request(
    protocol: Protocol,
    message: &mut [u8],
    strict: bool,
    host: &impl Host,
) -> Result<(), Errno> {
    let kind = u16_at(message, 4).ok_or(Errno::EINVAL)?;
    let dump = u16_at(message, 6).is_some_and(|flags| flags & flag::DUMP != 0);
    match protocol {
        Protocol::Route => route_request(kind, message, Mode { dump, strict }, host),
        Protocol::Generic => generic_request(kind, message, dump),
        // uevent(7): only those who may administer devices can send events, and here nobody can.
        Protocol::Uevent => Err(Errno::EPERM),
        // Has answers of its own ([`diag`](super::diag)).
        Protocol::SockDiag => Err(Errno::EOPNOTSUPP),
    }
}

/// How a request is meant.
#[derive(Copy, Clone)]
struct Mode {
    /// All there are, rather than one.
    dump: bool,
    /// With every field looked at.
    strict: bool,
}

fn route_request(kind: u16, message: &mut [u8], mode: Mode, host: &impl Host) -> Result<(), Errno> {
    if kind > LARGEST {
        return Err(Errno::EOPNOTSUPP);
    }
    // Types come in fours: new, delete, get, set.
    if kind.wrapping_sub(MIN_TYPE) & 3 != 2 {
        return Err(if host.privileged() {
            Errno::EOPNOTSUPP
        } else {
            Errno::EPERM
        });
    }
    let family = *message.get(HEADER).ok_or(Errno::EINVAL)?;
    let header = match kind {
        kind::GETLINK => LINK,
        kind::GETADDR => ADDR,
        kind::GETROUTE => ROUTE,
        kind::GETNEIGH => NEIGH,
        // Rules are what several tables are chosen by, and a program sees one.
        _ => return Err(Errno::EOPNOTSUPP),
    };
    if message.len() < header && (mode.strict || !mode.dump) {
        return Err(Errno::EINVAL);
    }
    match kind {
        kind::GETLINK => link(message, family, mode, host),
        kind::GETADDR => addr(message, family, mode, host),
        kind::GETROUTE => route(message, family, mode),
        _ => neigh(message, family, mode, host),
    }
}

/// All fields between are zero; so is what is not there.
fn zero(message: &[u8], fields: core::ops::Range<usize>) -> bool {
    let present = fields.start..fields.end.min(message.len());
    message.get(present).unwrap_or(&[]).iter().all(|b| *b == 0)
}

/// Makes them zero.
fn clear(message: &mut [u8], fields: core::ops::Range<usize>) {
    let present = fields.start..fields.end.min(message.len());
    message.get_mut(present).unwrap_or(&mut []).fill(0);
}

/// `struct ifinfomsg`: family, padding, u16 type, index, flags, mask of flags.
fn link(message: &mut [u8], family: u8, mode: Mode, host: &impl Host) -> Result<(), Errno> {
    if u32::from(family) == AF_BRIDGE {
        return Err(Errno::EOPNOTSUPP);
    }
    if mode.strict && !(zero(message, 17..20) && zero(message, 24..LINK)) {
        return Err(Errno::EINVAL);
    }
    let index = u32_at(message, 20).unwrap_or(0);
    if mode.dump && mode.strict && index != 0 {
        return Err(Errno::EINVAL);
    }
    let names = Attributes::new(message, LINK);
    let index = match index {
        _ if mode.dump => 0,
        0 => {
            let wanted = names
                .find(linux::IFLA_IFNAME as u16)
                .or_else(|| names.find(linux::IFLA_ALT_IFNAME as u16))
                .ok_or(Errno::EINVAL)?;
            let wanted = netif::name(wanted.value);
            host.index(&wanted).ok_or(Errno::ENODEV)?
        }
        index => index,
    };
    hide(message, LINK, None)?;
    // FreeBSD takes type and index for a filter.
    clear(message, 17..LINK);
    put(message, 20, &index.to_ne_bytes());
    Ok(())
}

/// The family of a question about all of a kind: one that has none is asked about as all.
fn dump_family(message: &mut [u8], family: u8) {
    let family = match family {
        INET | INET6 => family_to_bsd(family),
        _ => 0,
    };
    put(message, HEADER, &[family]);
}

/// `struct ifaddrmsg`: family, length of the prefix, flags, scope, index.
fn addr(message: &mut [u8], family: u8, mode: Mode, host: &impl Host) -> Result<(), Errno> {
    if !mode.dump {
        return Err(Errno::EOPNOTSUPP);
    }
    hide(message, ADDR, None)?;
    if mode.strict {
        if !zero(message, 17..20) {
            return Err(Errno::EINVAL);
        }
        match u32_at(message, 20) {
            None | Some(0) => {}
            Some(index) => {
                host.name(index).ok_or(Errno::ENODEV)?;
            }
        }
    } else {
        clear(message, 17..ADDR);
    }
    dump_family(message, family);
    Ok(())
}

/// `struct rtmsg`: family, lengths of destination and source, tos, table, protocol, scope, type,
/// u32 flags.
fn route(message: &mut [u8], family: u8, mode: Mode) -> Result<(), Errno> {
    let table = match Attributes::new(message, ROUTE).find(linux::rtattr_type_t::RTA_TABLE as u16) {
        Some(table) => table.number(),
        None => u32::from(message.get(20).copied().unwrap_or(0)),
    };
    if mode.dump {
        if !matches!(family, 0 | INET | INET6) {
            return Err(Errno::EOPNOTSUPP);
        }
        // Programs see one table, in two parts: main and local.
        if mode.strict && !matches!(table, 0 | MAIN | LOCAL) {
            return Err(Errno::ENOENT);
        }
        hide(message, ROUTE, None)?;
        clear(message, 17..ROUTE);
        dump_family(message, family);
        return Ok(());
    }
    let (INET | INET6) = family else {
        return Err(Errno::EOPNOTSUPP);
    };
    expect_destination(message, ROUTE, linux::rtattr_type_t::RTA_DST as u16, family)?;
    hide(message, ROUTE, Some(linux::rtattr_type_t::RTA_DST as u16))?;
    clear(message, 18..ROUTE);
    put(message, HEADER, &[family_to_bsd(family)]);
    Ok(())
}

pub(super) const MAIN: u32 = linux::rt_class_t::RT_TABLE_MAIN as u32;
pub(super) const LOCAL: u32 = linux::rt_class_t::RT_TABLE_LOCAL as u32;

/// FreeBSD looks up an address by the family of the message, whatever its length.
fn expect_destination(message: &[u8], header: usize, kind: u16, family: u8) -> Result<(), Errno> {
    match Attributes::new(message, header).find(kind) {
        Some(address) if address.value.len() == address_len(family) => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// `struct ndmsg`: family, three bytes of padding, index, u16 state, flags, type.
fn neigh(message: &mut [u8], family: u8, mode: Mode, host: &impl Host) -> Result<(), Errno> {
    if u32::from(family) == AF_BRIDGE {
        return Err(Errno::EOPNOTSUPP);
    }
    // Those that the machine answers for are not told apart.
    let proxy = message.get(26).copied().unwrap_or(0) & linux::NTF_PROXY as u8 != 0;
    if proxy {
        return Err(Errno::EOPNOTSUPP);
    }
    if mode.dump {
        if mode.strict && !zero(message, 17..NEIGH) {
            return Err(Errno::EINVAL);
        }
        hide(message, NEIGH, None)?;
        clear(message, 17..NEIGH);
        dump_family(message, family);
        return Ok(());
    }
    let (INET | INET6) = family else {
        return Err(Errno::EINVAL);
    };
    expect_destination(message, NEIGH, linux::NDA_DST as u16, family)?;
    let index = u32_at(message, 20).unwrap_or(0);
    host.name(index).ok_or(Errno::ENODEV)?;
    hide(message, NEIGH, Some(linux::NDA_DST as u16))?;
    clear(message, 24..NEIGH);
    put(message, HEADER, &[family_to_bsd(family)]);
    Ok(())
}

/// Of the generic families a program sees the controller; FreeBSD's others are its own.
fn generic_request(kind: u16, message: &mut [u8], dump: bool) -> Result<(), Errno> {
    if kind != CONTROLLER {
        return Err(Errno::ENOENT);
    }
    let command = *message.get(HEADER).ok_or(Errno::EINVAL)?;
    if message.len() < GENERIC {
        return Err(Errno::EINVAL);
    }
    if command != GETFAMILY {
        return Err(Errno::EOPNOTSUPP);
    }
    if dump {
        return hide(message, GENERIC, None);
    }
    let attributes = Attributes::new(message, GENERIC);
    let keep = match (attributes.find(FAMILY_ID), attributes.find(FAMILY_NAME)) {
        (Some(id), _) => match u16_at(id.value, 0) {
            Some(CONTROLLER) if id.value.len() == 2 => FAMILY_ID,
            Some(_) => return Err(Errno::ENOENT),
            None => return Err(Errno::EINVAL),
        },
        (None, Some(name)) => match name.value {
            b"nlctrl\0" => FAMILY_NAME,
            [.., 0] => return Err(Errno::ENOENT),
            _ => return Err(Errno::EINVAL),
        },
        (None, None) => return Err(Errno::EINVAL),
    };
    hide(message, GENERIC, Some(keep))
}

/// Undoes [`request`] in the copy of a message that an error carries, but for fields that it
/// cleared.
pub fn restore(protocol: Protocol, message: &mut [u8]) {
    let Some(kind) = u16_at(message, 4) else {
        return;
    };
    let header = match (protocol, kind) {
        (Protocol::Route, kind::GETLINK) => LINK,
        (Protocol::Route, kind::GETADDR) => ADDR,
        // The kernel has made an answer's header of a question's by then.
        (Protocol::Route, kind::GETROUTE | kind::NEWROUTE) => ROUTE,
        (Protocol::Route, kind::GETNEIGH) => NEIGH,
        (Protocol::Generic, CONTROLLER) => GENERIC,
        _ => return,
    };
    if protocol == Protocol::Route
        && let Some(family) = message.get_mut(HEADER)
    {
        *family = family_to_linux(*family).unwrap_or(*family);
    }
    show(message, header);
}
