// SPDX-License-Identifier: BSD-2-Clause
//! mount(2): flags, file systems and their options; the flags of umount2(2).

use core::ffi::CStr;

use linux_raw_sys::general as linux;

use crate::errno::Errno;

const MNT_FORCE: u32 = 1;

/// Whether to force it; EINVAL for what FreeBSD cannot (MNT_DETACH, MNT_EXPIRE), for
/// UMOUNT_NOFOLLOW, which privileged programs rely on and FreeBSD cannot promise, and for
/// unknown bits.
pub const fn plan_umount(flags: i32) -> Result<bool, Errno> {
    let flags = flags.cast_unsigned();
    if flags & !MNT_FORCE != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(flags & MNT_FORCE != 0)
}

/// The upper half that old programs set; ignored since Linux 2.4 (mount(2)).
const MS_MGC_VAL: u64 = 0xc0ed_0000;
const MS_MGC_MSK: u64 = 0xffff_0000;
/// MS_NOSYMFOLLOW of linux/mount.h, since Linux 5.10.
const MS_NOSYMFOLLOW: u32 = 1 << 8;

/// MNT_* of sys/mount.h, by the MS_* that asks for each.
const MAP: [(u32, u64); 6] = [
    (linux::MS_RDONLY, 0x0000_0001),
    (linux::MS_SYNCHRONOUS, 0x0000_0002),
    (linux::MS_NOEXEC, 0x0000_0004),
    (linux::MS_NOSUID, 0x0000_0008),
    (MS_NOSYMFOLLOW, 0x0040_0000),
    (linux::MS_NOATIME, 0x1000_0000),
];

/// Ignored: device files work in devfs alone (MS_NODEV); no message is printed (MS_SILENT); the rest
/// says when times and directories reach the disk, which is the file system's matter, or asks for what
/// is so anyway.
const IGNORED: u32 = linux::MS_NODEV
    | linux::MS_SILENT
    | linux::MS_NODIRATIME
    | linux::MS_RELATIME
    | linux::MS_STRICTATIME
    | linux::MS_LAZYTIME
    | linux::MS_DIRSYNC
    | linux::MS_MANDLOCK
    | linux::MS_POSIXACL
    | linux::MS_I_VERSION;

/// What mount(2) is to do, with FreeBSD's flags.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum MountPlan {
    /// Mount a file system.
    New(u64),
    /// Show a folder or file in another place. MS_REC is ignored: what is mounted below does not show.
    Bind(u64),
    /// Change the flags of what is mounted.
    Update(u64),
    /// Make what happens below a mount stay there, which it does anyway.
    Private,
}

/// Reads the flags of mount(2). EINVAL for MS_MOVE, for shared and unbindable mounts, which FreeBSD
/// does not have, and for unknown bits.
pub fn plan_mount(flags: u64) -> Result<MountPlan, Errno> {
    let flags = if flags & MS_MGC_MSK == MS_MGC_VAL {
        flags & !MS_MGC_MSK
    } else {
        flags
    };
    let flags = u32::try_from(flags).map_err(|_| Errno::EINVAL)?;
    let mut unknown = flags & !IGNORED;
    let mut bsd = 0;
    for (bit, mapped) in MAP {
        if flags & bit != 0 {
            bsd |= mapped;
        }
        unknown &= !bit;
    }
    let propagation = linux::MS_SHARED | linux::MS_PRIVATE | linux::MS_SLAVE | linux::MS_UNBINDABLE;
    const BIND_REC: u32 = linux::MS_BIND | linux::MS_REC;
    const UPDATE_BIND: u32 = linux::MS_REMOUNT | linux::MS_BIND;
    if unknown & propagation != 0 {
        let alone = unknown & !linux::MS_REC;
        return match bsd == 0 && (alone == linux::MS_PRIVATE || alone == linux::MS_SLAVE) {
            true => Ok(MountPlan::Private),
            false => Err(Errno::EINVAL),
        };
    }
    match unknown {
        0 | linux::MS_REC => Ok(MountPlan::New(bsd)),
        linux::MS_BIND | BIND_REC => Ok(MountPlan::Bind(bsd)),
        linux::MS_REMOUNT | UPDATE_BIND => Ok(MountPlan::Update(bsd)),
        _ => Err(Errno::EINVAL),
    }
}

