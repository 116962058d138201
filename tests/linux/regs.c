// SPDX-License-Identifier: BSD-2-Clause
// A system call changes rax, rcx and r11 and nothing else (syscall(2), System V
// ABI appendix A); vector registers survive calls, signals and other threads.
#include "signals.h"

// The order of the arrays below.
enum { RBX, RBP, RDI, RSI, RDX, R8, R9, R10, R12, R13, R14, R15, REGS };
static const char *const reg_names[REGS] = {"rbx", "rbp", "rdi", "rsi", "rdx", "r8",
					    "r9",  "r10", "r12", "r13", "r14", "r15"};
struct shot {
	u64 in[REGS], out[REGS];
	u64 nr, ret, rcx, r11, rsp_moved, flags_in, flags_out;
};

void shoot(struct shot *s);
#define AT_IN(i) #i "*8(%rax)"
__asm__(".text\n"
	".type shoot, @function\n"
	"shoot:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	push %rdi\n"
	"	mov %rdi, %rax\n"
	"	mov 0*8(%rax), %rbx\n	mov 1*8(%rax), %rbp\n	mov 2*8(%rax), %rdi\n"
	"	mov 3*8(%rax), %rsi\n	mov 4*8(%rax), %rdx\n	mov 5*8(%rax), %r8\n"
	"	mov 6*8(%rax), %r9\n	mov 7*8(%rax), %r10\n	mov 8*8(%rax), %r12\n"
	"	mov 9*8(%rax), %r13\n	mov 10*8(%rax), %r14\n	mov 11*8(%rax), %r15\n"
	"	mov %rsp, shoot_sp(%rip)\n"
	"	push 29*8(%rax)\n" // flags_in
	"	mov 24*8(%rax), %rax\n" // nr
	"	popfq\n"
	"	syscall\n"
	".globl after_syscall\n"
	"after_syscall:\n"
	"	mov %rax, shoot_ret(%rip)\n"
	"	pushfq\n	pop %rax\n	cld\n"
	"	mov %rsp, shoot_sp2(%rip)\n"
	"	mov %rax, shoot_flags(%rip)\n"
	"	mov (%rsp), %rax\n"
	"	mov %rbx, 12*8(%rax)\n	mov %rbp, 13*8(%rax)\n	mov %rdi, 14*8(%rax)\n"
	"	mov %rsi, 15*8(%rax)\n	mov %rdx, 16*8(%rax)\n	mov %r8, 17*8(%rax)\n"
	"	mov %r9, 18*8(%rax)\n	mov %r10, 19*8(%rax)\n	mov %r12, 20*8(%rax)\n"
	"	mov %r13, 21*8(%rax)\n	mov %r14, 22*8(%rax)\n	mov %r15, 23*8(%rax)\n"
	"	mov %rcx, 26*8(%rax)\n	mov %r11, 27*8(%rax)\n"
	"	mov shoot_ret(%rip), %rcx\n	mov %rcx, 25*8(%rax)\n"
	"	mov shoot_sp2(%rip), %rcx\n	sub shoot_sp(%rip), %rcx\n	mov %rcx, 28*8(%rax)\n"
	"	mov shoot_flags(%rip), %rcx\n	mov %rcx, 30*8(%rax)\n"
	"	pop %rdi\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n"
	".size shoot, . - shoot\n"
	".local shoot_sp, shoot_sp2, shoot_ret, shoot_flags\n"
	".comm shoot_sp, 8, 8\n	.comm shoot_sp2, 8, 8\n	.comm shoot_ret, 8, 8\n"
	".comm shoot_flags, 8, 8\n");
extern char after_syscall[];

static struct shot fresh(long nr)
{
	struct shot s = {.nr = (u64)nr, .flags_in = 0x202};
	for (int i = 0; i < REGS; i++)
		s.in[i] = 0x1111111111111111UL * (u64)(i + 1) + (u64)i;
	return s;
}

// Index of the first register that changed, -1 if none did.
static int changed(const struct shot *s)
{
	for (int i = 0; i < REGS; i++)
		if (s->in[i] != s->out[i]) {
			struct line l = {.len = 0};
			line_str(&l, "# changed: ");
			line_str(&l, reg_names[i]);
			line_str(&l, "\n");
			line_put(&l, 1);
			return i;
		}
	return -1;
}

