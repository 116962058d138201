// SPDX-License-Identifier: BSD-2-Clause
//! Locks whose word holds the owner's thread id (futex(2), "Priority-inheritance futexes"): the PI
//! mutexes of kern_umtx.c, under keys of TYPE_PI_FUTEX.
//!
//! The kernel's record of a lock (`struct umtx_pi`) exists while threads come to the kernel for it. It
//! knows the owner and, by priority, who waits; the owner runs with the best priority of those, and so
//! does the owner of the lock that it waits for itself.
//!
//! Whoever unlocks leaves the word without an owner and wakes the first waiter, which takes the lock
//! like anybody else; Linux hands it over.

use core::ffi::c_int;
use core::ptr::{self, NonNull};

use super::futex::{Timeout, Word, kernel_timeout, wait};
use super::signal::kernel_thread;
use crate::futex::{Key, TID_MASK, WAITERS};
use crate::{Cx, Errno, Fail, Result, check};

/// The kernel's record of a lock, referenced until dropped.
struct Record {
    key: Key,
    pi: NonNull<ffi::umtx_pi>,
    shared: bool,
}

impl Record {
    fn get(cx: &Cx<'_>, word: Word) -> Result<Record> {
        let mut key = word.lock_key(cx)?;
        // SAFETY: the key is referenced; its chain is locked around the search, the insertion and the
        // new reference.
        let pi = unsafe {
            ffi::lrs_umtxq_lock(key.as_mut());
            let mut pi = ffi::umtx_pi_lookup(key.as_mut());
            if pi.is_null() {
                ffi::lrs_umtxq_unlock(key.as_mut());
                let new = ffi::umtx_pi_alloc(ffi::M_WAITOK.cast_signed());
                ffi::lrs_umtxq_lock(key.as_mut());
                pi = ffi::umtx_pi_lookup(key.as_mut());
                if pi.is_null() {
                    (*new).pi_key = *key.as_mut();
                    ffi::umtx_pi_insert(new);
                    pi = new;
                } else {
                    ffi::umtx_pi_free(new);
                }
            }
            ffi::umtx_pi_ref(pi);
            ffi::lrs_umtxq_unlock(key.as_mut());
            NonNull::new_unchecked(pi)
        };
        Ok(Record {
            key,
            pi,
            shared: word.is_shared(),
        })
    }

    /// Keeps others from changing the record and the word, until unbusy.
    fn busy(&mut self) {
        // SAFETY: the key is referenced, its chain not locked.
        unsafe { ffi::umtxq_busy_unlocked(self.key.as_mut()) };
    }

    fn unbusy(&mut self) {
        // SAFETY: as above, after busy.
        unsafe { ffi::umtxq_unbusy_unlocked(self.key.as_mut()) };
    }

    /// Makes the caller, whose id is in the word, the owner. EINVAL where the record has another one.
    fn claim(&mut self, cx: &Cx<'_>) -> Result<()> {
        // SAFETY: the record is referenced; chain locked and busy as umtx_pi_claim wants it.
        let error = unsafe {
            ffi::lrs_umtxq_lock(self.key.as_mut());
            ffi::umtxq_busy(self.key.as_mut());
            let error = ffi::umtx_pi_claim(self.pi.as_ptr(), cx.td());
            ffi::umtxq_unbusy(self.key.as_mut());
            ffi::lrs_umtxq_unlock(self.key.as_mut());
            error
        };
        if error == 0 {
            Ok(())
        } else {
            Err(Errno::EINVAL.into())
        }
    }

    /// Sleeps until the lock is given up, lending its owner the caller's priority; ends busy.
    fn sleep(
        &mut self,
        cx: &Cx<'_>,
        owner: i32,
        timeout: Option<&mut ffi::umtx_abs_timeout>,
    ) -> Result<()> {
        let timeout = timeout.map_or(ptr::null_mut(), ptr::from_mut);
        // SAFETY: current: every thread has its own umtx_q, not queued now. Its key is the record's,
        // whose reference outlasts the sleep: nobody requeues from such a key. The chain is locked and
        // busy, and neither afterwards.
        check(unsafe {
            let uq = (*cx.td()).td_umtxq;
            (*uq).uq_key = *self.key.as_mut();
            (*uq).uq_bitset = u32::MAX;
            ffi::lrs_umtxq_lock(self.key.as_mut());
            let name = c"futexpi".as_ptr();
            // CAST: a C unsigned int.
            let owner = owner.cast_unsigned();
            ffi::umtxq_sleep_pi(uq, self.pi.as_ptr(), owner, name, timeout, self.shared)
        })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // SAFETY: referenced in `get`; the key's reference goes after.
        unsafe {
            ffi::lrs_umtxq_lock(self.key.as_mut());
            ffi::umtx_pi_unref(self.pi.as_ptr());
            ffi::lrs_umtxq_unlock(self.key.as_mut());
        }
    }
}

