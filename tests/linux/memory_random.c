// SPDX-License-Identifier: BSD-2-Clause
// Random operations on one piece of the address space, against a model that knows of each page what it
// is, what may be done with it and what it holds. The same seed does the same everywhere.
//
//   memory_random [OPERATIONS [SEED]]
#include "memory.h"

enum {
	PAGES = 192, CELLS = PAGES * 8, FILE_PAGES = 1024, CHILDREN = 3,
	NOTHING = 0, PRIVATE, SHARED_MEMORY, OF_FILE,
	NOT_YET = 0, // the cell of a page that nobody has written to
};

// A page of the model. Pages of one `map` are one mapping to Linux, whatever it makes of others.
struct page {
	u32 cell, map, file_page;
	u8 kind, prot;
};

static struct page pages[PAGES];
static u64 values[CELLS];
static u32 uses[CELLS];
static u32 last_map;
static u64 last_value, state, operation, picture = 0xcbf29ce484222325;
static u8 *arena;
static long file;
static struct {
	long pid;
	int go[2];
} children[CHILDREN];
static const char *what = "";

static u64 below(u64 limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % limit;
}

static void paint(u64 value)
{
	picture = (picture ^ value) * 0x100000001b3;
}

static u8 *at(u64 page)
{
	return arena + page * PAGE;
}

static u32 new_cell(u64 value)
{
	for (u32 i = 1; i < CELLS; i++)
		if (!uses[i]) {
			uses[i] = 1;
			values[i] = value;
			return i;
		}
	return 0;
}

static void drop_cell(u32 cell)
{
	if (cell)
		uses[cell]--;
}

static u64 value_of(const struct page *p)
{
	if (p->cell)
		return values[p->cell];
	return p->kind == OF_FILE ? 0x1000000 + (u64)p->file_page : 0;
}

static void unmap_page(u64 i)
{
	drop_cell(pages[i].cell);
	pages[i] = (struct page){0, 0, 0, NOTHING, 0};
}

static int fail(const char *why, u64 page, long got, long expected)
{
	note(what, (long)operation);
	note(why, (long)page);
	note("got", got);
	note("expected", expected);
	note("kind", pages[page].kind);
	note("protection", pages[page].prot);
	return 0;
}

// Looks at pages as the program may: every word that can be read is what it should be.
static int look(u64 from, u64 to)
{
	for (u64 i = from; i < to; i++) {
		const struct page *p = &pages[i];
		if (!p->kind || !(p->prot & PROT_READ))
			continue;
		u64 seen = *(volatile u64 *)at(i);
		if (seen != value_of(p))
			return fail("a page holds something else: page", i, (long)seen, (long)value_of(p));
	}
	return 1;
}

// The same, and that what must not be touched cannot be.
static int look_hard(void)
{
	for (u64 i = 0; i < PAGES; i++) {
		const struct page *p = &pages[i];
		int r = readable(at(i)), w = writable(at(i));
		if (r != (p->kind && p->prot & PROT_READ) || w != (p->kind && p->prot & PROT_WRITE))
			return fail("a page can be read or written, or cannot: page", i, r * 2 + w, p->prot);
	}
	return look(0, PAGES);
}

static int check(long got, long expected)
{
	paint((u64)expected);
	return got == expected ? 1 : fail("the call says otherwise, page", 0, got, expected);
}

static int free_range(u64 from, u64 to)
{
	for (u64 i = from; i < to; i++)
		if (pages[i].kind)
			return 0;
	return 1;
}

static int full_range(u64 from, u64 to)
{
	for (u64 i = from; i < to; i++)
		if (!pages[i].kind)
			return 0;
	return 1;
}

static void random_range(u64 *from, u64 *to)
{
	*from = below(PAGES);
	u64 most = PAGES - *from;
	*to = *from + 1 + below(most < 24 ? most : 24);
}

static int random_prot(void)
{
	static const int prots[] = {RW, RW, RW, PROT_READ, PROT_NONE};
	return prots[below(COUNT(prots))];
}

