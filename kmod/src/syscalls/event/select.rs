// SPDX-License-Identifier: BSD-2-Clause
//! select(2), pselect6(2).
//!
//! FreeBSD: kern_pselect (sys_generic.c); the sets have the same bits.
//! Differences from Linux: a timeout of pselect6 counts in microseconds, rounded up.

use kpi::kern::poll::{self, FdSets};
use kpi::{Cx, Result, UserArrayInOut, UserIn, UserInOut};
use linux_abi::c::{l_pselect6arg, l_sigset_t, l_timespec, l_timeval, l_ulong};

use super::poll::{Countdown, temporary_mask};

type Set = Option<UserArrayInOut<l_ulong>>;

/// Waits until a descriptor below `n` in one of the sets is ready: how many bits are left in them.
pub(crate) fn select(
    cx: &mut Cx<'_>,
    n: i32,
    read: Set,
    write: Set,
    except: Set,
    timeout: Option<UserInOut<l_timeval>>,
) -> Result<i32> {
    let limit = match &timeout {
        Some(user) => Some(user.read(cx)?.normalize_for_select()?),
        None => None,
    };
    let fine = match limit {
        Some(tv) => Some(tv.to_timespec()?),
        None => None,
    };
    let clock = Countdown::start(cx, fine);

    let ready = poll::select(
        cx,
        n,
        &FdSets {
            read,
            write,
            except,
        },
        limit.as_ref(),
        None,
    );

    if let (Some(user), Some(rest)) = (timeout, clock.rest(cx)) {
        let rest = l_timeval {
            tv_sec: rest.tv_sec,
            tv_usec: rest.tv_nsec.wrapping_div(1000),
        };
        // Linux does not let a failure here spoil the answer (poll_select_finish).
        let _ = user.write(cx, &rest);
    }
    ready
}

/// The same with a finer timeout and a signal mask.
pub(crate) fn pselect6(
    cx: &mut Cx<'_>,
    n: i32,
    read: Set,
    write: Set,
    except: Set,
    timeout: Option<UserInOut<l_timespec>>,
    mask: Option<UserIn<l_pselect6arg>>,
) -> Result<i32> {
    let (mask, size) = match mask {
        Some(user) => {
            let arg = user.read(cx)?;
            (UserIn::<l_sigset_t>::from_reg_opt(arg.ss), arg.ss_len)
        }
        None => (None, 0),
    };
    let fine = match &timeout {
        Some(user) => Some(user.read(cx)?.check_timeout()?),
        None => None,
    };
    let limit = fine.map(l_timespec::to_timeval_up);
    let mask = temporary_mask(cx, mask, size)?;
    let clock = Countdown::start(cx, fine);

    let ready = poll::select(
        cx,
        n,
        &FdSets {
            read,
            write,
            except,
        },
        limit.as_ref(),
        mask.as_ref(),
    );

    if let (Some(user), Some(rest)) = (timeout, clock.rest(cx)) {
        // Linux does not let a failure here spoil the answer (poll_select_finish).
        let _ = user.write(cx, &rest);
    }
    ready
}
