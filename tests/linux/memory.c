// SPDX-License-Identifier: BSD-2-Clause
// Memory: the flags of mmap(2), mprotect(2), madvise(2), mlock(2), mincore(2), msync(2), brk(2), and the
// calls of nodes, keys and file windows. memory_remap.c has mremap(2).
#include "memory.h"

static long mm(void *at, int prot, int flags, long fd)
{
	return map_at(at, PAGE, prot, flags, fd, 0);
}

static void flags(void)
{
	u8 *p, vec[64];
	for (u64 i = 0; i < 3; i++) {
		static const int hints[] = {MAP_NORESERVE, MAP_DENYWRITE | MAP_EXECUTABLE, MAP_UNINITIALIZED};
		static const char *const names[] = {"MAP_NORESERVE", "MAP_DENYWRITE and MAP_EXECUTABLE", "MAP_UNINITIALIZED"};
		p = fresh(2, ANON | hints[i]);
		struct line l = {.len = 0};
		line_str(&l, names[i]);
		line_str(&l, " maps zeros");
		l.text[l.len] = 0;
		ok((long)p > 0 && zeros(p, 2) && writable(p), l.text);
		unmap(p, 2);
	}
	p = fresh(4, ANON | MAP_STACK);
	ok((long)p > 0 && zeros(p, 4), "MAP_STACK maps all that was asked for");
	unmap(p, 4);
	p = fresh(4, ANON | MAP_GROWSDOWN);
	ok((long)p > 0 && zeros(p, 4), "so does MAP_GROWSDOWN");
	unmap(p, 4);
	p = fresh(16, ANON | MAP_POPULATE);
	int there = sc(SYS_mincore, p, 16 * PAGE, vec) == 0;
	for (int i = 0; i < 16; i++)
		there &= vec[i];
	ok(there & 1, "MAP_POPULATE has the pages there");
	unmap(p, 16);
	p = fresh(4, SHARED | MAP_POPULATE | MAP_NONBLOCK);
	ok((long)p > 0 && zeros(p, 4), "MAP_NONBLOCK goes with it");
	unmap(p, 4);
	p = (u8 *)map_at(0, 4 * PAGE, PROT_NONE, ANON | MAP_POPULATE, -1, 0);
	ok((long)p > 0, "MAP_POPULATE of what cannot be read does not fail");
	unmap(p, 4);
	u64 old = limit(RLIMIT_MEMLOCK, 1 << 20);
	p = fresh(4, ANON | MAP_LOCKED);
	there = sc(SYS_mincore, p, 4 * PAGE, vec) == 0;
	ok(there && (vec[0] & vec[3] & 1), "MAP_LOCKED has the pages there");
	eq("and locked", advise(p, 4, MADV_DONTNEED), -EINVAL);
	unmap(p, 4);
	limit(RLIMIT_MEMLOCK, old);
	p = fresh(2, ANON | MAP_32BIT);
	ok((u64)p < 1UL << 31, "MAP_32BIT maps below 2 GB");
	u8 *q = (u8 *)map_at(p, PAGE, RW, ANON | MAP_32BIT, -1, 0);
	ok((u64)q < 1UL << 31 && q != p, "also with a hint that is taken");
	unmap(q, 1);
	unmap(p, 2);
	p = hole(4);
	eq("a hint where there is room is taken", mm(p + PAGE, RW, ANON, -1), (long)(p + PAGE));
	unmap(p + PAGE, 1);
	eq("one off a page counts as the next page, or the one before", mm(p + PAGE + 8, RW, ANON, -1) & 0xfff, 0);
	unmap(p, 4);
	eq("MAP_FIXED_NOREPLACE off a page is EINVAL", mm(p + 8, RW, ANON | MAP_FIXED_NOREPLACE, -1), -EINVAL);
	eq("MAP_FIXED_NOREPLACE with MAP_FIXED over nothing", mm(p, RW, ANON | MAP_FIXED | MAP_FIXED_NOREPLACE, -1), (long)p);
	p[0] = 5;
	eq("over something it is EEXIST", mm(p, RW, ANON | MAP_FIXED | MAP_FIXED_NOREPLACE, -1), -EEXIST);
	eq("and leaves it", p[0], 5);
	unmap(p, 1);
	eq("MAP_HUGETLB without huge pages is ENOMEM", map_at(0, 2 << 20, RW, ANON | MAP_HUGETLB, -1, 0), -ENOMEM);
	long fd = page_file("mm.tmp", 4, 10);
	eq("MAP_HUGETLB of a file is EINVAL", mm(0, RW, MAP_PRIVATE | MAP_HUGETLB, fd), -EINVAL);
	eq("MAP_SYNC with MAP_SHARED_VALIDATE is EOPNOTSUPP", mm(0, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd), -EOPNOTSUPP);
	long sync = mm(0, RW, MAP_SHARED | MAP_SYNC, fd);
	ok(sync > 0 || sync == -EOPNOTSUPP, "with MAP_SHARED it is ignored or refused");
	p = (u8 *)mm(0, RW, MAP_SHARED_VALIDATE, fd);
	ok((long)p > 0 && filled(p, 1, 10, 0), "MAP_SHARED_VALIDATE maps");
	eq("but not with unknown flags", mm(0, RW, MAP_SHARED_VALIDATE | 1 << 21, fd), -EOPNOTSUPP);
	eq("nor without a file", mm(0, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1), -EINVAL);
	ok(mm(0, RW, MAP_SHARED | 1 << 21, fd) > 0, "MAP_SHARED ignores unknown flags");
	eq("neither shared nor private is EINVAL", mm(0, RW, 0, fd), -EINVAL);
	ok(mm(0, RW | 0x1000, ANON, -1) > 0, "unknown protections are ignored");
	eq("an offset that wraps is EOVERFLOW", map_at(0, 2 * PAGE, RW, MAP_SHARED, fd, -PAGE), -EOVERFLOW);
	eq("a directory is ENODEV", mm(0, PROT_READ, MAP_PRIVATE, sc(SYS_open, "/", O_RDONLY)), -ENODEV);
	int pipe[2];
	sc(SYS_pipe2, pipe, 0);
	eq("a pipe is ENODEV", mm(0, PROT_READ, MAP_PRIVATE, pipe[0]), -ENODEV);
	sc(SYS_close, pipe[0]);
	sc(SYS_close, pipe[1]);
	sc(SYS_close, fd);
	old = limit(RLIMIT_AS, 256 << 20);
	eq("beyond RLIMIT_AS is ENOMEM", map_at(0, 1UL << 30, RW, ANON, -1, 0), -ENOMEM);
	limit(RLIMIT_AS, old);
	long zero = sc(SYS_open, "/dev/zero", O_RDWR);
	if (zero < 0) {
		skip("/dev/zero maps zeros", "no /dev");
		skip("shared as well", "no /dev");
	} else {
		p = (u8 *)mm(0, RW, MAP_PRIVATE, zero);
		ok((long)p > 0 && zeros(p, 1) && writable(p), "/dev/zero maps zeros");
		p = (u8 *)mm(0, RW, MAP_SHARED, zero);
		ok((long)p > 0 && zeros(p, 1) && writable(p), "shared as well");
		sc(SYS_close, zero);
	}
}

