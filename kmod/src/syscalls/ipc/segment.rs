// SPDX-License-Identifier: BSD-2-Clause
//! shmget(2), shmat(2), shmctl(2); shmdt(2) is FreeBSD's own.
//!
//! FreeBSD: sys_shmget, kern_shmat, kern_shmctl, kern_get_shmsegs (sysv_shm.c).
//! Differences from Linux: the limits are those of kern.ipc; a size is rounded up to pages; the rights that
//! shmget asks for of a segment that exists are checked when it is attached;
//! segments are not locked in memory by SHM_LOCK (ENOMEM, as beyond RLIMIT_MEMLOCK), but all of them with
//! kern.ipc.shm_use_phys; SHM_INFO knows nothing of memory and swap.

use kpi::kern::mem::MAX_USER;
use kpi::kern::segment;
use kpi::{Cx, Errno, Fail, Result, UserAddr, UserIn, UserInOut, UserOut};
use linux_abi::c::{l_shm_info, l_shmid_ds, l_shminfo};
use linux_abi::ipc::{
    self, Command, Owner, ShmCommand, may_make, shm_command, shm_limits, shm_usage, shmat_flags,
    shmget_flags,
};

/// The segment for a key, made if asked.
pub(crate) fn shmget(cx: &mut Cx<'_>, key: i32, size: usize, flags: i32) -> Result<i32> {
    let bsd = match shmget_flags(flags, size, may_make(key, flags)) {
        Ok(bsd) => bsd,
        // One that exists may be had with any size of pages.
        Err(errno) => {
            return match segment::shmget(cx, key, size, 0) {
                Err(fail) if key == 0 || fail == Errno::ENOENT.into() => Err(errno.into()),
                found => found,
            };
        }
    };
    segment::shmget(cx, key, size, bsd)
}

/// Maps a segment.
pub(crate) fn shmat(cx: &mut Cx<'_>, segment: i32, addr: UserAddr, flags: i32) -> Result<UserAddr> {
    if segment < 0 {
        return Err(Errno::EINVAL.into());
    }
    let bsd = match shmat_flags(flags, addr.raw()) {
        Ok(bsd) => bsd,
        // EINVAL where there is no such segment.
        Err(errno) => {
            segment::status(cx, segment, false)?;
            return Err(errno.into());
        }
    };
    match segment::kern_shmat(cx, segment, addr, bsd) {
        Ok(at) => Ok(UserAddr::from_reg(at)),
        // What is there is in the way.
        Err(Fail::ENOMEM) if !addr.is_null() && addr.raw() < MAX_USER => Err(Errno::EINVAL.into()),
        Err(fail) => Err(fail),
    }
}

/// Does what the command says.
pub(crate) fn shmctl(
    cx: &mut Cx<'_>,
    segment: i32,
    cmd: i32,
    buf: Option<UserInOut<l_shmid_ds>>,
) -> Result<i32> {
    if segment < 0 || cmd < 0 {
        return Err(Errno::EINVAL.into());
    }
    let addr = buf.map_or(0, |buf| buf.addr().raw());
    match shm_command(cmd)? {
        ShmCommand::Common(command) => common(cx, segment, command, addr),
        ShmCommand::Lock => {
            segment::status(cx, segment, false)?;
            Err(Errno::ENOMEM.into())
        }
        // None is locked.
        ShmCommand::Unlock => segment::status(cx, segment, false).map(|_| 0),
    }
}

fn common(cx: &mut Cx<'_>, segment: i32, command: Command, addr: u64) -> Result<i32> {
    let out = UserOut::<l_shmid_ds>::from_reg(addr);
    match command {
        Command::Remove => segment::remove(cx, segment).map(|()| 0),
        Command::Set => {
            let ds = UserIn::<l_shmid_ds>::from_reg(addr).read(cx)?;
            segment::set_owner(cx, segment, &Owner::of(&ds.shm_perm)).map(|()| 0)
        }
        Command::Stat => {
            let (_, ds) = segment::status(cx, segment, false)?;
            out.write(cx, &ds.to_linux()).map(|()| 0)
        }
        Command::StatAt => {
            let (id, ds) = segment::status(cx, segment, true)?;
            out.write(cx, &ds.to_linux()).map(|()| id)
        }
        Command::StatAny => {
            segment::limits(cx)?;
            let mut found = None;
            segment::each(cx, |at, ds| {
                if usize::try_from(segment) == Ok(at) {
                    found = Some((ipc::id(at, ds.perm.seq), *ds));
                }
            })?;
            let (id, ds) = found.ok_or(Errno::EINVAL)?;
            out.write(cx, &ds.to_linux()).map(|()| id)
        }
        Command::Limits => {
            let limits = shm_limits(segment::limits(cx)?);
            UserOut::<l_shminfo>::from_reg(addr).write(cx, &limits)?;
            Ok(used(cx)?.0)
        }
        Command::Usage => {
            segment::limits(cx)?;
            let (last, count, bytes) = used(cx)?;
            let usage = shm_usage(count, bytes);
            UserOut::<l_shm_info>::from_reg(addr).write(cx, &usage)?;
            Ok(last)
        }
    }
}

/// The last place of the table in use, how many are, and their bytes.
fn used(cx: &mut Cx<'_>) -> Result<(i32, i32, u64)> {
    let (mut last, mut count, mut bytes) = (0, 0_i32, 0_u64);
    segment::each(cx, |at, ds| {
        // CAST: FreeBSD's tables have less than 65536 places.
        last = at as i32;
        count = count.saturating_add(1);
        bytes = bytes.saturating_add(ds.segsz);
    })?;
    Ok((last, count, bytes))
}
