// SPDX-License-Identifier: BSD-2-Clause
//! Routes and neighbours: `struct rtmsg`, `struct ndmsg` (rtnetlink(7)).
//!
//! FreeBSD has the machine's own addresses in the one table, as routes to single addresses over the
//! loopback; to Linux they are the table `local`.

use linux_raw_sys::netlink as linux;

use super::attribute::{Attribute, Attributes, Out, u16_at, u32_at};
use super::reply::flags;
use super::request::{LOCAL, MAIN};
use super::{HEADER, Host, INET, address_len, family_to_linux, flag};
use crate::netif::name;

const ROUTE: usize = HEADER + 12;
const NEIGH: usize = HEADER + 12;
/// The bytes of `struct rtnexthop`.
const HOP: usize = 8;

const GATEWAY: u16 = linux::rtattr_type_t::RTA_GATEWAY as u16;
const VIA: u16 = linux::rtattr_type_t::RTA_VIA as u16;

/// `struct rtmsg`: family, lengths of destination and source, tos, table, protocol, scope, type,
/// u32 flags.
pub(super) fn route(message: &[u8], out: &mut Out<'_>, host: &impl Host) {
    let Some([family, prefix, _, _, _, protocol, _, kind]) =
        message.get(HEADER..).and_then(|m| m.first_chunk())
    else {
        return;
    };
    let Some(family) = family_to_linux(*family) else {
        return;
    };
    let attributes = Attributes::new(message, ROUTE);
    let find = |kind| attributes.find(kind);
    let whole = address_len(family).saturating_mul(8);
    let gateway = [GATEWAY, VIA, linux::rtattr_type_t::RTA_MULTIPATH as u16]
        .iter()
        .any(|kind| find(*kind).is_some());
    let over = find(linux::rtattr_type_t::RTA_OIF as u16).map_or(0, |a| a.number());
    let local = usize::from(*prefix) == whole
        && !gateway
        && host.name(over).is_some_and(|over| over == name(b"lo"));

    let (table, scope, kind) = if local {
        (
            LOCAL,
            linux::rt_scope_t::RT_SCOPE_HOST as u8,
            linux::RTN_LOCAL as u8,
        )
    } else {
        let fib = find(linux::rtattr_type_t::RTA_TABLE as u16).map_or(0, |a| a.number());
        let link = family == INET && !gateway && *kind == linux::RTN_UNICAST as u8;
        let scope = if link {
            linux::rt_scope_t::RT_SCOPE_LINK as u8
        } else {
            linux::rt_scope_t::RT_SCOPE_UNIVERSE as u8
        };
        (if fib == 0 { MAIN } else { fib }, scope, *kind)
    };
    // An answer about one address does not tell the table, and is made for the question.
    let asked = u16_at(message, 6).unwrap_or(0);
    let asked = asked & (flag::REQUEST | flag::MULTI) == flag::REQUEST;
    let (table, set) = if asked {
        (MAIN, linux::RTM_F_CLONED)
    } else {
        (table, 0)
    };
    // RT_TABLE_COMPAT (252) stands for a number that a byte is too small for.
    let short = u8::try_from(table).unwrap_or(linux::rt_class_t::RT_TABLE_COMPAT as u8);

    out.begin(message, flags(message));
    out.bytes(&[family, *prefix, 0, 0, short, *protocol, scope, kind]);
    out.bytes(&set.to_ne_bytes());
    out.number(linux::rtattr_type_t::RTA_TABLE as u16, table);
    if *prefix != 0 {
        copy(
            out,
            find(linux::rtattr_type_t::RTA_DST as u16),
            address_len(family),
        );
    }
    copy(out, find(GATEWAY), address_len(family));
    if let Some(a) = find(VIA) {
        via(out, a.value);
    }
    if let Some(a) = find(linux::rtattr_type_t::RTA_METRICS as u16) {
        out.attribute(a.kind, a.value);
    }
    copy(out, find(linux::rtattr_type_t::RTA_OIF as u16), 4);
    copy(out, find(linux::rtattr_type_t::RTA_EXPIRES as u16), 4);
    if let Some(a) = find(linux::rtattr_type_t::RTA_MULTIPATH as u16) {
        hops(out, a.value, family);
    }
    out.end();
}

