// SPDX-License-Identifier: BSD-2-Clause
//! Resource limits and processor times: kern_resource.c.

use core::ffi::c_int;

use linux_abi::c::l_timeval;

use crate::{Cx, Result, check};

/// One of the processes a limit is asked of, held until dropped.
pub struct Process(Option<*mut ffi::proc_>);

/// `compat.linux.dummy_rlimits`.
pub fn dummy_rlimits() -> bool {
    // SAFETY: an int of sysctl.c that sysctl(9) writes.
    unsafe { core::ptr::read_volatile(&raw const ffi::linux_rs_dummy_rlimits) != 0 }
}

impl Process {
    /// The caller's.
    pub const fn own() -> Process {
        Process(None)
    }

    /// The caller's process for 0 or its own pid, else another one. ESRCH, EPERM.
    pub fn get(cx: &mut Cx<'_>, pid: i32, write: bool) -> Result<Process> {
        if pid == 0 || pid == cx.pid() {
            return Ok(Process(None));
        }
        let rights = if write {
            ffi::PGET_CANDEBUG
        } else {
            ffi::PGET_CANSEE
        };
        let mut p = core::ptr::null_mut();
        // SAFETY: pget stores a process it holds, unlocked, unless it fails.
        let error = unsafe {
            ffi::pget(
                pid,
                (rights | ffi::PGET_HOLD | ffi::PGET_NOTWEXIT) as c_int,
                &raw mut p,
            )
        };
        check(error)?;
        Ok(Process(Some(p)))
    }

    fn pointer(&self, cx: &Cx<'_>) -> *mut ffi::proc_ {
        self.0.unwrap_or(cx.proc_ptr())
    }

    /// getrlimit(2): soft and hard limit of a FreeBSD resource.
    pub fn limit(&self, cx: &Cx<'_>, which: i32) -> (u64, u64) {
        // SAFETY: rlimit is plain data; lim_rlimit_proc wants the process locked.
        let mut limit: ffi::rlimit = unsafe { core::mem::zeroed() };
        let p = self.pointer(cx);
        // SAFETY: the process is current or held.
        unsafe {
            ffi::lrs_PROC_LOCK(p);
            ffi::lim_rlimit_proc(p, which, &raw mut limit);
            ffi::lrs_PROC_UNLOCK(p);
        }
        (
            limit.rlim_cur.cast_unsigned(),
            limit.rlim_max.cast_unsigned(),
        )
    }

    /// setrlimit(2). EPERM to raise the hard limit without privilege.
    pub fn set_limit(&self, cx: &mut Cx<'_>, which: i32, soft: u64, hard: u64) -> Result<()> {
        let mut limit = ffi::rlimit {
            rlim_cur: soft.cast_signed(),
            rlim_max: hard.cast_signed(),
        };
        // SAFETY: current; the process is current or held.
        check(unsafe {
            ffi::kern_proc_setrlimit(
                cx.td(),
                self.pointer(cx),
                which.cast_unsigned(),
                &raw mut limit,
            )
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(p) = self.0 {
            // SAFETY: held by `get`.
            unsafe { ffi::lrs_PRELE(p) };
        }
    }
}

/// Processor times of the process and of its reaped children.
pub struct Times {
    /// In user mode.
    pub user: l_timeval,
    /// In the kernel.
    pub system: l_timeval,
    /// The children's in user mode.
    pub child_user: l_timeval,
    /// The children's in the kernel.
    pub child_system: l_timeval,
}

fn timeval(tv: &ffi::timeval) -> l_timeval {
    l_timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    }
}

/// times(2).
pub fn times(cx: &mut Cx<'_>) -> Times {
    let mut t = [const {
        ffi::timeval {
            tv_sec: 0,
            tv_usec: 0,
        }
    }; 4];
    let [user, system, child_user, child_system] = &mut t;
    // SAFETY: current; four places to fill.
    unsafe { ffi::lrs_process_times(cx.td(), user, system, child_user, child_system) };
    let [user, system, child_user, child_system] = t;
    Times {
        user: timeval(&user),
        system: timeval(&system),
        child_user: timeval(&child_user),
        child_system: timeval(&child_system),
    }
}

/// The time since boot.
pub fn uptime(_cx: &Cx<'_>) -> l_timeval {
    let mut tv = ffi::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    // SAFETY: fills one timeval.
    unsafe { ffi::microuptime(&raw mut tv) };
    timeval(&tv)
}

/// setpriority(2). ESRCH, EINVAL, EPERM; EACCES to lower the value without privilege.
pub fn kern_setpriority(cx: &mut Cx<'_>, which: i32, who: i32, nice: i32) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_setpriority(cx.td(), which, who, nice) })
}

/// getpriority(2): the nice value. ESRCH, EINVAL.
pub fn kern_getpriority(cx: &mut Cx<'_>, which: i32, who: i32) -> Result<i32> {
    // SAFETY: current.
    check(unsafe { ffi::kern_getpriority(cx.td(), which, who) })?;
    // CAST: -20..=20.
    Ok(cx.retval() as i32)
}
