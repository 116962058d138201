// SPDX-License-Identifier: BSD-2-Clause
//! What this crate accepts and rejects, against what the Linux of this host does.
//!
//! Each test asks the kernel, bit by bit, with arguments that fail later or change
//! nothing, so that only the checks of the arguments are seen.
#![cfg(target_os = "linux")]

use linux_abi::{
    Errno, at, clone, fcntl, futex, madvise, mman, open, rlimit, sigaction, socket, time, wait,
};

/// The errno of a failed call, 0 for one that succeeded.
fn errno_of(result: i64) -> i32 {
    match result {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
        _ => 0,
    }
}

macro_rules! syscall {
    ($number:ident $(, $arg:expr)* $(,)?) => {{
        // SAFETY: the arguments point to nothing the kernel writes, or to memory that
        // lives until the call is over.
        errno_of(unsafe { libc::syscall(libc::$number $(, $arg)*) })
    }};
}

/// Whether this crate says EINVAL.
fn rejects<T>(result: Result<T, Errno>) -> bool {
    matches!(result, Err(Errno::EINVAL))
}

/// Each single bit of an int, and none.
fn bits() -> impl Iterator<Item = i32> {
    (0..32).map(|n| 1_i32 << n).chain([0])
}

/// waitid(2) and wait4(2): EINVAL for the same bits. No child is there: ECHILD else.
#[test]
fn wait_options() {
    for bit in bits() {
        let options = bit | libc::WEXITED;
        let host = syscall!(SYS_waitid, libc::P_PID, i32::MAX, 0, options, 0);
        assert_eq!(
            host == libc::EINVAL,
            rejects(wait::waitid_options(options)),
            "{bit:#x}"
        );
        let host = syscall!(SYS_wait4, i32::MAX, 0, bit, 0);
        assert_eq!(
            host == libc::EINVAL,
            rejects(wait::wait4_options(bit)),
            "{bit:#x}"
        );
    }
    assert_eq!(
        syscall!(SYS_waitid, libc::P_ALL, 0, 0, libc::WNOHANG, 0),
        libc::EINVAL
    );
}

/// waitid(2): the same kinds of id.
#[test]
fn wait_targets() {
    for (idtype, id) in [
        (0, -1),
        (1, 0),
        (1, -1),
        (1, 5),
        (2, -1),
        (3, -1),
        (4, 1),
        (-1, 1),
    ] {
        let host = syscall!(SYS_waitid, idtype, id, 0, libc::WEXITED | libc::WNOHANG, 0);
        let ours = wait::waitid_target(idtype, id);
        assert_eq!(
            host == libc::EINVAL,
            rejects(ours),
            "{idtype} {id}: host says {host}"
        );
    }
}

/// fcntl(2): the same commands exist. The descriptor is O_PATH-free and read-only.
#[test]
fn fcntl_commands() {
    let file = std::fs::File::open("/").expect("the root folder opens");
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    // Commands that would change the host's state or need a pointer are left to EFAULT.
    for cmd in (0..64).chain(1020..1050) {
        let known = fcntl::FcntlCommand::parse(cmd);
        let skipped = matches!(
            known,
            Ok(fcntl::FcntlCommand::DupFd
                | fcntl::FcntlCommand::DupFdCloexec
                | fcntl::FcntlCommand::SetOwn
                | fcntl::FcntlCommand::Notify
                | fcntl::FcntlCommand::SetLease)
        );
        if skipped {
            continue;
        }
        let host = syscall!(SYS_fcntl, fd, cmd, -1_i64);
        if rejects(known) {
            assert_eq!(host, libc::EINVAL, "command {cmd}");
        }
    }
}

