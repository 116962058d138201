// SPDX-License-Identifier: BSD-2-Clause
//! pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
//!
//! FreeBSD: a file of ours (kpi::kern::pidfd) over the events of the process; fget_remote.
//! Differences from Linux: a pidfd is of a process, never of a thread: PIDFD_THREAD and the flags
//! of pidfd_send_signal are EINVAL, as before Linux 6.9; a folder of /proc is known by its name.

use kpi::kern::pidfd;
use kpi::{Cx, Errno, Result, UserIn};
use linux_abi::c::l_siginfo_t;
use linux_abi::fd::Fd;
use linux_abi::siginfo::queued_to_bsd;
use linux_abi::signal::LinuxSignal;
use linux_abi::special::pidfd_nonblocking;

/// A descriptor of a process, readable once it has ended. EINVAL, ESRCH, EMFILE.
pub(crate) fn pidfd_open(cx: &mut Cx<'_>, pid: i32, flags: u32) -> Result<i32> {
    let nonblocking = pidfd_nonblocking(flags)?;
    if pid <= 0 {
        return Err(Errno::EINVAL.into());
    }
    pidfd::open(cx, pid, nonblocking)
}

/// Sends a signal to the process, 0 only asks. EBADF, ESRCH, EPERM; EINVAL for flags, a wrong
/// signal, or one that differs from the one in `info`.
pub(crate) fn pidfd_send_signal(
    cx: &mut Cx<'_>,
    pidfd: Fd,
    sig: i32,
    info: Option<UserIn<l_siginfo_t>>,
    flags: u32,
) -> Result<()> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let pid = pidfd::pid_of(cx, pidfd)?;
    let info = match info {
        Some(info) => {
            let info = info.read(cx)?;
            if info.si_signo != sig {
                return Err(Errno::EINVAL.into());
            }
            let shape = LinuxSignal::new(sig).unwrap_or(LinuxSignal::SIGUSR1);
            Some(queued_to_bsd(shape, &info, pid == cx.pid())?)
        }
        None => None,
    };
    let signal = LinuxSignal::parse_or_probe(sig)?;
    pidfd::send_signal(cx, pidfd, signal.map(LinuxSignal::to_bsd), info)
}

/// A duplicate of a descriptor of the process, close-on-exec. EBADF, ESRCH, EPERM, EMFILE;
/// EINVAL for flags.
pub(crate) fn pidfd_getfd(cx: &mut Cx<'_>, pidfd: Fd, fd: Fd, flags: u32) -> Result<i32> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    pidfd::getfd(cx, pidfd, fd)
}
