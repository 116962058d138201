// SPDX-License-Identifier: BSD-2-Clause
// Pairs of local sockets, and waiting for readiness: socketpair(2), unix(7),
// send(2), recv(2), shutdown(2), poll(2), ppoll(2), select(2).
#include "signals.h"

enum {
	AF_UNIX = 1, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5, SOCK_NONBLOCK = 04000,
	SOCK_CLOEXEC = 02000000, MSG_PEEK = 2, MSG_DONTWAIT = 0x40, MSG_TRUNC = 0x20,
	MSG_NOSIGNAL = 0x4000, SOL_SOCKET = 1, SO_TYPE = 3, SO_ERROR = 4, SO_PEERCRED = 17, BAD = 16,
};

static void pairs(void)
{
	int s[2];
	char buf[16];
	eq("socketpair of streams", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	eq("write", sc(SYS_write, s[0], "hello", 5), 5);
	eq("peek", sc(SYS_recvfrom, s[1], buf, 16, MSG_PEEK, 0, 0), 5);
	eq("read", sc(SYS_read, s[1], buf, 16), 5);
	ok(memcmp(buf, "hello", 5) == 0, "brings what was written");
	eq("MSG_DONTWAIT on nothing is EAGAIN", sc(SYS_recvfrom, s[1], buf, 16, MSG_DONTWAIT, 0, 0), -EAGAIN);
	eq("lseek of a socket is ESPIPE", sc(SYS_lseek, s[0], 0, 0), -ESPIPE);
	int value = 0, len = 4;
	eq("SO_TYPE", sc(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, &value, &len), 0);
	ok(value == SOCK_STREAM && len == 4, "is a stream");
	u32 cred[3] = {0, 0, 0};
	len = sizeof(cred);
	eq("SO_PEERCRED", sc(SYS_getsockopt, s[0], SOL_SOCKET, SO_PEERCRED, cred, &len), 0);
	ok(cred[0] == sc(SYS_getpid) && cred[1] == sc(SYS_getuid) && cred[2] == sc(SYS_getgid), "is this process");
	eq("shutdown of one direction", sc(SYS_shutdown, s[0], 1), 0);
	eq("the peer reads the end", sc(SYS_read, s[1], buf, 16), 0);
	on(SIGPIPE, SIG_IGN, 0, 0);
	eq("write after shutdown is EPIPE", sc(SYS_write, s[0], "x", 1), -EPIPE);
	eq("an unknown shutdown is EINVAL", sc(SYS_shutdown, s[0], 3), -EINVAL);
	sc(SYS_close, s[0]);
	eq("send to a closed peer is EPIPE", sc(SYS_sendto, s[1], "x", 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
	sc(SYS_close, s[1]);

	eq("socketpair of datagrams", sc(SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s), 0);
	eq("closes on exec", sc(SYS_fcntl, s[0], F_GETFD), FD_CLOEXEC);
	eq("does not block", sc(SYS_read, s[0], buf, 1), -EAGAIN);
	sc(SYS_write, s[0], "abc", 3);
	sc(SYS_write, s[0], "defgh", 5);
	eq("a datagram is read alone", sc(SYS_read, s[1], buf, 16), 3);
	eq("MSG_TRUNC tells its full length", sc(SYS_recvfrom, s[1], buf, 2, MSG_TRUNC, 0, 0), 5);
	sc(SYS_close, s[0]);
	sc(SYS_close, s[1]);
	eq("socketpair of packets in sequence", sc(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	sc(SYS_close, s[0]);
	sc(SYS_close, s[1]);
	eq("socketpair of the internet is EOPNOTSUPP", sc(SYS_socketpair, 2, SOCK_STREAM, 0, s), -EOPNOTSUPP);
	eq("socketpair of an unknown family is EAFNOSUPPORT", sc(SYS_socketpair, 99, SOCK_STREAM, 0, s), -EAFNOSUPPORT);
	eq("socketpair of an unknown type is EINVAL", sc(SYS_socketpair, AF_UNIX, 99, 0, s), -EINVAL);
	eq("socketpair to a bad address is EFAULT", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), -EFAULT);
	long fd = sc(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	ok(fd >= 0, "socket");
	eq("read of an unconnected stream is EINVAL", sc(SYS_read, fd, buf, 1), -EINVAL);
	eq("write to an unconnected stream is ENOTCONN", sc(SYS_write, fd, buf, 1), -ENOTCONN);
	struct {
		u16 family;
		char path[108];
	} name = {AF_UNIX, "sock.tmp"};
	eq("bind to a path", sc(SYS_bind, fd, &name, 11), 0);
	struct stat st;
	sc(SYS_stat, "sock.tmp", &st);
	eq("makes a socket file", st.mode & S_IFMT, 0140000);
	long other = sc(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	eq("a second bind there is EADDRINUSE", sc(SYS_bind, other, &name, 11), -EADDRINUSE);
	sc(SYS_unlink, "sock.tmp");
	sc(SYS_close, fd);
	sc(SYS_close, other);
}

static void readiness(void)
{
	int p[2];
	sc(SYS_pipe, p);
	struct pollfd f[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {-1, POLLIN, 99}};
	eq("poll: only the write end is ready", sc(SYS_poll, f, 3, 0), 1);
	ok(f[0].revents == 0 && f[1].revents == POLLOUT && f[2].revents == 0, "a negative descriptor is passed over");
	sc(SYS_write, p[1], "x", 1);
	eq("poll: both ends", sc(SYS_poll, f, 2, -1), 2);
	eq("POLLIN after a write", f[0].revents, POLLIN);
	f[0].fd = 999;
	eq("poll of a closed descriptor counts", sc(SYS_poll, f, 1, -1), 1);
	eq("as POLLNVAL", f[0].revents, POLLNVAL);
	char c;
	sc(SYS_read, p[0], &c, 1);
	f[0].fd = p[0];
	long before = now_ns(1);
	eq("poll times out with 0", sc(SYS_poll, f, 1, 30), 0);
	ok(now_ns(1) - before >= 29000000, "after the time given");
	struct timespec t = {0, 10000000}, bad = {0, 1000000000};
	eq("ppoll times out with 0", sc(SYS_ppoll, f, 1, &t, 0, 8), 0);
	ok(t.sec == 0 && t.nsec == 0, "and updates the time left");
	eq("ppoll with a bad time is EINVAL", sc(SYS_ppoll, f, 1, &bad, 0, 8), -EINVAL);
	eq("poll of a bad address is EFAULT", sc(SYS_poll, BAD, 1, 0), -EFAULT);
	eq("poll of nothing is 0", sc(SYS_poll, 0, 0, 0), 0);
	eq("poll of too many is EINVAL", sc(SYS_poll, f, 0x7fffffff, 0), -EINVAL);
	sc(SYS_close, p[1]);
	eq("poll without a writer", sc(SYS_poll, f, 1, -1), 1);
	eq("is POLLHUP", f[0].revents, POLLHUP);
	u64 set[16] = {0};
	set[0] = 1UL << p[0];
	struct timeval tv = {0, 0};
	eq("select without a writer is ready to read", sc(SYS_select, p[0] + 1, set, 0, 0, &tv), 1);
	eq("and says which", (long)set[0], 1L << p[0]);
	set[0] = 1UL << 50;
	eq("select of a closed descriptor is EBADF", sc(SYS_select, 51, set, 0, 0, &tv), -EBADF);
	eq("select of a negative number is EINVAL", sc(SYS_select, -1, set, 0, 0, &tv), -EINVAL);
	sc(SYS_close, p[0]);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	pairs();
	readiness();
	return tap_done();
}