/// A file system FreeBSD has, under the name Linux has for it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// FreeBSD's name.
    pub name: &'static CStr,
    /// Whether the source is a device.
    pub on_device: bool,
}

const KINDS: [(&[u8], FileSystem); 13] = [
    (
        b"proc",
        FileSystem {
            name: c"linprocfs",
            on_device: false,
        },
    ),
    (
        b"sysfs",
        FileSystem {
            name: c"linsysfs",
            on_device: false,
        },
    ),
    (
        b"tmpfs",
        FileSystem {
            name: c"tmpfs",
            on_device: false,
        },
    ),
    (
        b"ramfs",
        FileSystem {
            name: c"tmpfs",
            on_device: false,
        },
    ),
    (
        b"devtmpfs",
        FileSystem {
            name: c"devfs",
            on_device: false,
        },
    ),
    (
        b"mqueue",
        FileSystem {
            name: c"mqueuefs",
            on_device: false,
        },
    ),
    (
        b"ext2",
        FileSystem {
            name: c"ext2fs",
            on_device: true,
        },
    ),
    (
        b"ext3",
        FileSystem {
            name: c"ext2fs",
            on_device: true,
        },
    ),
    (
        b"ext4",
        FileSystem {
            name: c"ext2fs",
            on_device: true,
        },
    ),
    (
        b"vfat",
        FileSystem {
            name: c"msdosfs",
            on_device: true,
        },
    ),
    (
        b"msdos",
        FileSystem {
            name: c"msdosfs",
            on_device: true,
        },
    ),
    (
        b"iso9660",
        FileSystem {
            name: c"cd9660",
            on_device: true,
        },
    ),
    (
        b"udf",
        FileSystem {
            name: c"udf",
            on_device: true,
        },
    ),
];

/// FreeBSD's file system for Linux's name; ENODEV for one it does not have.
pub fn file_system(name: &[u8]) -> Result<FileSystem, Errno> {
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind).ok_or(Errno::ENODEV)
}

/// How many kinds of file systems there are.
pub const fn kinds() -> usize {
    KINDS.len()
}

/// The name of a kind by its index.
pub fn kind_name(index: u32) -> Option<&'static [u8]> {
    // CAST: 32 bits.
    KINDS.get(index as usize).map(|(name, _)| *name)
}

/// The index of a kind by its name.
pub fn kind_index(name: &[u8]) -> Option<usize> {
    KINDS.iter().position(|(known, _)| *known == name)
}

/// An option of one file system: where FreeBSD's value is in the text it was read from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MountOption {
    /// FreeBSD's name.
    pub name: &'static CStr,
    /// The first byte of the value, which ends in NUL.
    pub value: usize,
}

/// How many options are understood at once.
pub const MOST_OPTIONS: usize = 8;

/// Options of tmpfs(5), by the names of both systems.
const TMPFS: [(&[u8], &CStr); 5] = [
    (b"size", c"size"),
    (b"nr_inodes", c"inodes"),
    (b"mode", c"mode"),
    (b"uid", c"uid"),
    (b"gid", c"gid"),
];

