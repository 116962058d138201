// SPDX-License-Identifier: BSD-2-Clause
//! Flags of pipe2(2).

use linux_raw_sys::general as linux;

use crate::c::CInt;
use crate::{Errno, bsd};

bitflags::bitflags! {
    /// `flags` of pipe2(2), all bits kept so that each gets its verdict in [`PipeFlags::to_bsd`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct PipeFlags: u32 {
        /// Mapped.
        const O_CLOEXEC = linux::O_CLOEXEC;
        /// Mapped.
        const O_NONBLOCK = linux::O_NONBLOCK;
        const _ = !0;
    }
}

impl From<CInt> for PipeFlags {
    fn from(flags: CInt) -> PipeFlags {
        PipeFlags::from_bits_retain(flags.0.cast_unsigned())
    }
}

impl PipeFlags {
    /// FreeBSD's flags for kern_pipe; EINVAL for every bit that is neither O_CLOEXEC nor O_NONBLOCK.
    pub fn to_bsd(self) -> Result<i32, Errno> {
        if !(PipeFlags::O_CLOEXEC | PipeFlags::O_NONBLOCK).contains(self) {
            return Err(Errno::EINVAL);
        }
        let mut out = 0;
        if self.contains(PipeFlags::O_CLOEXEC) {
            out |= bsd::O_CLOEXEC;
        }
        if self.contains(PipeFlags::O_NONBLOCK) {
            out |= bsd::O_NONBLOCK;
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each single bit: two are mapped, all others refused.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..32 {
            let flags = PipeFlags::from(CInt((1u32 << bit).cast_signed()));
            let expected = match 1 << bit {
                linux::O_CLOEXEC => Ok(bsd::O_CLOEXEC),
                linux::O_NONBLOCK => Ok(bsd::O_NONBLOCK),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(flags.to_bsd(), expected, "bit {bit}");
        }
    }

    /// No flag is allowed, and so are both.
    #[test]
    fn combinations() {
        assert_eq!(PipeFlags::empty().to_bsd(), Ok(0));
        let both = PipeFlags::O_CLOEXEC | PipeFlags::O_NONBLOCK;
        assert_eq!(both.to_bsd(), Ok(bsd::O_CLOEXEC | bsd::O_NONBLOCK));
    }
}
