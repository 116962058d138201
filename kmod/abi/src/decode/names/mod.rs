// SPDX-License-Identifier: BSD-2-Clause
//! Linux's names of flags, commands and options. What becomes of each is not said here: the
//! functions that the system calls use say it (see [`super::subject`]).

mod socket;

use linux_raw_sys::{general, prctl, ptrace};

pub use socket::*;

/// Values and their names; of flags, those of several bits come first.
pub type Names = &'static [(u64, &'static str)];

/// The constants of one module of `linux-raw-sys` under their own names.
macro_rules! names {
    ($from:ident: $($name:ident)*) => { &[$(($from::$name as u64, stringify!($name))),*] };
}
use names;

/// Flags, and a part of the same word that is a number.
pub struct Flags {
    /// The bits of the number.
    pub mask: u64,
    /// The numbers.
    pub numbers: Names,
    /// The flags.
    pub bits: Names,
}

/// The bits of open(2).
pub const OPEN_BITS: Names = names!(general:
    O_SYNC O_TMPFILE O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DSYNC FASYNC
    O_DIRECT O_LARGEFILE O_DIRECTORY O_NOFOLLOW O_NOATIME O_CLOEXEC O_PATH
);

/// open(2), openat(2).
pub const OPEN: Flags = Flags {
    mask: general::O_ACCMODE as u64,
    numbers: names!(general: O_RDONLY O_WRONLY O_RDWR),
    bits: OPEN_BITS,
};

/// `resolve` of openat2(2).
pub const RESOLVE: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: RESOLVE_NO_XDEV RESOLVE_NO_MAGICLINKS RESOLVE_NO_SYMLINKS RESOLVE_BENEATH RESOLVE_IN_ROOT RESOLVE_CACHED),
};

/// What pipe2(2), eventfd2(2) and their like take.
pub const DESCRIPTOR: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: O_CLOEXEC O_NONBLOCK),
};

/// eventfd2(2).
pub const EVENTFD: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: EFD_SEMAPHORE O_CLOEXEC O_NONBLOCK),
};

/// timerfd_settime(2).
pub const TIMERFD: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: TFD_TIMER_ABSTIME TFD_TIMER_CANCEL_ON_SET),
};

/// The bits of mmap(2).
pub const MAP_BITS: Names = names!(general:
    MAP_FIXED MAP_ANONYMOUS MAP_32BIT MAP_ABOVE4G MAP_GROWSDOWN MAP_DENYWRITE MAP_EXECUTABLE
    MAP_LOCKED MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_STACK MAP_HUGETLB MAP_SYNC
    MAP_FIXED_NOREPLACE MAP_UNINITIALIZED
);

/// `flags` of mmap(2).
pub const MAP: Flags = Flags {
    mask: general::MAP_TYPE as u64,
    numbers: names!(general: MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE),
    bits: MAP_BITS,
};

/// `prot` of mmap(2) and mprotect(2).
pub const PROT: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: PROT_READ PROT_WRITE PROT_EXEC PROT_SEM PROT_GROWSDOWN PROT_GROWSUP),
};

/// mremap(2).
pub const MREMAP: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP),
};

/// msync(2).
pub const MSYNC: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: MS_ASYNC MS_INVALIDATE MS_SYNC),
};

/// mlockall(2).
pub const MLOCKALL: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: MCL_CURRENT MCL_FUTURE MCL_ONFAULT),
};

/// mlock2(2).
pub const MLOCK2: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: MLOCK_ONFAULT),
};

/// memfd_create(2).
pub const MEMFD: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: MFD_CLOEXEC MFD_ALLOW_SEALING MFD_HUGETLB MFD_NOEXEC_SEAL MFD_EXEC),
};

/// The AT_* flags of most calls.
pub const AT: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: AT_SYMLINK_NOFOLLOW AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_STATX_FORCE_SYNC AT_STATX_DONT_SYNC),
};

/// faccessat2(2), where a bit has another name.
pub const AT_ACCESS: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: AT_EACCESS AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH),
};

/// unlinkat(2).
pub const AT_UNLINK: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: AT_REMOVEDIR),
};

/// renameat2(2).
pub const RENAME: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: RENAME_NOREPLACE RENAME_EXCHANGE RENAME_WHITEOUT),
};

/// fallocate(2).
pub const FALLOCATE: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: FALLOC_FL_KEEP_SIZE FALLOC_FL_PUNCH_HOLE FALLOC_FL_COLLAPSE_RANGE FALLOC_FL_ZERO_RANGE FALLOC_FL_INSERT_RANGE FALLOC_FL_UNSHARE_RANGE),
};

/// sync_file_range(2).
pub const SYNC_RANGE: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: SYNC_FILE_RANGE_WAIT_BEFORE SYNC_FILE_RANGE_WRITE SYNC_FILE_RANGE_WAIT_AFTER),
};

