// SPDX-License-Identifier: BSD-2-Clause
// The vDSO (vdso(7)): its image read by hand as a C library's loader would,
// then its functions against the system calls they stand for.
#include "linux.h"

enum {
	DT_NULL = 0, DT_HASH = 4, DT_STRTAB = 5, DT_SYMTAB = 6, DT_SONAME = 14,
	DT_VERSYM = 0x6ffffff0, DT_VERDEF = 0x6ffffffc, DT_GNU_HASH = 0x6ffffef5,
};

struct symbol {
	u32 name;
	u8 info, other;
	u16 section;
	u64 value, size;
};

struct verdef {
	u16 version, flags, index, count;
	u32 hash, aux, next;
};

static const u8 *base;
static u64 shift; // what to add to an address of the image
static const char *names;
static const struct symbol *symbols;
static u64 symbol_count;
static const u16 *versions;
static const struct verdef *verdefs;
static const char *soname;
static const struct elf_segment *eh_frame_hdr;

// The number of symbols is told by DT_HASH; with DT_GNU_HASH alone the end of
// the last chain tells it.
static u64 gnu_count(const u32 *h)
{
	u32 buckets = h[0], first = h[1], bloom = h[2], last = 0;
	const u32 *bucket = h + 4 + 2 * bloom, *chain = bucket + buckets;
	for (u32 i = 0; i < buckets; i++)
		if (bucket[i] > last)
			last = bucket[i];
	if (last < first)
		return first;
	while (!(chain[last - first] & 1))
		last++;
	return last + 1;
}

static int read_image(const struct elf_header *elf)
{
	const struct elf_segment *seg = (const void *)((const u8 *)elf + elf->phoff);
	const u64 *dynamic = NULL;
	int loaded = 0;
	base = (const u8 *)elf;
	for (int i = 0; i < elf->phnum; i++) {
		if (seg[i].type == PT_LOAD && !loaded++)
			shift = (u64)base + seg[i].offset - seg[i].vaddr;
		else if (seg[i].type == PT_DYNAMIC)
			dynamic = (const u64 *)(base + seg[i].offset);
		else if (seg[i].type == PT_GNU_EH_FRAME)
			eh_frame_hdr = &seg[i];
	}
	eq("one loadable segment", loaded, 1);
	if (!ok(dynamic != NULL, "there is a dynamic section"))
		return 0;
	u64 soname_at = 0;
	for (; dynamic[0] != DT_NULL; dynamic += 2) {
		const void *there = (const void *)(dynamic[1] + shift);
		if (dynamic[0] == DT_STRTAB)
			names = there;
		else if (dynamic[0] == DT_SYMTAB)
			symbols = there;
		else if (dynamic[0] == DT_HASH)
			symbol_count = ((const u32 *)there)[1];
		else if (dynamic[0] == DT_GNU_HASH && !symbol_count)
			symbol_count = gnu_count(there);
		else if (dynamic[0] == DT_VERSYM)
			versions = there;
		else if (dynamic[0] == DT_VERDEF)
			verdefs = there;
		else if (dynamic[0] == DT_SONAME)
			soname_at = dynamic[1];
	}
	if (!ok(names && symbols && symbol_count, "names, symbols and a hash table are there"))
		return 0;
	soname = names + soname_at;
	return ok(versions && verdefs, "symbol versions are there");
}

static int is_linux_2_6(u16 index)
{
	const struct verdef *v = verdefs;
	for (;;) {
		if (!(v->flags & 1) && (v->index & 0x7fff) == (index & 0x7fff)) {
			const u32 *aux = (const u32 *)((const u8 *)v + v->aux);
			return streq(names + aux[0], "LINUX_2.6");
		}
		if (!v->next)
			return 0;
		v = (const struct verdef *)((const u8 *)v + v->next);
	}
}

static void *function(const char *name)
{
	for (u64 i = 0; i < symbol_count; i++)
		if (symbols[i].section && (symbols[i].info & 15) == 2 && streq(names + symbols[i].name, name) &&
		    is_linux_2_6(versions[i]))
			return (void *)(symbols[i].value + shift);
	return NULL;
}

typedef int clock_fn(int clock, struct timespec *t);
typedef int day_fn(struct timeval *t, int *zone);
typedef long time_fn(long *t);
typedef int cpu_fn(u32 *cpu, u32 *node, void *unused);

