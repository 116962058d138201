// SPDX-License-Identifier: BSD-2-Clause
//! FreeBSD's own system calls, for rows of syscalls.master that name one.
//!
//! The arguments of a native call are one register each, in order, which is what
//! `td_sa.args` holds, so the row's `sy_call` is the kernel's function itself.

use core::ffi::{c_int, c_void};

/// The type of `sy_call`.
pub type SyCall = unsafe extern "C" fn(*mut ffi::thread, *mut c_void) -> c_int;

/// Turns `sys_foo(struct thread *, struct foo_args *)` into a `sy_call`.
#[macro_export]
macro_rules! native_call {
    ($sys:path) => {{
        const CALL: $crate::native::SyCall = {
            // SAFETY: both are `int (*)(struct thread *, T *)`; sy_call_t is how the kernel
            // itself calls every one of them (sys/sysent.h).
            unsafe { core::mem::transmute($sys as *const ()) }
        };
        CALL
    }};
}
