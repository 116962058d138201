// SPDX-License-Identifier: BSD-2-Clause
//! Numbers and names of devices: those Linux programs know by heart (linux_abi::device) and those
//! that drivers register with `linux_device_register_handler`.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use core::fmt::{self, Write};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use linux_abi::Errno;
use linux_abi::device::{CHAR_DRIVERS, linux_device};
use linux_abi::stat::Device;

/// `struct linux_device_handler`. The strings are the driver's.
#[repr(C)]
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Handler {
    bsd_driver_name: *mut c_char,
    linux_driver_name: *mut c_char,
    bsd_device_name: *mut c_char,
    linux_device_name: *mut c_char,
    linux_major: c_int,
    linux_minor: c_int,
    /// 1 for a character device; some drivers say 2 for a block device.
    linux_char_device: c_int,
}

const _: () = assert!(size_of::<Handler>() == 48);

/// How many devices drivers may register.
const DEVICES: usize = 64;

/// The first major number for drivers that leave it to us.
const FIRST_MAJOR: c_int = 200;

struct Devices {
    list: [Option<Handler>; DEVICES],
}

impl Devices {
    /// A major number that no registered device has.
    fn free_major(&self) -> c_int {
        let mut majors = FIRST_MAJOR..;
        let taken = |major| self.list.iter().flatten().any(|h| h.linux_major == major);
        majors.find(|&major| !taken(major)).unwrap_or(FIRST_MAJOR)
    }
}

struct Shared(UnsafeCell<Devices>);

// SAFETY: only reached through `with`, under its lock.
unsafe impl Sync for Shared {}

static SHARED: Shared = Shared(UnsafeCell::new(Devices {
    list: [None; DEVICES],
}));

/// How many are registered: without any, nobody takes the lock.
static REGISTERED: AtomicUsize = AtomicUsize::new(0);

/// Runs `f` with the lock held, which is taken last: `f` neither sleeps nor takes another.
fn with<T>(f: impl FnOnce(&mut Devices) -> T) -> T {
    // SAFETY: a mutex that is there since the module was linked; the only way to the devices, and
    // no `f` comes back here.
    unsafe {
        ffi::lrs_devices_lock();
        let result = f(&mut *SHARED.0.get());
        ffi::lrs_devices_unlock();
        result
    }
}

/// The first registered device that `matches`.
fn find<T>(matches: impl Fn(&Handler) -> Option<T>) -> Option<T> {
    if REGISTERED.load(Ordering::Acquire) == 0 {
        return None;
    }
    with(|devices| devices.list.iter().flatten().find_map(matches))
}

/// The bytes of a driver's string.
unsafe fn bytes<'a>(string: *const c_char) -> &'a [u8] {
    if string.is_null() {
        return &[];
    }
    // SAFETY: caller: a string that stays while it is used.
    unsafe { CStr::from_ptr(string) }.to_bytes()
}

/// The Linux number of the FreeBSD device called `name`, if it has one of its own.
pub(crate) fn number_of(name: &[u8]) -> Option<Device> {
    linux_device(name).or_else(|| {
        find(|h| {
            // SAFETY: a registered driver's string; unregistering takes the lock.
            let known = unsafe { bytes(h.bsd_device_name) };
            (!known.is_empty() && known == name).then(|| Device {
                major: h.linux_major.cast_unsigned(),
                minor: h.linux_minor.cast_unsigned(),
            })
        })
    })
}

/// The Linux number of the FreeBSD device called `node`: 0, or 1 where it has none.
///
/// # Safety
/// `node` is null or a string; the others are null or ints.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_driver_get_major_minor(
    node: *const c_char,
    major: *mut c_int,
    minor: *mut c_int,
) -> c_int {
    if node.is_null() || major.is_null() || minor.is_null() {
        return 1;
    }
    // SAFETY: caller.
    match number_of(unsafe { bytes(node) }) {
        Some(device) => {
            // SAFETY: caller.
            unsafe {
                *major = device.major.cast_signed();
                *minor = device.minor.cast_signed();
            }
            0
        }
        None => 1,
    }
}

/// What Linux calls the driver of a device; null where nobody registered it. The string is the
/// driver's.
///
/// # Safety
/// `dev` is a device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_driver_get_name_dev(dev: ffi::device_t) -> *mut c_char {
    // SAFETY: caller; null for a device without a driver.
    let name = unsafe { bytes(ffi::device_get_name(dev)) };
    find(|h| {
        // SAFETY: a registered driver's string; unregistering takes the lock.
        let known = unsafe { bytes(h.bsd_driver_name) };
        (!name.is_empty() && known == name).then_some(h.linux_driver_name)
    })
    .unwrap_or(null_mut())
}

