// SPDX-License-Identifier: BSD-2-Clause
//! Sleeping on user memory, waking who sleeps there, and moving sleepers on:
//! kern_umtx.c, through the queues of [`crate::futex`].
//!
//! A waiter looks at the word and queues itself under one lock. Whoever changes the word
//! wakes afterwards, and so finds every waiter that has seen the old value.

use core::ffi::c_int;

use linux_abi::c::l_timespec;
use linux_abi::futex::WakeOp;

use super::time::to_bsd;
use crate::futex::{Key, wake_mask};
use crate::{Cx, Errno, Fail, Result, UserAddr, check};

/// A word that threads meet at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word {
    addr: u64,
    shared: bool,
}

impl Word {
    /// The word at `addr`; `shared` if other processes may meet there too. EINVAL unless
    /// it is aligned, EFAULT beyond the user's addresses.
    #[inline]
    pub fn new(addr: UserAddr, shared: bool) -> Result<Word> {
        let addr = addr.raw();
        if !addr.is_multiple_of(4) {
            return Err(Errno::EINVAL.into());
        }
        if addr >= ffi::LRS_MAXUSER {
            return Err(Errno::EFAULT.into());
        }
        Ok(Word { addr, shared })
    }

    /// Whether other processes may meet there.
    pub(super) fn is_shared(self) -> bool {
        self.shared
    }

    /// The key of a lock whose waiters lend their priority.
    pub(super) fn lock_key(self, _cx: &Cx<'_>) -> Result<Key> {
        // SAFETY: current: a Cx is made on its own thread, with its user map.
        unsafe { Key::of_lock(self.addr, self.shared) }.map_err(Fail::from_kernel)
    }

    pub(super) fn key(self, _cx: &Cx<'_>) -> Result<Key> {
        // SAFETY: current: a Cx is made on its own thread, with its user map.
        unsafe { Key::get(self.addr, self.shared) }.map_err(Fail::from_kernel)
    }

    /// The value, faulted in if need be. EFAULT.
    pub(super) fn fetch(self, _cx: &mut Cx<'_>) -> Result<u32> {
        let mut value = 0u32;
        // SAFETY: kernel copy: fueword32(9) checks the address.
        match unsafe { ffi::fueword32(self.addr as *const _, (&raw mut value).cast()) } {
            0 => Ok(value),
            _ => Err(Errno::EFAULT.into()),
        }
    }

    /// Stores `new` if the value is `old`; the value that was there instead. EFAULT.
    pub(super) fn replace(self, _cx: &mut Cx<'_>, old: u32, new: u32) -> Result<Option<u32>> {
        let mut seen = old;
        // SAFETY: kernel copy: casueword32(9) checks the address.
        match unsafe { ffi::casueword32(self.addr as *mut _, old, &raw mut seen, new) } {
            0 => Ok(None),
            1 => Ok(Some(seen)),
            _ => Err(Errno::EFAULT.into()),
        }
    }
}

/// When a wait ends by itself.
#[derive(Clone, Copy)]
pub struct Timeout {
    /// A span, or a moment on the clock.
    pub time: l_timespec,
    /// FreeBSD's clock.
    pub clock: i32,
    /// Whether it is a moment.
    pub absolute: bool,
}

/// Wakes up to `count` waiters, at least one, that have a bit in common with `mask`; how many.
#[inline]
pub fn wake(_cx: &mut Cx<'_>, word: Word, count: i32, mask: u32) -> Result<i32> {
    // SAFETY: current: a Cx is made on its own thread, with its user map.
    unsafe { wake_mask(word.addr, count, word.shared, mask) }.map_err(Fail::from_kernel)
}

/// The kernel's form of a timeout.
pub(super) fn kernel_timeout(timeout: Timeout) -> ffi::umtx_abs_timeout {
    // SAFETY: umtx_abs_timeout is plain data.
    let mut out: ffi::umtx_abs_timeout = unsafe { core::mem::zeroed() };
    let mut time = to_bsd(timeout.time);
    if timeout.absolute && time.tv_sec == 0 && time.tv_nsec == 0 {
        // To the kernel the very first moment is none at all, and it would wait for ever.
        time.tv_nsec = 1;
    }
    let absolute = c_int::from(timeout.absolute);
    // SAFETY: both structures are whole.
    unsafe {
        ffi::umtx_abs_timeout_init(&raw mut out, timeout.clock, absolute, &raw const time);
    }
    out
}

/// Waits, if the word has the value `expected`, until it is woken with a bit of `mask`.
///
/// EAGAIN for another value, ETIMEDOUT, EFAULT; EINTR with a timeout, without one the
/// handler's flags decide whether the call runs again.
#[inline]
pub fn wait(
    cx: &mut Cx<'_>,
    word: Word,
    expected: u32,
    mask: u32,
    timeout: Option<Timeout>,
) -> Result<()> {
    let mut timeout = timeout.map(kernel_timeout);
    let timed = timeout.is_some();
    let timeout = timeout
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    let key = word.key(cx)?;
    // SAFETY: current: every thread has its own umtx_q, not queued. The key's reference goes along and is
    // released as the key that uq has then: a waiter may be moved (requeue).
    let error = unsafe {
        let uq = (*cx.td()).td_umtxq;
        (*uq).uq_key = key.into_raw();
        (*uq).uq_bitset = mask;
        let error = ffi::lrs_futex_wait(uq, word.addr as *const _, expected, timeout);
        if (*uq).uq_key.shared != 0 {
            ffi::umtx_key_release(&raw mut (*uq).uq_key);
        }
        error
    };
    match check(error) {
        Err(Fail::RESTART) if timed => Err(Errno::EINTR.into()),
        done => done,
    }
}