static void calls(void)
{
	static const struct {
		int nr;
		const char *name;
		long expected;
	} list[] = {
		{SYS_getppid, "getppid preserves every register", 1},
		{SYS_close, "a failing close preserves every register", -EBADF},
		{SYS_sched_yield, "sched_yield preserves every register", 0},
		{SYS_read, "a failing read preserves every register", -EBADF},
		{SYS_futex, "a failing futex preserves every register", -ENOSYS},
		{5000, "an unknown number preserves every register", -ENOSYS},
	};
	for (u32 i = 0; i < COUNT(list); i++) {
		struct shot s = fresh(list[i].nr);
		if (list[i].nr == SYS_close || list[i].nr == SYS_read)
			s.in[RDI] = ~0UL;
		shoot(&s);
		int good = changed(&s) == -1 && s.rsp_moved == 0;
		good &= list[i].expected > 0 ? (long)s.ret > 0 : (long)s.ret == list[i].expected;
		if (!good)
			note("returned", (long)s.ret);
		ok(good, list[i].name);
	}
	struct shot s = fresh(SYS_getppid);
	shoot(&s);
	eq("rcx holds the return address", (long)s.rcx, (long)after_syscall);
	// Carry, parity, auxiliary carry, zero, sign, direction and overflow.
	s.flags_in = 0xcd7 | 0x200;
	shoot(&s);
	eq("all status flags and the direction flag are preserved", (long)(s.flags_out & 0xcd5), 0xcd5);
	eq("r11 holds the flags", (long)(s.r11 & 0xcd5), 0xcd5);
	s.flags_in = 0x202;
	shoot(&s);
	eq("clear flags stay clear", (long)(s.flags_out & 0xcd5), 0);
	// The upper half of a number is ignored: it is an int to the kernel.
	s = fresh(SYS_getppid | 0x100000000L);
	shoot(&s);
	ok((long)s.ret == sc(SYS_getppid), "the number is the low 32 bits of rax");
}

struct vectors {
	u64 xmm[16][2], ymm[16][4];
};

static int have_avx(void)
{
	u32 a = 1, b, c = 0, d, lo = 0, hi = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if ((c & (1u << 27 | 1u << 28)) != (1u << 27 | 1u << 28))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (lo & 6) == 6;
}

#define X16(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define LOADX(i) "movdqu " #i "*16(%[in]), %%xmm" #i "\n"
#define SAVEX(i) "movdqu %%xmm" #i ", " #i "*16(%[out])\n"
#define LOADY(i) "vmovdqu " #i "*32(%[in]), %%ymm" #i "\n"
#define SAVEY(i) "vmovdqu %%ymm" #i ", " #i "*32(%[out])\n"
#define XMM_CLOBBER                                                                                \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",   \
		"xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

// Loads all vector registers, makes one system call, and compares.
static int vectors_survive(int wide, long nr, long a, long b, long c)
{
	struct vectors in, out;
	long ret;
	for (u64 i = 0; i < sizeof(in) / 8; i++)
		((u64 *)&in)[i] = 0x0123456789abcdefUL * (i + 7) ^ (u64)nr;
	memset(&out, 0, sizeof(out));
	if (wide) {
		__asm__ volatile(X16(LOADY) "syscall\n" X16(SAVEY) "vzeroupper\n"
				 : "=a"(ret)
				 : "a"(nr), "D"(a), "S"(b), "d"(c), [in] "r"(in.ymm), [out] "r"(out.ymm)
				 : "rcx", "r11", "memory", XMM_CLOBBER);
		return memcmp(in.ymm, out.ymm, sizeof(in.ymm)) == 0;
	}
	__asm__ volatile(X16(LOADX) "syscall\n" X16(SAVEX)
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), [in] "r"(in.xmm), [out] "r"(out.xmm)
			 : "rcx", "r11", "memory", XMM_CLOBBER);
	return memcmp(in.xmm, out.xmm, sizeof(in.xmm)) == 0;
}

static int handled, wide_registers;
static void clobber(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	static const u64 junk[16][4] = {{~0UL, 1, 2, 3}};
	if (wide_registers)
		__asm__ volatile(X16(LOADY) : : [in] "r"(junk) : XMM_CLOBBER);
	else
		__asm__ volatile(X16(LOADX) : : [in] "r"(junk) : XMM_CLOBBER);
	handled++;
}

static int rival(int wide)
{
	for (int i = 0; i < 200; i++)
		if (!vectors_survive(wide, SYS_sched_yield, 0, 0, 0))
			return 1;
	return 0;
}

static void vectors(int wide)
{
	wide_registers = wide;
	catch (SIGUSR1, clobber);
	ok(vectors_survive(wide, SYS_getppid, 0, 0, 0),
	   wide ? "ymm registers survive getppid" : "xmm registers survive getppid");
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, rival(wide));
	int mine = rival(wide), theirs = reap(pid);
	ok(mine == 0 && theirs == 0, wide ? "ymm registers survive sched_yield between processes"
					  : "xmm registers survive sched_yield between processes");
	handled = 0;
	int same = vectors_survive(wide, SYS_tgkill, sc(SYS_getpid), sc(SYS_gettid), SIGUSR1);
	ok(same && handled == 1, wide ? "ymm registers survive a handler that changes them"
				      : "xmm registers survive a handler that changes them");
	ok(vectors_survive(wide, SYS_fork + 1000000, 0, 0, 0),
	   wide ? "ymm registers survive an unknown call" : "xmm registers survive an unknown call");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	calls();
	vectors(0);
	if (have_avx())
		vectors(1);
	else
		skip("ymm registers survive", "no AVX on this processor");
	// The x87 control word and mxcsr are the program's own, too.
	u16 cw = 0x27f, cw2 = 0;
	u32 csr = 0x3f80, csr2 = 0;
	__asm__ volatile("fldcw %0\n ldmxcsr %1" : : "m"(cw), "m"(csr));
	sc(SYS_sched_yield);
	raise(SIGUSR1);
	__asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(cw2), "=m"(csr2));
	eq("x87 control word survives a call and a signal", cw2, cw);
	eq("mxcsr survives a call and a signal", csr2 & ~0x3f, csr);
	return tap_done();
}
