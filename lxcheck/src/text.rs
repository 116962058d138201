// SPDX-License-Identifier: BSD-2-Clause
//! The report for people: an aligned table, in colour on a terminal.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::report::{CallReport, Fate, FileReport, PartReport, Report};

/// How wide a list of parts gets before it goes on in the next line.
const WIDTH: usize = 100;
/// A note gets at least this much, however narrow the terminal is.
const LEAST: usize = 30;

/// Writes the report.
pub(crate) struct Text<'a> {
    /// What to write.
    pub(crate) report: &'a Report,
    /// Whether in colour.
    pub(crate) colour: bool,
    /// How wide the terminal is, if it is one: notes go on in the next line.
    pub(crate) width: Option<usize>,
}

impl Text<'_> {
    fn style(&self, fate: Fate) -> Style {
        let colour = match fate {
            Fate::Gap => AnsiColor::Red,
            Fate::Unneeded => AnsiColor::Cyan,
            Fate::Partial => AnsiColor::Yellow,
            Fate::Supported => AnsiColor::Green,
        };
        if self.colour {
            colour.on_default()
        } else {
            Style::new()
        }
    }

    fn head(&self) -> Style {
        if self.colour {
            Style::new().bold()
        } else {
            Style::new()
        }
    }

    fn program(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        if let Some(elf) = &report.program {
            writeln!(f, "program      {}", elf.path.display())?;
            match elf.brand {
                Some(brand) => writeln!(f, "brand        Linux, by {brand}")?,
                None if elf.freebsd => writeln!(f, "brand        FreeBSD: it is no Linux program")?,
                None => writeln!(f, "brand        none: FreeBSD would not run it (ENOEXEC)")?,
            }
            match &elf.interpreter {
                Some(path) if elf.known_interpreter => {
                    writeln!(f, "interpreter  {path}, looked up in /compat/linux first")?;
                }
                Some(path) => writeln!(f, "interpreter  {path}, which is none of the module's")?,
                None => writeln!(f, "interpreter  none: it is static")?,
            }
            if !elf.needed.is_empty() {
                writeln!(f, "libraries    {}", elf.needed.join(", "))?;
            }
        }
        writeln!(f, "ended        {}", report.ended)
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = &self.report.calls;
        if calls.is_empty() {
            return Ok(());
        }
        let width = |of: fn(&CallReport) -> usize, least: usize| {
            calls.iter().map(of).max().unwrap_or(0).max(least)
        };
        let name = width(|call| call.name.len(), 4);
        let count = width(|call| call.count.to_string().len(), 5);
        let becomes = width(|call| call.becomes.len().min(28), 7);
        let head = self.head();
        writeln!(
            f,
            "\n{head}{:<10} {:<name$} {:>count$}  {:<becomes$} NOTE{head:#}",
            "VERDICT", "CALL", "COUNT", "FREEBSD"
        )?;
        for call in calls {
            let style = self.style(call.fate);
            let function = if call.becomes.is_empty() {
                "-"
            } else {
                call.becomes
            };
            let function = cut(function, becomes);
            let line = format!(
                "{style}{:<10}{style:#} {:<name$} {:>count$}  {function:<becomes$} ",
                call.fate.word(),
                call.name,
                call.count,
            );
            let indent = 10 + 1 + name + 1 + count + 2 + becomes + 1;
            let room = self
                .width
                .map_or(usize::MAX, |width| width.saturating_sub(indent));
            let mut lines = wrap(&call.note, room.max(LEAST)).into_iter();
            let first = line + &lines.next().unwrap_or_default();
            writeln!(f, "{}", first.trim_end())?;
            for line in lines {
                writeln!(f, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_parts = || {
            self.report
                .calls
                .iter()
                .filter(|call| !call.parts.is_empty())
        };
        let name = with_parts().map(|call| call.name.len()).max().unwrap_or(0);
        if name == 0 {
            return Ok(());
        }
        let head = self.head();
        writeln!(f, "\n{head}{:<name$}  ASKED FOR{head:#}", "CALL")?;
        for call in with_parts() {
            let mut line = format!("{:<name$} ", call.name);
            let mut len = line.len();
            for (at, part) in call.parts.iter().enumerate() {
                let text = part_text(part);
                let last = at + 1 == call.parts.len();
                if len + text.len() + 2 > WIDTH && len > name + 1 {
                    writeln!(f, "{}", line.trim_end())?;
                    line = format!("{:<name$} ", "");
                    len = line.len();
                }
                len += text.len() + 2;
                let style = match (part.outcome, &part.linux) {
                    ("refused", None) => self.style(Fate::Gap),
                    ("refused", Some(_)) => self.style(Fate::Unneeded),
                    _ => Style::new(),
                };
                let _ = write!(
                    line,
                    " {style}{text}{style:#}{}",
                    if last { "" } else { "," }
                );
            }
            writeln!(f, "{line}")?;
        }
        Ok(())
    }

    fn files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = &self.report.files;
        let Some(path) = files.iter().map(|file| file.path.len()).max() else {
            return Ok(());
        };
        let path = path.clamp(4, 60);
        let head = self.head();
        writeln!(f, "\n{head}{:<path$}  COUNT  FREEBSD{head:#}", "FILE")?;
        for file in files {
            let style = match (file.there, file.here) {
                (true, _) => Style::new(),
                (false, false) => self.style(Fate::Unneeded),
                (false, true) => self.style(Fate::Partial),
            };
            let said = file_text(file);
            writeln!(
                f,
                "{:<path$}  {:>5}  {style}{said}{style:#}",
                file.path, file.count
            )?;
        }
        Ok(())
    }

    fn end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(f)?;
        for remark in &report.remarks {
            writeln!(f, "{remark}.")?;
        }
        let style = match report.gaps.len() {
            0 => self.style(Fate::Supported),
            _ => self.style(Fate::Gap),
        };
        match report.gaps.as_slice() {
            [] if !report.ran && report.calls.is_empty() => {
                writeln!(
                    f,
                    "{style}linux_rs knows the file for a Linux program.{style:#}"
                )
            }
            [] if !report.ran => {
                writeln!(
                    f,
                    "{style}linux_rs has every call that is seen in it.{style:#}"
                )
            }
            [] => writeln!(
                f,
                "{style}It meets no gap in linux_rs, as far as seen here.{style:#}"
            ),
            gaps => {
                let n = gaps.len();
                let verb = match report.ran {
                    true => "It meets",
                    false => "It need not call all it contains, but in it are",
                };
                writeln!(
                    f,
                    "{style}{verb} {n} gap{} in linux_rs:{style:#}",
                    plural(n)
                )?;
                gaps.iter().try_for_each(|gap| writeln!(f, "  {gap}"))
            }
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.program(f)?;
        self.table(f)?;
        self.parts(f)?;
        self.files(f)?;
        self.end(f)
    }
}

/// Lines of at most so many characters, longer words apart.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// At most so many characters, the last of them showing that there were more.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let whole = text.split(", ").next().unwrap_or(text);
    format!("{whole}, ...")
}

fn part_text(part: &PartReport) -> String {
    let PartReport { name, count, .. } = part;
    match (part.outcome, part.errno, &part.linux) {
        ("ignored", ..) => format!("{name} {count} (ignored)"),
        (_, Some(errno), None) => format!("{name} {count} ({errno})"),
        (_, Some(_), Some(linux)) => format!("{name} {count} (Linux too: {linux})"),
        _ => format!("{name} {count}"),
    }
}

fn file_text(file: &FileReport) -> String {
    let name = file.file_system;
    match (file.there, file.here) {
        (true, _) => format!("{name} has it"),
        (false, true) => format!("{name} lacks it"),
        (false, false) => format!("{name} lacks it, and so does this Linux"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words stay whole, and nothing is lost.
    #[test]
    fn notes_are_wrapped() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("incomprehensible it is", 7),
            ["incomprehensible", "it is"]
        );
        assert_eq!(wrap("one two three", usize::MAX), ["one two three"]);
    }

    /// Only the first of many functions is named.
    #[test]
    fn functions_are_cut() {
        assert_eq!(cut("kern_pipe", 20), "kern_pipe");
        assert_eq!(cut("kern_openat, kern_statat", 20), "kern_openat, ...");
    }
}
