// SPDX-License-Identifier: BSD-2-Clause
// Locks that lend priority: futex(2) with FUTEX_LOCK_PI, LOCK_PI2, TRYLOCK_PI, UNLOCK_PI,
// WAIT_REQUEUE_PI, CMP_REQUEUE_PI; their robust lists; a chain of three with SCHED_FIFO.
#include "workers.h"

enum {
	LOCK_PI = 6, UNLOCK_PI = 7, TRYLOCK_PI = 8, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, LOCK_PI2 = 13,
	PRIVATE = 128, REALTIME = 256,
	SYS_sched_setscheduler = 144, SYS_sched_setaffinity = 203, SYS_set_robust_list = 273,
	SCHED_FIFO = 1,
};
#define WAITERS 0x80000000u
#define OWNER_DIED 0x40000000u
#define TID_MASK 0x3fffffffu

static u32 words[8], stage;

static long pi(u32 *at, int op, struct timespec *t)
{
	return sc(SYS_futex, at, op | PRIVATE, 0, t, 0, 0);
}

static void lock(u32 *at)
{
	if (__sync_val_compare_and_swap(at, 0, thread_self()->tid) != 0)
		while (pi(at, LOCK_PI, NULL) == -EINTR)
			;
}

static void unlock(u32 *at)
{
	if (__sync_val_compare_and_swap(at, thread_self()->tid, 0) != thread_self()->tid)
		pi(at, UNLOCK_PI, NULL);
}

static struct timespec in_ms(int clock, long ms)
{
	long at = now_ns(clock) + ms * 1000000;
	return (struct timespec){at / 1000000000, at % 1000000000};
}

// ---- one lock ----------------------------------------------------------------

static void holds(void *arg)
{
	u32 *at = arg;
	pi(at, LOCK_PI, NULL);
	add(&stage, 1);
	wake_all(&stage);
	until(&stage, 2);
	sleep_ms(50);
	pi(at, UNLOCK_PI, NULL);
}

static void by_one(void)
{
	static struct thread t;
	u32 *w = &words[0], me = thread_self()->tid;
	eq("FUTEX_LOCK_PI of a free lock", pi(w, LOCK_PI, NULL), 0);
	eq("stores the thread's id", *w, me);
	eq("once more is EDEADLK", pi(w, LOCK_PI, NULL), -35);
	eq("so is FUTEX_TRYLOCK_PI", pi(w, TRYLOCK_PI, NULL), -35);
	eq("FUTEX_UNLOCK_PI", pi(w, UNLOCK_PI, NULL), 0);
	eq("stores 0", *w, 0);
	eq("FUTEX_UNLOCK_PI of what one does not hold is EPERM", pi(w, UNLOCK_PI, NULL), -EPERM);
	eq("FUTEX_TRYLOCK_PI of a free lock", pi(w, TRYLOCK_PI, NULL), 0);
	pi(w, UNLOCK_PI, NULL);
	eq("FUTEX_LOCK_PI2 of a free lock", pi(w, LOCK_PI2, NULL), 0);
	pi(w, UNLOCK_PI, NULL);
	*w = 0x3ffffff0;
	eq("an owner that does not exist is ESRCH", pi(w, LOCK_PI, NULL), -ESRCH);
	*w = OWNER_DIED;
	eq("a lock of the dead can be taken", pi(w, LOCK_PI, NULL), 0);
	eq("and says whose it was", *w, OWNER_DIED | me);
	pi(w, UNLOCK_PI, NULL);
	eq("until it is unlocked", *w, 0);
	eq("an odd address is EINVAL", pi((u32 *)((u8 *)w + 2), LOCK_PI, NULL), -EINVAL);
	eq("nothing there is EFAULT", pi((u32 *)0x10000, LOCK_PI, NULL), -EFAULT);
	struct timespec bad = {0, 1000000000};
	eq("a wrong time is EINVAL", pi(w, LOCK_PI, &bad), -EINVAL);
	eq("FUTEX_LOCK_PI takes no clock", pi(w, LOCK_PI | REALTIME, NULL), -ENOSYS);

	stage = 0;
	thread_start(&t, holds, w);
	until(&stage, 1);
	eq("FUTEX_TRYLOCK_PI of a held one is EAGAIN", pi(w, TRYLOCK_PI, NULL), -EAGAIN);
	struct timespec at = in_ms(0, 30);
	eq("FUTEX_LOCK_PI waits by the real time", pi(w, LOCK_PI, &at), -ETIMEDOUT);
	at = in_ms(1, 30);
	eq("FUTEX_LOCK_PI2 by the monotonic one", pi(w, LOCK_PI2, &at), -ETIMEDOUT);
	at = in_ms(0, 30);
	eq("or, asked to, by the real one", pi(w, LOCK_PI2 | REALTIME, &at), -ETIMEDOUT);
	ok(now_ns(0) >= at.sec * 1000000000 + at.nsec, "to the end of it");
	eq("who waited has said so", *w & ~TID_MASK, WAITERS);
	add(&stage, 1);
	wake_all(&stage);
	eq("a waiter gets the lock", pi(w, LOCK_PI, NULL), 0);
	eq("by its id", *w & TID_MASK, me);
	pi(w, UNLOCK_PI, NULL);
	thread_join(&t);
	eq("nobody holds it in the end", *w, 0);
}

