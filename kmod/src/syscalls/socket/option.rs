// SPDX-License-Identifier: BSD-2-Clause
//! setsockopt(2), getsockopt(2). Which option is which is in [`linux_abi::sockopt`].
//!
//! FreeBSD: kern_setsockopt, kern_getsockopt (uipc_syscalls.c).
//! Differences from Linux:
//! - options of [`linux_abi::sockopt`] only; the others are ENOPROTOOPT
//! - a buffer has the size that was set, though twice that is told, as Linux tells it
//! - a limit that Linux clamps silently is halved until it fits
//! - IP_RECVERR is taken and changes nothing: errors reach connected sockets, the error queue stays empty
//! - SO_BINDTODEVICE is EPERM for an interface that exists; SO_MARK is what ipfw(8) calls a sockarg, and
//!   needs no privilege
//! - of SO_TIMESTAMP, SO_TIMESTAMPNS and SO_TIMESTAMPING the last one counts; nothing stamps what is sent
//! - `tcp_info` ends where Linux 2.6's ended

use kpi::kern::fd;
use kpi::kern::icmp;
use kpi::kern::netif::Interfaces;
use kpi::kern::netlink;
use kpi::kern::pidfd;
use kpi::kern::socket::{self, kern_getsockopt, kern_setsockopt};
use kpi::{Cx, Errno, Fail, Result, UserBytesIn, UserBytesOut, UserInOut};
use linux_abi::bsd;
use linux_abi::c::{l_linger, l_timeval};
use linux_abi::fd::Fd;
use linux_abi::multicast::{self, group_to_bsd, source_to_bsd};
use linux_abi::netif::Name;
use linux_abi::netlink::Protocol;
use linux_abi::pod::Pod;
use linux_abi::socket::family_to_linux;
use linux_abi::sockopt::number::{
    ICMP6_FILTER, IP_RECVDSTADDR, IP_RECVIF, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_TCP,
    LOCAL_CREDS_PERSISTENT, LOCAL_PEERCRED, SO_TS_BINTIME, SO_TS_CLOCK, SO_TS_REALTIME,
    SO_TS_REALTIME_MICRO, SO_USER_COOKIE, SOL_LOCAL, TCP_INFO,
};
use linux_abi::sockopt::{
    BsdXucred, Place, SOL_SOCKET, SocketOption as O, TCP_INFO_BYTES, TIMESTAMPING,
    fragments_to_bsd, fragments_to_linux, hops_to_bsd, option, peer_credentials,
    tcp_state_to_linux, timestamping_to_bsd,
};

/// The longest value that is only bytes.
const BYTES: usize = 256;

const fn at_socket(name: i32) -> Place {
    Place {
        level: bsd::SOL_SOCKET,
        name,
    }
}

const fn at_ip(name: i32) -> Place {
    Place {
        level: IPPROTO_IP,
        name,
    }
}

