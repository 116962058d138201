// SPDX-License-Identifier: BSD-2-Clause
//! Lists of sockets: sock_diag(7). TCP, UDP and raw sockets of both families, local ones of all types.
//!
//! Differences from Linux: only whole lists; a filter's program (INET_DIAG_REQ_BYTECODE) is not run, so all
//! that have the states asked for are told; inode numbers are numbers that no other socket of the kind has, not
//! those of fstat(2); of attributes there are those of local sockets alone, without UNIX_DIAG_VFS,
//! UNIX_DIAG_ICONS and UNIX_DIAG_MEMINFO.

use linux_raw_sys::net as linux;

use super::attribute::{put, u16_at, u32_at};
use super::{HEADER, INET, INET6, flag};
use crate::errno::Errno;
use crate::sockopt::tcp_state_to_linux;

/// `SOCK_DIAG_BY_FAMILY` of linux/sock_diag.h, question and answer.
pub const BY_FAMILY: u16 = 20;

const LOCAL: u8 = linux::AF_UNIX as u8;
/// The size of `struct inet_diag_req_v2` and `struct unix_diag_req`, behind the header.
const INET_QUESTION: usize = 56;
const LOCAL_QUESTION: usize = 24;

/// The states that tcp(7) names, which all sockets have here.
const ESTABLISHED: u8 = 1;
const CLOSE: u8 = 7;
const LISTEN: u8 = 10;

/// A question.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Sockets of IPv4 or IPv6 of a protocol: 6, 17 or 255.
    Inet {
        /// Whether of IPv6.
        six: bool,
        /// The protocol.
        protocol: u8,
        /// A bit for each state.
        states: u32,
    },
    /// Local sockets.
    Local {
        /// A bit for each state.
        states: u32,
        /// UDIAG_SHOW_*.
        show: u32,
    },
}

/// Reads a question. ENOENT for families and protocols without sockets here, EOPNOTSUPP for what is no list,
/// EINVAL.
pub fn question(message: &[u8]) -> Result<Question, Errno> {
    let kind = u16_at(message, 4).ok_or(Errno::EINVAL)?;
    let dump = u16_at(message, 6).is_some_and(|flags| flags & flag::DUMP != 0);
    if kind != BY_FAMILY {
        // SOCK_DESTROY, and the older way to ask.
        return Err(Errno::EOPNOTSUPP);
    }
    let [family, protocol, ..] = message.get(HEADER..).unwrap_or(&[]) else {
        return Err(Errno::EINVAL);
    };
    let len = message.len().saturating_sub(HEADER);
    let states = |at| u32_at(message, at).ok_or(Errno::EINVAL);
    let found = match *family {
        INET | INET6 => {
            if !matches!(protocol, 6 | 17 | 255) {
                return Err(Errno::ENOENT);
            }
            if len < INET_QUESTION {
                return Err(Errno::EINVAL);
            }
            Question::Inet {
                six: *family == INET6,
                protocol: *protocol,
                states: states(HEADER + 4)?,
            }
        }
        LOCAL => {
            if len < LOCAL_QUESTION {
                return Err(Errno::EINVAL);
            }
            Question::Local {
                states: states(HEADER + 4)?,
                show: states(HEADER + 12)?,
            }
        }
        _ => return Err(Errno::ENOENT),
    };
    if dump {
        Ok(found)
    } else {
        Err(Errno::EOPNOTSUPP)
    }
}

/// A socket of IPv4 or IPv6.
#[derive(Copy, Clone, Debug)]
pub struct InetSocket {
    /// Whether of IPv6.
    pub six: bool,
    /// FreeBSD's state of TCP; `None` for other protocols.
    pub state: Option<u8>,
    /// Whether it listens.
    pub listening: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Ports, in the network's order.
    pub ports: [u16; 2],
    /// Own address and the other end's; of IPv4 the last four bytes.
    pub addresses: [[u8; 16]; 2],
    /// Bytes or connections that wait to be read, bytes to be sent or connections that may wait.
    pub queues: [u32; 2],
    /// Whose it is.
    pub user: u32,
    /// A number no other has.
    pub number: u64,
}

/// The size of `struct inet_diag_msg`.
pub const INET_ANSWER: usize = 72;

const fn plain_state(listening: bool, connected: bool) -> u8 {
    if listening {
        LISTEN
    } else if connected {
        ESTABLISHED
    } else {
        CLOSE
    }
}

const fn wanted(states: u32, state: u8) -> bool {
    states & 1_u32.rotate_left(state as u32) != 0
}

fn halves(number: u64) -> [u32; 2] {
    // CAST: the two halves.
    [number as u32, (number >> 32) as u32]
}

/// What is told of a socket; `None` where it was not asked for.
pub fn inet_answer(socket: &InetSocket, six: bool, states: u32) -> Option<[u8; INET_ANSWER]> {
    let state = match socket.state {
        Some(state) => tcp_state_to_linux(state),
        None => plain_state(socket.listening, socket.connected),
    };
    if socket.six != six || !wanted(states, state) {
        return None;
    }
    let mut out = [0; INET_ANSWER];
    put(&mut out, 0, &[if six { INET6 } else { INET }, state]);
    for (at, port) in [4, 6].into_iter().zip(socket.ports) {
        put(&mut out, at, &port.to_ne_bytes());
    }
    for (at, address) in [8, 24].into_iter().zip(socket.addresses) {
        let from = if six { 0 } else { 12 };
        put(&mut out, at, address.get(from..).unwrap_or(&[]));
    }
    let [low, high] = halves(socket.number);
    let [received, sent] = socket.queues;
    let words = [
        (44, low),
        (48, high),
        (56, received),
        (60, sent),
        (64, socket.user),
        (68, low),
    ];
    for (at, word) in words {
        put(&mut out, at, &word.to_ne_bytes());
    }
    Some(out)
}