// ---- many ---------------------------------------------------------------------

enum { MANY = 16, ROUNDS = 500 };
static u64 counted;

static void counts(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock(arg);
		counted++;
		if (i % 50 == 0)
			sc(SYS_sched_yield);
		unlock(arg);
	}
}

static void by_many(void)
{
	static struct thread t[MANY];
	for (int i = 0; i < MANY; i++)
		thread_start(&t[i], counts, &words[1]);
	for (int i = 0; i < MANY; i++)
		thread_join(&t[i]);
	eq("16 threads count under one lock", (long)counted, MANY * ROUNDS);
	eq("which is free then", words[1], 0);
}

static void among_processes(void)
{
	struct {
		u32 word;
		u64 count;
	} *s = map_shared(4096);
	long pids[4];
	for (int i = 0; i < 4; i++) {
		pids[i] = sc(SYS_fork);
		if (pids[i] == 0) {
			u32 me = (u32)sc(SYS_gettid);
			for (int n = 0; n < 300; n++) {
				if (__sync_val_compare_and_swap(&s->word, 0, me) != 0)
					while (sc(SYS_futex, &s->word, LOCK_PI, 0, 0, 0, 0) != 0)
						;
				s->count++;
				if (n % 20 == 0)
					sc(SYS_sched_yield);
				if (__sync_val_compare_and_swap(&s->word, me, 0) != me)
					sc(SYS_futex, &s->word, UNLOCK_PI, 0, 0, 0, 0);
			}
			sc(SYS_exit_group, 0);
		}
	}
	for (int i = 0; i < 4; i++)
		reap(pids[i]);
	eq("four processes count under one lock", (long)s->count, 1200);
}

// ---- robust -------------------------------------------------------------------

struct robust_head {
	void *next;
	long offset;
	void *pending;
};
static struct robust_head head;
static struct {
	void *next;
	u32 word;
} robust_lock;

static void dies(void *arg UNUSED)
{
	// Bit 0 of a link says that the lock lends priority.
	head = (struct robust_head){(void *)((u64)&robust_lock | 1), 8, NULL};
	robust_lock.next = &head;
	sc(SYS_set_robust_list, &head, sizeof(head));
	pi(&robust_lock.word, LOCK_PI, NULL);
	add(&stage, 1);
	wake_all(&stage);
	sleep_ms(60);
}

static void after_death(void)
{
	static struct thread t;
	stage = 0;
	thread_start(&t, dies, NULL);
	until(&stage, 1);
	eq("a waiter gets the lock of a thread that ends", pi(&robust_lock.word, LOCK_PI, NULL), 0);
	eq("and is told", robust_lock.word & ~WAITERS, OWNER_DIED | thread_self()->tid);
	thread_join(&t);
	eq("it can be unlocked", pi(&robust_lock.word, UNLOCK_PI, NULL), 0);
	eq("to nothing", robust_lock.word, 0);
}

// ---- conditions ----------------------------------------------------------------

static u32 condition, waiting, through;

static void waits(void *arg)
{
	lock(arg);
	u32 seen = condition;
	add(&waiting, 1);
	wake_all(&waiting);
	unlock(arg);
	long got = sc(SYS_futex, &condition, WAIT_REQUEUE_PI | PRIVATE, seen, 0, arg, 0);
	// The condition may have changed before the wait began.
	if (got == -EAGAIN)
		lock(arg);
	if (((*(u32 *)arg) & TID_MASK) == thread_self()->tid)
		add(&through, 1);
	unlock(arg);
}

