// SPDX-License-Identifier: BSD-2-Clause
//! Plans against a model of an address space: a page at a time, with what each page holds.

use std::collections::BTreeMap;

use super::super::{Mremap, read_mremap};
use super::*;
use crate::mman::PAGE_SIZE;

/// How many pages the model has.
const PAGES: u64 = 48;

/// A page that is mapped.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Page {
    kind: Kind,
    /// What it holds: a number of its own where it was written, else 0, or the page of the file.
    content: u64,
}

/// What was asked of mmap(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Kind {
    backing: Backing,
    object: u64,
    /// Page 0 of the address space would show this page of the object.
    base: u64,
    traits: u64,
}

/// What is at each page number.
type Space = BTreeMap<u64, Page>;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// The entries of the space: neighbours of one kind are in one entry, or cut somewhere in it.
fn entry(space: &Space, page: u64, cuts: u64) -> Option<Part> {
    let kind = space.get(&page)?.kind;
    let same = |at: u64| space.get(&at).is_some_and(|other| other.kind == kind);
    let mut start = page;
    while start > 0 && same(start - 1) && cuts >> (start % 64) & 1 == 0 {
        start -= 1;
    }
    let mut end = page + 1;
    while same(end) && cuts >> (end % 64) & 1 == 0 {
        end += 1;
    }
    Some(Part {
        start: start * PAGE_SIZE,
        end: end * PAGE_SIZE,
        backing: kind.backing,
        object: kind.object,
        offset: kind.base.wrapping_add(start) * PAGE_SIZE,
        traits: kind.traits,
    })
}

fn free_place(space: &Space, len: u64) -> Option<u64> {
    let pages = len / PAGE_SIZE;
    (1..PAGES.checked_sub(pages)?)
        .find(|at| (*at..at + pages).all(|page| !space.contains_key(&page)))
        .map(|at| at * PAGE_SIZE)
}

/// What an untouched page of the kind holds.
fn untouched(kind: Kind, page: u64) -> Page {
    let content = match kind.backing {
        Backing::Memory => 0,
        _ => kind.object * 1000 + kind.base.wrapping_add(page),
    };
    Page { kind, content }
}

/// The kind, for a mapping that has moved.
fn moved(kind: Kind, from: u64, to: u64) -> Kind {
    let base = match kind.backing {
        Backing::Memory => 0,
        _ => kind.base.wrapping_add(from).wrapping_sub(to),
    };
    Kind { base, ..kind }
}

/// Does what the plan says.
fn execute(space: &mut Space, last: Part, ops: &Ops) {
    let mut kind_behind = space[&(last.start / PAGE_SIZE)].kind;
    for op in ops.iter() {
        match op {
            Op::Unmap { start, end } => {
                space.retain(|page, _| !(start..end).contains(&(page * PAGE_SIZE)));
            }
            Op::Transfer {
                from,
                to,
                len,
                refill,
            } => {
                let (from, to) = (from / PAGE_SIZE, to / PAGE_SIZE);
                kind_behind = moved(kind_behind, from, to);
                for page in 0..len / PAGE_SIZE {
                    let old = space.remove(&(from + page)).unwrap();
                    let kind = moved(old.kind, from, to);
                    let replaced = space.insert(to + page, Page { kind, ..old });
                    assert_eq!(replaced, None, "a move over a mapping");
                    if refill {
                        space.insert(from + page, untouched(old.kind, from + page));
                    }
                }
            }
            Op::Alias { from, to, len } => {
                let (from, to) = (from / PAGE_SIZE, to / PAGE_SIZE);
                let kind = moved(space[&from].kind, from, to);
                for page in 0..len / PAGE_SIZE {
                    let replaced = space.insert(to + page, untouched(kind, to + page));
                    assert_eq!(replaced, None, "an alias over a mapping");
                }
            }
            Op::Extend { to, len } => {
                for page in to / PAGE_SIZE..(to + len) / PAGE_SIZE {
                    let replaced = space.insert(page, untouched(kind_behind, page));
                    assert_eq!(replaced, None, "growth over a mapping");
                }
            }
        }
    }
}

/// mremap(2) as its man page tells it, a page at a time, with the place that the plan chose.
fn by_the_book(space: &mut Space, args: &Mremap, new: u64) {
    let (old, new) = (args.old / PAGE_SIZE, new / PAGE_SIZE);
    let (old_len, new_len) = (args.old_len / PAGE_SIZE, args.new_len / PAGE_SIZE);
    let before = space.clone();
    let kind = before[&old].kind;
    let keeps = args.dont_unmap || args.old_len == 0;
    if args.fixed.is_some() {
        space.retain(|page, _| !(new..new + new_len).contains(page));
    }
    if !keeps {
        space.retain(|page, _| !(old..old + old_len).contains(page));
    }
    for page in 0..new_len {
        let kind = moved(kind, old, new);
        let there = match before.get(&(old + page)) {
            Some(there) if page < old_len => Page { kind, ..*there },
            _ => untouched(kind, new + page),
        };
        space.insert(new + page, there);
    }
    if args.dont_unmap {
        for page in old..old + old_len {
            space.insert(page, untouched(kind, page));
        }
    }
}

