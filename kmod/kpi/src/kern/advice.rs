// SPDX-License-Identifier: BSD-2-Clause
//! What madvise(2) and mmap(2) need beyond FreeBSD's advice: pages in memory at once, what fork(2)
//! does, holes in shared memory. [`super::discard`] drops private pages.

use core::ptr;

use linux_abi::mremap::Backing;

use super::entry::Entry;
use super::map::{Charge, MapGuard, map_of};
use super::remap::show;
use super::remote::is_dying;
use super::seal::may_change_locked;
use crate::{Cx, Errno, Result};

/// What fork(2) shall do with a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtFork {
    /// The child does not get it: MADV_DONTFORK.
    Leave,
    /// The child gets it after all: MADV_DOFORK.
    Take,
    /// The child gets zeros: MADV_WIPEONFORK.
    Wipe,
    /// The child gets what it holds after all: MADV_KEEPONFORK.
    Keep,
}

/// What an advice needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Memory that is not locked, nor a driver's.
    Unlocked,
    /// The same, private and without a file.
    PrivateMemory,
}

/// EINVAL if a mapping in the range is not as an advice needs it.
pub fn check_advice(cx: &mut Cx<'_>, start: u64, end: u64, needs: Needs) -> Result<()> {
    let map = MapGuard::read(cx);
    let mut at = start;
    while let Some(entry) = map.at_or_after(at).filter(|entry| entry.start < end) {
        let (backing, ..) = entry.backing(entry.start);
        let fits = match needs {
            Needs::Unlocked => backing != Backing::Fixed,
            Needs::PrivateMemory => backing == Backing::Memory,
        };
        if !entry.is_special() && (entry.is_locked() || !fits) {
            return Err(Errno::EINVAL.into());
        }
        at = entry.end;
    }
    Ok(())
}

/// Sets what fork(2) does with the mappings in the range. EINVAL to wipe what is not private
/// memory, with those before it done.
pub fn at_fork(cx: &mut Cx<'_>, start: u64, end: u64, how: AtFork) -> Result<()> {
    let raw = map_of(cx);
    let mut at = start;
    loop {
        let entry = MapGuard::read(cx).at_or_after(at);
        let Some(entry) = entry.filter(|entry| entry.start < end) else {
            return Ok(());
        };
        at = entry.end;
        if entry.is_special() {
            continue;
        }
        let (from, to) = (entry.start.max(start), entry.end.min(end));
        if let Some(inheritance) = inheritance(&entry, how)? {
            // SAFETY: current: the map is live and not locked by us.
            unsafe { ffi::vm_map_inherit(raw, from, to, inheritance) };
        }
    }
}

/// What the entry's inheritance becomes, if it changes.
fn inheritance(entry: &Entry, how: AtFork) -> Result<Option<i8>> {
    // CAST: the kernel's vm_inherit_t is a char, and these are small.
    const COPY: i8 = ffi::VM_INHERIT_COPY_ as i8;
    const SHARE: i8 = ffi::VM_INHERIT_SHARE_ as i8;
    const NONE: i8 = ffi::VM_INHERIT_NONE_ as i8;
    const ZERO: i8 = ffi::VM_INHERIT_ZERO_ as i8;
    let (backing, ..) = entry.backing(entry.start);
    let usual = if entry.is_shared() { SHARE } else { COPY };
    Ok(match how {
        AtFork::Wipe if backing != Backing::Memory => return Err(Errno::EINVAL.into()),
        AtFork::Wipe => Some(ZERO),
        AtFork::Leave => Some(NONE),
        AtFork::Take => (entry.inheritance == NONE).then_some(usual),
        AtFork::Keep => (entry.inheritance == ZERO).then_some(usual),
    })
}

