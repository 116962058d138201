// SPDX-License-Identifier: BSD-2-Clause
//! Socket addresses. Linux starts one with a 16-bit family; FreeBSD with a byte of
//! length and a byte of family. What follows is the same for the families here.

use crate::bsd;
use crate::errno::Errno;
use crate::netlink;
use crate::socket::{family_to_bsd, family_to_linux};

/// The longest address Linux takes (`struct sockaddr_storage`).
pub const SOCKADDR_MAX: usize = 128;
/// The longest path of a local socket on FreeBSD (`SUNPATHLEN` of sys/un.h); Linux
/// takes 108 bytes.
pub const BSD_SUN_PATH: usize = 104;

const FAMILY_BYTES: usize = 2;
const SOCKADDR_IN: usize = 16;
const SOCKADDR_IN6: usize = 28;
/// `SIN6_LEN_RFC2133`: an address without its scope, which Linux still takes.
const SOCKADDR_IN6_OLD: usize = 24;

/// The longest abstract name, with its NUL in front.
const ABSTRACT_MAX: usize = 108;

/// A FreeBSD address.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct BsdSockaddr {
    bytes: [u8; SOCKADDR_MAX],
    len: u8,
}

impl BsdSockaddr {
    /// The address: `sa_len` bytes, the first of which is `sa_len`.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// The family.
    pub fn family(&self) -> i32 {
        self.bytes
            .get(1)
            .map_or(bsd::AF_UNSPEC, |family| i32::from(*family))
    }

    /// The abstract name of a local address, with its NUL in front. Empty for an address without any name, which
    /// bind(2) takes for one that shall be chosen.
    pub fn abstract_name(&self) -> Option<&[u8]> {
        let name = self.as_bytes().get(FAMILY_BYTES..)?;
        let is_name = self.family() == bsd::AF_UNIX && matches!(name.first(), None | Some(0));
        is_name.then_some(name)
    }

    /// The path of a local address, without NUL.
    pub fn path(&self) -> Option<&[u8]> {
        let path = self.as_bytes().get(FAMILY_BYTES..)?;
        let is_path = self.family() == bsd::AF_UNIX && path.first().is_some_and(|byte| *byte != 0);
        is_path.then_some(path)
    }

    /// An address of netlink's.
    pub fn of_netlink(address: netlink::Address) -> BsdSockaddr {
        let mut bytes = [0; SOCKADDR_MAX];
        for (to, from) in bytes.iter_mut().zip(address.to_bsd()) {
            *to = from;
        }
        // CAST: 12.
        let len = netlink::SOCKADDR as u8;
        BsdSockaddr { bytes, len }
    }

    /// The local address of a path, which ends where it has a NUL. `None` for one that is too long.
    pub fn of_path(path: &[u8]) -> Option<BsdSockaddr> {
        let len = unix_len(path).ok()?;
        let mut bytes = [0; SOCKADDR_MAX];
        let [len_byte, family_byte, data @ ..] = &mut bytes;
        *len_byte = u8::try_from(len.checked_add(FAMILY_BYTES)?).ok()?;
        *family_byte = u8::try_from(bsd::AF_UNIX).ok()?;
        for (to, from) in data.iter_mut().zip(path).take(len) {
            *to = *from;
        }
        let len = *len_byte;
        Some(BsdSockaddr { bytes, len })
    }
}

/// FreeBSD's address for the bytes a Linux program gave.
///
/// EINVAL if the bytes are too few or too many for the family, EAFNOSUPPORT for a
/// family FreeBSD does not have. A path loses its trailing NUL and what follows.
pub fn sockaddr_to_bsd(linux: &[u8]) -> Result<BsdSockaddr, Errno> {
    if linux.len() > SOCKADDR_MAX {
        return Err(Errno::EINVAL);
    }
    let [f0, f1, rest @ ..] = linux else {
        return Err(Errno::EINVAL);
    };
    let family = family_to_bsd(i32::from(u16::from_le_bytes([*f0, *f1])))?;
    let data_len = match family {
        bsd::AF_UNIX if rest.len() > ABSTRACT_MAX => return Err(Errno::EINVAL),
        bsd::AF_UNIX => unix_len(rest)?,
        bsd::AF_INET => exact(linux, SOCKADDR_IN)?,
        bsd::AF_INET6 if linux.len() < SOCKADDR_IN6 => {
            // The scope that is missing reads as 0.
            exact(linux, SOCKADDR_IN6_OLD)?;
            SOCKADDR_IN6.wrapping_sub(FAMILY_BYTES)
        }
        bsd::AF_INET6 => exact(linux, SOCKADDR_IN6)?,
        bsd::AF_NETLINK => exact(linux, netlink::SOCKADDR)?,
        _ => rest.len(),
    };
    let len = data_len.wrapping_add(FAMILY_BYTES);
    let mut bytes = [0; SOCKADDR_MAX];
    let [len_byte, family_byte, data @ ..] = &mut bytes;
    *len_byte = u8::try_from(len).map_err(|_| Errno::EINVAL)?;
    *family_byte = u8::try_from(family).map_err(|_| Errno::EAFNOSUPPORT)?;
    for (to, from) in data.iter_mut().zip(rest).take(data_len) {
        *to = *from;
    }
    let len = *len_byte;
    Ok(BsdSockaddr { bytes, len })
}

