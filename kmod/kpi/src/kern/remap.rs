// SPDX-License-Identifier: BSD-2-Clause
//! What mremap(2) needs: growing a mapping where it is, and moving it. The pages stay in
//! their objects, so nothing is copied.

use linux_abi::mremap::MremapPlan;

use super::map::{Entry, MapGuard, map_of};
use crate::{Cx, Errno, Result};

/// What the old range holds.
struct Old {
    first: Entry,
    last: Entry,
}

/// Shrinks, grows or moves the mapping at `old`; gives its address.
///
/// EFAULT where the old range is not mapped; EINVAL for a range outside the user's
/// addresses, and for a duplicate of private memory; ENOMEM where there is no room, for
/// locked pages, for memory mapped by a driver and for growing a private file mapping.
pub fn mremap(cx: &mut Cx<'_>, old: u64, plan: &MremapPlan) -> Result<u64> {
    let end = old.saturating_add(plan.old_len.max(1));
    if end > ffi::LRS_MAXUSER {
        return Err(Errno::EFAULT.into());
    }
    if let Some(new) = plan.fixed
        && new.saturating_add(plan.new_len) > ffi::LRS_MAXUSER
    {
        return Err(Errno::EINVAL.into());
    }
    let grows = plan.new_len.saturating_sub(plan.old_len);
    if grows > 0 {
        let map = map_of(cx);
        // SAFETY: current: the map is live; the check takes the locks it needs.
        crate::check(unsafe { ffi::kern_mmap_racct_check(cx.td(), map, grows) })?;
    }
    let base = mmap_base(cx);
    let mut moved = None;
    let done = mremap_locked(cx, old, end, plan, base, &mut moved);
    if let Some(object) = moved {
        // SAFETY: referenced by mremap_locked; the shim gives the reference back.
        unsafe { ffi::lrs_vm_object_moved(object) };
    }
    done
}

/// The part under the lock of the map. A private object that has moved whole is left
/// referenced in `moved`: unlocking is what takes it away from its old place.
fn mremap_locked(
    cx: &Cx<'_>,
    old: u64,
    end: u64,
    plan: &MremapPlan,
    base: u64,
    moved: &mut Option<*mut ffi::vm_object>,
) -> Result<u64> {
    let grows = plan.new_len.saturating_sub(plan.old_len);
    let mut map = MapGuard::write(cx);
    let range = inspect(&map, old, end)?;
    if plan.fixed.is_none() && !plan.dont_unmap && plan.old_len != 0 {
        if grows == 0 {
            let tail = old.saturating_add(plan.new_len);
            if tail < end {
                map.delete(tail, end)?;
            }
            return Ok(old);
        }
        let new_end = old.saturating_add(plan.new_len);
        if new_end <= ffi::LRS_MAXUSER
            && map.is_free(end, new_end)
            && extend(&mut map, &range.last, end, end, new_end).is_ok()
        {
            return Ok(old);
        }
    }
    if !plan.may_move {
        return Err(Errno::ENOMEM.into());
    }
    let new = match plan.fixed {
        Some(new) => {
            map.delete(new, new.saturating_add(plan.new_len))?;
            new
        }
        // SAFETY: the map is locked.
        None => unsafe { ffi::vm_map_findspace(map.as_ptr(), base, plan.new_len) },
    };
    if new.saturating_add(plan.new_len) > ffi::LRS_MAXUSER {
        return Err(Errno::ENOMEM.into());
    }
    if let Err(fail) = copy_entries(&mut map, old, plan, new, &range) {
        let _ = map.delete(new, new.saturating_add(plan.new_len));
        return Err(fail);
    }
    if !range.first.object.is_null() && !range.first.is_shared() {
        // SAFETY: an entry of the locked map refers to the object.
        unsafe { ffi::vm_object_reference(range.first.object) };
        *moved = Some(range.first.object);
    }
    if plan.old_len != 0 {
        map.delete(old, end)?;
    }
    if plan.dont_unmap {
        let empty = Entry {
            flags: range.first.flags & !ffi::MAP_ENTRY_NEEDS_COPY,
            ..range.first
        };
        map.insert(core::ptr::null_mut(), 0, old, end, &empty)?;
    }
    Ok(new)
}

/// Where mmap(2) starts to look for room: above what brk(2) may take.
fn mmap_base(cx: &Cx<'_>) -> u64 {
    // SAFETY: current; vm_daddr is set by exec and never changes.
    let (data, most) = unsafe {
        (
            (*(*cx.proc_ptr()).p_vmspace).vm_daddr as u64,
            ffi::lim_max(cx.td(), ffi::RLIMIT_DATA.cast_signed()),
        )
    };
    data.saturating_add(most.cast_unsigned())
        .next_multiple_of(u64::from(ffi::PAGE_SIZE))
}

