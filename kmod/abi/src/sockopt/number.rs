// SPDX-License-Identifier: BSD-2-Clause
//! FreeBSD's numbers that only options use (netinet/in.h, netinet6/in6.h, netinet/tcp.h, sys/un.h).
#![expect(missing_docs, reason = "the headers' names")]

use super::{Place, SOL_NETLINK};

pub const SOL_LOCAL: i32 = 0;
pub const LOCAL_PEERCRED: i32 = 1;
pub const LOCAL_CREDS_PERSISTENT: i32 = 3;
pub const SO_USER_COOKIE: i32 = 0x1015;
pub const SO_TS_CLOCK: i32 = 0x1017;
/// `struct bintime` of the time of day, here SO_TIMESTAMPING's.
pub const SO_TS_BINTIME: i32 = 1;
pub const SO_MAX_PACING_RATE: i32 = 0x1018;
pub const IPPROTO_ICMPV6: i32 = 58;
pub const SO_TS_REALTIME_MICRO: i32 = 0;
pub const SO_TS_REALTIME: i32 = 2;
pub const IPPROTO_IP: i32 = 0;
pub const IPPROTO_TCP: i32 = 6;
pub const IPPROTO_IPV6: i32 = 41;
pub const IP_OPTIONS: i32 = 1;
pub const IP_HDRINCL: i32 = 2;
pub const IP_TOS: i32 = 3;
pub const IP_TTL: i32 = 4;
pub const IP_RECVDSTADDR: i32 = 7;
pub const IP_RECVIF: i32 = 20;
pub const IP_ORIGDSTADDR: i32 = 27;
pub const IP_ADD_SOURCE_MEMBERSHIP: i32 = 70;
pub const IP_DROP_SOURCE_MEMBERSHIP: i32 = 71;
pub const IP_BLOCK_SOURCE: i32 = 72;
pub const IP_UNBLOCK_SOURCE: i32 = 73;
pub const IP_MULTICAST_IF: i32 = 9;
pub const IP_MULTICAST_TTL: i32 = 10;
pub const IP_MULTICAST_LOOP: i32 = 11;
pub const IP_ADD_MEMBERSHIP: i32 = 12;
pub const IP_DROP_MEMBERSHIP: i32 = 13;
pub const IP_BINDANY: i32 = 24;
pub const IP_RECVTTL: i32 = 65;
pub const IP_MINTTL: i32 = 66;
pub const IP_DONTFRAG: i32 = 67;
pub const IP_RECVTOS: i32 = 68;
pub const IPV6_UNICAST_HOPS: i32 = 4;
pub const IPV6_MULTICAST_IF: i32 = 9;
pub const IPV6_MULTICAST_HOPS: i32 = 10;
pub const IPV6_MULTICAST_LOOP: i32 = 11;
pub const IPV6_JOIN_GROUP: i32 = 12;
pub const IPV6_LEAVE_GROUP: i32 = 13;
pub const ICMP6_FILTER: i32 = 18;
pub const IPV6_CHECKSUM: i32 = 26;
pub const IPV6_V6ONLY: i32 = 27;
pub const IPV6_RECVPKTINFO: i32 = 36;
pub const IPV6_RECVHOPLIMIT: i32 = 37;
pub const IPV6_RECVRTHDR: i32 = 38;
pub const IPV6_RECVHOPOPTS: i32 = 39;
pub const IPV6_RECVDSTOPTS: i32 = 40;
pub const IPV6_RECVPATHMTU: i32 = 43;
pub const IPV6_PKTINFO: i32 = 46;
pub const IPV6_HOPLIMIT: i32 = 47;
pub const IPV6_RECVTCLASS: i32 = 57;
pub const IPV6_AUTOFLOWLABEL: i32 = 59;
pub const IPV6_TCLASS: i32 = 61;
pub const IPV6_DONTFRAG: i32 = 62;
pub const IPV6_BINDANY: i32 = 64;
pub const TCP_NODELAY: i32 = 1;
pub const TCP_MAXSEG: i32 = 2;
pub const TCP_NOPUSH: i32 = 4;
pub const TCP_INFO: i32 = 32;
pub const TCP_CONGESTION: i32 = 64;
pub const TCP_MAXUNACKTIME: i32 = 68;
pub const TCP_KEEPIDLE: i32 = 256;
pub const TCP_KEEPINTVL: i32 = 512;
pub const TCP_KEEPCNT: i32 = 1024;
pub const TCP_FASTOPEN: i32 = 1025;
/// NETLINK_LIST_MEMBERSHIPS (netlink/netlink.h): a bit for each of the first 32 groups.
pub const NETLINK_GROUPS: Place = Place {
    level: SOL_NETLINK,
    name: 9,
};
