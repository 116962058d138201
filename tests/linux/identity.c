// SPDX-License-Identifier: BSD-2-Clause
// credentials(7): ids of single threads, setfsuid(2), setfsgid(2), setgroups(2), and what is kept of
// capabilities when the user id 0 goes.
// usage: identity [kept|lost]: only whether ambient capabilities count in a program of another user.
#include "threads.h"

enum {
	SYS_setuid = 105, SYS_getresuid = 118, SYS_getresgid = 120, SYS_setfsuid = 122, SYS_setfsgid = 123,
	SYS_capget = 125, SYS_capset = 126, SYS_getgroups = 115, SYS_setreuid = 113, SYS_setgid = 106,
	SYS_fchmod = 91, SYS_fchown = 93, SYS_chroot = 161,
	PR_SET_KEEPCAPS = 8, PR_CAP_AMBIENT = 47, RAISE = 2, PR_GET_DUMPABLE = 3,
	USER = 1000, OTHER = 1001, GROUP = 555, NOBODY = 65534,
	DAC_OVERRIDE = 1, KILL = 5, SETGID = 6, SETUID = 7, NET_BIND_SERVICE = 10, SYS_CHROOT = 18,
	AF_INET = 2, SOCK_STREAM = 1,
};
static int root;
static long victim;
static char *self;

static long fs_user(void) { return sc(SYS_setfsuid, -1); }
static long fs_group(void) { return sc(SYS_setfsgid, -1); }
static long uid3(u32 r, u32 e, u32 s) { return sc(SYS_setresuid, r, e, s); }
// The three user ids are these.
static int is_user(u32 r, u32 e, u32 s)
{
	u32 a = 1, b = 2, c = 3;
	return sc(SYS_getresuid, &a, &b, &c) == 0 && a == r && b == e && c == s;
}
static int is_group(u32 r, u32 e, u32 s)
{
	u32 a = 1, b = 2, c = 3;
	return sc(SYS_getresgid, &a, &b, &c) == 0 && a == r && b == e && c == s;
}
// A file of that owner, group and mode.
static void put(const char *path, u32 uid, u32 gid, u32 mode)
{
	sc(SYS_unlink, path);
	long fd = sc(SYS_open, path, O_CREAT | O_RDWR, 0600);
	sc(SYS_fchown, fd, uid, gid);
	sc(SYS_fchmod, fd, mode);
	sc(SYS_close, fd);
}
static long opens(const char *path)
{
	long fd = sc(SYS_open, path, O_RDONLY);
	if (fd >= 0)
		sc(SYS_close, fd);
	return fd < 0 ? fd : 0;
}
static long owner_of_new(const char *path)
{
	struct stat st;
	sc(SYS_unlink, path);
	long fd = sc(SYS_open, path, O_CREAT | O_RDWR | O_EXCL, 0600);
	if (fd < 0)
		return fd;
	sc(SYS_fstat, fd, &st);
	sc(SYS_close, fd);
	sc(SYS_unlink, path);
	return st.uid;
}
static void caps(u64 *effective, u64 *permitted)
{
	u32 h[2] = {0x20080522, 0}, d[6] = {0};
	sc(SYS_capget, h, d);
	*effective = d[0] | (u64)d[3] << 32;
	*permitted = d[1] | (u64)d[4] << 32;
}
static long set_caps(u64 effective, u64 permitted, u64 inheritable)
{
	u32 h[2] = {0x20080522, 0};
	u32 d[6] = {(u32)effective, (u32)permitted, (u32)inheritable,
		    (u32)(effective >> 32), (u32)(permitted >> 32), (u32)(inheritable >> 32)};
	return sc(SYS_capset, h, d);
}
static int run_self(const char *what)
{
	char *argv[] = {self, (char *)what, NULL};
	sc(SYS_execve, self, argv, argv + 2);
	return 97;
}
#define WRONG(bit, c) wrong |= !(c) << (bit)

// ---- ids for files ---------------------------------------------------------

