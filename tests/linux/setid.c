// SPDX-License-Identifier: BSD-2-Clause
// A set-user-ID program learns of it by AT_SECURE (getauxval(3)). Needs root
// and a /tmp that honours set-user-ID bits.
#include "signals.h"

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
	// One that runs cannot be written.
	sc(SYS_unlink, COPY);
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

// Runs the copy as nobody, who then does `body` to it. Both are nobody's children of us.
static long sleeper;
static int asked[2];
static int by_its_user(u32 mode, const char *self, int (*body)(void))
{
	if (copy_self(self, mode))
		return -1;
	sc(SYS_pipe, asked);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		char *argv[] = {COPY, "sleep", NULL}, c;
		sc(SYS_setgroups, 0, 0);
		sc(SYS_setresgid, NOBODY, NOBODY, NOBODY);
		sc(SYS_setresuid, NOBODY, NOBODY, NOBODY);
		sleeper = sc(SYS_fork);
		if (sleeper == 0) {
			sc(33 /* dup2 */, asked[1], 9);
			sc(SYS_execve, COPY, argv, argv + 2);
			sc(SYS_exit_group, 99);
		}
		sc(SYS_read, asked[0], &c, 1);
		int code = body();
		sc(SYS_kill, sleeper, SIGKILL);
		sc(SYS_exit_group, code);
	}
	int code = exit_code(reap(pid));
	sc(SYS_close, asked[0]);
	sc(SYS_close, asked[1]);
	return code;
}
enum { SYS_ptrace = 101, SYS_process_vm_readv = 310 };
static int attach(void)
{
	return (int)-sc(SYS_ptrace, 16 /* PTRACE_ATTACH */, sleeper, 0, 0);
}
static int seize(void)
{
	return (int)-sc(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, sleeper, 0, 0);
}
static int vm_read(void)
{
	static u64 word;
	u64 to[2] = {(u64)&word, 8}, from[2] = {(u64)&word, 8};
	long n = sc(SYS_process_vm_readv, sleeper, to, 1, from, 1, 0);
	return n < 0 ? (int)-n : 0;
}
static int crash(void)
{
	// Its user may send it that one; the real id is his.
	sc(SYS_kill, sleeper, SIGUSR1);
	int status = reap(sleeper);
	return death(status) == SIGILL ? status >> 7 & 1 : 99;
}
// Started by a tracer, it gets no ids.
static int traced(void)
{
	long pid = sc(SYS_fork);
	if (pid == 0) {
		char *argv[] = {COPY, "report", NULL};
		sc(SYS_ptrace, 0, 0, 0, 0);
		sc(SYS_execve, COPY, argv, argv + 2);
		sc(SYS_exit_group, 99);
	}
	int status = reap(pid);
	while ((status & 0xff) == 0x7f) {
		sc(SYS_ptrace, 7 /* PTRACE_CONT */, pid, 0, 0);
		status = reap(pid);
	}
	// AT_SECURE is set all the same.
	return exit_code(status) & ~1;
}

static void die(int sig, struct siginfo *info, struct ucontext *uc)
{
	(void)sig, (void)info, (void)uc;
	__builtin_trap();
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1 && streq(argv[1], "report"))
		return report(envp);
	if (argc > 1 && streq(argv[1], "sleep")) {
		u64 limit[2] = {~0UL, ~0UL};
		sc(302 /* prlimit64 */, 0, 4, limit, 0);
		sc(SYS_alarm, 10);
		catch(SIGUSR1, die);
		sc(SYS_write, 9, "x", 1);
		for (;;)
			sc(SYS_pause);
	}
	// struct statfs: f_flags is the 11th word; ST_NOSUID is bit 1.
	u64 fs[15] = {0};
	sc(SYS_statfs, "/tmp", fs);
	const char *why = sc(SYS_geteuid) ? "needs root" : fs[10] & 2 ? "/tmp is mounted nosuid" : NULL;
	const char *self = (const char *)get(envp, AT_EXECFN);
	if (why) {
		skip("an ordinary program has AT_SECURE 0", why);
		skip("a set-user-ID program has AT_SECURE 1", why);
		skip("a program without execute permission is refused", why);
		skip("its user may not trace it", why);
		return tap_done();
	}
	eq("an ordinary program has AT_SECURE 0", run(0755, self), 8);
	eq("a set-user-ID program has AT_SECURE 1", run(04755, self), 15);
	eq("a program without execute permission is refused", run(0700, self), 99);
	eq("an ordinary program is traced by its user", by_its_user(0755, self, attach), 0);
	eq("a set-user-ID program is not", by_its_user(04755, self, attach), EPERM);
	eq("nor seized", by_its_user(04755, self, seize), EPERM);
	eq("nor read", by_its_user(04755, self, vm_read), EPERM);
	eq("nor a set-group-ID program", by_its_user(02755, self, attach), EPERM);
	eq("it leaves no core", by_its_user(04755, self, crash), 0);
	eq("under a tracer it gets no ids", by_its_user(04755, self, traced), 8);
	sc(SYS_unlink, COPY);
	return tap_done();
}
