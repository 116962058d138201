// SPDX-License-Identifier: BSD-2-Clause
//! What a file system is: statfs(2).

use linux_raw_sys::general as linux;

use crate::c::l_statfs;
use crate::pod::Pod;

/// The fields of FreeBSD's `struct statfs` that Linux has too.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields of statfs(2), without the prefix f_"
)]
pub struct BsdStatfs {
    /// The name of the file system's type, up to its NUL.
    pub fstypename: [u8; 16],
    pub flags: u64,
    pub bsize: u64,
    pub blocks: u64,
    pub bfree: u64,
    /// Negative once the reserve is in use.
    pub bavail: i64,
    pub files: u64,
    pub ffree: i64,
    pub namemax: u32,
    pub fsid: [i32; 2],
}

/// Linux's number for a FreeBSD file system (statfs(2) lists them).
const MAGIC: [(&str, u32); 21] = [
    ("ufs", 0x0001_1954),
    ("zfs", 0x2fc1_2fc1),
    ("tmpfs", linux::TMPFS_MAGIC),
    // /dev is devtmpfs on Linux, which has the number of tmpfs.
    ("devfs", linux::TMPFS_MAGIC),
    ("linprocfs", linux::PROC_SUPER_MAGIC),
    ("procfs", linux::PROC_SUPER_MAGIC),
    // /dev/fd is a part of /proc on Linux.
    ("fdescfs", linux::PROC_SUPER_MAGIC),
    ("linsysfs", linux::SYSFS_MAGIC),
    ("ext2fs", linux::EXT2_SUPER_MAGIC),
    ("nfs", linux::NFS_SUPER_MAGIC),
    ("msdosfs", linux::MSDOS_SUPER_MAGIC),
    ("cd9660", linux::ISOFS_SUPER_MAGIC),
    ("udf", linux::UDF_SUPER_MAGIC),
    ("smbfs", linux::SMB_SUPER_MAGIC),
    ("autofs", linux::AUTOFS_SUPER_MAGIC),
    ("fusefs", linux::FUSE_SUPER_MAGIC),
    ("fusefs.sshfs", linux::FUSE_SUPER_MAGIC),
    ("fusefs.ntfs-3g", linux::FUSE_SUPER_MAGIC),
    ("unionfs", linux::OVERLAYFS_SUPER_MAGIC),
    ("p9fs", linux::V9FS_MAGIC),
    ("mqueuefs", 0x1980_0202),
];

/// "the mount flags are valid": always set by Linux since 2.6.36.
const ST_VALID: u32 = 0x20;

/// FreeBSD's mount flags (sys/mount.h) and the `ST_*` of Linux. Linux's other flags,
/// of which ST_NODEV is one, have no counterpart.
const FLAGS: [(u64, u32); 5] = [
    (0x0000_0001, 0x0001), // MNT_RDONLY, ST_RDONLY
    (0x0000_0002, 0x0010), // MNT_SYNCHRONOUS, ST_SYNCHRONOUS
    (0x0000_0004, 0x0008), // MNT_NOEXEC, ST_NOEXEC
    (0x0000_0008, 0x0002), // MNT_NOSUID, ST_NOSUID
    (0x1000_0000, 0x0400), // MNT_NOATIME, ST_NOATIME
];

/// Linux's number for the type, 0 for a file system Linux does not know.
fn magic(name: &[u8; 16]) -> u32 {
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    let name = name.get(..end).unwrap_or(name);
    let known = MAGIC.iter().find(|(known, _)| known.as_bytes() == name);
    known.map_or(0, |(_, magic)| *magic)
}

/// What Linux tells of an open file that is in no file system here, by its mode: each kind is in
/// one of its own there, memory files in tmpfs.
pub fn statfs_of_kind(mode: u16) -> l_statfs {
    const PAGE: i64 = 4096;
    let magic = match u32::from(mode) & linux::S_IFMT {
        linux::S_IFIFO => PIPEFS_MAGIC,
        linux::S_IFSOCK => SOCKFS_MAGIC,
        linux::S_IFREG => linux::TMPFS_MAGIC,
        _ => ANON_INODE_FS_MAGIC,
    };
    l_statfs {
        f_type: i64::from(magic),
        f_bsize: PAGE,
        f_frsize: PAGE,
        f_namelen: 255,
        f_flags: i64::from(ST_VALID),
        ..l_statfs::ZERO
    }
}

/// PIPEFS_MAGIC of linux/magic.h.
const PIPEFS_MAGIC: u32 = 0x5049_5045;
/// SOCKFS_MAGIC.
const SOCKFS_MAGIC: u32 = 0x534f_434b;
/// ANON_INODE_FS_MAGIC: eventfd, epoll and the like.
const ANON_INODE_FS_MAGIC: u32 = 0x0904_1934;

/// `struct statfs` for a Linux program. Both sizes are the unit the blocks are
/// counted in, as Linux's file systems have it.
pub fn statfs_to_linux(fs: &BsdStatfs) -> l_statfs {
    let size = fs.bsize.cast_signed();
    let set = FLAGS.iter().filter(|(bit, _)| fs.flags & bit != 0);
    l_statfs {
        f_type: i64::from(magic(&fs.fstypename)),
        f_bsize: size,
        f_blocks: fs.blocks,
        f_bfree: fs.bfree,
        f_bavail: u64::try_from(fs.bavail).unwrap_or(0),
        f_files: fs.files,
        f_ffree: u64::try_from(fs.ffree).unwrap_or(0),
        f_fsid: fs.fsid,
        f_namelen: i64::from(fs.namemax),
        f_frsize: size,
        f_flags: i64::from(set.fold(ST_VALID, |bits, (_, bit)| bits | bit)),
        ..l_statfs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> BsdStatfs {
        let mut fs = BsdStatfs::default();
        fs.fstypename[..name.len()].copy_from_slice(name.as_bytes());
        fs
    }

    /// Known types have their number, the others 0, a name without NUL too.
    #[test]
    fn types() {
        for (name, magic) in MAGIC {
            assert_eq!(statfs_to_linux(&named(name)).f_type, i64::from(magic));
        }
        assert_eq!(statfs_to_linux(&named("nullfs")).f_type, 0);
        assert_eq!(statfs_to_linux(&named("tmpfsx")).f_type, 0);
        assert_eq!(statfs_to_linux(&named("sixteen-letters!")).f_type, 0);
    }

    /// Each flag maps alone.
    #[test]
    fn flags() {
        for bit in 0..64 {
            let fs = BsdStatfs {
                flags: 1 << bit,
                ..named("ufs")
            };
            let expected = FLAGS
                .iter()
                .find(|(b, _)| *b == 1 << bit)
                .map_or(0, |(_, l)| *l);
            assert_eq!(statfs_to_linux(&fs).f_flags, i64::from(expected | ST_VALID));
        }
    }

    /// A file system below its reserve has no room, not 2^64 blocks of it.
    #[test]
    fn below_the_reserve() {
        let fs = BsdStatfs {
            bavail: -5,
            ffree: -1,
            ..named("ufs")
        };
        let out = statfs_to_linux(&fs);
        assert_eq!((out.f_bavail, out.f_ffree), (0, 0));
    }
}
