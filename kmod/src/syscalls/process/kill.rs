// SPDX-License-Identifier: BSD-2-Clause
//! kill(2), tkill(2), tgkill(2).
//!
//! FreeBSD: kern_kill, tdsendsignal (kern_sig.c).
//! Differences from Linux: kill(2) takes ids of processes, not of single threads.

use kpi::kern::control::kern_kill;
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result};
use linux_abi::signal::LinuxSignal;

/// Sends a signal to processes; signal 0 only asks. EINVAL, EPERM, ESRCH.
pub(crate) fn kill(cx: &mut Cx<'_>, pid: i32, signal: i32) -> Result<()> {
    let signal = LinuxSignal::parse_or_probe(signal)?;
    if pid == i32::MIN {
        // Its group number would have no positive twin.
        return Err(Errno::ESRCH.into());
    }
    kern_kill(cx, pid, signal.map(LinuxSignal::to_bsd))
}

/// Sends a signal to one thread. EINVAL, EPERM, ESRCH.
pub(crate) fn tkill(cx: &mut Cx<'_>, tid: i32, signal: i32) -> Result<()> {
    if tid <= 0 {
        return Err(Errno::EINVAL.into());
    }
    send(cx, None, tid, signal)
}

/// The same, if the thread belongs to the process `pid`.
pub(crate) fn tgkill(cx: &mut Cx<'_>, pid: i32, tid: i32, signal: i32) -> Result<()> {
    if pid <= 0 || tid <= 0 {
        return Err(Errno::EINVAL.into());
    }
    send(cx, Some(pid), tid, signal)
}

fn send(cx: &Cx<'_>, pid: Option<i32>, tid: i32, signal: i32) -> Result<()> {
    // Linux looks for the thread first.
    let thread = LockedThread::find(cx, tid)?;
    if pid.is_some_and(|pid| pid != thread.pid()) {
        return Err(Errno::ESRCH.into());
    }
    let signal = LinuxSignal::parse_or_probe(signal)?;
    thread.signal(cx, signal.map(LinuxSignal::to_bsd))
}
