// SPDX-License-Identifier: BSD-2-Clause
// Abstract names of local sockets, from unix(7). Prints TAP.
#include "tap.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static socklen_t name(struct sockaddr_un *a, const char *rest, size_t len)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path + 1, rest, len);
	return offsetof(struct sockaddr_un, sun_path) + 1 + len;
}

#define A ((struct sockaddr *)&a)
#define B ((struct sockaddr *)&b)

static int bound(int type, struct sockaddr_un *a, socklen_t len)
{
	int s = socket(AF_UNIX, type, 0);
	if (bind(s, (struct sockaddr *)a, len) == 0)
		return s;
	close(s);
	return -1;
}

static void streams(int type)
{
	struct sockaddr_un a, b;
	char text[64];
	snprintf(text, sizeof(text), "lrs-%d", getpid());
	socklen_t n = name(&a, text, strlen(text)), len;
	int l = bound(type, &a, n);
	OK(l >= 0);
	int c = socket(AF_UNIX, type, 0), d = socket(AF_UNIX, type, 0), x = socket(AF_UNIX, SOCK_DGRAM, 0);
	FAILS(bind(d, A, n), EADDRINUSE);
	FAILS(connect(c, A, n), ECONNREFUSED);
	OK(listen(l, 5) == 0);
	FAILS(bind(l, A, n), EINVAL);
	struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "lrs-second"};
	FAILS(bind(l, (struct sockaddr *)&path, sizeof(path)), EINVAL);
	unlink("lrs-second");
	// The length counts: these are other names.
	FAILS(connect(c, A, n + 1), ECONNREFUSED);
	FAILS(connect(c, A, n - 1), ECONNREFUSED);
	FAILS(connect(x, A, n), ECONNREFUSED);
	OK(bind(x, A, n) == 0);
	OK(connect(c, A, n) == 0);
	FAILS(connect(c, A, n), EISCONN);
	len = sizeof(b);
	OK(getpeername(c, B, &len) == 0 && len == n && memcmp(&a, &b, n) == 0);
	len = sizeof(b);
	OK(getsockname(l, B, &len) == 0 && len == n && memcmp(&a, &b, n) == 0);
	len = sizeof(b);
	OK(getsockname(c, B, &len) == 0 && len == 2);
	struct pollfd p = {.fd = l, .events = POLLIN};
	OK(poll(&p, 1, 0) == 1);
	// A name of its own.
	struct sockaddr_un mine;
	strcat(text, "-mine");
	socklen_t m = name(&mine, text, strlen(text));
	OK(bind(d, (struct sockaddr *)&mine, m) == 0 && connect(d, A, n) == 0);
	len = sizeof(b);
	int s = accept(l, B, &len);
	OK(s >= 0 && len == 2);
	len = sizeof(b);
	int t = accept(l, B, &len);
	OK(t >= 0 && len == m && memcmp(&b, &mine, m) == 0);
	len = sizeof(b);
	OK(getsockname(t, B, &len) == 0 && len == n && memcmp(&a, &b, n) == 0);
	struct ucred who;
	len = sizeof(who);
	OK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid());
	len = sizeof(who);
	OK(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid());
	OK(send(c, "hello", 5, 0) == 5 && recv(s, text, sizeof(text), 0) == 5 && memcmp(text, "hello", 5) == 0);
	OK(send(s, "you", 3, 0) == 3 && recv(c, text, sizeof(text), 0) == 3);
	// The connections outlive the name.
	close(l);
	OK(send(t, "still", 5, 0) == 5 && recv(d, text, sizeof(text), 0) == 5);
	int e = socket(AF_UNIX, type, 0);
	FAILS(connect(e, A, n), ECONNREFUSED);
	int l2 = bound(type, &a, n);
	OK(l2 >= 0 && listen(l2, 1) == 0 && connect(e, A, n) == 0);
	// Whoever waits to be accepted is told when that cannot be.
	close(l2);
	OK(recv(e, text, 1, 0) <= 0);
	close(s);
	OK(recv(c, text, 1, 0) == 0);
	close(c), close(d), close(t), close(x), close(e);
	// A listener in another process, and a connection that waits for it.
	l = bound(type, &a, n);
	listen(l, 5);
	pid_t pid = fork();
	if (pid == 0) {
		s = accept(l, NULL, NULL);
		_exit(send(s, "child", 5, 0) != 5);
	}
	close(l);
	c = socket(AF_UNIX, type, 0);
	OK(connect(c, A, n) == 0 && recv(c, text, sizeof(text), 0) == 5);
	int status;
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	FAILS(connect(socket(AF_UNIX, type, 0), A, n), ECONNREFUSED);
	close(c);
}

