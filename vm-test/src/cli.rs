// SPDX-License-Identifier: BSD-2-Clause
//! The command line.

use crate::expected::Book;
use crate::folder::{self, FreeBsd};
use crate::machines::Machines;
use crate::report::{Entry, Report};
use crate::userland::Userland;
use crate::{bench, columns, fetch, oracle, probe, runner, shell, suite};
use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Boots FreeBSD in a virtual machine, loads linux_rs and runs test suites.
#[derive(Debug, Parser)]
#[command(name = "vm-test", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run suites in a guest.
    Run {
        #[command(flatten)]
        suites: SuiteOptions,
        #[command(flatten)]
        machine: MachineOptions,
    },
    /// Run the suites' Linux programs on this Linux host, against the same expectations.
    Oracle {
        #[command(flatten)]
        suites: SuiteOptions,
        /// Folder that is /tests in the guest.
        #[arg(long, value_name = "DIR", default_value = "build/tests")]
        programs: PathBuf,
        /// Where results.json goes.
        #[arg(long, value_name = "DIR", default_value = "build/logs")]
        logs: PathBuf,
    },
    /// Run one Linux command on the guest's console, then power off.
    Shell {
        /// What its shell runs; without it, a shell for you.
        #[arg(long)]
        cmd: Option<String>,
        /// How the shell sees Linux files.
        #[arg(long, value_enum, default_value = "chroot")]
        root: shell::Root,
        #[command(flatten)]
        machine: MachineOptions,
    },
    /// Count instructions per system call: native, linux64, linux_rs.
    Bench {
        #[command(flatten)]
        bench: BenchOptions,
        #[command(flatten)]
        machine: MachineOptions,
    },
    /// Download FreeBSD 15.0's kernel and loader into the FreeBSD folder.
    Fetch {
        /// Folder to fill.
        #[arg(long, value_name = "DIR", env = "LINUX_RS_FREEBSD")]
        freebsd: Option<PathBuf>,
        /// Where the release is.
        #[arg(long, default_value = fetch::RELEASE)]
        url: String,
    },
    /// Build the Debian userland if it is not there, and list its packages.
    Userland,
    /// Find out whether KVM can run FreeBSD here, and remember it for `run`.
    Probe {
        #[command(flatten)]
        machine: MachineOptions,
    },
}

/// Which suites and cases.
#[derive(Debug, Args)]
pub(crate) struct SuiteOptions {
    /// A suite's name, its file, or a folder of suites; may be repeated.
    #[arg(long = "suite", value_name = "SUITE", default_value = "tests/suites")]
    pub(crate) suites: Vec<String>,
    /// Only cases whose SUITE/NAME contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Also the cases marked `long`.
    #[arg(long)]
    pub(crate) long: bool,
    /// Say what would run, and stop.
    #[arg(long)]
    pub(crate) list: bool,
}

/// Which module runs Linux programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Linuxulator {
    /// Ours.
    #[value(name = "linux_rs")]
    Ours,
    /// FreeBSD's, in C.
    #[value(name = "linux64")]
    FreeBsds,
}

impl Linuxulator {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "linux_rs",
            Self::FreeBsds => "linux64",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        self == Self::Ours
    }
}

/// The machine and what is on its disk.
#[derive(Debug, Clone, Args)]
pub(crate) struct MachineOptions {
    /// FreeBSD folder [default: ~/.cache/linux_rs/freebsd-15.0-amd64].
    #[arg(long, value_name = "DIR", env = "LINUX_RS_FREEBSD")]
    pub(crate) freebsd: Option<PathBuf>,
    /// Module that runs the Linux programs.
    #[arg(long, value_enum, default_value = "linux_rs")]
    pub(crate) with: Linuxulator,
    /// Our module's file.
    #[arg(long, value_name = "FILE", default_value = "build/linux_rs.ko")]
    pub(crate) module: PathBuf,
    /// Folder that becomes /tests.
    #[arg(long, value_name = "DIR", default_value = "build/tests")]
    pub(crate) programs: PathBuf,
    /// The guest's /init.
    #[arg(long, value_name = "FILE", default_value = "build/guest-init")]
    pub(crate) init: PathBuf,
    /// Static Linux busybox [default: the host's].
    #[arg(long, value_name = "FILE")]
    pub(crate) busybox: Option<PathBuf>,
    /// Where consoles and results.json are kept.
    #[arg(long, value_name = "DIR", default_value = "build/logs")]
    pub(crate) logs: PathBuf,
    /// A line for loader.conf, such as 'hw.physmem="512M"'; may be repeated.
    #[arg(long, value_name = "LINE")]
    pub(crate) tunable: Vec<String>,
    /// The guest's memory, in megabytes.
    #[arg(long, default_value_t = 1024)]
    pub(crate) memory: u32,
    /// The guest's processors.
    #[arg(long, default_value_t = 2)]
    pub(crate) cpus: u32,
    /// Use bhyve (on FreeBSD).
    #[arg(long)]
    pub(crate) bhyve: bool,
}