static int fs_narrows(void)
{
	int wrong = 0;
	u64 e, p;
	put("theirs", OTHER, OTHER, 0600);
	WRONG(0, opens("theirs") == 0);
	WRONG(1, sc(SYS_setfsuid, USER) == 0 && fs_user() == USER);
	WRONG(2, opens("theirs") == -EACCES);
	WRONG(3, owner_of_new("new") == USER);
	WRONG(4, is_user(0, 0, 0) && sc(SYS_kill, victim, 0) == 0);
	caps(&e, &p);
	WRONG(5, !(e >> DAC_OVERRIDE & 1) && e >> KILL & 1 && p >> DAC_OVERRIDE & 1);
	WRONG(6, sc(SYS_setfsuid, 0) == USER && opens("theirs") == 0);
	caps(&e, &p);
	WRONG(7, e >> DAC_OVERRIDE & 1);
	return wrong;
}
static int fs_reaches(void)
{
	int wrong = 0;
	put("users", USER, USER, 0600);
	put("theirs", OTHER, OTHER, 0600);
	uid3(USER, NOBODY, USER);
	WRONG(0, opens("users") == -EACCES);
	WRONG(1, sc(SYS_setfsuid, OTHER) == NOBODY && fs_user() == NOBODY);
	WRONG(2, sc(SYS_setfsuid, 0) == NOBODY && fs_user() == NOBODY);
	WRONG(3, sc(SYS_setfsuid, USER) == NOBODY && fs_user() == USER);
	WRONG(4, opens("users") == 0 && opens("theirs") == -EACCES);
	WRONG(5, sc(SYS_geteuid) == NOBODY);
	WRONG(6, sc(SYS_setfsuid, NOBODY) == USER && opens("users") == -EACCES);
	return wrong;
}
static int fs_of_root(void)
{
	int wrong = 0;
	put("theirs", OTHER, OTHER, 0600);
	uid3(USER, USER, 0);
	WRONG(0, opens("theirs") == -EACCES);
	WRONG(1, sc(SYS_setfsuid, 0) == USER && opens("theirs") == 0);
	WRONG(2, sc(SYS_kill, victim, 0) == -EPERM);
	return wrong;
}
static int fs_group_counts(void)
{
	int wrong = 0;
	put("groups", 0, GROUP, 0640);
	sc(SYS_setgroups, 0, 0);
	sc(SYS_setfsuid, USER);
	WRONG(0, opens("groups") == -EACCES);
	WRONG(1, sc(SYS_setfsgid, GROUP) == 0 && fs_group() == GROUP);
	WRONG(2, opens("groups") == 0 && is_group(0, 0, 0));
	WRONG(3, sc(SYS_setfsgid, 0) == GROUP && opens("groups") == -EACCES);
	u32 list[1] = {GROUP};
	WRONG(4, sc(SYS_setgroups, 1, list) == 0 && opens("groups") == 0 && fs_user() == USER);
	return wrong;
}
static int fs_calls(void)
{
	int wrong = 0;
	struct stat st;
	sc(SYS_mkdir, "private", 0700);
	put("private/x", 0, 0, 0644);
	sc(SYS_setfsuid, USER);
	WRONG(0, sc(SYS_stat, "private/x", &st) == -EACCES && sc(SYS_chdir, "private") == -EACCES);
	WRONG(1, sc(SYS_mkdir, "private/y", 0700) == -EACCES && sc(SYS_unlink, "private/x") == -EACCES);
	WRONG(2, sc(SYS_rename, "private/x", "x") == -EACCES && sc(SYS_chmod, "private", 0777) == -EPERM);
	WRONG(3, sc(SYS_chown, "private", USER, USER) == -EPERM);
	// access(2) is about the real id.
	WRONG(4, sc(SYS_access, "private/x", 4) == 0);
	sc(SYS_setfsuid, 0);
	WRONG(5, sc(SYS_unlink, "private/x") == 0 && sc(SYS_rmdir, "private") == 0);
	return wrong;
}
static int fs_follows(void)
{
	int wrong = 0;
	sc(SYS_setfsuid, USER);
	WRONG(0, uid3(-1, 0, -1) == 0 && fs_user() == 0);
	sc(SYS_setfsgid, GROUP);
	WRONG(1, sc(SYS_setresgid, -1, OTHER, -1) == 0 && fs_group() == OTHER);
	WRONG(2, uid3(-1, USER, -1) == 0 && fs_user() == USER && fs_group() == OTHER);
	return wrong;
}
static int fs_child(void)
{
	put("theirs", OTHER, OTHER, 0600);
	sc(SYS_setfsuid, USER);
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, (fs_user() == USER) | (opens("theirs") == -EACCES) << 1);
	return exit_code(reap(pid));
}
static int fs_exec(void)
{
	sc(SYS_setfsuid, USER);
	return run_self("fs");
}
static int fs_in_thread(void *answer)
{
	sc(SYS_setfsuid, USER);
	*(volatile long *)answer = opens("theirs");
	return 0;
}
static int fs_thread(void)
{
	static volatile long answer = 1;
	put("theirs", OTHER, OTHER, 0600);
	if (thread_start(0, fs_in_thread, (void *)&answer) < 0)
		return 99;
	thread_join(0);
	return answer == -EACCES && fs_user() == 0 && opens("theirs") == 0;
}

