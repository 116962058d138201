// SPDX-License-Identifier: BSD-2-Clause
//! Timers of a process that send signals: kern_time.c, timer_create(2).

use core::ffi::{c_int, c_void};

use linux_abi::c::l_itimerspec;
use linux_abi::sigevent::BsdSigevent;

use super::time::{first_thread, to_bsd, to_linux};
use crate::{Cx, Errno, Result, check};

fn spec_to_bsd(it: l_itimerspec) -> ffi::itimerspec {
    ffi::itimerspec {
        it_interval: to_bsd(it.it_interval),
        it_value: to_bsd(it.it_value),
    }
}

fn spec_to_linux(it: ffi::itimerspec) -> l_itimerspec {
    l_itimerspec {
        it_interval: to_linux(it.it_interval),
        it_value: to_linux(it.it_value),
    }
}

/// The thread in FreeBSD's numbers; EINVAL unless it is one of this process.
fn own_thread(cx: &Cx<'_>, tid: i32) -> Result<i32> {
    let tid = if tid == cx.pid() {
        first_thread(cx)
    } else {
        tid
    };
    // SAFETY: tdfind takes any number; a thread it gives comes with its process locked.
    unsafe {
        let td = ffi::tdfind(tid, cx.pid());
        if td.is_null() {
            return Err(Errno::EINVAL.into());
        }
        ffi::lrs_PROC_UNLOCK((*td).td_proc);
    }
    Ok(tid)
}

/// Makes a timer, not yet running; without an event it sends SIGALRM with its own id.
/// EINVAL, EAGAIN where there are too many.
pub fn kern_ktimer_create(cx: &mut Cx<'_>, clock: i32, event: Option<BsdSigevent>) -> Result<i32> {
    // SAFETY: sigevent is plain data.
    let mut raw: ffi::sigevent = unsafe { core::mem::zeroed() };
    let evp = match event {
        Some(event) => {
            raw.sigev_notify = event.notify;
            raw.sigev_signo = event.signo;
            raw.sigev_value.sival_ptr = event.value as *mut c_void;
            if let Some(tid) = event.thread {
                raw._sigev_un._threadid = own_thread(cx, tid)?;
            }
            &raw mut raw
        }
        None => core::ptr::null_mut(),
    };
    let mut id = -1;
    // SAFETY: current; `evp` is null or whole.
    check(unsafe { ffi::kern_ktimer_create(cx.td(), clock, evp, &raw mut id, -1) })?;
    Ok(id)
}

/// Starts or, with a value of zero, stops a timer; gives what was left. EINVAL.
pub fn kern_ktimer_settime(
    cx: &mut Cx<'_>,
    id: i32,
    flags: c_int,
    value: l_itimerspec,
) -> Result<l_itimerspec> {
    let mut new = spec_to_bsd(value);
    let mut old = spec_to_bsd(l_itimerspec::default());
    // SAFETY: current; both structures are whole.
    check(unsafe { ffi::kern_ktimer_settime(cx.td(), id, flags, &raw mut new, &raw mut old) })?;
    Ok(spec_to_linux(old))
}

/// What is left of a timer. EINVAL.
pub fn kern_ktimer_gettime(cx: &mut Cx<'_>, id: i32) -> Result<l_itimerspec> {
    let mut now = spec_to_bsd(l_itimerspec::default());
    // SAFETY: current; `now` is whole.
    check(unsafe { ffi::kern_ktimer_gettime(cx.td(), id, &raw mut now) })?;
    Ok(spec_to_linux(now))
}

/// How often the timer ran out again before its signal was taken. EINVAL.
pub fn kern_ktimer_getoverrun(cx: &mut Cx<'_>, id: i32) -> Result<i32> {
    // SAFETY: current.
    check(unsafe { ffi::kern_ktimer_getoverrun(cx.td(), id) })?;
    // CAST: the kernel stores an int there.
    Ok(cx.retval() as i32)
}

/// Removes a timer. EINVAL.
pub fn kern_ktimer_delete(cx: &mut Cx<'_>, id: i32) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_ktimer_delete(cx.td(), id) })
}
