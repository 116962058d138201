// SPDX-License-Identifier: BSD-2-Clause
//! `docs/coverage.md`: what works, what does not, and why.

use std::fmt::Write;

use crate::model::{Kind, Row, Table, Verdict};

/// The coverage page.
#[must_use]
pub fn coverage(table: &Table) -> String {
    let count = |wanted: fn(&Verdict) -> bool| {
        let verdicts = table.rows.iter().filter_map(|row| row.verdict.as_ref());
        verdicts.filter(|verdict| wanted(verdict)).count()
    };
    let supported = count(|verdict| matches!(verdict, Verdict::Supported(_)));
    let partial = count(|verdict| matches!(verdict, Verdict::Partial(_)));
    let unsupported = count(|verdict| matches!(verdict, Verdict::Unsupported(_)));
    let calls = table.calls().count();
    let holes = table.rows.len() - calls;

    let mut out = format!(
        "<!-- Generated from syscalls.master by crate syscalls_master: change that file, not this one. -->\n\
         # System call coverage\n\
         \n\
         Linux amd64 has {calls} system calls.\n\
         \n\
         | verdict | calls | meaning |\n\
         |---|---:|---|\n\
         | supported | {supported} | works as on Linux |\n\
         | partial | {partial} | works, but for what the table says |\n\
         | unsupported | {unsupported} | fails with `ENOSYS` |\n\
         | not used | {holes} | numbers for which Linux has no call |\n\
         \n\
         *own* calls are written in this repository; *native* ones go straight to the FreeBSD call.\n\
         \n\
         | number | name | how | verdict |\n\
         |---:|---|---|---|\n"
    );
    for run in table
        .rows
        .chunk_by(|a, b| a.kind == Kind::Hole && b.kind == Kind::Hole)
    {
        // Writing to a String cannot fail.
        let _ = match run {
            [row] if row.kind != Kind::Hole => writeln!(
                out,
                "| {} | {} | {} | {} |",
                row.number,
                // Markdown takes a leading underscore for emphasis.
                row.name.replace('_', "\\_"),
                how(row),
                row.verdict.as_ref().map_or_else(String::new, verdict)
            ),
            [first, .., last] => {
                writeln!(out, "| {}-{} | | | not used |", first.number, last.number)
            }
            [hole] => writeln!(out, "| {} | | | not used |", hole.number),
            [] => Ok(()),
        };
    }
    out
}

fn how(row: &Row) -> String {
    match &row.kind {
        Kind::Std => "own".to_owned(),
        Kind::Native(call) => format!("native `sys_{call}`"),
        Kind::Unimpl | Kind::Hole => String::new(),
    }
}

fn verdict(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Supported(None) => "supported".to_owned(),
        Verdict::Supported(Some(note)) => format!("supported: {note}"),
        Verdict::Partial(what) => format!("partial: {what}"),
        Verdict::Unsupported(why) => format!("unsupported: {why}"),
    };
    text.replace('|', "\\|").replace('_', "\\_")
}
