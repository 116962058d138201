// SPDX-License-Identifier: BSD-2-Clause
//! reboot(2).
//!
//! FreeBSD: sys_reboot (kern_shutdown.c), which writes file systems back first.
//! Differences from Linux: what Ctrl-Alt-Del does is not for Linux programs to say, there is no
//! other kernel to start and no sleep on disk (EINVAL); the argument of RESTART2 goes to no firmware.

use kpi::kern::{cred, power};
use kpi::{Cx, Errno, Result, UserAddr};
use linux_abi::reboot::{Reboot, is_magic};

/// Restarts or stops the machine. EPERM, also in a jail; EINVAL for the magic numbers and for
/// commands there are not.
pub(crate) fn reboot(
    cx: &mut Cx<'_>,
    magic1: i32,
    magic2: i32,
    command: u32,
    _arg: UserAddr,
) -> Result<()> {
    if !cred::may_reboot(cx) {
        return Err(Errno::EPERM.into());
    }
    if !is_magic(magic1, magic2) {
        return Err(Errno::EINVAL.into());
    }
    power::reboot(cx, Reboot::new(command)?)
}
