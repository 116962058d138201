// SPDX-License-Identifier: BSD-2-Clause
//! rt_sigqueueinfo(2), rt_tgsigqueueinfo(2).
//!
//! FreeBSD: tdsendsignal, p_cansignal (kern_sig.c, kern_prot.c).
//! Differences from Linux: of what the program puts into the union, the sender and the
//! value arrive (the timer and its overrun for SI_TIMER); si_errno is 0.

use kpi::kern::signal::{Target, queue};
use kpi::{Cx, Errno, Result, UserIn};
use linux_abi::c::l_siginfo_t;
use linux_abi::siginfo::{BsdSiginfo, queued_to_bsd};
use linux_abi::signal::LinuxSignal;

/// Sends a signal with details to a process; 0 asks whether one could be sent.
///
/// EPERM for posing as the kernel or as kill(2), or without the right; ESRCH; EINVAL for
/// an unknown signal; EAGAIN where the queue is full; EFAULT.
pub(crate) fn rt_sigqueueinfo(
    cx: &mut Cx<'_>,
    pid: i32,
    sig: i32,
    uinfo: UserIn<l_siginfo_t>,
) -> Result<()> {
    let info = uinfo.read(cx)?;
    let plan = plan(sig, &info, pid == cx.pid())?;
    if pid <= 0 {
        return Err(Errno::ESRCH.into());
    }
    queue(cx, Target::Process(pid), plan)
}

/// The same for one thread of a process. EINVAL for ids below 1.
pub(crate) fn rt_tgsigqueueinfo(
    cx: &mut Cx<'_>,
    tgid: i32,
    pid: i32,
    sig: i32,
    uinfo: UserIn<l_siginfo_t>,
) -> Result<()> {
    let info = uinfo.read(cx)?;
    if pid <= 0 || tgid <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let plan = plan(sig, &info, pid == cx.tid())?;
    queue(
        cx,
        Target::Thread {
            process: tgid,
            thread: pid,
        },
        plan,
    )
}

/// What to queue. A forged sender is EPERM before the target is looked for, a wrong
/// number EINVAL after it: the inner result.
fn plan(
    sig: i32,
    info: &l_siginfo_t,
    to_self: bool,
) -> Result<Result<Option<BsdSiginfo>, Errno>, Errno> {
    // Any signal serves to check the code.
    let parsed = LinuxSignal::parse_or_probe(sig);
    let signal = parsed.ok().flatten().unwrap_or(LinuxSignal::SIGUSR1);
    let details = queued_to_bsd(signal, info, to_self)?;
    Ok(parsed.map(|signal| signal.map(|_| details)))
}
