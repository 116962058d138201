// SPDX-License-Identifier: BSD-2-Clause
// Which calls go on after a handler and which end with EINTR (signal(7)).
#include "signals.h"

static int handled;
static void note_it(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	handled++;
}

static int pipe_fds[2];

// A child sends SIGUSR1 after 50 ms and, if `then`, a byte 50 ms later.
static long disturb(int then)
{
	long parent = sc(SYS_getpid), pid = sc(SYS_fork);
	if (pid)
		return pid;
	sleep_ms(50);
	sc(SYS_kill, parent, SIGUSR1);
	sleep_ms(50);
	if (then)
		sc(SYS_write, pipe_fds[1], "x", 1);
	sc(SYS_exit_group, 0);
	return 0;
}

static void reads(void)
{
	char c;
	on(SIGUSR1, (void *)note_it, SA_SIGINFO, 0);
	long pid = disturb(0);
	eq("read without SA_RESTART ends with EINTR", sc(SYS_read, pipe_fds[0], &c, 1), -EINTR);
	reap(pid);
	on(SIGUSR1, (void *)note_it, SA_SIGINFO | SA_RESTART, 0);
	handled = 0;
	pid = disturb(1);
	eq("read with SA_RESTART waits on", sc(SYS_read, pipe_fds[0], &c, 1), 1);
	eq("its handler ran", handled, 1);
	reap(pid);
}

static void waits(void)
{
	int status = 0;
	on(SIGUSR1, (void *)note_it, SA_SIGINFO, 0);
	long pid = disturb(0);
	eq("wait4 without SA_RESTART ends with EINTR", sc(SYS_wait4, pid, &status, 0, 0), -EINTR);
	reap(pid);
	on(SIGUSR1, (void *)note_it, SA_SIGINFO | SA_RESTART, 0);
	pid = disturb(0);
	eq("wait4 with SA_RESTART waits on", sc(SYS_wait4, pid, &status, 0, 0), pid);
}

// These end with EINTR whatever SA_RESTART says.
static void never(void)
{
	struct pollfd p = {pipe_fds[0], POLLIN, 0};
	struct timespec t = {5, 0}, left = {9, 9};
	long pid = disturb(0);
	eq("poll always ends with EINTR", sc(SYS_poll, &p, 1, 5000), -EINTR);
	reap(pid);
	pid = disturb(0);
	eq("nanosleep always ends with EINTR", sc(SYS_nanosleep, &t, &left), -EINTR);
	ok(left.sec == 4 && left.nsec >= 0 && left.nsec < 1000000000, "nanosleep tells the time left");
	reap(pid);
	pid = disturb(0);
	eq("clock_nanosleep always ends with EINTR", sc(SYS_clock_nanosleep, 1, 0, &t, &left), -EINTR);
	reap(pid);
	t.sec = now_ns(1) / 1000000000 + 5;
	left = (struct timespec){9, 9};
	pid = disturb(0);
	eq("clock_nanosleep to a time ends with EINTR", sc(SYS_clock_nanosleep, 1, 1, &t, &left), -EINTR);
	ok(left.sec == 9, "and tells no time left");
	reap(pid);
	pid = disturb(0);
	eq("pause always ends with EINTR", sc(SYS_pause), -EINTR);
	reap(pid);
	pid = disturb(0);
	u64 set = bit(SIGUSR2);
	t = (struct timespec){5, 0};
	eq("rt_sigtimedwait for another signal ends with EINTR", sc(SYS_rt_sigtimedwait, &set, 0, &t, 8), -EINTR);
	reap(pid);
	pid = disturb(0);
	int word = 0;
	// With a timeout; one without restarts under SA_RESTART.
	on(SIGUSR1, (void *)note_it, SA_SIGINFO, 0);
	eq("futex wait without SA_RESTART ends with EINTR", sc(SYS_futex, &word, 128, 0, &t), -EINTR);
	reap(pid);
}

// A signal without handler must not be noticed by the call at all.
static void unnoticed(void)
{
	char c;
	on(SIGUSR1, SIG_IGN, 0, 0);
	long pid = disturb(1);
	eq("an ignored signal does not end read", sc(SYS_read, pipe_fds[0], &c, 1), 1);
	reap(pid);
	struct timespec t = {0, 150000000};
	long before = now_ns(1);
	pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_exit_group, sc(SYS_nanosleep, &t, 0) != 0);
	}
	sleep_ms(30);
	sc(SYS_kill, pid, SIGSTOP);
	sleep_ms(30);
	sc(SYS_kill, pid, SIGCONT);
	eq("stop and continue do not end nanosleep", exit_code(reap(pid)), 0);
	ok(now_ns(1) - before >= 150000000, "nor shorten it");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	set_mask(0);
	sc(SYS_pipe, pipe_fds);
	reads();
	waits();
	never();
	unnoticed();
	return tap_done();
}
