// SPDX-License-Identifier: BSD-2-Clause
//! Attributes: `struct nlattr`, a length, a type, the value, zeros up to a multiple of four.

use linux_raw_sys::netlink as linux;

use super::HEADER;
use crate::errno::Errno;

/// The bytes of `struct nlattr`.
pub(super) const HEAD: usize = 4;
/// `NLA_TYPE_MASK`: what is left of a type without the two flags.
const TYPE: u16 = linux::NLA_TYPE_MASK as u16;
/// A type with this bit is none that FreeBSD looks at, nor one of Linux's.
const HIDDEN: u16 = 0x2000;

/// Up to a multiple of four.
pub(super) const fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

/// Writes over what is at `at`; nothing happens beyond the end.
pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    let to = bytes.get_mut(at..).unwrap_or(&mut []);
    for (to, from) in to.iter_mut().zip(value) {
        *to = *from;
    }
}

/// One attribute.
#[derive(Copy, Clone, Debug)]
pub(super) struct Attribute<'a> {
    /// Where it begins.
    pub(super) at: usize,
    /// Its type without flags.
    pub(super) kind: u16,
    /// Its value.
    pub(super) value: &'a [u8],
}

impl Attribute<'_> {
    /// Where the next one begins.
    fn end(&self) -> usize {
        let len = self.value.len().saturating_add(HEAD);
        self.at.saturating_add(align(len))
    }

    /// The value as a number of 32 bits; 0 if it is too short.
    pub(super) fn number(&self) -> u32 {
        u32_at(self.value, 0).unwrap_or(0)
    }
}

/// The attributes in `bytes` from `at` on, up to the first that does not fit.
#[derive(Copy, Clone, Debug)]
pub(super) struct Attributes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Attributes { bytes, at }
    }

    /// The last one of a type, which is the one that counts.
    pub(super) fn find(self, kind: u16) -> Option<Attribute<'a>> {
        self.filter(|a| a.kind == kind).last()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let at = self.at;
        let len = usize::from(u16_at(self.bytes, at)?);
        let kind = u16_at(self.bytes, at.checked_add(2)?)? & TYPE;
        let value = self
            .bytes
            .get(at.checked_add(HEAD)?..at.checked_add(len)?)?;
        let one = Attribute { at, kind, value };
        self.at = one.end();
        Some(one)
    }
}

/// Hides every attribute of a request from FreeBSD but the last of the type `keep`. EINVAL if what is
/// behind the header is no row of attributes.
pub(super) fn hide(message: &mut [u8], from: usize, keep: Option<u16>) -> Result<(), Errno> {
    let mut rest = Attributes::new(message, from);
    while rest.at < message.len() {
        rest.next().ok_or(Errno::EINVAL)?;
    }
    let kept = keep.and_then(|kind| Attributes::new(message, from).find(kind));
    // FreeBSD passes over one whose padding is missing.
    if kept.is_some_and(|a| a.end() > message.len()) {
        return Err(Errno::EINVAL);
    }
    let kept = kept.map(|a| a.at);
    edit(message, from, |at, kind| {
        if kept == Some(at) {
            kind
        } else {
            kind | HIDDEN
        }
    });
    Ok(())
}

/// Undoes [`hide`], for as many attributes as there are.
pub(super) fn show(message: &mut [u8], from: usize) {
    edit(message, from, |_, kind| kind & !HIDDEN);
}

/// Gives each attribute the type that `f` says.
fn edit(message: &mut [u8], from: usize, f: impl Fn(usize, u16) -> u16) {
    let mut at = from;
    while let Some(one) = Attributes::new(message, at).next() {
        let (kind, end) = (one.kind, one.end());
        put(message, at.saturating_add(2), &f(at, kind).to_ne_bytes());
        at = end;
    }
}

/// Where messages are made. What does not fit is left out whole.
pub(super) struct Out<'a> {
    bytes: &'a mut [u8],
    len: usize,
    /// Where the message begins that is being made.
    start: usize,
    full: bool,
}

impl<'a> Out<'a> {
    /// In a buffer that is all zeros.
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Out {
            bytes,
            len: 0,
            start: 0,
            full: false,
        }
    }

    /// How much there is.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Begins a message: its header is `like`'s but for length and flags.
    pub(super) fn begin(&mut self, like: &[u8], flags: u16) {
        self.start = self.len;
        self.full = false;
        self.bytes(like.get(..HEADER).unwrap_or(&[0; HEADER]));
        let at = self.start.saturating_add(6);
        put(self.bytes, at, &flags.to_ne_bytes());
    }

    /// Adds bytes, and zeros up to a multiple of four.
    pub(super) fn bytes(&mut self, value: &[u8]) {
        let end = self.len.saturating_add(align(value.len()));
        if end > self.bytes.len() {
            self.full = true;
        } else {
            put(self.bytes, self.len, value);
            self.len = end;
        }
    }

    /// Adds an attribute.
    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        let Ok(len) = u16::try_from(value.len().saturating_add(HEAD)) else {
            self.full = true;
            return;
        };
        let [l0, l1] = len.to_ne_bytes();
        let [k0, k1] = kind.to_ne_bytes();
        self.bytes(&[l0, l1, k0, k1]);
        self.bytes(value);
    }

    /// The same for a number.
    pub(super) fn number(&mut self, kind: u16, value: u32) {
        self.attribute(kind, &value.to_ne_bytes());
    }

    /// Begins an attribute of attributes: where it begins.
    pub(super) fn nest(&mut self, kind: u16) -> usize {
        let at = self.len;
        self.attribute(kind, &[]);
        at
    }

    /// Ends it.
    pub(super) fn unnest(&mut self, at: usize) {
        match u16::try_from(self.len.saturating_sub(at)) {
            Ok(len) if !self.full => put(self.bytes, at, &len.to_ne_bytes()),
            _ => self.full = true,
        }
    }

    /// The message so far.
    pub(super) fn message(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start..self.len).unwrap_or(&mut [])
    }

    /// Ends the message; one that is not whole is taken back.
    pub(super) fn end(&mut self) {
        match u32::try_from(self.len.saturating_sub(self.start)) {
            Ok(len) if !self.full => put(self.bytes, self.start, &len.to_ne_bytes()),
            _ => {
                self.message().fill(0);
                self.len = self.start;
            }
        }
    }
}
