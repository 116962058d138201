// SPDX-License-Identifier: BSD-2-Clause
//! The commands of fcntl(2), record locks, flock(2) and file seals.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_flock;
use crate::errno::Errno;

/// Whose lock a record lock is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum LockOwner {
    /// The process (POSIX).
    Process,
    /// The open file description.
    OpenFile,
}

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

/// `F_UNLCK`: no lock, also what F_GETLEASE says without a lease.
pub const F_UNLCK: i16 = linux::F_UNLCK as i16;

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

/// FreeBSD's `l_type` of a record lock, or EINVAL.
pub const fn lock_type_to_bsd(l_type: i16) -> Result<i16, Errno> {
    const READ: i16 = linux::F_RDLCK as i16;
    const WRITE: i16 = linux::F_WRLCK as i16;
    const UNLOCK: i16 = linux::F_UNLCK as i16;
    match l_type {
        READ => Ok(bsd::F_RDLCK as i16),
        WRITE => Ok(bsd::F_WRLCK as i16),
        UNLOCK => Ok(bsd::F_UNLCK as i16),
        _ => Err(Errno::EINVAL),
    }
}

/// Linux's `l_type` for FreeBSD's. A lock that is neither read nor write is none.
pub const fn lock_type_to_linux(l_type: i16) -> i16 {
    match l_type as i32 {
        bsd::F_RDLCK => linux::F_RDLCK as i16,
        bsd::F_WRLCK => linux::F_WRLCK as i16,
        _ => linux::F_UNLCK as i16,
    }
}

/// FreeBSD's `struct flock`, without the system id.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct BsdFlock {
    /// `l_start`.
    pub start: i64,
    /// `l_len`.
    pub len: i64,
    /// `l_pid`.
    pub pid: i32,
    /// `l_type`.
    pub kind: i16,
    /// `l_whence`.
    pub whence: i16,
}

impl BsdFlock {
    /// The lock a program asks for. EINVAL for a wrong type or whence, and for an OFD
    /// lock whose `l_pid` is not 0 (fcntl(2)).
    pub const fn from_linux(lock: &l_flock, owner: LockOwner) -> Result<BsdFlock, Errno> {
        if matches!(owner, LockOwner::OpenFile) && lock.l_pid != 0 {
            return Err(Errno::EINVAL);
        }
        let kind = match lock_type_to_bsd(lock.l_type) {
            Ok(kind) => kind,
            Err(e) => return Err(e),
        };
        let whence = match check_whence(lock.l_whence) {
            Ok(whence) => whence,
            Err(e) => return Err(e),
        };
        Ok(BsdFlock {
            start: lock.l_start,
            len: lock.l_len,
            pid: 0,
            kind,
            whence,
        })
    }

