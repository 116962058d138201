// SPDX-License-Identifier: BSD-2-Clause
//! What clone(2) and clone3(2) make.

use bitflags::bitflags;
use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_clone_args;
use crate::errno::Errno;
use crate::signal::LinuxSignal;

/// `CSIGNAL`: the signal's part of clone(2)'s flags.
pub const CSIGNAL: u64 = 0xff;

bitflags! {
    /// The flags of clone(2) and clone3(2).
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct CloneFlags: u64 {
        /// Map to RFMEM.
        const CLONE_VM = linux::CLONE_VM as u64;
        /// Told in the plan: share the working folder, root and umask.
        const CLONE_FS = linux::CLONE_FS as u64;
        /// Map: without it, RFFDG.
        const CLONE_FILES = linux::CLONE_FILES as u64;
        /// Map to RFSIGSHARE.
        const CLONE_SIGHAND = linux::CLONE_SIGHAND as u64;
        /// Told in the plan.
        const CLONE_PIDFD = linux::CLONE_PIDFD as u64;
        /// Told in the plan: the tracer traces the child too.
        const CLONE_PTRACE = linux::CLONE_PTRACE as u64;
        /// Map to RFPPWAIT.
        const CLONE_VFORK = linux::CLONE_VFORK as u64;
        /// Told in the plan: a sibling, not a child.
        const CLONE_PARENT = linux::CLONE_PARENT as u64;
        /// Told in the plan: a thread, not a process.
        const CLONE_THREAD = linux::CLONE_THREAD as u64;
        /// Ignore: threads share System V semaphore adjustments, processes do not.
        const CLONE_SYSVSEM = linux::CLONE_SYSVSEM as u64;
        /// Told in the plan.
        const CLONE_SETTLS = linux::CLONE_SETTLS as u64;
        /// Told in the plan.
        const CLONE_PARENT_SETTID = linux::CLONE_PARENT_SETTID as u64;
        /// Told in the plan.
        const CLONE_CHILD_CLEARTID = linux::CLONE_CHILD_CLEARTID as u64;
        /// Ignore: "usually ignored" (clone(2)); EINVAL with CLONE_PIDFD and clone3.
        const CLONE_DETACHED = linux::CLONE_DETACHED as u64;
        /// Ignore: only keeps a tracer from forcing CLONE_PTRACE.
        const CLONE_UNTRACED = linux::CLONE_UNTRACED as u64;
        /// Told in the plan.
        const CLONE_CHILD_SETTID = linux::CLONE_CHILD_SETTID as u64;
        /// Ignore: there is no I/O scheduler context to share.
        const CLONE_IO = linux::CLONE_IO as u64;
        /// Told in the plan; clone3 only.
        const CLONE_CLEAR_SIGHAND = linux::CLONE_CLEAR_SIGHAND;
        /// Reject: there are no control groups; clone3 only.
        const CLONE_INTO_CGROUP = linux::CLONE_INTO_CGROUP;
        /// Reject, as the seven below: a Linux without namespaces says EINVAL.
        const CLONE_NEWNS = linux::CLONE_NEWNS as u64;
        /// Reject.
        const CLONE_NEWCGROUP = linux::CLONE_NEWCGROUP as u64;
        /// Reject.
        const CLONE_NEWUTS = linux::CLONE_NEWUTS as u64;
        /// Reject.
        const CLONE_NEWIPC = linux::CLONE_NEWIPC as u64;
        /// Reject.
        const CLONE_NEWUSER = linux::CLONE_NEWUSER as u64;
        /// Reject.
        const CLONE_NEWPID = linux::CLONE_NEWPID as u64;
        /// Reject.
        const CLONE_NEWNET = linux::CLONE_NEWNET as u64;
        /// Reject; clone3 only, the bit is part of clone(2)'s signal.
        const CLONE_NEWTIME = linux::CLONE_NEWTIME as u64;
    }
}

/// What a kernel without namespaces and control groups refuses.
pub const REJECTED: CloneFlags = CloneFlags::CLONE_NEWNS
    .union(CloneFlags::CLONE_NEWCGROUP)
    .union(CloneFlags::CLONE_NEWUTS)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUSER)
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWTIME)
    .union(CloneFlags::CLONE_INTO_CGROUP);

/// What clone(2) is to make.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ClonePlan {
    /// All flags, for those that say where to store or what to set.
    pub flags: CloneFlags,
    /// A thread of the caller's process, or a process.
    pub is_thread: bool,
    /// FreeBSD's rfork(2) flags for a process, without RFSTOPPED; 0 for a thread.
    pub rf_flags: i32,
    /// The signal the parent gets when the child ends; `None` for a thread, and for a
    /// process that ends silently.
    pub exit_signal: Option<LinuxSignal>,
}

/// The bytes of [`l_clone_args`].
pub const CLONE_ARGS_BYTES: usize = size_of::<l_clone_args>();
/// The shortest form of it (`CLONE_ARGS_SIZE_VER0`).
const SHORTEST: usize = 64;
/// Longer than any form may become (a page).
const LONGEST: usize = 4096;

