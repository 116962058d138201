// SPDX-License-Identifier: BSD-2-Clause
//! Flags of splice(2), tee(2), vmsplice(2) and copy_file_range(2).

use crate::c::CUint;
use crate::errno::Errno;

/// SPLICE_F_MOVE of linux/splice.h.
const SPLICE_F_MOVE: u32 = 1;
/// SPLICE_F_NONBLOCK.
const SPLICE_F_NONBLOCK: u32 = 2;
/// SPLICE_F_MORE.
const SPLICE_F_MORE: u32 = 4;
/// SPLICE_F_GIFT.
const SPLICE_F_GIFT: u32 = 8;

bitflags::bitflags! {
    /// `flags` of splice(2), tee(2) and vmsplice(2), all bits kept for [`SpliceFlags::check`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct SpliceFlags: u32 {
        /// Ignore: "this is only a hint to the kernel: pages may still be copied" (splice(2)).
        const MOVE = SPLICE_F_MOVE;
        /// Map: the pipe is not waited for.
        const NONBLOCK = SPLICE_F_NONBLOCK;
        /// Ignore: "a helpful hint" for a socket (splice(2)).
        const MORE = SPLICE_F_MORE;
        /// Ignore: "unused for splice()"; what vmsplice(2) copies may be changed afterwards,
        /// which is more than is promised.
        const GIFT = SPLICE_F_GIFT;
        const _ = !0;
    }
}

impl From<CUint> for SpliceFlags {
    fn from(flags: CUint) -> SpliceFlags {
        SpliceFlags::from_bits_retain(flags.0)
    }
}

impl SpliceFlags {
    /// EINVAL for unknown bits.
    pub fn check(self) -> Result<(), Errno> {
        let known = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;
        if self.bits() & !known != 0 {
            Err(Errno::EINVAL)
        } else {
            Ok(())
        }
    }
}

/// What copy_file_range(2) is to copy at most, for a source of `size` bytes. EOVERFLOW for a range
/// that wraps around, EINVAL for a negative offset or for ranges of one file that overlap, EFBIG for
/// a target at the end of all files.
pub const fn plan_copy(
    from: i64,
    to: i64,
    len: u64,
    size: i64,
    same_file: bool,
) -> Result<usize, Errno> {
    let (start, target) = (from.cast_unsigned(), to.cast_unsigned());
    if start.checked_add(len).is_none() || target.checked_add(len).is_none() {
        return Err(Errno::EOVERFLOW);
    }
    if from < 0 || to < 0 {
        return Err(Errno::EINVAL);
    }
    if from >= size || len == 0 {
        return Ok(0);
    }
    let left = size.cast_unsigned().saturating_sub(start);
    let room = i64::MAX.cast_unsigned().saturating_sub(target);
    if room == 0 {
        return Err(Errno::EFBIG);
    }
    let len = if len < left { len } else { left };
    let len = if len < room { len } else { room };
    let overlap = start < target.saturating_add(len) && target < start.saturating_add(len);
    if same_file && overlap {
        return Err(Errno::EINVAL);
    }
    // CAST: sizes are 64 bits here.
    Ok(len as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four flags.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..32 {
            let flags = SpliceFlags::from(CUint(1 << bit));
            assert_eq!(flags.check().is_ok(), bit < 4, "bit {bit}");
        }
        assert!(SpliceFlags::from(CUint(0)).check().is_ok());
    }

    /// Ranges are cut at the end of the source before they are compared.
    #[test]
    fn copy_ranges() {
        assert_eq!(plan_copy(0, 0, 10, 5, false), Ok(5));
        assert_eq!(plan_copy(5, 0, 10, 5, false), Ok(0));
        assert_eq!(plan_copy(2, 0, 2, 5, true), Ok(2));
        assert_eq!(plan_copy(1, 0, 2, 5, true), Err(Errno::EINVAL));
        assert_eq!(plan_copy(0, 5, 10, 5, true), Ok(5));
        assert_eq!(plan_copy(0, 0, 0, 5, true), Ok(0));
        assert_eq!(plan_copy(-5, 0, 1, 5, false), Err(Errno::EINVAL));
        assert_eq!(plan_copy(0, -5, 1, 5, false), Err(Errno::EINVAL));
        assert_eq!(plan_copy(-1, 0, 1, 5, false), Err(Errno::EOVERFLOW));
        assert_eq!(plan_copy(0, i64::MAX, 1, 5, false), Err(Errno::EFBIG));
        assert_eq!(plan_copy(0, i64::MAX - 2, 4, 5, false), Ok(2));
        assert_eq!(plan_copy(1, 0, u64::MAX >> 1, 5, false), Ok(4));
        assert_eq!(plan_copy(0, 1, u64::MAX, 5, false), Err(Errno::EOVERFLOW));
    }
}
