// SPDX-License-Identifier: BSD-2-Clause
//! The jail parameters `linux`, `linux.osname`, `linux.osrelease` and `linux.oss_version`: the
//! methods of our osd(9) slot, called by jail_set(2) and jail_get(2).

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use core::sync::atomic::Ordering;

use linux_abi::Errno;
use linux_abi::uname::{KernelVersion, UTS_LEN, uts_field};

use super::{Field, Locked, Names, OSD_JAIL, SLOT, parse_release, slot, text};
use crate::mem::KBox;

/// A parameter as jail_set(2) was given it.
enum Param<T> {
    Absent,
    Given(T),
}

/// A string parameter, without its NUL. EINVAL without one, ENAMETOOLONG beyond a field.
unsafe fn string_param(
    opts: *mut ffi::vfsoptlist,
    name: &CStr,
) -> Result<Param<&'static [u8]>, Errno> {
    let mut value: *mut c_void = ptr::null_mut();
    let mut len: c_int = 0;
    // SAFETY: caller: opts is the list of a running jail_set, which outlives the method.
    let error = unsafe { ffi::vfs_getopt(opts, name.as_ptr(), &raw mut value, &raw mut len) };
    if error == Errno::ENOENT.raw() {
        return Ok(Param::Absent);
    }
    let len = usize::try_from(len).unwrap_or(0);
    if error != 0 || value.is_null() || len == 0 {
        return Err(Errno::from_raw(error).unwrap_or(Errno::EINVAL));
    }
    // SAFETY: vfs_getopt gave kernel memory of this length.
    match unsafe { core::slice::from_raw_parts(value.cast::<u8>(), len) } {
        [.., last] if *last != 0 => Err(Errno::EINVAL),
        all if all.len() > size_of::<Field>() => {
            // SAFETY: as above; a format of one string.
            unsafe {
                ffi::vfs_opterror(opts, c"%s: at most 64 characters".as_ptr(), name.as_ptr())
            };
            Err(Errno::ENAMETOOLONG)
        }
        all => Ok(Param::Given(text(all))),
    }
}

unsafe fn int_param(opts: *mut ffi::vfsoptlist, name: &CStr) -> Result<Param<c_int>, Errno> {
    let mut value: c_int = 0;
    // SAFETY: caller; the value has room for an int, and another length is EINVAL.
    let error = unsafe {
        ffi::vfs_copyopt(
            opts,
            name.as_ptr(),
            (&raw mut value).cast(),
            size_of::<c_int>() as c_int,
        )
    };
    match Errno::from_raw(error) {
        None => Ok(Param::Given(value)),
        Some(Errno::ENOENT) => Ok(Param::Absent),
        Some(errno) => Err(errno),
    }
}

const INHERIT: c_int = ffi::JAIL_SYS_INHERIT as c_int;
const NEW: c_int = ffi::JAIL_SYS_NEW as c_int;

/// All four parameters, checked.
struct Params {
    mode: Param<c_int>,
    osname: Param<&'static [u8]>,
    osrelease: Param<(&'static [u8], KernelVersion)>,
    oss_version: Param<c_int>,
}

impl Params {
    unsafe fn read(opts: *mut ffi::vfsoptlist) -> Result<Params, Errno> {
        // SAFETY: caller.
        unsafe {
            let mode = int_param(opts, c"linux")?;
            if let Param::Given(mode) = mode
                && mode != INHERIT
                && mode != NEW
            {
                return Err(Errno::EINVAL);
            }
            let osname = string_param(opts, c"linux.osname")?;
            let osrelease = match string_param(opts, c"linux.osrelease")? {
                Param::Absent => Param::Absent,
                Param::Given(release) => match parse_release(release) {
                    Ok(version) => Param::Given((release, version)),
                    Err(errno) => {
                        ffi::vfs_opterror(
                            opts,
                            c"linux.osrelease: three numbers are wanted, as in 5.15.0".as_ptr(),
                        );
                        return Err(errno);
                    }
                },
            };
            let oss_version = int_param(opts, c"linux.oss_version")?;
            Ok(Params {
                mode,
                osname,
                osrelease,
                oss_version,
            })
        }
    }

