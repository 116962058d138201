// SPDX-License-Identifier: BSD-2-Clause
// Threads without a library: clone(2) onto a static stack, and waiting for their end.
#ifndef TEST_THREADS_H
#define TEST_THREADS_H
#include "signals.h"

enum { THREADS = 8, THREAD_STACK = 16384, THREAD_FLAGS = 0x50f00 | 0x200000 | 0x1000000 };

struct thread {
	u8 stack[THREAD_STACK] __attribute__((aligned(16)));
	int (*body)(void *);
	void *argument;
	// Its id; 0 again when it has ended (CLONE_CHILD_CLEARTID).
	volatile u32 tid;
};
static struct thread threads[THREADS] UNUSED;

__attribute__((used, noreturn)) static void thread_main(struct thread *t)
{
	sc(SYS_exit, t->body(t->argument));
	__builtin_trap();
}

// Starts thread `slot`; its id, or an errno.
static inline long thread_start(int slot, int (*body)(void *), void *argument)
{
	struct thread *t = &threads[slot];
	// The address of the body is taken off, and the call leaves the stack as the ABI wants it.
	u64 *top = (u64 *)(t->stack + THREAD_STACK) - 3;
	t->body = body;
	t->argument = argument;
	t->tid = 1;
	top[0] = (u64)t;
	register long r10 __asm__("r10") = (long)&t->tid;
	register long r8 __asm__("r8") = 0;
	long ret;
	__asm__ volatile("syscall\n"
			 "	test %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	xorl %%ebp, %%ebp\n"
			 "	popq %%rdi\n"
			 "	call thread_main\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(THREAD_FLAGS), "S"(top), "d"(0), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline void thread_join(int slot)
{
	volatile u32 *word = &threads[slot].tid;
	u32 now;
	while ((now = *word) != 0) {
		struct timespec t = {1, 0};
		sc(SYS_futex, word, 0 /* FUTEX_WAIT, not private */, now, &t);
	}
}

// Waits until a word is at least `value`.
static inline void await(volatile u32 *word, u32 value)
{
	while (*word < value)
		sc(SYS_sched_yield);
}

#endif
