// SPDX-License-Identifier: BSD-2-Clause
//! Compares what a program did with what its case says.

use crate::numbers::{self, System};
use crate::suite::{Run, Texts};
use regex::RegexBuilder;

/// How a program ended: wait4(2)'s status, which both systems encode alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) raw: u32,
    pub(crate) system: System,
}

impl Status {
    pub(crate) fn signal(self) -> Option<u32> {
        let signal = self.raw & 0x7f;
        (signal != 0).then_some(signal)
    }

    fn core(self) -> bool {
        self.raw & 0x80 != 0
    }

    pub(crate) fn exit(self) -> u32 {
        self.raw >> 8 & 0xff
    }

    /// For a person.
    pub(crate) fn describe(self) -> String {
        match self.signal() {
            Some(n) => {
                let core = if self.core() { ", core dumped" } else { "" };
                format!(
                    "was killed by {}{core}",
                    numbers::signal_name(n, self.system)
                )
            }
            None => format!("exited with {}", self.exit()),
        }
    }
}

/// What a program that ran left behind.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) timed_out: bool,
    pub(crate) truncated: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// The first thing that is not as the case wants it.
pub(crate) fn check(run: &Run, outcome: &Outcome, timeout: u32) -> Result<(), String> {
    if outcome.timed_out {
        return Err(format!("still running after {timeout} s; killed"));
    }
    check_status(run, outcome.status)?;
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    if let Some(want) = &run.stdout
        && stdout != want.as_str()
    {
        return Err(format!("standard output is not {want:?}"));
    }
    contains("standard output", &stdout, &run.stdout_contains)?;
    matches("standard output", &stdout, &run.stdout_regex)?;
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    contains("standard error", &stderr, &run.stderr_contains)?;
    matches("standard error", &stderr, &run.stderr_regex)
}

/// The part of [`check`] about how it ended.
pub(crate) fn check_status(run: &Run, status: Status) -> Result<(), String> {
    let Some(name) = &run.expect_signal else {
        return match status.signal() {
            None if i64::from(status.exit()) == i64::from(run.expect_exit) => Ok(()),
            _ => Err(format!(
                "{}, not with {}",
                status.describe(),
                run.expect_exit
            )),
        };
    };
    let want = numbers::signal(name, status.system)
        .or_else(|| name.parse().ok())
        .ok_or_else(|| format!("expect_signal: no signal is named {name}"))?;
    if status.signal() != Some(want) {
        return Err(format!("{}, not by {name}", status.describe()));
    }
    match run.expect_core {
        Some(core) if core != status.core() => {
            Err(format!("{}; expect_core is {core}", status.describe()))
        }
        _ => Ok(()),
    }
}

/// Every text must be in there.
pub(crate) fn contains(what: &str, text: &str, wanted: &Texts) -> Result<(), String> {
    match wanted.iter().find(|want| !text.contains(want)) {
        Some(missing) => Err(format!("{what} does not contain {missing:?}")),
        None => Ok(()),
    }
}

/// Every pattern must match.
pub(crate) fn matches(what: &str, text: &str, wanted: &Texts) -> Result<(), String> {
    for pattern in wanted.iter() {
        if !is_match(pattern, text)? {
            return Err(format!("{what} does not match /{pattern}/"));
        }
    }
    Ok(())
}

/// No pattern may match.
pub(crate) fn absent(what: &str, text: &str, unwanted: &Texts) -> Result<(), String> {
    for pattern in unwanted.iter() {
        if is_match(pattern, text)? {
            return Err(format!("{what} matches /{pattern}/"));
        }
    }
    Ok(())
}

fn is_match(pattern: &str, text: &str) -> Result<bool, String> {
    RegexBuilder::new(pattern)
        .multi_line(true)
        .build()
        .map(|regex| regex.is_match(text))
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(raw: u32, stdout: &str) -> Outcome {
        Outcome {
            status: Status {
                raw,
                system: System::FreeBsd,
            },
            timed_out: false,
            truncated: false,
            stdout: stdout.into(),
            stderr: Vec::new(),
        }
    }

    #[test]
    fn exits_and_signals() {
        let run = Run::default();
        assert_eq!(check(&run, &outcome(0, ""), 1), Ok(()));
        assert_eq!(
            check(&run, &outcome(3 << 8, ""), 1),
            Err("exited with 3, not with 0".into())
        );
        assert!(
            check(&run, &outcome(10, ""), 1)
                .unwrap_err()
                .contains("SIGBUS")
        );
        let run = Run {
            expect_signal: Some("SIGBUS".into()),
            expect_core: Some(true),
            ..Run::default()
        };
        assert_eq!(check(&run, &outcome(10 | 0x80, ""), 1), Ok(()));
        assert!(check(&run, &outcome(10, ""), 1).is_err());
        assert!(check(&run, &outcome(11 | 0x80, ""), 1).is_err());
    }

    #[test]
    fn output_patterns() {
        let run = Run {
            stdout_contains: Texts::One("b".into()),
            stdout_regex: Texts::Many(vec!["^b$".into()]),
            ..Run::default()
        };
        assert_eq!(check(&run, &outcome(0, "a\nb\n"), 1), Ok(()));
        assert!(check(&run, &outcome(0, "ab\n"), 1).is_err());
        let run = Run {
            stdout: Some(String::new()),
            ..Run::default()
        };
        assert!(check(&run, &outcome(0, "x"), 1).is_err());
    }
}
