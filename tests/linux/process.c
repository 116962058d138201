// SPDX-License-Identifier: BSD-2-Clause
// Making, replacing and waiting for processes: fork(2), vfork(2), clone(2),
// execve(2), wait4(2), waitid(2), arch_prctl(2), prctl(2), uname(2).
#include "signals.h"

static char *self;

static int seven(void) { return 7; }
static int big(void) { return 0x1234; }
static int aborts(void)
{
	raise(SIGABRT);
	return 0;
}
static int killed(void)
{
	sc(SYS_kill, sc(SYS_getpid), SIGKILL);
	return 0;
}
static int plain_exit(void)
{
	sc(SYS_exit, 9);
	return 0;
}

static void statuses(void)
{
	eq("status of an exit code", in_child(seven), 7 << 8);
	eq("an exit code is 8 bits", in_child(big), 0x34 << 8);
	eq("exit of the only thread is its process's", in_child(plain_exit), 9 << 8);
	// A core may be written: bit 7.
	eq("status of a death by SIGABRT", in_child(aborts) & ~0x80, SIGABRT);
	eq("status of a death by SIGKILL", in_child(killed), SIGKILL);
	int status = -1;
	eq("wait4 without children is ECHILD", sc(SYS_wait4, -1, &status, 0, 0), -ECHILD);
	eq("wait4 with unknown options is EINVAL", sc(SYS_wait4, -1, &status, 0x1000, 0), -EINVAL);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		sleep_ms(50);
		sc(SYS_exit_group, 3);
	}
	eq("wait4 with WNOHANG is 0 while it runs", sc(SYS_wait4, pid, &status, WNOHANG, 0), 0);
	u64 usage[18];
	memset(usage, 0xff, sizeof(usage));
	eq("wait4 returns the pid", sc(SYS_wait4, pid, &status, 0, usage), pid);
	eq("and the status", status, 3 << 8);
	ok(usage[0] < 60 && usage[1] < 1000000, "and the resources used");
	pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 0);
	eq("wait4 to a bad address is EFAULT", sc(SYS_wait4, pid, 16, 0, 0), -EFAULT);
	pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 5);
	struct siginfo info;
	memset(&info, 0xff, sizeof(info));
	enum { P_PID = 1, WEXITED = 4, WNOWAIT = 0x1000000 };
	eq("waitid with WNOWAIT succeeds", sc(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, 0), 0);
	ok(info.signo == SIGCHLD && info.code == CLD_EXITED && info.pid == pid && info.status == 5,
	   "waitid fills siginfo");
	eq("and the child is still there", sc(SYS_wait4, pid, &status, 0, 0), pid);
	eq("waitid without a kind is EINVAL", sc(SYS_waitid, P_PID, pid, &info, 0, 0), -EINVAL);
}

static void stops(void)
{
	int status = 0;
	long pid = sc(SYS_fork);
	if (pid == 0)
		for (;;)
			sc(SYS_pause);
	sc(SYS_kill, pid, SIGSTOP);
	eq("wait4 with WUNTRACED returns for a stop", sc(SYS_wait4, pid, &status, WUNTRACED, 0), pid);
	eq("status of a stop", status, SIGSTOP << 8 | 0x7f);
	sc(SYS_kill, pid, SIGCONT);
	eq("wait4 with WCONTINUED returns for a go", sc(SYS_wait4, pid, &status, WCONTINUED, 0), pid);
	eq("status of a go", status, 0xffff);
	sc(SYS_kill, pid, SIGKILL);
	eq("status of a kill", reap(pid), SIGKILL);
}

// ---- fork and its kin ------------------------------------------------------

