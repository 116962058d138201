// SPDX-License-Identifier: BSD-2-Clause
//! Signal numbers. Sets are in [`crate::sigset`], the flags of sigaction(2) and
//! its like in [`crate::sigaction`].
//!
//! Linux has signals 1..=64, of which 32..=64 are real-time. FreeBSD has
//! 1..=128: 65..=126 are real-time, 34..=64 have no name.
//!
//! | Linux | FreeBSD | why |
//! |---|---|---|
//! | the 29 signals both have | the same name | |
//! | real-time 32..=64 | 65..=97 | same order; 32 and 33 are glibc's own |
//! | SIGPWR | 98 | no such signal; the number linux64.ko uses |
//! | SIGSTKFLT | 99 | no such signal; sharing SIGBUS would let kill(2) run the wrong handler |
//!
//! The other way, FreeBSD's remaining signals (SIGEMT, SIGINFO, SIGTHR, SIGLIBRT,
//! 34..=64 and 100..=128) have no Linux number: they are left out of sets, and
//! where a number must be told (how a child died) they read as SIGKILL, the one
//! signal that, like them, a Linux program cannot catch, block or ignore.

use core::num::NonZeroU8;

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

/// The FreeBSD signal that stands for Linux's SIGPWR.
pub const BSD_SIGPWR: i32 = 98;
/// The FreeBSD signal that stands for Linux's SIGSTKFLT.
pub const BSD_SIGSTKFLT: i32 = 99;
/// The largest Linux signal (`_NSIG` of asm/signal.h).
pub const LINUX_SIGRTMAX: u8 = 64;
/// The largest FreeBSD signal (`_SIG_MAXSIG` of sys/_sigset.h).
pub const BSD_SIG_MAXSIG: u8 = 128;

/// A Linux signal, in `1..=64`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct LinuxSignal(NonZeroU8);

/// A FreeBSD signal, in `1..=128`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct BsdSignal(NonZeroU8);

/// `n` if it is in `1..=max`, where `max` fits a byte.
const fn in_range(n: i32, max: u8) -> Option<NonZeroU8> {
    if n < 1 || n > max as i32 {
        return None;
    }
    let [low, ..] = n.to_le_bytes();
    NonZeroU8::new(low)
}

/// The signals both systems have, by their common names.
macro_rules! common_signals {
    ($($name:ident)*) => {
        /// The FreeBSD number of a Linux number in `1..=64`.
        pub(crate) const fn linux_to_bsd(n: u32) -> i32 {
            match n {
                $(linux::$name => bsd::$name,)*
                linux::SIGPWR => BSD_SIGPWR,
                linux::SIGSTKFLT => BSD_SIGSTKFLT,
                realtime => RT_OFFSET.wrapping_add_unsigned(realtime),
            }
        }

        /// The Linux number of a FreeBSD number, if there is one.
        const fn bsd_to_linux(n: i32) -> Option<u32> {
            match n {
                $(bsd::$name => Some(linux::$name),)*
                BSD_SIGPWR => Some(linux::SIGPWR),
                BSD_SIGSTKFLT => Some(linux::SIGSTKFLT),
                bsd::SIGRTMIN..BSD_SIGPWR => Some(n.wrapping_sub(RT_OFFSET).cast_unsigned()),
                _ => None,
            }
        }

        impl LinuxSignal {
            $(
                #[doc = concat!("Linux's ", stringify!($name), ".")]
                pub const $name: LinuxSignal = LinuxSignal::constant(linux::$name);
            )*
            /// Linux's SIGPWR.
            pub const SIGPWR: LinuxSignal = LinuxSignal::constant(linux::SIGPWR);
            /// Linux's SIGSTKFLT.
            pub const SIGSTKFLT: LinuxSignal = LinuxSignal::constant(linux::SIGSTKFLT);
        }
    };
}

/// How far FreeBSD's real-time signals are above Linux's.
const RT_OFFSET: i32 = bsd::SIGRTMIN.wrapping_sub_unsigned(linux::SIGRTMIN);

common_signals! {
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1
    SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGCONT SIGSTOP SIGTSTP
    SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGSYS
}

impl LinuxSignal {
    /// Whether it ends a process that has set no action for it (signal(7)).
    pub const fn ends_by_default(self) -> bool {
        !matches!(
            self,
            LinuxSignal::SIGCHLD
                | LinuxSignal::SIGCONT
                | LinuxSignal::SIGURG
                | LinuxSignal::SIGWINCH
                | LinuxSignal::SIGSTOP
                | LinuxSignal::SIGTSTP
                | LinuxSignal::SIGTTIN
                | LinuxSignal::SIGTTOU
        )
    }

