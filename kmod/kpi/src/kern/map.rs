// SPDX-License-Identifier: BSD-2-Clause
//! The address map of the current process, held locked: vm_map.c.

use crate::{Cx, Errno, Result};

/// The locked map. While it is held nothing may fault on user memory, so it borrows the
/// [`Cx`] shared.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub(super) struct MapGuard<'a, 'td> {
    map: *mut ffi::vm_map,
    write: bool,
    _cx: &'a Cx<'td>,
}

/// The map of the current process.
pub(super) fn map_of(cx: &Cx<'_>) -> *mut ffi::vm_map {
    // SAFETY: current; a running process has its vmspace.
    unsafe { &raw mut (*(*cx.proc_ptr()).p_vmspace).vm_map }
}

// CAST: the kernel's vm_inherit_t is a char, and these are 0 and 1.
/// The inheritance of what fork(2) shares.
pub(super) const SHARE: i8 = ffi::VM_INHERIT_SHARE_ as i8;
/// The inheritance of what fork(2) copies.
pub(super) const COPY: i8 = ffi::VM_INHERIT_COPY_ as i8;

/// What an entry of the map says.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) object: *mut ffi::vm_object,
    pub(super) offset: u64,
    pub(super) flags: u32,
    pub(super) prot: u8,
    pub(super) max_prot: u8,
    pub(super) inheritance: i8,
    pub(super) wired: bool,
}

impl Entry {
    /// Whether any of the MAP_ENTRY_ `flags` is set.
    pub(super) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// Whether other processes see writes: MAP_SHARED.
    pub(super) fn is_shared(&self) -> bool {
        self.inheritance == SHARE
    }

    /// The flags for vm_map_insert that make another entry like this one.
    pub(super) fn insert_flags(&self) -> i32 {
        let pairs = [
            (ffi::MAP_ENTRY_NEEDS_COPY, ffi::MAP_COPY_ON_WRITE),
            (ffi::MAP_ENTRY_NOSYNC, ffi::MAP_DISABLE_SYNCER),
            (ffi::MAP_ENTRY_NOCOREDUMP, ffi::MAP_DISABLE_COREDUMP),
            (ffi::MAP_ENTRY_WRITECNT, ffi::MAP_WRITECOUNT),
            (ffi::MAP_ENTRY_GROWS_DOWN, ffi::MAP_STACK_AREA_),
        ];
        let set = pairs.iter().filter(|(entry, _)| self.has(*entry));
        let flags = set.fold(0, |bits, (_, insert)| bits | insert);
        let share = if self.is_shared() {
            ffi::MAP_INHERIT_SHARE
        } else {
            0
        };
        (flags | share).cast_signed()
    }
}

impl<'a, 'td> MapGuard<'a, 'td> {
    /// Locks the map so that nobody else changes it.
    pub(super) fn read(cx: &'a Cx<'td>) -> Self {
        let map = map_of(cx);
        // SAFETY: current: the map is live.
        unsafe { ffi::lrs_vm_map_lock_read(map) };
        MapGuard {
            map,
            write: false,
            _cx: cx,
        }
    }

    /// Locks the map to change it.
    pub(super) fn write(cx: &'a Cx<'td>) -> Self {
        let map = map_of(cx);
        // SAFETY: current: the map is live.
        unsafe { ffi::lrs_vm_map_lock(map) };
        MapGuard {
            map,
            write: true,
            _cx: cx,
        }
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::vm_map {
        self.map
    }

    /// The entry that holds `addr`, or else the first one above it.
    pub(super) fn at_or_after(&self, addr: u64) -> Option<Entry> {
        let mut entry = core::ptr::null_mut();
        // SAFETY: the map is locked; the lookup gives an entry or the header, whose
        // successor is the first entry or the header again.
        unsafe {
            if ffi::vm_map_lookup_entry(self.map, addr, &raw mut entry) == 0 {
                entry = ffi::vm_map_entry_succ(entry);
            }
            let e = &*entry;
            (e.eflags & ffi::MAP_ENTRY_HEADER == 0).then_some(Entry {
                start: e.start,
                end: e.end,
                object: e.object.vm_object,
                offset: e.offset,
                flags: e.eflags,
                prot: e.protection,
                max_prot: e.max_protection,
                inheritance: e.inheritance,
                wired: e.wired_count != 0,
            })
        }
    }

    /// Whether there is no hole in the range.
    pub(super) fn covers(&self, start: u64, end: u64) -> bool {
        let mut at = start;
        while at < end {
            match self.at_or_after(at) {
                Some(entry) if entry.start <= at => at = entry.end,
                _ => return false,
            }
        }
        true
    }

    /// Whether nothing is mapped in the range.
    pub(super) fn is_free(&self, start: u64, end: u64) -> bool {
        self.at_or_after(start)
            .is_none_or(|entry| entry.start >= end)
    }

    /// Maps `object` there, with one reference that the map takes over if it succeeds.
    /// ENOMEM.
    pub(super) fn insert(
        &mut self,
        object: *mut ffi::vm_object,
        offset: u64,
        start: u64,
        end: u64,
        like: &Entry,
    ) -> Result<()> {
        let flags = like.insert_flags();
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
        if error == ffi::KERN_SUCCESS.cast_signed() {
            Ok(())
        } else {
            Err(Errno::ENOMEM.into())
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

/// An object, locked for writing until dropped.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub(super) struct ObjectGuard(*mut ffi::vm_object);

impl ObjectGuard {
    /// # Safety
    /// `object` is live for as long as the guard: an entry of a locked map refers to it.
    pub(super) unsafe fn new(object: *mut ffi::vm_object) -> Self {
        // SAFETY: caller.
        unsafe { ffi::lrs_vm_object_wlock(object) };
        ObjectGuard(object)
    }

    /// Whether the object's pages are mapped in one place only.
    pub(super) fn is_mapped_once(&self) -> bool {
        // SAFETY: locked and live.
        unsafe { (*self.0).flags & ffi::OBJ_ONEMAPPING != 0 }
    }

    /// Whether pages missing here come as zeros or from a file, not from other memory.
    pub(super) fn is_first_memory(&self) -> bool {
        // SAFETY: locked and live; its backing object is live as long as it is.
        unsafe {
            let backing = (*self.0).backing_object;
            backing.is_null() || (*backing).flags & ffi::OBJ_ANON == 0
        }
    }

    /// Takes over the pages of objects below that nobody else uses.
    pub(super) fn collapse(&mut self) {
        // SAFETY: locked for writing and live.
        unsafe { ffi::vm_object_collapse(self.0) };
    }

    /// Drops the pages of the index range, also out of swap space.
    pub(super) fn remove_pages(&mut self, first: u64, end: u64) {
        // SAFETY: locked for writing and live.
        unsafe { ffi::vm_object_page_remove(self.0, first, end, 0) };
    }
}

impl Drop for ObjectGuard {
    fn drop(&mut self) {
        // SAFETY: locked by the constructor.
        unsafe { ffi::lrs_vm_object_wunlock(self.0) };
    }
}
