// SPDX-License-Identifier: BSD-2-Clause
//! Delivers a signal the way Linux does: frame and xsave area on the user's stack,
//! return address from SA_RESTORER, straight into the handler. A handler without
//! SA_RESTORER cannot return: the process gets SIGSEGV, as on Linux x86-64.

use core::ffi::c_int;
use core::mem::{offset_of, size_of};

use linux_abi::bsd::{SI_LWP, SI_USER};
use linux_abi::pod::Pod;
use linux_abi::sigaction::{LinuxSaFlags, SS_AUTODISARM, sigaltstack_flags_to_linux};
use linux_abi::sigframe::{
    self, FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2, FP_XSTATE_MAGIC2_SIZE, UC_FLAGS, UC_FP_XSTATE,
    l_fpstate, l_fpx_sw_bytes, l_rt_sigframe,
};
use linux_abi::siginfo::{self, BsdSiginfo};
use linux_abi::signal::{BSD_SIGPWR, BsdSignal, LinuxSignal};
use linux_abi::sigset::sigset_to_linux;
use linux_abi::trap;

use crate::emul::{ProcState, ThreadState};

const LEGACY: usize = size_of::<l_fpstate>();

/// Bytes of xsave state beyond the legacy area; 0 without XSAVE.
pub(crate) fn extended_size() -> usize {
    // SAFETY: both are written once at boot.
    let (max, used) = unsafe { (ffi::cpu_max_ext_state_size, ffi::use_xsave) };
    if used == 0 {
        0
    } else {
        (max as usize).saturating_sub(LEGACY)
    }
}

/// AT_MINSIGSTKSZ: the most a frame takes on this machine, alignment included.
pub(crate) fn min_stack() -> u64 {
    let state = LEGACY + extended_size() + FP_XSTATE_MAGIC2_SIZE;
    let padding = 63 + 15 + 8;
    ((size_of::<l_rt_sigframe>() + state + padding).next_multiple_of(16)) as u64
}

/// The parts of a kernel siginfo that Linux's needs.
pub(crate) fn bsd_siginfo(signal: BsdSignal, info: &ffi::siginfo_t) -> BsdSiginfo {
    let mut out = BsdSiginfo::new(signal, info.si_code);
    out.pid = info.si_pid;
    out.uid = info.si_uid;
    out.status = info.si_status;
    out.addr = info.si_addr as u64;
    // SAFETY: every member of these unions is plain data in bytes the kernel zeroes before it fills them.
    unsafe {
        out.value = info.si_value.sival_ptr as u64;
        // A signal that somebody sent has something else in the same place.
        let sent = info.si_code < 0 || (SI_USER..=SI_LWP).contains(&info.si_code);
        // So does SIGSYS: the number of the call.
        let other = sent || signal.number() == ffi::SIGSYS as c_int;
        out.trapno = if other {
            0
        } else {
            info._reason._fault._trapno
        };
        out.timerid = info._reason._timer._timerid;
        out.overrun = info._reason._timer._overrun;
        out.band = info._reason._poll._band;
        out.syscall = info._reason._capsicum._syscall;
        out.errno = info.si_errno;
    }
    out
}

/// What is delivered: Linux's number and details, and the handler.
struct Delivery {
    signal: LinuxSignal,
    catcher: u64,
    info: linux_abi::c::l_siginfo_t,
    trapno: u64,
    cr2: u64,
}

