// SPDX-License-Identifier: BSD-2-Clause
//
// The functions of the Linux vDSO (man vdso(7)), over FreeBSD's shared page.
//
// The clock is what the kernel publishes for its own libc: struct vdso_timekeep
// of <sys/vdso.h>, a ring of timehands. A reader takes the current one, reads
// it, and starts over if its generation moved. Where that page cannot answer
// (timecounter not readable from user space, clock not kept there), the real
// system call does; it is always right, only slower.
//
// Results are bit for bit those of the kernel's own bintime arithmetic, so a
// program mixing vDSO and system call never sees time step back.

#define _STANDALONE		// <sys/time.h>: types only, no libc headers
#include <sys/types.h>
#include <sys/_null.h>
#include <sys/time.h>
#include <sys/vdso.h>

#define LINUX_SYS_gettimeofday	96
#define LINUX_SYS_time		201
#define LINUX_SYS_clock_gettime	228
#define LINUX_SYS_clock_getres	229
#define LINUX_SYS_getcpu	309

// Linux clock ids, <linux/time.h>; each is also a bit in the sets below.
#define LINUX_CLOCK_REALTIME		0
#define LINUX_CLOCK_MONOTONIC		1
#define LINUX_CLOCK_MONOTONIC_RAW	4
#define LINUX_CLOCK_REALTIME_COARSE	5
#define LINUX_CLOCK_MONOTONIC_COARSE	6
#define LINUX_CLOCK_BOOTTIME		7

#define BIT(id)		(1u << (id))

// Clocks that read the counter. FreeBSD keeps one uptime: it is MONOTONIC and
// BOOTTIME alike (kern_clock_gettime() answers the same for CLOCK_UPTIME and
// CLOCK_MONOTONIC), and the nearest thing it has to MONOTONIC_RAW.
#define PRECISE_CLOCKS	(BIT(LINUX_CLOCK_REALTIME) |		\
			 BIT(LINUX_CLOCK_MONOTONIC) |		\
			 BIT(LINUX_CLOCK_MONOTONIC_RAW) |	\
			 BIT(LINUX_CLOCK_BOOTTIME))
// Clocks that take the time of the last tick.
#define COARSE_CLOCKS	(BIT(LINUX_CLOCK_REALTIME_COARSE) |	\
			 BIT(LINUX_CLOCK_MONOTONIC_COARSE))
// Clocks that count from 1970 and not from boot.
#define WALL_CLOCKS	(BIT(LINUX_CLOCK_REALTIME) |		\
			 BIT(LINUX_CLOCK_REALTIME_COARSE))

// How to read the counter in order with the loads around it, and the number
// of this CPU. Keep in step with the constants in build/vdso.rs.
enum tsc_mode { TSC_LFENCE = 0, TSC_MFENCE = 1, TSC_RDTSCP = 2 };
enum cpu_mode { CPU_SYSCALL = 0, CPU_RDPID = 1, CPU_RDTSCP = 2 };

// What the image cannot know when it is built. The kernel writes it into its
// copy of the image before the first process maps it; here it says "use the
// system calls". Volatile: what is in the file is not what will be read.
struct linux_vdso_data {
	uint64_t	timekeep_base;	// user address of struct vdso_timekeep
	uint32_t	tsc_mode;
	uint32_t	cpu_mode;
};
_Static_assert(sizeof(struct linux_vdso_data) == 16, "build/vdso.rs knows this");

__attribute__((section(".vdso_data"), visibility("hidden"), used, aligned(16)))
const volatile struct linux_vdso_data linux_vdso_data = { 0, TSC_LFENCE, CPU_SYSCALL };

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

// Prototypes of what <sys/vdso.h> does not declare.
int	__vdso_clock_getres(clockid_t, struct timespec *);
int	__vdso_getcpu(unsigned *, unsigned *, void *);
time_t	__vdso_time(time_t *);

static inline long
syscall3(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
	    : "=a" (ret)
	    : "0" (number), "D" (a), "S" (b), "d" (c)
	    : "rcx", "r11", "memory");
	return (ret);
}

static inline long
syscall2(long number, long a, long b)
{
	long ret;

	__asm__ volatile("syscall"
	    : "=a" (ret)
	    : "0" (number), "D" (a), "S" (b)
	    : "rcx", "r11", "memory");
	return (ret);
}

static inline uint64_t
read_tsc(void)
{
	uint32_t lo, hi;
	uint32_t mode = linux_vdso_data.tsc_mode;

	if (likely(mode == TSC_RDTSCP)) {
		__asm__ volatile("rdtscp" : "=a" (lo), "=d" (hi) : : "rcx", "memory");
	} else {
		if (mode == TSC_MFENCE)
			__asm__ volatile("mfence" : : : "memory");
		else
			__asm__ volatile("lfence" : : : "memory");
		__asm__ volatile("rdtsc" : "=a" (lo), "=d" (hi) : : "memory");
	}
	return ((uint64_t)hi << 32 | lo);
}

// Seconds in the high half, 2^-64 seconds in the low half.
typedef unsigned __int128 fixed_t;

static inline fixed_t
to_fixed(const struct bintime *bt)
{
	return ((fixed_t)(uint64_t)bt->sec << 64 | bt->frac);
}

static inline int64_t
whole_seconds(fixed_t t)
{
	return ((int64_t)(t >> 64));
}

// The fraction in units of 1/`per_second`, rounded down: one multiplication.
static inline long
fraction(fixed_t t, uint32_t per_second)
{
	return ((long)((fixed_t)(uint64_t)t * per_second >> 64));
}

