// SPDX-License-Identifier: BSD-2-Clause
// process_vm_readv(2), kcmp(2), unshare(2), setns(2), process_madvise(2), membarrier(2),
// sched_setattr(2) and the policies without priorities.
#include "signals.h"

enum {
	SYS_sched_setparam = 142, SYS_sched_setscheduler = 144, SYS_sched_getscheduler = 145,
	SYS_sched_get_priority_max = 146, SYS_setpriority = 141, SYS_getpriority = 140,
	SYS_unshare = 272, SYS_setns = 308, SYS_process_vm_readv = 310, SYS_process_vm_writev = 311,
	SYS_kcmp = 312, SYS_sched_setattr = 314, SYS_sched_getattr = 315, SYS_membarrier = 324,
	SYS_pidfd_open = 434, SYS_process_madvise = 440, SYS_process_mrelease = 448,
	CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_NEWUSER = 0x10000000, CLONE_SIGHAND = 0x800,
	KCMP_FILE = 0, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM,
	SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_BATCH = 3, SCHED_IDLE = 5, RESET_ON_FORK = 0x40000000,
	MADV_DONTNEED = 4, MADV_COLD = 20,
};

struct sched_attr {
	u32 size, policy;
	u64 flags;
	i32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};

static u8 *page;	// two shared pages and a hole
static char secret[] = "twelve bytes";

static long sleeper(void)
{
	long pid = sc(SYS_fork);
	if (pid == 0)
		for (;;)
			sc(SYS_pause);
	return pid;
}

static void end(long pid)
{
	sc(SYS_kill, pid, SIGKILL);
	reap(pid);
}

// ---- memory ----------------------------------------------------------------

static long vm_read(long pid, void *to, u64 n, void *from, u64 m)
{
	struct iovec l = {to, n}, r = {from, m};
	return sc(SYS_process_vm_readv, pid, &l, 1, &r, 1, 0);
}

static long vm_write(long pid, void *from, u64 n, void *to, u64 m)
{
	struct iovec l = {from, n}, r = {to, m};
	return sc(SYS_process_vm_writev, pid, &l, 1, &r, 1, 0);
}

static int denied(void)
{
	sc(SYS_setresuid, 65534, 65534, 65534);
	char got[4];
	return (int)-vm_read(sc(SYS_getppid), got, 4, secret, 4);
}