/// Takes the lock, if need be when its owner gives it up.
///
/// EAGAIN where it is held and `only_try` is set; EDEADLK where the caller holds it;
/// ESRCH for an owner that does not exist; EINVAL where the word and the kernel disagree; ETIMEDOUT,
/// EFAULT. A signal always makes the call run again.
pub fn lock(cx: &mut Cx<'_>, word: Word, timeout: Option<Timeout>, only_try: bool) -> Result<()> {
    let me = cx.tid().cast_unsigned();
    let mut timeout = timeout.map(kernel_timeout);
    let mut record = Record::get(cx, word)?;
    let mut value = word.fetch(cx)?;
    let mut ended = None;
    loop {
        let owner = value & TID_MASK;
        if owner == me {
            return Err(Errno::EDEADLK.into());
        }
        if owner == 0 {
            if let Some(seen) = word.replace(cx, value, me | value)? {
                value = seen;
                continue;
            }
            if value == 0 {
                return Ok(());
            }
            // Others wait, or did: what they lend is the caller's now.
            let claimed = record.claim(cx);
            if claimed.is_err() {
                word.replace(cx, me | value, value)?;
            }
            return claimed;
        }
        if only_try {
            return Err(Errno::EAGAIN.into());
        }
        if let Some(fail) = ended {
            return Err(fail);
        }
        let owner = kernel_thread(owner.cast_signed()).ok_or(Errno::ESRCH)?;
        record.busy();
        match word.replace(cx, value, value | WAITERS) {
            Ok(None) => {}
            Ok(Some(seen)) => {
                record.unbusy();
                value = seen;
                continue;
            }
            Err(fail) => {
                record.unbusy();
                return Err(fail);
            }
        }
        match record.sleep(cx, owner, timeout.as_mut()) {
            Ok(()) => {}
            // It may be free by now all the same.
            Err(Fail::RESTART | Fail::EINTR) => ended = Some(Fail::RESTART),
            Err(fail) => ended = Some(fail),
        }
        value = word.fetch(cx)?;
    }
}

/// Gives the lock up and wakes the first waiter. EPERM where another holds it, EINVAL where the word and
/// the kernel disagree; EFAULT.
pub fn unlock(cx: &mut Cx<'_>, word: Word) -> Result<()> {
    let me = cx.tid().cast_unsigned();
    let mut value = word.fetch(cx)?;
    loop {
        if value & TID_MASK != me {
            return Err(Errno::EPERM.into());
        }
        if value & WAITERS != 0 {
            break;
        }
        match word.replace(cx, value, 0)? {
            None => return Ok(()),
            Some(seen) => value = seen,
        }
    }
    let mut key = word.lock_key(cx)?;
    let mut count: c_int = 0;
    // SAFETY: current; the key is referenced, its chain locked and busy as umtx_pi_drop wants it.
    let error = unsafe {
        ffi::lrs_umtxq_lock(key.as_mut());
        ffi::umtxq_busy(key.as_mut());
        let error = ffi::umtx_pi_drop(cx.td(), key.as_mut(), false, &raw mut count);
        ffi::lrs_umtxq_unlock(key.as_mut());
        error
    };
    let done = if error == 0 {
        // With the bit set a program does not take the lock by itself, past the waiters.
        give_up(cx, word, value, if count > 1 { WAITERS } else { 0 })
    } else {
        Err(Errno::EINVAL.into())
    };
    // SAFETY: made busy above.
    unsafe { ffi::umtxq_unbusy_unlocked(key.as_mut()) };
    done
}

/// Stores `left` over a value of the caller's.
fn give_up(cx: &mut Cx<'_>, word: Word, mut value: u32, left: u32) -> Result<()> {
    let me = value & TID_MASK;
    while let Some(seen) = word.replace(cx, value, left)? {
        if seen & TID_MASK != me {
            return Err(Errno::EINVAL.into());
        }
        value = seen;
    }
    Ok(())
}

/// Waits, if the word has the value `expected`, until it is woken, by FUTEX_CMP_REQUEUE_PI too, and
/// then takes the lock.
///
/// EAGAIN for another value, and where a signal comes in the wait for the lock; ETIMEDOUT, EFAULT; as
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
        Err(Fail::EINTR) => Err(Fail::RESTART),
        Err(fail) => Err(fail),
    }
}
