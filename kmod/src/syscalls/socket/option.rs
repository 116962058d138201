// SPDX-License-Identifier: BSD-2-Clause
//! setsockopt(2), getsockopt(2). Which option is which is in [`linux_abi::sockopt`].
//!
//! FreeBSD: kern_setsockopt, kern_getsockopt (uipc_syscalls.c).
//! Differences from Linux:
//! - options of [`linux_abi::sockopt`] only; the others are ENOPROTOOPT
//! - a buffer has the size that was set, though twice that is told, as Linux tells it
//! - IP_PKTINFO tells no interface; a limit that Linux clamps silently is halved until it fits
//! - `tcp_info` ends where Linux 2.6's ended

use kpi::kern::fd;
use kpi::kern::netlink;
use kpi::kern::socket::{self, kern_getsockopt, kern_setsockopt};
use kpi::{Cx, Errno, Fail, Result, UserBytesIn, UserBytesOut, UserInOut};
use linux_abi::bsd;
use linux_abi::c::{l_linger, l_timeval};
use linux_abi::fd::Fd;
use linux_abi::netlink::Protocol;
use linux_abi::pod::Pod;
use linux_abi::socket::family_to_linux;
use linux_abi::sockopt::number::{
    IPPROTO_TCP, LOCAL_CREDS_PERSISTENT, LOCAL_PEERCRED, SO_TS_CLOCK, SO_TS_REALTIME,
    SO_TS_REALTIME_MICRO, SOL_LOCAL, TCP_INFO,
};
use linux_abi::sockopt::{
    BsdXucred, Place, SOL_SOCKET, SocketOption as O, TCP_INFO_BYTES, fragments_to_bsd,
    fragments_to_linux, option, peer_credentials, tcp_state_to_linux,
};

/// The longest value that is only bytes.
const BYTES: usize = 256;

const fn at_socket(name: i32) -> Place {
    Place {
        level: bsd::SOL_SOCKET,
        name,
    }
}

/// SO_PASSCRED.
const SENDERS: Place = Place {
    level: SOL_LOCAL,
    name: LOCAL_CREDS_PERSISTENT,
};

/// What an option is; EBADF and ENOTSOCK come before ENOPROTOOPT.
fn lookup(cx: &mut Cx<'_>, fd: Fd, level: i32, name: i32) -> Result<O> {
    match option(level, name) {
        Ok(option) => Ok(option),
        Err(e) => {
            expect_socket(cx, fd)?;
            Err(e.into())
        }
    }
}

