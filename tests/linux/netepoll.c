// SPDX-License-Identifier: BSD-2-Clause
// epoll(7): what watches what, edges, one-shot, exclusive, masks and timeouts, many threads. Prints TAP.
// With the argument "long": 10,000 descriptors, 8 threads, 1,000,000 events.
#include "tap.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#define KERNEL ((void *)0xffffffff80000000UL)
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int ctl(int ep, int op, int fd, unsigned events, unsigned data)
{
	struct epoll_event e = {.events = events, .data.u32 = data};
	return epoll_ctl(ep, op, fd, &e);
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void give(int fd, unsigned long n)
{
	if (write(fd, &n, 8) != 8)
		perror("write");
}

static void basics(void)
{
	struct epoll_event e[8];
	unsigned long n;
	int ep = epoll_create1(EPOLL_CLOEXEC), v = eventfd(0, EFD_NONBLOCK);
	OK(fcntl(ep, F_GETFD) == FD_CLOEXEC);
	FAILS(epoll_create1(1), EINVAL);
	FAILS(epoll_create(0), EINVAL);
	OK(ctl(ep, EPOLL_CTL_ADD, v, EPOLLIN, 5) == 0);
	FAILS(ctl(ep, EPOLL_CTL_ADD, v, EPOLLIN, 5), EEXIST);
	FAILS(ctl(ep, EPOLL_CTL_MOD, 0x7fffff, EPOLLIN, 5), EBADF);
	FAILS(ctl(0x7fffff, EPOLL_CTL_MOD, v, EPOLLIN, 5), EBADF);
	FAILS(ctl(v, EPOLL_CTL_ADD, ep, EPOLLIN, 5), EINVAL);
	FAILS(ctl(ep, 77, v, EPOLLIN, 5), EINVAL);
	FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, v, KERNEL), EFAULT);
	int file = open("/proc/self/exe", O_RDONLY);
	if (file >= 0) {
		FAILS(ctl(ep, EPOLL_CTL_ADD, file, EPOLLIN, 5), EPERM);
		close(file);
	}
	OK(epoll_wait(ep, e, 8, 0) == 0);
	FAILS(epoll_wait(ep, e, 0, 0), EINVAL);
	FAILS(syscall(SYS_epoll_wait, ep, e, -1, 0), EINVAL);
	FAILS(epoll_wait(v, e, 8, 0), EINVAL);
	give(v, 1);
	FAILS(epoll_wait(ep, KERNEL, 8, 0), EFAULT);
	OK(epoll_wait(ep, e, 8, 0) == 1 && e[0].events == EPOLLIN && e[0].data.u32 == 5);
	OK(epoll_wait(ep, e, 8, 0) == 1);
	OK(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN | EPOLLOUT, 6) == 0);
	OK(epoll_wait(ep, e, 8, 0) == 1 && e[0].events == (EPOLLIN | EPOLLOUT) && e[0].data.u32 == 6);
	// Edges.
	OK(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN | EPOLLET, 7) == 0);
	OK(epoll_wait(ep, e, 8, 0) == 1 && epoll_wait(ep, e, 8, 0) == 0);
	give(v, 1);
	OK(epoll_wait(ep, e, 8, 0) == 1 && epoll_wait(ep, e, 8, 0) == 0);
	OK(read(v, &n, 8) == 8 && n == 2 && epoll_wait(ep, e, 8, 0) == 0);
	// Once.
	OK(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN | EPOLLONESHOT, 8) == 0);
	give(v, 1);
	OK(epoll_wait(ep, e, 8, 0) == 1 && epoll_wait(ep, e, 8, 0) == 0);
	give(v, 1);
	OK(epoll_wait(ep, e, 8, 0) == 0);
	OK(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN | EPOLLONESHOT, 9) == 0);
	OK(epoll_wait(ep, e, 8, 0) == 1 && e[0].data.u32 == 9 && epoll_wait(ep, e, 8, 0) == 0);
	OK(ctl(ep, EPOLL_CTL_DEL, v, 0, 0) == 0);
	FAILS(ctl(ep, EPOLL_CTL_DEL, v, 0, 0), ENOENT);
	FAILS(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN, 0), ENOENT);
	// Exclusive.
	OK(ctl(ep, EPOLL_CTL_ADD, v, EPOLLIN | EPOLLEXCLUSIVE, 1) == 0);
	FAILS(ctl(ep, EPOLL_CTL_MOD, v, EPOLLIN | EPOLLEXCLUSIVE, 1), EINVAL);
	OK(epoll_wait(ep, e, 8, 0) == 1);
	OK(ctl(ep, EPOLL_CTL_DEL, v, 0, 0) == 0);
	FAILS(ctl(ep, EPOLL_CTL_ADD, v, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1), EINVAL);
	OK(read(v, &n, 8) == 8);

	// Times and masks.
	struct timespec t = {0, 30000000};
	long began = now_ms();
	OK(epoll_wait(ep, e, 8, 30) == 0 && now_ms() - began >= 29);
	int has = !(syscall(SYS_epoll_pwait2, ep, e, 8, &t, NULL, 8) == -1 && errno == ENOSYS);
	if (has) {
		began = now_ms();
		OK(syscall(SYS_epoll_pwait2, ep, e, 8, &t, NULL, 8) == 0 && now_ms() - began >= 29);
		t.tv_nsec = 1000000000;
		FAILS(syscall(SYS_epoll_pwait2, ep, e, 8, &t, NULL, 8), EINVAL);
		FAILS(syscall(SYS_epoll_pwait2, ep, e, 8, KERNEL, NULL, 8), EFAULT);
		t.tv_nsec = 0;
		FAILS(syscall(SYS_epoll_pwait2, ep, e, 8, &t, KERNEL, 8), EFAULT);
		FAILS(syscall(SYS_epoll_pwait2, ep, e, 8, &t, &t, 7), EINVAL);
	} else
		SKIP(epoll_pwait2, "not in this kernel");
	sigset_t alarm_only, none, old;
	sigemptyset(&none);
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGUSR1);
	sigprocmask(SIG_BLOCK, &alarm_only, &old);
	raise(SIGUSR1);
	OK(epoll_pwait(ep, e, 8, 0, &alarm_only) == 0);
	FAILS(epoll_pwait(ep, e, 8, 2000, &none), EINTR);
	sigset_t after;
	sigprocmask(SIG_SETMASK, NULL, &after);
	OK(sigismember(&after, SIGUSR1) == 1);

	// What else can be waited for.
	int tf = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), sf = signalfd(-1, &alarm_only, SFD_NONBLOCK);
	struct itimerspec in = {.it_value.tv_nsec = 20000000};
	OK(ctl(ep, EPOLL_CTL_ADD, tf, EPOLLIN, 21) == 0 && ctl(ep, EPOLL_CTL_ADD, sf, EPOLLIN, 22) == 0);
	OK(timerfd_settime(tf, 0, &in, NULL) == 0);
	OK(epoll_wait(ep, e, 8, 3000) == 1 && e[0].data.u32 == 21 && e[0].events == EPOLLIN);
	OK(read(tf, &n, 8) == 8 && n == 1 && epoll_wait(ep, e, 8, 0) == 0);
	raise(SIGUSR1);
	OK(epoll_wait(ep, e, 8, 3000) == 1 && e[0].data.u32 == 22);
	struct signalfd_siginfo si;
	OK(read(sf, &si, sizeof(si)) == sizeof(si) && si.ssi_signo == SIGUSR1 && epoll_wait(ep, e, 8, 0) == 0);
	close(tf), close(sf);
	OK(epoll_wait(ep, e, 8, 0) == 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	// The kernel's memory is in no event: 12 bytes each.
	memset(e, 0xa5, sizeof(e));
	ctl(ep, EPOLL_CTL_ADD, v, EPOLLOUT, 1);
	OK(epoll_wait(ep, e, 8, 0) == 1 && ((unsigned char *)e)[12] == 0xa5);
	close(v), close(ep);
}

