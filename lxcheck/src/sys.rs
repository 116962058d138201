// SPDX-License-Identifier: BSD-2-Clause
//! ptrace(2), and what goes with it: all of lxcheck's unsafe code.
//!
//! The requests here take numbers and give numbers; the only memory that the kernel writes is a
//! local of the right type and size. `fork` is called while there is one thread, and between it
//! and exec the child calls nothing but system calls.
#![allow(unsafe_code, reason = "ptrace, fork and waitpid have no safe form")]

use std::ffi::{CStr, CString, OsStr};
use std::io::{self, Error, Result};
use std::mem::{self, MaybeUninit};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// A thread's id.
pub(crate) type Tid = libc::pid_t;

/// What a tracee stopped for, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The filter of [`spawn`]: it is about to make a system call.
    Filter,
    /// It enters or leaves a system call.
    Syscall,
    /// It made another tracee: a process, or a thread if false.
    Born(bool),
    /// It executed.
    Executed,
    /// A tracee that was just born, or one that was stopped by a signal and shall stay so.
    Group(i32),
    /// A signal is to be delivered.
    Signal(i32),
    /// It ended with this status.
    Exited(i32),
    /// This signal killed it; true if it left a core.
    Killed(i32, bool),
    /// Something else: it goes on.
    Other,
}

/// A system call as the kernel tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syscall {
    /// It starts.
    Entry {
        /// Whether it is of the 64-bit interface.
        native: bool,
        /// The number.
        number: u64,
        /// The registers with arguments.
        registers: [u64; 6],
    },
    /// It ended with this.
    Exit(i64),
    /// Neither.
    None,
}

/// AUDIT_ARCH_X86_64 (linux/audit.h).
const ARCH: u32 = 0xc000_003e;

/// What is asked of every tracee: its children are traced as well, and its stops are told apart.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACESECCOMP
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC;

fn check(answer: libc::c_long) -> Result<libc::c_long> {
    if answer == -1 {
        Err(Error::last_os_error())
    } else {
        Ok(answer)
    }
}

fn request(what: libc::c_uint, tid: Tid, number: libc::c_long) -> Result<()> {
    // SAFETY: the requests of this module take a number here, not an address.
    check(unsafe { libc::ptrace(what, tid, 0_usize, number) }).map(|_| ())
}

/// Begins to trace a thread. With `kill`, it dies with us.
pub(crate) fn seize(tid: Tid, kill: bool) -> Result<()> {
    let kill = if kill { libc::PTRACE_O_EXITKILL } else { 0 };
    request(libc::PTRACE_SEIZE, tid, (OPTIONS | kill).into())
}

/// Stops a thread that was seized while it ran.
pub(crate) fn interrupt(tid: Tid) -> Result<()> {
    request(libc::PTRACE_INTERRUPT, tid, 0)
}

/// Lets a stopped thread go on to its next event, with a signal or 0.
pub(crate) fn cont(tid: Tid, signal: i32) -> Result<()> {
    request(libc::PTRACE_CONT, tid, signal.into())
}

/// The same, but it stops when it enters or leaves a system call.
pub(crate) fn cont_to_syscall(tid: Tid, signal: i32) -> Result<()> {
    request(libc::PTRACE_SYSCALL, tid, signal.into())
}

/// Leaves a thread stopped by a signal as it is, and learns of what wakes it.
pub(crate) fn listen(tid: Tid) -> Result<()> {
    request(libc::PTRACE_LISTEN, tid, 0)
}

/// Ends tracing of a stopped thread.
pub(crate) fn detach(tid: Tid, signal: i32) -> Result<()> {
    request(libc::PTRACE_DETACH, tid, signal.into())
}

/// The system call a stopped thread is at.
pub(crate) fn syscall(tid: Tid) -> Result<Syscall> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = mem::size_of_val(&info);
    // SAFETY: the kernel writes at most `size` bytes, which is what there is; every field is a
    // number, for which zero, or what the kernel wrote, is a value.
    let info = unsafe {
        let to = info.as_mut_ptr();
        check(libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, tid, size, to))?;
        info.assume_init()
    };
    // SAFETY: `op` says which member of the union was written; all of them are numbers.
    Ok(unsafe {
        match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => Syscall::Entry {
                native: info.arch == ARCH,
                number: info.u.entry.nr,
                registers: info.u.entry.args,
            },
            libc::PTRACE_SYSCALL_INFO_SECCOMP => Syscall::Entry {
                native: info.arch == ARCH,
                number: info.u.seccomp.nr,
                registers: info.u.seccomp.args,
            },
            libc::PTRACE_SYSCALL_INFO_EXIT => Syscall::Exit(info.u.exit.sval),
            _ => Syscall::None,
        }
    })
}

/// Waits for any tracee; `None` when there is none left. An interrupt is an error.
pub(crate) fn wait() -> Result<Option<(Tid, Stop)>> {
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
    if tid == -1 {
        let error = Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ECHILD) => Ok(None),
            _ => Err(error),
        };
    }
    Ok(Some((tid, stop(status))))
}

