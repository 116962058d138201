// SPDX-License-Identifier: BSD-2-Clause
//! rt_sigreturn(2): back from a handler, to whatever the frame says.
//!
//! The frame is the user's to change, so nothing in it is trusted: privileged flag
//! bits are kept from the current flags and a foreign code selector is refused, as on
//! Linux with SIGSEGV.

use core::ffi::c_int;
use core::mem::{MaybeUninit, align_of, size_of};

use linux_abi::c::l_stack_t;
use linux_abi::pod::Pod;
use linux_abi::sigaction::sigaltstack_request;
use linux_abi::sigframe::{
    FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2, l_fpstate, l_rt_sigframe, l_sigcontext,
};
use linux_abi::sigset::sigset_to_bsd;

use super::sendsig::extended_size;
use crate::Cx;
use crate::door::Untouched;
use crate::emul::ThreadState;

// The kernel keeps the area where a savefpu may lie.
const _: () = assert!(align_of::<ffi::mcontext_t>() >= align_of::<l_fpstate>());

/// What a handler may change: the arithmetic flags, AC, TF and RF (Linux FIX_EFLAGS).
const USER_FLAGS: u64 = 0x0005_0dd5;

/// Restores registers, signal mask and floating-point state from the frame below the
/// stack pointer. A frame that cannot be used raises SIGSEGV.
pub fn rt_sigreturn(cx: &mut Cx<'_>) -> Untouched {
    // SAFETY: current; the frame is copied before anything in it is used.
    unsafe {
        let td = cx.td();
        if !restore(td) {
            bad_frame(td);
        }
    }
    Untouched
}

/// Raises SIGSEGV as Linux's force_sig does.
unsafe fn bad_frame(td: *mut ffi::thread) {
    // SAFETY: td is curthread; ksiginfo is plain data.
    unsafe {
        let mut ksi: ffi::ksiginfo = core::mem::zeroed();
        ksi.ksi_flags = ffi::KSI_TRAP as c_int;
        ksi.ksi_info.si_signo = ffi::SIGSEGV as c_int;
        ksi.ksi_info.si_code = ffi::SEGV_MAPERR as c_int;
        ksi.ksi_info._reason._fault._trapno = ffi::T_PROTFLT as c_int;
        ffi::trapsignal(td, &raw mut ksi);
    }
}

unsafe fn restore(td: *mut ffi::thread) -> bool {
    // SAFETY: caller: td is curthread; kernel copy.
    unsafe {
        let regs = &mut *(*td).td_frame;
        // The handler's `ret` has taken pretcode off the stack.
        let at = regs.tf_rsp.cast_unsigned().wrapping_sub(8);
        let mut frame = MaybeUninit::<l_rt_sigframe>::uninit();
        if ffi::copyin(
            at as *const _,
            frame.as_mut_ptr().cast(),
            size_of::<l_rt_sigframe>(),
        ) != 0
        {
            return false;
        }
        // All of it has been copied in; any bytes are a frame.
        let frame = frame.assume_init_ref();
        let mc = &frame.uc.uc_mcontext;
        if !ffi::lrs_cs_secure(c_int::from(mc.cs)) {
            return false;
        }
        if !restore_fp(td, mc.fpstate) {
            return false;
        }

        let mut set: ffi::__sigset = core::mem::zeroed();
        set.__bits = sigset_to_bsd(frame.uc.uc_sigmask.sig);
        ffi::kern_sigprocmask(
            td,
            ffi::SIG_SETMASK as c_int,
            &raw mut set,
            core::ptr::null_mut(),
            0,
        );

        restore_registers(regs, mc);
        restore_stack(td, &frame.uc.uc_stack);
        ffi::set_pcb_flags((*td).td_pcb, ffi::PCB_FULL_IRET);
        true
    }
}

/// The alternate stack the frame has kept, if it is another one now. What sigaltstack(2) would refuse
/// is left out, as on Linux.
unsafe fn restore_stack(td: *mut ffi::thread, kept: &l_stack_t) {
    // SAFETY: caller: td is curthread; emul; kern_sigaltstack checks the size.
    unsafe {
        let Ok(request) = sigaltstack_request(kept.ss_flags) else {
            return;
        };
        let now = &(*td).td_sigstk;
        let enabled = (*td).td_pflags & ffi::TDP_ALTSTACK as c_int != 0;
        let own = &*(*td).td_emuldata.cast::<ThreadState>();
        let same = if request.bsd_flags == 0 {
            enabled && now.ss_sp as u64 == kept.ss_sp && now.ss_size == kept.ss_size
        } else {
            !enabled
        };
        if same {
            // Nor does Linux look at SS_AUTODISARM then.
            return;
        }
        let mut new = ffi::sigaltstack {
            ss_sp: kept.ss_sp as *mut _,
            ss_size: kept.ss_size,
            ss_flags: request.bsd_flags,
        };
        if ffi::kern_sigaltstack(td, &raw mut new, core::ptr::null_mut()) == 0 {
            own.autodisarm.set(request.autodisarm);
        }
    }
}

