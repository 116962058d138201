// SPDX-License-Identifier: BSD-2-Clause
// Network interfaces by ioctl(2): netdevice(7). All about lo, which every machine has.
#include "linux.h"

enum {
	AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, BAD = 16, ENODEV = 19, ENXIO = 6,
	SIOCGIFNAME = 0x8910, SIOCGIFCONF = 0x8912, SIOCGIFFLAGS = 0x8913, SIOCGIFADDR = 0x8915,
	SIOCGIFDSTADDR = 0x8917, SIOCGIFBRDADDR = 0x8919, SIOCGIFNETMASK = 0x891b, SIOCGIFMETRIC = 0x891d,
	SIOCGIFMTU = 0x8921, SIOCSIFMTU = 0x8922, SIOCGIFHWADDR = 0x8927, SIOCGIFINDEX = 0x8933,
	IFF_UP = 1, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40,
};

struct ifreq {
	char name[16];
	union {
		struct {
			u16 family, port;
			u8 addr[4], zero[8];
		} in;
		i16 flags;
		i32 value;
		u8 bytes[24];
	};
};
_Static_assert(sizeof(struct ifreq) == 40, "struct ifreq of x86-64");

struct ifconf {
	i32 len;
	void *buf;
};

static struct ifreq lo(void)
{
	struct ifreq r;
	memset(&r, 0xa5, sizeof(r));
	memcpy(r.name, "lo", 3);
	return r;
}

static int inet(const struct ifreq *r, u8 a, u8 b, u8 c, u8 d)
{
	const u8 addr[4] = {a, b, c, d};
	const u8 zero[8] = {0};
	return r->in.family == AF_INET && r->in.port == 0 && memcmp(r->in.addr, addr, 4) == 0 &&
	       memcmp(r->in.zero, zero, 8) == 0;
}

static void one(int s)
{
	struct ifreq r = lo();
	eq("SIOCGIFINDEX", sc(SYS_ioctl, s, SIOCGIFINDEX, &r), 0);
	int index = r.value;
	ok(index > 0, "is positive");
	memset(&r, 0xa5, sizeof(r));
	r.value = index;
	eq("SIOCGIFNAME", sc(SYS_ioctl, s, SIOCGIFNAME, &r), 0);
	ok(streq(r.name, "lo"), "is lo");
	r.value = 12345;
	eq("of an index that is not there is ENODEV", sc(SYS_ioctl, s, SIOCGIFNAME, &r), -ENODEV);

	r = lo();
	eq("SIOCGIFFLAGS", sc(SYS_ioctl, s, SIOCGIFFLAGS, &r), 0);
	int wanted = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	ok((r.flags & wanted) == wanted, "up, running, loopback");
	r = lo();
	eq("SIOCGIFADDR", sc(SYS_ioctl, s, SIOCGIFADDR, &r), 0);
	ok(inet(&r, 127, 0, 0, 1), "is 127.0.0.1");
	r = lo();
	eq("SIOCGIFNETMASK", sc(SYS_ioctl, s, SIOCGIFNETMASK, &r), 0);
	ok(inet(&r, 255, 0, 0, 0), "is 255.0.0.0");
	r = lo();
	eq("SIOCGIFDSTADDR", sc(SYS_ioctl, s, SIOCGIFDSTADDR, &r), 0);
	ok(inet(&r, 127, 0, 0, 1), "is the address itself");
	r = lo();
	eq("SIOCGIFBRDADDR", sc(SYS_ioctl, s, SIOCGIFBRDADDR, &r), 0);
	ok(inet(&r, 0, 0, 0, 0), "is none");
	r = lo();
	eq("SIOCGIFMTU", sc(SYS_ioctl, s, SIOCGIFMTU, &r), 0);
	ok(r.value >= 1500, "is large");
	r = lo();
	eq("SIOCGIFMETRIC", sc(SYS_ioctl, s, SIOCGIFMETRIC, &r), 0);
	eq("is 0", r.value, 0);
	r = lo();
	eq("SIOCGIFHWADDR", sc(SYS_ioctl, s, SIOCGIFHWADDR, &r), 0);
	const u8 none[6] = {0};
	ok(r.in.family == 772 && memcmp(r.bytes + 2, none, 6) == 0, "is a loopback's");
}

