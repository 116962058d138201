// SPDX-License-Identifier: BSD-2-Clause
//! What the module says of each call: generated from syscalls.master when lxcheck is built.

use serde::Serialize;

/// How well a call works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// ENOSYS.
    Unsupported,
    /// The note says what is missing.
    Partial,
    /// As on Linux.
    Supported,
}

/// One number of syscalls.master.
#[derive(Debug)]
pub(crate) struct Row {
    /// Linux's name; empty where Linux has no call.
    pub(crate) name: &'static str,
    /// How well it works.
    pub(crate) verdict: Verdict,
    /// The text of the verdict.
    pub(crate) note: &'static str,
    /// The FreeBSD functions it becomes; empty where it is code of the module alone.
    pub(crate) becomes: &'static str,
    /// The argument that is the path of a file.
    pub(crate) path: Option<usize>,
    /// The argument that is the folder the path starts from.
    pub(crate) folder: Option<usize>,
}

impl Row {
    const HOLE: Row = Row {
        name: "",
        verdict: Verdict::Unsupported,
        note: "Linux has no call of this number",
        becomes: "",
        path: None,
        folder: None,
    };

    /// The row of a number.
    pub(crate) fn of(number: u32) -> &'static Row {
        let row = usize::try_from(number).ok().and_then(|at| ROWS.get(at));
        row.unwrap_or(&Row::HOLE)
    }
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows are where their numbers say.
    #[test]
    fn rows() {
        assert_eq!(Row::of(0).name, "read");
        assert_eq!(Row::of(39).becomes, "sys_getpid");
        assert_eq!(Row::of(257).name, "openat");
        assert_eq!((Row::of(257).folder, Row::of(257).path), (Some(0), Some(1)));
        assert_eq!(Row::of(257).becomes, "kern_openat");
        assert_eq!(Row::of(293).becomes, "kern_pipe");
        assert_eq!(Row::of(400).name, "");
        assert_eq!(Row::of(u32::MAX).name, "");
    }

    /// Partial and unsupported calls say why.
    #[test]
    fn notes() {
        for row in ROWS.iter().filter(|row| row.verdict != Verdict::Supported) {
            assert!(!row.note.is_empty(), "{}", row.name);
        }
    }

    /// The brands of kmod/module.c.
    #[test]
    fn interpreters() {
        assert!(INTERPRETERS.contains(&"/lib64/ld-linux-x86-64.so.2"));
        assert!(INTERPRETERS.contains(&"/lib/ld-musl-x86_64.so.1"));
    }
}
