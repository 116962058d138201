// SPDX-License-Identifier: BSD-2-Clause
// What becomes of a program that is run: execve(2), execveat(2), what it gets, what
// it keeps, and why it is refused. Scripts are in script.c.
#include "exec.h"

// ---- programs ----------------------------------------------------------------

static void names(void)
{
	char *argv[] = {"zero", "a b", "", NULL};
	is("argument vector, AT_EXECFN and name of a program",
	   run((struct exec){.path = "./prog", .argv = argv}), "zero|a b||fn=./prog|comm=prog");
	is("a path without a slash", plain("prog"), "zero|one|fn=prog|comm=prog");
	is("a path with more slashes", plain(".//./prog"), "zero|one|fn=.//./prog|comm=prog");
	sc(SYS_symlink, "prog", "by-link");
	is("a link: its own name counts", plain("by-link"), "zero|one|fn=by-link|comm=by-link");
	sc(SYS_link, "prog", "a-name-of-more-than-fifteen");
	is("the name is cut after 15 bytes", plain("a-name-of-more-than-fifteen"),
	   "zero|one|fn=a-name-of-more-than-fifteen|comm=a-name-of-more-");
	sc(SYS_unlink, "a-name-of-more-than-fifteen");
	sc(SYS_mkdir, "folder", 0755);
	sc(SYS_symlink, "../prog", "folder/up");
	is("a link elsewhere", plain("folder/up"), "zero|one|fn=folder/up|comm=up");
	is("no argument vector is one empty string", run((struct exec){.path = "prog"}), "|fn=prog|comm=prog");
	char *none[] = {NULL};
	is("so is an empty one", run((struct exec){.path = "prog", .argv = none}), "|fn=prog|comm=prog");
	char *marked[] = {"zero", "report", NULL};
	int status;
	long pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_close, 1);
		sc(SYS_execve, "prog", marked, NULL);
		sc(SYS_exit_group, 99);
	}
	status = reap(pid);
	eq("no environment is an empty one", status, 0);
}

// ---- refusals ----------------------------------------------------------------

static int nobody(void)
{
	if (sc(SYS_geteuid) != 0)
		return 0;
	sc(SYS_setgroups, 0, 0);
	return (int)(sc(SYS_setresgid, 65534, 65534, 65534) | sc(SYS_setresuid, 65534, 65534, 65534));
}