static void files(void)
{
	long id = sc(SYS_geteuid);
	eq("setfsuid: -1 tells", fs_user(), id);
	eq("setfsgid: -1 tells", fs_group(), sc(SYS_getegid));
	eq("setfsuid: one's own id", sc(SYS_setfsuid, id), id);
	if (!root) {
		eq("setfsuid: another's id", sc(SYS_setfsuid, 0), id);
		eq("setfsuid: it stays", fs_user(), id);
		eq("setfsgid: another's id", sc(SYS_setfsgid, 0), sc(SYS_getegid));
		eq("setfsgid: it stays", fs_group(), sc(SYS_getegid));
		return;
	}
	eq("setfsuid takes file rights away, and no others", exit_code(in_child(fs_narrows)), 0);
	eq("setfsuid without privilege: one of the three", exit_code(in_child(fs_reaches)), 0);
	eq("setfsuid 0 gives file rights, and no others", exit_code(in_child(fs_of_root)), 0);
	eq("setfsgid and groups", exit_code(in_child(fs_group_counts)), 0);
	eq("setfsuid: calls with names", exit_code(in_child(fs_calls)), 0);
	eq("setfsuid follows setuid", exit_code(in_child(fs_follows)), 0);
	eq("setfsuid: a child has it", exit_code(in_child(fs_child)), 3);
	eq("setfsuid: a new program does not", exit_code(in_child(fs_exec)), 0);
	eq("setfsuid: a thread's own", exit_code(in_child(fs_thread)), 1);
}

// ---- ids of threads --------------------------------------------------------

static volatile u32 stage, done;
static volatile int verdict;

