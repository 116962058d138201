// SPDX-License-Identifier: BSD-2-Clause
//! Ranges of a file: fallocate(2), posix_fadvise(2), sync_file_range(2).

use linux_raw_sys::general as linux;

use crate::errno::Errno;

/// What fallocate(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Fallocate {
    /// Give the range its blocks, and make the file long enough.
    Allocate,
    /// The same for a range inside the file, whose size stays.
    AllocateInside,
    /// Take the blocks away; the range reads as zeros, the size stays.
    PunchHole,
    /// Make zeros of the range, and the file long enough.
    Zero,
    /// Make zeros of a range inside the file, whose size stays.
    ZeroInside,
}

/// Reads mode and range of fallocate(2): EINVAL for a bad range, EFBIG for one that
/// ends beyond any file, EOPNOTSUPP for the modes FreeBSD cannot do.
///
/// COLLAPSE_RANGE, INSERT_RANGE, UNSHARE_RANGE and WRITE_ZEROES have no counterpart; programs fall
/// back, as they do on Linux file systems without them.
pub const fn plan_fallocate(mode: i32, offset: i64, len: i64) -> Result<Fallocate, Errno> {
    const KEEP: u32 = linux::FALLOC_FL_KEEP_SIZE;
    const PUNCH: u32 = linux::FALLOC_FL_PUNCH_HOLE | KEEP;
    const ZERO: u32 = linux::FALLOC_FL_ZERO_RANGE;
    const ZERO_KEEP: u32 = ZERO | KEEP;
    if offset < 0 || len <= 0 {
        return Err(Errno::EINVAL);
    }
    let plan = match mode.cast_unsigned() {
        0 => Fallocate::Allocate,
        KEEP => Fallocate::AllocateInside,
        PUNCH => Fallocate::PunchHole,
        ZERO => Fallocate::Zero,
        ZERO_KEEP => Fallocate::ZeroInside,
        _ => return Err(Errno::EOPNOTSUPP),
    };
    match offset.checked_add(len) {
        Some(_) => Ok(plan),
        None => Err(Errno::EFBIG),
    }
}

/// Reads advice and length of posix_fadvise(2): the length for FreeBSD, or EINVAL.
/// The advice has the same numbers on both systems. The offset, which Linux takes
/// whatever it is, is only a hint, so a negative one counts as the start.
pub const fn plan_fadvise(offset: i64, len: i64, advice: i32) -> Result<(i64, i64), Errno> {
    if advice < 0 || advice > linux::POSIX_FADV_NOREUSE.cast_signed() || len < 0 {
        return Err(Errno::EINVAL);
    }
    if offset < 0 {
        return Ok((0, 0));
    }
    match offset.checked_add(len) {
        Some(_) => Ok((offset, len)),
        // To the end of the file.
        None => Ok((offset, 0)),
    }
}

/// Whether sync_file_range(2) has to write anything; EINVAL for a bad range or flag.
pub const fn plan_sync_file_range(offset: i64, nbytes: i64, flags: u32) -> Result<bool, Errno> {
    const KNOWN: u32 = linux::SYNC_FILE_RANGE_WAIT_BEFORE
        | linux::SYNC_FILE_RANGE_WRITE
        | linux::SYNC_FILE_RANGE_WAIT_AFTER;
    if flags & !KNOWN != 0 || offset < 0 || nbytes < 0 || offset.checked_add(nbytes).is_none() {
        return Err(Errno::EINVAL);
    }
    Ok(flags != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five modes are known; the range counts first.
    #[test]
    fn fallocate_modes() {
        assert_eq!(plan_fallocate(0, 0, 1), Ok(Fallocate::Allocate));
        assert_eq!(plan_fallocate(3, 0, 1), Ok(Fallocate::PunchHole));
        assert_eq!(plan_fallocate(1, 0, 1), Ok(Fallocate::AllocateInside));
        assert_eq!(plan_fallocate(0x10, 0, 1), Ok(Fallocate::Zero));
        assert_eq!(plan_fallocate(0x11, 0, 1), Ok(Fallocate::ZeroInside));
        let known = [1, 3, 0x10, 0x11];
        for mode in (1..256)
            .filter(|m| !known.contains(m))
            .chain([-1, i32::MIN])
        {
            assert_eq!(
                plan_fallocate(mode, 0, 1),
                Err(Errno::EOPNOTSUPP),
                "mode {mode}"
            );
        }
        for (offset, len) in [(-1, 1), (0, 0), (0, -1), (i64::MIN, i64::MIN)] {
            assert_eq!(plan_fallocate(1, offset, len), Err(Errno::EINVAL));
        }
        assert_eq!(plan_fallocate(0, i64::MAX, 1), Err(Errno::EFBIG));
    }

    /// Six pieces of advice, any range.
    #[test]
    fn fadvise() {
        for advice in 0..6 {
            assert_eq!(plan_fadvise(10, 20, advice), Ok((10, 20)));
        }
        for advice in [-1, 6, i32::MIN, i32::MAX] {
            assert_eq!(plan_fadvise(0, 0, advice), Err(Errno::EINVAL));
        }
        assert_eq!(plan_fadvise(0, -1, 0), Err(Errno::EINVAL));
        assert_eq!(plan_fadvise(-5, 10, 0), Ok((0, 0)));
        assert_eq!(plan_fadvise(i64::MAX, 10, 0), Ok((i64::MAX, 0)));
    }

    /// Three flags; none writes nothing.
    #[test]
    fn sync_range() {
        assert_eq!(plan_sync_file_range(0, 0, 0), Ok(false));
        for flags in 1..8 {
            assert_eq!(plan_sync_file_range(0, 10, flags), Ok(true));
        }
        assert_eq!(plan_sync_file_range(0, 10, 8), Err(Errno::EINVAL));
        for (offset, nbytes) in [(-1, 0), (0, -1), (i64::MAX, 1)] {
            assert_eq!(plan_sync_file_range(offset, nbytes, 1), Err(Errno::EINVAL));
        }
    }
}
