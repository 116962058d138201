// SPDX-License-Identifier: BSD-2-Clause
//! `siginfo_t` both ways.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_siginfo_t;
use crate::errno::Errno;
use crate::signal::{BsdSignal, LinuxSignal};
use crate::trap;

/// The `si_arch` of a 64-bit x86 system call (`AUDIT_ARCH_X86_64` of linux/audit.h).
pub const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

/// The fields of FreeBSD's `siginfo_t`, with the members of its union side by
/// side. Members that do not belong to the code are 0.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct BsdSiginfo {
    /// `si_signo`.
    pub signal: BsdSignal,
    /// `si_code`.
    pub code: i32,
    /// `si_pid`.
    pub pid: i32,
    /// `si_uid`.
    pub uid: u32,
    /// `si_status`.
    pub status: i32,
    /// `si_addr`.
    pub addr: u64,
    /// `si_value.sival_ptr`, as it is.
    pub value: u64,
    /// `si_trapno` of a signal an exception raised, else 0.
    pub trapno: i32,
    /// `si_timerid`.
    pub timerid: i32,
    /// `si_overrun`.
    pub overrun: i32,
    /// `si_band`.
    pub band: i64,
    /// `si_syscall`.
    pub syscall: i32,
    /// `si_errno`, which only SIGSYS has.
    pub errno: i32,
}

impl BsdSiginfo {
    /// A signal with a code and nothing else.
    pub const fn new(signal: BsdSignal, code: i32) -> BsdSiginfo {
        BsdSiginfo {
            signal,
            code,
            pid: 0,
            uid: 0,
            status: 0,
            addr: 0,
            value: 0,
            trapno: 0,
            timerid: 0,
            overrun: 0,
            band: 0,
            syscall: 0,
            errno: 0,
        }
    }
}

/// Two 32-bit members that share a word, the first in the low half.
const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// The union's first four words; no member Linux fills reaches further.
type Fields = [u64; 4];

