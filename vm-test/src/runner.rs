// SPDX-License-Identifier: BSD-2-Clause
//! Runs a suite's cases in a guest, on a new one whenever the last was lost.

use crate::actions::{Checked, Failure, Scene};
use crate::cli::SuiteOptions;
use crate::expect;
use crate::expected::{self, Book};
use crate::guest::{Guest, Lost};
use crate::judge;
use crate::machines::Machines;
use crate::report::{Entry, Report};
use crate::suite::{Case, Root, Suite};
use std::path::Path;
use std::time::Instant;

/// Console lines shown when a guest is lost.
const CONSOLE_TAIL: usize = 30;

/// The cases the options leave.
pub(crate) fn select<'a>(
    suites: &'a [Suite],
    options: &SuiteOptions,
) -> Vec<(&'a Suite, &'a Case)> {
    suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)))
        .filter(|(suite, case)| is_wanted(suite, case, options))
        .collect()
}

/// `--filter` leaves a case out silently; everything else is counted as skipped.
pub(crate) fn is_wanted(suite: &Suite, case: &Case, options: &SuiteOptions) -> bool {
    let name = format!("{}/{}", suite.name, case.name);
    options
        .filter
        .as_ref()
        .is_none_or(|f| name.contains(f.as_str()))
}

/// Runs what the options leave of one suite: once, or in the userland once for each root.
pub(crate) fn run_suite(
    machines: &Machines,
    suite: &Suite,
    options: &SuiteOptions,
    book: &Book,
    report: &mut Report,
) {
    let begun = Instant::now();
    let begin = report.begin_suite();
    if suite.setup.userland {
        for root in Root::ALL {
            run_pass(machines, suite, Some((root, book)), options, report);
        }
    } else {
        run_pass(machines, suite, None, options, report);
    }
    report.end_suite(&suite.name, begin, begun.elapsed());
}

/// Which root, and what to compare with.
type Pass<'a> = Option<(Root, &'a Book)>;

