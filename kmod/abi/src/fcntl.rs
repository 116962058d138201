// SPDX-License-Identifier: BSD-2-Clause
//! The commands of fcntl(2), owners, pipe sizes and file seals.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;
use crate::lock::LockOwner;

/// A command of fcntl(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the commands of fcntl(2)")]
pub enum FcntlCommand {
    DupFd,
    DupFdCloexec,
    GetFd,
    SetFd,
    GetFl,
    SetFl,
    GetLk(LockOwner),
    SetLk(LockOwner),
    SetLkw(LockOwner),
    GetOwn,
    SetOwn,
    GetOwnEx,
    SetOwnEx,
    GetSig,
    SetSig,
    GetLease,
    SetLease,
    Notify,
    GetPipeSize,
    SetPipeSize,
    AddSeals,
    GetSeals,
    DupFdQuery,
    CreatedQuery,
    GetRwHint,
    SetRwHint,
    GetFileRwHint,
    SetFileRwHint,
    GetOwnerUids,
}

impl FcntlCommand {
    /// The command with this number, or EINVAL.
    pub const fn parse(cmd: i32) -> Result<FcntlCommand, Errno> {
        use FcntlCommand::*;
        use LockOwner::{OpenFile, Process};
        Ok(match cmd.cast_unsigned() {
            linux::F_DUPFD => DupFd,
            linux::F_DUPFD_CLOEXEC => DupFdCloexec,
            linux::F_GETFD => GetFd,
            linux::F_SETFD => SetFd,
            linux::F_GETFL => GetFl,
            linux::F_SETFL => SetFl,
            linux::F_GETLK => GetLk(Process),
            linux::F_SETLK => SetLk(Process),
            linux::F_SETLKW => SetLkw(Process),
            linux::F_OFD_GETLK => GetLk(OpenFile),
            linux::F_OFD_SETLK => SetLk(OpenFile),
            linux::F_OFD_SETLKW => SetLkw(OpenFile),
            linux::F_GETOWN => GetOwn,
            linux::F_SETOWN => SetOwn,
            linux::F_GETOWN_EX => GetOwnEx,
            linux::F_SETOWN_EX => SetOwnEx,
            linux::F_GETOWNER_UIDS => GetOwnerUids,
            linux::F_GETSIG => GetSig,
            linux::F_SETSIG => SetSig,
            linux::F_GETLEASE => GetLease,
            linux::F_SETLEASE => SetLease,
            linux::F_NOTIFY => Notify,
            linux::F_GETPIPE_SZ => GetPipeSize,
            linux::F_SETPIPE_SZ => SetPipeSize,
            linux::F_ADD_SEALS => AddSeals,
            linux::F_GET_SEALS => GetSeals,
            linux::F_DUPFD_QUERY => DupFdQuery,
            linux::F_CREATED_QUERY => CreatedQuery,
            linux::F_GET_RW_HINT => GetRwHint,
            linux::F_SET_RW_HINT => SetRwHint,
            linux::F_GET_FILE_RW_HINT => GetFileRwHint,
            linux::F_SET_FILE_RW_HINT => SetFileRwHint,
            _ => return Err(Errno::EINVAL),
        })
    }

    /// EINVAL for leases, F_NOTIFY and the write-life hints, as on a Linux built without them, and
    /// for what is newer.
    pub const fn possible(self) -> Result<FcntlCommand, Errno> {
        use FcntlCommand::*;
        match self {
            SetLease | Notify | CreatedQuery | GetRwHint | SetRwHint | GetFileRwHint
            | SetFileRwHint | GetOwnerUids => Err(Errno::EINVAL),
            _ => Ok(self),
        }
    }

    /// FreeBSD's command, where it has one that takes the same kind of argument.
    pub const fn to_bsd(self) -> Option<i32> {
        use FcntlCommand::*;
        Some(match self {
            DupFd => bsd::F_DUPFD,
            DupFdCloexec => bsd::F_DUPFD_CLOEXEC,
            GetFd => bsd::F_GETFD,
            SetFd => bsd::F_SETFD,
            GetFl => bsd::F_GETFL,
            SetFl => bsd::F_SETFL,
            GetLk(LockOwner::Process) => bsd::F_GETLK,
            SetLk(LockOwner::Process) => bsd::F_SETLK,
            SetLkw(LockOwner::Process) => bsd::F_SETLKW,
            GetOwn => bsd::F_GETOWN,
            SetOwn => bsd::F_SETOWN,
            AddSeals => bsd::F_ADD_SEALS,
            GetSeals => bsd::F_GET_SEALS,
            _ => return None,
        })
    }
}

/// Whether F_SETSIG asks for what happens anyway: 0 is the default, SIGIO.
pub const fn signal_is_sigio(signal: i32) -> bool {
    signal == 0 || signal.cast_unsigned() == linux::SIGIO
}

/// F_SETFD: only FD_CLOEXEC counts; other bits are ignored.
pub const fn setfd_to_bsd(flags: u64) -> i32 {
    if flags & linux::FD_CLOEXEC as u64 != 0 {
        bsd::FD_CLOEXEC
    } else {
        0
    }
}

