// SPDX-License-Identifier: BSD-2-Clause
// capabilities(7): capget(2), capset(2), prctl(2), and what a thread that gave one up may not do.
#include "threads.h"

enum {
	SYS_capget = 125, SYS_capset = 126, SYS_setuid = 105, SYS_setgid = 106, SYS_setreuid = 113,
	SYS_chroot = 161, SYS_mount = 165, SYS_umount2 = 166, SYS_sethostname = 170,
	SYS_mknod = 133, SYS_setpriority = 141, SYS_fchown = 93, SYS_lchown = 94, SYS_unshare = 272,
	SYS_ptrace = 101, SYS_prlimit64 = 302, SYS_setxattr = 188,
	PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24,
	PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28, PR_SET_NO_NEW_PRIVS = 38, PR_CAP_AMBIENT = 47,
	IS_SET = 1, RAISE = 2, LOWER = 3, CLEAR_ALL = 4,
	NOBODY = 65534, LAST = 40,
	CHOWN = 0, DAC_OVERRIDE = 1, DAC_READ_SEARCH = 2, FOWNER = 3, KILL = 5, SETGID = 6, SETUID = 7,
	SETPCAP = 8, NET_BIND_SERVICE = 10, NET_RAW = 13, SYS_CHROOT = 18, SYS_PTRACE = 19, SYS_ADMIN = 21,
	SYS_NICE = 23, SYS_RESOURCE = 24, SYS_TIME = 25, MKNOD = 27, SYS_settimeofday = 164,
	AF_INET = 2, SOCK_STREAM = 1, SOCK_RAW = 3, IPPROTO_ICMP = 1,
};
#define ALL ((1UL << (LAST + 1)) - 1)
#define V1 0x19980330u
#define V3 0x20080522u

struct header {
	u32 version;
	i32 pid;
};
struct half {
	u32 effective, permitted, inheritable;
};
struct sets {
	u64 effective, permitted, inheritable;
};

static long get(i32 pid, struct sets *to)
{
	struct header h = {V3, pid};
	struct half d[2] = {{0}};
	long e = sc(SYS_capget, &h, d);
	to->effective = d[0].effective | (u64)d[1].effective << 32;
	to->permitted = d[0].permitted | (u64)d[1].permitted << 32;
	to->inheritable = d[0].inheritable | (u64)d[1].inheritable << 32;
	return e;
}
static long set(struct sets s)
{
	struct header h = {V3, 0};
	struct half d[2] = {
		{(u32)s.effective, (u32)s.permitted, (u32)s.inheritable},
		{(u32)(s.effective >> 32), (u32)(s.permitted >> 32), (u32)(s.inheritable >> 32)},
	};
	return sc(SYS_capset, &h, d);
}
static struct sets now(void)
{
	struct sets s = {0};
	get(0, &s);
	return s;
}
static long give_up(int cap)
{
	struct sets s = now();
	s.effective &= ~(1UL << cap);
	s.permitted &= ~(1UL << cap);
	return set(s);
}
static long pr(long what, long a, long b) { return sc(SYS_prctl, what, a, b, 0, 0); }
static long ambient(long what, long cap) { return sc(SYS_prctl, PR_CAP_AMBIENT, what, cap, 0, 0); }
static int root;

// ---- calls -----------------------------------------------------------------

