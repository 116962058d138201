// SPDX-License-Identifier: BSD-2-Clause
//! wait4(2), waitid(2).
//!
//! FreeBSD: kern_wait6 (kern_exit.c).
//! Differences from Linux: __WNOTHREAD is ignored, children belong to the process.

use kpi::kern::wait::{Changed, Details, wait};
use kpi::{Cx, Result, UserOut};
use linux_abi::c::{l_rusage, l_siginfo_t};
use linux_abi::pod::Pod;
use linux_abi::siginfo::siginfo_to_linux;
use linux_abi::wait::{WALL, wait4_options, wait4_target, waitid_options, waitid_target};

const fn all_children(options: i32) -> bool {
    options.cast_unsigned() & WALL != 0
}

/// The pid of a child that ended, stopped or went on; 0 with WNOHANG if none did.
///
/// ECHILD, EINTR, EINVAL, ESRCH. EFAULT loses the child's status, as on Linux.
pub(crate) fn wait4(
    cx: &mut Cx<'_>,
    pid: i32,
    status: Option<UserOut<i32>>,
    options: i32,
    usage: Option<UserOut<l_rusage>>,
) -> Result<i32> {
    let plan = wait4_options(options)?;
    let target = wait4_target(pid)?;

    let mut details = None;
    let wanted = usage.is_some().then_some(&mut details);
    let Some(child) = wait(cx, target, plan, all_children(options), wanted)? else {
        return Ok(0);
    };

    if let Some(status) = status {
        status.write(cx, &child.status)?;
    }
    if let (Some(usage), Some(details)) = (usage, &details) {
        usage.write(cx, &details.usage)?;
    }
    Ok(child.pid)
}

/// The same, told as a signal. With WNOHANG and no such child, `info` is all zero.
pub(crate) fn waitid(
    cx: &mut Cx<'_>,
    which: i32,
    id: i32,
    info: Option<UserOut<l_siginfo_t>>,
    options: i32,
    usage: Option<UserOut<l_rusage>>,
) -> Result<()> {
    let mut details = None;
    let waited = waitid_wait(cx, which, id, options, &mut details);

    if let (Some(usage), Some(child)) = (usage, &details) {
        usage.write(cx, &child.usage)?;
    }
    // Linux stores also where it fails, so that a bad address is told before a bad option.
    if let Some(info) = info {
        info.write(cx, &details.as_ref().map_or(l_siginfo_t::ZERO, told))?;
    }
    waited.map(drop)
}

fn waitid_wait(
    cx: &mut Cx<'_>,
    which: i32,
    id: i32,
    options: i32,
    details: &mut Option<Details>,
) -> Result<Option<Changed>> {
    let plan = waitid_options(options)?;
    let target = waitid_target(which, id)?;
    wait(cx, target, plan, all_children(options), Some(details))
}

fn told(child: &Details) -> l_siginfo_t {
    siginfo_to_linux(&child.info)
}
