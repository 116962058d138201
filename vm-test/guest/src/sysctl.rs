// SPDX-License-Identifier: BSD-2-Clause
//! sysctl(9) by name, with text turned into whatever type a variable has.

use crate::host::Host;
use crate::sys::{self, Errno, Result};
use core::ffi::CStr;
use guest_wire::{Decoder, Encoder, Event};

const NAME_TO_OID: [i32; 2] = [0, 3];
const OID_FORMAT: [i32; 2] = [0, 4];
const MAX_NAME: usize = 24;

/// A variable's number: up to 24 integers.
pub(crate) struct Mib {
    oid: [i32; MAX_NAME],
    len: usize,
}

impl Mib {
    pub(crate) fn find(name: &CStr) -> Result<Self> {
        let mut raw = [0; MAX_NAME * 4];
        let len = sys::sysctl(&NAME_TO_OID, &mut raw, name.to_bytes())?;
        let mut oid = [0; MAX_NAME];
        for (to, from) in oid.iter_mut().zip(raw.as_chunks().0) {
            *to = i32::from_le_bytes(*from);
        }
        Ok(Self { oid, len: len / 4 })
    }

    pub(crate) fn as_slice(&self) -> &[i32] {
        self.oid.get(..self.len).unwrap_or_default()
    }

    /// `u_int kind; char format[]`.
    fn format<'a>(&self, buf: &'a mut [u8]) -> Result<&'a [u8]> {
        let mut query = [0; MAX_NAME + 2];
        query[..2].copy_from_slice(&OID_FORMAT);
        for (to, from) in query.iter_mut().skip(2).zip(self.as_slice()) {
            *to = *from;
        }
        let len = sys::sysctl(query.get(..self.len + 2).unwrap_or_default(), buf, &[])?;
        Ok(buf.get(..len).unwrap_or_default())
    }
}

/// Answers itself.
pub(crate) fn get(mut d: Decoder<'_>, host: &Host) -> Result<()> {
    let mib = Mib::find(d.str().ok_or(Errno::EINVAL)?)?;
    let mut format = [0; 256];
    let format = mib.format(&mut format)?;
    let mut value = [0; 16 * 1024];
    let len = sys::sysctl(mib.as_slice(), &mut value, &[])?;
    let mut buf = [0; 17 * 1024];
    let mut e = Encoder::new(&mut buf, Event::Reply as u8);
    e.u32(0)
        .bytes(format)
        .bytes(value.get(..len).unwrap_or_default());
    host.send(e.finish().unwrap_or_default());
    Ok(())
}

pub(crate) fn set(mut d: Decoder<'_>) -> Result<()> {
    let (name, text) = (|| Some((d.str()?, d.str()?)))().ok_or(Errno::EINVAL)?;
    let mib = Mib::find(name)?;
    let mut format = [0; 256];
    let format = mib.format(&mut format)?;
    let kind = format.first().ok_or(Errno::EINVAL)? & 0xf;
    let bytes = text.to_bytes();
    let width = match kind {
        3 => return sys::sysctl(mib.as_slice(), &mut [], bytes).map(drop),
        0xa | 0xc => 1,
        0xb | 0xd => 2,
        2 | 6 | 0xe | 0xf => 4,
        4 | 7 | 8 | 9 => 8,
        _ => return Err(Errno::EINVAL),
    };
    let value = parse(bytes).ok_or(Errno::EINVAL)?.to_le_bytes();
    sys::sysctl(
        mib.as_slice(),
        &mut [],
        value.get(..width).unwrap_or_default(),
    )
    .map(drop)
}

/// Sets a variable known to be an int.
pub(crate) fn set_int(name: &CStr, value: i32) -> Result<()> {
    let mib = Mib::find(name)?;
    sys::sysctl(mib.as_slice(), &mut [], &value.to_ne_bytes()).map(drop)
}

fn parse(text: &[u8]) -> Option<i64> {
    let (digits, sign) = match text.split_first()? {
        (b'-', rest) => (rest, -1),
        _ => (text, 1),
    };
    digits.iter().try_fold(0i64, |n, &c| {
        let digit = c.is_ascii_digit().then(|| i64::from(c - b'0'))?;
        n.checked_mul(10)?.checked_add(sign * digit)
    })
}
