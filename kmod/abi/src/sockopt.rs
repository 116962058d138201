// SPDX-License-Identifier: BSD-2-Clause
//! The options of setsockopt(2) and getsockopt(2): socket(7), ip(7), ipv6(7), tcp(7).

use linux_raw_sys::{net as linux, netlink as nl};

use crate::Errno;
use crate::bsd;
use crate::c::l_ucred;
use crate::pod::pod;

pub mod number;
use number::*;

/// Linux's level of socket(7), whose values are an int at least.
pub const SOL_SOCKET: i32 = linux::SOL_SOCKET.cast_signed();
/// The levels of ICMP for IPv6 and of raw(7).
const SOL_ICMPV6: i32 = 58;
const SOL_RAW: i32 = 255;
/// netlink(7)'s level, the same on FreeBSD, as are its options.
const SOL_NETLINK: i32 = 270;

/// Where an option is on FreeBSD.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The level.
    pub level: i32,
    /// The name.
    pub name: i32,
}

/// How the value of an option is to be treated.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// An int, the same on both systems.
    Int(Place),
    /// An int that is 0 or 1; FreeBSD tells any number for 1.
    Flag(Place),
    /// Bytes, the same on both systems.
    Bytes(Place),
    /// A `struct timeval`, the same on both systems.
    Time(Place),
    /// `struct linger`, the same but for the flag, as with [`Flag`](Self::Flag).
    Linger,
    /// A buffer's size, which Linux doubles and FreeBSD does not clamp.
    BufferSize(Place),
    /// The pending error, an errno.
    Error,
    /// The socket's family.
    Domain,
    /// The socket's protocol.
    Protocol,
    /// A group to be in, or not, of netlink's; a wrong one has another errno.
    Group(Place),
    /// Who is at the other end.
    PeerCredentials,
    /// Timestamps in nanoseconds, or microseconds if false.
    Timestamps(bool),
    /// SO_TIMESTAMPING: see [`timestamping_to_bsd`].
    Timestamping,
    /// When a datagram may be cut into fragments.
    Fragments(Place),
    /// The state of a TCP connection; cannot be set.
    TcpInfo,
    /// How many routers a packet may pass; -1 is the default.
    Hops(Place),
    /// IP_PKTINFO, which is two options here: the address and the interface.
    PacketInfo,
    /// IP_ADD_SOURCE_MEMBERSHIP and its kin ([`crate::multicast`]).
    MulticastSource(Place),
    /// MCAST_JOIN_GROUP and its kin, which may name a source as well.
    MulticastGroup(Place, bool),
    /// A time in milliseconds, on FreeBSD in seconds.
    Milliseconds(Place),
    /// Which types of ICMP for IPv6 are kept back; FreeBSD has the bits the other way round.
    Icmp6Filter,
    /// The same of ICMP, which FreeBSD lacks.
    IcmpFilter,
    /// A number for firewalls, SO_MARK.
    Mark,
    /// A number that no other socket has; cannot be set.
    Cookie,
    /// The groups of who is at the other end; cannot be set.
    PeerGroups,
    /// A pidfd of who is at the other end; cannot be set.
    PeerPidfd,
    /// The interface to keep to, which FreeBSD cannot; its name is empty.
    Device,
    /// Setting it is this error, as of a Linux that was built without.
    Refused(Errno),
    /// Can be read and is this; set to anything, it does nothing, as a hint may.
    Hint(i32),
    /// Can be read and is this; cannot be set.
    Fixed(i32),
}

/// What an option is, or ENOPROTOOPT.
pub fn option(level: i32, name: i32) -> Result<SocketOption, Errno> {
    let name = name.cast_unsigned();
    match level {
        SOL_SOCKET => socket(name),
        linux_ip::IP => ip(name),
        linux_ip::TCP => tcp(name),
        linux_ip::IPV6 => ipv6(name),
        // ICMPV6_FILTER of linux/icmpv6.h, ICMP_FILTER of linux/icmp.h.
        SOL_ICMPV6 if name == 1 => Ok(SocketOption::Icmp6Filter),
        SOL_RAW if name == 1 => Ok(SocketOption::IcmpFilter),
        // The same as at the level of IPv6 (ipv6(7)).
        SOL_RAW if name == linux::IPV6_CHECKSUM => ipv6(name),
        SOL_NETLINK => netlink(name),
        _ => Err(Errno::ENOPROTOOPT),
    }
}

/// The protocol numbers, which are the internet's own.
mod linux_ip {
    pub(super) const IP: i32 = 0;
    pub(super) const TCP: i32 = 6;
    pub(super) const IPV6: i32 = 41;
}

