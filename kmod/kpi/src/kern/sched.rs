// SPDX-License-Identifier: BSD-2-Clause
//! Scheduling policies and processor sets: p1003_1b.c, kern_cpuset.c.

use core::ffi::c_int;
use core::sync::atomic::Ordering;

use linux_abi::c::l_timespec;
use linux_abi::sched::{self, Policy};

use crate::kern::thread::LockedThread;
use crate::{Cx, Errno, Result, check};

/// Whether `compat.linux.map_sched_prio` maps priorities to Linux's range.
fn mapped() -> bool {
    // SAFETY: a bool of sysctl.c, set by a loader tunable only.
    unsafe { core::ptr::read_volatile(&raw const ffi::linux_rs_map_sched_prio) }
}

fn to_bsd(policy: Policy, priority: i32) -> Result<ffi::sched_param> {
    let sched_priority = if mapped() {
        // SAFETY: a constant of the kernel.
        sched::priority_to_bsd(policy, priority, unsafe { ffi::lrs_timeshare_span() })?
    } else {
        priority
    };
    Ok(ffi::sched_param { sched_priority })
}

/// FreeBSD's policy of a thread, as Linux names it.
fn kernel_policy(cx: &Cx<'_>, thread: &LockedThread<'_, '_>) -> Result<Policy> {
    let mut policy = 0;
    // SAFETY: current; the thread's process is locked.
    check(unsafe { ffi::kern_sched_getscheduler(cx.td(), thread.thread(), &raw mut policy) })?;
    Ok(Policy::from_bsd(policy))
}

/// Policy of a thread. EPERM, ESRCH.
pub fn policy(cx: &Cx<'_>, thread: &LockedThread<'_, '_>) -> Result<Policy> {
    let kernel = kernel_policy(cx, thread)?;
    let kept = thread
        .linux_state()
        .map_or(0, |state| state.policy.load(Ordering::Relaxed));
    match Policy::from_linux(kept) {
        Ok(kept) if !kernel.is_real_time() => Ok(kept),
        _ => Ok(kernel),
    }
}

/// Whether children of the thread start with the usual policy.
pub fn resets_on_fork(_cx: &Cx<'_>, thread: &LockedThread<'_, '_>) -> bool {
    thread
        .linux_state()
        .is_some_and(|state| state.reset_on_fork.load(Ordering::Relaxed))
}

/// Sets that.
pub fn set_reset_on_fork(cx: &Cx<'_>, thread: &LockedThread<'_, '_>, reset: bool) -> Result<()> {
    // SAFETY: current; the thread's process is locked.
    check(unsafe { ffi::p_cansched(cx.td(), thread.process()) })?;
    if let Some(state) = thread.linux_state() {
        state.reset_on_fork.store(reset, Ordering::Relaxed);
    }
    Ok(())
}

/// What SCHED_RESET_ON_FORK does to a new thread: a real-time policy becomes the usual one, a nice
/// value below 0 becomes 0.
///
/// # Safety
/// `td` does not run yet.
pub(crate) unsafe fn reset(td: *mut ffi::thread) {
    // SAFETY: caller; only the first thread of a process comes with a nice value of its own.
    unsafe {
        let class = u32::from((*td).td_pri_class) & !ffi::PRI_FIFO_BIT;
        if class == ffi::PRI_REALTIME {
            set_class(td, ffi::RTP_PRIO_NORMAL);
        }
        let p = (*td).td_proc;
        if p != (*ffi::lrs_curthread()).td_proc && (*p).p_nice < 0 {
            ffi::lrs_PROC_LOCK(p);
            ffi::sched_nice(p, 0);
            ffi::lrs_PROC_UNLOCK(p);
        }
    }
}

/// Moves a thread between time sharing and the idle class.
unsafe fn set_class(td: *mut ffi::thread, class: u32) {
    // CAST: RTP_PRIO_* are small.
    let mut rtp = ffi::rtprio {
        type_: class as u16,
        prio: 0,
    };
    // SAFETY: caller; priority 0 exists in every class, so this cannot fail.
    unsafe { ffi::rtp_to_pri(&raw mut rtp, td) };
}

/// Linux priority of a thread.
pub fn priority(cx: &Cx<'_>, thread: &LockedThread<'_, '_>) -> Result<i32> {
    let policy = policy(cx, thread)?;
    let mut param = ffi::sched_param { sched_priority: 0 };
    // SAFETY: as above.
    check(unsafe { ffi::kern_sched_getparam(cx.td(), thread.thread(), &raw mut param) })?;
    Ok(if mapped() {
        sched::sched_priority_to_linux(policy, param.sched_priority)
    } else {
        param.sched_priority
    })
}

/// Sets the priority within the present policy. EINVAL, EPERM.
pub fn set_priority(cx: &Cx<'_>, thread: &LockedThread<'_, '_>, priority: i32) -> Result<()> {
    set_policy(cx, thread, policy(cx, thread)?, priority)
}