    /// Whether the jail is to have names of its own: a name that is set says so too.
    fn wants_own(&self) -> bool {
        matches!(self.mode, Param::Given(NEW))
            || matches!(self.osname, Param::Given(_))
            || matches!(self.osrelease, Param::Given(_))
            || matches!(self.oss_version, Param::Given(_))
    }
}

/// PR_METHOD_CREATE: a new jail starts with its parent's names of now, or follows them.
unsafe extern "C" fn on_create(obj: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: called by jail_set with the new jail and its parameters.
    unsafe {
        if !matches!(int_param(data.cast(), c"linux"), Ok(Param::Given(INHERIT))) {
            drop(Locked::own(obj.cast()));
        }
    }
    0
}

/// PR_METHOD_CHECK: whether the parameters make sense.
unsafe extern "C" fn on_check(_obj: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: called by jail_set with its parameters.
    match unsafe { Params::read(data.cast()) } {
        Ok(_) => 0,
        Err(errno) => errno.raw(),
    }
}

/// PR_METHOD_SET: takes the parameters over.
unsafe extern "C" fn on_set(obj: *mut c_void, data: *mut c_void) -> c_int {
    let prison: *mut ffi::prison = obj.cast();
    // SAFETY: called by jail_set with the jail and its parameters, after on_check.
    unsafe {
        let params = match Params::read(data.cast()) {
            Ok(params) => params,
            Err(errno) => return errno.raw(),
        };
        if params.wants_own() {
            let mut own = Locked::own(prison);
            let names = own.get_mut();
            if let Param::Given(osname) = params.osname {
                names.osname = uts_field(osname);
            }
            if let Param::Given((release, version)) = params.osrelease {
                names.osrelease = uts_field(release);
                names.version = version;
            }
            if let Param::Given(version) = params.oss_version {
                names.oss_version = version;
            }
        } else if matches!(params.mode, Param::Given(INHERIT)) {
            ffi::lrs_mtx_lock(ffi::lrs_prison_mtx(prison));
            ffi::osd_del(OSD_JAIL, &raw mut (*prison).pr_osd, slot());
            ffi::lrs_mtx_unlock(ffi::lrs_prison_mtx(prison));
        }
    }
    0
}

/// PR_METHOD_GET: what jail_get(2) tells; a jail that inherits has no names to tell.
unsafe extern "C" fn on_get(obj: *mut c_void, data: *mut c_void) -> c_int {
    let opts: *mut ffi::vfsoptlist = data.cast();
    // SAFETY: called by jail_get with the jail and what is asked.
    unsafe {
        let found = Locked::find(obj.cast());
        let own = found.prison == obj.cast();
        let names = *found.get();
        drop(found);
        let mut mode = if own { NEW } else { INHERIT };
        let empty = [0; UTS_LEN + 1];
        let (osname, osrelease, mut oss_version) = if own {
            (names.osname, names.osrelease, names.oss_version)
        } else {
            (empty, empty, 0)
        };
        let int = size_of::<c_int>() as c_int;
        let results = [
            ffi::vfs_setopt(opts, c"linux".as_ptr(), (&raw mut mode).cast(), int),
            ffi::vfs_setopts(opts, c"linux.osname".as_ptr(), osname.as_ptr().cast()),
            ffi::vfs_setopts(opts, c"linux.osrelease".as_ptr(), osrelease.as_ptr().cast()),
            ffi::vfs_setopt(
                opts,
                c"linux.oss_version".as_ptr(),
                (&raw mut oss_version).cast(),
                int,
            ),
        ];
        // ENOENT: not asked for.
        results
            .into_iter()
            .find(|&error| error != 0 && error != Errno::ENOENT.raw())
            .unwrap_or(0)
    }
}

/// The slot's destructor: the jail is gone, or inherits again.
unsafe extern "C" fn free_names(names: *mut c_void) {
    // SAFETY: what is in our slot came from `own`, and osd(9) has just taken it out.
    drop(unsafe { KBox::from_raw(names.cast::<Names>()) });
}

const METHODS: usize = ffi::PR_MAXMETHOD as usize;

/// Joins jail(8): jails that exist get names of their own, as new ones do.
pub(crate) fn register() {
    let mut methods: [ffi::osd_method_t; METHODS] = [None; METHODS];
    for (index, method) in [
        (
            ffi::PR_METHOD_CREATE,
            on_create as unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        ),
        (ffi::PR_METHOD_GET, on_get),
        (ffi::PR_METHOD_SET, on_set),
        (ffi::PR_METHOD_CHECK, on_check),
    ] {
        if let Some(place) = methods.get_mut(index as usize) {
            *place = Some(method);
        }
    }
    // SAFETY: osd(9) copies the methods; MOD_LOAD may sleep. The list of jails does not change
    // under allprison_lock, and each is referenced by being in it.
    unsafe {
        let slot = ffi::osd_register(OSD_JAIL, Some(free_names), methods.as_mut_ptr());
        SLOT.store(slot, Ordering::Relaxed);
        ffi::lrs_sx_slock(&raw mut ffi::allprison_lock);
        let mut prison = ffi::allprison.tqh_first;
        while !prison.is_null() {
            drop(Locked::own(prison));
            prison = (*prison).pr_list.tqe_next;
        }
        ffi::lrs_sx_sunlock(&raw mut ffi::allprison_lock);
    }
}

/// Leaves jail(8); every jail's names are freed.
pub(crate) fn deregister() {
    // SAFETY: registered at load; osd(9) waits for running methods.
    unsafe { ffi::osd_deregister(OSD_JAIL, slot()) };
}
