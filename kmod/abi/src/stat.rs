// SPDX-License-Identifier: BSD-2-Clause
//! What a file is: stat(2), statx(2), device numbers.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::{l_newstat, l_statx, l_statx_timestamp};
use crate::errno::Errno;
use crate::pod::Pod;

/// A moment: seconds, and nanoseconds in `0..1_000_000_000`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since the epoch, negative before it.
    pub sec: i64,
    /// Nanoseconds.
    pub nsec: i64,
}

/// The fields of FreeBSD's `struct stat` that Linux has too.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "struct stat's names without their prefix; see stat(2)"
)]
pub struct BsdStat {
    pub dev: u64,
    pub ino: u64,
    pub nlink: u64,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub atim: Moment,
    pub mtim: Moment,
    pub ctim: Moment,
    /// The file's birth; -1 seconds when the file system does not know it.
    pub birthtim: Moment,
    pub size: i64,
    /// In units of 512 bytes, as on Linux.
    pub blocks: i64,
    pub blksize: i32,
    pub flags: u32,
}

/// A device number, taken apart.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The driver.
    pub major: u32,
    /// The device.
    pub minor: u32,
}

/// The low half of a word.
const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

impl Device {
    /// From FreeBSD's `dev_t` (major() and minor() of sys/types.h).
    pub const fn from_bsd(dev: u64) -> Device {
        Device {
            major: low((dev >> 32) & 0xffff_ff00 | (dev >> 8) & 0xff),
            minor: low((dev >> 24) & 0xff00 | dev & 0xffff_00ff),
        }
    }

    /// The device of a file system. One without a disk has no driver on Linux and a minor number of
    /// 20 bits; FreeBSD's (vfs_getnewfsid) is 255, its type and a count, widened as a signed int.
    const fn of_file_system(dev: u64) -> Device {
        let device = Device::from_bsd(dev & 0xffff_ffff);
        if dev >> 32 != 0xffff_ffff || device.major != 0xff {
            return Device::from_bsd(dev);
        }
        let (kind, high, low) = (
            device.minor >> 8 & 0x000f_0000,
            device.minor >> 8 & 0xff00,
            device.minor & 0xff,
        );
        Device {
            major: 0,
            minor: kind | high | low,
        }
    }

    /// FreeBSD's `dev_t` (makedev() of sys/types.h).
    pub const fn to_bsd(self) -> u64 {
        let (major, minor) = (self.major as u64, self.minor as u64);
        (major & 0xffff_ff00) << 32
            | (major & 0xff) << 8
            | (minor & 0xff00) << 24
            | minor & 0xffff_00ff
    }

    /// From Linux's 64-bit encoding (makedev(3)); mknod(2) passes its low half.
    pub const fn from_linux(dev: u64) -> Device {
        Device {
            major: low((dev >> 32) & 0xffff_f000 | (dev >> 8) & 0xfff),
            minor: low((dev >> 12) & 0xffff_ff00 | dev & 0xff),
        }
    }

    /// Linux's 64-bit encoding (makedev(3)), which keeps all 64 bits.
    pub const fn to_linux(self) -> u64 {
        let (major, minor) = (self.major as u64, self.minor as u64);
        (major & 0xffff_f000) << 32
            | (major & 0xfff) << 8
            | (minor & 0xffff_ff00) << 12
            | minor & 0xff
    }
}

/// Linux's `st_mode`. The bits are the same; a FreeBSD whiteout is a character
/// device on Linux, and links have all permissions there, whatever the umask was.
pub const fn mode_to_linux(mode: u16) -> u32 {
    let mode = mode as u32;
    if mode & linux::S_IFMT == bsd::S_IFWHT.cast_unsigned() {
        return mode & !linux::S_IFMT | linux::S_IFCHR;
    }
    if mode & linux::S_IFMT == linux::S_IFLNK {
        return mode | 0o777;
    }
    mode
}

/// The permission bits after a change of owner, where they change (chown(2)): a plain file loses
/// set-user-id, and set-group-id if its group may execute it.
pub const fn mode_after_chown(mode: u16) -> Option<u16> {
    let file = mode_to_linux(mode);
    if file & linux::S_IFMT != linux::S_IFREG {
        return None;
    }
    let executable = mode & (SET_GROUP_ID | GROUP_EXECUTE) == SET_GROUP_ID | GROUP_EXECUTE;
    let lost = SET_USER_ID | if executable { SET_GROUP_ID } else { 0 };
    if mode & lost == 0 {
        return None;
    }
    Some(mode & PERMISSIONS & !lost)
}

const PERMISSIONS: u16 = 0o7777;
const SET_USER_ID: u16 = 0o4000;
const SET_GROUP_ID: u16 = 0o2000;
const GROUP_EXECUTE: u16 = 0o0010;

/// A FreeBSD `dev_t` in Linux's 64-bit encoding.
#[inline]
const fn dev_to_linux(dev: u64) -> u64 {
    // The same in both, with either half below 256: most devices.
    if dev <= 0xffff {
        return dev;
    }
    dev_to_linux_large(dev)
}

#[cold]
const fn dev_to_linux_large(dev: u64) -> u64 {
    Device::from_bsd(dev).to_linux()
}

