// SPDX-License-Identifier: BSD-2-Clause
//! MADV_DONTNEED as Linux means it: private memory reads as zero, or as the file, at once.
//!
//! FreeBSD's advice of the same name is only a hint, and its MADV_FREE acts some day.

use linux_abi::mremap::Backing;

use super::entry::{Entry, ObjectGuard};
use super::map::{Charge, MapGuard};
use super::remap::{lock_pages, show};
use crate::{Cx, Errno, Result};

/// Drops the private pages between `start` and `end`, which are in the user's map.
///
/// EINVAL for a driver's memory and, unless `locked`, for locked pages, with those before them done;
/// ENOMEM.
pub fn discard(cx: &mut Cx<'_>, start: u64, end: u64, locked: bool) -> Result<()> {
    let mut to_lock = None;
    let mut map = MapGuard::write(cx);
    map.settle(&[(start, end)]);
    let mut at = start;
    let mut done = Ok(());
    while let Some(entry) = map.at_or_after(at).filter(|entry| entry.start < end) {
        let (from, to) = (entry.start.max(start), entry.end.min(end));
        done = discard_in(&mut map, &entry, from, to, locked);
        if done.is_err() {
            break;
        }
        if entry.is_locked() {
            to_lock = Some((to_lock.map_or(from, |(first, _)| first), to));
        }
        at = entry.end;
    }
    drop(map);
    if let Some((from, to)) = to_lock {
        lock_pages(cx, from, to);
    }
    done
}

/// Does it for the part of one entry.
fn discard_in(
    map: &mut MapGuard<'_, '_>,
    entry: &Entry,
    from: u64,
    to: u64,
    locked: bool,
) -> Result<()> {
    if entry.is_special() {
        return Ok(());
    }
    let (backing, bottom, offset) = entry.backing(from);
    if backing == Backing::Fixed || entry.is_locked() && !locked {
        return Err(Errno::EINVAL.into());
    }
    if entry.object.is_null() {
        return Ok(());
    }
    if backing == Backing::Shared || entry.object_flags() & ffi::OBJ_ANON == 0 {
        if !entry.is_locked() {
            // Others may use the pages: only our view of them goes, and comes back when used.
            // SAFETY: the map is locked, and its pmap is live with it.
            unsafe { ffi::pmap_remove((*map.as_ptr()).pmap, from, to) };
        }
        return Ok(());
    }
    if !entry.has(ffi::MAP_ENTRY_NEEDS_COPY) && !entry.is_locked() {
        // SAFETY: an entry of the locked map refers to the object.
        let mut object = unsafe { ObjectGuard::new(entry.object) };
        if object.is_mapped_once() {
            object.collapse();
            if object.is_first_memory() {
                let index = |addr: u64| page_index(entry, addr);
                object.remove_pages(index(from), index(to));
                return Ok(());
            }
        }
    }
    // A fork has left older pages below, or sharers of these: map what nobody has touched.
    let like = entry.untouched(backing);
    let bytes = to.saturating_sub(from);
    let charge = if entry.is_writable() {
        // SAFETY: for the current user.
        if !unsafe { ffi::swap_reserve(bytes) } {
            return Err(Errno::ENOMEM.into());
        }
        Charge::Reserved
    } else {
        Charge::Usual
    };
    // A deleted entry keeps its references until the map is unlocked, so what is below stays.
    map.delete(from, to)?;
    show(map, bottom, offset, (from, to), &like, charge)
}

/// The page of the object that is mapped at `addr` in the entry.
fn page_index(entry: &Entry, addr: u64) -> u64 {
    addr.wrapping_sub(entry.start).wrapping_add(entry.offset) / u64::from(ffi::PAGE_SIZE)
}
