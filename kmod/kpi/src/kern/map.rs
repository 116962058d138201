// SPDX-License-Identifier: BSD-2-Clause
//! The address map of the current process, held locked: vm_map.c. What an entry says is in
//! [`super::entry`].
//!
//! # The protocol
//! Who changes the map holds it for writing from the first look to the last change, so that faults,
//! forks and other calls see all of a change or nothing. Within that:
//! - vm_map_delete gives the lock up to wait for an entry that is being locked in memory, or that
//!   the kernel itself has locked. So [`MapGuard::settle`] comes first, and waits for all ranges that
//!   will be touched; it is the only place where the lock is given up. What was looked up before it is stale.
//! - What can fail (limits, swap space, room) is asked before the first change; swap space is
//!   reserved by number and handed to the new entries ([`Charge`]).
//! - Pages move by a new entry for the same object, before the old one is deleted: two references keep
//!   vm_map_delete from freeing them. OBJ_ONEMAPPING, which the second one takes away, is given
//!   back when the old entry is gone.
//! - Objects are locked one at a time, under the map's lock, never the other way round.
//! - Nothing faults on user memory under the lock, and no vnode is locked: the references of deleted
//!   entries go when it is released.
//! - Locking new pages in memory faults them in, so it comes after the lock.

use core::ptr;

use super::entry::Entry;
use super::mem::MAX_USER;
use crate::{Cx, Errno, Result};

/// The locked map. While it is held nothing may fault on user memory, so it borrows the
/// [`Cx`] shared.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub(super) struct MapGuard<'a, 'td> {
    map: *mut ffi::vm_map,
    write: bool,
    cx: &'a Cx<'td>,
}

/// The map of the current process.
pub(super) fn map_of(cx: &Cx<'_>) -> *mut ffi::vm_map {
    // SAFETY: current; a running process has its vmspace.
    unsafe { &raw mut (*(*cx.proc_ptr()).p_vmspace).vm_map }
}

/// Who pays for the swap space of a new entry.
#[derive(Clone, Copy)]
pub(super) enum Charge {
    /// Whoever the kernel finds: the current user, where it may come to be needed.
    Usual,
    /// It was reserved for the current user by swap_reserve.
    Reserved,
    /// As for an old entry: this credential, whose reference goes to the new one, or nobody.
    Moved(*mut ffi::ucred),
}

impl<'a, 'td> MapGuard<'a, 'td> {
    /// Locks the map so that nobody else changes it.
    pub(super) fn read(cx: &'a Cx<'td>) -> Self {
        let map = map_of(cx);
        // SAFETY: current: the map is live.
        unsafe { ffi::lrs_vm_map_lock_read(map) };
        let write = false;
        MapGuard { map, write, cx }
    }

