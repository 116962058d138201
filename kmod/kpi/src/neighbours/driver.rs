// SPDX-License-Identifier: BSD-2-Clause
//! ioctl(2) commands that drivers take: `linux_ioctl_register_handler` and its twin.

use core::ffi::c_int;
use core::mem::offset_of;

use linux_abi::fd::Fd;
use linux_abi::handlers::{Range, Registry, Tried};

use crate::kern::fd;
use crate::{Cx, Result, check};

static HANDLERS: Registry = Registry::new();

/// `struct linux_ioctl_args`, each argument in a register.
#[repr(C)]
struct Args {
    fd: u64,
    command: u64,
    arg: u64,
}

/// `linux_ioctl_function_t`.
type Function = unsafe extern "C" fn(*mut ffi::thread, *mut Args) -> c_int;

/// `struct linux_ioctl_handler`.
#[repr(C)]
pub struct Handler {
    function: Option<Function>,
    low: c_int,
    high: c_int,
}

const _: () = assert!(offset_of!(Handler, low) == 8 && size_of::<Handler>() == 16);

/// What a driver answers to a command it does not know after all (sys/errno.h).
const ENOIOCTL: c_int = ffi::ENOIOCTL;

/// Which handlers a call has been to.
#[derive(Default)]
pub struct Drivers(Tried);

impl Drivers {
    /// Asks the drivers that have taken ranges no wider than `widest` and were not asked before,
    /// the narrowest first. `None`: there is none, or none knows the command.
    pub fn ioctl(
        &mut self,
        cx: &mut Cx<'_>,
        fd: Fd,
        command: u32,
        arg: u64,
        widest: u16,
    ) -> Result<Option<i32>> {
        // CAST: direction and size, in the upper half, are not part of a command's identity.
        let number = command as u16;
        while let Some(running) = HANDLERS.enter(number, widest, &mut self.0) {
            let mut args = Args {
                fd: u64::from(fd.0.cast_unsigned()),
                command: command.into(),
                arg,
            };
            // EBADF before all else; a driver need not look.
            fd::info(cx, fd)?;
            cx.set_retval(0);
            // SAFETY: `linux_ioctl_register_handler` put it there as one, and it stays registered
            // while it runs.
            let function = unsafe { core::mem::transmute::<*mut (), Function>(running.handler) };
            // SAFETY: current; args is a whole struct linux_ioctl_args.
            let error = unsafe { function(cx.td(), &raw mut args) };
            if error != ENOIOCTL {
                check(error)?;
                // CAST: an int.
                return Ok(Some(cx.retval() as i32));
            }
        }
        Ok(None)
    }
}

fn locked(change: impl FnOnce() -> core::result::Result<(), crate::Errno>) -> c_int {
    // SAFETY: an sx(9) lock that is there since the module was linked.
    unsafe { ffi::lrs_drivers_lock() };
    let result = change();
    // SAFETY: taken above.
    unsafe { ffi::lrs_drivers_unlock() };
    match result {
        Ok(()) => 0,
        Err(errno) => errno.raw(),
    }
}

/// The handler's function, as the registry knows it.
unsafe fn opaque(h: *const Handler) -> *mut () {
    // SAFETY: caller: null, or a handler.
    match unsafe { h.as_ref() }.and_then(|h| h.function) {
        Some(function) => function as *mut (),
        None => core::ptr::null_mut(),
    }
}

/// Lets a driver's function take the commands whose low 16 bits are from `low` to `high`; the same
/// function again: gives it another range. EINVAL, ENOSPC. May sleep; calls go on meanwhile.
///
/// # Safety
/// `h` is null or a handler, whose function can be called until it is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_ioctl_register_handler(h: *const Handler) -> c_int {
    // SAFETY: caller.
    let function = unsafe { opaque(h) };
    if function.is_null() {
        return ffi::EINVAL as c_int;
    }
    // SAFETY: not null, so h is a handler.
    let (low, high) = unsafe { ((*h).low, (*h).high) };
    locked(|| HANDLERS.register(function, Range::new(low, high)?))
}

/// Takes it back; afterwards no call is in the function. EINVAL where it is not registered. Sleeps
/// for as long as calls are in it, so it is not for the function itself to call.
///
/// # Safety
/// `h` is null or a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_ioctl_unregister_handler(h: *const Handler) -> c_int {
    // SAFETY: caller.
    let function = unsafe { opaque(h) };
    // SAFETY: sleeps a tick, which the sx(9) lock allows.
    locked(|| HANDLERS.unregister(function, || unsafe { ffi::lrs_drivers_wait() }))
}
