// SPDX-License-Identifier: BSD-2-Clause
//! quotactl(2), quotactl_fd(2).
//!
//! FreeBSD: none. The quotas of UFS and ZFS are for the tools of the system that keeps them.
//! Differences from Linux: no file system has quotas; a device is never one for blocks.

use kpi::kern::fd::info;
use kpi::kern::path::At;
use kpi::kern::stat::kern_statat;
use kpi::{Cx, Errno, Result, UserAddr, UserCStr};
use linux_abi::fd::Fd;
use linux_abi::quota::{Command, command};

/// Asks or changes the quotas of the file system on a device; writes all to the disk, of which there
/// are none. EINVAL, ENODEV, ENOENT, ENOTBLK.
pub(crate) fn quotactl(
    cx: &mut Cx<'_>,
    number: u32,
    device: Option<UserCStr>,
    _id: u32,
    _addr: UserAddr,
) -> Result<()> {
    let command = command(number)?;
    match device {
        None if command == Command::Sync => Ok(()),
        None => Err(Errno::ENODEV.into()),
        Some(device) => {
            kern_statat(cx, At::cwd(device), 0)?;
            Err(Errno::ENOTBLK.into())
        }
    }
}

/// The same for the file system of an open file, which has none. EBADF, EINVAL, ENOSYS.
pub(crate) fn quotactl_fd(
    cx: &mut Cx<'_>,
    fd: Fd,
    number: u32,
    _id: u32,
    _addr: UserAddr,
) -> Result<()> {
    info(cx, fd)?;
    command(number)?;
    Err(Errno::ENOSYS.into())
}
