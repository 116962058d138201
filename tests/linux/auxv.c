// SPDX-License-Identifier: BSD-2-Clause
// What a new program finds on its stack and in its registers: argv, envp, the
// auxiliary vector (getauxval(3)) and the state the System V ABI promises.
#include "linux.h"

extern const struct elf_header __ehdr_start;
void _start(void);

static u64 *auxv;

static int find(u64 tag, u64 *value)
{
	for (u64 *a = auxv; a[0] != AT_NULL; a += 2)
		if (a[0] == tag) {
			*value = a[1];
			return 1;
		}
	return 0;
}

static u64 get(u64 tag)
{
	u64 v = ~0UL;
	find(tag, &v);
	return v;
}

static int has(u64 tag)
{
	u64 v;
	return find(tag, &v);
}

static void entry(int argc, char **argv, char **envp)
{
	u64 *sp = entry_state.sp;
	ok(((u64)sp & 15) == 0, "stack is 16-byte aligned at entry");
	eq("rdx is 0 at entry: no function to register", (long)entry_state.rdx, 0);
	ok((entry_state.rflags & 0x400) == 0, "direction flag is clear at entry");
	eq("mxcsr at entry", entry_state.mxcsr, 0x1f80);
	eq("x87 control word at entry", entry_state.fpucw, 0x37f);
	ok(argc >= 1, "argc is at least 1");
	ok(argv[argc] == NULL, "argv ends with NULL");
	ok((u64 *)argv == sp + 1 && (u64 *)envp == sp + 2 + argc, "argv and envp follow argc");
	int above = 1;
	for (int i = 0; i < argc; i++)
		above &= (u64)argv[i] > (u64)auxv;
	for (char **e = envp; *e; e++)
		above &= (u64)*e > (u64)auxv;
	ok(above, "strings lie above the vectors");
	int packed = 1;
	for (int i = 1; i < argc; i++)
		packed &= argv[i] == argv[i - 1] + strlen(argv[i - 1]) + 1;
	ok(packed, "argument strings follow one another");
}

static void image(void)
{
	const struct elf_header *me = &__ehdr_start;
	eq("AT_PAGESZ", (long)get(AT_PAGESZ), 4096);
	eq("AT_PHDR", (long)get(AT_PHDR), (long)((u64)me + me->phoff));
	eq("AT_PHENT", (long)get(AT_PHENT), sizeof(struct elf_segment));
	eq("AT_PHNUM", (long)get(AT_PHNUM), me->phnum);
	eq("AT_ENTRY", (long)get(AT_ENTRY), (long)_start);
	eq("AT_BASE is 0 without an interpreter", (long)get(AT_BASE), 0);
	eq("AT_FLAGS", (long)get(AT_FLAGS), 0);
}

static void identity(void)
{
	eq("AT_UID", (long)get(AT_UID), sc(SYS_getuid));
	eq("AT_EUID", (long)get(AT_EUID), sc(SYS_geteuid));
	eq("AT_GID", (long)get(AT_GID), sc(SYS_getgid));
	eq("AT_EGID", (long)get(AT_EGID), sc(SYS_getegid));
	eq("AT_SECURE", (long)get(AT_SECURE), 0);
	eq("AT_CLKTCK", (long)get(AT_CLKTCK), 100);
}

static void strings(void)
{
	// A page boundary is no excuse: all 16 bytes must be there to read.
	u8 *random = (u8 *)get(AT_RANDOM);
	int nonzero = 0;
	if (ok(random != (u8 *)~0UL, "AT_RANDOM is present")) {
		for (int i = 0; i < 16; i++)
			nonzero += random[i] != 0;
		ok(nonzero > 4, "AT_RANDOM points at 16 bytes that look random");
	}
	const char *name = (const char *)get(AT_EXECFN);
	if (ok(name != (char *)~0UL, "AT_EXECFN is present"))
		eq("AT_EXECFN names a file that can be executed", sc(SYS_access, name, 1), 0);
	const char *platform = (const char *)get(AT_PLATFORM);
	if (ok(platform != (char *)~0UL, "AT_PLATFORM is present"))
		ok(streq(platform, "x86_64"), "AT_PLATFORM is x86_64");
}

