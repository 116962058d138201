// SPDX-License-Identifier: BSD-2-Clause
// ptrace(2), as strace and gdb use it: signals, system calls, events, registers, memory, single
// steps, breakpoints, threads, seizing.
#include "signals.h"

enum {
	SYS_ptrace = 101,
	TRACEME = 0, PEEKTEXT = 1, PEEKDATA = 2, PEEKUSER = 3, POKEDATA = 5, POKEUSER = 6, CONT = 7,
	KILL = 8, STEP = 9, GETREGS = 12, SETREGS = 13, GETFPREGS = 14, ATTACH = 16, DETACH = 17,
	SYSCALL = 24, SETOPTIONS = 0x4200, GETEVENTMSG = 0x4201, GETSIGINFO = 0x4202, SETSIGINFO = 0x4203,
	GETREGSET = 0x4204, SETREGSET = 0x4205, SEIZE = 0x4206, INTERRUPT = 0x4207, LISTEN = 0x4208,
	GETSIGMASK = 0x420a, GET_SYSCALL_INFO = 0x420e,
	O_SYSGOOD = 1, O_FORK = 2, O_VFORK = 4, O_CLONE = 8, O_EXEC = 16, O_EXIT = 64, O_EXITKILL = 0x100000,
	EV_FORK = 1, EV_VFORK = 2, EV_CLONE = 3, EV_EXEC = 4, EV_EXIT = 6, EV_STOP = 128,
	WALL = 0x40000000, EIO = 5,
	NT_PRSTATUS = 1, NT_PRFPREG = 2, NT_X86_XSTATE = 0x202,
};

struct regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs,
		eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

struct syscall_info {
	u8 op, pad[3];
	u32 arch;
	u64 rip, rsp;
	union {
		struct {
			u64 nr, args[6];
		};
		struct {
			i64 rval;
			u8 is_error;
		};
	};
};

static char *self;
static volatile long told;
static volatile int *shared;

static long pt(long request, long pid, u64 addr, u64 data)
{
	return sc(SYS_ptrace, request, pid, addr, data);
}

#define PT(request, pid, addr, data) pt(request, pid, (u64)(addr), (u64)(data))

// Waits for one tracee: its status.
static int status_of(long pid)
{
	int status = -1;
	long got;
	do
		got = sc(SYS_wait4, pid, &status, WALL, 0);
	while (got == -EINTR);
	return got == pid ? status : (int)got;
}

static int stop(int sig, int event)
{
	return event << 16 | sig << 8 | 0x7f;
}

// A child that stops itself by a signal; then it makes a few calls. Has stopped.
static long stopped_child(void)
{
	shared[4] = 0;
	long pid = sc(SYS_fork);
	if (pid == 0) {
		raise(SIGSTOP);
		sc(SYS_getppid);
		shared[4] = 1;
		sc(SYS_exit_group, 5);
	}
	int status;
	sc(SYS_wait4, pid, &status, 2 /* WUNTRACED */, 0);
	return pid;
}

// A child that waits for its tracer in a SIGSTOP of its own and then runs `body`.
static long traced(int (*body)(void))
{
	long pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_ptrace, TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		sc(SYS_exit_group, body());
	}
	return pid;
}

static int body_seven(void)
{
	return 7;
}

