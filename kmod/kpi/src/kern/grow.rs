// SPDX-License-Identifier: BSD-2-Clause
//! MAP_GROWSDOWN: memory that grows down when what is right below it is touched.
//!
//! FreeBSD: MAP_STACK (vm_map_stack_locked, vm_map_growstack of vm_map.c). There the room to grow is taken
//! when the mapping is made, as an entry of its own that nothing is placed in; Linux looks for it when it grows.
//! So the room is what RLIMIT_STACK allows at that time, or what is free below a fixed address, and a
//! mapping with less room than the gap does not grow at all.

use super::map::MapGuard;
use super::mem::{Mapping, kern_mmap, kern_mprotect, kern_munmap};
use crate::{Cx, Errno, Result, UserBytesIn};
use linux_abi::bsd;

/// How near a growing mapping comes to what is below it: stack_guard_gap of Linux, 256 pages.
const GAP: u64 = 1 << 20;
/// The most that a mapping may grow by where RLIMIT_STACK sets no limit.
const MOST: u64 = 1 << 28;
const PAGE: u64 = ffi::PAGE_SIZE as u64;
const RW: i32 = bsd::PROT_READ | bsd::PROT_WRITE;

/// mmap(2) of private memory that grows down; gives where it was mapped, which is where it begins until it
/// grows. Errors as [`kern_mmap`]'s.
pub fn map(cx: &mut Cx<'_>, mapping: &Mapping) -> Result<u64> {
    let fixed = mapping.flags & bsd::MAP_FIXED != 0;
    let mut room = room(cx, mapping.len);
    if fixed {
        let free_from = MapGuard::read(cx).hole_before(mapping.addr);
        room = room.min(mapping.addr.saturating_sub(free_from));
    }
    if room <= GAP {
        return kern_mmap(cx, mapping);
    }
    if fixed && mapping.flags & bsd::MAP_EXCL == 0 {
        kern_munmap(cx, mapping.addr, mapping.len)?;
    }
    let with_room = Mapping {
        addr: if fixed {
            mapping.addr.saturating_sub(room)
        } else {
            0
        },
        len: mapping.len.saturating_add(room),
        prot: RW,
        flags: mapping.flags | bsd::MAP_STACK | if fixed { bsd::MAP_EXCL } else { 0 },
        ..*mapping
    };
    let Ok(bottom) = kern_mmap(cx, &with_room) else {
        // Too much with its room for RLIMIT_AS, or somebody else has mapped something there.
        return kern_mmap(cx, mapping);
    };
    let at = bottom.saturating_add(room);
    if let Err(fail) = complete(cx, bottom, at, mapping) {
        let _ = kern_munmap(cx, bottom, with_room.len);
        return Err(fail);
    }
    Ok(at)
}

/// Gives it all its pages, its protection and its gap. ENOMEM.
fn complete(cx: &mut Cx<'_>, bottom: u64, at: u64, mapping: &Mapping) -> Result<()> {
    // The kernel has begun it with vm.sgrowsiz bytes; touching the lowest page makes it grow to there.
    let lowest = UserBytesIn::from_reg(at);
    if lowest.read(cx, &mut [0]).is_err() {
        return Err(Errno::ENOMEM.into());
    }
    if mapping.prot != RW {
        kern_mprotect(cx, at, mapping.len, mapping.prot, true)?;
    }
    MapGuard::write(cx).shape_gap(bottom, GAP, mapping.prot);
    Ok(())
}

/// How much more RLIMIT_STACK allows, with the gap below it, in whole pages.
fn room(cx: &Cx<'_>, len: u64) -> u64 {
    // SAFETY: current.
    let limit = unsafe { ffi::lim_cur(cx.td(), ffi::RLIMIT_STACK.cast_signed()) }.cast_unsigned();
    let more = limit.saturating_sub(len).min(MOST);
    (more / PAGE * PAGE).saturating_add(GAP)
}