/// Faults the pages of the range in, for writing or for reading.
///
/// EINVAL where the mapping does not allow that, EFAULT for pages that are not there (SIGBUS),
/// ENOMEM for a hole; EINTR when the process is being killed.
pub fn populate(cx: &mut Cx<'_>, start: u64, end: u64, write: bool) -> Result<()> {
    const BATCH: u64 = 16;
    let page = u64::from(ffi::PAGE_SIZE);
    let access = if write {
        ffi::VM_PROT_WRITE_
    } else {
        ffi::VM_PROT_READ_
    };
    let map = map_of(cx);
    let mut at = start;
    while at < end {
        let entry = MapGuard::read(cx).at(at).ok_or(Errno::ENOMEM)?;
        if entry.is_special() || u32::from(entry.prot) & access == 0 {
            return Err(Errno::EINVAL.into());
        }
        let len = entry
            .end
            .min(end)
            .saturating_sub(at)
            .min(BATCH.saturating_mul(page));
        let mut pages = [ptr::null_mut(); BATCH as usize];
        // SAFETY: current: the map is live and not locked; there is room for a batch of pages, and
        // those that were held are let go.
        // CAST: at most BATCH.
        unsafe {
            let held = ffi::vm_fault_quick_hold_pages(
                map,
                at,
                len,
                access as ffi::vm_prot_t,
                pages.as_mut_ptr(),
                BATCH as i32,
            );
            if held < 0 {
                return Err(Errno::EFAULT.into());
            }
            ffi::vm_page_unhold_pages(pages.as_mut_ptr(), held);
        }
        if is_being_killed(cx) {
            return Err(Errno::EINTR.into());
        }
        at = at.saturating_add(len);
    }
    Ok(())
}

/// Whether the process will run no more of its program.
fn is_being_killed(cx: &Cx<'_>) -> bool {
    // SAFETY: the current process.
    unsafe { is_dying(cx.proc_ptr()) }
}

/// Makes a hole in the shared memory that the range shows: zeros for all who see it.
///
/// EINVAL for locked memory and for what is private without a file, EACCES for what is private or not
/// writable, EOPNOTSUPP for files of a file system.
pub fn punch(cx: &mut Cx<'_>, start: u64, end: u64) -> Result<()> {
    let map = MapGuard::write(cx);
    let mut at = start;
    while let Some(entry) = map.at_or_after(at).filter(|entry| entry.start < end) {
        let (from, to) = (entry.start.max(start), entry.end.min(end));
        let (backing, object, offset) = entry.backing(from);
        if entry.is_locked() || matches!(backing, Backing::Memory | Backing::Fixed) {
            return Err(Errno::EINVAL.into());
        }
        if backing != Backing::Shared || !entry.is_writable() {
            return Err(Errno::EACCES.into());
        }
        let page = u64::from(ffi::PAGE_SIZE);
        let len = to.saturating_sub(from) / page;
        // SAFETY: an entry of the locked map refers to the object.
        if !object.is_null() && !unsafe { ffi::lrs_vm_object_punch(object, offset / page, len) } {
            return Err(Errno::EOPNOTSUPP.into());
        }
        at = entry.end;
    }
    Ok(())
}

/// Where the pages of a process are, one address at a time: whether something is mapped there and,
/// if so, whether there is a page.
pub fn page_at(cx: &Cx<'_>, addr: u64) -> Option<bool> {
    let map = MapGuard::read(cx);
    map.at(addr).filter(|entry| !entry.is_special())?;
    // SAFETY: the map is locked, and its pmap is live with it.
    Some(unsafe { ffi::pmap_extract((*map.as_ptr()).pmap, addr) } != 0)
}

/// remap_file_pages(2): shows the pages of the file or shared memory from page `offset` on in a part
/// of a shared mapping. EINVAL for what is not one shared mapping; EPERM for a sealed one; ENOMEM.
pub fn show_other_pages(cx: &mut Cx<'_>, start: u64, end: u64, offset: u64) -> Result<()> {
    let page = u64::from(ffi::PAGE_SIZE);
    let mut map = MapGuard::write(cx);
    map.settle(&[(start, end)]);
    may_change_locked(&map, start, end)?;
    let first = map.with_object(start).ok_or(Errno::EINVAL)?;
    let mut at = start;
    while at < end {
        let entry = map.at(at).ok_or(Errno::EINVAL)?;
        let (backing, ..) = entry.backing(at);
        if backing != Backing::Shared || entry.object != first.object || entry.is_special() {
            return Err(Errno::EINVAL.into());
        }
        at = entry.end;
    }
    let offset = offset.checked_mul(page).ok_or(Errno::EINVAL)?;
    let object = first.object;
    // A deleted entry keeps its reference until the map is unlocked.
    map.delete(start, end)?;
    show(
        &mut map,
        object,
        offset,
        (start, end),
        &first,
        Charge::Usual,
    )
}
