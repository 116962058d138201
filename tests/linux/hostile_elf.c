// SPDX-License-Identifier: BSD-2-Clause
// Files that pretend to be programs: each is written, executed in a child, and
// must be refused or die, as on Linux (execve(2), elf(5)). Nothing may panic.
// What Linux 6.18 does is the outcome listed first. A fault found after the old
// program is gone can only kill (Linux: SIGSEGV); a kernel that finds it sooner
// refuses with an errno, which is as good. Other differences have a comment.
#include "signals.h"

enum { PF_RX = 5, PF_RW = 6, PAGE = 4096, BASE = 0x400000, LONGEST = 8192 };

static struct image {
	struct elf_header header;
	struct elf_segment seg[8];
	u8 rest[LONGEST];
} im;
static u64 length; // of the file
static char path[] = "/tmp/hostile.elf";

// exit(33): where a file is good enough for Linux, this is what it runs.
static const u8 code[] = {0xb8, 231, 0, 0, 0, 0xbf, 33, 0, 0, 0, 0x0f, 0x05};
enum { CODE_AT = 1024 };

// A sound program of one page, for each case to spoil.
static void sound(void)
{
	memset(&im, 0, sizeof(im));
	memcpy(im.header.ident, "\177ELF\2\1\1", 7);
	im.header.type = 2;
	im.header.machine = 62;
	im.header.version = 1;
	im.header.entry = BASE + CODE_AT;
	im.header.phoff = sizeof(im.header);
	im.header.ehsize = sizeof(im.header);
	im.header.phentsize = sizeof(im.seg[0]);
	im.header.phnum = 1;
	im.seg[0] = (struct elf_segment){PT_LOAD, PF_RX, 0, BASE, BASE, PAGE, PAGE, PAGE};
	memcpy((u8 *)&im + CODE_AT, code, sizeof(code));
	length = PAGE;
}

static struct elf_segment *more(u32 type)
{
	struct elf_segment *s = &im.seg[im.header.phnum++];
	*s = im.seg[0];
	s->type = type;
	return s;
}

static void interp(const char *name, u64 size)
{
	struct elf_segment *s = more(PT_INTERP);
	s->offset = 2048;
	s->filesz = s->memsz = size;
	for (u64 i = 0; name[i]; i++)
		((u8 *)&im)[2048 + i] = (u8)name[i];
}

static void good(void) {}
static void empty(void) { length = 0; }
static void four_bytes(void) { length = 4; }
static void half_header(void) { length = 32; }
static void header_less_one(void) { length = 63; }
static void header_alone(void) { length = 64; }
static void half_segment(void) { length = 64 + 20; }
static void no_segments(void) { im.header.phnum = 0; }
static void many_segments(void) { im.header.phnum = 0xffff; }
static void thousand_segments(void) { im.header.phnum = 1000; }
static void small_phentsize(void) { im.header.phentsize = 55; }
static void zero_phentsize(void) { im.header.phentsize = 0; }
static void phoff_past_end(void) { im.header.phoff = 1 << 20; }
static void phoff_overflow(void) { im.header.phoff = ~0UL - 8; }
static void phoff_negative(void) { im.header.phoff = 1UL << 63; }
static void phoff_odd(void)
{
	im.header.phoff = 65;
	memcpy((u8 *)&im + 65, &(struct elf_segment){PT_LOAD, PF_RX, 0, BASE, BASE, PAGE, PAGE, PAGE}, 56);
}
static void ehsize_zero(void) { im.header.ehsize = 0; }
static void relocatable(void) { im.header.type = 1; }
static void core_file(void) { im.header.type = 4; }
static void wrong_machine(void) { im.header.machine = 183; }
static void wrong_class(void) { im.header.ident[4] = 1; }
static void big_endian(void) { im.header.ident[5] = 2; }
static void filesz_past_end(void) { im.seg[0].filesz = im.seg[0].memsz = 1 << 20; }
static void offset_past_end(void) { im.seg[0].offset = 1 << 20; }
static void offset_huge(void) { im.seg[0].offset = 0x7ffffffffffff000UL; }
static void memsz_below_filesz(void) { im.seg[0].memsz = 100; }
static void vaddr_kernel(void) { im.seg[0].vaddr = 0xffffffff80000000UL; }
static void vaddr_wrap(void)
{
	im.seg[0].vaddr = 0xfffffffffffff000UL;
	im.seg[0].memsz = 0x402000;
}
static void vaddr_zero(void) { im.seg[0].vaddr = 0; }
static void vaddr_last_page(void) { im.seg[0].vaddr = 0x7ffffffff000UL; }
static void vaddr_odd(void) { im.seg[0].vaddr = BASE + 8; }
static void memsz_huge(void) { im.seg[0].memsz = 1UL << 46; }
static void memsz_wrap(void) { im.seg[0].memsz = ~0UL; }
static void filesz_huge(void) { im.seg[0].filesz = im.seg[0].memsz = ~0UL - PAGE; }
static void overlap(void)
{
	struct elf_segment *s = more(PT_LOAD);
	s->flags = PF_RW;
}
static void backwards(void)
{
	more(PT_LOAD)->vaddr = BASE - 0x10000;
}
static void align_odd(void) { im.seg[0].align = 3; }
static void align_huge(void) { im.seg[0].align = 1UL << 63; }
static void no_load(void) { im.seg[0].type = PT_NOTE; }
static void bss_read_only(void) { im.seg[0].memsz = 0x4000; im.seg[0].filesz = 2000; }
static void dyn_huge(void)
{
	im.header.type = 3;
	im.seg[0].vaddr = 0;
	im.seg[0].memsz = 1UL << 46;
}

