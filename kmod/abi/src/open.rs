// SPDX-License-Identifier: BSD-2-Clause
//! The flags of open(2) and openat2(2).

use bitflags::bitflags;
use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_open_how;
use crate::errno::{Errno, Fail};

/// `__O_SYNC`: the part of O_SYNC that O_DSYNC does not have.
const SYNC_ONLY: u32 = linux::O_SYNC & !linux::O_DSYNC;
/// `__O_TMPFILE`: the part of O_TMPFILE that O_DIRECTORY does not have.
const TMPFILE_ONLY: u32 = linux::O_TMPFILE & !linux::O_DIRECTORY;

bitflags! {
    /// The bits of `flags` beside the access mode.
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct OpenFlags: u32 {
        /// Map.
        const O_CREAT = linux::O_CREAT;
        /// Map.
        const O_EXCL = linux::O_EXCL;
        /// Map; the kernel side also makes the terminal controlling without it.
        const O_NOCTTY = linux::O_NOCTTY;
        /// Map.
        const O_TRUNC = linux::O_TRUNC;
        /// Map.
        const O_APPEND = linux::O_APPEND;
        /// Map.
        const O_NONBLOCK = linux::O_NONBLOCK;
        /// Map.
        const O_DSYNC = linux::O_DSYNC;
        /// Ignore: "signal-driven I/O cannot be enabled by specifying O_ASYNC when
        /// calling open()" (open(2), BUGS).
        const O_ASYNC = linux::FASYNC;
        /// Map.
        const O_DIRECT = linux::O_DIRECT;
        /// Ignore: every file is large on a 64-bit system.
        const O_LARGEFILE = linux::O_LARGEFILE;
        /// Map.
        const O_DIRECTORY = linux::O_DIRECTORY;
        /// Map; FreeBSD's EMLINK becomes ELOOP, see [`open_fail`].
        const O_NOFOLLOW = linux::O_NOFOLLOW;
        /// Ignore: "may not be effective on all filesystems" (open(2)); FreeBSD has
        /// no such flag.
        const O_NOATIME = linux::O_NOATIME;
        /// Map.
        const O_CLOEXEC = linux::O_CLOEXEC;
        /// Map: with or without O_DSYNC, all of O_SYNC.
        const O_SYNC_ONLY = SYNC_ONLY;
        /// Map: only O_DIRECTORY, O_NOFOLLOW and O_CLOEXEC count beside it.
        const O_PATH = linux::O_PATH;
        /// Map with O_EXCL, to a file whose name is taken away at once. Without O_EXCL the file
        /// could be given a name later, which no file system here can do: reject with EOPNOTSUPP, so
        /// that programs do without.
        const O_TMPFILE_ONLY = TMPFILE_ONLY;
    }
}

const MAP: [(OpenFlags, i32); 13] = [
    (OpenFlags::O_CREAT, bsd::O_CREAT),
    (OpenFlags::O_EXCL, bsd::O_EXCL),
    (OpenFlags::O_NOCTTY, bsd::O_NOCTTY),
    (OpenFlags::O_TRUNC, bsd::O_TRUNC),
    (OpenFlags::O_APPEND, bsd::O_APPEND),
    (OpenFlags::O_NONBLOCK, bsd::O_NONBLOCK),
    (OpenFlags::O_DSYNC, bsd::O_DSYNC),
    (OpenFlags::O_SYNC_ONLY, bsd::O_SYNC),
    (OpenFlags::O_DIRECT, bsd::O_DIRECT),
    (OpenFlags::O_DIRECTORY, bsd::O_DIRECTORY),
    (OpenFlags::O_NOFOLLOW, bsd::O_NOFOLLOW),
    (OpenFlags::O_CLOEXEC, bsd::O_CLOEXEC),
    (OpenFlags::O_PATH, bsd::O_PATH),
];

/// What counts beside O_PATH (open(2)).
const PATH_FLAGS: OpenFlags = OpenFlags::O_PATH
    .union(OpenFlags::O_DIRECTORY)
    .union(OpenFlags::O_NOFOLLOW)
    .union(OpenFlags::O_CLOEXEC);

