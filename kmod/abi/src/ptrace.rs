// SPDX-License-Identifier: BSD-2-Clause
//! ptrace(2): requests, options, the statuses of stops, and the registers a debugger sees.

use linux_raw_sys::ptrace as linux;

use crate::errno::Errno;
use crate::pod::pod;
use crate::signal::LinuxSignal;

/// The selectors of 64-bit code and data on Linux: debuggers tell 64-bit programs by the first.
pub const USER_CS: u64 = 0x33;
const USER_SS: u64 = 0x2b;

/// Where `struct user` has its debug registers, and where its registers end.
pub const DEBUG_REGISTERS: u64 = 848;
/// The bytes of `struct user` of sys/user.h.
pub const USER_BYTES: u64 = 912;

pod! {
    /// `struct user_regs_struct` of sys/user.h, which is also what NT_PRSTATUS means to ptrace.
    struct l_user_regs {
        r15: u64,
        r14: u64,
        r13: u64,
        r12: u64,
        rbp: u64,
        rbx: u64,
        r11: u64,
        r10: u64,
        r9: u64,
        r8: u64,
        rax: u64,
        rcx: u64,
        rdx: u64,
        rsi: u64,
        rdi: u64,
        orig_rax: u64,
        rip: u64,
        cs: u64,
        eflags: u64,
        rsp: u64,
        ss: u64,
        fs_base: u64,
        gs_base: u64,
        ds: u64,
        es: u64,
        fs: u64,
        gs: u64,
    }
}

/// The bytes of [`l_user_regs`].
pub const USER_REGS_BYTES: usize = size_of::<l_user_regs>();

impl l_user_regs {
    /// The selectors as Linux has them; FreeBSD's differ and mean the same.
    #[must_use]
    pub const fn with_linux_selectors(mut self) -> Self {
        self.cs = USER_CS;
        self.ss = USER_SS;
        (self.ds, self.es, self.fs, self.gs) = (0, 0, 0, 0);
        self
    }

    /// The registers as words, in order.
    pub const fn words(&self) -> [u64; 27] {
        [
            self.r15,
            self.r14,
            self.r13,
            self.r12,
            self.rbp,
            self.rbx,
            self.r11,
            self.r10,
            self.r9,
            self.r8,
            self.rax,
            self.rcx,
            self.rdx,
            self.rsi,
            self.rdi,
            self.orig_rax,
            self.rip,
            self.cs,
            self.eflags,
            self.rsp,
            self.ss,
            self.fs_base,
            self.gs_base,
            self.ds,
            self.es,
            self.fs,
            self.gs,
        ]
    }

    /// The registers in these words.
    pub const fn from_words(words: [u64; 27]) -> Self {
        let [
            r15,
            r14,
            r13,
            r12,
            rbp,
            rbx,
            r11,
            r10,
            r9,
            r8,
            rax,
            rcx,
            rdx,
            rsi,
            rdi,
            orig_rax,
            rip,
            cs,
            eflags,
            rsp,
            ss,
            fs_base,
            gs_base,
            ds,
            es,
            fs,
            gs,
        ] = words;
        l_user_regs {
            r15,
            r14,
            r13,
            r12,
            rbp,
            rbx,
            r11,
            r10,
            r9,
            r8,
            rax,
            rcx,
            rdx,
            rsi,
            rdi,
            orig_rax,
            rip,
            cs,
            eflags,
            rsp,
            ss,
            fs_base,
            gs_base,
            ds,
            es,
            fs,
            gs,
        }
    }
}

/// PTRACE_O_*: each bit with its verdict. SUSPEND_SECCOMP is EINVAL, as on a Linux
/// without checkpoints; EXITKILL, SYSGOOD and the events are kept.
pub mod options {
    use super::linux;

    /// Stops at system calls tell SIGTRAP | 0x80.
    pub const SYSGOOD: u32 = linux::PTRACE_O_TRACESYSGOOD;
    /// Trace the children of fork.
    pub const FORK: u32 = linux::PTRACE_O_TRACEFORK;
    /// Trace the children of vfork.
    pub const VFORK: u32 = linux::PTRACE_O_TRACEVFORK;
    /// Trace the children of clone, threads among them.
    pub const CLONE: u32 = linux::PTRACE_O_TRACECLONE;
    /// Stop at exec.
    pub const EXEC: u32 = linux::PTRACE_O_TRACEEXEC;
    /// Stop when a vfork is over.
    pub const VFORK_DONE: u32 = linux::PTRACE_O_TRACEVFORKDONE;
    /// Stop before the end.
    pub const EXIT: u32 = linux::PTRACE_O_TRACEEXIT;
    /// Stop where a filter says SECCOMP_RET_TRACE.
    pub const SECCOMP: u32 = linux::PTRACE_O_TRACESECCOMP;
    /// Die with the tracer.
    pub const EXITKILL: u32 = linux::PTRACE_O_EXITKILL;
}

