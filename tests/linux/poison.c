// SPDX-License-Identifier: BSD-2-Clause
// Every system call number from -1 to 1000 with six sets of poisonous
// arguments, each in a process of its own: nothing may panic, hang, or answer
// otherwise than Linux does.
//
//   poison --record         prints `nr set result` lines, as on this kernel
//   poison --check FILE     compares with such a table; TAP, a point per 100 numbers
//   poison --root           the same calls as root, for survival only: run it in a
//                           throw-away machine and nowhere else
//   poison --one NR SET     one call
//
// A result is an errno, 0 for success, 1000 + signal for a death, 2000 for a call
// that had to be killed after two seconds. The table depends on the kernel that
// made it: numbers newer than the one under test, and calls left out of its
// configuration, answer ENOSYS. Hence the one tolerance of --check: a number that
// says ENOSYS to all six sets, here or in the table, is unsupported there, and
// that is right for --check.
// What is supported is nobody's list here: it follows from the answers.
#include "signals.h"

enum { LAST = 1000, SETS = 6, NOBODY = 65534, BLOCKED = 2000, SKIPPED = -1, FD = 1000 };

#define KERNEL 0xffffffff80000000UL
#define KERNEL2 0xffff800000000000UL
// Low, never mapped, above any process number.
#define LOW 0x7f001000UL
// A page and a bit of 0xff bytes with nothing behind: no string ends there. At a
// fixed place, so that its low half is the same number everywhere.
#define FULL 0x10000000UL
#define HUGE 0x3fffffffffffffffUL

static const u64 sets[SETS][6] = {
	{KERNEL, KERNEL, KERNEL, KERNEL, KERNEL, KERNEL},
	{FD, KERNEL2, KERNEL2, KERNEL2, KERNEL2, KERNEL2},
	{LOW, LOW, LOW, LOW, LOW, LOW},
	{FULL + 1, FULL + 1, FULL + 1, FULL + 1, FULL + 1, FULL + 1},
	{FD, KERNEL, HUGE, KERNEL, HUGE, KERNEL},
	{~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL},
};

enum { ALWAYS = 1, AS_ROOT = 2 };

static const struct {
	int nr, when;
	const char *why;
} skips[] = {
	{15, ALWAYS, "rt_sigreturn: takes its frame from the stack; sigframe.c tests it"},
	{34, ALWAYS, "pause: never returns"},
	{56, ALWAYS, "clone: success makes a process out of our sight"},
	{57, ALWAYS, "fork: the same"},
	{58, ALWAYS, "vfork: the same"},
	{60, ALWAYS, "exit: never returns"},
	{62, ALWAYS, "kill: -1 is every process"},
	{112, ALWAYS, "setsid: depends on who started us"},
	{109, ALWAYS, "setpgid: the same"},
	{121, ALWAYS, "getpgid: the same"},
	{124, ALWAYS, "getsid: the same"},
	{162, ALWAYS, "sync: waits for every disk"},
	{231, ALWAYS, "exit_group: never returns"},
	{68, ALWAYS, "msgget: the key -1 makes a queue that outlives us"},
	{103, AS_ROOT, "syslog: would change the console"},
	{153, AS_ROOT, "vhangup: takes our terminal"},
	{159, AS_ROOT, "adjtimex: turns the machine's clock"},
	{167, AS_ROOT, "swapon"},
	{168, AS_ROOT, "swapoff"},
	{169, AS_ROOT, "reboot"},
	{172, AS_ROOT, "iopl: opens the ports"},
	{173, AS_ROOT, "ioperm: the same"},
	{443, ALWAYS, "quotactl_fd: ENOSYS or not by what file system the test runs on"},
	{305, AS_ROOT, "clock_adjtime: turns the machine's clock"},
};

static int skipped(int nr, int root)
{
	for (u32 i = 0; i < COUNT(skips); i++)
		if (skips[i].nr == nr && (skips[i].when == ALWAYS || root))
			return 1;
	return 0;
}

static volatile i32 *answer;
enum { NONE = -7777 };

