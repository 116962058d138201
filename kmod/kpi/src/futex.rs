// SPDX-License-Identifier: BSD-2-Clause
//! Futexes over umtx, FreeBSD's queues for sleeping on user memory.
//!
//! FreeBSD: sys/umtxvar.h, kern_umtx.c. Keys are of types TYPE_FUTEX and TYPE_PI_FUTEX, which no
//! native program uses, so Linux and native waits never meet.

use core::ffi::c_int;
use core::mem::MaybeUninit;

/// The queue of a futex word, referenced until dropped.
pub(crate) struct Key(ffi::umtx_key);

impl Key {
    /// The key of the word at `addr`: process-private, or found by the memory behind it.
    ///
    /// EFAULT where nothing is mapped (shared only).
    ///
    /// # Safety
    /// `td` is current with its user map.
    #[inline(always)]
    pub(crate) unsafe fn get(addr: u64, shared: bool) -> Result<Key, c_int> {
        // SAFETY: caller.
        unsafe { Key::of_type(addr, shared, ffi::TYPE_FUTEX) }
    }

    /// The key of a lock whose waiters lend their priority.
    ///
    /// # Safety
    /// As [`Key::get`].
    pub(crate) unsafe fn of_lock(addr: u64, shared: bool) -> Result<Key, c_int> {
        // SAFETY: caller.
        unsafe { Key::of_type(addr, shared, ffi::TYPE_PI_FUTEX) }
    }

    #[inline(always)]
    unsafe fn of_type(addr: u64, shared: bool, kind: u32) -> Result<Key, c_int> {
        let mut key = MaybeUninit::<ffi::umtx_key>::uninit();
        let share = if shared {
            ffi::AUTO_SHARE
        } else {
            ffi::THREAD_SHARE
        };
        // SAFETY: caller; the address is looked up in the map, not touched.
        let error = unsafe {
            ffi::umtx_key_get(
                addr as *const _,
                kind as c_int,
                share as c_int,
                key.as_mut_ptr(),
            )
        };
        if error != 0 {
            return Err(error);
        }
        // SAFETY: umtx_key_get has filled in the members that its kind of key has.
        Ok(Key(unsafe { key.assume_init() }))
    }

    pub(crate) fn as_mut(&mut self) -> *mut ffi::umtx_key {
        &raw mut self.0
    }

    /// The key with its reference, which umtx_key_release gives back.
    pub(crate) fn into_raw(self) -> ffi::umtx_key {
        let key = self.0;
        core::mem::forget(self);
        key
    }

    /// Whether both are of the same word.
    pub(crate) fn matches(&self, other: &Key) -> bool {
        // SAFETY: both are whole keys.
        unsafe { ffi::umtx_key_match(&raw const self.0, &raw const other.0) != 0 }
    }

    /// Takes `count` more references.
    pub(crate) fn reference(&self, count: i32) {
        if self.0.shared != 0 {
            for _ in 0..count {
                // SAFETY: a shared key names an object, which our own reference keeps.
                unsafe { ffi::vm_object_reference(self.0.info.shared.object) };
            }
        }
    }

