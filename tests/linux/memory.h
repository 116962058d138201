// SPDX-License-Identifier: BSD-2-Clause
// What the tests of memory share: mapping, and looking at pages without dying of it.
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H
#include "signals.h"

enum {
	PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS,
	SHARED = MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED_VALIDATE = 3,
	MAP_32BIT = 0x40, MAP_GROWSDOWN = 0x100, MAP_DENYWRITE = 0x800, MAP_EXECUTABLE = 0x1000,
	MAP_LOCKED = 0x2000, MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000, MAP_NONBLOCK = 0x10000,
	MAP_STACK = 0x20000, MAP_HUGETLB = 0x40000, MAP_SYNC = 0x80000, MAP_UNINITIALIZED = 0x4000000,
	MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4, MOVE = MREMAP_MAYMOVE, MOVE_TO = MOVE | MREMAP_FIXED,
	MADV_NORMAL = 0, MADV_RANDOM = 1, MADV_SEQUENTIAL = 2, MADV_WILLNEED = 3, MADV_DONTNEED = 4,
	MADV_FREE = 8, MADV_REMOVE = 9, MADV_DONTFORK = 10, MADV_DOFORK = 11, MADV_HUGEPAGE = 14,
	MADV_NOHUGEPAGE = 15, MADV_DONTDUMP = 16, MADV_DODUMP = 17, MADV_WIPEONFORK = 18,
	MADV_KEEPONFORK = 19, MADV_COLD = 20, MADV_PAGEOUT = 21, MADV_POPULATE_READ = 22,
	MADV_POPULATE_WRITE = 23, MADV_DONTNEED_LOCKED = 24,
	SYS_mlock = 149, SYS_munlock = 150, SYS_mlockall = 151, SYS_munlockall = 152,
	SYS_remap_file_pages = 216, SYS_mbind = 237, SYS_set_mempolicy = 238, SYS_get_mempolicy = 239,
	SYS_migrate_pages = 256, SYS_move_pages = 279, SYS_prlimit64 = 302, SYS_memfd_create = 319,
	SYS_mlock2 = 325, SYS_pkey_mprotect = 329, SYS_pkey_alloc = 330, SYS_pkey_free = 331,
	RLIMIT_DATA = 2, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9, ENODEV = 19, ENXIO = 6,
};

static inline long map_at(void *at, u64 len, int prot, int flags, long fd, long off)
{
	return sc(SYS_mmap, at, len, prot, flags, fd, off);
}

// Fresh memory of so many pages.
static inline u8 *fresh(u64 pages, int flags)
{
	return (u8 *)map_at(0, pages * PAGE, RW, flags, -1, 0);
}

static inline long unmap(void *at, u64 pages)
{
	return sc(SYS_munmap, at, pages * PAGE);
}

static inline long remap(void *at, u64 old_pages, u64 new_pages, int flags, void *to)
{
	return sc(SYS_mremap, at, old_pages * PAGE, new_pages * PAGE, flags, to);
}

static inline long protect(void *at, u64 pages, int prot)
{
	return sc(SYS_mprotect, at, pages * PAGE, prot);
}

static inline long advise(void *at, u64 pages, int advice)
{
	return sc(SYS_madvise, at, pages * PAGE, advice);
}

// A pipe that is empty between looks.
static inline int *look_pipe(void)
{
	static int fds[2];
	if (!fds[1])
		sc(SYS_pipe2, fds, O_NONBLOCK);
	return fds;
}

// Whether the byte can be read.
static inline int readable(const volatile void *at)
{
	int *fds = look_pipe();
	char c;
	if (sc(SYS_write, fds[1], at, 1) != 1)
		return 0;
	return sc(SYS_read, fds[0], &c, 1) == 1;
}

// Whether the byte can be read and written; it stays what it is.
static inline int writable(volatile void *at)
{
	int *fds = look_pipe();
	char c;
	if (sc(SYS_write, fds[1], at, 1) != 1)
		return 0;
	if (sc(SYS_read, fds[0], at, 1) == 1)
		return 1;
	sc(SYS_read, fds[0], &c, 1);
	return 0;
}

// Nothing mapped: so many free pages, found by mapping and unmapping them.
static inline u8 *hole(u64 pages)
{
	u8 *at = (u8 *)map_at(0, pages * PAGE, PROT_NONE, ANON, -1, 0);
	unmap(at, pages);
	return at;
}

static inline void fill(u8 *at, u64 pages, int seed)
{
	for (u64 i = 0; i < pages; i++)
		*(volatile u64 *)(at + i * PAGE) = (u64)seed + i;
}

// Whether the pages hold what fill() left, from its page `from` on.
static inline int filled(u8 *at, u64 pages, int seed, u64 from)
{
	for (u64 i = 0; i < pages; i++)
		if (*(volatile u64 *)(at + i * PAGE) != (u64)seed + from + i)
			return 0;
	return 1;
}

static inline int zeros(const u8 *at, u64 pages)
{
	for (u64 i = 0; i < pages * PAGE / 8; i++)
		if (((const volatile u64 *)at)[i])
			return 0;
	return 1;
}

// A file whose page n holds seed + n, open for reading and writing, without a name.
static inline long page_file(const char *name, u64 pages, int seed)
{
	static u64 page[PAGE / 8];
	long fd = sc(SYS_open, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (u64 i = 0; i < pages; i++) {
		page[0] = (u64)seed + i;
		sc(SYS_write, fd, page, PAGE);
	}
	sc(SYS_unlink, name);
	return fd;
}

struct rlimit {
	u64 soft, hard;
};

// Sets the soft limit; gives the old one.
static inline u64 limit(int which, u64 soft)
{
	struct rlimit r, old;
	sc(SYS_getrlimit, which, &old);
	r = old;
	r.soft = soft;
	sc(SYS_setrlimit, which, &r);
	return old.soft;
}

// A number of /proc/self/status in KiB, -1 without it.
static inline long status_kib(const char *name)
{
	static char text[4096];
	long fd = sc(SYS_open, "/proc/self/status", O_RDONLY);
	long n = sc(SYS_read, fd, text, sizeof(text) - 1);
	sc(SYS_close, fd);
	for (long i = 0; i < n; i++) {
		if ((i && text[i - 1] != '\n') || memcmp(text + i, name, strlen(name)))
			continue;
		long value = 0;
		for (i += (long)strlen(name); text[i] != '\n'; i++)
			if (text[i] >= '0' && text[i] <= '9')
				value = value * 10 + text[i] - '0';
		return value;
	}
	return -1;
}

#endif
