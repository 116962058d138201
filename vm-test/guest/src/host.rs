// SPDX-License-Identifier: BSD-2-Clause
//! The line to the host: frames over the second serial port.

use crate::sys::{self, Errno, Fd, Result};
use guest_wire::{
    Encoder, Event, HEADER, HELLO, MAX_PAYLOAD, SEGMENT, crc32, header, parse_header,
};

/// `struct termios` of `sys/_termios.h`.
#[repr(C)]
struct Termios {
    iflag: u32,
    oflag: u32,
    cflag: u32,
    lflag: u32,
    cc: [u8; 20],
    ispeed: u32,
    ospeed: u32,
}

const TIOCGETA: u32 = 0x402c_7413;
const TIOCSETA: u32 = 0x802c_7414;
const IGNBRK: u32 = 1;
const CREAD: u32 = 0x800;
const CS8: u32 = 0x300;
const CLOCAL: u32 = 0x8000;
const VMIN: usize = 16;
const VTIME: usize = 17;

/// The serial port, and the frame that is coming in.
pub(crate) struct Host {
    fd: Fd,
    buf: [u8; HEADER + MAX_PAYLOAD],
    len: usize,
}

impl Host {
    /// Opens the port and says hello.
    pub(crate) fn open() -> Result<Self> {
        let fd = sys::open(
            c"/dev/cuau1",
            sys::O_RDWR | sys::O_NOCTTY | sys::O_CLOEXEC,
            0,
        )?;
        let mut t = Termios {
            iflag: 0,
            oflag: 0,
            cflag: 0,
            lflag: 0,
            cc: [0; 20],
            ispeed: 0,
            ospeed: 0,
        };
        sys::ioctl(fd, TIOCGETA, &mut t)?;
        t.iflag = IGNBRK;
        t.oflag = 0;
        t.lflag = 0;
        t.cflag = CS8 | CREAD | CLOCAL;
        t.cc[VMIN] = 1;
        t.cc[VTIME] = 0;
        t.ispeed = 115_200;
        t.ospeed = 115_200;
        sys::ioctl(fd, TIOCSETA, &mut t)?;
        sys::write_all(fd, HELLO)?;
        Ok(Self {
            fd,
            buf: [0; HEADER + MAX_PAYLOAD],
            len: 0,
        })
    }

    pub(crate) fn fd(&self) -> Fd {
        self.fd
    }

    /// Sends one frame; a dead line is nothing /init could do anything about.
    pub(crate) fn send(&self, payload: &[u8]) {
        sys::write_all(self.fd, &header(payload)).ok();
        sys::write_all(self.fd, payload).ok();
    }

    /// Answers a request that has no more to say than this.
    pub(crate) fn reply(&self, result: Result<()>) {
        let mut buf = [0; 16];
        let mut e = Encoder::new(&mut buf, Event::Reply as u8);
        e.u32(result.err().map_or(0, |e| e.0));
        self.send(e.finish().unwrap_or_default());
    }

    /// Reads what has arrived (blocking if nothing has); true once a whole
    /// frame is in [`Self::payload`], which [`Self::consume`] then drops.
    pub(crate) fn receive(&mut self) -> Result<bool> {
        let want = self.missing()?.min(SEGMENT - self.len % SEGMENT);
        let Some(room) = self.buf.get_mut(self.len..self.len + want) else {
            return Err(Errno::EINVAL);
        };
        match sys::read(self.fd, room) {
            Ok(0) | Err(Errno::EINTR) => return Ok(false),
            Ok(n) => self.len += n,
            Err(e) => return Err(e),
        }
        match self.missing()? {
            0 => Ok(true),
            _ => {
                if self.len.is_multiple_of(SEGMENT) {
                    self.send(&[Event::Ack as u8]);
                }
                Ok(false)
            }
        }
    }

    /// Bytes still to come of this frame (of its header, first).
    fn missing(&self) -> Result<usize> {
        let Some(header) = self.buf.first_chunk::<HEADER>() else {
            return Err(Errno::EINVAL);
        };
        if self.len < HEADER {
            return Ok(HEADER - self.len);
        }
        let (len, _) = parse_header(header).ok_or(Errno::EINVAL)?;
        Ok(HEADER + len - self.len)
    }

    /// The frame that is in, if its checksum holds.
    pub(crate) fn payload(&self) -> Option<&[u8]> {
        let (len, crc) = parse_header(self.buf.first_chunk()?)?;
        let payload = self.buf.get(HEADER..HEADER + len)?;
        (crc32(payload) == crc).then_some(payload)
    }

    pub(crate) fn consume(&mut self) {
        self.len = 0;
    }
}