static void calls(void)
{
	struct header h = {0, 0};
	struct half d[2];
	eq("capget: unknown version", sc(SYS_capget, &h, d), -EINVAL);
	ok(h.version == V3, "the version to use is told");
	h.version = 0;
	eq("capget: the version asked for", sc(SYS_capget, &h, 0), 0);
	eq("capget: no header", sc(SYS_capget, 0, d), -EFAULT);
	h.pid = -1;
	eq("capget: a negative id", sc(SYS_capget, &h, d), -EINVAL);
	h.pid = 0x3ffffff0;
	eq("capget: no such thread", sc(SYS_capget, &h, d), -ESRCH);
	struct sets own = now(), other = {0};
	eq("capget: by id", get((i32)sc(SYS_getpid), &other), 0);
	ok(memcmp(&own, &other, sizeof(own)) == 0, "it is the same");
	h = (struct header){V1, 0};
	eq("capget: version 1", sc(SYS_capget, &h, d), 0);
	ok(d[0].permitted == (u32)own.permitted, "it is the low word");
	ok((own.effective & ~own.permitted) == 0, "what is effective is permitted");
	if (root)
		ok(own.effective >> CHOWN & 1 && own.effective >> SETUID & 1, "root has capabilities");
	else
		eq("others have none", (long)own.permitted, 0);
	h = (struct header){V3, 1};
	eq("capset: of another", sc(SYS_capset, &h, d), -EPERM);
	h = (struct header){7, 0};
	eq("capset: unknown version", sc(SYS_capset, &h, d), -EINVAL);
	h.pid = 0;
	eq("capset: no data", sc(SYS_capset, &h, 0), -EFAULT);
	eq("capset: what is", set(own), 0);
	struct sets more = {own.permitted | 1UL << 41, own.permitted | 1UL << 41, own.inheritable};
	eq("capset: what is no capability is ignored", set(more), 0);
}

static int more_effective(void)
{
	struct sets s = now();
	s.permitted = 0;
	s.inheritable = 0;
	s.effective = 1;
	return (int)-set(s);
}
static int drop_all(void)
{
	struct sets none = {0, 0, 0};
	if (set(none))
		return 99;
	struct sets s = now();
	if (s.effective | s.permitted | s.inheritable)
		return 98;
	struct sets some = {1UL << CHOWN, 1UL << CHOWN, 0};
	return (int)-set(some);
}
static int asleep(void)
{
	struct sets s = now(), quiet = s;
	quiet.effective = 0;
	if (set(quiet) || now().effective || now().permitted != s.permitted)
		return 99;
	if (sc(SYS_chroot, "/") != -EPERM)
		return 98;
	return set(s) ? 97 : (int)-sc(SYS_chroot, "/");
}
static int own_only(void *answer)
{
	give_up(SYS_CHROOT);
	*(volatile long *)answer = sc(SYS_chroot, "/");
	return 0;
}
static int per_thread(void)
{
	static volatile long answer;
	if (thread_start(0, own_only, (void *)&answer) < 0)
		return 99;
	thread_join(0);
	return answer == -EPERM && sc(SYS_chroot, "/") == 0;
}
static int to_child(void)
{
	give_up(SYS_CHROOT);
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, -sc(SYS_chroot, "/"));
	return exit_code(reap(pid));
}
static int seen_by_others(void)
{
	int p[2], q[2];
	char c;
	sc(SYS_pipe, p);
	sc(SYS_pipe, q);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		give_up(KILL);
		sc(SYS_write, p[1], "x", 1);
		sc(SYS_read, q[0], &c, 1);
		sc(SYS_exit_group, 0);
	}
	struct sets s;
	sc(SYS_read, p[0], &c, 1);
	long e = get((i32)pid, &s);
	sc(SYS_write, q[1], "x", 1);
	reap(pid);
	return e == 0 && !(s.permitted >> KILL & 1) && (now().permitted >> KILL & 1);
}

// ---- what is refused -------------------------------------------------------

