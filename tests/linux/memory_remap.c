// SPDX-License-Identifier: BSD-2-Clause
// mremap(2): every way to resize and move a mapping, of every kind of memory.
#include "memory.h"

static void resize(void)
{
	u8 *p = fresh(8, ANON);
	fill(p, 8, 100);
	eq("the same size in place is nothing", remap(p, 8, 8, 0, 0), (long)p);
	eq("an odd old length counts in pages", sc(SYS_mremap, p, 7 * PAGE + 1, 8 * PAGE, 0), (long)p);
	eq("shrinking stays in place", remap(p, 8, 4, 0, 0), (long)p);
	ok(filled(p, 4, 100, 0), "with what is kept");
	ok(!readable(p + 4 * PAGE), "and without the rest");
	eq("growing into the room behind", remap(p, 4, 6, 0, 0), (long)p);
	ok(filled(p, 4, 100, 0) && zeros(p + 4 * PAGE, 2), "gives zeros there, not what was");
	p[5 * PAGE] = 7;
	eq("and again", remap(p, 6, 8, 0, 0), (long)p);
	ok(p[5 * PAGE] == 7 && zeros(p + 6 * PAGE, 2), "as well");
	unmap(p, 8);

	u8 *q = fresh(4, ANON);
	unmap(q + 2 * PAGE, 1);
	eq("without room and leave to move, ENOMEM", remap(q, 2, 4, 0, 0), -ENOMEM);
	ok(writable(q) && writable(q + PAGE), "and all is as it was");
	fill(q, 2, 50);
	u8 *r = (u8 *)remap(q, 2, 4, MOVE, 0);
	ok((long)r > 0 && r != q, "with leave to move it moves");
	ok(filled(r, 2, 50, 0) && zeros(r + 2 * PAGE, 2), "with what it holds, and zeros behind");
	ok(!readable(q) && readable(q + 3 * PAGE), "and leaves nothing");
	eq("a length in the middle of a mapping cannot grow in place", remap(r, 2, 3, 0, 0), -ENOMEM);
	u8 *s = (u8 *)remap(r, 1, 3, MOVE, 0);
	ok((long)s > 0 && filled(s, 1, 50, 0) && zeros(s + PAGE, 2), "but move and grow");
	ok(!readable(r) && filled(r + PAGE, 1, 50, 1), "and leave the rest");
	s = (u8 *)remap(s, 3, 600, MOVE, 0);
	ok((long)s > 0 && filled(s, 1, 50, 0) && zeros(s + PAGE, 599), "growing beyond a superpage");
	fill(s, 600, 1000);
	u8 *t = hole(4096);
	eq("and moving that", remap(s, 600, 600, MOVE_TO, t), (long)t);
	ok(filled(t, 600, 1000, 0) && !readable(s), "page by page the same");
	unmap(t, 600);
}

static void to_a_place(void)
{
	u8 *p = fresh(4, ANON), *target = fresh(6, ANON);
	fill(p, 4, 10);
	fill(target, 6, 20);
	eq("MREMAP_FIXED over a mapping", remap(p, 4, 4, MOVE_TO, target + PAGE), (long)(target + PAGE));
	ok(filled(target + PAGE, 4, 10, 0), "puts the pages there");
	ok(filled(target, 1, 20, 0) && filled(target + 5 * PAGE, 1, 20, 5), "and nowhere else");
	ok(!readable(p), "and not where they were");
	p = hole(8);
	eq("MREMAP_FIXED that shrinks", remap(target + PAGE, 4, 2, MOVE_TO, p), (long)p);
	ok(filled(p, 2, 10, 0) && !readable(p + 2 * PAGE), "moves what is kept");
	ok(!readable(target + 4 * PAGE), "and drops the rest");
	u8 *q = hole(8);
	eq("MREMAP_FIXED that grows", remap(p, 2, 5, MOVE_TO, q), (long)q);
	ok(filled(q, 2, 10, 0) && zeros(q + 2 * PAGE, 3), "has zeros behind");
	eq("onto itself is EINVAL", remap(q, 2, 2, MOVE_TO, q), -EINVAL);
	eq("onto a part of itself is EINVAL", remap(q, 2, 2, MOVE_TO, q + PAGE), -EINVAL);
	eq("so from above", remap(q + PAGE, 2, 2, MOVE_TO, q), -EINVAL);
	ok(filled(q, 2, 10, 0), "and changes nothing");
	eq("just beside is fine", remap(q, 2, 2, MOVE_TO, q + 2 * PAGE), (long)(q + 2 * PAGE));
	ok(filled(q + 2 * PAGE, 2, 10, 0), "over its own tail");
	unmap(q, 8);
}

