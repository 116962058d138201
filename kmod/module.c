/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is C by nature: module metadata, the system vector's layout, the ELF
 * brands. No policy: every function named here is in Rust (kmod/kpi, kmod/src).
 */
#include "wrapper.h"
#include <sys/imgact_elf.h>

#define	LRS_STACK_TOP	(LRS_MAXUSER - 4 * PAGE_SIZE)	/* below shared page and vDSO */

/* Generated from syscalls.master (kmod/src/entry.rs). */
extern struct sysent	 linux_rs_sysent[];
extern const char	*linux_rs_syscallnames[];
extern const int	 linux_rs_sysent_size;

int	linux_rs_fetch_syscall_args(struct thread *);
int	linux_rs_fetch_confined(struct thread *);
void	linux_rs_set_syscall_retval(struct thread *, int);
void	linux_rs_set_fork_retval(struct thread *);
void	linux_rs_sendsig(sig_t, ksiginfo_t *, sigset_t *);
int	linux_rs_coredump(struct thread *, struct coredump_writer *, off_t, int);
int	linux_rs_copyout_strings(struct image_params *, uintptr_t *);
void	linux_rs_setregs(struct thread *, struct image_params *, uintptr_t);
void	linux_rs_schedtail(struct thread *);
void	linux_rs_thread_detach(struct thread *);
int	linux_rs_trap(struct thread *);
int	linux_rs_on_exec(struct proc *, struct image_params *);
void	linux_rs_on_exit(struct proc *);
void	linux_rs_on_thread_exit(struct thread *);
int	linux_rs_setid_allowed(struct thread *, struct image_params *);
int	linux_rs_modevent(module_t, int, void *);
bool	linux_rs_trans_osrel(const Elf_Note *, int32_t *);
bool	linux_rs_static_supported(const struct image_params *, const int32_t *,
	    const uint32_t *);

static char	linux_rs_no_sigcode[1];
static int	linux_rs_no_sigcode_size;

struct sysentvec linux_rs_sysvec = {
	.sv_table = linux_rs_sysent,
	.sv_fixup = elf64_freebsd_fixup,
	.sv_sendsig = linux_rs_sendsig,
	.sv_sigcode = linux_rs_no_sigcode,
	.sv_szsigcode = &linux_rs_no_sigcode_size,
	.sv_name = __DECONST(char *, "Linux ELF64"),
	.sv_coredump = linux_rs_coredump,
	.sv_minsigstksz = 2048,		/* Linux MINSIGSTKSZ */
	.sv_minuser = VM_MIN_ADDRESS,
	.sv_maxuser = LRS_MAXUSER - PAGE_SIZE,
	.sv_usrstack = LRS_STACK_TOP,
	.sv_psstrings = LRS_STACK_TOP - sizeof(struct ps_strings),
	.sv_psstringssz = sizeof(struct ps_strings),
	.sv_stackprot = VM_PROT_ALL,
	.sv_copyout_strings = linux_rs_copyout_strings,
	.sv_setregs = linux_rs_setregs,
	.sv_flags = SV_ABI_LINUX | SV_LP64 | SV_SHP | SV_SIG_DISCIGN |
	    SV_SIG_WAITNDQ | SV_TIMEKEEP,
	.sv_set_syscall_retval = linux_rs_set_syscall_retval,
	.sv_fetch_syscall_args = linux_rs_fetch_syscall_args,
	.sv_syscallnames = linux_rs_syscallnames,
	.sv_shared_page_base = LRS_MAXUSER - 2 * PAGE_SIZE,
	.sv_shared_page_len = PAGE_SIZE,
	.sv_schedtail = linux_rs_schedtail,
	.sv_thread_detach = linux_rs_thread_detach,
	.sv_trap = linux_rs_trap,
	.sv_onexec = linux_rs_on_exec,
	.sv_onexit = linux_rs_on_exit,
	.sv_ontdexit = linux_rs_on_thread_exit,
	.sv_setid_allowed = linux_rs_setid_allowed,
	.sv_set_fork_retval = linux_rs_set_fork_retval,
};

/* Of processes whose calls are looked at first (kpi/sysvec/confine.rs). */
struct sysentvec linux_rs_sysvec_confined;

/* The GNU ABI note: name "GNU", type 1, four words: OS (0 is Linux) and version. */
static Elf_Brandnote linux_rs_brandnote = {
	.hdr.n_namesz = sizeof("GNU"),
	.hdr.n_descsz = 16,
	.hdr.n_type = 1,
	.vendor = "GNU",
	.flags = BN_TRANSLATE_OSREL,
	.trans_osrel = linux_rs_trans_osrel,
};

#define	LINUX_BRAND(interp, ...) {					\
	.brand = ELFOSABI_LINUX,					\
	.machine = EM_X86_64,						\
	.compat_3_brand = "Linux",					\
	.interp_path = (interp),					\
	.sysvec = &linux_rs_sysvec,					\
	.brand_note = &linux_rs_brandnote,				\
	.flags = BI_CAN_EXEC_DYN | BI_BRAND_NOTE,			\
	__VA_ARGS__							\
}

