// SPDX-License-Identifier: BSD-2-Clause
//! msync(2).
//!
//! FreeBSD: kern_msync (vm_mmap.c).
//! Differences from Linux: none known.

use kpi::kern::mem::{MAX_USER, kern_msync};
use kpi::{Cx, Errno, Result};
use linux_abi::madvise::msync_to_bsd;
use linux_abi::mman::{PAGE_SIZE, round_up_to_page};

/// Writes changed pages back to their file. EINVAL for unknown or contrary flags or an
/// address off a page; ENOMEM for a hole; EBUSY for MS_INVALIDATE of locked pages; EIO.
pub(crate) fn msync(cx: &mut Cx<'_>, start: u64, len: u64, flags: i32) -> Result<()> {
    let flags = msync_to_bsd(flags)?;
    if !start.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let len = round_up_to_page(len).ok_or(Errno::ENOMEM)?;
    let end = start.checked_add(len).ok_or(Errno::ENOMEM)?;
    // Length 0 would mean the whole mapping to FreeBSD.
    if len == 0 {
        return Ok(());
    }
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }
    kern_msync(cx, start, len, flags)
}
