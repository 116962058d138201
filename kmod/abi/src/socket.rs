// SPDX-License-Identifier: BSD-2-Clause
//! Sockets: families, types, message flags. Addresses are in [`crate::sockaddr`].

use linux_raw_sys::net as linux;

use crate::bsd;
use crate::errno::Errno;

/// `SOCK_CLOEXEC`, which is O_CLOEXEC (socket(2)).
pub const SOCK_CLOEXEC: u32 = linux_raw_sys::general::O_CLOEXEC;
/// `SOCK_NONBLOCK`, which is O_NONBLOCK (socket(2)).
pub const SOCK_NONBLOCK: u32 = linux_raw_sys::general::O_NONBLOCK;

/// `SOCK_MAX` of linux/net.h: one more than the largest type.
const SOCK_MAX: u32 = 11;

/// Each Linux family FreeBSD has, and FreeBSD's number; [`crate::netlink`] says which protocols of
/// netlink there are.
const FAMILIES: [(u32, i32); 8] = [
    (linux::AF_UNSPEC, bsd::AF_UNSPEC),
    (linux::AF_UNIX, bsd::AF_UNIX),
    (linux::AF_INET, bsd::AF_INET),
    (linux::AF_INET6, bsd::AF_INET6),
    (linux::AF_APPLETALK, bsd::AF_APPLETALK),
    (linux::AF_NETLINK, bsd::AF_NETLINK),
    (linux::AF_BLUETOOTH, bsd::AF_BLUETOOTH),
    (linux::AF_VSOCK, bsd::AF_HYPERV),
];

/// FreeBSD's address family, or EAFNOSUPPORT.
pub fn family_to_bsd(family: i32) -> Result<i32, Errno> {
    let found = FAMILIES
        .iter()
        .find(|(linux, _)| linux.cast_signed() == family);
    found.map(|(_, bsd)| *bsd).ok_or(Errno::EAFNOSUPPORT)
}

/// Linux's address family, if it has one.
pub fn family_to_linux(family: i32) -> Option<i32> {
    let found = FAMILIES.iter().find(|(_, bsd)| *bsd == family);
    found.map(|(linux, _)| linux.cast_signed())
}

/// FreeBSD's family and type of socket(2), socketpair(2), wrong ones in Linux's order: flags
/// (EINVAL), a family that cannot be (EAFNOSUPPORT), a type that cannot be (EINVAL), a family that
/// is not there (EAFNOSUPPORT), a type it has not (ESOCKTNOSUPPORT).
pub fn family_and_type_to_bsd(family: i32, kind: i32) -> Result<(i32, i32), Errno> {
    accept4_flags_to_bsd(kind & !SOCK_TYPE_MASK)?;
    if !(0..NPROTO).contains(&family) {
        return Err(Errno::EAFNOSUPPORT);
    }
    match socket_type_to_bsd(kind) {
        Err(Errno::EINVAL) => Err(Errno::EINVAL),
        kind => match family_to_bsd(family)? {
            bsd::AF_UNSPEC => Err(Errno::EAFNOSUPPORT),
            family => Ok((family, kind?)),
        },
    }
}

/// Whether a type of [`family_and_type_to_bsd`] is one of netlink's, or ESOCKTNOSUPPORT.
pub const fn check_netlink_type(kind: i32) -> Result<(), Errno> {
    match kind.cast_unsigned() & SOCK_TYPE_MASK.cast_unsigned() {
        linux::SOCK_RAW | linux::SOCK_DGRAM => Ok(()),
        _ => Err(Errno::ESOCKTNOSUPPORT),
    }
}

/// `SOCK_TYPE_MASK` and `NPROTO` of linux/net.h and linux/socket.h.
const SOCK_TYPE_MASK: i32 = 0xf;
const NPROTO: i32 = 46;

