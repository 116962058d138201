// SPDX-License-Identifier: BSD-2-Clause
//! Entries of an address map, and the objects they show: vm_map.h, vm_object.h.

use core::ptr;

use linux_abi::mremap::{Backing, Part};

use super::seal::MAP_ENTRY_SEALED;

// CAST: the kernel's vm_inherit_t is a char, and this is 0.
/// The inheritance of what fork(2) shares.
const SHARE: i8 = ffi::VM_INHERIT_SHARE_ as i8;

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
    /// How often it is locked in memory.
    wirings: i32,
    /// Who pays for its swap space; null if the object does, or nobody.
    pub(super) cred: *mut ffi::ucred,
}

impl Entry {
    /// # Safety
    /// `raw` is an entry of a locked map, not its header.
    pub(super) unsafe fn read(raw: *const ffi::vm_map_entry) -> Self {
        // SAFETY: caller.
        let e = unsafe { &*raw };
        Entry {
            start: e.start,
            end: e.end,
            // SAFETY: the other member of the union is for submaps, whose entries nobody follows.
            object: unsafe { e.object.vm_object },
            offset: e.offset,
            flags: e.eflags,
            prot: e.protection,
            max_prot: e.max_protection,
            inheritance: e.inheritance,
            wirings: e.wired_count,
            cred: e.cred,
        }
    }

    /// Says of a new entry what inserting it could not.
    ///
    /// # Safety
    /// `raw` is an entry of a map that is locked for writing.
    pub(super) unsafe fn complete(&self, raw: *mut ffi::vm_map_entry) {
        let own = ffi::MAP_ENTRY_COW | ffi::MAP_ENTRY_BEHAV_MASK | MAP_ENTRY_SEALED;
        // SAFETY: caller.
        unsafe {
            (*raw).eflags &= !(own | ffi::MAP_ENTRY_GROWS_DOWN);
            (*raw).eflags |= self.flags & own;
            (*raw).inheritance = self.inheritance;
        }
    }

    /// Whether any of the MAP_ENTRY_ `flags` is set.
    pub(super) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// Whether the user has locked it in memory.
    pub(super) fn is_locked(&self) -> bool {
        self.has(ffi::MAP_ENTRY_USER_WIRED)
    }

    /// Whether it may be written to.
    pub(super) fn is_writable(&self) -> bool {
        u32::from(self.prot) & ffi::VM_PROT_WRITE_ != 0
    }

    /// Whether somebody is at work on it: deleting it would wait.
    pub(super) fn is_busy(&self) -> bool {
        self.has(ffi::MAP_ENTRY_IN_TRANSITION) || self.wirings > i32::from(self.is_locked())
    }

    /// Whether it is no mapping of Linux's, or cannot be cut on pages.
    pub(super) fn is_special(&self) -> bool {
        self.has(
            ffi::MAP_ENTRY_IS_SUB_MAP
                | ffi::MAP_ENTRY_GUARD
                | ffi::MAP_ENTRY_NOFAULT
                | ffi::MAP_ENTRY_SPLIT_BOUNDARY_MASK,
        )
    }

    /// Whether other processes see writes: MAP_SHARED.
    ///
    /// The inheritance says so until madvise(2) changes it. After that, memory that is shared without
    /// a file still has the mark that mmap(2) gave it (MAP_NOSYNC, which means nothing there),
    /// and a view of a file that is not private has no copy-on-write.
    pub(super) fn is_shared(&self) -> bool {
        let marked = || {
            let of_file = !self.object.is_null() && self.object_flags() & ffi::OBJ_ANON == 0;
            !self.has(ffi::MAP_ENTRY_COW) && (of_file || self.has(ffi::MAP_ENTRY_NOSYNC))
        };
        self.inheritance == SHARE || marked()
    }

    /// OBJ_ flags of the object; 0 without one.
    pub(super) fn object_flags(&self) -> u32 {
        if self.object.is_null() || self.has(ffi::MAP_ENTRY_IS_SUB_MAP) {
            return 0;
        }
        // SAFETY: an entry of the locked map refers to the object; its kind never changes.
        unsafe { (*self.object).flags }
    }