    /// The answer of F_GETLK to `asked`: with no lock in the way only the type changes.
    pub const fn to_linux(&self, asked: &l_flock, owner: LockOwner) -> l_flock {
        if self.kind as i32 == bsd::F_UNLCK {
            return l_flock {
                l_type: linux::F_UNLCK as i16,
                ..*asked
            };
        }
        l_flock {
            l_type: lock_type_to_linux(self.kind),
            l_whence: self.whence,
            __pad0: 0,
            l_start: self.start,
            l_len: self.len,
            // A lock of an open file has no process: -1 (fcntl(2)), which FreeBSD says too.
            l_pid: match owner {
                LockOwner::OpenFile if self.pid <= 0 => -1,
                _ => self.pid,
            },
            __pad1: 0,
        }
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

/// F_SETPIPE_SZ: the size the pipe has then. EINVAL for none or a negative one; EPERM
/// beyond what FreeBSD gives, as for one beyond /proc/sys/fs/pipe-max-size.
pub const fn pipe_size(wanted: u64) -> Result<i32, Errno> {
    match wanted {
        0 => Err(Errno::EINVAL),
        1..=65536 => Ok(PIPE_SIZE),
        65537..=0x8000_0000 => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

/// `l_whence` is the same on both systems: 0, 1 or 2, else EINVAL.
pub const fn check_whence(whence: i16) -> Result<i16, Errno> {
    match whence {
        0..=2 => Ok(whence),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's operation of flock(2), or EINVAL. The bits are the same. LOCK_MAND,
/// which Linux accepts and ignores since 5.15, does nothing.
pub const fn flock_to_bsd(operation: i32) -> Result<Option<i32>, Errno> {
    let operation = operation.cast_unsigned();
    if operation & linux::LOCK_MAND != 0 {
        return Ok(None);
    }
    match operation & !linux::LOCK_NB {
        linux::LOCK_SH | linux::LOCK_EX | linux::LOCK_UN => Ok(Some(operation.cast_signed())),
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

    /// Lock types map both ways; others are EINVAL.
    #[test]
    fn lock_types() {
        for l_type in i16::MIN..=i16::MAX {
            match lock_type_to_bsd(l_type) {
                Ok(bsd) => assert_eq!(lock_type_to_linux(bsd), l_type),
                Err(e) => assert_eq!((e, (0..=2).contains(&l_type)), (Errno::EINVAL, false)),
            }
        }
        assert_eq!(lock_type_to_bsd(0), Ok(1));
        assert_eq!(lock_type_to_bsd(1), Ok(3));
        assert_eq!(lock_type_to_bsd(2), Ok(2));
    }

    /// A lock goes over and back; an OFD lock may not name a process.
    #[test]
    fn locks_convert() {
        let asked = l_flock {
            l_type: 1,
            l_whence: 0,
            __pad0: 7,
            l_start: 5,
            l_len: 6,
            l_pid: 0,
            __pad1: 9,
        };
        let bsd = BsdFlock::from_linux(&asked, LockOwner::Process).unwrap();
        assert_eq!((bsd.kind, bsd.start, bsd.len), (3, 5, 6));
        let found = BsdFlock {
            kind: 1,
            start: 1,
            len: 2,
            pid: 77,
            whence: 0,
        };
        let told = found.to_linux(&asked, LockOwner::Process);
        assert_eq!((told.l_type, told.l_start, told.l_len), (0, 1, 2));
        assert_eq!((told.l_pid, told.__pad0, told.__pad1), (77, 0, 0));
        let none = BsdFlock { kind: 2, ..found };
        let told = none.to_linux(&asked, LockOwner::Process);
        assert_eq!((told.l_type, told.l_start), (2, 5));
        let named = l_flock { l_pid: 1, ..asked };
        assert_eq!(
            BsdFlock::from_linux(&named, LockOwner::OpenFile),
            Err(Errno::EINVAL)
        );
        assert!(BsdFlock::from_linux(&named, LockOwner::Process).is_ok());
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
        assert_eq!(pipe_size(0), Err(Errno::EINVAL));
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

    /// flock(2): exactly one of three operations, with or without LOCK_NB.
    #[test]
    fn flock_operations() {
        let ok = (0..32).filter(|op| flock_to_bsd(*op).is_ok());
        assert_eq!(ok.collect::<Vec<_>>(), [1, 2, 5, 6, 8, 12]);
        assert_eq!(flock_to_bsd(32), Ok(None));
        assert_eq!(
            bsd::LOCK_SH | bsd::LOCK_EX | bsd::LOCK_NB | bsd::LOCK_UN,
            15
        );
    }

    /// Seals beyond the four are EINVAL.
    #[test]
    fn seals() {
        assert_eq!(seals_to_bsd(15), Ok(15));
        for n in 4..32 {
            assert_eq!(seals_to_bsd(1 << n), Err(Errno::EINVAL));
        }
    }

    /// A lock starts from the start, the offset or the end.
    #[test]
    fn whence() {
        assert_eq!([0, 1, 2].map(check_whence), [Ok(0), Ok(1), Ok(2)]);
        assert_eq!(check_whence(3), Err(Errno::EINVAL));
        assert_eq!(check_whence(-1), Err(Errno::EINVAL));
    }
}