const KNOWN_OPTIONS: u32 = options::SYSGOOD
    | options::FORK
    | options::VFORK
    | options::CLONE
    | options::EXEC
    | options::VFORK_DONE
    | options::EXIT
    | options::SECCOMP
    | options::EXITKILL;

/// Reads the options of PTRACE_SETOPTIONS and PTRACE_SEIZE. EINVAL for others.
pub fn parse_options(data: u64) -> Result<u32, Errno> {
    match u32::try_from(data) {
        Ok(bits) if bits & !KNOWN_OPTIONS == 0 => Ok(bits),
        _ => Err(Errno::EINVAL),
    }
}

/// What a tracee that was created is to its tracer, and the option that asks for it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    /// A stop for a signal, at a system call, or none.
    None = 0,
    /// fork(2), or a clone that signals SIGCHLD.
    Fork = 1,
    /// vfork(2).
    Vfork = 2,
    /// Any other clone, threads among them.
    Clone = 3,
    /// execve(2).
    Exec = 4,
    /// The child of vfork(2) has let the parent go on.
    VforkDone = 5,
    /// About to exit.
    Exit = 6,
    /// A filter leaves it to the tracer (seccomp(2)).
    Seccomp = 7,
    /// PTRACE_INTERRUPT, group-stops and the first stop of who was seized.
    Stop = 128,
}

impl Event {
    /// The event with this number.
    pub const fn from_number(number: u8) -> Event {
        match number {
            1 => Event::Fork,
            2 => Event::Vfork,
            3 => Event::Clone,
            4 => Event::Exec,
            5 => Event::VforkDone,
            6 => Event::Exit,
            7 => Event::Seccomp,
            128 => Event::Stop,
            _ => Event::None,
        }
    }

    /// The option that asks for it; 0 for those that need none.
    pub const fn option(self) -> u32 {
        match self {
            Event::Fork => options::FORK,
            Event::Vfork => options::VFORK,
            Event::Clone => options::CLONE,
            Event::Exec => options::EXEC,
            Event::VforkDone => options::VFORK_DONE,
            Event::Exit => options::EXIT,
            Event::Seccomp => options::SECCOMP,
            Event::None | Event::Stop => 0,
        }
    }
}

/// The status of a stop, as wait4(2) tells it.
pub const fn stop_status(signal: LinuxSignal, sysgood: bool, event: Event) -> i32 {
    let number = signal.number() | if sysgood { 0x80 } else { 0 };
    number << 8 | 0x7f | (event as i32) << 16
}

/// How a tracee goes on.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// PTRACE_CONT.
    Continue,
    /// PTRACE_SYSCALL: to the next entry or exit of a system call.
    ToSyscall,
    /// PTRACE_SINGLESTEP: one instruction.
    Step,
}

/// A request.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// PTRACE_TRACEME.
    TraceMe,
    /// PTRACE_ATTACH.
    Attach,
    /// PTRACE_SEIZE.
    Seize,
    /// PTRACE_INTERRUPT.
    Interrupt,
    /// PTRACE_LISTEN.
    Listen,
    /// PTRACE_DETACH.
    Detach,
    /// PTRACE_KILL.
    Kill,
    /// PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP.
    Resume(Resume),
    /// PTRACE_PEEKTEXT, PTRACE_PEEKDATA.
    Peek,
    /// PTRACE_POKETEXT, PTRACE_POKEDATA.
    Poke,
    /// PTRACE_PEEKUSER.
    PeekUser,
    /// PTRACE_POKEUSER.
    PokeUser,
    /// PTRACE_GETREGS.
    GetRegs,
    /// PTRACE_SETREGS.
    SetRegs,
    /// PTRACE_GETFPREGS.
    GetFpRegs,
    /// PTRACE_SETFPREGS.
    SetFpRegs,
    /// PTRACE_GETREGSET.
    GetRegSet,
    /// PTRACE_SETREGSET.
    SetRegSet,
    /// PTRACE_SETOPTIONS.
    SetOptions,
    /// PTRACE_GETEVENTMSG.
    GetEventMessage,
    /// PTRACE_GETSIGINFO.
    GetSiginfo,
    /// PTRACE_SETSIGINFO.
    SetSiginfo,
    /// PTRACE_GETSIGMASK.
    GetSigmask,
    /// PTRACE_SETSIGMASK.
    SetSigmask,
    /// PTRACE_GET_SYSCALL_INFO.
    GetSyscallInfo,
    /// PTRACE_ARCH_PRCTL.
    ArchPrctl,
}

