// SPDX-License-Identifier: BSD-2-Clause
//! From text to rows, line by line.

use std::collections::HashMap;

use crate::argument::Arg;
use crate::error::ParseError;
use crate::model::{Kind, Row, Table, Verdict};
use crate::{NUMBERS, ctype};

/// An x86-64 system call has six argument registers.
const MOST_ARGUMENTS: usize = 6;

/// Reads a whole `syscalls.master` and checks every rule.
///
/// # Errors
///
/// The first line that breaks a rule, or a table that does not end at 472.
pub fn parse(text: &str) -> Result<Table, ParseError> {
    let rows = parse_rows(text)?;
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    if count != NUMBERS {
        return Err(ParseError::new(
            text.lines().count(),
            format!(
                "expected the numbers 0 to {}, found {count} of them",
                NUMBERS - 1
            ),
            "add the missing rows, or change NUMBERS if Linux has new calls",
        ));
    }
    Ok(Table { rows })
}

/// Reads rows that start at number 0 and may end anywhere.
///
/// # Errors
///
/// The first line that breaks a rule.
pub fn parse_rows(text: &str) -> Result<Vec<Row>, ParseError> {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.line(index + 1, line.trim())?;
    }
    reader.finish(text.lines().count())
}

#[derive(Default)]
struct Reader {
    rows: Vec<Row>,
    names: HashMap<String, u32>,
    state: State,
}

#[derive(Default)]
enum State {
    /// Between rows.
    #[default]
    Outside,
    /// After `{`.
    Prototype(Row),
    /// After `function(`; the flag says that the last argument had no comma.
    Arguments(Row, bool),
    /// After `);`.
    Brace(Row),
    /// After `}`.
    Verdict(Row),
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), ParseError> {
        if line.is_empty() || line.starts_with("#include") {
            return Ok(());
        }
        let comment = line.strip_prefix(';').map(str::trim);
        self.state = match (std::mem::take(&mut self.state), comment) {
            (State::Verdict(row), Some(comment)) => {
                self.verdict(row, number, comment)?;
                State::Outside
            }
            (State::Verdict(row), None) => return Err(no_verdict(&row)),
            (State::Outside, Some(comment)) => {
                if verdict(comment).is_some() {
                    return Err(ParseError::new(
                        number,
                        "a verdict that follows no row",
                        "a row has exactly one verdict line, a RESERVED range has none",
                    ));
                }
                State::Outside
            }
            (inside, Some(_)) => inside,
            (State::Outside, None) => self.header(number, line)?,
            (State::Prototype(row), None) => prototype(row, number, line)?,
            (State::Arguments(row, ended), None) => argument(row, ended, number, line)?,
            (State::Brace(row), None) if line == "}" => State::Verdict(row),
            (State::Brace(_), None) => {
                return Err(ParseError::new(
                    number,
                    format!("expected `}}`, found `{line}`"),
                    "close the prototype with a `}` on a line of its own",
                ));
            }
        };
        Ok(())
    }

    fn finish(self, last: usize) -> Result<Vec<Row>, ParseError> {
        match self.state {
            State::Outside => Ok(self.rows),
            State::Verdict(row) => Err(no_verdict(&row)),
            State::Prototype(row) | State::Arguments(row, _) | State::Brace(row) => {
                Err(ParseError::new(
                    last,
                    format!("the file ends inside the row of number {}", row.number),
                    "finish the row with `);`, `}` and a verdict",
                ))
            }
        }
    }

    /// `293 AUE_NULL STD {` or `337-423 AUE_NULL RESERVED`.
    fn header(&mut self, number: usize, line: &str) -> Result<State, ParseError> {
        let fail = |problem: String, advice: &str| Err(ParseError::new(number, problem, advice));
        let words: Vec<_> = line.split_whitespace().collect();
        let (range, audit, kind, open) = match words[..] {
            [range, audit, kind] => (range, audit, kind, false),
            [range, audit, kind, "{"] => (range, audit, kind, true),
            _ => {
                return fail(
                    format!("expected `number audit-event type {{`, found `{line}`"),
                    "write for example `293 AUE_NULL STD {`",
                );
            }
        };
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else {
            return fail(
                format!("expected a system call number, found `{range}`"),
                "write one number, or `first-last` for a RESERVED range",
            );
        };
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if first != next {
            return fail(
                format!("expected number {next}, found {first}"),
                "rows stand in the order of their numbers and leave none out",
            );
        }
        if !audit.starts_with("AUE_") {
            return fail(
                format!("expected an audit event, found `{audit}`"),
                "write AUE_NULL if there is none for this call",
            );
        }
        let mut row = Row {
            number: first,
            name: String::new(),
            kind: Kind::Hole,
            audit: audit.to_owned(),
            ret: String::new(),
            args: Vec::new(),
            verdict: None,
            line: number,
        };
        if kind == "RESERVED" {
            if open || last < first || last >= NUMBERS {
                return fail(
                    format!("`{line}` is no range of unused numbers"),
                    "write `first-last AUE_NULL RESERVED` without a brace",
                );
            }
            for hole in first..=last {
                row.number = hole;
                self.rows.push(row.clone());
            }
            return Ok(State::Outside);
        }
        row.kind = match kind {
            "STD" => Kind::Std,
            "NOPROTO" => Kind::Native(String::new()),
            "UNIMPL" => Kind::Unimpl,
            _ => {
                return fail(
                    format!("unknown type `{kind}`"),
                    "use STD, NOPROTO, UNIMPL or RESERVED",
                );
            }
        };
        if !open || first != last {
            return fail(
                format!("a {kind} row needs one number and a prototype"),
                "write `number audit-event type {` and the prototype below",
            );
        }
        Ok(State::Prototype(row))
    }

    fn verdict(&mut self, mut row: Row, line: usize, comment: &str) -> Result<(), ParseError> {
        let Some((word, text)) = verdict(comment) else {
            return Err(no_verdict(&row));
        };
        let given = match (word, text) {
            ("supported", text) => Verdict::Supported(text.map(str::to_owned)),
            ("partial", Some(text)) => Verdict::Partial(text.to_owned()),
            ("unsupported", Some(text)) => Verdict::Unsupported(text.to_owned()),
            _ => {
                return Err(ParseError::new(
                    line,
                    format!("the verdict of {} gives no reason", row.name),
                    "write `; partial: what is missing` or `; unsupported: why`",
                ));
            }
        };
        let unsupported = matches!(given, Verdict::Unsupported(_));
        if unsupported != (row.kind == Kind::Unimpl) {
            let (problem, advice) = if unsupported {
                (
                    "has somebody to answer it but is called unsupported",
                    "make it UNIMPL",
                )
            } else {
                ("is UNIMPL but called supported", "make it STD or NOPROTO")
            };
            return Err(ParseError::new(
                line,
                format!("{} {problem}", row.name),
                format!("{advice}, or change the verdict"),
            ));
        }
        if let Some(other) = self.names.insert(row.name.clone(), row.number) {
            return Err(ParseError::new(
                row.line,
                format!("{} is number {other} already", row.name),
                "give each call one number",
            ));
        }
        row.verdict = Some(given);
        self.rows.push(row);
        Ok(())
    }
}

