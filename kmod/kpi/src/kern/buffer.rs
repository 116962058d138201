// SPDX-License-Identifier: BSD-2-Clause
//! Kernel memory to pass data through: malloc(9).

use core::ptr::NonNull;

use crate::{Cx, Errno, Result};

/// Bytes of kernel memory to pass data through, zeroed. Freed on drop.
pub struct Buffer {
    bytes: NonNull<u8>,
    len: usize,
}

impl Buffer {
    /// Allocates, and sleeps until memory is there; never fails. EINVAL for none.
    pub fn new(_cx: &mut Cx<'_>, len: usize) -> Result<Self> {
        if len == 0 {
            return Err(Errno::EINVAL.into());
        }
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL.
        let p = unsafe {
            ffi::malloc(
                len,
                (&raw mut ffi::M_LINUX_RS).cast(),
                (ffi::M_WAITOK | ffi::M_ZERO) as i32,
            )
        };
        let bytes = NonNull::new(p.cast()).ok_or(Errno::ENOMEM)?;
        Ok(Buffer { bytes, len })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: from malloc(9) in `new`.
        unsafe {
            ffi::free(
                self.bytes.as_ptr().cast(),
                (&raw mut ffi::M_LINUX_RS).cast(),
            )
        }
    }
}

impl core::ops::Deref for Buffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: `new` made it of `len` zeroed bytes.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr(), self.len) }
    }
}

impl core::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.bytes.as_ptr(), self.len) }
    }
}