static int do_mmap(void)
{
	u64 from, to, offset = below(FILE_PAGES - 2 * PAGES);
	random_range(&from, &to);
	int kind = 1 + (int)below(3), prot = random_prot(), noreplace = below(4) == 0;
	int flags = (noreplace ? MAP_FIXED_NOREPLACE : MAP_FIXED) | (kind == SHARED_MEMORY ? MAP_SHARED : MAP_PRIVATE);
	if (kind != OF_FILE)
		flags |= MAP_ANONYMOUS;
	if (kind == PRIVATE && below(4) == 0)
		flags |= MAP_POPULATE;
	what = "mmap";
	int fits = !noreplace || free_range(from, to);
	long got = map_at(at(from), (to - from) * PAGE, prot, flags, kind == OF_FILE ? file : -1,
			  kind == OF_FILE ? (long)offset * PAGE : 0);
	if (!check(fits ? got - (long)arena : got, fits ? (long)(from * PAGE) : -EEXIST))
		return 0;
	if (!fits)
		return 1;
	last_map++;
	for (u64 i = from; i < to; i++) {
		unmap_page(i);
		pages[i] = (struct page){0, last_map, (u32)(offset + i - from), (u8)kind, (u8)prot};
		if (kind == SHARED_MEMORY)
			pages[i].cell = new_cell(0);
	}
	return look(from, to);
}

static int do_munmap(void)
{
	u64 from, to;
	random_range(&from, &to);
	what = "munmap";
	if (!check(unmap(at(from), to - from), 0))
		return 0;
	for (u64 i = from; i < to; i++)
		unmap_page(i);
	return 1;
}

// What differs from its neighbours, if only for a while, may be a mapping of its own afterwards.
static void split_off(u64 from, u64 to)
{
	if (from && to < PAGES && pages[from - 1].map && pages[from - 1].map == pages[to].map) {
		u32 behind = pages[to].map;
		last_map++;
		for (u64 i = to; i < PAGES && pages[i].map == behind; i++)
			pages[i].map = last_map;
	}
	for (u64 i = from; i < to; i++) {
		if (i == from || pages[i].map != pages[i - 1].map || !pages[i].map) {
			u32 old = pages[i].map;
			last_map++;
			u64 j = i;
			for (; j < to && pages[j].map == old; j++)
				pages[j].map = old ? last_map : 0;
			i = j - 1;
		}
	}
}

static int do_mprotect(void)
{
	u64 from, to, until;
	random_range(&from, &to);
	int prot = random_prot();
	for (until = from; until < to && pages[until].kind; until++)
		;
	what = "mprotect";
	if (!check(protect(at(from), to - from, prot), until == to ? 0 : -ENOMEM))
		return 0;
	if (until > from)
		split_off(from, until);
	for (u64 i = from; i < until; i++)
		pages[i].prot = (u8)prot;
	return look(from, to);
}

static int do_write(void)
{
	u64 from, to;
	random_range(&from, &to);
	what = "a write";
	for (u64 i = from; i < to; i++) {
		struct page *p = &pages[i];
		if (!p->kind || !(p->prot & PROT_WRITE))
			continue;
		u64 value = (u64)1 << 40 | ++last_value;
		*(volatile u64 *)at(i) = value;
		if (p->cell)
			values[p->cell] = value;
		else
			p->cell = new_cell(value);
	}
	return look(from, to);
}

static int do_dontneed(void)
{
	u64 from, to;
	random_range(&from, &to);
	what = "MADV_DONTNEED";
	if (!check(advise(at(from), to - from, MADV_DONTNEED), full_range(from, to) ? 0 : -ENOMEM))
		return 0;
	for (u64 i = from; i < to; i++)
		if (pages[i].kind == PRIVATE || pages[i].kind == OF_FILE) {
			drop_cell(pages[i].cell);
			pages[i].cell = 0;
		}
	return look(from, to);
}

// A range within one mapping that begins at a page with something.
static int one_mapping(u64 *from, u64 *to)
{
	*from = below(PAGES);
	if (!pages[*from].kind)
		return 0;
	u64 most = 1;
	while (*from + most < PAGES && pages[*from + most].map == pages[*from].map)
		most++;
	*to = *from + 1 + below(most);
	return 1;
}

