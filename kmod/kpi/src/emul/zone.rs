// SPDX-License-Identifier: BSD-2-Clause
//! The memory of the processes' states: a zone(9) of its own, since each fork takes and each exit gives
//! back one, and malloc(9) counts and looks up more than that needs.

use core::mem::align_of;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::ProcState;

static ZONE: AtomicPtr<ffi::uma_zone> = AtomicPtr::new(null_mut());

/// Makes the zone.
///
/// # Safety
/// At load, once.
pub(super) unsafe fn load() {
    const { assert!(align_of::<ProcState>() <= align_of::<*mut ()>()) };
    // SAFETY: caller.
    let zone =
        unsafe { ffi::lrs_zone_create(c"linux_rs process".as_ptr(), size_of::<ProcState>()) };
    ZONE.store(zone, Ordering::Relaxed);
}

/// Takes it back.
///
/// # Safety
/// At unload, once, when every state has been freed.
pub(super) unsafe fn unload() {
    // SAFETY: caller; made by `load`.
    unsafe { ffi::lrs_zone_destroy(ZONE.swap(null_mut(), Ordering::Relaxed)) };
}

/// Moves a state to where it stays until [`free`]. May sleep; never fails.
pub(super) fn alloc(state: ProcState) -> *mut ProcState {
    // SAFETY: the zone is there while the module is loaded; M_WAITOK never returns NULL.
    let at = unsafe { ffi::lrs_zone_alloc(ZONE.load(Ordering::Relaxed)) }.cast::<ProcState>();
    // SAFETY: fresh memory, large enough and aligned (load).
    unsafe { at.write(state) };
    at
}

/// Ends a state.
///
/// # Safety
/// It is from [`alloc`], and nobody has it any more.
pub(super) unsafe fn free(state: *mut ProcState) {
    // SAFETY: caller.
    unsafe {
        state.drop_in_place();
        ffi::lrs_zone_free(ZONE.load(Ordering::Relaxed), state.cast());
    }
}