static void entry_kernel(void) { im.header.entry = 0xffffffff80000000UL; }
static void entry_noncanonical(void) { im.header.entry = 0x8000000000000000UL; }
static void entry_nowhere(void) { im.header.entry = 16; }

static void interp_empty(void) { interp("", 0); }
static void interp_one(void) { interp("", 1); }
static void interp_open(void) { interp("/bin/sh", 7); }
static void interp_long(void)
{
	interp("", 5000);
	memset((u8 *)&im + 2048, 'a', 5000);
	length = 2048 + 5000;
}
static void interp_past_end(void)
{
	interp("/x", 3);
	im.seg[1].offset = 1 << 20;
}
static void interp_negative(void)
{
	interp("/x", 3);
	im.seg[1].offset = ~0UL - 1;
}
static void interp_missing(void) { interp("/no/such/interpreter", 21); }
static void interp_directory(void) { interp("/tmp", 5); }
static void interp_self(void) { interp(path, sizeof(path)); }
static void interp_device(void) { interp("/dev/zero", 10); }
static void interp_twice(void)
{
	interp("/no/such/interpreter", 21);
	interp("/no/such/interpreter", 21);
}

static void note_segment(u32 namesz, u32 descsz, u64 size)
{
	struct elf_segment *s = more(PT_NOTE);
	u32 head[3] = {namesz, descsz, 1};
	s->offset = 2048;
	s->filesz = s->memsz = size;
	s->align = 4;
	memcpy((u8 *)&im + 2048, head, sizeof(head));
}
static void note_namesz(void) { note_segment(0xffffffff, 4, 64); }
static void note_descsz(void) { note_segment(4, 0xffffffff, 64); }
static void note_both(void) { note_segment(0xfffffffc, 0xfffffffc, 64); }
static void note_short(void) { note_segment(4, 4, 5); }
static void note_huge(void) { note_segment(4, 4, ~0UL); }
static void note_past_end(void)
{
	note_segment(4, 4, 64);
	im.seg[1].offset = 1UL << 40;
}
static void property(void)
{
	note_segment(4, 0xffffff00, 64);
	im.seg[1].type = 0x6474e553; // PT_GNU_PROPERTY
}
static void stacks(void)
{
	for (int i = 0; i < 3; i++)
		more(PT_GNU_STACK)->flags = i == 1 ? 7 : PF_RW;
}

static void text(const char *s)
{
	length = strlen(s);
	memcpy(&im, s, length);
}
static void script_endless(void)
{
	memset(&im, 'a', sizeof(im));
	memcpy(&im, "#!/", 3);
	length = LONGEST;
}
static void script_spaces(void)
{
	memset(&im, ' ', sizeof(im));
	memcpy(&im, "#!", 2);
	length = LONGEST;
}
static void script_empty(void) { text("#!\n"); }
static void script_bare(void) { text("#!"); }
static void script_missing(void) { text("#!/no/such/interpreter\n"); }
static void script_directory(void) { text("#!/tmp\n"); }
static void script_self(void) { text("#!/tmp/hostile.elf\n"); }
static void script_nul(void)
{
	text("#!/no/such\n");
	((u8 *)&im)[5] = 0;
}

#define SIG(n) (1000 + (n))
enum { RUNS = 2033, END = 0 };