static inline const struct vdso_timekeep *
timekeep(void)
{
	return ((const struct vdso_timekeep *)linux_vdso_data.timekeep_base);
}

// Reads the time into *out. `precise` adds what the counter has run since the
// last tick, `wall` the time of boot. False: ask the kernel.
static inline __attribute__((always_inline)) bool
read_clock(bool precise, bool wall, fixed_t *out)
{
	const struct vdso_timekeep *tk = timekeep();
	const struct vdso_timehands *th;
	uint32_t current, gen, ticks;
	uint64_t sec, frac;
	fixed_t t;

	if (unlikely(tk == NULL || tk->tk_ver != VDSO_TK_VER_CURR))
		return (false);
	do {
		if (unlikely(!__atomic_load_n(&tk->tk_enabled, __ATOMIC_RELAXED)))
			return (false);
		current = __atomic_load_n(&tk->tk_current, __ATOMIC_ACQUIRE);
		th = &tk->tk_th[current];
		gen = __atomic_load_n(&th->th_gen, __ATOMIC_ACQUIRE);
		t = 0;
		if (precise) {
			if (unlikely(th->th_algo != VDSO_TH_ALGO_X86_TSC))
				return (false);
			ticks = (uint32_t)(read_tsc() >> (th->th_x86_shift & 63));
			ticks = (ticks - th->th_offset_count) & th->th_counter_mask;
			t = (fixed_t)th->th_scale * ticks;
		}
		t += to_fixed(&th->th_offset);
		if (wall)
			t += to_fixed(&th->th_boottime);
		// Have the sum in registers here: sinking it below the loop
		// would keep every field of the timehands live, and spill.
		sec = (uint64_t)(t >> 64);
		frac = (uint64_t)t;
		__asm__ volatile("" : "+r" (sec), "+r" (frac));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		// A generation of 0 is a timehands being written.
	} while (unlikely(gen == 0 ||
	    gen != __atomic_load_n(&th->th_gen, __ATOMIC_RELAXED) ||
	    current != __atomic_load_n(&tk->tk_current, __ATOMIC_RELAXED)));
	*out = (fixed_t)sec << 64 | frac;
	return (true);
}

int
__vdso_clock_gettime(clockid_t id, struct timespec *ts)
{
	uint32_t bit;
	fixed_t t;
	bool ok;

	if (unlikely((uint32_t)id > LINUX_CLOCK_BOOTTIME))
		goto ask_kernel;
	bit = BIT(id);
	if (likely(bit & PRECISE_CLOCKS))
		ok = read_clock(true, bit & WALL_CLOCKS, &t);
	else if (bit & COARSE_CLOCKS)
		ok = read_clock(false, bit & WALL_CLOCKS, &t);
	else
		goto ask_kernel;
	if (likely(ok)) {
		ts->tv_sec = whole_seconds(t);
		ts->tv_nsec = fraction(t, 1000000000);
		return (0);
	}
ask_kernel:
	return ((int)syscall2(LINUX_SYS_clock_gettime, id, (long)ts));
}

int
__vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	fixed_t t;

	// The time zone is the kernel's to know; nobody asks for it often.
	if (unlikely(tz != NULL || tv == NULL) || unlikely(!read_clock(true, true, &t)))
		return ((int)syscall2(LINUX_SYS_gettimeofday, (long)tv, (long)tz));
	tv->tv_sec = whole_seconds(t);
	tv->tv_usec = fraction(t, 1000000);
	return (0);
}

// Like Linux's, this is the second of the last tick: it may change up to a
// tick after clock_gettime(CLOCK_REALTIME) does.
time_t
__vdso_time(time_t *out)
{
	fixed_t t;

	if (unlikely(!read_clock(false, true, &t)))
		return (syscall2(LINUX_SYS_time, (long)out, 0));
	if (out != NULL)
		*out = whole_seconds(t);
	return (whole_seconds(t));
}

// The kernel's answer is the only one: resolution is that of its timecounter,
// which the shared page does not carry, and nobody asks in a loop.
int
__vdso_clock_getres(clockid_t id, struct timespec *res)
{
	return ((int)syscall2(LINUX_SYS_clock_getres, id, (long)res));
}

// FreeBSD keeps the plain CPU number in TSC_AUX (cpu_auxmsr() in
// sys/amd64/amd64/initcpu.c), without the NUMA node Linux packs above it: who
// wants the node asks the kernel. The third argument has no meaning since 2.6.24.
int
__vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	uint64_t aux;
	uint32_t mode = linux_vdso_data.cpu_mode;

	if (unlikely(node != NULL || mode == CPU_SYSCALL))
		return ((int)syscall3(LINUX_SYS_getcpu, (long)cpu, (long)node,
		    (long)unused));
	if (mode == CPU_RDPID)
		__asm__ volatile("rdpid %0" : "=r" (aux));
	else
		__asm__ volatile("rdtscp" : "=c" (aux) : : "rax", "rdx");
	if (cpu != NULL)
		*cpu = (unsigned)aux;
	return (0);
}

// The names a static program may have bound to before the prefixed ones existed.
int	clock_gettime(clockid_t, struct timespec *)
	    __attribute__((weak, alias("__vdso_clock_gettime")));
int	gettimeofday(struct timeval *, struct timezone *)
	    __attribute__((weak, alias("__vdso_gettimeofday")));
time_t	time(time_t *) __attribute__((weak, alias("__vdso_time")));
int	getcpu(unsigned *, unsigned *, void *)
	    __attribute__((weak, alias("__vdso_getcpu")));