static void machine(void)
{
	u32 a = 1, b = 0, c = 0, d = 0;
	__asm__ volatile("cpuid" : "+a"(a), "+b"(b), "+c"(c), "+d"(d));
	eq("AT_HWCAP is edx of cpuid leaf 1", (long)get(AT_HWCAP), d);
	// Ring 3 MWAIT is bit 0, FSGSBASE bit 1; a kernel may offer either.
	ok(has(AT_HWCAP2) && (get(AT_HWCAP2) & ~3UL) == 0, "AT_HWCAP2 has known bits only");
	if ((c >> 27 & 1) == 0) {
		ok(get(AT_MINSIGSTKSZ) >= 1024, "AT_MINSIGSTKSZ is sane");
	} else {
		u32 xa = 13, xb = 0, xc = 0, xd = 0;
		__asm__ volatile("cpuid" : "+a"(xa), "+b"(xb), "+c"(xc), "+d"(xd));
		// The frame holds the xsave area (ebx: its size for what is
		// enabled), the end marker, siginfo and ucontext.
		ok(get(AT_MINSIGSTKSZ) >= (u64)xb + 4 + 128 + 304 && get(AT_MINSIGSTKSZ) < 65536,
		   "AT_MINSIGSTKSZ covers the xsave area and the frame");
	}
	if (has(AT_RSEQ_FEATURE_SIZE))
		ok(get(AT_RSEQ_FEATURE_SIZE) >= 20 && get(AT_RSEQ_ALIGN) >= 32,
		   "AT_RSEQ_FEATURE_SIZE and AT_RSEQ_ALIGN are usable");
	else
		skip("AT_RSEQ_FEATURE_SIZE and AT_RSEQ_ALIGN are usable", "absent: kernels before 6.3");
}

static void vdso(void)
{
	const struct elf_header *elf = (const struct elf_header *)get(AT_SYSINFO_EHDR);
	if (!ok(elf != (void *)~0UL, "AT_SYSINFO_EHDR is present"))
		return;
	eq("AT_SYSINFO_EHDR is page aligned", (long)((u64)elf & 4095), 0);
	ok(memcmp(elf->ident, "\177ELF\2\1", 6) == 0, "AT_SYSINFO_EHDR points at a 64-bit ELF image");
}

// Runs this program again with chosen arguments and environment.
static int again(char *path)
{
	char *argv[] = {"zeroth", "child", "", "two words", NULL};
	char *envp[] = {"A=1", "EMPTY=", NULL};
	sc(SYS_execve, path, argv, envp);
	return 99;
}

static int child(int argc, char **argv, char **envp)
{
	if (argc != 4 || !streq(argv[0], "zeroth") || !streq(argv[2], "") || !streq(argv[3], "two words"))
		return 1;
	if (!streq(envp[0], "A=1") || !streq(envp[1], "EMPTY=") || envp[2])
		return 2;
	if ((u64)entry_state.sp & 15)
		return 3;
	// AT_EXECFN is the path given to execve, not argv[0].
	return streq((char *)get(AT_EXECFN), argv[0]) ? 4 : 0;
}

// Every length of the strings must keep the stack aligned.
static int aligned_child(char *path)
{
	static char text[40];
	for (int len = 0; len < 33; len++) {
		memset(text, 'x', (u64)len);
		text[len] = 0;
		char *argv[] = {"a", "align", text, NULL, NULL};
		long pid = sc(SYS_fork);
		if (pid == 0) {
			sc(SYS_execve, path, argv, argv + 3);
			sc(SYS_exit_group, 99);
		}
		int status = reap(pid);
		if (!exited(status) || exit_code(status))
			return len;
	}
	return -1;
}

int main(int argc, char **argv, char **envp)
{
	auxv = auxv_of(envp);
	if (argc > 1 && streq(argv[1], "child"))
		return child(argc, argv, envp);
	if (argc > 1 && streq(argv[1], "align"))
		return ((u64)entry_state.sp & 15) != 0;
	entry(argc, argv, envp);
	image();
	identity();
	strings();
	machine();
	vdso();
	char *self = (char *)get(AT_EXECFN);
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, again(self));
	eq("arguments and environment reach an executed program", exit_code(reap(pid)), 0);
	eq("the stack is aligned whatever the strings' lengths", aligned_child(self), -1);
	return tap_done();
}