    const fn constant(n: u32) -> LinuxSignal {
        match in_range(n.cast_signed(), LINUX_SIGRTMAX) {
            Some(n) => LinuxSignal(n),
            None => LinuxSignal(NonZeroU8::MAX),
        }
    }

    /// The signal with this number, or `None` outside `1..=64`.
    pub const fn new(n: i32) -> Option<LinuxSignal> {
        match in_range(n, LINUX_SIGRTMAX) {
            Some(n) => Some(LinuxSignal(n)),
            None => None,
        }
    }

    /// The signal with this number, or EINVAL, as every system call says.
    pub const fn parse(n: i32) -> Result<LinuxSignal, Errno> {
        match LinuxSignal::new(n) {
            Some(signal) => Ok(signal),
            None => Err(Errno::EINVAL),
        }
    }

    /// As [`parse`](LinuxSignal::parse) for kill(2), where 0 asks whether a signal
    /// could be sent, without sending one.
    pub const fn parse_or_probe(n: i32) -> Result<Option<LinuxSignal>, Errno> {
        match n {
            0 => Ok(None),
            _ => match LinuxSignal::parse(n) {
                Ok(signal) => Ok(Some(signal)),
                Err(e) => Err(e),
            },
        }
    }

    /// The number, in `1..=64`.
    pub const fn number(self) -> i32 {
        self.0.get() as i32
    }

    /// The FreeBSD signal that stands for this one; no two share one.
    pub const fn to_bsd(self) -> BsdSignal {
        match BsdSignal::new(linux_to_bsd(self.0.get() as u32)) {
            Some(signal) => signal,
            // Not reached: the map gives 1..=99 for 1..=64.
            None => BsdSignal(self.0),
        }
    }
}

impl BsdSignal {
    /// The signal with this number, or `None` outside `1..=128`.
    pub const fn new(n: i32) -> Option<BsdSignal> {
        match in_range(n, BSD_SIG_MAXSIG) {
            Some(n) => Some(BsdSignal(n)),
            None => None,
        }
    }

    /// The number, in `1..=128`.
    pub const fn number(self) -> i32 {
        self.0.get() as i32
    }

    /// The Linux signal this one stands for, if any.
    pub const fn to_linux(self) -> Option<LinuxSignal> {
        match bsd_to_linux(self.number()) {
            Some(n) => LinuxSignal::new(n.cast_signed()),
            None => None,
        }
    }

    /// As [`to_linux`](BsdSignal::to_linux) where a number must be told: SIGKILL
    /// stands for what Linux has no number for (see the module's documentation).
    pub const fn to_linux_report(self) -> LinuxSignal {
        match self.to_linux() {
            Some(signal) => signal,
            None => LinuxSignal::SIGKILL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every Linux signal has a FreeBSD signal of its own.
    #[test]
    fn linux_signals_round_trip() {
        for n in 1..=64 {
            let signal = LinuxSignal::new(n).unwrap();
            assert_eq!(signal.number(), n);
            assert_eq!(signal.to_bsd().to_linux(), Some(signal));
        }
    }

    /// FreeBSD's own signals, and only those, have no Linux number.
    #[test]
    fn bsd_signals_without_a_number() {
        let none = |n: &i32| BsdSignal::new(*n).unwrap().to_linux().is_none();
        let found: Vec<i32> = (1..=128).filter(none).collect();
        let mut expected = vec![bsd::SIGEMT, bsd::SIGINFO];
        expected.extend(32..=64);
        expected.extend(100..=128);
        assert_eq!(found, expected);
        for n in found {
            let told = BsdSignal::new(n).unwrap().to_linux_report();
            assert_eq!(told, LinuxSignal::SIGKILL);
        }
    }

    /// Numbers outside the range are refused.
    #[test]
    fn out_of_range_numbers_are_refused() {
        for n in [0, -1, 65, 128, 256, 257, 321, i32::MIN, i32::MAX] {
            assert_eq!(LinuxSignal::new(n), None);
            assert_eq!(LinuxSignal::parse(n), Err(Errno::EINVAL));
        }
        for n in [0, -1, 129, 256, 257, i32::MIN, i32::MAX] {
            assert_eq!(BsdSignal::new(n), None);
        }
    }

    /// kill(2): signal 0 probes.
    #[test]
    fn zero_probes() {
        assert_eq!(LinuxSignal::parse_or_probe(0), Ok(None));
        assert_eq!(
            LinuxSignal::parse_or_probe(9),
            Ok(Some(LinuxSignal::SIGKILL))
        );
        assert_eq!(LinuxSignal::parse_or_probe(65), Err(Errno::EINVAL));
    }
}
