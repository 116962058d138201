// SPDX-License-Identifier: BSD-2-Clause
//! Flags of close_range(2).

use crate::c::CUint;
use crate::errno::Errno;

/// CLOSE_RANGE_UNSHARE of linux/close_range.h.
const CLOSE_RANGE_UNSHARE: u32 = 1 << 1;
/// CLOSE_RANGE_CLOEXEC.
const CLOSE_RANGE_CLOEXEC: u32 = 1 << 2;

bitflags::bitflags! {
    /// `flags` of close_range(2), all bits kept for [`CloseRange::check`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct CloseRange: u32 {
        /// Map: the process gets its own descriptors first.
        const UNSHARE = CLOSE_RANGE_UNSHARE;
        /// Map. FreeBSD's bit beside it, to close on fork, is unknown here.
        const CLOEXEC = CLOSE_RANGE_CLOEXEC;
        const _ = !0;
    }
}

impl From<CUint> for CloseRange {
    fn from(flags: CUint) -> CloseRange {
        CloseRange::from_bits_retain(flags.0)
    }
}

impl CloseRange {
    /// EINVAL for unknown bits.
    pub fn check(self) -> Result<(), Errno> {
        if (CloseRange::UNSHARE | CloseRange::CLOEXEC).contains(self) {
            Ok(())
        } else {
            Err(Errno::EINVAL)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two flags.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..32 {
            let flags = CloseRange::from(CUint(1 << bit));
            assert_eq!(flags.check().is_ok(), bit == 1 || bit == 2, "bit {bit}");
        }
    }
}