/// Translates `ksi`; an exception that Linux reports as another signal goes to
/// that signal's handler where there is one.
unsafe fn delivery(
    psp: *const ffi::sigacts,
    ksi: &ffi::ksiginfo,
    catcher: u64,
) -> Option<Delivery> {
    let info = &ksi.ksi_info;
    let bsd = BsdSignal::new(info.si_signo)?;
    let mut details = bsd_siginfo(bsd, info);
    let mut signal = bsd.to_linux_report();
    let mut catcher = catcher;
    let is_trap = ksi.ksi_flags & ffi::KSI_TRAP as c_int != 0;
    let (mut trapno, mut cr2) = (0, 0);
    if is_trap {
        trapno = trap::vector(details.trapno);
        if details.trapno == trap::UCODE_PAGEFLT {
            cr2 = details.addr;
        }
        if let Some(fault) = trap::linux_fault(details.trapno, info.si_signo, info.si_code)
            && fault.signal != signal
        {
            let other = fault.signal.to_bsd();
            // SAFETY: ps_sigact has an entry for every signal number, 1-based; ps_mtx is held.
            let handler = unsafe {
                (*psp)
                    .ps_sigact
                    .get((other.number() - 1) as usize)
                    .copied()
                    .flatten()
            };
            if let Some(handler) = handler
                && handler as usize > 1
            {
                catcher = handler as usize as u64;
                signal = fault.signal;
                details.signal = other;
            }
        }
    }
    let mut linux = siginfo::siginfo_to_linux(&details);
    linux.si_signo = signal.number();
    Some(Delivery {
        signal,
        catcher,
        info: linux,
        trapno,
        cr2,
    })
}

/// The end of the legacy area, which the processor leaves to software.
#[repr(C)]
struct Tail {
    reserved2: [u32; 12],
    sw_reserved: l_fpx_sw_bytes,
}

/// Bytes of the legacy area before that.
const HARDWARE: usize = offset_of!(l_fpstate, reserved2);
const _: () = assert!(LEGACY == 512 && HARDWARE + size_of::<Tail>() == LEGACY);

/// The pieces of floating-point state, in kernel memory of this thread.
struct FpState {
    /// What the kernel has saved: the legacy area, then the extended one.
    area: *const u8,
    tail: Tail,
    extended_len: usize,
}

unsafe fn fp_state(td: *mut ffi::thread) -> FpState {
    // SAFETY: td is curthread; the area is its own for as long as it is in the kernel.
    let area = unsafe { ffi::lrs_fpu_area(td) };
    let extended_len = extended_size();
    let mut sw_reserved = l_fpx_sw_bytes::ZERO;
    if extended_len != 0 {
        let size = (LEGACY + extended_len) as u32;
        sw_reserved.magic1 = FP_XSTATE_MAGIC1;
        sw_reserved.xstate_size = size;
        sw_reserved.extended_size = size + FP_XSTATE_MAGIC2_SIZE as u32;
        // SAFETY: written once at boot.
        sw_reserved.xfeatures = unsafe { ffi::xsave_mask };
    }
    FpState {
        area: area.cast(),
        tail: Tail {
            reserved2: Pod::ZERO,
            sw_reserved,
        },
        extended_len,
    }
}

impl FpState {
    fn user_size(&self) -> u64 {
        let tail = if self.extended_len == 0 {
            0
        } else {
            self.extended_len + FP_XSTATE_MAGIC2_SIZE
        };
        (LEGACY + tail) as u64
    }

    /// Copies the area out at `at`; false where the stack cannot take it.
    unsafe fn copyout(&self, at: u64) -> bool {
        let magic2 = FP_XSTATE_MAGIC2;
        let tail_at = at.wrapping_add(HARDWARE as u64);
        let extended_at = at.wrapping_add(LEGACY as u64);
        let magic_at = extended_at.wrapping_add(self.extended_len as u64);
        // SAFETY: kernel copy; the area has extended_len bytes after the legacy ones.
        unsafe {
            ffi::copyout(self.area.cast(), at as *mut _, HARDWARE) == 0
                && ffi::copyout(
                    (&raw const self.tail).cast(),
                    tail_at as *mut _,
                    size_of::<Tail>(),
                ) == 0
                && (self.extended_len == 0
                    || ffi::copyout(
                        self.area.wrapping_add(LEGACY).cast(),
                        extended_at as *mut _,
                        self.extended_len,
                    ) == 0
                        && ffi::copyout(
                            (&raw const magic2).cast(),
                            magic_at as *mut _,
                            size_of_val(&magic2),
                        ) == 0)
        }
    }
}

