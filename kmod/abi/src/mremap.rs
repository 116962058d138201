// SPDX-License-Identifier: BSD-2-Clause
//! mremap(2): its arguments, and what has to be done to an address space for them. The plan knows
//! neither maps nor locks: mappings go in, operations come out.

mod plan;

use linux_raw_sys::general as linux;

use crate::errno::Errno;
use crate::mman::{PAGE_SIZE, round_up_to_page};

pub use plan::{Backing, Op, Ops, Part, Survey};

/// The arguments of mremap(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Mremap {
    /// The old address, on a page.
    pub old: u64,
    /// The old length in whole pages; 0 duplicates a shared mapping.
    pub old_len: u64,
    /// The new length in whole pages, not 0.
    pub new_len: u64,
    /// Whether the mapping may move.
    pub may_move: bool,
    /// Where it must move to.
    pub fixed: Option<u64>,
    /// Whether the old range stays mapped.
    pub dont_unmap: bool,
}

/// Reads the arguments of mremap(2) for addresses below `max_user`. EINVAL for all that is wrong.
pub fn read_mremap(
    old: u64,
    old_len: u64,
    new_len: u64,
    flags: u64,
    new: u64,
    max_user: u64,
) -> Result<Mremap, Errno> {
    let bits = [
        linux::MREMAP_MAYMOVE,
        linux::MREMAP_FIXED,
        linux::MREMAP_DONTUNMAP,
    ];
    let [may_move, fixed, dont_unmap] = bits.map(|bit| flags & u64::from(bit) != 0);
    let known = linux::MREMAP_MAYMOVE | linux::MREMAP_FIXED | linux::MREMAP_DONTUNMAP;
    if flags & !u64::from(known) != 0 || (fixed || dont_unmap) && !may_move {
        return Err(Errno::EINVAL);
    }
    if !old.is_multiple_of(PAGE_SIZE) || new_len == 0 {
        return Err(Errno::EINVAL);
    }
    let old_len = round_up_to_page(old_len).ok_or(Errno::EINVAL)?;
    let new_len = round_up_to_page(new_len).ok_or(Errno::EINVAL)?;
    if dont_unmap && old_len != new_len {
        return Err(Errno::EINVAL);
    }
    let old_end = old.checked_add(old_len).ok_or(Errno::EINVAL)?;
    if fixed {
        let new_end = new.checked_add(new_len).filter(|end| *end <= max_user);
        let overlaps = old < new_end.ok_or(Errno::EINVAL)? && new < old_end;
        // A duplicate in the place of its original is EFAULT on Linux, with the original gone.
        let overlaps = overlaps || old == new;
        if !new.is_multiple_of(PAGE_SIZE) || overlaps {
            return Err(Errno::EINVAL);
        }
    }
    Ok(Mremap {
        old,
        old_len,
        new_len,
        may_move,
        fixed: fixed.then_some(new),
        dont_unmap,
    })
}

impl Mremap {
    /// How many bytes of address space there will be more than before, at most.
    pub const fn more(&self) -> u64 {
        if self.dont_unmap {
            self.new_len
        } else {
            self.new_len.saturating_sub(self.old_len)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 1 << 47;

    fn read(old: u64, old_len: u64, new_len: u64, flags: u64, new: u64) -> Result<Mremap, Errno> {
        read_mremap(old, old_len, new_len, flags, new, MAX)
    }

    /// mremap(2): a fixed target needs leave to move, and must not overlap.
    #[test]
    fn arguments() {
        assert!(read(0x1000, 0x1000, 0x2000, 1, 0).unwrap().may_move);
        for (old, old_len, new_len, flags, new) in [
            (0x1000, 0x1000, 0x2000, 2, 0),
            (0x1000, 0x1000, 0x2000, 4, 0),
            (0x1000, 0x1000, 0, 1, 0),
            (0x1001, 0x1000, 1, 1, 0),
            (0x1000, 1, 1, 8, 0),
            (0x4000, 0x2000, 0x2000, 3, 0x5000),
            (0x4000, 0x2000, 0x2000, 3, 0x4000),
            (0x4000, 0x2000, 0x1000, 3, 0x9001),
            (0x4000, 0x2000, 0x3000, 5, 0),
            (0x4000, 0x2000, 0x3000, 3, MAX - 0x2000),
            (0x4000, 0x2000, 0x3000, 3, !0xfff),
            (!4095, 8192, 4096, 1, 0),
            (0x4000, 0x1000, u64::MAX, 1, 0),
        ] {
            let answer = read(old, old_len, new_len, flags, new);
            assert_eq!(answer, Err(Errno::EINVAL), "{old:x} {flags}");
        }
        let moved = read(0x4000, 0x2000, 0x2000, 3, 0x6000).unwrap();
        assert_eq!(moved.fixed, Some(0x6000));
        assert_eq!(moved.more(), 0);
        assert_eq!(read(0x4000, 1, 1, 5, 0).unwrap().more(), 0x1000);
    }
}
