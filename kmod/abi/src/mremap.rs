// SPDX-License-Identifier: BSD-2-Clause
//! The arguments of mremap(2).

use linux_raw_sys::general as linux;

use crate::errno::Errno;
use crate::mman::{PAGE_SIZE, round_up_to_page};

/// What mremap(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MremapPlan {
    /// The old length in whole pages; 0 duplicates a shared mapping.
    pub old_len: u64,
    /// The new length in whole pages.
    pub new_len: u64,
    /// Whether the mapping may move.
    pub may_move: bool,
    /// Where it must move to.
    pub fixed: Option<u64>,
    /// Whether the old range stays mapped.
    pub dont_unmap: bool,
}

/// Reads the arguments of mremap(2).
pub fn plan_mremap(
    old: u64,
    old_len: u64,
    new_len: u64,
    flags: u64,
    new: u64,
) -> Result<MremapPlan, Errno> {
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
        let new_end = new.checked_add(new_len).ok_or(Errno::EINVAL)?;
        let overlaps = old < new_end && new < old_end;
        if !new.is_multiple_of(PAGE_SIZE) || overlaps {
            return Err(Errno::EINVAL);
        }
    }
    let fixed = fixed.then_some(new);
    Ok(MremapPlan {
        old_len,
        new_len,
        may_move,
        fixed,
        dont_unmap,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mremap(2): a fixed target needs leave to move, and must not overlap.
    #[test]
    fn mremap() {
        assert!(plan_mremap(0x1000, 0x1000, 0x2000, 1, 0).unwrap().may_move);
        assert_eq!(
            plan_mremap(0x1000, 0x1000, 0x2000, 2, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(plan_mremap(0x1000, 0x1000, 0, 1, 0), Err(Errno::EINVAL));
        assert_eq!(plan_mremap(0x1001, 0x1000, 1, 1, 0), Err(Errno::EINVAL));
        assert_eq!(plan_mremap(0x1000, 1, 1, 8, 0), Err(Errno::EINVAL));
        assert_eq!(
            plan_mremap(0x4000, 0x2000, 0x2000, 3, 0x5000),
            Err(Errno::EINVAL)
        );
        let moved = plan_mremap(0x4000, 0x2000, 0x2000, 3, 0x6000).unwrap();
        assert_eq!(moved.fixed, Some(0x6000));
        assert_eq!(
            plan_mremap(0x4000, 0x2000, 0x3000, 5, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(plan_mremap(!4095, 8192, 4096, 1, 0), Err(Errno::EINVAL));
    }
}
