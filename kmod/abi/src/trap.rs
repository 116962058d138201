// SPDX-License-Identifier: BSD-2-Clause
//! What a processor exception is to a Linux program.
//!
//! FreeBSD and Linux disagree about the signal, the code and the address for
//! most exceptions. FreeBSD's side is sys/amd64/amd64/trap.c and
//! sys/vm/vm_fault.c; Linux's is signal(7), sigaction(2) and what
//! a program observes.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::signal::LinuxSignal;

/// The `si_code` FreeBSD gives to a protection fault of a program that is not
/// its own (`UCODE_PAGEFLT` of sys/vm/vm_fault.c).
pub const UCODE_PAGEFLT: i32 = bsd::T_PAGEFLT;

/// The x86 vector of a FreeBSD trap number, for `trapno` in a signal frame.
///
/// A number that is no exception (a signal another process sent) reads as 0,
/// which is what a Linux thread that never faulted shows.
pub const fn vector(trapno: i32) -> u64 {
    match trapno {
        bsd::T_DIVIDE => 0,
        bsd::T_TRCTRAP => 1,
        bsd::T_NMI => 2,
        bsd::T_BPTFLT => 3,
        bsd::T_OFLOW => 4,
        bsd::T_BOUND => 5,
        bsd::T_PRIVINFLT => 6,
        bsd::T_DNA => 7,
        bsd::T_DOUBLEFLT => 8,
        bsd::T_FPOPFLT => 9,
        bsd::T_TSSFLT => 10,
        bsd::T_SEGNPFLT => 11,
        bsd::T_STKFLT => 12,
        bsd::T_PROTFLT => 13,
        bsd::T_PAGEFLT => 14,
        bsd::T_RESERVED => 15,
        bsd::T_ARITHTRAP => 16,
        bsd::T_ALIGNFLT => 17,
        bsd::T_MCHK => 18,
        bsd::T_XMMFLT => 19,
        _ => 0,
    }
}

/// How Linux reports an exception.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LinuxFault {
    /// The signal.
    pub signal: LinuxSignal,
    /// Its `si_code`.
    pub code: i32,
    /// Whether `si_addr` holds an address; if not it is 0.
    pub has_addr: bool,
}

const fn fault(signal: LinuxSignal, code: u32, has_addr: bool) -> LinuxFault {
    LinuxFault {
        signal,
        code: code.cast_signed(),
        has_addr,
    }
}

/// Linux gives no details for this exception: SI_KERNEL and no address.
const fn bare(signal: LinuxSignal) -> LinuxFault {
    fault(signal, linux::SI_KERNEL, false)
}

/// How Linux reports what FreeBSD reports as `signo` with `code` for trap number
/// `trapno`; `None` if the number is no exception that a program can raise.
pub const fn linux_fault(trapno: i32, signo: i32, code: i32) -> Option<LinuxFault> {
    let fault = match trapno {
        bsd::T_PAGEFLT => page_fault(signo, code),
        bsd::T_PROTFLT | bsd::T_TSSFLT | bsd::T_DOUBLEFLT | bsd::T_OFLOW | bsd::T_BOUND => {
            bare(LinuxSignal::SIGSEGV)
        }
        bsd::T_STKFLT | bsd::T_SEGNPFLT => bare(LinuxSignal::SIGBUS),
        bsd::T_BPTFLT => bare(LinuxSignal::SIGTRAP),
        bsd::T_FPOPFLT => bare(LinuxSignal::SIGFPE),
        bsd::T_ALIGNFLT => fault(LinuxSignal::SIGBUS, linux::BUS_ADRALN, false),
        bsd::T_TRCTRAP => fault(LinuxSignal::SIGTRAP, linux::TRAP_TRACE, true),
        bsd::T_PRIVINFLT => fault(LinuxSignal::SIGILL, linux::ILL_ILLOPN, true),
        bsd::T_DIVIDE => fault(LinuxSignal::SIGFPE, linux::FPE_INTDIV, true),
        bsd::T_ARITHTRAP | bsd::T_XMMFLT => fault(LinuxSignal::SIGFPE, fpe_code(code), true),
        _ => return None,
    };
    Some(fault)
}

