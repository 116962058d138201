// SPDX-License-Identifier: BSD-2-Clause
//! The operation word of futex(2), and the little program of FUTEX_WAKE_OP.

use linux_raw_sys::general as linux;

use crate::errno::Errno;

/// A command of futex(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the commands of futex(2)")]
pub enum FutexCommand {
    Wait,
    Wake,
    Requeue,
    CmpRequeue,
    WakeOp,
    LockPi,
    UnlockPi,
    TrylockPi,
    WaitBitset,
    WakeBitset,
    WaitRequeuePi,
    CmpRequeuePi,
    LockPi2,
}

/// The operation word, taken apart.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FutexOp {
    /// The command.
    pub command: FutexCommand,
    /// Only the threads of this process share the futex.
    pub private: bool,
    /// A timeout is of CLOCK_REALTIME.
    pub realtime: bool,
    /// A timeout is a moment, not a span.
    pub absolute: bool,
}

const fn plain(op: i32, command: u32) -> Option<bool> {
    let raw = op.cast_unsigned();
    if raw & !linux::FUTEX_PRIVATE_FLAG == command {
        Some(raw & linux::FUTEX_PRIVATE_FLAG != 0)
    } else {
        None
    }
}

/// Whether a FUTEX_WAKE without any other flag is for the threads of this process only; `None`
/// for all else.
pub const fn plain_wake(op: i32) -> Option<bool> {
    plain(op, linux::FUTEX_WAKE)
}

/// The same of a FUTEX_WAIT.
pub const fn plain_wait(op: i32) -> Option<bool> {
    plain(op, linux::FUTEX_WAIT)
}

/// Reads the operation word. ENOSYS for commands that do not exist (FUTEX_FD, since
/// Linux 2.6.26) and for FUTEX_CLOCK_REALTIME with a command that has no use for it;
/// that includes FUTEX_WAIT, against what futex(2) says.
pub const fn futex_op(op: i32) -> Result<FutexOp, Errno> {
    use FutexCommand::*;
    let raw = op.cast_unsigned();
    let flags = linux::FUTEX_PRIVATE_FLAG | linux::FUTEX_CLOCK_REALTIME;
    let command = match raw & !flags {
        linux::FUTEX_WAIT => Wait,
        linux::FUTEX_WAKE => Wake,
        linux::FUTEX_REQUEUE => Requeue,
        linux::FUTEX_CMP_REQUEUE => CmpRequeue,
        linux::FUTEX_WAKE_OP => WakeOp,
        linux::FUTEX_LOCK_PI => LockPi,
        linux::FUTEX_UNLOCK_PI => UnlockPi,
        linux::FUTEX_TRYLOCK_PI => TrylockPi,
        linux::FUTEX_WAIT_BITSET => WaitBitset,
        linux::FUTEX_WAKE_BITSET => WakeBitset,
        linux::FUTEX_WAIT_REQUEUE_PI => WaitRequeuePi,
        linux::FUTEX_CMP_REQUEUE_PI => CmpRequeuePi,
        linux::FUTEX_LOCK_PI2 => LockPi2,
        _ => return Err(Errno::ENOSYS),
    };
    let flagged = raw & linux::FUTEX_CLOCK_REALTIME != 0;
    if flagged && !matches!(command, WaitBitset | WaitRequeuePi | LockPi2) {
        return Err(Errno::ENOSYS);
    }
    Ok(FutexOp {
        command,
        private: raw & linux::FUTEX_PRIVATE_FLAG != 0,
        // FUTEX_LOCK_PI counts by CLOCK_REALTIME without being asked.
        realtime: flagged || matches!(command, LockPi),
        absolute: !matches!(command, Wait),
    })
}

/// What FUTEX_WAKE_OP does to the second word, and when it wakes waiters there.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct WakeOp {
    op: u32,
    operand: i32,
    compare: u32,
    against: i32,
}

/// FUTEX_OP_OPARG_SHIFT: the operand is the number of a bit.
const OPARG_SHIFT: u32 = linux::FUTEX_OP_OPARG_SHIFT;

/// Twelve bits as a signed number.
const fn sign_extend_12(bits: u32) -> i32 {
    bits.wrapping_shl(20).cast_signed() >> 20
}

