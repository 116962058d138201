// SPDX-License-Identifier: BSD-2-Clause
//
// The return path of a signal handler, for programs that install a handler
// without SA_RESTORER. The handler's `ret` pops the frame's first word (its
// return address), so on entry here %rsp points at the ucontext of the frame,
// and rt_sigreturn(2) finds the frame eight bytes below %rsp.
//
// Offsets are those of Linux's <asm/ucontext.h> and <asm/sigcontext.h>:
// uc_flags, uc_link and uc_stack take 40 bytes, then the registers.

#define MCONTEXT	40
#define MC_R8		(MCONTEXT + 0)
#define MC_R9		(MCONTEXT + 8)
#define MC_R10		(MCONTEXT + 16)
#define MC_R11		(MCONTEXT + 24)
#define MC_R12		(MCONTEXT + 32)
#define MC_R13		(MCONTEXT + 40)
#define MC_R14		(MCONTEXT + 48)
#define MC_R15		(MCONTEXT + 56)
#define MC_RDI		(MCONTEXT + 64)
#define MC_RSI		(MCONTEXT + 72)
#define MC_RBP		(MCONTEXT + 80)
#define MC_RBX		(MCONTEXT + 88)
#define MC_RDX		(MCONTEXT + 96)
#define MC_RAX		(MCONTEXT + 104)
#define MC_RCX		(MCONTEXT + 112)
#define MC_RSP		(MCONTEXT + 120)
#define MC_RIP		(MCONTEXT + 128)

// DWARF numbers of the registers (x86-64 psABI, figure 3.36).
#define DW_RAX		0
#define DW_RDX		1
#define DW_RCX		2
#define DW_RBX		3
#define DW_RSI		4
#define DW_RDI		5
#define DW_RBP		6
#define DW_RSP		7
#define DW_R(n)		n
#define DW_RA		16

#define DW_CFA_def_cfa_expression	0x0f
#define DW_CFA_expression		0x10
#define DW_OP_deref			0x06
#define DW_OP_breg7			0x77

// Two bytes of SLEB128; every offset used here is between 0 and 8191.
#define SLEB2(v)	(((v) & 0x7f) | 0x80), (((v) >> 7) & 0x7f)

// The CFA is the interrupted %rsp, read from the frame.
#define CFI_CFA_IS_SAVED_RSP \
	.cfi_escape DW_CFA_def_cfa_expression, 4, DW_OP_breg7, SLEB2(MC_RSP), DW_OP_deref

// Register `reg` was saved at %rsp + `off`. The rule must not be relative to
// the CFA: the handler may run on an alternate stack.
#define CFI_SAVED(reg, off) \
	.cfi_escape DW_CFA_expression, reg, 3, DW_OP_breg7, SLEB2(off)

	.text
	.balign	16
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_return_column DW_RA
	CFI_CFA_IS_SAVED_RSP
	CFI_SAVED(DW_R(8), MC_R8)
	CFI_SAVED(DW_R(9), MC_R9)
	CFI_SAVED(DW_R(10), MC_R10)
	CFI_SAVED(DW_R(11), MC_R11)
	CFI_SAVED(DW_R(12), MC_R12)
	CFI_SAVED(DW_R(13), MC_R13)
	CFI_SAVED(DW_R(14), MC_R14)
	CFI_SAVED(DW_R(15), MC_R15)
	CFI_SAVED(DW_RDI, MC_RDI)
	CFI_SAVED(DW_RSI, MC_RSI)
	CFI_SAVED(DW_RBP, MC_RBP)
	CFI_SAVED(DW_RBX, MC_RBX)
	CFI_SAVED(DW_RDX, MC_RDX)
	CFI_SAVED(DW_RAX, MC_RAX)
	CFI_SAVED(DW_RCX, MC_RCX)
	CFI_SAVED(DW_RSP, MC_RSP)
	CFI_SAVED(DW_RA, MC_RIP)

	// An unwinder that takes the trampoline for an ordinary caller looks up
	// the return address minus one: this byte makes that look-up land here.
	nop

	// The entry itself keeps 16-byte alignment out of the way of the nop.
	// These nine bytes, in this encoding, are what unwinders and debuggers
	// compare with when they have no CFI at hand.
	.globl	__vdso_rt_sigreturn
	.hidden	__vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	movq	$15, %rax
	syscall
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn
	// rt_sigreturn does not return; should it, stop here and not in
	// whatever follows.
	ud2
	.cfi_endproc

	.section .note.GNU-stack, "", @progbits
