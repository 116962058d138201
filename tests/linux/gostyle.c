// SPDX-License-Identifier: BSD-2-Clause
// A runtime of the kind static programs bring along, Go's for one: threads made by clone(2) with the
// flags of its own, parked and woken by futex(2), stopped by SIGURG from tgkill(2) onto their own
// signal stacks, a poller thread in epoll_pwait(2) that an eventfd wakes, timers from timer_create(2).
#include "workers.h"

enum {
	SYS_epoll_ctl = 233, SYS_timer_create = 222, SYS_timer_settime = 223,
	SYS_timer_delete = 226, SYS_epoll_pwait = 281, SYS_eventfd2 = 290, SYS_epoll_create1 = 291,
	WAIT = FUTEX_WAIT_PRIVATE, WAKE = FUTEX_WAKE_PRIVATE, SIGURG = 23, SIGPROF = 27, EPOLLIN = 1, EPOLLET = (i32)0x80000000,
	THREADS = 16, TASKS = 4000,
};

struct epoll_event {
	u32 events;
	u64 data;
} __attribute__((packed));

// What a thread has for its own: %fs leads to it.
struct m {
	struct thread thread;
	u32 park;
	u64 done;
};

static struct m ms[THREADS];
static u32 lock, next_task, finished, stop_wanted, stopped_count, go_on;
static u64 sum, profile_ticks, polled;
static int epoll, wake_fd, pipes[2];

// The runtime's lock: 0 free, 1 held, 2 held and waited for.
static void acquire(u32 *l)
{
	if (__sync_val_compare_and_swap(l, 0, 1) == 0)
		return;
	while (__atomic_exchange_n(l, 2, __ATOMIC_ACQUIRE) != 0)
		futex(l, WAIT, 2, NULL);
}

static void release(u32 *l)
{
	if (__atomic_exchange_n(l, 0, __ATOMIC_RELEASE) == 2)
		futex(l, WAKE, 1, NULL);
}

// Stop the world: a thread that is told waits inside the handler.
static void preempt(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	if (!__atomic_load_n(&stop_wanted, __ATOMIC_ACQUIRE))
		return;
	__atomic_add_fetch(&stopped_count, 1, __ATOMIC_SEQ_CST);
	futex(&stopped_count, WAKE, 1, NULL);
	while (!__atomic_load_n(&go_on, __ATOMIC_ACQUIRE))
		futex(&go_on, WAIT, 0, NULL);
	__atomic_sub_fetch(&stopped_count, 1, __ATOMIC_SEQ_CST);
}

static void tick(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	__atomic_add_fetch(&profile_ticks, 1, __ATOMIC_RELAXED);
}

static void own_signal_stack(void)
{
	static u8 stacks[THREADS + 1][32 << 10];
	static u32 next;
	struct sigstack s = {stacks[__sync_fetch_and_add(&next, 1)], 0, 0, sizeof(stacks[0])};
	sc(SYS_sigaltstack, &s, NULL);
}

