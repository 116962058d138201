// SPDX-License-Identifier: BSD-2-Clause
// Sockets, from socket(7), ip(7), tcp(7), unix(7), raw(7), sendmsg(2), recvmsg(2), epoll(7): records, hang-ups,
// options, control messages, what hostile programs hand over. Prints TAP. All is on lo.
#include "tap.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR 20
#endif
#ifndef ICMP_FILTER
#define ICMP_FILTER 1
#endif
#define BAD ((void *)1L)
#define KERNEL ((void *)0xffffffff80000000UL)

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct sockaddr_in name_of(int s)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);
	getsockname(s, (struct sockaddr *)&a, &len);
	return a;
}

static int bound(int type)
{
	int s = socket(AF_INET, type, 0);
	struct sockaddr_in a = loopback(0);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	if (type == SOCK_STREAM)
		listen(s, 8);
	return s;
}

// A connected pair over TCP.
static void tcp_pair(int p[2])
{
	int l = bound(SOCK_STREAM);
	struct sockaddr_in a = name_of(l);
	p[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(p[0], (struct sockaddr *)&a, sizeof(a)) != 0)
		perror("connect");
	p[1] = accept(l, NULL, NULL);
	close(l);
}

static int option(int s, int level, int name)
{
	int value = -77;
	socklen_t len = sizeof(value);
	if (getsockopt(s, level, name, &value, &len) != 0)
		return -errno;
	return value;
}

static int set(int s, int level, int name, int value)
{
	return setsockopt(s, level, name, &value, sizeof(value));
}

