// SPDX-License-Identifier: BSD-2-Clause
//! Calls that take a path: vfs_syscalls.c.
//!
//! Paths stay in user memory: namei(9) fetches them, and looks absolute ones up below
//! the emulation root first.

use core::ffi::{c_char, c_int};

use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::stat::Device;

use super::fd::new_fd;
use super::fdpath;
use super::folder::OpenFolder;
use super::io::Buffer;
use super::reroot::{self, Where, with_attributes, with_path, with_whole_path};
use super::stat::kern_statat;
use crate::{Cx, Errno, Fail, Result, UserBytesOut, UserCStr, check};

/// A path, and the folder a relative one starts from.
#[derive(Clone, Copy)]
pub struct At {
    dir: i32,
    path: UserCStr,
}

impl At {
    /// From the folder open as `dir`; AT_FDCWD has the same number on both systems.
    #[inline]
    pub fn new(dir: Fd, path: UserCStr) -> Self {
        At { dir: dir.0, path }
    }

    /// From the working directory.
    #[inline]
    pub fn cwd(path: UserCStr) -> Self {
        At {
            dir: ffi::AT_FDCWD,
            path,
        }
    }

    /// The folder's descriptor.
    #[inline]
    pub fn dir(self) -> Fd {
        Fd(self.dir)
    }

    /// Whether the path starts from the working directory.
    #[inline]
    pub fn is_cwd(self) -> bool {
        self.dir == ffi::AT_FDCWD
    }

    /// Whether there is no path at all.
    pub fn is_null(self) -> bool {
        self.path.as_ptr().is_null()
    }

    /// Whether the path starts at the root; one that cannot be read does not.
    pub fn is_absolute(self, _cx: &mut Cx<'_>) -> bool {
        // SAFETY: kernel copy; fubyte gives -1 for a bad address.
        unsafe { ffi::fubyte(self.path.as_ptr().cast()) == c_int::from(b'/') }
    }

    #[inline]
    pub(crate) fn path(self) -> *const c_char {
        self.path.as_ptr()
    }

    /// The path where the program has it.
    #[inline]
    pub(crate) fn as_given(self) -> Where {
        Where {
            dir: self.dir,
            path: self.path(),
            space: ffi::UIO_USERSPACE,
        }
    }

    /// Copies the path in: its length without the NUL. EFAULT, ENAMETOOLONG.
    pub(crate) fn read(self, cx: &mut Cx<'_>, to: &mut [u8]) -> Result<usize> {
        self.path.read(cx, to)
    }

    /// Whether this path, as it is written, goes through the folder `other` names.
    #[cold]
    pub fn is_below(self, cx: &mut Cx<'_>, other: At) -> Result<bool> {
        const PATH_MAX: usize = 4096;
        let mut mine = Buffer::new(cx, PATH_MAX)?;
        let mut theirs = Buffer::new(cx, PATH_MAX)?;
        let mine_len = self.path.read(cx, &mut mine)?;
        let theirs_len = other.path.read(cx, &mut theirs)?;
        let (mine, theirs) = (mine.get(..mine_len), theirs.get(..theirs_len));
        let (Some(mine), Some(theirs)) = (mine, theirs) else {
            return Ok(false);
        };
        let absolute = mine.first() == Some(&b'/');
        Ok((absolute || self.dir == other.dir)
            && mine
                .strip_prefix(theirs)
                .is_some_and(|rest| rest.first() == Some(&b'/')))
    }

    /// Whether the path is the empty string; a path that cannot be read is not.
    #[inline]
    pub fn is_empty(self, cx: &mut Cx<'_>) -> bool {
        is_empty(cx, self.path)
    }
}

/// Whether a string is empty; one that cannot be read is not.
#[inline]
pub fn is_empty(_cx: &mut Cx<'_>, string: UserCStr) -> bool {
    // SAFETY: kernel copy; fubyte gives -1 for a bad address.
    unsafe { ffi::fubyte(string.as_ptr().cast()) == 0 }
}

