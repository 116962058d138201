// SPDX-License-Identifier: BSD-2-Clause
// The whole C library of the test programs: an entry point, raw Linux x86-64
// system calls, printing, and TAP output. No system header is used, so the
// programs can be cross-built anywhere clang runs.
//
// A program defines `int main(int argc, char **argv, char **envp)` and ends
// with `return tap_done();`.
#ifndef NOLIBC_H
#define NOLIBC_H

typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long i64;
typedef unsigned long u64;

#define NULL ((void *)0)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UNUSED __attribute__((unused))

// ---- system calls ----------------------------------------------------------

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

// sc(nr, up to six arguments of any scalar type): the raw result, -errno on failure.
#define SC_PICK(nr, a, b, c, d, e, f, ...)                                                         \
	syscall6((long)(nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sc(...) SC_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// ---- memory and strings ----------------------------------------------------
// The compiler may call the first three by name. String instructions keep it
// from turning their bodies into calls to themselves.

static inline UNUSED __attribute__((used)) void *memcpy(void *to, const void *from, u64 n)
{
	void *d = to;
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
	return to;
}

static inline UNUSED __attribute__((used)) void *memset(void *to, int byte, u64 n)
{
	void *d = to;
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(byte) : "memory");
	return to;
}

static inline UNUSED __attribute__((used)) int memcmp(const void *a, const void *b, u64 n)
{
	const u8 *x = a, *y = b;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

static inline u64 strlen(const char *s)
{
	u64 n = 0;
	while (s[n])
		n++;
	return n;
}

static inline int streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

// ---- text ------------------------------------------------------------------
// One line is built in a buffer and leaves in one write, so lines of a parent
// and its children never mix.

struct line {
	u32 len;
	char text[508];
};

static inline void line_str(struct line *l, const char *s)
{
	while (*s && l->len < sizeof(l->text))
		l->text[l->len++] = *s++;
}

static inline void line_num(struct line *l, long v)
{
	char digits[21];
	u32 at = sizeof(digits);
	u64 rest = v < 0 ? 0 - (u64)v : (u64)v;
	digits[--at] = 0;
	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (v < 0)
		digits[--at] = '-';
	line_str(l, digits + at);
}

static inline void line_put(struct line *l, int fd)
{
	u32 done = 0;
	while (done < l->len) {
		long n = sc(1 /* write */, fd, l->text + done, l->len - done);
		if (n <= 0)
			break;
		done += (u32)n;
	}
	l->len = 0;
}

static inline void say(const char *text)
{
	struct line l = {.len = 0};
	line_str(&l, text);
	line_str(&l, "\n");
	line_put(&l, 1);
}

// ---- TAP -------------------------------------------------------------------

static int tap_count UNUSED;
static int tap_failed UNUSED;

static inline void tap_head(struct line *l, int good, const char *name)
{
	l->len = 0;
	line_str(l, good ? "ok " : "not ok ");
	line_num(l, ++tap_count);
	line_str(l, " - ");
	line_str(l, name);
	if (!good)
		tap_failed++;
}

// A point about a condition.
static inline int ok(int good, const char *name)
{
	struct line l;
	tap_head(&l, good, name);
	line_str(&l, "\n");
	line_put(&l, 1);
	return good;
}

// A point about a value: says both on failure.
static inline int eq(const char *name, long got, long expected)
{
	struct line l;
	tap_head(&l, got == expected, name);
	if (got != expected) {
		line_str(&l, " # got ");
		line_num(&l, got);
		line_str(&l, " expected ");
		line_num(&l, expected);
	}
	line_str(&l, "\n");
	line_put(&l, 1);
	return got == expected;
}

// A point that cannot be judged here, and why.
static inline void skip(const char *name, const char *why)
{
	struct line l;
	tap_head(&l, 1, name);
	line_str(&l, " # SKIP ");
	line_str(&l, why);
	line_str(&l, "\n");
	line_put(&l, 1);
}

// A remark for the reader of a failed run.
static inline void note(const char *what, long value)
{
	struct line l = {.len = 0};
	line_str(&l, "# ");
	line_str(&l, what);
	line_str(&l, " ");
	line_num(&l, value);
	line_str(&l, "\n");
	line_put(&l, 1);
}

// The plan comes last: a program that dies early has none, which is a failure.
static inline int tap_done(void)
{
	struct line l = {.len = 0};
	line_str(&l, "1..");
	line_num(&l, tap_count);
	line_str(&l, "\n");
	line_put(&l, 1);
	return tap_failed ? 1 : 0;
}

// ---- entry -----------------------------------------------------------------

// What the kernel handed over, before any of our code ran.
struct entry_state {
	u64 *sp;
	u64 rdx, rflags;
	u32 mxcsr;
	u16 fpucw, pad;
};
__attribute__((used)) struct entry_state entry_state;

int main(int argc, char **argv, char **envp);

static inline u64 *auxv_of(char **envp)
{
	while (*envp)
		envp++;
	return (u64 *)(envp + 1);
}

__attribute__((used, noreturn)) static void start_c(u64 *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);
	sc(231 /* exit_group */, main(argc, argv, argv + argc + 1));
	__builtin_trap();
}

__asm__(".text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	movq %rsp, entry_state(%rip)\n"
	"	movq %rdx, entry_state+8(%rip)\n"
	"	pushfq\n"
	"	popq entry_state+16(%rip)\n"
	"	stmxcsr entry_state+24(%rip)\n"
	"	fnstcw entry_state+28(%rip)\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call start_c\n"
	"	hlt\n"
	".size _start, . - _start\n"
	".section .note.GNU-stack,\"\",@progbits\n"
	".text\n");

#endif