static void records(void)
{
	int p[2];
	char b[64], *large = calloc(1, 1 << 20);
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) == 0);
	OK(option(p[0], SOL_SOCKET, SO_TYPE) == SOCK_SEQPACKET);
	OK(send(p[0], "one", 3, 0) == 3 && send(p[0], "second", 6, 0) == 6 && send(p[0], "3", 1, 0) == 1);
	OK(recv(p[1], b, sizeof(b), 0) == 3 && memcmp(b, "one", 3) == 0);
	OK(recv(p[1], b, sizeof(b), MSG_PEEK) == 6);
	OK(recv(p[1], b, sizeof(b), 0) == 6 && memcmp(b, "second", 6) == 0);
	OK(recv(p[1], b, sizeof(b), 0) == 1 && b[0] == '3');
	FAILS(recv(p[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	// What does not fit is lost.
	OK(write(p[0], "0123456789", 10) == 10 && write(p[0], "next", 4) == 4);
	OK(read(p[1], b, 4) == 4 && memcmp(b, "0123", 4) == 0);
	OK(read(p[1], b, sizeof(b)) == 4 && memcmp(b, "next", 4) == 0);
	OK(send(p[0], "0123456789", 10, 0) == 10);
	struct iovec v[2] = {{b, 2}, {b + 10, 3}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	OK(recvmsg(p[1], &m, 0) == 5 && m.msg_flags == MSG_TRUNC && memcmp(b, "01", 2) == 0 && memcmp(b + 10, "234", 3) == 0);
	OK(send(p[0], "0123456789", 10, 0) == 10);
	OK(recv(p[1], b, 4, MSG_TRUNC) == 10 && memcmp(b, "0123", 4) == 0);
	OK(writev(p[0], v, 2) == 5 && recvmsg(p[1], &m, 0) == 5 && m.msg_flags == 0);
	v[0].iov_len = v[1].iov_len = 20;
	OK(writev(p[0], v, 2) == 40 && readv(p[1], v, 2) == 40);
	// Large ones stay whole, too large ones are refused.
	OK(send(p[0], large, 60000, 0) == 60000 && recv(p[1], large, 1 << 20, 0) == 60000);
	FAILS(send(p[0], large, 1 << 20, MSG_DONTWAIT), EMSGSIZE);
	int sent = 0;
	while (sent < 1000 && send(p[0], large, 3000, MSG_DONTWAIT) == 3000)
		sent++;
	OK(sent > 3 && sent < 1000);
	int good = 1;
	for (int i = 0; i < sent; i++)
		good &= recv(p[1], large, 1 << 20, MSG_DONTWAIT) == 3000;
	OK(good);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 1; i <= 300; i++)
			if (send(p[0], large, i * 30, 0) != i * 30)
				_exit(1);
		_exit(0);
	}
	good = 1;
	for (int i = 1; i <= 300; i++)
		good &= recv(p[1], large, 1 << 20, 0) == i * 30;
	OK(good);
	int status;
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	close(p[0]);
	OK(recv(p[1], b, sizeof(b), 0) == 0);
	FAILS(send(p[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	close(p[1]);

	// Datagrams of a size that Linux programs send.
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	OK(send(p[0], large, 8000, 0) == 8000 && recv(p[1], large, 1 << 20, 0) == 8000);
	pid = fork();
	if (pid == 0) {
		for (int i = 1; i <= 300; i++)
			if (send(p[0], large, 5000, 0) != 5000)
				_exit(1);
		_exit(0);
	}
	usleep(50000);
	good = 1;
	for (int i = 1; i <= 300; i++)
		good &= recv(p[1], large, 1 << 20, 0) == 5000;
	OK(good);
	OK(waitpid(pid, &status, 0) == pid && status == 0);
	close(p[0]), close(p[1]);
	int u = bound(SOCK_DGRAM), c = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in a = name_of(u);
	OK(sendto(c, large, 65507, 0, (struct sockaddr *)&a, sizeof(a)) == 65507);
	OK(recv(u, large, 1 << 20, 0) == 65507);
	FAILS(sendto(c, large, 65508, 0, (struct sockaddr *)&a, sizeof(a)), EMSGSIZE);
	OK(sendto(c, large, 0, 0, (struct sockaddr *)&a, sizeof(a)) == 0 && recv(u, b, sizeof(b), 0) == 0);
	close(u), close(c);
	free(large);
}

// What was sent takes its time on a machine with other work.
static int arrives(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 5000) == 1;
}

static unsigned events_of(int fd, unsigned wanted)
{
	struct epoll_event e = {.events = wanted};
	int ep = epoll_create1(0);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
		return ~0U;
	e.events = 0;
	int n = epoll_wait(ep, &e, 1, 300);
	close(ep);
	return n == 1 ? e.events : n == 0 ? 0 : ~1U;
}

static void hang_ups(void)
{
	const unsigned all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	for (int unix_ = 0; unix_ <= 1; unix_++) {
		int p[2];
#define PAIR() do { if (unix_) socketpair(AF_UNIX, SOCK_STREAM, 0, p); else tcp_pair(p); } while (0)
		PAIR();
		OK(events_of(p[0], all) == EPOLLOUT);
		OK(events_of(p[0], EPOLLIN) == 0);
		shutdown(p[1], SHUT_WR);
		OK(events_of(p[0], EPOLLIN | EPOLLRDHUP) == (EPOLLIN | EPOLLRDHUP));
		OK(events_of(p[0], all) == all);
		OK(events_of(p[0], EPOLLIN) == EPOLLIN);
		OK(events_of(p[0], EPOLLRDHUP) == EPOLLRDHUP);
		OK(events_of(p[1], EPOLLOUT) == EPOLLOUT);
		shutdown(p[0], SHUT_WR);
		OK(events_of(p[0], all) == (all | EPOLLHUP));
		OK(events_of(p[0], EPOLLIN) == (EPOLLIN | EPOLLHUP));
		OK(events_of(p[0], EPOLLOUT) == (EPOLLOUT | EPOLLHUP));
		close(p[0]), close(p[1]);
		PAIR();
		shutdown(p[0], SHUT_WR);
		OK((events_of(p[0], EPOLLIN | EPOLLOUT) & (EPOLLHUP | EPOLLIN)) == 0);
		shutdown(p[0], SHUT_RDWR);
		OK((events_of(p[0], EPOLLIN) & ~EPOLLRDHUP) == (EPOLLIN | (unix_ ? EPOLLHUP : 0)) || !unix_);
		close(p[0]), close(p[1]);
		PAIR();
		struct linger now = {1, 0};
		setsockopt(p[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(p[1]);
		arrives(p[0]);
		unsigned got = events_of(p[0], all);
		OK((got & (all | EPOLLHUP)) == (all | EPOLLHUP));
		close(p[0]);
	}
	int p[2];
	pipe(p);
	OK(events_of(p[1], EPOLLOUT) == EPOLLOUT);
	close(p[1]);
	OK(events_of(p[0], EPOLLIN) == EPOLLHUP);
	close(p[0]);
}

static void options(void)
{
	int t = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0);
	int p[2];
	OK(set(u, IPPROTO_IP, IP_RECVERR, 1) == 0);
	char b[64];
	struct msghdr m = {0};
	FAILS(recvmsg(u, &m, MSG_ERRQUEUE), EAGAIN);
	FAILS(recv(u, b, 1, MSG_ERRQUEUE), EAGAIN);
	OK(set(u, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1) == 0);
	OK(set(t, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000) == 0 && option(t, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30000);
	FAILS(set(t, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), EINVAL);
	OK(set(t, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1) == 0);
	OK(set(t, IPPROTO_TCP, TCP_NODELAY, 1) == 0 && option(t, IPPROTO_TCP, TCP_NODELAY) == 1);
	OK(set(t, IPPROTO_TCP, TCP_CORK, 1) == 0 && set(t, IPPROTO_TCP, TCP_CORK, 0) == 0);
	OK(set(t, IPPROTO_TCP, TCP_KEEPIDLE, 50) == 0 && option(t, IPPROTO_TCP, TCP_KEEPIDLE) == 50);
	OK(set(t, IPPROTO_TCP, TCP_KEEPINTVL, 7) == 0 && option(t, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
	OK(set(t, IPPROTO_TCP, TCP_KEEPCNT, 4) == 0 && option(t, IPPROTO_TCP, TCP_KEEPCNT) == 4);
	FAILS(setsockopt(t, IPPROTO_TCP, TCP_ULP, "none", 4), ENOENT);
	FAILS(setsockopt(u, SOL_SOCKET, 27 /* SO_DETACH_FILTER */, &t, 4), ENOENT);
	OK(setsockopt(u, SOL_SOCKET, SO_BINDTODEVICE, "", 1) == 0);
	FAILS(setsockopt(u, SOL_SOCKET, SO_BINDTODEVICE, "none-such", 10), ENODEV);
	socklen_t len = sizeof(b);
	OK(getsockopt(u, SOL_SOCKET, SO_BINDTODEVICE, b, &len) == 0 && len == 0);
	OK(option(u, SOL_SOCKET, SO_MARK) == 0);
	unsigned long one = 0, two = 0;
	len = sizeof(one);
	OK(getsockopt(t, SOL_SOCKET, SO_COOKIE, &one, &len) == 0 && len == 8);
	OK(getsockopt(u, SOL_SOCKET, SO_COOKIE, &two, &len) == 0 && one != two && one && two);
	len = 4;
	FAILS(getsockopt(t, SOL_SOCKET, SO_COOKIE, &one, &len), EINVAL);
	OK(option(t, SOL_SOCKET, SO_DOMAIN) == AF_INET && option(t, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
	OK(option(u, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_UDP && option(u, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM);
	OK(option(t, SOL_SOCKET, SO_ACCEPTCONN) == 0);
	OK(set(t, SOL_SOCKET, SO_RCVBUF, 20000) == 0 && option(t, SOL_SOCKET, SO_RCVBUF) == 40000);
	OK(set(t, SOL_SOCKET, SO_KEEPALIVE, 5) == 0 && option(t, SOL_SOCKET, SO_KEEPALIVE) == 1);
	OK(set(t, SOL_SOCKET, SO_REUSEPORT, 1) == 0 && option(t, SOL_SOCKET, SO_REUSEPORT) == 1);
	OK(set(u, SOL_SOCKET, SO_PRIORITY, 0) == 0);
	OK(set(u, IPPROTO_IP, IP_TOS, 0x10) == 0 && option(u, IPPROTO_IP, IP_TOS) == 0x10);
	OK(set(u, IPPROTO_IP, IP_TTL, 33) == 0 && option(u, IPPROTO_IP, IP_TTL) == 33);
	FAILS(set(u, IPPROTO_IP, IP_TTL, 300), EINVAL);
	OK(set(u, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO) == 0 && option(u, IPPROTO_IP, IP_MTU_DISCOVER) == IP_PMTUDISC_DO);
	FAILS(set(u, IPPROTO_IP, IP_MTU_DISCOVER, 77), EINVAL);
	FAILS(set(u, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	FAILS(set(u, 9999, 1, 1), ENOPROTOOPT);
	FAILS(setsockopt(u, SOL_SOCKET, SO_KEEPALIVE, b, 3), EINVAL);
	FAILS(setsockopt(u, SOL_SOCKET, SO_KEEPALIVE, b, -1), EINVAL);
	FAILS(setsockopt(u, IPPROTO_IP, IP_TTL, b, -1), EINVAL);
	FAILS(setsockopt(u, SOL_SOCKET, SO_KEEPALIVE, BAD, 4), EFAULT);
	FAILS(setsockopt(u, SOL_SOCKET, SO_KEEPALIVE, KERNEL, 4), EFAULT);
	FAILS(syscall(SYS_getsockopt, u, SOL_SOCKET, SO_KEEPALIVE, b, BAD), EFAULT);
	len = 4;
	FAILS(getsockopt(u, SOL_SOCKET, SO_KEEPALIVE, KERNEL, &len), EFAULT);
	len = -1;
	FAILS(getsockopt(u, SOL_SOCKET, SO_KEEPALIVE, b, &len), EINVAL);
	FAILS(set(0x7fffff, SOL_SOCKET, SO_KEEPALIVE, 1), EBADF);
	int file = open("/dev/null", O_RDONLY);
	FAILS(set(file, SOL_SOCKET, SO_KEEPALIVE, 1), ENOTSOCK);
	FAILS(getsockopt(file, SOL_SOCKET, SO_KEEPALIVE, b, &len), ENOTSOCK);
	close(file);
	// A shorter room is filled, and nothing beyond.
	int value = -1;
	len = 1;
	OK(getsockopt(u, SOL_SOCKET, SO_TYPE, &value, &len) == 0 && len == 1 && value == (-1 & ~0xff) + SOCK_DGRAM);
	close(t), close(u);

	tcp_pair(p);
	struct tcp_info info;
	memset(&info, 0xa5, sizeof(info));
	len = sizeof(info);
	OK(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && len >= 104 && info.tcpi_state == TCP_ESTABLISHED);
	OK(info.tcpi_snd_mss > 100 && info.tcpi_rto > 1000);
	len = 5;
	memset(&info, 0xa5, sizeof(info));
	OK(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && len == 5 && ((unsigned char *)&info)[5] == 0xa5);
	int queued = -1;
	OK(write(p[1], "12345", 5) == 5 && arrives(p[0]));
	OK(ioctl(p[0], FIONREAD, &queued) == 0 && queued == 5);
	FAILS(ioctl(p[0], FIONREAD, BAD), EFAULT);
	FAILS(ioctl(p[0], FIONREAD, KERNEL), EFAULT);
	OK(recv(p[0], b, sizeof(b), MSG_PEEK) == 5 && recv(p[0], b, 3, MSG_WAITALL) == 3 && recv(p[0], b, 9, MSG_DONTWAIT) == 2);
	OK(send(p[0], "!", 1, MSG_OOB) == 1);
	usleep(300000);
	OK(ioctl(p[1], SIOCATMARK, &queued) == 0 && queued == 1);
	OK(recv(p[1], b, 1, MSG_OOB) == 1 && b[0] == '!');
	close(p[0]), close(p[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	struct ucred who = {0};
	len = sizeof(who);
	OK(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid() && who.uid == getuid());
	gid_t groups[70];
	len = sizeof(groups);
	OK(getsockopt(p[0], SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0 && len % 4 == 0);
	close(p[0]), close(p[1]);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	len = sizeof(groups);
	FAILS(getsockopt(s, SOL_SOCKET, SO_PEERGROUPS, groups, &len), ENODATA);
	close(s);

	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (raw >= 0) {
		struct icmp_filter f = {~(1U << ICMP_ECHOREPLY)}, g = {0};
		OK(setsockopt(raw, SOL_RAW, ICMP_FILTER, &f, sizeof(f)) == 0);
		len = sizeof(g);
		OK(getsockopt(raw, SOL_RAW, ICMP_FILTER, &g, &len) == 0 && g.data == f.data);
		struct {
			struct icmphdr h;
			char data[16];
		} echo = {.h.type = ICMP_ECHO, .h.un.echo.id = htons(77)};
		unsigned sum = 0;
		for (unsigned i = 0; i < sizeof(echo) / 2; i++)
			sum += ((unsigned short *)&echo)[i];
		echo.h.checksum = ~(sum + (sum >> 16));
		struct sockaddr_in a = loopback(0);
		OK(sendto(raw, &echo, sizeof(echo), 0, (struct sockaddr *)&a, sizeof(a)) == sizeof(echo));
		unsigned char answer[200];
		struct timeval two = {2, 0};
		setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &two, sizeof(two));
		OK(recv(raw, answer, sizeof(answer), 0) == 20 + sizeof(echo) && answer[20] == ICMP_ECHOREPLY);
		f.data = ~0U;
		setsockopt(raw, SOL_RAW, ICMP_FILTER, &f, sizeof(f));
		sendto(raw, &echo, sizeof(echo), 0, (struct sockaddr *)&a, sizeof(a));
		two = (struct timeval){0, 200000};
		setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &two, sizeof(two));
		FAILS(recv(raw, answer, sizeof(answer), 0), EAGAIN);
		FAILS(setsockopt(raw, SOL_RAW, ICMP_FILTER, BAD, 4), EFAULT);
		close(raw);
	} else
		SKIP(icmp_filter, "no raw sockets");
	raw = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	if (raw >= 0) {
		struct icmp6_filter f, g;
		ICMP6_FILTER_SETBLOCKALL(&f);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
		OK(setsockopt(raw, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) == 0);
		len = sizeof(g);
		OK(getsockopt(raw, IPPROTO_ICMPV6, ICMP6_FILTER, &g, &len) == 0 && memcmp(&f, &g, sizeof(f)) == 0);
		close(raw);
	} else
		SKIP(icmp6_filter, "no raw sockets");
}

static long received(int s, struct msghdr *m, void *control, size_t room)
{
	static char b[100];
	static struct iovec v;
	v = (struct iovec){b, sizeof(b)};
	*m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
	return recvmsg(s, m, 0);
}

static struct cmsghdr *find(struct msghdr *m, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	return NULL;
}

static void control_messages(void)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} c;
	struct msghdr m;
	int u = bound(SOCK_DGRAM), s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in a = name_of(u);
	connect(s, (struct sockaddr *)&a, sizeof(a));
	OK(set(u, IPPROTO_IP, IP_PKTINFO, 1) == 0 && option(u, IPPROTO_IP, IP_PKTINFO) == 1);
	OK(set(u, IPPROTO_IP, IP_RECVTTL, 1) == 0 && set(u, SOL_SOCKET, SO_TIMESTAMP, 1) == 0);
	OK(set(u, IPPROTO_IP, IP_RECVORIGDSTADDR, 1) == 0);
	OK(send(s, "x", 1, 0) == 1 && received(u, &m, &c, sizeof(c)) == 1 && !(m.msg_flags & MSG_CTRUNC));
	struct cmsghdr *h;
	OK((h = find(&m, IPPROTO_IP, IP_PKTINFO)) && h->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo)));
	struct in_pktinfo *info = (void *)CMSG_DATA(h);
	OK(info->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) && info->ipi_ifindex > 0);
	OK((h = find(&m, IPPROTO_IP, IP_TTL)) && *(int *)CMSG_DATA(h) == 64);
	OK((h = find(&m, SOL_SOCKET, SO_TIMESTAMP)) && h->cmsg_len == CMSG_LEN(sizeof(struct timeval)));
	OK(((struct timeval *)CMSG_DATA(h))->tv_sec >= time(NULL) - 10);
	h = find(&m, IPPROTO_IP, IP_RECVORIGDSTADDR);
	OK(h && ((struct sockaddr_in *)CMSG_DATA(h))->sin_port == a.sin_port && ((struct sockaddr_in *)CMSG_DATA(h))->sin_family == AF_INET);
	OK(set(u, SOL_SOCKET, SO_TIMESTAMPNS, 1) == 0);
	OK(send(s, "x", 1, 0) == 1 && received(u, &m, &c, sizeof(c)) == 1);
	OK((h = find(&m, SOL_SOCKET, SO_TIMESTAMPNS)) && ((struct timespec *)CMSG_DATA(h))->tv_nsec < 1000000000);
	OK(set(u, SOL_SOCKET, SO_TIMESTAMPNS, 0) == 0 && set(u, SOL_SOCKET, SO_TIMESTAMPING, 0x18) == 0);
	int flags[2] = {0};
	socklen_t flags_len = sizeof(flags);
	OK(getsockopt(u, SOL_SOCKET, SO_TIMESTAMPING, flags, &flags_len) == 0 && flags[0] == 0x18);
	// Linux begins to stamp a moment after it was asked to.
	int tries = 0;
	do {
		usleep(tries * 1000);
		OK(send(s, "x", 1, 0) == 1 && received(u, &m, &c, sizeof(c)) == 1);
		h = find(&m, SOL_SOCKET, SO_TIMESTAMPING);
	} while (!h && ++tries < 50);
	struct timespec now, *stamps;
	clock_gettime(CLOCK_REALTIME, &now);
	stamps = h ? (struct timespec *)CMSG_DATA(h) : NULL;
	OK(stamps && h->cmsg_len == CMSG_LEN(48) && now.tv_sec - stamps[0].tv_sec <= 2 && now.tv_sec >= stamps[0].tv_sec);
	OK(stamps && stamps[0].tv_nsec < 1000000000 && stamps[1].tv_sec == 0 && stamps[2].tv_sec == 0 && stamps[2].tv_nsec == 0);
	FAILS(set(u, SOL_SOCKET, SO_TIMESTAMPING, 1 << 28), EINVAL);
	OK(set(u, SOL_SOCKET, SO_TIMESTAMPING, 0) == 0);
	OK(send(s, "x", 1, 0) == 1 && received(u, &m, &c, sizeof(c)) == 1 && !find(&m, SOL_SOCKET, SO_TIMESTAMPING));
	OK(set(u, SOL_SOCKET, SO_TIMESTAMPNS, 1) == 0);
	// Too little room is told.
	OK(send(s, "x", 1, 0) == 1 && received(u, &m, &c, 20) == 1 && (m.msg_flags & MSG_CTRUNC));
	OK(send(s, "x", 1, 0) == 1 && received(u, &m, NULL, 0) == 1);
	OK(send(s, "x", 1, 0) == 1);
	OK(received(u, &m, KERNEL, 100) == 1 && m.msg_controllen == 0);
	// Of a source address.
	struct iovec v = {"y", 1};
	memset(&c, 0, sizeof(c));
	m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo))};
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = IPPROTO_IP, h->cmsg_type = IP_PKTINFO, h->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	((struct in_pktinfo *)CMSG_DATA(h))->ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK);
	int w = socket(AF_INET, SOCK_DGRAM, 0);
	m.msg_name = &a, m.msg_namelen = sizeof(a);
	OK(sendmsg(w, &m, 0) == 1);
	char b[10];
	OK(arrives(u) && recv(u, b, sizeof(b), MSG_DONTWAIT) == 1 && b[0] == 'y');
	// Lengths that lie: every one is refused or ignored, none is followed.
	int accepted = 0, refused = 0;
	for (long len = -64; len < 96; len++) {
		h->cmsg_len = len;
		long r = sendmsg(w, &m, MSG_DONTWAIT);
		if (r == 1)
			accepted++;
		else if (errno == EINVAL)
			refused++;
		while (recv(u, b, 1, MSG_DONTWAIT) >= 0)
			;
	}
	OK(accepted + refused == 160 && refused >= 150);
	h->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	m.msg_controllen = ~0UL;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), ENOBUFS);
	m.msg_controllen = 1UL << 31;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), ENOBUFS);
	m.msg_control = KERNEL, m.msg_controllen = 100;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), EFAULT);
	m.msg_control = NULL, m.msg_controllen = 0;
	m.msg_iovlen = 1025;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), EMSGSIZE);
	m.msg_iovlen = 1UL << 31;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), EMSGSIZE);
	FAILS(recvmsg(w, &m, MSG_DONTWAIT), EMSGSIZE);
	FAILS(sendmsg(w, BAD, 0), EFAULT);
	FAILS(recvmsg(w, KERNEL, 0), EFAULT);
	m.msg_iovlen = 1;
	v.iov_base = KERNEL;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), EFAULT);
	v.iov_base = b;
	m.msg_namelen = -1;
	FAILS(sendmsg(w, &m, MSG_DONTWAIT), EINVAL);
	close(w), close(s), close(u);

	// Descriptors and credentials.
	int p[2], q[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	pipe(q);
	memset(&c, 0, sizeof(c));
	v = (struct iovec){"z", 1};
	m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = CMSG_SPACE(8)};
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET, h->cmsg_type = SCM_RIGHTS, h->cmsg_len = CMSG_LEN(8);
	memcpy(CMSG_DATA(h), q, 8);
	OK(sendmsg(p[0], &m, 0) == 1);
	// A look must not hand out what is the kernel's.
	union {
		char bytes[512];
		struct cmsghdr align;
	} d;
	memset(&d, 0xa5, sizeof(d));
	char look[4];
	struct iovec lv = {look, 4};
	struct msghdr lm = {.msg_iov = &lv, .msg_iovlen = 1, .msg_control = &d, .msg_controllen = sizeof(d)};
	OK(recvmsg(p[1], &lm, MSG_PEEK) == 1);
	int leaked = 0;
	for (struct cmsghdr *x = CMSG_FIRSTHDR(&lm); x; x = CMSG_NXTHDR(&lm, x))
		for (int *fd = (int *)CMSG_DATA(x); (char *)(fd + 1) <= (char *)x + x->cmsg_len; fd++) {
			leaked += *fd < 0 || *fd > 10000;
			close(*fd);
		}
	OK(leaked == 0);
	OK(fcntl(p[0], F_GETFD) == 0 && fcntl(p[1], F_GETFD) == 0 && fcntl(q[0], F_GETFD) == 0);
	OK(received(p[1], &m, &c, sizeof(c)) == 1 && (h = find(&m, SOL_SOCKET, SCM_RIGHTS)) && h->cmsg_len == CMSG_LEN(8));
	int *fds = (int *)CMSG_DATA(h);
	OK(write(fds[1], "via", 3) == 3 && read(q[0], b, 10) == 3);
	close(fds[0]), close(fds[1]);
	OK(set(p[1], SOL_SOCKET, SO_PASSCRED, 1) == 0);
	OK(send(p[0], "c", 1, 0) == 1 && received(p[1], &m, &c, sizeof(c)) == 1);
	OK((h = find(&m, SOL_SOCKET, SCM_CREDENTIALS)) && ((struct ucred *)CMSG_DATA(h))->pid == getpid());
	int bad[1] = {0x7fffff};
	m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = CMSG_SPACE(4)};
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET, h->cmsg_type = SCM_RIGHTS, h->cmsg_len = CMSG_LEN(4);
	memcpy(CMSG_DATA(h), bad, 4);
	FAILS(sendmsg(p[0], &m, 0), EBADF);
	close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

