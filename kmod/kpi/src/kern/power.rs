// SPDX-License-Identifier: BSD-2-Clause
//! The end of it all: kern_shutdown.c.

use linux_abi::reboot::Reboot;

use crate::{Cx, Result, check};

/// reboot(2). Returns only if the kernel refuses: EPERM.
pub fn reboot(cx: &mut Cx<'_>, how: Reboot) -> Result<()> {
    // SAFETY: an integer and padding.
    let mut args: ffi::reboot_args = unsafe { core::mem::zeroed() };
    args.opt = how.to_bsd();
    // SAFETY: current; args is whole.
    check(unsafe { ffi::sys_reboot(cx.td(), &raw mut args) })
}