impl Request {
    /// EIO for what is not there: PTRACE_SYSEMU, PTRACE_SINGLEBLOCK, PTRACE_PEEKSIGINFO, seccomp
    /// filters, rseq, and 32-bit areas.
    pub fn parse(number: i64) -> Result<Request, Errno> {
        Ok(match u32::try_from(number).map_err(|_| Errno::EIO)? {
            linux::PTRACE_TRACEME => Request::TraceMe,
            linux::PTRACE_PEEKTEXT | linux::PTRACE_PEEKDATA => Request::Peek,
            linux::PTRACE_PEEKUSR => Request::PeekUser,
            linux::PTRACE_POKETEXT | linux::PTRACE_POKEDATA => Request::Poke,
            linux::PTRACE_POKEUSR => Request::PokeUser,
            linux::PTRACE_CONT => Request::Resume(Resume::Continue),
            linux::PTRACE_KILL => Request::Kill,
            linux::PTRACE_SINGLESTEP => Request::Resume(Resume::Step),
            linux::PTRACE_GETREGS => Request::GetRegs,
            linux::PTRACE_SETREGS => Request::SetRegs,
            linux::PTRACE_GETFPREGS => Request::GetFpRegs,
            linux::PTRACE_SETFPREGS => Request::SetFpRegs,
            linux::PTRACE_ATTACH => Request::Attach,
            linux::PTRACE_DETACH => Request::Detach,
            linux::PTRACE_SYSCALL => Request::Resume(Resume::ToSyscall),
            linux::PTRACE_ARCH_PRCTL => Request::ArchPrctl,
            linux::PTRACE_SETOPTIONS | linux::PTRACE_OLDSETOPTIONS => Request::SetOptions,
            linux::PTRACE_GETEVENTMSG => Request::GetEventMessage,
            linux::PTRACE_GETSIGINFO => Request::GetSiginfo,
            linux::PTRACE_SETSIGINFO => Request::SetSiginfo,
            linux::PTRACE_GETREGSET => Request::GetRegSet,
            linux::PTRACE_SETREGSET => Request::SetRegSet,
            linux::PTRACE_SEIZE => Request::Seize,
            linux::PTRACE_INTERRUPT => Request::Interrupt,
            linux::PTRACE_LISTEN => Request::Listen,
            linux::PTRACE_GETSIGMASK => Request::GetSigmask,
            linux::PTRACE_SETSIGMASK => Request::SetSigmask,
            linux::PTRACE_GET_SYSCALL_INFO => Request::GetSyscallInfo,
            _ => return Err(Errno::EIO),
        })
    }
}

/// A register set of PTRACE_GETREGSET.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum RegSet {
    /// NT_PRSTATUS: the general registers.
    General,
    /// NT_PRFPREG: the FXSAVE area.
    Fp,
    /// NT_X86_XSTATE: the XSAVE area.
    Extended,
}

