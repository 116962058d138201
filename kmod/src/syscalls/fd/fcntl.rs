// SPDX-License-Identifier: BSD-2-Clause
//! fcntl(2).
//!
//! FreeBSD: kern_fcntl (kern_descrip.c), VOP_ADVLOCK for the locks of an open file.
//! Differences from Linux:
//! - a pipe always holds 65536 bytes; F_SETPIPE_SZ beyond that is EPERM, as beyond the
//!   administrator's limit
//! - SIGIO is the only signal of F_SETSIG, and it comes without si_fd
//! - F_SETOWN_EX takes no thread but the first of the process
//! - leases, F_NOTIFY and the write-life hints are EINVAL, as on a Linux built without them
//! - OFD locks and flock(2) locks of one open file are the same locks; a waiting OFD lock gives up
//!   a lock that it replaces while it waits
//! - seals F_SEAL_FUTURE_WRITE and F_SEAL_EXEC are EINVAL

use kpi::kern::fd::{self, FcntlCall, Kind, LockCall};
use kpi::{Cx, Errno, Fail, Result, UserInOut};
use linux_abi::c::{l_f_owner_ex, l_flock};
use linux_abi::fcntl::{
    FcntlCommand, PIPE_SIZE, getfd_to_linux, owner_from_ex, owner_to_ex, pipe_size, seals_to_bsd,
    setfd_to_bsd, signal_is_sigio,
};
use linux_abi::fd::Fd;
use linux_abi::lock::{BsdFlock, F_UNLCK, LockOwner};
use linux_abi::open::{flags_to_linux, setfl_to_bsd};

/// Does `command` to `fd`. EBADF comes before EINVAL for a command that does not exist.
pub(crate) fn fcntl(cx: &mut Cx<'_>, fd: Fd, command: u32, arg: u64) -> Result<i64> {
    use FcntlCommand as C;

    let command = match C::parse(command.cast_signed()) {
        Ok(command) => command,
        Err(e) => return unsupported(cx, fd, e),
    };
    // CAST: where the argument is a number, Linux takes an int.
    let number = arg as i32;
    let answer = match command {
        C::DupFd => fd::kern_fcntl(cx, fd, FcntlCall::DupFd, number)?,
        C::DupFdCloexec => fd::kern_fcntl(cx, fd, FcntlCall::DupFdCloexec, number)?,
        C::GetFd => getfd_to_linux(fd::kern_fcntl(cx, fd, FcntlCall::GetFd, 0)?),
        C::SetFd => done(fd::kern_fcntl(cx, fd, FcntlCall::SetFd, setfd_to_bsd(arg)))?,
        C::GetFl => {
            let info = fd::info(cx, fd)?;
            flags_to_linux(
                info.flags,
                matches!(info.kind, Kind::Vnode | Kind::Fifo | Kind::Pts),
            )
        }
        C::SetFl => {
            let flags = setfl_to_bsd(number, fd::info(cx, fd)?.flags);
            done(fd::kern_fcntl(cx, fd, FcntlCall::SetFl, flags))?
        }
        C::GetLk(owner) => get_lock(cx, fd, owner, UserInOut::from_reg(arg))?,
        C::SetLk(owner) => set_lock(cx, fd, owner, LockCall::Set, UserInOut::from_reg(arg))?,
        C::SetLkw(owner) => set_lock(cx, fd, owner, LockCall::SetWait, UserInOut::from_reg(arg))?,
        C::GetOwn => get_owner(cx, fd)?,
        C::SetOwn => set_owner(cx, fd, number)?,
        C::GetOwnEx => get_owner_ex(cx, fd, UserInOut::from_reg(arg))?,
        C::SetOwnEx => {
            let wanted = UserInOut::<l_f_owner_ex>::from_reg(arg).read(cx)?;
            let owner = owner_from_ex(wanted.type_, wanted.pid, cx.pid())?;
            set_owner(cx, fd, owner)?
        }
        C::GetPipeSize => {
            fd::expect_pipe(cx, fd)?;
            PIPE_SIZE
        }
        C::SetPipeSize => {
            fd::expect_pipe(cx, fd)?;
            pipe_size(arg & 0xffff_ffff)?
        }
        C::AddSeals => {
            let seals = seals_to_bsd(number.cast_unsigned())?;
            done(fd::kern_fcntl(cx, fd, FcntlCall::AddSeals, seals))?
        }
        C::GetSeals => fd::kern_fcntl(cx, fd, FcntlCall::GetSeals, 0)?,
        C::DupFdQuery => i32::from(fd::same_file(cx, fd, Fd(number))?),
        C::GetSig => {
            fd::info(cx, fd)?;
            0
        }
        C::SetSig if signal_is_sigio(number) => {
            fd::info(cx, fd)?;
            0
        }
        // Nobody can have set one.
        C::GetLease => {
            fd::info(cx, fd)?;
            i32::from(F_UNLCK)
        }
        refused => {
            let errno = refused.possible().err().unwrap_or(Errno::EINVAL);
            return unsupported(cx, fd, errno);
        }
    };
    Ok(i64::from(answer))
}

