// SPDX-License-Identifier: BSD-2-Clause
//! Commands of file systems.
//!
//! Differences from Linux: all are refused, as by a file system that cannot do them; programs fall
//! back to plain reading and writing. Attributes (chattr(1)) are not shown.

use kpi::kern::fd;
use kpi::{Cx, Errno, Result};
use linux_abi::ioctl as linux;

use super::Request;

pub(super) fn ioctl(cx: &mut Cx<'_>, request: &Request) -> Result<Option<i32>> {
    match request.command {
        linux::FICLONE | linux::FICLONERANGE | linux::FIDEDUPERANGE | linux::FS_IOC_FIEMAP => {
            fd::info(cx, request.fd)?;
            Err(Errno::EOPNOTSUPP.into())
        }
        linux::FIBMAP
        | linux::FIGETBSZ
        | linux::FS_IOC_GETFLAGS
        | linux::FS_IOC_SETFLAGS
        | linux::FS_IOC_GETVERSION
        | linux::FS_IOC_FSGETXATTR
        | linux::FS_IOC_FSSETXATTR => {
            fd::info(cx, request.fd)?;
            Err(Errno::ENOTTY.into())
        }
        _ => Ok(None),
    }
}