static void grow_model(const struct page *last, u64 from, u64 to, u32 map)
{
	for (u64 i = from; i < to; i++)
		pages[i] = (struct page){0, map, last->file_page + 1 + (u32)(i - from), last->kind, last->prot};
}

static int do_resize(void)
{
	u64 from, to;
	if (!one_mapping(&from, &to))
		return 1;
	u64 size = to - from, new = 1 + below(20);
	struct page last = pages[to - 1];
	if (from + new > PAGES || (last.kind == SHARED_MEMORY && new > size))
		return 1;
	int room = new <= size || free_range(to, from + new);
	what = "mremap in place";
	long got = remap(at(from), size, new, 0, 0);
	if (!check(room ? got - (long)arena : got, room ? (long)(from * PAGE) : -ENOMEM))
		return 0;
	for (u64 i = from + new; i < to; i++)
		unmap_page(i);
	if (room && new > size)
		grow_model(&last, to, from + new, last.map);
	return look(from, from + new);
}

static int do_move(void)
{
	static struct page moved[PAGES];
	u64 from, to;
	if (!one_mapping(&from, &to))
		return 1;
	u64 size = to - from, new = 1 + below(24), place = below(PAGES);
	struct page last = pages[to - 1];
	int keeps = last.kind != SHARED_MEMORY && below(4) == 0;
	if (keeps || (last.kind == SHARED_MEMORY && new > size))
		new = size;
	if (place + new > PAGES)
		return 1;
	int overlaps = place < to && from < place + new;
	what = keeps ? "mremap with MREMAP_DONTUNMAP" : "mremap to a place";
	long got = remap(at(from), size, new, MOVE_TO | (keeps ? MREMAP_DONTUNMAP : 0), at(place));
	// Before 5.13 only private memory without a file could be kept.
	if (got == -EINVAL && keeps && !overlaps && last.kind == OF_FILE)
		return 1;
	if (!check(overlaps ? got : got - (long)arena, overlaps ? -EINVAL : (long)(place * PAGE)))
		return 0;
	if (overlaps)
		return 1;
	u64 stay = new < size ? new : size;
	for (u64 i = 0; i < size; i++) {
		moved[i] = pages[from + i];
		struct page *p = &pages[from + i];
		*p = keeps ? (struct page){0, p->map, p->file_page, p->kind, p->prot} : (struct page){0, 0, 0, NOTHING, 0};
	}
	if (keeps)
		split_off(from, to);
	last_map++;
	for (u64 i = place; i < place + new; i++)
		unmap_page(i);
	for (u64 i = 0; i < size; i++) {
		if (i >= stay) {
			drop_cell(moved[i].cell);
			continue;
		}
		pages[place + i] = moved[i];
		pages[place + i].map = last_map;
	}
	if (new > size)
		grow_model(&last, place + size, place + new, last_map);
	return look(place, place + new) && look(from, to);
}

static int do_alias(void)
{
	static u32 cells[PAGES];
	u64 from, to;
	if (!one_mapping(&from, &to))
		return 1;
	u64 size = to - from, place = below(PAGES);
	struct page first = pages[from];
	if (first.kind != SHARED_MEMORY || place + size > PAGES || (place < to && from < place + size))
		return 1;
	what = "mremap of an old size of 0";
	if (!check(remap(at(from), 0, size, MOVE_TO, at(place)) - (long)arena, (long)(place * PAGE)))
		return 0;
	for (u64 i = 0; i < size; i++) {
		cells[i] = pages[from + i].cell;
		uses[cells[i]]++;
	}
	last_map++;
	for (u64 i = 0; i < size; i++) {
		unmap_page(place + i);
		pages[place + i] = (struct page){cells[i], last_map, 0, SHARED_MEMORY, first.prot};
	}
	return look(place, place + size);
}

