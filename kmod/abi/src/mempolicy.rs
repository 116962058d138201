// SPDX-License-Identifier: BSD-2-Clause
//! Memory policies, for a machine whose memory is one node, number 0, as FreeBSD shows it:
//! set_mempolicy(2), get_mempolicy(2), mbind(2), move_pages(2), migrate_pages(2).
//!
//! On one node every policy that can be had says the same, so nothing but its name is kept.

use bitflags::bitflags;

use crate::errno::Errno;
use crate::mman::{PAGE_SIZE, round_up_to_page};

/// How many nodes a mask may have: what Linux reads of one at most.
pub const MOST_NODES: u64 = PAGE_SIZE * 8;

// The modes of linux/mempolicy.h.
const DEFAULT: u32 = 0;
const PREFERRED: u32 = 1;
const BIND: u32 = 2;
const LOCAL: u32 = 4;
const PREFERRED_MANY: u32 = 5;

bitflags! {
    /// Flags in the mode of set_mempolicy(2).
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct ModeFlags: u32 {
        /// Kept: there is nothing to balance on one node.
        const MPOL_F_NUMA_BALANCING = 1 << 13;
        /// Kept, and any mask of nodes that is not empty then names node 0.
        const MPOL_F_RELATIVE_NODES = 1 << 14;
        /// Kept: the nodes of the machine never change.
        const MPOL_F_STATIC_NODES = 1 << 15;
    }
}

bitflags! {
    /// `flags` of mbind(2), move_pages(2).
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct MoveFlags: u32 {
        /// Nothing to do: every page is where it must be.
        const MPOL_MF_STRICT = 1;
        /// Nothing to do.
        const MPOL_MF_MOVE = 2;
        /// Nothing to do, but only for the privileged.
        const MPOL_MF_MOVE_ALL = 4;
    }
}

bitflags! {
    /// `flags` of get_mempolicy(2).
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct GetFlags: u32 {
        /// Tell a node.
        const MPOL_F_NODE = 1;
        /// Tell of an address.
        const MPOL_F_ADDR = 2;
        /// Tell the nodes that may be used.
        const MPOL_F_MEMS_ALLOWED = 4;
    }
}

/// A memory policy.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The mode with its flags, as get_mempolicy(2) tells it.
    pub mode: u32,
    /// The first 64 nodes of its mask.
    pub nodes: u64,
}

/// What a program's mask of nodes says.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// The first 64.
    pub first: u64,
    /// Whether there are others.
    pub more: bool,
}

impl Nodes {
    const fn is_empty(self) -> bool {
        self.first == 0 && !self.more
    }

    const fn has_ours(self) -> bool {
        self.first & 1 != 0
    }
}

/// How many bits of a mask count: `maxnode` is one more. EINVAL for more than Linux reads.
pub const fn mask_bits(maxnode: u64) -> Result<u64, Errno> {
    let bits = maxnode.wrapping_sub(1);
    if bits > MOST_NODES {
        return Err(Errno::EINVAL);
    }
    Ok(bits)
}

/// The word of a mask as far as its bits count.
pub const fn masked_word(word: u64, index: u64, bits: u64) -> u64 {
    let left = bits.saturating_sub(index.saturating_mul(64));
    if left >= 64 {
        word
    } else {
        word & (1_u64 << left).wrapping_sub(1)
    }
}

