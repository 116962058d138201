// SPDX-License-Identifier: BSD-2-Clause
//! A Linux program on the guest's console, with yours attached to it.

use crate::actions::{Failure, Scene};
use crate::cli::MachineOptions;
use crate::folder::FreeBsd;
use crate::guest::{Guest, Lost, Program};
use crate::machines::Machines;
use crate::suite::USERLAND_ENVIRONMENT;
use crate::userland::{self, Userland};
use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Read, Write};

/// What a person sees first: Linux, on FreeBSD.
const SESSION: &str = "\
set -x
uname -a
ls /
[ ! -r /proc/version ] || cat /proc/version
{ set +x; } 2>/dev/null
exec ";

/// Where the shell has its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Root {
    /// In the Debian userland, by chroot(2).
    Chroot,
    /// In FreeBSD, with the Debian userland in front of it.
    Reroot,
    /// In FreeBSD; a static busybox is all there is of Linux.
    Busybox,
}

/// Runs it; whether it ended with 0.
pub(crate) fn run(command: Option<&str>, root: Root, options: &MachineOptions) -> Result<bool> {
    let freebsd = FreeBsd::find(options.freebsd.as_deref()).map_err(|why| anyhow!("{why}"))?;
    let userland = match root {
        Root::Busybox => None,
        _ => Some(
            Userland::ensure()
                .map_err(|why| anyhow!("{why:#}\nROOT=busybox gives a shell without a userland"))?,
        ),
    };
    let machines = Machines::prepare(options, freebsd, &[], userland)?;
    eprintln!(
        "booting FreeBSD (its console is kept in {})",
        options.logs.display()
    );
    let mut guest = machines.boot("shell").map_err(gone)?;
    if let Err(errno) = guest.kldload(&machines.module).map_err(gone)? {
        let console = guest.vm.console.tail(0, 20);
        bail!("kldload {}: {errno}\n{console}", machines.module);
    }
    guest
        .set_sysctl("kern.hostname", "freebsd")
        .map_err(gone)?
        .ok();
    let program = program(command, root, &mut guest, &machines)?;
    eprintln!("booted in {:.1} s", guest.boot_time().as_secs_f64());
    guest.vm.console.show(true);
    let raw = match command {
        None => attach_keyboard(guest.vm.console.take_input()),
        Some(_) => None,
    };
    let started = guest.start(&program);
    let ended = match started.map_err(gone)? {
        Ok(id) => guest.finish(id, None).map_err(gone),
        Err(refused) => Err(anyhow!("the shell: {refused}")),
    };
    drop(raw);
    let status = ended?.status;
    // The console's last bytes may be on their way.
    std::thread::sleep(std::time::Duration::from_millis(200));
    guest.vm.console.show(false);
    guest.power_off();
    if status.raw != 0 {
        eprintln!("the command {}", status.describe());
    }
    Ok(status.raw == 0)
}

fn gone(Lost(why): Lost) -> anyhow::Error {
    anyhow!("{why}")
}

/// The shell, and what it needs around it.
fn program(
    command: Option<&str>,
    root: Root,
    guest: &mut Guest,
    machines: &Machines,
) -> Result<Program> {
    let (shell, env) = match root {
        Root::Busybox => {
            if !guest.exists("/compat/linux/bin/busybox").map_err(gone)? {
                bail!("no static Linux busybox on this host; name one with --busybox");
            }
            let env: &[_] = &[
                ("PATH", "/bin:/usr/bin:/tests"),
                ("HOME", "/"),
                ("TERM", "vt100"),
                ("PS1", "linux \\w # "),
            ];
            ("/bin/sh", env)
        }
        _ => {
            let mut scene = Scene::new(guest, &machines.module, 60);
            scene.mount_userland().map_err(|failure| match failure {
                Failure::Lost(lost) => gone(lost),
                Failure::Wrong { why, .. } => anyhow!("{why}"),
            })?;
            ("/bin/bash", USERLAND_ENVIRONMENT)
        }
    };
    let session = || format!("{SESSION}{shell}");
    let script = command.map_or_else(session, String::from);
    let chroot = root == Root::Chroot;
    let seen = if chroot { "" } else { userland::MOUNT };
    Ok(Program {
        argv: vec![format!("{seen}{shell}"), "-c".into(), script],
        env: env
            .iter()
            .map(|&(name, value)| (name.into(), value.into()))
            .collect(),
        root: chroot.then(|| userland::MOUNT.into()),
        cwd: Some("/".into()),
        on_console: true,
        ..Program::default()
    })
}

/// The host's terminal as it was; put back when dropped.
struct Raw(Termios);

impl Drop for Raw {
    fn drop(&mut self) {
        tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0).ok();
    }
}

/// Sends what is typed here to the guest, whose terminal then echoes it.
fn attach_keyboard(input: Option<Box<dyn Write + Send>>) -> Option<Raw> {
    let mut input = input?;
    let stdin = std::io::stdin();
    let before = match stdin.is_terminal() {
        true => {
            let settings = tcgetattr(&stdin).ok()?;
            let mut raw = settings.clone();
            raw.make_raw();
            tcsetattr(&stdin, OptionalActions::Now, &raw).ok()?;
            Some(Raw(settings))
        }
        false => None,
    };
    std::thread::spawn(move || {
        let mut buf = [0; 256];
        while let Ok(n @ 1..) = std::io::stdin().lock().read(&mut buf) {
            if input.write_all(buf.get(..n).unwrap_or_default()).is_err() {
                return;
            }
        }
        // The end of a pipe is the end of the guest's input too: ^D.
        input.write_all(b"\x04").ok();
    });
    before
}
