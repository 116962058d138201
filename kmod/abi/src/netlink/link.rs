// SPDX-License-Identifier: BSD-2-Clause
//! Interfaces and their addresses: `struct ifinfomsg`, `struct ifaddrmsg` (rtnetlink(7)).

use linux_raw_sys::net::net_device_flags::{IFF_LOWER_UP, IFF_RUNNING};
use linux_raw_sys::netlink as linux;

use super::attribute::{Attribute, Attributes, Out, u16_at, u32_at};
use super::reply::flags;
use super::{HEADER, Host, INET, family_to_linux};
use crate::netif::{self, Kind, Name, flags_to_linux};

const LINK: usize = HEADER + 16;
const ADDR: usize = HEADER + 8;

/// `IFF_NETLINK_1` (net/if.h), by which FreeBSD tells Linux's IFF_LOWER_UP.
const LOWER_UP: u32 = 0x100_0000;
/// `IF_OPER_UNKNOWN`, `IF_OPER_UP` (linux/if.h).
const UNKNOWN: u8 = 0;
const UP: u8 = 6;
/// The numbers in `struct rtnl_link_stats`.
const STATISTICS: usize = 24;

/// A name with its NUL.
fn c_string(name: &Name) -> &[u8] {
    let len = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    name.get(..=len).unwrap_or(name)
}

