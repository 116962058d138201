// SPDX-License-Identifier: BSD-2-Clause
//! Processes, threads, limits and the system they run on.

use linux_raw_sys::{general as linux, system};

use crate::c::l_timeval;
use crate::pod::{pod, same_layout};

pod! {
    /// `struct rusage` of getrusage(2).
    struct l_rusage {
        ru_utime: l_timeval,
        ru_stime: l_timeval,
        ru_maxrss: i64,
        ru_ixrss: i64,
        ru_idrss: i64,
        ru_isrss: i64,
        ru_minflt: i64,
        ru_majflt: i64,
        ru_nswap: i64,
        ru_inblock: i64,
        ru_oublock: i64,
        ru_msgsnd: i64,
        ru_msgrcv: i64,
        ru_nsignals: i64,
        ru_nvcsw: i64,
        ru_nivcsw: i64,
    }
    /// `struct rlimit` of getrlimit(2).
    struct l_rlimit {
        rlim_cur: u64,
        rlim_max: u64,
    }
    /// `struct sysinfo` of sysinfo(2).
    struct l_sysinfo {
        uptime: i64,
        loads: [u64; 3],
        totalram: u64,
        freeram: u64,
        sharedram: u64,
        bufferram: u64,
        totalswap: u64,
        freeswap: u64,
        procs: u16,
        pad: u16,
        __pad0: u32,
        totalhigh: u64,
        freehigh: u64,
        mem_unit: u32,
        __pad1: u32,
    }
    /// `struct new_utsname` of uname(2).
    struct l_new_utsname {
        sysname: [u8; 65],
        nodename: [u8; 65],
        release: [u8; 65],
        version: [u8; 65],
        machine: [u8; 65],
        domainname: [u8; 65],
    }
    /// `struct clone_args` of clone3(2), in its longest form.
    struct l_clone_args {
        flags: u64,
        pidfd: u64,
        child_tid: u64,
        parent_tid: u64,
        exit_signal: u64,
        stack: u64,
        stack_size: u64,
        tls: u64,
        set_tid: u64,
        set_tid_size: u64,
        cgroup: u64,
    }
    /// `struct robust_list` of set_robust_list(2): the address of the next one.
    struct l_robust_list {
        next: u64,
    }
    /// `struct futex_waitv` of futex_waitv(2) and futex_requeue.
    struct l_futex_waitv {
        val: u64,
        uaddr: u64,
        flags: u32,
        __reserved: u32,
    }
    /// `struct robust_list_head` of set_robust_list(2).
    struct l_robust_list_head {
        list: l_robust_list,
        futex_offset: i64,
        list_op_pending: u64,
    }
    /// `struct rseq` of rseq(2), in its 32-byte form.
    [align(32)] struct l_rseq {
        cpu_id_start: u32,
        cpu_id: u32,
        rseq_cs: u64,
        flags: u32,
        node_id: u32,
        mm_cid: u32,
        __pad0: u32,
    }
    /// `struct rseq_cs` of rseq(2): one critical section.
    [align(32)] struct l_rseq_cs {
        version: u32,
        flags: u32,
        start_ip: u64,
        post_commit_offset: u64,
        abort_ip: u64,
    }
    /// `struct sched_param` of sched_setparam(2).
    struct l_sched_param {
        sched_priority: i32,
    }
    /// `struct sched_attr` of sched_setattr(2), in its 56-byte form.
    struct l_sched_attr {
        size: u32,
        sched_policy: u32,
        sched_flags: u64,
        sched_nice: i32,
        sched_priority: u32,
        sched_runtime: u64,
        sched_deadline: u64,
        sched_period: u64,
        sched_util_min: u32,
        sched_util_max: u32,
    }
    /// `struct __user_cap_header_struct` of capget(2).
    struct l_user_cap_header {
        version: u32,
        pid: i32,
    }
    /// `struct __user_cap_data_struct` of capget(2); version 3 uses two of them.
    struct l_user_cap_data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
}

/// `struct rlimit64` of prlimit64(2), the same as [`l_rlimit`] on x86-64.
pub type l_rlimit64 = l_rlimit;
/// The name linux64's master file gives to [`l_clone_args`].
pub type l_user_clone_args = l_clone_args;
/// The name linux64's master file gives to [`l_tms`](crate::c::l_tms).
pub type l_times_argv = crate::c::l_tms;

same_layout!(
    l_rusage,
    linux::rusage {
        ru_utime,
        ru_stime,
        ru_maxrss,
        ru_ixrss,
        ru_idrss,
        ru_isrss,
        ru_minflt,
        ru_majflt,
        ru_nswap,
        ru_inblock,
        ru_oublock,
        ru_msgsnd,
        ru_msgrcv,
        ru_nsignals,
        ru_nvcsw,
        ru_nivcsw,
    }
);
same_layout!(l_rlimit, linux::rlimit64 { rlim_cur, rlim_max });
same_layout!(
    l_sysinfo,
    system::sysinfo {
        uptime,
        loads,
        totalram,
        freeram,
        sharedram,
        bufferram,
        totalswap,
        freeswap,
        procs,
        pad,
        totalhigh,
        freehigh,
        mem_unit,
    }
);
same_layout!(
    l_new_utsname,
    system::new_utsname {
        sysname,
        nodename,
        release,
        version,
        machine,
        domainname,
    }
);
same_layout!(
    l_clone_args,
    linux::clone_args {
        flags,
        pidfd,
        child_tid,
        parent_tid,
        exit_signal,
        stack,
        stack_size,
        tls,
        set_tid,
        set_tid_size,
        cgroup,
    }
);
same_layout!(
    l_futex_waitv,
    linux::futex_waitv {
        val,
        uaddr,
        flags,
        __reserved
    }
);
same_layout!(
    l_robust_list_head,
    linux::robust_list_head {
        list,
        futex_offset,
        list_op_pending,
    }
);
same_layout!(
    l_user_cap_header,
    linux::__user_cap_header_struct { version, pid }
);
same_layout!(
    l_user_cap_data,
    linux::__user_cap_data_struct {
        effective,
        permitted,
        inheritable,
    }
);