static int leave(void *p)
{
	int wrong = 0;
	(void)p;
	WRONG(0, uid3(USER, USER, USER) == 0 && is_user(USER, USER, USER) && sc(SYS_getuid) == USER);
	WRONG(1, opens("theirs") == -EACCES && owner_of_new("new.t") == USER);
	WRONG(2, sc(SYS_kill, victim, 0) == -EPERM && uid3(0, 0, 0) == -EPERM);
	WRONG(3, sc(SYS_setgid, 0) == 0 && sc(SYS_setgid, OTHER) == -EPERM && sc(SYS_setgroups, 0, 0) == -EPERM);
	verdict = wrong;
	done = 1;
	await(&stage, 1);
	return 0;
}
static int thread_leaves(void)
{
	int wrong = 0;
	put("theirs", OTHER, OTHER, 0600);
	if (thread_start(0, leave, 0) < 0)
		return 99;
	await(&done, 1);
	WRONG(4, is_user(0, 0, 0) && opens("theirs") == 0 && sc(SYS_kill, victim, 0) == 0);
	WRONG(5, owner_of_new("new.m") == 0);
	stage = 1;
	thread_join(0);
	WRONG(6, is_user(0, 0, 0));
	return wrong | verdict;
}
static int leave_groups(void *p)
{
	int wrong = 0;
	u32 list[3] = {GROUP, 7, 8}, got[40];
	(void)p;
	WRONG(0, sc(SYS_setresgid, OTHER, USER, OTHER) == 0 && is_group(OTHER, USER, OTHER));
	WRONG(1, sc(SYS_setgroups, 3, list) == 0 && sc(SYS_getgroups, 40, got) == 3);
	verdict = wrong;
	return 0;
}
static int thread_groups(void)
{
	int wrong = 0;
	u32 list[1] = {9}, got[40];
	sc(SYS_setgroups, 1, list);
	if (thread_start(0, leave_groups, 0) < 0)
		return 99;
	thread_join(0);
	WRONG(2, is_group(0, 0, 0) && sc(SYS_getgroups, 40, got) == 1 && got[0] == 9);
	return wrong | verdict;
}
static int fork_off(void *p)
{
	(void)p;
	uid3(USER, OTHER, USER);
	sc(SYS_setfsuid, USER);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		int wrong = 0;
		WRONG(0, is_user(USER, OTHER, USER) && fs_user() == USER);
		WRONG(1, owner_of_new("new.c") == USER && opens("theirs") == -EACCES);
		WRONG(2, uid3(OTHER, OTHER, OTHER) == 0 && is_user(OTHER, OTHER, OTHER) && opens("theirs") == 0);
		WRONG(3, sc(SYS_kill, victim, 0) == -EPERM);
		sc(SYS_exit_group, wrong);
	}
	verdict = exit_code(reap(pid));
	return 0;
}
static int thread_forks(void)
{
	put("theirs", OTHER, OTHER, 0600);
	if (thread_start(0, fork_off, 0) < 0)
		return 99;
	thread_join(0);
	return verdict | !is_user(0, 0, 0) << 7;
}
static int look(void *p)
{
	(void)p;
	verdict = is_user(USER, USER, USER) && opens("theirs") == -EACCES;
	return 0;
}
static int leave_and_start(void *p)
{
	(void)p;
	uid3(USER, USER, USER);
	thread_start(1, look, 0);
	thread_join(1);
	return 0;
}
static int thread_of_thread(void)
{
	put("theirs", OTHER, OTHER, 0600);
	if (thread_start(0, leave_and_start, 0) < 0)
		return 99;
	thread_join(0);
	return verdict;
}
static int stay(void *p)
{
	int wrong = 0;
	(void)p;
	done = 1;
	await(&stage, 1);
	WRONG(0, is_user(0, 0, 0) && opens("theirs") == 0 && sc(SYS_kill, victim, 0) == 0);
	verdict = wrong;
	return 0;
}
static int main_leaves(void)
{
	int wrong = 0;
	put("theirs", OTHER, OTHER, 0600);
	if (thread_start(0, stay, 0) < 0)
		return 99;
	await(&done, 1);
	WRONG(1, uid3(USER, USER, USER) == 0 && is_user(USER, USER, USER));
	WRONG(2, opens("theirs") == -EACCES);
	stage = 1;
	thread_join(0);
	WRONG(3, uid3(0, 0, 0) == -EPERM);
	return wrong | verdict;
}
// As a C library's setuid does it.
static volatile int bad;
static int follow(void *p)
{
	(void)p;
	await(&stage, 1);
	if (uid3(USER, USER, USER))
		bad = 1;
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	await(&stage, 2);
	for (int i = 0; i < 200; i++)
		if (!is_user(USER, USER, USER) || opens("theirs") != -EACCES || uid3(0, 0, 0) != -EPERM)
			bad = 2;
	return 0;
}
static int all_leave(void)
{
	put("theirs", OTHER, OTHER, 0600);
	for (int i = 0; i < 6; i++)
		if (thread_start(i, follow, 0) < 0)
			return 99;
	stage = 1;
	await(&done, 6);
	if (uid3(USER, USER, USER))
		return 98;
	stage = 2;
	for (int i = 0; i < 200; i++)
		if (!is_user(USER, USER, USER) || opens("theirs") != -EACCES)
			bad = 3;
	for (int i = 0; i < 6; i++)
		thread_join(i);
	return bad;
}
static int leave_and_exec(void *what)
{
	uid3(USER, USER, USER);
	char *argv[] = {"/nonexistent", NULL};
	verdict = sc(SYS_execve, argv[0], argv, argv + 1) == -ENOENT && is_user(USER, USER, USER);
	done = 1;
	await(&stage, 1);
	sc(SYS_exit_group, run_self(what));
	return 0;
}
static int thread_execs(void)
{
	if (thread_start(0, leave_and_exec, "user") < 0)
		return 99;
	await(&done, 1);
	// An exec that failed has changed nothing.
	if (!verdict || !is_user(0, 0, 0))
		return 98;
	stage = 1;
	for (;;)
		sc(SYS_pause);
}
static int change_often(void *p)
{
	u32 id = USER + (u32)(u64)p;
	char path[] = "often.0";
	path[6] = (char)('0' + (u64)p);
	for (int i = 0; i < 150; i++) {
		if (uid3(-1, id, 0) || sc(SYS_geteuid) != id || owner_of_new(path) != id)
			bad = 1;
		if (uid3(-1, 0, -1) || sc(SYS_geteuid) != 0)
			bad = 2;
		sc(SYS_setfsuid, id + 10);
		if (owner_of_new(path) != id + 10)
			bad = 3;
	}
	return 0;
}
static int many_at_once(void)
{
	for (u64 i = 0; i < 4; i++)
		if (thread_start((int)i, change_often, (void *)i) < 0)
			return 99;
	for (int i = 0; i < 40; i++) {
		long pid = sc(SYS_fork);
		if (pid == 0)
			sc(SYS_exit_group, is_user(0, i & 1 ? NOBODY : 0, 0) ? 0 : 1);
		if (exit_code(reap(pid)))
			bad = 4;
		uid3(-1, i & 1 ? 0 : NOBODY, -1);
	}
	for (int i = 0; i < 4; i++)
		thread_join(i);
	return bad;
}
static int dies_inside(void *p)
{
	int fds[2];
	char c;
	(void)p;
	uid3(USER, USER, USER);
	sc(SYS_pipe, fds);
	done = 1;
	sc(SYS_read, fds[0], &c, 1);
	return 0;
}
static int ends_inside(void)
{
	thread_start(0, dies_inside, 0);
	await(&done, 1);
	sleep_ms(20);
	return 7;
}
static void of_threads(void)
{
	if (!root) {
		eq("getresuid: nowhere", sc(SYS_getresuid, 0, 0, 0), -EFAULT);
		eq("getresgid: nowhere", sc(SYS_getresgid, 0, 0, 0), -EFAULT);
		eq("setresgid: another's", sc(SYS_setresgid, 0, -1, -1), -EPERM);
		return;
	}
	eq("a thread changes its user ids alone", exit_code(in_child(thread_leaves)), 0);
	eq("and its groups", exit_code(in_child(thread_groups)), 0);
	eq("its child has them", exit_code(in_child(thread_forks)), 0);
	eq("and so has a thread it starts", exit_code(in_child(thread_of_thread)), 1);
	eq("the main thread changes its own alone", exit_code(in_child(main_leaves)), 0);
	eq("all change, one after the other", exit_code(in_child(all_leave)), 0);
	eq("a program has those of the thread that executes it", exit_code(in_child(thread_execs)), 0);
	eq("many at once", exit_code(in_child(many_at_once)), 0);
	eq("a process ends while one is inside of a call", exit_code(in_child(ends_inside)), 7);
}