static void refusals(void)
{
	static char long_name[5000];
	char *argv[] = {"zero", NULL};
	sc(SYS_symlink, "loop", "loop");
	fails("a file that is not there is ENOENT", plain("nothing"), ENOENT);
	fails("an empty path is ENOENT", plain(""), ENOENT);
	fails("a link to nowhere is ENOENT", (sc(SYS_symlink, "nothing", "dangling"), plain("dangling")), ENOENT);
	fails("a folder is EACCES", plain("folder"), EACCES);
	fails("a path below a file is ENOTDIR", plain("prog/x"), ENOTDIR);
	fails("a file with a slash behind is ENOTDIR", plain("prog/"), ENOTDIR);
	fails("a loop of links is ELOOP", plain("loop"), ELOOP);
	fails("a file that may not be run is EACCES", plain("not-executable"), EACCES);
	fails("an empty file is ENOEXEC", plain("empty"), ENOEXEC);
	fails("text is ENOEXEC", plain("text"), ENOEXEC);
	fails("a device is EACCES", plain("/dev/null"), EACCES);
	sc(SYS_mknod, "fifo", 0010777, 0);
	sc(SYS_chmod, "fifo", 0777);
	fails("a FIFO is EACCES", plain("fifo"), EACCES);
	memset(long_name, 'n', 256);
	fails("a name of 256 bytes is ENAMETOOLONG", plain(long_name), ENAMETOOLONG);
	memset(long_name, '/', sizeof(long_name) - 1);
	fails("a path of 5000 bytes is ENAMETOOLONG", plain(long_name), ENAMETOOLONG);
	fails("a bad path is EFAULT", plain((char *)16), EFAULT);
	fails("a bad argument vector is EFAULT", run((struct exec){.path = "prog", .argv = (char **)16}), EFAULT);
	fails("a bad environment is EFAULT", run((struct exec){.path = "prog", .argv = argv, .envp = (char **)16}), EFAULT);
	char *bad[] = {"zero", (char *)16, NULL};
	fails("a bad argument is EFAULT", run((struct exec){.path = "prog", .argv = bad}), EFAULT);
	fails("a bad variable is EFAULT", run((struct exec){.path = "prog", .argv = argv, .envp = bad}), EFAULT);
	long fd = sc(SYS_open, "busy", O_RDWR);
	fails("a program open for writing is ETXTBSY", plain("busy"), ETXTBSY);
	script("s", "#!busy\n");
	fails("an interpreter open for writing is ETXTBSY", plain("s"), ETXTBSY);
	sc(SYS_close, fd);
	script("s", "#!prog\n");
	fd = sc(SYS_open, "s", O_RDWR);
	fails("a script open for writing is ETXTBSY", plain("s"), ETXTBSY);
	sc(SYS_close, fd);
	is("and runs once it is closed", plain("s"), "prog|s|one|fn=s|comm=s");

	copy_self("private", 0700);
	sc(SYS_mkdir, "locked", 0700);
	copy_self("locked/prog", 0755);
	sc(SYS_chmod, "prog", 0755);
	if (sc(SYS_geteuid) == 0) {
		fails("another's program that others may not run is EACCES",
		      run((struct exec){.path = "private", .argv = argv, .before = nobody}), EACCES);
		fails("a program in a folder that may not be searched is EACCES",
		      run((struct exec){.path = "locked/prog", .argv = argv, .before = nobody}), EACCES);
	} else {
		skip("another's program that others may not run is EACCES", "needs root");
		skip("a program in a folder that may not be searched is EACCES", "needs root");
	}
	sc(SYS_chmod, "private", 0011);
	is("one execute bit is enough for root, none of one's own for nobody", plain("private"),
	   sc(SYS_geteuid) == 0 ? "zero|one|fn=private|comm=private" : "errno 13");
}

// ---- how much ----------------------------------------------------------------

static char *many[70000];
static char *envs[70000];

static void fill(u64 count, char *text)
{
	for (u64 i = 0; i < count; i++)
		many[i] = text;
	many[count] = NULL;
}

static u64 stack_limit;
static int limit_stack(void)
{
	u64 limit[2] = {stack_limit, stack_limit};
	return (int)sc(SYS_setrlimit, RLIMIT_STACK, limit);
}

static const char *limited(u64 stack)
{
	stack_limit = stack;
	return run((struct exec){.path = "prog", .argv = many, .before = limit_stack});
}

static void amounts(void)
{
	static char text[256 * KIB];
	char *huge[] = {"zero", text, NULL};
	memset(text, 'x', 128 * KIB - 1);
	is("a string of 128 KiB with its end", run((struct exec){.path = "prog", .argv = huge}),
	   "zero|#131071|fn=prog|comm=prog");
	text[128 * KIB - 1] = 'x';
	fails("a longer one is E2BIG", run((struct exec){.path = "prog", .argv = huge}), E2BIG);
	huge[1] = NULL;
	envs[0] = "REPORT=1";
	envs[1] = text;
	fails("in the environment too", run((struct exec){.path = "prog", .argv = huge, .envp = envs}), E2BIG);
	text[100000 - 1] = 0;
	fill(21, text);
	stack_limit = 8 << 20;
	is("2100000 bytes do not fit a stack of 8 MiB", limited(8 << 20), "errno 7");
	fill(20, text);
	many[20] = text + 99000;
	many[21] = NULL;
	is("2000000 do", limited(8 << 20), "21 2001000 1");
	is("500000 do not fit 1 MiB", (fill(5, text), limited(1 << 20)), "errno 7");
	fill(2, text);
	for (int i = 2; i < 22; i++)
		many[i] = "x";
	many[22] = NULL;
	is("200000 do", limited(1 << 20), "22 200040 1");
	fill(65000, "x");
	is("65000 arguments", limited(8 << 20), "65000 130000 1");
	is("their addresses count", limited(2 << 20), "errno 7");
	envs[0] = "REPORT=1";
	for (u64 i = 1; i < 60000; i++)
		envs[i] = "VARIABLE=value";
	envs[60000] = NULL;
	fill(30, "y");
	is("60000 variables", run((struct exec){.path = "prog", .argv = many, .envp = envs}), "30 60 60000");
	script("s", "#!prog -x\n");
	fill(6, text);
	for (int i = 6; i < 30; i++)
		many[i] = "x";
	many[30] = NULL;
	is("a script with 500000 bytes of arguments", run((struct exec){.path = "s", .argv = many}), "32 500058 1");
	fill(16, text);
	for (int i = 16; i < 30; i++)
		many[i] = "x";
	many[30] = NULL;
	is("with 1500000", run((struct exec){.path = "s", .argv = many}), "32 1500038 1");
}