/*
 * A file is Linux if its OSABI says so, if it has the GNU ABI note, if it asks
 * for one of these interpreters, or if it is static and says nothing at all, as
 * those of musl, Go and Rust do (FreeBSD's own are always marked).
 */
const char linux_rs_interpreter[] = "/lib64/ld-linux-x86-64.so.2";
/*
 * Debian has an absolute link there, which would lead out of the emulation root,
 * to this. The kernel tries it first.
 */
const char linux_rs_interpreter_debian[] =
    "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";

static Elf64_Brandinfo linux_rs_brands[] = {
	LINUX_BRAND(linux_rs_interpreter,
	    .interp_newpath = linux_rs_interpreter_debian),
	LINUX_BRAND("/lib64/ld-linux.so.2"),
	LINUX_BRAND("/lib/ld-musl-x86_64.so.1"),
	LINUX_BRAND(NULL, .header_supported = linux_rs_static_supported),
};

int
lrs_brands_insert(void)
{
	for (size_t i = 0; i < nitems(linux_rs_brands); i++) {
		if (elf64_insert_brand_entry(&linux_rs_brands[i]) < 0) {
			while (i-- > 0)
				elf64_remove_brand_entry(&linux_rs_brands[i]);
			return (ENOSPC);
		}
	}
	return (0);
}

int
lrs_brands_remove(void)
{
	Elf64_Brandinfo confined = { .sysvec = &linux_rs_sysvec_confined };

	for (size_t i = 0; i < nitems(linux_rs_brands); i++)
		if (elf64_brand_inuse(&linux_rs_brands[i]))
			return (EBUSY);
	if (elf64_brand_inuse(&confined))
		return (EBUSY);
	for (size_t i = 0; i < nitems(linux_rs_brands); i++)
		elf64_remove_brand_entry(&linux_rs_brands[i]);
	return (0);
}

/*
 * The offsets the 15.0 kernel itself asserts (kern_thread.c): headers that
 * disagree are another kernel's, or have options that change the layout.
 */
_Static_assert(__FreeBSD_version >= 1500000 && __FreeBSD_version < 1600000,
    "these are not FreeBSD 15 headers");
_Static_assert(offsetof(struct thread, td_flags) == 0x108 &&
    offsetof(struct thread, td_pflags) == 0x114 &&
    offsetof(struct thread, td_frame) == 0x4e8 &&
    offsetof(struct thread, td_emuldata) == 0x6f0, "struct thread KBI");
_Static_assert(offsetof(struct proc, p_flag) == 0xb8 &&
    offsetof(struct proc, p_pid) == 0xc4 &&
    offsetof(struct proc, p_comm) == 0x3e0 &&
    offsetof(struct proc, p_emuldata) == 0x4d0, "struct proc KBI");

/*
 * The running kernel's idea of the same structures. The scheduler exports
 * their sizes; its own part behind struct thread is small.
 */
bool
lrs_kbi_matches(void)
{
	int proc_size = sched_sizeof_proc();
	int thread_size = sched_sizeof_thread();

	return (osreldate / 100000 == __FreeBSD_version / 100000 &&
	    proc_size == (int)sizeof(struct proc) &&
	    thread_size >= (int)sizeof(struct thread) &&
	    thread_size <= (int)sizeof(struct thread) + 256 &&
	    curthread->td_proc->p_sysent != NULL &&
	    strcmp(proc0.p_comm, "kernel") == 0);
}

int
lrs_built_for(void)
{
	return (__FreeBSD_version);
}

int
lrs_kernel_version(void)
{
	return (osreldate);
}

void
lrs_sysvec_init(void)
{
	linux_rs_sysvec.sv_size = linux_rs_sysent_size;
	exec_sysvec_init(&linux_rs_sysvec);
	linux_rs_sysvec_confined = linux_rs_sysvec;
	linux_rs_sysvec_confined.sv_fetch_syscall_args =
	    linux_rs_fetch_confined;
}

FEATURE(linux64, "Linux 64bit support");

static moduledata_t linux_rs_mod = {
	"linux_rs",
	linux_rs_modevent,
	NULL
};

DECLARE_MODULE_TIED(linux_rs, linux_rs_mod, SI_SUB_EXEC, SI_ORDER_ANY);
MODULE_VERSION(linux_rs, 1);
/*
 * What the C modules provide. Claiming the same interfaces makes the kernel
 * linker refuse a second provider with EEXIST and a line that names the first.
 */
MODULE_VERSION(linux_common, 1);
MODULE_VERSION(linux64, 1);
MODULE_VERSION(linux, 1);	/* what most drivers with Linux's ioctls name */
MODULE_DEPEND(linux_rs, netlink, 1, 1, 1);