/// Linux answers 0 where FreeBSD's answer means nothing.
fn done(answer: Result<i32>) -> Result<i32> {
    answer.map(|_| 0)
}

#[cold]
fn unsupported(cx: &mut Cx<'_>, fd: Fd, e: Errno) -> Result<i64> {
    fd::info(cx, fd)?;
    Err(e.into())
}

fn do_lock(
    cx: &mut Cx<'_>,
    fd: Fd,
    owner: LockOwner,
    call: LockCall,
    lock: &mut BsdFlock,
) -> Result<()> {
    match owner {
        LockOwner::Process => fd::lock(cx, fd, call, lock),
        LockOwner::OpenFile => fd::lock_description(cx, fd, call, lock),
    }
}

fn get_lock(cx: &mut Cx<'_>, fd: Fd, owner: LockOwner, user: UserInOut<l_flock>) -> Result<i32> {
    fd::info(cx, fd)?;
    let asked = user.read(cx)?;
    let mut lock = BsdFlock::from_linux(&asked, owner)?;
    // What would stand in the way of giving up a lock?
    if asked.l_type == F_UNLCK {
        return Err(Errno::EINVAL.into());
    }

    do_lock(cx, fd, owner, LockCall::Get, &mut lock)?;

    user.write(cx, &lock.to_linux(&asked, owner))?;
    Ok(0)
}

fn set_lock(
    cx: &mut Cx<'_>,
    fd: Fd,
    owner: LockOwner,
    call: LockCall,
    user: UserInOut<l_flock>,
) -> Result<i32> {
    fd::info(cx, fd)?;
    let asked = user.read(cx)?;
    let mut lock = BsdFlock::from_linux(&asked, owner)?;
    do_lock(cx, fd, owner, call, &mut lock)?;
    Ok(0)
}

/// FreeBSD keeps an owner only for what can send SIGIO; elsewhere nobody is the owner.
fn get_owner(cx: &mut Cx<'_>, fd: Fd) -> Result<i32> {
    match fd::kern_fcntl(cx, fd, FcntlCall::GetOwn, 0) {
        Err(Fail::ENOTTY) => Ok(0),
        answer => answer,
    }
}

/// EINVAL for the number that has no opposite, ESRCH where nobody has it.
fn set_owner(cx: &mut Cx<'_>, fd: Fd, owner: i32) -> Result<i32> {
    if owner == i32::MIN {
        return unsupported(cx, fd, Errno::EINVAL).map(|_| 0);
    }
    match fd::kern_fcntl(cx, fd, FcntlCall::SetOwn, owner) {
        // Linux takes an owner for any file; as on Linux, a file that never sends SIGIO sends it to nobody.
        Err(Fail::ENOTTY) => Ok(0),
        answer => done(answer),
    }
}

fn get_owner_ex(cx: &mut Cx<'_>, fd: Fd, user: UserInOut<l_f_owner_ex>) -> Result<i32> {
    let (type_, pid) = owner_to_ex(get_owner(cx, fd)?);
    user.write(cx, &l_f_owner_ex { type_, pid })?;
    Ok(0)
}
