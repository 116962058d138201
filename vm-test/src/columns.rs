// SPDX-License-Identifier: BSD-2-Clause
//! Two modules' results side by side.

use crate::cli::Linuxulator;
use crate::report::{Entry, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What a results file says, as far as it is needed here.
#[derive(Deserialize)]
struct Results {
    results: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    verdict: Verdict,
}

fn word(verdict: Option<&Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Passed) => "passed",
        Some(Verdict::Failed) => "FAILED",
        Some(Verdict::Skipped) => "skipped",
        None => "-",
    }
}

/// The results of both modules, if the other one's of the same cases were kept.
pub(crate) fn table(logs: &Path, under: Linuxulator, entries: &[Entry]) -> Option<String> {
    let other = match under {
        Linuxulator::Ours => Linuxulator::FreeBsds,
        Linuxulator::FreeBsds => Linuxulator::Ours,
    };
    let text = std::fs::read_to_string(logs.join(format!("results-{}.json", other.name()))).ok()?;
    let results: Results = serde_json::from_str(&text).ok()?;
    let theirs: BTreeMap<_, _> = results
        .results
        .into_iter()
        .map(|line| (line.name, line.verdict))
        .collect();
    let rows = entries.iter().map(|e| {
        let pair = (Some(&e.verdict), theirs.get(&e.name));
        (
            e.name.as_str(),
            if under.is_ours() {
                pair
            } else {
                (pair.1, pair.0)
            },
        )
    });
    compose(&rows.collect::<Vec<_>>())
}

type Row<'a> = (&'a str, (Option<&'a Verdict>, Option<&'a Verdict>));

fn compose(rows: &[Row<'_>]) -> Option<String> {
    // Runs that have little in common are not one comparison.
    let both = rows.iter().filter(|(_, (a, b))| a.is_some() && b.is_some());
    if both.count() * 2 <= rows.len() {
        return None;
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max()?;
    let mut text = format!("{:width$}  {:8}  linux64\n", "", "linux_rs");
    let mut passed = [0, 0];
    for (name, (ours, theirs)) in rows {
        text += &format!("{name:width$}  {:8}  {}\n", word(*ours), word(*theirs));
        for (count, verdict) in passed.iter_mut().zip([ours, theirs]) {
            *count += usize::from(*verdict == Some(&Verdict::Passed));
        }
    }
    let [ours, theirs] = passed;
    text += &format!("{:width$}  {ours:<8}  {theirs}\n", "passed");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_columns_are_ordered_and_counted() {
        let (p, f) = (Verdict::Passed, Verdict::Failed);
        let rows = [
            ("s/a", (Some(&p), Some(&f))),
            ("s/long", (Some(&p), Some(&p))),
        ];
        assert_eq!(
            compose(&rows).unwrap(),
            "        linux_rs  linux64\n\
             s/a     passed    FAILED\n\
             s/long  passed    passed\n\
             passed  2         1\n"
        );
        assert_eq!(compose(&[("s/a", (Some(&p), None))]), None);
    }
}