const fn page_fault(signo: i32, code: i32) -> LinuxFault {
    match (signo, code) {
        (bsd::SIGSEGV, bsd::SEGV_MAPERR) => fault(LinuxSignal::SIGSEGV, linux::SEGV_MAPERR, true),
        (bsd::SIGSEGV, bsd::SEGV_PKUERR) => fault(LinuxSignal::SIGSEGV, linux::SEGV_PKUERR, true),
        // Beyond the end of a mapped file, or no memory for the page.
        (bsd::SIGBUS, bsd::BUS_OBJERR | bsd::BUS_ADRERR | bsd::BUS_OOMERR) => {
            fault(LinuxSignal::SIGBUS, linux::BUS_ADRERR, true)
        }
        // SEGV_ACCERR, or UCODE_PAGEFLT with either signal.
        _ => fault(LinuxSignal::SIGSEGV, linux::SEGV_ACCERR, true),
    }
}

/// Linux's `si_code` for FreeBSD's, with SIGFPE. The first two are swapped; a
/// denormal operand is an underflow on Linux.
pub const fn fpe_code(code: i32) -> u32 {
    match code {
        bsd::FPE_INTOVF => linux::FPE_INTOVF,
        bsd::FPE_INTDIV => linux::FPE_INTDIV,
        bsd::FPE_FLTDIV => linux::FPE_FLTDIV,
        bsd::FPE_FLTOVF => linux::FPE_FLTOVF,
        bsd::FPE_FLTUND | bsd::FPE_FLTIDO => linux::FPE_FLTUND,
        bsd::FPE_FLTRES => linux::FPE_FLTRES,
        bsd::FPE_FLTINV => linux::FPE_FLTINV,
        bsd::FPE_FLTSUB => linux::FPE_FLTSUB,
        _ => linux::FPE_FLTUNK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors are the Intel manual's: 0..=19, each once.
    #[test]
    fn vectors_are_a_bijection() {
        let exceptions = [
            1, 3, 6, 9, 10, 12, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
        ];
        let mut vectors: Vec<u64> = exceptions.map(vector).to_vec();
        vectors.sort_unstable();
        assert_eq!(vectors, (0..20).collect::<Vec<u64>>());
    }

    /// Anything else reads as 0.
    #[test]
    fn unknown_traps_have_no_vector() {
        for trapno in [0, -1, 2, 31, 32, 33, i32::MIN, i32::MAX] {
            assert_eq!(vector(trapno), 0);
        }
    }

    /// A write to a read-only page: FreeBSD says SIGBUS 12 for a foreign program,
    /// Linux SIGSEGV with SEGV_ACCERR.
    #[test]
    fn protection_faults_are_sigsegv() {
        let seen = linux_fault(bsd::T_PAGEFLT, bsd::SIGBUS, UCODE_PAGEFLT).unwrap();
        assert_eq!(seen, fault(LinuxSignal::SIGSEGV, 2, true));
        let same = linux_fault(bsd::T_PAGEFLT, bsd::SIGSEGV, bsd::SEGV_ACCERR).unwrap();
        assert_eq!(seen, same);
    }

    /// mmap(2): SIGBUS beyond the end of the file.
    #[test]
    fn beyond_the_file_is_sigbus() {
        let seen = linux_fault(bsd::T_PAGEFLT, bsd::SIGBUS, bsd::BUS_OBJERR).unwrap();
        assert_eq!(seen, fault(LinuxSignal::SIGBUS, 2, true));
    }

    /// A general protection fault is a bare SIGSEGV on Linux, SIGBUS on FreeBSD.
    #[test]
    fn protection_exception_is_bare() {
        let seen = linux_fault(bsd::T_PROTFLT, bsd::SIGBUS, bsd::BUS_OBJERR).unwrap();
        assert_eq!(
            seen,
            LinuxFault {
                signal: LinuxSignal::SIGSEGV,
                code: 0x80,
                has_addr: false
            }
        );
    }

    /// Integer overflow and division keep their meaning although the numbers swap.
    #[test]
    fn fpe_codes_swap() {
        assert_eq!(fpe_code(bsd::FPE_INTDIV), 1);
        assert_eq!(fpe_code(bsd::FPE_INTOVF), 2);
        assert_eq!(fpe_code(bsd::FPE_FLTIDO), fpe_code(bsd::FPE_FLTUND));
        assert_eq!(fpe_code(i32::MIN), linux::FPE_FLTUNK);
    }

    /// No exception, no fault.
    #[test]
    fn other_numbers_are_no_fault() {
        for trapno in [0, -1, 2, 31, 32, 1000, i32::MIN, i32::MAX] {
            assert_eq!(linux_fault(trapno, bsd::SIGSEGV, 1), None);
        }
    }
}