fn random_space(random: &mut Random, number: &mut u64) -> Space {
    let mut space = Space::new();
    for _ in 0..random.below(9) {
        let backing = [
            Backing::Memory,
            Backing::PrivateFile,
            Backing::Shared,
            Backing::Fixed,
        ][random.below(4) as usize];
        let kind = Kind {
            backing,
            object: if backing == Backing::Memory {
                0
            } else {
                1 + random.below(2)
            },
            base: if backing == Backing::Memory {
                0
            } else {
                random.below(2) * 100
            },
            traits: random.below(2),
        };
        let start = 1 + random.below(PAGES - 1);
        for page in start..(start + 1 + random.below(8)).min(PAGES) {
            let mut there = untouched(kind, page);
            let private = matches!(backing, Backing::Memory | Backing::PrivateFile);
            if private && random.below(2) == 0 {
                *number += 1;
                there.content = 1_000_000 + *number;
            }
            space.insert(page, there);
        }
    }
    space
}

fn survey(space: &Space, args: Mremap, cuts: u64) -> Result<Survey, Errno> {
    let mut survey = Survey::new(args);
    while let Some(at) = survey.wants() {
        survey.show(entry(space, at / PAGE_SIZE, cuts))?;
    }
    Ok(survey)
}

/// Any plan does what the man page says, however the kernel has cut the mappings, and no plan
/// is made where Linux refuses.
#[test]
fn plans_do_what_the_book_says() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut number, mut planned, mut refused) = (0, [0; 4], 0);
    for _ in 0..60_000 {
        let space = random_space(&mut random, &mut number);
        let flags = [0, 1, 3, 5, 7][random.below(5) as usize];
        let old_len = random.below(7);
        let new_len = if flags & 4 != 0 {
            old_len
        } else {
            random.below(9)
        };
        let arguments = [
            1 + random.below(PAGES),
            old_len,
            new_len,
            random.below(PAGES),
        ];
        let [old, old_len, new_len, new] = arguments.map(|pages| pages * PAGE_SIZE);
        let Ok(args) = read_mremap(old, old_len, new_len, flags, new, PAGES * PAGE_SIZE) else {
            continue;
        };
        let cuts = random.below(u64::MAX);
        let old_page = old / PAGE_SIZE;
        let kind = space.get(&old_page).map(|page| page.kind);
        let whole = (old_page..old_page + (old_len / PAGE_SIZE).max(1))
            .all(|page| space.get(&page).map(|page| page.kind) == kind && kind.is_some());
        let walked = survey(&space, args, cuts);
        assert_eq!(walked.is_ok(), whole);
        let (Ok(walked), Some(kind)) = (walked, kind) else {
            continue;
        };
        let room = (old + old_len).div_ceil(PAGE_SIZE);
        let room = space.range(room..).next().map_or(PAGES, |(page, _)| *page) * PAGE_SIZE;
        let plan = walked.plan(room, |len| free_place(&space, len));
        let grows = new_len > old_len;
        let must_move = args.fixed.is_some() || args.dont_unmap || old_len == 0 && grows;
        match plan {
            Ok(ops) => {
                assert!(old_len != 0 || kind.backing == Backing::Shared);
                assert!(!grows || kind.backing != Backing::Fixed);
                assert!(args.may_move || ops.address == old);
                assert!(args.fixed.is_none_or(|new| ops.address == new));
                assert!(!must_move || ops.address != old);
                let fits = grows && old + new_len <= room;
                assert!(must_move || !grows || fits == (ops.address == old));
                let (mut by_plan, mut by_book) = (space.clone(), space);
                execute(&mut by_plan, walked.last().unwrap(), &ops);
                by_the_book(&mut by_book, &args, ops.address);
                assert_eq!(by_plan, by_book, "{args:x?}");
                planned[usize::from(must_move) * 2 + usize::from(grows)] += 1;
            }
            Err(Errno::EINVAL) => assert!(old_len == 0 || args.dont_unmap),
            Err(Errno::EFAULT) => assert!(grows && kind.backing == Backing::Fixed),
            Err(errno) => {
                assert_eq!(errno, Errno::ENOMEM);
                assert!(!args.may_move || args.fixed.is_none());
                refused += 1;
            }
        }
    }
    assert!(planned.iter().all(|count| *count > 100), "{planned:?}");
    assert!(refused > 100);
}

/// A grown mapping is one mapping; a hole, another protection and another file are not.
#[test]
fn what_one_mapping_is() {
    let part = Part {
        start: 0x1000,
        end: 0x2000,
        backing: Backing::Shared,
        object: 7,
        offset: 0x5000,
        traits: 3,
    };
    let next = Part {
        start: 0x2000,
        end: 0x3000,
        offset: 0x6000,
        ..part
    };
    let args = read_mremap(0x1000, 0x2000, 0x4000, 1, 0, 1 << 47).unwrap();
    let show = |next: Option<Part>| {
        let mut survey = Survey::new(args);
        survey.show(Some(part)).unwrap();
        assert_eq!(survey.wants(), Some(0x2000));
        survey.show(next)
    };
    assert_eq!(show(Some(next)), Ok(()));
    let others = [
        Part { traits: 1, ..next },
        Part { object: 8, ..next },
        Part {
            offset: 0x7000,
            ..next
        },
        Part {
            start: 0x2001,
            ..next
        },
        Part {
            backing: Backing::Memory,
            ..next
        },
    ];
    for other in others {
        assert_eq!(show(Some(other)), Err(Errno::EFAULT));
    }
    assert_eq!(show(None), Err(Errno::EFAULT));
}
