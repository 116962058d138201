// SPDX-License-Identifier: BSD-2-Clause
// The frame between a program and its handler: every register is in it, changes
// made there take effect, and a forged one kills the forger and nobody else
// (sigreturn(2)).
#include "signals.h"

static struct ucontext seen;
static int count;

// Restores what a test wants; runs before the handler returns.
static void (*change)(struct ucontext *uc);

static void watch(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc)
{
	seen = *uc;
	count++;
	if (change)
		change(uc);
}

// ---- what the frame holds --------------------------------------------------

static void registers(void)
{
	u64 here, sp;
	change = NULL;
	catch (SIGTRAP, watch);
	__asm__ volatile("mov $1, %%eax\n mov $2, %%ebx\n mov $3, %%ecx\n mov $4, %%edx\n"
			 "mov $5, %%esi\n mov $6, %%edi\n mov $8, %%r8d\n mov $9, %%r9d\n"
			 "mov $10, %%r10d\n mov $11, %%r11d\n mov $12, %%r12d\n mov $13, %%r13d\n"
			 "mov $14, %%r14d\n mov $15, %%r15d\n"
			 "stc\n int3\n"
			 "1: lea 1b(%%rip), %%rax\n mov %%rsp, %%rbx\n"
			 : "=&a"(here), "=&b"(sp)
			 :
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			   "memory", "cc");
	ok(seen.rax == 1 && seen.rbx == 2 && seen.rcx == 3 && seen.rdx == 4 && seen.rsi == 5 && seen.rdi == 6,
	   "the frame holds rax to rdi");
	ok(seen.r8 == 8 && seen.r9 == 9 && seen.r10 == 10 && seen.r11 == 11 && seen.r12 == 12 &&
		   seen.r13 == 13 && seen.r14 == 14 && seen.r15 == 15,
	   "the frame holds r8 to r15");
	eq("rip", (long)seen.rip, (long)here);
	eq("rsp", (long)seen.rsp, (long)sp);
	ok(seen.eflags & 1, "the carry flag is in eflags");
	eq("cs of 64-bit user code", seen.cs & 3, 3);
	eq("uc_link is NULL", (long)seen.link, 0);
	// UC_FP_XSTATE 1, UC_SIGCONTEXT_SS 2, UC_STRICT_RESTORE_SS 4.
	eq("uc_flags says that ss is there", (long)(seen.flags & 6), 6);
	eq("ss is a user selector", seen.ss & 3, 3);
}

static u64 frame_sp, xmm_seen[2];
static u32 magic1, magic2, ext_size, xstate_size, mxcsr_seen;
static u64 xfeatures, fp_at;

static void look(struct ucontext *uc)
{
	fp_at = (u64)uc->fp;
	frame_sp = (u64)uc;
	if (!uc->fp)
		return;
	memcpy(xmm_seen, uc->fp->xmm[5], 16);
	mxcsr_seen = uc->fp->mxcsr;
	magic1 = uc->fp->magic1;
	ext_size = uc->fp->extended_size;
	xfeatures = uc->fp->xfeatures;
	xstate_size = uc->fp->xstate_size;
	if (magic1 == FP_XSTATE_MAGIC1)
		memcpy(&magic2, (u8 *)uc->fp + xstate_size, 4);
	uc->fp->xmm[6][0] = 0xfeedface;
}

