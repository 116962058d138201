// SPDX-License-Identifier: BSD-2-Clause
// Delivery of signals: what siginfo says for each source (sigaction(2)), masks,
// flags of a handler, alternate stacks, pending and queued signals.
#include "signals.h"

static struct siginfo seen;
static struct ucontext seen_uc;
static int count, depth, deepest;
static u64 mask_in_handler, sp_in_handler;

static void watch(int sig, struct siginfo *info, struct ucontext *uc)
{
	u8 here;
	seen = *info;
	seen_uc = *uc;
	count++;
	mask_in_handler = mask_now();
	sp_in_handler = (u64)&here;
	if (sig != info->signo)
		count = -1000;
}

static void clear(void)
{
	memset(&seen, 0xee, sizeof(seen));
	count = 0;
}

// ---- who sent it -----------------------------------------------------------

static void from_processes(void)
{
	int pid = (int)sc(SYS_getpid), uid = (int)sc(SYS_getuid);
	catch (SIGUSR1, watch);
	clear();
	sc(SYS_kill, pid, SIGUSR1);
	ok(count == 1 && seen.code == SI_USER && seen.pid == pid && (int)seen.uid == uid && seen.error == 0,
	   "kill: SI_USER with pid and uid");
	clear();
	raise(SIGUSR1);
	ok(count == 1 && seen.code == SI_TKILL && seen.pid == pid && (int)seen.uid == uid,
	   "tgkill: SI_TKILL with pid and uid");
	eq("the handler's own signal is masked inside", (long)mask_in_handler, (long)bit(SIGUSR1));
	eq("and no longer after", (long)mask_now(), 0);

	struct siginfo queued = {.signo = SIGUSR1, .code = SI_QUEUE};
	queued.pid = pid;
	queued.uid = 77;
	queued.value = 0x1234567890abcdef;
	clear();
	eq("rt_sigqueueinfo succeeds", sc(SYS_rt_sigqueueinfo, pid, SIGUSR1, &queued), 0);
	ok(count == 1 && seen.code == SI_QUEUE && seen.value == 0x1234567890abcdef && seen.pid == pid,
	   "rt_sigqueueinfo: SI_QUEUE, and the value arrives whole");
	eq("tgkill with signal 0 only checks", sc(SYS_tgkill, pid, sc(SYS_gettid), 0), 0);
	eq("tgkill with signal 65 is EINVAL", sc(SYS_tgkill, pid, pid, 65), -EINVAL);
	eq("tgkill with thread 0 is EINVAL", sc(SYS_tgkill, pid, 0, SIGUSR1), -EINVAL);
	eq("kill of no such process is ESRCH", sc(SYS_kill, 0x7ffffff0, SIGUSR1), -ESRCH);
	eq("kill with signal 65 is EINVAL", sc(SYS_kill, pid, 65), -EINVAL);
}

static int child_exits(void)
{
	return 7;
}

static int child_dies(void)
{
	on(SIGTERM, SIG_DFL, 0, 0);
	raise(SIGTERM);
	return 1;
}

static void from_children(void)
{
	static const struct {
		int (*body)(void);
		int code, status;
		const char *name;
	} list[] = {{child_exits, CLD_EXITED, 7, "SIGCHLD: CLD_EXITED with the exit code"},
		    {child_dies, CLD_KILLED, SIGTERM, "SIGCHLD: CLD_KILLED with the signal"}};
	catch (SIGCHLD, watch);
	for (u32 i = 0; i < COUNT(list); i++) {
		clear();
		long pid = sc(SYS_fork);
		if (pid == 0)
			sc(SYS_exit_group, list[i].body());
		reap(pid);
		ok(count == 1 && seen.code == list[i].code && seen.pid == pid && seen.status == list[i].status,
		   list[i].name);
	}
	clear();
	long pid = sc(SYS_fork);
	if (pid == 0)
		for (;;)
			sc(SYS_pause);
	sc(SYS_kill, pid, SIGSTOP);
	for (int i = 0; i < 100 && !count; i++)
		sleep_ms(10);
	ok(count == 1 && seen.code == CLD_STOPPED && seen.status == SIGSTOP, "SIGCHLD: CLD_STOPPED with SIGSTOP");
	on(SIGCHLD, (void *)watch, SA_SIGINFO | SA_NOCLDSTOP, 0);
	clear();
	sc(SYS_kill, pid, SIGCONT);
	sleep_ms(20);
	eq("SA_NOCLDSTOP: no SIGCHLD for a continued child", count, 0);
	sc(SYS_kill, pid, SIGKILL);
	reap(pid);
	on(SIGCHLD, (void *)watch, SA_SIGINFO | SA_NOCLDWAIT, 0);
	pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, 0);
	int status;
	eq("SA_NOCLDWAIT: children leave no status", sc(SYS_wait4, pid, &status, 0, 0), -ECHILD);
	on(SIGCHLD, SIG_DFL, 0, 0);
}

