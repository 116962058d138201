// SPDX-License-Identifier: BSD-2-Clause
//! Locks whose word holds the owner's thread id (futex(2), "Priority-inheritance
//! futexes"), on the same queues as all futexes.
//!
//! The owner is not lent the priority of who waits. Whoever unlocks leaves the word
//! without an owner and wakes one waiter, which takes the lock like anybody else.

use super::futex::{Timeout, Word, wait, wake};
use super::signal::thread_exists;
use crate::{Cx, Errno, Fail, Result};

const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;
const TID_MASK: u32 = 0x3fff_ffff;

/// Takes the lock, if need be when its owner gives it up.
///
/// EAGAIN where it is held and `only_try` is set; EDEADLK where the caller holds it;
/// ESRCH for an owner that does not exist; ETIMEDOUT, EFAULT. A signal always makes the
/// call run again.
pub fn lock(cx: &mut Cx<'_>, word: Word, timeout: Option<Timeout>, only_try: bool) -> Result<()> {
    let me = cx.tid().cast_unsigned();
    let mut value = word.fetch(cx)?;
    loop {
        let owner = value & TID_MASK;
        if owner == me {
            return Err(Errno::EDEADLK.into());
        }
        if owner == 0 {
            let waiters = if word.waiting(cx)? > 0 { WAITERS } else { 0 };
            match word.replace(cx, value, me | (value & OWNER_DIED) | waiters)? {
                None => return Ok(()),
                Some(seen) => value = seen,
            }
            continue;
        }
        if only_try {
            return Err(Errno::EAGAIN.into());
        }
        if !thread_exists(owner.cast_signed()) {
            return Err(Errno::ESRCH.into());
        }
        if let Some(seen) = word.replace(cx, value, value | WAITERS)? {
            value = seen;
            continue;
        }
        match wait(cx, word, value | WAITERS, u32::MAX, timeout) {
            Ok(()) | Err(Fail::Errno(Errno::EAGAIN)) => {}
            Err(Fail::Restart | Fail::Errno(Errno::EINTR)) => return Err(Fail::Restart),
            Err(fail) => return Err(fail),
        }
        value = word.fetch(cx)?;
    }
}

/// Gives the lock up and wakes one waiter. EPERM where another holds it; EFAULT.
pub fn unlock(cx: &mut Cx<'_>, word: Word) -> Result<()> {
    let me = cx.tid().cast_unsigned();
    let mut value = word.fetch(cx)?;
    loop {
        if value & TID_MASK != me {
            return Err(Errno::EPERM.into());
        }
        // With the bit set a program does not take the lock by itself, past the waiters.
        let left = if word.waiting(cx)? > 1 { WAITERS } else { 0 };
        match word.replace(cx, value, left)? {
            None => break,
            Some(seen) => value = seen,
        }
    }
    wake(cx, word, 1, u32::MAX).map(|_| ())
}

/// Says in the word that somebody waits, if somebody holds the lock. EFAULT.
pub(super) fn mark_waiters(cx: &mut Cx<'_>, word: Word) -> Result<()> {
    let mut value = word.fetch(cx)?;
    while value & TID_MASK != 0 && value & WAITERS == 0 {
        match word.replace(cx, value, value | WAITERS)? {
            None => return Ok(()),
            Some(seen) => value = seen,
        }
    }
    Ok(())
}

/// Waits, if the word has the value `expected`, until it is woken or moved to the lock, and then
/// takes the lock.
///
/// EAGAIN for another value, and where a signal comes once it has been moved; ETIMEDOUT, EFAULT; as
/// lock.
pub fn wait_and_lock(
    cx: &mut Cx<'_>,
    (word, lock_word): (Word, Word),
    expected: u32,
    timeout: Option<Timeout>,
) -> Result<()> {
    match wait(cx, word, expected, u32::MAX, timeout) {
        Ok(()) => lock(cx, lock_word, timeout, false),
        // The time is a moment, so that the call can run again.
        Err(Fail::Errno(Errno::EINTR)) => Err(Fail::Restart),
        Err(fail) => Err(fail),
    }
}