static void wrong(void)
{
	u8 *p = fresh(4, ANON), *free = hole(4);
	fill(p, 4, 1);
	eq("unknown flags are EINVAL", remap(p, 1, 1, 8, 0), -EINVAL);
	eq("MREMAP_FIXED alone is EINVAL", remap(p, 1, 1, MREMAP_FIXED, free), -EINVAL);
	eq("MREMAP_DONTUNMAP alone is EINVAL", remap(p, 1, 1, MREMAP_DONTUNMAP, 0), -EINVAL);
	eq("MREMAP_DONTUNMAP with another size is EINVAL", remap(p, 1, 2, MOVE | MREMAP_DONTUNMAP, 0), -EINVAL);
	eq("an address off a page is EINVAL", remap(p + 1, 1, 1, MOVE, 0), -EINVAL);
	eq("a target off a page is EINVAL", remap(p, 1, 1, MOVE_TO, free + 1), -EINVAL);
	eq("a new length of 0 is EINVAL", remap(p, 1, 0, MOVE, 0), -EINVAL);
	eq("one that wraps to 0 is EINVAL", sc(SYS_mremap, p, PAGE, ~0UL, MOVE), -EINVAL);
	eq("a target in the kernel is EINVAL", remap(p, 1, 1, MOVE_TO, (void *)0xffffffff80000000UL), -EINVAL);
	eq("a target across the end is EINVAL", remap(p, 1, 2, MOVE_TO, (void *)0x7fffffffe000UL), -EINVAL);
	eq("a hole is EFAULT", remap(free, 1, 2, MOVE, 0), -EFAULT);
	eq("a hole within is EFAULT", (unmap(p + 2 * PAGE, 1), remap(p, 4, 5, MOVE, 0)), -EFAULT);
	eq("a kernel address is EFAULT", remap((void *)0xffffffff80000000UL, 1, 2, MOVE, 0), -EFAULT);
	protect(p + PAGE, 1, PROT_READ);
	eq("two protections are EFAULT", remap(p, 2, 3, MOVE, 0), -EFAULT);
	ok(filled(p, 2, 1, 0), "and nothing has happened");
	eq("a new length beyond all is ENOMEM", sc(SYS_mremap, p, PAGE, (1UL << 47) - PAGE, MOVE), -ENOMEM);
	u64 old = limit(RLIMIT_AS, 64 << 20);
	eq("so is one beyond RLIMIT_AS", sc(SYS_mremap, p, PAGE, 1UL << 30, MOVE), -ENOMEM);
	limit(RLIMIT_AS, old);
	ok(filled(p, 2, 1, 0), "and the mapping stays");
	eq("private memory has no duplicate", remap(p, 0, 1, MOVE, 0), -EINVAL);
	unmap(p, 4);
}

static u8 *child_p;
static int child_change(void)
{
	u8 *q = (u8 *)remap(child_p, 4, 6, MOVE, 0);
	if ((long)q < 0 || !filled(q, 4, 30, 0) || !zeros(q + 4 * PAGE, 2))
		return 1;
	fill(q, 4, 70);
	return filled(q, 4, 70, 0) ? 0 : 2;
}