/// clock_getres(2): the same clocks exist.
#[test]
fn clocks() {
    for id in -1..40 {
        // Alarm clocks need a clock chip, auxiliary ones a build option of the host.
        if matches!(id, 8 | 9 | 16..24) {
            continue;
        }
        let mut ts = [0_i64; 2];
        let host = syscall!(SYS_clock_getres, id, ts.as_mut_ptr());
        assert_eq!(
            host == libc::EINVAL,
            rejects(time::clock(id)),
            "clock {id}: {host}"
        );
    }
}

/// mmap(2): every flag beside each type, on memory and on a file.
#[test]
fn mmap_flags() {
    let file = std::fs::File::open("/proc/self/exe").expect("this test can be read");
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let bad = [libc::MAP_FIXED, libc::MAP_HUGETLB, libc::MAP_ANONYMOUS];
    for kind in 0..4 {
        for anonymous in [0, libc::MAP_ANONYMOUS] {
            for bit in bits() {
                if (1..16).contains(&bit) || bad.contains(&bit) || bit == libc::MAP_GROWSDOWN {
                    continue;
                }
                if bit == libc::MAP_SYNC && kind != libc::MAP_SHARED_VALIDATE {
                    // Ignored (mmap(2)), but some file systems refuse it all the same.
                    continue;
                }
                let flags = kind | anonymous | bit;
                let addr = 0x7000_0000_0000_i64;
                // SAFETY: without MAP_FIXED nothing is replaced; the page is unmapped below.
                let at = unsafe { libc::syscall(libc::SYS_mmap, addr, 4096, 1, flags, fd, 0_i64) };
                let host = errno_of(at);
                if host == 0 {
                    syscall!(SYS_munmap, at, 4096);
                }
                let ours = mman::plan_mmap(addr.cast_unsigned(), 4096, 1, flags, 0);
                let ours = ours.map_or_else(|e| e.to_linux().raw(), |_| 0);
                assert_eq!(host, ours, "flags {flags:#x}");
            }
        }
    }
}

/// mprotect(2): the same bits are EINVAL; nothing is mapped at the address.
#[test]
fn mprotect_bits() {
    // PROT_GROWSUP is EINVAL where something is mapped.
    for bit in bits().filter(|bit| *bit != libc::PROT_GROWSUP) {
        let bit = i64::from(bit);
        let host = syscall!(SYS_mprotect, 4096_i64, 4096_i64, bit);
        let ours = mman::plan_mprotect(4096, 4096, bit.cast_unsigned());
        assert_eq!(host == libc::EINVAL, rejects(ours), "prot {bit:#x}: {host}");
    }
}

/// msync(2) and mlockall(2).
#[test]
fn msync_flags() {
    for flags in 0..16 {
        let host = syscall!(SYS_msync, 4096_i64, 4096_i64, flags);
        assert_eq!(
            host == libc::EINVAL,
            rejects(madvise::msync_to_bsd(flags)),
            "{flags:#x}"
        );
    }
}

/// statx(2), faccessat2(2), linkat(2), unlinkat(2), fchownat(2): each flag. The path does
/// not exist: ENOENT else.
#[test]
fn at_flags() {
    let none = c"/nonexistent/file".as_ptr();
    let cwd = libc::AT_FDCWD;
    for bit in bits() {
        let mut buf = [0_u8; 512];
        let buf = buf.as_mut_ptr();
        let calls = [
            (
                at::AtCall::Fstatat,
                syscall!(SYS_newfstatat, cwd, none, buf, bit),
            ),
            (
                at::AtCall::Statx,
                syscall!(SYS_statx, cwd, none, bit, 0, buf),
            ),
            (
                at::AtCall::Attributes,
                syscall!(SYS_fchownat, cwd, none, -1, -1, bit),
            ),
            (
                at::AtCall::Attributes,
                syscall!(SYS_utimensat, cwd, none, 0, bit),
            ),
            (
                at::AtCall::Linkat,
                syscall!(SYS_linkat, cwd, none, cwd, none, bit),
            ),
            (at::AtCall::Unlinkat, syscall!(SYS_unlinkat, cwd, none, bit)),
            (
                at::AtCall::Faccessat2,
                syscall!(SYS_faccessat2, cwd, none, 0, bit),
            ),
        ];
        for (call, host) in calls {
            let ours = call.flags_to_bsd(bit);
            assert_eq!(
                host == libc::EINVAL,
                rejects(ours),
                "{call:?} {bit:#x}: {host}"
            );
        }
    }
}

