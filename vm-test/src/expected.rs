// SPDX-License-Identifier: BSD-2-Clause
//! What a program of the userland does on real Linux, to compare with.

use crate::expect::{Outcome, Status};
use crate::numbers::{self, System};
use crate::oracle::{drain, wait};
use crate::report::Entry;
use crate::suite::{Case, Suite};
use crate::userland::{Userland, as_root};
use anyhow::{Context, Result};
use regex::Regex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::Duration;

/// One run on real Linux.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expected {
    /// As a shell gives it: 128 and a signal's number for who was killed.
    status: i32,
    stdout: String,
    stderr: String,
}

/// All that is known, by [`key`].
#[derive(Debug, Default)]
pub(crate) struct Book {
    runs: BTreeMap<String, Expected>,
    missing: Option<String>,
}

/// What a run depends on.
fn key(userland: &Userland, case: &Case) -> String {
    let mut hash = Sha256::new();
    hash.update(&userland.id);
    hash.update(include_str!("../../tests/userland/enter.sh"));
    for arg in &case.argv() {
        hash.update([0]);
        hash.update(arg);
    }
    for (name, value) in case.environment() {
        hash.update([1]);
        hash.update(format!("{name}={value}"));
    }
    hash.update([2]);
    hash.update(&case.run.stdin);
    hash.update(format!("{} {}", case.run.uid, case.run.gid));
    let digest = hash.finalize();
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

impl Book {
    /// Runs on this Linux what no earlier run has an answer for.
    pub(crate) fn open<'a>(
        userland: &Userland,
        cases: impl Iterator<Item = (&'a Suite, &'a Case)>,
        progress: impl Fn(&str),
    ) -> Self {
        let text = std::fs::read_to_string(userland.expected()).unwrap_or_default();
        let mut this = Self {
            runs: serde_json::from_str(&text).unwrap_or_default(),
            missing: None,
        };
        let mut changed = false;
        for (suite, case) in cases.filter(|(suite, case)| suite.setup.userland && case.compare) {
            let key = key(userland, case);
            if this.runs.contains_key(&key) || this.missing.is_some() {
                continue;
            }
            progress(&format!("on this Linux: {}/{}", suite.name, case.name));
            match run(userland, case) {
                Ok(expected) => {
                    this.runs.insert(key, expected);
                    changed = true;
                }
                Err(why) => this.missing = Some(format!("{why:#}")),
            }
        }
        if changed {
            let text = serde_json::to_string_pretty(&this.runs).unwrap_or_default();
            if let Err(e) = std::fs::write(userland.expected(), text + "\n") {
                eprintln!("vm-test: {}: {e}", userland.expected().display());
            }
        }
        this
    }

    /// What a case did on real Linux; else why that is not known.
    pub(crate) fn find(&self, userland: &Userland, case: &Case) -> Result<&Expected, String> {
        self.runs.get(&key(userland, case)).ok_or_else(|| {
            let why = self.missing.as_deref().unwrap_or("not run there");
            format!("nothing to compare with: {why}")
        })
    }
}