/// Sets policy and priority. EINVAL, EPERM. Only a real-time policy takes a privilege.
pub fn set_policy(
    cx: &Cx<'_>,
    thread: &LockedThread<'_, '_>,
    policy: Policy,
    priority: i32,
) -> Result<()> {
    let mut param = to_bsd(policy, priority)?;
    let before = self::policy(cx, thread)?;
    if policy.is_real_time() {
        // SAFETY: current; the thread's process is locked.
        check(unsafe {
            ffi::kern_sched_setscheduler(cx.td(), thread.thread(), policy.to_bsd(), &raw mut param)
        })?;
    } else {
        // SAFETY: as above.
        check(unsafe { ffi::p_cansched(cx.td(), thread.process()) })?;
        if before.is_real_time() || (before == Policy::Idle) != (policy == Policy::Idle) {
            let class = if policy == Policy::Idle {
                ffi::RTP_PRIO_IDLE
            } else {
                ffi::RTP_PRIO_NORMAL
            };
            // SAFETY: as above.
            unsafe { set_class(thread.thread(), class) };
        }
    }
    if let Some(state) = thread.linux_state() {
        let kept = match policy {
            Policy::Batch | Policy::Idle => policy.to_linux(),
            _ => 0,
        };
        state.policy.store(kept, Ordering::Relaxed);
    }
    Ok(())
}

/// The priority of a thread's input and output that was set, or 0.
pub fn io_priority(thread: &LockedThread<'_, '_>) -> i32 {
    let state = thread.linux_state();
    state.map_or(0, |s| s.io_priority.load(Ordering::Relaxed))
}

/// Sets that. EPERM for a thread of another user, or where it takes a privilege.
pub fn set_io_priority(
    cx: &Cx<'_>,
    thread: &LockedThread<'_, '_>,
    priority: i32,
    privileged: bool,
) -> Result<()> {
    // SAFETY: current; the thread's process is locked.
    let denied = unsafe {
        ffi::p_cansched(cx.td(), thread.process()) != 0
            || privileged && ffi::priv_check(cx.td(), ffi::PRIV_SCHED_RTPRIO.cast_signed()) != 0
    };
    if denied {
        return Err(Errno::EPERM.into());
    }
    if let Some(state) = thread.linux_state() {
        state.io_priority.store(priority, Ordering::Relaxed);
    }
    Ok(())
}

/// sched_rr_get_interval(2).
pub fn interval(cx: &Cx<'_>, thread: &LockedThread<'_, '_>) -> Result<l_timespec> {
    let mut ts = ffi::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as above.
    check(unsafe { ffi::kern_sched_rr_get_interval_td(cx.td(), thread.thread(), &raw mut ts) })?;
    Ok(l_timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    })
}

/// A set of processors, FreeBSD's cpuset_t: bit `n` of the little-endian bytes is processor `n`.
pub const CPUSET_BYTES: usize = size_of::<ffi::cpuset_t>();

/// One more than the largest processor number.
pub fn cpu_count(_cx: &Cx<'_>) -> usize {
    // SAFETY: set at boot.
    let highest = unsafe { ffi::mp_maxid } as usize;
    highest + 1
}

/// The bytes a set needs on this machine, in whole words.
pub fn cpuset_used_bytes(cx: &Cx<'_>) -> usize {
    (cpu_count(cx).div_ceil(64) * 8).min(CPUSET_BYTES)
}

// The kernel fills a whole set: ours must be as large as its own (MAXCPU bits, with SMP).
const _: () = assert!(CPUSET_BYTES == 1024 / 8);

/// The processors that exist.
pub fn all_cpus(_cx: &Cx<'_>) -> [u8; CPUSET_BYTES] {
    // SAFETY: set at boot; cpuset_t is words without padding.
    unsafe { core::mem::transmute(ffi::all_cpus) }
}

/// The processors a thread may run on; `kernel_tid` is FreeBSD's id. ESRCH.
pub fn affinity(cx: &mut Cx<'_>, kernel_tid: i32) -> Result<[u8; CPUSET_BYTES]> {
    // SAFETY: cpuset_t is plain data.
    let mut set: ffi::cpuset_t = unsafe { core::mem::zeroed() };
    // SAFETY: current; a whole set to fill.
    check(unsafe {
        ffi::kern_cpuset_getaffinity(
            cx.td(),
            ffi::CPU_LEVEL_WHICH as ffi::cpulevel_t,
            ffi::CPU_WHICH_TID as ffi::cpuwhich_t,
            i64::from(kernel_tid),
            CPUSET_BYTES,
            &raw mut set,
        )
    })?;
    // SAFETY: words without padding.
    Ok(unsafe { core::mem::transmute::<ffi::cpuset_t, [u8; CPUSET_BYTES]>(set) })
}

/// Sets the processors a thread may run on. EINVAL for none that exists, EPERM, ESRCH.
pub fn set_affinity(cx: &mut Cx<'_>, kernel_tid: i32, set: [u8; CPUSET_BYTES]) -> Result<()> {
    // SAFETY: every bit pattern is a cpuset_t.
    let mut set: ffi::cpuset_t = unsafe { core::mem::transmute(set) };
    // SAFETY: current; one whole set.
    let error = unsafe {
        ffi::kern_cpuset_setaffinity(
            cx.td(),
            ffi::CPU_LEVEL_WHICH as ffi::cpulevel_t,
            ffi::CPU_WHICH_TID as ffi::cpuwhich_t,
            i64::from(kernel_tid),
            &raw mut set,
        )
    };
    match check(error) {
        Err(fail) if fail == Errno::EDEADLK.into() => Err(Errno::EINVAL.into()),
        other => other,
    }
}

/// The processor the thread runs on and its memory domain.
pub fn current_cpu(cx: &Cx<'_>) -> (u32, u32) {
    let mut domain: c_int = 0;
    // SAFETY: current.
    let cpu = unsafe { ffi::lrs_cpu(cx.td(), &raw mut domain) };
    (cpu.cast_unsigned(), domain.cast_unsigned())
}