fn copy(out: &mut Out<'_>, from: Option<Attribute<'_>>, len: usize) {
    if let Some(a) = from.filter(|a| a.value.len() == len) {
        out.attribute(a.kind, a.value);
    }
}

/// `struct rtvia`: a family, which has a byte on FreeBSD and two on Linux, and an address.
fn via(out: &mut Out<'_>, value: &[u8]) {
    let Some((family, address)) = value.split_first() else {
        return;
    };
    let Some(family) = family_to_linux(*family) else {
        return;
    };
    let Some(address) = address.get(..address_len(family)) else {
        return;
    };
    let mut room = [0; 18];
    super::attribute::put(&mut room, 0, &u16::from(family).to_ne_bytes());
    super::attribute::put(&mut room, 2, address);
    let len = address.len().saturating_add(2);
    out.attribute(VIA, room.get(..len).unwrap_or(&room));
}

/// An array of `struct rtnexthop`: length, flags, weight, index, and attributes. Linux's weight is
/// one less.
fn hops(out: &mut Out<'_>, mut value: &[u8], family: u8) {
    let at = out.nest(linux::rtattr_type_t::RTA_MULTIPATH as u16);
    while let Some(len) = u16_at(value, 0).map(usize::from) {
        let Some(hop) = value.get(..len).filter(|hop| hop.len() >= HOP) else {
            break;
        };
        let weight = hop.get(3).map_or(0, |w| w.saturating_sub(1));
        let index = u32_at(hop, 4).unwrap_or(0);
        let start = out.message().len();
        out.bytes(&[0, 0, 0, weight]);
        out.bytes(&index.to_ne_bytes());
        let attributes = Attributes::new(hop, HOP);
        copy(out, attributes.find(GATEWAY), address_len(family));
        if let Some(a) = attributes.find(VIA) {
            via(out, a.value);
        }
        let made = out.message().len().saturating_sub(start);
        if let Ok(made) = u16::try_from(made) {
            super::attribute::put(out.message(), start, &made.to_ne_bytes());
        }
        value = value.get(super::attribute::align(len)..).unwrap_or(&[]);
    }
    out.unnest(at);
}

/// `struct ndmsg`: family, three bytes of padding, index, u16 state, flags, type.
pub(super) fn neigh(message: &[u8], out: &mut Out<'_>) {
    let Some(family) = message.get(HEADER).copied().and_then(family_to_linux) else {
        return;
    };
    let bsd_flags = u32::from(message.get(26).copied().unwrap_or(0));
    // The machine itself is no neighbour on Linux.
    if bsd_flags & linux::NTF_SELF != 0 {
        return;
    }
    let state = if bsd_flags & linux::NTF_STICKY != 0 {
        linux::NUD_PERMANENT as u16
    } else {
        u16_at(message, 24).unwrap_or(0)
    };
    // CAST: both fit eight bits.
    let set = (bsd_flags & (linux::NTF_PROXY | linux::NTF_ROUTER)) as u8;
    let attributes = Attributes::new(message, NEIGH);
    let find = |kind| attributes.find(kind);

    out.begin(message, flags(message));
    out.bytes(&[family, 0, 0, 0]);
    out.bytes(message.get(20..24).unwrap_or(&[0; 4]));
    let [s0, s1] = state.to_ne_bytes();
    out.bytes(&[s0, s1, set, linux::RTN_UNICAST as u8]);
    copy(out, find(linux::NDA_DST as u16), address_len(family));
    if let Some(a) = find(linux::NDA_LLADDR as u16) {
        out.attribute(a.kind, a.value);
    }
    copy(out, find(linux::NDA_PROBES as u16), 4);
    copy(out, find(linux::NDA_CACHEINFO as u16), 16);
    out.end();
}