/// The chains of two keys, locked.
struct Chains<'k> {
    from: &'k mut Key,
    to: &'k mut Key,
}

impl<'k> Chains<'k> {
    fn lock(from: &'k mut Key, to: &'k mut Key) -> Self {
        // SAFETY: both keys are referenced; the shim takes the locks in one order everywhere.
        unsafe { ffi::lrs_umtxq_lock_two(from.as_mut(), to.as_mut()) };
        Chains { from, to }
    }

    fn waiting(&mut self) -> i32 {
        // SAFETY: the chain is locked.
        unsafe { ffi::umtxq_count(self.from.as_mut()) }
    }

    /// The value of the word if it can be had without a fault.
    fn peek(&self, word: Word) -> Option<u32> {
        let mut value = 0u32;
        let to = (&raw mut value).cast();
        // SAFETY: kernel copy; this form does not sleep.
        let error = unsafe { ffi::copyin_nofault(word.addr as *const _, to, size_of::<u32>()) };
        (error == 0).then_some(value)
    }

    /// Wakes `wake` waiters and moves up to `moves` others; how many it touched.
    fn requeue(&mut self, wake: i32, moves: i32, same: bool) -> i32 {
        // SAFETY: both chains are locked.
        unsafe {
            if moves > 0 && !same {
                return ffi::umtxq_requeue(self.from.as_mut(), wake, self.to.as_mut(), moves);
            }
            let woken = if wake > 0 {
                ffi::umtxq_signal_mask(self.from.as_mut(), wake, u32::MAX)
            } else {
                0
            };
            // Waiters that are moved to where they are count, and stay.
            woken.wrapping_add(moves)
        }
    }
}

impl Drop for Chains<'_> {
    fn drop(&mut self) {
        // SAFETY: locked in `lock`, of the same keys.
        unsafe { ffi::lrs_umtxq_unlock_two(self.from.as_mut(), self.to.as_mut()) };
    }
}

/// Wakes `wake` waiters of one word and moves up to `moves` more to another, if the
/// first word still has the value `expected`; how many it touched.
///
/// EAGAIN for another value, EFAULT.
pub fn requeue(
    cx: &mut Cx<'_>,
    (from, to): (Word, Word),
    (wake, moves): (i32, i32),
    expected: Option<u32>,
) -> Result<i32> {
    let mut from_key = from.key(cx)?;
    let mut to_key = to.key(cx)?;
    let same = from_key.matches(&to_key);
    // Each waiter releases the key it has when it wakes up. So the new key needs a
    // reference for each that moves, taken before the locks.
    let mut prepared = 0;
    let (touched, moved) = loop {
        let mut chains = Chains::lock(&mut from_key, &mut to_key);
        if let Some(expected) = expected {
            match chains.peek(from) {
                Some(value) if value == expected => {}
                Some(_) => {
                    drop(chains);
                    to_key.unreference(prepared);
                    return Err(Errno::EAGAIN.into());
                }
                None => {
                    drop(chains);
                    if let Err(fail) = from.fetch(cx) {
                        to_key.unreference(prepared);
                        return Err(fail);
                    }
                    continue;
                }
            }
        }
        let waiting = chains.waiting();
        let moving = waiting.saturating_sub(wake).clamp(0, moves);
        if !same && moving > prepared {
            drop(chains);
            to_key.reference(moving.saturating_sub(prepared));
            prepared = moving;
            continue;
        }
        let touched = chains.requeue(wake, moving, same);
        break (touched, if same { 0 } else { moving });
    };
    super::futex_many::woken();
    to_key.unreference(prepared.saturating_sub(moved));
    from_key.unreference(moved);
    Ok(touched)
}

/// Wakes one waiter of a word and up to `moves` others, each of which goes on to take the lock it named
/// ([`super::futex_pi`]); how many. EAGAIN where the word is not `expected`, EFAULT.
///
/// Linux moves the others to the lock, where they wait in the order of their priorities; here they come
/// there by themselves.
pub fn requeue_to_lock(cx: &mut Cx<'_>, from: Word, moves: i32, expected: u32) -> Result<i32> {
    requeue(
        cx,
        (from, from),
        (moves.saturating_add(1), 0),
        Some(expected),
    )
}

/// Changes the second word, wakes waiters of the first and, if the second had the right
/// value, of the second too; how many. EFAULT.
pub fn wake_op(
    cx: &mut Cx<'_>,
    (first, second): (Word, Word),
    (count, count2): (i32, i32),
    op: WakeOp,
) -> Result<i32> {
    let mut old = second.fetch(cx)?;
    while let Some(seen) = second.replace(cx, old, op.apply(old))? {
        old = seen;
    }
    let woken = wake(cx, first, count, u32::MAX)?;
    let also = if op.wakes(old) {
        wake(cx, second, count2, u32::MAX)?
    } else {
        0
    };
    Ok(woken.saturating_add(also))
}