// ---- capabilities that are kept --------------------------------------------

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
static int keeps(void)
{
	int wrong = 0;
	u64 e, p, some = 1UL << SETGID | 1UL << NET_BIND_SERVICE;
	sc(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	WRONG(0, uid3(USER, USER, USER) == 0 && is_user(USER, USER, USER));
	caps(&e, &p);
	WRONG(1, e == 0 && (p & some) == some);
	WRONG(2, bind_port(81) == -EACCES && sc(SYS_setgid, GROUP) == -EPERM);
	WRONG(3, set_caps(some, some, 0) == 0 && bind_port(81) == 0 && sc(SYS_setgid, GROUP) == 0);
	WRONG(4, uid3(0, 0, 0) == -EPERM && uid3(-1, 0, -1) == -EPERM && sc(SYS_setreuid, -1, 0) == -EPERM);
	WRONG(5, sc(SYS_chroot, "/") == -EPERM && sc(SYS_kill, victim, 0) == -EPERM);
	WRONG(6, set_caps(0, 0, 0) == 0 && bind_port(82) == -EACCES && is_user(USER, USER, USER));
	WRONG(7, uid3(0, 0, 0) == -EPERM && set_caps(some, some, 0) == -EPERM);
	return wrong;
}
static int keeps_not(void)
{
	u64 e, p;
	uid3(USER, USER, USER);
	caps(&e, &p);
	return e == 0 && p == 0 && uid3(0, 0, 0) == -EPERM;
}
static int kept_returns(void)
{
	// With CAP_SETUID kept the id 0 can be had again.
	int wrong = 0;
	sc(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	uid3(USER, USER, USER);
	WRONG(0, uid3(OTHER, OTHER, OTHER) == -EPERM);
	WRONG(1, set_caps(1UL << SETUID, 1UL << SETUID, 0) == 0);
	WRONG(2, uid3(OTHER, OTHER, OTHER) == 0 && is_user(OTHER, OTHER, OTHER));
	WRONG(3, set_caps(1UL << SETUID, 1UL << SETUID, 0) == 0 && uid3(0, 0, 0) == 0 && is_user(0, 0, 0));
	return wrong;
}
static int kept_exec(void)
{
	sc(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	uid3(USER, USER, USER);
	return run_self("none");
}
static int in_thread(void *p)
{
	(void)p;
	verdict = keeps();
	return 0;
}
static int keeps_in_thread(void)
{
	if (thread_start(0, in_thread, 0) < 0)
		return 99;
	thread_join(0);
	return verdict | !is_user(0, 0, 0) << 7;
}
static int ambient_exec(void)
{
	u64 e, p, some = 1UL << NET_BIND_SERVICE;
	sc(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	caps(&e, &p);
	uid3(USER, USER, USER);
	if (set_caps(p, p, some) || sc(SYS_prctl, PR_CAP_AMBIENT, RAISE, NET_BIND_SERVICE, 0, 0))
		return 99;
	return run_self("port");
}
static void kept(void)
{
	if (!root)
		return;
	eq("capabilities are kept, and used, and given up", exit_code(in_child(keeps)), 0);
	eq("by a thread", exit_code(in_child(keeps_in_thread)), 0);
	eq("nothing is kept that was not asked for", exit_code(in_child(keeps_not)), 1);
	eq("CAP_SETUID takes ids again", exit_code(in_child(kept_returns)), 0);
	eq("nothing is kept over exec", exit_code(in_child(kept_exec)), 0);
}

static int child_main(const char *what)
{
	u64 e, p;
	caps(&e, &p);
	if (streq(what, "fs"))
		return fs_user() != 0;
	if (streq(what, "user"))
		return !is_user(USER, USER, USER) || sc(SYS_gettid) != sc(SYS_getpid);
	if (streq(what, "none"))
		return !is_user(USER, USER, USER) || e || p || uid3(0, 0, 0) != -EPERM;
	return (int)-bind_port(83);
}

int main(int argc, char **argv, char **envp)
{
	sc(SYS_alarm, 60);
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_EXECFN)
			self = (char *)a[1];
	if (argc > 1 && (streq(argv[1], "kept") || streq(argv[1], "lost"))) {
		int want = streq(argv[1], "kept") ? 0 : EACCES;
		eq("ambient capabilities in another user's program", exit_code(in_child(ambient_exec)), want);
		return tap_done();
	}
	if (argc > 1)
		return child_main(argv[1]);
	root = sc(SYS_geteuid) == 0;
	sc(SYS_umask, 0);
	sc(SYS_mkdir, "/tmp/identity.d", 0777);
	if (root && sc(SYS_chdir, "/tmp/identity.d"))
		return 1;
	victim = sc(SYS_fork);
	if (victim == 0) {
		if (root)
			uid3(77, 77, 77);
		for (;;)
			sc(SYS_pause);
	}
	sleep_ms(20);
	files();
	of_threads();
	kept();
	sc(SYS_kill, victim, SIGKILL);
	reap(victim);
	static const char *const left[] = {"theirs", "users", "groups"};
	for (u32 i = 0; i < COUNT(left); i++)
		sc(SYS_unlink, left[i]);
	sc(SYS_chdir, "/");
	sc(SYS_rmdir, "/tmp/identity.d");
	return tap_done();
}