const fn at(level: i32, name: i32) -> Place {
    Place { level, name }
}

fn socket(name: u32) -> Result<SocketOption, Errno> {
    use SocketOption::*;
    let place = |name| at(bsd::SOL_SOCKET, name);
    Ok(match name {
        linux::SO_DEBUG => Flag(place(bsd::SO_DEBUG)),
        linux::SO_REUSEADDR => Flag(place(bsd::SO_REUSEADDR)),
        linux::SO_TYPE => Int(place(bsd::SO_TYPE)),
        linux::SO_ERROR => Error,
        linux::SO_DONTROUTE => Flag(place(bsd::SO_DONTROUTE)),
        linux::SO_BROADCAST => Flag(place(bsd::SO_BROADCAST)),
        linux::SO_SNDBUF | linux::SO_SNDBUFFORCE => BufferSize(place(bsd::SO_SNDBUF)),
        linux::SO_RCVBUF | linux::SO_RCVBUFFORCE => BufferSize(place(bsd::SO_RCVBUF)),
        linux::SO_KEEPALIVE => Flag(place(bsd::SO_KEEPALIVE)),
        linux::SO_OOBINLINE => Flag(place(bsd::SO_OOBINLINE)),
        // Checksums stay; queueing is not ours to order; always off since Linux 2.2.
        linux::SO_NO_CHECK | linux::SO_PRIORITY | linux::SO_BSDCOMPAT => Hint(0),
        linux::SO_LINGER => Linger,
        // Linux spreads load over the sockets, as this one does.
        linux::SO_REUSEPORT => Flag(place(bsd::SO_REUSEPORT_LB)),
        linux::SO_PASSCRED => Flag(at(SOL_LOCAL, LOCAL_CREDS_PERSISTENT)),
        linux::SO_PEERCRED => PeerCredentials,
        linux::SO_RCVLOWAT => Int(place(bsd::SO_RCVLOWAT)),
        // socket(7): always 1.
        linux::SO_SNDLOWAT => Fixed(1),
        linux::SO_RCVTIMEO_OLD | linux::SO_RCVTIMEO_NEW => Time(place(bsd::SO_RCVTIMEO)),
        linux::SO_SNDTIMEO_OLD | linux::SO_SNDTIMEO_NEW => Time(place(bsd::SO_SNDTIMEO)),
        linux::SO_TIMESTAMP_OLD | linux::SO_TIMESTAMP_NEW => Timestamps(false),
        linux::SO_TIMESTAMPNS_OLD | linux::SO_TIMESTAMPNS_NEW => Timestamps(true),
        linux::SO_TIMESTAMPING_OLD | linux::SO_TIMESTAMPING_NEW => Timestamping,
        linux::SO_MARK => Mark,
        linux::SO_COOKIE => Cookie,
        linux::SO_PEERGROUPS => PeerGroups,
        linux::SO_PEERPIDFD => PeerPidfd,
        linux::SO_BINDTODEVICE => Device,
        linux::SO_MAX_PACING_RATE => Int(place(SO_MAX_PACING_RATE)),
        // There is none; nothing polls a device; there is no error queue.
        linux::SO_DETACH_FILTER => Refused(Errno::ENOENT),
        linux::SO_BUSY_POLL | linux::SO_SELECT_ERR_QUEUE => Hint(0),
        linux::SO_ACCEPTCONN => Flag(place(bsd::SO_ACCEPTCONN)),
        linux::SO_PROTOCOL => Protocol,
        linux::SO_DOMAIN => Domain,
        _ => return Err(Errno::ENOPROTOOPT),
    })
}

