// SPDX-License-Identifier: BSD-2-Clause
//! What mremap(2) needs: growing a mapping where it is, and moving it. The pages and what is
//! swapped out stay in their objects, so nothing is copied.
//!
//! The plan is [`linux_abi::mremap`]'s; what may be done to a map, and in which order, is told in
//! [`super::map`].

use core::ptr;

use linux_abi::mremap::{Backing, Mremap, Op, Ops, Survey};

use super::entry::{Entry, ObjectGuard};
use super::map::{Charge, MapGuard, map_of};
use super::mem::MAX_USER;
use super::seal::may_change_locked;
use crate::{Cx, Errno, Result};

/// Resizes, moves or duplicates a mapping; gives its address.
///
/// EPERM for what is sealed, and over it; EFAULT where the old range is not one mapping, and for more of a driver's memory; EINVAL for a
/// duplicate of what is private; EAGAIN for more locked memory than is allowed; ENOMEM.
pub fn mremap(cx: &mut Cx<'_>, args: &Mremap) -> Result<u64> {
    let end = args.old.saturating_add(args.old_len.max(1));
    if end > MAX_USER {
        return Err(Errno::EFAULT.into());
    }
    if args.more() > 0 {
        let map = map_of(cx);
        // SAFETY: current: the map is live; the check takes the locks it needs.
        crate::check(unsafe { ffi::kern_mmap_racct_check(cx.td(), map, args.more()) })?;
    }
    let base = mmap_base(cx);
    let (new, lock) = {
        let mut map = MapGuard::write(cx);
        mremap_locked(&mut map, args, base)?
    };
    if let Some((start, end)) = lock {
        lock_pages(cx, start, end);
    }
    Ok(new)
}

/// The part under the lock of the map; also gives the range that is to be locked in memory.
fn mremap_locked(
    map: &mut MapGuard<'_, '_>,
    args: &Mremap,
    base: u64,
) -> Result<(u64, Option<(u64, u64)>)> {
    let target = args
        .fixed
        .map(|new| (new, new.saturating_add(args.new_len)));
    let old_end = args.old.saturating_add(args.old_len.max(1));
    map.settle(&[(args.old, old_end), target.unwrap_or_default()]);
    for (start, end) in [Some((args.old, old_end)), target].into_iter().flatten() {
        may_change_locked(map, start, end)?;
    }

    let mut survey = Survey::new(*args);
    while let Some(at) = survey.wants() {
        let entry = map.at(at).filter(|entry| !entry.is_special());
        survey.show(entry.map(|entry| entry.part()))?;
    }
    let last = survey.last().and_then(|part| map.at(part.start));
    let last = last.ok_or(Errno::EFAULT)?;
    let above = map.at_or_after(old_end.max(args.old.saturating_add(args.old_len)));
    let room = above.map_or(MAX_USER, |entry| entry.start);
    let ops = survey.plan(room, |len| map.find(base, len, args.old))?;

    let locked = last.is_locked();
    let grows = args.new_len.saturating_sub(args.old_len);
    if locked && grows > 0 && !may_lock(map, grows) {
        return Err(Errno::EAGAIN.into());
    }
    let mut move_ = Move::prepare(map, args, &ops, &last)?;
    for op in ops.iter() {
        move_.step(map, op)?;
    }
    let new_end = ops.address.saturating_add(args.new_len);
    Ok((ops.address, locked.then_some((ops.address, new_end))))
}

/// Where mmap(2) starts to look for room: above what brk(2) may take.
fn mmap_base(cx: &Cx<'_>) -> u64 {
    // SAFETY: current; vm_daddr is set by exec and never changes.
    let (data, most) = unsafe {
        (
            (*(*cx.proc_ptr()).p_vmspace).vm_daddr as u64,
            ffi::lim_max(cx.td(), ffi::RLIMIT_DATA.cast_signed()),
        )
    };
    data.saturating_add(most.cast_unsigned())
        .next_multiple_of(u64::from(ffi::PAGE_SIZE))
}

/// Whether so much more may be locked in memory.
fn may_lock(map: &MapGuard<'_, '_>, more: u64) -> bool {
    // SAFETY: current; the map is locked.
    unsafe {
        let limit = ffi::lim_cur(map.cx().td(), ffi::RLIMIT_MEMLOCK.cast_signed());
        ffi::lrs_vm_map_wired(map.as_ptr()).saturating_add(more) <= limit.cast_unsigned()
    }
}

/// Locks in memory what is mapped in the range. What cannot be is left: the range is mapped as it
/// was asked for, and Linux says no more either.
pub(super) fn lock_pages(cx: &mut Cx<'_>, start: u64, end: u64) {
    let flags = ffi::VM_MAP_WIRE_USER | ffi::VM_MAP_WIRE_HOLESOK;
    // SAFETY: current: the map is live, and not locked by us.
    unsafe { ffi::vm_map_wire(map_of(cx), start, end, flags.cast_signed()) };
}