/// The access mode, and flags that change little.
const PLAIN_FLAGS: u32 = linux::O_ACCMODE | linux::O_CLOEXEC | linux::O_LARGEFILE;

/// What open(2) is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct OpenPlan {
    /// FreeBSD's flags.
    pub bsd_flags: i32,
    /// Whether a file may be made, so that the mode counts.
    pub creates: bool,
    /// Whether the file is made without a name, in the folder the path is of.
    pub unnamed: bool,
    /// Whether a terminal opened by a session leader may become its controlling
    /// terminal: neither O_NOCTTY nor O_PATH.
    pub may_take_tty: bool,
}

impl OpenPlan {
    /// What creat(2) does: O_CREAT, O_WRONLY and O_TRUNC.
    pub const CREAT: OpenPlan = OpenPlan {
        bsd_flags: bsd::O_CREAT | bsd::O_WRONLY | bsd::O_TRUNC,
        creates: true,
        unnamed: false,
        may_take_tty: false,
    };
}

/// Reads the flags of open(2) and openat(2). Unknown bits are ignored.
pub fn plan_open(flags: i32) -> Result<OpenPlan, Errno> {
    let raw = flags.cast_unsigned();
    let mut flags = OpenFlags::from_bits_truncate(raw);
    let mut access = access_mode(raw);
    if raw & !PLAIN_FLAGS == 0 {
        // To read a file, mostly; without a look at each flag.
        let cloexec = if flags.contains(OpenFlags::O_CLOEXEC) {
            bsd::O_CLOEXEC
        } else {
            0
        };
        return Ok(OpenPlan {
            bsd_flags: access | cloexec,
            creates: false,
            unnamed: false,
            may_take_tty: true,
        });
    }
    if flags.contains(OpenFlags::O_PATH) {
        flags &= PATH_FLAGS;
        access = bsd::O_RDONLY;
    }
    if flags.contains(OpenFlags::O_TMPFILE_ONLY) {
        let directory = flags & (OpenFlags::O_DIRECTORY | OpenFlags::O_CREAT);
        if directory != OpenFlags::O_DIRECTORY || access == bsd::O_RDONLY {
            return Err(Errno::EINVAL);
        }
        if !flags.contains(OpenFlags::O_EXCL) {
            return Err(Errno::EOPNOTSUPP);
        }
        flags.remove(OpenFlags::O_DIRECTORY | OpenFlags::O_TRUNC | OpenFlags::O_NOFOLLOW);
        flags.insert(OpenFlags::O_CREAT);
    } else if flags.contains(OpenFlags::O_DIRECTORY | OpenFlags::O_CREAT) {
        return Err(Errno::EINVAL);
    }
    let set = MAP.iter().filter(|(flag, _)| flags.contains(*flag));
    Ok(OpenPlan {
        bsd_flags: set.fold(access, |bits, (_, bit)| bits | bit),
        creates: flags.contains(OpenFlags::O_CREAT),
        unnamed: flags.contains(OpenFlags::O_TMPFILE_ONLY),
        may_take_tty: !flags.intersects(OpenFlags::O_NOCTTY | OpenFlags::O_PATH),
    })
}

/// FreeBSD's flags for open_tree(2); `None` for a copy of the tree (OPEN_TREE_CLONE). EINVAL.
pub fn plan_open_tree(flags: u32) -> Result<Option<i32>, Errno> {
    let known = linux::OPEN_TREE_CLONE
        | linux::OPEN_TREE_CLOEXEC
        | linux::AT_EMPTY_PATH
        // There is nothing to mount on demand.
        | linux::AT_NO_AUTOMOUNT
        | linux::AT_RECURSIVE
        | linux::AT_SYMLINK_NOFOLLOW;
    let clone = flags & linux::OPEN_TREE_CLONE != 0;
    if flags & !known != 0 || flags & linux::AT_RECURSIVE != 0 && !clone {
        return Err(Errno::EINVAL);
    }
    if clone {
        return Ok(None);
    }
    let map = [
        (linux::OPEN_TREE_CLOEXEC, bsd::O_CLOEXEC),
        (linux::AT_EMPTY_PATH, bsd::O_EMPTY_PATH),
        (linux::AT_SYMLINK_NOFOLLOW, bsd::O_NOFOLLOW),
    ];
    let set = map.iter().filter(|(flag, _)| flags & flag != 0);
    Ok(Some(set.fold(bsd::O_PATH, |bits, (_, bit)| bits | bit)))
}

