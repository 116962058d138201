// SPDX-License-Identifier: BSD-2-Clause
//! Record locks of fcntl(2), and flock(2).

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

/// `F_UNLCK`: no lock, also what F_GETLEASE says without a lease.
pub const F_UNLCK: i16 = linux::F_UNLCK as i16;

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

#[cfg(test)]
mod tests {
    use super::*;

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

    /// A lock starts from the start, the offset or the end.
    #[test]
    fn whence() {
        assert_eq!([0, 1, 2].map(check_whence), [Ok(0), Ok(1), Ok(2)]);
        assert_eq!(check_whence(3), Err(Errno::EINVAL));
        assert_eq!(check_whence(-1), Err(Errno::EINVAL));
    }
}