static void vector_state(void)
{
	u64 a[2] = {0x1122334455667788, 0x99aabbccddeeff00}, b[2] = {7, 7}, after5[2], after6[2];
	long ret;
	change = look;
	catch (SIGUSR1, watch);
	__asm__ volatile("movdqu %4, %%xmm5\n movdqu %5, %%xmm6\n syscall\n movdqu %%xmm5, %1\n movdqu %%xmm6, %2\n"
			 : "=a"(ret), "=m"(after5), "=m"(after6)
			 : "0"((long)SYS_kill), "m"(a), "m"(b), "D"(sc(SYS_getpid)), "S"((long)SIGUSR1)
			 : "rcx", "r11", "xmm5", "xmm6", "memory");
	ok(fp_at != 0 && (fp_at & 63) == 0, "the vector state is there, 64-byte aligned");
	ok(frame_sp < fp_at, "it lies above the frame");
	ok(memcmp(xmm_seen, a, 16) == 0, "xmm5 is in it");
	eq("mxcsr is in it", mxcsr_seen & ~0x3f, 0x1f80);
	ok(memcmp(after5, a, 16) == 0, "xmm5 is back after the handler");
	eq("a change of xmm6 in the frame takes effect", (long)after6[0], 0xfeedface);
	u32 r1 = 1, rb, c = 0, rd;
	__asm__ volatile("cpuid" : "+a"(r1), "=b"(rb), "+c"(c), "=d"(rd));
	if (c >> 27 & 1) {
		eq("magic1 marks an extended state", magic1, FP_XSTATE_MAGIC1);
		eq("magic2 ends it", magic2, FP_XSTATE_MAGIC2);
		eq("extended_size is xstate_size and the end mark", ext_size, (long)xstate_size + 4);
		eq("x87 and SSE are among its features", (long)(xfeatures & 3), 3);
		eq("uc_flags has UC_FP_XSTATE", (long)(seen.flags & 1), 1);
	} else {
		skip("magic1, magic2 and sizes", "no xsave on this processor");
	}
}

// ---- what a handler may change ---------------------------------------------

static void bump(struct ucontext *uc)
{
	uc->rbx = 0xb;
	uc->r12 = 0xc;
	uc->rax = 0xa;
	uc->eflags |= 0x801; // overflow and carry
}

static void block_usr2(struct ucontext *uc)
{
	uc->sigmask = bit(SIGUSR2) | bit(SIGKILL);
}

static void raise_privileges(struct ucontext *uc)
{
	// IOPL 3, NT, VIF and VIP; interrupts off.
	uc->eflags = (uc->eflags | 0x3000 | 0x4000 | 0x180000) & ~0x200UL;
}

static void changes(void)
{
	u64 rax = 0, rbx = 0, r12 = 0, flags = 0;
	change = bump;
	__asm__ volatile("xor %%ebx, %%ebx\n xor %%r12d, %%r12d\n int3\n mov %%r12, %2\n pushfq\n pop %3\n"
			 : "=a"(rax), "=&b"(rbx), "=&r"(r12), "=&r"(flags)
			 :
			 : "r12", "memory", "cc");
	ok(rax == 0xa && rbx == 0xb && r12 == 0xc, "changed registers take effect");
	eq("changed flags take effect", (long)(flags & 0x801), 0x801);
	change = block_usr2;
	raise(SIGUSR1);
	eq("a changed uc_sigmask takes effect, without SIGKILL", (long)mask_now(), (long)bit(SIGUSR2));
	set_mask(0);
	change = raise_privileges;
	raise(SIGUSR1);
	__asm__ volatile("pushfq\n pop %0" : "=r"(flags));
	eq("IOPL, NT, VIF and VIP cannot be taken, IF cannot be dropped", (long)(flags & 0x187200), 0x200);
}

// ---- nested ----------------------------------------------------------------

static int trail[8], steps;
static void inner(int sig, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	trail[steps++] = sig;
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	if (sig == SIGUSR2)
		raise(SIGALRM);
	trail[steps++] = -sig;
}

static void nested(void)
{
	catch (SIGUSR1, inner);
	catch (SIGUSR2, inner);
	catch (SIGALRM, inner);
	raise(SIGUSR1);
	static const int expected[6] = {SIGUSR1, SIGUSR2, SIGALRM, -SIGALRM, -SIGUSR2, -SIGUSR1};
	ok(steps == 6 && memcmp(trail, expected, sizeof(expected)) == 0, "handlers nest and unwind in order");
	eq("the mask is empty at the end", (long)mask_now(), 0);
}

// ---- forged frames ---------------------------------------------------------

