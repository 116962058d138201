// SPDX-License-Identifier: BSD-2-Clause
//! The structs Linux's headers package does not have, against the C library's.

use std::mem::{align_of, offset_of, size_of};

use linux_abi::{c, sigframe};

macro_rules! same {
    ($ours:ty, $libc:ty { $($field:ident $(= $theirs:ident)?),* $(,)? }) => {
        assert_eq!(size_of::<$ours>(), size_of::<$libc>(), "size of {}", stringify!($ours));
        assert_eq!(align_of::<$ours>(), align_of::<$libc>(), "alignment of {}", stringify!($ours));
        $( same!(@field $ours, $libc, $field $(, $theirs)?); )*
    };
    (@field $ours:ty, $libc:ty, $field:ident) => { same!(@field $ours, $libc, $field, $field) };
    (@field $ours:ty, $libc:ty, $field:ident, $theirs:ident) => {
        assert_eq!(
            offset_of!($ours, $field),
            offset_of!($libc, $theirs),
            "offset of {}.{}", stringify!($ours), stringify!($field)
        );
    };
}

/// adjtimex(2).
#[test]
fn timex() {
    same!(
        c::l_timex,
        libc::timex {
            modes,
            offset,
            freq,
            maxerror,
            esterror,
            status,
            constant,
            precision,
            tolerance,
            time,
            tick,
            ppsfreq,
            jitter,
            shift,
            stabil,
            jitcnt,
            calcnt,
            errcnt,
            stbcnt,
            tai,
        }
    );
}

/// times(2), utime(2).
#[test]
fn small_times() {
    same!(
        c::l_tms,
        libc::tms {
            tms_utime,
            tms_stime,
            tms_cutime,
            tms_cstime
        }
    );
    same!(c::l_utimbuf, libc::utimbuf { actime, modtime });
}

/// System V IPC.
#[test]
fn sysv_ipc() {
    same!(
        c::l_shmid_ds,
        libc::shmid_ds {
            shm_perm,
            shm_segsz,
            shm_atime,
            shm_dtime,
            shm_ctime,
            shm_cpid,
            shm_lpid,
            shm_nattch,
        }
    );
    same!(
        c::l_msqid_ds,
        libc::msqid_ds {
            msg_perm,
            msg_stime,
            msg_rtime,
            msg_ctime,
            msg_qnum,
            msg_qbytes,
            msg_lspid,
            msg_lrpid,
        }
    );
    same!(
        c::l_semid_ds,
        libc::semid_ds {
            sem_perm,
            sem_otime,
            sem_ctime,
            sem_nsems
        }
    );
    same!(
        c::l_sembuf,
        libc::sembuf {
            sem_num,
            sem_op,
            sem_flg
        }
    );
    same!(c::l_ipc_perm, libc::ipc_perm { key = __key, uid, gid, cuid, cgid, mode, seq = __seq });
}

/// POSIX message queues.
#[test]
fn message_queues() {
    same!(
        c::l_mq_attr,
        libc::mq_attr {
            mq_flags,
            mq_maxmsg,
            mq_msgsize,
            mq_curmsgs
        }
    );
}

/// Scheduling.
#[test]
fn scheduling() {
    same!(c::l_sched_param, libc::sched_param { sched_priority });
}

/// getdents64(2).
#[test]
fn dirent64() {
    assert_eq!(
        size_of::<c::l_dirent64>(),
        offset_of!(libc::dirent64, d_name)
    );
    assert_eq!(
        offset_of!(c::l_dirent64, d_reclen),
        offset_of!(libc::dirent64, d_reclen)
    );
    assert_eq!(
        offset_of!(c::l_dirent64, d_type),
        offset_of!(libc::dirent64, d_type)
    );
}

/// Sockets.
#[test]
fn sockets() {
    same!(c::l_sockaddr, libc::sockaddr { sa_family, sa_data });
    same!(c::l_ucred, libc::ucred { pid, uid, gid });
    same!(c::l_linger, libc::linger { l_onoff, l_linger });
}

/// The public part of a signal frame: glibc's ucontext begins with the kernel's.
#[test]
fn signal_frame() {
    assert_eq!(
        offset_of!(sigframe::l_ucontext, uc_mcontext),
        offset_of!(libc::ucontext_t, uc_mcontext)
    );
    assert_eq!(
        offset_of!(sigframe::l_ucontext, uc_sigmask),
        offset_of!(libc::ucontext_t, uc_sigmask)
    );
    assert_eq!(
        size_of::<sigframe::l_sigcontext>(),
        size_of::<libc::mcontext_t>()
    );
    // glibc numbers the registers in the order of the struct.
    let order = [
        (libc::REG_R8, offset_of!(sigframe::l_sigcontext, r8)),
        (libc::REG_R15, offset_of!(sigframe::l_sigcontext, r15)),
        (libc::REG_RDI, offset_of!(sigframe::l_sigcontext, rdi)),
        (libc::REG_RSI, offset_of!(sigframe::l_sigcontext, rsi)),
        (libc::REG_RBP, offset_of!(sigframe::l_sigcontext, rbp)),
        (libc::REG_RBX, offset_of!(sigframe::l_sigcontext, rbx)),
        (libc::REG_RDX, offset_of!(sigframe::l_sigcontext, rdx)),
        (libc::REG_RAX, offset_of!(sigframe::l_sigcontext, rax)),
        (libc::REG_RCX, offset_of!(sigframe::l_sigcontext, rcx)),
        (libc::REG_RSP, offset_of!(sigframe::l_sigcontext, rsp)),
        (libc::REG_RIP, offset_of!(sigframe::l_sigcontext, rip)),
        (libc::REG_EFL, offset_of!(sigframe::l_sigcontext, eflags)),
        (libc::REG_CSGSFS, offset_of!(sigframe::l_sigcontext, cs)),
        (libc::REG_ERR, offset_of!(sigframe::l_sigcontext, err)),
        (libc::REG_TRAPNO, offset_of!(sigframe::l_sigcontext, trapno)),
        (
            libc::REG_OLDMASK,
            offset_of!(sigframe::l_sigcontext, oldmask),
        ),
        (libc::REG_CR2, offset_of!(sigframe::l_sigcontext, cr2)),
    ];
    for (number, offset) in order {
        assert_eq!(offset, number as usize * 8);
    }
}

/// The members of siginfo are where glibc reads them.
#[test]
fn siginfo() {
    same!(
        c::l_siginfo_t,
        libc::siginfo_t {
            si_signo,
            si_errno,
            si_code
        }
    );
}
