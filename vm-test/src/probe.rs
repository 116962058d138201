// SPDX-License-Identifier: BSD-2-Clause
//! Whether KVM runs FreeBSD here: a nested or filtered KVM may exist and not.

use crate::cli::MachineOptions;
use crate::folder::FreeBsd;
use crate::guest::Lost;
use crate::machines::Machines;
use crate::vm::Engine;
use anyhow::{Result, anyhow};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Under KVM a guest is up in a few seconds.
const LIMIT: Duration = Duration::from_secs(45);

fn file(logs: &Path) -> PathBuf {
    logs.join("engine")
}

/// What an earlier probe found.
pub(crate) fn remembered(logs: &Path) -> Option<Engine> {
    match std::fs::read_to_string(file(logs)).ok()?.trim() {
        "kvm" => Some(Engine::Kvm),
        "tcg" => Some(Engine::Tcg),
        _ => None,
    }
}

/// Boots once with KVM, says what came of it and remembers it.
pub(crate) fn run(options: &MachineOptions) -> Result<bool> {
    let freebsd = FreeBsd::find(options.freebsd.as_deref()).map_err(|why| anyhow!("{why}"))?;
    let mut options = options.clone();
    // Booting is all: no module is needed.
    options.with = crate::cli::Linuxulator::FreeBsds;
    let mut machines = Machines::prepare(&options, freebsd, &[], None)?;
    machines.set_engine(Engine::Kvm);
    let found = match Path::new("/dev/kvm").exists() {
        false => Err("there is no /dev/kvm".into()),
        true => machines
            .boot_within("probe", LIMIT)
            .map_err(|Lost(why)| why)
            .map(|guest| {
                let took = guest.boot_time();
                guest.power_off();
                took
            }),
    };
    std::fs::create_dir_all(&options.logs)?;
    let engine = match found {
        Ok(took) => {
            println!(
                "KVM runs FreeBSD here (booted in {:.1} s)",
                took.as_secs_f64()
            );
            "kvm"
        }
        Err(why) => {
            println!("KVM does not run FreeBSD here: {why}\nusing QEMU's emulation");
            "tcg"
        }
    };
    std::fs::write(file(&options.logs), engine)?;
    Ok(true)
}