static const struct {
	void (*spoil)(void);
	const char *name;
	int allowed[6];
} cases[] = {
	{good, "a sound program runs", {RUNS}},
	{empty, "an empty file", {ENOEXEC}},
	{four_bytes, "four bytes of magic", {ENOEXEC}},
	{half_header, "half a header", {ENOEXEC}},
	{header_less_one, "a header less one byte", {ENOEXEC}},
	// Reading the segments fails: EIO (5) where a kernel reads past the end.
	{header_alone, "a header alone", {ENOEXEC, EINVAL, 5}},
	{half_segment, "half a program header", {ENOEXEC, EINVAL, 5}},
	{no_segments, "no program headers", {ENOEXEC, EINVAL, SIG(SIGSEGV)}},
	{many_segments, "65535 program headers", {ENOEXEC}},
	// 56000 bytes of headers in a file of 4096.
	{thousand_segments, "1000 program headers", {ENOEXEC, EINVAL, 5}},
	{small_phentsize, "program headers of 55 bytes", {ENOEXEC, EINVAL}},
	{zero_phentsize, "program headers of 0 bytes", {ENOEXEC, EINVAL}},
	{phoff_past_end, "program headers past the end", {ENOEXEC, EINVAL, 5}},
	{phoff_overflow, "program headers that wrap", {ENOEXEC, EINVAL, 5}},
	{phoff_negative, "program headers at a negative offset", {ENOEXEC, EINVAL, 5}},
	// FreeBSD wants the headers aligned and in the first page.
	{phoff_odd, "program headers at an odd offset", {RUNS, ENOEXEC}},
	{ehsize_zero, "a header that claims 0 bytes", {RUNS, ENOEXEC}},
	{relocatable, "a relocatable file", {ENOEXEC}},
	{core_file, "a core file", {ENOEXEC}},
	{wrong_machine, "a program for another machine", {ENOEXEC}},
	// Linux does not look at the class, and the rest says x86-64.
	{wrong_class, "a program of another class", {RUNS, ENOEXEC}},
	{big_endian, "a program of another byte order", {RUNS, ENOEXEC}},
	// FreeBSD's loader reads the whole segment before it starts the program.
	{filesz_past_end, "a segment longer than the file", {RUNS, ENOEXEC, SIG(SIGBUS), SIG(SIGSEGV)}},
	{offset_past_end, "a segment past the end of the file", {SIG(SIGBUS), ENOEXEC, SIG(SIGSEGV)}},
	{offset_huge, "a segment at a huge offset", {SIG(SIGSEGV), SIG(SIGBUS), EINVAL, EOVERFLOW, ENOEXEC}},
	{memsz_below_filesz, "memory less than file", {SIG(SIGSEGV), EINVAL, ENOEXEC}},
	{vaddr_kernel, "a segment in the kernel", {SIG(SIGSEGV), EINVAL, ENOMEM, ENOEXEC}},
	{vaddr_wrap, "a segment that wraps", {SIG(SIGSEGV), EINVAL, ENOMEM, ENOEXEC}},
	// Root may map page 0, others may not.
	{vaddr_zero, "a segment at 0", {SIG(SIGSEGV), EPERM, EINVAL, ENOMEM, SIG(SIGKILL)}},
	{vaddr_last_page, "a segment at the last page", {SIG(SIGSEGV), ENOMEM, EINVAL, ENOEXEC, SIG(SIGKILL)}},
	{vaddr_odd, "a segment whose address and offset disagree", {SIG(SIGSEGV), EINVAL, ENOEXEC, RUNS}},
	{memsz_huge, "a segment of 64 TiB", {SIG(SIGSEGV), ENOMEM, EINVAL, ENOEXEC, SIG(SIGKILL)}},
	{memsz_wrap, "a segment of all there is", {SIG(SIGSEGV), EINVAL, ENOMEM, ENOEXEC}},
	{filesz_huge, "a file part of all there is", {SIG(SIGSEGV), EINVAL, ENOMEM, ENOEXEC}},
	{overlap, "two segments at one place", {SIG(SIGSEGV), RUNS, ENOEXEC, EINVAL}},
	{backwards, "segments in falling order", {RUNS, EINVAL, ENOEXEC, ENOMEM, SIG(SIGSEGV)}},
	{align_odd, "an alignment of 3", {RUNS, ENOEXEC, EINVAL}},
	{align_huge, "an alignment of half the space", {RUNS, ENOEXEC, EINVAL}},
	{no_load, "nothing to load", {SIG(SIGSEGV), ENOEXEC, EINVAL}},
	// The tail of the page cannot be cleared: Linux ignored that until 6.10.
	{bss_read_only, "bss in a read-only segment", {RUNS, EFAULT, SIG(SIGSEGV), EINVAL, ENOEXEC}},
	{dyn_huge, "a movable program of 64 TiB", {SIG(SIGSEGV), ENOMEM, EINVAL, ENOEXEC, SIG(SIGKILL)}},
	{entry_kernel, "an entry in the kernel", {SIG(SIGSEGV), EINVAL, ENOEXEC}},
	// Such an rip cannot be loaded: the fault is the exec's or the program's.
	{entry_noncanonical, "a non-canonical entry", {SIG(SIGSEGV), EINVAL, ENOEXEC, SIG(SIGBUS)}},
	{entry_nowhere, "an entry where nothing is", {SIG(SIGSEGV), EINVAL, ENOEXEC}},
	{interp_empty, "an interpreter's name of 0 bytes", {ENOEXEC, EINVAL}},
	{interp_one, "an interpreter's name of only an end", {ENOEXEC, EINVAL, ENOENT, ELIBBAD}},
	{interp_open, "an interpreter's name without end", {ENOEXEC, EINVAL}},
	{interp_long, "an interpreter's name of 5000 bytes", {ENOEXEC, EINVAL, ENAMETOOLONG}},
	{interp_past_end, "an interpreter's name past the end", {5, ENOEXEC, EINVAL}},
	{interp_negative, "an interpreter's name at a negative offset", {EINVAL, ENOEXEC, 5}},
	{interp_missing, "an interpreter that is not there", {ENOENT, ELIBBAD, ENOEXEC}},
	{interp_directory, "an interpreter that is a directory", {EACCES, ELIBBAD, ENOEXEC}},
	{interp_self, "a program that is its own interpreter", {RUNS, ELIBBAD, ENOEXEC, EINVAL, SIG(SIGSEGV)}},
	{interp_device, "an interpreter that is a device", {EACCES, ELIBBAD, ENOEXEC}},
	{interp_twice, "two interpreters", {ENOENT, ENOEXEC, EINVAL}},
	{note_namesz, "a note with a name of 4 GiB", {RUNS, ENOEXEC}},
	{note_descsz, "a note with a text of 4 GiB", {RUNS, ENOEXEC}},
	{note_both, "a note whose sizes wrap", {RUNS, ENOEXEC}},
	{note_short, "half a note", {RUNS, ENOEXEC}},
	{note_huge, "a note segment of all there is", {RUNS, ENOEXEC}},
	{note_past_end, "a note past the end", {RUNS, ENOEXEC}},
	// Looked at by kernels with shadow stacks or branch tracking only.
	{property, "a property note with a wild size", {RUNS, ENOEXEC, 5}},
	// FreeBSD's loader takes the size of the last one for the stack's.
	{stacks, "three stack segments", {RUNS, ENOEXEC, SIG(SIGSEGV)}},
	// Only 256 bytes of the line are read; a name cut there is refused.
	{script_endless, "#! and an endless name", {ENOEXEC, ENAMETOOLONG, ENOENT}},
	{script_spaces, "#! and endless spaces", {ENOEXEC}},
	{script_empty, "#! and nothing", {ENOEXEC}},
	// Linux takes the empty name for the current directory.
	{script_bare, "#! and the end of the file", {EACCES, ENOEXEC, ENOENT}},
	{script_missing, "#! of what is not there", {ENOENT}},
	{script_directory, "#! of a directory", {EACCES}},
	// Linux follows five times, FreeBSD once.
	{script_self, "#! of itself", {ELOOP, ENOEXEC}},
	{script_nul, "#! with a NUL in the name", {ENOENT, ENOEXEC, EACCES}},
};

