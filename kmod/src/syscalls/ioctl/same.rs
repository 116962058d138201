// SPDX-License-Identifier: BSD-2-Clause
//! Commands that mean the same on both systems ([`linux_abi::ioctl::same`]): the argument is handed over as it is.
//! What a device does not fill is zero.

use kpi::kern::fd;
use kpi::kern::io::Buffer;
use kpi::kern::ioctl::kern_ioctl_same;
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut};
use linux_abi::ioctl as linux;

use super::Request;

/// Does such a command, with what the device returns.
pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    let Some(same) = linux::same(r.command) else {
        return Ok(None);
    };
    let size = same.size();
    if size == 0 {
        return told(kern_ioctl_same(cx, r.fd, same, &mut []));
    }
    fd::info(cx, r.fd)?;
    let mut data = Buffer::new(cx, size)?;
    if same.writes() {
        UserBytesIn::from_reg(r.arg.raw()).read(cx, &mut data)?;
    }
    let answer = told(kern_ioctl_same(cx, r.fd, same, &mut data))?;
    if same.reads() {
        UserBytesOut::from_reg(r.arg.raw()).write(cx, &data)?;
    }
    Ok(answer)
}

/// What is not for a file of this kind is ENOTTY for every kind on Linux.
pub(super) fn told(answer: Result<i32>) -> Result<Option<i32>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fail) if matches!(fail.errno(), Some(Errno::EOPNOTSUPP | Errno::ENODEV)) => {
            Err(Errno::ENOTTY.into())
        }
        Err(fail) => Err(fail),
    }
}