/// An interface.
pub(super) fn link(message: &[u8], out: &mut Out<'_>, host: &impl Host) {
    let attributes = Attributes::new(message, LINK);
    let find = |kind| attributes.find(kind);
    let byte = |kind| find(kind).and_then(|a: Attribute<'_>| a.value.first().copied());
    let word = |at| u32_at(message, at).unwrap_or(0);

    let if_type = u16_at(message, 18).unwrap_or(0);
    let kind = Kind::new(i32::from(if_type));
    let index = word(20);
    let name = host.name(index).unwrap_or_else(|| {
        // It is gone, and has the name it had.
        let name = find(linux::IFLA_IFNAME as u16).map_or(&[][..], |a| a.value);
        netif::Naming::new(true).next(kind, &netif::name(name))
    });
    // The loopback has no carrier to sense.
    let state = match byte(linux::IFLA_OPERSTATE as u16).unwrap_or(UNKNOWN) {
        UP if kind == Kind::Loopback => UNKNOWN,
        state => state,
    };
    let bsd_flags = word(24);
    let mut set = u32::from(flags_to_linux((bsd_flags & !LOWER_UP).cast_signed()));
    if bsd_flags & LOWER_UP != 0 {
        set |= IFF_LOWER_UP as u32;
    } else if kind == Kind::Ethernet {
        // On FreeBSD it is the driver that runs, not the link.
        set &= !(IFF_RUNNING as u32);
    }
    let changed = u32::from(flags_to_linux((word(28) & !LOWER_UP).cast_signed()));

    out.begin(message, flags(message));
    let [h0, h1] = kind.hardware().to_ne_bytes();
    out.bytes(&[0, 0, h0, h1]);
    for word in [index, set, changed] {
        out.bytes(&word.to_ne_bytes());
    }
    out.attribute(linux::IFLA_IFNAME as u16, c_string(&name));
    out.number(linux::IFLA_TXQLEN as u16, netif::QUEUE.cast_unsigned());
    out.attribute(linux::IFLA_OPERSTATE as u16, &[state]);
    out.attribute(linux::IFLA_LINKMODE as u16, &[0]);
    copy_number(out, find(linux::IFLA_MTU as u16));
    out.number(linux::IFLA_GROUP as u16, 0);
    copy_number(out, find(linux::IFLA_PROMISCUITY as u16));
    if let Some(carrier) = byte(linux::IFLA_CARRIER as u16) {
        out.attribute(linux::IFLA_CARRIER as u16, &[carrier]);
    }
    out.attribute(linux::IFLA_QDISC as u16, b"noqueue\0");
    for address in [linux::IFLA_ADDRESS as u16, linux::IFLA_BROADCAST as u16] {
        match find(address) {
            Some(a) if !a.value.is_empty() => out.attribute(address, a.value),
            _ if kind == Kind::Loopback => out.attribute(address, &[0; 6]),
            _ => {}
        }
    }
    if let Some(a) = find(linux::IFLA_STATS64 as u16) {
        statistics(out, a.value);
    }
    if let Some(a) = find(linux::IFLA_IFALIAS as u16) {
        out.attribute(a.kind, a.value);
    }
    copy_number(out, find(linux::IFLA_LINK as u16));
    if let Some(info) = find(linux::IFLA_LINKINFO as u16)
        && kind != Kind::Loopback
    {
        info_of(out, info.value);
    }
    out.end();
}

fn copy_number(out: &mut Out<'_>, from: Option<Attribute<'_>>) {
    if let Some(a) = from.filter(|a| a.value.len() == 4) {
        out.attribute(a.kind, a.value);
    }
}

/// Both kinds of them; the old has the low halves.
fn statistics(out: &mut Out<'_>, value: &[u8]) {
    let (numbers, _) = value.as_chunks::<8>();
    if numbers.len() < STATISTICS {
        return;
    }
    out.attribute(linux::IFLA_STATS64 as u16, value);
    let mut old = [[0; 4]; STATISTICS];
    for (to, from) in old.iter_mut().zip(numbers) {
        let [a, b, c, d, ..] = *from;
        *to = [a, b, c, d];
    }
    out.attribute(linux::IFLA_STATS as u16, old.as_flattened());
}

/// What a made interface is made of. Only of a VLAN has the rest of it Linux's form.
fn info_of(out: &mut Out<'_>, value: &[u8]) {
    let info = Attributes::new(value, 0);
    let Some(what) = info.find(linux::IFLA_INFO_KIND as u16) else {
        return;
    };
    let at = out.nest(linux::IFLA_LINKINFO as u16);
    out.attribute(what.kind, what.value);
    if what.value == b"vlan\0"
        && let Some(data) = info.find(linux::IFLA_INFO_DATA as u16)
    {
        out.attribute(data.kind, data.value);
    }
    out.unnest(at);
}

/// `struct ifa_cacheinfo`: two lifetimes in seconds, two times in hundredths of them.
fn lifetimes(value: Option<&[u8]>) -> [u32; 4] {
    match value {
        Some(v) => {
            let word = |at| u32_at(v, at).unwrap_or(0);
            // FreeBSD's are milliseconds.
            [word(0), word(4), word(8) / 10, word(12) / 10]
        }
        None => [u32::MAX, u32::MAX, 0, 0],
    }
}

/// An address of an interface.
pub(super) fn addr(message: &[u8], out: &mut Out<'_>, host: &impl Host) {
    let Some([family, prefix, _, scope]) = message.get(HEADER..).and_then(|m| m.first_chunk())
    else {
        return;
    };
    let Some(family) = family_to_linux(*family) else {
        return;
    };
    let attributes = Attributes::new(message, ADDR);
    let find = |kind| attributes.find(kind);
    let index = u32_at(message, 20).unwrap_or(0);

    let [preferred, valid, created, updated] =
        lifetimes(find(linux::IFA_CACHEINFO as u16).map(|a| a.value));
    let mut set = find(linux::IFA_FLAGS as u16).map_or(0, |a| a.number());
    if valid == u32::MAX {
        set |= linux::IFA_F_PERMANENT;
    }

    out.begin(message, flags(message));
    // CAST: the low eight, as on Linux.
    out.bytes(&[family, *prefix, set as u8, *scope]);
    out.bytes(&index.to_ne_bytes());
    for kind in [
        linux::IFA_ADDRESS as u16,
        linux::IFA_LOCAL as u16,
        linux::IFA_BROADCAST as u16,
    ] {
        if let Some(a) = find(kind).filter(|a| a.value.len() == super::address_len(family)) {
            out.attribute(kind, a.value);
        }
    }
    if family == INET
        && let Some(name) = host.name(index)
    {
        out.attribute(linux::IFA_LABEL as u16, c_string(&name));
    }
    out.number(linux::IFA_FLAGS as u16, set);
    let times = [preferred, valid, created, updated].map(u32::to_ne_bytes);
    out.attribute(linux::IFA_CACHEINFO as u16, times.as_flattened());
    out.end();
}