/// The failure of a call without AT_EMPTY_PATH.
#[inline]
fn done(cx: &mut Cx<'_>, at: At, ret: i32) -> Result<()> {
    match check(ret) {
        Ok(()) => Ok(()),
        Err(fail) => Err(nowhere(cx, at, fail)),
    }
}

/// Linux says ENOENT for an empty path before it looks at the folder's descriptor.
#[cold]
fn nowhere(cx: &mut Cx<'_>, at: At, fail: Fail) -> Fail {
    if (is(fail, Errno::ENOTDIR) || is(fail, Errno::EBADF)) && at.is_empty(cx) {
        return Errno::ENOENT.into();
    }
    fail
}

/// The failure of a call that may have AT_EMPTY_PATH.
#[inline]
pub(crate) fn flagged(cx: &mut Cx<'_>, at: At, flags: i32, ret: i32) -> Result<()> {
    match check(ret) {
        Err(fail) if flags & ffi::AT_EMPTY_PATH.cast_signed() == 0 => Err(nowhere(cx, at, fail)),
        done => done,
    }
}

/// The failure of a call that makes something new.
#[inline]
pub(crate) fn made(cx: &mut Cx<'_>, at: At, ret: i32) -> Result<()> {
    match check(ret) {
        Ok(()) => Ok(()),
        Err(fail) => Err(in_the_way(cx, at, fail)),
    }
}

/// The failure of a call that takes something away: in a read-only file system, namei(9) says EROFS
/// of what is not there as well.
#[inline]
fn removed(cx: &mut Cx<'_>, at: At, ret: i32) -> Result<()> {
    match check(ret) {
        Err(fail) if is(fail, Errno::EROFS) => Err(missing(cx, at, fail)),
        _ => done(cx, at, ret),
    }
}

/// What is not there is ENOENT to Linux also in a read-only file system.
#[cold]
pub(crate) fn missing(cx: &mut Cx<'_>, at: At, fail: Fail) -> Fail {
    match kern_statat(cx, at, ffi::AT_SYMLINK_NOFOLLOW.cast_signed()) {
        Err(there) if is(there, Errno::ENOENT) => there,
        _ => fail,
    }
}

/// Linux says EEXIST first. To namei(9) making "/" is EISDIR, and making anything in a read-only
/// file system EROFS, be it there or not.
#[cold]
pub fn in_the_way(cx: &mut Cx<'_>, at: At, fail: Fail) -> Fail {
    let there = is(fail, Errno::EISDIR)
        || is(fail, Errno::EROFS)
            && kern_statat(cx, at, ffi::AT_SYMLINK_NOFOLLOW.cast_signed()).is_ok();
    if there {
        Errno::EEXIST.into()
    } else {
        nowhere(cx, at, fail)
    }
}

/// Whether a link at the end of the path is followed.
#[inline]
pub(crate) fn follows(flags: i32) -> bool {
    flags & ffi::AT_SYMLINK_NOFOLLOW.cast_signed() == 0
}

/// A file that is open for a call whose kernel function takes no folder beside its path, which is too
/// long for it alone.
#[cold]
pub(super) fn open_long(cx: &mut Cx<'_>, path: UserCStr, flags: u32) -> Result<OpenFolder> {
    let flags = (flags | ffi::O_CLOEXEC).cast_signed();
    kern_openat(cx, At::cwd(path), flags, 0).map(OpenFolder::own)
}

/// chdir(2).
pub fn kern_chdir(cx: &mut Cx<'_>, path: UserCStr) -> Result<()> {
    // SAFETY: current; kernel copy.
    let done = check(with_whole_path(
        cx,
        (At::cwd(path), true),
        |td, at| unsafe { ffi::kern_chdir(td, at.path, at.space) },
    ));
    match done {
        Err(fail) if is(fail, Errno::ENAMETOOLONG) => {
            let folder = open_long(cx, path, ffi::O_PATH | ffi::O_DIRECTORY)?;
            // SAFETY: an integer and padding.
            let mut args: ffi::fchdir_args = unsafe { core::mem::zeroed() };
            args.fd = folder.fd();
            // SAFETY: current; args is whole.
            check(unsafe { ffi::sys_fchdir(cx.td(), &raw mut args) })
        }
        done => done,
    }
}

