// SPDX-License-Identifier: BSD-2-Clause
//! Sleeping on several words at once (futex_waitv).
//!
//! A thread has one queue entry, and a sleeper one channel. So each word gets an entry of its own,
//! and the thread sleeps on a channel that all such threads share; whoever wakes a futex wakes that
//! channel as well while anybody is on it. A woken entry is off its queue.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::futex::{Timeout, Word};
use super::time::kern_clock_gettime;
use crate::mem::KBox;
use crate::{Cx, Errno, Result, check};

/// `FUTEX_WAITV_MAX`.
pub const MOST: usize = 128;

/// How many threads wait for several words.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// To be called by who has taken an entry off a queue, with no queue locked.
#[inline]
pub(crate) fn woken() {
    if WAITING.load(Ordering::Relaxed) != 0 {
        // SAFETY: the shim locks for itself.
        unsafe { ffi::lrs_waitv_wakeup() };
    }
}

/// One word to wait for.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Where.
    pub word: Word,
    /// The value it must still have.
    pub value: u32,
}

/// Queue entries of the current thread, off their queues and freed when dropped.
struct Entries {
    entries: KBox<[*mut ffi::umtx_q; MOST]>,
    used: usize,
}

impl Entries {
    fn iter(&self) -> impl Iterator<Item = *mut ffi::umtx_q> + '_ {
        self.entries.iter().copied().take(self.used)
    }

    /// Queues one more for a word.
    fn add(&mut self, cx: &mut Cx<'_>, word: Word) -> Result<()> {
        let key = word.key(cx)?;
        let place = self.entries.get_mut(self.used).ok_or(Errno::EINVAL)?;
        // SAFETY: a fresh entry of this thread; the key's reference goes along, and is released as
        // the key the entry has in the end.
        unsafe {
            let entry = ffi::umtxq_alloc();
            (*entry).uq_thread = cx.td();
            (*entry).uq_key = key.into_raw();
            (*entry).uq_bitset = u32::MAX;
            ffi::lrs_umtxq_lock(&raw mut (*entry).uq_key);
            ffi::umtxq_insert_queue(entry, ffi::UMTX_SHARED_QUEUE.cast_signed());
            ffi::lrs_umtxq_unlock(&raw mut (*entry).uq_key);
            *place = entry;
        }
        self.used += 1;
        Ok(())
    }

    /// The first that has been woken.
    fn first_woken(&self) -> Option<usize> {
        // SAFETY: an entry of ours; the flag is one word, which wakers clear before they wake.
        self.iter().position(|entry| unsafe {
            core::ptr::read_volatile(&raw const (*entry).uq_flags) & ffi::UQF_UMTXQ.cast_signed()
                == 0
        })
    }

    /// Takes all off their queues: the first that was woken before that.
    fn leave(&mut self) -> Option<usize> {
        let mut first = None;
        for (index, entry) in self.iter().enumerate() {
            // SAFETY: an entry of ours; its chain is locked for the look and the change.
            unsafe {
                ffi::lrs_umtxq_lock_queued(entry);
                if (*entry).uq_flags & ffi::UQF_UMTXQ.cast_signed() == 0 {
                    first = first.or(Some(index));
                } else {
                    ffi::umtxq_remove_queue(entry, ffi::UMTX_SHARED_QUEUE.cast_signed());
                }
                ffi::lrs_umtxq_unlock(&raw mut (*entry).uq_key);
                ffi::umtx_key_release(&raw mut (*entry).uq_key);
                ffi::umtxq_free(entry);
            }
        }
        self.used = 0;
        first
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        self.leave();
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits until one of the words is woken: its index. The time is a moment on its clock.
///
/// EAGAIN where one has another value, ETIMEDOUT, EFAULT, EINTR; a handler's flags decide whether
/// the call runs again.
pub fn wait_many(cx: &mut Cx<'_>, wanted: &[Wanted], timeout: Option<Timeout>) -> Result<i32> {
    WAITING.fetch_add(1, Ordering::SeqCst);
    let mut entries = Entries {
        entries: KBox::new_waitok([core::ptr::null_mut(); MOST]),
        used: 0,
    };
    for one in wanted {
        entries.add(cx, one.word)?;
        match one.word.fetch(cx) {
            Ok(value) if value == one.value => {}
            other => {
                // Who was woken meanwhile must not lose that.
                return match (entries.leave(), other) {
                    (Some(index), _) => Ok(number(index)),
                    (None, Ok(_)) => Err(Errno::EAGAIN.into()),
                    (None, Err(fail)) => Err(fail),
                };
            }
        }
    }
    let mut ended = Ok(());
    while ended.is_ok() {
        let left = match timeout {
            Some(timeout) => Some(time_left(cx, timeout)?),
            None => None,
        };
        if left == Some(0) {
            ended = Err(Errno::ETIMEDOUT.into());
            break;
        }
        // SAFETY: the shim's lock orders the look before every wakeup that follows it.
        let error = unsafe {
            ffi::lrs_waitv_lock();
            let error = match entries.first_woken() {
                Some(_) => None,
                // 0: for ever.
                None => Some(ffi::lrs_waitv_sleep(left.unwrap_or(0))),
            };
            ffi::lrs_waitv_unlock();
            error
        };
        ended = match error.map(check) {
            None => break,
            // The time is looked at again.
            Some(Err(fail)) if fail == Errno::EAGAIN.into() => Ok(()),
            Some(other) => other,
        };
    }
    match (entries.leave(), ended) {
        (Some(index), _) => Ok(number(index)),
        (None, Err(fail)) => Err(fail),
        (None, Ok(())) => Err(Errno::EAGAIN.into()),
    }
}

fn number(index: usize) -> i32 {
    // CAST: below MOST.
    index as i32
}

/// Nanoseconds until the moment, 0 if it has passed.
fn time_left(cx: &mut Cx<'_>, timeout: Timeout) -> Result<u64> {
    let now = kern_clock_gettime(cx, timeout.clock)?;
    let whole = timeout.time.tv_sec.saturating_sub(now.tv_sec);
    let rest = timeout.time.tv_nsec.saturating_sub(now.tv_nsec);
    let left = whole.saturating_mul(1_000_000_000).saturating_add(rest);
    Ok(u64::try_from(left).unwrap_or(0))
}