/// Registers a device. A negative major number asks for one, which is stored in `d`. EINVAL,
/// ENOSPC.
///
/// # Safety
/// `d` is null or a handler, whose strings stay until it is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_device_register_handler(d: *mut Handler) -> c_int {
    // SAFETY: caller.
    let Some(d) = (unsafe { d.as_mut() }) else {
        return Errno::EINVAL.raw();
    };
    with(|devices| {
        let major = devices.free_major();
        let Some(free) = devices.list.iter_mut().find(|slot| slot.is_none()) else {
            return Errno::ENOSPC.raw();
        };
        if d.linux_major < 0 {
            d.linux_major = major;
        }
        *free = Some(*d);
        REGISTERED.fetch_add(1, Ordering::Release);
        0
    })
}

/// Takes it back. EINVAL where it is not registered.
///
/// # Safety
/// `d` is null or a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_device_unregister_handler(d: *const Handler) -> c_int {
    // SAFETY: caller.
    let Some(d) = (unsafe { d.as_ref() }) else {
        return Errno::EINVAL.raw();
    };
    with(|devices| {
        match devices
            .list
            .iter_mut()
            .find(|slot| slot.as_ref() == Some(d))
        {
            Some(slot) => {
                *slot = None;
                REGISTERED.fetch_sub(1, Ordering::Release);
                0
            }
            None => Errno::EINVAL.raw(),
        }
    })
}

/// Room for /proc/devices: a line is a number, a name, and little else.
const LIST_SIZE: usize = 4096;

/// Text in memory of malloc(9), cut where there is no more room, and always with its NUL.
struct Text {
    start: *mut u8,
    len: usize,
}

impl Text {
    fn new() -> Self {
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL.
        let start = unsafe {
            ffi::malloc(
                LIST_SIZE,
                (&raw mut ffi::M_LINUX_RS).cast(),
                (ffi::M_WAITOK | ffi::M_ZERO) as c_int,
            )
        };
        Text {
            start: start.cast(),
            len: 0,
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for &byte in s.as_bytes() {
            if self.len >= LIST_SIZE - 1 {
                return Err(fmt::Error);
            }
            // SAFETY: below the last byte, which stays NUL.
            unsafe { *self.start.add(self.len) = byte };
            self.len += 1;
        }
        Ok(())
    }
}

/// Lists the registered drivers whose `linux_char_device` is `kind`, each once.
fn list_registered(text: &mut Text, kind: c_int) {
    if REGISTERED.load(Ordering::Acquire) == 0 {
        return;
    }
    with(|devices| {
        let mut last = null_mut();
        for h in devices.list.iter().flatten() {
            if h.linux_char_device != kind || h.bsd_driver_name == last {
                continue;
            }
            last = h.bsd_driver_name;
            // SAFETY: a registered driver's string; unregistering takes the lock.
            let name = unsafe { bytes(h.linux_device_name) };
            let name = core::str::from_utf8(name).unwrap_or("?");
            // A full list is a short one.
            let _ = writeln!(text, "{:3} {name}", h.linux_major);
        }
    });
}

/// The character devices for /proc/devices; `linux_free_get_char_devices` frees it. Sleeps.
#[unsafe(no_mangle)]
pub extern "C" fn linux_get_char_devices() -> *mut c_char {
    let mut text = Text::new();
    for (major, name) in CHAR_DRIVERS {
        let _ = writeln!(text, "{major:3} {name}");
    }
    list_registered(&mut text, 1);
    text.start.cast()
}

/// The block devices, of which FreeBSD has none; what drivers register as such. Not in FreeBSD
/// 15.0's linux_common, but its friends import it. Freed as the other.
#[unsafe(no_mangle)]
pub extern "C" fn linux_get_block_devices() -> *mut c_char {
    let mut text = Text::new();
    list_registered(&mut text, 2);
    text.start.cast()
}

/// Frees a list.
///
/// # Safety
/// `list` is null or from one of the two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_free_get_char_devices(list: *mut c_char) {
    // SAFETY: caller; free(9) takes null.
    unsafe { ffi::free(list.cast(), (&raw mut ffi::M_LINUX_RS).cast()) };
}