static int low_map(void)
{
	if (sc(SYS_getuid) == 0 && sc(SYS_setresuid, 12345, 12345, 12345) < 0)
		return 1;
	return mm(0, RW, ANON | MAP_FIXED, -1) == -EPERM ? 0 : 1;
}

static void places(void)
{
	eq("the first page is not for everybody", in_child(low_map), 0);
	u8 *p = fresh(8, ANON), *q = p + 2 * PAGE;
	fill(p, 8, 5);
	unmap(q, 2);
	ok(filled(p, 2, 5, 0) && filled(p + 4 * PAGE, 4, 5, 4) && !readable(q), "munmap makes a hole");
	eq("munmap over the hole", unmap(p + PAGE, 4), 0);
	ok(!readable(p + PAGE) && filled(p + 5 * PAGE, 3, 5, 5), "takes both sides");
	eq("munmap of a wrapping range is EINVAL", sc(SYS_munmap, p, ~0UL - PAGE), -EINVAL);
	unmap(p, 8);
	u64 here = (u64)&p;
	ok(here < 0x7ffffffff000UL && here > 0x7f0000000000UL, "the stack is at the top");
	u8 *big = (u8 *)map_at(0, 1UL << 40, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	ok((long)big > 0, "a terabyte of addresses");
	protect(big + (1UL << 39), 1, RW);
	ok(writable(big + (1UL << 39)), "of which a page is used");
	eq("and given back", sc(SYS_munmap, big, 1UL << 40), 0);
}

static void protecting(void)
{
	u8 *p = fresh(4, ANON);
	fill(p, 4, 1);
	eq("mprotect of the middle", protect(p + PAGE, 2, PROT_READ), 0);
	ok(writable(p) && !writable(p + PAGE) && !writable(p + 2 * PAGE) && writable(p + 3 * PAGE), "is of the middle");
	eq("PROT_WRITE alone", protect(p + PAGE, 1, PROT_WRITE), 0);
	ok(readable(p + PAGE), "can be read, too");
	eq("mprotect with a hole is ENOMEM", (unmap(p + 2 * PAGE, 1), protect(p, 4, PROT_READ)), -ENOMEM);
	ok(!writable(p), "and what is before it is done");
	eq("PROT_GROWSDOWN of what does not grow is EINVAL", protect(p, 1, RW | 0x01000000), -EINVAL);
	eq("PROT_GROWSUP is EINVAL", protect(p, 1, RW | 0x02000000), -EINVAL);
	eq("both are EINVAL", protect(p, 1, RW | 0x03000000), -EINVAL);
	unmap(p, 4);
	u32 persona = (u32)sc(135, 0xffffffff);
	sc(135, persona | 0x0400000);
	p = fresh(1, ANON);
	memcpy(p, "\xb8\x2c\0\0\0\xc3", 6);
	eq("READ_IMPLIES_EXEC makes memory executable", ((int (*)(void))p)(), 44);
	sc(135, persona);
	unmap(p, 1);
	eq("pkey_mprotect with key -1 is mprotect", (p = fresh(1, ANON), sc(SYS_pkey_mprotect, p, PAGE, PROT_READ, -1)), 0);
	ok(!writable(p), "as it says");
	eq("pkey_mprotect with a key nobody has is EINVAL", sc(SYS_pkey_mprotect, p, PAGE, RW, 15), -EINVAL);
	eq("pkey_alloc with flags is EINVAL", sc(SYS_pkey_alloc, 1, 0), -EINVAL);
	eq("with unknown rights, too", sc(SYS_pkey_alloc, 0, 8), -EINVAL);
	long key = sc(SYS_pkey_alloc, 0, 0);
	// Without keys the man page says ENOSPC and Linux EINVAL.
	ok(key == -28 /* ENOSPC */ || key == -EINVAL || key > 0, "it gives a key, or has none");
	eq("pkey_free of what is no key is EINVAL", sc(SYS_pkey_free, 15), -EINVAL);
	unmap(p, 1);
}

static u8 *seen;
static int child_sees_zeros(void)
{
	return zeros(seen, 2) ? 0 : 1;
}
static int child_sees_nothing(void)
{
	return readable(seen) ? 1 : 0;
}
static int child_writes(void)
{
	seen[0] = 0x55;
	return 0;
}

static void advice(void)
{
	static const int hints[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTDUMP, MADV_DODUMP, MADV_COLD, MADV_PAGEOUT};
	u8 *p = fresh(4, ANON), vec[16];
	fill(p, 4, 30);
	int good = 1;
	for (u64 i = 0; i < COUNT(hints); i++)
		good &= advise(p, 4, hints[i]) == 0;
	ok(good && filled(p, 4, 30, 0), "hints change nothing");
	eq("MADV_DONTNEED of two pages", advise(p + PAGE, 2, MADV_DONTNEED), 0);
	ok(zeros(p + PAGE, 2) && filled(p, 1, 30, 0) && filled(p + 3 * PAGE, 1, 30, 3), "makes zeros of them");
	fill(p, 4, 31);
	long pid = sc(SYS_fork);
	if (!pid) {
		int fine = advise(p, 2, MADV_DONTNEED) == 0 && zeros(p, 2) && filled(p + 2 * PAGE, 2, 31, 2);
		p[2 * PAGE] = 1;
		fine &= advise(p, 4, MADV_DONTNEED) == 0 && zeros(p, 4);
		sc(SYS_exit_group, !fine);
	}
	eq("MADV_DONTNEED in a child", reap(pid), 0);
	ok(filled(p, 4, 31, 0), "takes nothing from the parent");
	eq("MADV_DONTNEED in a parent that has forked", advise(p, 4, MADV_DONTNEED), 0);
	ok(zeros(p, 4), "makes zeros, too");
	protect(p, 2, PROT_READ);
	eq("MADV_DONTNEED needs no PROT_WRITE", advise(p, 4, MADV_DONTNEED), 0);
	unmap(p, 4);

	long fd = page_file("advice.tmp", 4, 70);
	p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	fill(p, 2, 1);
	advise(p, 4, MADV_DONTNEED);
	ok(filled(p, 4, 70, 0), "of a private view of a file it shows the file");
	fill(p, 4, 2);
	if ((pid = sc(SYS_fork)) == 0)
		sc(SYS_exit_group, 0);
	reap(pid);
	fill(p, 1, 3);
	advise(p, 3, MADV_DONTNEED);
	ok(filled(p, 3, 70, 0) && filled(p + 3 * PAGE, 1, 2, 3), "also after a fork");
	eq("MADV_FREE of a file is EINVAL", advise(p, 4, MADV_FREE), -EINVAL);
	eq("MADV_WIPEONFORK of a file is EINVAL", advise(p, 4, MADV_WIPEONFORK), -EINVAL);
	unmap(p, 4);
	p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	fill(p, 4, 71);
	eq("MADV_DONTNEED of a shared view", advise(p, 4, MADV_DONTNEED), 0);
	ok(filled(p, 4, 71, 0), "loses nothing");
	unmap(p, 4);

	p = fresh(4, SHARED);
	fill(p, 4, 72);
	advise(p, 4, MADV_DONTNEED);
	ok(filled(p, 4, 72, 0), "nor of shared memory");
	eq("MADV_REMOVE of it", advise(p + PAGE, 2, MADV_REMOVE), 0);
	ok(zeros(p + PAGE, 2) && filled(p, 1, 72, 0) && filled(p + 3 * PAGE, 1, 72, 3), "makes a hole");
	eq("MADV_FREE of shared memory is EINVAL", advise(p, 4, MADV_FREE), -EINVAL);
	eq("MADV_WIPEONFORK of it is EINVAL", advise(p, 4, MADV_WIPEONFORK), -EINVAL);
	seen = p;
	eq("MADV_DONTFORK of it", advise(p, 4, MADV_DONTFORK), 0);
	eq("keeps it from children", in_child(child_sees_nothing), 0);
	advise(p, 4, MADV_DONTNEED);
	ok(filled(p, 1, 72, 0), "and it is shared memory still");
	eq("MADV_DOFORK of it", advise(p, 4, MADV_DOFORK), 0);
	in_child(child_writes);
	eq("shares it with children again", p[0], 0x55);
	unmap(p, 4);
	sc(SYS_close, fd);
	long mem = sc(SYS_memfd_create, "m", 0);
	sc(SYS_ftruncate, mem, 4 * PAGE);
	p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_SHARED, mem, 0);
	fill(p, 4, 73);
	eq("MADV_REMOVE of a memory file", advise(p + PAGE, 1, MADV_REMOVE), 0);
	char c = 1;
	sc(SYS_pread64, mem, &c, 1, PAGE);
	ok(c == 0 && filled(p + 2 * PAGE, 2, 73, 2), "makes a hole in it");
	protect(p, 4, PROT_READ);
	unmap(p, 4);
	p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_PRIVATE, mem, 0);
	eq("of a private view it is EACCES", advise(p, 1, MADV_REMOVE), -EACCES);
	unmap(p, 4);
	sc(SYS_close, mem);

	p = seen = fresh(4, ANON);
	eq("MADV_REMOVE of private memory is EINVAL", advise(p, 4, MADV_REMOVE), -EINVAL);
	fill(p, 4, 40);
	eq("MADV_FREE", advise(p, 4, MADV_FREE), 0);
	fill(p, 4, 41);
	ok(filled(p, 4, 41, 0), "keeps what is written after it");
	eq("MADV_WIPEONFORK", advise(p, 2, MADV_WIPEONFORK), 0);
	eq("shows children zeros", in_child(child_sees_zeros), 0);
	eq("MADV_KEEPONFORK", advise(p, 2, MADV_KEEPONFORK), 0);
	ok(exit_code(in_child(child_sees_zeros)) == 1, "shows them all again");
	eq("MADV_DONTFORK", advise(p, 4, MADV_DONTFORK), 0);
	eq("shows them nothing", in_child(child_sees_nothing), 0);
	eq("MADV_DOFORK", advise(p, 4, MADV_DOFORK), 0);
	ok(exit_code(in_child(child_sees_zeros)) == 1, "shows them all, once more");
	unmap(p, 4);

	p = fresh(8, ANON);
	eq("MADV_POPULATE_WRITE", advise(p, 8, MADV_POPULATE_WRITE), 0);
	sc(SYS_mincore, p, 8 * PAGE, vec);
	ok(vec[0] & vec[4] & vec[7] & 1, "has the pages there");
	protect(p, 8, PROT_READ);
	eq("of what cannot be written it is EINVAL", advise(p, 8, MADV_POPULATE_WRITE), -EINVAL);
	eq("MADV_POPULATE_READ can be", advise(p, 8, MADV_POPULATE_READ), 0);
	protect(p, 8, PROT_NONE);
	eq("unless it cannot be read", advise(p, 8, MADV_POPULATE_READ), -EINVAL);
	unmap(p + 4 * PAGE, 1);
	protect(p, 4, RW);
	protect(p + 5 * PAGE, 3, RW);
	eq("with a hole it is ENOMEM", advise(p, 8, MADV_POPULATE_READ), -ENOMEM);
	eq("as all advice", advise(p, 8, MADV_WILLNEED), -ENOMEM);
	eq("MADV_DONTNEED with a hole is ENOMEM", (p[7 * PAGE] = 1, advise(p, 8, MADV_DONTNEED)), -ENOMEM);
	eq("with the rest done", p[7 * PAGE], 0);
	eq("no length is fine", advise(p, 0, MADV_DONTNEED), 0);
	eq("a wrapping one is EINVAL", sc(SYS_madvise, p, ~0UL - PAGE, MADV_DONTNEED), -EINVAL);
	fd = page_file("short.tmp", 1, 0);
	u8 *q = (u8 *)map_at(0, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	eq("MADV_POPULATE_READ beyond the end of a file is EFAULT", advise(q, 2, MADV_POPULATE_READ), -EFAULT);
	unmap(q, 2);
	unmap(p, 8);
	sc(SYS_close, fd);
}