static void basics(void)
{
	struct regs r;
	struct siginfo info;
	eq("ptrace of nobody is ESRCH", PT(CONT, 4194303, 0, 0), -ESRCH);
	eq("attaching to nobody is ESRCH", PT(ATTACH, 4194303, 0, 0), -ESRCH);
	eq("attaching to oneself is EPERM", PT(ATTACH, sc(SYS_getpid), 0, 0), -EPERM);
	long pid = traced(body_seven);
	eq("a SIGSTOP after PTRACE_TRACEME stops", status_of(pid), stop(SIGSTOP, 0));
	eq("an unknown request is EIO", PT(0x7777, pid, 0, 0), -EIO);
	eq("PTRACE_GETSIGINFO tells of it", PT(GETSIGINFO, pid, 0, &info), 0);
	ok(info.signo == SIGSTOP && info.code <= 0, "as a signal that was sent");
	eq("PTRACE_GETREGS", PT(GETREGS, pid, 0, &r), 0);
	eq("tells a 64-bit program by cs", r.cs, 0x33);
	eq("and ss", r.ss, 0x2b);
	ok(r.rip > 0x1000 && r.rsp > 0x1000, "where it is");
	u64 word = 0;
	eq("PTRACE_PEEKDATA", PT(PEEKDATA, pid, &told, &word), 0);
	eq("reads memory", word, 0);
	eq("PTRACE_POKEDATA", PT(POKEDATA, pid, &told, 1234), 0);
	PT(PEEKDATA, pid, &told, &word);
	eq("writes it", word, 1234);
	eq("there and not here", told, 0);
	eq("PTRACE_POKEDATA into code", PT(PEEKTEXT, pid, body_seven, &word) || PT(POKEDATA, pid, body_seven, word), 0);
	eq("PTRACE_PEEKDATA of nothing is EIO", PT(PEEKDATA, pid, 16, &word), -EIO);
	eq("PTRACE_PEEKUSER", PT(PEEKUSER, pid, 16 * 8, &word), 0);
	eq("reads a register", word, r.rip);
	eq("off a word is EIO", PT(PEEKUSER, pid, 3, &word), -EIO);
	eq("beyond is EIO", PT(PEEKUSER, pid, 4096, &word), -EIO);
	u64 r12 = r.r12;
	r.r12 = 0x1122334455667788;
	eq("PTRACE_SETREGS", PT(SETREGS, pid, 0, &r), 0);
	struct regs again;
	PT(GETREGS, pid, 0, &again);
	eq("sets", again.r12, r.r12);
	struct iovec v = {&again, sizeof(again)};
	memset(&again, 0, sizeof(again));
	eq("PTRACE_GETREGSET of NT_PRSTATUS", PT(GETREGSET, pid, NT_PRSTATUS, &v), 0);
	ok(v.len == sizeof(again) && again.r12 == r.r12, "has the same registers");
	r.r12 = r12;
	PT(SETREGS, pid, 0, &r);
	struct fpstate fp;
	v = (struct iovec){&fp, sizeof(fp)};
	eq("PTRACE_GETREGSET of NT_PRFPREG", PT(GETREGSET, pid, NT_PRFPREG, &v), 0);
	eq("has 512 bytes", v.len, 512);
	eq("with the control word", fp.cwd, 0x37f);
	static u8 xstate[8192];
	v = (struct iovec){xstate, sizeof(xstate)};
	eq("PTRACE_GETREGSET of NT_X86_XSTATE", PT(GETREGSET, pid, NT_X86_XSTATE, &v), 0);
	ok(v.len >= 576 && v.len < sizeof(xstate), "has the machine's size");
	ok((*(u64 *)(xstate + 464) & 3) == 3, "and tells the features");
	eq("PTRACE_SETREGSET of it", PT(SETREGSET, pid, NT_X86_XSTATE, &v), 0);
	eq("an unknown set is EINVAL", PT(GETREGSET, pid, 99, &v), -EINVAL);
	u64 mask = 1;
	eq("PTRACE_GETSIGMASK", PT(GETSIGMASK, pid, 8, &mask), 0);
	eq("tells the mask", mask, 0);
	eq("unknown options are EINVAL", PT(SETOPTIONS, pid, 0, 1 << 28), -EINVAL);
	eq("a signal that does not exist is EIO", PT(CONT, pid, 0, 65), -EIO);
	eq("PTRACE_CONT", PT(CONT, pid, 0, 0), 0);
	eq("lets it end", status_of(pid), 7 << 8);

	pid = traced(body_seven);
	status_of(pid);
	eq("PTRACE_CONT with a signal", PT(CONT, pid, 0, SIGTERM), 0);
	eq("delivers it", status_of(pid), SIGTERM);

	pid = traced(body_seven);
	status_of(pid);
	eq("PTRACE_KILL", PT(KILL, pid, 0, 0), 0);
	eq("kills", status_of(pid), SIGKILL);
	pid = traced(body_seven);
	status_of(pid);
	sc(SYS_kill, pid, SIGKILL);
	eq("SIGKILL kills who is stopped", status_of(pid), SIGKILL);
}

// ---- signals ---------------------------------------------------------------

static void count(int sig UNUSED)
{
	told++;
}

