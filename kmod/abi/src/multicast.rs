// SPDX-License-Identifier: BSD-2-Clause
//! Structures of multicast options that differ between the systems: ip(7), and the protocol-independent
//! ones of RFC 3678.

use crate::errno::Errno;
use crate::socket::family_to_bsd;
use crate::sockopt::Place;

/// `struct ip_mreq_source`: group, interface, source.
const SOURCE: usize = 12;
/// `struct group_req`, and one address more is `struct group_source_req`; a number with padding, then
/// `struct sockaddr_storage`.
const GROUP: usize = 136;
const GROUP_SOURCE: usize = 264;
const STORAGE: [usize; 2] = [8, 136];

/// The longest of them.
pub const LONGEST: usize = GROUP_SOURCE;

/// IP_ADD_SOURCE_MEMBERSHIP and its kin, in place: FreeBSD has the source before the interface.
/// EINVAL for too few bytes; how many count.
pub fn source_to_bsd(bytes: &mut [u8]) -> Result<usize, Errno> {
    let Some([_, _, _, _, a, b, c, d, e, f, g, h]) = bytes.first_chunk_mut::<SOURCE>() else {
        return Err(Errno::EINVAL);
    };
    for (interface, source) in [(a, e), (b, f), (c, g), (d, h)] {
        core::mem::swap(interface, source);
    }
    Ok(SOURCE)
}

/// MCAST_JOIN_GROUP and its kin, in place: each address gets FreeBSD's length and family. EINVAL for too few
/// bytes, EADDRNOTAVAIL for a family that has no groups.
pub fn group_to_bsd(bytes: &mut [u8], with_source: bool) -> Result<usize, Errno> {
    let len = if with_source { GROUP_SOURCE } else { GROUP };
    let bytes = bytes.get_mut(..len).ok_or(Errno::EINVAL)?;
    let count = if with_source { 2 } else { 1 };
    for at in STORAGE.into_iter().take(count) {
        let Some([low, high, ..]) = bytes.get_mut(at..) else {
            return Err(Errno::EINVAL);
        };
        let family = i32::from(u16::from_le_bytes([*low, *high]));
        let (len, family) = match family_to_bsd(family) {
            Ok(family @ crate::bsd::AF_INET) => (16, family),
            Ok(family @ crate::bsd::AF_INET6) => (28, family),
            _ => return Err(Errno::EADDRNOTAVAIL),
        };
        *low = len;
        *high = u8::try_from(family).map_err(|_| Errno::EADDRNOTAVAIL)?;
    }
    Ok(len)
}

/// Where an option of RFC 3678 is on FreeBSD, and whether it names a source too.
pub fn group_option(level: i32, name: u32) -> Option<(Place, bool)> {
    // MCAST_JOIN_GROUP 42, BLOCK_SOURCE, UNBLOCK_SOURCE, LEAVE_GROUP, JOIN_SOURCE_GROUP, LEAVE_SOURCE_GROUP 47
    let (name, with_source) = match name {
        42 => (80, false),
        43 => (84, true),
        44 => (85, true),
        45 => (81, false),
        46 => (82, true),
        47 => (83, true),
        _ => return None,
    };
    Some((Place { level, name }, with_source))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source and interface change places, the group stays.
    #[test]
    fn sources() {
        let mut bytes = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 9];
        assert_eq!(source_to_bsd(&mut bytes), Ok(12));
        assert_eq!(bytes, [1, 1, 1, 1, 3, 3, 3, 3, 2, 2, 2, 2, 9]);
        assert_eq!(source_to_bsd(&mut bytes[..11]), Err(Errno::EINVAL));
    }

    /// Families and lengths of one address or both.
    #[test]
    fn groups() {
        let mut bytes = [0; GROUP_SOURCE];
        [bytes[8], bytes[136]] = [2, 10];
        assert_eq!(group_to_bsd(&mut bytes, true), Ok(GROUP_SOURCE));
        assert_eq!((bytes[8], bytes[9]), (16, 2));
        assert_eq!((bytes[136], bytes[137]), (28, 28));
        bytes[8] = 1;
        bytes[9] = 0;
        assert_eq!(group_to_bsd(&mut bytes, false), Err(Errno::EADDRNOTAVAIL));
        assert_eq!(group_to_bsd(&mut bytes[..100], false), Err(Errno::EINVAL));
    }
}