    /// What the entry shows, and where `addr` of it is in the file or object: null and 0 for
    /// private memory.
    pub(super) fn backing(&self, addr: u64) -> (Backing, *mut ffi::vm_object, u64) {
        const DRIVER: u32 = ffi::OBJ_UNMANAGED | ffi::OBJ_FICTITIOUS;
        let mut offset = self.offset.wrapping_add(addr.wrapping_sub(self.start));
        if self.object_flags() & DRIVER != 0 {
            return (Backing::Fixed, self.object, offset);
        }
        if self.is_shared() {
            return (Backing::Shared, self.object, offset);
        }
        if self.object.is_null() {
            return (Backing::Memory, ptr::null_mut(), 0);
        }
        // SAFETY: an entry of the locked map refers to the object, and so to what is below it.
        unsafe {
            let bottom = ffi::lrs_vm_object_bottom(self.object, &raw mut offset);
            if bottom.is_null() {
                (Backing::Memory, ptr::null_mut(), 0)
            } else if (*bottom).flags & DRIVER != 0 {
                (Backing::Fixed, bottom, offset)
            } else {
                (Backing::PrivateFile, bottom, offset)
            }
        }
    }

    /// What the plan of mremap(2) has to know.
    pub(super) fn part(&self) -> Part {
        let (backing, object, offset) = self.backing(self.start);
        let kept =
            ffi::MAP_ENTRY_NOCOREDUMP | ffi::MAP_ENTRY_BEHAV_MASK | ffi::MAP_ENTRY_USER_WIRED;
        let traits = [
            u64::from(self.prot),
            u64::from(self.inheritance.cast_unsigned()) << 8,
            u64::from(self.flags & kept) << 16,
        ];
        Part {
            start: self.start,
            end: self.end,
            backing,
            object: object.addr() as u64,
            offset,
            traits: traits.iter().fold(0, |all, one| all | one),
        }
    }

    /// The flags for vm_map_insert that make another entry like this one.
    pub(super) fn insert_flags(&self) -> i32 {
        let pairs = [
            (ffi::MAP_ENTRY_NEEDS_COPY, ffi::MAP_COPY_ON_WRITE),
            (ffi::MAP_ENTRY_NOSYNC, ffi::MAP_DISABLE_SYNCER),
            (ffi::MAP_ENTRY_NOCOREDUMP, ffi::MAP_DISABLE_COREDUMP),
            (ffi::MAP_ENTRY_WRITECNT, ffi::MAP_WRITECOUNT),
        ];
        let set = pairs.iter().filter(|(entry, _)| self.has(*entry));
        let flags = set.fold(0, |bits, (_, insert)| bits | insert);
        let share = if self.inheritance == SHARE {
            ffi::MAP_INHERIT_SHARE
        } else {
            0
        };
        (flags | share).cast_signed()
    }

    /// The same with nothing in it yet: private memory, or of a private view of a file the file.
    pub(super) fn untouched(&self, backing: Backing) -> Entry {
        let copied = ffi::MAP_ENTRY_NEEDS_COPY | ffi::MAP_ENTRY_COW;
        let flags = match backing {
            Backing::PrivateFile => self.flags | copied,
            _ => self.flags & !copied,
        };
        Entry { flags, ..*self }
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

    /// Whether each of the object's pages is mapped in one place at most.
    pub(super) fn is_mapped_once(&self) -> bool {
        // SAFETY: locked and live.
        unsafe { (*self.0).flags & ffi::OBJ_ONEMAPPING != 0 }
    }

    /// How many entries, and objects above it, refer to it.
    pub(super) fn references(&self) -> i32 {
        // SAFETY: locked and live.
        unsafe { (*self.0).ref_count }.cast_signed()
    }

    /// Says so.
    pub(super) fn set_mapped_once(&mut self) {
        // SAFETY: locked for writing and live.
        unsafe { ffi::vm_object_set_flag(self.0, ffi::OBJ_ONEMAPPING) };
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
