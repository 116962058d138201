// SPDX-License-Identifier: BSD-2-Clause
// What a system call costs. One source, built for Linux and for FreeBSD, so that
// both columns of a table measure the same work.
//
//   bench            every call
//   bench NAME...    some
//
// Prints `bench NAME ITERATIONS DELTA`, 15 times per call: DELTA is what the time
// stamp counter advanced by. In a virtual machine that counts instructions
// (QEMU -icount) it is a number of instructions and repeats to within 1 %.
// Nothing is averaged here: the reader of the lines picks the median or the
// minimum. A call that fails prints `# NAME: ...` and makes the exit status 1.
#ifdef __FreeBSD__
#include "os_freebsd.h"
#else
#include "os_linux.h"
#include "filter.h"
#endif

#define PICK(nr, a, b, c, d, e, f, ...)                                                            \
	call6((long)(nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call(...) PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

enum { SAMPLES = 15, ITERATIONS = 200, WARM_UP = 50 };

static const char path[] = "/tmp/bench.tmp";
static int zero_fd, null_fd, file_fd, pipe_fds[2], socket_fds[2];
static unsigned char buffer[512] __attribute__((aligned(16)));
static unsigned word;

static long do_getpid(void) { return call(NR_getpid); }
static long do_read(void) { return call(NR_read, zero_fd, buffer, 1); }
static long do_write(void) { return call(NR_write, null_fd, buffer, 1); }
static long open_close(const char *name)
{
	long fd = call(NR_open, name, 0, 0);
	return fd < 0 ? fd : call(NR_close, fd);
}
// An absolute path is looked up in the emulation root first by a Linux program, and found in the
// second place here.
static long do_open_close(void) { return open_close(path); }
static long do_stat(void) { return DO_STAT(path, buffer); }
// From the current folder, which is /tmp: one look-up for everybody.
static const char here[] = "bench.tmp";
static long do_open_close_here(void) { return open_close(here); }
static long do_stat_here(void) { return DO_STAT(here, buffer); }
static long do_fstat(void) { return call(NR_fstat, file_fd, buffer); }
static long do_pread(void) { return call(NR_pread, file_fd, buffer, 512, 0); }
static long do_lseek(void) { return call(NR_lseek, file_fd, 0, 0); }
static long do_dup_close(void)
{
	long fd = call(NR_dup, null_fd);
	return fd < 0 ? fd : call(NR_close, fd);
}
static long do_mmap_munmap(void)
{
	long at = call(NR_mmap, 0, 65536, 3, MAP_ANON_PRIVATE, -1, 0);
	return at < 0 && at > -4096 ? at : call(NR_munmap, at, 65536);
}
static long do_pipe(void)
{
	long n = call(NR_write, pipe_fds[1], buffer, 1);
	return n < 0 ? n : call(NR_read, pipe_fds[0], buffer, 1);
}
static long do_pipe_close(void)
{
	int fds[2];
	long got = call(NR_pipe2, fds, 0);
	if (got < 0)
		return got;
	call(NR_close, fds[0]);
	return call(NR_close, fds[1]);
}

// ---- a folder of many files ------------------------------------------------------

enum { ENTRIES = 10000 };
static const char folder[] = "/tmp/bench.folder";
static int folder_fd;
static unsigned char entries[32768] __attribute__((aligned(16)));

// Makes the files, or removes them.
static void fill_folder(int make)
{
	char name[] = "/tmp/bench.folder/00000";
	if (make)
		call(NR_mkdir, folder, 0700);
	for (int i = 0; i < ENTRIES; i++) {
		for (int n = i, at = sizeof(name) - 2; n; n /= 10, at--)
			name[at] = (char)('0' + n % 10);
		if (make)
			call(NR_close, call(NR_open, name, 2 | O_CREAT, 0600));
		else
			call(NR_unlink, name);
	}
	if (make)
		folder_fd = (int)call(NR_open, folder, 0, 0);
	else
		call(NR_rmdir, folder);
}

// All of it, from the beginning.
static long do_getdents(void)
{
	long got = call(NR_lseek, folder_fd, 0, 0);
	while (got >= 0 && (got = DO_ENTRIES(folder_fd, entries, sizeof(entries))) > 0)
		;
	return got;
}

static long do_socket(void)
{
	long n = call(NR_write, socket_fds[1], buffer, 1);
	return n < 0 ? n : call(NR_read, socket_fds[0], buffer, 1);
}
// ---- sockets -------------------------------------------------------------------

struct address {
	unsigned short family, port;
	unsigned addr, zero[2];
};
static struct address listening = {FAMILY_INET, 0, 0x0100007f, {0, 0}};
static int listener, tcp_fds[2], ready_fd;

static long tcp_connect(int fds[2])
{
	fds[0] = (int)call(NR_socket, 2, 1, 0);
	long got = call(NR_connect, fds[0], &listening, sizeof(listening));
	if (got < 0)
		return got;
	return fds[1] = (int)call(NR_accept, listener, 0, 0);
}

static void open_sockets(void)
{
	unsigned len = sizeof(listening);
	listener = (int)call(NR_socket, 2, 1, 0);
	call(NR_bind, listener, &listening, sizeof(listening));
	call(NR_listen, listener, 8);
	call(NR_getsockname, listener, &listening, &len);
	tcp_connect(tcp_fds);
	// TCP_NODELAY: else each byte waits for the acknowledgement of the one before.
	const int on = 1;
	for (int i = 0; i < 2; i++)
		call(NR_setsockopt, tcp_fds[i], 6, 1, &on, sizeof(on));
}

static long send_recv(const int fds[2])
{
	long n = call(NR_sendto, fds[1], buffer, 1, 0, 0, 0);
	return n < 0 ? n : call(NR_recvfrom, fds[0], buffer, 1, 0, 0, 0);
}
static long do_unix_send_recv(void) { return send_recv(socket_fds); }
static long do_tcp_send_recv(void) { return send_recv(tcp_fds); }
static long do_accept_close(void)
{
	int fds[2];
	long got = tcp_connect(fds);
	call(NR_close, fds[0]);
	return got < 0 ? got : call(NR_close, fds[1]);
}
static long do_fionread(void)
{
	int count;
	return call(NR_ioctl, tcp_fds[0], FIONREAD, &count);
}
// A byte waits while this is measured, and is taken away again.
static long do_ready(void) { return DO_READY(ready_fd); }

static long do_clock(void) { return call(NR_clock_gettime, CLOCK_MONOTONIC, buffer); }
static long do_wake(void) { return DO_WAKE(&word); }
static long do_poll(void)
{
	struct {
		int fd;
		short events, revents;
	} p = {pipe_fds[1], 4, 0};
	return call(NR_poll, &p, 1, 0);
}
static long do_sigprocmask(void)
{
	static unsigned long set[2];
	return DO_SIGPROCMASK(set);
}
static long do_fork(void)
{
	int status;
	long pid = call(NR_fork);
	if (pid == 0)
		call(NR_exit, 0);
	return pid < 0 ? pid : call(NR_wait4, pid, &status, 0, 0);
}
static unsigned char stack[32768] __attribute__((aligned(16)));
static long thread_running;
static void handler(int sig)
{
	(void)sig;
}
// A signal to oneself, its handler, and the way back.
static long do_kill_self(void)
{
	static long pid;
	if (!pid) {
		pid = call(NR_getpid);
		set_handler(SIGUSR, (void *)handler);
	}
	return call(NR_kill, pid, SIGUSR);
}
static void at_once(void) { end_thread(&thread_running); }
static long do_thread(void)
{
	long got = start_thread(at_once, stack, sizeof(stack), &thread_running);
	if (got >= 0)
		join_thread(&thread_running);
	return got;
}
// Two threads that wake each other in turn.
static unsigned ping, pong;
static void answers(void)
{
	for (unsigned turn = 1;; turn++) {
		while (*(volatile unsigned *)&ping < turn)
			DO_WAIT(&ping, turn - 1);
		*(volatile unsigned *)&pong = turn;
		DO_WAKE(&pong);
	}
}
static long do_round_trip(void)
{
	static unsigned turn;
	if (!turn) {
		long got = start_thread(answers, stack, sizeof(stack), &thread_running);
		if (got < 0)
			return got;
	}
	*(volatile unsigned *)&ping = ++turn;
	DO_WAKE(&ping);
	while (*(volatile unsigned *)&pong < turn)
		DO_WAIT(&pong, turn - 1);
	return 0;
}
static long do_yield(void) { return call(NR_sched_yield); }

#ifndef __FreeBSD__
static clock_fn *clock_from_vdso;
static long do_vdso(void)
{
	return clock_from_vdso ? clock_from_vdso(CLOCK_MONOTONIC, (long *)buffer) : -38;
}
#endif

#ifndef __FreeBSD__
static long do_getppid(void) { return call(110); }
// What the filter is told of a getpid, and the call itself, which is not filtered.
static long do_interpreted(void)
{
	unsigned data[16] = {39, 0xc000003e, (unsigned)(unsigned long)buffer, 0, 1};
	__asm__ volatile("" : : "r"(data) : "memory");
	if (interpret(filter, sizeof(filter) / sizeof(filter[0]), data) != 0x7fff0000)
		return -1;
	return call(NR_getpid);
}
#endif

static const struct {
	const char *name;
	long (*body)(void);
	int iterations;
} list[] = {
	{"getpid", do_getpid, ITERATIONS},
	{"read_1B_dev_zero", do_read, ITERATIONS},
	{"write_1B_dev_null", do_write, ITERATIONS},
	{"open_close", do_open_close, ITERATIONS},
	{"open_close_relative", do_open_close_here, ITERATIONS},
	{"stat", do_stat, ITERATIONS},
	{"stat_relative", do_stat_here, ITERATIONS},
	{"fstat", do_fstat, ITERATIONS},
	{"pread_512B", do_pread, ITERATIONS},
	{"lseek", do_lseek, ITERATIONS},
	{"dup_close", do_dup_close, ITERATIONS},
	{"mmap_munmap_64K", do_mmap_munmap, ITERATIONS},
	{"pipe_write_read", do_pipe, ITERATIONS},
	{"pipe_close", do_pipe_close, ITERATIONS},
	{"getdents64_10000_entries", do_getdents, 1},
	{"unix_socket_write_read", do_socket, ITERATIONS},
	{"unix_send_recv", do_unix_send_recv, ITERATIONS},
	{"tcp_send_recv", do_tcp_send_recv, ITERATIONS},
	{"tcp_connect_accept_close", do_accept_close, ITERATIONS / 4},
	{"ioctl_fionread", do_fionread, ITERATIONS},
	{"epoll_wait_ready", do_ready, ITERATIONS},
	{"clock_gettime_syscall", do_clock, ITERATIONS},
#ifndef __FreeBSD__
	{"clock_gettime_vdso", do_vdso, ITERATIONS},
#endif
	{"futex_wake_none_waiting", do_wake, ITERATIONS},
	{"poll_1_fd", do_poll, ITERATIONS},
	{"sigprocmask", do_sigprocmask, ITERATIONS},
	{"fork_exit_wait", do_fork, ITERATIONS / 10},
	{"sched_yield", do_yield, ITERATIONS},
	{"kill_self", do_kill_self, ITERATIONS},
	{"thread_create_join", do_thread, ITERATIONS / 10},
	// Last: its thread stays.
	{"futex_round_trip", do_round_trip, ITERATIONS},
};

// ---- moving memory -----------------------------------------------------------
// A touched mapping that grows and has to move: by mremap(2), which FreeBSD does not have, and by a copy.
// Growing and moving 1 GB needs a machine with more memory than that; copying it, one with twice as much,
// which `vm-test bench` does not start.

enum { PAGE_SIZE = 4096, MORE = 1 << 20, MOVES = 3, FEWER = 64 };

static void touch(char *at, long size)
{
	for (long i = 0; i < size; i += PAGE_SIZE)
		*(volatile long *)(at + i) = i;
}

// Memory with something right behind it, which keeps it from growing in place.
static char *crowded(long size)
{
	char *at = (char *)call(NR_mmap, 0, size + PAGE_SIZE, 3, MAP_ANON_PRIVATE, -1, 0);
	if ((long)at < 0 && (long)at > -4096)
		return at;
	call(NR_mmap, at + size, PAGE_SIZE, 1, MAP_ANON_PRIVATE | MAP_FIXED, -1, 0);
	touch(at, size);
	return at;
}

static long by_copy(char *at, long size)
{
	char *to = (char *)call(NR_mmap, 0, size + MORE, 3, MAP_ANON_PRIVATE, -1, 0);
	if ((long)to < 0 && (long)to > -4096)
		return (long)to;
	void *d = to, *s = at;
	long words = size / 8;
	__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	call(NR_munmap, at, size);
	return (long)to;
}

#ifndef __FreeBSD__
static long by_remap(char *at, long size)
{
	return call(NR_mremap, at, size, size + MORE, MREMAP_MAYMOVE);
}

// With each page used again at its new place.
static long by_remap_and_touch(char *at, long size)
{
	long to = call(NR_mremap, at, size, size + MORE, MREMAP_MAYMOVE);
	if (to > 0)
		touch((char *)to, size);
	return to;
}
#endif

static const struct {
	const char *name;
	long (*body)(char *, long);
	long megabytes;
} moves[] = {
	{"copy_1M", by_copy, 1},
	{"copy_16M", by_copy, 16},
	{"copy_256M", by_copy, 256},
	{"copy_512M", by_copy, 512},
#ifndef __FreeBSD__
	{"mremap_1M", by_remap, 1},
	{"mremap_16M", by_remap, 16},
	{"mremap_256M", by_remap, 256},
	{"mremap_512M", by_remap, 512},
	{"mremap_1024M", by_remap, 1024},
	{"mremap_use_1M", by_remap_and_touch, 1},
	{"mremap_use_256M", by_remap_and_touch, 256},
#endif
};

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static unsigned long stamp(void)
{
	unsigned low, high;
	__asm__ volatile("lfence\n rdtsc\n lfence" : "=a"(low), "=d"(high) : : "memory");
	return (unsigned long)high << 32 | low;
}

static char *put_text(char *at, const char *s)
{
	while (*s)
		*at++ = *s++;
	return at;
}

static char *put_number(char *at, unsigned long v)
{
	char digits[20];
	int n = 0;
	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		*at++ = digits[--n];
	return at;
}

static int failure(const char *name, long got)
{
	char line[120], *at;
	at = put_text(line, "# ");
	at = put_text(at, name);
	at = put_text(at, ": fails with errno ");
	at = put_number(at, (unsigned long)-got);
	at = put_text(at, "\n");
	call(NR_write, 1, line, at - line);
	return 1;
}

static void report(const char *name, int iterations, unsigned long delta)
{
	char line[120], *at;
	at = put_text(line, "bench ");
	at = put_text(at, name);
	at = put_text(at, " ");
	at = put_number(at, (unsigned long)iterations);
	at = put_text(at, " ");
	at = put_number(at, delta);
	at = put_text(at, "\n");
	call(NR_write, 1, line, at - line);
}

static int measure_move(const char *name, long (*body)(char *, long), long size)
{
	// The large ones take long and repeat well.
	for (int s = 0; s < (size >> 20 < FEWER ? MOVES : 1); s++) {
		char *old = crowded(size);
		if ((long)old < 0 && (long)old > -4096)
			return failure(name, (long)old);
		unsigned long before = stamp();
		long to = body(old, size);
		unsigned long delta = stamp() - before;
		if (to < 0 && to > -4096) {
			call(NR_munmap, old, size + PAGE_SIZE);
			return failure(name, to);
		}
		call(NR_munmap, to, size + MORE);
		call(NR_munmap, old + size, PAGE_SIZE);
		report(name, 1, delta);
	}
	return 0;
}

static int measure(const char *name, long (*body)(void), int iterations)
{
	unsigned long delta[SAMPLES];
	// Open no longer than that: a child of fork(2) gets an epoll descriptor on Linux, and none on FreeBSD.
	if (body == do_ready) {
		call(NR_write, socket_fds[1], buffer, 1);
		ready_fd = (int)watch(socket_fds[0]);
	}
	if (body == do_getdents)
		fill_folder(1);
	for (int i = 0; i < WARM_UP && i < iterations; i++) {
		long got = body();
		if (got < 0)
			return failure(name, got);
	}
	for (int s = 0; s < SAMPLES; s++) {
		unsigned long before = stamp();
		for (int i = 0; i < iterations; i++)
			body();
		delta[s] = stamp() - before;
	}
	if (body == do_ready) {
		call(NR_read, socket_fds[0], buffer, 1);
		call(NR_close, ready_fd);
	}
	if (body == do_getdents)
		fill_folder(0);
	for (int s = 0; s < SAMPLES; s++)
		report(name, iterations, delta[s]);
	return 0;
}

__attribute__((used, noreturn)) static void start(long *sp)
{
	int argc = (int)sp[0], failed = 0;
	char **argv = (char **)(sp + 1);
	zero_fd = (int)call(NR_open, "/dev/zero", 0, 0);
	null_fd = (int)call(NR_open, "/dev/null", 2, 0);
	file_fd = (int)call(NR_open, path, 2 | O_CREAT, 0600);
	call(NR_write, file_fd, buffer, sizeof(buffer));
	call(NR_chdir, "/tmp");
	call(NR_pipe2, pipe_fds, 0);
	call(NR_socketpair, 1, 1, 0, socket_fds);
	open_sockets();
#ifndef __FreeBSD__
	char **end = argv + argc + 1;
	while (*end)
		end++;
	clock_from_vdso = vdso_clock((unsigned long *)(end + 1));
#endif
	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		int wanted = argc < 2;
		for (int a = 1; a < argc; a++)
			wanted |= same(argv[a], list[i].name);
		if (wanted)
			failed |= measure(list[i].name, list[i].body, list[i].iterations);
	}
	int moves_fail = 0;
	for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		int wanted = argc < 2;
		for (int a = 1; a < argc; a++)
			wanted |= same(argv[a], moves[i].name);
		// What cannot grow by a megabyte cannot grow at all: linux64.ko.
		if (wanted && !moves_fail)
			moves_fail = measure_move(moves[i].name, moves[i].body, moves[i].megabytes << 20);
	}
	failed |= moves_fail;
#ifndef __FreeBSD__
	// Last, as there is no way back; the C module has no filters. All three by one name, "filtered".
	const struct program p = {sizeof(filter) / sizeof(filter[0]), filter};
	int filters = argc < 2;
	for (int a = 1; a < argc; a++)
		filters |= same(argv[a], "filtered");
	if (filters) {
		failed |= measure("getpid_interpreted_in_C", do_interpreted, ITERATIONS);
		call(157, 38, 1, 0, 0, 0);
		if (call(157, 22, 2, &p) == 0) {
			failed |= measure("getpid_filtered", do_getpid, ITERATIONS);
			failed |= measure("getppid_filtered_by_number", do_getppid, ITERATIONS);
		}
	}
#endif
	call(NR_unlink, path);
	call(NR_exit, failed);
	__builtin_trap();
}

// FreeBSD gives the same vector in rdi, Linux on the stack only; both keep it
// 16-byte aligned or 8 off.
__asm__(".text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	xorl %ebp, %ebp\n"
#ifndef __FreeBSD__
	"	movq %rsp, %rdi\n"
#endif
	"	andq $-16, %rsp\n"
	"	call start\n"
	"	hlt\n"
	".size _start, . - _start\n"
	".section .note.GNU-stack,\"\",@progbits\n"
	".text\n");