impl WakeOp {
    /// Reads the packed word `val3`: four bits of operation, four of comparison and
    /// twice twelve of signed operand. ENOSYS for an unknown operation or comparison.
    pub const fn parse(packed: u32) -> Result<WakeOp, Errno> {
        let op = (packed >> 28) & 7;
        let compare = (packed >> 24) & 0xf;
        let operand = sign_extend_12((packed >> 12) & 0xfff);
        let against = sign_extend_12(packed & 0xfff);
        if op > linux::FUTEX_OP_XOR || compare > linux::FUTEX_OP_CMP_GE {
            return Err(Errno::ENOSYS);
        }
        let operand = if (packed >> 28) & OPARG_SHIFT != 0 {
            // Linux uses the low five bits of a shift that is out of range.
            1_i32.wrapping_shl(operand.cast_unsigned() & 31)
        } else {
            operand
        };
        Ok(WakeOp {
            op,
            operand,
            compare,
            against,
        })
    }

    /// The new value of the word.
    pub const fn apply(self, old: u32) -> u32 {
        let operand = self.operand.cast_unsigned();
        match self.op {
            linux::FUTEX_OP_SET => operand,
            linux::FUTEX_OP_ADD => old.wrapping_add(operand),
            linux::FUTEX_OP_OR => old | operand,
            linux::FUTEX_OP_ANDN => old & !operand,
            _ => old ^ operand,
        }
    }

    /// Whether the old value of the word wakes its waiters.
    pub const fn wakes(self, old: u32) -> bool {
        let old = old.cast_signed();
        match self.compare {
            linux::FUTEX_OP_CMP_EQ => old == self.against,
            linux::FUTEX_OP_CMP_NE => old != self.against,
            linux::FUTEX_OP_CMP_LT => old < self.against,
            linux::FUTEX_OP_CMP_LE => old <= self.against,
            linux::FUTEX_OP_CMP_GT => old > self.against,
            _ => old >= self.against,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirteen commands exist; FUTEX_FD is gone.
    #[test]
    fn commands() {
        let known = (0..128).filter(|op| futex_op(*op).is_ok());
        let expected: Vec<i32> = (0..14).filter(|op| *op != 2).collect();
        assert_eq!(known.collect::<Vec<_>>(), expected);
        assert_eq!(futex_op(-1), Err(Errno::ENOSYS));
        assert_eq!(futex_op(1 << 9), Err(Errno::ENOSYS));
    }

    /// FUTEX_CLOCK_REALTIME goes with three commands.
    #[test]
    fn realtime_flag() {
        let known = (0..14).filter(|op| futex_op(op | 256).is_ok());
        assert_eq!(known.collect::<Vec<_>>(), [9, 11, 13]);
        assert!(futex_op(6).unwrap().realtime);
        assert!(!futex_op(13).unwrap().realtime);
    }

    /// FUTEX_WAIT alone waits for a span.
    #[test]
    fn spans_and_moments() {
        assert!(!futex_op(128).unwrap().absolute);
        assert!(futex_op(128 | 9).unwrap().absolute);
        assert!(futex_op(128).unwrap().private);
    }

    /// What glibc's pthread_cond_signal used: set to 0, wake if it was above 1.
    #[test]
    fn wake_op_of_glibc() {
        let op = WakeOp::parse(4 << 24 | 1).unwrap();
        assert_eq!(op.apply(77), 0);
        assert!(op.wakes(2) && !op.wakes(1) && !op.wakes(u32::MAX));
    }

    /// Operands are signed, or bit numbers.
    #[test]
    fn wake_op_operands() {
        let add = WakeOp::parse(1 << 28 | 0xfff << 12).unwrap();
        assert_eq!(add.apply(5), 4);
        assert_eq!(add.apply(0), u32::MAX);
        let bit = WakeOp::parse((2 | 8) << 28 | 3 << 12).unwrap();
        assert_eq!(bit.apply(1), 9);
        let far = WakeOp::parse((2 | 8) << 28 | 35 << 12).unwrap();
        assert_eq!(far.apply(0), 8);
    }

    /// Unknown operations and comparisons are ENOSYS; nothing panics.
    #[test]
    fn wake_op_any_word() {
        for top in 0..=255_u32 {
            for rest in [0, 0xfff, 0x00ff_f000, 0x00ff_ffff, 0x0080_0800] {
                let parsed = WakeOp::parse(top << 24 | rest);
                assert_eq!(parsed.is_ok(), (top >> 4) & 7 < 5 && top & 15 < 6);
                if let Ok(op) = parsed {
                    op.apply(u32::MAX);
                    op.wakes(0x8000_0000);
                }
            }
        }
    }
}
