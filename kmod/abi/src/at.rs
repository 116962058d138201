// SPDX-License-Identifier: BSD-2-Clause
//! The AT_* flags. Bits are reused between calls (AT_EACCESS is AT_REMOVEDIR), so
//! each call has its own set; any other bit is EINVAL for all of them.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

/// The call whose flags are meant.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum AtCall {
    /// fstatat(2), which is newfstatat.
    Fstatat,
    /// statx(2).
    Statx,
    /// fchownat(2), fchmodat2(2), utimensat(2), the *xattrat calls.
    Attributes,
    /// linkat(2).
    Linkat,
    /// unlinkat(2).
    Unlinkat,
    /// faccessat2(2).
    Faccessat2,
    /// execveat(2).
    Execveat,
    /// name_to_handle_at(2).
    NameToHandle,
}

/// What becomes of a bit.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Map(i32),
    Ignore,
}
use Verdict::{Ignore, Map};

const NOFOLLOW: (u32, Verdict) = (linux::AT_SYMLINK_NOFOLLOW, Map(bsd::AT_SYMLINK_NOFOLLOW));
const FOLLOW: (u32, Verdict) = (linux::AT_SYMLINK_FOLLOW, Map(bsd::AT_SYMLINK_FOLLOW));
const EMPTY: (u32, Verdict) = (linux::AT_EMPTY_PATH, Map(bsd::AT_EMPTY_PATH));
/// There is nothing to mount on demand that a flag could hold back.
const NO_AUTOMOUNT: (u32, Verdict) = (linux::AT_NO_AUTOMOUNT, Ignore);
/// Attributes are as fresh as the file system keeps them.
const SYNC: (u32, Verdict) = (linux::AT_STATX_SYNC_TYPE, Ignore);

impl AtCall {
    const fn known(self) -> &'static [(u32, Verdict)] {
        match self {
            AtCall::Fstatat | AtCall::Statx => &[NOFOLLOW, EMPTY, NO_AUTOMOUNT, SYNC],
            AtCall::Attributes => &[NOFOLLOW, EMPTY],
            AtCall::Linkat | AtCall::NameToHandle => &[FOLLOW, EMPTY],
            AtCall::Unlinkat => &[(linux::AT_REMOVEDIR, Map(bsd::AT_REMOVEDIR))],
            AtCall::Faccessat2 => &[(linux::AT_EACCESS, Map(bsd::AT_EACCESS)), NOFOLLOW, EMPTY],
            AtCall::Execveat => &[NOFOLLOW, EMPTY],
        }
    }

    /// FreeBSD's flags, or EINVAL.
    pub fn flags_to_bsd(self, flags: i32) -> Result<i32, Errno> {
        let flags = flags.cast_unsigned();
        // fstatat(2) takes both sync types at once, statx(2) does not.
        if self == AtCall::Statx && flags & linux::AT_STATX_SYNC_TYPE == linux::AT_STATX_SYNC_TYPE {
            return Err(Errno::EINVAL);
        }
        let mut unknown = flags;
        let mut out = 0;
        for (bit, verdict) in self.known() {
            if let (true, Map(bsd_bit)) = (flags & bit != 0, verdict) {
                out |= bsd_bit;
            }
            unknown &= !bit;
        }
        if unknown != 0 {
            Err(Errno::EINVAL)
        } else {
            Ok(out)
        }
    }
}

/// The flags of renameat2(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Rename {
    /// Replace the target, if any.
    Replace,
    /// RENAME_NOREPLACE: EEXIST if there is a target.
    NoReplace,
}

/// Reads the flags of renameat2(2). Bad combinations are EINVAL; so are
/// RENAME_EXCHANGE and RENAME_WHITEOUT, which the man page says "the file system
/// does not support" with EINVAL.
pub const fn rename_flags(flags: u32) -> Result<Rename, Errno> {
    match flags {
        0 => Ok(Rename::Replace),
        linux::RENAME_NOREPLACE => Ok(Rename::NoReplace),
        _ => Err(Errno::EINVAL),
    }
}

/// The mode of access(2): 0..=7 on both systems, else EINVAL.
pub const fn access_mode(mode: i32) -> Result<i32, Errno> {
    match mode {
        0..=7 => Ok(mode),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [AtCall; 8] = [
        AtCall::Fstatat,
        AtCall::Statx,
        AtCall::Attributes,
        AtCall::Linkat,
        AtCall::Unlinkat,
        AtCall::Faccessat2,
        AtCall::Execveat,
        AtCall::NameToHandle,
    ];

    const _: () = assert!(bsd::AT_FDCWD == linux::AT_FDCWD);

    /// No flags is fine everywhere; every bit is known or EINVAL.
    #[test]
    fn every_bit_has_a_verdict() {
        for call in ALL {
            assert_eq!(call.flags_to_bsd(0), Ok(0));
            for n in 0..32 {
                let known = call.known().iter().any(|(bit, _)| bit & 1 << n != 0);
                assert_eq!(call.flags_to_bsd((1_u32 << n).cast_signed()).is_ok(), known);
            }
        }
    }

    /// 0x200 is AT_EACCESS for one call and AT_REMOVEDIR for another.
    #[test]
    fn shared_bit_depends_on_the_call() {
        assert_eq!(AtCall::Faccessat2.flags_to_bsd(0x200), Ok(bsd::AT_EACCESS));
        assert_eq!(AtCall::Unlinkat.flags_to_bsd(0x200), Ok(bsd::AT_REMOVEDIR));
        assert_eq!(AtCall::Fstatat.flags_to_bsd(0x200), Err(Errno::EINVAL));
    }

    /// linkat(2) follows on request, stat does not follow on request.
    #[test]
    fn follow_and_nofollow() {
        assert_eq!(
            AtCall::Linkat.flags_to_bsd(0x400),
            Ok(bsd::AT_SYMLINK_FOLLOW)
        );
        assert_eq!(
            AtCall::Fstatat.flags_to_bsd(0x100),
            Ok(bsd::AT_SYMLINK_NOFOLLOW)
        );
        assert_eq!(AtCall::Linkat.flags_to_bsd(0x100), Err(Errno::EINVAL));
        assert_eq!(AtCall::Fstatat.flags_to_bsd(0x1000), Ok(bsd::AT_EMPTY_PATH));
    }

    /// statx(2): both sync types at once are EINVAL, one is ignored.
    #[test]
    fn statx_sync_types() {
        assert_eq!(AtCall::Statx.flags_to_bsd(0x2000), Ok(0));
        assert_eq!(AtCall::Statx.flags_to_bsd(0x4000), Ok(0));
        assert_eq!(AtCall::Statx.flags_to_bsd(0x6000), Err(Errno::EINVAL));
    }

    /// renameat2(2) without EXCHANGE and WHITEOUT.
    #[test]
    fn rename() {
        assert_eq!(rename_flags(0), Ok(Rename::Replace));
        assert_eq!(rename_flags(1), Ok(Rename::NoReplace));
        for flags in [2, 3, 4, 5, 6, 7, 8, u32::MAX] {
            assert_eq!(rename_flags(flags), Err(Errno::EINVAL));
        }
    }

    /// access(2) takes three bits.
    #[test]
    fn access() {
        assert_eq!(access_mode(7), Ok(7));
        assert_eq!(access_mode(8), Err(Errno::EINVAL));
        assert_eq!(access_mode(-1), Err(Errno::EINVAL));
    }
}
