// SPDX-License-Identifier: BSD-2-Clause
// What poll(2), select(2) and epoll(7) tell of one end of a pipe when the other closes (poll(2),
// select(2), epoll_ctl(2), pipe(7)).
#include "tap.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int p[2], ep;

static int polled(int fd, short events)
{
	struct pollfd f = {.fd = fd, .events = events};
	int n = poll(&f, 1, 0);
	return n < 0 ? n : f.revents;
}

// The event that epoll_wait tells within `ms`, 0 if there is none.
static int waited(int ms)
{
	struct epoll_event e[4] = {{0}};
	int n = epoll_wait(ep, e, 4, ms);
	return n < 0 ? n : n == 0 ? 0 : n == 1 && e[0].data.u64 == 42 ? (int)e[0].events : -2;
}

static int control(int op, int fd, unsigned events)
{
	struct epoll_event e = {.events = events, .data.u64 = 42};
	return epoll_ctl(ep, op, fd, &e);
}

static void *close_reader(void *arg)
{
	(void)arg;
	usleep(100000);
	close(p[0]);
	return 0;
}

static void fresh(void)
{
	close(ep);
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (pipe(p) < 0)
		exit(9);
}

static int selected(int fd, int write)
{
	fd_set set;
	struct timeval now = {0, 0};
	FD_ZERO(&set);
	FD_SET(fd, &set);
	int n = write ? select(fd + 1, 0, &set, 0, &now) : select(fd + 1, &set, 0, 0, &now);
	return n == 1 ? FD_ISSET(fd, &set) != 0 : n;
}

