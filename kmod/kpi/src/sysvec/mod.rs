// SPDX-License-Identifier: BSD-2-Clause
//! The system vector: what the kernel calls for a Linux process.
//!
//! `module.c` lays the functions of these files out in a `struct sysentvec`. They
//! are called by the kernel only, each as sys/sysent.h says.

pub mod confine;
pub mod coredump;
pub mod exec;
pub mod fault;
pub mod hooks;
pub mod sendsig;
pub mod sigreturn;
pub mod stack;
pub mod syscall;
pub mod table;
pub mod vdso;
pub mod vsyscall;

pub use table::{NameTable, SysentTable, door, native, unimplemented};

/// Whether a process runs on one of the two vectors.
///
/// # Safety
/// `p` is live, and does not exec meanwhile: it is current, or locked.
pub(crate) unsafe fn is_ours(p: *mut ffi::proc_) -> bool {
    // SAFETY: caller.
    unsafe {
        let vector = (*p).p_sysent.cast_const();
        core::ptr::eq(vector, &raw const table::linux_rs_sysvec)
            || core::ptr::eq(vector, &raw const table::linux_rs_sysvec_confined)
    }
}

/// The first address beyond the user's map (Linux TASK_SIZE).
pub(crate) fn max_user() -> u64 {
    ffi::LRS_MAXUSER - ffi::PAGE_SIZE as u64
}