// What became of it: an errno, SIG(n), or 2000 + exit code if it ran.
static int outcome(void)
{
	// A fresh file each time: the one before may still be in use.
	sc(SYS_unlink, path);
	long fd = sc(SYS_open, path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	sc(SYS_write, fd, &im, length);
	sc(SYS_close, fd);
	volatile int *failure = map_shared(PAGE);
	*failure = 0;
	long pid = sc(SYS_fork);
	if (pid == 0) {
		char *argv[] = {path, NULL};
		*failure = (int)-sc(SYS_execve, path, argv, argv + 1);
		sc(SYS_exit_group, 0);
	}
	int status = reap(pid), error = *failure;
	sc(SYS_munmap, failure, PAGE);
	if (error)
		return error;
	return exited(status) ? 2000 + exit_code(status) : SIG(death(status));
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	for (u32 i = 0; i < COUNT(cases); i++) {
		sound();
		cases[i].spoil();
		int got = outcome(), fine = 0;
		for (u32 j = 0; j < COUNT(cases[i].allowed); j++)
			fine |= cases[i].allowed[j] != END && got == cases[i].allowed[j];
		if (got != cases[i].allowed[0])
			note(fine ? "allowed, but not what Linux does:"
				  : "an errno, 1000 + signal or 2000 + exit code:", got);
		ok(fine, cases[i].name);
	}
	sc(SYS_unlink, path);
	return tap_done();
}