/// The policy that a mode and a mask make. EINVAL for unknown modes and flags, and for masks that do
/// not go with them or name none of the machine's nodes.
pub fn policy(mode: i32, nodes: Nodes) -> Result<Policy, Errno> {
    let raw = mode.cast_unsigned();
    let flags = ModeFlags::from_bits_truncate(raw);
    let mode = raw & !ModeFlags::all().bits();
    let placed = ModeFlags::MPOL_F_STATIC_NODES | ModeFlags::MPOL_F_RELATIVE_NODES;
    let balances = flags.contains(ModeFlags::MPOL_F_NUMA_BALANCING);
    if mode > PREFERRED_MANY || flags.contains(placed) || balances && mode != BIND {
        return Err(Errno::EINVAL);
    }
    let local = mode == LOCAL || mode == PREFERRED && nodes.is_empty();
    if local && (!nodes.is_empty() || flags.intersects(placed)) {
        return Err(Errno::EINVAL);
    }
    if mode == DEFAULT {
        // Without a policy there are no flags of one.
        return if nodes.is_empty() {
            Ok(Policy::default())
        } else {
            Err(Errno::EINVAL)
        };
    }
    if local {
        return Ok(Policy {
            mode: LOCAL,
            nodes: 0,
        });
    }
    let relative = flags.contains(ModeFlags::MPOL_F_RELATIVE_NODES) && !nodes.is_empty();
    if !relative && !nodes.has_ours() {
        return Err(Errno::EINVAL);
    }
    let nodes = if flags.intersects(placed) {
        nodes.first
    } else {
        1
    };
    Ok(Policy {
        mode: mode | flags.bits(),
        nodes,
    })
}

/// What get_mempolicy(2) is to tell.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The thread's policy.
    Mine,
    /// The policy of an address.
    Of(u64),
    /// The node of the page at an address.
    NodeOf(u64),
    /// The node that the next page comes from, which only an interleaving policy has.
    Next,
    /// The nodes that there are.
    Allowed,
}

/// Reads the arguments of get_mempolicy(2). EINVAL.
pub fn question(has_mask: bool, maxnode: u64, addr: u64, flags: u64) -> Result<Question, Errno> {
    // CAST: the bits that have a meaning; the others are asked for first.
    let known = GetFlags::from_bits(flags as u32).filter(|_| flags >> 32 == 0);
    let flags = known.ok_or(Errno::EINVAL)?;
    if has_mask && maxnode < 1 {
        return Err(Errno::EINVAL);
    }
    let [node, of, allowed] = [
        GetFlags::MPOL_F_NODE,
        GetFlags::MPOL_F_ADDR,
        GetFlags::MPOL_F_MEMS_ALLOWED,
    ]
    .map(|flag| flags.contains(flag));
    match (allowed, of, node) {
        (true, false, false) => Ok(Question::Allowed),
        (true, ..) => Err(Errno::EINVAL),
        (false, true, false) => Ok(Question::Of(addr)),
        (false, true, true) => Ok(Question::NodeOf(addr)),
        (false, false, _) if addr != 0 => Err(Errno::EINVAL),
        (false, false, false) => Ok(Question::Mine),
        (false, false, true) => Ok(Question::Next),
    }
}

impl Policy {
    /// Whether pages come from the nodes in turn: MPOL_INTERLEAVE.
    pub const fn interleaves(self) -> bool {
        self.mode & !ModeFlags::all().bits() == 3
    }
}