static long ms_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
	pthread_t t;
	char c = 0;
	long then;

	alarm(40);
	signal(SIGPIPE, SIG_IGN);

	// poll and select, at the write end
	fresh();
	OK(polled(p[1], POLLIN) == 0);
	OK(polled(p[1], POLLOUT) == POLLOUT);
	OK(selected(p[1], 0) == 0);
	OK(selected(p[1], 1) == 1);
	pthread_create(&t, 0, close_reader, 0);
	struct pollfd f = {.fd = p[1], .events = POLLIN};
	OK(poll(&f, 1, 5000) == 1 && f.revents == POLLERR);
	pthread_join(t, 0);
	OK(polled(p[1], 0) == POLLERR);
	OK(polled(p[1], POLLIN) == POLLERR);
	OK(polled(p[1], POLLOUT) == (POLLOUT | POLLERR));
	OK(selected(p[1], 0) == 1);
	OK(selected(p[1], 1) == 1);
	close(p[1]);

	// epoll at the write end, asked for what it cannot do: quiet until the reader goes
	fresh();
	OK(control(EPOLL_CTL_ADD, p[1], EPOLLIN) == 0);
	OK(waited(0) == 0);
	OK(write(p[1], &c, 1) == 1 && waited(0) == 0);
	OK(read(p[0], &c, 1) == 1 && waited(0) == 0);
	then = ms_now();
	OK(write(p[1], &c, 1) == 1 && waited(200) == 0 && ms_now() - then >= 195);
	FAILS(control(EPOLL_CTL_ADD, p[1], EPOLLOUT), EEXIST);
	pthread_create(&t, 0, close_reader, 0);
	OK(waited(5000) == EPOLLERR);
	pthread_join(t, 0);
	OK(waited(0) == EPOLLERR);
	OK(waited(100) == EPOLLERR);
	OK(control(EPOLL_CTL_MOD, p[1], EPOLLOUT) == 0);
	OK(waited(0) == (EPOLLOUT | EPOLLERR));
	OK(waited(0) == (EPOLLOUT | EPOLLERR));
	OK(control(EPOLL_CTL_MOD, p[1], EPOLLIN) == 0);
	OK(waited(0) == EPOLLERR);
	OK(control(EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLET) == 0);
	OK(waited(0) == EPOLLERR);
	OK(waited(50) == 0);
	OK(control(EPOLL_CTL_MOD, p[1], EPOLLONESHOT) == 0);
	OK(waited(0) == EPOLLERR);
	OK(waited(50) == 0);
	OK(control(EPOLL_CTL_MOD, p[1], EPOLLIN) == 0);
	OK(waited(0) == EPOLLERR);
	OK(control(EPOLL_CTL_DEL, p[1], 0) == 0);
	OK(waited(0) == 0);
	FAILS(control(EPOLL_CTL_MOD, p[1], 0), ENOENT);
	close(p[1]);

	// a wait without a limit is not ended by what is read and written
	fresh();
	OK(control(EPOLL_CTL_ADD, p[1], 0) == 0);
	int child = fork();
	if (child == 0) {
		close(p[1]);
		for (int i = 0; i < 5; i++) {
			usleep(20000);
			if (read(p[0], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(p[0]);
	OK(write(p[1], "12345", 5) == 5);
	OK(waited(-1) == EPOLLERR);
	OK(waitpid(child, 0, 0) == child);
	close(p[1]);

	// added when nobody reads any more
	fresh();
	close(p[0]);
	OK(control(EPOLL_CTL_ADD, p[1], EPOLLOUT) == 0);
	OK(waited(0) == (EPOLLOUT | EPOLLERR));
	OK(waited(-1) == (EPOLLOUT | EPOLLERR));
	FAILS(control(EPOLL_CTL_ADD, p[1], EPOLLOUT), EEXIST);
	OK(control(EPOLL_CTL_DEL, p[1], 0) == 0);
	FAILS(control(EPOLL_CTL_DEL, p[1], 0), ENOENT);
	OK(control(EPOLL_CTL_ADD, p[1], EPOLLOUT) == 0);
	close(p[1]);
	OK(waited(0) == 0);

	// a full pipe
	fresh();
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	static char page[4096];
	while (write(p[1], page, sizeof page) > 0)
		;
	OK(control(EPOLL_CTL_ADD, p[1], EPOLLOUT) == 0);
	OK(waited(0) == 0);
	close(p[0]);
	OK((waited(-1) & EPOLLERR) != 0);
	close(p[1]);

	// the read end, asked for what it cannot do
	fresh();
	OK(control(EPOLL_CTL_ADD, p[0], EPOLLOUT) == 0);
	OK(write(p[1], &c, 1) == 1 && waited(50) == 0);
	close(p[1]);
	OK(waited(-1) == EPOLLHUP);
	OK(waited(0) == EPOLLHUP);
	OK(control(EPOLL_CTL_MOD, p[0], EPOLLIN) == 0);
	OK(waited(0) == (EPOLLIN | EPOLLHUP));
	OK(read(p[0], &c, 1) == 1 && waited(0) == EPOLLHUP);
	OK(control(EPOLL_CTL_MOD, p[0], 0) == 0);
	OK(waited(0) == EPOLLHUP);
	OK(polled(p[0], POLLIN) == POLLHUP);
	OK(selected(p[0], 0) == 1);
	close(p[0]);

	// a FIFO
	fresh();
	close(p[0]), close(p[1]);
	unlink("end.fifo");
	OK(mkfifo("end.fifo", 0600) == 0);
	int r = open("end.fifo", O_RDONLY | O_NONBLOCK), w = open("end.fifo", O_WRONLY);
	OK(r >= 0 && w >= 0);
	OK(control(EPOLL_CTL_ADD, w, EPOLLIN) == 0);
	OK(waited(0) == 0);
	close(r);
	OK(waited(-1) == EPOLLERR);
	OK(waited(0) == EPOLLERR);
	OK(polled(w, POLLIN) == POLLERR);
	r = open("end.fifo", O_RDONLY | O_NONBLOCK);
	OK(waited(0) == 0);
	close(r);
	OK(waited(100) == EPOLLERR);
	close(w);
	unlink("end.fifo");
	return tap_end();
}
