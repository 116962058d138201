// SPDX-License-Identifier: BSD-2-Clause
//! The registers a new image starts with.

/// The x87 control word Linux starts a program with (all exceptions masked,
/// extended precision); FreeBSD's own differs in precision.
const LINUX_NPXCW: u16 = 0x037f;

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

        ffi::x86_clear_dbregs(pcb);
        ffi::fpstate_drop(td);
    }
}
