// SPDX-License-Identifier: BSD-2-Clause
//! Memory: mmap(2), mprotect(2), remap_file_pages(2). [`crate::mremap`] has mremap(2), [`crate::madvise`]
//! what is said of memory that is mapped, [`crate::mlock`] what keeps it in.

use bitflags::bitflags;
use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

/// The page size of both systems on x86-64.
pub const PAGE_SIZE: u64 = 4096;
/// TASK_SIZE of a Linux amd64 process: no mapping is longer.
pub(crate) const TASK_SIZE: u64 = 0x7fff_ffff_f000;

bitflags! {
    /// `flags` of mmap(2) beside the type.
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct MapFlags: u32 {
        /// Map.
        const MAP_FIXED = linux::MAP_FIXED;
        /// Map.
        const MAP_ANONYMOUS = linux::MAP_ANONYMOUS;
        /// Map, unless the address is fixed.
        const MAP_32BIT = linux::MAP_32BIT;
        /// Ignore: nothing is placed below 4 GB without MAP_32BIT.
        const MAP_ABOVE4G = linux::MAP_ABOVE4G;
        /// Told in the plan: the mapping grows down.
        const MAP_GROWSDOWN = linux::MAP_GROWSDOWN;
        /// Ignore: "This flag is ignored" (mmap(2)).
        const MAP_DENYWRITE = linux::MAP_DENYWRITE;
        /// Ignore: "This flag is ignored" (mmap(2)).
        const MAP_EXECUTABLE = linux::MAP_EXECUTABLE;
        /// Told in the plan: lock the pages, and do not fail if that fails.
        const MAP_LOCKED = linux::MAP_LOCKED;
        /// Ignore: a hint about swap space.
        const MAP_NORESERVE = linux::MAP_NORESERVE;
        /// Told in the plan: fault the pages in, and do not fail if that fails.
        const MAP_POPULATE = linux::MAP_POPULATE;
        /// Takes back MAP_POPULATE (mmap(2)).
        const MAP_NONBLOCK = linux::MAP_NONBLOCK;
        /// Ignore: "This flag is currently a no-op on Linux" (mmap(2)). FreeBSD's flag
        /// of this name is Linux's MAP_GROWSDOWN.
        const MAP_STACK = linux::MAP_STACK;
        /// Reject with ENOMEM, as a Linux without reserved huge pages.
        const MAP_HUGETLB = linux::MAP_HUGETLB;
        /// Reject with EOPNOTSUPP where it counts; ignored elsewhere.
        const MAP_SYNC = linux::MAP_SYNC;
        /// Map to MAP_FIXED and MAP_EXCL.
        const MAP_FIXED_NOREPLACE = linux::MAP_FIXED_NOREPLACE;
        /// Ignore: "ignored on kernels with an MMU" in effect (mmap(2)).
        const MAP_UNINITIALIZED = linux::MAP_UNINITIALIZED;
    }
}

/// What MAP_SHARED_VALIDATE accepts; MAP_FIXED_NOREPLACE is not among them.
const VALIDATED: MapFlags = MapFlags::all().difference(MapFlags::MAP_FIXED_NOREPLACE);

/// What does not go with MAP_DROPPABLE.
const NOT_DROPPED: MapFlags = MapFlags::MAP_HUGETLB
    .union(MapFlags::MAP_LOCKED)
    .union(MapFlags::MAP_GROWSDOWN);

/// What mmap(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MmapPlan {
    /// The length, a multiple of the page size and not 0.
    pub len: u64,
    /// FreeBSD's protection.
    pub prot: i32,
    /// FreeBSD's flags.
    pub bsd_flags: i32,
    /// Whether the descriptor counts.
    pub needs_file: bool,
    /// MAP_FIXED_NOREPLACE: say EEXIST if something is there.
    pub no_replace: bool,
    /// The mapping grows down.
    pub grows_down: bool,
    /// A child finds zeros, and a core has no copy. Pages are never dropped before they are unmapped:
    /// they may be, and need not.
    pub droppable: bool,
    /// Lock the pages.
    pub locked: bool,
    /// Fault the pages in.
    pub populate: bool,
    /// PROT_WRITE: they are faulted in to be written.
    pub writable: bool,
}