/// open(2): the same single bits fail, with the same errno, on a path that is not there.
#[test]
fn open_flags() {
    let none = c"/nonexistent/file".as_ptr();
    for bit in bits() {
        for more in [
            0,
            libc::O_RDWR,
            libc::O_DIRECTORY,
            libc::O_PATH,
            libc::O_CREAT,
        ] {
            let flags = bit | more;
            let host = syscall!(SYS_openat, libc::AT_FDCWD, none, flags, 0);
            let ours = open::plan_open(flags);
            assert_eq!(host == libc::EINVAL, rejects(ours), "{flags:#o}: {host}");
        }
    }
}

/// openat2(2): the same flags, modes and resolve bits are EINVAL.
#[test]
fn openat2_arguments() {
    let none = c"/nonexistent/file".as_ptr();
    let check = |flags, mode, resolve| {
        let how = linux_abi::c::l_open_how {
            flags,
            mode,
            resolve,
        };
        let host = syscall!(
            SYS_openat2,
            libc::AT_FDCWD,
            none,
            &raw const how,
            size_of_val(&how)
        );
        let ours = open::plan_openat2(&how);
        assert_eq!(host == libc::EINVAL, rejects(ours), "{how:?}: {host}");
    };
    for bit in (0..64).map(|n| 1_u64 << n) {
        check(bit, 0, 0);
        check(bit | 1, 0o600, 0);
        check(0, bit, 0);
        check(0o100, bit, 0);
        check(0, 0, bit);
        check(0, 0, bit | 8);
        check(bit | 0o10_000_000, 0, 0);
    }
}

/// futex(2): the same operations are ENOSYS. The word never holds the value to wait
/// for, so nobody sleeps; the commands that take locks are left out.
#[test]
fn futex_operations() {
    for op in (0..1024).filter(|op| !matches!(op & 0x7f, 6 | 7 | 8 | 11 | 12 | 13)) {
        let mut word = 1_u32;
        let addr = &raw mut word;
        let host = syscall!(SYS_futex, addr, op, 7, 0_i64, addr, 0);
        let ours = matches!(futex::futex_op(op), Err(Errno::ENOSYS));
        assert_eq!(host == libc::ENOSYS, ours, "operation {op}: {host}");
    }
}

/// FUTEX_WAKE_OP: the new value of the word, for every operation and odd operands.
#[test]
fn futex_wake_op() {
    let other = 0_u32;
    for op in 0..16_u32 {
        for operand in [0, 1, 5, 31, 0x7ff, 0x800, 0xfff] {
            for old in [0_u32, 1, 0x8000_0000, u32::MAX] {
                let packed = op << 28 | operand << 12;
                let mut word = old;
                let host = syscall!(
                    SYS_futex,
                    &raw const other,
                    128 | 5,
                    0,
                    0_i64,
                    &raw mut word,
                    packed
                );
                match futex::WakeOp::parse(packed) {
                    Ok(program) => assert_eq!(word, program.apply(old), "{packed:#x} on {old:#x}"),
                    Err(_) => assert_eq!(host, libc::ENOSYS, "{packed:#x}"),
                }
            }
        }
    }
}

/// socket(2): the same types and flags are EINVAL.
#[test]
fn socket_types() {
    for kind in (0..16).chain((4..31).map(|n| 1 | 1 << n)) {
        let host = syscall!(SYS_socket, libc::AF_UNIX, kind, 0);
        // A type a family lacks has other errors.
        assert_eq!(
            host == libc::EINVAL,
            rejects(socket::socket_type_to_bsd(kind)),
            "{kind:#x}"
        );
    }
}

