// SPDX-License-Identifier: BSD-2-Clause
//! Segment bases and ports: pcb.h, sys_machdep.c.

use crate::{Cx, Errno, Result, UserAddr, check};

/// A segment register whose base user programs choose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// fs: thread-local storage.
    Fs,
    /// gs.
    Gs,
}

/// Sets a base; it is loaded on the way back to user mode. EPERM beyond the user's map.
pub fn set_base(cx: &mut Cx<'_>, segment: Segment, base: UserAddr) -> Result<()> {
    // SAFETY: current; the pcb is the running thread's, which writes it only here and on switch.
    unsafe {
        if base.raw() >= super::super::sysvec::max_user() {
            return Err(Errno::EPERM.into());
        }
        let pcb = (*cx.td()).td_pcb;
        // First saves the present bases, so that the other one is not lost.
        ffi::set_pcb_flags(pcb, ffi::PCB_FULL_IRET);
        match segment {
            Segment::Fs => (*pcb).pcb_fsbase = base.raw().cast_signed(),
            Segment::Gs => (*pcb).pcb_gsbase = base.raw().cast_signed(),
        }
    }
    Ok(())
}

/// The base as the thread has it now, also if it wrote it with wrfsbase.
pub fn base(cx: &Cx<'_>, segment: Segment) -> u64 {
    // SAFETY: current.
    unsafe {
        let pcb = (*cx.td()).td_pcb;
        // Saves the bases into the pcb (update_pcb_bases in pcb.h).
        ffi::set_pcb_flags(pcb, ffi::PCB_FULL_IRET);
        match segment {
            Segment::Fs => (*pcb).pcb_fsbase.cast_unsigned(),
            Segment::Gs => (*pcb).pcb_gsbase.cast_unsigned(),
        }
    }
}

/// Where the I/O privilege level is in rflags (PSL_IOPL).
const IO_LEVEL_SHIFT: u32 = 12;

/// PRIV_IO, which securelevel(7) takes away. EPERM.
fn check_io(cx: &Cx<'_>) -> Result<()> {
    // SAFETY: current.
    unsafe {
        check(ffi::priv_check(cx.td(), ffi::PRIV_IO as i32))?;
        check(ffi::securelevel_gt((*cx.td()).td_ucred, 0))
    }
}

/// The I/O privilege level, 0 to 3, from the return to user mode on. EPERM to raise it.
pub fn set_io_level(cx: &mut Cx<'_>, level: u8) -> Result<()> {
    // SAFETY: current: the frame is the running thread's.
    let frame = unsafe { (*cx.td()).td_frame };
    // SAFETY: as above.
    let flags = unsafe { (*frame).tf_rflags };
    let mask = 3_i64 << IO_LEVEL_SHIFT;
    if i64::from(level) > (flags & mask) >> IO_LEVEL_SHIFT {
        check_io(cx)?;
    }
    // SAFETY: as above; the level was checked.
    unsafe { (*frame).tf_rflags = flags & !mask | i64::from(level) << IO_LEVEL_SHIFT };
    Ok(())
}

/// Whether the thread may use `count` ports from `start`, all below 65536. EPERM.
pub fn set_ports(cx: &mut Cx<'_>, start: u32, count: u32, allow: bool) -> Result<()> {
    // SAFETY: current; a thread without a bitmap may use none.
    let has_none = unsafe { (*(*cx.td()).td_pcb).pcb_tssp.is_null() };
    if !allow && has_none {
        return Ok(());
    }
    // SAFETY: current. Checks the privilege itself.
    check(unsafe { ffi::lrs_set_ioperm(cx.td(), start, count, allow) })
}
