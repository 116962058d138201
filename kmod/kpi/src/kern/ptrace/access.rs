// SPDX-License-Identifier: BSD-2-Clause
//! Registers and memory of tracees: machdep.c, exec_machdep.c, fpu.c, sys_process.c.

use core::ffi::{c_char, c_int};

use linux_abi::ptrace::{Event, SyscallStop, l_user_regs};

use super::request::Tracee;
use super::state::{Kind, Stop};
use crate::{Cx, Errno, Result, check};

/// As many bytes as an XSAVE area takes at most that is handed out.
pub const FP_BYTES: usize = 4096;
/// The bytes of an FXSAVE area.
pub const FXSAVE_BYTES: usize = 512;
/// Where debuggers look for the features of the machine, in the bytes software may use.
const XCR0_AT: usize = 464;

/// No system call.
const NONE: u64 = u64::MAX;
/// What rax holds before a system call has run: -ENOSYS.
const NOT_YET: u64 = (-38_i64).cast_unsigned();

fn in_syscall(stop: Stop) -> bool {
    stop.kind != Kind::Signal && stop.kind != Kind::Group
}

/// The general registers. ESRCH.
pub fn registers(cx: &mut Cx<'_>, tid: i32) -> Result<l_user_regs> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let td = tracee.thread.thread();
    // SAFETY: the process is locked and the thread out of user mode: frame and pcb stay.
    unsafe {
        let mut regs = user_regs(td);
        if stop.is_before_call() {
            regs.rax = NOT_YET;
        }
        if in_syscall(stop) {
            regs.orig_rax = u64::from((*td).td_sa.code);
        }
        Ok(regs.with_linux_selectors())
    }
}

/// The general registers of a thread in no system call, without selectors.
///
/// # Safety
/// `td` is out of user mode and stays so; its bases are in its pcb.
pub(crate) unsafe fn user_regs(td: *mut ffi::thread) -> l_user_regs {
    // SAFETY: caller.
    let (f, pcb) = unsafe { (&*(*td).td_frame, &*(*td).td_pcb) };
    l_user_regs {
        r15: f.tf_r15.cast_unsigned(),
        r14: f.tf_r14.cast_unsigned(),
        r13: f.tf_r13.cast_unsigned(),
        r12: f.tf_r12.cast_unsigned(),
        rbp: f.tf_rbp.cast_unsigned(),
        rbx: f.tf_rbx.cast_unsigned(),
        r11: f.tf_r11.cast_unsigned(),
        r10: f.tf_r10.cast_unsigned(),
        r9: f.tf_r9.cast_unsigned(),
        r8: f.tf_r8.cast_unsigned(),
        rax: f.tf_rax.cast_unsigned(),
        rcx: f.tf_rcx.cast_unsigned(),
        rdx: f.tf_rdx.cast_unsigned(),
        rsi: f.tf_rsi.cast_unsigned(),
        rdi: f.tf_rdi.cast_unsigned(),
        orig_rax: NONE,
        rip: f.tf_rip.cast_unsigned(),
        cs: 0,
        eflags: f.tf_rflags.cast_unsigned(),
        rsp: f.tf_rsp.cast_unsigned(),
        ss: 0,
        fs_base: pcb.pcb_fsbase.cast_unsigned(),
        gs_base: pcb.pcb_gsbase.cast_unsigned(),
        ds: 0,
        es: 0,
        fs: 0,
        gs: 0,
    }
}

/// What a debugger may change of the flags (Linux FLAG_MASK): arithmetic, DF, TF, NT, RF, AC.
const USER_FLAGS: u64 = 0x0005_4dd5;

