// SPDX-License-Identifier: BSD-2-Clause
//! Switches of one process: kern_procctl.c, kern_sig.c.

use core::ffi::{c_int, c_void};

use linux_abi::signal::BsdSignal;

use crate::{Cx, Errno, Result, check};

/// The bytes of a thread's name on Linux, with its NUL (TASK_COMM_LEN).
pub const NAME_LEN: usize = 16;

fn procctl(cx: &mut Cx<'_>, command: u32, data: *mut c_void) -> Result<()> {
    let pid = i64::from(cx.pid());
    // SAFETY: current; the callers give what the command reads or writes.
    check(unsafe { ffi::kern_procctl(cx.td(), ffi::P_PID, pid, command as c_int, data) })
}

fn set(cx: &mut Cx<'_>, command: u32, value: u32) -> Result<()> {
    let mut value = value.cast_signed();
    procctl(cx, command, (&raw mut value).cast())
}

fn get(cx: &mut Cx<'_>, command: u32) -> Result<i32> {
    let mut value: c_int = 0;
    procctl(cx, command, (&raw mut value).cast())?;
    Ok(value)
}

/// The signal sent when the parent ends.
pub fn parent_death_signal(cx: &mut Cx<'_>) -> Result<Option<BsdSignal>> {
    get(cx, ffi::PROC_PDEATHSIG_STATUS).map(BsdSignal::new)
}

/// Sets that signal, or none.
pub fn set_parent_death_signal(cx: &mut Cx<'_>, signal: Option<BsdSignal>) -> Result<()> {
    let number = signal.map_or(0, BsdSignal::number);
    set(cx, ffi::PROC_PDEATHSIG_CTL, number.cast_unsigned())
}

/// Whether others of the same user may trace the process, and it may dump core; neither where its
/// ids have changed since exec.
pub fn traceable(cx: &mut Cx<'_>) -> Result<bool> {
    // SAFETY: current; one word.
    if unsafe { (*cx.proc_ptr()).p_flag } & ffi::P_SUGID as c_int != 0 {
        return Ok(false);
    }
    // -1 means it may not; otherwise the tracer's pid or 0 (procctl(2)).
    Ok(get(cx, ffi::PROC_TRACE_STATUS)? != -1)
}

/// Sets that, until the next exec.
pub fn set_traceable(cx: &mut Cx<'_>, traceable: bool) -> Result<()> {
    let value = if traceable {
        ffi::PROC_TRACE_CTL_ENABLE
    } else {
        ffi::PROC_TRACE_CTL_DISABLE
    };
    set(cx, ffi::PROC_TRACE_CTL, value)
}

/// Whether exec gives no privileges.
pub fn no_new_privs(cx: &mut Cx<'_>) -> Result<bool> {
    let enabled = ffi::PROC_NO_NEW_PRIVS_ENABLE.cast_signed();
    Ok(get(cx, ffi::PROC_NO_NEW_PRIVS_STATUS)? == enabled)
}

/// Makes exec give no privileges, for good.
pub fn set_no_new_privs(cx: &mut Cx<'_>) -> Result<()> {
    set(
        cx,
        ffi::PROC_NO_NEW_PRIVS_CTL,
        ffi::PROC_NO_NEW_PRIVS_ENABLE,
    )
}

/// Whether orphaned descendants become children of this process.
pub fn is_reaper(cx: &mut Cx<'_>) -> Result<bool> {
    // SAFETY: plain data that the command fills in.
    let mut status: ffi::procctl_reaper_status = unsafe { core::mem::zeroed() };
    procctl(cx, ffi::PROC_REAP_STATUS, (&raw mut status).cast())?;
    Ok(status.rs_flags & ffi::REAPER_STATUS_OWNED != 0 && status.rs_reaper == cx.pid())
}

/// Sets that; setting what is set already succeeds.
pub fn set_reaper(cx: &mut Cx<'_>, reaper: bool) -> Result<()> {
    let (command, already) = if reaper {
        (ffi::PROC_REAP_ACQUIRE, Errno::EBUSY)
    } else {
        (ffi::PROC_REAP_RELEASE, Errno::EINVAL)
    };
    match procctl(cx, command, core::ptr::null_mut()) {
        Err(fail) if fail == already.into() => Ok(()),
        other => other,
    }
}

/// Makes the next exec place everything at fixed addresses, or not (ADDR_NO_RANDOMIZE).
pub fn set_fixed_addresses(cx: &mut Cx<'_>, fixed: bool) -> Result<()> {
    let value = if fixed {
        ffi::PROC_ASLR_FORCE_DISABLE
    } else {
        ffi::PROC_ASLR_NOFORCE
    };
    set(cx, ffi::PROC_ASLR_CTL, value)
}

/// The thread's name, NUL-terminated.
pub fn thread_name(cx: &Cx<'_>) -> [u8; NAME_LEN] {
    // SAFETY: current; td_name is NUL-terminated, and written by the thread itself.
    let name = unsafe { (*cx.td()).td_name };
    let mut out = [0; NAME_LEN];
    for (to, from) in out.iter_mut().zip(name).take(NAME_LEN - 1) {
        if from == 0 {
            break;
        }
        *to = from.cast_unsigned();
    }
    out
}

/// Sets the thread's name and, in the first thread, the process's.
pub fn set_thread_name(cx: &mut Cx<'_>, mut name: [u8; NAME_LEN]) {
    if let Some(last) = name.last_mut() {
        *last = 0;
    }
    let first = cx.tid() == cx.pid();
    // SAFETY: current; the name ends in a NUL.
    unsafe { ffi::lrs_set_thread_name(cx.td(), first, name.as_ptr().cast()) };
}

/// kill(2): a process, a group (negative), all (-1) or the caller's group (0). `None` only asks.
/// ESRCH, EPERM.
pub fn kern_kill(cx: &mut Cx<'_>, pid: i32, signal: Option<BsdSignal>) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_kill(cx.td(), pid, signal.map_or(0, BsdSignal::number)) })
}