/// preadv2(2), pwritev2(2).
pub const RWF: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: &[
        (general::RWF_HIPRI as u64, "RWF_HIPRI"),
        (general::RWF_DSYNC as u64, "RWF_DSYNC"),
        (general::RWF_SYNC as u64, "RWF_SYNC"),
        (general::RWF_NOWAIT as u64, "RWF_NOWAIT"),
        (general::RWF_APPEND as u64, "RWF_APPEND"),
        (0x20, "RWF_NOAPPEND"),
        (0x40, "RWF_ATOMIC"),
        (0x80, "RWF_DONTCACHE"),
    ],
};

/// inotify_add_watch(2).
pub const INOTIFY: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: IN_ACCESS IN_MODIFY IN_ATTRIB IN_CLOSE_WRITE IN_CLOSE_NOWRITE IN_OPEN IN_MOVED_FROM IN_MOVED_TO IN_CREATE IN_DELETE IN_DELETE_SELF IN_MOVE_SELF IN_ONLYDIR IN_DONT_FOLLOW IN_EXCL_UNLINK IN_MASK_CREATE IN_MASK_ADD IN_ISDIR IN_ONESHOT),
};

/// wait4(2), waitid(2).
pub const WAIT: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: WNOHANG WUNTRACED WEXITED WCONTINUED WNOWAIT __WNOTHREAD __WALL __WCLONE),
};

/// umount2(2), whose flags linux-raw-sys lacks.
pub const UMOUNT: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: &[
        (1, "MNT_FORCE"),
        (2, "MNT_DETACH"),
        (4, "MNT_EXPIRE"),
        (8, "UMOUNT_NOFOLLOW"),
    ],
};

/// flock(2).
pub const FLOCK: Flags = Flags {
    mask: 0xf & !(general::LOCK_NB as u64),
    numbers: names!(general: LOCK_SH LOCK_EX LOCK_UN),
    bits: &[(general::LOCK_NB as u64, "LOCK_NB")],
};

/// `ss_flags` of sigaltstack(2).
pub const ALTSTACK: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: SS_AUTODISARM SS_ONSTACK SS_DISABLE),
};

/// The bits of clone(2), beside the signal.
pub const CLONE_BITS: Names = &[
    (general::CLONE_CLEAR_SIGHAND, "CLONE_CLEAR_SIGHAND"),
    (general::CLONE_INTO_CGROUP, "CLONE_INTO_CGROUP"),
    (general::CLONE_VM as u64, "CLONE_VM"),
    (general::CLONE_FS as u64, "CLONE_FS"),
    (general::CLONE_FILES as u64, "CLONE_FILES"),
    (general::CLONE_SIGHAND as u64, "CLONE_SIGHAND"),
    (general::CLONE_PIDFD as u64, "CLONE_PIDFD"),
    (general::CLONE_PTRACE as u64, "CLONE_PTRACE"),
    (general::CLONE_VFORK as u64, "CLONE_VFORK"),
    (general::CLONE_PARENT as u64, "CLONE_PARENT"),
    (general::CLONE_THREAD as u64, "CLONE_THREAD"),
    (general::CLONE_NEWNS as u64, "CLONE_NEWNS"),
    (general::CLONE_SYSVSEM as u64, "CLONE_SYSVSEM"),
    (general::CLONE_SETTLS as u64, "CLONE_SETTLS"),
    (general::CLONE_PARENT_SETTID as u64, "CLONE_PARENT_SETTID"),
    (general::CLONE_CHILD_CLEARTID as u64, "CLONE_CHILD_CLEARTID"),
    (general::CLONE_DETACHED as u64, "CLONE_DETACHED"),
    (general::CLONE_UNTRACED as u64, "CLONE_UNTRACED"),
    (general::CLONE_CHILD_SETTID as u64, "CLONE_CHILD_SETTID"),
    (general::CLONE_NEWCGROUP as u64, "CLONE_NEWCGROUP"),
    (general::CLONE_NEWUTS as u64, "CLONE_NEWUTS"),
    (general::CLONE_NEWIPC as u64, "CLONE_NEWIPC"),
    (general::CLONE_NEWUSER as u64, "CLONE_NEWUSER"),
    (general::CLONE_NEWPID as u64, "CLONE_NEWPID"),
    (general::CLONE_NEWNET as u64, "CLONE_NEWNET"),
    (general::CLONE_IO as u64, "CLONE_IO"),
];

/// clone(2): the signal is the number.
pub const CLONE: Flags = Flags {
    mask: 0xff,
    numbers: &[(17, "SIGCHLD"), (0, "")],
    bits: CLONE_BITS,
};

/// clone3(2).
pub const CLONE3: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: CLONE_BITS,
};

