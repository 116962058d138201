// SPDX-License-Identifier: BSD-2-Clause
//! The vsyscall page: three calls at fixed addresses in the kernel's half, used by
//! programs older than the vDSO. Nothing is mapped there; the fault is the call.

use core::ffi::c_int;

const VSYSCALL_START: u64 = 0xffff_ffff_ff60_0000;
const VSYSCALL_SLOT: u64 = 1024;

/// SYS_gettimeofday, SYS_time, SYS_getcpu, by slot.
const CALLS: [i64; 3] = [96, 201, 309];

/// The call behind an instruction address, if it is one of the three.
fn call_at(rip: u64) -> Option<i64> {
    let offset = rip.checked_sub(VSYSCALL_START)?;
    if offset % VSYSCALL_SLOT != 0 {
        return None;
    }
    CALLS.get((offset / VSYSCALL_SLOT) as usize).copied()
}

/// Serves the fault as a vsyscall if the instruction address is one; an errno otherwise.
///
/// # Safety
/// From `sv_trap`: `td` is curthread.
pub(super) unsafe fn serve(td: *mut ffi::thread) -> Result<(), c_int> {
    // SAFETY: caller: the frame is the thread's own; user memory is copied with checks.
    unsafe {
        let frame = (*td).td_frame;
        let Some(call) = call_at((*frame).tf_rip.cast_unsigned()) else {
            return Err(ffi::EINVAL as c_int);
        };
        // Entered by `call`: the return address is on the stack.
        let mut back = 0i64;
        let error = ffi::copyin(
            (*frame).tf_rsp as *const _,
            (&raw mut back).cast(),
            size_of::<i64>(),
        );
        if error != 0 {
            return Err(error);
        }
        (*frame).tf_rip = back;
        (*frame).tf_rsp = (*frame).tf_rsp.wrapping_add(8);
        (*frame).tf_rax = call;
        let traced = (*frame).tf_rflags & i64::from(ffi::PSL_T);
        ffi::amd64_syscall(td, traced as c_int);
    }
    Ok(())
}
