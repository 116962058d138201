// SPDX-License-Identifier: BSD-2-Clause
// Processor faults as signals: number, si_code, si_addr (sigaction(2)) and the
// trap number, error code and cr2 in the context, as Linux on x86-64 gives them.
#include "signals.h"

static struct siginfo seen;
static struct ucontext seen_uc;
static int count;
static u64 resume; // where the handler goes on

static void watch(int sig UNUSED, struct siginfo *info, struct ucontext *uc)
{
	seen = *info;
	seen_uc = *uc;
	count++;
	uc->eflags &= ~0x100UL; // no more single steps
	if (resume)
		uc->rip = resume;
}

// Runs `code` so that the handler can skip it: the label after it is `resume`.
#define FAULT(code, ...)                                                                           \
	do {                                                                                       \
		count = 0;                                                                         \
		memset(&seen, 0xee, sizeof(seen));                                                 \
		__asm__ volatile("leaq 1f(%%rip), %%rax\n"                                         \
				 "movq %%rax, %0\n" code "\n"                                      \
				 "1:\n"                                                            \
				 : "=m"(resume)                                                    \
				 : __VA_ARGS__                                                     \
				 : "rax", "rcx", "rdx", "memory", "cc");                           \
	} while (0)

static void memory(void)
{
	u8 *page = (u8 *)sc(SYS_mmap, 0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	catch (SIGSEGV, watch);
	FAULT("movb (%1), %%al", "r"(16L));
	ok(count == 1 && seen.signo == SIGSEGV && seen.code == SEGV_MAPERR && seen.addr == 16,
	   "read of nothing: SIGSEGV, SEGV_MAPERR, the address");
	eq("trapno is 14, page fault", (long)seen_uc.trapno, 14);
	eq("err of a user read of nothing", (long)seen_uc.err, 4);
	eq("cr2 is the address", (long)seen_uc.cr2, 16);
	FAULT("movb $1, (%1)", "r"(17L));
	eq("err of a user write of nothing", (long)seen_uc.err, 6);
	FAULT("movb $1, (%1)", "r"(page + 5));
	ok(count == 1 && seen.code == SEGV_ACCERR && seen.addr == (u64)page + 5,
	   "write to a read-only page: SEGV_ACCERR, the address");
	FAULT("movb (%1), %%al\n movb $1, (%1)", "r"(page));
	eq("err of a write to a present page", (long)seen_uc.err, 7);
	sc(SYS_mprotect, page, 4096, PROT_NONE);
	FAULT("movb (%1), %%al", "r"(page + 9));
	ok(count == 1 && seen.code == SEGV_ACCERR, "read of a PROT_NONE page: SEGV_ACCERR");
	FAULT("movb (%1), %%al", "r"(0xffffffff80000000UL));
	ok(count == 1 && seen.signo == SIGSEGV && seen.addr == 0xffffffff80000000UL,
	   "read of a kernel address: SIGSEGV with the address");
	FAULT("movb (%1), %%al", "r"(0x8000000000000000UL));
	ok(count == 1 && seen.signo == SIGSEGV && seen.code == SI_KERNEL && seen.addr == 0 && seen_uc.trapno == 13,
	   "read of a non-canonical address: SIGSEGV, SI_KERNEL, trap 13");
	FAULT("hlt");
	ok(count == 1 && seen.signo == SIGSEGV && seen.code == SI_KERNEL && seen_uc.trapno == 13,
	   "a privileged instruction: SIGSEGV, SI_KERNEL, trap 13");
	sc(SYS_mprotect, page + 4096, 4096, PROT_READ | PROT_WRITE);
	page[4096] = 0xc3;
	FAULT("jmp *%1", "r"(page + 4096));
	ok(count == 1 && seen.signo == SIGSEGV && seen.code == SEGV_ACCERR && seen.addr == (u64)page + 4096,
	   "execution of a data page: SEGV_ACCERR, the address");
	// Bit 4 of err, instruction fetch, and bit 0, present.
	eq("err of a forbidden fetch", (long)seen_uc.err, 0x15);

	long fd = sc(SYS_open, "fault.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	u8 *file = (u8 *)sc(SYS_mmap, 0, 8192, PROT_READ, MAP_SHARED, fd, 0);
	sc(SYS_unlink, "fault.tmp");
	catch (SIGBUS, watch);
	FAULT("movb (%1), %%al", "r"(file + 4096));
	ok(count == 1 && seen.signo == SIGBUS && seen.code == BUS_ADRERR && seen.addr == (u64)file + 4096,
	   "a page past the end of a file: SIGBUS, BUS_ADRERR, the address");
}

// Whether the processor is QEMU's emulation, by its hypervisor leaf.
static int emulated(void)
{
	u32 eax = 0x40000000, ebx, ecx = 0, edx;
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ebx == 0x54474354 && ecx == 0x43544743 && edx == 0x47435447; // TCGTCGTCGTCG
}

static void instructions(void)
{
	catch (SIGILL, watch);
	FAULT("2: ud2");
	ok(count == 1 && seen.signo == SIGILL && seen.code == ILL_ILLOPN, "ud2: SIGILL, ILL_ILLOPN");
	eq("si_addr is the instruction", (long)seen.addr, (long)(resume - 2));
	eq("trapno of ud2 is 6", (long)seen_uc.trapno, 6);
	eq("err of ud2 is 0", (long)seen_uc.err, 0);
	catch (SIGFPE, watch);
	FAULT("xorl %%edx, %%edx\n movl $1, %%eax\n xorl %%ecx, %%ecx\n divl %%ecx");
	ok(count == 1 && seen.signo == SIGFPE && seen.code == FPE_INTDIV, "division by zero: SIGFPE, FPE_INTDIV");
	eq("si_addr is the division", (long)seen.addr, (long)(resume - 2));
	eq("trapno of a division is 0", (long)seen_uc.trapno, 0);
	u32 unmasked = 0x1f80 & ~(1u << 9), usual = 0x1f80;
	FAULT("ldmxcsr %1\n movl $1, %%eax\n cvtsi2sd %%eax, %%xmm0\n xorpd %%xmm1, %%xmm1\n divsd %%xmm1, %%xmm0",
	      "m"(unmasked));
	__asm__ volatile("ldmxcsr %0" : : "m"(usual));
	if (emulated()) {
		skip("SSE division by zero: SIGFPE, FPE_FLTDIV", "QEMU's emulation raises no SSE exceptions");
		skip("trapno of SSE is 19", "QEMU's emulation raises no SSE exceptions");
	} else {
		ok(count == 1 && seen.signo == SIGFPE && seen.code == FPE_FLTDIV,
		   "SSE division by zero: SIGFPE, FPE_FLTDIV");
		eq("trapno of SSE is 19", (long)seen_uc.trapno, 19);
	}
	catch (SIGTRAP, watch);
	FAULT("int3");
	ok(count == 1 && seen.signo == SIGTRAP && seen.code == SI_KERNEL, "int3: SIGTRAP, SI_KERNEL");
	eq("trapno of int3 is 3", (long)seen_uc.trapno, 3);
	eq("rip is after int3", (long)seen_uc.rip, (long)resume);
	// The trap comes after the instruction that follows popf.
	FAULT("pushfq\n orq $0x100, (%%rsp)\n popfq\n nop");
	ok(count == 1 && seen.signo == SIGTRAP && seen.code == TRAP_TRACE, "single step: SIGTRAP, TRAP_TRACE");
	eq("trapno of a single step is 1", (long)seen_uc.trapno, 1);
	FAULT("int $0x81");
	ok(count == 1 && seen.signo == SIGSEGV && seen_uc.trapno == 13, "a forbidden interrupt: SIGSEGV");
	if (emulated())
		skip("err names the gate", "QEMU's emulation takes a gate for 16 bytes");
	else
		eq("err names the gate", (long)seen_uc.err, 0x81 * 8 + 2);
}

static int ignored_fault(void)
{
	on(SIGSEGV, SIG_IGN, 0, 0);
	return *(volatile u8 *)16;
}

static int blocked_fault(void)
{
	catch (SIGSEGV, watch);
	set_mask(bit(SIGSEGV));
	return *(volatile u8 *)16;
}

static int default_fault(void)
{
	on(SIGFPE, SIG_DFL, 0, 0);
	__asm__ volatile("xorl %%ecx, %%ecx\n divl %%ecx" : : : "eax", "ecx", "edx", "cc");
	return 0;
}

static int bad_handler(void)
{
	on(SIGSEGV, (void *)0xffffffff80000000UL, SA_SIGINFO, 0);
	return *(volatile u8 *)16;
}

static int no_restorer(void)
{
	struct sigaction sa = {(void *)watch, SA_SIGINFO, 0, 0};
	sc(SYS_rt_sigaction, SIGUSR1, &sa, 0, 8);
	raise(SIGUSR1);
	return 0;
}

// time(2) by the page at a fixed address, vsyscall(7) of old programs.
static int vsyscall(void)
{
	long (*by_page)(long *) = (void *)0xffffffffff600400UL;
	long before = sc(SYS_time, 0), stored = 0, now = by_page(&stored);
	return now >= before && now == stored ? 0 : 1;
}

// An address in the page that is no entry.
static int vsyscall_inside(void)
{
	((void (*)(void))0xffffffffff600404UL)();
	return 0;
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	set_mask(0);
	memory();
	instructions();
	// The children below must not come back by the handler above.
	on(SIGSEGV, SIG_DFL, 0, 0);
	eq("a fault cannot be ignored", death(in_child(ignored_fault)), SIGSEGV);
	eq("a fault cannot be blocked", death(in_child(blocked_fault)), SIGSEGV);
	eq("a fault without handler kills by its signal", death(in_child(default_fault)), SIGFPE);
	eq("a handler in the kernel's half kills by SIGSEGV", death(in_child(bad_handler)), SIGSEGV);
	eq("a handler without SA_RESTORER kills by SIGSEGV", death(in_child(no_restorer)), SIGSEGV);
	int status = in_child(vsyscall);
	if (death(status) == SIGSEGV && !emulated()) {
		skip("the vsyscall page", "this kernel has none (vsyscall=none)");
	} else {
		eq("the vsyscall page", status, 0);
	}
	eq("an address inside it kills by SIGSEGV", death(in_child(vsyscall_inside)), SIGSEGV);
	return tap_done();
}
