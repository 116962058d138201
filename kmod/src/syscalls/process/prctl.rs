// SPDX-License-Identifier: BSD-2-Clause
//! prctl(2).
//!
//! FreeBSD: kern_procctl (kern_procctl.c).
//! Differences from Linux: core scheduling and memory maps are EINVAL,
//! as on a Linux built without them, and so is any but the default answer to memory errors;
//! a process whose ids have changed stays undumpable until exec.

use kpi::kern::control::{self, NAME_LEN};
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserCStr, UserOut};
use linux_abi::prctl::{Prctl, TSC_ENABLE};
use linux_abi::signal::{BsdSignal, LinuxSignal};

use crate::syscalls::cred as caps;

/// Asks or changes one thing of the process or thread. EINVAL for what does not exist.
pub(crate) fn prctl(
    cx: &mut Cx<'_>,
    option: i32,
    arg2: u64,
    arg3: u64,
    arg4: u64,
    arg5: u64,
) -> Result<i32> {
    let what = Prctl::parse(option, [arg2, arg3, arg4, arg5])?;
    match what {
        Prctl::SetParentDeathSignal(signal) => {
            control::set_parent_death_signal(cx, signal.map(LinuxSignal::to_bsd))?;
        }
        Prctl::GetParentDeathSignal(to) => {
            let signal = control::parent_death_signal(cx)?.and_then(BsdSignal::to_linux);
            UserOut::from_reg(to).write(cx, &signal.map_or(0, LinuxSignal::number))?;
        }
        Prctl::GetDumpable => return control::traceable(cx).map(i32::from),
        Prctl::SetDumpable(dumpable) => control::set_traceable(cx, dumpable)?,
        Prctl::SetName(from) => {
            let name = read_name(cx, from)?;
            control::set_thread_name(cx, name);
        }
        Prctl::GetName(to) => {
            let name = control::thread_name(cx);
            UserBytesOut::from_reg(to).write(cx, &name)?;
        }
        Prctl::SetChildSubreaper(reaper) => control::set_reaper(cx, reaper)?,
        Prctl::GetChildSubreaper(to) => {
            let reaper = control::is_reaper(cx)?;
            UserOut::from_reg(to).write(cx, &i32::from(reaper))?;
        }
        Prctl::SetNoNewPrivs => control::set_no_new_privs(cx)?,
        Prctl::GetNoNewPrivs => return control::no_new_privs(cx).map(i32::from),
        Prctl::SetTimerSlack(nsec) => cx.thread_state().timer_slack.set(nsec),
        Prctl::GetTimerSlack => {
            // Linux cuts it to an int as well.
            return Ok(i32::try_from(cx.thread_state().timer_slack.get()).unwrap_or(i32::MAX));
        }
        Prctl::GetTsc(to) => UserOut::from_reg(to).write(cx, &TSC_ENABLE)?,
        Prctl::GetTidAddress(to) => {
            let addr = cx.thread_state().clear_child_tid.get();
            UserOut::from_reg(to).write(cx, &addr)?;
        }
        Prctl::SetSeccomp(operation) => return super::seccomp::confine(cx, operation),
        Prctl::GetSeccomp => return Ok(kpi::kern::seccomp::mode(cx)),
        Prctl::Constant(value) => return Ok(value),
        Prctl::GetBounding(set) => return caps::is_bounding(cx, set),
        Prctl::DropBounding(set) => caps::drop_bounding(cx, set)?,
        Prctl::Ambient(request) => return caps::ambient(cx, request),
        Prctl::GetKeepCaps => return caps::keeps(cx),
        Prctl::SetKeepCaps(keep) => caps::set_keeps(cx, keep)?,
        Prctl::GetSecurebits => return caps::securebits(cx),
        Prctl::SetSecurebits(bits) => caps::set_securebits(cx, bits)?,
    }
    Ok(0)
}

/// A name of at most 15 bytes; a longer one is cut.
fn read_name(cx: &mut Cx<'_>, from: u64) -> Result<[u8; NAME_LEN]> {
    let mut name = [0; NAME_LEN];
    match UserCStr::from_reg(from).read(cx, &mut name) {
        Err(fail) if fail == Errno::ENAMETOOLONG.into() => {
            UserBytesIn::from_reg(from).read(cx, &mut name)?;
        }
        other => {
            other?;
        }
    }
    if let Some(last) = name.last_mut() {
        *last = 0;
    }
    Ok(name)
}