fn ip(name: u32) -> Result<SocketOption, Errno> {
    use SocketOption::*;
    let place = |name| at(IPPROTO_IP, name);
    Ok(match name {
        linux::IP_TOS => Int(place(IP_TOS)),
        linux::IP_TTL => Hops(place(IP_TTL)),
        linux::IP_HDRINCL => Flag(place(IP_HDRINCL)),
        linux::IP_OPTIONS => Bytes(place(IP_OPTIONS)),
        linux::IP_PKTINFO => PacketInfo,
        linux::IP_ORIGDSTADDR => Flag(place(IP_ORIGDSTADDR)),
        // Errors reach connected sockets, and the error queue is always empty; C libraries set this when they
        // ask name servers. A port is chosen when it is bound. Groups are the socket's own.
        linux::IP_RECVERR | linux::IP_BIND_ADDRESS_NO_PORT | linux::IP_MULTICAST_ALL => Hint(0),
        linux::IP_ADD_SOURCE_MEMBERSHIP => MulticastSource(place(IP_ADD_SOURCE_MEMBERSHIP)),
        linux::IP_DROP_SOURCE_MEMBERSHIP => MulticastSource(place(IP_DROP_SOURCE_MEMBERSHIP)),
        linux::IP_BLOCK_SOURCE => MulticastSource(place(IP_BLOCK_SOURCE)),
        linux::IP_UNBLOCK_SOURCE => MulticastSource(place(IP_UNBLOCK_SOURCE)),
        linux::IP_MTU_DISCOVER => Fragments(place(IP_DONTFRAG)),
        linux::IP_RECVTTL => Flag(place(IP_RECVTTL)),
        linux::IP_RECVTOS => Flag(place(IP_RECVTOS)),
        linux::IP_FREEBIND | linux::IP_TRANSPARENT => Flag(place(IP_BINDANY)),
        linux::IP_MINTTL => Int(place(IP_MINTTL)),
        linux::IP_MULTICAST_IF => Bytes(place(IP_MULTICAST_IF)),
        linux::IP_MULTICAST_TTL => Int(place(IP_MULTICAST_TTL)),
        linux::IP_MULTICAST_LOOP => Flag(place(IP_MULTICAST_LOOP)),
        linux::IP_ADD_MEMBERSHIP => Bytes(place(IP_ADD_MEMBERSHIP)),
        linux::IP_DROP_MEMBERSHIP => Bytes(place(IP_DROP_MEMBERSHIP)),
        name => return groups(IPPROTO_IP, name),
    })
}

fn ipv6(name: u32) -> Result<SocketOption, Errno> {
    use SocketOption::*;
    let place = |name| at(IPPROTO_IPV6, name);
    Ok(match name {
        linux::IPV6_CHECKSUM => Int(place(IPV6_CHECKSUM)),
        linux::IPV6_UNICAST_HOPS => Int(place(IPV6_UNICAST_HOPS)),
        linux::IPV6_MULTICAST_IF => Int(place(IPV6_MULTICAST_IF)),
        linux::IPV6_MULTICAST_HOPS => Int(place(IPV6_MULTICAST_HOPS)),
        linux::IPV6_MULTICAST_LOOP => Flag(place(IPV6_MULTICAST_LOOP)),
        linux::IPV6_ADD_MEMBERSHIP => Bytes(place(IPV6_JOIN_GROUP)),
        linux::IPV6_DROP_MEMBERSHIP => Bytes(place(IPV6_LEAVE_GROUP)),
        linux::IPV6_MTU_DISCOVER => Fragments(place(IPV6_DONTFRAG)),
        linux::IPV6_V6ONLY => Flag(place(IPV6_V6ONLY)),
        linux::IPV6_RECVPKTINFO => Flag(place(IPV6_RECVPKTINFO)),
        linux::IPV6_RECVHOPLIMIT => Flag(place(IPV6_RECVHOPLIMIT)),
        linux::IPV6_RECVRTHDR => Flag(place(IPV6_RECVRTHDR)),
        linux::IPV6_RECVHOPOPTS => Flag(place(IPV6_RECVHOPOPTS)),
        linux::IPV6_RECVDSTOPTS => Flag(place(IPV6_RECVDSTOPTS)),
        linux::IPV6_RECVPATHMTU => Flag(place(IPV6_RECVPATHMTU)),
        linux::IPV6_RECVTCLASS => Flag(place(IPV6_RECVTCLASS)),
        linux::IPV6_TCLASS => Int(place(IPV6_TCLASS)),
        linux::IPV6_DONTFRAG => Flag(place(IPV6_DONTFRAG)),
        linux::IPV6_FREEBIND | linux::IPV6_TRANSPARENT => Flag(place(IPV6_BINDANY)),
        linux::IPV6_AUTOFLOWLABEL => Flag(place(IPV6_AUTOFLOWLABEL)),
        // As those of IPv4.
        linux::IPV6_RECVERR | linux::IPV6_MULTICAST_ALL => Hint(0),
        name => return groups(IPPROTO_IPV6, name),
    })
}

fn groups(level: i32, name: u32) -> Result<SocketOption, Errno> {
    let (place, with_source) =
        crate::multicast::group_option(level, name).ok_or(Errno::ENOPROTOOPT)?;
    Ok(SocketOption::MulticastGroup(place, with_source))
}

