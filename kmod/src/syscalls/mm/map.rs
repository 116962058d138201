// SPDX-License-Identifier: BSD-2-Clause
//! mmap(2), munmap(2), mprotect(2).
//!
//! FreeBSD: kern_mmap, kern_munmap, kern_mprotect (vm_mmap.c).
//! Differences from Linux: the room that a MAP_GROWSDOWN mapping grows into is taken when it is mapped
//! ([`kpi::kern::grow`]), MAP_HUGETLB is ENOMEM as without reserved huge pages, MAP_SYNC is EOPNOTSUPP
//! as without persistent memory, and MAP_DROPPABLE drops nothing.

use core::sync::atomic::Ordering;

use kpi::kern::advice::{self, AtFork};
use kpi::kern::fd::info;
use kpi::kern::grow;
use kpi::kern::mem::{self, MAX_USER, Mapping};
use kpi::{Cx, Errno, Fail, Result, UserAddr};
use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::mman::{self, MmapPlan, PAGE_SIZE, plan_mmap, plan_mprotect};

/// Maps a file or fresh memory; gives where.
///
/// EINVAL for a wrong type, length, offset or fixed address; EBADF, EACCES and ENODEV for
/// the file; EEXIST with MAP_FIXED_NOREPLACE; EPERM for the first pages; ENOMEM.
pub(crate) fn mmap(
    cx: &mut Cx<'_>,
    addr: u64,
    len: u64,
    prot: u64,
    flags: u64,
    fd: u64,
    off: u64,
) -> Result<UserAddr> {
    // CAST: Linux looks at the low half of prot, flags and fd, which are ints in C.
    let (prot, flags, fd) = (prot as i32, flags as i32, fd as i32);
    if let Some(len) = mman::plain(addr, len, flags, off) {
        // What malloc(3) asks for, without the detours.
        let mapping = Mapping {
            addr: 0,
            len,
            prot: implied(cx, mman::prot_to_bsd(prot)),
            flags: bsd::MAP_PRIVATE | bsd::MAP_ANON,
            fd: -1,
            offset: 0,
        };
        return mem::kern_mmap(cx, &mapping).map(UserAddr::from_reg);
    }
    let plan = match plan_mmap(addr, len, prot, flags, off) {
        Ok(plan) => plan,
        Err(errno) => {
            // Linux looks for the file before anything but where in it.
            if mman::looks_at_file(flags, off) {
                info(cx, Fd(fd))?;
            }
            return Err(errno.into());
        }
    };
    let mut mapping = Mapping {
        addr,
        len: plan.len,
        prot: implied(cx, plan.prot),
        flags: plan.bsd_flags,
        fd: if plan.needs_file { fd } else { -1 },
        offset: if plan.needs_file {
            i64::try_from(off).map_err(|_| Errno::EOVERFLOW)?
        } else {
            0
        },
    };

    let map = if plan.grows_down {
        grow::map
    } else {
        mem::kern_mmap
    };
    let at = if plan.bsd_flags & bsd::MAP_FIXED != 0 {
        fixed(cx, &mapping, &plan, map)?
    } else if let Some(hint) = mman::hint(addr, plan.len, MAX_USER) {
        mapping.addr = hint;
        hinted(cx, &mapping, map)?
    } else {
        mapping.addr = 0;
        map(cx, &mapping)?
    };
    if plan.droppable {
        let end = at.saturating_add(plan.len);
        advice::at_fork(cx, at, end, AtFork::Wipe)?;
        mem::kern_madvise(cx, at, plan.len, bsd::MADV_NOCORE)?;
    }
    if plan.populate {
        // "The mmap() call doesn't fail if the mapping cannot be populated" (mmap(2)).
        let _ = advice::populate(cx, at, at.saturating_add(plan.len), plan.writable);
    }
    if plan.locked {
        // "This flag ... does not fail if the pages cannot be populated" (mmap(2)).
        let _ = mem::kern_mlock(cx, at, plan.len);
    }
    Ok(UserAddr::from_reg(at))
}

/// The protection with what the personality adds.
#[inline]
fn implied(cx: &Cx<'_>, prot: i32) -> i32 {
    mman::prot_with_personality(prot, cx.proc_state().pem.persona.load(Ordering::Relaxed))
}

/// How a mapping is made.
type Map = fn(&mut Cx<'_>, &Mapping) -> Result<u64>;

fn fixed(cx: &mut Cx<'_>, mapping: &Mapping, plan: &MmapPlan, map: Map) -> Result<u64> {
    let end = mapping.addr.saturating_add(mapping.len);
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }
    match map(cx, mapping) {
        Err(Fail::EINVAL) if mapping.addr < PAGE_SIZE => Err(Errno::EPERM.into()),
        Err(Fail::ENOMEM) if plan.no_replace && !mem::is_free(cx, mapping.addr, end) => {
            Err(Errno::EEXIST.into())
        }
        done => done,
    }
}

/// Linux takes a hint where nothing is in the way, and programs count on it; else
/// the mapping goes anywhere.
fn hinted(cx: &mut Cx<'_>, mapping: &Mapping, map: Map) -> Result<u64> {
    let there = Mapping {
        // Exactly there, and MAP_32BIT has nothing to choose.
        flags: (mapping.flags & !bsd::MAP_32BIT) | bsd::MAP_FIXED | bsd::MAP_EXCL,
        ..*mapping
    };
    if mapping.flags & bsd::MAP_32BIT == 0
        && let Ok(at) = map(cx, &there)
    {
        return Ok(at);
    }
    map(
        cx,
        &Mapping {
            addr: 0,
            ..*mapping
        },
    )
}

/// Unmaps what is in the range, if anything. EINVAL for a range that is empty, not
/// on a page or beyond the user's addresses; ENOMEM.
pub(crate) fn munmap(cx: &mut Cx<'_>, addr: u64, len: u64) -> Result<()> {
    if !addr.is_multiple_of(PAGE_SIZE) || len > MAX_USER {
        return Err(Errno::EINVAL.into());
    }
    mem::kern_munmap(cx, addr, len)
}

/// Sets the protection of a range. EINVAL for an address off a page or unknown bits;
/// EACCES for more than the file allows; ENOMEM for a hole.
pub(crate) fn mprotect(cx: &mut Cx<'_>, start: u64, len: u64, prot: u64) -> Result<()> {
    let Some(plan) = plan_mprotect(start, len, prot)? else {
        return Ok(());
    };
    let end = start.saturating_add(plan.len);
    if end > MAX_USER {
        return Err(Errno::ENOMEM.into());
    }
    let prot = implied(cx, plan.prot);
    // Linux protects what is before a hole; FreeBSD passes over holes.
    let until = mem::mapped_until(cx, start, end);
    if until > start {
        if plan.grows_down && !mem::is_stack(cx, start) {
            return Err(Errno::EINVAL.into());
        }
        let len = until.saturating_sub(start);
        mem::kern_mprotect(cx, start, len, prot, plan.grows_down)?;
    }
    if until == end {
        Ok(())
    } else {
        Err(Errno::ENOMEM.into())
    }
}