const fn info(signal: LinuxSignal, code: i32, [a, b, c, d]: Fields) -> l_siginfo_t {
    l_siginfo_t {
        si_signo: signal.number(),
        // Linux leaves this at 0 for all the signals it raises itself but SIGSYS.
        si_errno: 0,
        si_code: code,
        __pad0: 0,
        _sifields: [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    }
}

/// Linux's `siginfo_t` for a signal FreeBSD delivers.
pub fn siginfo_to_linux(from: &BsdSiginfo) -> l_siginfo_t {
    let signal = from.signal.to_linux_report();
    let number = from.signal.number();
    if let Some(fault) = trap::linux_fault(from.trapno, number, from.code) {
        let addr = if fault.has_addr { from.addr } else { 0 };
        return info(fault.signal, fault.code, [addr, 0, 0, 0]);
    }
    let sender = pair(from.pid.cast_unsigned(), from.uid);
    let queued = [sender, from.value, 0, 0];
    let code = code_to_linux(number, from.code);
    let fields = match from.code {
        bsd::SI_USER | bsd::SI_LWP => [sender, 0, 0, 0],
        bsd::SI_KERNEL => [0; 4],
        bsd::SI_QUEUE | bsd::SI_MESGQ | bsd::SI_ASYNCIO => queued,
        bsd::SI_TIMER => {
            let timer = pair(from.timerid.cast_unsigned(), from.overrun.cast_unsigned());
            [timer, from.value, 0, 0]
        }
        // A code below 0 came from rt_sigqueueinfo(2); see `queued_to_bsd`.
        ..0 => queued,
        _ => match number {
            bsd::SIGILL | bsd::SIGFPE | bsd::SIGSEGV | bsd::SIGBUS | bsd::SIGTRAP => {
                [from.addr, 0, 0, 0]
            }
            bsd::SIGCHLD => {
                let status = child_status(from.code, from.status);
                // The times Linux adds are not in FreeBSD's siginfo.
                [sender, pair(status.cast_unsigned(), 0), 0, 0]
            }
            bsd::SIGIO => [from.band.cast_unsigned(), 0, 0, 0],
            bsd::SIGSYS => [
                from.addr,
                pair(from.syscall.cast_unsigned(), AUDIT_ARCH_X86_64),
                0,
                0,
            ],
            _ => queued,
        },
    };
    let mut out = info(signal, code, fields);
    if number == bsd::SIGSYS {
        out.si_errno = from.errno;
    }
    out
}

/// `si_status` of SIGCHLD: a signal, except for a child that exited.
pub fn child_status(code: i32, status: i32) -> i32 {
    match (code, BsdSignal::new(status)) {
        (bsd::CLD_CONTINUED, _) => LinuxSignal::SIGCONT.number(),
        (bsd::CLD_KILLED | bsd::CLD_DUMPED | bsd::CLD_STOPPED | bsd::CLD_TRAPPED, Some(signal)) => {
            signal.to_linux_report().number()
        }
        _ => status,
    }
}

/// Linux's `si_code` for FreeBSD's, with FreeBSD's signal `signo`.
pub const fn code_to_linux(signo: i32, code: i32) -> i32 {
    match code {
        bsd::SI_USER => linux::SI_USER.cast_signed(),
        bsd::SI_QUEUE => linux::SI_QUEUE,
        bsd::SI_TIMER => linux::SI_TIMER,
        bsd::SI_ASYNCIO => linux::SI_ASYNCIO,
        bsd::SI_MESGQ => linux::SI_MESGQ,
        bsd::SI_KERNEL => linux::SI_KERNEL.cast_signed(),
        bsd::SI_LWP => linux::SI_TKILL,
        // Zero is "no information", which a program reads as SI_USER.
        ..=0 => code,
        _ => match (signo, code) {
            (bsd::SIGFPE, _) => trap::fpe_code(code).cast_signed(),
            (bsd::SIGBUS, bsd::BUS_OOMERR) => linux::BUS_ADRERR.cast_signed(),
            (bsd::SIGSEGV, bsd::SEGV_PKUERR) => linux::SEGV_PKUERR.cast_signed(),
            (bsd::SIGTRAP, bsd::TRAP_DTRACE) => linux::TRAP_TRACE.cast_signed(),
            (bsd::SIGTRAP, bsd::TRAP_CAP) => linux::TRAP_UNK.cast_signed(),
            // The remaining codes of SIGILL, SIGBUS, SIGSEGV, SIGTRAP, SIGCHLD and
            // SIGIO have the same numbers.
            _ => code,
        },
    }
}

/// The FreeBSD signal a program queues with rt_sigqueueinfo(2).
///
/// The program fills in the whole siginfo, the sender included, but must not
/// pose as the kernel or as kill(2) to another process: EPERM for a code of 0 or
/// more, and for SI_TKILL, unless `to_self`.
pub fn queued_to_bsd(
    signal: LinuxSignal,
    from: &l_siginfo_t,
    to_self: bool,
) -> Result<BsdSiginfo, Errno> {
    if (from.si_code >= 0 || from.si_code == linux::SI_TKILL) && !to_self {
        return Err(Errno::EPERM);
    }
    let code = match from.si_code {
        linux::SI_QUEUE => bsd::SI_QUEUE,
        linux::SI_TIMER => bsd::SI_TIMER,
        linux::SI_MESGQ => bsd::SI_MESGQ,
        linux::SI_ASYNCIO => bsd::SI_ASYNCIO,
        linux::SI_TKILL => bsd::SI_LWP,
        0 => bsd::SI_USER,
        0x80 => bsd::SI_KERNEL,
        // FreeBSD has no use for the others and carries them through.
        other => other,
    };
    let [sender, value, ..] = from._sifields;
    let [p0, p1, p2, p3, u0, u1, u2, u3] = sender.to_le_bytes();
    let low = i32::from_le_bytes([p0, p1, p2, p3]);
    let high = [u0, u1, u2, u3];
    let mut out = BsdSiginfo::new(signal.to_bsd(), code);
    out.value = value;
    if code == bsd::SI_TIMER {
        out.timerid = low;
        out.overrun = i32::from_le_bytes(high);
    } else {
        out.pid = low;
        out.uid = u32::from_le_bytes(high);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const _: () = assert!(linux::SI_KERNEL == 0x80);

    fn from(signo: i32, code: i32) -> BsdSiginfo {
        BsdSiginfo::new(BsdSignal::new(signo).unwrap(), code)
    }

    /// kill(2) tells the sender.
    #[test]
    fn kill_has_a_sender() {
        let mut si = from(bsd::SIGTERM, bsd::SI_USER);
        (si.pid, si.uid) = (1234, 1001);
        let out = siginfo_to_linux(&si);
        assert_eq!((out.si_signo, out.si_errno, out.si_code), (15, 0, 0));
        assert_eq!(out._sifields[0], 1234 | 1001 << 32);
        assert_eq!(out._sifields[1..], [0; 13]);
    }

    /// tgkill(2) says SI_TKILL.
    #[test]
    fn tkill_has_its_code() {
        let out = siginfo_to_linux(&from(bsd::SIGUSR1, bsd::SI_LWP));
        assert_eq!((out.si_signo, out.si_code), (10, -6));
    }

    /// sigqueue(3) carries a value.
    #[test]
    fn queued_value_arrives() {
        let mut si = from(bsd::SIGRTMIN + 2, bsd::SI_QUEUE);
        si.value = 0xdead_beef_cafe;
        let out = siginfo_to_linux(&si);
        assert_eq!((out.si_signo, out.si_code), (34, -1));
        assert_eq!(out._sifields[1], 0xdead_beef_cafe);
    }

    /// timer_create(2): the timer, its overruns and the value.
    #[test]
    fn timer_fields() {
        let mut si = from(bsd::SIGALRM, bsd::SI_TIMER);
        (si.timerid, si.overrun, si.value) = (3, 7, 99);
        let out = siginfo_to_linux(&si);
        assert_eq!(out.si_code, -2);
        assert_eq!(out._sifields[..2], [3 | 7 << 32, 99]);
    }

    /// A child that exited tells its status, a killed one the Linux signal.
    #[test]
    fn child_tells_status_or_signal() {
        let mut si = from(bsd::SIGCHLD, bsd::CLD_EXITED);
        si.status = 42;
        assert_eq!(siginfo_to_linux(&si)._sifields[1], 42);
        assert_eq!(siginfo_to_linux(&si).si_signo, 17);
        si.code = bsd::CLD_KILLED;
        si.status = bsd::SIGUSR1;
        assert_eq!(siginfo_to_linux(&si)._sifields[1], 10);
        si.code = bsd::CLD_CONTINUED;
        assert_eq!(siginfo_to_linux(&si)._sifields[1], 18);
    }

    /// An exception tells the address, with Linux's signal and code.
    #[test]
    fn faults_tell_the_address() {
        let mut si = from(bsd::SIGBUS, trap::UCODE_PAGEFLT);
        (si.trapno, si.addr) = (bsd::T_PAGEFLT, 0x1000);
        let out = siginfo_to_linux(&si);
        assert_eq!(
            (out.si_signo, out.si_code, out._sifields[0]),
            (11, 2, 0x1000)
        );
        si.trapno = bsd::T_PROTFLT;
        let out = siginfo_to_linux(&si);
        assert_eq!((out.si_signo, out.si_code, out._sifields[0]), (11, 0x80, 0));
    }

    /// The kernel's own signals have no sender.
    #[test]
    fn kernel_signals_are_anonymous() {
        let mut si = from(bsd::SIGPIPE, bsd::SI_KERNEL);
        (si.pid, si.uid, si.value) = (1, 2, 3);
        let out = siginfo_to_linux(&si);
        assert_eq!(out.si_code, 0x80);
        assert_eq!(out._sifields, [0; 14]);
    }

    /// Codes with equal meaning have equal numbers, except where the table says.
    #[test]
    fn codes_that_differ() {
        assert_eq!(code_to_linux(bsd::SIGFPE, bsd::FPE_INTDIV), 1);
        assert_eq!(code_to_linux(bsd::SIGSEGV, bsd::SEGV_PKUERR), 4);
        assert_eq!(code_to_linux(bsd::SIGBUS, bsd::BUS_OOMERR), 2);
        assert_eq!(code_to_linux(bsd::SIGTRAP, bsd::TRAP_DTRACE), 2);
        assert_eq!(code_to_linux(bsd::SIGTRAP, bsd::TRAP_CAP), 5);
        for code in 1..=8 {
            assert_eq!(code_to_linux(bsd::SIGILL, code), code);
        }
        for code in 1..=6 {
            assert_eq!(code_to_linux(bsd::SIGCHLD, code), code);
            assert_eq!(code_to_linux(bsd::SIGIO, code), code);
        }
    }

    /// rt_sigqueueinfo(2): posing as the kernel is for oneself only.
    #[test]
    fn queueing_cannot_forge() {
        let mut si = info(LinuxSignal::SIGUSR1, 0, [0; 4]);
        for code in [0, 1, 0x80, i32::MAX, linux::SI_TKILL] {
            si.si_code = code;
            assert_eq!(
                queued_to_bsd(LinuxSignal::SIGUSR1, &si, false),
                Err(Errno::EPERM)
            );
            assert!(queued_to_bsd(LinuxSignal::SIGUSR1, &si, true).is_ok());
        }
    }

    /// What was queued arrives unchanged, whatever the code.
    #[test]
    fn queued_round_trip() {
        for code in [-1, -2, -3, -4, -5, -7, -60, -1000, i32::MIN] {
            let mut si = info(LinuxSignal::SIGUSR2, code, [pair(5, 6), 7, 0, 0]);
            si.si_code = code;
            let bsd = queued_to_bsd(LinuxSignal::SIGUSR2, &si, false).unwrap();
            assert_eq!(siginfo_to_linux(&bsd), si);
        }
    }

    /// Nothing panics, whatever the numbers.
    #[test]
    fn any_numbers_convert() {
        let odd = [i32::MIN, -1, 0, 1, 12, 100, 0x10000, 0x10008, i32::MAX];
        for signo in 1..=128 {
            for code in odd {
                for trapno in odd {
                    let mut si = from(signo, code);
                    (si.trapno, si.status, si.pid) = (trapno, code, trapno);
                    assert!((1..=64).contains(&siginfo_to_linux(&si).si_signo));
                }
            }
        }
    }
}