static void forks(void)
{
	volatile int *shared = map_shared(4096);
	int mine = 1;
	long me = sc(SYS_getpid);
	eq("gettid of the first thread is getpid", sc(SYS_gettid), me);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		mine = 2;
		shared[0] = (int)sc(SYS_getppid);
		shared[1] = (int)sc(SYS_getpid);
		shared[2] = mine;
		sc(SYS_exit_group, 0);
	}
	reap(pid);
	eq("getppid in a child", shared[0], me);
	eq("fork returns the child's pid", shared[1], pid);
	ok(mine == 1 && shared[2] == 2, "private memory is copied, shared memory is not");

	// vfork shares memory and holds the parent until the child is gone; the
	// child must not return from the function that called it.
	static volatile int order;
	order = 0;
	pid = sc(SYS_vfork);
	if (pid == 0) {
		order = 1;
		sc(SYS_exit_group, 4);
		__builtin_unreachable();
	}
	ok(order == 1, "vfork shares memory and the parent waits");
	eq("the status of a vfork child", reap(pid), 4 << 8);

	// The C libraries' fork: clone with SIGCHLD and a tid to clear.
	static int parent_tid, child_tid;
	pid = sc(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0,
		 &parent_tid, &child_tid, 0);
	if (pid == 0)
		sc(SYS_exit_group, child_tid == (int)sc(SYS_gettid) ? 6 : 1);
	eq("clone like fork: CLONE_CHILD_SETTID stores in the child", reap(pid), 6 << 8);
	eq("CLONE_PARENT_SETTID stores in the parent", parent_tid, pid);
	eq("the child's copy only", child_tid, 0);
	eq("clone without an exit signal leaves no SIGCHLD child", sc(SYS_wait4, -1, 0, WNOHANG, 0), -ECHILD);
	// CLONE_THREAD without CLONE_SIGHAND, CLONE_SIGHAND without CLONE_VM.
	eq("clone of a thread without shared handlers is EINVAL", sc(SYS_clone, 0x10000, 0, 0, 0, 0), -EINVAL);
	eq("clone with handlers but not memory is EINVAL", sc(SYS_clone, 0x800, 0, 0, 0, 0), -EINVAL);
	eq("clone with CLONE_NEWNS and CLONE_FS is EINVAL", sc(SYS_clone, 0x20200, 0, 0, 0, 0), -EINVAL);

	shared[4] = 1;
	pid = sc(SYS_fork);
	if (pid == 0) {
		if (sc(SYS_set_tid_address, &shared[4]) != sc(SYS_gettid))
			sc(SYS_exit_group, 1);
		sc(SYS_exit_group, 0);
	}
	eq("set_tid_address returns the thread's id", reap(pid), 0);
	// Linux clears the word only where memory is shared by tasks; this
	// process had its memory alone, so the word is left.
	eq("the word of a process that shares no memory is left", shared[4], 1);
	shared[5] = 1;
	pid = sc(SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, &shared[5], 0);
	if (pid == 0) {
		sc(SYS_exit_group, 0);
		__builtin_unreachable();
	}
	reap(pid);
	eq("CLONE_CHILD_CLEARTID clears the word where memory is shared", shared[5], 0);
}

// ---- execve ----------------------------------------------------------------

static void execs(void)
{
	char *argv[] = {"name", "exec-child", "a b", "", NULL}, *envp[] = {"X=y", NULL};
	static char *no_env[] = {NULL};
	long pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_execve, self, argv, envp);
		sc(SYS_exit_group, 1);
	}
	eq("execve passes arguments and environment", reap(pid), 42 << 8);
	eq("execve of nothing is ENOENT", sc(SYS_execve, "/no/such", argv, no_env), -ENOENT);
	eq("execve of the empty path is ENOENT", sc(SYS_execve, "", argv, no_env), -ENOENT);
	eq("execve of a directory is EACCES", sc(SYS_execve, "/", argv, no_env), -EACCES);
	eq("execve of a bad path is EFAULT", sc(SYS_execve, 16, argv, no_env), -EFAULT);
	eq("execve with bad arguments is EFAULT", sc(SYS_execve, self, 16, no_env), -EFAULT);
	long fd = sc(SYS_open, "exec.tmp", O_WRONLY | O_CREAT | O_TRUNC, 0700);
	sc(SYS_write, fd, "not a program\n", 14);
	eq("execve of a file open for writing is ETXTBSY", sc(SYS_execve, "exec.tmp", argv, no_env), -ETXTBSY);
	sc(SYS_close, fd);
	eq("execve of text is ENOEXEC", sc(SYS_execve, "exec.tmp", argv, no_env), -ENOEXEC);
	sc(SYS_chmod, "exec.tmp", 0600);
	eq("execve without permission is EACCES", sc(SYS_execve, "exec.tmp", argv, no_env), -EACCES);
	eq("execve below a file is ENOTDIR", sc(SYS_execve, "exec.tmp/x", argv, no_env), -ENOTDIR);
	sc(SYS_unlink, "exec.tmp");

	// One string may have 128 KiB, 32 pages, with its end.
	static char huge[131073];
	char *long_argv[] = {"name", "exec-child", huge, NULL};
	memset(huge, 'x', 131072);
	eq("execve with a string of 128 KiB is E2BIG", sc(SYS_execve, self, long_argv, no_env), -E2BIG);

	// Close-on-exec, blocked and ignored signals, caught ones reset.
	fd = sc(SYS_open, "/dev/null", O_RDONLY | O_CLOEXEC);
	long kept = sc(SYS_open, "/dev/null", O_RDONLY);
	char text[2] = {(char)('0' + fd), 0}, text2[2] = {(char)('0' + kept), 0};
	char *inherit[] = {"name", "exec-inherit", text, text2, NULL};
	pid = sc(SYS_fork);
	if (pid == 0) {
		on(SIGUSR1, (void *)seven, 0, 0);
		on(SIGUSR2, SIG_IGN, 0, 0);
		set_mask(bit(SIGHUP));
		sc(SYS_execve, self, inherit, no_env);
		sc(SYS_exit_group, 99);
	}
	eq("what an executed program inherits", reap(pid), 0);
	sc(SYS_close, fd);
	sc(SYS_close, kept);
}