/// Sets them; selectors stay. ESRCH; EIO for bases beyond the user's addresses.
pub fn set_registers(cx: &mut Cx<'_>, tid: i32, regs: &l_user_regs) -> Result<()> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let max = crate::sysvec::max_user();
    if regs.fs_base >= max || regs.gs_base >= max {
        return Err(Errno::EIO.into());
    }
    let td = tracee.thread.thread();
    // SAFETY: as above; the thread returns to user mode by iret, which takes any of these values:
    // addresses that are not canonical fault there, in user mode.
    unsafe {
        let f = &mut *(*td).td_frame;
        f.tf_r15 = regs.r15.cast_signed();
        f.tf_r14 = regs.r14.cast_signed();
        f.tf_r13 = regs.r13.cast_signed();
        f.tf_r12 = regs.r12.cast_signed();
        f.tf_rbp = regs.rbp.cast_signed();
        f.tf_rbx = regs.rbx.cast_signed();
        f.tf_r11 = regs.r11.cast_signed();
        f.tf_r10 = regs.r10.cast_signed();
        f.tf_r9 = regs.r9.cast_signed();
        f.tf_r8 = regs.r8.cast_signed();
        f.tf_rcx = regs.rcx.cast_signed();
        f.tf_rdx = regs.rdx.cast_signed();
        f.tf_rsi = regs.rsi.cast_signed();
        f.tf_rdi = regs.rdi.cast_signed();
        f.tf_rip = regs.rip.cast_signed();
        f.tf_rsp = regs.rsp.cast_signed();
        let kept = f.tf_rflags.cast_unsigned() & !USER_FLAGS;
        f.tf_rflags = (kept | (regs.eflags & USER_FLAGS)).cast_signed();
        if stop.is_before_call() {
            tracee.trace()?.skipped.set(regs.rax);
            // The call is fetched again from the frame as the instruction left it: its number in
            // rax, its fourth argument in rcx.
            f.tf_rax = regs.orig_rax.cast_signed();
            f.tf_rcx = regs.r10.cast_signed();
            (*td).td_dbgflags |= ffi::TDB_USERWR as c_int;
        } else {
            f.tf_rax = regs.rax.cast_signed();
            if (*td).td_dbgflags & ffi::TDB_SCE as c_int != 0 {
                tracee.trace()?.rewritten.set(true);
            }
        }
        let pcb = (*td).td_pcb;
        ffi::set_pcb_flags(pcb, ffi::PCB_FULL_IRET);
        (*pcb).pcb_fsbase = regs.fs_base.cast_signed();
        (*pcb).pcb_gsbase = regs.gs_base.cast_signed();
    }
    Ok(())
}

/// The bytes of an XSAVE area on this machine, of an FXSAVE area without XSAVE.
pub fn fp_size() -> usize {
    // SAFETY: both are written once at boot.
    let (size, used) = unsafe { (ffi::cpu_max_ext_state_size, ffi::use_xsave) };
    if used == 0 {
        FXSAVE_BYTES
    } else {
        (size as usize).min(FP_BYTES)
    }
}

/// The floating-point registers, as many bytes as there is room for and the machine has; how many.
/// ESRCH.
pub fn fp_registers(cx: &mut Cx<'_>, tid: i32, to: &mut [u8]) -> Result<usize> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    let len = to.len().min(fp_size());
    let area = to.get_mut(..len).unwrap_or_default();
    // SAFETY: the process is locked and the thread out of user mode.
    unsafe { fp_area(tracee.thread.thread(), area) };
    Ok(len)
}

/// Fills in at most [`fp_size`] bytes of the floating-point registers of a thread.
///
/// # Safety
/// `td` is out of user mode and stays so.
pub(crate) unsafe fn fp_area(td: *mut ffi::thread, to: &mut [u8]) {
    let len = to.len().min(fp_size());
    // SAFETY: caller; the area has fp_size bytes.
    unsafe {
        ffi::lrs_fpu_get(td, to.as_mut_ptr().cast::<c_char>(), len);
        if len > FXSAVE_BYTES {
            let features = ffi::xsave_mask.to_le_bytes();
            if let Some(place) = to.get_mut(XCR0_AT..XCR0_AT + 8) {
                place.copy_from_slice(&features);
            }
        }
    }
}

/// Sets them from an FXSAVE area, or from an XSAVE area. ESRCH, EINVAL.
pub fn set_fp_registers(cx: &mut Cx<'_>, tid: i32, from: &mut [u8]) -> Result<()> {
    let len = from.len();
    if len != FXSAVE_BYTES && len != fp_size() {
        return Err(Errno::EINVAL.into());
    }
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    // SAFETY: as above; the kernel checks what would fault when it is loaded.
    check(unsafe {
        ffi::lrs_fpu_set(
            tracee.thread.thread(),
            from.as_mut_ptr().cast::<c_char>(),
            len,
        )
    })
}