/// EBADF; ENOTSOCK where it is no socket.
pub(super) fn expect_socket(cx: &mut Cx<'_>, fd: Fd) -> Result<()> {
    match fd::info(cx, fd)?.kind {
        fd::Kind::Socket => Ok(()),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}

/// Sets an option.
pub(crate) fn setsockopt(
    cx: &mut Cx<'_>,
    fd: Fd,
    level: i32,
    name: i32,
    value: UserBytesIn,
    len: i32,
) -> Result<()> {
    let option = lookup(cx, fd, level, name)?;
    let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
    if level == SOL_SOCKET && len < size_of::<i32>() {
        expect_socket(cx, fd)?;
        return Err(Errno::EINVAL.into());
    }
    match option {
        O::Int(place) | O::Flag(place) => {
            let value = read_int(cx, value, len)?;
            match socket::set_option(cx, fd, place, &value) {
                // No message comes whose sender there would be to tell.
                Err(Fail::Errno(Errno::ENOPROTOOPT))
                    if place == SENDERS && netlink::protocol(cx, fd) == Some(Protocol::Uevent) =>
                {
                    Ok(())
                }
                answer => answer,
            }
        }
        O::Bytes(place) => {
            let mut bytes = [0; BYTES];
            let bytes = bytes.get_mut(..len).ok_or(Errno::EINVAL)?;
            value.read(cx, bytes)?;
            kern_setsockopt(cx, fd, place, bytes)
        }
        O::Time(place) => {
            let time: l_timeval = read_pod(value, len)?.read(cx)?;
            socket::set_option(cx, fd, place, &time)
        }
        O::Linger => {
            let linger: l_linger = read_pod(value, len)?.read(cx)?;
            socket::set_option(cx, fd, at_socket(bsd::SO_LINGER), &linger)
        }
        O::BufferSize(place) => {
            let size = read_int(cx, value, len)?;
            set_buffer_size(cx, fd, place, size)
        }
        O::Timestamps(nanoseconds) => {
            let on = read_int(cx, value, len)?;
            if on != 0 {
                let clock = if nanoseconds {
                    SO_TS_REALTIME
                } else {
                    SO_TS_REALTIME_MICRO
                };
                socket::set_option(cx, fd, at_socket(SO_TS_CLOCK), &clock)?;
            }
            socket::set_option(cx, fd, at_socket(bsd::SO_TIMESTAMP), &on)
        }
        O::Fragments(place) => {
            let mode = read_int(cx, value, len)?;
            socket::set_option(cx, fd, place, &fragments_to_bsd(mode)?)
        }
        O::Hint(_) => {
            expect_socket(cx, fd)?;
            read_int(cx, value, len).map(|_| ())
        }
        O::Group(place) => {
            let group = read_int(cx, value, len)?;
            match socket::set_option(cx, fd, place, &group) {
                Err(Fail::Errno(Errno::ERANGE)) => Err(Errno::EINVAL.into()),
                answer => answer,
            }
        }
        O::Error | O::Domain | O::Protocol | O::PeerCredentials | O::TcpInfo | O::Fixed(_) => {
            expect_socket(cx, fd)?;
            Err(Errno::ENOPROTOOPT.into())
        }
    }
}

/// A value of fixed form; EINVAL if the program's is shorter.
fn read_pod<T: Pod>(value: UserBytesIn, len: usize) -> Result<kpi::UserIn<T>> {
    if len < size_of::<T>() {
        return Err(Errno::EINVAL.into());
    }
    Ok(kpi::UserIn::from_reg(value.addr().raw()))
}

/// An int, or a single byte, which Linux takes for many options (ip(7)).
fn read_int(cx: &mut Cx<'_>, value: UserBytesIn, len: usize) -> Result<i32> {
    if len >= size_of::<i32>() {
        read_pod::<i32>(value, len)?.read(cx)
    } else {
        read_pod::<u8>(value, len)?.read(cx).map(i32::from)
    }
}

/// Linux clamps a size that is too large; FreeBSD refuses it.
fn set_buffer_size(cx: &mut Cx<'_>, fd: Fd, place: Place, size: i32) -> Result<()> {
    // Linux's smallest buffers are about as large, and it takes a negative size for a small one.
    let mut size = size.max(2048);
    loop {
        match socket::set_option(cx, fd, place, &size) {
            Err(Fail::Errno(Errno::ENOBUFS)) if size > 4096 => size /= 2,
            answer => return answer,
        }
    }
}

/// Reads an option: at most as many bytes as there is room for, and how many.
pub(crate) fn getsockopt(
    cx: &mut Cx<'_>,
    fd: Fd,
    level: i32,
    name: i32,
    value: UserBytesOut,
    len: UserInOut<i32>,
) -> Result<()> {
    let option = lookup(cx, fd, level, name)?;
    let room = usize::try_from(len.read(cx)?).map_err(|_| Errno::EINVAL)?;
    let out = Answer { value, len, room };
    match option {
        O::Int(place) => {
            let number = socket::option::<i32>(cx, fd, place)?;
            out.int(cx, number)
        }
        O::Flag(place) => {
            let number = socket::option::<i32>(cx, fd, place)?;
            out.int(cx, i32::from(number != 0))
        }
        O::Bytes(place) => {
            let mut bytes = [0; BYTES];
            let part = bytes.get_mut(..room.min(BYTES)).unwrap_or(&mut []);
            let got = kern_getsockopt(cx, fd, place, part)?;
            out.bytes(cx, bytes.get(..got).unwrap_or(&[]))
        }
        O::Time(place) => {
            let time = socket::option::<l_timeval>(cx, fd, place)?;
            out.words(cx, &[time.tv_sec, time.tv_usec].map(i64::to_le_bytes))
        }
        O::Linger => {
            let linger = socket::option::<l_linger>(cx, fd, at_socket(bsd::SO_LINGER))?;
            let on = i32::from(linger.l_onoff != 0);
            out.words(cx, &[on, linger.l_linger].map(i32::to_le_bytes))
        }
        O::BufferSize(place) => {
            let size = socket::option::<i32>(cx, fd, place)?;
            out.int(cx, size.saturating_mul(2))
        }
        O::Error => {
            let error = socket::option::<i32>(cx, fd, at_socket(bsd::SO_ERROR))?;
            out.int(cx, Errno::from_raw(error).map_or(0, |e| e.to_linux().raw()))
        }
        O::Domain => {
            let family = socket::option::<i32>(cx, fd, at_socket(bsd::SO_DOMAIN))?;
            out.int(cx, family_to_linux(family).unwrap_or(0))
        }
        O::Protocol => {
            let number = match netlink::protocol(cx, fd) {
                Some(protocol) => protocol.number(),
                None => socket::option(cx, fd, at_socket(bsd::SO_PROTOCOL))?,
            };
            out.int(cx, number)
        }
        // Can only be set.
        O::Group(_) => {
            expect_socket(cx, fd)?;
            Err(Errno::ENOPROTOOPT.into())
        }
        O::PeerCredentials => {
            let place = Place {
                level: SOL_LOCAL,
                name: LOCAL_PEERCRED,
            };
            let peer = match socket::option::<BsdXucred>(cx, fd, place) {
                Ok(peer) => Some(peer),
                Err(fail @ Fail::Errno(Errno::EBADF | Errno::ENOTSOCK)) => return Err(fail),
                // Not connected, or no local socket.
                Err(_) => None,
            };
            let who = peer_credentials(peer.as_ref());
            let words = [who.pid.cast_unsigned(), who.uid, who.gid];
            out.words(cx, &words.map(u32::to_le_bytes))
        }
        O::Timestamps(nanoseconds) => {
            let on = socket::option::<i32>(cx, fd, at_socket(bsd::SO_TIMESTAMP))? != 0;
            let clock = socket::option::<i32>(cx, fd, at_socket(SO_TS_CLOCK))?;
            out.int(
                cx,
                i32::from(on && nanoseconds == (clock == SO_TS_REALTIME)),
            )
        }
        O::Fragments(place) => {
            let never = socket::option::<i32>(cx, fd, place)?;
            out.int(cx, fragments_to_linux(never))
        }
        O::TcpInfo => {
            let place = Place {
                level: IPPROTO_TCP,
                name: TCP_INFO,
            };
            let mut info = [0; BYTES];
            kern_getsockopt(cx, fd, place, &mut info)?;
            if let Some(state) = info.first_mut() {
                *state = tcp_state_to_linux(*state);
            }
            out.bytes(cx, info.get(..TCP_INFO_BYTES).unwrap_or(&[]))
        }
        O::Hint(value) | O::Fixed(value) => {
            expect_socket(cx, fd)?;
            out.int(cx, value)
        }
    }
}

/// Where the value goes.
struct Answer {
    value: UserBytesOut,
    len: UserInOut<i32>,
    room: usize,
}

impl Answer {
    fn bytes(self, cx: &mut Cx<'_>, bytes: &[u8]) -> Result<()> {
        let part = bytes.get(..self.room).unwrap_or(bytes);
        self.value.write(cx, part)?;
        // CAST: at most BYTES.
        self.len.write(cx, &(part.len() as i32))
    }

    fn int(self, cx: &mut Cx<'_>, number: i32) -> Result<()> {
        self.bytes(cx, &number.to_le_bytes())
    }

    fn words<const N: usize>(self, cx: &mut Cx<'_>, words: &[[u8; N]]) -> Result<()> {
        self.bytes(cx, words.as_flattened())
    }
}
