// SPDX-License-Identifier: BSD-2-Clause
//! File handles: vfs_syscalls.c.

use super::fd::new_fd;
use super::path::{At, follows};
use super::reroot::with_path;
use crate::{Cx, Result, check};

/// FreeBSD's `struct fhandle`: what a file is called by name_to_handle_at(2).
pub type Handle = [u8; size_of::<ffi::fhandle>()];

/// getfhat(2). EPERM for everybody but root.
pub fn kern_getfhat(cx: &mut Cx<'_>, at: At, flags: i32) -> Result<Handle> {
    let mut handle: Handle = [0; size_of::<ffi::fhandle>()];
    let to = (&raw mut handle).cast();
    // SAFETY: current; kernel copy for the path; the handle is copied to kernel memory of its
    // size, bytewise.
    check(with_path(cx, (at, follows(flags)), |td, at| unsafe {
        ffi::kern_getfhat(td, flags, at.dir, at.path, at.space, to, ffi::UIO_SYSSPACE)
    }))?;
    Ok(handle)
}

/// fhopen(2) of the handle at `handle` in user memory. EPERM for everybody but root, ESTALE.
pub fn kern_fhopen(cx: &mut Cx<'_>, handle: crate::UserAddr, flags: i32) -> Result<i32> {
    // SAFETY: current; kernel copy for the handle.
    check(unsafe {
        ffi::kern_fhopen(cx.td(), handle.as_ptr::<ffi::fhandle>().cast_const(), flags)
    })?;
    Ok(new_fd(cx))
}
