// SPDX-License-Identifier: BSD-2-Clause
//! Local sockets of type SOCK_SEQPACKET. A record is what was sent with MSG_EOR on FreeBSD, and what one
//! call has sent on Linux; what of it does not fit where it is read to stays on FreeBSD, and is lost on
//! Linux.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use linux_abi::fd::Fd;

use super::io::MOST;
use crate::{Cx, Errno, Result, check};

/// Transfers of fewer bytes need not be looked at: 0 once a Linux process has made such a socket.
static PLAIN_BELOW: AtomicUsize = AtomicUsize::new(MOST + 1);

/// One was made.
pub fn made() {
    PLAIN_BELOW.store(0, Relaxed);
}

/// How many bytes a transfer has at least for which it matters what it goes to.
#[inline(always)]
pub(super) fn plain_below() -> usize {
    PLAIN_BELOW.load(Relaxed)
}

/// Whether it is one.
#[inline]
pub fn is(cx: &Cx<'_>, fd: Fd) -> bool {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    plain_below() == 0 && unsafe { ffi::lrs_records(cx.td(), fd.0) }
}

/// Waits until a record of that length fits. EMSGSIZE where it never will; EAGAIN instead of waiting;
/// EINTR.
pub(super) fn wait_for_room(cx: &mut Cx<'_>, fd: Fd, len: usize, at_once: bool) -> Result<()> {
    loop {
        // SAFETY: current; the shim looks the descriptor up and drops it again.
        let room = check(unsafe { ffi::lrs_records_room(cx.td(), fd.0, len) });
        match room {
            Err(fail) if fail == Errno::EAGAIN.into() && !at_once => nap(cx)?,
            answer => return answer,
        }
    }
}

/// Loses the rest of a record: how many bytes that was.
#[cold]
pub(super) fn skip(cx: &mut Cx<'_>, fd: Fd) -> usize {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    unsafe { ffi::lrs_records_skip(cx.td(), fd.0) }
}

/// Sleeps for a tick. EINTR.
pub fn nap(_cx: &mut Cx<'_>) -> Result<()> {
    // SAFETY: no lock is held: a Cx is not lent to any guard.
    check(unsafe { ffi::lrs_nap() })
}