/// Looks whether the range can be moved at all: mapped without a hole, all of one kind.
fn inspect(map: &MapGuard<'_, '_>, start: u64, end: u64) -> Result<Old> {
    let entry_at = |addr: u64| {
        let found = map.at_or_after(addr).filter(|entry| entry.start <= addr);
        found.ok_or(Errno::EFAULT)
    };
    let first = entry_at(start)?;
    let mut last = first;
    loop {
        let special = ffi::MAP_ENTRY_IS_SUB_MAP | ffi::MAP_ENTRY_GUARD | ffi::MAP_ENTRY_GROWS_DOWN;
        if last.wired || last.has(special | ffi::MAP_ENTRY_VN_EXEC | ffi::MAP_ENTRY_IN_TRANSITION) {
            return Err(Errno::ENOMEM.into());
        }
        // Linux has one mapping there, or it is EFAULT.
        if last.is_shared() != first.is_shared() || last.prot != first.prot {
            return Err(Errno::EFAULT.into());
        }
        if last.end >= end {
            return Ok(Old { first, last });
        }
        last = entry_at(last.end)?;
    }
}

/// Whether the entry is private memory that is backed by no file.
fn is_private_memory(entry: &Entry) -> bool {
    // SAFETY: an entry of the locked map refers to the object.
    let anonymous = || unsafe { ffi::lrs_vm_object_all_anon(entry.object) };
    !entry.is_shared() && (entry.object.is_null() || anonymous())
}

/// Maps `start..end` as what follows `after` in the mapping of `entry`.
fn extend(
    map: &mut MapGuard<'_, '_>,
    entry: &Entry,
    after: u64,
    start: u64,
    end: u64,
) -> Result<()> {
    if is_private_memory(entry) {
        let fresh = Entry {
            flags: entry.flags & !ffi::MAP_ENTRY_NEEDS_COPY,
            ..*entry
        };
        return map.insert(core::ptr::null_mut(), 0, start, end, &fresh);
    }
    if !entry.is_shared() || entry.object.is_null() {
        return Err(Errno::ENOMEM.into());
    }
    insert_shared(map, entry, after.wrapping_sub(entry.start), start, end)
}

/// Maps the object of `entry`, from `skip` bytes into the entry on, at `start..end`.
fn insert_shared(
    map: &mut MapGuard<'_, '_>,
    entry: &Entry,
    skip: u64,
    start: u64,
    end: u64,
) -> Result<()> {
    let offset = entry.offset.wrapping_add(skip);
    let object = entry.object;
    let counts_writers = !object.is_null() && entry.has(ffi::MAP_ENTRY_WRITECNT);
    if !object.is_null() {
        // SAFETY: an entry of the locked map refers to the object. The new entry will
        // count as a writer of its file, as deleting it takes back.
        unsafe {
            ffi::vm_object_reference(object);
            if counts_writers {
                ffi::vm_pager_update_writecount(object, start, end);
            }
        }
    }
    let inserted = map.insert(object, offset, start, end, entry);
    if inserted.is_err() && !object.is_null() {
        // SAFETY: the references just taken; the entry keeps its own, so this is not the last one.
        unsafe {
            if counts_writers {
                ffi::vm_pager_release_writecount(object, start, end);
            }
            ffi::vm_object_deallocate(object);
        }
    }
    inserted
}

/// Maps at `new` what is at `old`, and what grows behind it.
fn copy_entries(
    map: &mut MapGuard<'_, '_>,
    old: u64,
    plan: &MremapPlan,
    new: u64,
    range: &Old,
) -> Result<()> {
    if plan.old_len == 0 {
        // "If the value of old_size is zero, and old_address refers to a shareable
        // mapping, then mremap() will create a new mapping of the same pages" (mremap(2)).
        if !range.first.is_shared() {
            return Err(Errno::EINVAL.into());
        }
        let skip = old.wrapping_sub(range.first.start);
        return insert_shared(
            map,
            &range.first,
            skip,
            new,
            new.saturating_add(plan.new_len),
        );
    }
    if plan.dont_unmap && !is_private_memory(&range.first) {
        return Err(Errno::EINVAL.into());
    }
    let end = old.saturating_add(plan.old_len.min(plan.new_len));
    let mut at = old;
    while at < end {
        let entry = map.at_or_after(at).ok_or(Errno::EFAULT)?;
        let to = entry.end.min(end);
        let target = new.wrapping_add(at.wrapping_sub(old));
        let target_end = new.wrapping_add(to.wrapping_sub(old));
        insert_shared(
            map,
            &entry,
            at.wrapping_sub(entry.start),
            target,
            target_end,
        )?;
        at = to;
    }
    let new_end = new.saturating_add(plan.new_len);
    let grown = new.wrapping_add(plan.old_len);
    if grown < new_end {
        let after = old.wrapping_add(plan.old_len);
        extend(map, &range.last, after, grown, new_end)?;
    }
    Ok(())
}