static void addresses(void)
{
	char room[400];
	int wrong = 0, s = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_in a = loopback(1);
	memset(room, 0, sizeof(room));
	memcpy(room, &a, sizeof(a));
	for (int len = -1; len <= 300; len++) {
		int want = len < 0 || len > 128 || len < 16 ? EINVAL : ECONNREFUSED;
		if (len == 0 || len == 1)
			want = EINVAL;
		int t = socket(AF_INET, SOCK_STREAM, 0);
		errno = 0;
		if (connect(t, (struct sockaddr *)room, len) != -1 || errno != want)
			wrong++;
		close(t);
	}
	OK(wrong == 0);
	wrong = 0;
	for (int len = -1; len <= 300; len++) {
		int t = socket(AF_INET, SOCK_DGRAM, 0);
		room[2] = room[3] = 0;
		int good = len >= 16 && len <= 128;
		if ((bind(t, (struct sockaddr *)room, len) == 0) != good)
			wrong++;
		close(t);
	}
	OK(wrong == 0);
	FAILS(connect(s, KERNEL, 16), EFAULT);
	FAILS(bind(s, BAD, 16), EFAULT);
	socklen_t len = 16;
	FAILS(getsockname(s, KERNEL, &len), EFAULT);
	FAILS(getsockname(s, (struct sockaddr *)room, BAD), EFAULT);
	len = -1;
	FAILS(getsockname(s, (struct sockaddr *)room, &len), EINVAL);
	FAILS(getpeername(s, (struct sockaddr *)room, &len), ENOTCONN);
	// Nothing is written beyond what was asked for, and no padding is the kernel's.
	for (unsigned n = 0; n <= 20; n += 4) {
		memset(room, 0xa5, sizeof(room));
		len = n;
		if (getsockname(s, (struct sockaddr *)room, &len) != 0 || len != 16 || (unsigned char)room[n < 16 ? n : 16] != 0xa5)
			wrong++;
	}
	OK(wrong == 0);
	memset(room, 0xa5, sizeof(room));
	len = sizeof(room);
	OK(getsockname(s, (struct sockaddr *)room, &len) == 0 && len == 16 && memcmp(room + 8, "\0\0\0\0\0\0\0\0", 8) == 0);
	memset(room, 0xa5, sizeof(room));
	len = sizeof(room);
	OK(getsockname(u, (struct sockaddr *)room, &len) == 0 && len == 2 && room[0] == AF_UNIX && (unsigned char)room[2] == 0xa5);
	FAILS(accept4(s, NULL, NULL, 0x40000000), EINVAL);
	FAILS(accept(s, NULL, NULL), EINVAL);
	FAILS(listen(0x7fffff, 1), EBADF);
	FAILS(shutdown(s, SHUT_RD), ENOTCONN);
	FAILS(shutdown(s, 7), EINVAL);
	FAILS(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	FAILS(socket(AF_INET, 77, 0), EINVAL);
	FAILS(socket(77, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
	int p[2];
	FAILS(socketpair(AF_INET, SOCK_STREAM, 0, p), EOPNOTSUPP);
	FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, KERNEL), EFAULT);
	close(s), close(u);
	s = socket(AF_INET, SOCK_STREAM, 0);
	FAILS(recv(s, room, 1, 0), ENOTCONN);
	close(s);
	struct sockaddr_un path = {.sun_family = AF_UNIX};
	snprintf(path.sun_path, sizeof(path.sun_path), "lrs-%d.sock", getpid());
	u = socket(AF_UNIX, SOCK_STREAM, 0);
	OK(bind(u, (struct sockaddr *)&path, sizeof(path)) == 0 && listen(u, 1) == 0);
	struct sockaddr_un other = {.sun_family = AF_UNIX, .sun_path = "lrs-other.sock"};
	FAILS(bind(u, (struct sockaddr *)&other, sizeof(other)), EINVAL);
	unlink(other.sun_path);
	int v = socket(AF_UNIX, SOCK_STREAM, 0);
	FAILS(bind(v, (struct sockaddr *)&path, sizeof(path)), EADDRINUSE);
	OK(connect(v, (struct sockaddr *)&path, sizeof(path)) == 0);
	len = sizeof(room);
	OK(getpeername(v, (struct sockaddr *)room, &len) == 0 && strcmp(room + 2, path.sun_path) == 0);
	struct ucred who;
	len = sizeof(who);
	OK(getsockopt(v, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid());
	unlink(path.sun_path);
	close(v);
	v = socket(AF_UNIX, SOCK_STREAM, 0);
	FAILS(connect(v, (struct sockaddr *)&path, sizeof(path)), ENOENT);
	close(u), close(v);
}

int main(void)
{
	alarm(90);
	signal(SIGPIPE, SIG_IGN);
	records();
	hang_ups();
	options();
	control_messages();
	addresses();
	return tap_end();
}
