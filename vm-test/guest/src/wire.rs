// SPDX-License-Identifier: BSD-2-Clause
//! What host and guest say to each other over the second serial port.
//!
//! A frame is `len: u32`, `crc: u32` (of the payload), then `len` bytes of
//! payload, all little-endian. The first payload byte is the frame's kind.
//! The guest's very first bytes are [`HELLO`], because firmware may have
//! written to the port before it.
//!
//! A serial port has no flow control here: after every [`SEGMENT`] bytes of a
//! frame from the host, unless they were its last, the host waits for an
//! [`Event::Ack`] frame.

#![no_std]

use core::ffi::CStr;

/// What the guest writes first of all.
pub const HELLO: &[u8; 16] = b"\x00\xffvm-test-guest\n";
/// The longest payload either side sends.
pub const MAX_PAYLOAD: usize = 60 * 1024;
/// Bytes of a frame (its header counted) the host sends before waiting.
pub const SEGMENT: usize = 240;
/// Bytes before the payload.
pub const HEADER: usize = 8;

/// Frames from the host; each is answered by exactly one [`Event::Reply`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// Does nothing.
    Ping = 1,
    /// Starts a program; see `job.rs` for the fields.
    Start,
    /// `id: u32, signal: u32`: signals a program's whole process group.
    Kill,
    /// `path: str`.
    KldLoad,
    /// `name: str, force: u32`.
    KldUnload,
    /// `name: str`; fails with ENOENT if it is not loaded.
    KldFind,
    /// `name: str`; answers `format: bytes, value: bytes`.
    SysctlGet,
    /// `name: str, text: str`.
    SysctlSet,
    /// `flags: u32, count: u32`, then `name: str, value: str` for nmount(2).
    Mount,
    /// `path: str, flags: u32`.
    Unmount,
    /// `path: str, mode: u32, append: u32, content: bytes`.
    WriteFile,
    /// `path: str, offset: u64`; answers `content: bytes`, empty at the end.
    ReadFile,
    /// `path: str`; parents as well; an existing directory is fine.
    MkDir,
    /// `path: str`.
    Unlink,
    /// Answers `name: bytes, allocations: u64, bytes: u64`, repeated.
    MallocTypes,
    /// Kills and reaps every process but /init.
    Clean,
    /// Powers the machine off; the answer may never arrive.
    PowerOff,
}

impl Request {
    /// The request with this number.
    pub fn from_u8(n: u8) -> Option<Self> {
        use Request::*;
        [
            Ping,
            Start,
            Kill,
            KldLoad,
            KldUnload,
            KldFind,
            SysctlGet,
            SysctlSet,
            Mount,
            Unmount,
            WriteFile,
            ReadFile,
            MkDir,
            Unlink,
            MallocTypes,
            Clean,
            PowerOff,
        ]
        .into_iter()
        .find(|r| *r as u8 == n)
    }
}

/// Frames from the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    /// The last segment was read.
    Ack = 128,
    /// `errno: u32`, then what the request says.
    Reply,
    /// `id: u32, stream: u32, data: bytes`: output of a program.
    Output,
    /// `id: u32, status: u32, flags: u32`: a program ended; `status` as wait4(2) gives it.
    Exit,
}

impl Event {
    /// The event with this number.
    pub fn from_u8(n: u8) -> Option<Self> {
        [Event::Ack, Event::Reply, Event::Output, Event::Exit]
            .into_iter()
            .find(|e| *e as u8 == n)
    }
}

/// Flags of [`Request::Start`].
pub mod start {
    /// Standard input, output and error are the console, as controlling terminal.
    pub const CONSOLE: u32 = 1;
    /// Make the working directory, owned by the program's user.
    pub const MAKE_CWD: u32 = 2;
}

/// Flags of [`Event::Exit`].
pub mod exit {
    /// Its time was up.
    pub const TIMED_OUT: u32 = 1;
    /// It wrote more than the guest passes on.
    pub const TRUNCATED: u32 = 2;
}

/// What failed when [`Request::Start`] is refused: the reply's first `u32`
/// after errno.
pub mod stage {
    /// fork, pipe, chdir and the like.
    pub const SETUP: u32 = 0;
    /// jail_set(2).
    pub const JAIL: u32 = 1;
    /// execve(2).
    pub const EXEC: u32 = 2;
}

/// A jail parameter's value, as a `u32` tag before it.
pub mod jail {
    /// No value: the name alone is the setting.
    pub const FLAG: u32 = 0;
    /// `str`.
    pub const TEXT: u32 = 1;
    /// `u32`, passed as an int.
    pub const INT: u32 = 2;
}

/// CRC-32 (IEEE 802.3).
pub fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| {
            (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())
        })
    })
}