/// How many bytes of a `struct clone_args` of this size are known; what follows must be
/// zero. EINVAL, E2BIG.
pub const fn clone_args_known(size: usize) -> Result<usize, Errno> {
    match size {
        0..SHORTEST => Err(Errno::EINVAL),
        SHORTEST..CLONE_ARGS_BYTES => Ok(size),
        CLONE_ARGS_BYTES..=LONGEST => Ok(CLONE_ARGS_BYTES),
        _ => Err(Errno::E2BIG),
    }
}

/// The structure in these bytes.
pub fn clone_args_from_bytes(bytes: &[u8; CLONE_ARGS_BYTES]) -> l_clone_args {
    let mut words = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word));
    let mut next = || words.next().unwrap_or(0);
    l_clone_args {
        flags: next(),
        pidfd: next(),
        child_tid: next(),
        parent_tid: next(),
        exit_signal: next(),
        stack: next(),
        stack_size: next(),
        tls: next(),
        set_tid: next(),
        set_tid_size: next(),
        cgroup: next(),
    }
}

/// Reads the flags of clone(2): the signal is in the low byte.
///
/// Linux does not check that signal; one that does not exist is never sent.
pub fn plan_clone(flags: u64) -> Result<ClonePlan, Errno> {
    // The argument is 32 bits wide: clone3's flags cannot be given.
    let bits = CloneFlags::from_bits_truncate(flags & 0xffff_ffff & !CSIGNAL);
    let legacy_pidfd = CloneFlags::CLONE_PIDFD | CloneFlags::CLONE_PARENT_SETTID;
    if bits.contains(legacy_pidfd) {
        // Both would be stored at the same address.
        return Err(Errno::EINVAL);
    }
    let [signal, ..] = flags.to_le_bytes();
    plan(bits, LinuxSignal::new(i32::from(signal)))
}

/// Reads `struct clone_args`; it is stricter than clone(2).
pub fn plan_clone3(args: &l_clone_args) -> Result<ClonePlan, Errno> {
    let flags = CloneFlags::from_bits(args.flags).ok_or(Errno::EINVAL)?;
    let parentless = CloneFlags::CLONE_THREAD | CloneFlags::CLONE_PARENT;
    let signal = match i32::try_from(args.exit_signal) {
        Ok(0) => None,
        Ok(n) => Some(LinuxSignal::parse(n)?),
        Err(_) => return Err(Errno::EINVAL),
    };
    let conflicting = CloneFlags::CLONE_CLEAR_SIGHAND | CloneFlags::CLONE_SIGHAND;
    if flags.contains(CloneFlags::CLONE_DETACHED)
        || flags.contains(conflicting)
        || flags.intersects(parentless) && signal.is_some()
        || (args.stack == 0) != (args.stack_size == 0)
        || (args.set_tid == 0) != (args.set_tid_size == 0)
    {
        return Err(Errno::EINVAL);
    }
    // Choosing the child's pid takes a privilege nobody has here (clone3(2)).
    if args.set_tid != 0 {
        return Err(Errno::EPERM);
    }
    plan(flags, signal)
}

