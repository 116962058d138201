// SPDX-License-Identifier: BSD-2-Clause
//! System V semaphores: sysv_sem.c.

use linux_abi::c::l_timespec;
use linux_abi::ipc::{BsdSemaphores, Owner};

use super::ipc::{List, not_owner, to_perm, with_owner};
use crate::{Cx, Errno, Result, UserAddr, check};

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

/// semop(2) on operations in user memory, at most for a time. EINVAL, E2BIG, EFBIG, EAGAIN, EACCES,
/// EIDRM, EINTR, ENOSPC, ERANGE.
pub fn kern_semop(
    cx: &mut Cx<'_>,
    set: i32,
    operations: UserAddr,
    count: usize,
    timeout: Option<l_timespec>,
) -> Result<()> {
    let mut time = timeout.map(|time| ffi::timespec {
        tv_sec: time.tv_sec,
        tv_nsec: time.tv_nsec,
    });
    let time = time
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: current; the operations are a user address (kernel copy), and struct sembuf is the
    // same on both systems; the time is in kernel memory.
    check(unsafe { ffi::kern_semop(cx.td(), set, operations.as_ptr(), count, time) })
}

fn to_abi(ds: &ffi::semid_ds) -> BsdSemaphores {
    BsdSemaphores {
        perm: to_perm(&ds.sem_perm),
        nsems: ds.sem_nsems,
        otime: ds.sem_otime,
        ctime: ds.sem_ctime,
    }
}

/// semctl(2) with what it takes and gives in `arg`.
fn control(
    cx: &mut Cx<'_>,
    set: i32,
    number: i32,
    command: i32,
    mut arg: ffi::semun,
) -> Result<i32> {
    let mut value = 0;
    // SAFETY: current; `arg` has what the command needs: a value, an address in user memory (kernel
    // copy), or a structure of the caller's.
    check(unsafe {
        ffi::kern_semctl(cx.td(), set, number, command, &raw mut arg, &raw mut value)
    })?;
    // CAST: values and numbers are ints.
    Ok(value as i32)
}

/// GETVAL, SETALL and the like, FreeBSD's numbers; an array is in user memory. EACCES, EFAULT, EINVAL,
/// ERANGE.
pub fn values(
    cx: &mut Cx<'_>,
    set: i32,
    number: i32,
    command: i32,
    array: UserAddr,
) -> Result<i32> {
    let array = array.as_ptr();
    control(cx, set, number, command, ffi::semun { array })
}

/// SETVAL.
pub fn set_value(cx: &mut Cx<'_>, set: i32, number: i32, val: i32) -> Result<i32> {
    let command = ffi::SETVAL.cast_signed();
    control(cx, set, number, command, ffi::semun { val })
}

/// IPC_RMID. EPERM.
pub fn remove(cx: &mut Cx<'_>, set: i32) -> Result<()> {
    let command = ffi::IPC_RMID.cast_signed();
    control(cx, set, 0, command, ffi::semun { val: 0 })
        .map(|_| ())
        .map_err(not_owner)
}

/// IPC_STAT, or SEM_STAT of a place in the table; the set's number comes with the latter.
pub fn status(cx: &mut Cx<'_>, set: i32, by_place: bool) -> Result<(i32, BsdSemaphores)> {
    // SAFETY: integers and a pointer, for all of which zero is a value.
    let mut ds: ffi::semid_ds = unsafe { core::mem::zeroed() };
    let command = if by_place {
        ffi::SEM_STAT
    } else {
        ffi::IPC_STAT
    };
    let arg = ffi::semun { buf: &raw mut ds };
    let id = control(cx, set, 0, command.cast_signed(), arg)?;
    Ok((id, to_abi(&ds)))
}

/// IPC_SET. EPERM.
pub fn set_owner(cx: &mut Cx<'_>, set: i32, owner: &Owner) -> Result<()> {
    // SAFETY: as in `status`.
    let mut ds: ffi::semid_ds = unsafe { core::mem::zeroed() };
    with_owner(&mut ds.sem_perm, owner);
    let arg = ffi::semun { buf: &raw mut ds };
    control(cx, set, 0, ffi::IPC_SET.cast_signed(), arg)
        .map(|_| ())
        .map_err(not_owner)
}

/// Calls with each place of the table that is in use and may be seen.
pub fn each(cx: &mut Cx<'_>, mut call: impl FnMut(usize, &BsdSemaphores)) -> Result<()> {
    let mut list = core::ptr::null_mut();
    let mut count = 0;
    // SAFETY: current; gives an array from malloc(9) and its length.
    check(unsafe { ffi::kern_get_sema(cx.td(), &raw mut list, &raw mut count) })?;
    // SAFETY: as the kernel has just given them.
    let list = unsafe { List::<ffi::semid_kernel>::own(list, count) };
    for (at, set) in list.iter().enumerate() {
        // SEM_ALLOC.
        if u32::from(set.u.sem_perm.mode) & ffi::SEM_ALLOC != 0 {
            call(at, &to_abi(&set.u));
        }
    }
    Ok(())
}

/// Whether there is such a thing in this jail. ENOSYS.
pub fn allowed(cx: &mut Cx<'_>) -> Result<()> {
    match values(cx, -1, 0, ffi::GETVAL.cast_signed(), UserAddr::from_reg(0)) {
        Err(fail) if fail == Errno::ENOSYS.into() => Err(fail),
        _ => Ok(()),
    }
}

/// `struct seminfo`, in its order.
pub fn limits() -> [i32; 9] {
    // SAFETY: integers that an administrator may change at any time.
    let of = unsafe { core::ptr::read_volatile(&raw const ffi::seminfo) };
    [
        of.semmni, of.semmns, of.semmnu, of.semmsl, of.semopm, of.semume, of.semusz, of.semvmx,
        of.semaem,
    ]
}