/// The eight bytes before a payload.
pub fn header(payload: &[u8]) -> [u8; HEADER] {
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut out = [0; HEADER];
    out[..4].copy_from_slice(&len.to_le_bytes());
    out[4..].copy_from_slice(&crc32(payload).to_le_bytes());
    out
}

/// Payload length and checksum out of a header; `None` for an impossible length.
pub fn parse_header(header: &[u8; HEADER]) -> Option<(usize, u32)> {
    let [a, b, c, d, e, f, g, h] = *header;
    let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    (1..=MAX_PAYLOAD)
        .contains(&len)
        .then(|| (len, u32::from_le_bytes([e, f, g, h])))
}

/// Writes a payload's fields into a buffer; remembers if one did not fit.
#[derive(Debug)]
pub struct Encoder<'a> {
    buf: &'a mut [u8],
    len: usize,
    overflow: bool,
}

impl<'a> Encoder<'a> {
    /// Starts a payload of this kind.
    pub fn new(buf: &'a mut [u8], kind: u8) -> Self {
        let mut this = Self {
            buf,
            len: 0,
            overflow: false,
        };
        this.raw(&[kind]);
        this
    }

    fn raw(&mut self, data: &[u8]) {
        match self.buf.get_mut(self.len..self.len + data.len()) {
            Some(room) => {
                room.copy_from_slice(data);
                self.len += data.len();
            }
            None => self.overflow = true,
        }
    }

    /// Appends a number.
    pub fn u32(&mut self, n: u32) -> &mut Self {
        self.raw(&n.to_le_bytes());
        self
    }

    /// Appends a number.
    pub fn u64(&mut self, n: u64) -> &mut Self {
        self.raw(&n.to_le_bytes());
        self
    }

    /// Appends bytes with their length.
    pub fn bytes(&mut self, data: &[u8]) -> &mut Self {
        self.u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
        self.raw(data);
        self
    }

    /// Appends text as bytes with a NUL, which [`Decoder::str`] reads.
    pub fn str(&mut self, text: &str) -> &mut Self {
        self.u32(u32::try_from(text.len() + 1).unwrap_or(u32::MAX));
        self.raw(text.as_bytes());
        self.raw(&[0]);
        self
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        self.buf.len() - self.len
    }

    /// The payload, unless something did not fit.
    pub fn finish(self) -> Option<&'a [u8]> {
        let Self { buf, len, overflow } = self;
        (!overflow).then(|| &buf[..len])
    }
}

/// Reads a payload's fields, in order.
#[derive(Debug, Clone)]
pub struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    /// Reads what follows the kind byte.
    pub fn new(payload: &'a [u8]) -> Self {
        Self(payload.get(1..).unwrap_or_default())
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// The next number.
    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// The next number.
    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    /// The next bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.u32()?).ok()?;
        self.take(len)
    }

    /// The next text.
    pub fn str(&mut self) -> Option<&'a CStr> {
        CStr::from_bytes_with_nul(self.bytes()?).ok()
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn fields_come_back_in_order() {
        let mut buf = [0; 64];
        let mut e = Encoder::new(&mut buf, Request::Start as u8);
        e.u32(7).str("tests").bytes(b"\0\xff").u64(1 << 40);
        let payload = e.finish().unwrap();
        assert_eq!(Request::from_u8(payload[0]), Some(Request::Start));
        let mut d = Decoder::new(payload);
        assert_eq!(d.u32(), Some(7));
        assert_eq!(d.str(), Some(c"tests"));
        assert_eq!(d.bytes(), Some(&b"\0\xff"[..]));
        assert_eq!(d.u64(), Some(1 << 40));
        assert!(d.is_empty());
        assert_eq!(d.u32(), None);
    }

    #[test]
    fn too_long_is_noticed() {
        let mut buf = [0; 8];
        let mut e = Encoder::new(&mut buf, 1);
        e.bytes(b"12345678");
        assert!(e.finish().is_none());
    }

    #[test]
    fn text_with_an_inner_nul_is_refused() {
        let mut buf = [0; 32];
        let mut e = Encoder::new(&mut buf, 1);
        e.str("a\0b");
        assert_eq!(Decoder::new(e.finish().unwrap()).str(), None);
    }

    #[test]
    fn headers_round_trip_and_reject_nonsense() {
        assert_eq!(parse_header(&header(b"abc")), Some((3, crc32(b"abc"))));
        assert_eq!(parse_header(&header(b"")), None);
        assert_eq!(parse_header(&[0xff; HEADER]), None);
    }

    #[test]
    fn every_number_maps_back() {
        for n in 0..=u8::MAX {
            assert!(Request::from_u8(n).is_none_or(|r| r as u8 == n));
            assert!(Event::from_u8(n).is_none_or(|e| e as u8 == n));
        }
        assert_eq!(
            Request::from_u8(Request::PowerOff as u8),
            Some(Request::PowerOff)
        );
    }
}
