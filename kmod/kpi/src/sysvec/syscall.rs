// SPDX-License-Identifier: BSD-2-Clause
//! Into and out of a system call: registers to arguments, answer to rax.
//!
//! On entry the kernel's fast_syscall has saved rcx (the return address) as
//! tf_rip and moved r10, the fourth argument, to tf_rcx (amd64/exception.S).
//! Linux preserves every register but rax, rcx and r11.

use core::ffi::c_int;

use linux_abi::Errno;

use super::table;

/// sv_fetch_syscall_args.
///
/// # Safety
/// Called by syscallenter on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_fetch_syscall_args(td: *mut ffi::thread) -> c_int {
    // SAFETY: caller: td is curthread; its frame and td_sa are its own.
    unsafe {
        let frame = &mut *(*td).td_frame;
        let sa = &mut (*td).td_sa;
        sa.args[0] = frame.tf_rdi;
        sa.args[1] = frame.tf_rsi;
        sa.args[2] = frame.tf_rdx;
        sa.args[3] = frame.tf_rcx;
        sa.args[4] = frame.tf_r8;
        sa.args[5] = frame.tf_r9;
        // CAST: Linux takes the number from eax.
        let code = frame.tf_rax as u32;
        sa.code = code;
        sa.original_code = code;
        sa.callp = table::row_of(code);
        // The user shall find r10 as it was, and in rcx and r11 what the instruction left there.
        frame.tf_r10 = frame.tf_rcx;
        frame.tf_rcx = frame.tf_rip;
        frame.tf_r11 = frame.tf_rflags;
        (*td).td_uretoff.tdu_retval[0] = 0;
    }
    0
}

/// sv_set_syscall_retval: `error` is 0, an errno, ERESTART or EJUSTRETURN.
///
/// # Safety
/// Called by syscallenter on the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_set_syscall_retval(td: *mut ffi::thread, error: c_int) {
    // SAFETY: caller: td is curthread; its frame and pcb are its own.
    unsafe {
        if error != 0 {
            return no_value(td, error);
        }
        (*(*td).td_frame).tf_rax = (*td).td_uretoff.tdu_retval[0];
        return_by_iret((*td).td_pcb);
    }
}

/// Makes the kernel leave by iret: its fast way (sysret) loses r8, r9 and r10.
///
/// What set_pcb_flags(pcb, PCB_FULL_IRET) does (amd64/vm_machdep.c), for this one place
/// on the way out of every call: iret loads the segment bases from the pcb, so bases that
/// user code may have written itself are saved there first. A flag that is set already
/// means that the pcb's bases are the ones to load.
#[inline(always)]
unsafe fn return_by_iret(pcb: *mut ffi::pcb) {
    // SAFETY: caller: pcb is the running thread's. Interrupts are on in a system call; while
    // they are off nobody else switches threads or changes the flags. MSR_KGSBASE holds the
    // user's gs base inside the kernel (swapgs). No stack, no memory but the pcb is touched.
    unsafe {
        if ffi::cpu_stdext_feature & ffi::CPUID_STDEXT_FSGSBASE == 0 {
            // User code cannot write bases: the pcb's are right.
            ffi::set_pcb_flags(pcb, ffi::PCB_FULL_IRET);
            return;
        }
        core::arch::asm!(
            "cli",
            "test dword ptr [{pcb} + {flags}], {full_iret}",
            "jnz 4f",
            "mov {t:e}, fs",
            "cmp {t:e}, {user_fs:e}",
            "jne 2f",
            "rdfsbase {t}",
            "mov [{pcb} + {fsbase}], {t}",
            "2:",
            "mov {t:e}, gs",
            "cmp {t:e}, {user_gs:e}",
            "jne 3f",
            "mov ecx, {kgsbase}",
            "rdmsr",
            "mov [{pcb} + {gsbase}], eax",
            "mov [{pcb} + {gsbase} + 4], edx",
            "3:",
            "or dword ptr [{pcb} + {flags}], {full_iret}",
            "4:",
            "sti",
            pcb = in(reg) pcb,
            t = out(reg) _,
            user_fs = in(reg) ffi::_ufssel,
            user_gs = in(reg) ffi::_ugssel,
            out("eax") _,
            out("ecx") _,
            out("edx") _,
            flags = const core::mem::offset_of!(ffi::pcb, pcb_flags),
            fsbase = const core::mem::offset_of!(ffi::pcb, pcb_fsbase),
            gsbase = const core::mem::offset_of!(ffi::pcb, pcb_gsbase),
            full_iret = const ffi::PCB_FULL_IRET,
            kgsbase = const ffi::MSR_KGSBASE,
            options(nostack),
        );
    }
}

/// The same for a call that gave no value.
#[cold]
#[inline(never)]
unsafe fn no_value(td: *mut ffi::thread, error: c_int) {
    // SAFETY: caller: td is curthread; its frame and pcb are its own.
    unsafe {
        let frame = &mut *(*td).td_frame;
        match error {
            // Runs the two-byte (tf_err) syscall instruction again; rax still holds the number.
            ffi::ERESTART if rewritten(td) => {}
            ffi::ERESTART => frame.tf_rip -= frame.tf_err,
            ffi::EJUSTRETURN => {}
            _ => {
                let errno = Errno::from_raw(error).unwrap_or(Errno::EINVAL).to_linux();
                frame.tf_rax = errno.as_register().cast_signed();
            }
        }
        return_by_iret((*td).td_pcb);
    }
}

/// Whether a debugger has set the registers since the call was made.
unsafe fn rewritten(td: *mut ffi::thread) -> bool {
    // SAFETY: caller: td is curthread; emul.
    unsafe {
        (*td)
            .td_emuldata
            .cast::<crate::emul::ThreadState>()
            .as_ref()
            .is_some_and(|state| state.trace.rewritten.replace(false))
    }
}

/// sv_set_fork_retval: what fork answers in the child.
///
/// # Safety
/// Called by cpu_fork with the child's thread before it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_set_fork_retval(td: *mut ffi::thread) {
    // SAFETY: caller: the frame is the child's own.
    unsafe { (*(*td).td_frame).tf_rax = 0 };
}