/// sv_sendsig.
///
/// # Safety
/// Called by postsig and trapsignal on the current thread with PROC_LOCK and ps_mtx
/// held; returns with both held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_sendsig(
    catcher: u64,
    ksi: *mut ffi::ksiginfo,
    mask: *mut ffi::__sigset,
) {
    // SAFETY: caller; the locks are dropped around everything that may fault on user memory.
    unsafe {
        let td = ffi::lrs_curthread();
        let p = (*td).td_proc;
        let psp = (*p).p_sigacts;
        let delivery = delivery(psp, &*ksi, catcher);
        let bsd_signal = (*ksi).ksi_info.si_signo;
        let state = &*(*p).p_emuldata.cast::<ProcState>();
        let is_sigbus = delivery
            .as_ref()
            .is_some_and(|d| d.signal == LinuxSignal::SIGBUS);
        if is_sigbus && state.sigbus_stands_in() {
            // It is no SIGSEGV that came: the program has the default action for it.
            ffi::lrs_mtx_unlock(&raw mut (*psp).ps_mtx);
            ffi::sigexit(td, ffi::SIGBUS as c_int);
        }
        merge_pending(td, p, &*ksi);
        let on_alt_stack = ffi::lrs_sigismember(&raw const (*psp).ps_sigonstack, bsd_signal) != 0;
        ffi::lrs_mtx_unlock(&raw mut (*psp).ps_mtx);
        ffi::lrs_PROC_UNLOCK(p);

        let done = match delivery {
            Some(d) => push_frame(td, &d, &*mask, on_alt_stack),
            None => false,
        };

        ffi::lrs_PROC_LOCK(p);
        if !done {
            // No frame can be made: Linux forces SIGSEGV, which nobody can catch now.
            ffi::sigexit(td, ffi::SIGSEGV as c_int);
        }
        ffi::lrs_mtx_lock(&raw mut (*psp).ps_mtx);
    }
}

/// Of a standard signal only one is ever pending on Linux (signal(7)); FreeBSD queues
/// each. What is queued besides the one that is delivered was sent before it, so it goes.
///
/// # Safety
/// `td` is curthread, PROC_LOCK of its process `p` is held.
unsafe fn merge_pending(td: *mut ffi::thread, p: *mut ffi::proc_, ksi: &ffi::ksiginfo) {
    let signal = ksi.ksi_info.si_signo;
    let is_trap = ksi.ksi_flags & ffi::KSI_TRAP as c_int != 0;
    let realtime = ffi::SIGRTMIN as c_int..BSD_SIGPWR;
    if is_trap || realtime.contains(&signal) {
        return;
    }
    // SAFETY: caller; PROC_LOCK covers both queues.
    unsafe {
        let own = &raw mut (*td).td_sigqueue;
        let all = &raw mut (*p).p_sigqueue;
        // The thread's queue is taken from first, so what is left there tells where it was.
        if ffi::lrs_sigismember(&raw const (*own).sq_signals, signal) != 0 {
            ffi::sigqueue_delete(own, signal);
        } else if ksi.ksi_info.si_code != ffi::SI_LWP as c_int
            && ffi::lrs_sigismember(&raw const (*all).sq_signals, signal) != 0
        {
            ffi::sigqueue_delete(all, signal);
        }
    }
}