impl RegSet {
    /// EINVAL for any other note.
    pub const fn parse(note: u64) -> Result<RegSet, Errno> {
        match note {
            1 => Ok(RegSet::General),
            2 => Ok(RegSet::Fp),
            0x202 => Ok(RegSet::Extended),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// Where in a system call a tracee stops.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SyscallStop {
    /// Not in one.
    None,
    /// Before it.
    Entry {
        /// Its number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
    },
    /// After it.
    Exit {
        /// What is in rax.
        result: i64,
    },
    /// Before it, where a filter leaves it to the tracer.
    Seccomp {
        /// Its number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
        /// What the filter tells.
        data: u64,
    },
}

/// The bytes of `struct ptrace_syscall_info`.
pub const SYSCALL_INFO_BYTES: usize = 88;

/// `struct ptrace_syscall_info`, and how many of its bytes mean something.
pub fn syscall_info(stop: SyscallStop, rip: u64, rsp: u64) -> ([u8; SYSCALL_INFO_BYTES], usize) {
    const ERRNO_MAX: i64 = 4095;
    let mut words = [0_u64; SYSCALL_INFO_BYTES / 8];
    let arch = u64::from(crate::siginfo::AUDIT_ARCH_X86_64) << 32;
    let (op, used) = match stop {
        SyscallStop::None => (linux::PTRACE_SYSCALL_INFO_NONE, 24),
        SyscallStop::Entry { .. } => (linux::PTRACE_SYSCALL_INFO_ENTRY, 80),
        SyscallStop::Exit { .. } => (linux::PTRACE_SYSCALL_INFO_EXIT, 33),
        SyscallStop::Seccomp { .. } => (linux::PTRACE_SYSCALL_INFO_SECCOMP, 84),
    };
    let tail: [u64; 8] = match stop {
        SyscallStop::None => [0; 8],
        SyscallStop::Entry {
            number,
            args: [a, b, c, d, e, f],
        } => [number, a, b, c, d, e, f, 0],
        SyscallStop::Seccomp {
            number,
            args: [a, b, c, d, e, f],
            data,
        } => [number, a, b, c, d, e, f, data],
        SyscallStop::Exit { result } => {
            let failed = (-ERRNO_MAX..0).contains(&result);
            [result.cast_unsigned(), u64::from(failed), 0, 0, 0, 0, 0, 0]
        }
    };
    let head = [u64::from(op) | arch, rip, rsp];
    for (to, from) in words.iter_mut().zip(head.into_iter().chain(tail)) {
        *to = from;
    }
    let mut bytes = [0; SYSCALL_INFO_BYTES];
    for (to, from) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *to = from.to_le_bytes();
    }
    (bytes, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `struct user_regs_struct` has 27 words, which survive both ways.
    #[test]
    fn registers() {
        assert_eq!(USER_REGS_BYTES, 216);
        let words: [u64; 27] = core::array::from_fn(|i| i as u64);
        let regs = l_user_regs::from_words(words);
        assert_eq!((regs.r15, regs.rip, regs.gs), (0, 16, 26));
        assert_eq!(regs.words(), words);
        assert_eq!(regs.with_linux_selectors().cs, 0x33);
    }

    /// ptrace(2): status >> 8 == SIGTRAP | event << 8.
    #[test]
    fn statuses() {
        let exec = stop_status(LinuxSignal::SIGTRAP, false, Event::Exec);
        assert_eq!(exec, 0x4057f);
        assert_eq!(exec >> 8, 5 | 4 << 8);
        assert_eq!(stop_status(LinuxSignal::SIGTRAP, true, Event::None), 0x857f);
    }

    /// Unknown options and requests are refused.
    #[test]
    fn refusals() {
        assert_eq!(parse_options(1 << 21), Err(Errno::EINVAL));
        assert_eq!(parse_options(1 << 7), Ok(options::SECCOMP));
        assert_eq!(parse_options(1 << 32), Err(Errno::EINVAL));
        assert_eq!(parse_options(0x10_007f), Ok(0x10_007f));
        assert_eq!(Request::parse(31), Err(Errno::EIO));
        assert_eq!(Request::parse(-1), Err(Errno::EIO));
        assert_eq!(RegSet::parse(3), Err(Errno::EINVAL));
    }

    /// A result between -4095 and -1 is an error.
    #[test]
    fn syscall_exits() {
        let (bytes, used) = syscall_info(SyscallStop::Exit { result: -2 }, 1, 2);
        assert_eq!((used, bytes[0], bytes[32]), (33, 2, 1));
        let (bytes, _) = syscall_info(SyscallStop::Exit { result: -5000 }, 1, 2);
        assert_eq!(bytes[32], 0);
        let entry = SyscallStop::Entry {
            number: 39,
            args: [1; 6],
        };
        assert_eq!(syscall_info(entry, 0, 0).1, 80);
        let filtered = SyscallStop::Seccomp {
            number: 39,
            args: [1; 6],
            data: 7,
        };
        let (bytes, used) = syscall_info(filtered, 0, 0);
        assert_eq!((used, bytes[0], bytes[80]), (84, 3, 7));
    }
}
