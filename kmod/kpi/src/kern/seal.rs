// SPDX-License-Identifier: BSD-2-Clause
//! mseal(2): mappings that can be changed no more.
//!
//! The seal is a bit of the map's entries that FreeBSD 15.0 has no use for (MAP_ENTRY_UNUSED1 of
//! vm_map.h). So it goes where the entry goes: into the halves of one that is cut, into a child by
//! fork(2), and away with the address space; entries that differ in it are never joined.
//!
//! FreeBSD does not look at it, so every way to change a map has to: [`may_change`] is asked by the functions
//! of [`super::mem`] and [`super::remap`], [`may_drop`] by those of madvise(2). Until the first mapping is
//! sealed since the module was loaded, asking is one look at a variable.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use linux_abi::bsd;

use super::entry::Entry;
use super::map::{MapGuard, map_of};
use crate::{Cx, Errno, Result, check};

/// The bit of an entry.
pub(super) const MAP_ENTRY_SEALED: u32 = ffi::MAP_ENTRY_UNUSED1;

/// Whether any mapping was ever sealed.
static EVER: AtomicBool = AtomicBool::new(false);

/// How often [`seal`] tries while others change the same mappings.
const TRIES: u32 = 64;

/// mseal(2), of whole pages. ENOMEM for a hole in the range, or where others never leave it alone.
pub fn seal(cx: &mut Cx<'_>, start: u64, end: u64) -> Result<()> {
    EVER.store(true, Relaxed);
    for _ in 0..TRIES {
        let first = cut(cx, start, (start, start.saturating_add(PAGE)))?;
        let last = cut(cx, end, (end.saturating_sub(PAGE), end))?;
        let mut map = MapGuard::write(cx);
        if map.covered_until(start) < end {
            return Err(Errno::ENOMEM.into());
        }
        if !is_cut(&map, start) || !is_cut(&map, end) {
            continue;
        }
        // Sealed first: what is as it was before is joined with its neighbours.
        map.set_flags((start, end), 0, MAP_ENTRY_SEALED);
        for (page, behavior) in [first, last].into_iter().flatten() {
            map.set_flags(page, ffi::MAP_ENTRY_BEHAV_MASK, behavior);
        }
        return Ok(());
    }
    Err(Errno::ENOMEM.into())
}

const PAGE: u64 = ffi::PAGE_SIZE as u64;

/// A page at an end of the range, and the MAP_ENTRY_BEHAV_ it had.
type Edge = Option<((u64, u64), u32)>;

/// Whether no entry reaches over `at`.
fn is_cut(map: &MapGuard<'_, '_>, at: u64) -> bool {
    map.at(at).is_none_or(|entry| entry.start == at)
}

/// Sees to it that no entry reaches over `at`. Only the kernel's own calls cut entries, so the page at
/// the edge gets another behavior for a while, which is nothing but a hint for its pager.
fn cut(cx: &mut Cx<'_>, at: u64, page: (u64, u64)) -> Result<Edge> {
    let entry = {
        let map = MapGuard::read(cx);
        map.at(at).filter(|entry| entry.start < at)
    };
    let Some(entry) = entry else {
        return Ok(None);
    };
    let behavior = entry.flags & ffi::MAP_ENTRY_BEHAV_MASK;
    let other = if behavior == ffi::MAP_ENTRY_BEHAV_RANDOM {
        bsd::MADV_NORMAL
    } else {
        bsd::MADV_RANDOM
    };
    // SAFETY: current: the map is live, and not locked by us; the page is in the user's map.
    check(unsafe { ffi::vm_map_madvise(map_of(cx), page.0, page.1, other) })?;
    Ok(Some((page, behavior)))
}

/// Whether there is any use in asking.
#[inline]
pub(super) fn is_used() -> bool {
    EVER.load(Relaxed)
}

/// EPERM if anything in the range is sealed.
#[inline]
pub fn may_change(cx: &Cx<'_>, start: u64, end: u64) -> Result<()> {
    if !is_used() {
        return Ok(());
    }
    check_range(cx, start, end, |_| true)
}

/// EPERM if memory in the range is sealed that must not be written to: dropping its pages would be a
/// write.
#[inline]
pub fn may_drop(cx: &Cx<'_>, start: u64, end: u64) -> Result<()> {
    if !is_used() {
        return Ok(());
    }
    check_range(cx, start, end, |entry| {
        !entry.is_shared() && !entry.is_writable()
    })
}

#[cold]
fn check_range(cx: &Cx<'_>, start: u64, end: u64, counts: fn(&Entry) -> bool) -> Result<()> {
    none_sealed(&MapGuard::read(cx), start, end, counts)
}

/// [`may_change`] under the lock of the map.
pub(super) fn may_change_locked(map: &MapGuard<'_, '_>, start: u64, end: u64) -> Result<()> {
    none_sealed(map, start, end, |_| true)
}

fn none_sealed(
    map: &MapGuard<'_, '_>,
    start: u64,
    end: u64,
    counts: fn(&Entry) -> bool,
) -> Result<()> {
    let mut at = start;
    while let Some(entry) = map.at_or_after(at).filter(|entry| entry.start < end) {
        if entry.has(MAP_ENTRY_SEALED) && counts(&entry) {
            return Err(Errno::EPERM.into());
        }
        at = entry.end;
    }
    Ok(())
}