static void wrong(int s)
{
	struct ifreq r = lo();
	memcpy(r.name, "none9", 6);
	eq("SIOCGIFINDEX of a name that is not there is ENODEV", sc(SYS_ioctl, s, SIOCGIFINDEX, &r), -ENODEV);
	eq("SIOCGIFADDR", sc(SYS_ioctl, s, SIOCGIFADDR, &r), -ENODEV);
	eq("SIOCGIFHWADDR", sc(SYS_ioctl, s, SIOCGIFHWADDR, &r), -ENODEV);
	memset(r.name, 'x', sizeof(r.name));
	eq("a name without an end", sc(SYS_ioctl, s, SIOCGIFINDEX, &r), -ENODEV);
	memset(r.name, 0, sizeof(r.name));
	eq("an empty name", sc(SYS_ioctl, s, SIOCGIFINDEX, &r), -ENODEV);
	eq("a bad address is EFAULT", sc(SYS_ioctl, s, SIOCGIFINDEX, BAD), -EFAULT);
	eq("SIOCGIFNAME to a bad address is EFAULT", sc(SYS_ioctl, s, SIOCGIFNAME, BAD), -EFAULT);
	eq("SIOCGIFCONF to a bad address is EFAULT", sc(SYS_ioctl, s, SIOCGIFCONF, BAD), -EFAULT);
	int null = sc(SYS_open, "/dev/null", O_RDWR);
	r = lo();
	eq("not a socket is ENOTTY", sc(SYS_ioctl, null, SIOCGIFINDEX, &r), -ENOTTY);
	eq("a bad descriptor is EBADF", sc(SYS_ioctl, 99, SIOCGIFINDEX, &r), -EBADF);
}

static void list(int s)
{
	static struct ifreq rs[64];
	struct ifconf c = {0, NULL};
	eq("SIOCGIFCONF without a buffer", sc(SYS_ioctl, s, SIOCGIFCONF, &c), 0);
	int all = c.len;
	ok(all >= 40 && all % 40 == 0, "says how much it would be");
	memset(rs, 0xa5, sizeof(rs));
	c = (struct ifconf){sizeof(rs), rs};
	eq("SIOCGIFCONF", sc(SYS_ioctl, s, SIOCGIFCONF, &c), 0);
	eq("is that much", c.len, all);
	int found = 0;
	for (int i = 0; i < c.len / 40; i++)
		found += streq(rs[i].name, "lo") && inet(&rs[i], 127, 0, 0, 1);
	eq("lo is in it", found, 1);
	ok(c.len < (int)sizeof(rs) && (u8)rs[c.len / 40].name[0] == 0xa5, "and nothing after it");
	memset(rs, 0xa5, sizeof(rs));
	c = (struct ifconf){39, rs};
	eq("a buffer too small for one", sc(SYS_ioctl, s, SIOCGIFCONF, &c), 0);
	eq("stays empty", c.len, 0);
	eq("untouched", (u8)rs[0].name[0], 0xa5);
	c = (struct ifconf){-1, rs};
	long got = sc(SYS_ioctl, s, SIOCGIFCONF, &c);
	ok(got == -EINVAL || (got == 0 && c.len == 0), "a negative length");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	int s = sc(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	one(s);
	wrong(s);
	list(s);
	int local = sc(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	struct ifreq r = lo();
	eq("any socket tells the index", sc(SYS_ioctl, local, SIOCGIFINDEX, &r), 0);
	struct ifconf c = {0, NULL};
	eq("and the list", sc(SYS_ioctl, local, SIOCGIFCONF, &c), 0);
	r = lo();
	eq("but only one of IPv4 an address", sc(SYS_ioctl, local, SIOCGIFADDR, &r), -ENOTTY);
	return tap_done();
}