    /// Gives back `count` references taken by [`Key::reference`], or by other keys of the
    /// same word.
    pub(crate) fn unreference(&mut self, count: i32) {
        for _ in 0..count {
            // SAFETY: the references are the caller's to give back; our own keeps the object.
            unsafe { ffi::umtx_key_release(&raw mut self.0) };
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if self.0.shared != 0 {
            // SAFETY: a Key holds one reference from umtx_key_get.
            unsafe { ffi::umtx_key_release(&raw mut self.0) };
        }
    }
}

/// Every waiter, whatever its bit set (FUTEX_BITSET_MATCH_ANY).
const MATCH_ANY: u32 = u32::MAX;

/// Wakes up to `count` waiters of the word at `addr`; how many, or an errno.
///
/// # Safety
/// `td` is current with its user map.
#[inline]
pub(crate) unsafe fn wake_mask(
    addr: u64,
    count: i32,
    shared: bool,
    mask: u32,
) -> Result<i32, c_int> {
    // SAFETY: caller; the key is referenced.
    unsafe {
        let mut key = Key::get(addr, shared)?;
        let woken = ffi::lrs_futex_wake(key.as_mut(), count, mask);
        if woken != 0 {
            crate::kern::futex_many::woken();
        }
        Ok(woken)
    }
}

/// Wakes waiters on behalf of a thread that is ending; failure has nobody to hear of it.
///
/// # Safety
/// `td` is current with its user map.
pub(crate) unsafe fn wake_raw(_td: *mut ffi::thread, addr: u64, count: i32) {
    // SAFETY: caller; the key is referenced.
    unsafe {
        // Who waits in memory that is not shared, or with FUTEX_PRIVATE_FLAG.
        let woken = wake_mask(addr, count, false, MATCH_ANY).unwrap_or(0);
        if woken >= count {
            return;
        }
        let Ok(mut key) = Key::get(addr, true) else {
            return;
        };
        if key.0.shared != 0
            && ffi::lrs_futex_wake(key.as_mut(), count.wrapping_sub(woken), MATCH_ANY) != 0
        {
            crate::kern::futex_many::woken();
        }
    }
}

/// The most entries of a robust list that are looked at, as in Linux (kernel/futex): it may be a ring.
const ROBUST_LIST_LIMIT: usize = 2048;
/// FUTEX_WAITERS: who gives the lock up has to come to the kernel.
pub(crate) const WAITERS: u32 = 0x8000_0000;
/// FUTEX_OWNER_DIED.
pub(crate) const OWNER_DIED: u32 = 0x4000_0000;
/// FUTEX_TID_MASK: the owner.
pub(crate) const TID_MASK: u32 = 0x3fff_ffff;

/// One 64-bit word of user memory, or None where it cannot be read.
unsafe fn fetch(addr: u64) -> Option<u64> {
    let mut word = 0;
    // SAFETY: kernel copy: fueword(9) checks the address.
    let error = unsafe { ffi::fueword(addr as *const _, &raw mut word) };
    (error == 0).then_some(word.cast_unsigned())
}

/// Marks the futexes that a dying thread still owns, so that waiters can recover them.
///
/// # Safety
/// `td` is current with its user map.
pub(crate) unsafe fn release_robust(td: *mut ffi::thread, head: u64, tid: i32) {
    if head == 0 {
        return;
    }
    // struct robust_list_head { next; futex_offset; list_op_pending }
    // SAFETY: fetch checks every address.
    let (first, offset, pending) = unsafe {
        let (Some(f), Some(o), Some(p)) = (
            fetch(head),
            fetch(head.wrapping_add(8)),
            fetch(head.wrapping_add(16)),
        ) else {
            return;
        };
        (f, o, p)
    };
    let mut entry = first;
    for _ in 0..ROBUST_LIST_LIMIT {
        // Bit 0 marks a priority-inheritance futex; the list is linked through the rest.
        let at = entry & !1;
        if at == head || at == 0 {
            break;
        }
        // SAFETY: as above; next is read before the entry is given up, it may be freed then.
        let next = unsafe { fetch(at) };
        if entry != pending {
            // SAFETY: caller.
            unsafe { owner_died(td, at.wrapping_add(offset), tid, entry & 1 != 0) };
        }
        match next {
            Some(n) => entry = n,
            None => return,
        }
    }
    if pending & !1 != 0 {
        // SAFETY: caller.
        unsafe {
            owner_died(
                td,
                (pending & !1).wrapping_add(offset),
                tid,
                pending & 1 != 0,
            )
        };
    }
}

/// # Safety
/// `td` is current with its user map.
unsafe fn owner_died(td: *mut ffi::thread, addr: u64, tid: i32, lends: bool) {
    if !addr.is_multiple_of(4) || addr >= ffi::LRS_MAXUSER {
        return;
    }
    // SAFETY: caller.
    unsafe {
        if lends {
            for shared in [true, false] {
                if give_up_dead(td, addr, tid, shared) {
                    return;
                }
            }
        }
        if let Some(old) = mark_dead(addr, tid)
            && old & WAITERS != 0
            && !lends
        {
            wake_raw(td, addr, 1);
        }
    }
}

/// Takes the dying thread's id out of a word, which keeps its waiters; what was there, if it was that
/// thread's.
fn mark_dead(addr: u64, tid: i32) -> Option<u32> {
    let mut old = 0u32;
    // SAFETY: kernel copy: fueword32(9) checks the address.
    if unsafe { ffi::fueword32(addr as *const _, (&raw mut old).cast()) } != 0 {
        return None;
    }
    while old & TID_MASK == tid.cast_unsigned() {
        let mut seen = old;
        let new = (old & WAITERS) | OWNER_DIED;
        // SAFETY: kernel copy: casueword32(9) checks the address.
        match unsafe { ffi::casueword32(addr as *mut _, old, &raw mut seen, new) } {
            0 => return Some(old),
            // The word changed, or the store was lost: look again.
            1 => old = seen,
            _ => return None,
        }
    }
    None
}

/// The same for a lock with a record in the kernel ([`crate::kern::futex_pi`]): whoever waits there must
/// not find the dying thread as its owner once the word has none. Whether there is a record.
///
/// # Safety
/// `td` is current with its user map.
unsafe fn give_up_dead(td: *mut ffi::thread, addr: u64, tid: i32, shared: bool) -> bool {
    let mut count: c_int = 0;
    // SAFETY: caller; the key is referenced, its chain locked for the search and busy for the rest.
    unsafe {
        let Ok(mut key) = Key::of_lock(addr, shared) else {
            return false;
        };
        ffi::lrs_umtxq_lock(key.as_mut());
        if ffi::umtx_pi_lookup(key.as_mut()).is_null() {
            ffi::lrs_umtxq_unlock(key.as_mut());
            return false;
        }
        ffi::umtxq_busy(key.as_mut());
        // An error says that it has another owner; so does the word then.
        ffi::umtx_pi_drop(td, key.as_mut(), true, &raw mut count);
        ffi::lrs_umtxq_unlock(key.as_mut());
        mark_dead(addr, tid);
        ffi::umtxq_unbusy_unlocked(key.as_mut());
    }
    true
}