/// ICMPV6_FILTER.
const ICMP6: Place = Place {
    level: IPPROTO_ICMPV6,
    name: ICMP6_FILTER,
};

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
    if level == SOL_SOCKET && len < size_of::<i32>() && option != O::Device {
        expect_socket(cx, fd)?;
        return Err(Errno::EINVAL.into());
    }
    match option {
        O::Hops(place) => {
            let hops = hops_to_bsd(read_int(cx, value, len)?)?;
            socket::set_option(cx, fd, place, &hops)
        }
        O::Int(place) | O::Flag(place) => {
            let value = read_int(cx, value, len)?;
            match socket::set_option(cx, fd, place, &value) {
                // No message comes whose sender there would be to tell.
                Err(Fail::ENOPROTOOPT)
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
        O::Timestamping => {
            let flags = read_int(cx, value, len)?.cast_unsigned();
            let on = timestamping_to_bsd(flags)?;
            if on {
                socket::set_option(cx, fd, at_socket(SO_TS_CLOCK), &SO_TS_BINTIME)?;
            } else if socket::option::<i32>(cx, fd, at_socket(SO_TS_CLOCK))? != SO_TS_BINTIME {
                // What is on is not this.
                return Ok(());
            }
            socket::set_option(cx, fd, at_socket(bsd::SO_TIMESTAMP), &i32::from(on))
        }
        O::PacketInfo => {
            let on = read_int(cx, value, len)?;
            for name in [IP_RECVDSTADDR, IP_RECVIF] {
                socket::set_option(cx, fd, at_ip(name), &on)?;
            }
            Ok(())
        }
        O::MulticastSource(place) => set_bytes(cx, fd, place, value, len, source_to_bsd),
        O::MulticastGroup(place, with_source) => set_bytes(cx, fd, place, value, len, |bytes| {
            group_to_bsd(bytes, with_source)
        }),
        O::Milliseconds(place) => {
            let time = read_int(cx, value, len)?;
            let seconds = u32::try_from(time).map_err(|_| Errno::EINVAL)?;
            socket::set_option(cx, fd, place, &seconds.div_ceil(1000))
        }
        O::Icmp6Filter => {
            let mut filter: [u32; 8] = read_pod(value, len)?.read(cx)?;
            for word in &mut filter {
                *word = !*word;
            }
            socket::set_option(cx, fd, ICMP6, &filter)
        }
        O::IcmpFilter => {
            let filter: u32 = read_pod(value, len)?.read(cx)?;
            icmp::set_filter(cx, fd, filter)
        }
        O::Mark => {
            let mark = read_int(cx, value, len)?;
            socket::set_option(cx, fd, at_socket(SO_USER_COOKIE), &mark)
        }
        O::Device => {
            expect_socket(cx, fd)?;
            set_device(cx, value, len)
        }
        O::Refused(errno) => {
            expect_socket(cx, fd)?;
            Err(errno.into())
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
                Err(Fail::ERANGE) => Err(Errno::EINVAL.into()),
                answer => answer,
            }
        }
        O::Error
        | O::Domain
        | O::Protocol
        | O::PeerCredentials
        | O::PeerGroups
        | O::PeerPidfd
        | O::Cookie
        | O::TcpInfo
        | O::Fixed(_) => {
            expect_socket(cx, fd)?;
            Err(Errno::ENOPROTOOPT.into())
        }
    }
}

/// A value that is `plan`'s to change and to cut.
fn set_bytes(
    cx: &mut Cx<'_>,
    fd: Fd,
    place: Place,
    value: UserBytesIn,
    len: usize,
    plan: impl FnOnce(&mut [u8]) -> core::result::Result<usize, Errno>,
) -> Result<()> {
    let mut bytes = [0; multicast::LONGEST];
    let len = len.min(bytes.len());
    let bytes = bytes.get_mut(..len).ok_or(Errno::EINVAL)?;
    value.read(cx, bytes)?;
    let used = plan(bytes)?;
    kern_setsockopt(cx, fd, place, bytes.get(..used).unwrap_or(&[]))
}

