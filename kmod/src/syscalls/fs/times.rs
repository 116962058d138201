// SPDX-License-Identifier: BSD-2-Clause
//! utimensat(2), utimes(2), utime(2), futimesat(2).
//!
//! FreeBSD: kern_utimensat, kern_futimens (vfs_syscalls.c).
//! Differences from Linux: none known.

use kpi::kern::path::{At, FileTimes, kern_futimens, kern_utimensat};
use kpi::{Cx, Errno, Result, UserCStr, UserIn};
use linux_abi::at::AtCall;
use linux_abi::c;
use linux_abi::fd::Fd;
use linux_abi::time::FileTime;

/// Sets last access and last change, each to a time, to now, or not at all. Without a path,
/// those of the open file `dir`.
pub(crate) fn utimensat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: Option<UserCStr>,
    times: Option<UserIn<[c::l_timespec; 2]>>,
    flags: i32,
) -> Result<()> {
    let times = match times {
        None => None,
        Some(times) => {
            let [access, change] = times.read(cx)?.map(FileTime::parse);
            // Linux looks at nothing else then, not even at the path.
            if (access, change) == (Ok(FileTime::Omit), Ok(FileTime::Omit)) {
                return Ok(());
            }
            Some([access?.to_bsd(), change?.to_bsd()])
        }
    };
    match path {
        Some(path) => {
            let flags = AtCall::Attributes.flags_to_bsd(flags)?;
            kern_utimensat(cx, At::new(dir, path), times, flags)
        }
        None => open_file(cx, dir, times, flags),
    }
}

fn open_file(cx: &mut Cx<'_>, fd: Fd, times: FileTimes, flags: i32) -> Result<()> {
    let at = At::new(fd, UserCStr::from_reg(0));
    if at.is_cwd() {
        return Err(Errno::EFAULT.into());
    }
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    kern_futimens(cx, fd, times)
}

/// The same in microseconds.
pub(crate) fn utimes(
    cx: &mut Cx<'_>,
    path: UserCStr,
    times: Option<UserIn<[c::l_timeval; 2]>>,
) -> Result<()> {
    let times = read_timevals(cx, times)?;
    kern_utimensat(cx, At::cwd(path), times, 0)
}

/// The same below the folder `dir`. Without a path, those of the open file `dir`.
pub(crate) fn futimesat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: Option<UserCStr>,
    times: Option<UserIn<[c::l_timeval; 2]>>,
) -> Result<()> {
    let times = read_timevals(cx, times)?;
    match path {
        Some(path) => kern_utimensat(cx, At::new(dir, path), times, 0),
        None => open_file(cx, dir, times, 0),
    }
}

fn read_timevals(cx: &mut Cx<'_>, times: Option<UserIn<[c::l_timeval; 2]>>) -> Result<FileTimes> {
    let Some(times) = times else {
        return Ok(None);
    };
    let [access, change] = times.read(cx)?.map(c::l_timeval::to_timespec);
    let (access, change) = (access?, change?);
    Ok(Some([
        (access.tv_sec, access.tv_nsec),
        (change.tv_sec, change.tv_nsec),
    ]))
}

/// The same in seconds.
pub(crate) fn utime(
    cx: &mut Cx<'_>,
    path: UserCStr,
    times: Option<UserIn<c::l_utimbuf>>,
) -> Result<()> {
    let times = match times {
        None => None,
        Some(times) => {
            let times = times.read(cx)?;
            Some([(times.actime, 0), (times.modtime, 0)])
        }
    };
    kern_utimensat(cx, At::cwd(path), times, 0)
}
