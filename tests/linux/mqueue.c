// SPDX-License-Identifier: BSD-2-Clause
// POSIX message queues, from mq_overview(7) and its kin. Prints TAP; skips where the system has none.
#include "tap.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define BAD ((void *)1L)

static char name[32];
static volatile sig_atomic_t notified, notified_value, notified_code;

static void on_signal(int s, siginfo_t *info, void *context)
{
	(void)s, (void)context;
	notified++;
	notified_value = info->si_value.sival_int;
	notified_code = info->si_code;
}

static void on_alarm(int s)
{
	(void)s;
}

static void unlinks(void)
{
	mq_unlink(name);
}

static struct timespec after_ms(long ms)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

int main(void)
{
	struct mq_attr a = {.mq_maxmsg = 4, .mq_msgsize = 32}, got;
	char b[64];
	unsigned prio;

	alarm(60);
	snprintf(name, sizeof(name), "/lrs-%d", getpid());
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
	if (q == -1 && errno == ENOSYS) {
		SKIP(mq_open, "no POSIX message queues here");
		return tap_end();
	}
	atexit(unlinks);
	OK(q >= 0);
	OK(fcntl(q, F_GETFD) == FD_CLOEXEC);
	FAILS(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a), EEXIST);
	FAILS(mq_open("/lrs-none", O_RDWR), ENOENT);
	FAILS(mq_open("/lrs/none", O_RDWR), EACCES);
	FAILS(mq_open("/", O_RDWR), ENOENT);
	FAILS(syscall(SYS_mq_open, "", O_RDWR, 0, NULL), ENOENT);
	FAILS(syscall(SYS_mq_open, BAD, O_RDWR, 0, NULL), EFAULT);
	FAILS(syscall(SYS_mq_open, name + 1, O_RDWR | O_CREAT, 0600, BAD), EFAULT);
	char longest[300];
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[299] = 0;
	FAILS(mq_open(longest, O_RDWR), ENAMETOOLONG);
	struct mq_attr wrong = {.mq_maxmsg = 0, .mq_msgsize = 32};
	FAILS(mq_open("/lrs-wrong", O_RDWR | O_CREAT, 0600, &wrong), EINVAL);
	wrong = (struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = -1};
	FAILS(mq_open("/lrs-wrong", O_RDWR | O_CREAT, 0600, &wrong), EINVAL);
	mqd_t one = mq_open("/x", O_RDWR | O_CREAT, 0600, NULL);
	OK(one >= 0);
	OK(mq_getattr(one, &got) == 0 && got.mq_maxmsg == 10 && got.mq_msgsize >= 1024);
	OK(mq_unlink("/x") == 0);
	OK(mq_close(one) == 0);
	FAILS(mq_unlink("/x"), ENOENT);

	memset(&got, 0xa5, sizeof(got));
	OK(mq_getattr(q, &got) == 0);
	OK(got.mq_flags == 0 && got.mq_maxmsg == 4 && got.mq_msgsize == 32 && got.mq_curmsgs == 0);
	a.mq_flags = O_NONBLOCK;
	OK(mq_setattr(q, &a, &got) == 0 && got.mq_flags == 0);
	OK(mq_getattr(q, &got) == 0 && got.mq_flags == O_NONBLOCK);
	a.mq_flags = O_APPEND;
	FAILS(mq_setattr(q, &a, NULL), EINVAL);
	FAILS(mq_getattr(0x7fffff, &got), EBADF);
	FAILS(mq_getattr(0, &got), EBADF);
	FAILS(syscall(SYS_mq_getsetattr, q, NULL, BAD), EFAULT);
	FAILS(syscall(SYS_mq_getsetattr, q, BAD, NULL), EFAULT);

	FAILS(mq_receive(q, b, sizeof(b), NULL), EAGAIN);
	OK(mq_send(q, "low", 3, 1) == 0 && mq_send(q, "high", 4, 9) == 0 && mq_send(q, "low2", 4, 1) == 0);
	OK(mq_send(q, "", 0, 0) == 0);
	FAILS(mq_send(q, "full", 4, 0), EAGAIN);
	FAILS(mq_send(q, b, 33, 0), EMSGSIZE);
	FAILS(mq_send(q, "x", 1, 32768), EINVAL);
	FAILS(mq_receive(q, b, 31, NULL), EMSGSIZE);
	OK(mq_getattr(q, &got) == 0 && got.mq_curmsgs == 4);
	OK(mq_receive(q, b, sizeof(b), &prio) == 4 && memcmp(b, "high", 4) == 0 && prio == 9);
	OK(mq_receive(q, b, sizeof(b), &prio) == 3 && memcmp(b, "low", 3) == 0 && prio == 1);
	OK(mq_receive(q, b, sizeof(b), NULL) == 4 && memcmp(b, "low2", 4) == 0);
	OK(mq_receive(q, b, sizeof(b), &prio) == 0 && prio == 0);
	FAILS(syscall(SYS_mq_timedsend, q, BAD, 4, 0, NULL), EFAULT);

	a.mq_flags = 0;
	OK(mq_setattr(q, &a, &got) == 0 && got.mq_flags == O_NONBLOCK);
	struct timespec t = after_ms(30);
	FAILS(mq_timedreceive(q, b, sizeof(b), NULL, &t), ETIMEDOUT);
	t = (struct timespec){0, 1000000000};
	FAILS(mq_timedreceive(q, b, sizeof(b), NULL, &t), EINVAL);
	t = (struct timespec){-1, 0};
	FAILS(mq_timedreceive(q, b, sizeof(b), NULL, &t), EINVAL);
	FAILS(mq_timedreceive(q, b, sizeof(b), NULL, BAD), EFAULT);
	struct sigaction sa = {.sa_handler = on_alarm};
	sigaction(SIGUSR2, &sa, NULL);
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		usleep(100000);
		for (int i = 0; i < 100 && kill(self, SIGUSR2) == 0; i++)
			usleep(20000);
		_exit(0);
	}
	FAILS(mq_receive(q, b, sizeof(b), NULL), EINTR);
	kill(pid, SIGKILL);
	int status;
	waitpid(pid, &status, 0);
	pid = fork();
	if (pid == 0) {
		mqd_t w = mq_open(name, O_WRONLY);
		usleep(50000);
		_exit(w < 0 || mq_receive(w, b, sizeof(b), NULL) != -1 || errno != EBADF || mq_send(w, "child", 5, 3) != 0);
	}
	OK(mq_receive(q, b, sizeof(b), &prio) == 5 && prio == 3 && memcmp(b, "child", 5) == 0);
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	mqd_t r = mq_open(name, O_RDONLY | O_NONBLOCK);
	OK(r >= 0);
	FAILS(mq_send(r, "x", 1, 0), EBADF);

	// A queue is ready as a file is.
	struct pollfd p = {.fd = q, .events = POLLIN | POLLOUT};
	OK(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = 7};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, q, &e) == 0 && epoll_wait(ep, &e, 1, 0) == 0);
	OK(mq_send(q, "x", 1, 0) == 0 && poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT));
	OK(epoll_wait(ep, &e, 1, 1000) == 1 && e.data.u32 == 7 && e.events == EPOLLIN);
	OK(mq_receive(q, b, sizeof(b), NULL) == 1);

	sa = (struct sigaction){.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, NULL);
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
	OK(mq_notify(q, &event) == 0);
	FAILS(mq_notify(q, &event), EBUSY);
	OK(mq_send(q, "x", 1, 0) == 0);
	for (int i = 0; i < 200 && !notified; i++)
		usleep(5000);
	OK(notified == 1 && notified_value == 77 && notified_code == SI_MESGQ);
	OK(mq_receive(q, b, sizeof(b), NULL) == 1);
	OK(mq_send(q, "x", 1, 0) == 0 && notified == 1);
	OK(mq_receive(q, b, sizeof(b), NULL) == 1);
	event.sigev_notify = SIGEV_NONE;
	OK(mq_notify(q, &event) == 0 && mq_notify(q, NULL) == 0);
	OK(mq_notify(q, NULL) == 0);
	event.sigev_notify = 99;
	FAILS(syscall(SYS_mq_notify, q, &event), EINVAL);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = 99;
	FAILS(syscall(SYS_mq_notify, q, &event), EINVAL);
	FAILS(syscall(SYS_mq_notify, q, BAD), EFAULT);
	event.sigev_signo = SIGUSR1;
	FAILS(syscall(SYS_mq_notify, 0, &event), EBADF);
	OK(mq_unlink(name) == 0);
	FAILS(mq_open(name, O_RDWR), ENOENT);
	OK(mq_send(q, "still", 5, 0) == 0 && mq_receive(r, b, sizeof(b), NULL) == 5);
	OK(mq_close(q) == 0 && mq_close(r) == 0);
	FAILS(mq_close(q), EBADF);
	return tap_end();
}
