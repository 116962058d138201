// SPDX-License-Identifier: BSD-2-Clause
//! A call in words: its flags, commands and options by name, and what becomes of each here.
//!
//! There is no table of verdicts in here. Each part is put to the function that the system call
//! itself uses ([`plan_open`](crate::open::plan_open) and its like): a flag is refused if the call
//! succeeds without it, and ignored if the plan is the same without it.
//!
//! lxcheck makes its report of this, and the module its console lines, so that both read the same.

mod command;
mod judge;
pub mod names;
mod subject;

use core::fmt;

use linux_raw_sys::general as linux;

use crate::errno::Errno;
use names::{Flags, Names};

/// The part of a call that says what it is asked for: neither addresses nor sizes nor descriptors.
/// Equal ones are judged equally.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The number.
    pub number: u32,
    /// What [`Call::read`] found.
    words: [u64; 5],
}

/// What a part of a call is called.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// By Linux's constant.
    Known(&'static str),
    /// Flags, or a combination of them, without a name.
    Bits(u64),
    /// A number without a name.
    Number(i64),
    /// The option of a level of setsockopt(2).
    Option(&'static str, i32),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Known(name) => f.write_str(name),
            Name::Bits(bits) => write!(f, "{bits:#x}"),
            Name::Number(number) => write!(f, "{number}"),
            Name::Option(level, name) => write!(f, "{level} option {name}"),
        }
    }
}

/// What becomes of a part.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// What it does on Linux.
    Works,
    /// Nothing, because nothing is to be done or can be done.
    Ignored,
    /// The call fails.
    Refused(Errno),
}

/// A flag, a command, an option.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// Its name.
    pub name: Name,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// Takes the parts one by one.
type Out<'a> = &'a mut dyn FnMut(Part);

impl Call {
    /// Reads a call from its registers. `memory` reads the program's memory, and fills the slice or
    /// says false.
    pub fn read(
        number: u32,
        registers: [u64; 6],
        memory: &mut dyn FnMut(u64, &mut [u8]) -> bool,
    ) -> Call {
        let words = match subject::of(number) {
            Some(subject) => subject.words(registers, memory),
            None => [0; 5],
        };
        Call { number, words }
    }

    /// Whether [`Call::parts`] knows this call at all.
    pub fn has_parts(number: u32) -> bool {
        subject::of(number).is_some()
    }

    /// Tells each part, in the order of the arguments.
    pub fn parts(&self, out: Out<'_>) {
        if let Some(subject) = subject::of(self.number) {
            (subject.judge)(self.words, out);
        }
    }

    /// The parts that are refused.
    pub fn gaps(&self, out: &mut dyn FnMut(Name, Errno)) {
        self.parts(&mut |part| {
            if let Outcome::Refused(errno) = part.outcome {
                out(part.name, errno);
            }
        });
    }
}

/// execve(2), where a program starts.
pub const EXECVE: u32 = linux::__NR_execve;

/// Whether a call that is not there is none that a program misses: rseq(2), which every C library
/// tries when a thread starts, and does without; restart_syscall(2), which Linux itself calls.
pub const fn only_tried(number: u32) -> bool {
    matches!(number, linux::__NR_rseq | linux::__NR_restart_syscall)
}

/// Something a program asked for that is not there, as a line of text.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Gap<'a> {
    /// A whole call.
    Call(Option<&'a str>, u32),
    /// A part of one.
    Part(&'a str, Name, Errno),
}

impl fmt::Display for Gap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Call(Some(name), number) => write!(f, "syscall {name} ({number}) not implemented"),
            Gap::Call(None, number) => write!(f, "syscall {number} not implemented"),
            Gap::Part(call, name, errno) => write!(f, "{call}: {name} gives {}", errno.name()),
        }
    }
}

/// What an ioctl(2) command is, for [`Gap::Part`].
pub fn ioctl_name(command: u32) -> Name {
    command::name(command)
}

fn find(names: Names, value: u64) -> Option<&'static str> {
    let found = names.iter().find(|(number, _)| *number == value);
    found.map(|(_, name)| *name)
}

/// A number, or -1 and its like as a negative one.
fn number(value: u64) -> Name {
    // CAST: Linux looks at the low half where the names are.
    Name::Number(i64::from(value as i32))
}

/// One number with a name.
fn single<T>(names: Names, value: u64, verdict: Result<T, Errno>, out: Out<'_>) {
    out(Part {
        name: find(names, value).map_or_else(|| number(value), Name::Known),
        outcome: outcome(verdict),
    });
}

fn outcome<T>(verdict: Result<T, Errno>) -> Outcome {
    match verdict {
        Ok(_) => Outcome::Works,
        Err(errno) => Outcome::Refused(errno),
    }
}

/// A word of flags, each put to `plan`.
fn flags<P: PartialEq>(
    known: &Flags,
    value: u64,
    plan: impl Fn(u64) -> Result<P, Errno>,
    out: Out<'_>,
) {
    let base = value & known.mask;
    let whole = plan(value);
    let mut culprits = 0_u32;
    if known.mask != 0 {
        let outcome = outcome(plan(base));
        culprits = culprits.saturating_add(u32::from(outcome != Outcome::Works));
        match find(known.numbers, base) {
            // A number that stands for nothing said.
            Some("") => {}
            name => out(Part {
                name: name.map_or_else(|| number(base), Name::Known),
                outcome,
            }),
        }
    }
    let mut judge = |name, mask: u64| {
        let outcome = match &whole {
            Ok(plan_with) if plan(value & !mask).as_ref() == Ok(plan_with) => Outcome::Ignored,
            Ok(_) => Outcome::Works,
            Err(errno) if plan(value & !mask).is_ok() => Outcome::Refused(*errno),
            Err(_) => match (plan(base), plan(base | mask)) {
                (Ok(_), Err(alone)) => Outcome::Refused(alone),
                _ => Outcome::Works,
            },
        };
        if matches!(outcome, Outcome::Refused(_)) {
            culprits = culprits.saturating_add(1);
        }
        out(Part { name, outcome });
    };
    let mut rest = value & !known.mask;
    for (mask, name) in known.bits {
        if rest & mask == *mask {
            judge(Name::Known(name), *mask);
            rest &= !mask;
        }
    }
    if rest != 0 {
        judge(Name::Bits(rest), rest);
    }
    // Each is fine, together they are not.
    if let (Err(errno), 0) = (whole, culprits) {
        out(Part {
            name: Name::Bits(value),
            outcome: Outcome::Refused(errno),
        });
    }
}

#[cfg(test)]
mod tests;