static void forked(void)
{
	u8 *p = child_p = fresh(4, ANON);
	fill(p, 4, 30);
	eq("a child moves and grows what it got by fork", in_child(child_change), 0);
	ok(filled(p, 4, 30, 0), "and the parent's is untouched");

	int go[2], c = 0;
	sc(SYS_pipe2, go, 0);
	long pid = sc(SYS_fork);
	if (!pid) {
		sc(SYS_read, go[0], &c, 1);
		sc(SYS_exit_group, filled(p, 4, 30, 0) ? 0 : 1);
	}
	u8 *q = (u8 *)remap(p, 4, 4, MOVE_TO, hole(64));
	fill(q, 2, 90);
	sc(SYS_write, go[1], &c, 1);
	eq("what a parent moves and writes, its child does not see", reap(pid), 0);
	ok(filled(q, 2, 90, 0) && filled(q + 2 * PAGE, 2, 30, 2), "and the parent has its own");
	u8 *half = hole(8);
	eq("a part of it moves on", remap(q + PAGE, 2, 2, MOVE_TO, half), (long)half);
	ok(filled(half, 1, 90, 1) && filled(half + PAGE, 1, 30, 2), "with old and new pages");
	ok(filled(q, 1, 90, 0) && filled(q + 3 * PAGE, 1, 30, 3) && !readable(q + PAGE), "out of the middle");
	unmap(half, 2);
	unmap(q, 4);
	sc(SYS_close, go[0]);
	sc(SYS_close, go[1]);
}

