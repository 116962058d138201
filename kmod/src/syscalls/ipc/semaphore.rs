// SPDX-License-Identifier: BSD-2-Clause
//! semget(2), semop(2).
//!
//! FreeBSD: sys_semget, sys_semop (sysv_sem.c).
//! Differences from Linux: the limits are those of kern.ipc, which are lower.

use kpi::kern::semaphore;
use kpi::{Cx, Errno, Result, UserArrayIn};
use linux_abi::c::l_sembuf;

/// SEMMSL of linux/sem.h: semaphores in a set.
const SET_MOST: i32 = 32000;
/// SEMOPM: operations in a call.
const OPERATIONS_MOST: u32 = 500;

/// The set for a key, made if asked. Linux looks at the size first, of a set that exists too.
pub(crate) fn semget(cx: &mut Cx<'_>, key: i32, count: i32, flags: i32) -> Result<i32> {
    if !(0..=SET_MOST).contains(&count) {
        return Err(Errno::EINVAL.into());
    }
    semaphore::semget(cx, key, count, flags)
}

/// Does the operations, all or none. Linux looks at their number before the set.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn semop(
    cx: &mut Cx<'_>,
    set: i32,
    operations: UserArrayIn<l_sembuf>,
    count: u32,
) -> Result<()> {
    match count {
        0 => Err(Errno::EINVAL.into()),
        1..=OPERATIONS_MOST => semaphore::semop(cx, set, operations.addr(), count as usize),
        _ => Err(Errno::E2BIG.into()),
    }
}