static int socket_raw(void) { return (int)-sc(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long bind_port(u16 port)
{
	struct {
		u16 family, port;
		u32 addr;
		u64 zero;
	} a = {AF_INET, (u16)(port << 8 | port >> 8), 0x0100007f, 0};
	long fd = sc(SYS_socket, AF_INET, SOCK_STREAM, 0), e = sc(SYS_bind, fd, &a, sizeof(a));
	sc(SYS_close, fd);
	return e;
}
static long file_of(u32 uid, u32 mode)
{
	sc(SYS_unlink, "caps.tmp");
	long fd = sc(SYS_open, "caps.tmp", O_CREAT | O_RDWR, 0600);
	sc(SYS_fchown, fd, uid, uid);
	sc(91 /* fchmod */, fd, mode);
	return sc(SYS_close, fd);
}
static long victim;
static long do_chown(void) { return sc(SYS_chown, "caps.tmp", 5, 5); }
static long do_read(void) { return sc(SYS_open, "caps.tmp", O_RDONLY); }
static long do_write(void) { return sc(SYS_open, "caps.tmp", O_WRONLY); }
static long do_chmod(void) { return sc(SYS_chmod, "caps.tmp", 0600); }
static long do_kill(void) { return sc(SYS_kill, victim, 0); }
static long do_setuid(void) { return sc(SYS_setuid, 5); }
static long do_setreuid(void) { return sc(SYS_setreuid, 5, -1); }
static long do_setresuid(void) { return sc(SYS_setresuid, -1, 5, -1); }
static long do_setgid(void) { return sc(SYS_setgid, 5); }
static long do_setresgid(void) { return sc(SYS_setresgid, 5, 5, 5); }
static long do_setgroups(void) { return sc(SYS_setgroups, 0, 0); }
static long do_bind(void) { return bind_port(80); }
static long do_raw(void) { return -socket_raw(); }
static long do_chroot(void) { return sc(SYS_chroot, "/"); }
static long do_mount(void) { return sc(SYS_mount, "none", "/", "tmpfs", 0x20 | 0x8000 /* never done */, "no=such"); }
static long do_mknod(void) { return sc(SYS_mknod, "caps.dev", S_IFCHR | 0600, 0x103); }
static long do_nice(void) { return sc(SYS_setpriority, 0, 0, -5); }
static long do_limit(void)
{
	u64 l[2], more[2];
	sc(SYS_prlimit64, 0, 7, 0, l);
	more[0] = l[0], more[1] = l[1] + 1;
	return sc(SYS_prlimit64, 0, 7, more, 0);
}
static long do_trace(void)
{
	long e = sc(SYS_ptrace, 16, victim, 0, 0);
	if (e == 0) {
		int status;
		sc(SYS_wait4, victim, &status, 0x40000000, 0);
		sc(SYS_ptrace, 17, victim, 0, 0);
	}
	return e;
}
// The present moment again.
static long do_settime(void)
{
	struct timespec now;
	sc(SYS_clock_gettime, 0, &now);
	i64 tv[2] = {now.sec, now.nsec / 1000};
	return sc(SYS_settimeofday, tv, 0);
}
static long do_securebits(void) { return pr(PR_SET_SECUREBITS, 0, 0); }
static long do_bounding(void) { return pr(PR_CAPBSET_DROP, 30, 0); }

static const struct {
	const char *name;
	long (*body)(void);
	int cap, other;
	long without;
} refusals[] = {
	{"CAP_CHOWN: chown", do_chown, CHOWN, -1, -EPERM},
	{"CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: read", do_read, DAC_OVERRIDE, DAC_READ_SEARCH, -EACCES},
	{"CAP_DAC_OVERRIDE: write", do_write, DAC_OVERRIDE, -1, -EACCES},
	{"CAP_FOWNER: chmod", do_chmod, FOWNER, -1, -EPERM},
	{"CAP_KILL: kill", do_kill, KILL, -1, -EPERM},
	{"CAP_SETUID: setuid", do_setuid, SETUID, -1, -EPERM},
	{"CAP_SETUID: setreuid", do_setreuid, SETUID, -1, -EPERM},
	{"CAP_SETUID: setresuid", do_setresuid, SETUID, -1, -EPERM},
	{"CAP_SETGID: setgid", do_setgid, SETGID, -1, -EPERM},
	{"CAP_SETGID: setresgid", do_setresgid, SETGID, -1, -EPERM},
	{"CAP_SETGID: setgroups", do_setgroups, SETGID, -1, -EPERM},
	{"CAP_NET_BIND_SERVICE: bind", do_bind, NET_BIND_SERVICE, -1, -EACCES},
	{"CAP_NET_RAW: a raw socket", do_raw, NET_RAW, -1, -EPERM},
	{"CAP_SYS_CHROOT: chroot", do_chroot, SYS_CHROOT, -1, -EPERM},
	{"CAP_SYS_ADMIN: mount", do_mount, SYS_ADMIN, -1, -EPERM},
	{"CAP_MKNOD: mknod", do_mknod, MKNOD, -1, -EPERM},
	{"CAP_SYS_NICE: setpriority", do_nice, SYS_NICE, -1, -EACCES},
	{"CAP_SYS_RESOURCE: setrlimit", do_limit, SYS_RESOURCE, -1, -EPERM},
	{"CAP_SYS_PTRACE: ptrace", do_trace, SYS_PTRACE, -1, -EPERM},
	{"CAP_SYS_TIME: settimeofday", do_settime, SYS_TIME, -1, -EPERM},
	{"CAP_SETPCAP: PR_SET_SECUREBITS", do_securebits, SETPCAP, -1, -EPERM},
	{"CAP_SETPCAP: PR_CAPBSET_DROP", do_bounding, SETPCAP, -1, -EPERM},
};
static u32 chosen;
static int is_refused(void)
{
	struct sets before = now();
	give_up(refusals[chosen].cap);
	if (refusals[chosen].other >= 0)
		give_up(refusals[chosen].other);
	long got = refusals[chosen].body();
	if (got != refusals[chosen].without)
		note("without it", got);
	(void)before;
	return got == refusals[chosen].without;
}
// With only that capability left it is not refused.
static int is_granted(void)
{
	int cap = refusals[chosen].cap;
	if (!(now().permitted >> cap & 1))
		return 2;
	struct sets s = {1UL << cap, 1UL << cap, 0};
	// FreeBSD lets only owners change owners.
	if (cap == CHOWN)
		s.effective = s.permitted |= 1UL << FOWNER;
	set(s);
	long got = refusals[chosen].body();
	if (got == refusals[chosen].without)
		note("with it", got);
	return got != refusals[chosen].without;
}
static int has_less(void)
{
	give_up(CHOWN);
	return sc(SYS_chown, "caps.tmp", 5, 5) == -EPERM && sc(SYS_chmod, "caps.tmp", 0600) == 0;
}

static void refused(void)
{
	victim = sc(SYS_fork);
	if (victim == 0) {
		sc(SYS_setresgid, NOBODY, NOBODY, NOBODY);
		sc(SYS_setresuid, NOBODY, NOBODY, NOBODY);
		for (;;)
			sc(SYS_pause);
	}
	sleep_ms(50);
	for (chosen = 0; chosen < COUNT(refusals); chosen++) {
		file_of(77, 0);
		ok(in_child(is_refused) == 1 << 8, refusals[chosen].name);
		file_of(77, 0);
		int e = exit_code(in_child(is_granted));
		if (e == 2)
			skip("alone", "FreeBSD does not grant it here");
		else
			ok(e == 1, "alone it is enough");
	}
	sc(SYS_kill, victim, SIGKILL);
	reap(victim);
	file_of(77, 0);
	eq("CAP_FOWNER without CAP_CHOWN", exit_code(in_child(has_less)), 1);
	sc(SYS_unlink, "caps.tmp");
	sc(SYS_unlink, "caps.dev");
}

// What a user may not do, nor anybody without capabilities.
static void ordinary(void)
{
	eq("a user: chown to another", sc(SYS_chown, "/tmp", 5, 5), -EPERM);
	eq("a user: kill of another's process", sc(SYS_kill, 1, 0), -EPERM);
	eq("a user: setuid", do_setuid(), -EPERM);
	eq("a user: setgid", do_setgid(), -EPERM);
	eq("a user: setgroups", do_setgroups(), -EPERM);
	eq("a user: setgroups of none", sc(SYS_setgroups, -1, 0), -EPERM);
	eq("a user: a raw socket", do_raw(), -EPERM);
	eq("a user: chroot", do_chroot(), -EPERM);
	eq("a user: mount", do_mount(), -EPERM);
	eq("a user: mknod of a device", sc(SYS_mknod, "/tmp/caps.user", S_IFCHR | 0600, 0x103), -EPERM);
	eq("a user: settimeofday", do_settime(), -EPERM);
	eq("a user: sethostname", sc(SYS_sethostname, "x", 1), -EPERM);
	eq("a user: a better nice value", do_nice(), -EACCES);
	eq("a user: a higher hard limit", do_limit(), -EPERM);
	eq("a user: reboot", sc(169, 0xfee1dead, 672274793, 0, 0), -EPERM);
	eq("a user: swapon", sc(167, "/tmp/none", 0), -EPERM);
	eq("a user: PTRACE_ATTACH to another's", sc(SYS_ptrace, 16, 1, 0, 0), -EPERM);
}

// ---- ids -------------------------------------------------------------------

static int setuid_drops(void)
{
	give_up(CHOWN);
	sc(SYS_setuid, NOBODY);
	struct sets s = now();
	return !(s.effective | s.permitted);
}
static int seteuid_sleeps(void)
{
	give_up(CHOWN);
	struct sets before = now();
	if (sc(SYS_setresuid, -1, NOBODY, -1) || now().effective || now().permitted != before.permitted)
		return 9;
	if (sc(SYS_setresuid, -1, 0, -1))
		return 8;
	struct sets s = now();
	return memcmp(&s, &before, sizeof(s)) == 0;
}
static int keepcaps(void)
{
	return pr(PR_GET_KEEPCAPS, 0, 0) == 0 && pr(PR_SET_KEEPCAPS, 1, 0) == 0 && pr(PR_GET_KEEPCAPS, 0, 0) == 1 &&
	       pr(PR_SET_KEEPCAPS, 0, 0) == 0 && pr(PR_GET_KEEPCAPS, 0, 0) == 0;
}
static int securebits(void)
{
	if (pr(PR_SET_SECUREBITS, 0x2f, 0))
		return 9;
	return pr(PR_GET_SECUREBITS, 0, 0) == 0x2f && pr(PR_SET_SECUREBITS, 0, 0) == -EPERM &&
	       pr(PR_SET_KEEPCAPS, 1, 0) == -EPERM;
}
static void ids(void)
{
	if (root) {
		eq("setuid takes all", exit_code(in_child(setuid_drops)), 1);
		eq("an effective id goes and comes back", exit_code(in_child(seteuid_sleeps)), 1);
		eq("securebits, with locks", exit_code(in_child(securebits)), 1);
	} else {
		eq("securebits without privilege", pr(PR_SET_SECUREBITS, 1, 0), -EPERM);
	}
	eq("PR_SET_KEEPCAPS", exit_code(in_child(keepcaps)), 1);
	eq("PR_SET_KEEPCAPS 2", pr(PR_SET_KEEPCAPS, 2, 0), -EINVAL);
	eq("PR_GET_SECUREBITS", pr(PR_GET_SECUREBITS, 0, 0), 0);
}

// ---- bounding and ambient sets, exec ---------------------------------------

static char *self;
static int run_self(const char *what)
{
	char *argv[] = {self, (char *)what, NULL};
	sc(SYS_execve, self, argv, argv + 2);
	return 97;
}
static int bounding_exec(void)
{
	if (pr(PR_CAPBSET_DROP, SYS_CHROOT, 0) || pr(PR_CAPBSET_READ, SYS_CHROOT, 0) != 0)
		return 99;
	// What is permitted stays until exec.
	return now().permitted >> SYS_CHROOT & 1 ? run_self("chroot") : 98;
}
static int exec_restores(void)
{
	give_up(SYS_CHROOT);
	return run_self("chroot");
}
static int exec_no_new_privs(void)
{
	give_up(SYS_CHROOT);
	pr(PR_SET_NO_NEW_PRIVS, 1, 0);
	return run_self("chroot");
}
static int exec_noroot(void)
{
	// SECBIT_NOROOT
	return pr(PR_SET_SECUREBITS, 1, 0) ? 99 : run_self("chroot");
}
static int ambient_exec(void)
{
	struct sets s = now();
	s.inheritable = 1UL << SYS_CHROOT;
	if (ambient(RAISE, SYS_CHROOT) != -EPERM || set(s) || ambient(RAISE, SYS_CHROOT) ||
	    ambient(IS_SET, SYS_CHROOT) != 1)
		return 99;
	return pr(PR_SET_SECUREBITS, 1, 0) ? 98 : run_self("chroot");
}
static int ambient_lowered(void)
{
	struct sets s = now();
	s.inheritable = 1UL << SYS_CHROOT | 1UL << KILL;
	if (set(s) || ambient(RAISE, SYS_CHROOT) || ambient(RAISE, KILL) || ambient(LOWER, KILL) ||
	    ambient(IS_SET, KILL) != 0)
		return 99;
	return ambient(CLEAR_ALL, 0) == 0 && ambient(IS_SET, SYS_CHROOT) == 0;
}
static int inheritable_bounded(void)
{
	pr(PR_CAPBSET_DROP, KILL, 0);
	struct sets s = now();
	s.inheritable = 1UL << KILL;
	return (int)-set(s);
}
static void exec(void)
{
	eq("PR_CAPBSET_READ", pr(PR_CAPBSET_READ, LAST, 0), 1);
	eq("PR_CAPBSET_READ: no capability", pr(PR_CAPBSET_READ, 64, 0), -EINVAL);
	eq("PR_CAPBSET_DROP: no capability", pr(PR_CAPBSET_DROP, 64, 0), root ? -EINVAL : -EPERM);
	eq("PR_CAP_AMBIENT: nothing is set", ambient(IS_SET, CHOWN), 0);
	eq("PR_CAP_AMBIENT: clear", ambient(CLEAR_ALL, 0), 0);
	eq("PR_CAP_AMBIENT: clear one", ambient(CLEAR_ALL, 1), -EINVAL);
	eq("PR_CAP_AMBIENT: no capability", ambient(RAISE, 64), -EINVAL);
	eq("PR_CAP_AMBIENT: not inheritable", ambient(RAISE, CHOWN), -EPERM);
	eq("PR_CAP_AMBIENT: unknown", ambient(9, CHOWN), -EINVAL);
	if (!root) {
		eq("PR_CAPBSET_DROP without privilege", pr(PR_CAPBSET_DROP, CHOWN, 0), -EPERM);
		return;
	}
	eq("bounding: what exec does not give", exit_code(in_child(bounding_exec)), EPERM);
	eq("exec gives root everything again", exit_code(in_child(exec_restores)), 0);
	eq("but not with no_new_privs", exit_code(in_child(exec_no_new_privs)), EPERM);
	eq("nor with SECBIT_NOROOT", exit_code(in_child(exec_noroot)), EPERM);
	eq("but what is ambient", exit_code(in_child(ambient_exec)), 0);
	eq("ambient, lowered", exit_code(in_child(ambient_lowered)), 1);
	eq("inheritable within bounding", exit_code(in_child(inheritable_bounded)), EPERM);
}

int main(int argc, char **argv, char **envp)
{
	sc(SYS_alarm, 60);
	if (argc > 1 && streq(argv[1], "chroot"))
		return (int)-sc(SYS_chroot, "/");
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_EXECFN)
			self = (char *)a[1];
	root = sc(SYS_geteuid) == 0;
	calls();
	eq("capset: effective beyond permitted", exit_code(in_child(more_effective)), EPERM);
	eq("capset: nothing, then more", exit_code(in_child(drop_all)), EPERM);
	ids();
	exec();
	if (root) {
		eq("a thread's own", exit_code(in_child(per_thread)), 1);
		eq("a child has what is left", exit_code(in_child(to_child)), EPERM);
		eq("others are told", exit_code(in_child(seen_by_others)), 1);
		eq("not effective, then effective", exit_code(in_child(asleep)), 0);
		refused();
	} else {
		ordinary();
	}
	return tap_done();
}
