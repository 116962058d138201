// SPDX-License-Identifier: BSD-2-Clause
//! dup3(2); dup(2) and dup2(2) are FreeBSD's own.
//!
//! FreeBSD: kern_dup (kern_descrip.c).
//! Differences from Linux: none known.

use kpi::kern::fd::dup_fixed;
use kpi::{Cx, Errno, Result};
use linux_abi::fd::Fd;
use linux_abi::open::OpenFlags;

/// Makes `new` refer to what `old` does, closed on exec if asked.
///
/// EINVAL where they are equal, or for any flag but O_CLOEXEC; EBADF.
pub(crate) fn dup3(cx: &mut Cx<'_>, old: Fd, new: Fd, flags: i32) -> Result<i32> {
    let flags = OpenFlags::from_bits_retain(flags.cast_unsigned());
    if !OpenFlags::O_CLOEXEC.contains(flags) || old == new {
        return Err(Errno::EINVAL.into());
    }
    dup_fixed(cx, old, new, flags.contains(OpenFlags::O_CLOEXEC))
}
