// SPDX-License-Identifier: BSD-2-Clause
//! QEMU: q35, UEFI firmware, a virtio disk or two, two serial ports.

use super::console::Console;
use super::{Config, Engine, Line, Vm, first_file};
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FIRMWARE: &[&str] = &[
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
    "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE.fd",
    "/usr/share/qemu/edk2-x86_64-code.fd",
    "/usr/local/share/qemu/edk2-x86_64-code.fd",
    "/usr/local/share/edk2-qemu/QEMU_UEFI_CODE-x86_64.fd",
];

/// Starts a machine; its ports are sockets we listen on, so nothing is missed.
pub(super) fn start(config: &Config) -> Result<Vm> {
    let firmware = first_file(FIRMWARE).context(
        "no UEFI firmware for QEMU (Debian: apt install ovmf; FreeBSD: pkg install edk2-qemu-x64)",
    )?;
    let work = tempfile::Builder::new().prefix("vm-test-").tempdir()?;
    let listen = |name: &str| -> Result<UnixListener> {
        let listener = UnixListener::bind(work.path().join(name))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    let (console, line) = (listen("console")?, listen("line")?);
    let errors = work.path().join("errors");
    let mut child = command(config, &firmware, work.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&errors)?)
        .spawn()
        .context("cannot start qemu-system-x86_64 (Debian: apt install qemu-system-x86)")?;
    let mut connect = |listener: &UnixListener| -> Result<UnixStream> {
        accept(listener, &mut child).with_context(|| {
            let text = std::fs::read_to_string(&errors).unwrap_or_default();
            format!("QEMU does not start: {}", text.trim())
        })
    };
    let streams = connect(&console).and_then(|c| Ok((c, connect(&line)?)));
    let (console, line) = match streams {
        Ok(streams) => streams,
        Err(e) => {
            child.kill().ok();
            child.wait().ok();
            return Err(e);
        }
    };
    Ok(Vm {
        child,
        console: Console::new(console.try_clone()?, console, File::create(&config.log)?),
        line: Line::new(line.try_clone()?, line),
        _work: work,
        after: None,
    })
}

fn accept(listener: &UnixListener, child: &mut Child) -> Result<UnixStream> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e.into()),
        }
        if let Some(status) = child.try_wait()? {
            bail!("it ended with {status}");
        }
        ensure!(Instant::now() < until, "it opened no port within 30 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn command(config: &Config, firmware: &Path, work: &Path) -> Command {
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-nodefaults", "-display", "none", "-no-reboot"]);
    qemu.args(["-machine", "q35,usb=off,vmport=off"]);
    match config.engine {
        Engine::Kvm => qemu.args(["-accel", "kvm", "-cpu", "host"]),
        Engine::Counting => {
            qemu.args([
                "-accel",
                "tcg,thread=single",
                "-icount",
                "shift=0,sleep=off",
            ]);
            qemu.args(["-cpu", CPU])
        }
        Engine::Tcg | Engine::Bhyve => qemu.args(["-accel", "tcg,thread=multi", "-cpu", CPU]),
    };
    let memory = config.memory_mb.to_string();
    let cpus = config.cpus.to_string();
    qemu.args(["-m", &memory, "-smp", &cpus]);
    // A guest's writes go to a temporary file: every boot starts from the same disk.
    let disk = format!(
        "if=none,id=disk,format=raw,snapshot=on,cache=unsafe,file={}",
        config.disk.display()
    );
    let firmware = format!(
        "if=pflash,format=raw,readonly=on,file={}",
        firmware.display()
    );
    qemu.args(["-drive", &firmware, "-drive", &disk]);
    qemu.args(["-device", "virtio-blk-pci,drive=disk,bootindex=1"]);
    if let Some(userland) = &config.userland {
        let disk = format!(
            "if=none,id=userland,format=raw,snapshot=on,cache=unsafe,file={}",
            userland.display()
        );
        qemu.args(["-drive", &disk, "-device", "virtio-blk-pci,drive=userland"]);
    }
    for port in ["console", "line"] {
        let chardev = format!("socket,id={port},path={}", work.join(port).display());
        let serial = format!("chardev:{port}");
        qemu.args(["-chardev", &chardev, "-serial", &serial]);
    }
    qemu
}

/// Everything QEMU can emulate, except five-level page tables, which only
/// make each of its page walks longer.
const CPU: &str = "max,la57=off";