// ---- flags of a handler ----------------------------------------------------

static void nest(int sig, struct siginfo *info UNUSED, struct ucontext *uc UNUSED)
{
	count++;
	if (++depth > deepest)
		deepest = depth;
	if (count < 3)
		raise(sig);
	depth--;
}

static void flags(void)
{
	struct sigaction old;
	count = depth = deepest = 0;
	on(SIGUSR2, (void *)nest, SA_SIGINFO, 0);
	raise(SIGUSR2);
	ok(count == 3 && deepest == 1, "without SA_NODEFER a signal waits for its handler");
	count = depth = deepest = 0;
	on(SIGUSR2, (void *)nest, SA_SIGINFO | SA_NODEFER, 0);
	raise(SIGUSR2);
	ok(count == 3 && deepest == 3, "with SA_NODEFER a handler interrupts itself");
	on(SIGUSR2, (void *)watch, SA_SIGINFO | SA_RESETHAND, bit(SIGHUP) | bit(64));
	clear();
	raise(SIGUSR2);
	eq("sa_mask is blocked during the handler", (long)mask_in_handler,
	   (long)(bit(SIGHUP) | bit(64) | bit(SIGUSR2)));
	sc(SYS_rt_sigaction, SIGUSR2, 0, &old, 8);
	ok(count == 1 && old.handler == SIG_DFL, "SA_RESETHAND: the default is back after one signal");
	on(SIGUSR2, (void *)watch, SA_SIGINFO | SA_RESTART, bit(SIGKILL) | bit(SIGSTOP) | bit(SIGINT));
	sc(SYS_rt_sigaction, SIGUSR2, 0, &old, 8);
	ok(old.handler == (void *)watch && old.flags == (SA_SIGINFO | SA_RESTART | SA_RESTORER) &&
		   old.restorer == (void *)restorer,
	   "rt_sigaction returns what was set");
	eq("SIGKILL and SIGSTOP drop out of sa_mask", (long)old.mask, (long)bit(SIGINT));
	eq("rt_sigaction of SIGKILL is EINVAL", on(SIGKILL, (void *)watch, 0, 0), -EINVAL);
	eq("rt_sigaction of signal 0 is EINVAL", on(0, (void *)watch, 0, 0), -EINVAL);
	eq("rt_sigaction of signal 65 is EINVAL", on(65, (void *)watch, 0, 0), -EINVAL);
	eq("rt_sigaction with a wrong set size is EINVAL", sc(SYS_rt_sigaction, SIGUSR2, 0, &old, 16), -EINVAL);
	eq("rt_sigaction from a bad address is EFAULT", sc(SYS_rt_sigaction, SIGUSR2, 16, 0, 8), -EFAULT);
	on(SIGUSR2, SIG_IGN, 0, 0);
	eq("an ignored signal is sent and lost", raise(SIGUSR2), 0);
}

// ---- masks, pending, queues ------------------------------------------------