static void nested(void)
{
	int a = epoll_create1(0), b = epoll_create1(0), v = eventfd(0, EFD_NONBLOCK);
	struct epoll_event e[4];
	FAILS(ctl(a, EPOLL_CTL_ADD, a, EPOLLIN, 0), EINVAL);
	int again = dup(a);
	FAILS(ctl(a, EPOLL_CTL_ADD, again, EPOLLIN, 0), EINVAL);
	close(again);
	OK(ctl(a, EPOLL_CTL_ADD, b, EPOLLIN, 1) == 0);
	FAILS(ctl(b, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
	FAILS(ctl(a, EPOLL_CTL_ADD, b, EPOLLIN | EPOLLEXCLUSIVE, 1), EINVAL);
	OK(ctl(b, EPOLL_CTL_ADD, v, EPOLLIN, 2) == 0);
	OK(epoll_wait(a, e, 4, 0) == 0);
	give(v, 1);
	OK(epoll_wait(a, e, 4, 1000) == 1 && e[0].data.u32 == 1 && e[0].events == EPOLLIN);
	OK(epoll_wait(b, e, 4, 0) == 1 && e[0].data.u32 == 2);
	unsigned long n;
	OK(read(v, &n, 8) == 8);
	OK(epoll_wait(b, e, 4, 0) == 0);
	OK(epoll_wait(a, e, 4, 0) == 0);
	int c = epoll_create1(0);
	FAILS(ctl(a, EPOLL_CTL_ADD, c, EPOLLIN | EPOLLEXCLUSIVE, 1), EINVAL);
	OK(ctl(b, EPOLL_CTL_ADD, c, EPOLLIN, 3) == 0);
	FAILS(ctl(c, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
	FAILS(ctl(c, EPOLL_CTL_ADD, b, EPOLLIN, 0), ELOOP);
	OK(ctl(a, EPOLL_CTL_DEL, b, 0, 0) == 0);
	OK(ctl(c, EPOLL_CTL_ADD, a, EPOLLIN, 0) == 0);
	close(a), close(b), close(c), close(v);
	// A chain from its end: it is too long at some time.
	int chain[12], links = 0, refused = 0;
	for (int i = 0; i < 12; i++)
		chain[i] = epoll_create1(0);
	for (int i = 1; i < 12; i++) {
		if (ctl(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN, 0) == 0)
			links++;
		else {
			refused = errno;
			break;
		}
	}
	OK(links >= 3 && links <= 6 && (refused == ELOOP || refused == EINVAL));
	for (int i = 0; i < 12; i++)
		close(chain[i]);
}

static int watched[10000], count;
static atomic_int busy[10000];
static atomic_long taken, doubled, empty;
static long total;
static int waiters;

static void *wait_once(void *arg)
{
	int ep = *(int *)arg;
	struct epoll_event e[16];
	while (atomic_load(&taken) < total) {
		int n = epoll_wait(ep, e, 16, 100);
		for (int i = 0; i < n; i++) {
			unsigned at = e[i].data.u32;
			if (atomic_exchange(&busy[at], 1))
				atomic_fetch_add(&doubled, 1);
			unsigned long got;
			if (read(watched[at], &got, 8) == 8)
				atomic_fetch_add(&taken, got);
			else
				atomic_fetch_add(&empty, 1);
			atomic_store(&busy[at], 0);
			ctl(ep, EPOLL_CTL_MOD, watched[at], EPOLLIN | EPOLLONESHOT, at);
		}
	}
	return NULL;
}

static void *wait_edge(void *arg)
{
	int ep = *(int *)arg;
	struct epoll_event e[16];
	while (atomic_load(&taken) < total) {
		int n = epoll_wait(ep, e, 16, 100);
		for (int i = 0; i < n; i++) {
			unsigned long got;
			if (read(watched[e[i].data.u32], &got, 8) == 8)
				atomic_fetch_add(&taken, got);
		}
	}
	return NULL;
}

// Every event comes to one thread, and to no other.
static void stress(int threads, long events, int once)
{
	pthread_t t[8];
	int ep[8];
	atomic_store(&taken, 0);
	total = events;
	waiters = threads;
	for (int i = 0; i < threads; i++)
		ep[i] = i == 0 || !once ? epoll_create1(0) : ep[0];
	for (int i = 0; i < count; i++) {
		watched[i] = eventfd(0, EFD_NONBLOCK);
		for (int k = 0; k < (once ? 1 : threads); k++)
			ctl(ep[k], EPOLL_CTL_ADD, watched[i], EPOLLIN | (once ? EPOLLONESHOT : EPOLLEXCLUSIVE | EPOLLET), i);
	}
	for (int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, once ? wait_once : wait_edge, &ep[i]);
	unsigned seed = 1;
	for (long i = 0; i < events; i++) {
		seed = seed * 1664525 + 1013904223;
		give(watched[(seed >> 8) % count], 1);
	}
	long deadline = now_ms() + 60000;
	while (atomic_load(&taken) < total && now_ms() < deadline)
		usleep(1000);
	OK(atomic_load(&taken) == total);
	total = 0;
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	OK(atomic_load(&doubled) == 0 && atomic_load(&empty) == 0);
	for (int i = 0; i < count; i++)
		close(watched[i]);
	for (int i = 0; i < (once ? 1 : threads); i++)
		close(ep[i]);
}

static void ignore(int s)
{
	(void)s;
}

// What watches is there after fork(2), under its number.
static void forks(void)
{
	int p[2], q[2], spare = dup(0), epoll = epoll_create1(EPOLL_CLOEXEC), outer = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = 77}, got[4];
	pipe(p), pipe(q);
	int same = dup(epoll);
	close(spare);
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &e) == 0);
	e.data.u64 = 78, e.events = EPOLLIN | EPOLLET;
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, q[0], &e) == 0);
	e.data.u64 = 79, e.events = EPOLLIN;
	OK(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &e) == 0);
	for (int how = 0; how < 2; how++) {
		fflush(stdout);
		pid_t pid = how ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
		if (pid == 0) {
			int bad = 0;
			bad |= (epoll_wait(epoll, got, 4, 0) != 0) << 0;
			bad |= (write(p[1], "x", 1) != 1) << 1;
			bad |= (epoll_wait(epoll, got, 4, 1000) != 1 || got[0].data.u64 != 77 || got[0].events != EPOLLIN) << 2;
			bad |= (epoll_wait(outer, got, 4, 1000) != 1 || got[0].data.u64 != 79) << 3;
			bad |= (epoll_wait(same, got, 4, 1000) != 1 || got[0].data.u64 != 77) << 4;
			bad |= (fcntl(epoll, F_GETFD) != FD_CLOEXEC || fcntl(same, F_GETFD) != 0) << 5;
			bad |= (epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &e) != -1 || errno != EEXIST) << 6;
			char c;
			bad |= (read(p[0], &c, 1) != 1 || epoll_wait(epoll, got, 4, 0) != 0) << 7;
			e.data.u64 = 80, e.events = EPOLLOUT;
			bad |= (epoll_ctl(same, EPOLL_CTL_MOD, p[0], &e) != 0) << 8;
			bad |= (epoll_ctl(epoll, EPOLL_CTL_DEL, q[0], NULL) != 0) << 9;
			// On Linux the parent's as well.
			e.data.u64 = 78, e.events = EPOLLIN | EPOLLET;
			bad |= (epoll_ctl(epoll, EPOLL_CTL_ADD, q[0], &e) != 0) << 10;
			_exit(bad != 0 ? (bad & 0x7f) + 1 : 0);
		}
		int status;
		OK(waitpid(pid, &status, 0) == pid && status == 0);
		// A child that has ended takes nothing along.
		OK(write(q[1], "y", 1) == 1);
		int n = epoll_wait(epoll, got, 4, 1000);
		OK(n == 1 && got[0].data.u64 == 78);
		char c;
		OK(read(q[0], &c, 1) == 1);
		// On Linux it is one object, so what the child changed must be put back.
		e.data.u64 = 77, e.events = EPOLLIN;
		OK(epoll_ctl(epoll, EPOLL_CTL_MOD, p[0], &e) == 0);
		e.data.u64 = 78, e.events = EPOLLIN | EPOLLET;
		OK(epoll_ctl(epoll, EPOLL_CTL_ADD, q[0], &e) == 0 || errno == EEXIST);
	}
	// A server that makes its queue, then its workers.
	int pipes[8][2], left = 0;
	for (int i = 0; i < 8; i++) {
		pipe(pipes[i]);
		e.events = EPOLLIN, e.data.u64 = i;
		left += epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[i][0], &e) == 0;
	}
	OK(left == 8);
	fflush(stdout);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			int n = epoll_wait(epoll, got, 4, 5000);
			_exit(n < 1 || got[0].data.u64 != 5);
		}
	}
	usleep(100000);
	write(pipes[5][1], "z", 1);
	int status, good = 0;
	for (int i = 0; i < 4; i++)
		good += wait(&status) > 0 && status == 0;
	OK(good == 4);
	for (int i = 0; i < 8; i++)
		close(pipes[i][0]), close(pipes[i][1]);
	close(epoll), close(outer), close(same), close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

int main(int argc, char **argv)
{
	int all = argc > 1 && strcmp(argv[1], "long") == 0;
	alarm(all ? 280 : 60);
	signal(SIGUSR1, ignore);
	basics();
	nested();
	forks();
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	count = all ? 10000 : 500;
	if ((rlim_t)count + 100 > limit.rlim_max)
		count = limit.rlim_max - 100;
	printf("# %d descriptors\n", count);
	stress(all ? 8 : 4, all ? 1000000 : 20000, 1);
	stress(all ? 8 : 4, all ? 100000 : 5000, 0);
	return tap_end();
}
