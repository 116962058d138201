// SPDX-License-Identifier: BSD-2-Clause
// What the tests of execve(2) share: the program run says what it was given, its
// argument vector, AT_EXECFN and its name, and the test compares that.
#ifndef TEST_EXEC_H
#define TEST_EXEC_H
#include "signals.h"

enum {
	SYS_mknod = 133, SYS_personality = 135, SYS_execveat = 322,
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_SET_NAME = 15, PR_GET_NAME = 16,
	CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
	CLONE_SYSVSEM = 0x40000,
	RLIMIT_STACK = 3,
	KIB = 1024, BASE = 0x10000000,
};

static char self[4096];
static u64 *auxv;

static u64 aux(u64 tag)
{
	for (u64 *a = auxv; a[0] != AT_NULL; a += 2)
		if (a[0] == tag)
			return a[1];
	return 0;
}

// ---- the program that is run: it says what it was given ----------------------

static void say_num(struct line *l, const char *what, long value)
{
	line_str(l, what);
	line_num(l, value);
}

static int report(int argc, char **argv, char **envp)
{
	struct line l = {.len = 0};
	char name[17] = "";
	sc(SYS_prctl, PR_GET_NAME, name);
	if (argc > 20) {
		u64 length = 0, env = 0;
		for (int i = 0; i < argc; i++)
			length += strlen(argv[i]) + 1;
		while (envp[env])
			env++;
		say_num(&l, "", argc);
		say_num(&l, " ", (long)length);
		say_num(&l, " ", (long)env);
	} else {
		for (int i = 0; i < argc; i++) {
			if (strlen(argv[i]) > 120)
				say_num(&l, "#", (long)strlen(argv[i]));
			else
				line_str(&l, argv[i]);
			line_str(&l, "|");
		}
		line_str(&l, "fn=");
		line_str(&l, (char *)aux(AT_EXECFN));
		line_str(&l, "|comm=");
		line_str(&l, name);
		if (sc(SYS_getpid) != sc(SYS_gettid))
			line_str(&l, "|not the first thread");
		if (argv[argc])
			line_str(&l, "|argv without end");
	}
	line_put(&l, 1);
	return 0;
}

// ---- running it --------------------------------------------------------------

static char out[4096];
static char *report_env[] = {"REPORT=1", NULL};

struct exec {
	const char *path;
	char **argv;
	char **envp; // report_env where NULL
	long at;     // execveat with `dir` and `flags`
	long dir, flags;
	int (*before)(void);
};

// What the program said, or "errno N".
static const char *run(struct exec e)
{
	int fds[2];
	char **envp = e.envp ? e.envp : report_env;
	sc(SYS_pipe2, fds, O_CLOEXEC);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		struct line l = {.len = 0};
		sc(SYS_dup2, fds[1], 1);
		long error = e.before ? e.before() : 0;
		if (!error)
			error = e.at ? sc(SYS_execveat, e.dir, e.path, e.argv, envp, e.flags)
				     : sc(SYS_execve, e.path, e.argv, envp);
		say_num(&l, "errno ", -error);
		line_put(&l, 1);
		sc(SYS_exit_group, 99);
	}
	sc(SYS_close, fds[1]);
	long len = 0, n;
	while (len < (long)sizeof(out) - 1 && (n = sc(SYS_read, fds[0], out + len, sizeof(out) - 1 - (u64)len)) > 0)
		len += n;
	out[len] = 0;
	sc(SYS_close, fds[0]);
	int status = reap(pid);
	if (death(status)) {
		struct line l = {.len = 0};
		say_num(&l, "death ", death(status));
		memcpy(out, l.text, l.len);
		out[l.len] = 0;
	}
	return out;
}

static void is(const char *name, const char *got, const char *expected)
{
	if (!streq(got, expected)) {
		struct line l = {.len = 0};
		line_str(&l, "# got      ");
		line_str(&l, got);
		line_str(&l, "\n# expected ");
		line_str(&l, expected);
		line_str(&l, "\n");
		line_put(&l, 1);
	}
	ok(streq(got, expected), name);
}

static void fails(const char *name, const char *got, int error)
{
	struct line l = {.len = 0};
	say_num(&l, "errno ", error);
	l.text[l.len] = 0;
	is(name, got, l.text);
}

static const char *plain(const char *path)
{
	char *argv[] = {"zero", "one", NULL};
	return run((struct exec){.path = path, .argv = argv});
}

// ---- files -------------------------------------------------------------------

static void put(const char *path, const void *bytes, u64 len, int mode)
{
	sc(SYS_unlink, path);
	long fd = sc(SYS_open, path, O_WRONLY | O_CREAT | O_TRUNC, 0777);
	sc(SYS_write, fd, bytes, len);
	sc(SYS_close, fd);
	sc(SYS_chmod, path, mode);
}

// Text with @ for the path of this program.
static u64 expand(char *to, const char *text)
{
	u64 len = 0;
	for (; *text; text++) {
		if (*text == '@') {
			memcpy(to + len, self, strlen(self));
			len += strlen(self);
		} else {
			to[len++] = *text;
		}
	}
	to[len] = 0;
	return len;
}

static void script(const char *path, const char *text)
{
	static char file[8192];
	u64 len = expand(file, text);
	put(path, file, len, 0755);
}

static const char *with_self(const char *text)
{
	static char expanded[4096];
	expand(expanded, text);
	return expanded;
}

static void copy_self(const char *path, int mode)
{
	static u8 bytes[1 << 20];
	long fd = sc(SYS_open, self, O_RDONLY);
	long len = sc(SYS_read, fd, bytes, sizeof(bytes));
	sc(SYS_close, fd);
	put(path, bytes, (u64)len, mode);
}

// The files most of the tests need, in the working directory.
static void prepare(void)
{
	const char *name = (char *)aux(AT_EXECFN);
	if (name[0] != '/') {
		sc(SYS_getcwd, self, 2048);
		self[strlen(self) + 1] = 0;
		self[strlen(self)] = '/';
	}
	memcpy(self + strlen(self), name, strlen(name) + 1);

	copy_self("prog", 0755);
	copy_self("busy", 0755);
	copy_self("other", 0755);
	copy_self("not-executable", 0644);
	put("empty", "", 0, 0755);
	put("text", "just text\n", 10, 0755);
	sc(SYS_symlink, "loop", "loop");
}

#endif