/// `int linux_pipe2(` or `int linux_fork(void);`.
fn prototype(mut row: Row, number: usize, line: &str) -> Result<State, ParseError> {
    let fail = |problem: String, advice: &str| Err(ParseError::new(number, problem, advice));
    let (start, open) = match (line.strip_suffix("(void);"), line.strip_suffix('(')) {
        (Some(start), _) => (start, false),
        (None, Some(start)) => (start, true),
        (None, None) => {
            return fail(
                format!("expected `result function(`, found `{line}`"),
                "write `int linux_<name>(`, or `int linux_<name>(void);` without arguments",
            );
        }
    };
    // FreeBSD's parser wants exactly two words here, so `*` belongs to the function.
    let Some((result, function)) = start.split_once(' ') else {
        return fail(
            format!("expected a result type before `{start}`"),
            "write for example `int linux_pipe2(`",
        );
    };
    let (ret, function) = match function.strip_prefix('*') {
        Some(function) => (format!("{result} *"), function),
        None => (result.to_owned(), function),
    };
    if !ctype::is_result(&ret) {
        return fail(
            format!("unknown result type `{ret}`"),
            "use int, ssize_t, void, `void *` or a scalar argument type",
        );
    }
    let ours = function.strip_prefix("linux_");
    let name = match (&row.kind, ours) {
        (Kind::Native(_), None) => function,
        (Kind::Native(_), Some(_)) => {
            return fail(
                format!("{function} is no FreeBSD call"),
                "a NOPROTO row names FreeBSD's function without sys_; ours are STD",
            );
        }
        (_, Some(name)) => name,
        (_, None) => {
            return fail(
                format!("expected a function linux_<name>, found `{function}`"),
                "begin the name with linux_, or make the row NOPROTO",
            );
        }
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return fail(
            format!("`{name}` is no name of a system call"),
            "use lower-case letters, digits and underscores",
        );
    }
    if let Kind::Native(call) = &mut row.kind {
        name.clone_into(call);
    }
    name.clone_into(&mut row.name);
    row.ret = ret;
    Ok(if open {
        State::Arguments(row, false)
    } else {
        State::Brace(row)
    })
}

fn argument(mut row: Row, ended: bool, number: usize, line: &str) -> Result<State, ParseError> {
    if line == ");" {
        if !ended {
            return Err(ParseError::new(
                number,
                format!("expected one more argument of {}", row.name),
                "drop the comma before `);`, or write `(void);`",
            ));
        }
        return Ok(State::Brace(row));
    }
    if ended {
        return Err(ParseError::new(
            number,
            format!("expected `);` after the last argument, found `{line}`"),
            "put a comma after each argument but the last",
        ));
    }
    let (text, ended) = match line.strip_suffix(',') {
        Some(text) => (text, false),
        None => (line, true),
    };
    let arg = Arg::parse(text, number)?;
    if row.args.iter().any(|other| other.name == arg.name) {
        return Err(ParseError::new(
            number,
            format!("{} has two arguments called {}", row.name, arg.name),
            "rename one of them",
        ));
    }
    row.args.push(arg);
    if row.args.len() > MOST_ARGUMENTS {
        return Err(ParseError::new(
            number,
            format!("{} has more than {MOST_ARGUMENTS} arguments", row.name),
            "check the prototype; there are no more registers",
        ));
    }
    Ok(State::Arguments(row, ended))
}

/// A comment that looks like a verdict, with its text.
fn verdict(comment: &str) -> Option<(&str, Option<&str>)> {
    let (word, text) = match comment.split_once(':') {
        Some((word, text)) => (word, Some(text.trim()).filter(|text| !text.is_empty())),
        None => (comment, None),
    };
    matches!(word, "supported" | "partial" | "unsupported").then_some((word, text))
}

fn no_verdict(row: &Row) -> ParseError {
    ParseError::new(
        row.line,
        format!("number {} ({}) has no verdict", row.number, row.name),
        "put `; supported`, `; partial: what is missing` or `; unsupported: why` right after its `}`",
    )
}