/// F_GETFD: FreeBSD's other descriptor flags are not shown.
pub const fn getfd_to_linux(flags: i32) -> i32 {
    if flags & bsd::FD_CLOEXEC != 0 {
        linux::FD_CLOEXEC.cast_signed()
    } else {
        0
    }
}

/// Who gets SIGIO, as F_SETOWN and F_GETOWN number them: a process, negative a group.
///
/// F_SETOWN_EX: a thread cannot be an owner on FreeBSD; only the first one of a process,
/// whose number is the process's, is taken. EINVAL for an unknown kind.
pub const fn owner_from_ex(kind: i32, id: i32, own_pid: i32) -> Result<i32, Errno> {
    match kind.cast_unsigned() {
        linux::F_OWNER_PID => Ok(id),
        linux::F_OWNER_TID if id == own_pid || id == 0 => Ok(id),
        linux::F_OWNER_PGRP if id >= 0 => Ok(id.wrapping_neg()),
        _ => Err(Errno::EINVAL),
    }
}

/// The kind and the number that F_GETOWN_EX tells for an owner of F_GETOWN.
pub const fn owner_to_ex(owner: i32) -> (i32, i32) {
    if owner < 0 {
        (linux::F_OWNER_PGRP.cast_signed(), owner.wrapping_neg())
    } else {
        (linux::F_OWNER_PID.cast_signed(), owner)
    }
}

/// The size of every pipe: FreeBSD's grow to this when they fill up.
pub const PIPE_SIZE: i32 = 65536;

/// F_SETPIPE_SZ: the size the pipe has then. EINVAL for a negative one; EPERM beyond what FreeBSD gives, as for one beyond /proc/sys/fs/pipe-max-size.
pub const fn pipe_size(wanted: u64) -> Result<i32, Errno> {
    match wanted {
        0..=65536 => Ok(PIPE_SIZE),
        65537..=0x8000_0000 => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's seals: four bits are the same; F_SEAL_FUTURE_WRITE and F_SEAL_EXEC
/// have no counterpart and, like unknown bits, are EINVAL.
pub const fn seals_to_bsd(seals: u32) -> Result<i32, Errno> {
    let known =
        linux::F_SEAL_SEAL | linux::F_SEAL_SHRINK | linux::F_SEAL_GROW | linux::F_SEAL_WRITE;
    if seals & !known != 0 {
        Err(Errno::EINVAL)
    } else {
        Ok(seals.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands that exist parse, the others are EINVAL.
    #[test]
    fn commands_parse() {
        let known = (0..2000).filter(|cmd| FcntlCommand::parse(*cmd).is_ok());
        let mut expected: Vec<i32> = (0..=11).collect();
        expected.extend([15, 16, 17, 36, 37, 38, 1024, 1025, 1026, 1027, 1028]);
        expected.extend(1030..=1038);
        assert_eq!(known.collect::<Vec<_>>(), expected);
        for cmd in [-1, i32::MIN, i32::MAX] {
            assert_eq!(FcntlCommand::parse(cmd), Err(Errno::EINVAL));
        }
    }

    /// The owner commands are swapped between the systems.
    #[test]
    fn owner_commands_swap() {
        let bsd = |cmd: u32| FcntlCommand::parse(cmd.cast_signed()).unwrap().to_bsd();
        assert_eq!(bsd(linux::F_GETOWN), Some(bsd::F_GETOWN));
        assert_eq!(bsd(linux::F_SETOWN), Some(bsd::F_SETOWN));
        assert_eq!(bsd(linux::F_SETLKW), Some(bsd::F_SETLKW));
        assert_eq!(bsd(linux::F_OFD_SETLK), None);
    }

    /// Owners are numbers, negative for groups.
    #[test]
    fn owners() {
        assert_eq!(owner_from_ex(1, 5, 9), Ok(5));
        assert_eq!(owner_from_ex(2, 5, 9), Ok(-5));
        assert_eq!(owner_from_ex(0, 9, 9), Ok(9));
        assert_eq!(owner_from_ex(0, 5, 9), Err(Errno::EINVAL));
        assert_eq!(owner_from_ex(3, 5, 9), Err(Errno::EINVAL));
        assert_eq!(owner_to_ex(-5), (2, 5));
        assert_eq!(owner_to_ex(5), (1, 5));
    }

    /// Pipes have one size.
    #[test]
    fn pipe_sizes() {
        assert_eq!(pipe_size(0), Ok(65536));
        assert_eq!(pipe_size(4096), Ok(65536));
        assert_eq!(pipe_size(1 << 20), Err(Errno::EPERM));
        assert_eq!(pipe_size(1 << 40), Err(Errno::EINVAL));
    }

    /// Only FD_CLOEXEC counts.
    #[test]
    fn descriptor_flags() {
        assert_eq!(setfd_to_bsd(u64::MAX), bsd::FD_CLOEXEC);
        assert_eq!(setfd_to_bsd(!1), 0);
        assert_eq!(getfd_to_linux(-1), 1);
        assert_eq!(getfd_to_linux(4), 0);
    }

    /// Seals beyond the four are EINVAL.
    #[test]
    fn seals() {
        assert_eq!(seals_to_bsd(15), Ok(15));
        for n in 4..32 {
            assert_eq!(seals_to_bsd(1 << n), Err(Errno::EINVAL));
        }
    }
}