/// FreeBSD's access mode. Linux's fourth, 3, asks for the permission to read and
/// write and gives a descriptor for ioctl(2); read-write is the nearest.
const fn access_mode(flags: u32) -> i32 {
    match flags & linux::O_ACCMODE {
        linux::O_RDONLY => bsd::O_RDONLY,
        linux::O_WRONLY => bsd::O_WRONLY,
        _ => bsd::O_RDWR,
    }
}

/// How a failed open ends: FreeBSD says EMLINK where Linux says ELOOP for a
/// symbolic link opened with O_NOFOLLOW, and EOPNOTSUPP where Linux says ENXIO for a
/// socket.
pub fn open_fail(fail: Fail) -> Fail {
    match fail {
        Fail::EMLINK => Fail::ELOOP,
        Fail::EOPNOTSUPP => Fail::ENXIO,
        other => other,
    }
}

/// Linux's flags for the flags of an open file, as F_GETFL tells them.
///
/// `opened` is true for a file that came from open(2): Linux shows O_LARGEFILE
/// there, and not for pipes and sockets.
pub fn flags_to_linux(bsd_flags: i32, opened: bool) -> i32 {
    let mut out = match bsd_flags & bsd::O_ACCMODE {
        bsd::O_WRONLY => linux::O_WRONLY,
        bsd::O_RDWR => linux::O_RDWR,
        _ => linux::O_RDONLY,
    };
    // What Linux keeps in a file's flags: neither how it was made nor how the
    // descriptor behaves on exec.
    let kept = OpenFlags::O_APPEND
        | OpenFlags::O_NONBLOCK
        | OpenFlags::O_DSYNC
        | OpenFlags::O_SYNC_ONLY
        | OpenFlags::O_DIRECT
        | OpenFlags::O_DIRECTORY
        | OpenFlags::O_NOFOLLOW
        | OpenFlags::O_PATH;
    for (flag, bit) in MAP {
        if bsd_flags & bit != 0 && kept.contains(flag) {
            out |= flag.bits();
        }
    }
    if bsd_flags & bsd::O_SYNC != 0 {
        out |= linux::O_SYNC;
    }
    if bsd_flags & bsd::O_ASYNC != 0 {
        out |= linux::FASYNC;
    }
    if opened && bsd_flags & bsd::O_PATH == 0 {
        out |= linux::O_LARGEFILE;
    }
    out.cast_signed()
}

/// The flags for FreeBSD's F_SETFL: the bits Linux's changes, the others being ignored (fcntl(2)),
/// and those of `current`, the file's flags, that Linux leaves alone where FreeBSD would not.
pub fn setfl_to_bsd(flags: i32, current: i32) -> i32 {
    let flags = OpenFlags::from_bits_truncate(flags.cast_unsigned());
    let changeable = OpenFlags::O_APPEND | OpenFlags::O_NONBLOCK | OpenFlags::O_DIRECT;
    let set = MAP
        .iter()
        .filter(|(flag, _)| (flags & changeable).contains(*flag));
    let kept = current & (bsd::O_SYNC | bsd::O_DSYNC);
    let out = set.fold(kept, |bits, (_, bit)| bits | bit);
    if flags.contains(OpenFlags::O_ASYNC) {
        out | bsd::O_ASYNC
    } else {
        out
    }
}