/// Runs a case in the userland on this machine.
fn run(userland: &Userland, case: &Case) -> Result<Expected> {
    anyhow::ensure!(
        std::env::consts::OS == "linux",
        "this host is {}, and no earlier run on Linux was kept",
        std::env::consts::OS
    );
    let mut command = as_root("sh");
    command
        .arg("tests/userland/enter.sh")
        .arg(userland.root())
        // Whoever started us may ignore some signals; the guest's /init ignores none.
        .args(["/usr/bin/env", "-i", "--default-signal"])
        .args(
            case.environment()
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        )
        .args(case.argv())
        .stdin(match case.run.stdin.is_empty() {
            true => Stdio::null(),
            false => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command
        .spawn()
        .context("cannot run tests/userland/enter.sh")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(case.run.stdin.as_bytes()).ok();
    }
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let (raw, timed_out) = wait(&mut child, Duration::from_secs(u64::from(case.timeout)))?;
    let text = |data: Vec<u8>| String::from_utf8_lossy(&data).into_owned();
    let stderr = text(stderr.join().unwrap_or_default());
    anyhow::ensure!(
        !timed_out,
        "{} does not end within {} s on this Linux either",
        case.name,
        case.timeout
    );
    let status = Status {
        raw,
        system: System::Linux,
    };
    Ok(Expected {
        status: shell_status(status),
        stdout: text(stdout.join().unwrap_or_default()),
        stderr,
    })
}

/// An end as a Linux shell numbers it.
fn shell_status(status: Status) -> i32 {
    match status.signal() {
        None => status.exit().cast_signed(),
        Some(n) => {
            let name = numbers::signal_name(n, status.system);
            let linux = numbers::signal(&name, System::Linux).unwrap_or(n);
            128 + linux.cast_signed()
        }
    }
}

/// The result of a comparing case.
pub(crate) fn judge(name: &str, case: &Case, expected: &Expected, outcome: &Outcome) -> Entry {
    let output = || crate::judge::output_of(outcome);
    if outcome.timed_out {
        let why = format!("still running after {} s; killed", case.timeout);
        return Entry::failed(name, why, output());
    }
    let mask = |text: &str| -> String {
        case.mask.iter().fold(text.into(), |text: String, mask| {
            // They were looked at when the suite was read.
            Regex::new(&format!("(?m){mask}"))
                .map_or_else(|_| text.clone(), |r| r.replace_all(&text, "~").into_owned())
        })
    };
    let ours = mask(&String::from_utf8_lossy(&outcome.stdout));
    let linux = mask(&expected.stdout);
    if ours != linux {
        let (why, lines) = difference(&ours, &linux);
        return Entry::failed(name, why, format!("{lines}\n-- all --\n{}", output()));
    }
    let status = shell_status(outcome.status);
    if status != expected.status {
        let why = format!(
            "{}; on Linux the status is {}",
            outcome.status.describe(),
            expected.status
        );
        let linux = format!("-- standard error on Linux --\n{}", expected.stderr);
        return Entry::failed(name, why, format!("{}\n{linux}", output()));
    }
    Entry::passed(name)
}

/// Where two texts part, and the lines around that.
fn difference(ours: &str, linux: &str) -> (String, String) {
    let (mut a, mut b) = (ours.lines(), linux.lines());
    for number in 1.. {
        let (left, right) = (a.next(), b.next());
        if left.is_some() && left == right {
            continue;
        }
        let mut lines = String::new();
        for (sign, first, rest) in [("FreeBSD", left, a.clone()), ("Linux  ", right, b.clone())] {
            for line in first.into_iter().chain(rest).take(4) {
                lines.push_str(&format!("{sign} | {line}\n"));
            }
        }
        return (format!("line {number} of its output is not Linux's"), lines);
    }
    (String::new(), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;
    use crate::suite;

    fn case(mask: &str) -> Case {
        let text = format!(
            "description = \"d\"\n[setup]\nuserland = true\n[[case]]\nname = \"c\"\n\
             script = \"x\"\ncompare = true\nmask = [{mask}]\n"
        );
        suite::parse("s", &text).unwrap().cases.remove(0)
    }

    fn verdict(mask: &str, raw: u32, ours: &str, linux: &str, status: i32) -> Verdict {
        let expected = Expected {
            status,
            stdout: linux.into(),
            stderr: String::new(),
        };
        let outcome = Outcome {
            status: Status {
                raw,
                system: System::FreeBsd,
            },
            timed_out: false,
            truncated: false,
            stdout: ours.into(),
            stderr: Vec::new(),
        };
        judge("s/c", &case(mask), &expected, &outcome).verdict
    }

    #[test]
    fn output_and_status_are_compared() {
        assert_eq!(verdict("", 0, "a\n", "a\n", 0), Verdict::Passed);
        assert_eq!(verdict("", 0, "a\n", "a\nb\n", 0), Verdict::Failed);
        assert_eq!(verdict("", 1 << 8, "a\n", "a\n", 0), Verdict::Failed);
        assert_eq!(verdict("", 3 << 8, "a\n", "a\n", 3), Verdict::Passed);
        // FreeBSD's SIGBUS is 10, Linux's 7.
        assert_eq!(verdict("", 10, "", "", 128 + 7), Verdict::Passed);
    }

    #[test]
    fn masks_hide_what_may_differ() {
        assert_eq!(
            verdict("'pid \\d+'", 0, "pid 5\n", "pid 77\n", 0),
            Verdict::Passed
        );
        assert_eq!(
            verdict("'pid \\d+'", 0, "pid x\n", "pid 77\n", 0),
            Verdict::Failed
        );
    }
}
