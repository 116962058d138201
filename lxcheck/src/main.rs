// SPDX-License-Identifier: BSD-2-Clause
//! lxcheck: will my Linux program run under linux_rs?
//!
//! It runs a program under ptrace(2), counts its system calls, and puts each to the tables and the
//! functions that the kernel module itself is built from.

mod elf;
mod nodes;
mod report;
mod scan;
#[cfg(target_os = "linux")]
mod sys;
mod table;
mod tally;
mod text;
#[cfg(target_os = "linux")]
mod trace;

use std::ffi::OsString;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;

use report::Report;
use text::Text;

/// Runs a Linux program and says what of it linux_rs supports.
///
/// The program runs on this Linux as it would without lxcheck; its system calls are counted and
/// compared with what the FreeBSD kernel module linux_rs does. The report goes to standard error.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 it meets no gap as far as seen, 1 it meets one, 2 it could not be run."
)]
struct Cli {
    /// Report as JSON
    #[arg(long)]
    json: bool,
    /// Report nothing but the exit status
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,
    /// Write the report to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Look at FILE without running it: its brand, its libraries, the calls of a static program
    #[arg(long = "static", value_name = "FILE", conflicts_with_all = ["attach", "command"])]
    file: Option<PathBuf>,
    /// Watch the process PID, which runs already, until it ends or ^C
    #[arg(long, value_name = "PID", conflicts_with = "command")]
    attach: Option<i32>,
    /// With --attach: for so many seconds at most
    #[arg(long, value_name = "N", requires = "attach")]
    seconds: Option<u32>,
    /// Stop at the start and the end of each call instead of giving the program a filter (seccomp)
    #[arg(long)]
    no_filter: bool,
    /// Write to FILE what was refused as unsupported though no gap is known: run under linux_rs,
    /// that is a mistake in its tables; on Linux, what Linux itself refuses. Looks at each answer
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "attach"])]
    refusals: Option<PathBuf>,
    /// The program and its arguments
    #[arg(
        value_names = ["PROGRAM", "ARGUMENT"],
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required_unless_present_any = ["file", "attach"]
    )]
    command: Vec<OsString>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match check(&cli) {
        Ok(report) => match show(&cli, &report) {
            Ok(()) if report.gaps.is_empty() => ExitCode::SUCCESS,
            Ok(()) => ExitCode::from(1),
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("lxcheck: {error:#}");
    ExitCode::from(2)
}

fn check(cli: &Cli) -> Result<Report> {
    if let Some(file) = &cli.file {
        return look(file);
    }
    #[cfg(not(target_os = "linux"))]
    bail!("programs can only be run on Linux; here is --static");
    #[cfg(target_os = "linux")]
    match cli.attach {
        Some(pid) => watch(pid, cli.seconds),
        None => run(cli),
    }
}

/// --static: what the file tells without being run.
fn look(file: &std::path::Path) -> Result<Report> {
    let elf = elf::read(file)?;
    let is_static = elf.interpreter.is_none() && elf.needed.is_empty();
    let brandless = elf.brand.is_none();
    let mut report = Report::new(Some(elf), "it was not run".into());
    report.ran = false;
    if brandless {
        report.gaps.push("no Linux brand fits the file".into());
    }
    if is_static {
        report.fill_from_scan(&scan::scan(file)?);
    } else {
        report.remarks.push(
            "Its system calls are made by its libraries, so run it to see them: lxcheck PROGRAM"
                .into(),
        );
    }
    Ok(report)
}

#[cfg(target_os = "linux")]
fn run(cli: &Cli) -> Result<Report> {
    let Some((name, arguments)) = cli.command.split_first() else {
        bail!("no program was given");
    };
    let program = elf::program(std::path::Path::new(name))?;
    let path = sys::c_string(program.path.as_os_str())?;
    let argv = [name].into_iter().chain(arguments);
    let argv = argv
        .map(|argument| sys::c_string(argument))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut tally = tally::Tally::new(sys::read_memory);
    if cli.refusals.is_some() {
        tally.watch_refusals();
    }
    sys::catch_interrupts();
    let mut child = sys::spawn(&path, &argv, !cli.no_filter).context("cannot trace a program")?;
    let mut seen = trace::run(&child, &mut tally)?;
    if tally.total() == 0 && child.filtered {
        // This system lets nobody install a filter.
        child = sys::spawn(&path, &argv, false).context("cannot trace a program")?;
        seen = trace::run(&child, &mut tally)?;
    }
    if let Some(error) = child.failure() {
        bail!("{}: it cannot be executed: {error}", program.path.display());
    }
    if let Some(path) = &cli.refusals {
        std::fs::write(path, report::refusals(&tally))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(report(Some(program.elf), seen, &tally))
}

#[cfg(target_os = "linux")]
fn watch(pid: i32, seconds: Option<u32>) -> Result<Report> {
    let exe = PathBuf::from(format!("/proc/{pid}/exe"));
    if std::fs::symlink_metadata(&exe).is_err() {
        bail!("there is no process {pid}");
    }
    let mut elf = elf::read(&exe)?;
    elf.path = std::fs::read_link(&exe).unwrap_or(exe);
    let mut tally = tally::Tally::new(sys::read_memory);
    sys::catch_interrupts();
    if let Some(seconds) = seconds {
        sys::alarm(seconds);
    }
    let seen =
        trace::attach(pid, &mut tally).with_context(|| format!("cannot trace process {pid}"))?;
    Ok(report(Some(elf), seen, &tally))
}

#[cfg(target_os = "linux")]
fn report(elf: Option<elf::Elf>, seen: trace::Seen, tally: &tally::Tally) -> Report {
    use trace::Ending;
    let ended = match seen.ending {
        Ending::Exited(status) => format!("with status {status}"),
        Ending::Killed(signal, core) => {
            let core = if core { ", and left a core" } else { "" };
            format!("killed by {}{core}, here on Linux", signal_name(signal))
        }
        Ending::LetGo => "not yet: it runs on".into(),
    };
    let brandless = elf.as_ref().is_some_and(|elf| elf.brand.is_none());
    let mut report = Report::new(elf, ended);
    if brandless {
        report.gaps.push("no Linux brand fits the program".into());
    }
    report.processes = seen.processes;
    report.threads = seen.threads;
    report.fill(tally);
    report
}

/// Signals that end a program, by name.
#[cfg(target_os = "linux")]
fn signal_name(signal: i32) -> String {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    let name = usize::try_from(signal - 1)
        .ok()
        .and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("signal {signal}"), |name| format!("SIG{name}"))
}

fn show(cli: &Cli, report: &Report) -> Result<()> {
    if cli.quiet {
        return Ok(());
    }
    let text = |colour, width| match cli.json {
        true => serde_json::to_string_pretty(report).map(|text| text + "\n"),
        false => Ok(Text {
            report,
            colour,
            width,
        }
        .to_string()),
    };
    match &cli.output {
        Some(path) => {
            let named = || format!("cannot write {}", path.display());
            File::create(path)
                .and_then(|mut file| file.write_all(text(false, None)?.as_bytes()))
                .with_context(named)
        }
        None => {
            let mut stderr = std::io::stderr();
            let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let size = rustix::termios::tcgetwinsize(&stderr);
            let text = text(colour, size.ok().map(|size| usize::from(size.ws_col)))?;
            // A reader that has seen enough is no error.
            drop(stderr.write_all(text.as_bytes()));
            Ok(())
        }
    }
}
