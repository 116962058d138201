// SPDX-License-Identifier: BSD-2-Clause
// The benchmark's view of FreeBSD amd64: how to make a call, and its numbers
// (sys/syscall.h, sys/umtx.h, sys/mman.h, sys/signal.h).
#ifndef OS_FREEBSD_H
#define OS_FREEBSD_H

enum {
	NR_exit = 1, NR_fork = 2, NR_read = 3, NR_write = 4, NR_open = 5, NR_close = 6, NR_wait4 = 7,
	NR_unlink = 10, NR_getpid = 20, NR_dup = 41, NR_munmap = 73, NR_socketpair = 135,
	NR_poll = 209, NR_clock_gettime = 232, NR_sched_yield = 331, NR_sigprocmask = 340,
	NR_recvfrom = 29, NR_accept = 30, NR_ioctl = 54, NR_connect = 98, NR_bind = 104, NR_listen = 106,
	NR_getsockname = 32, NR_socket = 97, NR_setsockopt = 105, NR_sendto = 133, NR_kqueue = 362, NR_kevent = 560,
	NR_umtx_op = 454, NR_mmap = 477, NR_lseek = 478, NR_pipe2 = 542, NR_fstat = 551,
	NR_fstatat = 552,
	NR_chdir = 12, NR_mkdir = 136, NR_rmdir = 137, NR_pread = 475, NR_getdirentries = 554,
	O_CREAT = 0x200, MAP_ANON_PRIVATE = 0x1002, MAP_FIXED = 0x10, SIG_SETMASK = 3, CLOCK_MONOTONIC = 4,
	NR_kill = 37, NR_sigaction = 416, NR_thr_exit = 431, NR_thr_new = 455, SIGUSR = 30,
	UMTX_OP_WAIT_UINT = 11, UMTX_OP_WAIT_UINT_PRIVATE = 15, UMTX_OP_WAKE_PRIVATE = 16, AT_FDCWD = -100,
};

// Failure is the carry flag, with a positive errno; made negative here. The
// second return value is in rdx, and r8 to r10 are not kept.
static inline long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret = nr;
	__asm__ volatile("syscall\n"
			 "jnc 1f\n"
			 "negq %0\n"
			 "1:\n"
			 : "+a"(ret), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
			 : "D"(a), "S"(b)
			 : "rcx", "r11", "memory", "cc");
	return ret;
}

// struct kevent: identifier, filter, flags, then what the kernel fills in.
struct event {
	unsigned long ident;
	short filter;
	unsigned short flags;
	unsigned more[13];
};
static struct event watched_event;
static const long no_time[2];

// EVFILT_READ, EV_ADD.
static inline long watch(int fd)
{
	watched_event = (struct event){.ident = (unsigned long)fd, .filter = -1, .flags = 1};
	long kq = call6(NR_kqueue, 0, 0, 0, 0, 0, 0);
	call6(NR_kevent, kq, (long)&watched_event, 1, 0, 0, 0);
	return kq;
}
#define DO_READY(fd) call(NR_kevent, fd, 0, 0, &watched_event, 1, no_time)

// struct sockaddr_in begins with its length.
#define FAMILY_INET (16 | 2 << 8)
#define FIONREAD 0x4004667f

#define DO_ENTRIES(fd, buf, size) call(NR_getdirentries, fd, buf, size, 0)
#define DO_STAT(path, buf) call(NR_fstatat, AT_FDCWD, path, buf, 0)
#define DO_WAKE(word) call(NR_umtx_op, word, UMTX_OP_WAKE_PRIVATE, 1, 0, 0)
#define DO_SIGPROCMASK(set) call(NR_sigprocmask, SIG_SETMASK, set, 0)
#define DO_WAIT(word, value) call(NR_umtx_op, word, UMTX_OP_WAIT_UINT_PRIVATE, value, 0, 0)

static inline long set_handler(int sig, void *handler)
{
	struct {
		void *handler;
		int flags;
		unsigned mask[4];
	} action = {handler, 0, {0}};
	return call6(NR_sigaction, sig, (long)&action, 0, 0, 0, 0);
}

// ---- threads ------------------------------------------------------------------

// A thread that runs `body`; the word is not 0 until it has ended (thr_new(2), thr_exit(2)).
static inline long start_thread(void (*body)(void), void *stack, unsigned long size, long *running)
{
	long tid;
	struct {
		void *start, *arg, *stack;
		unsigned long stack_size;
		void *tls;
		unsigned long tls_size;
		long *child_tid, *parent_tid;
		int flags;
		void *rtp, *spare[3];
	} param = {(void *)body, 0, stack, size, 0, 0, &tid, &tid, 0, 0, {0}};
	*running = 2;
	return call6(NR_thr_new, (long)&param, sizeof(param), 0, 0, 0, 0);
}

// thr_exit(2) stores 1 and wakes.
static inline void end_thread(long *running)
{
	call6(NR_thr_exit, (long)running, 0, 0, 0, 0, 0);
	__builtin_trap();
}

static inline void join_thread(long *running)
{
	int value;
	while ((value = *(volatile int *)running) != 1)
		call6(NR_umtx_op, (long)running, UMTX_OP_WAIT_UINT, value, 0, 0, 0);
}

#endif