/// Debug register `index`. ESRCH.
pub fn debug_register(cx: &mut Cx<'_>, tid: i32, index: usize) -> Result<u64> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    // SAFETY: dbreg is plain data; the thread is out of user mode.
    unsafe {
        let mut regs: ffi::dbreg = core::mem::zeroed();
        ffi::fill_dbregs(tracee.thread.thread(), &raw mut regs);
        Ok(regs.dr.get(index).copied().unwrap_or(0))
    }
}

/// Sets it. ESRCH; EINVAL for what the processor or the kernel does not allow.
pub fn set_debug_register(cx: &mut Cx<'_>, tid: i32, index: usize, value: u64) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    // SAFETY: as above; the kernel checks addresses and control bits.
    check(unsafe {
        let mut regs: ffi::dbreg = core::mem::zeroed();
        ffi::fill_dbregs(tracee.thread.thread(), &raw mut regs);
        if let Some(place) = regs.dr.get_mut(index) {
            *place = value;
        }
        ffi::set_dbregs(tracee.thread.thread(), &raw mut regs)
    })
}

fn arguments(f: &ffi::trapframe) -> [u64; 6] {
    [f.tf_rdi, f.tf_rsi, f.tf_rdx, f.tf_r10, f.tf_r8, f.tf_r9].map(i64::cast_unsigned)
}

/// Where in a system call it is, and its instruction and stack pointers. ESRCH.
pub fn syscall_stop(cx: &mut Cx<'_>, tid: i32) -> Result<(SyscallStop, u64, u64)> {
    let (tracee, stop) = Tracee::stopped(cx, tid)?;
    let td = tracee.thread.thread();
    // SAFETY: the process is locked and the thread out of user mode.
    unsafe {
        let f = &*(*td).td_frame;
        let told = match stop.kind {
            Kind::SyscallEntry => SyscallStop::Entry {
                number: u64::from((*td).td_sa.code),
                args: arguments(f),
            },
            Kind::SyscallExit => SyscallStop::Exit { result: f.tf_rax },
            Kind::Event if stop.event == Event::Seccomp => SyscallStop::Seccomp {
                number: u64::from((*td).td_sa.code),
                args: arguments(f),
                data: tracee.trace()?.message.get(),
            },
            _ => SyscallStop::None,
        };
        Ok((told, f.tf_rip.cast_unsigned(), f.tf_rsp.cast_unsigned()))
    }
}

/// Lets `use_it` have the process, held and not locked. ESRCH.
fn with_process(
    cx: &mut Cx<'_>,
    tid: i32,
    use_it: impl FnOnce(*mut ffi::thread, *mut ffi::proc_) -> isize,
) -> Result<()> {
    let (tracee, _) = Tracee::stopped(cx, tid)?;
    let p = tracee.thread.process();
    // SAFETY: locked, then held.
    unsafe { ffi::lrs_PHOLD_locked(p) };
    drop(tracee);
    let moved = use_it(cx.td(), p);
    // SAFETY: held above.
    unsafe { ffi::lrs_PRELE(p) };
    if moved == 8 {
        Ok(())
    } else {
        Err(Errno::EIO.into())
    }
}

/// A word of its memory. ESRCH; EIO where there is none.
pub fn peek(cx: &mut Cx<'_>, tid: i32, address: u64) -> Result<u64> {
    let mut word = 0_u64;
    let to = (&raw mut word).cast();
    // SAFETY: current; the process is held; the place is ours.
    with_process(cx, tid, |td, p| unsafe {
        ffi::proc_readmem(td, p, address, to, 8)
    })?;
    Ok(word)
}

/// Stores one, also where the program itself may not. ESRCH, EIO.
pub fn poke(cx: &mut Cx<'_>, tid: i32, address: u64, word: u64) -> Result<()> {
    let mut word = word;
    let from = (&raw mut word).cast();
    // SAFETY: as above.
    with_process(cx, tid, |td, p| unsafe {
        ffi::proc_writemem(td, p, address, from, 8)
    })
}

/// Lets `use_it` have kernel memory for an XSAVE area.
pub fn with_fp_area<R>(use_it: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut area = crate::mem::KBox::new_waitok([0_u8; FP_BYTES]);
    use_it(&mut *area)
}