/// What all numbers of file systems without a disk have in common.
const NO_DISK: u64 = 0xffff_ffff_0000_ff00;

/// [`Device::of_file_system`] in Linux's encoding: most calls of stat(2) come by here.
#[inline]
const fn file_system_to_linux(dev: u64) -> u64 {
    if dev <= 0xffff {
        return dev;
    }
    if dev & NO_DISK == NO_DISK {
        return (dev & 0x0fff_0000) << 4 | dev & 0xff;
    }
    dev_to_linux_large(dev)
}

/// `struct stat` for a Linux program.
#[inline]
pub fn stat_to_linux(st: &BsdStat) -> l_newstat {
    l_newstat {
        st_dev: file_system_to_linux(st.dev),
        st_ino: st.ino,
        st_nlink: st.nlink,
        st_mode: mode_to_linux(st.mode),
        st_uid: st.uid,
        st_gid: st.gid,
        st_rdev: rdev(st),
        st_size: st.size,
        st_blksize: i64::from(st.blksize),
        st_blocks: st.blocks,
        st_atime: st.atim.sec,
        st_atime_nsec: st.atim.nsec.cast_unsigned(),
        st_mtime: st.mtim.sec,
        st_mtime_nsec: st.mtim.nsec.cast_unsigned(),
        st_ctime: st.ctim.sec,
        st_ctime_nsec: st.ctim.nsec.cast_unsigned(),
        ..l_newstat::ZERO
    }
}

/// The device a special file stands for, in Linux's encoding: 0 for any other file on Linux,
/// where FreeBSD says "none" with all bits set.
#[inline]
const fn rdev(st: &BsdStat) -> u64 {
    match mode_to_linux(st.mode) & linux::S_IFMT {
        linux::S_IFCHR | linux::S_IFBLK => dev_to_linux(st.rdev),
        _ => 0,
    }
}

/// The attributes FreeBSD can tell, for `stx_attributes_mask`.
pub const STATX_ATTRIBUTES: u32 =
    linux::STATX_ATTR_IMMUTABLE | linux::STATX_ATTR_APPEND | linux::STATX_ATTR_NODUMP;