/// No interface is what every socket keeps to. ENODEV for one that is not there, EPERM else.
fn set_device(cx: &mut Cx<'_>, value: UserBytesIn, len: usize) -> Result<()> {
    let mut name: Name = [0; 16];
    let len = len.min(name.len().saturating_sub(1));
    value.read(cx, name.get_mut(..len).ok_or(Errno::EINVAL)?)?;
    // What follows the NUL is no part of it.
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(len);
    if let Some(rest) = name.get_mut(end..) {
        rest.fill(0);
    }
    if end == 0 {
        return Ok(());
    }
    let known = Interfaces::with(cx, |all| all.find(&name).is_some());
    Err(if known { Errno::EPERM } else { Errno::ENODEV }.into())
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
            Err(Fail::ENOBUFS) if size > 4096 => size /= 2,
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
    let Ok(room) = usize::try_from(len.read(cx)?) else {
        expect_socket(cx, fd)?;
        return Err(Errno::EINVAL.into());
    };
    let out = Answer { value, len, room };
    match option {
        O::Int(place) | O::Hops(place) => {
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
            let who = peer_credentials(peer(cx, fd)?.as_ref());
            let words = [who.pid.cast_unsigned(), who.uid, who.gid];
            out.words(cx, &words.map(u32::to_le_bytes))
        }
        O::Timestamps(nanoseconds) => {
            let on = socket::option::<i32>(cx, fd, at_socket(bsd::SO_TIMESTAMP))? != 0;
            let clock = socket::option::<i32>(cx, fd, at_socket(SO_TS_CLOCK))?;
            let wanted = if nanoseconds {
                SO_TS_REALTIME
            } else {
                SO_TS_REALTIME_MICRO
            };
            out.int(cx, i32::from(on && clock == wanted))
        }
        O::Timestamping => {
            let on = socket::option::<i32>(cx, fd, at_socket(bsd::SO_TIMESTAMP))? != 0;
            let clock = socket::option::<i32>(cx, fd, at_socket(SO_TS_CLOCK))?;
            let flags = if on && clock == SO_TS_BINTIME {
                TIMESTAMPING
            } else {
                0
            };
            out.int(cx, flags.cast_signed())
        }
        O::PacketInfo => {
            let on = socket::option::<i32>(cx, fd, at_ip(IP_RECVDSTADDR))?;
            out.int(cx, i32::from(on != 0))
        }
        O::Milliseconds(place) => {
            let seconds = socket::option::<u32>(cx, fd, place)?;
            out.int(cx, seconds.saturating_mul(1000).cast_signed())
        }
        O::Icmp6Filter => {
            let filter = socket::option::<[u32; 8]>(cx, fd, ICMP6)?;
            out.words(cx, &filter.map(|word| (!word).to_le_bytes()))
        }
        O::IcmpFilter => {
            let filter = icmp::filter(cx, fd)?;
            out.words(cx, &[filter.to_le_bytes()])
        }
        O::Mark => {
            let (mark, _) = socket::identity(cx, fd)?;
            out.int(cx, mark.cast_signed())
        }
        O::Cookie => {
            let (_, cookie) = socket::identity(cx, fd)?;
            if out.room < size_of::<u64>() {
                return Err(Errno::EINVAL.into());
            }
            out.words(cx, &[cookie.to_le_bytes()])
        }
        O::Device => {
            expect_socket(cx, fd)?;
            out.len.write(cx, &0)
        }
        O::PeerGroups => peer_groups(cx, fd, out),
        O::PeerPidfd => {
            let peer = peer(cx, fd)?.ok_or(Errno::ENOATTR)?;
            let pidfd = pidfd::open(cx, peer.cr_pid, false)?;
            let told = out.int(cx, pidfd);
            if told.is_err() {
                let _ = fd::kern_close(cx, pidfd);
            }
            told
        }
        O::MulticastSource(_) | O::MulticastGroup(..) | O::Refused(_) => {
            expect_socket(cx, fd)?;
            Err(Errno::ENOPROTOOPT.into())
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

/// Who is at the other end of a local socket that is connected.
fn peer(cx: &mut Cx<'_>, fd: Fd) -> Result<Option<BsdXucred>> {
    // Of another family that is another option.
    if socket::domain(cx, fd)? != bsd::AF_UNIX {
        return Ok(None);
    }
    let place = Place {
        level: SOL_LOCAL,
        name: LOCAL_PEERCRED,
    };
    match socket::option::<BsdXucred>(cx, fd, place) {
        Ok(peer) => Ok(Some(peer)),
        Err(fail @ (Fail::EBADF | Fail::ENOTSOCK)) => Err(fail),
        // Not connected, or no local socket.
        Err(_) => Ok(None),
    }
}

/// ENODATA where there is nobody; ERANGE, with the length that is needed, where there is not enough room.
fn peer_groups(cx: &mut Cx<'_>, fd: Fd, out: Answer) -> Result<()> {
    let peer = peer(cx, fd)?.ok_or(Errno::ENOATTR)?;
    // The first is the process's own.
    let count = usize::try_from(peer.cr_ngroups)
        .unwrap_or(0)
        .saturating_sub(1);
    let groups = peer.cr_groups.get(1..).unwrap_or(&[]);
    let groups = groups.get(..count).unwrap_or(groups);
    let size = size_of_val(groups);
    if out.room < size {
        // CAST: at most 15 groups.
        out.len.write(cx, &(size as i32))?;
        return Err(Errno::ERANGE.into());
    }
    let mut words = [[0; 4]; 15];
    for (to, from) in words.iter_mut().zip(groups) {
        *to = from.to_le_bytes();
    }
    out.words(cx, words.get(..groups.len()).unwrap_or(&[]))
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