/// How many bytes of a mask of `maxnode` get_mempolicy(2) writes. EINVAL for more than a page behind the
/// machine's own nodes.
pub const fn mask_bytes(maxnode: u64) -> Result<u64, Errno> {
    match maxnode.wrapping_sub(1).checked_next_multiple_of(64) {
        Some(bits) if bits / 8 <= PAGE_SIZE => Ok(bits / 8),
        // Linux's own word for no node at all.
        None if maxnode == 0 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// The flags of mbind(2) and move_pages(2); EINVAL for unknown ones.
pub const fn move_flags(flags: u32) -> Result<MoveFlags, Errno> {
    match MoveFlags::from_bits(flags) {
        Some(flags) => Ok(flags),
        None => Err(Errno::EINVAL),
    }
}

/// The range of mbind(2): `None` if it is empty. EINVAL.
pub const fn bound_range(start: u64, len: u64) -> Result<Option<(u64, u64)>, Errno> {
    if !start.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    let Some(len) = round_up_to_page(len) else {
        // Rounded up it is 0.
        return Ok(None);
    };
    match start.checked_add(len) {
        Some(end) if len != 0 => Ok(Some((start, end))),
        Some(_) => Ok(None),
        None => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Nodes = Nodes {
        first: 0,
        more: false,
    };
    const OURS: Nodes = Nodes {
        first: 1,
        more: false,
    };
    const OTHER: Nodes = Nodes {
        first: 2,
        more: false,
    };

    /// set_mempolicy(2): which modes take which masks.
    #[test]
    fn modes() {
        assert_eq!(policy(0, NONE), Ok(Policy::default()));
        assert_eq!(policy(0, OURS), Err(Errno::EINVAL));
        for mode in [1_i32, 2, 3, 5] {
            let made = Policy {
                mode: mode.cast_unsigned(),
                nodes: 1,
            };
            assert_eq!(policy(mode, OURS), Ok(made));
            assert_eq!(policy(mode, OTHER), Err(Errno::EINVAL));
            if mode != 1 {
                assert_eq!(policy(mode, NONE), Err(Errno::EINVAL));
            }
        }
        let local = Policy { mode: 4, nodes: 0 };
        assert_eq!(policy(1, NONE), Ok(local));
        assert_eq!(policy(4, NONE), Ok(local));
        assert_eq!(policy(4, OURS), Err(Errno::EINVAL));
        for unknown in [6, 7, -1, 1 << 20] {
            assert_eq!(policy(unknown, OURS), Err(Errno::EINVAL));
        }
    }

    /// Flags: relative nodes fold onto the one that is there; two ways to read a mask are none.
    #[test]
    fn mode_flags() {
        assert_eq!(policy(2 | 1 << 15, OURS).unwrap().mode, 2 | 1 << 15);
        assert_eq!(policy(2 | 1 << 14, OTHER).unwrap().nodes, 2);
        assert_eq!(policy(2 | 1 << 15, OTHER), Err(Errno::EINVAL));
        assert_eq!(policy(2 | 3 << 14, OURS), Err(Errno::EINVAL));
        assert_eq!(policy(2 | 1 << 13, OURS).unwrap().mode, 2 | 1 << 13);
        assert_eq!(policy(3 | 1 << 13, OURS), Err(Errno::EINVAL));
        assert_eq!(policy(4 | 1 << 15, NONE), Err(Errno::EINVAL));
    }

    /// The length of a mask is one more than its bits.
    #[test]
    fn masks() {
        assert_eq!(mask_bits(65), Ok(64));
        assert_eq!(mask_bits(0), Err(Errno::EINVAL));
        assert_eq!(mask_bits(1 << 15 | 2), Err(Errno::EINVAL));
        assert_eq!(masked_word(u64::MAX, 0, 3), 7);
        assert_eq!(masked_word(u64::MAX, 1, 64), 0);
        assert_eq!(masked_word(u64::MAX, 0, 64), u64::MAX);
        assert_eq!([1, 2, 65, 66].map(mask_bytes), [0, 8, 8, 16].map(Ok));
        assert_eq!(mask_bytes(1 << 20), Err(Errno::EINVAL));
    }

    /// get_mempolicy(2): what goes together.
    #[test]
    fn questions() {
        assert_eq!(question(true, 64, 0, 0), Ok(Question::Mine));
        assert_eq!(question(true, 0, 0, 0), Err(Errno::EINVAL));
        assert_eq!(question(false, 0, 4096, 0), Err(Errno::EINVAL));
        assert_eq!(question(false, 0, 4096, 2), Ok(Question::Of(4096)));
        assert_eq!(question(false, 0, 4096, 3), Ok(Question::NodeOf(4096)));
        assert_eq!(question(false, 0, 0, 1), Ok(Question::Next));
        assert_eq!(question(false, 0, 0, 4), Ok(Question::Allowed));
        for flags in [5, 6, 8, 1 << 40] {
            assert_eq!(question(false, 0, 0, flags), Err(Errno::EINVAL));
        }
    }

    /// mbind(2): an empty range is fine, one that wraps is not.
    #[test]
    fn ranges() {
        assert_eq!(bound_range(4096, 1), Ok(Some((4096, 8192))));
        assert_eq!(bound_range(4096, 0), Ok(None));
        assert_eq!(bound_range(4096, u64::MAX), Ok(None));
        assert_eq!(bound_range(1, 1), Err(Errno::EINVAL));
        assert_eq!(bound_range(!4095, 8192), Err(Errno::EINVAL));
    }
}