/// rt_sigprocmask(2) and sigaltstack(2).
#[test]
fn signal_flags() {
    let set = 0_u64;
    for how in -2..6 {
        let host = syscall!(SYS_rt_sigprocmask, how, &raw const set, 0, 8);
        let none_changes = how != libc::SIG_SETMASK;
        assert_eq!(
            host == libc::EINVAL,
            rejects(sigaction::sigprocmask_how(how)),
            "{how}"
        );
        assert!(none_changes || host == 0);
    }
    for bit in bits() {
        let mut memory = vec![0_u8; 65536];
        let stack = linux_abi::c::l_stack_t {
            ss_sp: memory.as_mut_ptr() as u64,
            ss_flags: bit,
            ss_size: 65536,
            ..Default::default()
        };
        let mut old = linux_abi::c::l_stack_t::default();
        let host = syscall!(SYS_sigaltstack, &raw const stack, &raw mut old);
        assert_eq!(
            host == libc::EINVAL,
            rejects(sigaction::sigaltstack_request(bit)),
            "{bit:#x}"
        );
        syscall!(SYS_sigaltstack, &raw const old, 0);
    }
}

/// clone3(2): the checks of the arguments. Every call here fails.
#[test]
fn clone3_arguments() {
    use linux_abi::c::l_clone_args;
    let ok = l_clone_args {
        exit_signal: 17,
        ..l_clone_args::default()
    };
    for args in [
        l_clone_args {
            flags: 1 << 40,
            ..ok
        },
        l_clone_args { flags: 17, ..ok },
        l_clone_args {
            flags: 0x1_0000,
            exit_signal: 0,
            ..ok
        },
        l_clone_args { flags: 0x800, ..ok },
        l_clone_args {
            flags: 0x1_0000_0900,
            ..ok
        },
        l_clone_args {
            flags: 0x40_0000,
            ..ok
        },
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
            flags: 0x3d_0f00,
            ..ok
        },
    ] {
        let host = syscall!(SYS_clone3, &raw const args, size_of_val(&args));
        assert_eq!(host, libc::EINVAL, "{args:?}");
        assert!(rejects(clone::plan_clone3(&args)), "{args:?}");
    }
}

/// prlimit(2): the same resources exist.
#[test]
fn resources() {
    for number in (0..20).chain([u32::MAX]) {
        let mut limits = [0_u64; 2];
        let host = syscall!(SYS_prlimit64, 0, number, 0, limits.as_mut_ptr());
        assert_eq!(
            host == libc::EINVAL,
            rejects(rlimit::resource(number)),
            "{number}"
        );
    }
}

/// madvise(2): what is unknown here and known on the host is a short, decided list.
#[test]
fn advice() {
    // KSM (12, 13), collapsing (25), guard pages (102, 103).
    let decided = [12, 13, 25, 102, 103];
    for advice in (0..110).filter(|advice| !matches!(advice, 100 | 101)) {
        // Length 0 checks the advice and nothing else.
        let host = syscall!(SYS_madvise, 4096_i64, 0_i64, advice);
        let ours = rejects(madvise::advice(advice));
        assert_eq!(
            host == libc::EINVAL || decided.contains(&advice),
            ours,
            "{advice}: {host}"
        );
    }
}

/// renameat2(2): unknown flags are EINVAL before the paths are looked at.
#[test]
fn rename_flags() {
    let none = c"/nonexistent/file".as_ptr();
    for flags in (0..32).map(|n| 1_u32 << n).chain([0, 3, 5]) {
        let host = syscall!(SYS_renameat2, -100, none, -100, none, flags);
        if host == libc::EINVAL {
            assert!(rejects(at::rename_flags(flags)), "{flags:#x}");
        }
    }
}