fn restore_registers(regs: &mut ffi::trapframe, mc: &l_sigcontext) {
    regs.tf_r8 = mc.r8.cast_signed();
    regs.tf_r9 = mc.r9.cast_signed();
    regs.tf_r10 = mc.r10.cast_signed();
    regs.tf_r11 = mc.r11.cast_signed();
    regs.tf_r12 = mc.r12.cast_signed();
    regs.tf_r13 = mc.r13.cast_signed();
    regs.tf_r14 = mc.r14.cast_signed();
    regs.tf_r15 = mc.r15.cast_signed();
    regs.tf_rdi = mc.rdi.cast_signed();
    regs.tf_rsi = mc.rsi.cast_signed();
    regs.tf_rbp = mc.rbp.cast_signed();
    regs.tf_rbx = mc.rbx.cast_signed();
    regs.tf_rdx = mc.rdx.cast_signed();
    regs.tf_rax = mc.rax.cast_signed();
    regs.tf_rcx = mc.rcx.cast_signed();
    regs.tf_rsp = mc.rsp.cast_signed();
    regs.tf_rip = mc.rip.cast_signed();
    regs.tf_cs = i64::from(mc.cs);
    let kept = regs.tf_rflags.cast_unsigned() & !USER_FLAGS;
    regs.tf_rflags = (kept | (mc.eflags & USER_FLAGS)).cast_signed();
}

/// Restores the area at `from`; no address means the initial state.
unsafe fn restore_fp(td: *mut ffi::thread, from: u64) -> bool {
    // SAFETY: caller: td is curthread; kernel copy; set_fpcontext checks what it loads.
    unsafe {
        if from == 0 {
            ffi::fpstate_drop(td);
            return true;
        }
        // set_fpcontext looks at three members; the area is copied into its place.
        let mut mc = MaybeUninit::<ffi::mcontext_t>::uninit();
        let mc = mc.as_mut_ptr();
        (*mc).mc_ownedfp = i64::from(ffi::_MC_FPOWNED_FPU);
        (*mc).mc_fpformat = i64::from(ffi::_MC_FPFMT_XMM);
        let legacy = (&raw mut (*mc).mc_fpstate).cast::<l_fpstate>();
        if ffi::copyin(from as *const _, legacy.cast(), size_of::<l_fpstate>()) != 0 {
            return false;
        }
        let legacy = &mut *legacy;
        let has_extended = extended_present(legacy, from);
        legacy.reserved2 = Pod::ZERO;
        legacy.sw_reserved = Pod::ZERO;
        if !has_extended {
            return ffi::set_fpcontext(td, mc, core::ptr::null_mut(), 0) == 0;
        }

        // fpu_save_area_alloc gives room for the machine's whole state.
        let area = ffi::fpu_save_area_alloc();
        let len = extended_size();
        let at = from.wrapping_add(size_of::<l_fpstate>() as u64);
        let ok = ffi::copyin(at as *const _, area.cast(), len) == 0
            && ffi::set_fpcontext(td, mc, area.cast(), len) == 0;
        ffi::fpu_save_area_free(area);
        ok
    }
}

/// Whether a whole extended area of this machine follows, marked at both ends; a
/// program that moves frames about may have kept the legacy part only.
unsafe fn extended_present(legacy: &l_fpstate, from: u64) -> bool {
    let sw = &legacy.sw_reserved;
    let len = extended_size();
    let size = (size_of::<l_fpstate>() + len) as u32;
    if len == 0 || sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != size {
        return false;
    }
    let mut magic2 = 0u32;
    let at = from.wrapping_add(u64::from(size));
    // SAFETY: kernel copy.
    unsafe {
        ffi::copyin(at as *const _, (&raw mut magic2).cast(), size_of::<u32>()) == 0
            && magic2 == FP_XSTATE_MAGIC2
    }
}