static int user_locks(void)
{
	limit(RLIMIT_MEMLOCK, 8 * PAGE);
	if (sc(SYS_getuid) == 0)
		sc(SYS_setresuid, 12345, 12345, 12345);
	u8 *p = fresh(16, ANON);
	long few = sc(SYS_mlock, p, 4 * PAGE);
	return few == -EPERM ? 2 : few == 0 && sc(SYS_mlock, p, 16 * PAGE) == -ENOMEM ? 0 : 1;
}

static void locking(void)
{
	u8 *p = fresh(4, ANON), vec[4];
	eq("mlock", sc(SYS_mlock, p, 4 * PAGE), 0);
	sc(SYS_mincore, p, 4 * PAGE, vec);
	ok(vec[0] & vec[3] & 1, "has the pages there");
	eq("MADV_DONTNEED of locked memory is EINVAL", advise(p, 4, MADV_DONTNEED), -EINVAL);
	eq("MADV_COLD, too", advise(p, 4, MADV_COLD), -EINVAL);
	fill(p, 4, 8);
	eq("MADV_DONTNEED_LOCKED is not", advise(p, 4, MADV_DONTNEED_LOCKED), 0);
	ok(zeros(p, 4), "and makes zeros");
	eq("of what is still locked", advise(p, 4, MADV_DONTNEED), -EINVAL);
	eq("munlock of a part", sc(SYS_munlock, p, PAGE + 1), 0);
	eq("leaves the rest locked", advise(p + 2 * PAGE, 1, MADV_DONTNEED), -EINVAL);
	eq("and not the part", advise(p, 2, MADV_DONTNEED), 0);
	eq("mlock from within a page", sc(SYS_mlock, p + 100, 8), 0);
	eq("mlock of nothing", sc(SYS_mlock, p, 0), 0);
	eq("mlock2 with an unknown flag is EINVAL", sc(SYS_mlock2, p, PAGE, 2), -EINVAL);
	eq("mlock2 with MLOCK_ONFAULT", sc(SYS_mlock2, p, 4 * PAGE, 1), 0);
	eq("locks", advise(p, 4, MADV_DONTNEED), -EINVAL);
	unmap(p + PAGE, 1);
	eq("mlock with a hole is ENOMEM", sc(SYS_mlock, p, 4 * PAGE), -ENOMEM);
	eq("munlock with a hole is ENOMEM", sc(SYS_munlock, p, 4 * PAGE), -ENOMEM);
	eq("mlockall without flags is EINVAL", sc(SYS_mlockall, 0), -EINVAL);
	eq("with unknown ones, too", sc(SYS_mlockall, 8), -EINVAL);
	eq("and MCL_ONFAULT alone", sc(SYS_mlockall, 4), -EINVAL);
	unmap(p, 4);
	eq("mlockall for the future", sc(SYS_mlockall, 2), 0);
	p = fresh(2, ANON);
	sc(SYS_mincore, p, 2 * PAGE, vec);
	ok(vec[0] & vec[1] & 1, "locks what is mapped later");
	u8 *q = (u8 *)remap(p, 2, 4, MOVE_TO, hole(8));
	ok((long)q > 0 && advise(q, 4, MADV_DONTNEED) == -EINVAL, "also when it moves and grows");
	eq("munlockall", sc(SYS_munlockall), 0);
	eq("unlocks it", advise(q, 4, MADV_DONTNEED), 0);
	unmap(q, 4);
	int got = exit_code(in_child(user_locks));
	if (got == 2)
		skip("RLIMIT_MEMLOCK limits users", "users may not lock memory here");
	else
		eq("RLIMIT_MEMLOCK limits users", got, 0);
}

