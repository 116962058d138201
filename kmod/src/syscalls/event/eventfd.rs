// SPDX-License-Identifier: BSD-2-Clause
//! eventfd(2), eventfd2(2).
//!
//! FreeBSD: kern_specialfd (sys_eventfd.c), whose files read, write and poll as Linux's.
//! Differences from Linux: none known.

use kpi::kern::event;
use kpi::{Cx, Result};
use linux_abi::special::eventfd_flags;

/// Makes a counter that starts at `count`.
pub(crate) fn eventfd(cx: &mut Cx<'_>, count: u32) -> Result<i32> {
    event::eventfd(cx, count, 0)
}

/// The same with EFD_SEMAPHORE, EFD_CLOEXEC and EFD_NONBLOCK. EINVAL for any other flag.
pub(crate) fn eventfd2(cx: &mut Cx<'_>, count: u32, flags: i32) -> Result<i32> {
    event::eventfd(cx, count, eventfd_flags(flags)?)
}
