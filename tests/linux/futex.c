// SPDX-License-Identifier: BSD-2-Clause
// futex(2): wait, wake, timeouts, bitsets, requeue, and its many refusals.
#include "linux.h"

enum {
	WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, UNLOCK_PI = 7,
	WAIT_BITSET = 9, WAKE_BITSET = 10, PRIVATE = 128, CLOCK_REALTIME_FLAG = 256,
	BAD = 0x10000,
};

static u32 word;

static long futex(void *at, int op, u32 value, void *timeout, void *other, u32 third)
{
	return sc(SYS_futex, at, op, value, timeout, other, third);
}

static void refusals(void)
{
	struct timespec t = {0, 1000000}, bad = {0, 1000000000}, negative = {-1, 0};
	eq("wake with nobody waiting is 0", futex(&word, WAKE, 1, 0, 0, 0), 0);
	eq("private wake with nobody waiting is 0", futex(&word, WAKE | PRIVATE, 1, 0, 0, 0), 0);
	eq("wait for another value is EAGAIN", futex(&word, WAIT, 1, 0, 0, 0), -EAGAIN);
	eq("private wait for another value is EAGAIN", futex(&word, WAIT | PRIVATE, 1, &t, 0, 0), -EAGAIN);
	eq("wait on an odd address is EINVAL", futex((u8 *)&word + 1, WAIT, 0, &t, 0, 0), -EINVAL);
	eq("wake on an odd address is EINVAL", futex((u8 *)&word + 2, WAKE, 1, 0, 0, 0), -EINVAL);
	eq("wait on nothing is EFAULT", futex((void *)BAD, WAIT, 0, &t, 0, 0), -EFAULT);
	eq("private wait on nothing is EFAULT", futex((void *)BAD, WAIT | PRIVATE, 0, &t, 0, 0), -EFAULT);
	eq("shared wake on nothing is EFAULT", futex((void *)BAD, WAKE, 1, 0, 0, 0), -EFAULT);
	eq("private wake on nothing is 0", futex((void *)BAD, WAKE | PRIVATE, 1, 0, 0, 0), 0);
	eq("private wake in the kernel's half is EFAULT",
	   futex((void *)0xffffffff80000000UL, WAKE | PRIVATE, 1, 0, 0, 0), -EFAULT);
	eq("wait with a bad time is EINVAL", futex(&word, WAIT, 0, &bad, 0, 0), -EINVAL);
	eq("wait with a negative time is EINVAL", futex(&word, WAIT, 0, &negative, 0, 0), -EINVAL);
	eq("a bad time is found before another value", futex(&word, WAIT, 1, &bad, 0, 0), -EINVAL);
	eq("wait with a bad timeout address is EFAULT", futex(&word, WAIT, 0, (void *)16, 0, 0), -EFAULT);
	eq("wait with an empty bitset is EINVAL", futex(&word, WAIT_BITSET, 0, &t, 0, 0), -EINVAL);
	eq("wake with an empty bitset is EINVAL", futex(&word, WAKE_BITSET, 1, 0, 0, 0), -EINVAL);
	eq("an unknown operation is ENOSYS", futex(&word, 100, 0, 0, 0, 0), -ENOSYS);
	eq("wake with a realtime clock is ENOSYS", futex(&word, WAKE | CLOCK_REALTIME_FLAG, 0, 0, 0, 0), -ENOSYS);
	eq("compare and requeue with another value is EAGAIN", futex(&word, CMP_REQUEUE, 1, 0, &word + 1, 1), -EAGAIN);
	eq("requeue of a negative number is EINVAL", futex(&word, REQUEUE, ~0u, 0, &word, 0), -EINVAL);
	eq("unlock of what another holds is EPERM", futex(&word, UNLOCK_PI, 0, 0, 0, 0), -EPERM);
}

