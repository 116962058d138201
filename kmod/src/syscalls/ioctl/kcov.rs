// SPDX-License-Identifier: BSD-2-Clause
//! kcov(4): what a thread runs in the kernel (linux/kcov.h).
//!
//! Differences from Linux: coverage of other threads (KCOV_REMOTE_ENABLE) is ENOTTY.

use kpi::kern::ioctl::{KIODISABLE, KIOENABLE, KIOSETBUFSIZE, kern_ioctl, kern_ioctl_void};
use kpi::{Cx, Result};
use linux_abi::ioctl as linux;

use super::Request;
use super::same::told;

/// Modes, the same on both: the way (0), comparisons (1).
pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    let done = match r.command {
        linux::KCOV_INIT_TRACE => {
            let mut entries = r.arg.raw().cast_signed();
            kern_ioctl(cx, r.fd, KIOSETBUFSIZE, &mut entries)
        }
        linux::KCOV_ENABLE => kern_ioctl(cx, r.fd, KIOENABLE, &mut r.number()),
        linux::KCOV_DISABLE => kern_ioctl_void(cx, r.fd, KIODISABLE),
        _ => return Ok(None),
    };
    told(done.map(|()| 0))
}
