// SPDX-License-Identifier: BSD-2-Clause
//! file_getattr(2), file_setattr(2).
//!
//! FreeBSD: chflagsat(2) (vfs_syscalls.c).
//! Differences from Linux: immutable, append-only and not to be dumped are all there is; a link in
//! the emulation root that leads out of it is not followed to be changed.

use kpi::kern::path::{At, chflagsat};
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::c::l_file_attr;
use linux_abi::fd::Fd;
use linux_abi::fileattr::{attributes, changed};

/// The size of the structure that programs know, and what Linux takes at most.
fn check_size(size: usize) -> Result<()> {
    const PAGE: usize = 4096;
    match size {
        _ if size > PAGE => Err(Errno::E2BIG.into()),
        _ if size < size_of::<l_file_attr>() => Err(Errno::EINVAL.into()),
        _ => Ok(()),
    }
}

/// Tells the attributes of a file. EINVAL, E2BIG, ENOENT, EFAULT.
pub(crate) fn file_getattr(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    out: UserBytesOut,
    size: usize,
    flags: u32,
) -> Result<()> {
    let flags = AtCall::Attributes.flags_to_bsd(flags.cast_signed())?;
    check_size(size)?;
    let st = kern_statat(cx, At::new(dir, path), flags)?;
    let told = attributes(st.flags);
    out.write_growing(cx, size, &told)
}

/// Sets the attributes of a file. EINVAL, E2BIG, ENOENT, EFAULT, EPERM, EOPNOTSUPP.
pub(crate) fn file_setattr(
    cx: &mut Cx<'_>,
    dir: Fd,
    path: UserCStr,
    attr: UserBytesIn,
    size: usize,
    flags: u32,
) -> Result<()> {
    let flags = AtCall::Attributes.flags_to_bsd(flags.cast_signed())?;
    check_size(size)?;
    let attr: l_file_attr = attr.read_growing(cx, size)?;
    // Bits nobody knows come before the file.
    changed(&attr, 0).or_else(|errno| match errno {
        Errno::EOPNOTSUPP => Ok(0),
        _ => Err(errno),
    })?;
    let at = At::new(dir, path);
    let old = kern_statat(cx, at, flags)?.flags;
    let new = changed(&attr, old)?;
    if new == old {
        return chflagsat(cx, at, old, flags);
    }
    chflagsat(cx, at, new, flags)
}
