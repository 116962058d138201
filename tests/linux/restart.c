// SPDX-License-Identifier: BSD-2-Clause
// Calls that sleep, and what comes between: a handler, one with SA_RESTART, an ignored signal, a stop
// and SIGCONT (signal(7), "Interruption of system calls and library functions by signal handlers",
// "... by stop signals"). Each call sleeps in a child, whose answer comes through memory.
#include "signals.h"

enum {
	SYS_msgget = 68, SYS_msgrcv = 70, SYS_msgctl = 71, SYS_semget = 64, SYS_semctl = 66,
	SYS_semtimedop = 220, SYS_accept = 43, SYS_listen = 50, SYS_connect = 42, SYS_setsockopt = 54,
	SYS_epoll_create1 = 291, SYS_epoll_ctl = 233, SYS_epoll_wait = 232, SYS_epoll_pwait2 = 441,
	SYS_pselect6 = 270, SYS_futex_waitv = 449, SYS_eventfd2 = 290, SYS_timerfd_create = 283,
	SYS_timerfd_settime = 286, SYS_signalfd4 = 289, SYS_inotify_init1 = 294,
	F_SETLKW = 7, LOCK_EX = 2,
};

// The places of four children, one for each thing that comes between.
static struct place {
	u32 ready, word;
	long answer, took_ms;
} *shared, *places;
static int fds[2], pair[2], lock_file, event, timer, signals, watch, listener;
static long queue, semaphores;

static long read_pipe(void) { char c; return sc(SYS_read, fds[0], &c, 1); }
static long read_event(void) { u64 v; return sc(SYS_read, event, &v, 8); }
static long read_timer(void) { u64 v; return sc(SYS_read, timer, &v, 8); }
static long read_signal(void) { u8 v[128]; return sc(SYS_read, signals, v, 128); }
static long read_watch(void) { u8 v[512]; return sc(SYS_read, watch, v, 512); }
static long receive(void) { char c; return sc(SYS_recvfrom, pair[0], &c, 1, 0, 0, 0); }
static long accepts(void) { return sc(SYS_accept, listener, 0, 0); }
static long opens_fifo(void) { return sc(SYS_open, "restart.fifo", O_RDONLY, 0); }
static long waits_child(void) { return sc(SYS_wait4, -1, 0, 0, 0); }
static long waits_id(void) { return sc(SYS_waitid, 0, 0, 0, 4, 0); }
static long locks_record(void)
{
	struct {
		i16 type, whence;
		i64 start, len;
		i32 pid;
	} l = {1, 0, 0, 0, 0};
	return sc(SYS_fcntl, lock_file, F_SETLKW, &l);
}
static long locks_file(void)
{
	long fd = sc(SYS_open, "restart.lock2", O_RDWR, 0);
	return sc(SYS_flock, fd, LOCK_EX);
}
static long futex_for_ever(void) { return sc(SYS_futex, &shared->word, 0, 0, 0); }
static long futex_timed(void)
{
	struct timespec t = {0, 300000000};
	return sc(SYS_futex, &shared->word, 0, 0, &t);
}
static long futex_to_a_time(void)
{
	long at = now_ns(1) + 300000000;
	struct timespec t = {at / 1000000000, at % 1000000000};
	return sc(SYS_futex, &shared->word, 9, 0, &t, 0, ~0u);
}
static long futex_of_many(void)
{
	long at = now_ns(1) + 300000000;
	struct timespec t = {at / 1000000000, at % 1000000000};
	struct {
		u64 val, addr;
		u32 flags, reserved;
	} w = {0, (u64)&shared->word, 2, 0};
	return sc(SYS_futex_waitv, &w, 1, 0, &t, 1);
}
static long naps(void)
{
	struct timespec t = {0, 300000000};
	return sc(SYS_nanosleep, &t, 0);
}
static long naps_by_clock(void)
{
	struct timespec t = {0, 300000000};
	return sc(SYS_clock_nanosleep, 1, 0, &t, 0);
}
static long naps_to_a_time(void)
{
	long at = now_ns(0) + 300000000;
	struct timespec t = {at / 1000000000, at % 1000000000};
	return sc(SYS_clock_nanosleep, 0, 1, &t, 0);
}
static long polls(void)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	return sc(SYS_poll, &p, 1, 300);
}
static long polls_precisely(void)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	struct timespec t = {0, 300000000};
	return sc(SYS_ppoll, &p, 1, &t, 0, 8);
}
static long selects(void)
{
	struct timeval t = {0, 300000};
	u64 set[16] = {1UL << fds[0]};
	return sc(SYS_select, fds[0] + 1, set, 0, 0, &t);
}
static long selects_precisely(void)
{
	struct timespec t = {0, 300000000};
	u64 set[16] = {1UL << fds[0]};
	return sc(SYS_pselect6, fds[0] + 1, set, 0, 0, &t, 0);
}
static long waits_events(void)
{
	u8 e[12];
	u32 watched[3] = {POLLIN, 0, 0};
	long epoll = sc(SYS_epoll_create1, 0);
	sc(SYS_epoll_ctl, epoll, 1, fds[0], watched);
	return sc(SYS_epoll_wait, epoll, e, 1, 300);
}
static long waits_signal(void)
{
	struct timespec t = {0, 300000000};
	u64 set = bit(SIGUSR2);
	return sc(SYS_rt_sigtimedwait, &set, 0, &t, 8);
}
static long takes_message(void)
{
	struct {
		long type;
		char text[8];
	} m;
	return sc(SYS_msgrcv, queue, &m, 8, 0, 0);
}
static long takes_semaphore(void)
{
	struct {
		u16 number;
		i16 op, flags;
	} op = {0, -1, 0};
	struct timespec t = {0, 300000000};
	return sc(SYS_semtimedop, semaphores, &op, 1, &t);
}
static long receives_timed(void)
{
	struct timeval t = {0, 300000};
	char c;
	sc(SYS_setsockopt, pair[0], 1, 20 /* SO_RCVTIMEO */, &t, sizeof(t));
	return sc(SYS_recvfrom, pair[0], &c, 1, 0, 0, 0);
}
static long pauses(void) { return sc(SYS_pause); }
static long suspends(void)
{
	u64 none = 0;
	return sc(SYS_rt_sigsuspend, &none, 8);
}

