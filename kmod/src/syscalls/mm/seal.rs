// SPDX-License-Identifier: BSD-2-Clause
//! mseal(2).
//!
//! FreeBSD: has no such call; [`kpi::kern::seal`] keeps the seals.
//! Differences from Linux: shmdt(2) detaches a sealed segment, and shmat(2) with SHM_REMAP goes over
//! what is sealed.

use kpi::kern::mem::MAX_USER;
use kpi::kern::seal;
use kpi::{Cx, Errno, Result};
use linux_abi::mman::{PAGE_SIZE, round_up_to_page};

/// Forbids every later change to the mappings in a range but of what they hold. EINVAL for flags, of which
/// there are none, an address off a page, and a range that wraps; ENOMEM for a hole, with nothing sealed.
pub(crate) fn mseal(cx: &mut Cx<'_>, start: u64, len: u64, flags: u64) -> Result<()> {
    if flags != 0 || !start.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let len = round_up_to_page(len).ok_or(Errno::EINVAL)?;
    let end = start.checked_add(len).ok_or(Errno::EINVAL)?;
    if len == 0 {
        return Ok(());
    }
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }
    seal::seal(cx, start, end)
}
