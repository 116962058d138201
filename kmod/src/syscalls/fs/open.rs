// SPDX-License-Identifier: BSD-2-Clause
//! open(2), openat(2), creat(2), openat2(2).
//!
//! FreeBSD: kern_openat (vfs_syscalls.c), TIOCSCTTY (tty.c).
//! Differences from Linux: O_TMPFILE is EOPNOTSUPP without O_EXCL, and with it shows a name for a
//! moment; O_NOATIME is ignored; a new file does not get the sticky bit; RESOLVE_CACHED is EAGAIN. The
//! other resolve flags walk the path here: an absolute one finds its first name in the emulation root or
//! else in the real root, and the rest there.

use kpi::kern::path::{At, is, kern_openat, take_controlling_tty};
use kpi::kern::resolve::open_within;
use kpi::kern::stat::kern_statat;
use kpi::kern::unnamed::open_unnamed;
use kpi::{Cx, Errno, Fail, Result, UserBytesIn, UserCStr};
use linux_abi::bsd;
use linux_abi::c::l_open_how;
use linux_abi::fd::Fd;
use linux_abi::open::{OpenPlan, Resolve, open_fail, plan_open, plan_openat2};

/// Opens a path below the working directory.
pub(crate) fn open(cx: &mut Cx<'_>, path: UserCStr, flags: i32, mode: u32) -> Result<i32> {
    let plan = plan_open(flags)?;
    do_open(cx, At::cwd(path), plan, mode)
}

/// Opens a path below the folder `dir`.
pub(crate) fn openat(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    flags: i32,
    mode: u32,
) -> Result<i32> {
    let plan = plan_open(flags)?;
    do_open(cx, At::new(dir, path), plan, mode)
}

/// Makes or empties a file and opens it for writing.
pub(crate) fn creat(cx: &mut Cx<'_>, path: UserCStr, mode: u32) -> Result<i32> {
    do_open(cx, At::cwd(path), OpenPlan::CREAT, mode)
}

/// openat with a structure that can grow, and limits on where the path may lead.
pub(crate) fn openat2(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    how: UserBytesIn,
    size: usize,
) -> Result<i32> {
    let how: l_open_how = how.read_growing(cx, size)?;
    let (plan, resolve) = plan_openat2(&how)?;
    let at = At::new(dir, path);
    let opened = if resolve.is_empty() || resolve == Resolve::BENEATH {
        do_open(cx, at, plan, mode_of(&how))
    } else {
        open_limited(cx, at, plan, resolve, mode_of(&how))
    };
    // FreeBSD says ENOTCAPABLE where the path leaves the folder.
    opened.map_err(|fail| {
        if fail == Errno::ENOTCAPABLE.into() {
            Errno::EXDEV.into()
        } else {
            fail
        }
    })
}

/// An open whose path may not lead everywhere.
fn open_limited(
    cx: &mut Cx<'_>,
    at: At,
    plan: OpenPlan,
    resolve: Resolve,
    mode: u32,
) -> Result<i32> {
    if plan.unnamed {
        // The folder, not the file, is what the path is of.
        return Err(Errno::EOPNOTSUPP.into());
    }
    let fd = open_within(cx, at, resolve, plan.bsd_flags, mode).map_err(open_fail)?;
    if plan.may_take_tty {
        take_controlling_tty(cx, fd);
    }
    Ok(fd)
}

/// The mode, which plan_openat2 has found to be permission bits.
fn mode_of(how: &l_open_how) -> u32 {
    u32::try_from(how.mode).unwrap_or(0)
}

#[inline]
fn do_open(cx: &mut Cx<'_>, at: At, plan: OpenPlan, mode: u32) -> Result<i32> {
    // Permission bits only count where a file may be made; Linux drops the type bits.
    let mode = if plan.creates { mode & 0o7777 } else { 0 };
    if plan.unnamed {
        return open_unnamed(cx, at, plan.bsd_flags, mode);
    }
    let fd = match kern_openat(cx, at, plan.bsd_flags, mode) {
        Ok(fd) => fd,
        Err(fail) => failed(cx, at, plan, fail)?,
    };
    if plan.may_take_tty {
        take_controlling_tty(cx, fd);
    }
    Ok(fd)
}

/// What Linux makes of a failure.
#[cold]
fn failed(cx: &mut Cx<'_>, at: At, plan: OpenPlan, fail: Fail) -> Result<i32> {
    // To namei(9), opening with O_CREAT changes the folder even if the file is there.
    if plan.creates && is(fail, Errno::EROFS) {
        return open_read_only(cx, at, plan);
    }
    Err(open_fail(fail))
}

/// Opens a file that is there in a folder that cannot change.
fn open_read_only(cx: &mut Cx<'_>, at: At, plan: OpenPlan) -> Result<i32> {
    let exclusive = plan.bsd_flags & bsd::O_EXCL != 0;
    let nofollow = exclusive || plan.bsd_flags & bsd::O_NOFOLLOW != 0;
    let Ok(st) = kern_statat(
        cx,
        at,
        if nofollow {
            bsd::AT_SYMLINK_NOFOLLOW
        } else {
            0
        },
    ) else {
        return Err(Errno::EROFS.into());
    };
    if exclusive {
        return Err(Errno::EEXIST.into());
    }
    if i32::from(st.mode) & bsd::S_IFMT == bsd::S_IFDIR {
        return Err(Errno::EISDIR.into());
    }
    kern_openat(cx, at, plan.bsd_flags & !bsd::O_CREAT, 0).map_err(open_fail)
}
