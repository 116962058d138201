// SPDX-License-Identifier: BSD-2-Clause
//! Flags of preadv2(2) and pwritev2(2).

use linux_raw_sys::general as linux;

use crate::Errno;
use crate::c::CInt;

bitflags::bitflags! {
    /// `flags` of preadv2(2) and pwritev2(2), all bits kept for [`RwFlags::plan`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct RwFlags: u32 {
        /// A wish for low latency; ignored, as Linux does where nothing can be polled.
        const RWF_HIPRI = linux::RWF_HIPRI;
        /// Mapped to fdatasync(2) after a write; nothing for a read.
        const RWF_DSYNC = linux::RWF_DSYNC;
        /// Mapped to fsync(2) after a write; nothing for a read.
        const RWF_SYNC = linux::RWF_SYNC;
        const _ = !0;
    }
}

impl From<CInt> for RwFlags {
    fn from(flags: CInt) -> RwFlags {
        RwFlags::from_bits_retain(flags.0.cast_unsigned())
    }
}

/// What has to reach the disk before a write is done.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Nothing.
    No,
    /// The data.
    Data,
    /// The data and all about the file.
    Full,
}

impl RwFlags {
    /// EOPNOTSUPP for RWF_NOWAIT, RWF_APPEND, RWF_NOAPPEND, RWF_ATOMIC and RWF_DONTCACHE, as on
    /// a Linux file that cannot do it, and for unknown bits.
    pub fn plan(self) -> Result<Sync, Errno> {
        let known = RwFlags::RWF_HIPRI | RwFlags::RWF_DSYNC | RwFlags::RWF_SYNC;
        if !known.contains(self) {
            Err(Errno::EOPNOTSUPP)
        } else if self.contains(RwFlags::RWF_SYNC) {
            Ok(Sync::Full)
        } else if self.contains(RwFlags::RWF_DSYNC) {
            Ok(Sync::Data)
        } else {
            Ok(Sync::No)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each single bit.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..32 {
            let expected = match bit {
                0 => Ok(Sync::No),
                1 => Ok(Sync::Data),
                2 => Ok(Sync::Full),
                _ => Err(Errno::EOPNOTSUPP),
            };
            let flags = RwFlags::from(CInt((1_u32 << bit).cast_signed()));
            assert_eq!(flags.plan(), expected, "bit {bit}");
        }
    }
}
