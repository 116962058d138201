// SPDX-License-Identifier: BSD-2-Clause
// Clocks and sleeps: clock_gettime(2), clock_getres(2), nanosleep(2),
// clock_nanosleep(2), gettimeofday(2), time(2), alarm(2), setitimer(2).
#include "signals.h"

enum { BAD = 16, TIMER_ABSTIME = 1, SECOND = 1000000000 };

static void clocks(void)
{
	static const struct {
		int id;
		const char *runs, *resolution;
	} list[] = {
		{0, "CLOCK_REALTIME", "resolution of CLOCK_REALTIME"},
		{1, "CLOCK_MONOTONIC", "resolution of CLOCK_MONOTONIC"},
		{2, "CLOCK_PROCESS_CPUTIME_ID", "resolution of CLOCK_PROCESS_CPUTIME_ID"},
		{3, "CLOCK_THREAD_CPUTIME_ID", "resolution of CLOCK_THREAD_CPUTIME_ID"},
		{4, "CLOCK_MONOTONIC_RAW", "resolution of CLOCK_MONOTONIC_RAW"},
		{5, "CLOCK_REALTIME_COARSE", "resolution of CLOCK_REALTIME_COARSE"},
		{6, "CLOCK_MONOTONIC_COARSE", "resolution of CLOCK_MONOTONIC_COARSE"},
		{7, "CLOCK_BOOTTIME", "resolution of CLOCK_BOOTTIME"},
	};
	for (u32 i = 0; i < COUNT(list); i++) {
		struct timespec t = {-1, -1}, r = {-1, -1};
		long e = sc(SYS_clock_gettime, list[i].id, &t);
		ok(e == 0 && t.sec >= 0 && t.nsec >= 0 && t.nsec < SECOND, list[i].runs);
		e = sc(SYS_clock_getres, list[i].id, &r);
		ok(e == 0 && r.sec == 0 && r.nsec > 0 && r.nsec <= SECOND / 10, list[i].resolution);
	}
	struct timespec t;
	eq("an unknown clock is EINVAL", sc(SYS_clock_gettime, 100, &t), -EINVAL);
	eq("a bad address is EFAULT", sc(SYS_clock_gettime, 1, BAD), -EFAULT);
	eq("clock_getres of an unknown clock is EINVAL", sc(SYS_clock_getres, 100, &t), -EINVAL);
	eq("clock_getres to NULL checks the clock", sc(SYS_clock_getres, 1, 0), 0);
	ok(now_ns(0) / SECOND > 1700000000, "CLOCK_REALTIME is after 2023");
	// The cputime clock of process 0 means the caller's: ~0 << 3 | 2.
	eq("the cputime clock of oneself by number", sc(SYS_clock_gettime, ~7 | 2, &t), 0);
	long cpu = now_ns(2);
	for (volatile int i = 0; i < 3000000; i++)
		;
	ok(now_ns(2) > cpu, "CLOCK_PROCESS_CPUTIME_ID advances with work");
	cpu = now_ns(2);
	sleep_ms(50);
	ok(now_ns(2) - cpu < 40000000, "and not with sleep");
}

static void sleeps(void)
{
	struct timespec t = {0, 30000000}, bad = {0, SECOND}, negative = {-1, 0};
	long before = now_ns(1);
	eq("nanosleep", sc(SYS_nanosleep, &t, 0), 0);
	ok(now_ns(1) - before >= 30000000, "sleeps as long as asked");
	eq("nanosleep of a full second in nanoseconds is EINVAL", sc(SYS_nanosleep, &bad, 0), -EINVAL);
	eq("nanosleep of a negative time is EINVAL", sc(SYS_nanosleep, &negative, 0), -EINVAL);
	eq("nanosleep from a bad address is EFAULT", sc(SYS_nanosleep, BAD, 0), -EFAULT);
	t = (struct timespec){0, 0};
	eq("nanosleep of nothing", sc(SYS_nanosleep, &t, 0), 0);
	for (int clock = 0; clock < 2; clock++) {
		long until = now_ns(clock) + 30000000;
		t = (struct timespec){until / SECOND, until % SECOND};
		eq(clock ? "TIMER_ABSTIME on CLOCK_MONOTONIC" : "TIMER_ABSTIME on CLOCK_REALTIME",
		   sc(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &t, 0), 0);
		ok(now_ns(clock) >= until, "ends at that time");
	}
	eq("a time that has passed ends at once", sc(SYS_clock_nanosleep, 1, TIMER_ABSTIME, &t, 0), 0);
	// The man page says EINVAL, for a list of clocks; a clock that exists and
	// cannot be slept on has been EOPNOTSUPP for long.
	eq("clock_nanosleep on a thread's cputime is EOPNOTSUPP", sc(SYS_clock_nanosleep, 3, 0, &t, 0), -EOPNOTSUPP);
	eq("clock_nanosleep on an unknown clock is EINVAL", sc(SYS_clock_nanosleep, 100, 0, &t, 0), -EINVAL);
	eq("clock_nanosleep of a bad time is EINVAL", sc(SYS_clock_nanosleep, 1, 0, &bad, 0), -EINVAL);
	eq("clock_nanosleep from a bad address is EFAULT", sc(SYS_clock_nanosleep, 1, 0, BAD, 0), -EFAULT);
}

static void days(void)
{
	struct timeval tv = {0, -1};
	long real = now_ns(0) / 1000;
	eq("gettimeofday", sc(SYS_gettimeofday, &tv, 0), 0);
	long us = tv.sec * 1000000 + tv.usec;
	ok(us >= real && us <= now_ns(0) / 1000, "agrees with CLOCK_REALTIME");
	eq("gettimeofday to a bad address is EFAULT", sc(SYS_gettimeofday, BAD, 0), -EFAULT);
	eq("gettimeofday to nowhere", sc(SYS_gettimeofday, 0, 0), 0);
	long stored = 0, t = sc(SYS_time, &stored);
	ok(t == stored && (t == tv.sec || t == tv.sec + 1), "time returns and stores seconds");
	eq("time to a bad address is EFAULT", sc(SYS_time, BAD), -EFAULT);
}

static volatile int rang;
static void ring(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	rang++;
}

static void alarms(void)
{
	struct timeval value[2] = {{0, 0}, {0, 20000}}, old[2];
	catch (SIGALRM, ring);
	eq("alarm", sc(SYS_alarm, 100), 0);
	ok(sc(SYS_alarm, 0) >= 99, "a second alarm tells what was left");
	eq("setitimer", sc(SYS_setitimer, 0, value, old), 0);
	sc(SYS_pause);
	eq("rings", rang, 1);
	value[1].usec = 1000000;
	eq("setitimer of a bad time is EINVAL", sc(SYS_setitimer, 0, value, old), -EINVAL);
	eq("setitimer of an unknown timer is EINVAL", sc(SYS_setitimer, 3, old, 0), -EINVAL);
	eq("setitimer from a bad address is EFAULT", sc(SYS_setitimer, 0, BAD, 0), -EFAULT);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	clocks();
	sleeps();
	days();
	alarms();
	return tap_done();
}