/// A local socket.
#[derive(Copy, Clone, Debug)]
pub struct LocalSocket<'a> {
    /// SOCK_*.
    pub kind: u8,
    /// Whether it listens.
    pub listening: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Its path or abstract name.
    pub name: &'a [u8],
    /// As those of [`InetSocket`].
    pub queues: [u32; 2],
    /// Whose it is.
    pub user: u32,
    /// A number no other has.
    pub number: u64,
    /// That of the socket at the other end, or 0.
    pub peer: u64,
}

/// Room for what is told of a local socket.
pub const LOCAL_ANSWER: usize = 256;

/// What is told of a local socket: how many bytes; `None` where it was not asked for.
pub fn local_answer(
    socket: &LocalSocket<'_>,
    states: u32,
    show: u32,
    out: &mut [u8; LOCAL_ANSWER],
) -> Option<usize> {
    let state = plain_state(socket.listening, socket.connected);
    if !wanted(states, state) {
        return None;
    }
    out.fill(0);
    put(out, 0, &[LOCAL, socket.kind, state]);
    let [low, high] = halves(socket.number);
    for (at, word) in [(4, low), (8, low), (12, high)] {
        put(out, at, &word.to_ne_bytes());
    }
    let mut len: usize = 16;
    let mut attribute = |kind: u16, value: &[u8]| {
        // CAST: at most LOCAL_ANSWER.
        let size = value.len().saturating_add(4) as u16;
        put(out, len, &size.to_ne_bytes());
        put(out, len.saturating_add(2), &kind.to_ne_bytes());
        put(out, len.saturating_add(4), value);
        len = len.saturating_add(super::attribute::align(size.into()));
    };
    // UNIX_DIAG_NAME, _PEER, _RQLEN, _UID.
    if show & 1 != 0 && !socket.name.is_empty() {
        let longest = socket.name.get(..128).unwrap_or(socket.name);
        attribute(0, longest);
    }
    if show & 4 != 0 && socket.peer != 0 {
        let [low, _] = halves(socket.peer);
        attribute(2, &low.to_ne_bytes());
    }
    if show & 0x10 != 0 {
        let queues = socket.queues.map(u32::to_ne_bytes);
        attribute(4, queues.as_flattened());
    }
    if show & 0x40 != 0 {
        attribute(7, &socket.user.to_ne_bytes());
    }
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(family: u8, protocol: u8, flags: u16, size: usize) -> Vec<u8> {
        let mut message = vec![0; HEADER + size];
        put(&mut message, 4, &BY_FAMILY.to_ne_bytes());
        put(&mut message, 6, &flags.to_ne_bytes());
        put(&mut message, HEADER, &[family, protocol]);
        put(&mut message, HEADER + 4, &0xfff_u32.to_ne_bytes());
        message
    }

    #[test]
    fn questions() {
        let asked = question(&ask(2, 6, flag::DUMP, 56));
        let tcp = Question::Inet {
            six: false,
            protocol: 6,
            states: 0xfff,
        };
        assert_eq!(asked, Ok(tcp));
        assert_eq!(question(&ask(2, 6, 0, 56)), Err(Errno::EOPNOTSUPP));
        assert_eq!(question(&ask(2, 33, flag::DUMP, 56)), Err(Errno::ENOENT));
        assert_eq!(question(&ask(17, 0, flag::DUMP, 56)), Err(Errno::ENOENT));
        assert_eq!(question(&ask(2, 6, flag::DUMP, 55)), Err(Errno::EINVAL));
        assert_eq!(question(&ask(1, 0, flag::DUMP, 23)), Err(Errno::EINVAL));
        assert!(question(&ask(1, 0, flag::DUMP, 24)).is_ok());
        for len in 0..80 {
            let _ = question(&vec![20; len]);
        }
    }

    #[test]
    fn answers() {
        let socket = InetSocket {
            six: false,
            state: Some(1),
            listening: true,
            connected: false,
            ports: [80_u16.to_be(), 0],
            addresses: [[9; 16]; 2],
            queues: [1, 128],
            user: 5,
            number: 7,
        };
        let out = inet_answer(&socket, false, 1 << LISTEN).unwrap();
        assert_eq!(out[..12], [2, 10, 0, 0, 0, 80, 0, 0, 9, 9, 9, 9]);
        assert_eq!(out[12..24], [0; 12]);
        assert_eq!(inet_answer(&socket, true, u32::MAX), None);
        assert_eq!(inet_answer(&socket, false, 1 << ESTABLISHED), None);
        let name = [b'n'; 126];
        let local = LocalSocket {
            kind: 1,
            listening: false,
            connected: true,
            name: &name,
            queues: [0; 2],
            user: 0,
            number: 3,
            peer: 4,
        };
        let mut room = [0xff; LOCAL_ANSWER];
        let len = local_answer(&local, 2, u32::MAX, &mut room).unwrap();
        assert!(len.is_multiple_of(4) && len < LOCAL_ANSWER);
        assert_eq!(room[..8], [1, 1, 1, 0, 3, 0, 0, 0]);
        assert_eq!(room[16..20], [130, 0, 0, 0]);
        assert_eq!(local_answer(&local, 4, 0, &mut room), None);
    }
}
