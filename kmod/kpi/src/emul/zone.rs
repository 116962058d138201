// SPDX-License-Identifier: BSD-2-Clause
//! The memory of the states: zones(9) of their own, since each fork or clone takes and each exit gives
//! back one, and malloc(9) counts and looks up more than that needs.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::mem::align_of;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::{ProcState, ThreadState};

/// Of processes.
pub(super) static PROCESSES: Zone<ProcState> = Zone::new(c"linux_rs process");
/// Of threads that are not the first of their process.
pub(super) static THREADS: Zone<ThreadState> = Zone::new(c"linux_rs thread");

/// Makes both zones.
///
/// # Safety
/// At load, once.
pub(super) unsafe fn load() {
    // SAFETY: caller.
    unsafe {
        PROCESSES.make();
        THREADS.make();
    }
}

/// Takes them back.
///
/// # Safety
/// At unload, once, when every state has been freed.
pub(super) unsafe fn unload() {
    // SAFETY: caller.
    unsafe {
        PROCESSES.destroy();
        THREADS.destroy();
    }
}

/// A zone of one kind of state.
pub(super) struct Zone<T> {
    zone: AtomicPtr<ffi::uma_zone>,
    name: &'static CStr,
    of: PhantomData<fn() -> T>,
}

impl<T> Zone<T> {
    const fn new(name: &'static CStr) -> Self {
        const { assert!(align_of::<T>() <= align_of::<*mut ()>()) };
        Zone {
            zone: AtomicPtr::new(null_mut()),
            name,
            of: PhantomData,
        }
    }

    unsafe fn make(&self) {
        // SAFETY: caller; the name is the module's.
        let zone = unsafe { ffi::lrs_zone_create(self.name.as_ptr(), size_of::<T>()) };
        self.zone.store(zone, Ordering::Relaxed);
    }

    unsafe fn destroy(&self) {
        // SAFETY: caller; made by `make`.
        unsafe { ffi::lrs_zone_destroy(self.zone.swap(null_mut(), Ordering::Relaxed)) };
    }

    /// Makes a state where it stays until [`free`](Self::free). May sleep; never fails.
    #[inline]
    pub(super) fn alloc(&self, state: impl FnOnce() -> T) -> *mut T {
        // SAFETY: the zone is there while the module is loaded; M_WAITOK never returns NULL.
        let at = unsafe { ffi::lrs_zone_alloc(self.zone.load(Ordering::Relaxed)) }.cast::<T>();
        // SAFETY: fresh memory, large enough and aligned (new).
        unsafe { at.write(state()) };
        at
    }

    /// Ends a state.
    ///
    /// # Safety
    /// It is from [`alloc`](Self::alloc), and nobody has it any more.
    #[inline]
    pub(super) unsafe fn free(&self, state: *mut T) {
        // SAFETY: caller.
        unsafe {
            state.drop_in_place();
            ffi::lrs_zone_free(self.zone.load(Ordering::Relaxed), state.cast());
        }
    }
}