static void memory(void)
{
	char got[64];
	u8 *readonly = (u8 *)sc(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page = map_shared(3 * 4096);
	sc(SYS_munmap, page + 2 * 4096, 4096);
	long pid = sleeper();
	secret[0] = 'T';	// in the parent alone
	eq("process_vm_readv reads another's memory", vm_read(pid, got, 12, secret, 12), 12);
	ok(memcmp(got, "twelve bytes", 12) == 0, "as it has it");
	eq("the shorter side decides", vm_read(pid, got, 5, secret, 12), 5);
	eq("or the other", vm_read(pid, got, 12, secret, 3), 3);
	eq("nothing to read is 0", vm_read(pid, got, 0, secret, 12), 0);
	eq("process_vm_writev writes", vm_write(pid, "TWELVE", 6, secret, 6), 6);
	vm_read(pid, got, 12, secret, 12);
	ok(memcmp(got, "TWELVE bytes", 12) == 0 && secret[1] == 'w', "there and not here");
	struct iovec l[2] = {{got, 3}, {got + 10, 20}}, r[3] = {{secret, 2}, {0, 0}, {secret + 7, 5}};
	memset(got, '.', sizeof(got));
	eq("pieces are joined", sc(SYS_process_vm_readv, pid, l, 2, r, 3, 0), 7);
	ok(memcmp(got, "TWb.......ytes", 14) == 0, "in order");
	page[4095] = 'a', page[4096] = 'b';
	eq("across pages", vm_read(pid, got, 2, page + 4095, 2), 2);
	ok(got[0] == 'a' && got[1] == 'b', "with the bytes of both");
	eq("up to a hole", vm_read(pid, page, 8192, page + 4096, 8192), 4096);
	eq("a hole is EFAULT", vm_read(pid, got, 4, page + 2 * 4096, 4), -EFAULT);
	eq("a bad place here is EFAULT", vm_read(pid, (void *)16, 4, secret, 4), -EFAULT);
	eq("writing to read-only memory is EFAULT", vm_write(pid, got, 4, readonly, 4), -EFAULT);
	eq("a kernel address is EFAULT", vm_read(pid, got, 4, (void *)0xffffffff80000000UL, 4), -EFAULT);
	struct iovec one = {got, 4};
	eq("a flag is EINVAL", sc(SYS_process_vm_readv, pid, &one, 1, &one, 1, 1), -EINVAL);
	eq("1025 pieces are EINVAL", sc(SYS_process_vm_readv, pid, &one, 1025, &one, 1, 0), -EINVAL);
	eq("a bad array is EFAULT", sc(SYS_process_vm_readv, pid, &one, 1, 16, 1, 0), -EFAULT);
	eq("its own memory can be read too", vm_read(sc(SYS_getpid), got, 4, secret, 4), 4);
	end(pid);
	eq("nobody is ESRCH", vm_read(pid, got, 4, secret, 4), -ESRCH);
	eq("another user's process is EPERM", exit_code(in_child(denied)), EPERM);
}

// ---- what is shared --------------------------------------------------------

static long kcmp(long a, long b, int kind, long i, long j)
{
	return sc(SYS_kcmp, a, b, kind, i, j);
}


static void sharing(void)
{
	long me = sc(SYS_getpid), pid = sleeper(), copy = sc(SYS_dup, 1), other = sc(SYS_open, "/dev/null", O_RDONLY);
	eq("kcmp: a process has its own memory", kcmp(me, me, KCMP_VM, 0, 0), 0);
	ok(kcmp(me, pid, KCMP_VM, 0, 0) > 0, "a forked child another");
	eq("in an order", kcmp(me, pid, KCMP_VM, 0, 0) + kcmp(pid, me, KCMP_VM, 0, 0), 3);
	ok(kcmp(me, pid, KCMP_FILES, 0, 0) > 0, "its own descriptors");
	ok(kcmp(me, pid, KCMP_FS, 0, 0) > 0, "its own folders");
	ok(kcmp(me, pid, KCMP_SIGHAND, 0, 0) > 0, "its own handlers");
	eq("a duplicate is the same file", kcmp(me, me, KCMP_FILE, 1, copy), 0);
	eq("inherited it is too", kcmp(me, pid, KCMP_FILE, copy, 1), 0);
	ok(kcmp(me, me, KCMP_FILE, 1, other) > 0, "another file is not");
	eq("a closed descriptor is EBADF", kcmp(me, me, KCMP_FILE, 1, 200), -EBADF);
	eq("an unknown kind is EINVAL", kcmp(me, me, 8, 0, 0), -EINVAL);
	end(pid);
	eq("nobody is ESRCH", kcmp(me, pid, KCMP_VM, 0, 0), -ESRCH);
	sc(SYS_close, copy);

	// A process that shares descriptors, and leaves them.
	int *told = map_shared(4096);
	pid = sc(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		long parent = sc(SYS_getppid), mine = sc(SYS_getpid);
		told[0] = kcmp(mine, parent, KCMP_FILES, 0, 0) == 0 && kcmp(mine, parent, KCMP_FS, 0, 0) == 0;
		told[1] = (int)sc(SYS_unshare, CLONE_FILES | CLONE_FS);
		told[2] = kcmp(mine, parent, KCMP_FILES, 0, 0) > 0 && kcmp(mine, parent, KCMP_FS, 0, 0) > 0;
		sc(SYS_close, other);
		sc(SYS_chdir, "/");
		sc(SYS_exit_group, 0);
	}
	reap(pid);
	ok(told[0], "CLONE_FILES and CLONE_FS share");
	eq("unshare leaves", told[1], 0);
	ok(told[2], "what is shared");
	eq("and what it closes stays open here", sc(SYS_close, other), 0);
	eq("unshare of nothing is 0", sc(SYS_unshare, 0), 0);
	eq("unshare of an unknown flag is EINVAL", sc(SYS_unshare, 1), -EINVAL);
	eq("setns of a closed descriptor is EBADF", sc(SYS_setns, 200, 0), -EBADF);
	eq("setns of a file is EINVAL", sc(SYS_setns, 1, 0), -EINVAL);
}

// ---- advice, barriers ------------------------------------------------------

static void advice(void)
{
	long pid = sleeper(), fd = sc(SYS_pidfd_open, pid, 0);
	struct iovec v[2] = {{page, 4096}, {page + 4096, 4096}};
	eq("process_madvise tells how much", sc(SYS_process_madvise, fd, v, 2, MADV_COLD, 0), 8192);
	eq("what would lose data is EINVAL", sc(SYS_process_madvise, fd, v, 2, MADV_DONTNEED, 0), -EINVAL);
	eq("a flag is EINVAL", sc(SYS_process_madvise, fd, v, 2, MADV_COLD, 1), -EINVAL);
	eq("no pidfd is EBADF", sc(SYS_process_madvise, 1, v, 2, MADV_COLD, 0), -EBADF);
	eq("process_mrelease of the living is EINVAL", sc(SYS_process_mrelease, fd, 0), -EINVAL);
	eq("process_mrelease with a flag is EINVAL", sc(SYS_process_mrelease, fd, 1), -EINVAL);
	end(pid);
	eq("process_mrelease of the dead is ESRCH", sc(SYS_process_mrelease, fd, 0), -ESRCH);
	sc(SYS_close, fd);

	enum { QUERY = 0, GLOBAL = 1, PRIVATE_EXPEDITED = 8, REGISTER_PRIVATE_EXPEDITED = 16 };
	long commands = sc(SYS_membarrier, QUERY, 0, 0);
	ok(commands > 0 && commands & GLOBAL && commands & PRIVATE_EXPEDITED, "membarrier tells its commands");
	eq("a private barrier before registering is EPERM", sc(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0), -EPERM);
	eq("registering", sc(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0), 0);
	eq("and the barrier", sc(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0), 0);
	eq("a global one", sc(SYS_membarrier, GLOBAL, 0, 0), 0);
	eq("an unknown command is EINVAL", sc(SYS_membarrier, 1 << 20, 0, 0), -EINVAL);
	eq("a flag is EINVAL", sc(SYS_membarrier, GLOBAL, 2, 0), -EINVAL);
}

// ---- policies --------------------------------------------------------------

static int other_policy(void)
{
	int zero = 0;
	return sc(SYS_sched_setscheduler, 0, SCHED_OTHER, &zero) == 0 ? (int)sc(SYS_sched_getscheduler, 0) : 99;
}

static int child_policy(void)
{
	return (int)sc(SYS_sched_getscheduler, 0);
}

static int policies(void)
{
	int zero = 0, one = 1;
	struct sched_attr a;
	eq("SCHED_BATCH can be set", sc(SYS_sched_setscheduler, 0, SCHED_BATCH, &zero), 0);
	eq("and reads back", sc(SYS_sched_getscheduler, 0), SCHED_BATCH);
	eq("a child inherits it", exit_code(in_child(child_policy)), SCHED_BATCH);
	eq("a priority for it is EINVAL", sc(SYS_sched_setscheduler, 0, SCHED_BATCH, &one), -EINVAL);
	eq("SCHED_IDLE can be set", sc(SYS_sched_setscheduler, 0, SCHED_IDLE, &zero), 0);
	eq("and reads back", sc(SYS_sched_getscheduler, 0), SCHED_IDLE);
	eq("and back to SCHED_OTHER", exit_code(in_child(other_policy)), SCHED_OTHER);
	eq("SCHED_FIFO with SCHED_RESET_ON_FORK", sc(SYS_sched_setscheduler, 0, SCHED_FIFO | RESET_ON_FORK, &one), 0);
	eq("which reads back", sc(SYS_sched_getscheduler, 0), SCHED_FIFO | RESET_ON_FORK);
	eq("a child has the usual policy", exit_code(in_child(child_policy)), SCHED_OTHER);
	sc(SYS_sched_setscheduler, 0, SCHED_OTHER, &zero);
	eq("an unknown policy is EINVAL", sc(SYS_sched_setscheduler, 0, 99, &zero), -EINVAL);

	memset(&a, 0x55, sizeof(a));
	eq("sched_getattr tells", sc(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	eq("its size", a.size, sizeof(a));
	ok(a.policy == SCHED_OTHER && a.nice == 0 && a.priority == 0 && a.flags == 0, "the usual policy");
	eq("in the first form too", sc(SYS_sched_getattr, 0, &a, 48, 0), 0);
	eq("of 48 bytes", a.size, 48);
	eq("room for less is EINVAL", sc(SYS_sched_getattr, 0, &a, 47, 0), -EINVAL);
	eq("a flag is EINVAL", sc(SYS_sched_getattr, 0, &a, 56, 1), -EINVAL);
	eq("no place is EINVAL", sc(SYS_sched_getattr, 0, 0, 56, 0), -EINVAL);
	eq("a negative id is EINVAL", sc(SYS_sched_getattr, -1, &a, 56, 0), -EINVAL);

	a = (struct sched_attr){.size = 56, .policy = SCHED_BATCH, .nice = 5, .flags = 1};
	eq("sched_setattr sets", sc(SYS_sched_setattr, 0, &a, 0), 0);
	eq("the policy", sc(SYS_sched_getscheduler, 0), SCHED_BATCH | RESET_ON_FORK);
	eq("the nice value", 20 - sc(SYS_getpriority, 0, 0), 5);
	sc(SYS_sched_getattr, 0, &a, sizeof(a), 0);
	ok(a.policy == SCHED_BATCH && a.nice == 5 && a.flags == 1, "which sched_getattr tells");
	a = (struct sched_attr){.size = 57};
	struct {
		struct sched_attr a;
		u64 newer;
	} longer = {{.size = 64, .nice = 5}, 0};
	eq("a longer form is fine while the rest is 0", sc(SYS_sched_setattr, 0, &longer, 0), 0);
	longer.newer = 1;
	eq("and E2BIG when it is not", sc(SYS_sched_setattr, 0, &longer, 0), -E2BIG);
	eq("which tells the size known", longer.a.size >= 56, 1);
	a = (struct sched_attr){.size = 56, .flags = 1 << 20};
	eq("an unknown flag is EINVAL", sc(SYS_sched_setattr, 0, &a, 0), -EINVAL);
	a = (struct sched_attr){.size = 56, .policy = SCHED_FIFO, .priority = 100};
	eq("priority 100 is EINVAL", sc(SYS_sched_setattr, 0, &a, 0), -EINVAL);
	a = (struct sched_attr){.size = 47};
	eq("a size of 47 is E2BIG", sc(SYS_sched_setattr, 0, &a, 0), -E2BIG);
	return 0;
}

// ---- input and output ----------------------------------------------------------

static int told_of(long tid)
{
	return (int)sc(252 /* ioprio_get */, 1, tid);
}

static int tells_own(void)
{
	return told_of(0) == (2 << 13 | 3) ? 0 : 1;
}

static int sets_real_time(void)
{
	sc(SYS_setresuid, 1000, 1000, 1000);
	return sc(251 /* ioprio_set */, 1, 0, 1 << 13) == -EPERM ? 0 : 1;
}

static void io_priorities(void)
{
	eq("ioprio_get of a thread that never set one", told_of(0), 0);
	eq("ioprio_set of best effort, level 3", sc(251, 1, 0, 2 << 13 | 3), 0);
	eq("is told", told_of(0), 2 << 13 | 3);
	eq("by the thread's id too", told_of(sc(SYS_gettid)), 2 << 13 | 3);
	eq("and to a child", in_child(tells_own), 0);
	eq("ioprio_set of the idle class", sc(251, 1, 0, 3 << 13), 0);
	eq("of none", sc(251, 1, 0, 0), 0);
	eq("none with a level is EINVAL", sc(251, 1, 0, 3), -EINVAL);
	eq("a class that does not exist is EINVAL", sc(251, 1, 0, 5 << 13), -EINVAL);
	eq("asking about nothing is EINVAL", sc(252, 4, 0), -EINVAL);
	eq("a thread that does not exist is ESRCH", told_of(0x3ffffff0), -ESRCH);
	if (sc(SYS_getuid) == 0)
		eq("the real-time class takes a privilege", in_child(sets_real_time), 0);
	else
		skip("the real-time class takes a privilege", "not root");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	memory();
	sharing();
	advice();
	policies();
	io_priorities();
	return tap_done();
}
