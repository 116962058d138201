// SPDX-License-Identifier: BSD-2-Clause
//! What may be asked of other processes: kcmp(2), unshare(2), process_madvise(2).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::clone::REJECTED;
use crate::errno::Errno;

/// `IOV_MAX`: as many pieces one call takes.
pub const IOV_MAX: u64 = 1024;

/// What kcmp(2) compares (linux/kcmp.h).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// KCMP_FILE: two open files.
    File,
    /// KCMP_VM.
    Memory,
    /// KCMP_FILES.
    Descriptors,
    /// KCMP_FS.
    Folders,
    /// KCMP_SIGHAND.
    Handlers,
    /// KCMP_IO and KCMP_SYSVSEM: no process has an I/O context here, nor a list of semaphore
    /// adjustments of its own, and Linux says of two that have none that they are equal.
    Nothing,
}

impl Compare {
    /// EINVAL for an unknown kind; KCMP_EPOLL_TFD is EOPNOTSUPP, as on a Linux without epoll.
    pub const fn parse(kind: i32) -> Result<Compare, Errno> {
        match kind {
            0 => Ok(Compare::File),
            1 => Ok(Compare::Memory),
            2 => Ok(Compare::Descriptors),
            3 => Ok(Compare::Folders),
            4 => Ok(Compare::Handlers),
            5 | 6 => Ok(Compare::Nothing),
            7 => Err(Errno::EOPNOTSUPP),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// What unshare(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Unshare {
    /// CLONE_FILES.
    pub descriptors: bool,
    /// CLONE_FS.
    pub folders: bool,
    /// CLONE_THREAD, CLONE_SIGHAND or CLONE_VM: only where there is nothing to leave.
    pub alone: bool,
}

/// Reads the flags of unshare(2). EINVAL for unknown ones and for namespaces, as on a Linux built
/// without them. CLONE_SYSVSEM is ignored: semaphore adjustments are each process's own.
pub const fn unshare(flags: u64) -> Result<Unshare, Errno> {
    const ALONE: u64 = (linux::CLONE_THREAD | linux::CLONE_SIGHAND | linux::CLONE_VM) as u64;
    const OTHERS: u64 = (linux::CLONE_FILES | linux::CLONE_FS | linux::CLONE_SYSVSEM) as u64;
    if flags & !(ALONE | OTHERS) != 0 || flags & REJECTED.bits() != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Unshare {
        descriptors: flags & linux::CLONE_FILES as u64 != 0,
        folders: flags & linux::CLONE_FS as u64 != 0,
        alone: flags & ALONE != 0,
    })
}

/// FreeBSD's advice for what process_madvise(2) takes: MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED.
/// EINVAL for the rest, MADV_COLLAPSE among it, as there are no huge pages to ask for.
pub const fn process_advice(advice: i32) -> Result<i32, Errno> {
    match advice.cast_unsigned() {
        linux::MADV_COLD | linux::MADV_PAGEOUT => Ok(bsd::MADV_DONTNEED),
        linux::MADV_WILLNEED => Ok(bsd::MADV_WILLNEED),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Namespaces and unknown flags are refused.
    #[test]
    fn unshare_flags() {
        let plain = unshare(u64::from(linux::CLONE_FILES)).unwrap();
        assert!(plain.descriptors && !plain.folders && !plain.alone);
        for flag in REJECTED.iter() {
            assert_eq!(unshare(flag.bits()), Err(Errno::EINVAL));
        }
        assert_eq!(unshare(1 << 40), Err(Errno::EINVAL));
        assert!(unshare(u64::from(linux::CLONE_VM)).unwrap().alone);
    }

    /// kcmp(2) has eight kinds.
    #[test]
    fn kinds() {
        assert_eq!(Compare::parse(0), Ok(Compare::File));
        assert_eq!(Compare::parse(7), Err(Errno::EOPNOTSUPP));
        assert_eq!(Compare::parse(8), Err(Errno::EINVAL));
        assert_eq!(Compare::parse(-1), Err(Errno::EINVAL));
    }
}