/// The bytes of data in an address of `want` bytes; more than that are ignored,
/// fewer are EINVAL.
fn exact(linux: &[u8], want: usize) -> Result<usize, Errno> {
    if linux.len() < want {
        Err(Errno::EINVAL)
    } else {
        Ok(want.wrapping_sub(FAMILY_BYTES))
    }
}

/// The bytes of a local name that count: a path up to its NUL, an abstract name
/// whole. ENAMETOOLONG for what FreeBSD does not take.
fn unix_len(name: &[u8]) -> Result<usize, Errno> {
    let len = match name.first() {
        None | Some(0) => return Ok(name.len()),
        Some(_) => name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len()),
    };
    if len > BSD_SUN_PATH {
        Err(Errno::ENAMETOOLONG)
    } else {
        Ok(len)
    }
}

/// A Linux address.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LinuxSockaddr {
    bytes: [u8; SOCKADDR_MAX],
    len: u8,
}

impl LinuxSockaddr {
    /// The address. Its length is what getsockname(2) and its like store, even if the
    /// program's buffer is shorter.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// Whether FreeBSD's address is that of a local socket without a name, of which a message tells nothing on Linux.
pub fn is_unnamed(from: &[u8]) -> bool {
    matches!(from, [_, family, name @ ..]
        if i32::from(*family) == bsd::AF_UNIX && name.iter().all(|byte| *byte == 0))
}

/// Linux's address for FreeBSD's. EAFNOSUPPORT for a family Linux does not have,
/// EINVAL for an address that is not one.
///
/// A path ends with a NUL, which counts (unix(7)); an unnamed local socket is only
/// its family.
pub fn sockaddr_to_linux(from: &[u8]) -> Result<LinuxSockaddr, Errno> {
    let [_, family, data @ ..] = from else {
        return Err(Errno::EINVAL);
    };
    let family = family_to_linux(i32::from(*family)).ok_or(Errno::EAFNOSUPPORT)?;
    let is_path = family == linux_raw_sys::net::AF_UNIX.cast_signed()
        && data.first().is_some_and(|b| *b != 0);
    let is_unnamed =
        family == linux_raw_sys::net::AF_UNIX.cast_signed() && data.iter().all(|b| *b == 0);
    let data_len = if is_path {
        let path = data
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(data.len());
        path.wrapping_add(1)
    } else if is_unnamed {
        0
    } else {
        data.len()
    };
    let len = data_len.wrapping_add(FAMILY_BYTES);
    if len > SOCKADDR_MAX {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; SOCKADDR_MAX];
    let [low, high, out @ ..] = &mut bytes;
    [*low, *high] = u16::try_from(family)
        .map_err(|_| Errno::EAFNOSUPPORT)?
        .to_le_bytes();
    for (to, byte) in out.iter_mut().zip(data).take(data_len) {
        *to = *byte;
    }
    Ok(LinuxSockaddr {
        bytes,
        len: u8::try_from(len).map_err(|_| Errno::EINVAL)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bsd_bytes(linux: &[u8]) -> Vec<u8> {
        sockaddr_to_bsd(linux).unwrap().as_bytes().to_vec()
    }

    /// 127.0.0.1:80 keeps its bytes behind the family.
    #[test]
    fn inet() {
        let linux = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let bsd = bsd_bytes(&linux);
        assert_eq!(bsd[..8], [16, 2, 0, 80, 127, 0, 0, 1]);
        assert_eq!(sockaddr_to_linux(&bsd).unwrap().as_bytes(), linux);
    }

    /// IPv6 has another number, and may come without its scope.
    #[test]
    fn inet6() {
        let mut linux = [7_u8; 28];
        [linux[0], linux[1]] = [10, 0];
        let bsd = bsd_bytes(&linux);
        assert_eq!((bsd.len(), bsd[0], bsd[1]), (28, 28, 28));
        assert_eq!(sockaddr_to_linux(&bsd).unwrap().as_bytes(), linux);
        let old = bsd_bytes(&linux[..24]);
        assert_eq!((old.len(), &old[24..]), (28, &[0; 4][..]));
        assert_eq!(sockaddr_to_bsd(&linux[..23]), Err(Errno::EINVAL));
    }

    /// A path loses its NUL on the way in and gets it back on the way out.
    #[test]
    fn unix_path() {
        let bsd = bsd_bytes(b"\x01\x00/tmp/x\0junk");
        assert_eq!(bsd, b"\x08\x01/tmp/x");
        assert_eq!(
            sockaddr_to_linux(&bsd).unwrap().as_bytes(),
            b"\x01\x00/tmp/x\0"
        );
    }

    /// A path may lie in more room than it needs.
    #[test]
    fn unix_path_in_room() {
        let mut room = [0; 4096];
        room[..4].copy_from_slice(b"/a/b");
        let addr = BsdSockaddr::of_path(&room).unwrap();
        assert_eq!(addr.as_bytes(), b"\x06\x01/a/b");
        room[..200].fill(b'a');
        assert_eq!(BsdSockaddr::of_path(&room), None);
    }

    /// An abstract name is all its bytes.
    #[test]
    fn unix_abstract() {
        let addr = sockaddr_to_bsd(b"\x01\x00\0name\0").unwrap();
        assert_eq!(addr.as_bytes(), b"\x08\x01\0name\0");
        assert_eq!(addr.abstract_name(), Some(&b"\0name\0"[..]));
        let longest = [&b"\x01\x00\0"[..], &[b'a'; 107]].concat();
        let there = sockaddr_to_bsd(&longest).unwrap();
        assert_eq!(there.as_bytes().len(), 110);
        let back = sockaddr_to_linux(there.as_bytes()).unwrap();
        assert_eq!(back.as_bytes(), longest);
        let longer = [&longest[..], b"a"].concat();
        assert_eq!(sockaddr_to_bsd(&longer), Err(Errno::EINVAL));
        assert_eq!(
            sockaddr_to_bsd(b"\x01\x00/x").unwrap().abstract_name(),
            None
        );
    }

    /// An unnamed socket is its family alone.
    #[test]
    fn unix_unnamed() {
        assert_eq!(bsd_bytes(b"\x01\x00"), b"\x02\x01");
        assert_eq!(
            sockaddr_to_linux(b"\x02\x01").unwrap().as_bytes(),
            b"\x01\x00"
        );
        let padded = [16, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(sockaddr_to_linux(&padded).unwrap().as_bytes(), b"\x01\x00");
    }

    /// Linux takes 108 bytes of path, FreeBSD 104.
    #[test]
    fn long_paths() {
        let mut linux = vec![1, 0];
        linux.extend([b'a'; 104]);
        assert_eq!(bsd_bytes(&linux).len(), 106);
        linux.push(b'a');
        assert_eq!(sockaddr_to_bsd(&linux), Err(Errno::ENAMETOOLONG));
    }

    /// Too short, too long, or of no known family.
    #[test]
    fn bad_addresses() {
        assert_eq!(sockaddr_to_bsd(&[]), Err(Errno::EINVAL));
        assert_eq!(sockaddr_to_bsd(&[2]), Err(Errno::EINVAL));
        assert_eq!(sockaddr_to_bsd(&[2; 129]), Err(Errno::EINVAL));
        assert_eq!(sockaddr_to_bsd(&[2, 0, 1]), Err(Errno::EINVAL));
        assert_eq!(sockaddr_to_bsd(&[17, 0, 1, 1]), Err(Errno::EAFNOSUPPORT));
        assert_eq!(sockaddr_to_linux(&[]), Err(Errno::EINVAL));
        assert_eq!(sockaddr_to_linux(&[4, 18, 0, 0]), Err(Errno::EAFNOSUPPORT));
    }

    /// No bytes panic, at any length and family.
    #[test]
    fn any_bytes() {
        for len in 0..=200_usize {
            for family in 0..=255 {
                let mut bytes = vec![1_u8; len];
                if let Some(first) = bytes.first_mut() {
                    *first = family;
                }
                for second in [0, 1, 255] {
                    if let Some(byte) = bytes.get_mut(1) {
                        *byte = second;
                    }
                    let _ = sockaddr_to_bsd(&bytes);
                    let _ = sockaddr_to_linux(&bytes);
                }
            }
        }
    }

    /// A path goes into an address and comes out of it.
    #[test]
    fn paths() {
        let address = BsdSockaddr::of_path(b"/run/x\0rest").unwrap();
        assert_eq!(address.path(), Some(&b"/run/x"[..]));
        assert_eq!(address, sockaddr_to_bsd(b"\x01\0/run/x\0").unwrap());
        assert_eq!(BsdSockaddr::of_path(&[b'x'; 200]), None);
        assert_eq!(sockaddr_to_bsd(b"\x01\0\0name").unwrap().path(), None);
        assert_eq!(sockaddr_to_bsd(b"\x01\0").unwrap().path(), None);
        assert_eq!(
            sockaddr_to_bsd(&[2, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0])
                .unwrap()
                .path(),
            None
        );
    }
}