static void looking(void)
{
	u8 *p = fresh(4, ANON), vec[8];
	memset(vec, 9, 8);
	p[PAGE] = 1;
	eq("mincore of untouched and touched pages", sc(SYS_mincore, p, 3 * PAGE + 1, vec), 0);
	ok(!(vec[0] & 1) && (vec[1] & 1) && !(vec[3] & 1) && vec[4] == 9, "tells which is there, and no more");
	eq("mincore of no length", sc(SYS_mincore, p, 0, vec), 0);
	eq("of more than there is, ENOMEM", (unmap(p + 3 * PAGE, 1), sc(SYS_mincore, p, 4 * PAGE, vec)), -ENOMEM);
	eq("of a wrapping length, ENOMEM", sc(SYS_mincore, p, ~0UL - PAGE, vec), -ENOMEM);
	eq("msync of memory", sc(SYS_msync, p, 3 * PAGE, 4), 0);
	eq("of no length", sc(SYS_msync, p, 0, 4), 0);
	eq("with a hole, ENOMEM", sc(SYS_msync, p, 4 * PAGE, 4), -ENOMEM);
	eq("MS_ASYNC with a hole, ENOMEM", sc(SYS_msync, p, 4 * PAGE, 1), -ENOMEM);
	eq("unknown flags, EINVAL", sc(SYS_msync, p, PAGE, 16), -EINVAL);
	eq("MS_INVALIDATE", sc(SYS_msync, p, PAGE, 2), 0);
	sc(SYS_mlock, p, PAGE);
	eq("of locked memory, EBUSY", sc(SYS_msync, p, PAGE, 2), -16);
	unmap(p, 3);
}