static void kernel_rip(struct ucontext *uc) { uc->rip = 0xffffffff80000000UL; }
static void noncanonical_rip(struct ucontext *uc) { uc->rip = 0x8000000000000000UL; }
static void edge_rip(struct ucontext *uc) { uc->rip = 0x800000000000UL; }
static void kernel_rsp(struct ucontext *uc) { uc->rsp = 0xffffffff80000000UL; }
static void noncanonical_rsp(struct ucontext *uc) { uc->rsp = 0x8000000000000000UL; }
static void kernel_cs(struct ucontext *uc) { uc->cs = 0x10; }
static void null_cs(struct ucontext *uc) { uc->cs = 0; }
static void junk_cs(struct ucontext *uc) { uc->cs = 0xfff8; }
static void junk_ss(struct ucontext *uc) { uc->ss = 0xfff8; }
static void kernel_fp(struct ucontext *uc) { uc->fp = (void *)0xffffffff80000000UL; }
static void low_fp(struct ucontext *uc) { uc->fp = (void *)64; }
static void odd_fp(struct ucontext *uc) { uc->fp = (void *)((u64)uc->fp + 4); }
static void no_fp(struct ucontext *uc) { uc->fp = NULL; }
static void junk_mxcsr(struct ucontext *uc) { uc->fp->mxcsr = 0xffffffff; }
static void junk_features(struct ucontext *uc) { uc->fp->xfeatures = ~0UL; }
static void junk_sizes(struct ucontext *uc)
{
	uc->fp->extended_size = 0xffffffff;
	uc->fp->xstate_size = 0xfffffff0;
}
static void junk_header(struct ucontext *uc)
{
	// The xsave header follows the legacy area.
	memset((u8 *)uc->fp + 512, 0xff, 64);
}
static void all_ones(struct ucontext *uc) { memset(&uc->r8, 0xff, sizeof(*uc) - 40); }
static void all_zero(struct ucontext *uc) { memset(&uc->r8, 0, sizeof(*uc) - 40); }

static int forge(void)
{
	catch (SIGUSR1, watch);
	raise(SIGUSR1);
	// What an unhindered program needs: its stack and a register or two.
	__asm__ volatile("push %%rax\n pop %%rax" : : : "memory");
	return 0;
}

static int stray_stack(void)
{
	__asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall" : : "r"(4096L) : "memory");
	return 0;
}

static int kernel_stack(void)
{
	__asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall" : : "r"(0xffffffff80001000UL) : "memory");
	return 0;
}

enum { LIVES = 1, SEGV = 2, BUS = 4 };

static void forged(void)
{
	static const struct {
		void (*change)(struct ucontext *uc);
		int allowed;
		const char *name;
	} list[] = {
		{kernel_rip, SEGV, "forged rip in the kernel"},
		{noncanonical_rip, SEGV, "forged non-canonical rip"},
		{edge_rip, SEGV, "forged rip at the first non-canonical address"},
		{kernel_rsp, SEGV, "forged rsp in the kernel"},
		// The push is a stack fault where the restored rsp is not canonical.
		{noncanonical_rsp, SEGV | BUS, "forged non-canonical rsp"},
		{kernel_cs, SEGV, "forged kernel code segment"},
		{null_cs, SEGV, "forged null code segment"},
		{junk_cs, SEGV, "forged code segment past the table"},
		// Linux may repair ss; a kernel that ignores the field goes on.
		{junk_ss, LIVES | SEGV | BUS, "forged stack segment past the table"},
		{kernel_fp, SEGV, "forged vector state in the kernel"},
		{low_fp, SEGV, "forged vector state nowhere"},
		// Without magic1 at the new place it is taken for a legacy area.
		{odd_fp, LIVES | SEGV, "forged misaligned vector state"},
		{no_fp, LIVES, "a frame without vector state"},
		// Kernels before 5.13 cleared the reserved bits instead.
		{junk_mxcsr, LIVES | SEGV, "forged reserved bits of mxcsr"},
		{junk_features, LIVES | SEGV, "forged feature bits"},
		{junk_sizes, LIVES | SEGV, "forged sizes of the vector state"},
		{junk_header, LIVES | SEGV, "forged xsave header"},
		{all_ones, SEGV, "a frame of ones"},
		{all_zero, SEGV, "a frame of zeros"},
	};
	for (u32 i = 0; i < COUNT(list); i++) {
		change = list[i].change;
		int status = in_child(forge), sig = death(status);
		int seen_as = sig == SIGSEGV ? SEGV : sig == SIGBUS ? BUS : sig == 0 ? LIVES : 0;
		if (!(seen_as & list[i].allowed))
			note("wait status", status);
		ok(seen_as & list[i].allowed, list[i].name);
	}
	eq("rt_sigreturn from an unmapped stack", death(in_child(stray_stack)), SIGSEGV);
	eq("rt_sigreturn from a kernel stack", death(in_child(kernel_stack)), SIGSEGV);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	set_mask(0);
	registers();
	vector_state();
	changes();
	nested();
	forged();
	return tap_done();
}
