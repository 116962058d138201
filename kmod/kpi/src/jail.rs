// SPDX-License-Identifier: BSD-2-Clause
//! What Linux calls itself, in each jail: the parameters `linux`, `linux.osname`,
//! `linux.osrelease` and `linux.oss_version`, and the sysctls of the same names.
//!
//! FreeBSD: osd(9), jail(8), kern_jail.c. A jail has its own names, or looks at the nearest
//! parent that has; the host always has. Each set is guarded by pr_mtx of the jail it
//! belongs to. The declarations (linker sets) are in kmod/sysctl.c.

mod params;
pub mod sysctl;

pub(crate) use params::{deregister, register};

use core::cell::UnsafeCell;
use core::ffi::c_uint;
use core::sync::atomic::{AtomicI32, Ordering};

use linux_abi::Errno;
use linux_abi::c::l_new_utsname;
use linux_abi::uname::{KernelVersion, UTS_LEN};

use crate::Cx;
use crate::mem::KBox;

/// A field of uname(2): [`UTS_LEN`] bytes and a NUL.
pub type Field = [u8; UTS_LEN + 1];

const _: () = assert!(size_of::<l_new_utsname>() == 6 * size_of::<Field>());

/// What Linux calls itself.
#[derive(Clone, Copy)]
pub struct Names {
    /// `sysname` of uname(2).
    pub osname: Field,
    /// `release` of uname(2).
    pub osrelease: Field,
    /// The version in it.
    pub version: KernelVersion,
    /// The version of the sound interface.
    pub oss_version: i32,
}

const fn field(text: &str) -> Field {
    let mut out = [0; UTS_LEN + 1];
    let (to, _) = out.split_at_mut(text.len());
    to.copy_from_slice(text.as_bytes());
    out
}

struct HostNames(UnsafeCell<Names>);

// SAFETY: only reached through `Locked`, which holds pr_mtx of prison0.
unsafe impl Sync for HostNames {}

static HOST: HostNames = HostNames(UnsafeCell::new(Names {
    osname: field("Linux"),
    osrelease: field("5.15.0"),
    version: KernelVersion::new(5, 15, 0),
    oss_version: 0x0003_0600,
}));

/// Our osd(9) slot, while loaded.
static SLOT: AtomicI32 = AtomicI32::new(0);

/// OSD_JAIL of sys/osd.h.
const OSD_JAIL: c_uint = ffi::OSD_JAIL;

fn slot() -> c_uint {
    SLOT.load(Ordering::Relaxed).cast_unsigned()
}

/// The names that count in a jail; pr_mtx of the jail they belong to is held until dropped.
struct Locked {
    prison: *mut ffi::prison,
    names: *mut Names,
}

impl Locked {
    /// # Safety
    /// `prison` is referenced; no pr_mtx is held.
    unsafe fn find(prison: *mut ffi::prison) -> Locked {
        let mut pr = prison;
        // SAFETY: a jail keeps its parents alive, up to prison0, which has names.
        unsafe {
            loop {
                ffi::lrs_mtx_lock(ffi::lrs_prison_mtx(pr));
                let names = own_names(pr);
                if !names.is_null() {
                    return Locked { prison: pr, names };
                }
                ffi::lrs_mtx_unlock(ffi::lrs_prison_mtx(pr));
                pr = (*pr).pr_parent;
            }
        }
    }

    /// The jail's own names, copied from those that counted so far if it had none.
    ///
    /// # Safety
    /// As [`Locked::find`]; may sleep.
    unsafe fn own(prison: *mut ffi::prison) -> Locked {
        // SAFETY: caller.
        unsafe {
            let found = Locked::find(prison);
            if found.prison == prison {
                return found;
            }
            let inherited = *found.get();
            drop(found);
            let fresh = KBox::new_waitok(inherited);
            let reserved = ffi::osd_reserve(slot());
            ffi::lrs_mtx_lock(ffi::lrs_prison_mtx(prison));
            let mut names = own_names(prison);
            if names.is_null() {
                names = fresh.into_raw();
                // Cannot fail: the room is reserved.
                ffi::osd_set_reserved(
                    OSD_JAIL,
                    &raw mut (*prison).pr_osd,
                    slot(),
                    reserved,
                    names.cast(),
                );
            } else {
                ffi::osd_free_reserved(reserved);
                drop(fresh);
            }
            Locked { prison, names }
        }
    }

    fn get(&self) -> &Names {
        // SAFETY: the lock is held.
        unsafe { &*self.names }
    }

    /// The names, for somebody in `prison`: EPERM if they are a parent's.
    fn writable(&mut self, prison: *mut ffi::prison) -> Result<&mut Names, Errno> {
        if self.prison == prison {
            Ok(self.get_mut())
        } else {
            Err(Errno::EPERM)
        }
    }

    fn get_mut(&mut self) -> &mut Names {
        // SAFETY: the lock is held, and this is the only way to the names.
        unsafe { &mut *self.names }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: taken when this was made, by this thread.
        unsafe { ffi::lrs_mtx_unlock(ffi::lrs_prison_mtx(self.prison)) };
    }
}

/// The names that belong to this very jail, or null; its pr_mtx is held.
unsafe fn own_names(prison: *mut ffi::prison) -> *mut Names {
    // SAFETY: caller; what is in our slot came from `own`.
    unsafe {
        if prison == &raw mut ffi::prison0 {
            HOST.0.get()
        } else {
            ffi::osd_get(OSD_JAIL, &raw mut (*prison).pr_osd, slot()).cast()
        }
    }
}

unsafe fn prison_of(td: *mut ffi::thread) -> *mut ffi::prison {
    // SAFETY: caller: td is current, its credential has a jail.
    unsafe { (*(*td).td_ucred).cr_prison }
}

/// What Linux calls itself for the caller.
pub fn names(cx: &Cx<'_>) -> Names {
    // SAFETY: current.
    *unsafe { Locked::find(prison_of(cx.td())) }.get()
}

fn parse_release(text: &[u8]) -> Result<KernelVersion, Errno> {
    let version = KernelVersion::parse(core::str::from_utf8(text).map_err(|_| Errno::EINVAL)?)?;
    if version < KernelVersion::new(1, 0, 0) {
        Err(Errno::EINVAL)
    } else {
        Ok(version)
    }
}

/// The bytes before the first NUL.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or(&[])
}
