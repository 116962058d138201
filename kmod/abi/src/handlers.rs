// SPDX-License-Identifier: BSD-2-Clause
//! Who takes an ioctl(2) command: the handlers that drivers register, by ranges of
//! command numbers that may overlap.
//!
//! A search takes no lock and never waits. There are two tables of ranges, and the parity of
//! `version` says which one counts; a change is made in the other one and then published by the
//! next version. A search that a change overtook starts again. Nothing is ever freed, so whatever
//! it reads meanwhile is at worst old.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

use crate::Errno;

/// How many handlers there may be; a bit of a word stands for each.
pub const HANDLERS: usize = 64;

/// `HANDLERS` ranges cut the numbers into at most so many pieces.
const PIECES: usize = 2 * HANDLERS + 1;

/// Command numbers, both ends included. A command's number is its low 16 bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Range {
    first: u16,
    last: u16,
}

impl Range {
    /// EINVAL for a range without a number.
    pub fn new(first: i32, last: i32) -> Result<Self, Errno> {
        let first = u16::try_from(first).map_err(|_| Errno::EINVAL)?;
        // Whatever is above the last number is never asked for.
        let last = u16::try_from(last.min(0xffff)).map_err(|_| Errno::EINVAL)?;
        if first > last {
            return Err(Errno::EINVAL);
        }
        Ok(Range { first, last })
    }

    /// How many numbers there are beside the first: what makes a range narrow or wide.
    pub fn span(self) -> u16 {
        self.last.saturating_sub(self.first)
    }

    fn contains(self, number: u16) -> bool {
        self.first <= number && number <= self.last
    }

    const fn pack(self) -> u32 {
        (self.first as u32) << 16 | self.last as u32
    }

    fn unpack(packed: u32) -> Self {
        let [l0, l1, f0, f1] = packed.to_le_bytes();
        Range {
            first: u16::from_le_bytes([f0, f1]),
            last: u16::from_le_bytes([l0, l1]),
        }
    }
}

/// A table: pieces in ascending order, and the slots of the handlers each belongs to.
struct Table {
    pieces: AtomicUsize,
    start: [AtomicU32; PIECES],
    takers: [AtomicU64; PIECES],
}

impl Table {
    const fn new() -> Self {
        Table {
            pieces: AtomicUsize::new(0),
            start: [const { AtomicU32::new(0) }; PIECES],
            takers: [const { AtomicU64::new(0) }; PIECES],
        }
    }

    /// The slots of the handlers that take `number`.
    fn find(&self, number: u16) -> u64 {
        let pieces = self.pieces.load(Ordering::Relaxed).min(PIECES);
        let starts = self.start.get(..pieces).unwrap_or(&[]);
        let after = starts.partition_point(|s| s.load(Ordering::Relaxed) <= u32::from(number));
        after
            .checked_sub(1)
            .and_then(|piece| self.takers.get(piece))
            .map_or(0, |takers| takers.load(Ordering::Relaxed))
    }
}

/// One handler.
struct Slot {
    /// The function, opaque here; null where the slot is free.
    handler: AtomicPtr<()>,
    range: AtomicU32,
    /// How many calls are in it.
    users: AtomicUsize,
}

/// The handlers.
pub struct Registry {
    version: AtomicUsize,
    tables: [Table; 2],
    slots: [Slot; HANDLERS],
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

/// A handler that was found; it stays registered until this is dropped.
pub struct Running<'a> {
    slot: &'a Slot,
    /// The function.
    pub handler: *mut (),
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.slot.users.fetch_sub(1, Ordering::Release);
    }
}

/// Which handlers a call has been to.
#[derive(Default)]
pub struct Tried(u64);

const fn bit(slot: usize) -> u64 {
    1_u64.rotate_left(slot as u32)
}

