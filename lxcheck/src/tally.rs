// SPDX-License-Identifier: BSD-2-Clause
//! Counts calls while the program runs. What is kept does not grow with the number of calls.

use linux_abi::decode::{Call, Part, only_tried};
use rustc_hash::FxHashMap;

use crate::nodes;
use crate::table::{ROWS, Row, Verdict};

/// At most so many different calls, parts and paths are kept; the others are only counted.
const MOST: usize = 1 << 13;
/// So often Linux's own answer to something that is not there is looked at.
const SAMPLES: u64 = 16;

/// Linux's answers to calls that linux_rs would refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// How many were looked at.
    pub(crate) seen: u64,
    /// How many of these were errors.
    pub(crate) errors: u64,
    /// The last error, Linux's number.
    pub(crate) errno: i32,
}

impl Answers {
    /// Whether Linux never did it either.
    pub(crate) fn refused(&self) -> bool {
        self.seen > 0 && self.errors == self.seen
    }

    fn add(&mut self, value: i64) {
        self.seen += 1;
        if let -4095..=-1 = value {
            self.errors += 1;
            self.errno = i32::try_from(-value).unwrap_or(0);
        }
    }

    pub(crate) fn join(&mut self, other: Answers) {
        self.seen += other.seen;
        self.errors += other.errors;
        self.errno = self.errno.max(other.errno);
    }
}

/// How often a call was made in one way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    /// How often.
    pub(crate) count: u64,
    /// Whether a part of it is refused here.
    gap: bool,
    /// What Linux said, if so.
    pub(crate) answers: Answers,
}

/// Linux's numbers of the errors that say "there is no such thing here": EINVAL, ENOTTY, ENOSYS,
/// ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT.
const UNSUPPORTED: [i32; 8] = [22, 25, 38, 92, 93, 94, 95, 97];

/// Who waits for the answer of a call.
enum Waiting {
    Whole(u32),
    Way(Call),
    /// Nothing is known to be missing of it.
    Plain(u32),
}

/// What the way of a call comes to.
#[derive(Clone, Copy)]
struct Way {
    /// Whether a part of it is refused.
    gap: bool,
    /// Whether Linux's answer is of interest for that.
    wanted: bool,
}

/// How a path of /proc or /sys was used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PathUse {
    /// How often.
    pub(crate) count: u64,
    /// Whether this Linux has it.
    pub(crate) here: bool,
}

/// What was counted.
pub(crate) struct Tally {
    /// By number.
    pub(crate) counts: Vec<u64>,
    /// Linux's answers to calls that are not there, by number.
    pub(crate) unsupported: FxHashMap<u32, Answers>,
    /// Numbers outside the table, and how often.
    pub(crate) unknown: FxHashMap<u64, u64>,
    /// Calls of the 32-bit interface.
    pub(crate) foreign: u64,
    /// The ways of making a call that have parts.
    pub(crate) ways: FxHashMap<Call, Uses>,
    /// The parts of further ways.
    pub(crate) parts: FxHashMap<(u32, Part), u64>,
    /// Paths below /proc and /sys.
    pub(crate) paths: FxHashMap<String, PathUse>,
    /// Uses of further paths.
    pub(crate) more_paths: u64,
    /// Calls of which nothing is known to be missing and which were refused as if it were, by
    /// number and errno; counted if [`Tally::watch_refusals`] was asked for.
    pub(crate) refusals: FxHashMap<(u32, i32), u64>,
    watches: bool,
    waiting: FxHashMap<i32, Waiting>,
    memory: fn(i32, u64, &mut [u8]) -> usize,
}

impl Tally {
    /// Nothing counted; `memory` reads a thread's memory, and says how many bytes.
    pub(crate) fn new(memory: fn(i32, u64, &mut [u8]) -> usize) -> Tally {
        Tally {
            counts: vec![0; ROWS.len()],
            unsupported: FxHashMap::default(),
            unknown: FxHashMap::default(),
            foreign: 0,
            ways: FxHashMap::default(),
            parts: FxHashMap::default(),
            paths: FxHashMap::default(),
            more_paths: 0,
            refusals: FxHashMap::default(),
            watches: false,
            waiting: FxHashMap::default(),
            memory,
        }
    }

    /// Looks at the answer of each call from now on.
    pub(crate) fn watch_refusals(&mut self) {
        self.watches = true;
    }

