// SPDX-License-Identifier: BSD-2-Clause
//! Address spaces: vm_mmap.c, vm_unix.c. What goes beyond the calls of FreeBSD is in
//! [`super::discard`] and [`super::remap`].

use core::ffi::c_int;

use linux_abi::bsd;

use super::map::MapGuard;
use super::seal::{self, may_change};
use crate::{Cx, Errno, Result, UserBytesOut, UserCStr, check};

/// The first address beyond the user's: sv_maxuser, and Linux's TASK_SIZE.
pub const MAX_USER: u64 = ffi::LRS_MAXUSER - ffi::PAGE_SIZE as u64;

/// What to map.
#[derive(Clone, Copy)]
pub struct Mapping {
    /// Where, or where best.
    pub addr: u64,
    /// How many bytes.
    pub len: u64,
    /// FreeBSD's protection.
    pub prot: i32,
    /// FreeBSD's flags.
    pub flags: i32,
    /// The file, or -1.
    pub fd: i32,
    /// Where in the file.
    pub offset: i64,
}

impl Mapping {
    /// A page of fresh memory of the process's own, anywhere.
    pub(crate) const PRIVATE_PAGE: Mapping = Mapping {
        addr: 0,
        len: ffi::PAGE_SIZE as u64,
        prot: bsd::PROT_READ | bsd::PROT_WRITE,
        flags: bsd::MAP_ANON | bsd::MAP_PRIVATE,
        fd: -1,
        offset: 0,
    };
}

/// Linux maps no file that cannot be read, and no directory.
unsafe extern "C" fn check_file(
    fp: *mut ffi::file,
    _prot: c_int,
    _max: c_int,
    _flags: c_int,
) -> c_int {
    // SAFETY: kern_mmap calls this with a file it holds a reference to.
    unsafe {
        if (*fp).f_flag & ffi::FREAD == 0 {
            return Errno::EACCES.raw();
        }
        if ffi::lrs_file_is_directory(fp) {
            Errno::ENODEV.raw()
        } else {
            0
        }
    }
}

/// mmap(2): where it was mapped. EPERM over what is sealed; EACCES, EBADF, EINVAL, ENODEV, ENOMEM.
#[inline]
pub fn kern_mmap(cx: &mut Cx<'_>, mapping: &Mapping) -> Result<u64> {
    if mapping.flags & (bsd::MAP_FIXED | bsd::MAP_EXCL) == bsd::MAP_FIXED {
        may_change(cx, mapping.addr, mapping.addr.saturating_add(mapping.len))?;
    }
    let req = ffi::mmap_req {
        mr_hint: mapping.addr,
        mr_len: mapping.len,
        mr_prot: mapping.prot,
        mr_flags: mapping.flags,
        mr_fd: mapping.fd,
        mr_pos: mapping.offset,
        mr_check_fp_fn: Some(check_file),
    };
    // SAFETY: current; `req` is whole.
    check(unsafe { ffi::kern_mmap(cx.td(), &raw const req) })?;
    Ok(cx.retval())
}

/// munmap(2). EINVAL; EPERM for what is sealed.
#[inline]
pub fn kern_munmap(cx: &mut Cx<'_>, addr: u64, len: u64) -> Result<()> {
    may_change(cx, addr, addr.saturating_add(len))?;
    // SAFETY: current; the range is checked by the kernel.
    check(unsafe { ffi::kern_munmap(cx.td(), addr as usize, len as usize) })
}

/// mprotect(2); `grows_down` reaches down to the start of a stack. EACCES, EINVAL, ENOMEM;
/// EPERM for what is sealed.
#[inline]
pub fn kern_mprotect(
    cx: &mut Cx<'_>,
    addr: u64,
    len: u64,
    prot: i32,
    grows_down: bool,
) -> Result<()> {
    may_change(cx, addr, addr.saturating_add(len))?;
    let flags = if grows_down {
        ffi::VM_MAP_PROTECT_GROWSDOWN.cast_signed()
    } else {
        0
    };
    // SAFETY: current; the range is checked by the kernel.
    check(unsafe { ffi::kern_mprotect(cx.td(), addr as usize, len as usize, prot, flags) })
}

