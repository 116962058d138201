// SPDX-License-Identifier: BSD-2-Clause
// Many threads at one place: a mutex, a condition that is broadcast, barriers, threads that come and go,
// a chain of locks that lend priority, signals into waits, forks among threads.
//
//   contention          a tenth of the work
//   contention long     all of it
#include "workers.h"

enum {
	LOCK_PI = 6, UNLOCK_PI = 7, CMP_REQUEUE = 4, PRIVATE = 128, SCHED_FIFO = 1,
	SYS_sched_setscheduler = 144,
	THREADS = 64, STORM = 32, CHAIN = 8,
};

static int scale = 1;
static struct thread t[THREADS];
static u32 mutex, sequence, waiting, chain[CHAIN];
static u64 counted;

static void lock(u32 *l)
{
	if (__sync_val_compare_and_swap(l, 0, 1) == 0)
		return;
	while (__atomic_exchange_n(l, 2, __ATOMIC_SEQ_CST) != 0)
		futex(l, FUTEX_WAIT_PRIVATE, 2, NULL);
}

static void unlock(u32 *l)
{
	if (__atomic_exchange_n(l, 0, __ATOMIC_SEQ_CST) == 2)
		futex(l, FUTEX_WAKE_PRIVATE, 1, NULL);
}

static long start_all(int n, void (*body)(void *))
{
	long bad = 0;
	for (int i = 0; i < n; i++)
		bad += thread_start(&t[i], body, (void *)(long)i) <= 0;
	return bad;
}

static void join_all(int n)
{
	for (int i = 0; i < n; i++)
		thread_join(&t[i]);
}

// ---- one mutex -----------------------------------------------------------------

static void counts(void *arg UNUSED)
{
	for (int i = 0; i < 200 * scale; i++) {
		lock(&mutex);
		counted++;
		if (i % 100 == 0)
			sc(SYS_sched_yield);
		unlock(&mutex);
	}
}

static void one_mutex(void)
{
	eq("64 threads start", start_all(THREADS, counts), 0);
	join_all(THREADS);
	eq("they count under one mutex", (long)counted, 200L * scale * THREADS);
}

// ---- broadcasts ------------------------------------------------------------------

static u32 rounds_seen;

// What C libraries did before FUTEX_WAIT_BITSET sufficed: one is woken, the others go to the mutex.
static void waits_for_broadcasts(void *arg UNUSED)
{
	u32 rounds = 30 * (u32)scale;
	for (u32 i = 0; i < rounds; i++) {
		lock(&mutex);
		while (load(&sequence) <= i) {
			u32 seen = load(&sequence);
			waiting++;
			unlock(&mutex);
			futex(&sequence, FUTEX_WAIT_PRIVATE, seen, NULL);
			// It may have been moved to the mutex: whoever unlocks must know that others wait.
			while (__atomic_exchange_n(&mutex, 2, __ATOMIC_SEQ_CST) != 0)
				futex(&mutex, FUTEX_WAIT_PRIVATE, 2, NULL);
			waiting--;
		}
		add(&rounds_seen, 1);
		unlock(&mutex);
	}
}

static void broadcasts(void)
{
	u32 rounds = 30 * (u32)scale;
	start_all(STORM, waits_for_broadcasts);
	for (u32 i = 0; i < rounds; i++) {
		if (i % 4 == 0)
			sc(SYS_sched_yield);
		lock(&mutex);
		u32 now = add(&sequence, 1);
		sc(SYS_futex, &sequence, CMP_REQUEUE | PRIVATE, 1, 0x7fffffff, &mutex, now);
		unlock(&mutex);
	}
	// The last of them may have been told before they waited.
	join_all(STORM);
	eq("32 threads see every broadcast", rounds_seen, (long)rounds * STORM);
}

// ---- a barrier --------------------------------------------------------------------

static u32 arrived, generation, late;

static void meets(void *arg UNUSED)
{
	for (int i = 0; i < 20 * scale; i++) {
		u32 now = load(&generation);
		if (add(&arrived, 1) == STORM) {
			store(&arrived, 0);
			add(&generation, 1);
			wake_all(&generation);
		} else {
			while (load(&generation) == now)
				futex(&generation, FUTEX_WAIT_PRIVATE, now, NULL);
		}
		if (load(&generation) != now + 1 && load(&generation) != now + 2)
			add(&late, 1);
	}
}

static void barrier(void)
{
	start_all(STORM, meets);
	join_all(STORM);
	eq("32 threads meet at a barrier", generation, 20L * scale);
	eq("none is left behind", late, 0);
}

// ---- threads that come and go --------------------------------------------------------

static u32 born;

static void is_born(void *arg UNUSED)
{
	add(&born, 1);
}

