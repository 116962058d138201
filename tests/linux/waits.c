// SPDX-License-Identifier: BSD-2-Clause
// futex_waitv(2), requeueing to priority-inheritance locks, SS_AUTODISARM, adjtimex(2), what prctl(2)
// and personality(2) keep.
#include "signals.h"

enum {
	SYS_prctl_ = 157, SYS_adjtimex = 159, SYS_clock_adjtime = 305, SYS_futex_waitv = 449,
	SYS_personality = 135, SYS_times = 100,
	WAKE = 1, REQUEUE = 3, LOCK_PI = 6, UNLOCK_PI = 7, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12,
	PRIVATE = 128, U32 = 2,
};
#define WAITERS 0x80000000u
#define SS_AUTODISARM 0x80000000u

struct waitv {
	u64 val, addr;
	u32 flags, reserved;
};

static u32 *words;
static char *self;

static long waitv(struct waitv *w, long n, u32 flags, struct timespec *until, int clock)
{
	return sc(SYS_futex_waitv, w, n, flags, until, clock);
}

static long futex(void *at, int op, u32 value, void *timeout, void *other, u32 third)
{
	return sc(SYS_futex, at, op, value, timeout, other, third);
}

static struct timespec in_ms(int clock, long ms)
{
	long t = now_ns(clock) + ms * 1000000;
	return (struct timespec){t / 1000000000, t % 1000000000};
}

static void nothing(int sig UNUSED)
{
}

static void many(void)
{
	struct waitv w[129];
	for (int i = 0; i < 129; i++)
		w[i] = (struct waitv){0, (u64)&words[i % 64], U32, 0};
	struct timespec until = in_ms(1, 30), bad = {0, 1000000000};
	eq("futex_waitv of nothing is EINVAL", waitv(w, 0, 0, 0, 0), -EINVAL);
	eq("of 129 words is EINVAL", waitv(w, 129, 0, 0, 0), -EINVAL);
	eq("with a flag is EINVAL", waitv(w, 1, 1, 0, 0), -EINVAL);
	eq("without words is EINVAL", waitv(NULL, 1, 0, 0, 0), -EINVAL);
	eq("with a bad array is EFAULT", waitv((void *)16, 1, 0, 0, 0), -EFAULT);
	eq("with an unknown clock is EINVAL", waitv(w, 1, 0, &until, 7), -EINVAL);
	eq("with a bad time is EINVAL", waitv(w, 1, 0, &bad, 1), -EINVAL);
	w[1].flags = 0;
	eq("of another size is EINVAL", waitv(w, 2, 0, &until, 1), -EINVAL);
	w[1].flags = U32;
	w[1].reserved = 1;
	eq("with something reserved is EINVAL", waitv(w, 2, 0, &until, 1), -EINVAL);
	w[1].reserved = 0;
	w[1].addr++;
	eq("of an odd address is EINVAL", waitv(w, 2, 0, &until, 1), -EINVAL);
	w[1].addr--;
	w[1].val = 1;
	eq("for another value is EAGAIN", waitv(w, 2, 0, &until, 1), -EAGAIN);
	w[1].val = 0;
	eq("and ETIMEDOUT in time", waitv(w, 128, 0, &until, 1), -ETIMEDOUT);
	ok(now_ns(1) >= until.sec * 1000000000 + until.nsec, "not before");
	until = in_ms(0, 20);
	eq("by the real-time clock as well", waitv(w, 3, 0, &until, 0), -ETIMEDOUT);

	long pid = sc(SYS_fork);
	if (pid == 0) {
		for (int i = 0; i < 400 && futex(&words[2], WAKE, 1, 0, 0, 0) != 1; i++)
			sleep_ms(5);
		sc(SYS_exit_group, 0);
	}
	until = in_ms(1, 5000);
	eq("who is woken learns by which word", waitv(w, 4, 0, &until, 1), 2);
	reap(pid);

	// Moved to another word, it is woken there.
	pid = sc(SYS_fork);
	if (pid == 0) {
		for (int i = 0; i < 400 && futex(&words[1], REQUEUE, 0, (void *)1, &words[60], 0) != 1; i++)
			sleep_ms(5);
		sc(SYS_exit_group, futex(&words[60], WAKE, 1, 0, 0, 0) == 1 ? 0 : 1);
	}
	until = in_ms(1, 5000);
	eq("requeued it is woken at the other word", waitv(w, 4, 0, &until, 1), 1);
	eq("by who wakes that", reap(pid), 0);

	pid = sc(SYS_fork);
	if (pid == 0) {
		until = in_ms(1, 10000);
		on(SIGUSR1, (void *)nothing, 0, 0);
		sc(SYS_exit_group, -waitv(w, 4, 0, &until, 1));
	}
	sleep_ms(50);
	sc(SYS_kill, pid, SIGUSR1);
	eq("a handler ends it with EINTR", exit_code(reap(pid)), EINTR);
}