static void protections(void)
{
	u8 *p = fresh(4, ANON);
	fill(p, 4, 5);
	protect(p, 4, PROT_READ);
	u8 *q = (u8 *)remap(p, 4, 6, MOVE_TO, hole(16));
	ok(filled(q, 4, 5, 0) && !writable(q), "a mapping without PROT_WRITE moves so");
	ok(readable(q + 5 * PAGE) && !writable(q + 5 * PAGE), "and grows so");
	protect(q, 6, RW);
	fill(q, 6, 6);
	ok(filled(q, 6, 6, 0), "and can be written when that is allowed");
	protect(q, 6, PROT_NONE);
	p = (u8 *)remap(q, 6, 6, MOVE_TO, hole(16));
	ok(!readable(p), "PROT_NONE moves so");
	protect(p, 6, PROT_READ);
	ok(filled(p, 6, 6, 0), "and keeps what it holds");
	protect(p, 6, RW | PROT_EXEC);
	memcpy(p, "\xb8\x2b\0\0\0\xc3", 6);
	q = (u8 *)remap(p, 1, 1, MOVE_TO, hole(4));
	eq("code runs where it was moved", ((int (*)(void))q)(), 43);
	unmap(q, 1);
	unmap(p, 6);
	u8 *none = (u8 *)map_at(0, 4 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	none = (u8 *)remap(none, 4, 1 << 18, MOVE, 0);
	ok((long)none > 0, "address space alone grows to 1 GB");
	unmap(none, 1 << 18);
}

static void shared(void)
{
	u8 *p = fresh(4, SHARED);
	fill(p, 4, 40);
	u8 *q = (u8 *)remap(p, 0, 4, MOVE, 0);
	ok((long)q > 0 && q != p && filled(q, 4, 40, 0), "an old length of 0 duplicates shared memory");
	q[PAGE] = 99;
	eq("both show the same pages", p[PAGE], 99);
	u8 *r = (u8 *)remap(q, 4, 4, MOVE_TO, hole(16));
	r[PAGE] = 41;
	ok(filled(p, 4, 40, 0) && !readable(q), "also when one has moved");
	u8 *t = hole(8);
	eq("a duplicate at a place", remap(p + PAGE, 0, 2, MOVE_TO, t), (long)t);
	ok(filled(t, 2, 40, 1), "from the middle");
	unmap(p, 4);
	ok(filled(r, 4, 40, 0), "the last view keeps the pages");
	long pid = sc(SYS_fork);
	if (!pid) {
		r[0] = 77;
		sc(SYS_exit_group, 0);
	}
	reap(pid);
	eq("moved shared memory is shared with children", r[0], 77);
	eq("without leave to move a duplicate is ENOMEM", remap(r, 0, 4, 0, 0), -ENOMEM);
	unmap(r, 4);
	unmap(t, 2);

	u8 *untouched = fresh(2, SHARED);
	u8 *twin = (u8 *)remap(untouched, 0, 2, MOVE, 0);
	untouched[PAGE] = 3;
	eq("shared memory that nobody has touched is duplicated too", twin[PAGE], 3);
	unmap(twin, 2);
	u8 *grown = (u8 *)remap(untouched, 2, 4, MOVE, 0);
	ok((long)grown > 0 && grown[PAGE] == 3, "shared memory grows");
	ok(!readable(grown + 3 * PAGE), "but has no pages there (SIGBUS)");
	unmap(grown, 4);
}

static void files(void)
{
	long fd = page_file("remap.tmp", 8, 200);
	u8 *p = (u8 *)map_at(0, 2 * PAGE, RW, MAP_SHARED, fd, PAGE);
	u8 *q = (u8 *)remap(p, 2, 4, MOVE_TO, hole(16));
	ok((long)q > 0 && filled(q, 4, 200, 1), "a shared view of a file grows to show more of it");
	q[3 * PAGE + 8] = 42;
	u8 c = 0;
	sc(SYS_pread64, fd, &c, 1, 4 * PAGE + 8);
	eq("and writes to it", c, 42);
	q = (u8 *)remap(q, 4, 10, MOVE, 0);
	ok(filled(q, 7, 200, 1) && !readable(q + 7 * PAGE), "beyond its end is SIGBUS");
	unmap(q, 10);

	p = (u8 *)map_at(0, 2 * PAGE, RW, MAP_PRIVATE, fd, PAGE);
	*(volatile u64 *)(p + PAGE) = 7777;
	q = (u8 *)remap(p, 2, 4, MOVE_TO, hole(16));
	ok(filled(q, 1, 200, 1) && *(u64 *)(q + PAGE) == 7777, "a private view keeps what was written");
	ok(filled(q + 2 * PAGE, 2, 200, 3), "and grows to show more of the file");
	q[2 * PAGE + 8] = 9;
	sc(SYS_pread64, fd, &c, 1, 3 * PAGE + 8);
	eq("which a write does not change", c, 0);
	p = (u8 *)remap(q + PAGE, 3, 3, MOVE_TO, hole(16));
	ok(*(u64 *)p == 7777 && filled(p + PAGE, 2, 200, 3), "a part of it moves");
	ok(filled(q, 1, 200, 1) && !readable(q + PAGE), "out of it");
	long pid = sc(SYS_fork);
	if (!pid) {
		u8 *r = (u8 *)remap(p, 3, 5, MOVE, 0);
		int good = (long)r > 0 && *(u64 *)r == 7777 && filled(r + PAGE, 4, 200, 3);
		*(volatile u64 *)r = 1;
		sc(SYS_exit_group, good ? 0 : 1);
	}
	eq("a child moves and grows it", reap(pid), 0);
	eq("and writes to its own", *(long *)p, 7777);
	long ro = sc(SYS_open, "/proc/self/exe", O_RDONLY);
	if (ro >= 0) {
		u8 *text = (u8 *)map_at(0, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);
		u8 *moved = (u8 *)remap(text, 1, 1, MOVE_TO, hole(2));
		ok((long)moved > 0 && moved[1] == 'E', "a view of the program itself moves");
		unmap(moved, 1);
	} else {
		skip("a view of the program itself moves", "no /proc");
	}
	unmap(p, 3);
	unmap(q, 1);
	u8 *a = (u8 *)map_at(0, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	map_at(a + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 3 * PAGE);
	eq("two places of a file are two mappings", remap(a, 2, 3, MOVE, 0), -EFAULT);
	unmap(a, 2);
	long mem = sc(SYS_memfd_create, "m", 0);
	sc(SYS_ftruncate, mem, 2 * PAGE);
	a = (u8 *)map_at(0, PAGE, RW, MAP_SHARED, mem, 0);
	fill(a, 1, 60);
	u8 *b = (u8 *)remap(a, 1, 2, MOVE_TO, hole(4));
	b[PAGE] = 61;
	sc(SYS_pread64, mem, &c, 1, PAGE);
	ok(filled(b, 1, 60, 0) && c == 61, "a memory file grows and moves");
	unmap(b, 2);
	sc(SYS_close, mem);
	sc(SYS_close, fd);
	sc(SYS_close, ro);
}

static void kept(void)
{
	u8 *p = fresh(4, ANON);
	fill(p, 4, 80);
	u8 *q = (u8 *)remap(p, 4, 4, MOVE | MREMAP_DONTUNMAP, 0);
	ok((long)q > 0 && q != p && filled(q, 4, 80, 0), "MREMAP_DONTUNMAP moves the pages");
	ok(zeros(p, 4) && writable(p), "and leaves zeros that can be written");
	fill(p, 4, 81);
	ok(filled(q, 4, 80, 0), "of its own");
	u8 *t = hole(8);
	eq("MREMAP_DONTUNMAP to a place", remap(q + PAGE, 2, 2, MOVE_TO | MREMAP_DONTUNMAP, t), (long)t);
	ok(filled(t, 2, 80, 1) && zeros(q + PAGE, 2) && filled(q, 1, 80, 0), "from the middle");
	unmap(p, 4);
	unmap(q, 4);
	unmap(t, 2);
	u8 *s = fresh(2, SHARED);
	fill(s, 2, 82);
	u8 *r = (u8 *)remap(s, 2, 2, MOVE | MREMAP_DONTUNMAP, 0);
	ok((long)r == -EINVAL || (filled(r, 2, 82, 0) && filled(s, 2, 82, 0)), "shared memory is seen at both (5.13) or EINVAL");
	unmap(s, 2);
	long fd = page_file("kept.tmp", 2, 300);
	p = (u8 *)map_at(0, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	*(volatile u64 *)p = 1;
	q = (u8 *)remap(p, 2, 2, MOVE | MREMAP_DONTUNMAP, 0);
	ok((long)q == -EINVAL || (*(u64 *)q == 1 && filled(p, 2, 300, 0)), "of a private view the file is left (5.13) or EINVAL");
	sc(SYS_close, fd);
}

static void locked(void)
{
	u8 *p = fresh(4, ANON), vec[8];
	fill(p, 4, 60);
	if (sc(SYS_mlock, p, 4 * PAGE) < 0) {
		skip("locked memory moves", "mlock is not allowed");
		return;
	}
	long before = status_kib("VmLck:");
	u8 *q = (u8 *)remap(p, 4, 6, MOVE_TO, hole(16));
	ok((long)q > 0 && filled(q, 4, 60, 0) && zeros(q + 4 * PAGE, 2), "locked memory moves and grows");
	eq("and is all there", sc(SYS_mincore, q, 6 * PAGE, vec), 0);
	ok(vec[0] & vec[3] & vec[4] & vec[5] & 1, "also what is new");
	ok(!readable(p), "and not where it was");
	eq("it is locked still: MADV_DONTNEED is EINVAL", advise(q, 4, MADV_DONTNEED), -EINVAL);
	eq("so in the new part", advise(q + 5 * PAGE, 1, MADV_DONTNEED), -EINVAL);
	long after = status_kib("VmLck:");
	ok(before <= 0 || after < 0 || after == before + 8, "VmLck counts it once");
	u64 old = limit(RLIMIT_MEMLOCK, 64 << 10);
	int mine = (int)(sc(SYS_getuid) == 0);
	if (mine) {
		// Linux does not limit root.
		skip("more locked memory than RLIMIT_MEMLOCK is EAGAIN", "run as root");
	} else {
		eq("more locked memory than RLIMIT_MEMLOCK is EAGAIN", remap(q, 6, 64, MOVE, 0), -EAGAIN);
	}
	limit(RLIMIT_MEMLOCK, old);
	u8 *r = (u8 *)remap(q, 6, 2, MOVE_TO, hole(8));
	ok(filled(r, 2, 60, 0) && !readable(q), "locked memory shrinks on its way");
	eq("and can be unlocked", sc(SYS_munlock, r, 2 * PAGE), 0);
	eq("after which MADV_DONTNEED works", advise(r, 2, MADV_DONTNEED), 0);
	ok(zeros(r, 2), "at once");
	unmap(r, 2);
}

// What madvise(2) has said of a mapping moves with it.
static void advised(void)
{
	u8 *p = fresh(2, ANON);
	fill(p, 2, 1);
	advise(p, 2, MADV_WIPEONFORK);
	child_p = (u8 *)remap(p, 2, 4, MOVE_TO, hole(8));
	long pid = sc(SYS_fork);
	if (!pid)
		sc(SYS_exit_group, zeros(child_p, 4) ? 0 : 1);
	eq("MADV_WIPEONFORK moves with its mapping", reap(pid), 0);
	ok(filled(child_p, 2, 1, 0), "and wipes nothing here");
	advise(child_p, 4, MADV_KEEPONFORK);
	advise(child_p, 4, MADV_DONTFORK);
	p = (u8 *)remap(child_p, 4, 4, MOVE_TO, hole(8));
	pid = sc(SYS_fork);
	if (!pid)
		sc(SYS_exit_group, readable(p) ? 1 : 0);
	eq("so does MADV_DONTFORK", reap(pid), 0);
	unmap(p, 4);
}

// Many entries of one mapping: it is made of pieces, and moves as one.
static void pieces(void)
{
	u8 *p = fresh(64, ANON);
	fill(p, 64, 500);
	for (u64 i = 1; i < 64; i += 2)
		protect(p + i * PAGE, 1, PROT_READ);
	for (u64 i = 1; i < 64; i += 2)
		protect(p + i * PAGE, 1, RW);
	u8 *q = (u8 *)remap(p, 64, 70, MOVE_TO, hole(128));
	ok((long)q > 0 && filled(q, 64, 500, 0) && zeros(q + 64 * PAGE, 6), "64 pages that were protected one by one move as one");
	unmap(q + 10 * PAGE, 1);
	u8 *r = (u8 *)remap(q, 10, 10, MOVE_TO, hole(128));
	ok(filled(r, 10, 500, 0) && filled(q + 11 * PAGE, 53, 500, 11), "what is left of it as well");
	unmap(q, 70);
	unmap(r, 10);
	u8 *s = fresh(4, ANON);
	fill(s, 4, 9);
	int good = 1;
	for (int i = 0; i < 200; i++) {
		s = (u8 *)remap(s, 4 + (u64)i, 5 + (u64)i, MOVE_TO, hole(4096));
		good &= (long)s > 0 && filled(s, 4, 9, 0) && s[(4 + i) * PAGE] == 0;
	}
	ok(good, "200 times grown and moved");
	unmap(s, 204);
}

static void memory_is_reused(void)
{
	enum { PAGES = 8192 };
	u8 *p = fresh(PAGES, ANON);
	fill(p, PAGES, 3);
	long before = status_kib("VmRSS:");
	u8 *q = (u8 *)remap(p, PAGES, PAGES * 2, MOVE_TO, hole(PAGES * 4));
	ok(filled(q, PAGES, 3, 0), "32 MB grow to 64 and move");
	long after = status_kib("VmRSS:");
	ok(before < 0 || (after - before < 4096 && before - after < 4096), "resident memory stays what it was");
	eq("half of it goes", remap(q, PAGES * 2, PAGES / 2, 0, 0), (long)q);
	after = status_kib("VmRSS:");
	ok(before < 0 || before - after > 12 << 10, "and is free again");
	unmap(q, PAGES / 2);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_alarm, 60);
	resize();
	to_a_place();
	wrong();
	forked();
	protections();
	shared();
	files();
	kept();
	locked();
	advised();
	pieces();
	memory_is_reused();
	return tap_done();
}
