// SPDX-License-Identifier: BSD-2-Clause
// signalfd(2), pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), clone(2) with CLONE_PIDFD and
// waitid(2) with P_PIDFD.
#include "signals.h"

enum {
	SYS_signalfd = 282, SYS_signalfd4 = 289, SYS_pidfd_send_signal = 424, SYS_pidfd_open = 434,
	SYS_clone3 = 435, SYS_pidfd_getfd = 438, SYS_epoll_create1 = 291, SYS_epoll_ctl = 233,
	SYS_epoll_wait = 232,
	CLONE_PIDFD = 0x1000, CLONE_THREAD = 0x10000, CLONE_SIGHAND = 0x800, CLONE_DETACHED = 0x400000,
	P_PID = 1, P_PIDFD = 3, WEXITED = 4, WNOWAIT = 0x1000000,
	EPOLLIN = 1, EPOLL_CTL_ADD = 1,
};

struct signalfd_siginfo {
	u32 signo;
	i32 error, code;
	u32 pid, uid;
	i32 fd;
	u32 tid, band, overrun, trapno;
	i32 status, integer;
	u64 ptr, utime, stime, addr;
	u16 addr_lsb, pad2;
	i32 syscall;
	u64 call_addr;
	u32 arch;
	u8 pad[28];
};
_Static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd_siginfo");

struct epoll_event {
	u32 events;
	u64 data;
} __attribute__((packed));

static long poll_in(long fd, long ms)
{
	struct pollfd p = {(i32)fd, POLLIN, 0};
	long n = sc(SYS_poll, &p, 1, ms);
	return n == 1 ? p.revents : n;
}

static void nothing(int sig UNUSED)
{
}

// ---- signalfd --------------------------------------------------------------

static long self_fd;

static int reads_own_signals(void)
{
	struct signalfd_siginfo si;
	// The parent's pending signal is not the child's.
	if (poll_in(self_fd, 0) != 0)
		return 1;
	raise(SIGUSR1);
	if (poll_in(self_fd, 0) != POLLIN)
		return 2;
	return sc(SYS_read, self_fd, &si, 128) == 128 && si.pid == (u32)sc(SYS_getpid) ? 0 : 3;
}