// A condition and a lock, as the C library's priority-inheritance condition variables had them.
static void requeue_pi(void)
{
	u32 *cond = &words[100], *lock = &words[101];
	u32 me = (u32)sc(SYS_gettid);
	struct timespec until = in_ms(1, 30);
	eq("waiting for another value is EAGAIN", futex(cond, WAIT_REQUEUE_PI, 1, &until, lock, 0), -EAGAIN);
	eq("waiting to be requeued times out", futex(cond, WAIT_REQUEUE_PI, 0, &until, lock, 0), -ETIMEDOUT);
	eq("without the lock", *lock, 0);
	eq("requeueing one word to itself is EINVAL", futex(cond, CMP_REQUEUE_PI, 1, (void *)1, cond, 0), -EINVAL);
	eq("waking two is EINVAL", futex(cond, CMP_REQUEUE_PI, 2, (void *)1, lock, 0), -EINVAL);
	eq("another value is EAGAIN", futex(cond, CMP_REQUEUE_PI, 1, (void *)1, lock, 5), -EAGAIN);
	eq("nobody is 0", futex(cond, CMP_REQUEUE_PI, 1, (void *)1, lock, 0), 0);

	long pids[3];
	for (int i = 0; i < 3; i++) {
		pids[i] = sc(SYS_fork);
		if (pids[i] == 0) {
			u32 tid = (u32)sc(SYS_gettid);
			until = in_ms(1, 5000);
			long got = futex(cond, WAIT_REQUEUE_PI, 0, &until, lock, 0);
			int mine = (*lock & 0x3fffffff) == tid;
			words[102]++;
			if (got == 0 && mine)
				futex(lock, UNLOCK_PI, 0, 0, 0, 0);
			sc(SYS_exit_group, got == 0 && mine ? 0 : got == 0 ? 99 : -got);
		}
	}
	sleep_ms(200);
	eq("the lock is taken", futex(lock, LOCK_PI, 0, 0, 0, 0), 0);
	eq("CMP_REQUEUE_PI moves all waiters", futex(cond, CMP_REQUEUE_PI, 1, (void *)100, lock, 0), 3);
	sleep_ms(100);
	eq("who wait for the lock now", words[102], 0);
	ok(*lock == (me | WAITERS), "which says so");
	eq("given up", futex(lock, UNLOCK_PI, 0, 0, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		eq("it is had by each in turn", reap(pids[i]), 0);
	eq("three times", words[102], 3);
}

// ---- alternate stacks ------------------------------------------------------

static u8 alt[65536] __attribute__((aligned(16)));
static struct sigstack inside;
static u32 frame_flags;
static void *frame_sp;
static int on_alt;
static long second;

static void look(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc)
{
	u8 here;
	on_alt = &here >= alt && &here < alt + sizeof(alt);
	sc(SYS_sigaltstack, 0, &inside);
	frame_flags = (u32)uc->stack.flags;
	frame_sp = uc->stack.sp;
	struct sigstack other = {alt, 0, 0, sizeof(alt) - 4096};
	second = sc(SYS_sigaltstack, &other, 0);
}

static void move_stack(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc)
{
	uc->stack.sp = alt + 4096;
	uc->stack.size = 16384;
}

static void stacks(void)
{
	struct sigstack s = {alt, (i32)SS_AUTODISARM, 0, sizeof(alt)}, got;
	eq("SS_AUTODISARM can be set", sc(SYS_sigaltstack, &s, 0), 0);
	sc(SYS_sigaltstack, 0, &got);
	eq("and reads back", (u32)got.flags, SS_AUTODISARM);
	on(SIGUSR1, (void *)look, SA_SIGINFO | SA_ONSTACK, 0);
	raise(SIGUSR1);
	ok(on_alt, "the handler runs on the stack");
	eq("which is forgotten meanwhile", inside.flags, SS_DISABLE);
	eq("so that it can be set", second, 0);
	ok(frame_sp == alt && frame_flags == SS_AUTODISARM, "the frame has it");
	sc(SYS_sigaltstack, 0, &got);
	ok(got.sp == alt && (u32)got.flags == SS_AUTODISARM && got.size == sizeof(alt), "and brings it back");
	s.flags = 0;
	eq("without the flag", sc(SYS_sigaltstack, &s, 0), 0);
	raise(SIGUSR1);
	eq("the handler knows it is on the stack", inside.flags, SS_ONSTACK);
	eq("and cannot change it", second, -EPERM);
	on(SIGUSR2, (void *)move_stack, SA_SIGINFO, 0);
	raise(SIGUSR2);
	sc(SYS_sigaltstack, 0, &got);
	ok(got.sp == alt + 4096 && got.size == 16384, "a handler may change it in the frame");
	s.flags = SS_DISABLE;
	sc(SYS_sigaltstack, &s, 0);
}

// ---- the clock -------------------------------------------------------------

struct timex {
	u32 modes, pad0;
	i64 offset, freq, maxerror, esterror;
	i32 status, pad1;
	i64 constant, precision, tolerance;
	struct timeval time;
	i64 tick, ppsfreq, jitter;
	i32 shift, pad2;
	i64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	i32 tai, reserved[11];
};

static int unprivileged(void)
{
	struct timex t = {.modes = 2};
	sc(SYS_setresuid, 65534, 65534, 65534);
	return (int)-sc(SYS_adjtimex, &t);
}

static void clocks(void)
{
	struct timex t;
	memset(&t, 0, sizeof(t));
	long state = sc(SYS_adjtimex, &t);
	ok(state >= 0 && state <= 5, "adjtimex tells the state");
	long diff = t.time.sec - now_ns(0) / 1000000000;
	ok(diff >= -2 && diff <= 2, "and the time");
	ok(t.tick >= 9000 && t.tick <= 11000, "and the tick");
	memset(&t, 0, sizeof(t));
	ok(sc(SYS_clock_adjtime, 0, &t) == state, "clock_adjtime too");
	eq("of a clock that cannot be steered is EOPNOTSUPP", sc(SYS_clock_adjtime, 1, &t), -EOPNOTSUPP);
	eq("of no clock is EINVAL", sc(SYS_clock_adjtime, 99, &t), -EINVAL);
	eq("at a bad address is EFAULT", sc(SYS_adjtimex, 16), -EFAULT);
	eq("changing it is root's", exit_code(in_child(unprivileged)), EPERM);
	struct {
		long user, system, children, children_system;
	} tms;
	ok(sc(SYS_times, &tms) != -1 && tms.user >= 0, "times tells ticks");
}

// ---- prctl and personality -------------------------------------------------

static long prctl(int option, u64 a, u64 b, u64 c, u64 d)
{
	return sc(SYS_prctl, option, a, b, c, d);
}

static void options(void)
{
	int value = -1;
	eq("PR_SET_PDEATHSIG", prctl(1, SIGUSR1, 0, 0, 0), 0);
	eq("PR_GET_PDEATHSIG", prctl(2, (u64)&value, 0, 0, 0), 0);
	eq("tells it", value, SIGUSR1);
	prctl(1, 0, 0, 0, 0);
	eq("PR_GET_DUMPABLE", prctl(3, 0, 0, 0, 0), 1);
	eq("PR_SET_DUMPABLE of 2 is EINVAL", prctl(4, 2, 0, 0, 0), -EINVAL);
	eq("PR_SET_DUMPABLE", prctl(4, 0, 0, 0, 0), 0);
	eq("is kept", prctl(3, 0, 0, 0, 0), 0);
	prctl(4, 1, 0, 0, 0);
	eq("PR_GET_KEEPCAPS", prctl(7, 0, 0, 0, 0), 0);
	eq("PR_SET_TIMERSLACK", prctl(29, 12345, 0, 0, 0), 0);
	eq("PR_GET_TIMERSLACK", prctl(30, 0, 0, 0, 0), 12345);
	eq("PR_SET_CHILD_SUBREAPER", prctl(36, 1, 0, 0, 0), 0);
	value = 0;
	prctl(37, (u64)&value, 0, 0, 0);
	eq("PR_GET_CHILD_SUBREAPER", value, 1);
	prctl(36, 0, 0, 0, 0);
	eq("PR_GET_NO_NEW_PRIVS", prctl(39, 0, 0, 0, 0), 0);
	eq("PR_SET_NO_NEW_PRIVS of 0 is EINVAL", prctl(38, 0, 0, 0, 0), -EINVAL);
	eq("PR_SET_SECCOMP of an unknown mode is EINVAL", prctl(22, 99, 0, 0, 0), -EINVAL);
	eq("PR_GET_THP_DISABLE", prctl(42, 0, 0, 0, 0), 0);
	eq("PR_CAPBSET_READ of an unknown capability is EINVAL", prctl(23, 1000, 0, 0, 0), -EINVAL);
	eq("PR_MCE_KILL_GET", prctl(34, 0, 0, 0, 0), 2);
	eq("PR_MCE_KILL_GET with more is EINVAL", prctl(34, 1, 0, 0, 0), -EINVAL);
	eq("PR_GET_SPECULATION_CTRL of nothing is ENODEV", prctl(52, 99, 0, 0, 0), -19);
	eq("PR_SVE_GET_VL is EINVAL here", prctl(51, 0, 0, 0, 0), -EINVAL);
	eq("PR_SET_VMA of an unknown kind is EINVAL", prctl(0x53564d41, 99, 0, 0, 0), -EINVAL);

	eq("personality tells", sc(SYS_personality, 0xffffffff), 0);
	eq("and sets ADDR_NO_RANDOMIZE", sc(SYS_personality, 0x0040000), 0);
	char *argv[] = {"x", "persona", NULL}, *envp[] = {NULL};
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, sc(SYS_execve, self, argv, envp));
	eq("which exec keeps", reap(pid), 0);
	sc(SYS_personality, 0);
}

int main(int argc, char **argv, char **envp)
{
	if (argc == 2 && streq(argv[1], "persona"))
		return sc(SYS_personality, 0xffffffff) == 0x0040000 ? 0 : 1;
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_EXECFN)
			self = (char *)a[1];
	words = map_shared(4096);
	many();
	requeue_pi();
	stacks();
	clocks();
	options();
	return tap_done();
}