static int body_signals(void)
{
	on(SIGUSR1, (void *)count, 0, 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	*(volatile int *)0x10 = 1;
	return (int)told;
}

static void signals(void)
{
	struct siginfo info;
	long pid = traced(body_signals);
	status_of(pid);
	PT(CONT, pid, 0, 0);
	eq("a signal stops before its handler", status_of(pid), stop(SIGUSR1, 0));
	PT(CONT, pid, 0, SIGUSR1);
	eq("and the next", status_of(pid), stop(SIGUSR1, 0));
	PT(CONT, pid, 0, 0);
	eq("a fault stops", status_of(pid), stop(SIGSEGV, 0));
	PT(GETSIGINFO, pid, 0, &info);
	ok(info.signo == SIGSEGV && info.code == SEGV_MAPERR && info.addr == 0x10, "and tells its address");
	u64 word = 0;
	PT(PEEKDATA, pid, &told, &word);
	eq("only the signal that was handed on was handled", word, 1);
	PT(CONT, pid, 0, SIGSEGV);
	eq("the fault kills when it is handed on", death(status_of(pid)), SIGSEGV);
}

// ---- system calls ----------------------------------------------------------

static int body_calls(void)
{
	sc(SYS_getpid);
	sc(SYS_close, 333);
	return sc(SYS_lseek, 0, 1111, 2222) == 77 ? 5 : 6;
}

static long to_call(long pid, struct regs *r)
{
	PT(SYSCALL, pid, 0, 0);
	int status = status_of(pid);
	PT(GETREGS, pid, 0, r);
	return status;
}

static void calls(void)
{
	struct regs r;
	struct syscall_info si;
	struct siginfo info;
	long pid = traced(body_calls);
	status_of(pid);
	eq("PTRACE_SETOPTIONS", PT(SETOPTIONS, pid, 0, O_SYSGOOD), 0);
	eq("PTRACE_GET_SYSCALL_INFO outside a call", PT(GET_SYSCALL_INFO, pid, sizeof(si), &si), 24);
	ok(si.op == 0 && si.arch == 0xc000003e, "says none, of x86-64");
	// The rest of the raise, which was in the midst of it.
	int status;
	long guard = 0;
	do
		status = (int)to_call(pid, &r);
	while (r.orig_rax != SYS_getpid && guard++ < 20);
	eq("PTRACE_SYSCALL stops with SIGTRAP | 0x80", status, stop(SIGTRAP | 0x80, 0));
	eq("before the call rax is -ENOSYS", r.rax, -ENOSYS);
	eq("PTRACE_GET_SYSCALL_INFO there", PT(GET_SYSCALL_INFO, pid, sizeof(si), &si), 80);
	ok(si.op == 1 && si.nr == SYS_getpid && si.rip == r.rip && si.rsp == r.rsp, "says entry");
	PT(GETSIGINFO, pid, 0, &info);
	ok(info.signo == SIGTRAP && info.code == (SIGTRAP | 0x80), "PTRACE_GETSIGINFO says so too");
	to_call(pid, &r);
	ok(r.orig_rax == SYS_getpid && (long)r.rax == pid, "after the call rax is the result");
	eq("PTRACE_GET_SYSCALL_INFO there", PT(GET_SYSCALL_INFO, pid, sizeof(si), &si), 33);
	ok(si.op == 2 && si.rval == pid && !si.is_error, "says exit");
	to_call(pid, &r);
	ok(r.orig_rax == SYS_close && r.rdi == 333, "arguments are in their registers");
	to_call(pid, &r);
	PT(GET_SYSCALL_INFO, pid, sizeof(si), &si);
	ok(si.rval == -EBADF && si.is_error, "an error is told as one");
	to_call(pid, &r);
	PT(GET_SYSCALL_INFO, pid, sizeof(si), &si);
	ok(si.nr == SYS_lseek && si.args[1] == 1111 && si.args[2] == 2222, "all arguments are told");
	// A debugger may change the call, and its result.
	r.orig_rax = SYS_getppid;
	PT(SETREGS, pid, 0, &r);
	to_call(pid, &r);
	eq("another call can be put in its place", (long)r.rax, sc(SYS_getpid));
	r.rax = 77;
	PT(SETREGS, pid, 0, &r);
	to_call(pid, &r);
	eq("and another result", r.orig_rax, SYS_exit_group);
	eq("which the program sees", r.rdi, 5);
	PT(CONT, pid, 0, 0);
	eq("and ends", status_of(pid), 5 << 8);
}

// ---- steps and breakpoints -------------------------------------------------

void five_nops(void);
__asm__(".text\n"
	".globl five_nops\n"
	".type five_nops, @function\n"
	"five_nops:\n"
	"	nop\n	nop\n	nop\n	nop\n	nop\n	ret\n"
	".size five_nops, . - five_nops\n");

static int body_nops(void)
{
	five_nops();
	five_nops();
	told = 1;
	return 3;
}

static void steps(void)
{
	struct regs r;
	struct siginfo info;
	u64 code = 0;
	long pid = traced(body_nops);
	status_of(pid);
	PT(PEEKTEXT, pid, five_nops, &code);
	PT(POKEDATA, pid, five_nops, (code & ~0xffUL) | 0xcc);
	PT(CONT, pid, 0, 0);
	eq("a breakpoint stops with SIGTRAP", status_of(pid), stop(SIGTRAP, 0));
	PT(GETREGS, pid, 0, &r);
	eq("behind it", (long)r.rip, (long)five_nops + 1);
	PT(GETSIGINFO, pid, 0, &info);
	eq("with the code SI_KERNEL", info.code, SI_KERNEL);
	PT(POKEDATA, pid, five_nops, code);
	r.rip--;
	PT(SETREGS, pid, 0, &r);
	eq("PTRACE_SINGLESTEP", PT(STEP, pid, 0, 0), 0);
	eq("stops with SIGTRAP", status_of(pid), stop(SIGTRAP, 0));
	PT(GETREGS, pid, 0, &r);
	eq("after one instruction", (long)r.rip, (long)five_nops + 1);
	PT(GETSIGINFO, pid, 0, &info);
	eq("with the code TRAP_TRACE", info.code, TRAP_TRACE);
	for (int i = 0; i < 3; i++) {
		PT(STEP, pid, 0, 0);
		status_of(pid);
	}
	PT(GETREGS, pid, 0, &r);
	eq("and so on", (long)r.rip, (long)five_nops + 4);
	ok(!(r.eflags & 0x100), "the trap flag does not show");

	// A hardware breakpoint and a watchpoint: u_debugreg is at 848.
	eq("a debug register can be set", PT(POKEUSER, pid, 848, five_nops), 0);
	eq("and enabled", PT(POKEUSER, pid, 848 + 7 * 8, 1), 0);
	PT(CONT, pid, 0, 0);
	eq("a hardware breakpoint stops", status_of(pid), stop(SIGTRAP, 0));
	PT(GETREGS, pid, 0, &r);
	eq("before its instruction", (long)r.rip, (long)five_nops);
	u64 dr6 = 0;
	PT(PEEKUSER, pid, 848 + 6 * 8, &dr6);
	eq("the status register tells which", dr6 & 15, 1);
	PT(POKEUSER, pid, 848 + 7 * 8, 0);
	PT(POKEUSER, pid, 848, &told);
	// Enabled, on writes, eight bytes.
	eq("a watchpoint", PT(POKEUSER, pid, 848 + 7 * 8, 1 | 9 << 16), 0);
	PT(CONT, pid, 0, 0);
	eq("stops", status_of(pid), stop(SIGTRAP, 0));
	u64 word = 0;
	PT(PEEKDATA, pid, &told, &word);
	eq("after the write", word, 1);
	PT(POKEUSER, pid, 848 + 7 * 8, 0);
	PT(CONT, pid, 0, 0);
	eq("and it runs on", status_of(pid), 3 << 8);
}

// ---- events ----------------------------------------------------------------

static int body_forks(void)
{
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 4);
	reap(pid);
	pid = sc(SYS_vfork);
	if (pid == 0) {
		sc(SYS_exit_group, 5);
		__builtin_unreachable();
	}
	reap(pid);
	return 6;
}