// ---- execveat ----------------------------------------------------------------

static char fd_name[64];
static const char *fd_text(const char *before, long fd, const char *after)
{
	struct line l = {.len = 0};
	line_str(&l, before);
	line_num(&l, fd);
	line_str(&l, after);
	memcpy(fd_name, l.text, l.len);
	fd_name[l.len] = 0;
	return fd_name;
}

static const char *at(long dir, const char *path, long flags)
{
	char *argv[] = {"zero", "one", NULL};
	return run((struct exec){.at = 1, .dir = dir, .path = path, .flags = flags, .argv = argv});
}

static int has_dev_fd(void)
{
	long fd = sc(SYS_open, "/dev/fd", O_RDONLY | O_DIRECTORY);
	long there = sc(SYS_newfstatat, AT_FDCWD, fd_text("/dev/fd/", fd, ""), out, 0);
	sc(SYS_close, fd);
	return there == 0;
}

static void descriptors(void)
{
	long fd = sc(SYS_open, "prog", O_RDONLY), dir = sc(SYS_open, "folder", O_RDONLY | O_DIRECTORY);
	copy_self("folder/inner", 0755);
	script("folder/script", "#!prog\n");
	is("AT_EMPTY_PATH runs an open file", at(fd, "", AT_EMPTY_PATH), fd_text("zero|one|fn=/dev/fd/", fd, "|comm=prog"));
	fails("without it, an empty path is ENOENT", at(fd, "", 0), ENOENT);
	sc(SYS_close, fd);
	fd = sc(SYS_open, "prog", O_RDONLY | O_CLOEXEC);
	is("one that closes", at(fd, "", AT_EMPTY_PATH), fd_text("zero|one|fn=/dev/fd/", fd, "|comm=prog"));
	sc(SYS_close, fd);
	fd = sc(SYS_open, "prog", O_PATH);
	is("one open as a path", at(fd, "", AT_EMPTY_PATH), fd_text("zero|one|fn=/dev/fd/", fd, "|comm=prog"));
	fails("a path below it is ENOTDIR", at(fd, "x", 0), ENOTDIR);
	sc(SYS_close, fd);
	fd = sc(SYS_open, "not-executable", O_RDONLY);
	fails("one that may not be run is EACCES", at(fd, "", AT_EMPTY_PATH), EACCES);
	sc(SYS_close, fd);
	fails("an open folder is EACCES", at(dir, "", AT_EMPTY_PATH), EACCES);
	fails("the working directory is EACCES", at(AT_FDCWD, "", AT_EMPTY_PATH), EACCES);
	fails("a descriptor that is not open is EBADF", at(99, "", AT_EMPTY_PATH), EBADF);
	fails("so is one for a folder", at(99, "prog", 0), EBADF);
	is("but not before an absolute path", at(99, self, 0), with_self("zero|one|fn=@|comm=exec"));
	is("a path from the working directory", at(AT_FDCWD, "prog", 0), "zero|one|fn=prog|comm=prog");
	is("a path from a folder", at(dir, "inner", 0), fd_text("zero|one|fn=/dev/fd/", dir, "/inner|comm=inner"));
	is("a link from a folder", at(dir, "up", 0), fd_text("zero|one|fn=/dev/fd/", dir, "/up|comm=up"));
	fails("nothing there is ENOENT", at(dir, "nothing", 0), ENOENT);
	fails("AT_SYMLINK_NOFOLLOW of a link is ELOOP", at(AT_FDCWD, "by-link", AT_SYMLINK_NOFOLLOW), ELOOP);
	fails("from a folder too", at(dir, "up", AT_SYMLINK_NOFOLLOW), ELOOP);
	is("of a file it is nothing", at(AT_FDCWD, "prog", AT_SYMLINK_NOFOLLOW), "zero|one|fn=prog|comm=prog");
	fails("another flag is EINVAL", at(AT_FDCWD, "prog", 0x10), EINVAL);
	fails("AT_SYMLINK_FOLLOW is EINVAL", at(AT_FDCWD, "prog", 0x400), EINVAL);
	fails("a bad path is EFAULT before a bad flag", at(AT_FDCWD, (char *)16, 0x10), EFAULT);
	fd = sc(SYS_open, "s", O_RDONLY | O_CLOEXEC);
	fails("a script in a descriptor that closes is ENOENT", at(fd, "", AT_EMPTY_PATH), ENOENT);
	sc(SYS_close, fd);
	script("s", "#!prog -x\n");
	fd = sc(SYS_open, "s", O_RDONLY);
	const char *got = at(fd, "", AT_EMPTY_PATH);
	struct line l = {.len = 0};
	say_num(&l, "prog|-x|/dev/fd/", fd);
	say_num(&l, "|one|fn=/dev/fd/", fd);
	line_str(&l, "|comm=");
	l.text[l.len] = 0;
	// What the name of such a process is changed with Linux 6.14.
	out[l.len] = 0;
	is("a script in one that stays is named by it", got, l.text);
	sc(SYS_close, fd);
	got = at(dir, "script", 0);
	l.len = 0;
	say_num(&l, "prog|/dev/fd/", dir);
	say_num(&l, "/script|one|fn=/dev/fd/", dir);
	line_str(&l, "/script|comm=script");
	l.text[l.len] = 0;
	is("a script from a folder is named by it", got, l.text);
	sc(SYS_close, dir);
	dir = sc(SYS_open, "folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fails("a script from a folder that closes is ENOENT", at(dir, "script", 0), ENOENT);
	is("a program from one runs", at(dir, "inner", 0), fd_text("zero|one|fn=/dev/fd/", dir, "/inner|comm=inner"));
	sc(SYS_close, dir);
	if (!has_dev_fd())
		note("/dev/fd has no further descriptors here", 0);
}

// ---- what stays and what goes ------------------------------------------------

struct itimer {
	struct timeval interval, value;
};

// Runs as the new program: 0, or the number of the first thing that is wrong.
static int kept(char **argv)
{
	struct sigaction act;
	struct sigstack alt;
	struct itimer timer;
	u64 pending = 0, limit[2];
	char name[64];
	int death_signal = 0;
	long pid = 0;
	for (char *c = argv[2]; *c; c++)
		pid = pid * 10 + (*c - '0');
	if (sc(SYS_getpid) != pid || sc(SYS_gettid) != pid)
		return 1;
	if (sc(SYS_umask, 0) != 027)
		return 2;
	if (sc(SYS_getcwd, name, sizeof(name)) < 0 || !streq(name, "/"))
		return 3;
	sc(SYS_rt_sigaction, SIGUSR1, 0, &act, 8);
	if (act.handler != SIG_DFL || act.flags & SA_SIGINFO)
		return 4;
	sc(SYS_rt_sigaction, SIGUSR2, 0, &act, 8);
	if (act.handler != SIG_IGN)
		return 5;
	sc(SYS_rt_sigaction, SIGCHLD, 0, &act, 8);
	if (act.handler != SIG_IGN)
		return 6;
	sc(SYS_rt_sigpending, &pending, 8);
	if (pending != bit(SIGTERM))
		return 7;
	sc(SYS_sigaltstack, 0, &alt);
	if (alt.flags != SS_DISABLE)
		return 8;
	sc(36 /* getitimer */, 0, &timer);
	if (timer.value.sec < 900)
		return 9;
	if (sc(SYS_personality, 0xffffffff) != 0x0040000)
		return 10;
	sc(SYS_prctl, PR_GET_PDEATHSIG, &death_signal);
	if (death_signal != SIGHUP)
		return 11;
	sc(SYS_getrlimit, 7 /* RLIMIT_NOFILE */, limit);
	if (limit[0] != 77)
		return 12;
	if (sc(SYS_mincore, 0x10000000, 4096, name) != -ENOMEM)
		return 13;
	if (sc(SYS_getpid) != sc(121 /* getpgid */, 0))
		return 14;
	if (mask_now() != bit(SIGTERM))
		return 15;
	return 0;
}

static void caught(int sig, struct siginfo *info, struct ucontext *uc)
{
	(void)sig, (void)info, (void)uc;
}

static int becomes(void)
{
	static u8 stack[16384];
	char digits[24], *argv[] = {"kept", "kept", digits, NULL};
	struct line l = {.len = 0};
	line_num(&l, sc(SYS_getpid));
	memcpy(digits, l.text, l.len);
	digits[l.len] = 0;
	struct sigstack alt = {stack, 0, 0, sizeof(stack)};
	struct itimer timer = {{0, 0}, {1000, 0}};
	u64 limit[2] = {77, 77};
	sc(SYS_umask, 027);
	sc(SYS_chdir, "/");
	on(SIGUSR1, caught, SA_SIGINFO, 0);
	on(SIGUSR2, SIG_IGN, 0, 0);
	on(SIGCHLD, SIG_IGN, 0, 0);
	set_mask(bit(SIGTERM));
	sc(SYS_kill, sc(SYS_getpid), SIGTERM);
	sc(SYS_sigaltstack, &alt, 0);
	sc(SYS_setitimer, 0, &timer, 0);
	sc(SYS_personality, 0x0040000);
	sc(SYS_prctl, PR_SET_PDEATHSIG, SIGHUP);
	sc(SYS_setrlimit, 7, limit);
	sc(SYS_mmap, 0x10000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	sc(SYS_setpgid, 0, 0);
	sc(SYS_execve, self, argv, report_env + 1);
	return 99;
}

// ---- threads -----------------------------------------------------------------

static volatile int spinning;
static int fds[2];

static void thread_body(int runs)
{
	char *argv[] = {"from-thread", NULL};
	if (!runs) {
		__atomic_add_fetch(&spinning, 1, __ATOMIC_SEQ_CST);
		for (;;)
			sc(SYS_pause);
	}
	while (spinning < 3)
		sc(SYS_sched_yield);
	sc(SYS_dup2, fds[1], 1);
	sc(SYS_execve, "prog", argv, report_env);
	sc(SYS_exit_group, 98);
}

// A thread with a stack of its own that runs thread_body.
static void thread(int runs)
{
	long stack = sc(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 *top = (u64 *)(stack + 65536 - 64);
	long ret;
	top[0] = (u64)runs;
	top[1] = (u64)thread_body;
	__asm__ volatile("syscall\n"
			 "	test %%eax, %%eax\n"
			 "	jnz 1f\n"
			 "	pop %%rdi\n"
			 "	pop %%rax\n"
			 "	xor %%ebp, %%ebp\n"
			 "	and $-16, %%rsp\n"
			 "	call *%%rax\n"
			 "	hlt\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM),
			   "S"(top), "d"(0)
			 : "rcx", "r11", "memory");
}

static int threads_exec(void)
{
	thread(0);
	thread(0);
	thread(0);
	thread(1);
	sc(SYS_pause);
	return 94;
}

static int main_exec(void)
{
	char *argv[] = {"from-main", NULL};
	thread(0);
	thread(0);
	thread(0);
	while (spinning < 3)
		sc(SYS_sched_yield);
	if (sc(SYS_execve, "nothing", argv, report_env) != -ENOENT)
		return 97;
	sc(SYS_dup2, fds[1], 1);
	sc(SYS_execve, "prog", argv, report_env);
	return 98;
}

static void threads(const char *name, int (*body)(void), const char *expected)
{
	sc(SYS_pipe2, fds, O_CLOEXEC);
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, body());
	sc(SYS_close, fds[1]);
	long len = sc(SYS_read, fds[0], out, sizeof(out) - 1);
	out[len < 0 ? 0 : len] = 0;
	sc(SYS_close, fds[0]);
	if (reap(pid) == 0)
		is(name, out, expected);
	else
		ok(0, name);
}

static void vforks(void)
{
	static volatile long seen;
	char *argv[] = {"vforked", "report", NULL};
	long pid = sc(SYS_vfork);
	if (pid == 0) {
		seen = sc(SYS_execve, "nothing", argv, report_env + 1);
		sc(SYS_execve, "prog", argv, report_env + 1);
		sc(SYS_exit_group, 96);
	}
	eq("a vforked child's failed exec shows in the parent", seen, -ENOENT);
	eq("and it can run another", reap(pid), 0);
}

static int unlinked(void)
{
	char *argv[] = {"gone", NULL};
	copy_self("gone", 0755);
	long fd = sc(SYS_open, "gone", O_RDONLY | O_CLOEXEC);
	sc(SYS_unlink, "gone");
	return (int)sc(SYS_execveat, fd, "", argv, report_env, AT_EMPTY_PATH);
}

static int twice(void)
{
	// Nothing of a long chain of programs stays behind.
	char count[] = "99", *argv[] = {"again", "again", count, NULL};
	return (int)sc(SYS_execve, self, argv, report_env + 1);
}

static int again(char **argv)
{
	char *count = argv[2];
	if (count[0] == '0' && count[1] == '0')
		return 0;
	if (count[1]-- == '0') {
		count[1] = '9';
		count[0]--;
	}
	sc(SYS_execve, aux(AT_EXECFN), argv, report_env + 1);
	return 95;
}

int main(int argc, char **argv, char **envp)
{
	auxv = auxv_of(envp);
	if (envp[0] && streq(envp[0], "REPORT=1"))
		return report(argc, argv, envp);
	if (argc == 2 && streq(argv[1], "report"))
		return envp[0] != NULL;
	if (argc == 3 && streq(argv[1], "kept"))
		return kept(argv);
	if (argc == 3 && streq(argv[1], "again"))
		return again(argv);
	prepare();
	names();
	refusals();
	amounts();
	descriptors();
	eq("what a program keeps, and what it does not", in_child(becomes), 0);
	threads("a thread's exec leaves one, with the process's id", threads_exec, "from-thread|fn=prog|comm=prog");
	spinning = 0;
	threads("the first thread's exec ends the others, a failed one does not", main_exec, "from-main|fn=prog|comm=prog");
	vforks();
	char *gone[] = {"zero", NULL};
	const char *got = run((struct exec){.path = "nothing", .argv = gone, .before = unlinked});
	char start[] = "gone|fn=/dev/fd/";
	struct {
		i64 type, rest[14];
	} fs;
	sc(SYS_statfs, ".", &fs);
	if (fs.type == 0x01021994 && streq(got, "errno 2")) {
		skip("an open program that has no name any more runs", "FreeBSD's tmpfs opens none");
	} else {
		out[sizeof(start) - 1] = 0;
		is("an open program that has no name any more runs", got, start);
	}
	eq("a hundred programs one after the other", in_child(twice), 0);
	return tap_done();
}
