// SPDX-License-Identifier: BSD-2-Clause
//! From the mappings in the old range to the operations that resize and move them.

use super::Mremap;
use crate::errno::Errno;

/// What a mapping shows.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Backing {
    /// Private memory: what is not there yet is zero.
    Memory,
    /// A private view of a file.
    PrivateFile,
    /// A file or memory that others see as well.
    Shared,
    /// What a driver maps, or the kernel: of a fixed size.
    Fixed,
}

/// One entry of the address space, as far as mremap(2) looks at it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first address.
    pub start: u64,
    /// The first one beyond.
    pub end: u64,
    /// What it shows.
    pub backing: Backing,
    /// Which file or memory object; 0 where that does not matter.
    pub object: u64,
    /// Where in it.
    pub offset: u64,
    /// Protection, locking, advice: what must be the same in one mapping.
    pub traits: u64,
}

impl Part {
    /// Whether `next` is the rest of the same mapping of Linux's.
    fn goes_on_as(&self, next: &Part) -> bool {
        let distance = next.start.wrapping_sub(self.start);
        let in_line = self.object == 0 || next.offset == self.offset.wrapping_add(distance);
        self.end == next.start
            && self.backing == next.backing
            && self.object == next.object
            && self.traits == next.traits
            && in_line
    }
}

/// One step. Ranges are in bytes, on pages, below the end of the user's addresses.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Unmap the range.
    Unmap {
        /// Where it begins.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// Move the pages, with all that is known of them, to a free place.
    Transfer {
        /// Where they are.
        from: u64,
        /// Where they go.
        to: u64,
        /// How many bytes.
        len: u64,
        /// Whether the old place is mapped anew: as zeros, or as the file.
        refill: bool,
    },
    /// Show the same shared pages at a free place as well.
    Alias {
        /// Where they are.
        from: u64,
        /// Where they are seen as well.
        to: u64,
        /// How many bytes; there may be more than at the old place.
        len: u64,
    },
    /// Map at a free place what follows the last part: zeros, or more of the file.
    Extend {
        /// Where.
        to: u64,
        /// How many bytes.
        len: u64,
    },
}

/// The steps, in their order, and the address that mremap(2) gives.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Ops {
    /// The new address.
    pub address: u64,
    steps: [Option<Op>; 4],
}

impl Ops {
    /// The steps.
    pub fn iter(&self) -> impl Iterator<Item = Op> {
        self.steps.into_iter().flatten()
    }
}

/// A walk over the old range, entry by entry, that ends in a plan.
#[derive(Copy, Clone, Debug)]
pub struct Survey {
    args: Mremap,
    last: Option<Part>,
}

impl Survey {
    /// The walk for these arguments.
    pub const fn new(args: Mremap) -> Self {
        Survey { args, last: None }
    }

    /// The address whose entry is to be shown next; `None` when all were.
    pub fn wants(&self) -> Option<u64> {
        let end = self.args.old.saturating_add(self.args.old_len.max(1));
        match self.last {
            None => Some(self.args.old),
            Some(last) => (last.end < end).then_some(last.end),
        }
    }

    /// Takes the entry that holds the wanted address; EFAULT if there is none, or another mapping
    /// begins there.
    pub fn show(&mut self, part: Option<Part>) -> Result<(), Errno> {
        let part = part.ok_or(Errno::EFAULT)?;
        match self.last {
            Some(last) if !last.goes_on_as(&part) => return Err(Errno::EFAULT),
            _ => {}
        }
        self.last = Some(part);
        Ok(())
    }

    /// The last entry shown.
    pub const fn last(&self) -> Option<Part> {
        self.last
    }

    /// The steps. `room` is where the next mapping above the old range begins; `find` looks for a
    /// free place of a length.
    ///
    /// EINVAL for a duplicate of what is private; EFAULT for more of what has a fixed size; ENOMEM
    /// without room.
    pub fn plan(&self, room: u64, find: impl FnOnce(u64) -> Option<u64>) -> Result<Ops, Errno> {
        let args = self.args;
        let last = self.last.ok_or(Errno::EFAULT)?;
        let old_end = args.old.saturating_add(args.old_len);
        let grows = args.new_len > args.old_len;
        if args.old_len == 0 && last.backing != Backing::Shared {
            return Err(Errno::EINVAL);
        }
        if args.dont_unmap && last.backing == Backing::Fixed {
            return Err(Errno::EINVAL);
        }
        if grows && last.backing == Backing::Fixed {
            return Err(Errno::EFAULT);
        }
        let stays = args.fixed.is_none() && !args.dont_unmap;
        let new_end = args.old.saturating_add(args.new_len);
        if stays && !grows {
            let tail = (new_end < old_end).then_some(Op::Unmap {
                start: new_end,
                end: old_end,
            });
            return Ok(Ops {
                address: args.old,
                steps: [tail, None, None, None],
            });
        }
        if stays && args.old_len != 0 && new_end <= room {
            let more = Op::Extend {
                to: old_end,
                len: args.new_len.saturating_sub(args.old_len),
            };
            return Ok(Ops {
                address: args.old,
                steps: [Some(more), None, None, None],
            });
        }
        if !args.may_move {
            return Err(Errno::ENOMEM);
        }
        self.away(last.backing, find)
    }

    /// The steps of a move.
    fn away(&self, backing: Backing, find: impl FnOnce(u64) -> Option<u64>) -> Result<Ops, Errno> {
        let args = self.args;
        let (new, clear) = match args.fixed {
            Some(new) => {
                let end = new.saturating_add(args.new_len);
                (new, Some(Op::Unmap { start: new, end }))
            }
            None => (find(args.new_len).ok_or(Errno::ENOMEM)?, None),
        };
        if args.old_len == 0 || args.dont_unmap && backing == Backing::Shared {
            let alias = Op::Alias {
                from: args.old,
                to: new,
                len: args.new_len,
            };
            return Ok(Ops {
                address: new,
                steps: [clear, Some(alias), None, None],
            });
        }
        let len = args.old_len.min(args.new_len);
        let tail = (len < args.old_len).then(|| Op::Unmap {
            start: args.old.saturating_add(len),
            end: args.old.saturating_add(args.old_len),
        });
        let transfer = Op::Transfer {
            from: args.old,
            to: new,
            len,
            refill: args.dont_unmap,
        };
        let more = (len < args.new_len).then(|| Op::Extend {
            to: new.saturating_add(len),
            len: args.new_len.saturating_sub(len),
        });
        Ok(Ops {
            address: new,
            steps: [clear, tail, Some(transfer), more],
        })
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