fn stop(status: i32) -> Stop {
    if libc::WIFEXITED(status) {
        return Stop::Exited(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        return Stop::Killed(libc::WTERMSIG(status), libc::WCOREDUMP(status));
    }
    if !libc::WIFSTOPPED(status) {
        return Stop::Other;
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => Stop::Syscall,
        0 => Stop::Signal(signal),
        libc::PTRACE_EVENT_SECCOMP => Stop::Filter,
        libc::PTRACE_EVENT_STOP => Stop::Group(signal),
        libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK => Stop::Born(true),
        libc::PTRACE_EVENT_CLONE => Stop::Born(false),
        libc::PTRACE_EVENT_EXEC => Stop::Executed,
        _ => Stop::Other,
    }
}

/// Reads a program's memory; how many bytes, which may be fewer.
pub(crate) fn read_memory(tid: Tid, address: u64, to: &mut [u8]) -> usize {
    let here = libc::iovec {
        iov_base: to.as_mut_ptr().cast(),
        iov_len: to.len(),
    };
    let Ok(address) = usize::try_from(address) else {
        return 0;
    };
    let there = libc::iovec {
        iov_base: ptr::without_provenance_mut(address),
        iov_len: to.len(),
    };
    // SAFETY: the kernel writes into `to` alone; the other address is of the other process.
    let got = unsafe { libc::process_vm_readv(tid, &raw const here, 1, &raw const there, 1, 0) };
    usize::try_from(got).unwrap_or(0)
}

/// A program that was started and waits for [`Child::start`].
#[derive(Debug)]
pub(crate) struct Child {
    /// Its id.
    pub(crate) tid: Tid,
    /// Where an errno arrives if it cannot execute.
    failure: io::PipeReader,
    /// Whether it has a filter, so that each call stops it once.
    pub(crate) filtered: bool,
}

/// Prepares a program: a child that is traced and has not executed yet.
///
/// With `filter`, the child gives itself a filter that stops every system call for its tracer.
pub(crate) fn spawn(program: &CStr, arguments: &[CString], filter: bool) -> Result<Child> {
    let argv: Vec<*const libc::c_char> = arguments
        .iter()
        .map(|argument| argument.as_ptr())
        .chain([ptr::null()])
        .collect();
    let (failure, report) = io::pipe()?;
    // SAFETY: this process has one thread.
    let tid = unsafe { libc::fork() };
    if tid == -1 {
        return Err(Error::last_os_error());
    }
    if tid == 0 {
        // SAFETY: in the child of a process with one thread; system calls only, and `argv` ends
        // in null and points at strings that live.
        unsafe {
            // Rust ignores it; a program expects to be killed by it.
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::raise(libc::SIGSTOP);
            if filter && !install_filter() {
                libc::_exit(0);
            }
            libc::execv(program.as_ptr(), argv.as_ptr());
            let errno = Error::last_os_error().raw_os_error().unwrap_or(0);
            let bytes = errno.to_ne_bytes();
            let fd = std::os::fd::AsRawFd::as_raw_fd(&report);
            libc::write(fd, bytes.as_ptr().cast(), bytes.len());
            libc::_exit(127)
        }
    }
    drop(report);
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    let waited = unsafe { libc::waitpid(tid, &raw mut status, libc::WUNTRACED) };
    if waited != tid || !libc::WIFSTOPPED(status) {
        return Err(Error::other("the child did not stop"));
    }
    if let Err(error) = seize(tid, true) {
        // Who is traced cannot trace its children. Nobody else would wake it.
        // SAFETY: numbers, and one int.
        unsafe {
            libc::kill(tid, libc::SIGKILL);
            libc::waitpid(tid, &raw mut status, 0);
        }
        return Err(error);
    }
    Ok(Child {
        tid,
        failure,
        filtered: filter,
    })
}

/// In the child: one instruction, "stop for the tracer", for every call.
unsafe fn install_filter() -> bool {
    let mut code = [libc::sock_filter {
        code: 0x06, // BPF_RET | BPF_K
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_TRACE,
    }];
    let program = libc::sock_fprog {
        len: 1,
        filter: code.as_mut_ptr(),
    };
    let install = || {
        // SAFETY: `program` and its one instruction outlive the call, which copies them.
        unsafe {
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const program,
            ) == 0
        }
    };
    // SAFETY: numbers only. Who may not install a filter without it gives up set-id programs,
    // which would run without their ids under any unprivileged tracer.
    install() || unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 } && install()
}

impl Child {
    /// Lets it go, for the tracer to see.
    pub(crate) fn start(&self) -> Result<()> {
        // SAFETY: numbers only.
        check(unsafe { libc::kill(self.tid, libc::SIGCONT) }.into()).map(|_| ())
    }

    /// Why it did not execute, once it has ended.
    pub(crate) fn failure(mut self) -> Option<Error> {
        let mut bytes = [0; 4];
        let read = io::Read::read_exact(&mut self.failure, &mut bytes);
        read.ok()
            .map(|()| Error::from_raw_os_error(i32::from_ne_bytes(bytes)))
    }
}

/// A string for the kernel.
pub(crate) fn c_string(text: &OsStr) -> Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| Error::other("there is a NUL in it"))
}

/// Whether a signal of [`catch_interrupts`] came.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes SIGINT and SIGTERM interrupt [`wait`] and nothing else; they are for the program, or end
/// an attachment. One that comes just before [`wait`] sleeps would not: so it comes again, each
/// second until [`interrupted`] has told of it.
pub(crate) fn catch_interrupts() {
    extern "C" fn remember(_: libc::c_int) {
        INTERRUPTED.store(true, Ordering::Relaxed);
        // SAFETY: a number; alarm may be called by handlers.
        unsafe { libc::alarm(1) };
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGQUIT, libc::SIGALRM] {
        // SAFETY: the handler stores a flag; without SA_RESTART a call returns EINTR.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = remember as extern "C" fn(libc::c_int) as usize;
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

/// Whether a signal came since this was last asked.
pub(crate) fn interrupted() -> bool {
    let came = INTERRUPTED.swap(false, Ordering::Relaxed);
    if came {
        alarm(0);
    }
    came
}

/// Interrupts [`wait`] after so many seconds; never, if 0.
pub(crate) fn alarm(seconds: u32) {
    // SAFETY: a number.
    unsafe { libc::alarm(seconds) };
}
