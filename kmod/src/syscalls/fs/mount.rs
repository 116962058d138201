// SPDX-License-Identifier: BSD-2-Clause
//! mount(2), umount2(2).
//!
//! FreeBSD: kernel_mount, kern_unmount (vfs_mount.c). proc is linprocfs, sysfs linsysfs, devtmpfs devfs,
//! ramfs tmpfs, ext2 to ext4 ext2fs; a bind mount is nullfs.
//! Differences from Linux: a bind mount does not show what is mounted below its source, MS_REC or not;
//! MS_MOVE and shared mounts are EINVAL; options of one file system are known for tmpfs alone, without
//! sizes in percent, and a tmpfs mounted with others than size cannot be remounted (EOPNOTSUPP); a source that is no device is only a name. MNT_DETACH, MNT_EXPIRE and UMOUNT_NOFOLLOW are EINVAL: FreeBSD
//! unmounts now or not at all, and follows links.

use kpi::kern::io::Buffer;
use kpi::kern::mount::{Mount, kernel_mount};
use kpi::kern::path::{At, is, kern_unmount};
use kpi::kern::stat::{kern_statat, kern_statfs};
use kpi::{Cx, Errno, Result, UserAddr, UserCStr};
use linux_abi::mount::{MountPlan, file_system, mount_options, plan_mount, plan_umount};

/// PATH_MAX and the page that data may fill.
const ROOM: usize = 4096;

/// A string that ends in its buffer; EINVAL for a longer one.
fn text(cx: &mut Cx<'_>, string: UserCStr) -> Result<Buffer> {
    let mut room = Buffer::new(cx, ROOM)?;
    match string.read(cx, &mut room) {
        Err(fail) if is(fail, Errno::ENAMETOOLONG) => Err(Errno::EINVAL.into()),
        read => read.map(|_| room),
    }
}

fn optional(cx: &mut Cx<'_>, string: Option<UserCStr>) -> Result<Option<Buffer>> {
    string.map(|string| text(cx, string)).transpose()
}

/// Mounts a file system, shows a folder in another place, or changes the flags of a mount.
///
/// ENODEV for a file system FreeBSD does not have, EPERM, EINVAL, ENOENT, ENOTDIR, EBUSY.
pub(crate) fn mount(
    cx: &mut Cx<'_>,
    source: Option<UserCStr>,
    target: UserCStr,
    kind: Option<UserCStr>,
    flags: u64,
    data: UserAddr,
) -> Result<()> {
    let kind = optional(cx, kind)?;
    let source = optional(cx, source)?;
    let mut data = match UserCStr::from_reg_opt(data.raw()) {
        Some(data) => text(cx, data)?,
        None => Buffer::new(cx, 1)?,
    };
    let to = text(cx, target)?;
    // What is there comes before the right, and before the flags.
    kern_statat(cx, At::cwd(target), 0)?;
    match plan_mount(flags)? {
        MountPlan::Private => Ok(()),
        MountPlan::Update(flags) => {
            let fs = kern_statfs(cx, target)?;
            let update = Mount::update(&fs.fstypename, &to, flags)?;
            kernel_mount(cx, &update, &[], &data)
        }
        MountPlan::Bind(flags) => {
            let source = source.ok_or(Errno::EINVAL)?;
            kernel_mount(cx, &Mount::bind(&source, &to, flags), &[], &data)
        }
        MountPlan::New(flags) => {
            let kind = kind.ok_or(Errno::EINVAL)?;
            let name = kind.split(|byte| *byte == 0).next().unwrap_or_default();
            let kind = file_system(name)?;
            let options = mount_options(kind, &mut data)?;
            let device = match (kind.on_device, &source) {
                (true, None) => return Err(Errno::EINVAL.into()),
                (true, Some(source)) => Some(source),
                (false, _) => None,
            };
            let new = Mount::new(kind.name, device, &to, flags);
            kernel_mount(cx, &new, &options, &data)
        }
    }
}

/// Takes a file system out of the tree.
pub(crate) fn umount2(cx: &mut Cx<'_>, path: UserCStr, flags: i32) -> Result<()> {
    let force = plan_umount(flags)?;
    match kern_unmount(cx, path, force) {
        // The path comes before the right.
        Err(fail) if is(fail, Errno::EPERM) => {
            kern_statat(cx, At::cwd(path), 0)?;
            Err(fail)
        }
        done => done,
    }
}
