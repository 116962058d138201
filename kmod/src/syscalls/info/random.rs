// SPDX-License-Identifier: BSD-2-Clause
//! getrandom(2).
//!
//! FreeBSD: sys_getrandom (sys_getrandom.c).
//! Differences from Linux: GRND_INSECURE means GRND_NONBLOCK: before there is good randomness,
//! EAGAIN and not bad randomness.

use kpi::kern::info;
use kpi::{Cx, Result, UserBytesOut};
use linux_abi::random::random_flags;

/// The most bytes of one call, as on Linux.
const MOST: u64 = i32::MAX.unsigned_abs() as u64;

/// How many random bytes were stored. EAGAIN, EFAULT, EINVAL.
pub(crate) fn getrandom(cx: &mut Cx<'_>, buf: UserBytesOut, len: u64, flags: u32) -> Result<usize> {
    info::getrandom(cx, buf, len.min(MOST), random_flags(flags)?)
}
