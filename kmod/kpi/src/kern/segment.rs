// SPDX-License-Identifier: BSD-2-Clause
//! System V shared memory: sysv_shm.c.

use linux_abi::ipc::{BsdSegment, Owner};

use super::ipc::{List, not_owner, to_perm, with_owner};
use crate::{Cx, Result, UserAddr, check};

/// shmget(2): the segment's number. EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ENOSYS in a jail without them.
pub fn shmget(cx: &mut Cx<'_>, key: i32, size: usize, flags: i32) -> Result<i32> {
    let mut args = ffi::shmget_args {
        key: i64::from(key),
        size,
        shmflg: flags,
        // SAFETY: what remains of the structure is padding arrays.
        ..unsafe { core::mem::zeroed() }
    };
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_shmget(cx.td(), &raw mut args) })?;
    // CAST: the number of a segment is an int.
    Ok(cx.retval() as i32)
}

/// shmat(2), with FreeBSD's flags: where it was attached. EACCES, EINVAL, EMFILE, ENOMEM.
pub fn kern_shmat(cx: &mut Cx<'_>, segment: i32, at: UserAddr, flags: i32) -> Result<u64> {
    // SAFETY: current; the address is one of the user's map.
    check(unsafe { ffi::kern_shmat(cx.td(), segment, at.as_ptr::<()>().cast(), flags) })?;
    Ok(cx.retval())
}

/// shmctl(2) with a structure of the command's kind.
fn control<T>(cx: &mut Cx<'_>, segment: i32, command: u32, buf: &mut T) -> Result<i32> {
    cx.set_retval(0);
    // SAFETY: current; `buf` is what the command reads or writes, in kernel memory.
    check(unsafe {
        ffi::kern_shmctl(
            cx.td(),
            segment,
            command.cast_signed(),
            core::ptr::from_mut(buf).cast(),
            core::ptr::null_mut(),
        )
    })?;
    // CAST: numbers are ints.
    Ok(cx.retval() as i32)
}

fn to_abi(ds: &ffi::shmid_ds) -> BsdSegment {
    BsdSegment {
        perm: to_perm(&ds.shm_perm),
        segsz: ds.shm_segsz as u64,
        lpid: ds.shm_lpid,
        cpid: ds.shm_cpid,
        nattch: ds.shm_nattch,
        atime: ds.shm_atime,
        dtime: ds.shm_dtime,
        ctime: ds.shm_ctime,
    }
}

/// IPC_RMID. EPERM.
pub fn remove(cx: &mut Cx<'_>, segment: i32) -> Result<()> {
    control(cx, segment, ffi::IPC_RMID, &mut [0_u8; 0])
        .map(|_| ())
        .map_err(not_owner)
}

/// IPC_STAT, or SHM_STAT of a place in the table; the segment's number comes with the latter.
pub fn status(cx: &mut Cx<'_>, segment: i32, by_place: bool) -> Result<(i32, BsdSegment)> {
    // SAFETY: integers, for all of which zero is a value.
    let mut ds: ffi::shmid_ds = unsafe { core::mem::zeroed() };
    let command = if by_place {
        ffi::SHM_STAT
    } else {
        ffi::IPC_STAT
    };
    let id = control(cx, segment, command, &mut ds)?;
    Ok((id, to_abi(&ds)))
}

/// IPC_SET. EPERM.
pub fn set_owner(cx: &mut Cx<'_>, segment: i32, owner: &Owner) -> Result<()> {
    // SAFETY: as in `status`.
    let mut ds: ffi::shmid_ds = unsafe { core::mem::zeroed() };
    with_owner(&mut ds.shm_perm, owner);
    control(cx, segment, ffi::IPC_SET, &mut ds)
        .map(|_| ())
        .map_err(not_owner)
}

/// Calls with each place of the table that is in use and may be seen. ENOSYS in a jail without them.
pub fn each(cx: &mut Cx<'_>, mut call: impl FnMut(usize, &BsdSegment)) -> Result<()> {
    let mut list = core::ptr::null_mut();
    let mut count = 0;
    // SAFETY: current; gives an array from malloc(9) and its length.
    check(unsafe { ffi::kern_get_shmsegs(cx.td(), &raw mut list, &raw mut count) })?;
    // SAFETY: as the kernel has just given them.
    let list = unsafe { List::<ffi::shmid_kernel>::own(list, count) };
    for (at, segment) in list.iter().enumerate() {
        if u32::from(segment.u.shm_perm.mode) & ffi::SHMSEG_ALLOCATED != 0 {
            call(at, &to_abi(&segment.u));
        }
    }
    Ok(())
}

/// `struct shminfo`, in its order. ENOSYS in a jail without shared memory.
pub fn limits(cx: &mut Cx<'_>) -> Result<[u64; 5]> {
    // SAFETY: integers, for all of which zero is a value.
    let mut of: ffi::shminfo = unsafe { core::mem::zeroed() };
    control(cx, 0, ffi::IPC_INFO, &mut of)?;
    Ok([of.shmmax, of.shmmin, of.shmmni, of.shmseg, of.shmall])
}
