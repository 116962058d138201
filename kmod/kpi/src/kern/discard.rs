// SPDX-License-Identifier: BSD-2-Clause
//! MADV_DONTNEED as Linux means it: private memory reads as zero, or as the file, at once.
//!
//! FreeBSD's advice of the same name is only a hint, and its MADV_FREE acts some day.

use super::map::{COPY, Entry, MapGuard, ObjectGuard};
use crate::{Cx, Errno, Result};

/// Drops the private pages between `start` and `end`, which are in the user's map.
///
/// EINVAL for locked pages, with those before them done; ENOMEM.
pub fn discard(cx: &mut Cx<'_>, start: u64, end: u64) -> Result<()> {
    let mut changed_inheritance = None;
    let mut map = MapGuard::write(cx);
    let mut at = start;
    while let Some(entry) = map.at_or_after(at).filter(|entry| entry.start < end) {
        if entry.wired {
            return Err(Errno::EINVAL.into());
        }
        let from = entry.start.max(start);
        let to = entry.end.min(end);
        if discard_in(&mut map, &entry, from, to)? && entry.inheritance != COPY {
            changed_inheritance = Some((from, to, entry.inheritance));
        }
        at = entry.end;
    }
    let raw = map.as_ptr();
    drop(map);
    if let Some((from, to, inheritance)) = changed_inheritance {
        // SAFETY: current: the map is live and not locked by us.
        unsafe { ffi::vm_map_inherit(raw, from, to, inheritance) };
    }
    Ok(())
}

/// Does it for the part of one entry; whether the entry is a new one now.
fn discard_in(map: &mut MapGuard<'_, '_>, entry: &Entry, from: u64, to: u64) -> Result<bool> {
    let special = ffi::MAP_ENTRY_IS_SUB_MAP | ffi::MAP_ENTRY_GUARD;
    if entry.has(special) || entry.object.is_null() {
        return Ok(false);
    }
    // SAFETY: an entry of the locked map refers to the object.
    let object_flags = unsafe { (*entry.object).flags };
    if object_flags & (ffi::OBJ_UNMANAGED | ffi::OBJ_FICTITIOUS) != 0 {
        return Ok(false);
    }
    if entry.is_shared() || object_flags & ffi::OBJ_ANON == 0 {
        // Others may use the pages: only our view of them goes, and comes back when used.
        // SAFETY: the map is locked, and its pmap is live with it.
        unsafe { ffi::pmap_remove((*map.as_ptr()).pmap, from, to) };
        return Ok(false);
    }
    if !entry.has(ffi::MAP_ENTRY_NEEDS_COPY) {
        // SAFETY: an entry of the locked map refers to the object.
        let mut object = unsafe { ObjectGuard::new(entry.object) };
        if object.is_mapped_once() {
            object.collapse();
            if object.is_first_memory() {
                let index = |addr: u64| page_index(entry, addr);
                object.remove_pages(index(from), index(to));
                return Ok(false);
            }
        }
    }
    // A fork has left older pages below, or sharers of these: map fresh memory instead.
    // SAFETY: an entry of the locked map refers to the object.
    if !unsafe { ffi::lrs_vm_object_all_anon(entry.object) } {
        return Ok(false);
    }
    let fresh = Entry {
        flags: entry.flags & !ffi::MAP_ENTRY_NEEDS_COPY,
        ..*entry
    };
    map.delete(from, to)?;
    map.insert(core::ptr::null_mut(), 0, from, to, &fresh)?;
    Ok(true)
}

/// The page of the object that is mapped at `addr` in the entry.
fn page_index(entry: &Entry, addr: u64) -> u64 {
    addr.wrapping_sub(entry.start).wrapping_add(entry.offset) / u64::from(ffi::PAGE_SIZE)
}