bitflags! {
    /// `resolve` of openat2(2).
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct Resolve: u64 {
        /// Do not leave the file system.
        const NO_XDEV = linux::RESOLVE_NO_XDEV as u64;
        /// Do not follow links like those of /proc/self/fd.
        const NO_MAGICLINKS = linux::RESOLVE_NO_MAGICLINKS as u64;
        /// Do not follow any symbolic link.
        const NO_SYMLINKS = linux::RESOLVE_NO_SYMLINKS as u64;
        /// Map to O_RESOLVE_BENEATH: do not leave the folder.
        const BENEATH = linux::RESOLVE_BENEATH as u64;
        /// Take the folder for the root.
        const IN_ROOT = linux::RESOLVE_IN_ROOT as u64;
        /// Only what is cached: EAGAIN, as for what is not.
        const CACHED = linux::RESOLVE_CACHED as u64;
    }
}

/// Reads `struct open_how`. openat2(2) rejects what open(2) ignores: unknown bits,
/// a mode that cannot count, flags that mean nothing beside O_PATH.
pub fn plan_openat2(how: &l_open_how) -> Result<(OpenPlan, Resolve), Errno> {
    let raw = u32::try_from(how.flags).map_err(|_| Errno::EINVAL)?;
    let flags = OpenFlags::from_bits(raw & !linux::O_ACCMODE).ok_or(Errno::EINVAL)?;
    let resolve = Resolve::from_bits(how.resolve).ok_or(Errno::EINVAL)?;
    if resolve.contains(Resolve::BENEATH | Resolve::IN_ROOT) {
        return Err(Errno::EINVAL);
    }
    let makes = flags.intersects(OpenFlags::O_CREAT | OpenFlags::O_TMPFILE_ONLY);
    if how.mode & !0o7777 != 0 || (!makes && how.mode != 0) {
        return Err(Errno::EINVAL);
    }
    if flags.contains(OpenFlags::O_PATH) && raw & !PATH_FLAGS.bits() != 0 {
        return Err(Errno::EINVAL);
    }
    // Whatever is cached, this kernel does not tell; the program then asks without the flag.
    if resolve.contains(Resolve::CACHED) {
        return Err(Errno::EAGAIN);
    }
    let mut plan = plan_open(raw.cast_signed())?;
    if resolve == Resolve::BENEATH {
        plan.bsd_flags |= bsd::O_RESOLVE_BENEATH;
    }
    Ok((plan, resolve))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(flags: u32) -> i32 {
        plan_open(flags.cast_signed()).unwrap().bsd_flags
    }

    /// Each mapped bit alone gives its FreeBSD bit alone.
    #[test]
    fn single_bits_map() {
        for (flag, bit) in MAP {
            assert_eq!(bits(flag.bits()), bit, "{flag:?}");
        }
    }

    /// Unknown and ignored bits change nothing.
    #[test]
    fn unknown_bits_are_ignored() {
        for n in 0..32 {
            let flags = 1_u32 << n;
            let mapped = MAP.iter().any(|(flag, _)| flag.bits() == flags);
            if !mapped && flags > 3 && flags != TMPFILE_ONLY {
                assert_eq!(bits(flags), 0, "bit {n}");
            }
        }
    }

    /// The access modes keep their numbers; the odd fourth is read-write.
    #[test]
    fn access_modes() {
        assert_eq!([0, 1, 2, 3].map(bits), [0, 1, 2, 2]);
    }

    /// O_SYNC is more than O_DSYNC.
    #[test]
    fn sync_includes_dsync() {
        assert_eq!(bits(linux::O_SYNC), bsd::O_SYNC | bsd::O_DSYNC);
        assert_eq!(bits(linux::O_DSYNC), bsd::O_DSYNC);
    }

    /// open(2): only three flags count beside O_PATH.
    #[test]
    fn o_path_drops_the_rest() {
        let plan = plan_open((linux::O_PATH | linux::O_CREAT | linux::O_RDWR).cast_signed());
        let plan = plan.unwrap();
        assert_eq!(plan.bsd_flags, bsd::O_PATH);
        assert!(!plan.creates && !plan.may_take_tty);
        let kept = linux::O_PATH | linux::O_NOFOLLOW | linux::O_CLOEXEC;
        assert_eq!(bits(kept), bsd::O_PATH | bsd::O_NOFOLLOW | bsd::O_CLOEXEC);
    }

    /// O_TMPFILE with O_EXCL is a new file, without it unsupported; ill formed it is EINVAL.
    #[test]
    fn tmpfile() {
        let open = |flags: u32| plan_open(flags.cast_signed());
        assert_eq!(
            open(linux::O_TMPFILE | linux::O_RDWR),
            Err(Errno::EOPNOTSUPP)
        );
        let unnamed = open(linux::O_TMPFILE | linux::O_RDWR | linux::O_EXCL).unwrap();
        assert!(unnamed.unnamed && unnamed.creates);
        let made = bsd::O_RDWR | bsd::O_CREAT | bsd::O_EXCL;
        assert_eq!(unnamed.bsd_flags, made);
        assert_eq!(open(linux::O_TMPFILE), Err(Errno::EINVAL));
        assert_eq!(open(TMPFILE_ONLY | linux::O_RDWR), Err(Errno::EINVAL));
        let made = linux::O_TMPFILE | linux::O_CREAT | linux::O_RDWR;
        assert_eq!(open(made), Err(Errno::EINVAL));
    }

    /// A folder cannot be made by open(2).
    #[test]
    fn directory_and_creat_is_einval() {
        let flags = linux::O_DIRECTORY | linux::O_CREAT;
        assert_eq!(plan_open(flags.cast_signed()), Err(Errno::EINVAL));
    }

    /// F_GETFL gives back what open(2) was given, without what only counted then.
    #[test]
    fn getfl_round_trip() {
        let kept = linux::O_RDWR | linux::O_APPEND | linux::O_NONBLOCK | linux::O_SYNC;
        let opened = bits(kept | linux::O_CREAT | linux::O_CLOEXEC | linux::O_EXCL);
        assert_eq!(flags_to_linux(opened, false), kept.cast_signed());
        let large = (kept | linux::O_LARGEFILE).cast_signed();
        assert_eq!(flags_to_linux(opened, true), large);
    }

    /// F_SETFL changes five bits at most.
    #[test]
    fn setfl_ignores_the_rest() {
        let all = bsd::O_APPEND | bsd::O_NONBLOCK | bsd::O_DIRECT | bsd::O_ASYNC;
        assert_eq!(setfl_to_bsd(-1, 0), all);
        assert_eq!(setfl_to_bsd(linux::O_CREAT.cast_signed(), 0), 0);
        let sync = bsd::O_SYNC | bsd::O_DSYNC;
        assert_eq!(setfl_to_bsd(0, sync | bsd::O_APPEND), sync);
    }

    /// openat2(2) rejects what open(2) ignores.
    #[test]
    fn openat2_is_strict() {
        let plan = |flags, mode, resolve| {
            plan_openat2(&l_open_how {
                flags,
                mode,
                resolve,
            })
        };
        assert!(plan(0, 0, 0).is_ok());
        assert_eq!(plan(1 << 30, 0, 0), Err(Errno::EINVAL));
        assert_eq!(plan(1 << 40, 0, 0), Err(Errno::EINVAL));
        assert_eq!(plan(0, 0o600, 0), Err(Errno::EINVAL));
        assert_eq!(plan(0, 0, 1 << 6), Err(Errno::EINVAL));
        assert_eq!(plan(0, 0, 0x18), Err(Errno::EINVAL));
        assert_eq!(
            plan(u64::from(linux::O_CREAT), 0o10000, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(
            plan(u64::from(linux::O_CREAT), 0o600, 0x20),
            Err(Errno::EAGAIN)
        );
        assert_eq!(
            plan(u64::from(linux::O_PATH | linux::O_TRUNC), 0, 0),
            Err(Errno::EINVAL)
        );
        let (beneath, _) = plan(0, 0, 8).unwrap();
        assert_eq!(beneath.bsd_flags, bsd::O_RESOLVE_BENEATH);
    }

    /// O_NOFOLLOW on a link is ELOOP.
    #[test]
    fn nofollow_is_eloop() {
        assert_eq!(open_fail(Fail::EMLINK), Fail::ELOOP);
        assert_eq!(open_fail(Fail::EOPNOTSUPP), Fail::ENXIO);
        assert_eq!(open_fail(Fail::ENOENT), Fail::ENOENT);
    }
}
