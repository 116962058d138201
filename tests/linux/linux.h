// SPDX-License-Identifier: BSD-2-Clause
// The part of the Linux x86-64 user ABI that the tests use: numbers, errnos,
// constants and structures, from the man pages and the System V ABI.
#ifndef TEST_LINUX_H
#define TEST_LINUX_H
#include "nolibc.h"

enum {
	SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_stat = 4, SYS_fstat = 5,
	SYS_lstat = 6, SYS_poll = 7, SYS_lseek = 8, SYS_mmap = 9, SYS_mprotect = 10,
	SYS_munmap = 11, SYS_brk = 12, SYS_rt_sigaction = 13, SYS_rt_sigprocmask = 14,
	SYS_rt_sigreturn = 15, SYS_ioctl = 16, SYS_pread64 = 17, SYS_pwrite64 = 18, SYS_readv = 19,
	SYS_writev = 20, SYS_access = 21, SYS_pipe = 22, SYS_select = 23, SYS_sched_yield = 24,
	SYS_mremap = 25, SYS_msync = 26, SYS_mincore = 27, SYS_madvise = 28, SYS_dup = 32,
	SYS_dup2 = 33, SYS_pause = 34, SYS_nanosleep = 35, SYS_alarm = 37, SYS_setitimer = 38,
	SYS_getpid = 39, SYS_socket = 41, SYS_sendto = 44, SYS_recvfrom = 45, SYS_shutdown = 48,
	SYS_bind = 49, SYS_getsockname = 51, SYS_socketpair = 53, SYS_getsockopt = 55,
	SYS_clone = 56, SYS_fork = 57, SYS_vfork = 58, SYS_execve = 59, SYS_exit = 60,
	SYS_wait4 = 61, SYS_kill = 62, SYS_uname = 63, SYS_fcntl = 72, SYS_flock = 73,
	SYS_fsync = 74, SYS_truncate = 76, SYS_ftruncate = 77, SYS_getcwd = 79, SYS_chdir = 80,
	SYS_rename = 82, SYS_mkdir = 83, SYS_rmdir = 84, SYS_creat = 85, SYS_link = 86,
	SYS_unlink = 87, SYS_symlink = 88, SYS_readlink = 89, SYS_chmod = 90, SYS_chown = 92,
	SYS_umask = 95, SYS_gettimeofday = 96, SYS_getrlimit = 97, SYS_getuid = 102,
	SYS_getgid = 104, SYS_geteuid = 107, SYS_getegid = 108, SYS_setpgid = 109,
	SYS_getppid = 110, SYS_setsid = 112, SYS_setgroups = 116, SYS_setresuid = 117,
	SYS_setresgid = 119, SYS_rt_sigpending = 127, SYS_rt_sigtimedwait = 128,
	SYS_rt_sigqueueinfo = 129, SYS_rt_sigsuspend = 130, SYS_sigaltstack = 131,
	SYS_statfs = 137, SYS_prctl = 157, SYS_arch_prctl = 158, SYS_setrlimit = 160,
	SYS_gettid = 186, SYS_time = 201, SYS_futex = 202, SYS_getdents64 = 217,
	SYS_set_tid_address = 218, SYS_clock_gettime = 228, SYS_clock_getres = 229,
	SYS_clock_nanosleep = 230, SYS_exit_group = 231, SYS_tgkill = 234, SYS_waitid = 247,
	SYS_openat = 257, SYS_mkdirat = 258, SYS_newfstatat = 262, SYS_unlinkat = 263,
	SYS_ppoll = 271, SYS_accept4 = 288, SYS_dup3 = 292, SYS_pipe2 = 293, SYS_getcpu = 309,
	SYS_renameat2 = 316, SYS_getrandom = 318,
};

enum {
	EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, E2BIG = 7, ENOEXEC = 8, EBADF = 9,
	ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EEXIST = 17, EXDEV = 18,
	ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26,
	ENOSPC = 28, ESPIPE = 29, EROFS = 30, EPIPE = 32, ERANGE = 34, ENAMETOOLONG = 36,
	ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, EOVERFLOW = 75, ELIBBAD = 80, EOPNOTSUPP = 95,
	EAFNOSUPPORT = 97, EADDRINUSE = 98, ENOTCONN = 107, ETIMEDOUT = 110,
};

enum {
	AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EMPTY_PATH = 0x1000,
	O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_TRUNC = 01000,
	O_APPEND = 02000, O_NONBLOCK = 04000, O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000,
	O_CLOEXEC = 02000000, O_PATH = 010000000,
	F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030,
	FD_CLOEXEC = 1,
	S_IFMT = 0170000, S_IFREG = 0100000, S_IFDIR = 0040000, S_IFCHR = 0020000,
	S_IFIFO = 0010000, S_IFLNK = 0120000,
	PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4,
	MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20,
	MAP_FIXED_NOREPLACE = 0x100000, MREMAP_MAYMOVE = 1,
	CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000, CLONE_CHILD_SETTID = 0x1000000,
	WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8,
	POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20,
};

enum {
	AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7,
	AT_FLAGS = 8, AT_ENTRY = 9, AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14,
	AT_PLATFORM = 15, AT_HWCAP = 16, AT_CLKTCK = 17, AT_SECURE = 23, AT_RANDOM = 25,
	AT_HWCAP2 = 26, AT_RSEQ_FEATURE_SIZE = 27, AT_RSEQ_ALIGN = 28, AT_EXECFN = 31,
	AT_SYSINFO_EHDR = 33, AT_MINSIGSTKSZ = 51,
};

struct timespec {
	i64 sec, nsec;
};

struct timeval {
	i64 sec, usec;
};

struct stat {
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad;
	u64 rdev;
	i64 size, blksize, blocks;
	struct timespec atime, mtime, ctime;
	i64 unused[3];
};
_Static_assert(sizeof(struct stat) == 144, "struct stat of x86-64");

struct iovec {
	void *base;
	u64 len;
};

struct pollfd {
	i32 fd;
	i16 events, revents;
};

struct utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

enum {
	PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4,
	PT_GNU_EH_FRAME = 0x6474e550, PT_GNU_STACK = 0x6474e551,
};

static inline long now_ns(int clock)
{
	struct timespec t = {0, 0};
	sc(SYS_clock_gettime, clock, &t);
	return t.sec * 1000000000L + t.nsec;
}

static inline void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	while (sc(SYS_nanosleep, &t, &t) == -EINTR)
		;
}

// ---- child processes -------------------------------------------------------

static inline int exited(int status)
{
	return (status & 0x7f) == 0;
}

static inline int exit_code(int status)
{
	return status >> 8 & 0xff;
}

// The signal a child died of, 0 if it exited.
static inline int death(int status)
{
	return status & 0x7f;
}

static inline int reap(long pid)
{
	int status = -1;
	while (sc(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	return status;
}

// Runs `body` in a child and returns its wait status.
static inline int in_child(int (*body)(void))
{
	long pid = sc(SYS_fork);
	if (pid == 0)
		sc(SYS_exit_group, body());
	return pid < 0 ? -1 : reap(pid);
}

static inline void *map_shared(u64 len)
{
	return (void *)sc(SYS_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

#endif
