// SPDX-License-Identifier: BSD-2-Clause
//! From a program's outcome to counted results, TAP points included.

use crate::expect::{self, Outcome};
use crate::report::Entry;
use crate::suite::{Case, Run};
use crate::tap;

/// What a program said, for a person reading about a failure.
pub(crate) fn output_of(outcome: &Outcome) -> String {
    let mut text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    if !outcome.stderr.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("-- standard error --\n");
        text.push_str(&String::from_utf8_lossy(&outcome.stderr));
    }
    if outcome.truncated {
        text.push_str("\n-- output cut --");
    }
    text
}

/// The results of a case that ran one program.
pub(crate) fn judge(name: &str, case: &Case, run: &Run, outcome: &Outcome) -> Vec<Entry> {
    let result = expect::check(run, outcome, case.timeout);
    if !case.tap {
        return vec![match result {
            Ok(()) => Entry::passed(name),
            Err(why) => Entry::failed(name, why, output_of(outcome)),
        }];
    }
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let tap = tap::parse(&String::from_utf8_lossy(&outcome.stdout));
    let mut failed = false;
    let mut entries: Vec<Entry> = tap
        .points
        .into_iter()
        .map(|point| {
            let name = format!("{name}/{}", point.name);
            match point.verdict {
                tap::Verdict::Passed => Entry::passed(name),
                tap::Verdict::Skipped(why) => Entry::skipped(name, why),
                tap::Verdict::Failed(comments) => {
                    failed = true;
                    Entry::failed(name, "not ok", comments + &stderr)
                }
            }
        })
        .collect();
    // A program that counted a failure may also say so by its status; that is
    // the same failure.
    let plain_exit = outcome.status.raw & 0x7f == 0 && !outcome.timed_out;
    let whole = match (result, tap.problem) {
        (Err(_), None) if failed && plain_exit => None,
        (Err(why), Some(problem)) => Some(format!("{why}; {problem}")),
        (Err(why), None) => Some(why),
        (Ok(()), problem) => problem,
    };
    entries.extend(whole.map(|why| Entry::failed(name, why, output_of(outcome))));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Status;
    use crate::numbers::System;
    use crate::report::Verdict;
    use crate::suite;

    fn verdicts(stdout: &str, raw: u32) -> Vec<Verdict> {
        let suite = suite::parse(
            "s",
            "description = \"d\"\n[[case]]\nname = \"c\"\nrun = [\"x\"]\ntap = true\n",
        )
        .unwrap();
        let outcome = Outcome {
            status: Status {
                raw,
                system: System::Linux,
            },
            timed_out: false,
            truncated: false,
            stdout: stdout.into(),
            stderr: Vec::new(),
        };
        let case = &suite.cases[0];
        judge("s/c", case, &case.run, &outcome)
            .into_iter()
            .map(|e| e.verdict)
            .collect()
    }

    #[test]
    fn points_count_and_so_does_what_is_missing() {
        use Verdict::{Failed, Passed, Skipped};
        assert_eq!(
            verdicts("1..2\nok 1\nok 2 # SKIP x\n", 0),
            [Passed, Skipped]
        );
        // Its exit status repeats the failed point.
        assert_eq!(verdicts("1..1\nnot ok 1\n", 1 << 8), [Failed]);
        // Killed half-way: one more failure.
        assert_eq!(verdicts("1..2\nok 1\n", 11), [Passed, Failed]);
        assert_eq!(verdicts("1..1\nok 1\n", 1 << 8), [Passed, Failed]);
    }
}