    /// How many calls there were.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.unknown.values().sum::<u64>() + self.foreign
    }

    /// Counts a call; whether [`Tally::answer`] should hear of its end.
    pub(crate) fn enter(
        &mut self,
        tid: i32,
        native: bool,
        number: u64,
        registers: [u64; 6],
    ) -> bool {
        if !native {
            self.foreign += 1;
            return false;
        }
        let known = usize::try_from(number)
            .ok()
            .and_then(|at| self.counts.get_mut(at));
        let (Some(count), Ok(number)) = (known, u32::try_from(number)) else {
            if self.unknown.len() < MOST {
                *self.unknown.entry(number).or_default() += 1;
            }
            return false;
        };
        *count += 1;
        let row = Row::of(number);
        if let Some(path) = row.path {
            self.path(tid, row, path, &registers);
        }
        if row.verdict == Verdict::Unsupported {
            let answers = self.unsupported.entry(number).or_default();
            if answers.seen < SAMPLES && !only_tried(number) {
                self.waiting.insert(tid, Waiting::Whole(number));
                return true;
            }
            return false;
        }
        let way = Call::has_parts(number).then(|| self.way(tid, number, registers));
        let wanted = way.is_some_and(|way| way.wanted);
        if self.watches && !wanted && !way.is_some_and(|way| way.gap) {
            self.waiting.insert(tid, Waiting::Plain(number));
            return true;
        }
        wanted
    }

    fn way(&mut self, tid: i32, number: u32, registers: [u64; 6]) -> Way {
        let memory = self.memory;
        let mut read = |address, to: &mut [u8]| memory(tid, address, to) == to.len();
        let call = Call::read(number, registers, &mut read);
        let full = self.ways.len() >= MOST;
        let uses = match self.ways.get_mut(&call) {
            Some(uses) => uses,
            None if full => {
                call.parts(&mut |part| {
                    if self.parts.len() < MOST {
                        *self.parts.entry((number, part)).or_default() += 1;
                    }
                });
                let mut gap = false;
                call.gaps(&mut |_, _| gap = true);
                return Way { gap, wanted: false };
            }
            None => {
                let mut gap = false;
                call.gaps(&mut |_, _| gap = true);
                let uses = Uses {
                    gap,
                    ..Uses::default()
                };
                self.ways.entry(call).or_insert(uses)
            }
        };
        uses.count += 1;
        let gap = uses.gap;
        let wanted = gap && uses.answers.seen < SAMPLES;
        if wanted {
            self.waiting.insert(tid, Waiting::Way(call));
        }
        Way { gap, wanted }
    }

    /// What Linux said to the last call of this thread.
    pub(crate) fn answer(&mut self, tid: i32, value: i64) {
        let answers = match self.waiting.remove(&tid) {
            Some(Waiting::Whole(number)) => self.unsupported.get_mut(&number),
            Some(Waiting::Way(call)) => self.ways.get_mut(&call).map(|uses| &mut uses.answers),
            Some(Waiting::Plain(number)) => {
                let errno = i32::try_from(-value).unwrap_or(0);
                if UNSUPPORTED.contains(&errno) {
                    *self.refusals.entry((number, errno)).or_default() += 1;
                }
                None
            }
            None => None,
        };
        if let Some(answers) = answers {
            answers.add(value);
        }
    }

    /// A thread has ended.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.waiting.remove(&tid);
    }

    fn path(&mut self, tid: i32, row: &Row, argument: usize, registers: &[u64; 6]) {
        let mut buffer = [0; 256];
        let address = registers[argument];
        let got = (self.memory)(tid, address, &mut buffer);
        let Some(end) = buffer[..got].iter().position(|&byte| byte == 0) else {
            return;
        };
        let Ok(path) = std::str::from_utf8(&buffer[..end]) else {
            return;
        };
        let whole;
        let path = match row.folder.map(|at| registers[at]) {
            _ if path.starts_with('/') => path,
            // CAST: a descriptor is an int.
            Some(folder) if folder as i32 >= 0 && !path.is_empty() => {
                let link = format!("/proc/{tid}/fd/{}", folder as i32);
                let Ok(base) = std::fs::read_link(link) else {
                    return;
                };
                whole = format!("{}/{path}", base.display());
                whole.as_str()
            }
            _ => return,
        };
        let Some(general) = nodes::general(path) else {
            return;
        };
        if let Some(uses) = self.paths.get_mut(general.as_ref()) {
            uses.count += 1;
        } else if self.paths.len() < MOST {
            let here = std::fs::symlink_metadata(path).is_ok();
            let uses = PathUse { count: 1, here };
            self.paths.insert(general.into_owned(), uses);
        } else {
            self.more_paths += 1;
        }
    }
}