/// Swap space that is reserved for a user and not yet an entry's.
struct Reserve {
    bytes: u64,
    /// Null: for the current user.
    cred: *mut ffi::ucred,
}

impl Reserve {
    /// ENOMEM.
    fn new(bytes: u64, cred: *mut ffi::ucred) -> Result<Self> {
        // SAFETY: the credential is that of an entry of the locked map, or the current one.
        let done = unsafe {
            if cred.is_null() {
                ffi::swap_reserve(bytes)
            } else {
                ffi::swap_reserve_by_cred(bytes, cred)
            }
        };
        if done {
            Ok(Reserve { bytes, cred })
        } else {
            Err(Errno::ENOMEM.into())
        }
    }

    /// An entry has so much of it now.
    fn hand_over(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        // SAFETY: as for reserving; this much was.
        unsafe {
            if self.cred.is_null() {
                ffi::swap_release(self.bytes);
            } else {
                ffi::swap_release_by_cred(self.bytes, self.cred);
            }
        }
    }
}

/// How many entries are looked at to find those of one object.
const MOST_ENTRIES: u32 = 64;

/// A plan that is being carried out: all that can fail is behind it.
struct Move {
    /// The last entry of the old range, as it was.
    last: Entry,
    backing: Backing,
    /// What follows it is from here on in this object.
    behind: (*mut ffi::vm_object, u64),
    /// For new private pages.
    fresh: Option<Reserve>,
    /// For entries of which a part moves, at both ends of the range.
    parts: [Option<Reserve>; 2],
    /// What moves.
    range: (u64, u64),
    /// What [`Move::moves_alone`] has found of an object.
    alone: Option<(*mut ffi::vm_object, bool)>,
}

impl Move {
    /// Reserves what the steps will need. ENOMEM.
    fn prepare(map: &mut MapGuard<'_, '_>, args: &Mremap, ops: &Ops, last: &Entry) -> Result<Self> {
        let moves = ops.iter().any(|op| !matches!(op, Op::Unmap { .. }));
        let mut last = *last;
        let old_end = args.old.saturating_add(args.old_len);
        let (mut backing, ..) = last.backing(old_end);
        if backing == Backing::Shared && moves && last.object.is_null() {
            last = map.with_object(last.start).ok_or(Errno::EFAULT)?;
        }
        let (_, object, offset) = last.backing(old_end);
        if backing == Backing::Fixed {
            backing = Backing::Shared;
        }
        let (mut new_bytes, mut moved) = (0_u64, None);
        for op in ops.iter() {
            match op {
                Op::Extend { len, .. } => new_bytes = new_bytes.saturating_add(len),
                Op::Transfer {
                    from, len, refill, ..
                } => {
                    moved = Some((from, from.saturating_add(len)));
                    if refill {
                        new_bytes = new_bytes.saturating_add(len);
                    }
                }
                Op::Unmap { .. } | Op::Alias { .. } => {}
            }
        }
        let private = matches!(backing, Backing::Memory | Backing::PrivateFile);
        let fresh = if new_bytes > 0 && private && last.is_writable() {
            Some(Reserve::new(new_bytes, ptr::null_mut())?)
        } else {
            None
        };
        let mut parts = [None, None];
        if let Some((start, end)) = moved {
            let first = map.at(start).ok_or(Errno::EFAULT)?;
            let ends = [
                Some(first),
                map.at(end.wrapping_sub(1)).filter(|e| e.start > start),
            ];
            for (entry, slot) in ends.into_iter().zip(&mut parts) {
                if let Some(entry) = entry.filter(|e| !e.cred.is_null())
                    && (entry.start < start || entry.end > end)
                {
                    let bytes = entry.end.min(end).saturating_sub(entry.start.max(start));
                    *slot = Some(Reserve::new(bytes, entry.cred)?);
                }
            }
        }
        Ok(Move {
            last,
            backing,
            behind: (object, offset),
            fresh,
            parts,
            range: moved.unwrap_or_default(),
            alone: None,
        })
    }

    fn step(&mut self, map: &mut MapGuard<'_, '_>, op: Op) -> Result<()> {
        match op {
            Op::Unmap { start, end } => map.delete(start, end),
            Op::Transfer {
                from,
                to,
                len,
                refill,
            } => {
                let end = from.saturating_add(len);
                let mut at = from;
                while at < end {
                    let entry = map.at(at).ok_or(Errno::EFAULT)?;
                    let piece = (at, entry.end.min(end));
                    self.transfer(
                        map,
                        &entry,
                        piece,
                        to.wrapping_add(at.wrapping_sub(from)),
                        refill,
                    )?;
                    at = piece.1;
                }
                Ok(())
            }
            Op::Alias { from, to, len } => {
                let entry = map.with_object(from).ok_or(Errno::EFAULT)?;
                let (_, object, offset) = entry.backing(from);
                show(
                    map,
                    object,
                    offset,
                    (to, to.saturating_add(len)),
                    &entry,
                    Charge::Usual,
                )
            }
            Op::Extend { to, len } => {
                let range = (to, to.saturating_add(len));
                let (object, offset) = self.behind;
                self.map_untouched(map, object, offset, range)
            }
        }
    }

