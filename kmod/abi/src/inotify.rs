// SPDX-License-Identifier: BSD-2-Clause
//! inotify(7). FreeBSD has taken over Linux's event numbers and records; only the
//! flags of inotify_init1(2) differ.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::CInt;
use crate::errno::Errno;

bitflags::bitflags! {
    /// `flags` of inotify_init1(2), all bits kept so that each gets its verdict.
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct InotifyFlags: u32 {
        /// Map.
        const IN_CLOEXEC = linux::O_CLOEXEC;
        /// Map.
        const IN_NONBLOCK = linux::O_NONBLOCK;
        const _ = !0;
    }
}

impl From<CInt> for InotifyFlags {
    fn from(flags: CInt) -> InotifyFlags {
        InotifyFlags::from_bits_retain(flags.0.cast_unsigned())
    }
}

impl InotifyFlags {
    /// FreeBSD's flags; EINVAL for any other bit.
    pub fn to_bsd(self) -> Result<i32, Errno> {
        if !(InotifyFlags::IN_CLOEXEC | InotifyFlags::IN_NONBLOCK).contains(self) {
            return Err(Errno::EINVAL);
        }
        let bit = |flag, bsd| if self.contains(flag) { bsd } else { 0 };
        Ok(bit(InotifyFlags::IN_CLOEXEC, bsd::O_CLOEXEC)
            | bit(InotifyFlags::IN_NONBLOCK, bsd::O_NONBLOCK))
    }
}

const FLAGS: u32 = linux::IN_ONLYDIR
    | linux::IN_DONT_FOLLOW
    | linux::IN_EXCL_UNLINK
    | linux::IN_MASK_CREATE
    | linux::IN_MASK_ADD
    | linux::IN_ONESHOT;

/// What the kernel sets in an event, and takes in a mask without effect.
const RETURNED: u32 =
    linux::IN_UNMOUNT | linux::IN_Q_OVERFLOW | linux::IN_IGNORED | linux::IN_ISDIR;

/// Whether a mask can be one: EINVAL for none, and for unknown bits. Linux looks at this before
/// the descriptor.
pub const fn check_mask(mask: u32) -> Result<(), Errno> {
    if mask == 0 || mask & !(linux::IN_ALL_EVENTS | FLAGS | RETURNED) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// The mask FreeBSD shall get. EINVAL for IN_MASK_ADD with IN_MASK_CREATE, and without an event,
/// which Linux takes for a watch of IN_IGNORED and IN_UNMOUNT alone.
pub const fn watch_mask(mask: u32) -> Result<u32, Errno> {
    let both = linux::IN_MASK_ADD | linux::IN_MASK_CREATE;
    if mask & linux::IN_ALL_EVENTS == 0 || mask & both == both {
        return Err(Errno::EINVAL);
    }
    Ok(mask & (linux::IN_ALL_EVENTS | FLAGS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two flags.
    #[test]
    fn every_bit_has_a_verdict() {
        for n in 0..32 {
            let expected = match 1_u32 << n {
                linux::O_CLOEXEC => Ok(bsd::O_CLOEXEC),
                linux::O_NONBLOCK => Ok(bsd::O_NONBLOCK),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(
                InotifyFlags::from(CInt((1_u32 << n).cast_signed())).to_bsd(),
                expected
            );
        }
    }

    /// Bits as Linux 6.18 takes them, found by trying each.
    #[test]
    fn mask_bits() {
        assert_eq!(check_mask(0), Err(Errno::EINVAL));
        for n in 0..32 {
            let known = matches!(n, 0..=11 | 13..=15 | 24..=26 | 28..=31);
            assert_eq!(check_mask(1 << n).is_ok(), known, "bit {n}");
            assert_eq!(check_mask(1 << n | 1).is_ok(), known, "bit {n}");
        }
    }

    /// An event is needed; what only the kernel sets is dropped.
    #[test]
    fn masks() {
        assert_eq!(watch_mask(linux::IN_ONLYDIR), Err(Errno::EINVAL));
        assert_eq!(watch_mask(linux::IN_CREATE), Ok(linux::IN_CREATE));
        assert_eq!(
            watch_mask(linux::IN_CREATE | linux::IN_ISDIR),
            Ok(linux::IN_CREATE)
        );
        assert_eq!(watch_mask(0x3000_0001), Err(Errno::EINVAL));
    }
}
