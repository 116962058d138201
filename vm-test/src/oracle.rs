// SPDX-License-Identifier: BSD-2-Clause
//! The same programs on a real Linux: if one fails here, the test is wrong.

use crate::cli::SuiteOptions;
use crate::expect::{Outcome, Status};
use crate::judge;
use crate::numbers::System;
use crate::report::{Entry, Report};
use crate::runner::is_wanted;
use crate::suite::{Case, Suite};
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Runs every case that is for it.
pub(crate) fn run(
    suites: &[Suite],
    options: &SuiteOptions,
    programs: &Path,
    report: &mut Report,
) -> Result<()> {
    if std::env::consts::OS != "linux" {
        bail!(
            "`oracle` compares with a real Linux; this host is {}",
            std::env::consts::OS
        );
    }
    let programs = programs
        .canonicalize()
        .with_context(|| format!("no programs at {}; `make` builds them", programs.display()))?;
    for suite in suites {
        let begun = Instant::now();
        let begin = report.begin_suite();
        for case in &suite.cases {
            if !is_wanted(suite, case, options) || !case.for_oracle() {
                continue;
            }
            let name = format!("{}/{}", suite.name, case.name);
            if options.list {
                println!("{name}");
                continue;
            }
            report.progress(&name);
            if let Some(why) = skip_reason(case, options.long) {
                report.add(Entry::skipped(name, why));
                continue;
            }
            match run_case(case, &programs) {
                Ok(outcome) => {
                    report.add_case(judge::judge(&name, case, &case.run, &outcome));
                }
                Err(e) => report.add(Entry::failed(name, format!("{e:#}"), "")),
            }
        }
        report.end_suite(&suite.name, begin, begun.elapsed());
    }
    Ok(())
}

fn skip_reason(case: &Case, long: bool) -> Option<String> {
    if case.long && !long {
        return Some("long; run with --long".into());
    }
    let root = rustix::process::geteuid().is_root();
    if (case.run.uid, case.run.gid) != (0, 0) && !root {
        return Some("needs root for its uid".into());
    }
    case.needs.iter().find_map(|need| {
        let (_, path) = need.split_once(':').filter(|(kind, _)| *kind != "module")?;
        let path = path.strip_prefix("/compat/linux").unwrap_or(path);
        (!Path::new(path).exists()).then(|| format!("no {path}"))
    })
}

/// The host's name for a path of the guest.
fn host_path(path: &str, programs: &Path) -> PathBuf {
    match path.strip_prefix("/tests/") {
        Some(rest) => programs.join(rest),
        None => path.strip_prefix("/compat/linux").unwrap_or(path).into(),
    }
}

fn run_case(case: &Case, programs: &Path) -> Result<Outcome> {
    let run = &case.run;
    let work = tempfile::tempdir()?;
    let program = host_path(&run.path(), programs);
    let mut command = Command::new(&program);
    command
        .args(
            run.run
                .iter()
                .skip(1)
                .map(|arg| match arg.starts_with("/tests/") {
                    true => host_path(arg, programs),
                    false => arg.into(),
                }),
        )
        .env_clear()
        .envs(run.environment())
        .current_dir(run.cwd.as_deref().map_or(work.path(), Path::new))
        .stdin(if run.stdin.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if (run.uid, run.gid) != (0, 0) {
        std::os::unix::fs::chown(work.path(), Some(run.uid), Some(run.gid))?;
        command.uid(run.uid).gid(run.gid);
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(run.stdin.as_bytes()).ok();
    }
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let (raw, timed_out) = wait(&mut child, Duration::from_secs(u64::from(case.timeout)))?;
    Ok(Outcome {
        status: Status {
            raw,
            system: System::Linux,
        },
        timed_out,
        truncated: false,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
    })
}

pub(crate) fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut data = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut data).ok();
        }
        data
    })
}

/// The wait status, and whether it took too long. What a program left in its
/// group is ended with it.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<(u32, bool)> {
    let until = Instant::now() + limit;
    let group = rustix::process::Pid::from_child(child);
    let end_group = || rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let mut timed_out = false;
    loop {
        if let Some(status) = child.try_wait()? {
            end_group().ok();
            return Ok((status.into_raw().cast_unsigned(), timed_out));
        }
        if Instant::now() >= until {
            timed_out = true;
            end_group().ok();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