/// netlink(7). Not there: NETLINK_PKTINFO, as FreeBSD does not tell which group a message was for;
/// NETLINK_LISTEN_ALL_NSID, as there are no other name spaces; the rings, which Linux has no more.
fn netlink(name: u32) -> Result<SocketOption, Errno> {
    use SocketOption::*;
    let place = at(SOL_NETLINK, name.cast_signed());
    Ok(match name {
        nl::NETLINK_ADD_MEMBERSHIP | nl::NETLINK_DROP_MEMBERSHIP => Group(place),
        nl::NETLINK_LIST_MEMBERSHIPS => Bytes(place),
        nl::NETLINK_CAP_ACK | nl::NETLINK_EXT_ACK | nl::NETLINK_GET_STRICT_CHK => Flag(place),
        // Of errors when sending to groups, to which only the kernel sends.
        nl::NETLINK_BROADCAST_ERROR => Hint(0),
        // What does not fit the buffer is lost without ENOBUFS, always.
        nl::NETLINK_NO_ENOBUFS => Hint(1),
        _ => return Err(Errno::ENOPROTOOPT),
    })
}

fn tcp(name: u32) -> Result<SocketOption, Errno> {
    use SocketOption::*;
    let place = |name| at(IPPROTO_TCP, name);
    Ok(match name {
        linux::TCP_NODELAY => Flag(place(TCP_NODELAY)),
        linux::TCP_MAXSEG => Int(place(TCP_MAXSEG)),
        linux::TCP_CORK => Flag(place(TCP_NOPUSH)),
        linux::TCP_KEEPIDLE => Int(place(TCP_KEEPIDLE)),
        linux::TCP_KEEPINTVL => Int(place(TCP_KEEPINTVL)),
        linux::TCP_KEEPCNT => Int(place(TCP_KEEPCNT)),
        linux::TCP_INFO => TcpInfo,
        // tcp(7): the kernel leaves quickack mode when it sees fit.
        linux::TCP_QUICKACK => Hint(1),
        linux::TCP_CONGESTION => Bytes(place(TCP_CONGESTION)),
        linux::TCP_FASTOPEN => Int(place(TCP_FASTOPEN)),
        linux::TCP_USER_TIMEOUT => Milliseconds(place(TCP_MAXUNACKTIME)),
        // When to accept, how much to send ahead, how to lose less: for speed alone.
        linux::TCP_DEFER_ACCEPT
        | linux::TCP_WINDOW_CLAMP
        | linux::TCP_NOTSENT_LOWAT
        | linux::TCP_THIN_LINEAR_TIMEOUTS
        | linux::TCP_THIN_DUPACK => Hint(0),
        // tcp(7): without the module that the name asks for.
        linux::TCP_ULP => Refused(Errno::ENOENT),
        _ => return Err(Errno::ENOPROTOOPT),
    })
}

/// What SO_TIMESTAMPING tells here: when the kernel received a message (SOF_TIMESTAMPING_RX_SOFTWARE, _SOFTWARE).
pub const TIMESTAMPING: u32 = 0x18;

/// Whether messages are to be stamped. Stamps of devices' clocks never come, and what only says how stamps of sending
/// are told is ignored. EINVAL for stamps of sending, for which there is no error queue, and for unknown bits.
pub const fn timestamping_to_bsd(flags: u32) -> Result<bool, Errno> {
    // SOF_TIMESTAMPING_TX_HARDWARE, _TX_SOFTWARE, _TX_SCHED, _TX_ACK.
    const SENDING: u32 = 1 | 2 | 0x100 | 0x200;
    const KNOWN: u32 = 0x1_ffff;
    if flags & (SENDING | !KNOWN) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(flags & TIMESTAMPING == TIMESTAMPING)
}

/// IP_TTL. EINVAL beyond 1 to 255, but -1 is the usual 64.
pub const fn hops_to_bsd(hops: i32) -> Result<i32, Errno> {
    match hops {
        -1 => Ok(64),
        1..=255 => Ok(hops),
        _ => Err(Errno::EINVAL),
    }
}