/// truncate(2).
pub fn kern_truncate(cx: &mut Cx<'_>, path: UserCStr, length: i64) -> Result<()> {
    // SAFETY: current; kernel copy.
    let done = check(with_whole_path(
        cx,
        (At::cwd(path), true),
        |td, at| unsafe { ffi::kern_truncate(td, at.path, at.space, length) },
    ));
    match done {
        Err(fail) if is(fail, Errno::ENAMETOOLONG) => {
            let file = open_long(cx, path, ffi::O_WRONLY)?;
            // SAFETY: current.
            check(unsafe { ffi::kern_ftruncate(cx.td(), file.fd(), length) })
        }
        done => done,
    }
}

/// openat(2): the new descriptor. EMLINK for a link with O_NOFOLLOW, EOPNOTSUPP for a socket.
#[inline]
pub fn kern_openat(cx: &mut Cx<'_>, at: At, flags: i32, mode: u32) -> Result<i32> {
    let exclusive = ffi::O_CREAT | ffi::O_EXCL;
    let stays = flags.cast_unsigned() & exclusive == exclusive
        || flags.cast_unsigned() & ffi::O_NOFOLLOW != 0;
    let mode = mode.cast_signed();
    // SAFETY: current; namei copies the path itself (kernel copy).
    let open =
        |td, at: Where| unsafe { ffi::kern_openat(td, at.dir, at.path, at.space, flags, mode) };
    let may_be_folder = flags & (bsd::O_ACCMODE | bsd::O_CREAT) == bsd::O_RDONLY;
    let ret = match may_be_folder.then(|| reroot::own_folder(cx, at)).flatten() {
        Some(folder) => open(cx.td(), folder),
        None => with_path(cx, (at, !stays), open),
    };
    if ret != 0 {
        not_opened(cx, at, (flags, stays), ret)?;
    }
    Ok(new_fd(cx))
}

/// What Linux makes of a name that cannot be opened.
#[cold]
#[inline(never)]
fn not_opened(cx: &mut Cx<'_>, at: At, (flags, stays): (i32, bool), ret: i32) -> Result<()> {
    let fail = Fail::from_kernel(ret);
    if is(fail, Errno::ENOENT) && !stays {
        return match fdpath::find(cx, at) {
            Some(fd) => fdpath::reopen(cx, fd, flags),
            None => Err(fail),
        };
    }
    Err(nowhere(cx, at, fail))
}

/// Makes a terminal just opened the controlling one, if the process leads a session
/// that has none. On FreeBSD only TIOCSCTTY does.
#[inline]
pub fn take_controlling_tty(cx: &mut Cx<'_>, fd: i32) {
    // SAFETY: current; the shim takes the locks it needs and its own reference.
    unsafe { ffi::lrs_open_tty(cx.td(), fd) };
}

/// chflagsat(2). EPERM, EOPNOTSUPP.
pub fn chflagsat(cx: &mut Cx<'_>, at: At, flags: u32, at_flags: i32) -> Result<()> {
    let mut args = ffi::chflagsat_args {
        fd: at.dir,
        path: at.path(),
        flags: flags.into(),
        atflag: at_flags,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole, its path a user address (kernel copy).
    check(unsafe { ffi::sys_chflagsat(cx.td(), &raw mut args) })
}

/// faccessat(2).
pub fn kern_accessat(cx: &mut Cx<'_>, at: At, flags: i32, mode: i32) -> Result<()> {
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, follows(flags)), |td, at| unsafe {
        ffi::kern_accessat(td, at.dir, at.path, at.space, flags, mode)
    });
    if ret == ffi::ENOENT.cast_signed() && follows(flags) && fdpath::find(cx, at).is_some() {
        // A pipe or a socket is its owner's to read and write.
        return match mode & ffi::X_OK.cast_signed() {
            0 => Ok(()),
            _ => Err(Errno::EACCES.into()),
        };
    }
    flagged(cx, at, flags, ret)
}

