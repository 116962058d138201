// SPDX-License-Identifier: BSD-2-Clause
//! futex_waitv(2).
//!
//! FreeBSD: the queues of kern_umtx.c, an entry for each word.
//! Differences from Linux: FUTEX2_NUMA and FUTEX2_MPOL are EINVAL, as on Linux before 6.16.

use kpi::kern::futex::{Timeout, Word};
use kpi::kern::futex_many::{MOST, Wanted, wait_many};
use kpi::{Cx, Errno, Result, UserAddr, UserArrayIn, UserIn};
use linux_abi::c::{l_futex_waitv, l_timespec};
use linux_abi::futex2::{is_shared, narrow, wait_clock};
use linux_abi::timer::clamp_span;

/// Waits until one of up to 128 words is woken: its index. EINVAL for none or more, unknown flags
/// and clocks, a wrong time; EAGAIN where one has another value; ETIMEDOUT, EFAULT.
pub(crate) fn futex_waitv(
    cx: &mut Cx<'_>,
    waiters: UserArrayIn<l_futex_waitv>,
    count: u32,
    flags: u32,
    timeout: Option<UserIn<l_timespec>>,
    clockid: i32,
) -> Result<i32> {
    // CAST: an unsigned int.
    let count = count as usize;
    if flags != 0 || count == 0 || count > MOST || waiters.addr().is_null() {
        return Err(Errno::EINVAL.into());
    }
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
    let nothing = Wanted {
        word: Word::new(UserAddr::from_reg(0), false)?,
        value: 0,
    };
    let mut wanted = [nothing; MOST];
    for (index, place) in wanted.iter_mut().enumerate().take(count) {
        let waiter = waiters.read_at(cx, index)?;
        if waiter.__reserved != 0 {
            return Err(Errno::EINVAL.into());
        }
        let shared = is_shared(waiter.flags)?;
        *place = Wanted {
            word: Word::new(UserAddr::from_reg(waiter.uaddr), shared)?,
            value: narrow(waiter.val)?,
        };
    }
    wait_many(cx, wanted.get(..count).unwrap_or_default(), timeout)
}