/// Builds the frame, copies it out and sets the registers; false where the stack cannot take it.
unsafe fn push_frame(
    td: *mut ffi::thread,
    delivery: &Delivery,
    mask: &ffi::__sigset,
    on_alt_stack: bool,
) -> bool {
    // SAFETY: caller: td is curthread, in a Linux process (emul).
    unsafe {
        let regs = &mut *(*td).td_frame;
        let state = &*(*(*td).td_proc).p_emuldata.cast::<ProcState>();
        let rsp = regs.tf_rsp.cast_unsigned();
        let has_alt = (*td).td_pflags & ffi::TDP_ALTSTACK as c_int != 0;
        let own = &*(*td).td_emuldata.cast::<ThreadState>();
        let autodisarm = own.autodisarm.get();
        let already_there = !autodisarm && ffi::sigonstack(rsp as usize) != 0;
        let alt = &(*td).td_sigstk;
        let alt_base = alt.ss_sp as u64;

        let top = if on_alt_stack && has_alt && !already_there {
            alt_base.wrapping_add(alt.ss_size)
        } else {
            rsp.wrapping_sub(sigframe::RED_ZONE)
        };
        let fp = fp_state(td);
        let Some(plan) = sigframe::plan_frame(top, fp.user_size()) else {
            return false;
        };

        let (sa_flags, restorer) = state.signal_extra(delivery.signal.number().cast_unsigned());
        if sa_flags & LinuxSaFlags::SA_RESTORER.bits() == 0 {
            return false;
        }
        let mut frame = l_rt_sigframe::ZERO;
        frame.pretcode = restorer;
        frame.info = delivery.info;
        let uc = &mut frame.uc;
        uc.uc_flags = UC_FLAGS
            | if fp.extended_len != 0 {
                UC_FP_XSTATE
            } else {
                0
            };
        uc.uc_stack.ss_sp = alt_base;
        uc.uc_stack.ss_size = alt.ss_size;
        uc.uc_stack.ss_flags = sigaltstack_flags_to_linux(match (has_alt, already_there) {
            (false, _) => ffi::SS_DISABLE as c_int,
            (true, true) => ffi::SS_ONSTACK as c_int,
            (true, false) => 0,
        });
        if autodisarm {
            uc.uc_stack.ss_flags |= SS_AUTODISARM;
        }
        uc.uc_sigmask.sig = sigset_to_linux(&mask.__bits);
        let mc = &mut uc.uc_mcontext;
        mc.r8 = regs.tf_r8.cast_unsigned();
        mc.r9 = regs.tf_r9.cast_unsigned();
        mc.r10 = regs.tf_r10.cast_unsigned();
        mc.r11 = regs.tf_r11.cast_unsigned();
        mc.r12 = regs.tf_r12.cast_unsigned();
        mc.r13 = regs.tf_r13.cast_unsigned();
        mc.r14 = regs.tf_r14.cast_unsigned();
        mc.r15 = regs.tf_r15.cast_unsigned();
        mc.rdi = regs.tf_rdi.cast_unsigned();
        mc.rsi = regs.tf_rsi.cast_unsigned();
        mc.rbp = regs.tf_rbp.cast_unsigned();
        mc.rbx = regs.tf_rbx.cast_unsigned();
        mc.rdx = regs.tf_rdx.cast_unsigned();
        mc.rax = regs.tf_rax.cast_unsigned();
        mc.rcx = regs.tf_rcx.cast_unsigned();
        mc.rsp = rsp;
        mc.rip = regs.tf_rip.cast_unsigned();
        mc.eflags = regs.tf_rflags.cast_unsigned();
        // CAST: selectors are 16 bits.
        mc.cs = regs.tf_cs as u16;
        mc.ss = regs.tf_ss as u16;
        mc.err = regs.tf_err.cast_unsigned();
        mc.trapno = delivery.trapno;
        mc.oldmask = sigset_to_linux(&mask.__bits);
        mc.cr2 = delivery.cr2;
        mc.fpstate = plan.fpstate;

        if !fp.copyout(plan.fpstate)
            || ffi::copyout(
                (&raw const frame).cast(),
                plan.frame as *mut _,
                size_of::<l_rt_sigframe>(),
            ) != 0
        {
            return false;
        }

        if autodisarm {
            // The frame has it; rt_sigreturn(2) brings it back.
            (*td).td_sigstk = core::mem::zeroed();
            (*td).td_sigstk.ss_flags = ffi::SS_DISABLE as c_int;
            (*td).td_pflags &= !(ffi::TDP_ALTSTACK as c_int);
            own.autodisarm.set(false);
        }
        ffi::fpstate_drop(td);
        regs.tf_rdi = i64::from(delivery.signal.number());
        regs.tf_rsi = (plan.frame + offset_of!(l_rt_sigframe, info) as u64).cast_signed();
        regs.tf_rdx = (plan.frame + offset_of!(l_rt_sigframe, uc) as u64).cast_signed();
        regs.tf_rax = 0;
        regs.tf_rsp = plan.frame.cast_signed();
        regs.tf_rip = delivery.catcher.cast_signed();
        regs.tf_rflags &= !i64::from(ffi::PSL_T | ffi::PSL_D | ffi::PSL_RF);
        regs.tf_cs = i64::from(ffi::_ucodesel);
        regs.tf_ss = i64::from(ffi::_udatasel);
        ffi::set_pcb_flags((*td).td_pcb, ffi::PCB_FULL_IRET);
        true
    }
}