static int body_exec(void)
{
	char *argv[] = {"x", "quit", NULL}, *envp[] = {NULL};
	sc(SYS_execve, self, argv, envp);
	return 1;
}

static void events(void)
{
	u64 message = 0;
	long pid = traced(body_forks);
	status_of(pid);
	PT(SETOPTIONS, pid, 0, O_FORK | O_VFORK | O_EXIT);
	PT(CONT, pid, 0, 0);
	eq("PTRACE_EVENT_FORK", status_of(pid), stop(SIGTRAP, EV_FORK));
	eq("PTRACE_GETEVENTMSG", PT(GETEVENTMSG, pid, 0, &message), 0);
	long child = (long)message;
	ok(child > 0 && child != pid, "tells the child");
	eq("which starts with a SIGSTOP", status_of(child), stop(SIGSTOP, 0));
	PT(CONT, child, 0, 0);
	eq("and inherits the options", status_of(child), stop(SIGTRAP, EV_EXIT));
	PT(GETEVENTMSG, child, 0, &message);
	eq("PTRACE_EVENT_EXIT tells the status", message, 4 << 8);
	PT(CONT, child, 0, 0);
	eq("and its end is told to the tracer", status_of(child), 4 << 8);
	PT(CONT, pid, 0, 0);
	int status = status_of(pid);
	if (status == stop(SIGCHLD, 0)) {
		PT(CONT, pid, 0, SIGCHLD);
		status = status_of(pid);
	}
	eq("PTRACE_EVENT_VFORK", status, stop(SIGTRAP, EV_VFORK));
	PT(GETEVENTMSG, pid, 0, &message);
	child = (long)message;
	eq("with the child", status_of(child), stop(SIGSTOP, 0));
	PT(CONT, pid, 0, 0);
	PT(CONT, child, 0, 0);
	status_of(child);
	PT(CONT, child, 0, 0);
	eq("which ends", status_of(child), 5 << 8);
	status = status_of(pid);
	if (status == stop(SIGCHLD, 0)) {
		PT(CONT, pid, 0, 0);
		status = status_of(pid);
	}
	eq("and so does the parent", status, stop(SIGTRAP, EV_EXIT));
	PT(CONT, pid, 0, 0);
	eq("with its own status", status_of(pid), 6 << 8);

	pid = traced(body_exec);
	status_of(pid);
	PT(SETOPTIONS, pid, 0, O_EXEC);
	PT(CONT, pid, 0, 0);
	eq("PTRACE_EVENT_EXEC", status_of(pid), stop(SIGTRAP, EV_EXEC));
	PT(GETEVENTMSG, pid, 0, &message);
	eq("tells the former id", message, pid);
	PT(CONT, pid, 0, 0);
	eq("and the new program runs", status_of(pid), 42 << 8);
	pid = traced(body_exec);
	status_of(pid);
	PT(CONT, pid, 0, 0);
	eq("without the option exec is a SIGTRAP", status_of(pid), stop(SIGTRAP, 0));
	PT(CONT, pid, 0, 0);
	eq("and the new program runs", status_of(pid), 42 << 8);
}

