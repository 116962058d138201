// SPDX-License-Identifier: BSD-2-Clause
// Netlink sockets: netlink(7), rtnetlink(7). Asks only, and about what every machine has: lo,
// 127.0.0.1/8 and ::1/128.
#include "linux.h"

enum {
	SYS_connect = 42, SYS_recvmsg = 47, SYS_listen = 50, SYS_getpeername = 52, SYS_setsockopt = 54,
	SYS_setuid = 105,
	AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, SOCK_STREAM = 1,
	SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_CLOEXEC = 02000000, SOCK_NONBLOCK = 04000, BAD = 16,
	ROUTE = 0, UEVENT = 15, GENERIC = 16,
	ENODEV = 19, ESOCKTNOSUPPORT = 94, EPROTONOSUPPORT = 93, ENOPROTOOPT = 92,
	SOL_SOCKET = 1, SO_TYPE = 3, SO_PASSCRED = 16, SO_PROTOCOL = 38, SO_DOMAIN = 39, SOL_NETLINK = 270,
	ADD_MEMBERSHIP = 1, DROP_MEMBERSHIP = 2, NO_ENOBUFS = 5, CAP_ACK = 10, EXT_ACK = 11, STRICT = 12,
	MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40,
	NLMSG_ERROR = 2, NLMSG_DONE = 3, F_REQUEST = 1, F_MULTI = 2, F_ACK = 4, F_DUMP = 0x300, F_CAPPED = 0x100,
	NEWLINK = 16, GETLINK = 18, NEWADDR = 20, GETADDR = 22, NEWROUTE = 24, GETROUTE = 26,
	NEWNEIGH = 28, GETNEIGH = 30,
	IFLA_ADDRESS = 1, IFLA_BROADCAST = 2, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_STATS = 7, IFLA_STATS64 = 23,
	IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_CACHEINFO = 6, IFA_FLAGS = 8,
	RTA_DST = 1, RTA_OIF = 4, RTA_TABLE = 15, ARPHRD_LOOPBACK = 772, RTN_LOCAL = 2, RT_TABLE_MAIN = 254,
	RT_SCOPE_HOST = 254, IFA_F_PERMANENT = 0x80,
	IFF_UP = 1, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40, IFF_LOWER_UP = 0x10000,
	GETFAMILY = 3, CTRL_FAMILY_ID = 1, CTRL_FAMILY_NAME = 2,
};

struct sockaddr_nl {
	u16 family, pad;
	u32 pid, groups;
};

struct nlmsghdr {
	u32 len;
	u16 type, flags;
	u32 seq, pid;
};

struct ifinfomsg {
	u8 family, pad;
	u16 type;
	i32 index;
	u32 flags, change;
};

struct ifaddrmsg {
	u8 family, prefix, flags, scope;
	u32 index;
};

struct rtmsg {
	u8 family, dst_len, src_len, tos, table, protocol, scope, type;
	u32 flags;
};

struct ndmsg {
	u8 family, pad1;
	u16 pad2;
	i32 index;
	u16 state;
	u8 flags, type;
};

struct attr {
	u16 len, type;
	u8 data[28];
};

struct msghdr {
	void *name;
	u32 namelen;
	struct iovec *iov;
	u64 iovlen;
	void *control;
	u64 controllen;
	u32 flags;
};

// A request with one attribute at most.
struct request {
	struct nlmsghdr h;
	union {
		u8 bytes[16];
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		struct ndmsg neigh;
	};
	struct attr attr;
};

static u8 buf[65536] __attribute__((aligned(8)));
static u32 seq = 100;

