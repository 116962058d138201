// SPDX-License-Identifier: BSD-2-Clause
//! What a file and a file system are: vfs_syscalls.c, kern_descrip.c.

use core::mem::MaybeUninit;

use linux_abi::device::NAME_MAX;
use linux_abi::fd::Fd;
use linux_abi::stat::{BsdStat, Moment};
use linux_abi::statfs::BsdStatfs;

use super::fdpath;
use super::path::{At, flagged, follows, is, open_long};
use super::reroot::{with_path, with_whole_path};
use crate::mem::KBox;
use crate::{Cx, Errno, Fail, Result, UserCStr, check};

#[inline]
fn moment(ts: &ffi::timespec) -> Moment {
    Moment {
        sec: ts.tv_sec,
        nsec: ts.tv_nsec,
    }
}

#[inline]
fn to_abi(st: &ffi::stat, device: impl FnOnce(u64) -> u64) -> BsdStat {
    let rdev = match u32::from(st.st_mode) & ffi::S_IFMT {
        ffi::S_IFCHR => device(st.st_rdev),
        _ => st.st_rdev,
    };
    BsdStat {
        dev: st.st_dev,
        ino: st.st_ino,
        nlink: st.st_nlink,
        mode: st.st_mode,
        uid: st.st_uid,
        gid: st.st_gid,
        rdev,
        atim: moment(&st.st_atim),
        mtim: moment(&st.st_mtim),
        ctim: moment(&st.st_ctim),
        birthtim: moment(&st.st_birthtim),
        size: st.st_size,
        blocks: st.st_blocks,
        blksize: st.st_blksize,
        flags: st.st_flags,
    }
}

/// Room for the name of a device whose number matters.
type DeviceName = [u8; NAME_MAX];

/// The number Linux programs know the device by that stat(2) shows as `rdev`, if there is one, in
/// FreeBSD's encoding.
#[cold]
#[inline(never)]
fn device_by_number(rdev: u64) -> u64 {
    let mut name: DeviceName = [0; NAME_MAX];
    // SAFETY: the shim writes at most name.len() bytes, under the lock of the device list.
    let len = unsafe { ffi::lrs_device_name(rdev, name.as_mut_ptr().cast(), name.len()) };
    let name = name.get(..len).unwrap_or_default();
    known_device(name).unwrap_or(rdev)
}

fn known_device(name: &[u8]) -> Option<u64> {
    crate::neighbours::number_of(name).map(|device| device.to_bsd())
}

/// fstat(2). EBADF.
#[inline]
pub fn kern_fstat(cx: &mut Cx<'_>, fd: Fd) -> Result<BsdStat> {
    let mut st = MaybeUninit::<ffi::stat>::uninit();
    let mut name = MaybeUninit::<DeviceName>::uninit();
    let mut len = 0;
    // SAFETY: current; the shim writes a struct stat and at most NAME_MAX bytes of a name.
    check(unsafe {
        ffi::lrs_fstat(
            cx.td(),
            fd.0,
            st.as_mut_ptr(),
            name.as_mut_ptr().cast(),
            NAME_MAX,
            &raw mut len,
        )
    })?;
    // SAFETY: filled whole: fstat(2) copies all of it out, so the kernel leaves nothing unset.
    let st = unsafe { st.assume_init_ref() };
    Ok(to_abi(st, |rdev| {
        if len == 0 || len > NAME_MAX {
            return rdev;
        }
        // SAFETY: the shim has written `len` bytes, which is not more than there are.
        let name = unsafe { core::slice::from_raw_parts(name.as_ptr().cast(), len) };
        known_device(name).unwrap_or(rdev)
    }))
}

/// fstatat(2).
#[inline(always)]
pub fn kern_statat(cx: &mut Cx<'_>, at: At, flags: i32) -> Result<BsdStat> {
    let mut st = MaybeUninit::<ffi::stat>::uninit();
    let to = st.as_mut_ptr();
    // SAFETY: current; kernel copy for the path; kern_statat writes a struct stat.
    let ret = with_path(cx, (at, follows(flags)), |td, at| unsafe {
        ffi::kern_statat(td, flags, at.dir, at.path, at.space, to)
    });
    if ret != 0 {
        return not_found(cx, at, flags, ret);
    }
    // SAFETY: filled whole, as in kern_fstat.
    let st = unsafe { st.assume_init_ref() };
    // Where links are followed, only one that stands for a descriptor is found.
    if u32::from(st.st_mode) & ffi::S_IFMT == ffi::S_IFLNK
        && follows(flags)
        && let Some(fd) = fdpath::find(cx, at)
    {
        return kern_fstat(cx, fd);
    }
    Ok(to_abi(st, device_by_number))
}

/// What Linux makes of a name that leads nowhere.
#[cold]
#[inline(never)]
fn not_found(cx: &mut Cx<'_>, at: At, flags: i32, ret: i32) -> Result<BsdStat> {
    if ret == ffi::ENOENT.cast_signed()
        && follows(flags)
        && let Some(fd) = fdpath::find(cx, at)
    {
        return kern_fstat(cx, fd);
    }
    match flagged(cx, at, flags, ret) {
        Err(fail) => Err(fail),
        Ok(()) => Err(Fail::from_kernel(ret)),
    }
}

/// Calls `fill` with room for a struct statfs, which is too large for the stack.
fn statfs_with(fill: impl FnOnce(*mut ffi::statfs) -> i32) -> Result<BsdStatfs> {
    let mut room = KBox::new_waitok(MaybeUninit::<ffi::statfs>::uninit());
    check(fill(room.as_mut_ptr()))?;
    // SAFETY: filled whole: statfs(2) copies all of it out.
    let fs = unsafe { room.assume_init_ref() };
    Ok(BsdStatfs {
        fstypename: fs.f_fstypename.map(i8::cast_unsigned),
        flags: fs.f_flags,
        bsize: fs.f_bsize,
        blocks: fs.f_blocks,
        bfree: fs.f_bfree,
        bavail: fs.f_bavail,
        files: fs.f_files,
        ffree: fs.f_ffree,
        namemax: fs.f_namemax,
        fsid: fs.f_fsid.val,
    })
}

/// statfs(2).
pub fn kern_statfs(cx: &mut Cx<'_>, path: UserCStr) -> Result<BsdStatfs> {
    let found = statfs_with(|fs| {
        // SAFETY: current; kernel copy for the path; statfs_with gives room for a struct statfs.
        with_whole_path(cx, (At::cwd(path), true), |td, at| unsafe {
            ffi::kern_statfs(td, at.path, at.space, fs)
        })
    });
    match found {
        Err(fail) if is(fail, Errno::ENAMETOOLONG) => {
            let file = open_long(cx, path, ffi::O_PATH)?;
            kern_fstatfs(cx, Fd(file.fd()))
        }
        found => found,
    }
}

/// fstatfs(2). EINVAL for what is not in a file system.
pub fn kern_fstatfs(cx: &mut Cx<'_>, fd: Fd) -> Result<BsdStatfs> {
    // SAFETY: current; statfs_with gives room for a struct statfs.
    statfs_with(|fs| unsafe { ffi::kern_fstatfs(cx.td(), fd.0, fs) })
}
