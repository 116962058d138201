// SPDX-License-Identifier: BSD-2-Clause
//! The sysent table and the table of names, both generated from syscalls.master.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};

use crate::native::SyCall;

/// `struct sysent[N]`. The kernel reads it and DTrace writes its probe ids.
#[repr(transparent)]
pub struct SysentTable<const N: usize>(UnsafeCell<[ffi::sysent; N]>);

// SAFETY: Rust code never touches the entries after construction; the kernel does by its own rules.
unsafe impl<const N: usize> Sync for SysentTable<N> {}

impl<const N: usize> SysentTable<N> {
    /// The table of these rows.
    pub const fn new(rows: [ffi::sysent; N]) -> Self {
        SysentTable(UnsafeCell::new(rows))
    }
}

/// `const char *[N]`, indexed by call number.
#[repr(transparent)]
pub struct NameTable<const N: usize>([*const c_char; N]);

// SAFETY: pointers to string literals, never written.
unsafe impl<const N: usize> Sync for NameTable<N> {}

impl<const N: usize> NameTable<N> {
    /// The table of these names, each from a C string literal.
    pub const fn new(names: [*const c_char; N]) -> Self {
        NameTable(names)
    }
}

const fn row(narg: u8, call: SyCall) -> ffi::sysent {
    ffi::sysent {
        sy_call: Some(call),
        sy_systrace_args_func: None,
        sy_narg: narg,
        sy_flags: 0,
        sy_auevent: ffi::AUE_NULL as ffi::au_event_t,
        sy_entry: 0,
        sy_return: 0,
        sy_thrcnt: ffi::SY_THR_STATIC,
    }
}

/// A row with a generated door.
pub const fn door(narg: u8, call: SyCall) -> ffi::sysent {
    row(narg, call)
}

/// A row that is a FreeBSD call as it stands.
pub const fn native(narg: u8, call: SyCall) -> ffi::sysent {
    row(narg, call)
}

/// A row without a handler.
pub const fn unimplemented(narg: u8) -> ffi::sysent {
    row(narg, crate::door::unimplemented)
}

/// What a number outside the table gets.
pub(crate) static NOSYS: SysentTable<1> = SysentTable::new([row(0, crate::door::unimplemented)]);

/// One more than the highest Linux call number that syscalls.master lists.
pub const ROWS: usize = 473;

/// The row that answers a number.
#[inline(always)]
pub(crate) fn row_of(code: u32) -> *mut ffi::sysent {
    if (code as usize) < ROWS {
        // SAFETY: the table has ROWS rows; kmod/src/entry.rs asserts it.
        unsafe {
            (&raw mut linux_rs_sysent)
                .cast::<ffi::sysent>()
                .add(code as usize)
        }
    } else {
        NOSYS.0.get().cast()
    }
}

unsafe extern "C" {
    /// The generated table.
    static mut linux_rs_sysent: [ffi::sysent; ROWS];
    /// The system vector in module.c.
    pub(crate) static mut linux_rs_sysvec: ffi::sysentvec;
    /// The one of processes whose calls are looked at first.
    pub(crate) static mut linux_rs_sysvec_confined: ffi::sysentvec;
}

/// The Linux name of a call number, for messages.
pub fn name(code: u32) -> Option<&'static str> {
    // SAFETY: the vector's table and size are written by the static initialiser only.
    let (names, size) = unsafe { (linux_rs_sysvec.sv_syscallnames, linux_rs_sysvec.sv_size) };
    if i64::from(code) >= i64::from(size) {
        return None;
    }
    // SAFETY: sv_syscallnames has sv_size literals (NameTable of the same length).
    let name = unsafe { CStr::from_ptr(*names.add(code as usize)) };
    name.to_str().ok()
}