// A child sees what the parent had, for as long as it lives. Some live on for a while, so that their pages
// are the parent's until one of them writes.
static int do_fork(void)
{
	u64 slot = below(CHILDREN);
	what = "a child";
	if (children[slot].pid) {
		sc(SYS_write, children[slot].go[1], "x", 1);
		int status = reap(children[slot].pid);
		sc(SYS_close, children[slot].go[0]);
		sc(SYS_close, children[slot].go[1]);
		children[slot].pid = 0;
		return check(status, 0);
	}
	u64 shared = below(PAGES), value = (u64)1 << 41 | ++last_value;
	if (pages[shared].kind != SHARED_MEMORY || pages[shared].prot != RW)
		shared = PAGES;
	int told[2];
	char c;
	sc(SYS_pipe2, children[slot].go, 0);
	sc(SYS_pipe2, told, 0);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		if (!look(0, PAGES))
			sc(SYS_exit_group, 1);
		if (shared < PAGES)
			*(volatile u64 *)at(shared) = value;
		sc(SYS_write, told[1], "x", 1);
		sc(SYS_read, children[slot].go[0], &c, 1);
		// Shared pages may have changed since.
		for (u64 i = 0; i < PAGES; i++)
			if (pages[i].kind == SHARED_MEMORY)
				pages[i].kind = NOTHING;
		int good = look(0, PAGES);
		for (u64 i = 0; i < PAGES; i++)
			if (pages[i].kind && pages[i].prot == RW)
				*(volatile u64 *)at(i) = 0xbad;
		sc(SYS_exit_group, good ? 0 : 2);
	}
	children[slot].pid = pid;
	sc(SYS_close, told[1]);
	long n = sc(SYS_read, told[0], &c, 1);
	sc(SYS_close, told[0]);
	if (shared < PAGES)
		values[pages[shared].cell] = value;
	return check(n, 1) && look(0, PAGES);
}

static int run(u64 count)
{
	static int (*const deeds[])(void) = {
		do_mmap, do_mmap, do_munmap, do_mprotect, do_mprotect, do_write, do_write, do_write,
		do_dontneed, do_resize, do_resize, do_move, do_move, do_move, do_alias,
	};
	for (operation = 0; operation < count; operation++) {
		int fork_now = below(60) == 0;
		if (!(fork_now ? do_fork() : deeds[below(COUNT(deeds))]()))
			return 0;
		if (operation % 64 == 0 && !look(0, PAGES))
			return 0;
		if (operation % 1024 == 0 && !look_hard())
			return 0;
	}
	for (int i = 0; i < CHILDREN; i++)
		if (children[i].pid) {
			sc(SYS_write, children[i].go[1], "x", 1);
			if (!check(reap(children[i].pid), 0))
				return 0;
		}
	what = "the end";
	if (!look_hard())
		return 0;
	for (u64 i = 0; i < PAGES; i++) {
		paint(pages[i].kind * 8u + pages[i].prot);
		paint(pages[i].kind && pages[i].prot & PROT_READ ? *(volatile u64 *)at(i) : 0);
	}
	return 1;
}

static u64 number(const char *text)
{
	u64 n = 0;
	while (*text >= '0' && *text <= '9')
		n = n * 10 + (u64)(*text++ - '0');
	return n;
}

int main(int argc, char **argv, char **envp UNUSED)
{
	// What comes out of the usual run, on Linux and elsewhere.
	enum { USUAL = 5000, LONG = 100000 };
	const long usual_picture = 3627522364298041683, long_picture = 8918090290698500972;
	u64 count = argc > 1 ? number(argv[1]) : USUAL, seed = argc > 2 ? number(argv[2]) : 1;
	sc(SYS_alarm, count / 50 + 60);
	state = seed * 0x9e3779b97f4a7c15 + 1;
	file = sc(SYS_memfd_create, "pages", 0);
	for (u64 i = 0; i < FILE_PAGES; i++) {
		u64 word = 0x1000000 + i;
		sc(SYS_pwrite64, file, &word, 8, i * PAGE);
	}
	sc(SYS_ftruncate, file, FILE_PAGES * PAGE);
	arena = hole(PAGES + 2) + PAGE;
	ok(run(count), "random operations do what a model of them does");
	struct line l = {.len = 0};
	line_str(&l, "# picture ");
	line_num(&l, (long)picture);
	line_str(&l, "\n");
	line_put(&l, 1);
	if ((count == USUAL || count == LONG) && seed == 1)
		eq("and leave the same picture everywhere", (long)picture, count == USUAL ? usual_picture : long_picture);
	return tap_done();
}