static void windows(void)
{
	long fd = page_file("windows.tmp", 6, 20);
	u8 *p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	eq("remap_file_pages shows other pages", sc(SYS_remap_file_pages, p + PAGE, 2 * PAGE, 0, 4, 0), 0);
	ok(filled(p, 1, 20, 0) && filled(p + PAGE, 2, 20, 4) && filled(p + 3 * PAGE, 1, 20, 3), "in that part of the mapping");
	p[2 * PAGE + 8] = 7;
	char c = 0;
	sc(SYS_pread64, fd, &c, 1, 5 * PAGE + 8);
	eq("and writes go there", c, 7);
	eq("with a protection it is EINVAL", sc(SYS_remap_file_pages, p, PAGE, PROT_READ, 0, 0), -EINVAL);
	eq("of no length", sc(SYS_remap_file_pages, p, 0, 0, 0, 0), -EINVAL);
	u8 *q = (u8 *)map_at(0, PAGE, RW, MAP_PRIVATE, fd, 0);
	eq("of a private mapping", sc(SYS_remap_file_pages, q, PAGE, 0, 1, 0), -EINVAL);
	eq("of nothing", (unmap(q, 1), sc(SYS_remap_file_pages, q, PAGE, 0, 1, 0)), -EINVAL);
	unmap(p, 4);
	q = fresh(4, SHARED);
	fill(q, 4, 60);
	eq("of shared memory", sc(SYS_remap_file_pages, q, PAGE, 0, 3, 0), 0);
	ok(filled(q, 1, 60, 3) && filled(q + PAGE, 3, 60, 1), "as well");
	unmap(q, 4);
	sc(SYS_close, fd);
}