/// FreeBSD's type and flags of socket(2), socketpair(2): the five types are the
/// same. Up to `SOCK_MAX` a type may exist, but no family here has it
/// (ESOCKTNOSUPPORT); beyond, and with unknown flags, it is EINVAL.
pub fn socket_type_to_bsd(kind: i32) -> Result<i32, Errno> {
    let raw = kind.cast_unsigned();
    let base = raw & 0xf;
    let flags = accept4_flags_to_bsd((raw & !0xf).cast_signed())?;
    match base {
        linux::SOCK_STREAM..=linux::SOCK_SEQPACKET => Ok(base.cast_signed() | flags),
        0..SOCK_MAX => Err(Errno::ESOCKTNOSUPPORT),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's flags of accept4(2); unknown bits are EINVAL.
pub const fn accept4_flags_to_bsd(flags: i32) -> Result<i32, Errno> {
    let raw = flags.cast_unsigned();
    if raw & !(SOCK_CLOEXEC | SOCK_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let mut out = 0;
    if raw & SOCK_CLOEXEC != 0 {
        out |= bsd::SOCK_CLOEXEC;
    }
    if raw & SOCK_NONBLOCK != 0 {
        out |= bsd::SOCK_NONBLOCK;
    }
    Ok(out)
}

/// `MSG_DONTWAIT` of recv(2).
pub const MSG_DONTWAIT: u32 = linux::MSG_DONTWAIT;
/// `MSG_CMSG_COMPAT`, how Linux tells itself of a 32-bit caller (include/linux/socket.h): EINVAL
/// in the flags of sendmsg(2), recvmsg(2), sendmmsg(2) and recvmmsg(2).
pub const MSG_CMSG_COMPAT: u32 = 0x8000_0000;
/// `MSG_WAITFORONE` of recvmmsg(2), which linux-raw-sys lacks.
pub const MSG_WAITFORONE: u32 = 0x1_0000;

/// Each message flag FreeBSD has. Linux ignores flags that mean nothing to the
/// protocol, so the rest (MSG_CONFIRM, MSG_MORE, MSG_PROBE, MSG_FASTOPEN,
/// MSG_ZEROCOPY, ...) is ignored; MSG_ERRQUEUE is not, see [`MSG_ERRQUEUE`].
const MESSAGE_FLAGS: [(u32, i32); 11] = [
    (linux::MSG_OOB, bsd::MSG_OOB),
    (linux::MSG_PEEK, bsd::MSG_PEEK),
    (linux::MSG_DONTROUTE, bsd::MSG_DONTROUTE),
    (linux::MSG_CTRUNC, bsd::MSG_CTRUNC),
    (linux::MSG_TRUNC, bsd::MSG_TRUNC),
    (linux::MSG_DONTWAIT, bsd::MSG_DONTWAIT),
    (linux::MSG_EOR, bsd::MSG_EOR),
    (linux::MSG_WAITALL, bsd::MSG_WAITALL),
    (linux::MSG_NOSIGNAL, bsd::MSG_NOSIGNAL),
    (MSG_WAITFORONE, bsd::MSG_WAITFORONE),
    (linux::MSG_CMSG_CLOEXEC, bsd::MSG_CMSG_CLOEXEC),
];

/// recvmsg(2) with this flag reads the error queue, which is always empty here:
/// EAGAIN is the answer.
pub const MSG_ERRQUEUE: u32 = linux::MSG_ERRQUEUE;

/// FreeBSD's message flags; unknown bits are ignored.
pub fn message_flags_to_bsd(flags: i32) -> i32 {
    let flags = flags.cast_unsigned();
    let set = MESSAGE_FLAGS.iter().filter(|(linux, _)| flags & linux != 0);
    set.fold(0, |bits, (_, bit)| bits | bit)
}

/// Linux's message flags, as `msg_flags` tells them.
pub fn message_flags_to_linux(flags: i32) -> i32 {
    let set = MESSAGE_FLAGS.iter().filter(|(_, bsd)| flags & bsd != 0);
    set.fold(0, |bits, (bit, _)| bits | bit).cast_signed()
}

/// How shutdown(2) is meant: 0, 1 and 2 on both systems, else EINVAL.
pub const fn shutdown_how(how: i32) -> Result<i32, Errno> {
    match how {
        0..=2 => Ok(how),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Families map both ways, and only those in the table.
    #[test]
    fn families() {
        for family in -2..200 {
            match family_to_bsd(family) {
                Ok(bsd) => assert_eq!(family_to_linux(bsd), Some(family)),
                Err(e) => assert_eq!(e, Errno::EAFNOSUPPORT),
            }
        }
        assert_eq!(family_to_bsd(10), Ok(28));
        assert_eq!(family_to_bsd(17), Err(Errno::EAFNOSUPPORT));
    }

    /// The types are the same; the flags are not.
    #[test]
    fn types() {
        for kind in 1..=5 {
            assert_eq!(socket_type_to_bsd(kind), Ok(kind));
        }
        for kind in [0, 6, 10] {
            assert_eq!(socket_type_to_bsd(kind), Err(Errno::ESOCKTNOSUPPORT));
        }
        for kind in [11, 15, -1, 1 | 1 << 20] {
            assert_eq!(socket_type_to_bsd(kind), Err(Errno::EINVAL));
        }
        let flagged = socket_type_to_bsd((1 | SOCK_CLOEXEC | SOCK_NONBLOCK).cast_signed());
        assert_eq!(flagged, Ok(1 | bsd::SOCK_CLOEXEC | bsd::SOCK_NONBLOCK));
    }

    /// Of two wrong arguments, the one Linux looks at first.
    #[test]
    fn families_and_types() {
        assert_eq!(family_and_type_to_bsd(10, 1), Ok((28, 1)));
        assert_eq!(family_and_type_to_bsd(1000, 0x100), Err(Errno::EINVAL));
        assert_eq!(family_and_type_to_bsd(1000, 11), Err(Errno::EAFNOSUPPORT));
        assert_eq!(family_and_type_to_bsd(-1, 1), Err(Errno::EAFNOSUPPORT));
        assert_eq!(family_and_type_to_bsd(17, 11), Err(Errno::EINVAL));
        assert_eq!(family_and_type_to_bsd(17, 0), Err(Errno::EAFNOSUPPORT));
        assert_eq!(family_and_type_to_bsd(0, 0), Err(Errno::EAFNOSUPPORT));
        assert_eq!(family_and_type_to_bsd(2, 0), Err(Errno::ESOCKTNOSUPPORT));
    }

    /// Message flags map one to one.
    #[test]
    fn message_flags() {
        for (linux, bsd) in MESSAGE_FLAGS {
            assert_eq!(message_flags_to_bsd(linux.cast_signed()), bsd);
            assert_eq!(message_flags_to_linux(bsd), linux.cast_signed());
        }
        let all = MESSAGE_FLAGS.iter().fold(0, |bits, (_, bsd)| bits | bsd);
        assert_eq!(message_flags_to_bsd(-1), all);
    }

    /// shutdown(2) and accept4(2) reject the unknown.
    #[test]
    fn strict_ones() {
        assert_eq!(shutdown_how(3), Err(Errno::EINVAL));
        assert_eq!(shutdown_how(-1), Err(Errno::EINVAL));
        assert_eq!(accept4_flags_to_bsd(1), Err(Errno::EINVAL));
        assert_eq!(accept4_flags_to_bsd(0), Ok(0));
    }
}