/// Reads the arguments of mmap(2) that need no look at the address space.
pub fn plan_mmap(addr: u64, len: u64, prot: i32, flags: i32, off: u64) -> Result<MmapPlan, Errno> {
    if !off.is_multiple_of(PAGE_SIZE) || len == 0 {
        return Err(Errno::EINVAL);
    }
    let len = round_up_to_page(len).filter(|len| *len <= TASK_SIZE);
    let len = len.ok_or(Errno::ENOMEM)?;
    let raw = flags.cast_unsigned();
    let flags = MapFlags::from_bits_truncate(raw);
    let anonymous = flags.contains(MapFlags::MAP_ANONYMOUS);
    let grows_down = flags.contains(MapFlags::MAP_GROWSDOWN);
    let droppable = raw & linux::MAP_TYPE == linux::MAP_DROPPABLE;
    let kind = match raw & linux::MAP_TYPE {
        linux::MAP_SHARED => bsd::MAP_SHARED,
        linux::MAP_PRIVATE => bsd::MAP_PRIVATE,
        linux::MAP_SHARED_VALIDATE if !anonymous => {
            let size_bits = linux::MAP_HUGE_2MB | linux::MAP_HUGE_1GB;
            let known = VALIDATED.bits() | linux::MAP_TYPE | size_bits;
            if raw & !known != 0 || flags.contains(MapFlags::MAP_SYNC) {
                return Err(Errno::EOPNOTSUPP);
            }
            bsd::MAP_SHARED
        }
        linux::MAP_DROPPABLE if anonymous && !flags.intersects(NOT_DROPPED) => bsd::MAP_PRIVATE,
        _ => return Err(Errno::EINVAL),
    };
    if flags.contains(MapFlags::MAP_HUGETLB) {
        return if anonymous {
            Err(Errno::ENOMEM)
        } else {
            Err(Errno::EINVAL)
        };
    }
    if grows_down && (!anonymous || kind == bsd::MAP_SHARED) {
        return Err(Errno::EINVAL);
    }
    let no_replace = flags.contains(MapFlags::MAP_FIXED_NOREPLACE);
    let fixed = no_replace || flags.contains(MapFlags::MAP_FIXED);
    if fixed && !addr.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    if off.checked_add(len).is_none() {
        return Err(Errno::EOVERFLOW);
    }
    let mut bsd_flags = kind;
    if fixed {
        bsd_flags |= bsd::MAP_FIXED;
    } else if flags.contains(MapFlags::MAP_32BIT) {
        bsd_flags |= bsd::MAP_32BIT;
    }
    if no_replace {
        bsd_flags |= bsd::MAP_EXCL;
    }
    if anonymous {
        bsd_flags |= bsd::MAP_ANON;
        if kind == bsd::MAP_SHARED {
            // Nothing is synced that has no file: the mark of shared memory, whatever fork(2) is to do.
            bsd_flags |= bsd::MAP_NOSYNC;
        }
    }
    Ok(MmapPlan {
        len,
        prot: prot_to_bsd(prot),
        bsd_flags,
        needs_file: !anonymous,
        no_replace,
        grows_down,
        droppable,
        locked: flags.contains(MapFlags::MAP_LOCKED),
        populate: flags.contains(MapFlags::MAP_POPULATE) && !flags.contains(MapFlags::MAP_NONBLOCK),
        writable: prot & bsd::PROT_WRITE != 0,
    })
}

/// Whether a call that is wrong otherwise is about a file, so that EBADF comes first. It does not
/// for an offset within a page.
pub const fn looks_at_file(flags: i32, off: u64) -> bool {
    flags.cast_unsigned() & linux::MAP_ANONYMOUS == 0 && off.is_multiple_of(PAGE_SIZE)
}