static int policy(void)
{
	int mode = -1;
	u64 mask[2] = {~0UL, ~0UL};
	sc(SYS_get_mempolicy, &mode, mask, 128, 0, 0);
	return mode == 2 && mask[0] == 1 && mask[1] == 0 ? 0 : 1;
}

static void nodes(void)
{
	int mode = -1, status[3] = {9, 9, 9}, zero[3] = {0, 0, 0}, other[1] = {77};
	u64 mask[2] = {~0UL, ~0UL}, one[2] = {1, 0}, none[2] = {0, 0}, far[2] = {0, 1};
	if (sc(SYS_get_mempolicy, &mode, mask, 128, 0, 0) == -ENOSYS) {
		skip("memory policies", "this kernel has no nodes");
		return;
	}
	ok(mode == 0 && mask[0] == 0 && mask[1] == 0, "get_mempolicy tells the default policy");
	eq("and the nodes there are", sc(SYS_get_mempolicy, 0, mask, 128, 0, 4), 0);
	eq("node 0 first", mask[0] & 1, 1);
	eq("set_mempolicy binds to node 0", sc(SYS_set_mempolicy, 2, one, 65), 0);
	eq("which is told", policy(), 0);
	eq("and inherited", in_child(policy), 0);
	eq("a node that is not there is EINVAL", sc(SYS_set_mempolicy, 2, far, 129), -EINVAL);
	eq("no node, too", sc(SYS_set_mempolicy, 2, none, 65), -EINVAL);
	eq("an unknown mode, too", sc(SYS_set_mempolicy, 99, one, 65), -EINVAL);
	eq("a mask that cannot be read is EFAULT", sc(SYS_set_mempolicy, 2, 16, 65), -EFAULT);
	eq("MPOL_DEFAULT takes it back", sc(SYS_set_mempolicy, 0, 0, 0), 0);
	eq("flags that do not go together are EINVAL", sc(SYS_get_mempolicy, 0, 0, 0, 0, 6), -EINVAL);
	eq("an address without a flag, too", sc(SYS_get_mempolicy, 0, 0, 0, 4096, 0), -EINVAL);
	u8 *p = fresh(3, ANON);
	eq("MPOL_F_NODE and MPOL_F_ADDR tell a page's node", sc(SYS_get_mempolicy, &mode, 0, 0, p, 3), 0);
	eq("0", mode, 0);
	eq("for a hole EFAULT", sc(SYS_get_mempolicy, &mode, 0, 0, hole(1), 3), -EFAULT);
	eq("mbind to node 0", sc(SYS_mbind, p, 3 * PAGE, 2, one, 65, 0), 0);
	eq("mbind off a page is EINVAL", sc(SYS_mbind, p + 1, PAGE, 2, one, 65, 0), -EINVAL);
	eq("with unknown flags, too", sc(SYS_mbind, p, PAGE, 2, one, 65, 64), -EINVAL);
	eq("of a hole EFAULT", sc(SYS_mbind, hole(1), PAGE, 2, one, 65, 0), -EFAULT);
	unmap(p, 3);
	p = fresh(3, ANON);
	p[0] = 1;
	u8 *pages[3] = {p, p + PAGE, hole(4)};
	eq("move_pages asked where pages are", sc(SYS_move_pages, 0, 3, pages, 0, status, 0), 0);
	ok(status[0] == 0 && (status[1] == -ENOENT || status[1] == -EFAULT) && status[2] == -EFAULT, "tells node 0, none, and no mapping");
	eq("move_pages to node 0", sc(SYS_move_pages, 0, 1, pages, zero, status, 2), 0);
	eq("to another is ENODEV", sc(SYS_move_pages, 0, 1, pages, other, status, 2), -ENODEV);
	eq("with unknown flags EINVAL", sc(SYS_move_pages, 0, 1, pages, zero, status, 8), -EINVAL);
	eq("of nobody ESRCH", sc(SYS_move_pages, 0x3fffff, 1, pages, zero, status, 2), -ESRCH);
	eq("migrate_pages to node 0", sc(SYS_migrate_pages, 0, 65, one, one), 0);
	eq("to no node is EINVAL", sc(SYS_migrate_pages, 0, 65, one, none), -EINVAL);
	eq("of nobody ESRCH", sc(SYS_migrate_pages, 0x3fffff, 65, one, one), -ESRCH);
	unmap(p, 3);
}

static void breaks(void)
{
	u64 start = (u64)sc(SYS_brk, 0), end = (start + PAGE - 1) & ~(u64)(PAGE - 1);
	sc(SYS_brk, end + 4 * PAGE);
	fill((u8 *)end, 4, 12);
	ok(filled((u8 *)end, 4, 12, 0), "brk gives memory");
	long pid = sc(SYS_fork);
	if (!pid) {
		u64 more = (u64)sc(SYS_brk, end + 6 * PAGE);
		sc(SYS_exit_group, more == end + 6 * PAGE && filled((u8 *)end, 4, 12, 0) ? 0 : 1);
	}
	eq("a child's break is its own", reap(pid), 0);
	eq("the parent's stays", sc(SYS_brk, 0), (long)(end + 4 * PAGE));
	u64 old = limit(RLIMIT_DATA, 1 << 20);
	eq("beyond RLIMIT_DATA it stays", sc(SYS_brk, end + (64 << 20)), (long)(end + 4 * PAGE));
	limit(RLIMIT_DATA, old);
	sc(SYS_brk, start);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_alarm, 60);
	flags();
	places();
	protecting();
	advice();
	locking();
	looking();
	windows();
	nodes();
	breaks();
	return tap_done();
}
