// SPDX-License-Identifier: BSD-2-Clause
//! What was seen and what linux_rs makes of it, ready to be shown.

use std::collections::BTreeMap;

use linux_abi::LinuxErrno;
use linux_abi::decode::{Gap, Name, Outcome, Part};
use serde::Serialize;

use crate::elf::Elf;
use crate::nodes;
use crate::scan::Scan;
use crate::table::{Row, Verdict};
use crate::tally::{Answers, Tally};

/// All of it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The program, its brand and interpreter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<Elf>,
    /// Whether it was run, and not only looked at.
    pub(crate) ran: bool,
    /// How it ended, or that it was not run.
    pub(crate) ended: String,
    /// How many processes there were.
    pub(crate) processes: u64,
    /// How many threads, beside the first of each process.
    pub(crate) threads: u64,
    /// How many calls were made; for a file that was not run, `syscall` instructions.
    pub(crate) total: u64,
    /// The calls, gaps first.
    pub(crate) calls: Vec<CallReport>,
    /// Paths of /proc and /sys.
    pub(crate) files: Vec<FileReport>,
    /// What the program will miss; nothing if it runs as far as seen.
    pub(crate) gaps: Vec<String>,
    /// What else is to be known.
    pub(crate) remarks: Vec<String>,
}

/// How a call fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fate {
    /// The program asked for what is not there, and Linux did it.
    Gap,
    /// It is not there, but Linux refused it as well, or the program does without.
    Unneeded,
    /// Something of the call is missing, but nothing that the program asked for, where lxcheck
    /// can tell from the call's arguments.
    Partial,
    /// It works.
    Supported,
}

impl Fate {
    /// A word for a table.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Fate::Gap => "gap",
            Fate::Unneeded => "unneeded",
            Fate::Partial => "partial",
            Fate::Supported => "supported",
        }
    }
}

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct CallReport {
    /// Linux's name.
    pub(crate) name: String,
    /// The number.
    pub(crate) number: u64,
    /// How often.
    pub(crate) count: u64,
    /// How it fared.
    pub(crate) fate: Fate,
    /// The module's verdict on the whole call.
    pub(crate) verdict: Verdict,
    /// The text of that verdict, or what was asked for and is not there.
    pub(crate) note: String,
    /// The FreeBSD functions behind it.
    pub(crate) becomes: &'static str,
    /// Its flags, commands and options.
    pub(crate) parts: Vec<PartReport>,
}

/// One flag, command or option.
#[derive(Debug, Serialize)]
pub(crate) struct PartReport {
    /// Its name.
    pub(crate) name: String,
    /// How often.
    pub(crate) count: u64,
    /// `works`, `ignored` or `refused`.
    pub(crate) outcome: &'static str,
    /// What a refused one gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errno: Option<&'static str>,
    /// What Linux gave as well, where it refused each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) linux: Option<String>,
}

/// A path of /proc or /sys.
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    /// The path, in general.
    pub(crate) path: String,
    /// How often.
    pub(crate) count: u64,
    /// Which FreeBSD file system it would be in.
    pub(crate) file_system: &'static str,
    /// Whether that has it.
    pub(crate) there: bool,
    /// Whether this Linux has it.
    pub(crate) here: bool,
}

#[derive(Default)]
struct PartUse {
    count: u64,
    answers: Answers,
}

/// Linux's name of an errno of the host.
fn errno_name(errno: i32) -> String {
    let bsd = LinuxErrno::from_raw(errno).and_then(LinuxErrno::to_bsd);
    bsd.map_or_else(|| format!("error {errno}"), |errno| errno.name().to_owned())
}

/// What was refused though no gap is known, one "CALL ERRNO" a line, sorted.
pub(crate) fn refusals(tally: &Tally) -> String {
    let mut lines: Vec<String> = tally
        .refusals
        .keys()
        .map(|(number, errno)| format!("{} {}\n", Row::of(*number).name, errno_name(*errno)))
        .collect();
    lines.sort();
    lines.concat()
}

/// The parts of all calls, by number.
fn parts(tally: &Tally) -> BTreeMap<u32, Vec<(Part, PartUse)>> {
    let mut all: BTreeMap<u32, Vec<(Part, PartUse)>> = BTreeMap::new();
    let mut add = |number: u32, part: Part, count, answers: Answers| {
        let known = all.entry(number).or_default();
        let at = known.iter().position(|(other, _)| *other == part);
        let at = at.unwrap_or_else(|| {
            known.push((part, PartUse::default()));
            known.len() - 1
        });
        known[at].1.count += count;
        known[at].1.answers.join(answers);
    };
    for (call, uses) in &tally.ways {
        call.parts(&mut |part| add(call.number, part, uses.count, uses.answers));
    }
    for ((number, part), count) in &tally.parts {
        add(*number, *part, *count, Answers::default());
    }
    for uses in all.values_mut() {
        uses.sort_by_key(|(part, uses)| (std::cmp::Reverse(uses.count), part.name.to_string()));
    }
    all
}

