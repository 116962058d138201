// SPDX-License-Identifier: BSD-2-Clause
//! iopl(2), ioperm(2): the ports of the machine.
//!
//! FreeBSD: the I/O privilege level in rflags, as /dev/io gives it; amd64_set_ioperm (sys_machdep.c).
//! Differences from Linux: level 3 allows to disable interrupts too, and securelevel(7) above 0
//! forbids both calls.

use kpi::kern::machine;
use kpi::{Cx, Errno, Result};

const PORTS: u64 = 65536;

/// The thread may use every port (3), or as before (0). EINVAL above 3, EPERM.
pub(crate) fn iopl(cx: &mut Cx<'_>, level: u32) -> Result<()> {
    let Some(level) = u8::try_from(level).ok().filter(|level| *level <= 3) else {
        return Err(Errno::EINVAL.into());
    };
    machine::set_io_level(cx, level)
}

/// The thread may, or may no more, use these ports. EINVAL beyond the last one, EPERM.
pub(crate) fn ioperm(cx: &mut Cx<'_>, from: u64, count: u64, turn_on: i32) -> Result<()> {
    let end = from.checked_add(count).ok_or(Errno::EINVAL)?;
    if count == 0 || end > PORTS {
        return Err(Errno::EINVAL.into());
    }
    // CAST: both are at most 65536.
    machine::set_ports(cx, from as u32, count as u32, turn_on != 0)
}