// What comes of it. R: waits on. I: EINTR. T: ends at its own time, as if nothing had been.
static const struct {
	const char *name;
	long (*body)(void);
	// After a handler, one with SA_RESTART, an ignored signal, a stop and SIGCONT.
	char expected[5];
	// What it answers at its own time.
	long at_end;
} calls[] = {
	{"read of a pipe", read_pipe, "IRRR", 0},
	{"read of an eventfd", read_event, "IRRR", 0},
	{"read of a timerfd", read_timer, "IRRR", 0},
	{"read of a signalfd", read_signal, "IRRR", 0},
	{"read of an inotify descriptor", read_watch, "IRR-", 0},
	{"recvfrom", receive, "IRRR", 0},
	{"accept", accepts, "IRRR", 0},
	{"open of a FIFO", opens_fifo, "IRRR", 0},
	{"wait4", waits_child, "IRRR", 0},
	{"waitid", waits_id, "IRRR", 0},
	{"fcntl(F_SETLKW)", locks_record, "IRRR", 0},
	{"flock", locks_file, "IRRR", 0},
	{"futex without a timeout", futex_for_ever, "IRRR", 0},
	{"futex with a timeout", futex_timed, "IITT", -ETIMEDOUT},
	{"futex to a time", futex_to_a_time, "IITT", -ETIMEDOUT},
	{"futex_waitv", futex_of_many, "ITTT", -ETIMEDOUT},
	{"nanosleep", naps, "IITT", 0},
	{"clock_nanosleep", naps_by_clock, "IITT", 0},
	{"clock_nanosleep to a time", naps_to_a_time, "IITT", 0},
	{"poll", polls, "IITT", 0},
	{"ppoll", polls_precisely, "IITT", 0},
	{"select", selects, "IITT", 0},
	{"pselect6", selects_precisely, "IITT", 0},
	{"epoll_wait", waits_events, "IIT-", 0},
	{"rt_sigtimedwait", waits_signal, "IIT-", -EAGAIN},
	{"msgrcv", takes_message, "IIR-", 0},
	{"semtimedop", takes_semaphore, "IIT-", -EAGAIN},
	{"recvfrom with SO_RCVTIMEO", receives_timed, "IIT-", -EAGAIN},
	{"pause", pauses, "IIRR", 0},
	{"rt_sigsuspend", suspends, "IIRR", 0},
};

static void handled(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
}

static long start(unsigned i, int kind)
{
	shared = &places[kind];
	shared->ready = 0;
	shared->answer = 1234567;
	long pid = sc(SYS_fork);
	if (pid)
		return pid;
	long grandchild = 0;
	sc(SYS_alarm, 20);
	if (calls[i].body == waits_child || calls[i].body == waits_id) {
		grandchild = sc(SYS_fork);
		if (grandchild == 0) {
			sc(SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL);
			sleep_ms(3000);
			sc(SYS_exit_group, 0);
		}
	}
	if (kind < 2)
		on(SIGUSR1, (void *)handled, SA_SIGINFO | (kind ? SA_RESTART : 0), 0);
	else
		on(SIGUSR1, SIG_IGN, 0, 0);
	long before = now_ns(1);
	shared->ready = 1;
	long got = calls[i].body();
	shared->took_ms = (now_ns(1) - before) / 1000000;
	shared->answer = got;
	if (grandchild)
		sc(SYS_kill, grandchild, SIGKILL);
	sc(SYS_exit_group, 0);
	return 0;
}