static void come_and_go(void)
{
	long bad = 0;
	u32 all = 1000 * (u32)scale;
	for (u32 i = 0; i < all; i += 20) {
		bad += start_all(20, is_born);
		join_all(20);
	}
	eq("threads start and end by the thousand", bad, 0);
	eq("each runs", born, all);
}

// ---- a chain of locks that lend priority ------------------------------------------------

static u32 chained;

static void pi_lock(u32 *at)
{
	if (__sync_val_compare_and_swap(at, 0, thread_self()->tid) != 0)
		while (sc(SYS_futex, at, LOCK_PI | PRIVATE, 0, 0, 0, 0) != 0)
			;
}

static void pi_unlock(u32 *at)
{
	u32 me = thread_self()->tid;
	if (__sync_val_compare_and_swap(at, me, 0) != me)
		sc(SYS_futex, at, UNLOCK_PI | PRIVATE, 0, 0, 0, 0);
}

// Holds a lock and takes the next one, which the thread after it holds.
static void links(void *arg)
{
	int at = (int)(long)arg % CHAIN;
	int priority = 10 + 10 * at;
	sc(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
	for (int i = 0; i < 20 * scale; i++) {
		pi_lock(&chain[at]);
		if (at + 1 < CHAIN) {
			pi_lock(&chain[at + 1]);
			add(&chained, 1);
			pi_unlock(&chain[at + 1]);
		}
		pi_unlock(&chain[at]);
		if (i % 8 == 0)
			sc(SYS_sched_yield);
	}
}

static void chains(void)
{
	start_all(3 * CHAIN, links);
	join_all(3 * CHAIN);
	eq("a chain of locks with priorities comes to its end", chained, 3L * (CHAIN - 1) * 20 * scale);
	long held = 0;
	for (int i = 0; i < CHAIN; i++)
		held += chain[i] != 0;
	eq("and all are free", held, 0);
}

// ---- signals into waits, forks among threads ----------------------------------------------

static u32 handled, leave;

static void handler_counts(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	add(&handled, 1);
}

static void waits_long(void *arg UNUSED)
{
	while (!load(&leave)) {
		struct timespec s = {0, 50000000};
		futex(&leave, FUTEX_WAIT_PRIVATE, 0, &s);
	}
}

static void signals_and_forks(void)
{
	long bad = 0, pid = sc(SYS_getpid);
	on(SIGUSR1, (void *)handler_counts, SA_SIGINFO, 0);
	start_all(16, waits_long);
	for (int i = 0; i < 40 * scale; i++) {
		for (int n = 0; n < 16; n++)
			bad += sc(SYS_tgkill, pid, t[n].tid, SIGUSR1) != 0;
		if (i % 10 == 0) {
			long child = sc(SYS_fork);
			if (child == 0)
				sc(SYS_exit_group, 7);
			bad += child < 0 || reap(child) != 7 << 8;
		}
	}
	store(&leave, 1);
	wake_all(&leave);
	join_all(16);
	eq("threads in waits get signals, and processes are made beside them", bad, 0);
	ok(handled >= 16, "every one has handled some");
}

// ---- waiters that are moved while their time runs out --------------------------------------------

static u32 places[3], strays, still;

static void times_out(void *arg)
{
	for (int i = 0; i < 40 * scale; i++) {
		struct timespec s = {0, 1000 + 37000 * ((i + (long)arg) % 20)};
		long got = futex(&places[i % 3], FUTEX_WAIT_PRIVATE, 0, &s);
		if (got != 0 && got != -ETIMEDOUT)
			add(&strays, 1);
	}
	add(&still, (u32)-1);
}

static void moves_them(void *arg)
{
	for (u32 i = (u32)(long)arg; load(&still) != 0; i++) {
		long got = sc(SYS_futex, &places[i % 3], 3 /* REQUEUE */ | PRIVATE, i % 16 == 0, 100, &places[(i + 1) % 3], 0);
		if (got < 0)
			add(&strays, 1);
		if (i % 64 == 0)
			sc(SYS_sched_yield);
	}
}

static void moved(void)
{
	store(&still, 12);
	long bad = start_all(12, times_out);
	for (long i = 12; i < 14; i++)
		bad += thread_start(&t[i], moves_them, (void *)i) <= 0;
	join_all(14);
	eq("waiters are moved while their time runs out", bad + strays, 0);
}

int main(int argc, char **argv UNUSED, char **envp UNUSED)
{
	static struct thread first;
	first.self = &first;
	first.tid = (u32)sc(SYS_gettid);
	sc(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, &first);
	if (argc > 1)
		scale = 10;
	sc(SYS_alarm, argc > 1 ? 900 : 110);
	one_mutex();
	broadcasts();
	barrier();
	come_and_go();
	chains();
	signals_and_forks();
	moved();
	return tap_done();
}
