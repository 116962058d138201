// SPDX-License-Identifier: BSD-2-Clause
//! semget(2), semop(2), semtimedop(2), semctl(2).
//!
//! FreeBSD: sys_semget, kern_semop, kern_semctl, kern_get_sema (sysv_sem.c).
//! Differences from Linux: the limits are those of kern.ipc, which are lower; SETVAL and SETALL leave the
//! process of the last operation and the time of change as they were.

use kpi::kern::semaphore;
use kpi::{Cx, Errno, Result, UserAddr, UserArrayIn, UserIn, UserOut};
use linux_abi::c::{l_sembuf, l_semid_ds, l_seminfo, l_timespec};
use linux_abi::ipc::{self, Command, Owner, SemCommand, sem_command, sem_limits};

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

/// Does the operations, all or none.
pub(crate) fn semop(
    cx: &mut Cx<'_>,
    set: i32,
    operations: UserArrayIn<l_sembuf>,
    count: u32,
) -> Result<()> {
    semtimedop(cx, set, operations, count, None)
}

/// The same, waiting no longer than told: EAGAIN then. Linux looks at the number of operations before
/// the set.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn semtimedop(
    cx: &mut Cx<'_>,
    set: i32,
    operations: UserArrayIn<l_sembuf>,
    count: u32,
    timeout: Option<UserIn<l_timespec>>,
) -> Result<()> {
    let timeout = match timeout {
        Some(time) => Some(time.read(cx)?),
        None => None,
    };
    if count > OPERATIONS_MOST {
        return Err(Errno::E2BIG.into());
    }
    if count == 0 {
        return Err(Errno::EINVAL.into());
    }
    let timeout = match timeout {
        Some(time) => Some(time.check_timeout()?),
        None => None,
    };
    semaphore::kern_semop(cx, set, operations.addr(), count as usize, timeout)
}

/// Does what the command says.
pub(crate) fn semctl(cx: &mut Cx<'_>, set: i32, number: i32, cmd: i32, arg: u64) -> Result<i32> {
    if set < 0 {
        return Err(Errno::EINVAL.into());
    }
    match sem_command(cmd)? {
        SemCommand::Common(command) => common(cx, set, command, arg),
        SemCommand::Values(command) => {
            semaphore::values(cx, set, number, command, UserAddr::from_reg(arg))
        }
        // CAST: the int of union semun, in the low half of the register.
        SemCommand::SetValue => semaphore::set_value(cx, set, number, arg as i32),
    }
}

fn common(cx: &mut Cx<'_>, set: i32, command: Command, arg: u64) -> Result<i32> {
    let out = UserOut::<l_semid_ds>::from_reg(arg);
    match command {
        Command::Remove => semaphore::remove(cx, set).map(|()| 0),
        Command::Set => {
            let ds = UserIn::<l_semid_ds>::from_reg(arg).read(cx)?;
            semaphore::set_owner(cx, set, &Owner::of(&ds.sem_perm)).map(|()| 0)
        }
        Command::Stat => {
            let (_, ds) = semaphore::status(cx, set, false)?;
            out.write(cx, &ds.to_linux()).map(|()| 0)
        }
        Command::StatAt => {
            let (id, ds) = semaphore::status(cx, set, true)?;
            out.write(cx, &ds.to_linux()).map(|()| id)
        }
        Command::StatAny => {
            semaphore::allowed(cx)?;
            let mut found = None;
            semaphore::each(cx, |at, ds| {
                if usize::try_from(set) == Ok(at) {
                    found = Some((ipc::id(at, ds.perm.seq), *ds));
                }
            })?;
            let (id, ds) = found.ok_or(Errno::EINVAL)?;
            out.write(cx, &ds.to_linux()).map(|()| id)
        }
        Command::Limits | Command::Usage => info(cx, command, UserOut::from_reg(arg)),
    }
}

/// The limits, or in two of them what is in use; the answer is the last place of the table in use.
fn info(cx: &mut Cx<'_>, command: Command, out: UserOut<l_seminfo>) -> Result<i32> {
    semaphore::allowed(cx)?;
    let (mut last, mut sets, mut semaphores) = (0, 0_i32, 0_i32);
    semaphore::each(cx, |at, ds| {
        last = at;
        sets = sets.saturating_add(1);
        semaphores = semaphores.saturating_add(i32::from(ds.nsems));
    })?;
    let mut info = sem_limits(semaphore::limits());
    if command == Command::Usage {
        (info.semusz, info.semaem) = (sets, semaphores);
    }
    out.write(cx, &info)?;
    // CAST: FreeBSD's tables have less than 65536 places.
    Ok(last as i32)
}
