// SPDX-License-Identifier: BSD-2-Clause
//! Segment bases: pcb.h, sys_machdep.c.

use crate::{Cx, Errno, Result, UserAddr};

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