impl Registry {
    /// Without handlers.
    pub const fn new() -> Self {
        Registry {
            version: AtomicUsize::new(0),
            tables: [const { Table::new() }; 2],
            slots: [const {
                Slot {
                    handler: AtomicPtr::new(null_mut()),
                    range: AtomicU32::new(0),
                    users: AtomicUsize::new(0),
                }
            }; HANDLERS],
        }
    }

    fn table(&self, version: usize) -> &Table {
        let [even, odd] = &self.tables;
        if version & 1 == 0 { even } else { odd }
    }

    /// Finds the handler with the narrowest range that takes `number`, has not been tried, and has
    /// no wider span than `widest`. Any thread, any number of them, at any time.
    #[inline]
    pub fn enter(&self, number: u16, widest: u16, tried: &mut Tried) -> Option<Running<'_>> {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let takers = self.table(version).find(number) & !tried.0;
            if takers == 0 {
                // Either the answer, or the table changed under us.
                if self.unchanged(version) {
                    return None;
                }
                continue;
            }
            match self.claim(takers, number, widest, version) {
                Claim::Got(index, running) => {
                    tried.0 |= bit(index);
                    return Some(running);
                }
                Claim::None => return None,
                Claim::Overtaken => {}
            }
        }
    }

    /// Whether what was read since `version` was read belongs to it.
    fn unchanged(&self, version: usize) -> bool {
        fence(Ordering::Acquire);
        self.version.load(Ordering::Relaxed) == version
    }

    fn claim(&self, takers: u64, number: u16, widest: u16, version: usize) -> Claim<'_> {
        let narrowest = self
            .slots
            .iter()
            .enumerate()
            .filter(|(index, _)| takers & bit(*index) != 0)
            .map(|(index, slot)| {
                (
                    Range::unpack(slot.range.load(Ordering::Relaxed)),
                    index,
                    slot,
                )
            })
            .filter(|(range, ..)| range.contains(number) && range.span() <= widest)
            .min_by_key(|(range, ..)| range.span());
        let Some((_, index, slot)) = narrowest else {
            return if self.unchanged(version) {
                Claim::None
            } else {
                Claim::Overtaken
            };
        };
        // The count goes up before the version is looked at again, and `unregister` looks at the
        // count after it has changed the version: one of the two sees the other.
        slot.users.fetch_add(1, Ordering::SeqCst);
        let running = Running {
            slot,
            handler: slot.handler.load(Ordering::Acquire),
        };
        if self.version.load(Ordering::SeqCst) == version {
            Claim::Got(index, running)
        } else {
            Claim::Overtaken
        }
    }

    /// Makes a table of all handlers but `without`, and publishes it.
    fn publish(&self, without: Option<usize>) {
        let live = || {
            self.slots.iter().enumerate().filter_map(|(index, slot)| {
                let there =
                    !slot.handler.load(Ordering::Relaxed).is_null() && Some(index) != without;
                there.then(|| (index, Range::unpack(slot.range.load(Ordering::Relaxed))))
            })
        };
        let mut starts = [0_u32; PIECES];
        let ends =
            live().flat_map(|(_, r)| [u32::from(r.first), u32::from(r.last).wrapping_add(1)]);
        let mut count: usize = 1;
        for (to, start) in starts.iter_mut().skip(1).zip(ends) {
            *to = start;
            count = count.saturating_add(1);
        }
        let starts = starts.get_mut(..count).unwrap_or(&mut []);
        starts.sort_unstable();

        let version = self.version.load(Ordering::Relaxed).wrapping_add(1);
        let table = self.table(version);
        // Who reads any of the new pieces reads the present version afterwards (`unchanged`), not
        // the one before, which this table belonged to.
        fence(Ordering::Release);
        for ((start, to), takers) in starts.iter().zip(&table.start).zip(&table.takers) {
            let mask = live()
                .filter(|(_, r)| u32::from(r.first) <= *start && *start <= u32::from(r.last))
                .fold(0, |mask, (index, _)| mask | bit(index));
            to.store(*start, Ordering::Relaxed);
            takers.store(mask, Ordering::Relaxed);
        }
        table.pieces.store(count, Ordering::Relaxed);
        self.version.store(version, Ordering::SeqCst);
    }

    fn slot_of(&self, handler: *mut ()) -> Option<(usize, &Slot)> {
        let mut slots = self.slots.iter().enumerate();
        slots.find(|(_, slot)| slot.handler.load(Ordering::Relaxed) == handler)
    }

    /// Adds a handler, or gives one that is there another range. EINVAL for a null one, ENOSPC
    /// where [`HANDLERS`] are there. The caller sees to it that nobody else registers or unregisters.
    pub fn register(&self, handler: *mut (), range: Range) -> Result<(), Errno> {
        if handler.is_null() {
            return Err(Errno::EINVAL);
        }
        let found = self.slot_of(handler).or_else(|| self.slot_of(null_mut()));
        let (_, slot) = found.ok_or(Errno::ENOSPC)?;
        slot.range.store(range.pack(), Ordering::Relaxed);
        slot.handler.store(handler, Ordering::Release);
        self.publish(None);
        Ok(())
    }

    /// Takes a handler away and calls `wait` until no call is in it. EINVAL where it is not there.
    /// The caller sees to it that nobody else registers or unregisters.
    pub fn unregister(&self, handler: *mut (), mut wait: impl FnMut()) -> Result<(), Errno> {
        if handler.is_null() {
            return Err(Errno::EINVAL);
        }
        let (index, slot) = self.slot_of(handler).ok_or(Errno::EINVAL)?;
        self.publish(Some(index));
        while slot.users.load(Ordering::SeqCst) != 0 {
            wait();
        }
        slot.handler.store(null_mut(), Ordering::Release);
        Ok(())
    }
}

