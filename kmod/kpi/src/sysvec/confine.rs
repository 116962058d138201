// SPDX-License-Identifier: BSD-2-Clause
//! The system vector of processes whose calls are looked at before they are made, or made as somebody else.
//!
//! It is a copy of the other one (module.c), made at load, but for sv_fetch_syscall_args: that
//! fetches the arguments as ever, then names [`gate`] as the function to call. The kernel stops for
//! a debugger between the two, who may change the call: what is looked at is what will be made.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};

use super::{syscall, table};
use crate::emul::ThreadState;
use crate::kern::{identity, seccomp};

/// The one row that every call of a confined process goes through.
struct Gate(UnsafeCell<ffi::sysent>);

// SAFETY: Rust code never touches the entry after construction; the kernel does by its own rules.
unsafe impl Sync for Gate {}

static GATE: Gate = Gate(UnsafeCell::new(table::door(6, gate)));

/// sv_fetch_syscall_args of the second vector.
///
/// # Safety
/// Called by syscallenter on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_fetch_confined(td: *mut ffi::thread) -> c_int {
    // SAFETY: caller.
    unsafe {
        let error = syscall::linux_rs_fetch_syscall_args(td);
        (*td).td_sa.callp = GATE.0.get();
        error
    }
}

unsafe extern "C" fn gate(td: *mut ffi::thread, uap: *mut c_void) -> c_int {
    // SAFETY: called by syscallenter, as a door.
    unsafe { seccomp::judge(td, uap) }
}

/// Makes the call whose number and arguments were fetched, as whom the thread is.
///
/// # Safety
/// As a door: by the current thread, with its arguments and state.
#[inline]
pub(crate) unsafe fn call(td: *mut ffi::thread, state: &ThreadState, uap: *mut c_void) -> c_int {
    // SAFETY: caller.
    unsafe {
        if state.identity.is_on() {
            identity::call(td, state, uap)
        } else {
            make(td, uap)
        }
    }
}

/// Makes it as the process.
///
/// # Safety
/// As for [`call`].
#[inline]
pub(crate) unsafe fn make(td: *mut ffi::thread, uap: *mut c_void) -> c_int {
    // SAFETY: caller; every row has a function.
    unsafe {
        match (*table::row_of((*td).td_sa.code)).sy_call {
            Some(call) => call(td, uap),
            None => ffi::ENOSYS as c_int,
        }
    }
}

/// Fetches the arguments again if a debugger has set registers since; whether it has.
///
/// # Safety
/// `td` is current, inside of a call, without locks.
pub(crate) unsafe fn fetch_again(td: *mut ffi::thread) -> bool {
    // SAFETY: caller.
    unsafe {
        let p = (*td).td_proc;
        ffi::lrs_PROC_LOCK(p);
        let changed = (*td).td_dbgflags & ffi::TDB_USERWR as c_int != 0;
        (*td).td_dbgflags &= !(ffi::TDB_USERWR as c_int);
        ffi::lrs_PROC_UNLOCK(p);
        if changed {
            syscall::linux_rs_fetch_syscall_args(td);
        }
        changed
    }
}

/// From the next call on, every thread of the process goes through the gate.
///
/// # Safety
/// `p` is Linux, and current or does not run yet.
pub(crate) unsafe fn process(p: *mut ffi::proc_) {
    // SAFETY: caller; threads that read the vector meanwhile find one or the other.
    unsafe { (*p).p_sysent = &raw mut table::linux_rs_sysvec_confined };
}
