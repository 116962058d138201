// SPDX-License-Identifier: BSD-2-Clause
// The benchmark's view of Linux x86-64: how to make a call, and its numbers.
#ifndef OS_LINUX_H
#define OS_LINUX_H

enum {
	NR_read = 0, NR_write = 1, NR_open = 2, NR_close = 3, NR_fstat = 5, NR_poll = 7, NR_lseek = 8,
	NR_mmap = 9, NR_munmap = 11, NR_sigprocmask = 14, NR_sched_yield = 24, NR_mremap = 25,
	NR_dup = 32,
	NR_getpid = 39, NR_socketpair = 53, NR_fork = 57, NR_exit = 231, NR_wait4 = 61,
	NR_ioctl = 16, NR_socket = 41, NR_connect = 42, NR_accept = 43, NR_sendto = 44, NR_recvfrom = 45,
	NR_bind = 49, NR_listen = 50, NR_getsockname = 51, NR_setsockopt = 54, NR_epoll_wait = 232, NR_epoll_ctl = 233,
	NR_epoll_create1 = 291,
	NR_unlink = 87, NR_futex = 202, NR_clock_gettime = 228, NR_pipe2 = 293,
	NR_pread = 17, NR_chdir = 80, NR_mkdir = 83, NR_rmdir = 84, NR_getdents64 = 217,
	O_CREAT = 0100, MAP_ANON_PRIVATE = 0x22, MAP_FIXED = 0x10, MREMAP_MAYMOVE = 1, SIG_SETMASK = 2, CLOCK_MONOTONIC = 1,
	NR_sigaction = 13, NR_kill = 62, NR_clone = 56, NR_thread_exit = 60, SIGUSR = 10,
	FUTEX_WAIT = 0, FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129,
};

static inline long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

struct event {
	unsigned events, data[2];
};
static struct event watched_event;

// EPOLL_CTL_ADD, EPOLLIN.
static inline long watch(int fd)
{
	watched_event = (struct event){.events = 1};
	long ep = call6(NR_epoll_create1, 0, 0, 0, 0, 0, 0);
	call6(NR_epoll_ctl, ep, 1, fd, (long)&watched_event, 0, 0);
	return ep;
}
#define DO_READY(fd) call(NR_epoll_wait, fd, &watched_event, 1, 0)

#define FAMILY_INET 2
#define FIONREAD 0x541b

#define DO_ENTRIES(fd, buf, size) call(NR_getdents64, fd, buf, size)
#define DO_STAT(path, buf) call(4, path, buf)
#define DO_WAKE(word) call(NR_futex, word, FUTEX_WAKE_PRIVATE, 1)
// rt_sigprocmask wants the size of the set as its fourth argument.
#define DO_SIGPROCMASK(set) call(NR_sigprocmask, SIG_SETMASK, set, 0, 8)

#define DO_WAIT(word, value) call(NR_futex, word, FUTEX_WAIT_PRIVATE, value, 0)

static inline long set_handler(int sig, void *handler)
{
	extern char restorer[];
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} action = {handler, 0x04000000, restorer, 0};
	return call6(NR_sigaction, sig, (long)&action, 0, 8, 0, 0);
}
__asm__(".text\n"
	"restorer:\n"
	"	movl $15, %eax\n"
	"	syscall\n");

// ---- threads ------------------------------------------------------------------

// A thread that runs `body`; the word is not 0 until it has ended.
static inline long start_thread(void (*body)(void), void *stack, unsigned long size, long *running)
{
	void **top = (void **)((char *)stack + size) - 2;
	*top = (void *)body;
	*running = 1;
	// The flags of pthread_create(3) but for thread-local storage.
	register long r10 __asm__("r10") = (long)running;
	register long r8 __asm__("r8") = 0;
	long ret;
	__asm__ volatile("syscall\n"
			 "testq %%rax, %%rax\n"
			 "jnz 1f\n"
			 "popq %%rax\n"
			 "xorl %%ebp, %%ebp\n"
			 "call *%%rax\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(NR_clone), "D"(0x250f00), "S"(top), "d"(0), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline void end_thread(long *running)
{
	(void)running;
	call6(NR_thread_exit, 0, 0, 0, 0, 0, 0);
	__builtin_trap();
}

static inline void join_thread(long *running)
{
	int value;
	while ((value = *(volatile int *)running) != 0)
		call6(NR_futex, (long)running, FUTEX_WAIT, value, 0, 0, 0);
}

// ---- the vDSO's clock_gettime ----------------------------------------------

typedef int clock_fn(int clock, long *time);

// Without a hash table for simplicity's sake: linkers put the string table right
// after the symbols.
static clock_fn *vdso_clock(const unsigned long *auxv)
{
	const unsigned char *base = 0;
	for (; auxv[0]; auxv += 2)
		if (auxv[0] == 33)
			base = (const unsigned char *)auxv[1];
	if (!base)
		return 0;
	const unsigned long *dyn = 0, *head;
	unsigned long shift = 0, symbols = 0, strings = 0;
	int loaded = 0;
	head = (const unsigned long *)(base + *(const unsigned long *)(base + 32));
	for (int n = *(const unsigned short *)(base + 56); n; n--, head += 7) {
		unsigned type = (unsigned)head[0];
		if (type == 1 && !loaded++)
			shift = (unsigned long)base + head[1] - head[2];
		if (type == 2)
			dyn = (const unsigned long *)(base + head[1]);
	}
	for (; dyn && dyn[0]; dyn += 2) {
		if (dyn[0] == 5)
			strings = dyn[1] + shift;
		if (dyn[0] == 6)
			symbols = dyn[1] + shift;
	}
	for (; symbols && symbols + 24 <= strings; symbols += 24) {
		const char *name = (const char *)strings + *(const unsigned *)symbols;
		const char *want = "__vdso_clock_gettime";
		while (*want && *name == *want)
			name++, want++;
		if (*name == *want)
			return (clock_fn *)(*(const unsigned long *)(symbols + 8) + shift);
	}
	return 0;
}

#endif
