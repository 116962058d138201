// SPDX-License-Identifier: BSD-2-Clause
//! The sysctls `compat.linux.osname`, `.osrelease` and `.oss_version`, handlers of
//! kmod/sysctl.c, and what linprocfs(4) of the base system imports (compat/linux/linux_mib.h).

use core::ffi::{c_char, c_int, c_void};

use linux_abi::Errno;
use linux_abi::uname::uts_field;

use super::{Field, Locked, Names, parse_release, prison_of, text};

const FIELD_LEN: i64 = size_of::<Field>() as i64;

/// Reads and, if the caller writes, sets one string of the caller's jail.
unsafe fn sysctl_field(
    oid: *mut ffi::sysctl_oid,
    req: *mut ffi::sysctl_req,
    get: fn(&Names) -> Field,
    set: impl Fn(&mut Names, &[u8]) -> Result<(), Errno>,
) -> c_int {
    // SAFETY: caller: a sysctl(9) handler, td is current; the buffer is a whole field.
    unsafe {
        let prison = prison_of((*req).td);
        let mut value = get(Locked::find(prison).get());
        let error = ffi::sysctl_handle_string(oid, value.as_mut_ptr().cast(), FIELD_LEN, req);
        if error != 0 || (*req).newptr.is_null() {
            return error;
        }
        let mut found = Locked::find(prison);
        match found
            .writable(prison)
            .and_then(|names| set(names, text(&value)))
        {
            Ok(()) => 0,
            Err(errno) => errno.raw(),
        }
    }
}

/// `compat.linux.osname`.
///
/// # Safety
/// Called by sysctl(9).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_sysctl_osname(
    oid: *mut ffi::sysctl_oid,
    _arg1: *mut c_void,
    _arg2: i64,
    req: *mut ffi::sysctl_req,
) -> c_int {
    // SAFETY: caller.
    unsafe {
        sysctl_field(
            oid,
            req,
            |n| n.osname,
            |n, new| {
                n.osname = uts_field(new);
                Ok(())
            },
        )
    }
}

/// `compat.linux.osrelease`. EINVAL for what is not a version.
///
/// # Safety
/// Called by sysctl(9).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_sysctl_osrelease(
    oid: *mut ffi::sysctl_oid,
    _arg1: *mut c_void,
    _arg2: i64,
    req: *mut ffi::sysctl_req,
) -> c_int {
    // SAFETY: caller.
    unsafe {
        sysctl_field(
            oid,
            req,
            |n| n.osrelease,
            |n, new| {
                n.version = parse_release(new)?;
                n.osrelease = uts_field(new);
                Ok(())
            },
        )
    }
}

/// `compat.linux.oss_version`.
///
/// # Safety
/// Called by sysctl(9).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_sysctl_oss_version(
    oid: *mut ffi::sysctl_oid,
    _arg1: *mut c_void,
    _arg2: i64,
    req: *mut ffi::sysctl_req,
) -> c_int {
    // SAFETY: caller: a sysctl(9) handler, td is current.
    unsafe {
        let prison = prison_of((*req).td);
        let mut value = Locked::find(prison).get().oss_version;
        let error = ffi::sysctl_handle_int(oid, (&raw mut value).cast(), 0, req);
        if error != 0 || (*req).newptr.is_null() {
            return error;
        }
        let mut found = Locked::find(prison);
        match found.writable(prison) {
            Ok(names) => {
                names.oss_version = value;
                0
            }
            Err(errno) => errno.raw(),
        }
    }
}

// --- what linprocfs(4) of the base system imports (compat/linux/linux_mib.h)

/// Copies `sysname` to `to`, a buffer of 65 bytes.
///
/// # Safety
/// `td` is current.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_get_osname(td: *mut ffi::thread, to: *mut c_char) {
    // SAFETY: caller; to has room for a field (LINUX_MAX_UTSNAME).
    unsafe {
        to.cast::<Field>()
            .write_unaligned(Locked::find(prison_of(td)).get().osname)
    };
}

/// Copies `release` to `to`, a buffer of 65 bytes.
///
/// # Safety
/// `td` is current.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_get_osrelease(td: *mut ffi::thread, to: *mut c_char) {
    // SAFETY: as above.
    unsafe {
        to.cast::<Field>()
            .write_unaligned(Locked::find(prison_of(td)).get().osrelease)
    };
}

/// The version as one number, `LINUX_KERNVER(5, 15, 0)`.
///
/// # Safety
/// `td` is current.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_kernver(td: *mut ffi::thread) -> c_int {
    // SAFETY: caller.
    unsafe { Locked::find(prison_of(td)) }
        .get()
        .version
        .code()
        .cast_signed()
}