static int inherited(char **argv)
{
	struct sigaction usr1, usr2;
	sc(SYS_rt_sigaction, SIGUSR1, 0, &usr1, 8);
	sc(SYS_rt_sigaction, SIGUSR2, 0, &usr2, 8);
	if (sc(SYS_fcntl, argv[2][0] - '0', F_GETFD) != -EBADF)
		return 1;
	if (sc(SYS_fcntl, argv[3][0] - '0', F_GETFD) != 0)
		return 2;
	if (usr1.handler != SIG_DFL || usr2.handler != SIG_IGN)
		return 3;
	return mask_now() == bit(SIGHUP) ? 0 : 4;
}

// ---- what a process knows of itself ----------------------------------------

static int noncanonical_fs(void)
{
	return (int)-sc(SYS_arch_prctl, 0x1002, 0x8000000000000000UL);
}

static void self_knowledge(void)
{
	enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
	static u64 block[4] = {0xabcdef, 0, 0, 0}, got;
	eq("ARCH_SET_FS succeeds", sc(SYS_arch_prctl, ARCH_SET_FS, block), 0);
	__asm__ volatile("mov %%fs:0, %0" : "=r"(got));
	eq("and fs points there", (long)got, 0xabcdef);
	sc(SYS_arch_prctl, ARCH_GET_FS, &got);
	eq("ARCH_GET_FS returns it", (long)got, (long)block);
	eq("ARCH_SET_GS succeeds", sc(SYS_arch_prctl, ARCH_SET_GS, block), 0);
	__asm__ volatile("mov %%gs:0, %0" : "=r"(got));
	eq("and gs points there", (long)got, 0xabcdef);
	eq("fs survives fork", in_child(noncanonical_fs), EPERM << 8);
	sc(SYS_arch_prctl, ARCH_GET_FS, &got);
	eq("a refused ARCH_SET_FS changes nothing", (long)got, (long)block);
	eq("ARCH_SET_FS of a kernel address is EPERM", sc(SYS_arch_prctl, ARCH_SET_FS, 0xffffffff80000000UL), -EPERM);
	eq("ARCH_SET_FS past the last user address is EPERM",
	   sc(SYS_arch_prctl, ARCH_SET_FS, 0x800000000000UL), -EPERM);
	eq("ARCH_SET_GS of a kernel address is EPERM", sc(SYS_arch_prctl, ARCH_SET_GS, ~0UL), -EPERM);
	eq("ARCH_GET_FS to a bad address is EFAULT", sc(SYS_arch_prctl, ARCH_GET_FS, 16), -EFAULT);
	eq("an unknown arch_prctl is EINVAL", sc(SYS_arch_prctl, 0x9999, 0), -EINVAL);

	struct utsname u;
	memset(&u, 'x', sizeof(u));
	eq("uname succeeds", sc(SYS_uname, &u), 0);
	ok(streq(u.sysname, "Linux"), "sysname is Linux");
	ok(streq(u.machine, "x86_64"), "machine is x86_64");
	ok(u.release[0] >= '2' && u.release[0] <= '9' && u.release[1] == '.', "release is a version");
	eq("uname to a bad address is EFAULT", sc(SYS_uname, 16), -EFAULT);

	enum { PR_SET_NAME = 15, PR_GET_NAME = 16, PR_SET_PDEATHSIG = 1 };
	char name[16];
	memset(name, 'x', sizeof(name));
	eq("PR_SET_NAME succeeds", sc(SYS_prctl, PR_SET_NAME, "a name of more than 15"), 0);
	sc(SYS_prctl, PR_GET_NAME, name);
	ok(streq(name, "a name of more "), "PR_GET_NAME returns 15 bytes of it");
	eq("an unknown prctl is EINVAL", sc(SYS_prctl, 123456, 0, 0, 0, 0), -EINVAL);
	eq("PR_SET_NAME from a bad address is EFAULT", sc(SYS_prctl, PR_SET_NAME, 16), -EFAULT);
	eq("PR_SET_PDEATHSIG with signal 65 is EINVAL", sc(SYS_prctl, PR_SET_PDEATHSIG, 65), -EINVAL);
}

int main(int argc, char **argv, char **envp)
{
	if (argc == 4 && streq(argv[1], "exec-child"))
		return streq(argv[2], "a b") && !argv[3][0] && streq(envp[0], "X=y") && !envp[1] ? 42 : 2;
	if (argc == 4 && streq(argv[1], "exec-inherit"))
		return inherited(argv);
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_EXECFN)
			self = (char *)a[1];
	set_mask(0);
	statuses();
	stops();
	forks();
	execs();
	self_knowledge();
	return tap_done();
}
