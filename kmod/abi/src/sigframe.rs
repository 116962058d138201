// SPDX-License-Identifier: BSD-2-Clause
//! The frame a handler finds on its stack, from asm/sigcontext.h and
//! asm/ucontext.h of Linux.
//!
//! `linux-raw-sys` does not carry these headers; the sizes and offsets asserted
//! below are those the C compiler gives for them on x86-64 (a host test compares
//! the public part with libc).

use core::mem::offset_of;

use static_assertions::const_assert_eq;

use crate::c::{l_siginfo_t, l_sigset_t, l_stack_t};
use crate::pod::pod;

/// `uc_flags`: extended processor state follows `fpstate`.
pub const UC_FP_XSTATE: u64 = 0x1;
/// `uc_flags`: `ss` in the context is valid.
pub const UC_SIGCONTEXT_SS: u64 = 0x2;
/// `uc_flags`: sigreturn restores `ss` even if it is odd.
pub const UC_STRICT_RESTORE_SS: u64 = 0x4;
/// What Linux sets for 64-bit code; UC_FP_XSTATE comes on top with XSAVE.
pub const UC_FLAGS: u64 = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;

/// In `sw_reserved.magic1`: an XSAVE area follows the legacy one.
pub const FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
/// In the last four bytes of the extended area.
pub const FP_XSTATE_MAGIC2: u32 = 0x4650_5845;
/// The size of the trailing [`FP_XSTATE_MAGIC2`].
pub const FP_XSTATE_MAGIC2_SIZE: usize = 4;
/// The alignment XSAVE needs for the floating-point area.
pub const FPSTATE_ALIGN: u64 = 64;
/// What a leaf function may use below its stack pointer (System V ABI).
pub const RED_ZONE: u64 = 128;

pod! {
    /// `struct sigcontext` for 64-bit code: the registers.
    struct l_sigcontext {
        r8: u64,
        r9: u64,
        r10: u64,
        r11: u64,
        r12: u64,
        r13: u64,
        r14: u64,
        r15: u64,
        rdi: u64,
        rsi: u64,
        rbp: u64,
        rbx: u64,
        rdx: u64,
        rax: u64,
        rcx: u64,
        rsp: u64,
        rip: u64,
        eflags: u64,
        cs: u16,
        gs: u16,
        fs: u16,
        ss: u16,
        err: u64,
        trapno: u64,
        oldmask: u64,
        cr2: u64,
        fpstate: u64,
        reserved1: [u64; 8],
    }

    /// `struct ucontext`, with the kernel's 8-byte signal set.
    struct l_ucontext {
        uc_flags: u64,
        uc_link: u64,
        uc_stack: l_stack_t,
        uc_mcontext: l_sigcontext,
        uc_sigmask: l_sigset_t,
    }

    /// The frame itself: its first word is where the handler returns to.
    struct l_rt_sigframe {
        pretcode: u64,
        uc: l_ucontext,
        info: l_siginfo_t,
    }

    /// `struct _fpx_sw_bytes`: the end of the legacy area, left to software.
    struct l_fpx_sw_bytes {
        magic1: u32,
        extended_size: u32,
        xfeatures: u64,
        xstate_size: u32,
        padding: [u32; 7],
    }

    /// `struct _fpstate`: what FXSAVE writes, with [`l_fpx_sw_bytes`] at its end.
    struct l_fpstate {
        cwd: u16,
        swd: u16,
        twd: u16,
        fop: u16,
        rip: u64,
        rdp: u64,
        mxcsr: u32,
        mxcr_mask: u32,
        st_space: [u32; 32],
        xmm_space: [u32; 64],
        reserved2: [u32; 12],
        sw_reserved: l_fpx_sw_bytes,
    }

    /// `struct _header`: the first 64 bytes of an XSAVE area behind the legacy one.
    struct l_xstate_header {
        xfeatures: u64,
        reserved1: [u64; 2],
        reserved2: [u64; 5],
    }
}

const_assert_eq!(size_of::<l_sigcontext>(), 256);
const_assert_eq!(offset_of!(l_sigcontext, rip), 128);
const_assert_eq!(offset_of!(l_sigcontext, cs), 144);
const_assert_eq!(offset_of!(l_sigcontext, err), 152);
const_assert_eq!(offset_of!(l_sigcontext, fpstate), 184);
const_assert_eq!(size_of::<l_ucontext>(), 304);
const_assert_eq!(offset_of!(l_ucontext, uc_mcontext), 40);
const_assert_eq!(offset_of!(l_ucontext, uc_sigmask), 296);
const_assert_eq!(size_of::<l_rt_sigframe>(), 440);
const_assert_eq!(offset_of!(l_rt_sigframe, uc), 8);
const_assert_eq!(offset_of!(l_rt_sigframe, info), 312);
const_assert_eq!(size_of::<l_fpx_sw_bytes>(), 48);
const_assert_eq!(size_of::<l_fpstate>(), 512);
const_assert_eq!(offset_of!(l_fpstate, st_space), 32);
const_assert_eq!(offset_of!(l_fpstate, xmm_space), 160);
const_assert_eq!(offset_of!(l_fpstate, sw_reserved), 464);
const_assert_eq!(size_of::<l_xstate_header>(), 64);

/// Where a frame goes on a stack.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// The address of [`l_rt_sigframe`], and the handler's stack pointer.
    pub frame: u64,
    /// The address of the floating-point area.
    pub fpstate: u64,
}

/// Places `fpstate_size` bytes of floating-point state and a frame below `top`.
///
/// `top` is the end of the alternate stack, or the interrupted stack pointer
/// less [`RED_ZONE`]. The handler starts as if it had been called: its stack
/// pointer plus 8 is a multiple of 16. `None` if there is no room above address 0.
pub fn plan_frame(top: u64, fpstate_size: u64) -> Option<FramePlan> {
    let fpstate = top.checked_sub(fpstate_size)? & !FPSTATE_ALIGN.wrapping_sub(1);
    let below = fpstate.checked_sub(size_of::<l_rt_sigframe>() as u64)?;
    let frame = (below & !15).checked_sub(8)?;
    Some(FramePlan { frame, fpstate })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handler's stack is aligned as after a call, the state for XSAVE.
    #[test]
    fn frames_are_aligned_and_apart() {
        for top in (0x7fff_0000_0000_u64..).take(200) {
            for size in [0, 512, 516, 836, 2696] {
                let plan = plan_frame(top, size).unwrap();
                assert_eq!((plan.frame + 8) % 16, 0);
                assert_eq!(plan.fpstate % 64, 0);
                assert!(plan.fpstate + size <= top);
                assert!(plan.frame + 440 <= plan.fpstate);
            }
        }
    }

    /// A stack pointer near 0 leaves no room, and does not wrap.
    #[test]
    fn no_room_is_told() {
        assert_eq!(plan_frame(0, 0), None);
        assert_eq!(plan_frame(511, 512), None);
        assert_eq!(plan_frame(900, 512), None);
        assert!(plan_frame(u64::MAX, 4096).is_some());
    }

    /// The magic numbers spell FPXS and FPXE.
    #[test]
    fn magic_numbers_spell() {
        assert_eq!(&FP_XSTATE_MAGIC1.to_be_bytes(), b"FPXS");
        assert_eq!(&FP_XSTATE_MAGIC2.to_be_bytes(), b"FPXE");
    }
}
