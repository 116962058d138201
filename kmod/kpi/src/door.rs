// SPDX-License-Identifier: BSD-2-Clause
//! The two ends of a generated entry door.

use core::ffi::{c_int, c_void};

use crate::{Cx, Errno, Result, UserAddr};

/// The registers of a call: rdi, rsi, rdx, r10, r8, r9.
pub type Args = [u64; 6];

/// EJUSTRETURN of sys/errno.h: the registers are already what the user shall see.
const EJUSTRETURN: c_int = -2;

/// Opens the door: the thread and its arguments.
///
/// # Safety
/// Called by `syscallenter` as `sy_call(curthread, td_sa.args)`.
#[inline(always)]
pub unsafe fn enter<'td>(td: *mut ffi::thread, uap: *mut c_void) -> (Cx<'td>, &'td Args) {
    // SAFETY: the caller is syscallenter: td is curthread (current), uap is td_sa.args (stable args).
    unsafe { (Cx::new(td), &*uap.cast::<Args>()) }
}

/// What a call may answer, and the register it becomes.
pub trait Answer {
    /// Whether the value is in its place already.
    const KEPT: bool = false;

    /// The value for rax; `None` leaves every register as it is.
    fn into_register(self) -> Option<u64>;
}

/// The answer of a call that has set the user's registers itself (rt_sigreturn, execve).
pub struct Untouched;

impl Answer for Untouched {
    #[inline]
    fn into_register(self) -> Option<u64> {
        None
    }
}

/// The answer of a call whose value the kernel's own function has left in td_retval.
pub struct Kept;

impl Answer for Kept {
    const KEPT: bool = true;

    #[inline]
    fn into_register(self) -> Option<u64> {
        None
    }
}

impl Answer for () {
    #[inline]
    fn into_register(self) -> Option<u64> {
        Some(0)
    }
}

impl Answer for core::convert::Infallible {
    fn into_register(self) -> Option<u64> {
        match self {}
    }
}

macro_rules! answer {
    ($($t:ty => $conv:expr),*) => {$(
        impl Answer for $t {
            #[inline]
            fn into_register(self) -> Option<u64> {
                let conv: fn($t) -> u64 = $conv;
                Some(conv(self))
            }
        }
    )*};
}

answer! {
    i32 => |v| i64::from(v).cast_unsigned(),
    u32 => u64::from,
    i64 => i64::cast_unsigned,
    u64 => |v| v,
    usize => |v| v as u64,
    UserAddr => UserAddr::raw
}

/// Closes the door: writes td_retval and gives the errno for syscallenter.
#[inline(always)]
pub fn leave<A: Answer>(cx: &Cx<'_>, answer: Result<A>) -> c_int {
    match answer {
        Ok(_) if A::KEPT => 0,
        Ok(a) => match a.into_register() {
            Some(v) => {
                // SAFETY: current; td_retval belongs to the running thread.
                unsafe { (*cx.td()).td_uretoff.tdu_retval[0] = v.cast_signed() };
                0
            }
            None => EJUSTRETURN,
        },
        Err(fail) => fail.to_kernel(),
    }
}

/// The errno of a number that has no handler; also logs it once per process.
///
/// # Safety
/// As [`enter`].
pub unsafe extern "C" fn unimplemented(td: *mut ffi::thread, _uap: *mut c_void) -> c_int {
    // SAFETY: as enter.
    let cx = unsafe { Cx::new(td) };
    // SAFETY: current; td_sa is the running thread's own.
    let code = unsafe { (*td).td_sa.code };
    crate::log::unimplemented(&cx, code);
    Errno::ENOSYS.raw()
}