/// The length of a mapping that is nothing but private memory anywhere, the usual one:
/// what [`plan_mmap`] says of it is plain. `None` for all others, right or wrong.
#[inline]
pub const fn plain(addr: u64, len: u64, flags: i32, off: u64) -> Option<u64> {
    let usual = linux::MAP_PRIVATE | linux::MAP_ANONYMOUS;
    if flags.cast_unsigned() != usual || addr | off != 0 || len == 0 {
        return None;
    }
    round_up_to_page(len)
}

/// The next multiple of the page size, if there is one.
pub const fn round_up_to_page(len: u64) -> Option<u64> {
    len.checked_next_multiple_of(PAGE_SIZE)
}

/// FreeBSD's protection for mmap(2), which ignores unknown bits. The three known
/// ones are the same.
pub const fn prot_to_bsd(prot: i32) -> i32 {
    prot & (bsd::PROT_READ | bsd::PROT_WRITE | bsd::PROT_EXEC)
}

/// The protection with READ_IMPLIES_EXEC of personality(2): what may be read may be
/// executed.
#[inline]
pub const fn prot_with_personality(prot: i32, persona: u32) -> i32 {
    if persona & READ_IMPLIES_EXEC != 0 && prot & bsd::PROT_READ != 0 {
        prot | bsd::PROT_EXEC
    } else {
        prot
    }
}

/// READ_IMPLIES_EXEC of linux/personality.h.
const READ_IMPLIES_EXEC: u32 = 0x0040_0000;

/// Where a mapping goes by a hint that is no order: the next page, unless the mapping
/// would not fit there or there is no hint.
#[inline]
pub const fn hint(addr: u64, len: u64, max_user: u64) -> Option<u64> {
    if addr == 0 {
        return None;
    }
    match round_up_to_page(addr) {
        Some(start) if len <= max_user && start <= max_user.wrapping_sub(len) => Some(start),
        _ => None,
    }
}

/// The flag of remap_file_pages(2): do not fault the pages in.
pub const MAP_NONBLOCK: u32 = linux::MAP_NONBLOCK;

/// The range of remap_file_pages(2), in whole pages down. EINVAL for a protection, which it never took,
/// an empty range, and one that wraps, there or in the file.
pub const fn plan_remap_file_pages(
    start: u64,
    size: u64,
    prot: u64,
    pgoff: u64,
) -> Result<(u64, u64), Errno> {
    let start = start.wrapping_sub(start % PAGE_SIZE);
    let size = size.wrapping_sub(size % PAGE_SIZE);
    if prot != 0 || size == 0 || pgoff > i64::MAX.cast_unsigned() / PAGE_SIZE {
        return Err(Errno::EINVAL);
    }
    match start.checked_add(size) {
        Some(end) => Ok((start, end)),
        None => Err(Errno::EINVAL),
    }
}

/// What mprotect(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MprotectPlan {
    /// The length, a multiple of the page size.
    pub len: u64,
    /// FreeBSD's protection.
    pub prot: i32,
    /// PROT_GROWSDOWN: down to the start of the growing mapping.
    pub grows_down: bool,
}

/// Reads the arguments of mprotect(2), which rejects unknown bits. `Ok(None)` is a
/// success that does nothing: a length of 0.
pub fn plan_mprotect(addr: u64, len: u64, prot: u64) -> Result<Option<MprotectPlan>, Errno> {
    // CAST: the bits that have a meaning are in the low half; the others are asked for below.
    let raw = prot as u32;
    let grows = raw & (linux::PROT_GROWSDOWN | linux::PROT_GROWSUP);
    if grows == linux::PROT_GROWSDOWN | linux::PROT_GROWSUP || !addr.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    if len == 0 {
        return Ok(None);
    }
    let len = round_up_to_page(len).ok_or(Errno::ENOMEM)?;
    if addr.checked_add(len).is_none() {
        return Err(Errno::ENOMEM);
    }
    let known = linux::PROT_READ | linux::PROT_WRITE | linux::PROT_EXEC | linux::PROT_SEM;
    // No mapping grows up on x86-64: Linux says EINVAL too, once it found a mapping.
    if prot & !u64::from(known | linux::PROT_GROWSDOWN) != 0 {
        return Err(Errno::EINVAL);
    }
    let grows_down = grows != 0;
    Ok(Some(MprotectPlan {
        len,
        prot: prot_to_bsd(raw.cast_signed()),
        grows_down,
    }))
}