enum Claim<'a> {
    Got(usize, Running<'a>),
    None,
    Overtaken,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    fn handler(n: usize) -> *mut () {
        core::ptr::without_provenance_mut(n)
    }

    /// The handlers of a number, narrowest first.
    fn takers(registry: &Registry, number: u16) -> Vec<usize> {
        let mut tried = Tried::default();
        std::iter::from_fn(|| registry.enter(number, u16::MAX, &mut tried))
            .map(|running| running.handler.addr())
            .collect()
    }

    fn range(first: i32, last: i32) -> Range {
        Range::new(first, last).unwrap()
    }

    /// Ranges a driver may ask for.
    #[test]
    fn ranges() {
        assert_eq!(Range::new(5, 4), Err(Errno::EINVAL));
        assert_eq!(Range::new(-1, 4), Err(Errno::EINVAL));
        assert_eq!(Range::new(0x1_0000, 0x2_0000), Err(Errno::EINVAL));
        assert_eq!(Range::new(0xff00, 0x1_ffff), Ok(range(0xff00, 0xffff)));
        assert_eq!(range(7, 7).span(), 0);
        assert_eq!(
            Range::unpack(range(0x1234, 0xabcd).pack()),
            range(0x1234, 0xabcd)
        );
    }

    /// Each number goes to its handlers, narrowest first.
    #[test]
    fn numbers_find_their_handlers() {
        let registry = Registry::new();
        assert_eq!(takers(&registry, 0), []);
        registry
            .register(handler(1), range(0x4600, 0x46ff))
            .unwrap();
        registry
            .register(handler(2), range(0x0000, 0xffff))
            .unwrap();
        registry
            .register(handler(3), range(0x4610, 0x4610))
            .unwrap();
        registry
            .register(handler(4), range(0x4700, 0x4700))
            .unwrap();
        assert_eq!(takers(&registry, 0), [2]);
        assert_eq!(takers(&registry, 0x45ff), [2]);
        assert_eq!(takers(&registry, 0x4600), [1, 2]);
        assert_eq!(takers(&registry, 0x4610), [3, 1, 2]);
        assert_eq!(takers(&registry, 0x46ff), [1, 2]);
        assert_eq!(takers(&registry, 0x4700), [4, 2]);
        assert_eq!(takers(&registry, 0xffff), [2]);

        let mut tried = Tried::default();
        let running = registry.enter(0x4600, 0xff, &mut tried).unwrap();
        assert_eq!(running.handler.addr(), 1);
        assert!(registry.enter(0x4600, 0xff, &mut tried).is_none());
        assert!(registry.enter(0x4600, 0xffff, &mut tried).is_some());

        drop(running);
        registry
            .unregister(handler(1), || panic!("nobody is in it"))
            .unwrap();
        assert_eq!(takers(&registry, 0x4610), [3, 2]);
        assert_eq!(registry.unregister(handler(1), || ()), Err(Errno::EINVAL));
        assert_eq!(registry.unregister(null_mut(), || ()), Err(Errno::EINVAL));
        assert_eq!(
            registry.register(null_mut(), range(0, 0)),
            Err(Errno::EINVAL)
        );
        // The same function again: another range.
        registry.register(handler(2), range(1, 2)).unwrap();
        assert_eq!(takers(&registry, 0), []);
        assert_eq!(takers(&registry, 2), [2]);
    }

    /// As many as there is room for, all at different places, then all gone.
    #[test]
    fn full() {
        let registry = Registry::new();
        for n in 1..=HANDLERS {
            let at = i32::try_from(n * 10).unwrap();
            registry.register(handler(n), range(at, at + 4)).unwrap();
        }
        assert_eq!(
            registry.register(handler(999), range(1, 1)),
            Err(Errno::ENOSPC)
        );
        for n in 1..=HANDLERS {
            let at = u16::try_from(n * 10).unwrap();
            assert_eq!(takers(&registry, at), [n]);
            assert_eq!(takers(&registry, at + 4), [n]);
            assert_eq!(takers(&registry, at + 5), []);
        }
        for n in 1..=HANDLERS {
            registry.unregister(handler(n), || ()).unwrap();
        }
        assert!((0..=u16::MAX).all(|number| takers(&registry, number).is_empty()));
    }

    /// Unregistering waits for a call that is in the handler.
    #[test]
    fn unregister_waits() {
        let registry = Registry::new();
        registry.register(handler(1), range(1, 1)).unwrap();
        let mut tried = Tried::default();
        let mut running = registry.enter(1, u16::MAX, &mut tried);
        assert!(running.is_some());
        let mut waited = 0;
        registry
            .unregister(handler(1), || {
                waited += 1;
                assert!(takers(&registry, 1).is_empty());
                if waited == 3 {
                    running = None;
                }
            })
            .unwrap();
        assert_eq!(waited, 3);
    }

    /// Calls that race with a driver that comes and goes are never in a handler that is gone, and
    /// never miss one that stays.
    #[test]
    fn races() {
        let registry = Registry::new();
        let loaded = AtomicBool::new(false);
        let stop = AtomicBool::new(false);
        registry.register(handler(1), range(0, 0xffff)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let mut tried = Tried::default();
                        let mut stayed = false;
                        while let Some(running) = registry.enter(7, u16::MAX, &mut tried) {
                            match running.handler.addr() {
                                1 => stayed = true,
                                2 => assert!(loaded.load(Ordering::SeqCst)),
                                other => panic!("handler {other}"),
                            }
                        }
                        assert!(stayed);
                    }
                });
            }
            for _ in 0..if cfg!(miri) { 20 } else { 20_000 } {
                loaded.store(true, Ordering::SeqCst);
                registry.register(handler(2), range(5, 9)).unwrap();
                registry
                    .unregister(handler(2), std::thread::yield_now)
                    .unwrap();
                loaded.store(false, Ordering::SeqCst);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
