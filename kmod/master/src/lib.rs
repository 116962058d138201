// SPDX-License-Identifier: BSD-2-Clause
//! Reads `syscalls.master` and generates everything that lists system calls.
//!
//! The head of `syscalls.master` explains the grammar, which is FreeBSD's own
//! (their `sys/tools/syscalls` reads the file too) with two additions that theirs
//! ignores: the prototype of an unsupported call, and one verdict comment after
//! each row.
//!
//! [`parse()`] gives a [`Table`] whose rules hold: consecutive numbers, one verdict
//! a row, known types, a direction on every pointer. [`generate`] turns it into
//! the doors and the sysent table of the kernel module and into the coverage page.

mod argument;
mod ctype;
mod error;
pub mod generate;
mod model;
mod parse;

pub use argument::{Arg, ArgType, Direction, Pointer, Shape};
pub use ctype::{CKind, KNOWN_SCALARS};
pub use error::ParseError;
pub use model::{Kind, Row, Table, Verdict};
pub use parse::{parse, parse_rows};

/// How many numbers the table has: Linux's amd64 calls 0 to 472.
pub const NUMBERS: u32 = 473;