/// madvise(2).
pub const ADVICE: Names = names!(general:
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE
    MADV_REMOVE MADV_DONTFORK MADV_DOFORK MADV_HWPOISON MADV_SOFT_OFFLINE MADV_MERGEABLE
    MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP MADV_WIPEONFORK
    MADV_KEEPONFORK MADV_COLD MADV_PAGEOUT MADV_POPULATE_READ MADV_POPULATE_WRITE
    MADV_DONTNEED_LOCKED MADV_COLLAPSE MADV_GUARD_INSTALL MADV_GUARD_REMOVE
);

/// posix_fadvise(2).
pub const FADVISE: Names = names!(general:
    POSIX_FADV_NORMAL POSIX_FADV_RANDOM POSIX_FADV_SEQUENTIAL POSIX_FADV_WILLNEED
    POSIX_FADV_DONTNEED POSIX_FADV_NOREUSE
);

/// fcntl(2).
pub const FCNTL: Names = names!(general:
    F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN
    F_SETSIG F_GETSIG F_SETOWN_EX F_GETOWN_EX F_GETOWNER_UIDS F_OFD_GETLK F_OFD_SETLK
    F_OFD_SETLKW F_SETLEASE F_GETLEASE F_NOTIFY F_DUPFD_QUERY F_CREATED_QUERY
    F_DUPFD_CLOEXEC F_CANCELLK F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS
    F_GET_RW_HINT F_SET_RW_HINT F_GET_FILE_RW_HINT F_SET_FILE_RW_HINT
);

/// F_ADD_SEALS.
pub const SEALS: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general: F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_GROW F_SEAL_WRITE F_SEAL_FUTURE_WRITE F_SEAL_EXEC),
};

/// futex(2): the command is the number.
pub const FUTEX: Flags = Flags {
    mask: 0x7f,
    numbers: names!(general:
        FUTEX_WAIT FUTEX_WAKE FUTEX_FD FUTEX_REQUEUE FUTEX_CMP_REQUEUE FUTEX_WAKE_OP FUTEX_LOCK_PI
        FUTEX_UNLOCK_PI FUTEX_TRYLOCK_PI FUTEX_WAIT_BITSET FUTEX_WAKE_BITSET FUTEX_WAIT_REQUEUE_PI
        FUTEX_CMP_REQUEUE_PI FUTEX_LOCK_PI2
    ),
    bits: names!(general: FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME),
};

/// Clocks.
pub const CLOCK: Names = names!(general:
    CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID CLOCK_THREAD_CPUTIME_ID
    CLOCK_MONOTONIC_RAW CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE CLOCK_BOOTTIME
    CLOCK_REALTIME_ALARM CLOCK_BOOTTIME_ALARM CLOCK_TAI
);

/// Scheduling policies.
pub const POLICY: Names = names!(general:
    SCHED_NORMAL SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_IDLE
    SCHED_DEADLINE SCHED_EXT
);

/// Resource limits.
pub const RLIMIT: Names = names!(general:
    RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_RSS RLIMIT_NPROC
    RLIMIT_NOFILE RLIMIT_MEMLOCK RLIMIT_AS RLIMIT_LOCKS RLIMIT_SIGPENDING RLIMIT_MSGQUEUE
    RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME
);

/// arch_prctl(2), whose codes linux-raw-sys mostly lacks.
pub const ARCH: Names = &[
    (0x1001, "ARCH_SET_GS"),
    (0x1002, "ARCH_SET_FS"),
    (0x1003, "ARCH_GET_FS"),
    (0x1004, "ARCH_GET_GS"),
    (0x1011, "ARCH_GET_CPUID"),
    (0x1012, "ARCH_SET_CPUID"),
    (0x1021, "ARCH_GET_XCOMP_SUPP"),
    (0x1022, "ARCH_GET_XCOMP_PERM"),
    (0x1023, "ARCH_REQ_XCOMP_PERM"),
    (0x3001, "ARCH_CET_STATUS"),
    (0x5001, "ARCH_SHSTK_ENABLE"),
    (0x5002, "ARCH_SHSTK_DISABLE"),
    (0x5005, "ARCH_SHSTK_STATUS"),
];