static void timeouts(void)
{
	struct timespec t = {0, 30000000};
	long before = now_ns(1);
	eq("wait times out with ETIMEDOUT", futex(&word, WAIT, 0, &t, 0, 0), -ETIMEDOUT);
	ok(now_ns(1) - before >= 30000000, "after the time given");
	for (int clock = 0; clock < 2; clock++) {
		long until = now_ns(clock) + 30000000;
		t = (struct timespec){until / 1000000000, until % 1000000000};
		eq(clock ? "FUTEX_WAIT_BITSET to a monotonic time" : "FUTEX_WAIT_BITSET to a real time",
		   futex(&word, WAIT_BITSET | PRIVATE | (clock ? 0 : CLOCK_REALTIME_FLAG), 0, &t, 0, ~0u), -ETIMEDOUT);
		ok(now_ns(clock) >= until, "ends at that time");
	}
	eq("a time that has passed is ETIMEDOUT at once", futex(&word, WAIT_BITSET, 0, &t, 0, ~0u), -ETIMEDOUT);
}

// A child that waits on shared[i] and exits with what it got, negated.
static long waiter(u32 *at, int op, u32 bits)
{
	long pid = sc(SYS_fork);
	if (pid == 0) {
		struct timespec t = {10, 0}, *timeout = &t;
		if (op == WAIT_BITSET)
			timeout = NULL;
		sc(SYS_exit_group, -futex(at, op, 0, timeout, 0, bits));
	}
	return pid;
}

// Wakes until somebody was there: the waiter may not sleep yet.
static long wake_one(u32 *at, int op, u32 bits)
{
	for (int i = 0; i < 400; i++) {
		long n = futex(at, op, 1, 0, 0, bits);
		if (n)
			return n;
		sleep_ms(5);
	}
	return 0;
}

static void waiters(void)
{
	u32 *shared = map_shared(4096);
	long a = waiter(shared, WAIT, 0);
	eq("a shared wake finds a process that waits", wake_one(shared, WAKE, 0), 1);
	eq("whose wait succeeds", reap(a), 0);

	a = waiter(shared + 1, WAIT_BITSET, 2);
	sleep_ms(60);
	eq("a bitset without common bits wakes nobody", futex(shared + 1, WAKE_BITSET, 9, 0, 0, 5), 0);
	eq("one with a common bit does", wake_one(shared + 1, WAKE_BITSET, 6), 1);
	eq("and that wait succeeds", reap(a), 0);

	a = waiter(shared + 2, WAIT, 0);
	long b = waiter(shared + 2, WAIT, 0), c = waiter(shared + 2, WAIT, 0);
	sleep_ms(100);
	eq("compare and requeue wakes one and moves two", futex(shared + 2, CMP_REQUEUE, 1, (void *)2, shared + 3, 0), 3);
	eq("nobody is left at the old place", futex(shared + 2, WAKE, 9, 0, 0, 0), 0);
	eq("two are at the new one", futex(shared + 3, WAKE, 9, 0, 0, 0), 2);
	ok(reap(a) == 0 && reap(b) == 0 && reap(c) == 0, "all three waits succeed");

	// FUTEX_OP_SET 7, compare equal with 0: stores and wakes both.
	a = waiter(shared + 4, WAIT, 0);
	b = waiter(shared + 5, WAIT, 0);
	sleep_ms(100);
	eq("FUTEX_WAKE_OP wakes at both words", futex(shared + 4, WAKE_OP, 1, (void *)1, shared + 5, 7 << 12), 2);
	eq("and stores in the second", shared[5], 7);
	ok(reap(a) == 0 && reap(b) == 0, "both waits succeed");

	a = waiter(shared + 6, WAIT, 0);
	sleep_ms(60);
	sc(62 /* kill */, a, 9);
	eq("a waiter can be killed", death(reap(a)), 9);
	eq("and is no longer there to wake", futex(shared + 6, WAKE, 9, 0, 0, 0), 0);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	refusals();
	timeouts();
	waiters();
	return tap_done();
}
