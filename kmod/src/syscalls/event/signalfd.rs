// SPDX-License-Identifier: BSD-2-Clause
//! signalfd(2), signalfd4(2).
//!
//! FreeBSD: nothing like it; a file of ours (kpi::kern::signalfd) over kern_sigtimedwait.
//! Differences from Linux: ssi_utime and ssi_stime are 0.

use kpi::kern::signalfd;
use kpi::{Cx, Errno, Result, UserIn};
use linux_abi::c::l_sigset_t;
use linux_abi::fd::Fd;
use linux_abi::signalfd::signalfd_set;
use linux_abi::sigset::LINUX_SIGSET_BYTES;
use linux_abi::special::signalfd_flags;

/// Makes a descriptor that reads the signals of a set, or, for `fd` other than -1, gives one
/// another set. EINVAL for a wrong size or another kind of descriptor; EBADF, EMFILE, EFAULT.
pub(crate) fn signalfd(
    cx: &mut Cx<'_>,
    fd: i32,
    mask: UserIn<l_sigset_t>,
    sizemask: u64,
) -> Result<i32> {
    signalfd4(cx, fd, mask, sizemask, 0)
}

/// The same with SFD_CLOEXEC and SFD_NONBLOCK. EINVAL for any other flag.
pub(crate) fn signalfd4(
    cx: &mut Cx<'_>,
    fd: i32,
    mask: UserIn<l_sigset_t>,
    sizemask: u64,
    flags: i32,
) -> Result<i32> {
    if sizemask != LINUX_SIGSET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let set = signalfd_set(mask.read(cx)?.sig);
    let flags = signalfd_flags(flags)?;
    if fd == -1 {
        return signalfd::create(cx, set, flags.cloexec, flags.nonblocking);
    }
    signalfd::change(cx, Fd(fd), set)?;
    Ok(fd)
}