static void masks(void)
{
	u64 set = ~0UL, old = 0;
	eq("rt_sigprocmask sets everything", set_mask(set), 0);
	eq("but never SIGKILL and SIGSTOP", (long)mask_now(), (long)~(bit(SIGKILL) | bit(SIGSTOP)));
	set_mask(0);
	set = bit(SIGUSR1);
	eq("rt_sigprocmask with an unknown how is EINVAL", sc(SYS_rt_sigprocmask, 3, &set, 0, 8), -EINVAL);
	eq("rt_sigprocmask ignores how without a set", sc(SYS_rt_sigprocmask, 3, 0, &old, 8), 0);
	eq("rt_sigprocmask with a wrong size is EINVAL", sc(SYS_rt_sigprocmask, 0, &set, 0, 4), -EINVAL);
	eq("rt_sigprocmask from a bad address is EFAULT", sc(SYS_rt_sigprocmask, 0, 16, 0, 8), -EFAULT);

	catch (SIGUSR1, watch);
	catch (SIGRTMIN, watch);
	catch (64, watch);
	set_mask(bit(SIGUSR1) | bit(SIGRTMIN) | bit(64));
	clear();
	for (int i = 0; i < 3; i++) {
		raise(SIGUSR1);
		raise(SIGRTMIN);
		raise(64);
	}
	sc(SYS_rt_sigpending, &old, 8);
	ok(count == 0 && old == (bit(SIGUSR1) | bit(SIGRTMIN) | bit(64)), "blocked signals are pending");
	set_mask(0);
	eq("standard signals merge, real-time signals queue", count, 1 + 3 + 3);

	set_mask(bit(SIGRTMIN));
	struct siginfo q = {.signo = SIGRTMIN, .code = SI_QUEUE}, got;
	struct timespec zero = {0, 0}, bad = {0, 2000000000};
	u64 want = bit(SIGRTMIN);
	int order = 1;
	for (u64 i = 0; i < 4; i++) {
		q.value = i;
		sc(SYS_rt_sigqueueinfo, sc(SYS_getpid), SIGRTMIN, &q);
	}
	for (u64 i = 0; i < 4; i++)
		order &= sc(SYS_rt_sigtimedwait, &want, &got, &zero, 8) == SIGRTMIN && got.value == i;
	ok(order, "rt_sigtimedwait takes queued signals in order");
	eq("rt_sigtimedwait times out with EAGAIN", sc(SYS_rt_sigtimedwait, &want, &got, &zero, 8), -EAGAIN);
	eq("rt_sigtimedwait with a bad time is EINVAL", sc(SYS_rt_sigtimedwait, &want, &got, &bad, 8), -EINVAL);
	set_mask(bit(SIGUSR1));
	raise(SIGUSR1);
	clear();
	set = 0;
	eq("rt_sigsuspend ends with EINTR", sc(SYS_rt_sigsuspend, &set, 8), -EINTR);
	eq("its handler ran", count, 1);
	eq("and the mask is the old one", (long)mask_now(), (long)bit(SIGUSR1));
	set_mask(0);
}

// ---- alternate stack -------------------------------------------------------

static u8 area[32768] __attribute__((aligned(64)));
static long switch_inside;
static struct sigstack inside;

static void on_area(int sig UNUSED, struct siginfo *info UNUSED, struct ucontext *uc)
{
	struct sigstack other = {area, 0, 0, sizeof(area)};
	sp_in_handler = (u64)&other;
	seen_uc = *uc;
	switch_inside = sc(SYS_sigaltstack, &other, 0);
	sc(SYS_sigaltstack, 0, &inside);
}

static int overflow(void)
{
	on(SIGSEGV, (void *)child_exits, SA_ONSTACK, 0);
	struct sigstack none = {0, SS_DISABLE, 0, 0};
	sc(SYS_sigaltstack, &none, 0);
	__asm__ volatile("mov $4096, %%rsp\n push %%rax\n" : : : "memory");
	return 0;
}

static void altstack(void)
{
	struct sigstack s = {area, 0, 0, sizeof(area)}, old = {0, 0, 0, 0};
	eq("sigaltstack succeeds", sc(SYS_sigaltstack, &s, &old), 0);
	eq("there was none before", old.flags, SS_DISABLE);
	on(SIGUSR1, (void *)on_area, SA_SIGINFO | SA_ONSTACK, 0);
	raise(SIGUSR1);
	ok(sp_in_handler > (u64)area && sp_in_handler < (u64)area + sizeof(area), "SA_ONSTACK runs on it");
	eq("changing it from inside is EPERM", switch_inside, -EPERM);
	eq("from inside it reads SS_ONSTACK", inside.flags, SS_ONSTACK);
	ok(seen_uc.stack.sp == area && seen_uc.stack.size == sizeof(area), "uc_stack describes it");
	on(SIGUSR1, (void *)watch, SA_SIGINFO, 0);
	raise(SIGUSR1);
	ok(sp_in_handler < (u64)area || sp_in_handler > (u64)area + sizeof(area),
	   "without SA_ONSTACK a handler runs on the usual stack");
	s.size = 1024;
	eq("a stack below the minimum is ENOMEM", sc(SYS_sigaltstack, &s, 0), -ENOMEM);
	s = (struct sigstack){area, 64, 0, sizeof(area)};
	eq("unknown flags are EINVAL", sc(SYS_sigaltstack, &s, 0), -EINVAL);
	eq("a bad address is EFAULT", sc(SYS_sigaltstack, 16, 0), -EFAULT);
	s = (struct sigstack){0, SS_DISABLE, 0, 0};
	eq("SS_DISABLE succeeds", sc(SYS_sigaltstack, &s, 0), 0);
	eq("a signal without room for its frame kills by SIGSEGV", death(in_child(overflow)), SIGSEGV);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	set_mask(0);
	from_processes();
	from_children();
	flags();
	masks();
	altstack();
	return tap_done();
}