/// readlinkat(2): how many bytes were stored, without a NUL. EINVAL for what is no link.
pub fn kern_readlinkat(cx: &mut Cx<'_>, at: At, buf: UserBytesOut, len: usize) -> Result<usize> {
    let to = buf.addr().as_ptr();
    // SAFETY: current; kernel copy, both ways.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_readlinkat(td, at.dir, at.path, at.space, to, ffi::UIO_USERSPACE, len)
    });
    // CAST: a byte count of at most `len`.
    let stored = cx.retval() as usize;
    if !reroot::is_active(cx) {
        return check(ret).map(|()| stored);
    }
    let own = match ret {
        0 => None,
        // What is there in the real root is no link.
        _ if ret == ffi::EINVAL.cast_signed() => reroot::own_descriptor(cx, at),
        _ => None,
    };
    if own.is_none() {
        check(ret)?;
    }
    match reroot::made_up_link(cx, at, own)? {
        Some(target) => {
            let target = target.get(..target.len().min(len)).unwrap_or_default();
            buf.write(cx, target)?;
            Ok(target.len())
        }
        None => check(ret).map(|()| stored),
    }
}

/// mkdirat(2) with the permission bits of `mode`; FreeBSD drops the others.
pub fn kern_mkdirat(cx: &mut Cx<'_>, at: At, mode: u32) -> Result<()> {
    // What is in the emulation root is in the way; namei(9) would go on to the real root and make
    // the folder there.
    // SAFETY: current; kernel copy.
    if reroot::is_active(cx) && unsafe { ffi::lrs_is_in_emul_root(cx.td(), at.dir, at.path()) } {
        return Err(Errno::EEXIST.into());
    }
    let mode = mode.cast_signed();
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_mkdirat(td, at.dir, at.path, at.space, mode)
    });
    made(cx, at, ret)
}

/// mkfifoat(2).
pub fn kern_mkfifoat(cx: &mut Cx<'_>, at: At, mode: u32) -> Result<()> {
    let mode = mode.cast_signed();
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_mkfifoat(td, at.dir, at.path, at.space, mode)
    });
    made(cx, at, ret)
}

/// mknodat(2) for devices. EPERM for everybody but root.
pub fn kern_mknodat(cx: &mut Cx<'_>, at: At, mode: u32, device: Device) -> Result<()> {
    let (mode, device) = (mode.cast_signed(), device.to_bsd());
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_mknodat(td, at.dir, at.path, at.space, mode, device)
    });
    made(cx, at, ret)
}

/// unlinkat(2) without AT_REMOVEDIR. EPERM for a folder.
pub fn kern_funlinkat(cx: &mut Cx<'_>, at: At) -> Result<()> {
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_funlinkat(td, at.dir, at.path, ffi::FD_NONE, at.space, 0, 0)
    });
    removed(cx, at, ret)
}

/// unlinkat(2) with AT_REMOVEDIR. EISDIR for "/".
pub fn kern_frmdirat(cx: &mut Cx<'_>, at: At) -> Result<()> {
    // SAFETY: current; kernel copy.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        ffi::kern_frmdirat(td, at.dir, at.path, ffi::FD_NONE, at.space, 0)
    });
    removed(cx, at, ret)
}

/// symlinkat(2).
pub fn kern_symlinkat(cx: &mut Cx<'_>, target: UserCStr, at: At) -> Result<()> {
    // The target is in the same kind of memory as the path.
    let mut kept = None;
    if reroot::is_active(cx) {
        let mut text = Buffer::new(cx, reroot::PATH_MAX)?;
        target.read(cx, &mut text)?;
        kept = Some(text);
    }
    // SAFETY: current; kernel copy; the kept target ends in NUL.
    let ret = with_path(cx, (at, false), |td, at| unsafe {
        let target = match &kept {
            Some(text) if at.space == ffi::UIO_SYSSPACE => text.as_ptr().cast(),
            _ => target.as_ptr(),
        };
        ffi::kern_symlinkat(td, target, at.dir, at.path, at.space)
    });
    made(cx, at, ret)
}

