// SPDX-License-Identifier: BSD-2-Clause
// Signals as the x86-64 kernel shows them: rt_sigaction(2), sigaltstack(2), and
// the frame a handler gets (arch ABI; fxsave area of the processor manual).
#ifndef TEST_SIGNALS_H
#define TEST_SIGNALS_H
#include "linux.h"

enum {
	SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8,
	SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14,
	SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19, SIGTSTP = 20, SIGSYS = 31,
	SIGRTMIN = 34,
	SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2,
	SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_RESTORER = 0x04000000,
	SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000,
	SS_ONSTACK = 1, SS_DISABLE = 2,
	SI_USER = 0, SI_QUEUE = -1, SI_TKILL = -6, SI_KERNEL = 0x80,
	SEGV_MAPERR = 1, SEGV_ACCERR = 2, BUS_ADRERR = 2, FPE_INTDIV = 1, FPE_FLTDIV = 3, ILL_ILLOPN = 2,
	TRAP_BRKPT = 1, TRAP_TRACE = 2,
	CLD_EXITED = 1, CLD_KILLED = 2, CLD_STOPPED = 5, CLD_CONTINUED = 6,
};
#define SA_RESETHAND 0x80000000UL
#define SIG_DFL ((void *)0)
#define SIG_IGN ((void *)1)

struct siginfo {
	i32 signo, error, code, pad;
	union {
		struct {
			i32 pid;
			u32 uid;
			union {
				i32 status;
				u64 value;
			};
		};
		u64 addr;
		u8 rest[112];
	};
};
_Static_assert(sizeof(struct siginfo) == 128, "siginfo_t");

struct sigstack {
	void *sp;
	i32 flags, pad;
	u64 size;
};

struct fpstate {
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u8 st[8][16];
	u64 xmm[16][2];
	u8 reserved[48];
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, padding[7];
};
_Static_assert(sizeof(struct fpstate) == 512, "fxsave area");
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u

struct ucontext {
	u64 flags;
	struct ucontext *link;
	struct sigstack stack;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	struct fpstate *fp;
	u64 reserved[8];
	u64 sigmask;
};
_Static_assert(sizeof(struct ucontext) == 304, "ucontext of x86-64");

typedef void handler(int sig, struct siginfo *info, struct ucontext *uc);

struct sigaction {
	void *handler;
	u64 flags;
	void *restorer;
	u64 mask;
};

void restorer(void);
__asm__(".text\n"
	".type restorer, @function\n"
	"restorer:\n"
	"	movl $15, %eax\n"
	"	syscall\n"
	"	hlt\n"
	".size restorer, . - restorer\n");

static inline u64 bit(int sig)
{
	return 1UL << (sig - 1);
}

static inline long on(int sig, void *what, u64 flags, u64 mask)
{
	struct sigaction sa = {what, flags | SA_RESTORER, (void *)restorer, mask};
	return sc(SYS_rt_sigaction, sig, &sa, 0, 8);
}

static inline long catch(int sig, handler *h)
{
	return on(sig, (void *)h, SA_SIGINFO, 0);
}

static inline u64 mask_now(void)
{
	u64 m = 0;
	sc(SYS_rt_sigprocmask, SIG_BLOCK, 0, &m, 8);
	return m;
}

static inline long set_mask(u64 m)
{
	return sc(SYS_rt_sigprocmask, SIG_SETMASK, &m, 0, 8);
}

static inline long raise(int sig)
{
	return sc(SYS_tgkill, sc(SYS_getpid), sc(SYS_gettid), sig);
}

#endif