/// IP_MTU_DISCOVER on FreeBSD: whether a datagram is never cut. EINVAL for an unknown mode.
pub fn fragments_to_bsd(mode: i32) -> Result<i32, Errno> {
    match mode.cast_unsigned() {
        linux::IP_PMTUDISC_DONT | linux::IP_PMTUDISC_WANT => Ok(0),
        linux::IP_PMTUDISC_DO | linux::IP_PMTUDISC_PROBE => Ok(1),
        linux::IP_PMTUDISC_INTERFACE | linux::IP_PMTUDISC_OMIT => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// The mode that IP_MTU_DISCOVER tells.
pub fn fragments_to_linux(never: i32) -> i32 {
    let mode = if never == 0 {
        linux::IP_PMTUDISC_WANT
    } else {
        linux::IP_PMTUDISC_DO
    };
    mode.cast_signed()
}

pod! {
    /// FreeBSD's `struct xucred` of LOCAL_PEERCRED (sys/ucred.h).
    struct BsdXucred {
        cr_version: u32,
        cr_uid: u32,
        cr_ngroups: i16,
        __pad0: u16,
        cr_groups: [u32; 16],
        __pad1: u32,
        cr_pid: i32,
        __pad2: u32,
    }
}

/// What SO_PEERCRED tells; nobody where the socket was never connected.
pub fn peer_credentials(peer: Option<&BsdXucred>) -> l_ucred {
    match peer {
        Some(peer) => l_ucred {
            pid: peer.cr_pid,
            uid: peer.cr_uid,
            gid: peer.cr_groups.first().copied().unwrap_or(u32::MAX),
        },
        None => l_ucred {
            pid: 0,
            uid: u32::MAX,
            gid: u32::MAX,
        },
    }
}

/// The bytes of `struct tcp_info` that mean the same on both systems (netinet/tcp.h is modelled on
/// Linux's), which is all a program of Linux 2.6 knew.
pub const TCP_INFO_BYTES: usize = 104;

/// The state of a TCP connection, the first byte of `struct tcp_info`.
pub fn tcp_state_to_linux(state: u8) -> u8 {
    // From FreeBSD's order (netinet/tcp_fsm.h): closed, listen, syn-sent, syn-received, established,
    // close-wait, fin-wait-1, closing, last-ack, fin-wait-2, time-wait.
    const STATES: [u8; 11] = [7, 10, 2, 3, 1, 8, 4, 11, 9, 5, 6];
    STATES.get(usize::from(state)).copied().unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No two options of a level are one on FreeBSD, but those that are one on Linux in effect.
    #[test]
    fn options_are_distinct() {
        for level in [0, 1, 6, 41] {
            let mut seen = Vec::new();
            for name in 0..200 {
                use SocketOption::*;
                if let Ok(Int(p) | Flag(p) | Bytes(p) | Fragments(p)) = option(level, name) {
                    seen.push((p.level, p.name));
                }
            }
            let count = seen.len();
            seen.sort_unstable();
            seen.dedup();
            // IP_FREEBIND and IP_TRANSPARENT, IPV6_DONTFRAG and IPV6_MTU_DISCOVER, ...
            assert!(count - seen.len() <= 2, "level {level}");
            assert!(count > 5);
        }
    }

    /// What is unknown is ENOPROTOOPT, at every level.
    #[test]
    fn unknown_options() {
        for (level, name) in [
            (1, 999),
            (0, 999),
            (6, 999),
            (41, 999),
            (77, 1),
            (-1, -1),
            (1, -1),
        ] {
            assert_eq!(option(level, name), Err(Errno::ENOPROTOOPT));
        }
    }

    /// The options every program uses.
    #[test]
    fn common_options() {
        let flag = |name| SocketOption::Flag(at(0xffff, name));
        assert_eq!(option(1, 2), Ok(flag(4)));
        assert_eq!(option(1, 9), Ok(flag(8)));
        assert_eq!(option(1, 17), Ok(SocketOption::PeerCredentials));
        assert_eq!(option(6, 1), Ok(SocketOption::Flag(at(6, 1))));
        assert_eq!(option(41, 26), Ok(SocketOption::Flag(at(41, 27))));
    }

    /// struct xucred has the size and offsets of the C struct.
    #[test]
    fn timestamping() {
        assert_eq!(timestamping_to_bsd(0), Ok(false));
        assert_eq!(timestamping_to_bsd(0x18), Ok(true));
        assert_eq!(timestamping_to_bsd(0x5c), Ok(true));
        assert_eq!(timestamping_to_bsd(0x8), Ok(false));
        for flags in [1, 2, 0x100, 0x200, 1 << 20, u32::MAX] {
            assert_eq!(timestamping_to_bsd(flags), Err(Errno::EINVAL));
        }
    }

    #[test]
    fn xucred_layout() {
        assert_eq!(size_of::<BsdXucred>(), 88);
        assert_eq!(core::mem::offset_of!(BsdXucred, cr_groups), 12);
        assert_eq!(core::mem::offset_of!(BsdXucred, cr_pid), 80);
    }

    /// Eleven states, each once.
    #[test]
    fn tcp_states() {
        let mut states: Vec<u8> = (0..11).map(tcp_state_to_linux).collect();
        states.sort_unstable();
        assert_eq!(states, (1..=11).collect::<Vec<_>>());
        assert_eq!(tcp_state_to_linux(200), 7);
    }
}
