// SPDX-License-Identifier: BSD-2-Clause
//! The part of a process's state that is made when it is first needed.

use core::sync::atomic::{AtomicBool, AtomicU64};

const SIGNALS: usize = 64;
/// Words of [`Tables::missed`].
pub(super) const MISS_WORDS: usize = 8;

/// The part of a Linux sigaction that FreeBSD's does not hold.
pub(super) struct SignalExtra {
    /// `sa_flags`.
    pub(super) flags: AtomicU64,
    /// `sa_restorer`.
    pub(super) restorer: AtomicU64,
}

/// The larger part of a process's state, which many programs never need: a process without it
/// forks lightly.
pub(super) struct Tables {
    /// One for each Linux signal.
    pub(super) signals: [SignalExtra; SIGNALS],
    /// One bit for each call number that was logged as missing; the last is for all larger ones.
    pub(super) missed: [AtomicU64; MISS_WORDS],
    /// Whether the kernel's SIGBUS handler is that of SIGSEGV (sysvec::fault::standin).
    pub(super) sigbus_stands_in: AtomicBool,
}

impl Tables {
    pub(super) fn new() -> Self {
        Tables {
            signals: [const {
                SignalExtra {
                    flags: AtomicU64::new(0),
                    restorer: AtomicU64::new(0),
                }
            }; SIGNALS],
            missed: [const { AtomicU64::new(0) }; MISS_WORDS],
            sigbus_stands_in: AtomicBool::new(false),
        }
    }

    /// The entry of a Linux signal number (1..=64).
    pub(super) fn signal(&self, signal: u32) -> Option<&SignalExtra> {
        self.signals.get((signal as usize).wrapping_sub(1))
    }
}
