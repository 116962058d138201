// SPDX-License-Identifier: BSD-2-Clause
// A filter on system calls, and a hand-written interpreter of it: what a call costs with the one,
// and what the other adds to a call. The filter allows 24 calls by number and looks at an argument
// of the last, so that what it says of that one cannot be known beforehand.
#ifndef FILTER_H
#define FILTER_H

struct insn {
	unsigned short code;
	unsigned char jt, jf;
	unsigned k;
};
struct program {
	unsigned short len;
	const struct insn *insns;
};

#define ALLOWED(nr) {0x15, 0, 1, nr}, {0x06, 0, 0, 0x7fff0000}
static const struct insn filter[] = {
	{0x20, 0, 0, 4}, {0x15, 1, 0, 0xc000003e}, {0x06, 0, 0, 0x80000000}, {0x20, 0, 0, 0},
	ALLOWED(0), ALLOWED(1), ALLOWED(2), ALLOWED(3), ALLOWED(4), ALLOWED(5), ALLOWED(7), ALLOWED(8),
	ALLOWED(9), ALLOWED(10), ALLOWED(11), ALLOWED(12), ALLOWED(13), ALLOWED(14), ALLOWED(15),
	ALLOWED(24), ALLOWED(32), ALLOWED(87), ALLOWED(202), ALLOWED(228), ALLOWED(231), ALLOWED(60),
	ALLOWED(57), ALLOWED(61),
	// getpid: with a first argument of 0 or not, it is allowed; getppid is by its number.
	{0x15, 0, 4, 39}, {0x20, 0, 0, 16}, {0x15, 0, 1, 0}, {0x06, 0, 0, 0x7fff0000},
	{0x06, 0, 0, 0x7fff0000}, {0x15, 0, 1, 110}, {0x06, 0, 0, 0x7fff0000}, {0x06, 0, 0, 0x00050001},
};

// The part of classic BPF that filters are made of.
static unsigned interpret(const struct insn *at, unsigned len, const unsigned *data)
{
	const struct insn *end = at + len;
	unsigned a = 0, x = 0, m[16] = {0};
	for (; at < end; at++) {
		switch (at->code) {
		case 0x20: a = data[at->k / 4 & 15]; break;
		case 0x00: a = at->k; break;
		case 0x01: x = at->k; break;
		case 0x60: a = m[at->k & 15]; break;
		case 0x61: x = m[at->k & 15]; break;
		case 0x02: m[at->k & 15] = a; break;
		case 0x03: m[at->k & 15] = x; break;
		case 0x07: x = a; break;
		case 0x87: a = x; break;
		case 0x04: a += at->k; break;
		case 0x0c: a += x; break;
		case 0x14: a -= at->k; break;
		case 0x1c: a -= x; break;
		case 0x24: a *= at->k; break;
		case 0x44: a |= at->k; break;
		case 0x4c: a |= x; break;
		case 0x54: a &= at->k; break;
		case 0x5c: a &= x; break;
		case 0x64: a <<= at->k; break;
		case 0x74: a >>= at->k; break;
		case 0x84: a = -a; break;
		case 0xa4: a ^= at->k; break;
		case 0x05: at += at->k; break;
		case 0x15: at += a == at->k ? at->jt : at->jf; break;
		case 0x1d: at += a == x ? at->jt : at->jf; break;
		case 0x25: at += a > at->k ? at->jt : at->jf; break;
		case 0x35: at += a >= at->k ? at->jt : at->jf; break;
		case 0x45: at += a & at->k ? at->jt : at->jf; break;
		case 0x06: return at->k;
		case 0x16: return a;
		default: return 0;
		}
	}
	return 0;
}

#endif
