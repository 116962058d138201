// SPDX-License-Identifier: BSD-2-Clause
//! TAP, the line protocol of test programs: a plan and numbered points.

/// How one point ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// With the comment lines before it.
    Failed(String),
    /// Skipped or still to do, with the reason given.
    Skipped(String),
}

/// One named point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
}

/// Everything a program said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tap {
    pub(crate) points: Vec<Point>,
    /// What makes the whole output wrong: no plan, points missing, a bail-out.
    pub(crate) problem: Option<String>,
}

/// Reads a program's standard output.
pub(crate) fn parse(output: &str) -> Tap {
    let mut tap = Tap::default();
    let mut plan = None;
    let mut comments = String::new();
    for line in output.lines() {
        let line = line.trim_end();
        if let Some(count) = line.strip_prefix("1..") {
            let (count, directive) = split_directive(count);
            plan = count.trim().parse::<usize>().ok();
            if plan == Some(0) {
                tap.points.push(Point {
                    name: "all".into(),
                    verdict: Verdict::Skipped(directive.map_or_else(String::new, |(_, why)| why)),
                });
                plan = Some(1);
            }
        } else if let Some(rest) = line.strip_prefix("ok") {
            tap.points
                .push(point(rest, tap.points.len() + 1, || Verdict::Passed));
            comments.clear();
        } else if let Some(rest) = line.strip_prefix("not ok") {
            let before = std::mem::take(&mut comments);
            tap.points.push(point(rest, tap.points.len() + 1, || {
                Verdict::Failed(before)
            }));
        } else if let Some(why) = line.strip_prefix("Bail out!") {
            tap.problem = Some(format!("bailed out: {}", why.trim()));
            return tap;
        } else if let Some(comment) = line.strip_prefix('#') {
            comments.push_str(comment.trim_start());
            comments.push('\n');
        }
    }
    let seen = tap.points.len();
    tap.problem = match plan {
        None => Some(format!("no plan (1..N) after {seen} points")),
        Some(count) if count != seen => Some(format!("planned {count} points, saw {seen}")),
        Some(_) => None,
    };
    tap
}

fn point(rest: &str, number: usize, otherwise: impl FnOnce() -> Verdict) -> Point {
    let (text, directive) = split_directive(rest);
    // What a program adds to a failed point's name differs from run to run.
    let (text, remark) = match text.split_once(" # ") {
        Some((text, remark)) if directive.is_none() => (text.trim_start(), Some(remark)),
        _ => (text.trim_start(), None),
    };
    let name = text
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start()
        .trim_start_matches("- ")
        .trim();
    Point {
        name: match name {
            "" => number.to_string(),
            name => name.into(),
        },
        verdict: match directive {
            Some((_, why)) => Verdict::Skipped(why),
            None => match (otherwise(), remark) {
                (Verdict::Failed(comments), Some(remark)) => {
                    Verdict::Failed(format!("{comments}{remark}\n"))
                }
                (verdict, _) => verdict,
            },
        },
    }
}

/// `text # SKIP why` and `text # TODO why`; any other `#` is text.
fn split_directive(text: &str) -> (&str, Option<(&str, String)>) {
    let Some((before, after)) = text.split_once('#') else {
        return (text, None);
    };
    let after = after.trim_start();
    for word in ["SKIP", "TODO"] {
        if let Some(head) = after.get(..4)
            && head.eq_ignore_ascii_case(word)
        {
            let why = after.get(4..).unwrap_or_default();
            return (before, Some((word, why.trim().to_owned())));
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_plans_and_reasons() {
        let tap = parse(
            "1..4\nok 1 - opens\n# errno 2\n# expected 0\nnot ok 2 - reads\nok 3 # SKIP no root\nnot ok 4 - later # TODO soon\n",
        );
        assert_eq!(tap.problem, None);
        let verdicts: Vec<_> = tap.points.iter().map(|p| p.verdict.clone()).collect();
        assert_eq!(
            verdicts,
            [
                Verdict::Passed,
                Verdict::Failed("errno 2\nexpected 0\n".into()),
                Verdict::Skipped("no root".into()),
                Verdict::Skipped("soon".into()),
            ]
        );
        assert_eq!(tap.points[0].name, "opens");
        assert_eq!(tap.points[2].name, "3");
    }

    #[test]
    fn a_remark_is_not_part_of_the_name() {
        let tap = parse("1..1\nnot ok 1 - kill # got -38\n");
        assert_eq!(tap.points[0].name, "kill");
        assert_eq!(tap.points[0].verdict, Verdict::Failed("got -38\n".into()));
    }

    #[test]
    fn a_short_or_missing_plan_is_a_problem() {
        assert_eq!(
            parse("ok 1\n1..2\n").problem.as_deref(),
            Some("planned 2 points, saw 1")
        );
        assert!(parse("ok 1\n").problem.is_some());
        assert!(parse("").problem.is_some());
        assert_eq!(parse("ok 1\n1..1").problem, None);
    }

    #[test]
    fn bail_out_and_skip_all() {
        assert_eq!(
            parse("1..2\nok 1\nBail out! no memory").problem.as_deref(),
            Some("bailed out: no memory")
        );
        let all = parse("1..0 # SKIP not here");
        assert_eq!(all.problem, None);
        assert_eq!(all.points[0].verdict, Verdict::Skipped("not here".into()));
    }
}
