// SPDX-License-Identifier: BSD-2-Clause
// mremap(2) against munmap(2), mmap(2), fork(2), mprotect(2), mlock(2), madvise(2) and page faults, from
// threads of one process, all on the same pages. Nobody can say what comes out, but only errnos of the
// man pages may, nobody dies, and memory that one thread has for itself stays what it is.
//
//   memory_race [MILLISECONDS]
#include "memory.h"

enum {
	CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
	THREADS = 4, STACK = 64 << 10, AREA = 64, HOME = 8,
};

static volatile int stop, wrong, running;
static volatile long bad_errno;
static u8 *area, *own[THREADS], *homes[THREADS];
static u8 stacks[THREADS][STACK] __attribute__((aligned(16)));
static volatile u64 counts[THREADS];

static u64 below(u64 *state, u64 limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 11) % limit;
}

// What a call may say.
static void may(long got, long a, long b, long c, long d)
{
	if (got < 0 && got > -4096 && got != a && got != b && got != c && got != d)
		bad_errno = got;
}

// One thread: `me` is 0 to 3, and has a page of its own that it moves about all the time.
static void work(long me)
{
	u64 state = 0x9e3779b97f4a7c15 * (u64)(me + 1);
	int fds[2];
	sc(SYS_pipe2, fds, O_NONBLOCK);
	while (!stop) {
		u64 from = below(&state, AREA), len = 1 + below(&state, 16), to = below(&state, AREA);
		u8 *p = area + from * PAGE, *q = area + to * PAGE;
		switch (below(&state, 12)) {
		case 0:
			may(map_at(p, len * PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM, 0, 0, 0);
			break;
		case 1:
			may(map_at(p, len * PAGE, RW, SHARED | MAP_FIXED, -1, 0), -ENOMEM, 0, 0, 0);
			break;
		case 2:
			may(unmap(p, len), 0, 0, 0, 0);
			break;
		case 3:
		case 4:
			may(remap(p, len, 1 + below(&state, 16), MOVE_TO, q), -EFAULT, -EINVAL, -ENOMEM, -EAGAIN);
			break;
		case 5:
			may(remap(p, len, len + 1, 0, 0), -EFAULT, -ENOMEM, -EAGAIN, 0);
			break;
		case 6:
			may(remap(p, len, len, MOVE_TO | MREMAP_DONTUNMAP, q), -EFAULT, -EINVAL, -ENOMEM, -EAGAIN);
			break;
		case 7:
			may(protect(p, len, below(&state, 2) ? RW : PROT_READ), -ENOMEM, 0, 0, 0);
			break;
		case 8:
			may(advise(p, len, MADV_DONTNEED), -ENOMEM, -EINVAL, 0, 0);
			break;
		case 9:
			if (me == 0)
				may(sc(SYS_mlock, p, len * PAGE), -ENOMEM, -EAGAIN, -EPERM, 0);
			else
				may(sc(SYS_munlock, p, len * PAGE), -ENOMEM, 0, 0, 0);
			break;
		case 10:
			if (me == 1 && below(&state, 8) == 0) {
				long pid = sc(SYS_fork);
				if (pid == 0) {
					for (int i = 0; i < AREA; i++)
						sc(SYS_read, fds[0], area + i * PAGE, 1);
					sc(SYS_exit_group, 0);
				}
				if (pid > 0)
					reap(pid);
			} else {
				may(remap(p, 0, len, MOVE_TO, q), -EFAULT, -EINVAL, -ENOMEM, -EAGAIN);
			}
			break;
		default:
			// Faults that nobody dies of, for reading and for writing.
			for (u64 i = 0; i < len; i++)
				if (sc(SYS_write, fds[1], p + i * PAGE, 1) == 1)
					if (sc(SYS_read, fds[0], q + i % 4 * PAGE, 1) != 1) {
						char c;
						sc(SYS_read, fds[0], &c, 1);
					}
			break;
		}
		// The own page: only this thread knows where it is.
		if (*(volatile u64 *)own[me] != counts[me] + (u64)me)
			wrong = 1;
		counts[me]++;
		u8 *place = homes[me] + counts[me] % HOME * PAGE;
		if (remap(own[me], 1, 1, MOVE_TO, place) != (long)place || *(volatile u64 *)place != counts[me] - 1 + (u64)me)
			wrong = 1;
		own[me] = place;
		*(volatile u64 *)own[me] = counts[me] + (u64)me;
	}
	sc(SYS_close, fds[0]);
	sc(SYS_close, fds[1]);
}

static void begin(long me)
{
	work(me);
	__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
	sc(SYS_exit, 0);
	__builtin_trap();
}

static long start_thread(long me)
{
	// As after a call: 8 bytes off a multiple of 16 when the function begins.
	u64 *top = (u64 *)(stacks[me] + STACK) - 3;
	long ret;
	top[0] = (u64)me;
	long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void (*f)(long) __asm__("r12") = begin;
	__asm__ volatile("syscall\n"
			 "	testq %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	xorl %%ebp, %%ebp\n"
			 "	popq %%rdi\n"
			 "	callq *%%r12\n"
			 "	hlt\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(flags), "S"(top), "d"(0L), "r"(r10), "r"(r8), "r"(f)
			 : "rcx", "r11", "memory");
	return ret;
}

static u64 number(const char *text)
{
	u64 n = 0;
	while (*text >= '0' && *text <= '9')
		n = n * 10 + (u64)(*text++ - '0');
	return n;
}

static u64 slowest(void)
{
	u64 least = counts[0];
	for (int i = 1; i < THREADS; i++)
		least = counts[i] < least ? counts[i] : least;
	return least;
}

int main(int argc, char **argv, char **envp UNUSED)
{
	u64 ms = argc > 1 ? number(argv[1]) : 1500;
	sc(SYS_alarm, 60 + ms / 500);
	look_pipe();
	area = (u8 *)map_at(0, (AREA + 32) * PAGE, RW, ANON, -1, 0);
	long good = 1;
	for (long i = 0; i < THREADS; i++) {
		own[i] = homes[i] = fresh(HOME, ANON);
		*(volatile u64 *)own[i] = (u64)i;
	}
	running = THREADS;
	for (long i = 0; i < THREADS; i++)
		good &= start_thread(i) > 0;
	ok((int)good, "four threads begin");
	sleep_ms((long)ms);
	// A busy machine gives some of them more time than others.
	for (int i = 0; slowest() <= 10 && i < 2000; i++)
		sleep_ms(10);
	stop = 1;
	for (int i = 0; running && i < 4000; i++)
		sleep_ms(10);
	ok(!running, "they end");
	eq("no call says what it should not", bad_errno, 0);
	ok(!wrong, "what a thread has for itself stays what it is");
	ok(slowest() > 10, "all of them have worked");
	note("the slowest thread's rounds:", (long)slowest());
	eq("all can be unmapped", unmap(area, AREA + 32), 0);
	return tap_done();
}
