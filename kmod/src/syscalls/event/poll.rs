// SPDX-License-Identifier: BSD-2-Clause
//! poll(2), ppoll(2).
//!
//! FreeBSD: kern_poll_kfds (sys_generic.c).
//! Differences from Linux: POLLOUT is not told together with POLLHUP of a socket; POLLMSG and
//! POLLREMOVE are ignored.

use kpi::kern::poll;
use kpi::{Cx, Errno, Result, UserArrayInOut, UserIn, UserInOut};
use linux_abi::c::{l_pollfd, l_sigset_t, l_timespec};
use linux_abi::sigset::{BsdSigset, LINUX_SIGSET_BYTES, sigset_to_bsd};
use linux_abi::time::timeout_from_msec;

/// Waits up to `timeout` milliseconds, forever if negative: how many have something to tell.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn poll(
    cx: &mut Cx<'_>,
    fds: UserArrayInOut<l_pollfd>,
    n: u32,
    timeout: i32,
) -> Result<i32> {
    poll::poll(cx, &fds, n, timeout_from_msec(timeout).as_ref(), None)
}

/// The same with a finer timeout, of which the rest is written back, and a signal mask.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn ppoll(
    cx: &mut Cx<'_>,
    fds: UserArrayInOut<l_pollfd>,
    n: u32,
    timeout: Option<UserInOut<l_timespec>>,
    mask: Option<UserIn<l_sigset_t>>,
    mask_size: u64,
) -> Result<i32> {
    let limit = match &timeout {
        Some(user) => Some(user.read(cx)?.check_timeout()?),
        None => None,
    };
    let mask = temporary_mask(cx, mask, mask_size)?;
    let clock = Countdown::start(cx, limit);

    let ready = poll::poll(cx, &fds, n, limit.as_ref(), mask.as_ref());

    if let (Some(user), Some(rest)) = (timeout, clock.rest(cx)) {
        // Linux does not let a failure here spoil the answer (poll_select_finish).
        let _ = user.write(cx, &rest);
    }
    ready
}

/// The mask to be in force during a call. EINVAL for a size that is not Linux's.
pub(crate) fn temporary_mask(
    cx: &mut Cx<'_>,
    mask: Option<UserIn<l_sigset_t>>,
    size: u64,
) -> Result<Option<BsdSigset>> {
    let Some(mask) = mask else {
        return Ok(None);
    };
    if size != LINUX_SIGSET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    Ok(Some(sigset_to_bsd(mask.read(cx)?.sig)))
}

/// Tells what is left of a timeout.
pub(super) struct Countdown(Option<i64>);

impl Countdown {
    /// Starts it. Linux writes nothing back for no timeout and for one of 0.
    pub(super) fn start(cx: &Cx<'_>, limit: Option<l_timespec>) -> Self {
        let limit = limit
            .map(l_timespec::to_nsec_saturating)
            .filter(|nsec| *nsec != 0);
        Countdown(limit.map(|nsec| poll::uptime_nsec(cx).saturating_add(nsec)))
    }

    /// What is left, at least 0; `None` where nothing is to be written back.
    pub(super) fn rest(&self, cx: &Cx<'_>) -> Option<l_timespec> {
        let end = self.0?;
        Some(l_timespec::from_nsec(
            end.saturating_sub(poll::uptime_nsec(cx)).max(0),
        ))
    }
}