static void conditions(void)
{
	static struct thread t[8];
	u32 *w = &words[2];
	struct timespec at = in_ms(1, 30);
	eq("FUTEX_WAIT_REQUEUE_PI for another value is EAGAIN",
	   sc(SYS_futex, &condition, WAIT_REQUEUE_PI | PRIVATE, 1, 0, w, 0), -EAGAIN);
	eq("to a time", sc(SYS_futex, &condition, WAIT_REQUEUE_PI | PRIVATE, 0, &at, w, 0), -ETIMEDOUT);
	eq("of a lock that is the condition is EINVAL", sc(SYS_futex, w, WAIT_REQUEUE_PI | PRIVATE, 0, &at, w, 0), -EINVAL);
	eq("FUTEX_CMP_REQUEUE_PI for another value is EAGAIN",
	   sc(SYS_futex, &condition, CMP_REQUEUE_PI | PRIVATE, 1, 1000, w, 1), -EAGAIN);
	eq("waking any number but one is EINVAL",
	   sc(SYS_futex, &condition, CMP_REQUEUE_PI | PRIVATE, 2, 1000, w, 0), -EINVAL);
	for (int i = 0; i < 8; i++)
		thread_start(&t[i], waits, w);
	until(&waiting, 8);
	sleep_ms(50);
	lock(w);
	long moved = 0;
	for (int i = 0; i < 200 && moved < 8; i++) {
		long n = sc(SYS_futex, &condition, CMP_REQUEUE_PI | PRIVATE, 1, 1000, w, condition);
		moved += n > 0 ? n : 0;
		if (moved < 8)
			sleep_ms(5);
	}
	eq("FUTEX_CMP_REQUEUE_PI reaches all waiters", moved, 8);
	eq("none has the lock while it is held", through, 0);
	unlock(w);
	for (int i = 0; i < 8; i++)
		thread_join(&t[i]);
	eq("each has it after", through, 8);
}

// ---- priorities ----------------------------------------------------------------

static u32 first_held, second_held, spin_on, spun;

static void fifo(int priority)
{
	u64 cpu = 1;
	sc(SYS_sched_setaffinity, 0, 8, &cpu);
	sc(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
}

// The priorities are far from each other: FreeBSD has 32 of them.
// Holds the first lock, and needs the processor to give it up.
static void lowest(void *arg UNUSED)
{
	fifo(10);
	lock(&words[4]);
	store(&first_held, 1);
	wake_all(&first_held);
	until(&spin_on, 1);
	for (volatile int i = 0; i < 200000; i++)
		;
	unlock(&words[4]);
}

// Holds the second, and waits for the first.
static void link(void *arg UNUSED)
{
	fifo(30);
	lock(&words[5]);
	store(&second_held, 1);
	wake_all(&second_held);
	lock(&words[4]);
	unlock(&words[4]);
	unlock(&words[5]);
}

// Takes the processor from both for as long as it may.
static void hog(void *arg UNUSED)
{
	fifo(50);
	store(&spin_on, 1);
	wake_all(&spin_on);
	long end = now_ns(1) + 4000000000;
	while (load(&spin_on) == 1 && now_ns(1) < end)
		;
	store(&spun, load(&spin_on) == 2 ? 1 : 2);
}

static void priorities(void)
{
	static struct thread low, mid, busy;
	int priority = 70;
	u64 cpus = ~0UL, before = 0;
	if (sc(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority) != 0) {
		skip("the lowest is lent the priority of the highest, through a chain", "may not set SCHED_FIFO");
		return;
	}
	sc(204 /* sched_getaffinity */, 0, 8, &before);
	cpus = 1;
	sc(SYS_sched_setaffinity, 0, 8, &cpus);
	thread_start(&low, lowest, NULL);
	until(&first_held, 1);
	thread_start(&mid, link, NULL);
	until(&second_held, 1);
	sleep_ms(20);
	thread_start(&busy, hog, NULL);
	until(&spin_on, 1);
	lock(&words[5]);
	store(&spin_on, 2);
	unlock(&words[5]);
	priority = 0;
	sc(SYS_sched_setscheduler, 0, 0, &priority);
	sc(SYS_sched_setaffinity, 0, 8, &before);
	thread_join(&busy);
	thread_join(&mid);
	thread_join(&low);
	eq("the lowest is lent the priority of the highest, through a chain", spun, 1);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	static struct thread first;
	first.self = &first;
	first.tid = (u32)sc(SYS_gettid);
	sc(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, &first);
	sc(SYS_alarm, 60);
	by_one();
	by_many();
	among_processes();
	after_death();
	conditions();
	priorities();
	return tap_done();
}
