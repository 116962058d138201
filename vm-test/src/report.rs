// SPDX-License-Identifier: BSD-2-Clause
//! Counts results, shows progress and failures, keeps them all as JSON.

use crate::vm::console::last_lines;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Lines of output shown with a failure; the logs have everything.
const TAIL: usize = 30;

/// Failures of one case that are shown.
const SHOWN: usize = 10;

/// How a case, or one point of it, ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// One counted result.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    /// How long its case took; the same for all points of one program.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) seconds: f64,
    /// Why it failed or was skipped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) why: String,
    /// What the program said, if it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) output: String,
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

impl Entry {
    pub(crate) fn passed(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Passed,
            seconds: 0.0,
            why: String::new(),
            output: String::new(),
        }
    }

    pub(crate) fn failed(
        name: impl Into<String>,
        why: impl Into<String>,
        output: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Failed,
            seconds: 0.0,
            why: why.into(),
            output: output.into(),
        }
    }

    pub(crate) fn skipped(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Skipped,
            seconds: 0.0,
            why: why.into(),
            output: String::new(),
        }
    }
}

/// All results of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// Under what: linux_rs, linux64 or the oracle.
    under: String,
    file: PathBuf,
    entries: Vec<Entry>,
    live: bool,
}

#[derive(Serialize)]
struct Results<'a> {
    under: &'a str,
    results: &'a [Entry],
}

impl Report {
    pub(crate) fn new(under: &str, logs: &Path) -> Self {
        Self {
            under: under.into(),
            file: logs.join(format!("results-{under}.json")),
            entries: Vec::new(),
            live: std::io::stderr().is_terminal(),
        }
    }

    /// Says what is going on, on a line that the next one replaces.
    pub(crate) fn progress(&self, text: &str) {
        if self.live {
            let line: String = text.chars().take(78).collect();
            eprint!("\r\x1b[K{line}");
        }
    }

    fn clear(&self) {
        if self.live {
            eprint!("\r\x1b[K");
        }
    }

    /// Counts a result, and shows it if it is a failure.
    pub(crate) fn add(&mut self, entry: Entry) {
        self.add_case([entry]);
    }

    /// Counts a result whose reason was shown with an earlier one.
    pub(crate) fn add_quietly(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Counts the results of one case; shows the first failures among them.
    pub(crate) fn add_case(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let mut failures = 0;
        for entry in entries {
            if entry.verdict == Verdict::Failed {
                failures += 1;
                if failures <= SHOWN {
                    self.show(&entry);
                }
            }
            self.entries.push(entry);
        }
        if failures > SHOWN {
            println!(
                "  ... and {} more failures of this case, in {}",
                failures - SHOWN,
                self.file.display()
            );
        }
    }

    fn show(&self, entry: &Entry) {
        self.clear();
        println!("FAILED {}: {}", entry.name, entry.why);
        for line in last_lines(&entry.output, TAIL).lines() {
            println!("  | {line}");
        }
        std::io::stdout().flush().ok();
    }

    fn count(&self, from: usize, verdict: &Verdict) -> usize {
        let entries = self.entries.get(from..).unwrap_or_default();
        entries.iter().filter(|e| e.verdict == *verdict).count()
    }

    fn summary(&self, from: usize) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.count(from, &Verdict::Passed),
            self.count(from, &Verdict::Failed),
            self.count(from, &Verdict::Skipped),
        )
    }

    /// Where a suite's results begin, for [`Self::end_suite`].
    pub(crate) fn begin_suite(&self) -> usize {
        self.entries.len()
    }

    /// One line for a suite.
    pub(crate) fn end_suite(&self, name: &str, begin: usize, took: Duration) {
        self.clear();
        println!(
            "{name}: {} ({:.1} s)",
            self.summary(begin),
            took.as_secs_f64()
        );
    }

    /// All results so far.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes the JSON and the last line; whether nothing failed.
    pub(crate) fn finish(self) -> Result<bool> {
        if let Some(parent) = self.file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let results = Results {
            under: &self.under,
            results: &self.entries,
        };
        std::fs::write(&self.file, serde_json::to_string_pretty(&results)? + "\n")
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        self.clear();
        println!("{}", self.summary(0));
        Ok(self.count(0, &Verdict::Failed) == 0)
    }
}
