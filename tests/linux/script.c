// SPDX-License-Identifier: BSD-2-Clause
// Programs that need another one to run: scripts, scripts run by scripts, and ELF
// programs with an interpreter, execve(2).
#include "exec.h"

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

int main(int argc, char **argv, char **envp)
{
	auxv = auxv_of(envp);
	if (envp[0] && streq(envp[0], "REPORT=1"))
		return report(argc, argv, envp);
	prepare();
	sc(SYS_symlink, "prog", "by-link");
	sc(SYS_mkdir, "folder", 0755);
	scripts();
	nested();
	elf_interpreters();
	return tap_done();
}