// ---- threads ---------------------------------------------------------------

static u8 stack[2][8192] __attribute__((aligned(16)));

static long thread(void (*body)(void), int which, int *tid)
{
	u64 *top = (u64 *)(stack[which] + sizeof(stack[which])) - 2;
	top[0] = (u64)body;
	long ret;
	register long r10 __asm__("r10") = (long)tid;
	register long r8 __asm__("r8") = 0;
	// CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID
	__asm__ volatile("syscall\n"
			 "	test %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	pop %%rax\n"
			 "	call *%%rax\n"
			 "	hlt\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(0x250f00), "S"(top), "d"(0), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static void spin_thread(void)
{
	while (!shared[1])
		shared[2]++;
	sc(SYS_exit, 9);
}

static int body_thread(void)
{
	int tid = 1;
	shared[0] = (int)thread(spin_thread, 0, &tid);
	while (!shared[1])
		shared[3]++;
	while (__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		sc(SYS_sched_yield);
	return 8;
}

static void threads(void)
{
	struct regs r;
	u64 message = 0;
	shared[1] = 0;
	long pid = traced(body_thread);
	status_of(pid);
	PT(SETOPTIONS, pid, 0, O_CLONE);
	PT(CONT, pid, 0, 0);
	eq("PTRACE_EVENT_CLONE for a thread", status_of(pid), stop(SIGTRAP, EV_CLONE));
	PT(GETEVENTMSG, pid, 0, &message);
	long tid = (long)message;
	eq("which starts with a SIGSTOP", status_of(tid), stop(SIGSTOP, 0));
	eq("it can be let go on alone", PT(CONT, tid, 0, 0), 0);
	int before = shared[2];
	sleep_ms(50);
	ok(shared[2] != before && shared[3] == 0, "while the first one stays stopped");
	eq("who runs cannot be looked at", PT(GETREGS, tid, 0, &r), -ESRCH);
	PT(CONT, pid, 0, 0);
	sleep_ms(50);
	ok(shared[3] != 0, "the first one goes on too");
	eq("a thread can be stopped by tgkill", sc(SYS_tgkill, pid, tid, SIGSTOP), 0);
	eq("alone", status_of(tid), stop(SIGSTOP, 0));
	eq("with its registers", PT(GETREGS, tid, 0, &r), 0);
	eq("the other still runs", PT(GETREGS, pid, 0, &r), -ESRCH);
	sc(SYS_tgkill, pid, pid, SIGSTOP);
	eq("and is stopped as well", status_of(pid), stop(SIGSTOP, 0));
	before = shared[2];
	int other = shared[3];
	sleep_ms(50);
	ok(shared[2] == before && shared[3] == other, "then nothing runs");
	eq("one thread can be stepped", PT(STEP, tid, 0, 0), 0);
	eq("alone", status_of(tid), stop(SIGTRAP, 0));
	eq("nothing has happened to the other", shared[3], other);
	shared[1] = 1;
	PT(CONT, tid, 0, 0);
	eq("the end of a thread is told", status_of(tid), 9 << 8);
	PT(CONT, pid, 0, 0);
	eq("and that of the process", status_of(pid), 8 << 8);
}

// ---- attaching and seizing -------------------------------------------------

static long spinner(void)
{
	long pid = sc(SYS_fork);
	if (pid == 0)
		for (;;)
			shared[4]++;
	return pid;
}

static void attaching(void)
{
	struct regs r;
	struct siginfo info;
	long pid = spinner();
	sleep_ms(50);
	eq("PTRACE_ATTACH", PT(ATTACH, pid, 0, 0), 0);
	eq("stops with SIGSTOP", status_of(pid), stop(SIGSTOP, 0));
	eq("a second time is EPERM", PT(ATTACH, pid, 0, 0), -EPERM);
	eq("registers can be read", PT(GETREGS, pid, 0, &r), 0);
	eq("outside a call orig_rax is -1", (long)r.orig_rax, -1);
	eq("PTRACE_INTERRUPT needs PTRACE_SEIZE", PT(INTERRUPT, pid, 0, 0), -EIO);
	eq("PTRACE_DETACH", PT(DETACH, pid, 0, 0), 0);
	int before = shared[4];
	sleep_ms(50);
	ok(shared[4] != before, "lets it run");
	eq("and it is no tracee any more", PT(CONT, pid, 0, 0), -ESRCH);

	eq("PTRACE_SEIZE with an address is EIO", PT(SEIZE, pid, 1, 0), -EIO);
	eq("PTRACE_SEIZE", PT(SEIZE, pid, 0, O_SYSGOOD), 0);
	before = shared[4];
	sleep_ms(50);
	ok(shared[4] != before, "does not stop it");
	eq("PTRACE_INTERRUPT", PT(INTERRUPT, pid, 0, 0), 0);
	eq("does, with PTRACE_EVENT_STOP", status_of(pid), stop(SIGTRAP, EV_STOP));
	PT(GETSIGINFO, pid, 0, &info);
	eq("PTRACE_GETSIGINFO tells the event", info.code, SIGTRAP | EV_STOP << 8);
	PT(CONT, pid, 0, 0);
	sc(SYS_kill, pid, SIGUSR1);
	eq("a signal stops it", status_of(pid), stop(SIGUSR1, 0));
	PT(CONT, pid, 0, 0);
	sc(SYS_kill, pid, SIGSTOP);
	eq("SIGSTOP is a signal first", status_of(pid), stop(SIGSTOP, 0));
	PT(CONT, pid, 0, SIGSTOP);
	eq("then a group-stop", status_of(pid), stop(SIGSTOP, EV_STOP));
	eq("PTRACE_LISTEN", PT(LISTEN, pid, 0, 0), 0);
	sc(SYS_kill, pid, SIGCONT);
	eq("waits for SIGCONT", status_of(pid), stop(SIGTRAP, EV_STOP));
	PT(CONT, pid, 0, 0);
	eq("which is a signal too", status_of(pid), stop(SIGCONT, 0));
	PT(DETACH, pid, 0, 0);
	sc(SYS_kill, pid, SIGKILL);
	eq("after PTRACE_DETACH it is an ordinary child", reap(pid), SIGKILL);

	// Who is stopped stays so: what a debugger that starts a program counts on.
	pid = stopped_child();
	eq("PTRACE_SEIZE of who is stopped", PT(SEIZE, pid, 0, O_SYSGOOD), 0);
	eq("tells of a group-stop", status_of(pid), stop(SIGSTOP, EV_STOP));
	PT(LISTEN, pid, 0, 0);
	sc(SYS_kill, pid, SIGCONT);
	eq("that SIGCONT ends", status_of(pid), stop(SIGTRAP, EV_STOP));
	sleep_ms(20);
	eq("nothing of it ran", shared[4], 0);
	PT(SYSCALL, pid, 0, 0);
	eq("it goes on with the signal", status_of(pid), stop(SIGCONT, 0));
	PT(CONT, pid, 0, 0);
	eq("and to its end", status_of(pid), 5 << 8);

	pid = stopped_child();
	PT(SEIZE, pid, 0, O_SYSGOOD);
	PT(INTERRUPT, pid, 0, 0);
	sc(SYS_kill, pid, SIGCONT);
	int calls = 0, status;
	while (((status = status_of(pid)) & 0x7f) == 0x7f && calls < 20) {
		int sig = status >> 8 & 0xff, group = status == stop(SIGSTOP, EV_STOP);
		if (sig == (SIGTRAP | 0x80)) {
			calls++;
			eq("no call is missed", shared[4], calls > 2);
		}
		PT(group ? LISTEN : SYSCALL, pid, 0, 0);
	}
	// Both of getppid(2), the start of exit_group(2).
	eq("PTRACE_INTERRUPT and SIGCONT together: three stops at calls", calls, 3);
	eq("and the end", status, 5 << 8);

	pid = spinner();
	PT(SEIZE, pid, 0, 0);
	sc(SYS_kill, pid, SIGKILL);
	eq("SIGKILL kills a running tracee without a stop", status_of(pid), SIGKILL);

	// In a call that sleeps.
	int ends[2];
	sc(SYS_pipe, ends);
	pid = sc(SYS_fork);
	if (pid == 0) {
		char c = 0;
		sc(SYS_exit_group, sc(SYS_read, ends[0], &c, 1) == 1 ? c : 99);
	}
	sleep_ms(50);
	PT(ATTACH, pid, 0, 0);
	eq("attaching to who sleeps in a call", status_of(pid), stop(SIGSTOP, 0));
	PT(CONT, pid, 0, 0);
	sleep_ms(50);
	sc(SYS_write, ends[1], "\21", 1);
	eq("lets the call go on", status_of(pid), 17 << 8);

	// A tracer that ends lets its tracees go, or takes them along.
	for (int kill = 0; kill < 2; kill++) {
		pid = spinner();
		long tracer = sc(SYS_fork);
		if (tracer == 0) {
			long bad = PT(SEIZE, pid, 0, kill ? O_EXITKILL : 0);
			sc(SYS_exit_group, bad != 0);
		}
		eq("a sibling can trace", reap(tracer), 0);
		sleep_ms(50);
		if (kill) {
			eq("with PTRACE_O_EXITKILL the tracee dies with it", reap(pid), SIGKILL);
		} else {
			before = shared[4];
			sleep_ms(50);
			ok(shared[4] != before, "and end, and the tracee runs on");
			sc(SYS_kill, pid, SIGKILL);
			reap(pid);
		}
	}
	eq("nothing is left", sc(SYS_wait4, -1, 0, WALL, 0), -ECHILD);
}

// ---- ends ------------------------------------------------------------------

static struct siginfo heard;
static void hear(int sig UNUSED, struct siginfo *info, void *ctx UNUSED)
{
	heard = *info;
}

static int body_hears(void)
{
	on(SIGUSR1, (void *)hear, SA_SIGINFO, 0);
	raise(SIGUSR1);
	return heard.code == -1 /* SI_QUEUE */ && heard.pid == 77 && heard.uid == 88 && heard.value == 0x123456789 ? 3 : 4;
}

static int body_dies(void)
{
	raise(23 /* SIGURG */);
	raise(SIGTERM);
	return 9;
}

// Ends by somebody else's SIGKILL, before its tracer looks.
static void killed_untold(const char *what, long pid)
{
	struct {
		int fd;
		short events, revents;
	} p = {(int)sc(434 /* pidfd_open */, pid, 0), 1, 0};
	long killer = sc(SYS_fork);
	if (killer == 0) {
		sc(SYS_kill, pid, SIGKILL);
		sc(SYS_exit_group, 0);
	}
	long ready;
	do
		ready = sc(7 /* poll */, &p, 1, 5000);
	while (ready == -EINTR);
	eq(what, ready, 1);
	eq("and then tells of it", death(status_of(pid)), SIGKILL);
	reap(killer);
	sc(SYS_close, p.fd);
}

static void ends(void)
{
	struct siginfo info, again;
	u64 message = 0;
	long pid = traced(body_hears);
	status_of(pid);
	PT(CONT, pid, 0, 0);
	eq("a signal, whose siginfo", status_of(pid), stop(SIGUSR1, 0));
	PT(GETSIGINFO, pid, 0, &info);
	eq("can be set as it is", PT(SETSIGINFO, pid, 0, &info), 0);
	memset(&info, 0, sizeof(info));
	info.signo = SIGUSR1;
	info.code = -1;
	info.pid = 77;
	info.uid = 88;
	info.value = 0x123456789;
	eq("or made another one", PT(SETSIGINFO, pid, 0, &info), 0);
	PT(GETSIGINFO, pid, 0, &again);
	ok(again.code == -1 && again.pid == 77 && again.value == 0x123456789, "which PTRACE_GETSIGINFO tells");
	PT(CONT, pid, 0, SIGUSR1);
	eq("and the handler", status_of(pid), 3 << 8);

	pid = traced(body_dies);
	status_of(pid);
	PT(SETOPTIONS, pid, 0, O_EXIT);
	PT(CONT, pid, 0, 0);
	eq("a signal that is ignored", status_of(pid), stop(23, 0));
	PT(CONT, pid, 0, 23);
	eq("is no end; one that kills", status_of(pid), stop(SIGTERM, 0));
	PT(CONT, pid, 0, SIGTERM);
	eq("is told as PTRACE_EVENT_EXIT first", status_of(pid), stop(SIGTRAP, EV_EXIT));
	eq("with a message", PT(GETEVENTMSG, pid, 0, &message), 0);
	eq("that is the status", message, SIGTERM);
	PT(GETSIGINFO, pid, 0, &info);
	eq("and a siginfo of its own", info.code, SIGTRAP | EV_EXIT << 8);
	PT(CONT, pid, 0, 0);
	eq("then it dies", status_of(pid), SIGTERM);

	pid = traced(body_dies);
	status_of(pid);
	killed_untold("SIGKILL ends who is stopped for a signal", pid);
	pid = traced(body_seven);
	status_of(pid);
	PT(SETOPTIONS, pid, 0, O_SYSGOOD);
	PT(SYSCALL, pid, 0, 0);
	status_of(pid);
	killed_untold("or at a system call", pid);
	pid = spinner();
	PT(SEIZE, pid, 0, 0);
	sleep_ms(20);
	killed_untold("or runs", pid);
	pid = spinner();
	PT(SEIZE, pid, 0, 0);
	PT(INTERRUPT, pid, 0, 0);
	status_of(pid);
	killed_untold("or was interrupted", pid);
}

int main(int argc, char **argv, char **envp)
{
	if (argc == 2 && streq(argv[1], "quit"))
		return 42;
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_EXECFN)
			self = (char *)a[1];
	shared = map_shared(4096);
	set_mask(0);
	basics();
	signals();
	calls();
	steps();
	events();
	threads();
	attaching();
	ends();
	return tap_done();
}
