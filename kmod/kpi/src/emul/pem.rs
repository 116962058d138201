// SPDX-License-Identifier: BSD-2-Clause
//! The part of a process's state that helper modules of the base system look into, laid out as
//! `struct linux_pemuldata` of linux_common (compat/linux/linux_emul.h).

use core::cell::UnsafeCell;
use core::mem::{MaybeUninit, offset_of};
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// `struct linux_pemuldata`.
#[repr(C)]
pub struct Pem {
    _flags: u32,
    /// An sx(9) lock that must be there and in order; linprocfs(4) does not take it, nor do we.
    lock: UnsafeCell<MaybeUninit<ffi::sx>>,
    /// personality(2).
    pub persona: AtomicU32,
    _ptrace_flags: u32,
    /// What /proc/PID/oom_score_adj shows and sets, -1000 to 1000; FreeBSD does not look at it.
    oom_score_adj: AtomicI32,
    _so_timestamp: u32,
    _so_timestampns: u32,
}

const _: () = assert!(
    offset_of!(Pem, persona) == 40
        && offset_of!(Pem, oom_score_adj) == 48
        && size_of::<Pem>() == 64
);

// SAFETY: the lock is made before the state is shared and destroyed after; the rest is atomic or
// never changes.
unsafe impl Sync for Pem {}

impl Pem {
    /// A new lock is a copy of one that nobody ever took: sx(9) keeps nothing of a lock outside of it but its
    /// witness(4) class, which all share, and making each one anew is a good part of what a fork costs.
    pub(super) fn new() -> Self {
        Pem {
            _flags: 0,
            // SAFETY: PATTERN is whole since `load`.
            lock: UnsafeCell::new(unsafe { PATTERN.0.get().read() }),
            persona: AtomicU32::new(0),
            _ptrace_flags: 0,
            oom_score_adj: AtomicI32::new(0),
            _so_timestamp: 0,
            _so_timestampns: 0,
        }
    }

    /// What a forked child inherits: both values, as on Linux.
    pub(super) fn inherit(&self, parent: &Pem) {
        self.persona
            .store(parent.persona.load(Ordering::Relaxed), Ordering::Relaxed);
        self.oom_score_adj.store(
            parent.oom_score_adj.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
    }
}

/// The lock that others are copies of.
struct Pattern(UnsafeCell<MaybeUninit<ffi::sx>>);

// SAFETY: written by `load` and `unload` alone, when no process is Linux.
unsafe impl Sync for Pattern {}

static PATTERN: Pattern = Pattern(UnsafeCell::new(MaybeUninit::zeroed()));

/// Makes the pattern.
///
/// # Safety
/// At load, once.
pub(crate) unsafe fn load() {
    // SAFETY: caller; zeroed memory that stays where it is.
    unsafe { ffi::sx_init_flags(PATTERN.0.get().cast(), c"linux_rs process".as_ptr(), 0) };
}

/// Takes it back.
///
/// # Safety
/// At unload, once, when no process is Linux.
pub(crate) unsafe fn unload() {
    // SAFETY: caller; made by `load`, and never held.
    unsafe { ffi::sx_destroy(PATTERN.0.get().cast()) };
}
