// SPDX-License-Identifier: BSD-2-Clause
//! What the kernel says: answers, errors, and the changes that groups are told of.

use super::attribute::{Attributes, Out, align, put, u16_at, u32_at};
use super::diag::BY_FAMILY;
use super::{
    CONTROLLER, DONE, ERROR, FAMILY_ID, HEADER, Host, NEWFAMILY, Protocol, flag, kind, link,
    request, route,
};
use crate::errno::Errno;

/// The most by which a message grows: a link's, by addresses that Linux's loopback has, statistics
/// of the old kind, and a longer name.
const GROWTH: usize = 256;

/// The messages in a buffer of the kernel's, each as long as it says.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(u32_at(self.0, 0)?).ok()?;
        let message = self.0.get(..len).filter(|m| m.len() >= HEADER)?;
        self.0 = self.0.get(align(len)..).unwrap_or(&[]);
        Some(message)
    }
}

/// How many bytes [`reply`] may need.
pub fn room(from: &[u8]) -> usize {
    let messages = Messages(from).count();
    from.len().saturating_add(messages.saturating_mul(GROWTH))
}

/// Turns the kernel's messages into Linux's, in a buffer that is all zeros: how many bytes there are.
/// Each message has a length that is a multiple of four, and they follow each other without gaps.
/// What Linux has no message for is left out.
pub fn reply(protocol: Protocol, from: &[u8], to: &mut [u8], host: &impl Host) -> usize {
    let mut out = Out::new(to);
    for message in Messages(from) {
        one(protocol, message, &mut out, host);
    }
    out.len()
}

fn one(protocol: Protocol, message: &[u8], out: &mut Out<'_>, host: &impl Host) {
    let kind = u16_at(message, 4).unwrap_or(0);
    match (protocol, kind) {
        (_, DONE) => done(message, out),
        (_, ERROR) => error(protocol, message, out),
        (Protocol::Route, kind::NEWLINK | kind::DELLINK) => link::link(message, out, host),
        (Protocol::Route, kind::NEWADDR | kind::DELADDR) => link::addr(message, out, host),
        (Protocol::Route, kind::NEWROUTE | kind::DELROUTE) => route::route(message, out, host),
        (Protocol::Route, kind::NEWNEIGH | kind::DELNEIGH) => route::neigh(message, out),
        (Protocol::Generic, CONTROLLER) => family(message, out),
        // Made by us.
        (Protocol::SockDiag, BY_FAMILY) => {
            out.begin(message, flags(message));
            out.bytes(message.get(HEADER..).unwrap_or(&[]));
            out.end();
        }
        _ => {}
    }
}

/// The flags of a message: an answer has none of the question's, as it has on FreeBSD.
pub(super) fn flags(message: &[u8]) -> u16 {
    let flags = u16_at(message, 6).unwrap_or(0);
    if flags & flag::REQUEST != 0 {
        flags & flag::MULTI
    } else {
        flags
    }
}

/// A negative error number, or 0.
fn number(message: &[u8]) -> i32 {
    let raw = u32_at(message, HEADER).unwrap_or(0).cast_signed();
    let errno = Errno::from_raw(raw).map_or(0, |errno| errno.to_linux().raw());
    errno.saturating_neg()
}

/// `NLMSG_DONE`: how the listing of all ended.
fn done(message: &[u8], out: &mut Out<'_>) {
    out.begin(message, flag::MULTI);
    put(out.message(), 4, &DONE.to_ne_bytes());
    out.bytes(&number(message).to_ne_bytes());
    out.end();
}

/// `NLMSG_ERROR`: the error, the request or its header, and attributes that explain.
fn error(protocol: Protocol, message: &[u8], out: &mut Out<'_>) {
    const REQUEST: usize = HEADER + 4;
    let flags = u16_at(message, 6).unwrap_or(0);
    let asked = message.get(REQUEST..).unwrap_or(&[]);
    let len = if flags & flag::CAPPED != 0 {
        HEADER
    } else {
        let len = u32_at(asked, 0).unwrap_or(0);
        usize::try_from(len).unwrap_or(0).max(HEADER)
    };
    let Some(asked) = asked.get(..len) else {
        return;
    };
    if protocol == Protocol::Route && ended(asked, number(message)) {
        return done(message, out);
    }
    out.begin(message, flags);
    out.bytes(&number(message).to_ne_bytes());
    let at = out.message().len();
    out.bytes(asked);
    if let Some(copy) = out.message().get_mut(at..) {
        request::restore(protocol, copy);
    }
    if flags & flag::ACK_TLVS != 0 {
        let rest = REQUEST.saturating_add(align(len));
        for attribute in Attributes::new(message, rest) {
            out.attribute(attribute.kind, attribute.value);
        }
    }
    out.end();
}

/// Whether an error is one that Linux finds when it has begun to list all of a kind.
fn ended(asked: &[u8], error: i32) -> bool {
    let kind = u16_at(asked, 4).unwrap_or(0);
    let flags = u16_at(asked, 6).unwrap_or(0);
    let list = matches!(
        kind,
        kind::GETLINK | kind::GETADDR | kind::GETROUTE | kind::GETNEIGH
    );
    let early = Errno::EOPNOTSUPP.to_linux().raw().saturating_neg();
    list && flags & flag::DUMP != 0 && error != 0 && error != early
}

/// A generic family: of those, Linux has the controller.
fn family(message: &[u8], out: &mut Out<'_>) {
    const HEAD: usize = HEADER + 4;
    let id = Attributes::new(message, HEAD).find(FAMILY_ID);
    let id = id.and_then(|id| u16_at(id.value, 0));
    if message.get(HEADER) != Some(&NEWFAMILY) || id != Some(CONTROLLER) {
        return;
    }
    out.begin(message, flags(message));
    out.bytes(message.get(HEADER..HEAD).unwrap_or(&[]));
    for attribute in Attributes::new(message, HEAD) {
        let kind = u16_at(message, attribute.at.saturating_add(2));
        out.attribute(kind.unwrap_or(attribute.kind), attribute.value);
    }
    out.end();
}
