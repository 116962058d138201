// SPDX-License-Identifier: BSD-2-Clause
//! What a signalfd(2) reads: a signal as `struct signalfd_siginfo`.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_signalfd_siginfo;
use crate::siginfo::{BsdSiginfo, siginfo_to_linux};

/// The bytes of one signal.
pub const SIGNALFD_SIGINFO_BYTES: usize = size_of::<l_signalfd_siginfo>();

/// What Linux can neither block nor hand to a signalfd: SIGKILL and SIGSTOP.
const NEVER: u64 = 1 << (linux::SIGKILL - 1) | 1 << (linux::SIGSTOP - 1);

/// The set of a signalfd, without the signals that "are silently ignored" (signalfd(2)).
pub const fn signalfd_set(set: u64) -> u64 {
    set & !NEVER
}

/// The halves of a word of the siginfo's union.
const fn halves(word: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}

/// The signal as it is read.
pub fn signalfd_siginfo(from: &BsdSiginfo) -> l_signalfd_siginfo {
    let info = siginfo_to_linux(from);
    let [first, second, third, ..] = info._sifields;
    let (low, high) = halves(first);
    let (value, _) = halves(second);
    let mut out = l_signalfd_siginfo {
        ssi_signo: info.si_signo.cast_unsigned(),
        ssi_errno: info.si_errno,
        ssi_code: info.si_code,
        ..l_signalfd_siginfo::default()
    };
    match (info.si_code, from.signal.number()) {
        (linux::SI_TIMER, _) => {
            out.ssi_tid = low;
            out.ssi_overrun = high;
            out.ssi_ptr = second;
            out.ssi_int = value.cast_signed();
        }
        // Codes above 0 are the kernel's: what is told depends on the signal.
        (1..0x80, bsd::SIGILL | bsd::SIGFPE | bsd::SIGSEGV | bsd::SIGBUS | bsd::SIGTRAP) => {
            out.ssi_addr = first;
        }
        (1..0x80, bsd::SIGCHLD) => {
            (out.ssi_pid, out.ssi_uid) = (low, high);
            out.ssi_status = value.cast_signed();
            let (_, utime_high) = halves(third);
            out.ssi_utime = u64::from(utime_high);
        }
        (1..0x80, bsd::SIGIO) => {
            out.ssi_band = low;
            out.ssi_fd = value.cast_signed();
        }
        _ => {
            (out.ssi_pid, out.ssi_uid) = (low, high);
            out.ssi_ptr = second;
            out.ssi_int = value.cast_signed();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::BsdSignal;

    fn signal(number: i32, code: i32) -> BsdSiginfo {
        BsdSiginfo::new(BsdSignal::new(number).unwrap(), code)
    }

    /// signalfd(2): 128 bytes each.
    #[test]
    fn size() {
        assert_eq!(SIGNALFD_SIGINFO_BYTES, 128);
    }

    /// A signal with a value tells its sender too.
    #[test]
    fn queued() {
        let mut si = signal(bsd::SIGRTMIN, bsd::SI_QUEUE);
        (si.pid, si.uid, si.value) = (7, 8, 0x1_0000_0002);
        let out = signalfd_siginfo(&si);
        assert_eq!((out.ssi_signo, out.ssi_code), (32, -1));
        assert_eq!((out.ssi_pid, out.ssi_uid), (7, 8));
        assert_eq!((out.ssi_int, out.ssi_ptr), (2, 0x1_0000_0002));
    }

    /// A child tells its status.
    #[test]
    fn child() {
        let mut si = signal(bsd::SIGCHLD, bsd::CLD_EXITED);
        (si.pid, si.status) = (9, 42);
        let out = signalfd_siginfo(&si);
        assert_eq!((out.ssi_pid, out.ssi_status, out.ssi_int), (9, 42, 0));
    }

    /// Two signals are left out of the set.
    #[test]
    fn set() {
        assert_eq!(signalfd_set(u64::MAX), !(1 << 8 | 1 << 18));
    }
}
