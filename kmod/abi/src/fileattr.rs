// SPDX-License-Identifier: BSD-2-Clause
//! What file_getattr(2) and file_setattr(2) tell and change: `struct file_attr` and the FS_XFLAG_*
//! bits of linux/fs.h, and chflags(2).

use crate::bsd;
use crate::c::l_file_attr;
use crate::errno::Errno;

const IMMUTABLE: u64 = 0x8;
const APPEND: u64 = 0x10;
const NODUMP: u64 = 0x80;

/// What a program reads and writes back, but does not change: FS_XFLAG_PREALLOC, _VERITY, _HASATTR.
const TOLD_ONLY: u64 = 0x2 | 0x2_0000 | 0x8000_0000;

/// Every bit Linux knows.
const KNOWN: u64 = 0x3_ffff & !0x4 | 0x8000_0000;

/// Which of a user's and which of the system's flags, for each bit.
const MAP: [(u64, i32, i32); 3] = [
    (IMMUTABLE, bsd::UF_IMMUTABLE, bsd::SF_IMMUTABLE),
    (APPEND, bsd::UF_APPEND, bsd::SF_APPEND),
    (NODUMP, bsd::UF_NODUMP, bsd::UF_NODUMP),
];

/// What chflags(2)'s flags are to Linux.
pub fn attributes(flags: u32) -> l_file_attr {
    let has = |bits: i32| flags & bits.cast_unsigned() != 0;
    let set = MAP.iter().filter(|(_, user, system)| has(user | system));
    l_file_attr {
        fa_xflags: set.fold(0, |bits, (bit, ..)| bits | bit),
        ..l_file_attr::default()
    }
}

/// The flags that a file with `old` ones shall have. EINVAL for bits Linux does not know, EOPNOTSUPP for
/// what FreeBSD's file systems do not keep: other bits, extent sizes and projects.
///
/// What is set anew is the system's flag, which root alone sets, as on Linux.
pub fn changed(attr: &l_file_attr, old: u32) -> Result<u32, Errno> {
    if attr.fa_xflags & !KNOWN != 0 {
        return Err(Errno::EINVAL);
    }
    let wanted = attr.fa_xflags & !TOLD_ONLY;
    let kept = MAP.iter().fold(0, |bits, (bit, ..)| bits | bit);
    if wanted & !kept != 0 || attr.fa_projid != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(MAP.iter().fold(old, |flags, (bit, user, system)| {
        let both = (user | system).cast_unsigned();
        match (wanted & bit != 0, flags & both != 0) {
            (false, _) => flags & !both,
            (true, true) => flags,
            (true, false) => flags | system.cast_unsigned(),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(fa_xflags: u64) -> l_file_attr {
        l_file_attr {
            fa_xflags,
            ..l_file_attr::default()
        }
    }

    /// Each bit.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..64 {
            let expected = match bit {
                1 | 17 | 31 => Ok(0),
                3 => Ok(bsd::SF_IMMUTABLE.cast_unsigned()),
                4 => Ok(bsd::SF_APPEND.cast_unsigned()),
                7 => Ok(bsd::UF_NODUMP.cast_unsigned()),
                0 | 5..17 => Err(Errno::EOPNOTSUPP),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(changed(&ask(1 << bit), 0), expected, "bit {bit}");
        }
    }

    /// What is told can be set again, and taken away; other flags stay.
    #[test]
    fn there_and_back() {
        let other = 0x8000;
        for old in [
            other,
            other | bsd::UF_IMMUTABLE.cast_unsigned(),
            other | (bsd::SF_APPEND | bsd::UF_NODUMP).cast_unsigned(),
        ] {
            assert_eq!(changed(&attributes(old), old), Ok(old));
            assert_eq!(changed(&ask(0), old), Ok(other));
        }
    }
}
