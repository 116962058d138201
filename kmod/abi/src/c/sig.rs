// SPDX-License-Identifier: BSD-2-Clause
//! Signals. What a signal frame holds is in [`crate::sigframe`].

use linux_raw_sys::general as linux;

use crate::pod::{pod, same_layout};

pod! {
    /// `sigset_t` of the kernel: bit `n - 1` is signal `n`.
    struct l_sigset_t {
        sig: u64,
    }
    /// `struct sigaction` of rt_sigaction(2).
    struct l_sigaction {
        sa_handler: u64,
        sa_flags: u64,
        sa_restorer: u64,
        sa_mask: l_sigset_t,
    }
    /// `stack_t` of sigaltstack(2).
    struct l_stack_t {
        ss_sp: u64,
        ss_flags: i32,
        __pad0: u32,
        ss_size: u64,
    }
    /// `siginfo_t`. The union is kept as words; [`crate::siginfo`] names them.
    struct l_siginfo_t {
        si_signo: i32,
        si_errno: i32,
        si_code: i32,
        __pad0: i32,
        _sifields: [u64; 14],
    }
    /// `struct sigevent` of timer_create(2); the union holds nothing the kernel
    /// reads but the thread id.
    struct l_sigevent {
        sigev_value: u64,
        sigev_signo: i32,
        sigev_notify: i32,
        sigev_notify_thread_id: i32,
        __pad0: [i32; 11],
    }
    /// `struct signalfd_siginfo` of signalfd(2).
    struct l_signalfd_siginfo {
        ssi_signo: u32,
        ssi_errno: i32,
        ssi_code: i32,
        ssi_pid: u32,
        ssi_uid: u32,
        ssi_fd: i32,
        ssi_tid: u32,
        ssi_band: u32,
        ssi_overrun: u32,
        ssi_trapno: u32,
        ssi_status: i32,
        ssi_int: i32,
        ssi_ptr: u64,
        ssi_utime: u64,
        ssi_stime: u64,
        ssi_addr: u64,
        ssi_addr_lsb: u16,
        __pad2: u16,
        ssi_syscall: i32,
        ssi_call_addr: u64,
        ssi_arch: u32,
        __pad: [u8; 28],
    }
}

/// The name linux64's master file gives to [`l_sigaction`].
pub type l_sigaction_t = l_sigaction;

same_layout!(
    l_sigaction,
    linux::sigaction {
        sa_handler,
        sa_flags,
        sa_restorer,
        sa_mask
    }
);
same_layout!(
    l_stack_t,
    linux::sigaltstack {
        ss_sp,
        ss_flags,
        ss_size
    }
);
static_assertions::const_assert_eq!(size_of::<l_siginfo_t>(), size_of::<linux::siginfo_t>());
static_assertions::const_assert_eq!(align_of::<l_siginfo_t>(), align_of::<linux::siginfo_t>());
static_assertions::const_assert_eq!(
    core::mem::offset_of!(l_siginfo_t, _sifields),
    core::mem::offset_of!(linux::siginfo__bindgen_ty_1__bindgen_ty_1, _sifields)
);
same_layout!(
    l_sigevent,
    linux::sigevent {
        sigev_value,
        sigev_signo,
        sigev_notify
    }
);
static_assertions::const_assert_eq!(
    core::mem::offset_of!(l_sigevent, sigev_notify_thread_id),
    core::mem::offset_of!(linux::sigevent, _sigev_un)
);
