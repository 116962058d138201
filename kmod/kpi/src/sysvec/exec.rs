// SPDX-License-Identifier: BSD-2-Clause
//! The registers a new image starts with, and its name.

use core::ffi::CStr;

use linux_abi::exec::command_name;

/// The x87 control word Linux starts a program with (all exceptions masked,
/// extended precision); FreeBSD's own differs in precision.
const LINUX_NPXCW: u16 = 0x037f;

/// What AT_EXECFN names: what execve(2) was given, where a Linux program called it.
///
/// # Safety
/// `imgp` and its arguments are live, as in the hooks of exec.
pub(super) unsafe fn exec_name(imgp: &ffi::image_params) -> Option<&CStr> {
    // SAFETY: caller; kern::exec puts the name there, NUL-terminated, and nobody else anything.
    unsafe {
        let name = (*imgp.args).fname_buf;
        (!name.is_null()).then(|| CStr::from_ptr(name))
    }
}

/// Names the process after the path it was started by, as Linux does; the kernel has named it
/// after the file where links have led, and scripts after their interpreter.
unsafe fn name_process(td: *mut ffi::thread, imgp: &ffi::image_params) {
    // SAFETY: caller: past the point of no return, imgp and its arguments are live.
    unsafe {
        let name = exec_name(imgp).or_else(|| {
            let name = (*imgp.args).fname;
            (!name.is_null()).then(|| CStr::from_ptr(name))
        });
        let Some(name) = name.and_then(|name| command_name(name.to_bytes())) else {
            return;
        };
        // Linux keeps 15 bytes.
        let mut kept = [0; 16];
        for (to, from) in kept.iter_mut().take(15).zip(name) {
            *to = *from;
        }
        ffi::lrs_set_thread_name(td, true, kept.as_ptr().cast());
    }
}

/// sv_setregs: a fresh register set, entry point and stack.
///
/// # Safety
/// Called by exec on the current thread, past the point of no return.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_setregs(
    td: *mut ffi::thread,
    imgp: *mut ffi::image_params,
    stack: usize,
) {
    // SAFETY: caller: td is curthread, single-threaded; frame and pcb are its own.
    unsafe {
        let regs = (*td).td_frame;
        let pcb = (*td).td_pcb;
        if !(*(*td).td_proc).p_md.md_ldt.is_null() {
            ffi::user_ldt_free(td);
        }
        (*pcb).pcb_fsbase = 0;
        (*pcb).pcb_gsbase = 0;
        ffi::clear_pcb_flags(pcb, ffi::PCB_32BIT | ffi::PCB_TLSBASE);
        (*pcb).pcb_initial_fpucw = LINUX_NPXCW;
        ffi::set_pcb_flags(pcb, ffi::PCB_FULL_IRET);

        // A debugger's single step survives exec.
        let traced = (*regs).tf_rflags & i64::from(ffi::PSL_T);
        let mut fresh: ffi::trapframe = core::mem::zeroed();
        fresh.tf_rip = (*imgp).entry_addr.cast_signed();
        fresh.tf_rsp = stack.cast_signed() as i64;
        fresh.tf_rflags = i64::from(ffi::PSL_USER) | traced;
        fresh.tf_ss = i64::from(ffi::_udatasel);
        fresh.tf_cs = i64::from(ffi::_ucodesel);
        // CAST: selectors are 16 bits (machine/segments.h) in wider kernel variables.
        fresh.tf_ds = ffi::_udatasel as u16;
        fresh.tf_es = ffi::_udatasel as u16;
        fresh.tf_fs = ffi::_ufssel as u16;
        fresh.tf_gs = ffi::_ugssel as u16;
        fresh.tf_flags = ffi::TF_HASSEGS;
        *regs = fresh;

        // The kernel treats programs by the version they were built for: page faults of old
        // ones are SIGBUS. Linux's ABI note is no such version; all are new.
        (*(*td).td_proc).p_osrel = ffi::lrs_kernel_version();

        // Filters outlive exec, which has chosen the brand's vector.
        let state = (*td).td_emuldata.cast::<crate::emul::ThreadState>();
        if let Some(state) = state.as_ref() {
            if state.seccomp.is_on() {
                super::confine::process((*td).td_proc);
            }
            crate::kern::caps::after_exec(td, state, &*imgp);
            state.identity.forget_files();
        }

        name_process(td, &*imgp);
        ffi::x86_clear_dbregs(pcb);
        ffi::fpstate_drop(td);
    }
}
