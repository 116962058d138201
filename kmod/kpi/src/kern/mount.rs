// SPDX-License-Identifier: BSD-2-Clause
//! Mounting: vfs_mount.c.

use core::ffi::{CStr, c_char, c_int};

use linux_abi::mount::MountOption;

use super::io::Buffer;
use crate::{Cx, Errno, Result, check};

/// What is to be mounted, and where; the texts end in NUL.
pub struct Mount<'t> {
    kind: &'t CStr,
    /// The option with the source in it.
    from: Option<(&'static CStr, &'t CStr)>,
    to: &'t CStr,
    /// MNT_*.
    flags: u64,
}

fn c_text(text: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(text).unwrap_or_default()
}

impl<'t> Mount<'t> {
    /// A file system, on a device where it needs one.
    pub fn new(kind: &'t CStr, device: Option<&'t Buffer>, to: &'t Buffer, flags: u64) -> Self {
        Mount {
            kind,
            from: device.map(|device| (c"from", c_text(device))),
            to: c_text(to),
            flags,
        }
    }

    /// A folder or file in a second place.
    pub fn bind(from: &'t Buffer, to: &'t Buffer, flags: u64) -> Self {
        Mount {
            kind: c"nullfs",
            from: Some((c"target", c_text(from))),
            to: c_text(to),
            flags,
        }
    }

    /// What is mounted already, with other flags. EINVAL for a type that is no name.
    pub fn update(kind: &'t [u8], to: &'t Buffer, flags: u64) -> Result<Self> {
        Ok(Mount {
            kind: CStr::from_bytes_until_nul(kind).map_err(|_| Errno::EINVAL)?,
            from: None,
            to: c_text(to),
            flags: flags | u64::from(ffi::MNT_UPDATE),
        })
    }
}

/// nmount(2) with options whose values are in `data`. EPERM, ENODEV for a file system whose module
/// cannot be loaded, EINVAL, ENOENT, ENOTDIR, EBUSY.
pub fn kernel_mount(
    cx: &mut Cx<'_>,
    mount: &Mount<'_>,
    options: &[Option<MountOption>],
    data: &Buffer,
) -> Result<()> {
    let _ = cx;
    let mut list = core::ptr::null_mut();
    let mut add = |name: &CStr, value: &CStr| {
        let value: *const c_char = value.as_ptr();
        // SAFETY: name and value end in NUL and live until kernel_mount, which copies both, is
        // done; -1 is for strings.
        list = unsafe { ffi::mount_arg(list, name.as_ptr(), value.cast(), -1 as c_int) };
    };
    add(c"fstype", mount.kind);
    add(c"fspath", mount.to);
    if let Some((name, from)) = mount.from {
        add(name, from);
    }
    for option in options.iter().flatten() {
        add(
            option.name,
            c_text(data.get(option.value..).unwrap_or_default()),
        );
    }
    // Some file systems look for the option and not at the flag.
    let read_only = mount.flags & u64::from(ffi::MNT_RDONLY) != 0;
    let name = if read_only { c"ro" } else { c"rw" };
    // SAFETY: as above; null and 0 are for options without value.
    list = unsafe { ffi::mount_arg(list, name.as_ptr(), core::ptr::null(), 0) };
    // SAFETY: current; the list is whole, and freed by the call.
    check(unsafe { ffi::kernel_mount(list, mount.flags) })
}