static long open_nl(int protocol)
{
	struct sockaddr_nl a = {.family = AF_NETLINK};
	long fd = sc(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	sc(SYS_bind, fd, &a, sizeof(a));
	return fd;
}

// Sends a header of `size` bytes and perhaps an attribute; what sendto(2) says.
static long ask(long fd, struct request *r, int type, int flags, u32 size, const void *value, u16 len)
{
	struct sockaddr_nl kernel = {.family = AF_NETLINK};
	r->h = (struct nlmsghdr){16 + size, type, flags, ++seq, 0};
	if (value != NULL) {
		struct attr *a = (struct attr *)((u8 *)r + 16 + size);
		u16 kind = r->attr.type;
		a->type = kind;
		a->len = 4 + len;
		memcpy(a->data, value, len);
		r->h.len += (4u + len + 3) & ~3u;
	}
	return sc(SYS_sendto, fd, r, r->h.len, 0, &kernel, sizeof(kernel));
}

// The next message that answers the last question, reading more where there are none.
static u8 *at, *end;

static struct nlmsghdr *next(long fd)
{
	if (at >= end) {
		// Linux has answered before send(2) returns.
		long got = sc(SYS_recvfrom, fd, buf, sizeof(buf), MSG_DONTWAIT, 0, 0);
		if (got <= 0)
			return NULL;
		at = buf;
		end = buf + got;
	}
	struct nlmsghdr *h = (struct nlmsghdr *)at;
	if (end - at < 16 || h->len < 16 || h->len > (u64)(end - at) || h->seq != seq)
		return NULL;
	at += (h->len + 3) & ~3u;
	return h;
}

static struct attr *find(struct nlmsghdr *h, u32 size, int type)
{
	u8 *p = (u8 *)h + 16 + size, *stop = (u8 *)h + h->len;
	struct attr *found = NULL;
	while (stop - p >= 4) {
		struct attr *a = (struct attr *)p;
		if (a->len < 4 || a->len > stop - p)
			return NULL;
		if ((a->type & 0x3fff) == type)
			found = a;
		p += (a->len + 3) & ~3u;
	}
	return found;
}

static long error_of(long fd)
{
	struct nlmsghdr *h = next(fd);
	at = end = NULL;
	return h == NULL || h->type != NLMSG_ERROR ? 1 : *(i32 *)(h + 1);
}

static int zeros(const u8 *p, int n)
{
	while (n > 0 && *p == 0)
		p++, n--;
	return n == 0;
}

static void sockets(void)
{
	eq("SOCK_STREAM is ESOCKTNOSUPPORT", sc(SYS_socket, AF_NETLINK, SOCK_STREAM, ROUTE), -ESOCKTNOSUPPORT);
	eq("and before the protocol", sc(SYS_socket, AF_NETLINK, SOCK_STREAM, 1000), -ESOCKTNOSUPPORT);
	eq("an unknown protocol is EPROTONOSUPPORT", sc(SYS_socket, AF_NETLINK, SOCK_RAW, 1000), -EPROTONOSUPPORT);
	eq("so is a negative one", sc(SYS_socket, AF_NETLINK, SOCK_RAW, -1), -EPROTONOSUPPORT);
	int pair[2];
	eq("socketpair is EOPNOTSUPP", sc(SYS_socketpair, AF_NETLINK, SOCK_RAW, ROUTE, pair), -EOPNOTSUPP);
	int protocols[] = {ROUTE, GENERIC, UEVENT};
	for (u64 i = 0; i < COUNT(protocols); i++) {
		long fd = sc(SYS_socket, AF_NETLINK, SOCK_DGRAM, protocols[i]);
		int value = -1, len = 4;
		ok(fd >= 0, "a socket");
		sc(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &value, &len);
		eq("tells its protocol", value, protocols[i]);
		sc(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &value, &len);
		eq("its family", value, AF_NETLINK);
		sc(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &len);
		eq("and its type", value, SOCK_DGRAM);
		eq("nothing is there to read", sc(SYS_recvfrom, fd, buf, 16, MSG_DONTWAIT, 0, 0), -EAGAIN);
		eq("shutdown is EOPNOTSUPP", sc(SYS_shutdown, fd, 2), -EOPNOTSUPP);
		eq("listen is EOPNOTSUPP", sc(SYS_listen, fd, 1), -EOPNOTSUPP);
		sc(SYS_close, fd);
	}
}

static void addresses(void)
{
	struct sockaddr_nl a = {.family = AF_NETLINK}, b;
	u32 len = sizeof(b);
	long fd = sc(SYS_socket, AF_NETLINK, SOCK_RAW, ROUTE);
	memset(&b, 0xa5, sizeof(b));
	eq("getsockname of an unbound one", sc(SYS_getsockname, fd, &b, &len), 0);
	ok(len == 12 && b.family == AF_NETLINK && b.pad == 0 && b.pid == 0 && b.groups == 0, "has no port");
	eq("bind of a short address is EINVAL", sc(SYS_bind, fd, &a, 11), -EINVAL);
	struct {
		u16 family;
		char path[10];
	} other = {AF_UNIX, "/tmp/abcd"};
	eq("of another family is EINVAL", sc(SYS_bind, fd, &other, 12), -EINVAL);
	a.groups = 0x11;
	eq("bind to port 0 and two groups", sc(SYS_bind, fd, &a, sizeof(a)), 0);
	len = sizeof(b);
	sc(SYS_getsockname, fd, &b, &len);
	ok(b.pid != 0, "gives a port");
	eq("and the groups", b.groups, 0x11);
	eq("the first port is the process", b.pid, sc(SYS_getpid));
	u32 port = b.pid;
	a = b;
	a.groups = 0;
	eq("bind again to the same port", sc(SYS_bind, fd, &a, sizeof(a)), 0);
	len = sizeof(b);
	sc(SYS_getsockname, fd, &b, &len);
	eq("changes the groups", b.groups, 0);
	a.pid++;
	eq("to another one is EINVAL", sc(SYS_bind, fd, &a, sizeof(a)), -EINVAL);
	long two = sc(SYS_socket, AF_NETLINK, SOCK_RAW, ROUTE);
	a.pid = port;
	eq("a port that is taken is EADDRINUSE", sc(SYS_bind, two, &a, sizeof(a)), -EADDRINUSE);
	a.pid = 0;
	eq("connect to the kernel", sc(SYS_connect, two, &a, sizeof(a)), 0);
	len = sizeof(b);
	sc(SYS_getsockname, two, &b, &len);
	ok(b.pid != 0 && b.pid != port, "gives a port of its own");
	len = sizeof(b);
	eq("getpeername", sc(SYS_getpeername, two, &b, &len), 0);
	ok(len == 12 && b.family == AF_NETLINK && b.pid == 0 && b.groups == 0, "is the kernel");
	a.family = AF_UNSPEC;
	eq("connect to nobody", sc(SYS_connect, two, &a, sizeof(a)), 0);
	a.family = AF_NETLINK;
	a.pid = 0x7ffffff0;
	eq("a port that nobody has is ECONNREFUSED", sc(SYS_sendto, two, buf, 32, 0, &a, sizeof(a)), -111);
	sc(SYS_close, two);
	two = sc(SYS_socket, AF_NETLINK, SOCK_RAW, ROUTE);
	struct request r = {};
	ask(two, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	len = sizeof(b);
	sc(SYS_getsockname, two, &b, &len);
	ok(b.pid != 0, "so does sending to the kernel");
	sc(SYS_close, two);

	int on = 1, value = -1;
	len = 4;
	eq("NETLINK_EXT_ACK", sc(SYS_setsockopt, fd, SOL_NETLINK, EXT_ACK, &on, 4), 0);
	eq("is told", sc(SYS_getsockopt, fd, SOL_NETLINK, EXT_ACK, &value, &len), 0);
	eq("as it is", value, 1);
	eq("NETLINK_GET_STRICT_CHK", sc(SYS_setsockopt, fd, SOL_NETLINK, STRICT, &on, 4), 0);
	eq("NETLINK_CAP_ACK", sc(SYS_setsockopt, fd, SOL_NETLINK, CAP_ACK, &on, 4), 0);
	eq("NETLINK_NO_ENOBUFS", sc(SYS_setsockopt, fd, SOL_NETLINK, NO_ENOBUFS, &on, 4), 0);
	value = 1;
	eq("membership of a group", sc(SYS_setsockopt, fd, SOL_NETLINK, ADD_MEMBERSHIP, &value, 4), 0);
	len = sizeof(b);
	sc(SYS_getsockname, fd, &b, &len);
	eq("is in the name", b.groups, 1);
	eq("and its end", sc(SYS_setsockopt, fd, SOL_NETLINK, DROP_MEMBERSHIP, &value, 4), 0);
	value = 0;
	eq("group 0 is EINVAL", sc(SYS_setsockopt, fd, SOL_NETLINK, ADD_MEMBERSHIP, &value, 4), -EINVAL);
	value = 100000;
	eq("one that is not there is EINVAL", sc(SYS_setsockopt, fd, SOL_NETLINK, ADD_MEMBERSHIP, &value, 4), -EINVAL);
	value = -1;
	eq("a negative one is EINVAL", sc(SYS_setsockopt, fd, SOL_NETLINK, DROP_MEMBERSHIP, &value, 4), -EINVAL);
	eq("an unknown option is ENOPROTOOPT", sc(SYS_setsockopt, fd, SOL_NETLINK, 999, &on, 4), -ENOPROTOOPT);
	sc(SYS_close, fd);
}

// All links; the index of lo.
static i32 links(long fd, const char *how)
{
	struct request r = {};
	struct nlmsghdr *h;
	i32 lo = 0;
	int done = 0, others = 0;
	note(how, 0);
	ok(ask(fd, &r, GETLINK, F_REQUEST | F_DUMP, 16, NULL, 0) > 0, "ask for all links");
	while ((h = next(fd)) != NULL) {
		if (h->type == NLMSG_DONE) {
			done = h->len >= 20 && h->flags & F_MULTI && *(i32 *)(h + 1) == 0;
			break;
		}
		struct ifinfomsg *m = (struct ifinfomsg *)(h + 1);
		struct attr *name = find(h, 16, IFLA_IFNAME);
		if (h->type != NEWLINK || !(h->flags & F_MULTI) || h->flags & 0x301 || name == NULL)
			others++;
		else if (streq((char *)name->data, "lo")) {
			struct attr *a;
			lo = m->index;
			u32 wanted = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP;
			ok(m->family == 0 && m->pad == 0 && m->type == ARPHRD_LOOPBACK, "lo is a loopback");
			ok((m->flags & wanted) == wanted, "up and running");
			eq("with nothing changed", m->change, 0);
			a = find(h, 16, IFLA_MTU);
			ok(a != NULL && a->len == 8 && *(u32 *)a->data >= 1500, "its MTU is large");
			a = find(h, 16, IFLA_ADDRESS);
			ok(a != NULL && a->len == 10 && zeros(a->data, 6), "its address is zeros");
			a = find(h, 16, IFLA_BROADCAST);
			ok(a != NULL && a->len == 10 && zeros(a->data, 6), "so is that for all");
			a = find(h, 16, IFLA_STATS64);
			ok(a != NULL && a->len >= 4 + 23 * 8, "it has statistics");
			a = find(h, 16, IFLA_STATS);
			ok(a != NULL && a->len >= 4 + 23 * 4, "and the old ones");
		}
	}
	ok(done, "the end is told");
	eq("and all were links", others, 0);
	ok(lo > 0, "lo is there");
	at = end = NULL;
	return lo;
}

static void one_link(long fd, i32 lo)
{
	struct request r = {.attr.type = IFLA_IFNAME};
	struct nlmsghdr *h;
	r.link.index = lo;
	ask(fd, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	h = next(fd);
	ok(h != NULL && h->type == NEWLINK && !(h->flags & F_MULTI), "a link by index");
	ok(h != NULL && ((struct ifinfomsg *)(h + 1))->index == lo, "is that one");
	ok(next(fd) == NULL, "and no more");
	r = (struct request){.attr.type = IFLA_IFNAME};
	ask(fd, &r, GETLINK, F_REQUEST | F_ACK, 16, "lo", 3);
	h = next(fd);
	ok(h != NULL && h->type == NEWLINK && ((struct ifinfomsg *)(h + 1))->index == lo, "by name");
	h = next(fd);
	ok(h != NULL && h->type == NLMSG_ERROR && *(i32 *)(h + 1) == 0, "with an acknowledgement");
	ok(h != NULL && h->len == 36 && h->flags & F_CAPPED, "of the header alone");
	at = end = NULL;
	r = (struct request){.attr.type = IFLA_IFNAME};
	ask(fd, &r, GETLINK, F_REQUEST, 16, "nosuch0", 8);
	h = next(fd);
	ok(h != NULL && h->type == NLMSG_ERROR && *(i32 *)(h + 1) == -ENODEV, "one that is not there is ENODEV");
	ok(h != NULL && h->len == r.h.len + 20 && (u8 *)h + h->len <= end, "the answer has the question");
	// But for the port, which the kernel fills in.
	r.h.pid = h == NULL ? 0 : *(u32 *)((u8 *)h + 32);
	ok(h != NULL && memcmp((u8 *)h + 20, &r, r.h.len) == 0, "as it was");
	at = end = NULL;
	r = (struct request){};
	r.link.index = 0x7ffffff0;
	ask(fd, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	eq("an index that is not there is ENODEV", error_of(fd), -ENODEV);
	r = (struct request){};
	ask(fd, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	eq("neither index nor name is EINVAL", error_of(fd), -EINVAL);
}

// Whether lo has ::1.
static int have_ipv6(void)
{
	struct { u16 family, port; u32 flow; u8 address[16]; u32 scope; } a = {.family = AF_INET6, .address[15] = 1};
	long fd = sc(SYS_socket, AF_INET6, 2, 0);
	long bound = fd < 0 ? fd : sc(SYS_bind, fd, &a, sizeof(a));
	if (fd >= 0)
		sc(SYS_close, fd);
	return bound == 0;
}

static void addrs(long fd, int family, i32 lo)
{
	static const u8 v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
	// As the C library asks: with no more than a family.
	struct request r = {.bytes = {family}};
	struct nlmsghdr *h;
	int found4 = 0, found6 = 0, wrong = 0, done = 0;
	note("addresses of family", family);
	ok(ask(fd, &r, GETADDR, F_REQUEST | F_DUMP, 4, NULL, 0) > 0, "ask for all addresses");
	while ((h = next(fd)) != NULL) {
		if (h->type == NLMSG_DONE) {
			done = 1;
			break;
		}
		struct ifaddrmsg *m = (struct ifaddrmsg *)(h + 1);
		struct attr *a = find(h, 8, IFA_ADDRESS), *flags = find(h, 8, IFA_FLAGS);
		struct attr *times = find(h, 8, IFA_CACHEINFO), *label = find(h, 8, IFA_LABEL);
		int len = m->family == AF_INET ? 4 : 16;
		if (h->type != NEWADDR || a == NULL || a->len != 4 + len || times == NULL || times->len != 20 ||
		    flags == NULL || (family != 0 && m->family != family))
			wrong++;
		else if (m->family == AF_INET && memcmp(a->data, v4, 4) == 0) {
			struct attr *local = find(h, 8, IFA_LOCAL);
			found4 = m->prefix == 8 && m->scope == RT_SCOPE_HOST && m->index == (u32)lo &&
				 m->flags & IFA_F_PERMANENT && *(u32 *)flags->data & IFA_F_PERMANENT &&
				 local != NULL && memcmp(local->data, v4, 4) == 0 &&
				 label != NULL && streq((char *)label->data, "lo");
		} else if (m->family == AF_INET6 && memcmp(a->data, v6, 16) == 0)
			found6 = m->prefix == 128 && m->scope == RT_SCOPE_HOST && m->index == (u32)lo &&
				 m->flags & IFA_F_PERMANENT;
	}
	ok(done, "the end is told");
	eq("all are addresses", wrong, 0);
	eq("127.0.0.1/8 of lo", found4, family != AF_INET6);
	if (have_ipv6())
		eq("::1/128 of lo", found6, family != AF_INET);
	else
		skip("::1/128 of lo", "no IPv6 on this machine's lo");
	at = end = NULL;
}

static void routes(long fd, i32 lo)
{
	static const u8 v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
	struct request r = {.attr.type = RTA_DST};
	struct nlmsghdr *h;
	struct rtmsg *m;
	struct attr *a;
	r.route.family = AF_INET;
	r.route.dst_len = 32;
	ask(fd, &r, GETROUTE, F_REQUEST, 12, v4, 4);
	h = next(fd);
	m = (struct rtmsg *)(h + 1);
	ok(h != NULL && h->type == NEWROUTE, "the route to 127.0.0.1");
	if (h == NULL)
		return;
	ok(m->family == AF_INET && m->dst_len == 32 && m->src_len == 0 && m->tos == 0, "is to it alone");
	ok(m->type == RTN_LOCAL && m->table == RT_TABLE_MAIN, "is local, of no table in particular");
	a = find(h, 12, RTA_DST);
	ok(a != NULL && a->len == 8 && memcmp(a->data, v4, 4) == 0, "has the destination");
	a = find(h, 12, RTA_OIF);
	ok(a != NULL && *(i32 *)a->data == lo, "over lo");
	at = end = NULL;
	r = (struct request){.attr.type = RTA_DST};
	r.route.family = AF_INET6;
	r.route.dst_len = 128;
	ask(fd, &r, GETROUTE, F_REQUEST, 12, v6, 16);
	h = next(fd);
	m = (struct rtmsg *)(h + 1);
	if (have_ipv6())
		ok(h != NULL && h->type == NEWROUTE && m->family == AF_INET6 && m->dst_len == 128, "the route to ::1");
	else
		skip("the route to ::1", "no IPv6 on this machine's lo");
	at = end = NULL;
	r = (struct request){.attr.type = RTA_DST};
	r.route.family = AF_INET6;
	ask(fd, &r, GETROUTE, F_REQUEST, 12, v4, 4);
	eq("an address of the wrong length is EINVAL", error_of(fd), -EINVAL);

	int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
	for (u64 i = 0; i < COUNT(families); i++) {
		int wrong = 0, done = 0;
		r = (struct request){};
		r.route.family = families[i];
		ask(fd, &r, GETROUTE, F_REQUEST | F_DUMP, 12, NULL, 0);
		while ((h = next(fd)) != NULL && !done) {
			m = (struct rtmsg *)(h + 1);
			done = h->type == NLMSG_DONE;
			if (!done && (h->type != NEWROUTE || (m->family != AF_INET && m->family != AF_INET6) ||
				      (families[i] != 0 && m->family != families[i])))
				wrong += families[i] != 0 || m->family < 128;
			if (!done && (find(h, 12, RTA_DST) == NULL) != (m->dst_len == 0))
				wrong++;
		}
		ok(done, "all routes");
		eq("are of the family", wrong, 0);
		at = end = NULL;
	}
	int wrong = 0, done = 0;
	r = (struct request){};
	ask(fd, &r, GETNEIGH, F_REQUEST | F_DUMP, 12, NULL, 0);
	while ((h = next(fd)) != NULL && !done) {
		done = h->type == NLMSG_DONE;
		wrong += !done && h->type != NEWNEIGH;
	}
	ok(done && wrong == 0, "all neighbours");
	at = end = NULL;
}

static void errors(long fd)
{
	struct request r = {};
	ask(fd, &r, 250, F_REQUEST, 16, NULL, 0);
	eq("an unknown type is EOPNOTSUPP", error_of(fd), -EOPNOTSUPP);
	ask(fd, &r, 0xffff, F_REQUEST, 16, NULL, 0);
	eq("the largest as well", error_of(fd), -EOPNOTSUPP);
	ask(fd, &r, 250, F_ACK, 16, NULL, 0);
	eq("what is no request is acknowledged", error_of(fd), 0);
	ask(fd, &r, 3, F_REQUEST | F_ACK, 16, NULL, 0);
	eq("so is a message for control", error_of(fd), 0);
	ask(fd, &r, GETLINK, F_REQUEST, 8, NULL, 0);
	eq("a short header is EINVAL", error_of(fd), -EINVAL);
	// Lengths that lie: nothing is answered, nothing breaks.
	static const u32 lengths[] = {0, 1, 15, 17, 33, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
	struct sockaddr_nl kernel = {.family = AF_NETLINK};
	for (u64 i = 0; i < COUNT(lengths); i++) {
		r = (struct request){.h = {lengths[i], GETLINK, F_REQUEST, ++seq, 0}};
		sc(SYS_sendto, fd, &r, 32, 0, &kernel, sizeof(kernel));
		while (sc(SYS_recvfrom, fd, buf, sizeof(buf), MSG_DONTWAIT, 0, 0) > 0)
			;
	}
	for (u32 size = 0; size < 64; size++) {
		for (u16 type = 16; type < 34; type++) {
			memset(&r, 0, sizeof(r));
			memset(r.bytes, size & 1 ? 0xff : 0, sizeof(r.bytes));
			u8 *p = (u8 *)&r + 28;
			for (int i = 0; i < 32; i++)
				p[i] = i * 37 + size * type;
			r.h = (struct nlmsghdr){16 + (size & 31), type & ~1, F_REQUEST | (size & 32 ? F_DUMP : 0), ++seq, 0};
			if ((type & 3) != 2)
				r.h.type = GETROUTE;
			sc(SYS_sendto, fd, &r, 16 + (size & 31), 0, &kernel, sizeof(kernel));
			while (sc(SYS_recvfrom, fd, buf, sizeof(buf), MSG_DONTWAIT, 0, 0) > 0)
				;
		}
	}
	r = (struct request){};
	r.attr.len = 200;
	r.attr.type = IFLA_IFNAME;
	r.h = (struct nlmsghdr){48, GETLINK, F_REQUEST, ++seq, 0};
	sc(SYS_sendto, fd, &r, 48, 0, &kernel, sizeof(kernel));
	eq("an attribute longer than the message is none", error_of(fd), -EINVAL);
	eq("a control message is EINVAL or ignored",
	   sc(SYS_sendto, fd, BAD, 32, 0, &kernel, sizeof(kernel)), -EFAULT);
	ok(links(fd, "after all that") > 0, "the socket works on");
}

static void receiving(long fd, i32 lo)
{
	struct request r = {};
	struct sockaddr_nl from;
	struct iovec iov = {buf, 0};
	struct msghdr m = {&from, sizeof(from), &iov, 1, NULL, 0, 0};
	memset(&from, 0xa5, sizeof(from));
	r.link.index = lo;
	ask(fd, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	struct {
		i32 fd;
		i16 events, revents;
	} p = {fd, POLLIN, 0};
	eq("poll", sc(SYS_poll, &p, 1, 5000), 1);
	eq("tells that there is an answer", p.revents, POLLIN);
	long len = sc(SYS_recvmsg, fd, &m, MSG_PEEK | MSG_TRUNC);
	ok(len > 100, "a look tells how long it is");
	ok(m.flags & MSG_TRUNC, "and that it is cut");
	ok(m.namelen == 12 && from.family == AF_NETLINK && from.pad == 0 && from.pid == 0 && from.groups == 0,
	   "that it is from the kernel");
	iov.len = 40;
	m.namelen = sizeof(from);
	eq("a short look", sc(SYS_recvmsg, fd, &m, MSG_PEEK), 40);
	ok(m.flags & MSG_TRUNC, "is cut");
	iov.len = sizeof(buf);
	m.namelen = sizeof(from);
	eq("all of it", sc(SYS_recvmsg, fd, &m, 0), len);
	eq("is not", m.flags & MSG_TRUNC, 0);
	eq("it has the length it tells", ((struct nlmsghdr *)buf)->len, len);
	eq("nothing is left", sc(SYS_recvfrom, fd, buf, 100, MSG_DONTWAIT, 0, 0), -EAGAIN);
	ask(fd, &r, GETLINK, F_REQUEST, 16, NULL, 0);
	eq("a short read", sc(SYS_recvfrom, fd, buf, 20, 0, 0, 0), 20);
	eq("loses the rest", sc(SYS_recvfrom, fd, buf, 100, MSG_DONTWAIT, 0, 0), -EAGAIN);
}

static void others(void)
{
	struct request r = {.attr.type = CTRL_FAMILY_NAME, .bytes = {GETFAMILY, 1}};
	long fd = open_nl(GENERIC);
	ask(fd, &r, 16, F_REQUEST, 4, "nlctrl", 7);
	struct nlmsghdr *h = next(fd);
	ok(h != NULL && h->type == 16, "the controller knows itself");
	struct attr *a = h == NULL ? NULL : find(h, 4, CTRL_FAMILY_ID);
	ok(a != NULL && a->len == 6 && *(u16 *)a->data == 16, "by number");
	at = end = NULL;
	r = (struct request){.attr.type = CTRL_FAMILY_NAME, .bytes = {GETFAMILY, 1}};
	ask(fd, &r, 16, F_REQUEST, 4, "nosuch", 7);
	eq("a family that is not there is ENOENT", error_of(fd), -ENOENT);
	r = (struct request){.bytes = {GETFAMILY, 1}};
	ask(fd, &r, 16, F_REQUEST, 4, NULL, 0);
	eq("none is EINVAL", error_of(fd), -EINVAL);
	r = (struct request){};
	ask(fd, &r, 0x7fff, F_REQUEST, 4, NULL, 0);
	eq("the number of none is ENOENT", error_of(fd), -ENOENT);
	sc(SYS_close, fd);

	struct sockaddr_nl a1 = {.family = AF_NETLINK, .groups = 1};
	int on = 1;
	fd = sc(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, UEVENT);
	eq("events of devices", sc(SYS_bind, fd, &a1, sizeof(a1)), 0);
	eq("with their sender", sc(SYS_setsockopt, fd, SOL_SOCKET, SO_PASSCRED, &on, 4), 0);
	eq("are waited for", sc(SYS_recvfrom, fd, buf, sizeof(buf), 0, 0, 0), -EAGAIN);
	sc(SYS_close, fd);
}

// As a user who may change nothing.
static int change(void)
{
	struct request r = {};
	sc(SYS_setuid, 1000);
	long fd = open_nl(ROUTE);
	ask(fd, &r, NEWLINK, F_REQUEST | F_ACK, 16, NULL, 0);
	return error_of(fd) == -EPERM ? 0 : 1;
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 2 && streq(argv[1], "hold")) {
		// Leaves a socket to a program that may be of another system.
		sc(SYS_socket, AF_NETLINK, SOCK_RAW, ROUTE);
		return sc(SYS_execve, argv[2], argv + 2, envp);
	}
	sockets();
	addresses();
	long fd = open_nl(ROUTE);
	i32 lo = links(fd, "links");
	one_link(fd, lo);
	addrs(fd, AF_UNSPEC, lo);
	addrs(fd, AF_INET, lo);
	addrs(fd, AF_INET6, lo);
	routes(fd, lo);
	receiving(fd, lo);
	errors(fd);
	int on = 1;
	long strict = open_nl(ROUTE);
	sc(SYS_setsockopt, strict, SOL_NETLINK, STRICT, &on, 4);
	links(strict, "strict links");
	struct request r = {};
	r.link.change = 1;
	ask(strict, &r, GETLINK, F_REQUEST | F_DUMP, 16, NULL, 0);
	struct nlmsghdr *h = next(strict);
	ok(h != NULL && h->type == NLMSG_DONE && *(i32 *)(h + 1) == -EINVAL, "where fields are looked at, a wrong one ends it");
	at = end = NULL;
	others();
	if (sc(SYS_getuid) == 0)
		eq("to change a link is EPERM", in_child(change), 0);
	else
		skip("to change a link is EPERM", "not root");
	return tap_done();
}