static void datagrams(void)
{
	struct sockaddr_un a, b, any;
	char text[300];
	socklen_t n = name(&a, "lrs\0dgram", 9), len;
	int r = bound(SOCK_DGRAM, &a, n), s = socket(AF_UNIX, SOCK_DGRAM, 0);
	OK(r >= 0);
	OK(sendto(s, "one", 3, 0, A, n) == 3);
	len = sizeof(b);
	OK(recvfrom(r, text, sizeof(text), 0, B, &len) == 3 && len == 0);
	// It is connected to nobody after that.
	len = sizeof(b);
	FAILS(getpeername(s, B, &len), ENOTCONN);
	// Any name: five hexadecimal digits.
	memset(&any, 0, sizeof(any));
	any.sun_family = AF_UNIX;
	OK(bind(s, (struct sockaddr *)&any, sizeof(sa_family_t)) == 0);
	len = sizeof(any);
	OK(getsockname(s, (struct sockaddr *)&any, &len) == 0 && len == 8 && any.sun_path[0] == 0);
	OK(strspn(any.sun_path + 1, "0123456789abcdef") >= 5);
	OK(bind(s, (struct sockaddr *)&any, sizeof(sa_family_t)) == 0);
	OK(sendto(s, "two", 3, 0, A, n) == 3);
	len = sizeof(b);
	OK(recvfrom(r, text, sizeof(text), 0, B, &len) == 3 && len == 8 && memcmp(&b, &any, 8) == 0);
	OK(sendto(r, "back", 4, 0, B, len) == 4 && recv(s, text, sizeof(text), 0) == 4);
	OK(connect(s, A, n) == 0 && send(s, "three", 5, 0) == 5 && recv(r, text, sizeof(text), 0) == 5);
	len = sizeof(b);
	OK(getpeername(s, B, &len) == 0 && len == n && memcmp(&a, &b, n) == 0);
	struct iovec iov = {"four", 4};
	struct msghdr message = {.msg_name = &a, .msg_namelen = n, .msg_iov = &iov, .msg_iovlen = 1};
	int u = socket(AF_UNIX, SOCK_DGRAM, 0);
	OK(sendmsg(u, &message, 0) == 4 && recv(r, text, sizeof(text), 0) == 4);
	// Many fill it; the call then waits, or says so.
	fcntl(u, F_SETFL, O_NONBLOCK);
	int sent = 0;
	memset(text, 'x', sizeof(text));
	while (sent < 100000 && sendto(u, text, sizeof(text), 0, A, n) == sizeof(text))
		sent++;
	int full = errno;
	printf("# %d sent, errno %d\n", sent, full);
	OK(sent > 5 && full == EAGAIN);
	int got = 0;
	while (recv(r, text, sizeof(text), MSG_DONTWAIT) == sizeof(text))
		got++;
	OK(got == sent);
	close(r);
	FAILS(sendto(u, "x", 1, 0, A, n), ECONNREFUSED);
	OK(send(s, "x", 1, 0) == -1 && (errno == ECONNREFUSED || errno == ECONNRESET));
	close(s), close(u);
	// The longest name, and one byte more; one without bytes; a whole address of zeros.
	char longest[110];
	struct {
		sa_family_t family;
		char path[120];
	} big;
	memset(longest, 'n', sizeof(longest));
	n = name(&a, longest, 107);
	r = bound(SOCK_DGRAM, &a, n);
	len = sizeof(b);
	OK(r >= 0 && getsockname(r, B, &len) == 0 && len == n && memcmp(&a, &b, n) == 0);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	OK(sendto(s, "z", 1, 0, A, n) == 1 && recv(r, text, 1, 0) == 1);
	memset(&big, 0, sizeof(big));
	big.family = AF_UNIX;
	FAILS(bind(s, (struct sockaddr *)&big, 111), EINVAL);
	FAILS(connect(s, (struct sockaddr *)&big, sizeof(sa_family_t)), EINVAL);
	n = name(&a, "", 0);
	OK(bind(s, A, n) == 0);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	if (u >= 0)
		FAILS(bind(u, A, sizeof(a)), EAFNOSUPPORT);
	else
		SKIP(bind(u, A, sizeof(a)), "no IPv4 here");
	FAILS(bind(open("/dev/null", O_RDONLY), A, n), ENOTSOCK);
	close(r), close(s);
}

static volatile int stop;

static void *sender(void *arg)
{
	struct sockaddr_un a;
	socklen_t n = name(&a, "lrs-race", 8);
	while (!stop) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(c, A, n) == 0)
			(void)!send(c, "x", 1, MSG_NOSIGNAL);
		close(c);
		int d = socket(AF_UNIX, SOCK_DGRAM, 0);
		n = name(&a, "lrs-race-d", 10);
		sendto(d, "x", 1, MSG_DONTWAIT, A, n);
		close(d);
		n = name(&a, "lrs-race", 8);
	}
	return arg;
}

// Names come and go while others connect to them.
static void races(void)
{
	struct sockaddr_un a, b;
	socklen_t n = name(&a, "lrs-race", 8), m = name(&b, "lrs-race-d", 10);
	pthread_t threads[3];
	int bad = 0, accepted = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, sender, NULL);
	for (int i = 0; i < 400; i++) {
		int l = bound(SOCK_STREAM, &a, n), d = bound(SOCK_DGRAM, &b, m);
		bad += l < 0 || d < 0;
		listen(l, 3);
		struct pollfd p = {.fd = l, .events = POLLIN};
		poll(&p, 1, 5);
		fcntl(l, F_SETFL, O_NONBLOCK);
		int s = i & 1 ? accept(l, NULL, NULL) : -1;
		accepted += s >= 0;
		char c;
		while (recv(d, &c, 1, MSG_DONTWAIT) == 1)
			;
		close(l), close(d);
		if (s >= 0)
			close(s);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	OK(bad == 0);
	OK(accepted > 0);
}

int main(void)
{
	alarm(60);
	signal(SIGPIPE, SIG_IGN);
	streams(SOCK_STREAM);
	streams(SOCK_SEQPACKET);
	datagrams();
	races();
	return tap_end();
}
