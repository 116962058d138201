// SPDX-License-Identifier: BSD-2-Clause
//! `syscalls-master`: the table at the command line.

use std::process::ExitCode;
use std::{env, fs, io::Write};

use syscalls_master::{Table, generate, parse};

const HELP: &str = "\
Reads syscalls.master, the list of all Linux system calls.

Usage: syscalls-master COMMAND FILE [-o OUT]

Commands:
  check FILE              check every rule and count the calls
  coverage FILE [-o OUT]  the coverage page (docs/coverage.md)
  kernel FILE [-o OUT]    the Rust source that the kernel module includes
  natives FILE [-o OUT]   the FreeBSD functions used as they are, one per line

Options:
  -o OUT      write to OUT instead of standard output
  -h, --help  show this text

Exit status: 0 done, 1 the file breaks a rule or cannot be read or written, 2 wrong usage.
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "-h" || arg == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (command, file, out) = match args[..] {
        [command, file] => (command, file, None),
        [command, file, "-o", out] | [command, "-o", out, file] => (command, file, Some(out)),
        _ => return usage("expected a command and a file"),
    };
    let make: fn(&Table) -> String = match command {
        "check" => summary,
        "coverage" => generate::coverage,
        "kernel" => generate::kernel,
        "natives" => |table| table.natives().map(|name| name + "\n").collect(),
        _ => return usage(&format!("`{command}` is no command")),
    };
    match run(file, out, make) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("syscalls-master: {message}");
            ExitCode::FAILURE
        }
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("syscalls-master: {problem}; `syscalls-master --help` shows the usage");
    ExitCode::from(2)
}

fn run(file: &str, out: Option<&str>, make: fn(&Table) -> String) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| {
        format!("cannot read {file}: {error}; give the path of syscalls.master")
    })?;
    let table = parse(&text).map_err(|error| format!("{file}: {error}"))?;
    let made = make(&table);
    match out {
        // A reader that has seen enough, such as head(1), is no error.
        None => drop(std::io::stdout().write_all(made.as_bytes())),
        Some(out) => fs::write(out, made).map_err(|error| {
            format!("cannot write {out}: {error}; check the folder and its rights")
        })?,
    }
    Ok(())
}

fn summary(table: &Table) -> String {
    let calls = table.calls().count();
    format!(
        "{} numbers, {calls} calls: {} own, {} native, {} unsupported\n",
        table.rows.len(),
        table.doors().count(),
        table.natives().count(),
        calls - table.doors().count() - table.natives().count(),
    )
}
