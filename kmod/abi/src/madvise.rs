// SPDX-License-Identifier: BSD-2-Clause
//! madvise(2), msync(2).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

/// What an advice of madvise(2) asks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The FreeBSD advice of this number means the same.
    Bsd(i32),
    /// MADV_COLD, MADV_PAGEOUT: FreeBSD's MADV_DONTNEED, for memory that is not locked.
    Cold,
    /// MADV_FREE: FreeBSD's, for private memory that is not locked.
    Free,
    /// MADV_DONTNEED: private pages read as zero, or as the file, from now on; if true, locked
    /// ones too.
    DontNeed(bool),
    /// MADV_DONTFORK.
    LeaveAtFork,
    /// MADV_DOFORK.
    TakeAtFork,
    /// MADV_WIPEONFORK.
    WipeAtFork,
    /// MADV_KEEPONFORK.
    KeepAtFork,
    /// MADV_POPULATE_READ or, if true, MADV_POPULATE_WRITE: fault the pages in.
    Populate(bool),
    /// MADV_REMOVE: punch a hole into the file.
    Remove,
    /// Only a hint, and FreeBSD has nothing to do with it.
    Nothing,
}

impl Advice {
    /// Whether pages are lost by it, here or in a child: what mseal(2) forbids where writing is forbidden.
    pub const fn loses_pages(self) -> bool {
        matches!(
            self,
            Advice::Free
                | Advice::DontNeed(_)
                | Advice::Remove
                | Advice::LeaveAtFork
                | Advice::WipeAtFork
        )
    }
}

/// Reads the advice of madvise(2). Unknown ones are EINVAL, which is how a program
/// probes for them; so are those that need a feature left out of the kernel.
pub const fn advice(advice: i32) -> Result<Advice, Errno> {
    Ok(match advice.cast_unsigned() {
        linux::MADV_NORMAL => Advice::Bsd(bsd::MADV_NORMAL),
        linux::MADV_RANDOM => Advice::Bsd(bsd::MADV_RANDOM),
        linux::MADV_SEQUENTIAL => Advice::Bsd(bsd::MADV_SEQUENTIAL),
        linux::MADV_WILLNEED => Advice::Bsd(bsd::MADV_WILLNEED),
        linux::MADV_DONTNEED => Advice::DontNeed(false),
        linux::MADV_DONTNEED_LOCKED => Advice::DontNeed(true),
        linux::MADV_FREE => Advice::Free,
        linux::MADV_REMOVE => Advice::Remove,
        linux::MADV_DONTFORK => Advice::LeaveAtFork,
        linux::MADV_DOFORK => Advice::TakeAtFork,
        linux::MADV_WIPEONFORK => Advice::WipeAtFork,
        linux::MADV_KEEPONFORK => Advice::KeepAtFork,
        linux::MADV_DONTDUMP => Advice::Bsd(bsd::MADV_NOCORE),
        linux::MADV_DODUMP => Advice::Bsd(bsd::MADV_CORE),
        linux::MADV_COLD | linux::MADV_PAGEOUT => Advice::Cold,
        linux::MADV_POPULATE_READ => Advice::Populate(false),
        linux::MADV_POPULATE_WRITE => Advice::Populate(true),
        // Superpages come and go by themselves.
        linux::MADV_HUGEPAGE | linux::MADV_NOHUGEPAGE => Advice::Nothing,
        // KSM, memory failure injection, collapsing and guard pages are not here.
        _ => return Err(Errno::EINVAL),
    })
}

/// FreeBSD's flags of msync(2). Both of MS_SYNC and MS_ASYNC, or unknown bits, are
/// EINVAL; neither is MS_ASYNC in effect.
pub const fn msync_to_bsd(flags: i32) -> Result<i32, Errno> {
    let raw = flags.cast_unsigned();
    if raw & !(linux::MS_ASYNC | linux::MS_INVALIDATE | linux::MS_SYNC) != 0
        || raw & linux::MS_ASYNC != 0 && raw & linux::MS_SYNC != 0
    {
        return Err(Errno::EINVAL);
    }
    let when = if raw & linux::MS_SYNC != 0 {
        bsd::MS_SYNC
    } else {
        bsd::MS_ASYNC
    };
    let invalidate = if raw & linux::MS_INVALIDATE != 0 {
        bsd::MS_INVALIDATE
    } else {
        0
    };
    // FreeBSD refuses MS_ASYNC together with MS_INVALIDATE; syncing does both.
    Ok(if invalidate != 0 {
        bsd::MS_SYNC | invalidate
    } else {
        when
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advice: the known ones, and EINVAL for the rest.
    #[test]
    fn madvise() {
        assert_eq!(advice(4), Ok(Advice::DontNeed(false)));
        assert_eq!(advice(24), Ok(Advice::DontNeed(true)));
        assert_eq!(advice(8), Ok(Advice::Free));
        assert_eq!(advice(10), Ok(Advice::LeaveAtFork));
        for unknown in [5, 6, 7, 12, 13, 26, 100, 101, 102, -1, i32::MIN, i32::MAX] {
            assert_eq!(advice(unknown), Err(Errno::EINVAL));
        }
    }

    /// msync(2): not both; MS_SYNC is 4 on Linux and 0 on FreeBSD.
    #[test]
    fn msync() {
        assert_eq!(msync_to_bsd(4), Ok(bsd::MS_SYNC));
        assert_eq!(msync_to_bsd(1), Ok(bsd::MS_ASYNC));
        assert_eq!(msync_to_bsd(0), Ok(bsd::MS_ASYNC));
        assert_eq!(msync_to_bsd(3), Ok(bsd::MS_INVALIDATE));
        assert_eq!(msync_to_bsd(5), Err(Errno::EINVAL));
        assert_eq!(msync_to_bsd(8), Err(Errno::EINVAL));
    }
}