static void signal_files(void)
{
	struct signalfd_siginfo si[4];
	u64 set = bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGCHLD) | bit(SIGRTMIN);
	long me = sc(SYS_getpid);
	set_mask(set);
	long fd = sc(SYS_signalfd4, -1, &set, 8, O_CLOEXEC | O_NONBLOCK);
	ok(fd >= 0, "signalfd4 makes a descriptor");
	eq("SFD_CLOEXEC sets close-on-exec", sc(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	ok(sc(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK, "SFD_NONBLOCK sets O_NONBLOCK");
	eq("a read without a signal is EAGAIN", sc(SYS_read, fd, si, sizeof(si)), -EAGAIN);
	eq("and poll finds nothing", poll_in(fd, 0), 0);
	eq("a read of less than a signal is EINVAL", sc(SYS_read, fd, si, 127), -EINVAL);
	eq("a write is EINVAL", sc(SYS_write, fd, si, 128), -EINVAL);
	eq("a wrong set size is EINVAL", sc(SYS_signalfd4, -1, &set, 4, 0), -EINVAL);
	eq("an unknown flag is EINVAL", sc(SYS_signalfd4, -1, &set, 8, 1), -EINVAL);
	eq("a bad set address is EFAULT", sc(SYS_signalfd4, -1, 16, 8, 0), -EFAULT);
	eq("changing what is not open is EBADF", sc(SYS_signalfd4, 99, &set, 8, 0), -EBADF);
	eq("changing another kind of file is EINVAL", sc(SYS_signalfd4, 0, &set, 8, 0), -EINVAL);

	sc(SYS_kill, me, SIGUSR1);
	eq("poll finds a pending signal", poll_in(fd, 0), POLLIN);
	memset(si, 0x55, sizeof(si));
	eq("a read gives one signal", sc(SYS_read, fd, si, sizeof(si)), 128);
	eq("its number", si[0].signo, SIGUSR1);
	eq("its code is kill's", si[0].code, SI_USER);
	eq("its sender", si[0].pid, me);
	eq("what it does not have is 0", (long)(si[0].ptr | si[0].addr | si[0].status | si[0].pad[0]), 0);
	eq("it is taken", sc(SYS_read, fd, si, sizeof(si)), -EAGAIN);

	struct siginfo queued = {.signo = SIGRTMIN, .code = SI_QUEUE, .pid = (i32)me, .value = 0x1234567890};
	sc(SYS_rt_sigqueueinfo, me, SIGRTMIN, &queued);
	sc(SYS_rt_sigqueueinfo, me, SIGRTMIN, &queued);
	sc(SYS_tgkill, me, me, SIGUSR2);
	eq("a read gives as many as there are", sc(SYS_read, fd, si, sizeof(si)), 3 * 128);
	eq("the lowest number first", si[0].signo, SIGUSR2);
	eq("tgkill's code", si[0].code, SI_TKILL);
	eq("then those of real time, each", si[1].signo + si[2].signo, 2 * SIGRTMIN);
	eq("with their value as int", si[1].integer, 0x34567890);
	eq("and as pointer", (long)si[2].ptr, 0x1234567890);

	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 7);
	eq("SIGCHLD makes it readable although it is ignored by default", poll_in(fd, 5000), POLLIN);
	sc(SYS_read, fd, si, sizeof(si));
	eq("SIGCHLD tells the child", si[0].pid, pid);
	eq("how it ended", si[0].code, CLD_EXITED);
	eq("and its status", si[0].status, 7);
	eq("and the child can still be waited for", reap(pid), 7 << 8);

	// A sleeping reader, poller and epoll_wait are woken.
	sc(SYS_fcntl, fd, F_SETFL, 0);
	pid = sc(SYS_fork);
	if (pid == 0) {
		sleep_ms(50);
		sc(SYS_kill, me, SIGUSR1);
		sleep_ms(50);
		sc(SYS_kill, me, SIGUSR2);
		sleep_ms(50);
		sc(SYS_kill, me, SIGRTMIN);
		sleep_ms(100);
		sc(SYS_exit_group, 0);
	}
	eq("a blocking read waits for a signal", sc(SYS_read, fd, si, 128), 128);
	eq("and gives it", si[0].signo, SIGUSR1);
	eq("poll waits for a signal", poll_in(fd, 5000), POLLIN);
	sc(SYS_read, fd, si, 128);
	eq("which is the next", si[0].signo, SIGUSR2);
	long ep = sc(SYS_epoll_create1, 0);
	struct epoll_event ev = {EPOLLIN, 77}, got = {0, 0};
	eq("it can be added to an epoll", sc(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd, &ev), 0);
	eq("epoll_wait waits for a signal", sc(SYS_epoll_wait, ep, &got, 1, 5000), 1);
	ok(got.events == EPOLLIN && got.data == 77, "and tells EPOLLIN");
	sc(SYS_read, fd, si, 128);
	eq("which is the last", si[0].signo, SIGRTMIN);
	poll_in(fd, 5000);
	sc(SYS_wait4, pid, 0, 0, 0);
	eq("SIGCHLD stays pending when the child has been waited for", poll_in(fd, 0), POLLIN);
	sc(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
	sc(SYS_read, fd, si, 128);
	sc(SYS_fcntl, fd, F_SETFL, 0);
	eq("after it SIGCHLD", si[0].signo, SIGCHLD);
	eq("and epoll has nothing more", sc(SYS_epoll_wait, ep, &got, 1, 0), 0);
	sc(SYS_close, ep);

	// Another set.
	u64 other = bit(SIGUSR2) | bit(SIGKILL);
	raise(SIGUSR1);
	eq("another set is given to the same descriptor", sc(SYS_signalfd, fd, &other, 8), fd);
	eq("a signal outside it is not read", poll_in(fd, 0), 0);
	eq("the old set again", sc(SYS_signalfd4, fd, &set, 8, 0), fd);
	eq("finds the signal", poll_in(fd, 0), POLLIN);
	self_fd = fd;
	eq("a child reads its own signals through the same file", in_child(reads_own_signals), 0);
	sc(SYS_read, fd, si, 128);
	eq("and the parent its own", si[0].pid, me);
	while (poll_in(fd, 0) == POLLIN)
		sc(SYS_read, fd, si, 128);

	// A handler ends a blocking read; SA_RESTART goes on with it.
	on(SIGALRM, (void *)nothing, 0, 0);
	struct {
		struct timeval interval, value;
	} timer = {{0, 0}, {0, 30000}};
	sc(SYS_setitimer, 0, &timer, 0);
	eq("a handler ends a blocking read with EINTR", sc(SYS_read, fd, si, 128), -EINTR);
	sc(SYS_close, fd);
	set_mask(0);
}

// ---- pidfd -----------------------------------------------------------------

static long sleeper(void)
{
	long pid = sc(SYS_fork);
	if (pid == 0)
		for (;;)
			sc(SYS_pause);
	return pid;
}


static void pid_files(void)
{
	struct siginfo info;
	long me = sc(SYS_getpid);
	eq("pidfd_open of nobody is ESRCH", sc(SYS_pidfd_open, 4194304 - 1, 0), -ESRCH);
	eq("pidfd_open of 0 is EINVAL", sc(SYS_pidfd_open, 0, 0), -EINVAL);
	eq("pidfd_open of -1 is EINVAL", sc(SYS_pidfd_open, -1, 0), -EINVAL);
	eq("pidfd_open with an unknown flag is EINVAL", sc(SYS_pidfd_open, me, 1), -EINVAL);
	long self = sc(SYS_pidfd_open, me, 0);
	ok(self >= 0, "pidfd_open of itself");
	eq("a pidfd is close-on-exec", sc(SYS_fcntl, self, F_GETFD), FD_CLOEXEC);
	eq("and cannot be read", sc(SYS_read, self, &info, 8), -EINVAL);
	eq("nor is it readable", poll_in(self, 0), 0);
	eq("signal 0 asks", sc(SYS_pidfd_send_signal, self, 0, 0, 0), 0);
	eq("signal 65 is EINVAL", sc(SYS_pidfd_send_signal, self, 65, 0, 0), -EINVAL);
	eq("an unknown flag is EINVAL", sc(SYS_pidfd_send_signal, self, 0, 0, 0x100), -EINVAL);
	eq("a descriptor of another kind is EBADF", sc(SYS_pidfd_send_signal, 0, 0, 0, 0), -EBADF);
	info = (struct siginfo){.signo = SIGUSR1, .code = SI_QUEUE};
	eq("a siginfo of another signal is EINVAL", sc(SYS_pidfd_send_signal, self, SIGUSR2, &info, 0), -EINVAL);
	sc(SYS_close, self);

	long pid = sleeper();
	long fd = sc(SYS_pidfd_open, pid, 0);
	ok(fd >= 0, "pidfd_open of a child");
	info = (struct siginfo){.signo = SIGUSR1, .code = SI_USER};
	eq("posing as kill(2) is EPERM", sc(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0), -EPERM);
	eq("a living child is not readable", poll_in(fd, 0), 0);
	memset(&info, 0x55, sizeof(info));
	eq("waitid with WNOHANG finds nothing", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED | WNOHANG, 0), 0);
	eq("and tells so", info.pid, 0);
	eq("pidfd_send_signal sends", sc(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0), 0);
	eq("poll waits for the end", poll_in(fd, 5000), POLLIN);
	eq("a zombie is no error to signal", sc(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0), 0);
	eq("waitid with WNOWAIT looks", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED | WNOWAIT, 0), 0);
	eq("who it was", info.pid, pid);
	eq("waitid by descriptor takes the child", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), 0);
	ok(info.code == CLD_KILLED && info.status == SIGTERM, "and tells how it ended");
	eq("a second time it is ECHILD", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -ECHILD);
	eq("to signal it is ESRCH", sc(SYS_pidfd_send_signal, fd, 0, 0, 0), -ESRCH);
	ok(poll_in(fd, 0) & POLLIN, "and it stays readable");
	sc(SYS_close, fd);
	eq("waitid of a closed descriptor is EBADF", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -EBADF);
	eq("waitid of another kind of file is EBADF", sc(SYS_waitid, P_PIDFD, 0, &info, WEXITED, 0), -EBADF);

	// Opened when it has ended already.
	pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 5);
	sc(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, 0);
	fd = sc(SYS_pidfd_open, pid, 0);
	ok(fd >= 0, "pidfd_open of a zombie");
	eq("is readable at once", poll_in(fd, 0), POLLIN);
	reap(pid);
	sc(SYS_close, fd);

	// epoll
	pid = sleeper();
	fd = sc(SYS_pidfd_open, pid, 0);
	long ep = sc(SYS_epoll_create1, 0);
	struct epoll_event ev = {EPOLLIN, 5}, got = {0, 0};
	eq("a pidfd can be added to an epoll", sc(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd, &ev), 0);
	eq("which finds nothing yet", sc(SYS_epoll_wait, ep, &got, 1, 0), 0);
	sc(SYS_kill, pid, SIGKILL);
	eq("and waits for the end", sc(SYS_epoll_wait, ep, &got, 1, 5000), 1);
	ok(got.events & EPOLLIN, "with EPOLLIN");
	reap(pid);
	eq("and tells it again once the child is gone", sc(SYS_epoll_wait, ep, &got, 1, 0), 1);
	sc(SYS_close, ep);
	sc(SYS_close, fd);

	// Somebody who is no child of ours.
	int ends[2];
	sc(SYS_pipe, ends);
	pid = sc(SYS_fork);
	if (pid == 0) {
		long grandchild = sleeper();
		sc(SYS_write, ends[1], &grandchild, 8);
		reap(grandchild);
		sc(SYS_exit_group, 0);
	}
	long grandchild = 0;
	sc(SYS_read, ends[0], &grandchild, 8);
	fd = sc(SYS_pidfd_open, grandchild, 0);
	ok(fd >= 0, "pidfd_open of a grandchild");
	eq("which cannot be waited for", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -ECHILD);
	eq("but signalled", sc(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0), 0);
	ok(poll_in(fd, 5000) & POLLIN, "and heard of");
	reap(pid);
	sc(SYS_close, fd);

	// O_NONBLOCK
	pid = sleeper();
	fd = sc(SYS_pidfd_open, pid, O_NONBLOCK);
	eq("waitid of a non-blocking pidfd is EAGAIN", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -EAGAIN);
	// pidfd_getfd
	long copy = sc(SYS_pidfd_getfd, fd, ends[0], 0);
	ok(copy >= 0, "pidfd_getfd copies a descriptor");
	eq("close-on-exec", sc(SYS_fcntl, copy, F_GETFD), FD_CLOEXEC);
	char c = 0;
	sc(SYS_write, ends[1], "x", 1);
	eq("of the same file", sc(SYS_read, copy, &c, 1), 1);
	eq("pidfd_getfd of what is not open is EBADF", sc(SYS_pidfd_getfd, fd, 200, 0), -EBADF);
	eq("pidfd_getfd with a flag is EINVAL", sc(SYS_pidfd_getfd, fd, 0, 1), -EINVAL);
	eq("pidfd_getfd without a pidfd is EBADF", sc(SYS_pidfd_getfd, 0, 0, 0), -EBADF);
	sc(SYS_kill, pid, SIGKILL);
	reap(pid);
	eq("pidfd_getfd of who is gone is ESRCH", sc(SYS_pidfd_getfd, fd, 0, 0), -ESRCH);
	sc(SYS_close, fd);
	sc(SYS_close, copy);
}

