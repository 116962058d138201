// SPDX-License-Identifier: BSD-2-Clause
//! mkdir(2), mknod(2) and their *at calls.
//!
//! FreeBSD: kern_mkdirat, kern_mkfifoat, kern_mknodat, kern_openat (vfs_syscalls.c).
//! Differences from Linux: mknod makes no sockets (EPERM); device files only work in devfs;
//! the character device 0:0, Linux's whiteout, is for root alone.

use kpi::kern::fd::kern_close;
use kpi::kern::path::{
    At, in_the_way, kern_fchmodat, kern_mkdirat, kern_mkfifoat, kern_mknodat, kern_openat,
};
use kpi::{Cx, Result, UserCStr};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::node::{Node, plan_mknod};

/// Makes a folder.
pub(crate) fn mkdir(cx: &mut Cx<'_>, path: UserCStr, mode: u32) -> Result<()> {
    do_mkdir(cx, At::cwd(path), mode)
}

/// Makes a folder below the folder `dir`.
pub(crate) fn mkdirat(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, mode: u32) -> Result<()> {
    do_mkdir(cx, At::new(dir, path), mode)
}

fn do_mkdir(cx: &mut Cx<'_>, at: At, mode: u32) -> Result<()> {
    kern_mkdirat(cx, at, mode)?;
    if mode & bsd::S_ISVTX.cast_unsigned() != 0 {
        make_sticky(cx, at);
    }
    Ok(())
}

/// Sets the sticky bit, which Linux takes from mkdir's mode and FreeBSD does not. The folder
/// is there, so mkdir has succeeded even if another process has meanwhile moved it away.
#[cold]
fn make_sticky(cx: &mut Cx<'_>, at: At) {
    let Ok(st) = kpi::kern::stat::kern_statat(cx, at, bsd::AT_SYMLINK_NOFOLLOW) else {
        return;
    };
    if i32::from(st.mode) & bsd::S_IFMT == bsd::S_IFDIR {
        let mode = st.mode & 0o7777 | 0o1000;
        let _ = kern_fchmodat(cx, at, mode, bsd::AT_SYMLINK_NOFOLLOW);
    }
}

/// Makes a plain file, a FIFO or a device file.
pub(crate) fn mknod(cx: &mut Cx<'_>, path: UserCStr, mode: u32, dev: u32) -> Result<()> {
    do_mknod(cx, At::cwd(path), mode, dev)
}

/// The same below the folder `dir`.
pub(crate) fn mknodat(cx: &mut Cx<'_>, dir: Fd, path: UserCStr, mode: u32, dev: u32) -> Result<()> {
    do_mknod(cx, At::new(dir, path), mode, dev)
}

fn do_mknod(cx: &mut Cx<'_>, at: At, mode: u32, dev: u32) -> Result<()> {
    match plan_mknod(mode, dev)? {
        Node::Fifo(mode) => kern_mkfifoat(cx, at, mode),
        Node::Device(mode, device) => kern_mknodat(cx, at, mode, device),
        Node::File(mode) => {
            // O_NOFOLLOW: with O_EXCL a link is EEXIST anyway, even one that leads nowhere.
            let flags =
                bsd::O_WRONLY | bsd::O_CREAT | bsd::O_EXCL | bsd::O_NOFOLLOW | bsd::O_CLOEXEC;
            match kern_openat(cx, at, flags, mode) {
                Ok(fd) => kern_close(cx, fd),
                Err(fail) => Err(in_the_way(cx, at, fail)),
            }
        }
    }
}