static void prepare(int root)
{
	long page = sc(SYS_mmap, FULL, 12288, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (page != (long)FULL)
		sc(SYS_exit_group, 3);
	memset((void *)FULL, 0xff, 8192);
	sc(SYS_munmap, FULL + 8192, 4096);
	if (root)
		return;
	sc(SYS_setgroups, 0, 0);
	sc(SYS_setresgid, NOBODY, NOBODY, NOBODY);
	sc(SYS_setresuid, NOBODY, NOBODY, NOBODY);
}

static int call(int nr, int set, int root)
{
	struct timespec limit = {2, 0};
	u64 child = bit(SIGCHLD);
	const u64 *a = sets[set];
	*answer = NONE;
	long pid = sc(SYS_fork);
	if (pid == 0) {
		prepare(root);
		long r = syscall6(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
		*answer = r < 0 && r >= -4095 ? (i32)-r : 0;
		sc(SYS_exit_group, 0);
	}
	if (pid < 0)
		return SKIPPED;
	while (sc(SYS_rt_sigtimedwait, &child, 0, &limit, 8) == -EINTR)
		;
	// The signal may belong to a stop or to a child before: look, and if
	// it still runs, it is blocked.
	int status = 0;
	if (sc(SYS_wait4, pid, &status, WNOHANG, 0) == pid)
		return death(status) ? 1000 + death(status) : *answer;
	sc(SYS_kill, pid, SIGKILL);
	reap(pid);
	return *answer == NONE ? BLOCKED : *answer;
}

// Descriptor 1000 is an empty file for the sets that start with it.
static int set_up(void)
{
	struct {
		u64 soft, hard;
	} limit = {0, 0};
	sc(SYS_getrlimit, 7, &limit);
	if (limit.soft <= FD) {
		limit.soft = FD + 24;
		if (limit.hard < limit.soft)
			limit.hard = limit.soft;
		sc(SYS_setrlimit, 7, &limit);
	}
	long fd = sc(SYS_open, "/tmp/poison.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	sc(SYS_unlink, "/tmp/poison.tmp");
	if (fd < 0 || sc(SYS_dup2, fd, FD) != FD)
		return 0;
	sc(SYS_close, fd);
	fd = sc(SYS_open, "/dev/null", O_RDWR);
	sc(SYS_dup2, fd, 0);
	sc(SYS_close, fd);
	answer = map_shared(4096);
	on(SIGCHLD, SIG_DFL, 0, 0);
	u64 block = bit(SIGCHLD);
	sc(SYS_rt_sigprocmask, SIG_BLOCK, &block, 0, 8);
	return 1;
}

static void print_row(const char *head, int nr, int set, int got)
{
	struct line l = {.len = 0};
	line_str(&l, head);
	line_num(&l, nr);
	line_str(&l, " ");
	line_num(&l, set);
	line_str(&l, " ");
	line_num(&l, got);
	line_str(&l, "\n");
	line_put(&l, 1);
}

static int record(void)
{
	struct utsname u;
	struct line l = {.len = 0};
	sc(SYS_uname, &u);
	for (char *c = u.release; *c; c++)
		if (*c == '-')
			*c = 0;
	line_str(&l, "# Written by `poison --record` on Linux ");
	line_str(&l, u.release);
	line_str(&l, ". Number, set, result: see poison.c.\n");
	line_put(&l, 1);
	for (int nr = -1; nr <= LAST; nr++)
		for (int set = 0; set < SETS && !skipped(nr, 0); set++)
			print_row("", nr, set, call(nr, set, 0));
	return 0;
}

// ---- checking --------------------------------------------------------------

static i16 expected[LAST + 2][SETS]; // by nr + 1

static int read_number(long fd, int *c, int *value)
{
	static char buf[4096];
	static long at, len;
	int sign = 1, digits = 0, comment = 0;
	*value = 0;
	for (;;) {
		if (at == len) {
			len = sc(SYS_read, fd, buf, sizeof(buf));
			at = 0;
			if (len <= 0)
				return 0;
		}
		*c = buf[at++];
		comment = *c == '#' || (comment && *c != '\n');
		if (comment) {
			continue;
		} else if (*c == '-') {
			sign = -1;
		} else if (*c >= '0' && *c <= '9') {
			*value = *value * 10 + (*c - '0');
			digits++;
		} else if (digits) {
			*value *= sign;
			return 1;
		}
	}
}

static int read_table(const char *path)
{
	int nr, set, result, c, rows = 0;
	long fd = sc(SYS_open, path, O_RDONLY);
	memset(expected, 0xff, sizeof(expected));
	while (fd >= 0 && read_number(fd, &c, &nr) && read_number(fd, &c, &set) && read_number(fd, &c, &result))
		if (nr >= -1 && nr <= LAST && set >= 0 && set < SETS) {
			expected[nr + 1][set] = (i16)result;
			rows++;
		}
	sc(SYS_close, fd);
	return rows;
}

// One number: how many of its answers differ.
static int check_one(int nr)
{
	int got[SETS], wrong = 0, unsupported = 1, unknown = 1;
	for (int set = 0; set < SETS; set++) {
		got[set] = call(nr, set, 0);
		unsupported &= got[set] == ENOSYS;
		unknown &= expected[nr + 1][set] == ENOSYS;
	}
	if (unsupported || unknown)
		return 0;
	for (int set = 0; set < SETS; set++) {
		int want = expected[nr + 1][set];
		if (want == SKIPPED || want == got[set])
			continue;
		struct line l = {.len = 0};
		line_str(&l, "# call ");
		line_num(&l, nr);
		line_str(&l, " set ");
		line_num(&l, set);
		line_str(&l, ": got ");
		line_num(&l, got[set]);
		line_str(&l, ", Linux ");
		line_num(&l, want);
		line_str(&l, "\n");
		line_put(&l, 1);
		wrong++;
	}
	return wrong;
}

static void hundred_name(struct line *name, int from, int to)
{
	line_str(name, "calls ");
	line_num(name, from);
	line_str(name, " to ");
	line_num(name, to);
	name->text[name->len] = 0;
}

static int check(const char *path)
{
	if (!read_table(path)) {
		say("Bail out! the table of expected answers cannot be read: give its path after --check");
		return 1;
	}
	for (int from = -1; from <= LAST; from = from < 0 ? 100 : from + 100) {
		int to = from < 0 ? 99 : from + 99 > LAST ? LAST : from + 99, wrong = 0;
		struct line name = {.len = 0};
		for (int nr = from; nr <= to; nr++)
			if (!skipped(nr, 0))
				wrong += check_one(nr);
		hundred_name(&name, from, to);
		eq(name.text, wrong, 0);
	}
	return tap_done();
}

static int survive(void)
{
	for (int from = -1; from <= LAST; from = from < 0 ? 100 : from + 100) {
		int to = from < 0 ? 99 : from + 99 > LAST ? LAST : from + 99, stuck = 0;
		struct line name = {.len = 0};
		for (int nr = from; nr <= to; nr++)
			for (int set = 0; set < SETS && !skipped(nr, 1); set++) {
				int got = call(nr, set, 1);
				if (got != BLOCKED && got != SKIPPED)
					continue;
				print_row("# did not return: ", nr, set, got);
				stuck++;
			}
		hundred_name(&name, from, to);
		eq(name.text, stuck, 0);
	}
	return tap_done();
}

static int number(const char *s)
{
	int v = 0, sign = *s == '-' ? -1 : 1;
	for (s += *s == '-'; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	return sign * v;
}

int main(int argc, char **argv, char **envp UNUSED)
{
	if (!set_up()) {
		say("Bail out! /tmp/poison.tmp cannot be made or descriptor 1000 cannot be had");
		return 1;
	}
	if (argc == 2 && streq(argv[1], "--record"))
		return record();
	if (argc == 3 && streq(argv[1], "--check"))
		return check(argv[2]);
	if (argc == 2 && streq(argv[1], "--root"))
		return survive();
	if (argc == 4 && streq(argv[1], "--one") && number(argv[3]) < SETS) {
		print_row("", number(argv[2]), number(argv[3]), call(number(argv[2]), number(argv[3]), 0));
		return 0;
	}
	say("usage: poison --record | --check FILE | --root | --one NR SET");
	return 2;
}
