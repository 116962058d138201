// SPDX-License-Identifier: BSD-2-Clause
//! futex_wake, futex_wait, futex_requeue (since Linux 6.7): one command each, with the
//! size of the word in the flags.
//!
//! FreeBSD: the queues of kern_umtx.c.
//! Differences from Linux: FUTEX2_NUMA and FUTEX2_MPOL are EINVAL, as on Linux before 6.16.

use kpi::kern::futex::{self, Timeout, Word};
use kpi::{Cx, Errno, Result, UserAddr, UserIn, UserInOut};
use linux_abi::c::{l_futex_waitv, l_timespec};
use linux_abi::futex2::{is_shared, narrow, wait_clock};
use linux_abi::timer::clamp_span;

/// Wakes up to `nr` waiters with a bit of `mask`; how many. EINVAL for unknown flags, an
/// empty mask or one beyond 32 bits; EFAULT.
pub(crate) fn futex_wake(
    cx: &mut Cx<'_>,
    uaddr: UserInOut<u32>,
    mask: u64,
    nr: i32,
    flags: u32,
) -> Result<i32> {
    let shared = is_shared(flags)?;
    let mask = not_empty(narrow(mask)?)?;
    let word = Word::new(uaddr.addr(), shared)?;
    if nr == 0 {
        return Ok(0);
    }
    futex::wake(cx, word, nr, mask)
}

/// Waits, if the word is `val`, until a moment. EINVAL for unknown flags or clocks, an
/// empty mask, a value or mask beyond 32 bits, a wrong time; EAGAIN for another value;
/// ETIMEDOUT, EINTR, EFAULT.
pub(crate) fn futex_wait(
    cx: &mut Cx<'_>,
    uaddr: UserInOut<u32>,
    val: u64,
    mask: u64,
    flags: u32,
    timeout: Option<UserIn<l_timespec>>,
    clockid: i32,
) -> Result<()> {
    let shared = is_shared(flags)?;
    let (val, mask) = (narrow(val)?, not_empty(narrow(mask)?)?);
    let timeout = match timeout {
        Some(timeout) => {
            let clock = wait_clock(clockid)?;
            let time = clamp_span(timeout.read(cx)?.check_timeout()?);
            Some(Timeout {
                time,
                clock,
                absolute: true,
            })
        }
        None => None,
    };
    let word = Word::new(uaddr.addr(), shared)?;
    futex::wait(cx, word, val, mask, timeout)
}

/// Wakes waiters of the first word and moves others to the second, if the first has its
/// value; how many. EINVAL for unknown flags or negative numbers; EAGAIN, EFAULT.
pub(crate) fn futex_requeue(
    cx: &mut Cx<'_>,
    waiters: UserIn<[l_futex_waitv; 2]>,
    flags: u32,
    nr_wake: i32,
    nr_requeue: i32,
) -> Result<i32> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let [from, to] = waiters.read(cx)?;
    if nr_wake < 0 || nr_requeue < 0 || from.__reserved != 0 || to.__reserved != 0 {
        return Err(Errno::EINVAL.into());
    }
    let word = |w: &l_futex_waitv| Word::new(UserAddr::from_reg(w.uaddr), is_shared(w.flags)?);
    let words = (word(&from)?, word(&to)?);
    futex::requeue(cx, words, (nr_wake, nr_requeue), Some(narrow(from.val)?))
}

fn not_empty(mask: u32) -> Result<u32> {
    if mask == 0 {
        Err(Errno::EINVAL.into())
    } else {
        Ok(mask)
    }
}