/// prctl(2).
pub const PRCTL: Names = names!(prctl:
    PR_SET_PDEATHSIG PR_GET_PDEATHSIG PR_GET_DUMPABLE PR_SET_DUMPABLE PR_GET_KEEPCAPS
    PR_SET_KEEPCAPS PR_GET_TIMING PR_SET_TIMING PR_SET_NAME PR_GET_NAME PR_GET_SECCOMP
    PR_SET_SECCOMP PR_CAPBSET_READ PR_CAPBSET_DROP PR_GET_TSC PR_SET_TSC PR_GET_SECUREBITS
    PR_SET_SECUREBITS PR_SET_TIMERSLACK PR_GET_TIMERSLACK PR_TASK_PERF_EVENTS_DISABLE
    PR_TASK_PERF_EVENTS_ENABLE PR_MCE_KILL PR_MCE_KILL_GET PR_SET_MM PR_SET_PTRACER
    PR_SET_CHILD_SUBREAPER PR_GET_CHILD_SUBREAPER PR_SET_NO_NEW_PRIVS PR_GET_NO_NEW_PRIVS
    PR_GET_TID_ADDRESS PR_SET_THP_DISABLE PR_GET_THP_DISABLE PR_CAP_AMBIENT
    PR_GET_SPECULATION_CTRL PR_SET_SPECULATION_CTRL PR_SET_TAGGED_ADDR_CTRL
    PR_GET_TAGGED_ADDR_CTRL PR_SET_IO_FLUSHER PR_GET_IO_FLUSHER PR_SET_SYSCALL_USER_DISPATCH
    PR_SCHED_CORE PR_SET_MDWE PR_GET_MDWE PR_SET_VMA PR_GET_AUXV PR_SET_MEMORY_MERGE
    PR_GET_MEMORY_MERGE
);

/// epoll_ctl(2).
pub const EPOLL_CTL: Names = names!(general: EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD);

/// sigprocmask(2).
pub const SIG_HOW: Names = names!(general: SIG_BLOCK SIG_UNBLOCK SIG_SETMASK);

/// `idtype` of waitid(2).
pub const WAIT_ID: Names = names!(general: P_ALL P_PID P_PGID P_PIDFD);

/// splice(2), tee(2), vmsplice(2).
pub const SPLICE: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: &[
        (1, "SPLICE_F_MOVE"),
        (2, "SPLICE_F_NONBLOCK"),
        (4, "SPLICE_F_MORE"),
        (8, "SPLICE_F_GIFT"),
    ],
};

/// close_range(2).
pub const CLOSE_RANGE: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: &[(2, "CLOSE_RANGE_UNSHARE"), (4, "CLOSE_RANGE_CLOEXEC")],
};

/// `sched_flags` of sched_setattr(2).
pub const SCHED: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(general:
        SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN SCHED_FLAG_KEEP_POLICY
        SCHED_FLAG_KEEP_PARAMS SCHED_FLAG_UTIL_CLAMP_MIN SCHED_FLAG_UTIL_CLAMP_MAX
    ),
};

/// kcmp(2).
pub const KCMP: Names = &[
    (0, "KCMP_FILE"),
    (1, "KCMP_VM"),
    (2, "KCMP_FILES"),
    (3, "KCMP_FS"),
    (4, "KCMP_SIGHAND"),
    (5, "KCMP_IO"),
    (6, "KCMP_SYSVSEM"),
    (7, "KCMP_EPOLL_TFD"),
];

/// ptrace(2).
pub const PTRACE: Names = names!(ptrace:
    PTRACE_TRACEME PTRACE_PEEKTEXT PTRACE_PEEKDATA PTRACE_PEEKUSR PTRACE_POKETEXT PTRACE_POKEDATA
    PTRACE_POKEUSR PTRACE_CONT PTRACE_KILL PTRACE_SINGLESTEP PTRACE_GETREGS PTRACE_SETREGS
    PTRACE_GETFPREGS PTRACE_SETFPREGS PTRACE_ATTACH PTRACE_DETACH PTRACE_SYSCALL PTRACE_ARCH_PRCTL
    PTRACE_SYSEMU PTRACE_SYSEMU_SINGLESTEP PTRACE_SINGLEBLOCK PTRACE_SETOPTIONS PTRACE_GETEVENTMSG
    PTRACE_GETSIGINFO PTRACE_SETSIGINFO PTRACE_GETREGSET PTRACE_SETREGSET PTRACE_SEIZE
    PTRACE_INTERRUPT PTRACE_LISTEN PTRACE_PEEKSIGINFO PTRACE_GETSIGMASK PTRACE_SETSIGMASK
    PTRACE_SECCOMP_GET_FILTER PTRACE_SECCOMP_GET_METADATA PTRACE_GET_SYSCALL_INFO
);

/// PTRACE_SETOPTIONS.
pub const PTRACE_OPTIONS: Flags = Flags {
    mask: 0,
    numbers: &[],
    bits: names!(ptrace:
        PTRACE_O_TRACESYSGOOD PTRACE_O_TRACEFORK PTRACE_O_TRACEVFORK PTRACE_O_TRACECLONE
        PTRACE_O_TRACEEXEC PTRACE_O_TRACEVFORKDONE PTRACE_O_TRACEEXIT PTRACE_O_TRACESECCOMP
        PTRACE_O_EXITKILL PTRACE_O_SUSPEND_SECCOMP
    ),
};