/// madvise(2) with an advice of FreeBSD's. EINVAL.
pub fn kern_madvise(cx: &mut Cx<'_>, addr: u64, len: u64, advice: i32) -> Result<()> {
    // SAFETY: current; the range is checked by the kernel.
    check(unsafe { ffi::kern_madvise(cx.td(), addr as usize, len as usize, advice) })
}

/// msync(2). ENOMEM, EBUSY, EIO.
pub fn kern_msync(cx: &mut Cx<'_>, addr: u64, len: u64, flags: i32) -> Result<()> {
    // SAFETY: current; the range is checked by the kernel.
    check(unsafe { ffi::kern_msync(cx.td(), addr as usize, len as usize, flags) })
}

/// mincore(2), with FreeBSD's bits for each page. ENOMEM, EFAULT.
pub fn kern_mincore(cx: &mut Cx<'_>, addr: u64, len: u64, vec: UserBytesOut) -> Result<()> {
    // SAFETY: current; the kernel stores to `vec` with subyte(9), which checks the address.
    check(unsafe { ffi::kern_mincore(cx.td(), addr as usize, len as usize, vec.addr().as_ptr()) })
}

/// mlock(2). EPERM, EINVAL, ENOMEM.
pub fn kern_mlock(cx: &mut Cx<'_>, addr: u64, len: u64) -> Result<()> {
    // SAFETY: current; the thread holds its credentials for the whole call.
    check(unsafe {
        ffi::kern_mlock(
            cx.proc_ptr(),
            (*cx.td()).td_ucred,
            addr as usize,
            len as usize,
        )
    })
}

/// mlockall(2) with FreeBSD's flags. EPERM, ENOMEM.
pub fn mlockall(cx: &mut Cx<'_>, how: i32) -> Result<()> {
    let mut args = ffi::mlockall_args {
        how,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_mlockall(cx.td(), &raw mut args) })
}

/// swapon(2). EPERM, ENOTBLK, EBUSY, and what path lookup says.
pub fn swapon(cx: &mut Cx<'_>, device: UserCStr) -> Result<()> {
    let mut args = ffi::swapon_args {
        name: device.as_ptr(),
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole; the name is a user address.
    check(unsafe { ffi::sys_swapon(cx.td(), &raw mut args) })
}

/// swapoff(2). EPERM, EINVAL where nothing is swapped to, ENOMEM, and what path lookup says.
pub fn swapoff(cx: &mut Cx<'_>, device: UserCStr) -> Result<()> {
    let mut args = ffi::swapoff_args {
        name: device.as_ptr(),
        // SAFETY: what remains of the structure is no flags and padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole; the name is a user address.
    check(unsafe { ffi::sys_swapoff(cx.td(), &raw mut args) })
}

/// brk(2): the end of the data in whole pages, or an error; an address below the data
/// changes nothing. ENOMEM.
#[inline]
pub fn kern_break(cx: &mut Cx<'_>, addr: u64) -> Result<u64> {
    if addr != 0 && seal::is_used() {
        let end = kern_break(cx, 0)?;
        may_change(cx, addr.next_multiple_of(u64::from(ffi::PAGE_SIZE)), end)?;
    }
    let mut end = addr as usize;
    // SAFETY: current; `end` is whole.
    check(unsafe { ffi::kern_break(cx.td(), &raw mut end) })?;
    Ok(end as u64)
}

/// Whether the range is mapped without a hole.
pub fn is_mapped(cx: &mut Cx<'_>, start: u64, end: u64) -> bool {
    MapGuard::read(cx).covered_until(start) >= end
}

/// Where the first hole in the range begins, or its end.
pub fn mapped_until(cx: &mut Cx<'_>, start: u64, end: u64) -> u64 {
    MapGuard::read(cx).covered_until(start).min(end)
}

/// Whether what is mapped at an address is a stack, which grows down.
pub fn is_stack(cx: &mut Cx<'_>, addr: u64) -> bool {
    let entry = MapGuard::read(cx).at(addr);
    entry.is_some_and(|entry| entry.has(ffi::MAP_ENTRY_GROWS_DOWN))
}

/// Whether nothing is mapped in the range.
pub fn is_free(cx: &mut Cx<'_>, start: u64, end: u64) -> bool {
    MapGuard::read(cx).is_free(start, end)
}