/// fchmodat(2).
pub fn kern_fchmodat(cx: &mut Cx<'_>, at: At, mode: u16, flags: i32) -> Result<()> {
    // SAFETY: current; kernel copy.
    let ret = with_attributes(cx, (at, follows(flags)), |td, at| unsafe {
        ffi::kern_fchmodat(td, at.dir, at.path, at.space, mode, flags)
    });
    flagged(cx, at, flags, ret)
}

/// fchmod(2).
pub fn kern_fchmod(cx: &mut Cx<'_>, fd: Fd, mode: u16) -> Result<()> {
    let mut args = ffi::fchmod_args {
        fd: fd.0,
        mode,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_fchmod(cx.td(), &raw mut args) })
}

/// umask(2): the mask of before.
pub fn kern_umask(cx: &mut Cx<'_>, mask: i32) -> Result<i32> {
    let mut args = ffi::umask_args {
        // CAST: permission bits.
        newmask: mask as u16,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_umask(cx.td(), &raw mut args) })?;
    Ok(new_fd(cx))
}

/// fchownat(2); all ones leave an id as it is, as on Linux.
pub fn kern_fchownat(cx: &mut Cx<'_>, at: At, uid: u32, gid: u32, flags: i32) -> Result<()> {
    let (uid, gid) = (uid.cast_signed(), gid.cast_signed());
    // SAFETY: current; kernel copy.
    let ret = with_attributes(cx, (at, follows(flags)), |td, at| unsafe {
        ffi::kern_fchownat(td, at.dir, at.path, at.space, uid, gid, flags)
    });
    flagged(cx, at, flags, ret)
}

/// fchown(2); all ones leave an id as it is, as on Linux. EBADF, EPERM, EINVAL for what has no owner.
pub fn kern_fchown(cx: &mut Cx<'_>, fd: Fd, uid: u32, gid: u32) -> Result<()> {
    // SAFETY: current; the shim takes its own reference.
    check(unsafe { ffi::lrs_fchown(cx.td(), fd.0, uid, gid) })
}

/// Seconds and nanoseconds of last access and last change, UTIME_NOW and UTIME_OMIT
/// being FreeBSD's; `None` is now for both.
pub type FileTimes = Option<[(i64, i64); 2]>;

fn timespecs(times: FileTimes) -> Option<[ffi::timespec; 2]> {
    times.map(|times| times.map(|(tv_sec, tv_nsec)| ffi::timespec { tv_sec, tv_nsec }))
}

/// utimensat(2).
pub fn kern_utimensat(cx: &mut Cx<'_>, at: At, times: FileTimes, flags: i32) -> Result<()> {
    let times = timespecs(times);
    let times = times.as_ref().map_or(core::ptr::null(), |t| t.as_ptr());
    // SAFETY: current; kernel copy for the path; `times` is null or two of the kernel's own.
    let ret = with_attributes(cx, (at, follows(flags)), |td, at| unsafe {
        let space = ffi::UIO_SYSSPACE;
        ffi::kern_utimensat(td, at.dir, at.path, at.space, times, space, flags)
    });
    flagged(cx, at, flags, ret)
}

/// futimens(2).
pub fn kern_futimens(cx: &mut Cx<'_>, fd: Fd, times: FileTimes) -> Result<()> {
    let times = timespecs(times);
    let times = times.as_ref().map_or(core::ptr::null(), |t| t.as_ptr());
    // SAFETY: current; `times` is null or two of the kernel's own.
    check(unsafe { ffi::kern_futimens(cx.td(), fd.0, times, ffi::UIO_SYSSPACE) })
}

/// unmount(2).
pub fn kern_unmount(cx: &mut Cx<'_>, path: UserCStr, force: bool) -> Result<()> {
    let flags = if force { ffi::MNT_FORCE } else { 0 };
    // SAFETY: current; kernel copy for the path.
    check(unsafe { ffi::kern_unmount(cx.td(), path.as_ptr(), flags.cast_signed()) })
}

/// Whether a failure is this errno.
#[inline]
pub fn is(fail: Fail, errno: Errno) -> bool {
    fail == errno.into()
}
