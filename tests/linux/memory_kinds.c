// SPDX-License-Identifier: BSD-2-Clause
// Mappings that grow down by themselves (MAP_GROWSDOWN), that may lose their pages (MAP_DROPPABLE), and
// that can be changed no more (mseal(2)).
#include "memory.h"

enum { SYS_restart_syscall = 219, SYS_cachestat = 451, SYS_mseal = 462, MB = 1 << 20, GAP = 256, MAP_DROPPABLE = 8, RLIMIT_STACK = 3 };

static void growing(void)
{
	u64 old = limit(RLIMIT_STACK, 4 * MB);
	u8 *low = hole(4096), *p = low + 8 * MB;
	eq("MAP_GROWSDOWN maps where it is told", map_at(p, 4 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0), (long)p);
	ok(zeros(p, 4), "zeros");
	fill(p, 4, 3);
	ok(writable(p - PAGE), "the page below comes when it is touched");
	p[-1] = 7;
	ok(p[-1] == 7 && filled(p, 4, 3, 0), "it is memory, and what was there stays");
	ok(writable(p - 40 * PAGE) && writable(p - 2 * MB), "so do pages further down");
	ok(zeros(p - 39 * PAGE, 1), "with zeros between");
	ok(!readable(p - 5 * MB), "not beyond RLIMIT_STACK");
	unmap(low, 4096);

	low = hole(4096), p = low + 8 * MB;
	eq("something else below", map_at(p - 2 * MB, PAGE, RW, ANON | MAP_FIXED, -1, 0), (long)(p - 2 * MB));
	eq("MAP_GROWSDOWN with MAP_FIXED_NOREPLACE", map_at(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN, -1, 0), (long)p);
	eq("again is EEXIST", map_at(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN, -1, 0), -EEXIST);
	ok(writable(p - MB / 2), "grows towards it");
	ok(!readable(p - 2 * MB + (GAP - 4) * PAGE), "but leaves a gap of 256 pages");
	ok(writable(p - 2 * MB + (GAP + 4) * PAGE), "no more than that");
	ok(writable(p - 2 * MB), "what is below is as before");
	unmap(low, 4096);

	low = hole(4096), p = low + 8 * MB;
	map_at(p, 2 * PAGE, PROT_READ, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	ok(readable(p - PAGE) && !writable(p - PAGE), "it grows with its protection");
	eq("PROT_GROWSDOWN reaches from the end to its start", protect(p + PAGE, 1, RW | 0x01000000), 0);
	ok(writable(p) && writable(p - PAGE), "so all of it may be written to");
	unmap(low, 4096);

	p = (u8 *)map_at(0, 3 * MB, RW, ANON | MAP_GROWSDOWN, -1, 0);
	ok((long)p > 0 && zeros(p, 3 * MB / PAGE), "one placed by the kernel has all its pages");
	fill(p, 4, 9);
	long pid = sc(SYS_fork);
	if (!pid)
		sc(SYS_exit_group, filled(p, 4, 9, 0) && writable(p - PAGE) ? 0 : 1);
	eq("it grows in a child", reap(pid), 0);
	ok(writable(p - PAGE), "and in the parent");
	unmap(p, 3 * MB / PAGE);
	eq("shared memory does not grow: EINVAL", map_at(0, PAGE, RW, SHARED | MAP_GROWSDOWN, -1, 0), -EINVAL);
	long fd = page_file("grow.tmp", 2, 1);
	eq("nor does a file", map_at(0, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), -EINVAL);
	eq("shared or not", map_at(0, PAGE, RW, MAP_SHARED | MAP_GROWSDOWN, fd, 0), -EINVAL);
	sc(SYS_close, fd);
	limit(RLIMIT_STACK, old);
}

static void droppable(void)
{
	u8 *p = (u8 *)map_at(0, 4 * PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	if ((long)p == -EINVAL) {
		ok(1, "MAP_DROPPABLE is unknown # SKIP older Linux");
		return;
	}
	ok((long)p > 0 && zeros(p, 4), "MAP_DROPPABLE maps zeros");
	fill(p, 4, 2);
	long pid = sc(SYS_fork);
	if (!pid)
		sc(SYS_exit_group, zeros(p, 4) ? 0 : 1);
	eq("a child finds zeros", reap(pid), 0);
	unmap(p, 4);
	long fd = page_file("drop.tmp", 2, 1);
	eq("a file cannot be dropped", map_at(0, PAGE, RW, MAP_DROPPABLE, fd, 0), -EINVAL);
	sc(SYS_close, fd);
	long locked = map_at(0, PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	eq("nor with MAP_LOCKED", locked, -EINVAL);
	eq("nor grow", map_at(0, PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), -EINVAL);
	eq("nor of huge pages", map_at(0, 2 * MB, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0), -EINVAL);
}

static long seal(void *at, u64 pages)
{
	return sc(SYS_mseal, at, pages * PAGE, 0);
}

static void sealing(void)
{
	u8 *p = hole(18) + PAGE, *q;
	map_at(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	long got = seal(p, 0);
	if (got == -ENOSYS) {
		ok(1, "mseal is unknown # SKIP older Linux");
		return;
	}
	eq("mseal of nothing", got, 0);
	eq("with flags is EINVAL", sc(SYS_mseal, p, PAGE, 1), -EINVAL);
	eq("off a page is EINVAL", sc(SYS_mseal, p + 1, PAGE, 0), -EINVAL);
	eq("around the end is EINVAL", sc(SYS_mseal, p, -PAGE, 0), -EINVAL);
	eq("a length that wraps when rounded is EINVAL", sc(SYS_mseal, p, -1L, 0), -EINVAL);
	eq("a hole behind is ENOMEM", seal(p, 10), -ENOMEM);
	eq("and before", seal(p - PAGE, 2), -ENOMEM);
	eq("nothing was sealed by that", protect(p, 8, RW), 0);
	eq("a page within", seal(p + 7 * PAGE, 1), 0);
	eq("is sealed alone", unmap(p + 7 * PAGE, 1), -EPERM);
	p = hole(18) + PAGE;
	map_at(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	eq("one in the middle too", seal(p + 4 * PAGE, 1) | protect(p + 3 * PAGE, 1, RW) | protect(p + 5 * PAGE, 1, RW), 0);
	eq("and it only", protect(p + 4 * PAGE, 1, RW), -EPERM);
	p = hole(18) + PAGE;
	map_at(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	fill(p, 8, 4);
	eq("mseal", seal(p + 2 * PAGE, 4), 0);
	eq("again", seal(p + 2 * PAGE, 4), 0);
	ok(writable(p + 3 * PAGE) && filled(p + 2 * PAGE, 4, 4, 2), "it can be read and written to as before");
	eq("munmap is EPERM", unmap(p + 3 * PAGE, 1), -EPERM);
	eq("of a range that reaches into it too", unmap(p, 3), -EPERM);
	ok(filled(p, 8, 4, 0), "and unmaps nothing");
	eq("mprotect is EPERM", protect(p + 2 * PAGE, 1, PROT_READ), -EPERM);
	eq("even to what it has", protect(p + 2 * PAGE, 4, RW), -EPERM);
	eq("pkey_mprotect too", sc(SYS_pkey_mprotect, p + 2 * PAGE, PAGE, PROT_READ, -1), -EPERM);
	eq("mmap over it is EPERM", map_at(p + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), -EPERM);
	eq("MAP_FIXED_NOREPLACE is EEXIST", map_at(p + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
	eq("mremap to less is EPERM", remap(p + 2 * PAGE, 4, 2, 0, 0), -EPERM);
	eq("to more", remap(p + 2 * PAGE, 4, 8, MOVE, 0), -EPERM);
	q = fresh(4, ANON);
	eq("to somewhere else", remap(p + 2 * PAGE, 4, 4, MOVE_TO, q), -EPERM);
	eq("of something else over it", remap(q, 4, 4, MOVE_TO, p + 2 * PAGE), -EPERM);
	ok(readable(q), "which stays");
	ok(filled(p, 8, 4, 0), "all is as it was");
	eq("its pages may be dropped as they may be overwritten", advise(p + 3 * PAGE, 1, MADV_DONTNEED), 0);
	ok(zeros(p + 3 * PAGE, 1), "and are");
	fill(p + 2 * PAGE, 4, 6);
	eq("advice that drops nothing is taken", advise(p + 2 * PAGE, 4, MADV_WILLNEED), 0);
	eq("mlock and munlock are as before", sc(SYS_mlock, p + 2 * PAGE, PAGE) | sc(SYS_munlock, p + 2 * PAGE, PAGE), 0);
	long pid = sc(SYS_fork);
	if (!pid)
		sc(SYS_exit_group, unmap(p + 2 * PAGE, 1) == -EPERM && unmap(p, 1) == 0 ? 0 : 1);
	eq("a child's is sealed as well", reap(pid), 0);
	eq("around it all goes as before", protect(p, 2, PROT_READ) | protect(p + 6 * PAGE, 2, PROT_READ), 0);
	eq("and can be unmapped", unmap(p, 2) | unmap(p + 6 * PAGE, 2), 0);

	p = fresh(4, ANON);
	protect(p, 4, PROT_READ);
	seal(p, 4);
	eq("what cannot be written to cannot be dropped: EPERM", advise(p, 4, MADV_DONTNEED), -EPERM);
	eq("nor freed", advise(p, 4, MADV_FREE), -EPERM);
	eq("nor wiped in a child", advise(p, 4, MADV_WIPEONFORK), -EPERM);
	eq("nor left out", advise(p, 4, MADV_DONTFORK), -EPERM);
	long fd = page_file("seal.tmp", 4, 5);
	p = (u8 *)map_at(0, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	seal(p, 4);
	eq("a file's shared pages may be dropped", advise(p, 4, MADV_DONTNEED), 0);
	ok(filled(p, 4, 5, 0), "they come back");
	sc(SYS_close, fd);

	u64 start = (u64)sc(SYS_brk, 0), end = (start + PAGE - 1) & ~(u64)(PAGE - 1);
	sc(SYS_brk, end + 4 * PAGE);
	eq("the break can be sealed", seal((u8 *)end + 2 * PAGE, 1), 0);
	eq("and goes down no further than that", sc(SYS_brk, end + PAGE), (long)(end + 4 * PAGE));
	eq("but up", sc(SYS_brk, end + 6 * PAGE), (long)(end + 6 * PAGE));
}

static void caching(void)
{
	u64 range[2] = {0, 0}, all[5] = {9, 9, 9, 9, 9}, some[5] = {0};
	long fd = page_file("cache.tmp", 8, 1);
	if (sc(SYS_cachestat, fd, range, all, 0) == -ENOSYS) {
		ok(1, "cachestat is unknown # SKIP older Linux");
		sc(SYS_close, fd);
		return;
	}
	ok(all[0] == 8 && all[1] <= 8 && !all[2] && !all[3] && !all[4], "cachestat counts the pages of a file just written");
	range[0] = 2 * PAGE + 1, range[1] = 2 * PAGE;
	eq("of a range", sc(SYS_cachestat, fd, range, some, 0), 0);
	eq("that begins and ends within pages", (long)some[0], 3);
	range[0] = 100 * PAGE;
	eq("beyond the end", sc(SYS_cachestat, fd, range, some, 0), 0);
	eq("there is none", (long)some[0], 0);
	eq("flags are EINVAL", sc(SYS_cachestat, fd, range, some, 1), -EINVAL);
	eq("no range EFAULT", sc(SYS_cachestat, fd, -PAGE, some, 0), -EFAULT);
	eq("nor room", sc(SYS_cachestat, fd, range, -PAGE, 0), -EFAULT);
	sc(SYS_close, fd);
	eq("a closed file is EBADF", sc(SYS_cachestat, fd, -PAGE, some, 0), -EBADF);
	fd = sc(SYS_memfd_create, "cache", 0);
	sc(SYS_ftruncate, fd, 8 * PAGE);
	u8 *p = (u8 *)map_at(0, 8 * PAGE, RW, MAP_SHARED, fd, 0);
	p[0] = p[5 * PAGE] = 1;
	range[0] = range[1] = 0;
	eq("of a memory file", sc(SYS_cachestat, fd, range, some, 0), 0);
	eq("the pages that were touched", (long)some[0], 2);
	sc(SYS_close, fd);
	int fds[2];
	sc(SYS_pipe2, fds, 0);
	ok(sc(SYS_cachestat, fds[1], range, some, 0) == 0 && some[0] == 0, "a pipe has none");
	eq("restart_syscall with nothing to restart is EINTR", sc(SYS_restart_syscall), -EINTR);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_alarm, 60);
	growing();
	droppable();
	sealing();
	caching();
	return tap_done();
}
