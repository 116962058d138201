// SPDX-License-Identifier: BSD-2-Clause
//! The kernel's messages, by the sysctls that tell of them: subr_prf.c.

use core::ptr;

use super::buffer::Buffer;
use crate::{Cx, Errno, Result, check};

/// How many bytes of messages the kernel keeps.
pub fn size(cx: &mut Cx<'_>) -> Result<usize> {
    let mut size: i32 = 0;
    let mut len = size_of::<i32>();
    // SAFETY: current; an int of the kernel's goes to one.
    check(unsafe {
        ffi::lrs_sysctl(
            cx.td(),
            c"kern.msgbufsize".as_ptr(),
            (&raw mut size).cast(),
            &raw mut len,
            ptr::null(),
            0,
        )
    })?;
    Ok(usize::try_from(size).unwrap_or(0))
}

/// Lets `use_it` have the kernel's messages. EPERM.
pub fn with_messages<R>(
    cx: &mut Cx<'_>,
    use_it: impl FnOnce(&mut Cx<'_>, &[u8]) -> Result<R>,
) -> Result<R> {
    // Its last byte is a NUL.
    let room = size(cx)?.saturating_add(1);
    let mut text = Buffer::new(cx, room)?;
    let mut len = text.len();
    // SAFETY: current; the buffer has room for `len` bytes.
    let read = check(unsafe {
        ffi::lrs_sysctl(
            cx.td(),
            c"kern.msgbuf".as_ptr(),
            text.as_mut_ptr().cast(),
            &raw mut len,
            ptr::null(),
            0,
        )
    });
    match read {
        // More than was to be expected.
        Err(fail) if fail == Errno::ENOMEM.into() => len = text.len(),
        other => other?,
    }
    let end = text.iter().take(len).position(|byte| *byte == 0);
    let text = text.get(..end.unwrap_or(len)).unwrap_or_default();
    use_it(cx, text)
}

/// Forgets them. EPERM.
pub fn clear(cx: &mut Cx<'_>) -> Result<()> {
    let one: i32 = 1;
    let mut len = 0;
    // SAFETY: current; nothing is read.
    check(unsafe {
        ffi::lrs_sysctl(
            cx.td(),
            c"kern.msgbuf_clear".as_ptr(),
            ptr::null_mut(),
            &raw mut len,
            (&raw const one).cast(),
            size_of::<i32>(),
        )
    })
}
