// SPDX-License-Identifier: BSD-2-Clause
//! Boots FreeBSD in a virtual machine, loads the module, runs test suites.
//!
//! README.md describes suites and commands; `vm-test --help` the options.

mod actions;
mod bench;
mod cli;
mod columns;
mod expect;
mod expected;
mod fetch;
mod folder;
mod guest;
mod image;
mod judge;
mod machines;
mod numbers;
mod oracle;
mod probe;
mod report;
mod runner;
mod shell;
mod suite;
mod tap;
mod userland;
mod vm;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("vm-test: {error:#}");
            ExitCode::from(2)
        }
    }
}
