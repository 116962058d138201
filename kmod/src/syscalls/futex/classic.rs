// SPDX-License-Identifier: BSD-2-Clause
//! futex(2).
//!
//! FreeBSD: the queues and the PI mutexes of kern_umtx.c.
//! Differences from Linux: FUTEX_UNLOCK_PI wakes the first waiter instead of making it the owner;
//! who waits with FUTEX_LOCK_PI for a thread that ends without a robust list stays; FUTEX_CMP_REQUEUE_PI
//! does not check what lock its waiters wait for; FUTEX_WAIT on a shared mapping needs the right to
//! write there.

use kpi::kern::futex::{self, Timeout, Word};
use kpi::kern::futex_pi;
use kpi::{Cx, Errno, Result, UserIn, UserInOut};
use linux_abi::bsd;
use linux_abi::c::l_timespec;
use linux_abi::futex::{FutexCommand, FutexOp, WakeOp, futex_op, plain_wait, plain_wake};
use linux_abi::timer::clamp_span;

/// Does what the command in `op` says; gives 0 or how many waiters were touched.
///
/// ENOSYS for unknown commands; EINVAL for an odd address, a wrong time or an empty bit
/// set; EFAULT; and what the command says.
pub(crate) fn futex(
    cx: &mut Cx<'_>,
    uaddr: UserInOut<u32>,
    op: i32,
    val: u32,
    utime_or_val2: u64,
    uaddr2: UserInOut<u32>,
    val3: u32,
) -> Result<i32> {
    // By far the most frequent one, from every unlock.
    if let Some(private) = plain_wake(op) {
        let word = Word::new(uaddr.addr(), !private)?;
        return futex::wake(cx, word, val.cast_signed(), u32::MAX);
    }
    // The next one, from a lock or a join that has to wait, as a rule without a limit.
    if let (Some(private), 0) = (plain_wait(op), utime_or_val2) {
        let word = Word::new(uaddr.addr(), !private)?;
        return futex::wait(cx, word, val, u32::MAX, None).map(|()| 0);
    }
    other(cx, (uaddr, uaddr2), op, val, utime_or_val2, val3)
}

/// All but the plain ones.
#[inline(never)]
fn other(
    cx: &mut Cx<'_>,
    (uaddr, uaddr2): (UserInOut<u32>, UserInOut<u32>),
    op: i32,
    val: u32,
    utime_or_val2: u64,
    val3: u32,
) -> Result<i32> {
    let op = futex_op(op)?;
    let word = || Word::new(uaddr.addr(), !op.private);
    let words = || Ok::<_, kpi::Fail>((word()?, Word::new(uaddr2.addr(), !op.private)?));
    // CAST: the value of the fourth argument in the commands without a time, an int.
    let val2 = utime_or_val2 as i32;
    let count = val.cast_signed();
    match op.command {
        FutexCommand::Wake => futex::wake(cx, word()?, count, u32::MAX),
        FutexCommand::WakeBitset => {
            let mask = not_empty(val3)?;
            futex::wake(cx, word()?, count, mask)
        }
        FutexCommand::Wait => {
            let timeout = timeout(cx, op, utime_or_val2)?;
            futex::wait(cx, word()?, val, u32::MAX, timeout).map(|()| 0)
        }
        FutexCommand::WaitBitset => {
            let timeout = timeout(cx, op, utime_or_val2)?;
            let mask = not_empty(val3)?;
            futex::wait(cx, word()?, val, mask, timeout).map(|()| 0)
        }
        FutexCommand::Requeue | FutexCommand::CmpRequeue => {
            if count < 0 || val2 < 0 {
                return Err(Errno::EINVAL.into());
            }
            let expected = (op.command == FutexCommand::CmpRequeue).then_some(val3);
            futex::requeue(cx, words()?, (count, val2), expected)
        }
        FutexCommand::WakeOp => {
            let words = words()?;
            futex::wake_op(cx, words, (count, val2), WakeOp::parse(val3)?)
        }
        FutexCommand::LockPi | FutexCommand::LockPi2 => {
            let timeout = timeout(cx, op, utime_or_val2)?;
            futex_pi::lock(cx, word()?, timeout, false).map(|()| 0)
        }
        FutexCommand::TrylockPi => futex_pi::lock(cx, word()?, None, true).map(|()| 0),
        FutexCommand::UnlockPi => futex_pi::unlock(cx, word()?).map(|()| 0),
        FutexCommand::WaitRequeuePi => {
            let timeout = timeout(cx, op, utime_or_val2)?;
            let words = two(words()?)?;
            futex_pi::wait_and_lock(cx, words, val, timeout).map(|()| 0)
        }
        FutexCommand::CmpRequeuePi => {
            // "val (nr_wake) must be 1" (futex(2)).
            if count != 1 || val2 < 0 {
                return Err(Errno::EINVAL.into());
            }
            let (from, _) = two(words()?)?;
            futex::requeue_to_lock(cx, from, val2, val3)
        }
    }
}

/// EINVAL for one word twice.
fn two(words: (Word, Word)) -> Result<(Word, Word)> {
    if words.0 == words.1 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(words)
    }
}

fn not_empty(mask: u32) -> Result<u32> {
    if mask == 0 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(mask)
    }
}

fn timeout(cx: &mut Cx<'_>, op: FutexOp, addr: u64) -> Result<Option<Timeout>> {
    let Some(user) = UserIn::<l_timespec>::from_reg_opt(addr) else {
        return Ok(None);
    };
    let time = user.read(cx)?.check_timeout()?;
    Ok(Some(Timeout {
        time: clamp_span(time),
        clock: if op.realtime {
            bsd::CLOCK_REALTIME
        } else {
            bsd::CLOCK_UPTIME
        },
        absolute: op.absolute,
    }))
}
