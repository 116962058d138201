// SPDX-License-Identifier: BSD-2-Clause
//! bhyve(8), on a FreeBSD host: the console on its standard input and output,
//! the line on a nmdm(4) pair.

use super::console::Console;
use super::{Config, Line, Vm, first_file};
use anyhow::{Context, Result};
use std::fs::File;
use std::process::{Command, Stdio};

const FIRMWARE: &[&str] = &["/usr/local/share/uefi-firmware/BHYVE_UEFI.fd"];

/// Starts a machine.
pub(super) fn start(config: &Config) -> Result<Vm> {
    let firmware =
        first_file(FIRMWARE).context("no UEFI firmware for bhyve (pkg install bhyve-firmware)")?;
    let name = format!("vm-test-{}", std::process::id());
    let line = format!("/dev/nmdm_{name}");
    let work = tempfile::Builder::new().prefix("vm-test-").tempdir()?;
    // bhyve writes to its disk: a copy keeps every boot the same.
    let disk = work.path().join("disk.img");
    std::fs::copy(&config.disk, &disk)?;
    let second = match &config.userland {
        Some(userland) => {
            let copy = work.path().join("userland.img");
            std::fs::copy(userland, &copy)?;
            vec!["-s".into(), format!("3,virtio-blk,{}", copy.display())]
        }
        None => Vec::<String>::new(),
    };
    let mut child = Command::new("bhyve")
        .args(["-A", "-H", "-P", "-w"])
        .args(["-c", &config.cpus.to_string()])
        .args(["-m", &format!("{}M", config.memory_mb)])
        .args(["-s", "0,hostbridge", "-s", "31,lpc"])
        .args(["-s", &format!("2,virtio-blk,{}", disk.display())])
        .args(second)
        .args(["-l", &format!("bootrom,{}", firmware.display())])
        .args(["-l", "com1,stdio"])
        .args(["-l", &format!("com2,{line}A")])
        .arg(&name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start bhyve (kldload vmm nmdm, and run as root)")?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(input), Some(output)) = (input, output) else {
        anyhow::bail!("bhyve has no console");
    };
    let port = File::options()
        .read(true)
        .write(true)
        .open(format!("{line}B"))
        .context("cannot open the null-modem device (kldload nmdm)")?;
    raw(&port)?;
    Ok(Vm {
        child,
        console: Console::new(output, input, File::create(&config.log)?),
        line: Line::new(port.try_clone()?, port),
        _work: work,
        after: Some(vec![
            "bhyvectl".into(),
            "--destroy".into(),
            format!("--vm={name}"),
        ]),
    })
}

fn raw(port: &File) -> Result<()> {
    let mut settings = rustix::termios::tcgetattr(port)?;
    settings.make_raw();
    rustix::termios::tcsetattr(port, rustix::termios::OptionalActions::Now, &settings)?;
    Ok(())
}