    /// Locks the map to change it.
    pub(super) fn write(cx: &'a Cx<'td>) -> Self {
        let map = map_of(cx);
        // SAFETY: current: the map is live.
        unsafe { ffi::lrs_vm_map_lock(map) };
        let write = true;
        MapGuard { map, write, cx }
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::vm_map {
        self.map
    }

    pub(super) fn cx(&self) -> &'a Cx<'td> {
        self.cx
    }

    /// The raw entry that holds `addr`.
    fn raw_at(&self, addr: u64) -> Option<*mut ffi::vm_map_entry> {
        let mut entry = ptr::null_mut();
        // SAFETY: the map is locked.
        let found = unsafe { ffi::vm_map_lookup_entry(self.map, addr, &raw mut entry) };
        (found != 0).then_some(entry)
    }

    /// The entry that holds `addr`, or else the first one above it.
    pub(super) fn at_or_after(&self, addr: u64) -> Option<Entry> {
        let mut entry = ptr::null_mut();
        // SAFETY: the map is locked; the lookup gives an entry or the header, whose
        // successor is the first entry or the header again.
        unsafe {
            if ffi::vm_map_lookup_entry(self.map, addr, &raw mut entry) == 0 {
                entry = ffi::vm_map_entry_succ(entry);
            }
            let header = (*entry).eflags & ffi::MAP_ENTRY_HEADER != 0;
            (!header).then(|| Entry::read(entry))
        }
    }

    /// The entry that holds `addr`.
    pub(super) fn at(&self, addr: u64) -> Option<Entry> {
        self.at_or_after(addr).filter(|entry| entry.start <= addr)
    }

    /// Where the first hole from `start` on begins. The room a stack has left is one.
    pub(super) fn covered_until(&self, start: u64) -> u64 {
        let mut at = start;
        while let Some(entry) = self.at(at).filter(|e| !e.has(ffi::MAP_ENTRY_GUARD)) {
            at = entry.end;
        }
        at
    }

    /// Whether nothing is mapped in the range.
    pub(super) fn is_free(&self, start: u64, end: u64) -> bool {
        self.at_or_after(start)
            .is_none_or(|entry| entry.start >= end)
    }

    /// Where the hole that ends at `addr` begins; `addr` if there is none.
    pub(super) fn hole_before(&self, addr: u64) -> u64 {
        let Some(last) = addr.checked_sub(1) else {
            return addr;
        };
        let mut entry = ptr::null_mut();
        // SAFETY: the map is locked. Of an address in no entry the lookup gives the one below it, or
        // the header, which ends where the map begins.
        unsafe {
            if ffi::vm_map_lookup_entry(self.map, last, &raw mut entry) == 0 {
                (*entry).end
            } else {
                addr
            }
        }
    }

    /// Says of the room that begins at `bottom`, if it is a stack's, how much of it stays empty, and what
    /// protection the stack grows with.
    pub(super) fn shape_gap(&mut self, bottom: u64, guard: u64, prot: i32) {
        const GAP: u32 = ffi::MAP_ENTRY_STACK_GAP;
        let all = u64::from(ffi::_PROT_ALL);
        if let Some(raw) = self.raw_at(bottom) {
            // SAFETY: an entry of the map, which is locked for writing; of a gap these two fields say
            // just that (vm_map_stack_locked).
            unsafe {
                if (*raw).eflags & GAP != 0 {
                    (*raw).next_read = guard;
                    (*raw).offset = (*raw).offset & !all | u64::from(prot.cast_unsigned());
                }
            }
        }
    }

    /// Waits until no entry in the ranges is being locked in memory, or is locked by the kernel.
    pub(super) fn settle(&mut self, ranges: &[(u64, u64)]) {
        'again: loop {
            for &(start, end) in ranges {
                let mut at = start;
                while let Some(entry) = self.at_or_after(at).filter(|entry| entry.start < end) {
                    if entry.is_busy()
                        && let Some(raw) = self.raw_at(entry.start)
                    {
                        // SAFETY: an entry of the map that is locked for writing, until it is unlocked.
                        unsafe {
                            (*raw).eflags |= ffi::MAP_ENTRY_NEEDS_WAKEUP;
                            ffi::lrs_vm_map_wait(self.map);
                        }
                        continue 'again;
                    }
                    at = entry.end;
                }
            }
            return;
        }
    }

    /// Where `len` bytes are free, from `base` on, with the same place as `like` in a superpage where
    /// that matters.
    pub(super) fn find(&self, base: u64, len: u64, like: u64) -> Option<u64> {
        const SUPERPAGE: u64 = 1 << 21;
        // SAFETY: the map is locked.
        let free = |from: u64| unsafe { ffi::vm_map_findspace(self.map, from, len) };
        let fits = |at: u64| at.saturating_add(len) <= MAX_USER;
        let first = free(base);
        if len >= SUPERPAGE {
            let mut at = first;
            for _ in 0..8 {
                let aligned = at.saturating_add(like.wrapping_sub(at) % SUPERPAGE);
                if !fits(aligned) {
                    break;
                }
                at = free(aligned);
                if at == aligned {
                    return Some(at);
                }
            }
        }
        Some(first).filter(|at| fits(*at))
    }