fn plan(flags: CloneFlags, signal: Option<LinuxSignal>) -> Result<ClonePlan, Errno> {
    let has = |flag| flags.contains(flag);
    let is_thread = has(CloneFlags::CLONE_THREAD);
    let bad = is_thread && !has(CloneFlags::CLONE_SIGHAND)
        || has(CloneFlags::CLONE_SIGHAND) && !has(CloneFlags::CLONE_VM)
        || has(CloneFlags::CLONE_PIDFD) && has(CloneFlags::CLONE_DETACHED)
        // As before Linux 6.9: pidfds are of processes.
        || is_thread && has(CloneFlags::CLONE_PIDFD)
        || flags.intersects(REJECTED);
    // FreeBSD's threads share descriptors and folders, also one that is made without
    // CLONE_FILES or CLONE_FS: programs that leave them out mostly do not care.
    if bad {
        return Err(Errno::EINVAL);
    }
    if is_thread {
        return Ok(ClonePlan {
            flags,
            is_thread,
            rf_flags: 0,
            exit_signal: None,
        });
    }
    let mut rf_flags = bsd::RFPROC;
    if !has(CloneFlags::CLONE_FILES) {
        rf_flags |= bsd::RFFDG;
    }
    for (flag, bit) in [
        (CloneFlags::CLONE_VM, bsd::RFMEM),
        (CloneFlags::CLONE_SIGHAND, bsd::RFSIGSHARE),
        (CloneFlags::CLONE_VFORK, bsd::RFPPWAIT),
    ] {
        if has(flag) {
            rf_flags |= bit;
        }
    }
    Ok(ClonePlan {
        flags,
        is_thread,
        rf_flags,
        exit_signal: signal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes between the first form and a page are read.
    #[test]
    fn clone_args() {
        assert_eq!(clone_args_known(63), Err(Errno::EINVAL));
        assert_eq!(clone_args_known(64), Ok(64));
        assert_eq!(clone_args_known(100), Ok(88));
        assert_eq!(clone_args_known(4097), Err(Errno::E2BIG));
        let mut bytes = [0; CLONE_ARGS_BYTES];
        bytes[0] = 7;
        bytes[80] = 9;
        let args = clone_args_from_bytes(&bytes);
        assert_eq!((args.flags, args.stack, args.cgroup), (7, 0, 9));
    }

    /// The flags of glibc's pthread_create(3).
    const PTHREAD: u64 = 0x003d_0f00;
    /// The flags of glibc's fork(3).
    const FORK: u64 = 0x0120_0011;

    /// A thread as glibc makes it.
    #[test]
    fn pthread() {
        let plan = plan_clone(PTHREAD).unwrap();
        assert!(plan.is_thread);
        assert_eq!(plan.exit_signal, None);
        assert!(
            plan.flags
                .contains(CloneFlags::CLONE_SETTLS | CloneFlags::CLONE_CHILD_CLEARTID)
        );
    }

    /// A process as glibc makes it.
    #[test]
    fn fork() {
        let plan = plan_clone(FORK).unwrap();
        assert!(!plan.is_thread);
        assert_eq!(plan.rf_flags, bsd::RFPROC | bsd::RFFDG);
        assert_eq!(plan.exit_signal, Some(LinuxSignal::SIGCHLD));
    }

    /// vfork(2) shares memory and waits.
    #[test]
    fn vfork() {
        let plan = plan_clone(0x4111).unwrap();
        let expected = bsd::RFPROC | bsd::RFFDG | bsd::RFMEM | bsd::RFPPWAIT;
        assert_eq!(plan.rf_flags, expected);
    }

    /// clone(2): a thread needs SIGHAND, SIGHAND needs VM.
    #[test]
    fn required_combinations() {
        let einval = Err(Errno::EINVAL);
        assert_eq!(
            plan_clone(PTHREAD & !u64::from(linux::CLONE_SIGHAND)),
            einval
        );
        assert_eq!(plan_clone(PTHREAD & !u64::from(linux::CLONE_VM)), einval);
        assert_eq!(plan_clone(u64::from(linux::CLONE_SIGHAND)), einval);
        assert!(plan_clone(u64::from(linux::CLONE_SIGHAND | linux::CLONE_VM)).is_ok());
    }

    /// No namespaces.
    #[test]
    fn namespaces_are_refused() {
        for flag in REJECTED.iter() {
            let args = l_clone_args {
                flags: flag.bits(),
                ..l_clone_args::default()
            };
            assert_eq!(plan_clone3(&args), Err(Errno::EINVAL), "{flag:?}");
        }
    }

    /// clone(2) cannot say both where the pidfd and where the tid goes.
    #[test]
    fn pidfd_conflicts() {
        let flags = u64::from(linux::CLONE_PIDFD | linux::CLONE_PARENT_SETTID);
        assert_eq!(plan_clone(flags), Err(Errno::EINVAL));
        let args = l_clone_args {
            flags,
            ..l_clone_args::default()
        };
        assert!(plan_clone3(&args).is_ok());
    }

    /// clone3(2): unknown flags, odd signals and half a stack are EINVAL.
    #[test]
    fn clone3_is_strict() {
        let ok = l_clone_args {
            exit_signal: 17,
            ..l_clone_args::default()
        };
        assert_eq!(
            plan_clone3(&ok).unwrap().exit_signal,
            Some(LinuxSignal::SIGCHLD)
        );
        for bad in [
            l_clone_args {
                flags: 1 << 40,
                ..ok
            },
            l_clone_args { flags: 17, ..ok },
            l_clone_args {
                exit_signal: 65,
                ..ok
            },
            l_clone_args {
                exit_signal: u64::MAX,
                ..ok
            },
            l_clone_args { stack: 1, ..ok },
            l_clone_args {
                stack_size: 1,
                ..ok
            },
            l_clone_args { set_tid: 1, ..ok },
            l_clone_args {
                flags: PTHREAD,
                ..ok
            },
        ] {
            assert_eq!(plan_clone3(&bad), Err(Errno::EINVAL), "{bad:?}");
        }
        let chosen = l_clone_args {
            set_tid: 1,
            set_tid_size: 1,
            ..ok
        };
        assert_eq!(plan_clone3(&chosen), Err(Errno::EPERM));
    }

    /// A signal that does not exist is never sent.
    #[test]
    fn odd_exit_signals_are_silent() {
        assert_eq!(plan_clone(0).unwrap().exit_signal, None);
        assert_eq!(plan_clone(0xff).unwrap().exit_signal, None);
        assert_eq!(
            plan_clone(64).unwrap().exit_signal.map(LinuxSignal::number),
            Some(64)
        );
    }
}