const _: () = {
    assert!(bsd::PROT_READ.cast_unsigned() == linux::PROT_READ);
    assert!(bsd::PROT_WRITE.cast_unsigned() == linux::PROT_WRITE);
    assert!(bsd::PROT_EXEC.cast_unsigned() == linux::PROT_EXEC);
};

#[cfg(test)]
mod tests {
    use super::*;

    const ANON: i32 = 0x22;

    fn map(flags: i32) -> Result<MmapPlan, Errno> {
        plan_mmap(0x10000, 1, 3, flags, 0)
    }

    /// The plain private anonymous mapping of malloc.
    #[test]
    fn private_anonymous() {
        let plan = map(ANON).unwrap();
        assert_eq!(plan.bsd_flags, bsd::MAP_PRIVATE | bsd::MAP_ANON);
        assert_eq!((plan.len, plan.prot, plan.needs_file), (4096, 3, false));
    }

    /// The short way for the usual mapping agrees with the long one.
    #[test]
    fn plain_mappings() {
        for len in [0, 1, 4096, 4097, 1 << 40, u64::MAX] {
            let plan = plan_mmap(0, len, 3, ANON, 0).ok();
            assert_eq!(plain(0, len, ANON, 0), plan.map(|plan| plan.len));
        }
        for (addr, flags, off) in [(1, ANON, 0), (0, ANON | 0x10, 0), (0, 1, 0), (0, ANON, 1)] {
            assert_eq!(plain(addr, 4096, flags, off), None);
        }
    }

    /// mmap(2): a type must be given, length must not be 0, offset on a page.
    #[test]
    fn basic_checks() {
        assert_eq!(map(0x20), Err(Errno::EINVAL));
        assert_eq!(plan_mmap(0, 0, 3, ANON, 0), Err(Errno::EINVAL));
        assert_eq!(plan_mmap(0, 1, 3, ANON, 1), Err(Errno::EINVAL));
        assert_eq!(plan_mmap(1, 1, 3, ANON | 0x10, 0), Err(Errno::EINVAL));
        assert!(plan_mmap(1, 1, 3, ANON, 0).is_ok());
        assert_eq!(plan_mmap(0, u64::MAX, 3, ANON, 0), Err(Errno::ENOMEM));
        assert_eq!(plan_mmap(0, 4096, 3, 1, !4095), Err(Errno::EOVERFLOW));
    }

    /// Unknown bits are ignored, except with MAP_SHARED_VALIDATE.
    #[test]
    fn unknown_bits() {
        assert_eq!(map(2 | 1 << 21), map(2));
        assert_eq!(map(1 | 1 << 21), map(1));
        assert_eq!(map(3 | 1 << 21), Err(Errno::EOPNOTSUPP));
        assert_eq!(map(3), map(1));
        assert_eq!(map(3 | 0x20), Err(Errno::EINVAL));
        assert_eq!(map(3 | 1 << 19), Err(Errno::EOPNOTSUPP));
        assert_eq!(map(1 | 1 << 19), map(1));
    }

    /// MAP_STACK means nothing on Linux, a lot on FreeBSD.
    #[test]
    fn stack_is_ignored() {
        assert_eq!(map(ANON | 0x20000), map(ANON));
        assert!(map(ANON | 0x100).unwrap().grows_down);
        let shared = linux::MAP_SHARED | linux::MAP_ANONYMOUS;
        assert_eq!(map((shared | 0x100).cast_signed()), Err(Errno::EINVAL));
        assert_eq!(
            map((linux::MAP_PRIVATE | 0x100).cast_signed()),
            Err(Errno::EINVAL)
        );
    }

    /// MAP_FIXED_NOREPLACE implies a fixed address.
    #[test]
    fn noreplace() {
        let plan = map(ANON | 0x100000).unwrap();
        assert!(plan.no_replace);
        let expected = bsd::MAP_PRIVATE | bsd::MAP_ANON | bsd::MAP_FIXED | bsd::MAP_EXCL;
        assert_eq!(plan.bsd_flags, expected);
    }

