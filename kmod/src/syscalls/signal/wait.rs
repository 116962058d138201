// SPDX-License-Identifier: BSD-2-Clause
//! rt_sigsuspend(2), pause(2), rt_sigtimedwait(2), restart_syscall(2).
//!
//! FreeBSD: kern_sigsuspend, kern_sigtimedwait (kern_sig.c).
//! Differences from Linux: none known.

use kpi::door::Untouched;
use kpi::kern::signal;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_siginfo_t, l_sigset_t, l_timespec};
use linux_abi::siginfo::siginfo_to_linux;
use linux_abi::sigset::sigset_to_bsd;

use super::check_size;

/// Waits under another mask until a handler has run, then EINTR. EINVAL, EFAULT.
pub(crate) fn rt_sigsuspend(
    cx: &mut Cx<'_>,
    unewset: UserIn<l_sigset_t>,
    sigsetsize: u64,
) -> Result<Untouched> {
    check_size(sigsetsize)?;
    let set = unewset.read(cx)?;
    signal::kern_sigsuspend(cx, sigset_to_bsd(set.sig))
}

/// Waits until a handler has run, then EINTR.
pub(crate) fn pause(cx: &mut Cx<'_>) -> Result<Untouched> {
    let mask = signal::mask(cx);
    signal::kern_sigsuspend(cx, mask)
}

/// Goes on with a call that a stop interrupted, which FreeBSD does inside the kernel: there is never one, and Linux
/// says EINTR then.
pub(crate) fn restart_syscall(_cx: &mut Cx<'_>) -> Result<()> {
    Err(Errno::EINTR.into())
}

/// Takes one of the signals of a set, or waits for one; gives its number.
///
/// EAGAIN when the time is over, EINTR after a handler for another signal; EINVAL for
/// a wrong set size or time; EFAULT, and then the signal is lost, as on Linux.
pub(crate) fn rt_sigtimedwait(
    cx: &mut Cx<'_>,
    uthese: UserIn<l_sigset_t>,
    uinfo: Option<UserOut<l_siginfo_t>>,
    uts: Option<UserIn<l_timespec>>,
    sigsetsize: u64,
) -> Result<i32> {
    check_size(sigsetsize)?;
    let these = uthese.read(cx)?;
    let timeout = match uts {
        Some(uts) => Some(uts.read(cx)?.check_timeout()?),
        None => None,
    };

    let info = signal::kern_sigtimedwait(cx, sigset_to_bsd(these.sig), timeout)?;

    let info = siginfo_to_linux(&info);
    if let Some(uinfo) = uinfo {
        uinfo.write(cx, &info)?;
    }
    Ok(info.si_signo)
}
