// SPDX-License-Identifier: BSD-2-Clause
// Random programs for seccomp(2): each is refused or runs, at once, and the machine stays.
// usage: bpf_fuzz [COUNT [SEED]]
#include "signals.h"

enum { SYS_seccomp = 317, PR_SET_NO_NEW_PRIVS = 38, LEN = 24, EACH = 40 };

static u64 state;
static u32 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 16);
}
struct insn {
	u16 code;
	u8 jt, jf;
	u32 k;
};
static const u16 codes[] = {
	0x20, 0x20, 0x20, 0x80, 0x81, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x06, 0x16, 0x07, 0x87, 0x84,
	0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c,
	0x74, 0x7c, 0x05, 0x15, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,
};
// What a return may say without killing: allow, an error, a tracer that is not there.
static u32 verdict(void)
{
	u32 n = next() % 8;
	return n < 5 ? 0x7fff0000u : n < 7 ? 0x00050000u | n : 0x7ff00000u;
}
static u32 make(struct insn *to)
{
	u32 len = 1 + next() % LEN;
	for (u32 i = 0; i < len; i++) {
		struct insn *at = &to[i];
		u32 left = len - i - 1, wild = next() % 200 == 0;
		at->code = wild ? (u16)next() : codes[next() % COUNT(codes)];
		at->jt = (u8)(wild ? next() : left ? next() % left : 0);
		at->jf = (u8)(wild ? next() : left ? next() % left : 0);
		at->k = wild ? next() : next() % 16;
		if (at->code == 0x20)
			at->k = at->k * 4 % 64;
		else if (at->code == 0x05)
			at->k = left ? at->k % left : 0;
		else if (at->code == 0x06)
			at->k = verdict();
	}
	to[len - 1] = (struct insn){0x06, 0, 0, verdict()};
	return len;
}

// What a child tells before it ends, by whatever way.
struct shared {
	volatile u64 state;
	volatile u32 tried, taken, other;
};

static int some(struct shared *s, u32 count)
{
	static struct insn insns[LEN];
	u32 taken = 0;
	sc(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (s->tried < count && taken < EACH) {
		struct {
			u16 len, pad[3];
			struct insn *insns;
		} prog = {(u16)make(insns), {0}, insns};
		s->state = state;
		s->tried++;
		long e = sc(SYS_seccomp, 1, 0, &prog);
		if (e == 0) {
			taken++;
			s->taken++;
			sc(SYS_getppid);
			syscall6(SYS_lseek, 99, 0x123456789, 7, ~0UL, 5, 6);
		} else if (e != -EINVAL) {
			// A filter of its own said so, or there are too many.
			return 0;
		}
	}
	return 0;
}

static u64 number(const char *text)
{
	u64 n = 0;
	while (*text >= '0' && *text <= '9')
		n = n * 10 + (u64)(*text++ - '0');
	return n;
}

int main(int argc, char **argv, char **envp)
{
	(void)envp;
	u32 count = argc > 1 ? (u32)number(argv[1]) : 5000;
	state = argc > 2 ? number(argv[2]) : 0x9e3779b97f4a7c15;
	sc(SYS_alarm, argc > 1 ? 3000 : 60);
	struct shared *s = map_shared(4096);
	s->state = state;
	while (s->tried < count) {
		u32 before = s->tried;
		long pid = sc(SYS_fork);
		if (pid == 0) {
			sc(SYS_exit_group, some(s, count));
			// A filter may be against that.
			__builtin_trap();
		}
		int status = reap(pid);
		if (death(status) != 0 && death(status) != SIGSYS &&
		    death(status) != SIGILL)
			s->other++;
		state = s->state;
		next();
		if (s->tried == before)
			s->tried++;
	}
	note("programs", s->tried);
	note("taken", s->taken);
	ok(s->taken > count / 100, "some programs are taken");
	ok(s->taken < s->tried, "and some are refused");
	eq("nothing dies but by a filter", s->other, 0);
	return tap_done();
}