    /// MAP_32BIT is ignored with MAP_FIXED (mmap(2)).
    #[test]
    fn low_addresses() {
        assert_ne!(map(ANON | 0x40).unwrap().bsd_flags & bsd::MAP_32BIT, 0);
        assert_eq!(map(ANON | 0x50).unwrap().bsd_flags & bsd::MAP_32BIT, 0);
    }

    /// A hint is rounded up, and dropped where the mapping would not fit.
    #[test]
    fn hints() {
        assert_eq!(hint(0, 4096, 1 << 47), None);
        assert_eq!(hint(4097, 4096, 1 << 47), Some(8192));
        assert_eq!(hint((1 << 47) - 4096, 8192, 1 << 47), None);
        assert_eq!(hint(u64::MAX, 4096, 1 << 47), None);
        assert_eq!(hint(4096, u64::MAX, 1 << 47), None);
    }

    /// personality(2): only readable memory becomes executable.
    #[test]
    fn read_implies_exec() {
        assert_eq!(prot_with_personality(3, 0x0040_0000), 7);
        assert_eq!(prot_with_personality(2, 0x0040_0000), 2);
        assert_eq!(prot_with_personality(3, !0x0040_0000), 3);
    }

    /// remap_file_pages(2): whole pages, no protection.
    #[test]
    fn remap_file_pages() {
        let plan = plan_remap_file_pages;
        assert_eq!(plan(0x1001, 0x2fff, 0, 5), Ok((0x1000, 0x3000)));
        assert_eq!(plan(0x1000, 0xfff, 0, 0), Err(Errno::EINVAL));
        assert_eq!(plan(0x1000, 0x1000, 1, 0), Err(Errno::EINVAL));
        assert_eq!(plan(!4095, 0x2000, 0, 0), Err(Errno::EINVAL));
        assert_eq!(plan(0x1000, 0x1000, 0, u64::MAX), Err(Errno::EINVAL));
    }

    #[test]
    fn droppable_memory_has_no_file_and_no_lock() {
        let drop = (linux::MAP_DROPPABLE | linux::MAP_ANONYMOUS).cast_signed();
        let plan = plan_mmap(0, PAGE_SIZE, 3, drop, 0).unwrap();
        assert!(plan.droppable && plan.bsd_flags == bsd::MAP_PRIVATE | bsd::MAP_ANON);
        assert!(!plan_mmap(0, PAGE_SIZE, 3, 0x22, 0).unwrap().droppable);
        for wrong in [drop & !0x20, drop | 0x2000, drop | 0x100, drop | 0x40000] {
            assert_eq!(plan_mmap(0, PAGE_SIZE, 3, wrong, 0), Err(Errno::EINVAL));
        }
    }

    /// mprotect(2) rejects unknown bits and both growing bits; length 0 succeeds.
    #[test]
    fn mprotect() {
        assert_eq!(plan_mprotect(0, 0, 3), Ok(None));
        assert_eq!(plan_mprotect(1, 0, 3), Err(Errno::EINVAL));
        assert_eq!(plan_mprotect(0, 1, 0x10), Err(Errno::EINVAL));
        assert_eq!(plan_mprotect(0, 1, 0x0300_0000), Err(Errno::EINVAL));
        assert_eq!(plan_mprotect(0, 1, 1 << 32), Err(Errno::EINVAL));
        assert_eq!(
            plan_mprotect(!4095, 8192, u64::MAX << 31),
            Err(Errno::ENOMEM)
        );
        assert_eq!(plan_mprotect(4096, u64::MAX, 3), Err(Errno::ENOMEM));
        assert_eq!(plan_mprotect(!4095, 8192, 3), Err(Errno::ENOMEM));
        let plan = plan_mprotect(0, 1, 0x0100_0007).unwrap().unwrap();
        assert_eq!(
            plan,
            MprotectPlan {
                len: 4096,
                prot: 7,
                grows_down: true
            }
        );
        assert_eq!(plan_mprotect(0, 1, 8).unwrap().unwrap().prot, 0);
    }
}