/// Reads `data` of mount(2), options with commas between them, and ends each value with NUL in place.
/// EINVAL for an option that the file system does not have, and for sizes in percent.
pub fn mount_options(
    kind: FileSystem,
    data: &mut [u8],
) -> Result<[Option<MountOption>; MOST_OPTIONS], Errno> {
    let mut options = [None; MOST_OPTIONS];
    let mut room = options.iter_mut();
    let mut at = 0_usize;
    loop {
        let rest = data.get(at..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b',' || *byte == 0);
        let Some(len) = len else { break };
        let text = rest.get(..len).unwrap_or_default();
        let more = rest.get(len) == Some(&b',');
        let end = at.saturating_add(len);
        if !text.is_empty() {
            let equals = text
                .iter()
                .position(|byte| *byte == b'=')
                .ok_or(Errno::EINVAL)?;
            let (name, value) = text.split_at(equals);
            let known = TMPFS.iter().find(|(known, _)| *known == name);
            let (_, name) = known.ok_or(Errno::EINVAL)?;
            if kind.name != c"tmpfs" || value.len() < 2 || value.contains(&b'%') {
                return Err(Errno::EINVAL);
            }
            *room.next().ok_or(Errno::EINVAL)? = Some(MountOption {
                name,
                value: at.saturating_add(equals).saturating_add(1),
            });
        }
        if let Some(comma) = data.get_mut(end) {
            *comma = 0;
        }
        if !more {
            break;
        }
        at = end.saturating_add(1);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bit alone.
    #[test]
    fn every_bit_has_a_verdict() {
        assert_eq!(plan_umount(0), Ok(false));
        for n in 0..32 {
            let expected = match n {
                0 => Ok(true),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(plan_umount((1_u32 << n).cast_signed()), expected, "bit {n}");
        }
    }

    /// Each bit of mount(2) alone.
    #[test]
    fn mount_flags() {
        for bit in 0..64 {
            let plan = plan_mount(1 << bit);
            let expected = match bit {
                0 => Ok(MountPlan::New(1)),
                1 => Ok(MountPlan::New(8)),
                3 => Ok(MountPlan::New(4)),
                4 => Ok(MountPlan::New(2)),
                5 => Ok(MountPlan::Update(0)),
                8 => Ok(MountPlan::New(0x0040_0000)),
                10 => Ok(MountPlan::New(0x1000_0000)),
                12 => Ok(MountPlan::Bind(0)),
                18 | 19 => Ok(MountPlan::Private),
                2 | 6 | 7 | 11 | 14..=16 | 21 | 23..=25 => Ok(MountPlan::New(0)),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(plan, expected, "bit {bit}");
        }
        assert_eq!(plan_mount(0xc0ed_0001), Ok(MountPlan::New(1)));
        assert_eq!(plan_mount(0x1000 | 0x4000), Ok(MountPlan::Bind(0)));
        assert_eq!(plan_mount(0x1000 | 0x20 | 1), Ok(MountPlan::Update(1)));
        assert_eq!(plan_mount(0x2000 | 0x1000), Err(Errno::EINVAL));
    }

    /// Options are cut out where they are.
    #[test]
    fn options() {
        let tmpfs = file_system(b"tmpfs").unwrap();
        let mut data = *b"size=64k,,mode=755\0rest";
        let options = mount_options(tmpfs, &mut data).unwrap();
        let [Some(size), Some(mode), None, ..] = options else {
            panic!("{options:?}");
        };
        assert_eq!((size.name, size.value), (c"size", 5));
        assert_eq!((mode.name, mode.value), (c"mode", 15));
        assert_eq!(&data, b"size=64k\0\0mode=755\0rest");
        assert_eq!(
            mount_options(tmpfs, &mut b"\0".to_vec()).unwrap(),
            [None; 8]
        );
        for bad in [&b"size\0"[..], b"what=1\0", b"size=10%\0", b"uid=\0"] {
            assert_eq!(mount_options(tmpfs, &mut bad.to_vec()), Err(Errno::EINVAL));
        }
        let proc = file_system(b"proc").unwrap();
        assert_eq!(
            mount_options(proc, &mut b"uid=1\0".to_vec()),
            Err(Errno::EINVAL)
        );
        assert_eq!(file_system(b"what"), Err(Errno::ENODEV));
    }
}
