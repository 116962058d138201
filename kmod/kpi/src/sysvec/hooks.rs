// SPDX-License-Identifier: BSD-2-Clause
//! Life and death: exec into Linux, first run of a child, end of thread and process.

use core::ffi::c_int;
use core::ptr;

use crate::emul;

/// `compat.linux.default_openfiles`: the soft RLIMIT_NOFILE a process gets when it
/// becomes Linux and had none of its own; -1 leaves it.
fn default_openfiles() -> i64 {
    // SAFETY: an int of sysctl.c that sysctl(9) writes.
    i64::from(unsafe { ptr::read_volatile(&raw const ffi::linux_rs_default_openfiles) })
}

/// `compat.linux.default_stacksize`: the same for RLIMIT_STACK, in bytes.
fn default_stacksize() -> i64 {
    // SAFETY: an int of sysctl.c that sysctl(9) writes.
    i64::from(unsafe { ptr::read_volatile(&raw const ffi::linux_rs_default_stacksize) })
}

/// Lowers the soft limit `which` to `wanted` where the process has no soft limit of its own.
unsafe fn default_limit(td: *mut ffi::thread, p: *mut ffi::proc_, which: u32, wanted: i64) {
    if wanted < 0 {
        return;
    }
    // SAFETY: p is the current process (caller); lim_rlimit_proc wants PROC_LOCK.
    unsafe {
        let mut limit: ffi::rlimit = core::mem::zeroed();
        ffi::lrs_PROC_LOCK(p);
        // CAST: RLIMIT_* are small.
        ffi::lim_rlimit_proc(p, which as c_int, &raw mut limit);
        ffi::lrs_PROC_UNLOCK(p);
        if limit.rlim_cur != limit.rlim_max || limit.rlim_cur <= wanted {
            return;
        }
        limit.rlim_cur = wanted;
        // Lowering a soft limit below the hard one cannot fail.
        ffi::kern_proc_setrlimit(td, p, which, &raw mut limit);
    }
}

/// sv_onexec: the process gets its Linux state, the vDSO and the emulation root.
///
/// # Safety
/// Called by exec_new_vmspace for the current, single-threaded process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_on_exec(
    p: *mut ffi::proc_,
    _imgp: *mut ffi::image_params,
) -> c_int {
    // SAFETY: caller: p is the current process, so its running thread is curthread.
    unsafe {
        let td = ffi::lrs_curthread();
        let error = super::vdso::map(p);
        if error != 0 {
            return error;
        }
        let was_linux = ffi::lrs_is_linux(p);
        emul::on_exec(td);
        // An int of sysctl.c; set again meanwhile, the next exec sees to it.
        let times = ptr::read_volatile(&raw const ffi::linux_rs_emul_path_set);
        let new_root = emul::must_look_up_root(p, times);
        if !was_linux {
            default_limit(td, p, ffi::RLIMIT_NOFILE, default_openfiles());
            default_limit(td, p, ffi::RLIMIT_STACK, default_stacksize());
            ffi::lrs_set_emul_root(td, false)
        } else if new_root {
            ffi::lrs_set_emul_root(td, true)
        } else {
            // It may have changed its root since: then there is nothing to look up any more.
            0
        }
    }
}

/// sv_onexit.
///
/// # Safety
/// Called by exit1 on the last thread of a Linux process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_on_exit(p: *mut ffi::proc_) {
    // SAFETY: caller: the current thread is the last one; its map is still there.
    unsafe {
        let td = (*p).p_threads.tqh_first;
        super::fault::correct_death(td, p);
        // An exec that fails once the old image is gone is SIGABRT to FreeBSD, SIGSEGV to Linux.
        if emul::in_exec(td) && (*p).p_xsig == ffi::SIGABRT {
            (*p).p_xsig = ffi::SIGSEGV;
        }
        emul::thread_gone(td);
        emul::detach_process(td);
    }
}

/// sv_ontdexit: the thread will not run again.
///
/// # Safety
/// Called by thread exit on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_on_thread_exit(td: *mut ffi::thread) {
    // SAFETY: caller.
    unsafe { emul::detach_thread(td) };
}

/// sv_thread_detach: another thread of the process made this one end (exit, exec).
///
/// # Safety
/// Called by thread_suspend_check on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_thread_detach(td: *mut ffi::thread) {
    // SAFETY: caller.
    unsafe { emul::thread_gone(td) };
}

/// sv_schedtail: a new thread runs for the first time.
///
/// # Safety
/// Called by fork_exit on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_schedtail(td: *mut ffi::thread) {
    // SAFETY: caller: current; emul.
    unsafe {
        let Some(state) = (*td).td_emuldata.cast::<emul::ThreadState>().as_ref() else {
            return;
        };
        crate::kern::seccomp::catch_up(td, state);
        crate::kern::identity::catch_up(td, state);
        let epolls = state.epolls.replace(ptr::null_mut());
        if !epolls.is_null() {
            ffi::lrs_epolls_make(td, epolls);
        }
        let to = state.set_child_tid.replace(0);
        if to != 0 {
            let tid = state.tid.get();
            // Linux ignores a bad address here too (schedule_tail).
            let _ = ffi::copyout(ptr::from_ref(&tid).cast(), to as *mut _, size_of_val(&tid));
        }
    }
}

/// sv_setid_allowed: `compat.linux.setid_allowed`.
///
/// # Safety
/// Called by exec.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_setid_allowed(
    _td: *mut ffi::thread,
    _imgp: *mut ffi::image_params,
) -> c_int {
    // SAFETY: a bool of sysctl.c that sysctl(9) writes.
    unsafe { ptr::read_volatile(&raw const ffi::linux_rs_setid_allowed_flag) }.into()
}
