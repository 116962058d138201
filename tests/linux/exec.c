// SPDX-License-Identifier: BSD-2-Clause
// What becomes of a program that is run: execve(2), execveat(2), the scripts and
// interpreters in between, what it gets, what it keeps, and why it is refused.
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

static int name_myself(void)
{
	return (int)sc(SYS_prctl, PR_SET_NAME, "renamed");
}

// ---- scripts -----------------------------------------------------------------

static void scripts(void)
{
	char *argv[] = {"zero", "one", "two", NULL};
	script("s", "#!@\nignored\n");
	is("a script: its path takes the place of argv[0]", run((struct exec){.path = "./s", .argv = argv}),
	   with_self("@|./s|one|two|fn=./s|comm=s"));
	is("without arguments", run((struct exec){.path = "s"}), with_self("@|s|fn=s|comm=s"));
	is("a name set before is gone", run((struct exec){.path = "s", .before = name_myself}), with_self("@|s|fn=s|comm=s"));
	script("s", "#! \t@ \t \nx\n");
	is("blanks around the name", plain("s"), with_self("@|s|one|fn=s|comm=s"));
	script("s", "#!@ -x\n");
	is("an argument", plain("s"), with_self("@|-x|s|one|fn=s|comm=s"));
	script("s", "#!@   -x  -y 'z z'  \t\nx");
	is("all that follows is one argument, without the blanks around it", plain("s"),
	   with_self("@|-x  -y 'z z'|s|one|fn=s|comm=s"));
	script("s", "#!@");
	is("a line without end", plain("s"), with_self("@|s|one|fn=s|comm=s"));
	script("s", "#!@ -x");
	is("an argument without end", plain("s"), with_self("@|-x|s|one|fn=s|comm=s"));
	script("s", "#!@ ");
	is("a blank at the end of the file is an empty argument", plain("s"), with_self("@||s|one|fn=s|comm=s"));
	script("s", "#!prog\n");
	is("an interpreter in the working directory", plain("s"), "prog|s|one|fn=s|comm=s");
	sc(SYS_symlink, "s", "s-link");
	is("a script by a link", plain("s-link"), "prog|s-link|one|fn=s-link|comm=s-link");
	script("s", "#!by-link\n");
	is("an interpreter by a link", plain("s"), "by-link|s|one|fn=s|comm=s");
	script("s", "#!prog\r\n");
	fails("a carriage return belongs to the name", plain("s"), ENOENT);

	static char line[600];
	memcpy(line, "#!prog ", 7);
	memset(line + 7, 'x', 500);
	put("s", line, 507, 0755);
	is("an argument is cut where 256 bytes end", plain("s"), "prog|#248|s|one|fn=s|comm=s");
	line[255] = '\n';
	put("s", line, 507, 0755);
	is("a line of 256 bytes", plain("s"), "prog|#248|s|one|fn=s|comm=s");
	line[254] = '\n';
	put("s", line, 507, 0755);
	is("a line of 255 bytes", plain("s"), "prog|#247|s|one|fn=s|comm=s");
	memcpy(line, "#!", 2);
	memset(line + 2, '/', 500);
	memcpy(line + 290, "bin/sh\n", 7);
	put("s", line, 297, 0755);
	fails("a name that does not fit in 256 bytes is ENOEXEC", plain("s"), ENOEXEC);
	memset(line + 2, ' ', 500);
	put("s", line, 500, 0755);
	fails("nothing but blanks in 256 bytes is ENOEXEC", plain("s"), ENOEXEC);
	put("s", "#!prog\0 -x\n", 11, 0755);
	is("a NUL ends the name", plain("s"), "prog|s|one|fn=s|comm=s");
	put("s", "#!prog -x\0y\n", 12, 0755);
	is("a NUL ends the argument", plain("s"), "prog|-x|s|one|fn=s|comm=s");

	put("s", "#!\n", 3, 0755);
	fails("no interpreter is ENOEXEC", plain("s"), ENOEXEC);
	put("s", "#! \t \n", 6, 0755);
	fails("blanks for an interpreter are ENOEXEC", plain("s"), ENOEXEC);
	put("s", "#!", 2, 0755);
	// Linux takes the empty name for the working directory.
	fails("nothing behind the mark is EACCES", plain("s"), EACCES);
	put("s", "# !prog\n", 8, 0755);
	fails("a blank in the mark is ENOEXEC", plain("s"), ENOEXEC);
	script("s", "#!/no/such/interpreter\n");
	fails("an interpreter that is not there is ENOENT", plain("s"), ENOENT);
	script("s", "#!folder\n");
	fails("a folder as interpreter is EACCES", plain("s"), EACCES);
	script("s", "#!prog/x\n");
	fails("an interpreter below a file is ENOTDIR", plain("s"), ENOTDIR);
	script("s", "#!loop\n");
	fails("an interpreter behind a loop is ELOOP", plain("s"), ELOOP);
	script("s", "#!not-executable\n");
	fails("an interpreter that may not be run is EACCES", plain("s"), EACCES);
	script("s", "#!text\n");
	fails("an interpreter that is no program is ENOEXEC", plain("s"), ENOEXEC);
	script("s", "#!empty\n");
	fails("an empty interpreter is ENOEXEC", plain("s"), ENOEXEC);
	script("s", "#!prog\n");
	sc(SYS_chmod, "s", 0644);
	fails("a script that may not be run is EACCES", plain("s"), EACCES);
	sc(SYS_chmod, "s", 0111);
	is("one that may only be run", plain("s"), "prog|s|one|fn=s|comm=s");
}