static void worker(void *arg UNUSED)
{
	struct m *m = (struct m *)thread_self();
	own_signal_stack();
	for (;;) {
		acquire(&lock);
		u32 task = next_task < TASKS ? ++next_task : 0;
		sum += task;
		release(&lock);
		if (!task)
			break;
		m->done++;
		if (task % 64 == 0) {
			struct timespec t = {0, 100000};
			futex(&m->park, WAIT, 0, &t);
		}
		for (volatile int spin = 0; spin < 300; spin++)
			;
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	futex(&finished, WAKE, 1, NULL);
	// Parked until it is let go, as an idle thread is.
	while (!__atomic_load_n(&m->park, __ATOMIC_ACQUIRE))
		futex(&m->park, WAIT, 0, NULL);
}

static void poller(void *arg UNUSED)
{
	own_signal_stack();
	struct epoll_event e[8];
	for (;;) {
		long n = sc(SYS_epoll_pwait, epoll, e, 8, -1, NULL, 8);
		for (long i = 0; i < n; i++) {
			u64 word = 0;
			if (e[i].data == 1)
				return;
			if (sc(SYS_read, pipes[0], &word, 8) > 0)
				__atomic_add_fetch(&polled, word, __ATOMIC_SEQ_CST);
			__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
			futex(&finished, WAKE, 1, NULL);
		}
	}
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	static struct m main_m;
	main_m.thread.self = &main_m.thread;
	sc(SYS_alarm, 60);
	sc(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, &main_m);
	own_signal_stack();
	on(SIGURG, (void *)preempt, SA_SIGINFO | SA_ONSTACK | SA_RESTART, ~0UL);
	on(SIGPROF, (void *)tick, SA_SIGINFO | SA_ONSTACK | SA_RESTART, ~0UL);

	// Workers, stopped and let go in the middle of it, under a profiling timer.
	struct {
		u64 value;
		i32 signo, notify, tid, rest[11];
	} event = {0, SIGPROF, 4 /* SIGEV_THREAD_ID */, (i32)sc(SYS_gettid), {0}};
	i32 timer = -1;
	struct timespec every[2] = {{0, 2000000}, {0, 2000000}};
	eq("a timer for one thread is made", sc(SYS_timer_create, 1, &event, &timer), 0);
	sc(SYS_timer_settime, timer, 0, every, NULL);
	long bad = 0, unset = 0;
	for (int i = 0; i < THREADS; i++) {
		long tid = thread_start(&ms[i].thread, worker, NULL);
		bad += tid <= 0;
		unset += ms[i].thread.tid != (u32)tid;
	}
	eq("16 threads start", bad, 0);
	eq("CLONE_PARENT_SETTID is there before clone returns", unset, 0);
	long wrong = 0;
	for (int round = 0; round < 20; round++) {
		__atomic_store_n(&go_on, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&stop_wanted, 1, __ATOMIC_SEQ_CST);
		for (int i = 0; i < THREADS; i++)
			wrong += sc(SYS_tgkill, sc(SYS_getpid), ms[i].thread.tid, SIGURG) != 0;
		until(&stopped_count, THREADS);
		u32 then = next_task;
		for (volatile int spin = 0; spin < 20000; spin++)
			;
		wrong += next_task != then;
		__atomic_store_n(&stop_wanted, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&go_on, 1, __ATOMIC_SEQ_CST);
		futex(&go_on, WAKE, 1000, NULL);
		while (__atomic_load_n(&stopped_count, __ATOMIC_ACQUIRE) != 0)
			sc(SYS_sched_yield);
	}
	eq("20 times the world stops, all of it", wrong, 0);
	until(&finished, THREADS);
	eq("every task is done once", (long)sum, (long)TASKS * (TASKS + 1) / 2);
	u64 done = 0;
	for (int i = 0; i < THREADS; i++) {
		done += ms[i].done;
		__atomic_store_n(&ms[i].park, 1, __ATOMIC_RELEASE);
		futex(&ms[i].park, WAKE, 1, NULL);
	}
	for (int i = 0; i < THREADS; i++)
		thread_join(&ms[i].thread);
	eq("by the threads that there are", (long)done, TASKS);
	sleep_ms(20);
	sc(SYS_timer_delete, timer);
	ok(profile_ticks > 0, "the profile has ticks");

	// The poller: edges of a pipe, and an eventfd that ends it.
	finished = 0;
	epoll = (int)sc(SYS_epoll_create1, O_CLOEXEC);
	wake_fd = (int)sc(SYS_eventfd2, 0, O_CLOEXEC | O_NONBLOCK);
	sc(SYS_pipe2, pipes, O_CLOEXEC | O_NONBLOCK);
	struct epoll_event e = {EPOLLIN, 1};
	sc(SYS_epoll_ctl, epoll, 1, wake_fd, &e);
	e = (struct epoll_event){(u32)EPOLLIN | (u32)EPOLLET, 2};
	sc(SYS_epoll_ctl, epoll, 1, pipes[0], &e);
	ms[0].park = 0;
	ok(thread_start(&ms[0].thread, poller, NULL) > 0, "the poller starts");
	for (u64 i = 1; i <= 50; i++) {
		sc(SYS_write, pipes[1], &i, 8);
		until(&finished, (u32)i);
	}
	eq("50 edges are told, each once", (long)polled, 50 * 51 / 2);
	u64 one = 1;
	sc(SYS_write, wake_fd, &one, 8);
	thread_join(&ms[0].thread);
	ok(1, "the eventfd ends the poller");
	return tap_done();
}