impl Report {
    /// Nothing seen yet.
    pub(crate) fn new(program: Option<Elf>, ended: String) -> Report {
        Report {
            program,
            ran: true,
            ended,
            processes: 0,
            threads: 0,
            total: 0,
            calls: Vec::new(),
            files: Vec::new(),
            gaps: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Takes over what was counted.
    pub(crate) fn fill(&mut self, tally: &Tally) {
        self.total = tally.total();
        let mut parts = parts(tally);
        for (number, count) in (0_u32..)
            .zip(&tally.counts)
            .filter(|(_, count)| **count > 0)
        {
            let parts = parts.remove(&number).unwrap_or_default();
            let answers = tally.unsupported.get(&number).copied().unwrap_or_default();
            self.call(number, *count, parts, answers);
        }
        for (number, count) in &tally.unknown {
            self.gaps.push(format!("syscall {number} is unknown"));
            self.calls.push(CallReport {
                name: format!("#{number}"),
                number: *number,
                count: *count,
                fate: Fate::Gap,
                verdict: Verdict::Unsupported,
                note: "Linux had no such call when linux_rs was made".into(),
                becomes: "",
                parts: Vec::new(),
            });
        }
        if tally.foreign > 0 {
            self.gaps.push("32-bit system calls".into());
            self.remarks.push(format!(
                "{} calls were of the 32-bit interface (int 0x80), which linux_rs has not",
                tally.foreign
            ));
        }
        self.calls
            .sort_by_key(|call| (call.fate, std::cmp::Reverse(call.count), call.number));
        self.paths(tally);
    }

    /// Takes over what a scan found.
    pub(crate) fn fill_from_scan(&mut self, scan: &Scan) {
        self.total = scan.numbers.values().sum::<u64>() + scan.hidden;
        for (number, count) in &scan.numbers {
            if Row::of(*number).name.is_empty() {
                continue;
            }
            self.call(*number, *count, Vec::new(), Answers::default());
        }
        self.calls
            .sort_by_key(|call| (call.fate, std::cmp::Reverse(call.count), call.number));
        if scan.hidden > 0 {
            self.remarks.push(format!(
                "{} of {} syscall instructions take their number from elsewhere",
                scan.hidden, self.total
            ));
        }
    }

    fn call(&mut self, number: u32, count: u64, parts: Vec<(Part, PartUse)>, answers: Answers) {
        let row = Row::of(number);
        let mut missing = Vec::new();
        let mut refused = false;
        for (part, uses) in &parts {
            if let Outcome::Refused(errno) = part.outcome {
                refused = true;
                if !uses.answers.refused() {
                    missing.push((part.name, errno));
                }
            }
        }
        let tried = linux_abi::decode::only_tried(number);
        let (fate, note) = match row.verdict {
            Verdict::Unsupported if tried => (Fate::Unneeded, row.note.to_owned()),
            Verdict::Unsupported if answers.refused() => {
                let errno = errno_name(answers.errno);
                (
                    Fate::Unneeded,
                    format!("Linux refused it as well ({errno}); {}", row.note),
                )
            }
            Verdict::Unsupported => {
                self.gaps
                    .push(Gap::Call(Some(row.name), number).to_string());
                (Fate::Gap, row.note.to_owned())
            }
            _ if !missing.is_empty() => {
                let mut said = Vec::new();
                for (name, errno) in &missing {
                    self.gaps
                        .push(Gap::Part(row.name, *name, *errno).to_string());
                    said.push(format!("{name} gives {}", errno.name()));
                }
                (Fate::Gap, said.join(", "))
            }
            Verdict::Partial => (Fate::Partial, row.note.to_owned()),
            Verdict::Supported if refused => (
                Fate::Supported,
                "what it refuses, Linux refused as well".to_owned(),
            ),
            Verdict::Supported => (Fate::Supported, row.note.to_owned()),
        };
        self.calls.push(CallReport {
            name: row.name.to_owned(),
            number: number.into(),
            count,
            fate,
            verdict: row.verdict,
            note,
            becomes: row.becomes,
            parts: parts.iter().map(PartReport::new).collect(),
        });
    }

    fn paths(&mut self, tally: &Tally) {
        for (path, uses) in &tally.paths {
            let (file_system, there) = nodes::on_freebsd(path);
            self.files.push(FileReport {
                path: path.clone(),
                count: uses.count,
                file_system,
                there,
                here: uses.here,
            });
        }
        self.files
            .sort_by(|a, b| (a.there, &a.path).cmp(&(b.there, &b.path)));
        if tally.more_paths > 0 {
            self.remarks.push(format!(
                "{} uses of further paths of /proc and /sys",
                tally.more_paths
            ));
        }
    }
}

impl PartReport {
    fn new((part, uses): &(Part, PartUse)) -> PartReport {
        let (outcome, errno) = match part.outcome {
            Outcome::Works => ("works", None),
            Outcome::Ignored => ("ignored", None),
            Outcome::Refused(errno) => ("refused", Some(errno.name())),
        };
        let as_well = errno.is_some() && uses.answers.refused();
        PartReport {
            name: match part.name {
                Name::Number(number) => format!("number {number}"),
                name => name.to_string(),
            },
            count: uses.count,
            outcome,
            errno,
            linux: as_well.then(|| errno_name(uses.answers.errno)),
        }
    }
}
