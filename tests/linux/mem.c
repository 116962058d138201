// SPDX-License-Identifier: BSD-2-Clause
// Memory: mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), msync(2),
// mincore(2), madvise(2).
#include "signals.h"

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

static long map(void *at, u64 len, int prot, int flags, int fd, long off)
{
	return sc(SYS_mmap, at, len, prot, flags, fd, off);
}

// Does a read of `at` end a child, and by which signal?
static volatile u8 *probe;
static int look(void)
{
	on(SIGSEGV, SIG_DFL, 0, 0);
	(void)*probe;
	return 0;
}
static int poke(void)
{
	*probe = 1;
	return 0;
}
static int reading(void *at)
{
	probe = at;
	return death(in_child(look));
}
static int writing(void *at)
{
	probe = at;
	return death(in_child(poke));
}

static void anonymous(void)
{
	u8 *p = (u8 *)map(0, 3 * PAGE, RW, ANON, -1, 0);
	ok((long)p > 0 && ((u64)p & 4095) == 0, "mmap gives pages");
	int zero = 1;
	for (int i = 0; i < 3 * PAGE; i++)
		zero &= p[i] == 0;
	ok(zero, "of zeros");
	p[PAGE] = 7;
	eq("munmap of the middle", sc(SYS_munmap, p + PAGE, PAGE), 0);
	eq("leaves a hole", reading(p + PAGE), SIGSEGV);
	eq("and the rest", reading(p + 2 * PAGE), 0);
	eq("munmap of a hole succeeds", sc(SYS_munmap, p + PAGE, PAGE), 0);
	eq("munmap of an odd address is EINVAL", sc(SYS_munmap, p + 1, PAGE), -EINVAL);
	eq("munmap of length 0 is EINVAL", sc(SYS_munmap, p, 0), -EINVAL);
	eq("munmap of a kernel address is EINVAL", sc(SYS_munmap, 0xffffffff80000000UL, PAGE), -EINVAL);
	eq("MAP_FIXED_NOREPLACE on a mapping is EEXIST",
	   map(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
	eq("MAP_FIXED_NOREPLACE across one is EEXIST",
	   map(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
	eq("MAP_FIXED_NOREPLACE in a hole", map(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), (long)(p + PAGE));
	eq("which is zero again", p[PAGE], 0);
	p[0] = 9;
	eq("MAP_FIXED replaces", map(p, PAGE, RW, ANON | MAP_FIXED, -1, 0), (long)p);
	eq("with zeros", p[0], 0);
	eq("a hint that is taken is only a hint", map(p, PAGE, RW, ANON, -1, 0) != (long)p, 1);
	eq("mmap of length 0 is EINVAL", map(0, 0, RW, ANON, -1, 0), -EINVAL);
	eq("mmap neither shared nor private is EINVAL", map(0, PAGE, RW, MAP_ANONYMOUS, -1, 0), -EINVAL);
	eq("mmap at an odd fixed address is EINVAL", map((void *)0x10001, PAGE, RW, ANON | MAP_FIXED, -1, 0), -EINVAL);
	eq("mmap at an odd offset is EINVAL", map(0, PAGE, RW, ANON, -1, 1), -EINVAL);
	eq("mmap of a bad descriptor is EBADF", map(0, PAGE, RW, MAP_PRIVATE, 999, 0), -EBADF);
	eq("mmap of everything is ENOMEM", map(0, ~0UL, RW, ANON, -1, 0), -ENOMEM);
	eq("mmap of half the space is ENOMEM", map(0, 1UL << 47, RW, ANON, -1, 0), -ENOMEM);
	eq("mmap in the kernel's half is ENOMEM",
	   map((void *)0xffffffff80000000UL, PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
	eq("mmap across the end is ENOMEM",
	   map((void *)0x7ffffffff000UL, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
	long low = map(0, PAGE, RW, ANON | 0x40 /* MAP_32BIT */, -1, 0);
	ok(low > 0 && low < 1L << 31, "MAP_32BIT gives a low address");
	sc(SYS_munmap, p, 3 * PAGE);
}

static void protection(void)
{
	u8 *p = (u8 *)map(0, 2 * PAGE, RW, ANON, -1, 0);
	p[0] = 1;
	eq("mprotect to read-only", sc(SYS_mprotect, p, PAGE, PROT_READ), 0);
	ok(reading(p) == 0 && writing(p) == SIGSEGV, "allows reads and no writes");
	eq("the next page is untouched", writing(p + PAGE), 0);
	sc(SYS_mprotect, p, PAGE, PROT_NONE);
	eq("PROT_NONE allows no reads", reading(p), SIGSEGV);
	sc(SYS_mprotect, p, PAGE, RW);
	eq("contents survive", p[0], 1);
	eq("mprotect of an odd address is EINVAL", sc(SYS_mprotect, p + 1, PAGE, PROT_READ), -EINVAL);
	eq("mprotect of length 0 succeeds", sc(SYS_mprotect, p, 0, PROT_READ), 0);
	eq("mprotect with unknown bits is EINVAL", sc(SYS_mprotect, p, PAGE, 0x1000), -EINVAL);
	sc(SYS_munmap, p + PAGE, PAGE);
	eq("mprotect across a hole is ENOMEM", sc(SYS_mprotect, p, 2 * PAGE, PROT_READ), -ENOMEM);
	eq("mprotect of a kernel address is ENOMEM", sc(SYS_mprotect, 0xffffffff80000000UL, PAGE, PROT_READ), -ENOMEM);
	sc(SYS_munmap, p, PAGE);
	u8 *code = (u8 *)map(0, PAGE, RW | PROT_EXEC, ANON, -1, 0);
	memcpy(code, "\xb8\x2a\0\0\0\xc3", 6); // mov $42, %eax; ret
	eq("PROT_EXEC pages run", ((int (*)(void))code)(), 42);
}

static void files(void)
{
	long fd = sc(SYS_open, "mem.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char c = 0;
	sc(SYS_write, fd, "abc", 3);
	u8 *shared = (u8 *)map(0, 2 * PAGE, RW, MAP_SHARED, (int)fd, 0);
	u8 *private = (u8 *)map(0, PAGE, RW, MAP_PRIVATE, (int)fd, 0);
	ok(shared[1] == 'b' && private[2] == 'c', "mappings of a file show it");
	eq("the rest of its last page is zero", shared[3], 0);
	shared[0] = 'X';
	sc(SYS_pread64, fd, &c, 1, 0);
	eq("a shared write is in the file", c, 'X');
	private[1] = 'Y';
	sc(SYS_pread64, fd, &c, 1, 1);
	eq("a private write is not", c, 'b');
	eq("a page past the end is SIGBUS", reading(shared + PAGE), SIGBUS);
	sc(SYS_ftruncate, fd, PAGE + 1);
	eq("until the file grows", reading(shared + PAGE), 0);
	eq("msync succeeds", sc(SYS_msync, shared, 2 * PAGE, 4), 0);
	eq("msync with both MS_SYNC and MS_ASYNC is EINVAL", sc(SYS_msync, shared, PAGE, 5), -EINVAL);
	eq("msync of an odd address is EINVAL", sc(SYS_msync, shared + 1, PAGE, 4), -EINVAL);
	long ro = sc(SYS_open, "mem.tmp", O_RDONLY), wo = sc(SYS_open, "mem.tmp", O_WRONLY);
	eq("a shared writable mapping of a read-only descriptor is EACCES", map(0, PAGE, RW, MAP_SHARED, (int)ro, 0), -EACCES);
	ok(map(0, PAGE, RW, MAP_PRIVATE, (int)ro, 0) > 0, "a private one is fine");
	eq("a mapping of a write-only descriptor is EACCES", map(0, PAGE, PROT_READ, MAP_PRIVATE, (int)wo, 0), -EACCES);
	eq("mprotect to writable of a read-only shared mapping is EACCES",
	   sc(SYS_mprotect, map(0, PAGE, PROT_READ, MAP_SHARED, (int)ro, 0), PAGE, RW), -EACCES);
	sc(SYS_close, fd);
	shared[0] = 'Z';
	eq("a mapping outlives its descriptor", shared[0], 'Z');
	sc(SYS_unlink, "mem.tmp");
	sc(SYS_munmap, shared + PAGE, PAGE);
	eq("msync of a hole is ENOMEM", sc(SYS_msync, shared + PAGE, PAGE, 4), -ENOMEM);
}

static void moves(void)
{
	u8 *p = (u8 *)map(0, 4 * PAGE, RW, ANON, -1, 0);
	p[0] = 5;
	eq("mremap shrinks", sc(SYS_mremap, p, 4 * PAGE, PAGE, 0), (long)p);
	eq("and unmaps the rest", reading(p + PAGE), SIGSEGV);
	map(p + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	sc(SYS_mprotect, p + PAGE, PAGE, PROT_READ);
	eq("mremap without room and MREMAP_MAYMOVE is ENOMEM", sc(SYS_mremap, p, PAGE, 2 * PAGE, 0), -ENOMEM);
	u8 *q = (u8 *)sc(SYS_mremap, p, PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	ok((long)q > 0 && q[0] == 5 && q[15 * PAGE] == 0, "mremap moves and grows");
	eq("and leaves the old place", q == p ? SIGSEGV : reading(p), SIGSEGV);
	eq("mremap of an odd address is EINVAL", sc(SYS_mremap, q + 1, PAGE, PAGE, 0), -EINVAL);
	eq("mremap with unknown flags is EINVAL", sc(SYS_mremap, q, PAGE, PAGE, 64), -EINVAL);
	eq("mremap to length 0 is EINVAL", sc(SYS_mremap, q, PAGE, 0, 0), -EINVAL);
	eq("mremap of nothing is EFAULT", sc(SYS_mremap, p, PAGE, 2 * PAGE, MREMAP_MAYMOVE), -EFAULT);
}

static void advice(void)
{
	u8 *p = (u8 *)map(0, 2 * PAGE, RW, ANON, -1, 0), vec[2] = {0, 0};
	p[0] = 1;
	eq("mincore succeeds", sc(SYS_mincore, p, 2 * PAGE, vec), 0);
	eq("a touched page is there", vec[0] & 1, 1);
	eq("mincore of an odd address is EINVAL", sc(SYS_mincore, p + 1, PAGE, vec), -EINVAL);
	eq("mincore to a bad address is EFAULT", sc(SYS_mincore, p, PAGE, 16), -EFAULT);
	eq("MADV_DONTNEED succeeds", sc(SYS_madvise, p, PAGE, 4), 0);
	eq("and the page is zero", p[0], 0);
	eq("an unknown advice is EINVAL", sc(SYS_madvise, p, PAGE, 9999), -EINVAL);
	eq("advice for an odd address is EINVAL", sc(SYS_madvise, p + 1, PAGE, 4), -EINVAL);
	sc(SYS_munmap, p, 2 * PAGE);
	eq("MADV_DONTNEED of a hole is ENOMEM", sc(SYS_madvise, p, PAGE, 4), -ENOMEM);
	eq("mincore of a hole is ENOMEM", sc(SYS_mincore, p, PAGE, vec), -ENOMEM);
}

static void breaks(void)
{
	long start = sc(SYS_brk, 0);
	ok(start > 0, "brk(0) tells the break");
	eq("brk grows", sc(SYS_brk, start + 3 * PAGE + 5), start + 3 * PAGE + 5);
	((volatile u8 *)start)[3 * PAGE] = 1;
	eq("a refused brk returns the break", sc(SYS_brk, ~0UL >> 1), start + 3 * PAGE + 5);
	eq("so does one below the start", sc(SYS_brk, 4096), start + 3 * PAGE + 5);
	eq("brk shrinks", sc(SYS_brk, start), start);
	eq("and unmaps", reading((void *)(((u64)start + PAGE + 4095) & ~4095UL)), SIGSEGV);
	sc(SYS_brk, start + 4 * PAGE);
	eq("and gives zeros when it grows again", ((volatile u8 *)start)[3 * PAGE], 0);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	anonymous();
	protection();
	files();
	moves();
	advice();
	breaks();
	return tap_done();
}
