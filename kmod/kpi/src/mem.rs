// SPDX-License-Identifier: BSD-2-Clause
//! Kernel memory: malloc(9) with the module's own type, `linux_rs` in vmstat -m.

use core::ffi::c_void;
use core::mem::size_of;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use linux_abi::Errno;
use linux_abi::pod::Pod;

use crate::{Cx, Result};

/// The bytes of a value.
pub(crate) fn bytes_of<T: Pod>(value: &T) -> &[u8] {
    // SAFETY: a Pod has no padding, so all its bytes are initialised.
    unsafe { core::slice::from_raw_parts(core::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// One `T` from malloc(9). Freed on drop.
pub struct KBox<T>(NonNull<T>);

impl<T> KBox<T> {
    /// Allocates and moves `value` there; sleeps until memory is there (M_WAITOK),
    /// so never under a mutex. Never fails.
    pub fn new_waitok(value: T) -> Self {
        const { assert!(core::mem::align_of::<T>() <= 16) };
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL.
        let p = unsafe {
            ffi::malloc(
                size_of::<T>(),
                (&raw mut ffi::M_LINUX_RS).cast(),
                ffi::M_WAITOK as i32,
            )
        };
        let p = p.cast::<T>();
        // SAFETY: p is fresh, large enough, and aligned (malloc(9) aligns to the power-of-two bucket, at least 16).
        unsafe {
            p.write(value);
            KBox(NonNull::new_unchecked(p))
        }
    }

    /// Gives the pointer away; [`KBox::from_raw`] takes it back.
    pub fn into_raw(self) -> *mut T {
        let p = self.0.as_ptr();
        core::mem::forget(self);
        p
    }

    /// Takes back what [`KBox::into_raw`] gave.
    ///
    /// # Safety
    /// `p` came from `into_raw` and nobody else uses it any more.
    pub unsafe fn from_raw(p: *mut T) -> Self {
        // SAFETY: into_raw gives non-null pointers (caller).
        KBox(unsafe { NonNull::new_unchecked(p) })
    }
}

impl<T> Deref for KBox<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: a KBox owns an initialised T.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for KBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: a KBox owns an initialised T.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for KBox<T> {
    fn drop(&mut self) {
        // SAFETY: a KBox owns an initialised T from malloc(9) of this type.
        unsafe {
            self.0.as_ptr().drop_in_place();
            ffi::free(
                self.0.as_ptr().cast::<c_void>(),
                (&raw mut ffi::M_LINUX_RS).cast(),
            );
        }
    }
}

/// `len` values from malloc(9). Freed on drop.
pub struct KSlice<T: Pod> {
    first: NonNull<T>,
    len: usize,
}

impl<T: Pod> KSlice<T> {
    /// Allocates them, all zero; sleeps until memory is there. EINVAL for none, ENOMEM for more
    /// bytes than there can be.
    pub fn zeroed(_cx: &mut Cx<'_>, len: usize) -> Result<Self> {
        const { assert!(core::mem::align_of::<T>() <= 16) };
        if len == 0 {
            return Err(Errno::EINVAL.into());
        }
        let size = len.checked_mul(size_of::<T>()).ok_or(Errno::ENOMEM)?;
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL.
        let p = unsafe {
            ffi::malloc(
                size,
                (&raw mut ffi::M_LINUX_RS).cast(),
                (ffi::M_WAITOK | ffi::M_ZERO) as i32,
            )
        };
        let first = NonNull::new(p.cast()).ok_or(Errno::ENOMEM)?;
        Ok(KSlice { first, len })
    }
}

// SAFETY: it owns its values, which are plain data.
unsafe impl<T: Pod> Send for KSlice<T> {}
// SAFETY: as above; shared, they are only read.
unsafe impl<T: Pod> Sync for KSlice<T> {}

impl<T: Pod> Deref for KSlice<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `zeroed` made `len` values; all bit patterns of a Pod are valid, zero too.
        unsafe { core::slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for KSlice<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}

impl<T: Pod> Drop for KSlice<T> {
    fn drop(&mut self) {
        // SAFETY: from malloc(9) in `zeroed`.
        unsafe {
            ffi::free(
                self.first.as_ptr().cast::<c_void>(),
                (&raw mut ffi::M_LINUX_RS).cast(),
            );
        }
    }
}
