// SPDX-License-Identifier: BSD-2-Clause
//! The table that the parser makes and the generators read.

use crate::argument::Arg;

/// The system calls, one row a number, starting at number 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The rows; a row's place is its number.
    pub rows: Vec<Row>,
}

impl Table {
    /// The rows that Linux has a call for.
    pub fn calls(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.kind != Kind::Hole)
    }

    /// The calls that have a door and a Rust function of ours.
    pub fn doors(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.kind == Kind::Std)
    }

    /// The FreeBSD functions that stand in the table as they are, such as
    /// `sys_read`, by number of the Linux call.
    pub fn natives(&self) -> impl Iterator<Item = String> {
        self.rows.iter().filter_map(|row| match &row.kind {
            Kind::Native(call) => Some(format!("sys_{call}")),
            _ => None,
        })
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The Linux system call number.
    pub number: u32,
    /// Linux's name of the call; empty for a hole.
    pub name: String,
    /// Who answers the call.
    pub kind: Kind,
    /// The audit event, such as `AUE_PIPE`.
    pub audit: String,
    /// The C type of the result; empty for a hole.
    pub ret: String,
    /// The arguments, at most six.
    pub args: Vec<Arg>,
    /// How well the call works; `None` for a hole only.
    pub verdict: Option<Verdict>,
    /// The line where the row starts.
    pub line: usize,
}

/// Who answers a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Our own function behind a generated door (`STD`).
    Std,
    /// FreeBSD's call of this name, unchanged (`NOPROTO`).
    Native(String),
    /// Nobody: `ENOSYS` (`UNIMPL`).
    Unimpl,
    /// Linux has no call of this number (`RESERVED`).
    Hole,
}

/// How well a call works, for users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As on Linux, perhaps with a note.
    Supported(Option<String>),
    /// What is missing.
    Partial(String),
    /// Why it does not work.
    Unsupported(String),
}