// What came of it: a letter, or ? for another answer.
static char outcome(unsigned i, int kind)
{
	long got = places[kind].answer;
	if (got == 1234567)
		return 'R';
	if (got == -EINTR)
		return 'I';
	return got == calls[i].at_end && places[kind].took_ms >= 299 ? 'T' : '?';
}

static void all_four(unsigned i)
{
	long pids[4];
	for (int kind = 0; kind < 4; kind++)
		pids[kind] = start(i, kind);
	for (int kind = 0; kind < 4; kind++)
		while (!*(volatile u32 *)&places[kind].ready)
			sleep_ms(1);
	sleep_ms(60);
	for (int kind = 0; kind < 3; kind++)
		sc(SYS_kill, pids[kind], SIGUSR1);
	sc(SYS_kill, pids[3], SIGSTOP);
	sleep_ms(40);
	sc(SYS_kill, pids[3], SIGCONT);
	// Who may come to an end has the time for it.
	sleep_ms(60);
	for (int kind = 0; kind < 4; kind++) {
		char want = calls[i].expected[kind];
		volatile long *answer = &places[kind].answer;
		for (int ms = 0; want != 'R' && want != '-' && ms < 5000 && *answer == 1234567; ms += 5)
			sleep_ms(5);
	}
	for (int kind = 0; kind < 4; kind++) {
		sc(SYS_kill, pids[kind], SIGKILL);
		reap(pids[kind]);
	}
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	static const char *between[] = {"a handler", "a handler with SA_RESTART", "an ignored signal", "a stop"};
	sc(SYS_alarm, 110);
	places = map_shared(4096);
	sc(SYS_pipe2, fds, 0);
	sc(SYS_socketpair, 1, 1, 0, pair);
	lock_file = (int)sc(SYS_open, "restart.lock", O_RDWR | O_CREAT, 0600);
	struct {
		i16 type, whence;
		i64 start, len;
		i32 pid;
	} l = {1, 0, 0, 0, 0};
	sc(SYS_fcntl, lock_file, 6 /* F_SETLK */, &l);
	sc(SYS_flock, sc(SYS_open, "restart.lock2", O_RDWR | O_CREAT, 0600), LOCK_EX);
	sc(133 /* mknod */, "restart.fifo", 0010600, 0);
	event = (int)sc(SYS_eventfd2, 0, 0);
	timer = (int)sc(SYS_timerfd_create, 1, 0);
	struct timespec far[2] = {{0, 0}, {1000, 0}};
	sc(SYS_timerfd_settime, timer, 0, far, 0);
	u64 usr2 = bit(SIGUSR2);
	set_mask(usr2);
	signals = (int)sc(SYS_signalfd4, -1, &usr2, 8, 0);
	watch = (int)sc(SYS_inotify_init1, 0);
	listener = (int)sc(SYS_socket, 2, 1, 0);
	sc(SYS_listen, listener, 1);
	queue = sc(SYS_msgget, 0, 0600);
	semaphores = sc(SYS_semget, 0, 1, 0600);
	for (unsigned i = 0; i < COUNT(calls); i++) {
		int here = !(calls[i].body == takes_message && queue < 0) &&
			   !(calls[i].body == takes_semaphore && semaphores < 0);
		// Once more where a machine that is busy was late.
		for (int tries = 0, right = !here; tries < 3 && !right; tries++) {
			all_four(i);
			right = 1;
			for (int kind = 0; kind < 4; kind++)
				right &= calls[i].expected[kind] == '-' || calls[i].expected[kind] == outcome(i, kind);
		}
		for (int kind = 0; kind < 4; kind++) {
			char want = calls[i].expected[kind], got = outcome(i, kind);
			struct line name = {.len = 0};
			line_str(&name, calls[i].name);
			line_str(&name, want == 'R' ? " waits on after " : want == 'I' ? " ends at " : " keeps its time with ");
			line_str(&name, between[kind]);
			name.text[name.len] = 0;
			if (want == '-')
				continue;
			if (!here) {
				skip(name.text, "no System V IPC");
				continue;
			}
			if (got != want) {
				note(got == 'R' ? "waits on" : "answer", places[kind].answer);
				note("ms", places[kind].took_ms);
			}
			ok(got == want, name.text);
		}
	}
	sc(SYS_msgctl, queue, 0, 0);
	sc(SYS_semctl, semaphores, 0, 0, 0);
	return tap_done();
}
