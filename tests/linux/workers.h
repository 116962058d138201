// SPDX-License-Identifier: BSD-2-Clause
// Threads by clone(2) and futex(2) alone, as many as wanted. %fs:0 of each leads to its struct thread.
#ifndef TEST_WORKERS_H
#define TEST_WORKERS_H
#include "signals.h"

enum {
	CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
	CLONE_SYSVSEM = 0x40000, CLONE_SETTLS = 0x80000,
	FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129, THREAD_STACK = 32 << 10,
};

struct thread {
	struct thread *self;
	u32 tid, running;
	u8 *stack;
	void (*body)(void *);
	void *arg;
};

static inline struct thread *thread_self(void)
{
	struct thread *t;
	__asm__ volatile("movq %%fs:0, %0" : "=r"(t));
	return t;
}

static inline long futex(u32 *at, int op, u32 value, struct timespec *timeout)
{
	return sc(SYS_futex, at, op, value, timeout, 0, 0);
}

static inline u32 load(u32 *at)
{
	return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

static inline void store(u32 *at, u32 value)
{
	__atomic_store_n(at, value, __ATOMIC_SEQ_CST);
}

static inline u32 add(u32 *at, u32 n)
{
	return __atomic_add_fetch(at, n, __ATOMIC_SEQ_CST);
}

// Sleeps until the word is at least `value`; who changes it wakes.
static inline UNUSED void until(u32 *at, u32 value)
{
	u32 v;
	while ((v = load(at)) < value)
		futex(at, FUTEX_WAIT_PRIVATE, v, NULL);
}

static inline void wake_all(u32 *at)
{
	futex(at, FUTEX_WAKE_PRIVATE, 0x7fffffff, NULL);
}

static __attribute__((used, noreturn)) void thread_entry(struct thread *t)
{
	t->body(t->arg);
	sc(SYS_exit, 0);
	__builtin_trap();
}

// A new thread finds itself on top of its stack; clone(2) does not return through this frame.
long thread_clone(u64 flags, void *stack, u32 *ptid, u32 *ctid, void *tls);
__asm__(".text\n"
	".type thread_clone, @function\n"
	"thread_clone:\n"
	"	movq %rcx, %r10\n"
	"	movl $56, %eax\n"
	"	syscall\n"
	"	testq %rax, %rax\n"
	"	jnz 1f\n"
	"	movq (%rsp), %rdi\n"
	"	xorl %ebp, %ebp\n"
	"	call thread_entry\n"
	"1:	ret\n"
	".size thread_clone, . - thread_clone\n");

// Starts a thread: its id, or an errno. The stack is kept for the next one of the same structure.
static inline long thread_start(struct thread *t, void (*body)(void *), void *arg)
{
	if (!t->stack)
		t->stack = (u8 *)sc(SYS_mmap, 0, THREAD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t->self = t;
	t->running = 1;
	t->body = body;
	t->arg = arg;
	struct thread **top = (struct thread **)(t->stack + THREAD_STACK - 64);
	*top = t;
	u64 flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SETTLS |
		    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	return thread_clone(flags, top, &t->tid, &t->running, t);
}

// CLONE_CHILD_CLEARTID wakes without FUTEX_PRIVATE_FLAG.
static inline void thread_join(struct thread *t)
{
	u32 v;
	while ((v = load(&t->running)) != 0)
		futex(&t->running, 0, v, NULL);
}

#endif