// A call between two system calls must give a time between theirs. Coarse
// clocks step by ticks and are compared with themselves.
static void clocks(clock_fn *get)
{
	static const struct {
		int id;
		const char *agrees;
	} list[] = {
		{0, "CLOCK_REALTIME lies between two system calls"},
		{1, "CLOCK_MONOTONIC lies between two system calls"},
		{4, "CLOCK_MONOTONIC_RAW lies between two system calls"},
		{5, "CLOCK_REALTIME_COARSE lies between two system calls"},
		{6, "CLOCK_MONOTONIC_COARSE lies between two system calls"},
		{7, "CLOCK_BOOTTIME lies between two system calls"},
		{2, "CLOCK_PROCESS_CPUTIME_ID, by the fallback, lies between two system calls"},
	};
	for (u32 i = 0; i < COUNT(list); i++) {
		struct timespec t = {-1, -1};
		int good = 1;
		for (int round = 0; round < 100; round++) {
			long before = now_ns(list[i].id);
			good &= get(list[i].id, &t) == 0;
			long after = now_ns(list[i].id), mine = t.sec * 1000000000L + t.nsec;
			good &= before <= mine && mine <= after && t.nsec >= 0 && t.nsec < 1000000000;
		}
		ok(good, list[i].agrees);
	}
	struct timespec t, last = {0, 0};
	int back = 0;
	for (int i = 0; i < 100000; i++) {
		get(1, &t);
		back += t.sec < last.sec || (t.sec == last.sec && t.nsec < last.nsec);
		last = t;
	}
	eq("CLOCK_MONOTONIC never steps back in 100000 calls", back, 0);
	eq("an unknown clock is EINVAL", get(9999, &t), -EINVAL);
}

static void others(void)
{
	day_fn *day = (day_fn *)function("__vdso_gettimeofday");
	time_fn *time = (time_fn *)function("__vdso_time");
	cpu_fn *cpu = (cpu_fn *)function("__vdso_getcpu");
	clock_fn *res = (clock_fn *)function("__vdso_clock_getres");
	if (ok(day != NULL, "__vdso_gettimeofday exists")) {
		struct timeval t = {0, 0};
		int zone[2] = {-1, -1};
		long before = now_ns(0) / 1000;
		eq("gettimeofday succeeds", day(&t, zone), 0);
		long us = t.sec * 1000000 + t.usec;
		ok(before <= us && us <= now_ns(0) / 1000, "gettimeofday lies between two system calls");
		ok(zone[0] != -1, "gettimeofday fills the time zone");
		eq("gettimeofday takes two NULLs", day(NULL, NULL), 0);
	}
	if (ok(time != NULL, "__vdso_time exists")) {
		long stored = 0, t = time(&stored), real = sc(SYS_time, 0);
		ok(t == stored && (real == t || real == t + 1), "time agrees with the system call");
	}
	if (ok(cpu != NULL, "__vdso_getcpu exists")) {
		u32 c = ~0u, n = ~0u;
		eq("getcpu succeeds", cpu(&c, &n, NULL), 0);
		ok(c < 4096 && n < 1024, "getcpu gives a processor and a node");
		eq("getcpu takes NULLs", cpu(NULL, NULL, NULL), 0);
	}
	if (ok(res != NULL, "__vdso_clock_getres exists")) {
		struct timespec a = {0, 0}, b = {0, 0};
		eq("clock_getres succeeds", res(1, &a), 0);
		sc(SYS_clock_getres, 1, &b);
		ok(a.sec == b.sec && a.nsec == b.nsec, "clock_getres agrees with the system call");
	}
}

int main(int argc UNUSED, char **argv UNUSED, char **envp)
{
	const struct elf_header *elf = NULL;
	for (u64 *a = auxv_of(envp); a[0] != AT_NULL; a += 2)
		if (a[0] == AT_SYSINFO_EHDR)
			elf = (const struct elf_header *)a[1];
	if (!ok(elf != NULL, "AT_SYSINFO_EHDR is present"))
		return tap_done();
	eq("it is a shared object", elf->type, 3);
	eq("it is for x86-64", elf->machine, 62);
	if (!read_image(elf))
		return tap_done();
	ok(streq(soname, "linux-vdso.so.1"), "its name is linux-vdso.so.1");
	if (ok(eh_frame_hdr != NULL, "there is an eh_frame_hdr: unwinders can pass through"))
		eq("eh_frame_hdr has version 1", base[eh_frame_hdr->offset], 1);
	clock_fn *get = (clock_fn *)function("__vdso_clock_gettime");
	if (ok(get != NULL, "__vdso_clock_gettime exists with version LINUX_2.6"))
		clocks(get);
	others();
	return tap_done();
}