/// EINVAL for a `mask` with the reserved bit; unknown bits are ignored (statx(2)).
pub const fn check_statx_mask(mask: u32) -> Result<(), Errno> {
    if mask & linux::STATX__RESERVED != 0 {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// `struct statx` for a Linux program. All it can tell is told, asked or not, which
/// statx(2) allows.
pub fn statx_to_linux(st: &BsdStat) -> l_statx {
    let moment = |at: Moment| l_statx_timestamp {
        tv_sec: at.sec,
        tv_nsec: u32::try_from(at.nsec).unwrap_or(0),
        __reserved: 0,
    };
    let (dev, rdev) = (Device::of_file_system(st.dev), Device::from_linux(rdev(st)));
    let mut out = l_statx {
        stx_mask: linux::STATX_BASIC_STATS,
        stx_blksize: u32::try_from(st.blksize).unwrap_or(0),
        stx_attributes: u64::from(attributes(st.flags)),
        stx_nlink: u32::try_from(st.nlink).unwrap_or(u32::MAX),
        stx_uid: st.uid,
        stx_gid: st.gid,
        stx_mode: low(u64::from(mode_to_linux(st.mode) & 0xffff)) as u16,
        stx_ino: st.ino,
        stx_size: st.size.cast_unsigned(),
        stx_blocks: st.blocks.cast_unsigned(),
        stx_attributes_mask: u64::from(STATX_ATTRIBUTES),
        stx_atime: moment(st.atim),
        stx_ctime: moment(st.ctim),
        stx_mtime: moment(st.mtim),
        stx_rdev_major: rdev.major,
        stx_rdev_minor: rdev.minor,
        stx_dev_major: dev.major,
        stx_dev_minor: dev.minor,
        ..l_statx::ZERO
    };
    if st.birthtim.sec != -1 {
        out.stx_mask |= linux::STATX_BTIME;
        out.stx_btime = moment(st.birthtim);
    }
    out
}

fn attributes(flags: u32) -> u32 {
    let has = |bits: i32| flags & bits.cast_unsigned() != 0;
    let mut out = 0;
    if has(bsd::UF_IMMUTABLE | bsd::SF_IMMUTABLE) {
        out |= linux::STATX_ATTR_IMMUTABLE;
    }
    if has(bsd::UF_APPEND | bsd::SF_APPEND) {
        out |= linux::STATX_ATTR_APPEND;
    }
    if has(bsd::UF_NODUMP) {
        out |= linux::STATX_ATTR_NODUMP;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [u64; 11] = [
        0,
        1,
        0xff,
        0x100,
        0xffff,
        0x1_0000,
        0xffff_ffff,
        0x1_0000_0000,
        0x0123_4567_89ab_cdef,
        u64::MAX,
        1 << 63,
    ];

    /// No bit of a device number is lost between the systems.
    #[test]
    fn device_numbers_round_trip() {
        for dev in ODD {
            let device = Device::from_bsd(dev);
            assert_eq!(device.to_bsd(), dev);
            assert_eq!(Device::from_linux(device.to_linux()), device);
            assert_eq!(Device::from_linux(dev).to_linux(), dev);
            assert_eq!(dev_to_linux(dev), device.to_linux());
        }
    }

    /// A file system without a disk has no major number, and a minor one as small as Linux's.
    #[test]
    fn file_systems_without_a_disk() {
        let st = BsdStat {
            dev: 0xffff_ffff_8712_ff34,
            ..BsdStat::default()
        };
        assert_eq!(stat_to_linux(&st).st_dev, 0x7120_0034);
        let x = statx_to_linux(&st);
        assert_eq!((x.stx_dev_major, x.stx_dev_minor), (0, 0x7_1234));
        for dev in ODD.into_iter().chain([st.dev, 0xffff_ffff_0000_ff01]) {
            let device = Device::of_file_system(dev);
            assert_eq!(file_system_to_linux(dev), device.to_linux());
        }
        let odd = Device::of_file_system(u64::MAX << 16);
        assert_eq!(odd, Device::from_bsd(u64::MAX << 16));
    }

    /// /dev/null is 1:3 on Linux, 0x103 in either encoding of old.
    #[test]
    fn small_device_numbers() {
        let null = Device { major: 1, minor: 3 };
        assert_eq!(null.to_linux(), 0x103);
        assert_eq!(null.to_bsd(), 0x103);
    }

    /// A plain file has no device, whatever FreeBSD leaves in st_rdev.
    #[test]
    fn plain_files_have_no_rdev() {
        let mut st = BsdStat {
            mode: 0o100644,
            rdev: u64::MAX,
            ..BsdStat::default()
        };
        assert_eq!(stat_to_linux(&st).st_rdev, 0);
        st.mode = 0o020666;
        st.rdev = 0x103;
        assert_eq!(stat_to_linux(&st).st_rdev, 0x103);
        assert_eq!(statx_to_linux(&st).stx_rdev_minor, 3);
    }

    /// The file types are the same numbers, but for whiteouts.
    #[test]
    fn chown_drops_set_ids() {
        assert_eq!(mode_after_chown(0o104755), Some(0o755));
        assert_eq!(mode_after_chown(0o106711), Some(0o711));
        assert_eq!(mode_after_chown(0o102755), Some(0o755));
        assert_eq!(mode_after_chown(0o102644), None);
        assert_eq!(mode_after_chown(0o106744), Some(0o2744));
        assert_eq!(mode_after_chown(0o101755), None);
        assert_eq!(mode_after_chown(0o042755), None);
        assert_eq!(mode_after_chown(0o124777), None);
    }

    #[test]
    fn modes_are_the_same() {
        for kind in [0o01, 0o02, 0o04, 0o06, 0o10, 0o12, 0o14] {
            let mode = kind << 12 | 0o7777;
            assert_eq!(mode_to_linux(mode), u32::from(mode));
        }
        assert_eq!(mode_to_linux(0o160644), 0o020644);
    }

    /// A file before 1970 keeps its time.
    #[test]
    fn times_before_the_epoch() {
        let st = BsdStat {
            mtim: Moment { sec: -5, nsec: 7 },
            ..BsdStat::default()
        };
        let out = stat_to_linux(&st);
        assert_eq!((out.st_mtime, out.st_mtime_nsec), (-5, 7));
        assert_eq!(statx_to_linux(&st).stx_mtime.tv_sec, -5);
    }

    /// The birth is told only when known.
    #[test]
    fn birth_is_optional() {
        let mut st = BsdStat {
            birthtim: Moment { sec: -1, nsec: 0 },
            ..BsdStat::default()
        };
        assert_eq!(statx_to_linux(&st).stx_mask & linux::STATX_BTIME, 0);
        st.birthtim.sec = 12;
        assert_ne!(statx_to_linux(&st).stx_mask & linux::STATX_BTIME, 0);
        assert_eq!(statx_to_linux(&st).stx_btime.tv_sec, 12);
    }

    /// File flags become attributes; the mask says which can be told.
    #[test]
    fn attributes_follow_flags() {
        let flags = (bsd::SF_IMMUTABLE | bsd::UF_NODUMP).cast_unsigned();
        let out = statx_to_linux(&BsdStat {
            flags,
            ..BsdStat::default()
        });
        assert_eq!(out.stx_attributes, 0x50);
        assert_eq!(out.stx_attributes & !out.stx_attributes_mask, 0);
    }

    /// Values beyond statx's narrower fields do not wrap.
    #[test]
    fn narrow_fields_saturate() {
        let st = BsdStat {
            nlink: u64::MAX,
            blksize: -1,
            ..BsdStat::default()
        };
        let out = statx_to_linux(&st);
        assert_eq!((out.stx_nlink, out.stx_blksize), (u32::MAX, 0));
    }

    /// Only the reserved bit of the mask is an error.
    #[test]
    fn statx_mask() {
        assert_eq!(check_statx_mask(0x7fff_ffff), Ok(()));
        assert_eq!(check_statx_mask(0x8000_0000), Err(Errno::EINVAL));
    }
}
