// SPDX-License-Identifier: BSD-2-Clause
// A set-user-ID program learns of it by AT_SECURE (getauxval(3)). Needs root
// and a /tmp that honours set-user-ID bits.
#include "linux.h"

#define COPY "/tmp/setid-copy"
enum { NOBODY = 65534, OWNER = 1234 };

static u64 get(char **envp, u64 tag)
{
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == tag)
			return a[1];
	return ~0UL;
}

static long copy_self(const char *path, u32 mode)
{
	static char buf[4096];
	long from = sc(SYS_open, path, O_RDONLY), n;
	long to = sc(SYS_open, COPY, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (from < 0 || to < 0)
		return from < 0 ? from : to;
	while ((n = sc(SYS_read, from, buf, sizeof(buf))) > 0)
		sc(SYS_write, to, buf, n);
	sc(SYS_close, from);
	sc(SYS_close, to);
	// Changing the owner takes the set-user-ID bit away: owner first.
	long e = sc(SYS_chown, COPY, OWNER, OWNER);
	return e ? e : sc(SYS_chmod, COPY, mode);
}

// The executed copy reports as exit code: bit 0 AT_SECURE, bit 1 effective uid
// is the owner's, bit 2 AT_EUID says so too, bit 3 AT_UID is the caller's.
static int report(char **envp)
{
	int code = get(envp, AT_SECURE) == 1;
	code |= (sc(SYS_geteuid) == OWNER) << 1;
	code |= (get(envp, AT_EUID) == OWNER) << 2;
	code |= (get(envp, AT_UID) == NOBODY) << 3;
	return code;
}

static int run(u32 mode, const char *self)
{
	if (copy_self(self, mode))
		return -1;
	long pid = sc(SYS_fork);
	if (pid == 0) {
		char *argv[] = {COPY, "report", NULL};
		sc(SYS_setgroups, 0, 0);
		if (sc(SYS_setresgid, NOBODY, NOBODY, NOBODY) || sc(SYS_setresuid, NOBODY, NOBODY, NOBODY))
			sc(SYS_exit_group, 98);
		sc(SYS_execve, COPY, argv, argv + 2);
		sc(SYS_exit_group, 99);
	}
	return exit_code(reap(pid));
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1 && streq(argv[1], "report"))
		return report(envp);
	// struct statfs: f_flags is the 11th word; ST_NOSUID is bit 1.
	u64 fs[15] = {0};
	sc(SYS_statfs, "/tmp", fs);
	const char *why = sc(SYS_geteuid) ? "needs root" : fs[10] & 2 ? "/tmp is mounted nosuid" : NULL;
	const char *self = (const char *)get(envp, AT_EXECFN);
	if (why) {
		skip("an ordinary program has AT_SECURE 0", why);
		skip("a set-user-ID program has AT_SECURE 1", why);
		skip("a program without execute permission is refused", why);
		return tap_done();
	}
	eq("an ordinary program has AT_SECURE 0", run(0755, self), 8);
	eq("a set-user-ID program has AT_SECURE 1", run(04755, self), 15);
	eq("a program without execute permission is refused", run(0700, self), 99);
	sc(SYS_unlink, COPY);
	return tap_done();
}