fn run_pass(
    machines: &Machines,
    suite: &Suite,
    pass: Pass<'_>,
    options: &SuiteOptions,
    report: &mut Report,
) {
    let mut guest: Option<Guest> = None;
    let wanted: Vec<&Case> = suite
        .cases
        .iter()
        .filter(|case| is_wanted(suite, case, options))
        .filter(|case| pass.is_none_or(|(root, _)| case.root.contains(&root)))
        .collect();
    if wanted.is_empty() {
        return;
    }
    let mut broken: Option<String> = None;
    for (done, case) in wanted.iter().enumerate() {
        let name = match pass {
            Some((root, _)) => format!("{}/{} ({})", suite.name, case.name, root.name()),
            None => format!("{}/{}", suite.name, case.name),
        };
        if let Some(why) = skip_reason(case, machines, options.long) {
            report.add(Entry::skipped(name, why));
            continue;
        }
        if let Some(why) = &broken {
            report.add_quietly(Entry::failed(name, why.clone(), ""));
            continue;
        }
        if guest.is_none() {
            report.progress(&format!("{}: booting", suite.name));
            match boot(machines, suite) {
                Ok(booted) => guest = Some(booted),
                Err((why, console)) => {
                    report.add(Entry::failed(name, &why, console));
                    broken = Some("not run: the suite's setup failed".into());
                    continue;
                }
            }
        }
        let Some(current) = guest.as_mut() else {
            continue;
        };
        report.progress(&format!("[{}/{}] {name}", done + 1, wanted.len()));
        let mark = current.vm.console.mark();
        let case_begun = Instant::now();
        match run_case(current, machines, &name, suite, case, pass) {
            Ok(entries) => {
                let seconds = (case_begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
                report.add_case(entries.into_iter().map(|e| Entry { seconds, ..e }));
            }
            Err(Lost(why)) => {
                let console = current.vm.console.tail(mark, CONSOLE_TAIL);
                report.add(Entry::failed(
                    name,
                    why,
                    format!("-- console --\n{console}"),
                ));
                guest = None;
            }
        }
    }
    // Switched off the hard way: its disk is not kept, and a shutdown takes seconds.
    drop(guest);
}

fn skip_reason(case: &Case, machines: &Machines, long: bool) -> Option<String> {
    if case.long && !long {
        return Some("long; run with --long".into());
    }
    if let Some(only) = &case.only_with
        && *only != machines.module
    {
        return Some(format!("only with {only}"));
    }
    case.needs
        .iter()
        .find_map(|need| match need.split_once(':') {
            Some(("module", name)) if machines.freebsd.module(name).is_none() => {
                Some(format!("no {name}.ko in the FreeBSD folder"))
            }
            Some(("host-file", path)) if !Path::new(path).exists() => Some(format!("no {path}")),
            _ => None,
        })
}

/// A fresh guest with the suite's setup done; else why, and the console.
fn boot(machines: &Machines, suite: &Suite) -> Result<Guest, (String, String)> {
    let mut guest = machines
        .boot(&suite.name)
        .map_err(|Lost(why)| (why, String::new()))?;
    let mark = guest.vm.console.mark();
    let mut scene = Scene::new(&mut guest, &machines.module, 60);
    match scene.set_up(&suite.setup) {
        Ok(()) => Ok(guest),
        Err(failure) => {
            let why = match failure {
                Failure::Lost(Lost(why)) | Failure::Wrong { why, .. } => why,
            };
            let console = guest.vm.console.tail(mark, CONSOLE_TAIL);
            Err((format!("setup: {why}"), console))
        }
    }
}

fn run_case(
    guest: &mut Guest,
    machines: &Machines,
    name: &str,
    suite: &Suite,
    case: &Case,
    pass: Pass<'_>,
) -> Result<Vec<Entry>, Lost> {
    let module = &machines.module;
    // A case that failed half-way may have left it unloaded.
    if suite.setup.module.unwrap_or(true) && !guest.is_loaded(module)? {
        guest.kldload(module)?.ok();
    }
    for need in &case.needs {
        match need.split_once(':') {
            Some(("module", file)) => {
                if !guest.is_loaded(file)?
                    && let Err(errno) = guest.kldload(file)?
                {
                    return Ok(vec![Entry::failed(
                        name,
                        format!("kldload {file}: {errno}"),
                        "",
                    )]);
                }
            }
            Some(("file", path)) if !guest.exists(path)? => {
                return Ok(vec![Entry::skipped(name, format!("no {path}"))]);
            }
            _ => {}
        }
    }
    let mark = guest.vm.console.mark();
    let mut scene = Scene::new(guest, module, case.timeout);
    let before = match case.memory_back.then(|| scene.module_memory()).transpose() {
        Ok(before) => before,
        Err(Failure::Lost(lost)) => return Err(lost),
        Err(Failure::Wrong { why, output }) => return Ok(vec![Entry::failed(name, why, output)]),
    };
    let done = match pass {
        Some((root, book)) if case.is_program() => {
            run_in_userland(&mut scene, machines, name, case, root, book)
        }
        _ => scene.run_case(name, case),
    };
    let done = done.and_then(|entries| {
        if let Some(before) = &before {
            scene.memory_is_back(before)?;
        }
        Ok(entries)
    });
    let mut entries = match done {
        Ok(entries) => entries,
        Err(Failure::Lost(lost)) => return Err(lost),
        Err(Failure::Wrong { why, output }) => vec![Entry::failed(name, why, output)],
    };
    guest.clean()?;
    let console = guest.vm.console.since(mark);
    let wants = &case.console;
    let said = expect::contains("the console", &console, &wants.contains)
        .and_then(|()| expect::matches("the console", &console, &wants.regex))
        .and_then(|()| expect::absent("the console", &console, &wants.absent_regex));
    if let Err(why) = said {
        let passed = Entry::passed(name);
        // The one result of a plain case changes; points of a TAP case stay.
        entries.retain(|e| e.name != passed.name || e.verdict != passed.verdict);
        entries.push(Entry::failed(
            name,
            why,
            format!("-- console --\n{console}"),
        ));
    }
    Ok(entries)
}

/// A case of the userland: compared with real Linux, or with what the case says.
fn run_in_userland(
    scene: &mut Scene<'_>,
    machines: &Machines,
    name: &str,
    case: &Case,
    root: Root,
    book: &Book,
) -> Checked<Vec<Entry>> {
    let Some(userland) = &machines.userland else {
        return Ok(vec![Entry::skipped(name, "no userland")]);
    };
    if !case.compare {
        let outcome = scene.run_in_userland(case, root)?;
        return Ok(judge::judge(name, case, &case.run, &outcome));
    }
    let expected = match book.find(userland, case) {
        Ok(expected) => expected,
        Err(why) => return Ok(vec![Entry::skipped(name, why)]),
    };
    let outcome = scene.run_in_userland(case, root)?;
    Ok(vec![expected::judge(name, case, expected, &outcome)])
}