static void clones(void)
{
	struct siginfo info;
	int fd = -1;
	long pid = sc(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (pid == 0)
		sc(SYS_exit_group, 9);
	ok(fd >= 0, "CLONE_PIDFD stores a descriptor");
	eq("close-on-exec", sc(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	eq("of the child", sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), 0);
	ok(info.pid == pid && info.status == 9, "which has exited");
	sc(SYS_close, fd);
	eq("CLONE_PIDFD with CLONE_PARENT_SETTID is EINVAL",
	   sc(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0), -EINVAL);
	eq("CLONE_PIDFD with CLONE_DETACHED is EINVAL",
	   sc(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &fd, 0, 0), -EINVAL);
	eq("CLONE_PIDFD to a bad address is EFAULT", sc(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 16, 0, 0), -EFAULT);
	eq("and leaves no child", sc(SYS_wait4, -1, 0, 0, 0), -ECHILD);
	long next = sc(SYS_dup, 0);
	ok(next == fd, "nor a descriptor");
	sc(SYS_close, next);

	int tid = 0;
	u64 args[11] = {CLONE_PIDFD | CLONE_PARENT_SETTID, (u64)&fd, 0, (u64)&tid, SIGCHLD};
	pid = sc(SYS_clone3, args, sizeof(args));
	if (pid == 0)
		sc(SYS_exit_group, 3);
	ok(pid > 0 && tid == pid, "clone3 takes both");
	sc(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0);
	eq("and gives the pidfd", info.status, 3);
	sc(SYS_close, fd);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	signal_files();
	pid_files();
	clones();
	return tap_done();
}