static void nested(void)
{
	script("n1", "#!prog 1\n");
	script("n2", "#!n1 2 b\n");
	script("n3", "#!n2\n");
	script("n4", "#!n3 4\n");
	script("n5", "#!n4\n");
	script("n6", "#!n5\n");
	script("own", "#!own\n");
	script("lost", "#!s-lost\n");
	script("s-lost", "#!/no/such/interpreter\n");
	is("a script as interpreter", plain("n2"), "prog|1|n1|2 b|n2|one|fn=n2|comm=n2");
	is("five of them", plain("n5"), "prog|1|n1|2 b|n2|n3|4|n4|n5|one|fn=n5|comm=n5");
	fails("six are ELOOP", plain("n6"), ELOOP);
	fails("its own interpreter is ELOOP", plain("own"), ELOOP);
	fails("one without its interpreter is ENOENT", plain("lost"), ENOENT);
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

// A program that asks for an ELF interpreter.
static void elf(const char *interpreter)
{
	static struct {
		struct elf_header header;
		struct elf_segment seg[2];
		char name[4096];
	} im;
	memset(&im, 0, sizeof(im));
	memcpy(im.header.ident, "\177ELF\2\1\1", 7);
	im.header.type = 2;
	im.header.machine = 62;
	im.header.version = 1;
	im.header.entry = BASE;
	im.header.phoff = sizeof(im.header);
	im.header.ehsize = sizeof(im.header);
	im.header.phentsize = sizeof(im.seg[0]);
	im.header.phnum = 2;
	u64 at = sizeof(im.header) + sizeof(im.seg), len = strlen(interpreter) + 1;
	im.header.ident[7] = 3;
	im.seg[0] = (struct elf_segment){PT_INTERP, 4, at, BASE + at, BASE + at, len, len, 1};
	im.seg[1] = (struct elf_segment){PT_LOAD, 5, 0, BASE, BASE, 4096, 4096, 4096};
	memcpy(im.name, interpreter, len);
	put("elf", &im, 4096, 0755);
}

static void elf_interpreters(void)
{
	char *argv[] = {"zero", "one", NULL};
	elf("/no/such/interpreter");
	fails("an ELF interpreter that is not there is ENOENT", plain("elf"), ENOENT);
	elf("folder");
	fails("a folder as ELF interpreter is EACCES", plain("elf"), EACCES);
	elf("not-executable");
	fails("an ELF interpreter that may not be run is EACCES", plain("elf"), EACCES);
	elf("prog/x");
	fails("an ELF interpreter below a file is ENOTDIR", plain("elf"), ENOTDIR);
	elf("loop");
	fails("an ELF interpreter behind a loop is ELOOP", plain("elf"), ELOOP);
	elf("empty");
	fails("an empty ELF interpreter is EIO", plain("elf"), 5);
	elf("/no/such/interpreter");
	script("s", "#!elf\n");
	fails("a script's interpreter without its own is ENOENT", plain("s"), ENOENT);
	elf("other");
	is("a static program serves as ELF interpreter", plain("elf"), "zero|one|fn=elf|comm=elf");
	script("s", "#!elf -x\n");
	is("for a script's interpreter too", run((struct exec){.path = "s", .argv = argv}), "elf|-x|s|one|fn=s|comm=s");
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

	names();
	scripts();
	nested();
	refusals();
	elf_interpreters();
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