/// What `bench` runs.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// The FreeBSD program, below /tests.
    #[arg(long, value_name = "NAME", default_value = "bench-freebsd")]
    pub(crate) native: String,
    /// The Linux program, below /tests.
    #[arg(long, value_name = "NAME", default_value = "bench-linux")]
    pub(crate) linux: String,
    /// Where all samples go.
    #[arg(long, value_name = "FILE", default_value = "build/logs/bench.json")]
    pub(crate) samples: PathBuf,
    /// Arguments of both programs.
    #[arg(long = "arg", value_name = "ARG")]
    pub(crate) args: Vec<String>,
    /// Seconds each program may take.
    #[arg(long, default_value_t = 1800)]
    pub(crate) limit: u32,
}

/// Does what the command line says; whether all went well.
pub(crate) fn run() -> Result<bool> {
    match Cli::parse().command {
        Command::Run { suites, machine } => run_suites(&suites, &machine),
        Command::Oracle {
            suites,
            programs,
            logs,
        } => {
            let loaded = suite::load(&suites.suites)?;
            let mut report = Report::new("oracle", &logs);
            oracle::run(&loaded, &suites, &programs, &mut report)?;
            report.finish()
        }
        Command::Shell { cmd, root, machine } => shell::run(cmd.as_deref(), root, &machine),
        Command::Bench { bench, machine } => bench::run(&bench, &machine),
        Command::Fetch { freebsd, url } => {
            fetch::run(&folder::place(freebsd.as_deref()), &url)?;
            Ok(true)
        }
        Command::Userland => {
            print!("{}", Userland::ensure()?.packages());
            Ok(true)
        }
        Command::Probe { machine } => probe::run(&machine),
    }
}

fn run_suites(options: &SuiteOptions, machine: &MachineOptions) -> Result<bool> {
    let suites = suite::load(&options.suites)?;
    let wanted = runner::select(&suites, options);
    if options.list {
        for suite in &suites {
            println!("{}: {}", suite.name, suite.description);
        }
        for (suite, case) in wanted {
            println!("{}/{}", suite.name, case.name);
        }
        return Ok(true);
    }
    let freebsd = match FreeBsd::find(machine.freebsd.as_deref()) {
        Ok(freebsd) => freebsd,
        Err(why) => {
            eprintln!("vm-test: NOTHING WAS TESTED: {why}");
            println!("0 passed, 0 failed, {} skipped", wanted.len());
            return Ok(true);
        }
    };
    let mut report = Report::new(machine.with.name(), &machine.logs);
    let userland = match wanted.iter().any(|(suite, _)| suite.setup.userland) {
        true => userland_or_nothing(),
        false => None,
    };
    let book = userland.as_ref().map_or_else(Book::default, |userland| {
        let cases = wanted
            .iter()
            .copied()
            .filter(|(_, case)| !case.long || options.long);
        Book::open(userland, cases, |text| report.progress(text))
    });
    let machines = Machines::prepare(machine, freebsd, &suites, userland)?;
    for suite in &suites {
        if suite.setup.userland && machines.userland.is_none() {
            for (_, case) in wanted.iter().filter(|(of, _)| of.name == suite.name) {
                let name = format!("{}/{}", suite.name, case.name);
                report.add(Entry::skipped(name, "no Debian userland"));
            }
            continue;
        }
        runner::run_suite(&machines, suite, options, &book, &mut report);
    }
    // Of suites whose programs run under either module.
    if suites.iter().any(|suite| suite.setup.userland)
        && let Some(table) = columns::table(&machine.logs, machine.with, report.entries())
    {
        print!("{table}");
    }
    report.finish()
}

/// The userland; without one its suites are skipped, and that is said.
fn userland_or_nothing() -> Option<Userland> {
    Userland::ensure()
        .inspect_err(|why| eprintln!("vm-test: SUITES IN THE DEBIAN USERLAND ARE SKIPPED: {why:#}"))
        .ok()
}
