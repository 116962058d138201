// SPDX-License-Identifier: BSD-2-Clause
//! swapon(2), swapoff(2).
//!
//! FreeBSD: sys_swapon, sys_swapoff (swap_pager.c).
//! Differences from Linux: priorities and discard flags do nothing.

use kpi::kern::mem;
use kpi::{Cx, Errno, Result, UserCStr};

/// SWAP_FLAGS_VALID of linux/swap.h.
const KNOWN: i32 = 0x7_ffff;

/// Swaps to a device. EINVAL for unknown flags; EPERM and what is wrong with the device.
pub(crate) fn swapon(cx: &mut Cx<'_>, device: UserCStr, flags: i32) -> Result<()> {
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    mem::swapon(cx, device)
}

/// Swaps to a device no more. EINVAL where it was no swap device, EPERM, ENOMEM.
pub(crate) fn swapoff(cx: &mut Cx<'_>, device: UserCStr) -> Result<()> {
    mem::swapoff(cx, device)
}