    /// Moves the piece of the entry to `to`.
    fn transfer(
        &mut self,
        map: &mut MapGuard<'_, '_>,
        entry: &Entry,
        (start, end): (u64, u64),
        to: u64,
        refill: bool,
    ) -> Result<()> {
        let (object, len) = (entry.object, end.saturating_sub(start));
        let offset = entry.offset.wrapping_add(start.wrapping_sub(entry.start));
        let (_, bottom, bottom_offset) = entry.backing(start);
        let once = self.moves_alone(map, entry);
        let whole = entry.start == start && entry.end == end;
        let cred = if whole {
            map.take_charge(start)
        } else if entry.cred.is_null() {
            ptr::null_mut()
        } else {
            self.parts
                .iter_mut()
                .flatten()
                .find(|part| part.bytes == len && part.cred == entry.cred)
                .map_or(ptr::null_mut(), |part| {
                    part.hand_over(len);
                    // SAFETY: the entry holds the credential.
                    unsafe { ffi::crhold(entry.cred) }
                })
        };
        let place = (to, to.saturating_add(len));
        show(map, object, offset, place, entry, Charge::Moved(cred))?;
        map.delete(start, end)?;
        if once {
            // SAFETY: the new entry refers to the object.
            unsafe { ObjectGuard::new(object) }.set_mapped_once();
        }
        if refill {
            self.map_untouched(map, bottom, bottom_offset, (start, end))?;
        }
        Ok(())
    }

    /// Whether all entries of the object, of which each page is mapped once, move together.
    ///
    /// Unmapping one of them may free its pages then, and what is mapped behind it may take over
    /// the object's pages there: those of an entry that stays behind it must not be lost.
    ///
    /// Of an object that is scattered over more entries than are looked at, it says no: its pages are freed
    /// later then.
    fn moves_alone(&mut self, map: &MapGuard<'_, '_>, entry: &Entry) -> bool {
        let object = entry.object;
        if let Some((_, alone)) = self.alone.filter(|(known, _)| *known == object) {
            return alone;
        }
        if entry.object_flags() & ffi::OBJ_ANON == 0 {
            return false;
        }
        let (once, references) = {
            // SAFETY: an entry of the locked map refers to the object.
            let guard = unsafe { ObjectGuard::new(object) };
            (guard.is_mapped_once(), guard.references())
        };
        // This is the first of them; a few more are looked for behind it.
        let (mut entries, mut at) = (0, entry.start);
        for _ in 0..MOST_ENTRIES {
            let next = map.at(at).filter(|next| next.start < self.range.1);
            let Some(next) = next.filter(|_| once && entries < references) else {
                break;
            };
            let whole = next.start >= self.range.0 && next.end <= self.range.1;
            entries = i32::from(whole && next.object == object).saturating_add(entries);
            at = next.end;
        }
        let alone = once && entries == references;
        self.alone = Some((object, alone));
        alone
    }

    /// Maps what nobody has touched yet: zeros, or the object.
    fn map_untouched(
        &mut self,
        map: &mut MapGuard<'_, '_>,
        object: *mut ffi::vm_object,
        offset: u64,
        (start, end): (u64, u64),
    ) -> Result<()> {
        if self.backing == Backing::Shared {
            return show(map, object, offset, (start, end), &self.last, Charge::Usual);
        }
        let like = self.last.untouched(self.backing);
        let charge = match &mut self.fresh {
            Some(reserve) => {
                reserve.hand_over(end.saturating_sub(start));
                Charge::Reserved
            }
            None => Charge::Usual,
        };
        show(map, object, offset, (start, end), &like, charge)
    }
}

/// Maps the object, from `offset` on, in a free place. Null is private memory.
pub(super) fn show(
    map: &mut MapGuard<'_, '_>,
    object: *mut ffi::vm_object,
    offset: u64,
    (start, end): (u64, u64),
    like: &Entry,
    charge: Charge,
) -> Result<()> {
    let writes = !object.is_null() && like.has(ffi::MAP_ENTRY_WRITECNT);
    if !object.is_null() {
        // SAFETY: an entry of the locked map, or one that was deleted under the same lock, refers
        // to the object. The new entry counts as a writer of its file, as deleting it takes back.
        unsafe {
            ffi::vm_object_reference(object);
            if writes {
                ffi::vm_pager_update_writecount(object, start, end);
            }
        }
    }
    let shown = map.insert(object, offset, start, end, like, charge);
    if shown.is_err() && !object.is_null() {
        // SAFETY: the references just taken; there are others, so this is not the last one.
        unsafe {
            if writes {
                ffi::vm_pager_release_writecount(object, start, end);
            }
            ffi::vm_object_deallocate(object);
        }
    }
    shown
}
