// SPDX-License-Identifier: BSD-2-Clause
//! System V semaphores: sysv_sem.c.

use crate::{Cx, Result, UserAddr, check};

/// semget(2): the set's number. EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, ENOSYS in a jail without them.
pub fn semget(cx: &mut Cx<'_>, key: i32, count: i32, flags: i32) -> Result<i32> {
    let mut args = ffi::semget_args {
        key: i64::from(key),
        nsems: count,
        semflg: flags,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_semget(cx.td(), &raw mut args) })?;
    // CAST: the number of a set is an int.
    Ok(cx.retval() as i32)
}

/// semop(2) on operations in user memory. EINVAL, E2BIG, EFBIG, EAGAIN, EACCES, EIDRM, ENOSPC.
pub fn semop(cx: &mut Cx<'_>, set: i32, operations: UserAddr, count: usize) -> Result<()> {
    let mut args = ffi::semop_args {
        semid: set,
        sops: operations.as_ptr(),
        nsops: count,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole; the operations are a user address (kernel copy), and
    // struct sembuf is the same on both systems.
    check(unsafe { ffi::sys_semop(cx.td(), &raw mut args) })
}