    /// Maps `object` there with what else `like` says, with one reference that the map takes over if it
    /// succeeds. ENOMEM.
    pub(super) fn insert(
        &mut self,
        object: *mut ffi::vm_object,
        offset: u64,
        start: u64,
        end: u64,
        like: &Entry,
        charge: Charge,
    ) -> Result<()> {
        let charged = match charge {
            Charge::Usual => 0,
            Charge::Reserved => ffi::MAP_ACC_CHARGED,
            // The flag of stacks keeps the entry apart from its neighbours until all is said of it.
            Charge::Moved(_) => ffi::MAP_ACC_NO_CHARGE | ffi::MAP_STACK_AREA_,
        };
        let flags = like.insert_flags() | charged.cast_signed();
        // SAFETY: locked for writing; the object is referenced (caller) or null.
        let error = unsafe {
            ffi::vm_map_insert(
                self.map,
                object,
                offset,
                start,
                end,
                like.prot,
                like.max_prot,
                flags,
            )
        };
        if error != ffi::KERN_SUCCESS.cast_signed() {
            return Err(Errno::ENOMEM.into());
        }
        let fresh = self.raw_at(start).filter(|raw| {
            // SAFETY: an entry of the locked map.
            unsafe { (**raw).start == start && (**raw).end == end }
        });
        if let Some(raw) = fresh {
            // SAFETY: an entry of the map, which is locked for writing, that nobody has seen yet.
            unsafe {
                like.complete(raw);
                if let Charge::Moved(cred) = charge {
                    (*raw).cred = cred;
                }
            }
            self.join(start, end);
        }
        Ok(())
    }

    /// Takes and gives MAP_ENTRY_ flags to the entries that begin in the range.
    pub(super) fn set_flags(&mut self, (start, end): (u64, u64), clear: u32, set: u32) {
        let mut at = start;
        while let Some(entry) = self.at_or_after(at).filter(|entry| entry.start < end) {
            if entry.start >= start
                && let Some(raw) = self.raw_at(entry.start)
            {
                // SAFETY: an entry of the map, which is locked for writing.
                unsafe { (*raw).eflags = (*raw).eflags & !clear | set };
            }
            at = entry.end;
        }
        self.join(start, end);
    }

    /// Makes one entry of neighbours at these addresses that differ in nothing.
    fn join(&mut self, start: u64, end: u64) {
        for border in [start, end] {
            let pair = (
                border.checked_sub(1).and_then(|at| self.raw_at(at)),
                self.raw_at(border),
            );
            if let (Some(before), Some(behind)) = pair
                && before != behind
            {
                // SAFETY: neighbours in the map, which is locked for writing.
                unsafe { ffi::vm_map_try_merge_entries(self.map, before, behind) };
            }
        }
    }

    /// Unmaps the range. ENOMEM, where a mapping cannot be split.
    pub(super) fn delete(&mut self, start: u64, end: u64) -> Result<()> {
        // SAFETY: locked for writing; start is not beyond end, both are in the user's map (callers).
        let error = unsafe { ffi::vm_map_delete(self.map, start, end) };
        if error == ffi::KERN_SUCCESS.cast_signed() {
            Ok(())
        } else {
            Err(Errno::ENOMEM.into())
        }
    }

    /// The credential that pays for the entry that begins at `start`, which pays no longer.
    pub(super) fn take_charge(&mut self, start: u64) -> *mut ffi::ucred {
        self.raw_at(start).map_or(ptr::null_mut(), |raw| {
            // SAFETY: an entry of the map, which is locked for writing.
            unsafe { ptr::replace(&raw mut (*raw).cred, ptr::null_mut()) }
        })
    }

    /// The entry at `addr`, with an object even if nothing was there yet.
    pub(super) fn with_object(&mut self, addr: u64) -> Option<Entry> {
        let raw = self.raw_at(addr)?;
        // SAFETY: an entry of the map, which is locked for writing; a new object takes over
        // what the entry was charged.
        unsafe {
            if (*raw).object.vm_object.is_null() {
                let size = (*raw).end.wrapping_sub((*raw).start);
                let pages = size / u64::from(ffi::PAGE_SIZE);
                (*raw).object.vm_object =
                    ffi::vm_object_allocate_anon(pages, ptr::null_mut(), (*raw).cred, size);
                (*raw).offset = 0;
                (*raw).cred = ptr::null_mut();
            }
        }
        self.at(addr)
    }
}

impl Drop for MapGuard<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: locked by the constructor, in this mode.
        unsafe {
            if self.write {
                ffi::lrs_vm_map_unlock(self.map);
            } else {
                ffi::lrs_vm_map_unlock_read(self.map);
            }
        }
    }
}
