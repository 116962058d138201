// SPDX-License-Identifier: BSD-2-Clause
//! madvise(2), mincore(2).
//!
//! FreeBSD: kern_madvise, vm_map_inherit, vm_object_page_remove, kern_mincore (vm_mmap.c, vm_map.c).
//! Differences from Linux: MADV_REMOVE of a file that a file system has is EOPNOTSUPP, as on one
//! without holes.

use kpi::kern::advice::{self, AtFork, Needs};
use kpi::kern::discard::discard;
use kpi::kern::mem::{self, MAX_USER};
use kpi::kern::seal::may_drop;
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut};
use linux_abi::bsd;
use linux_abi::madvise::{Advice, advice as read_advice};
use linux_abi::mman::{PAGE_SIZE, round_up_to_page};

/// Tells how memory will be used. EINVAL for an unknown advice, one that the mapping does not
/// take, or an address off a page; ENOMEM for a hole, with the rest done; EFAULT, EACCES,
/// EOPNOTSUPP for those that fault pages in or drop them; EPERM to drop those of sealed memory that
/// must not be written to.
pub(crate) fn madvise(cx: &mut Cx<'_>, start: u64, len_in: u64, behavior: i32) -> Result<()> {
    let advice = read_advice(behavior)?;
    if !start.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let len = round_up_to_page(len_in).ok_or(Errno::EINVAL)?;
    let end = start.checked_add(len).ok_or(Errno::EINVAL)?;
    if len == 0 {
        return Ok(());
    }
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }

    if advice.loses_pages() {
        may_drop(cx, start, end)?;
    }
    match advice {
        Advice::Bsd(advice) => mem::kern_madvise(cx, start, len, advice)?,
        Advice::Cold => {
            advice::check_advice(cx, start, end, Needs::Unlocked)?;
            mem::kern_madvise(cx, start, len, bsd::MADV_DONTNEED)?;
        }
        Advice::Free => {
            advice::check_advice(cx, start, end, Needs::PrivateMemory)?;
            mem::kern_madvise(cx, start, len, bsd::MADV_FREE)?;
        }
        Advice::DontNeed(locked) => discard(cx, start, end, locked)?,
        Advice::LeaveAtFork => advice::at_fork(cx, start, end, AtFork::Leave)?,
        Advice::TakeAtFork => advice::at_fork(cx, start, end, AtFork::Take)?,
        Advice::WipeAtFork => advice::at_fork(cx, start, end, AtFork::Wipe)?,
        Advice::KeepAtFork => advice::at_fork(cx, start, end, AtFork::Keep)?,
        Advice::Populate(write) => advice::populate(cx, start, end, write)?,
        Advice::Remove => advice::punch(cx, start, end)?,
        Advice::Nothing => {}
    }

    if mem::is_mapped(cx, start, end) {
        Ok(())
    } else {
        Err(Errno::ENOMEM.into())
    }
}

/// How many pages' answers are made Linux's at a time.
const CHUNK: usize = 256;

/// Tells for each page whether it is in memory. EINVAL for an address off a page;
/// ENOMEM for a hole; EFAULT.
pub(crate) fn mincore(cx: &mut Cx<'_>, start: u64, len: u64, vec: UserBytesOut) -> Result<()> {
    if !start.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let len = round_up_to_page(len).ok_or(Errno::ENOMEM)?;
    let end = start.checked_add(len).ok_or(Errno::ENOMEM)?;
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }
    if len == 0 {
        return Ok(());
    }
    if !mem::is_mapped(cx, start, end) {
        return Err(Errno::ENOMEM.into());
    }
    mem::kern_mincore(cx, start, len, vec)?;
    keep_first_bit(cx, vec, len / PAGE_SIZE)
}

/// "The settings of the other bits in each byte are undefined" (mincore(2)), and 0 on
/// Linux: FreeBSD's bits for use and change go.
fn keep_first_bit(cx: &mut Cx<'_>, vec: UserBytesOut, pages: u64) -> Result<()> {
    let mut at = vec.addr();
    let mut left = pages;
    let mut buffer = [0; CHUNK];
    while left > 0 {
        let size = left.min(CHUNK as u64);
        // CAST: at most CHUNK.
        let chunk = buffer.get_mut(..size as usize).unwrap_or_default();
        UserBytesIn::from_reg(at.raw()).read(cx, chunk)?;
        for page in chunk.iter_mut() {
            *page &= 1;
        }
        UserBytesOut::from_reg(at.raw()).write(cx, chunk)?;
        at = at.offset(size)?;
        left = left.saturating_sub(size);
    }
    Ok(())
}
