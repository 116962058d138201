// SPDX-License-Identifier: BSD-2-Clause
//! Signal sets both ways.

use linux_raw_sys::general as linux;

use crate::signal::{BSD_SIGPWR, BSD_SIGSTKFLT, LinuxSignal, linux_to_bsd};

/// The bytes in a Linux signal set; the system calls insist on it.
pub const LINUX_SIGSET_BYTES: u64 = 8;

/// A FreeBSD `sigset_t`: bit `n - 1`, counted through the four words, is signal `n`.
pub type BsdSigset = [u32; 4];

/// The Linux set bits of the classic signals that move by `by`.
const fn moved_by(by: i32) -> u32 {
    let mut mask = 0;
    let mut n: u32 = 1;
    while n < linux::SIGRTMIN {
        if linux_to_bsd(n).wrapping_sub_unsigned(n) == by {
            mask |= 1_u32.wrapping_shl(n.wrapping_sub(1));
        }
        n = n.wrapping_add(1);
    }
    mask
}

/// The classic signals that move by `by`, and the rotation that moves them.
const fn group(by: i32) -> (u32, u32) {
    (moved_by(by), by.rem_euclid(32).cast_unsigned())
}

/// All classic signals but SIGPWR and SIGSTKFLT, grouped by how far they move.
/// Whole groups move at once because masks are converted on a hot path.
const GROUPS: [(u32, u32); 9] = [
    group(0),
    group(1),
    group(3),
    group(19),
    group(20),
    group(-2),
    group(-6),
    group(-7),
    group(-19),
];

const LINUX_PWR: u32 = 1 << (linux::SIGPWR - 1);
const LINUX_STKFLT: u32 = 1 << (linux::SIGSTKFLT - 1);
/// SIGPWR and SIGSTKFLT in the fourth word of a FreeBSD set.
const BSD_PWR: u32 = 1 << (BSD_SIGPWR - 97);
const BSD_STKFLT: u32 = 1 << (BSD_SIGSTKFLT - 97);

const _: () = {
    let [a, b, c, d, e, f, g, h, i] = GROUPS;
    let moved = a.0 | b.0 | c.0 | d.0 | e.0 | f.0 | g.0 | h.0 | i.0;
    assert!(
        moved | LINUX_PWR | LINUX_STKFLT == 0x7fff_ffff,
        "a group is missing"
    );
};

/// The FreeBSD set for a Linux set.
#[inline]
pub fn sigset_to_bsd(set: u64) -> BsdSigset {
    // What most programs have most of the time.
    if set == 0 {
        return [0; 4];
    }
    set_of_some(set)
}

fn set_of_some(set: u64) -> BsdSigset {
    let [b0, b1, b2, b3, ..] = set.to_le_bytes();
    let classic = u32::from_le_bytes([b0, b1, b2, b3]);
    let mut low = 0;
    for (mask, rotation) in GROUPS {
        low |= (classic & mask).rotate_left(rotation);
    }
    // Signal 32, bit 31, becomes signal 65, the first bit of the third word;
    // signal 64 alone reaches the fourth.
    let [r0, r1, r2, r3, r4, ..] = (set >> 31).to_le_bytes();
    let mut top = u32::from(r4);
    if classic & LINUX_PWR != 0 {
        top |= BSD_PWR;
    }
    if classic & LINUX_STKFLT != 0 {
        top |= BSD_STKFLT;
    }
    [low, 0, u32::from_le_bytes([r0, r1, r2, r3]), top]
}

/// The Linux set for a FreeBSD set; signals without a Linux number are left out.
pub fn sigset_to_linux(set: &BsdSigset) -> u64 {
    let [low, _, realtime, top] = *set;
    let mut classic = 0;
    for (mask, rotation) in GROUPS {
        classic |= low.rotate_right(rotation) & mask;
    }
    if top & BSD_PWR != 0 {
        classic |= LINUX_PWR;
    }
    if top & BSD_STKFLT != 0 {
        classic |= LINUX_STKFLT;
    }
    u64::from(classic) | u64::from(realtime) << 31 | u64::from(top & 1) << 63
}

/// The bit of a signal in a Linux set.
pub const fn sigset_bit(signal: LinuxSignal) -> u64 {
    1_u64.rotate_left(signal.number().wrapping_sub(1).cast_unsigned())
}

/// The signals that a program's own instructions cause.
const SYNCHRONOUS: u64 = sigset_bit(LinuxSignal::SIGSEGV)
    | sigset_bit(LinuxSignal::SIGBUS)
    | sigset_bit(LinuxSignal::SIGILL)
    | sigset_bit(LinuxSignal::SIGTRAP)
    | sigset_bit(LinuxSignal::SIGFPE)
    | sigset_bit(LinuxSignal::SIGSYS);

/// Of several pending signals, that which Linux takes first: a synchronous one, else the one with
/// the lowest number of Linux's. None if there is none that Linux knows.
pub fn first_pending(pending: &BsdSigset) -> Option<BsdSigset> {
    let all = sigset_to_linux(pending);
    let first = match all & SYNCHRONOUS {
        0 => all,
        synchronous => synchronous,
    };
    (first != 0).then(|| sigset_to_bsd(first & first.wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fast set conversion agrees with the signals one by one.
    #[test]
    fn sets_follow_the_signals() {
        for n in 1..=64 {
            let signal = LinuxSignal::new(n).unwrap();
            let bsd = signal.to_bsd().number() as usize - 1;
            let mut expected = [0; 4];
            expected[bsd / 32] = 1 << (bsd % 32);
            assert_eq!(sigset_bit(signal), 1 << (n - 1));
            assert_eq!(sigset_to_bsd(sigset_bit(signal)), expected);
            assert_eq!(sigset_to_linux(&expected), sigset_bit(signal));
        }
    }

    /// Sets survive the way there and back.
    #[test]
    fn sets_round_trip() {
        let mut set: u64 = 0x9e37_79b9_7f4a_7c15;
        for _ in 0..10_000 {
            assert_eq!(sigset_to_linux(&sigset_to_bsd(set)), set);
            set = set.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        }
        for set in [0, u64::MAX] {
            assert_eq!(sigset_to_linux(&sigset_to_bsd(set)), set);
        }
    }

    /// A FreeBSD set's foreign signals vanish without touching the others.
    #[test]
    fn foreign_signals_leave_a_set() {
        assert_eq!(sigset_to_linux(&[u32::MAX; 4]), u64::MAX);
        assert_eq!(sigset_to_linux(&[1 << 6 | 1 << 28, u32::MAX, 0, !0b111]), 0);
    }

    /// SIGUSR1 is 10 and SIGCHLD 17 on Linux; on FreeBSD it is the other way round.
    #[test]
    fn order() {
        let set = |signals: &[LinuxSignal]| {
            sigset_to_bsd(signals.iter().fold(0, |set, s| set | sigset_bit(*s)))
        };
        let (usr1, chld) = (LinuxSignal::SIGUSR1, LinuxSignal::SIGCHLD);
        let (term, segv) = (LinuxSignal::SIGTERM, LinuxSignal::SIGSEGV);
        assert_eq!(first_pending(&set(&[chld, usr1])), Some(set(&[usr1])));
        assert_eq!(first_pending(&set(&[usr1, segv])), Some(set(&[segv])));
        assert_eq!(first_pending(&set(&[chld, term])), Some(set(&[term])));
        assert_eq!(first_pending(&set(&[])), None);
    }
}
