// SPDX-License-Identifier: BSD-2-Clause
//! A Linux program on the guest's console, with yours attached to it.

use crate::cli::MachineOptions;
use crate::folder::FreeBsd;
use crate::guest::{Lost, Program};
use crate::machines::Machines;
use anyhow::{Result, anyhow, bail};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Read, Write};

/// What a person sees first: Linux, on FreeBSD.
const SESSION: &str = "\
set -x
uname -a
ls /
[ ! -r /proc/version ] || cat /proc/version
{ set +x; } 2>/dev/null
exec sh";

/// Runs it; whether it ended with 0.
pub(crate) fn run(command: Option<&str>, options: &MachineOptions) -> Result<bool> {
    let freebsd = FreeBsd::find(options.freebsd.as_deref()).map_err(|why| anyhow!("{why}"))?;
    let machines = Machines::prepare(options, freebsd, &[])?;
    eprintln!(
        "booting FreeBSD (its console is kept in {})",
        options.logs.display()
    );
    let gone = |Lost(why): Lost| anyhow!("{why}");
    let mut guest = machines.boot("shell").map_err(gone)?;
    if let Err(errno) = guest.kldload(&machines.module).map_err(gone)? {
        let console = guest.vm.console.tail(0, 20);
        bail!("kldload {}: {errno}\n{console}", machines.module);
    }
    if !guest.exists("/compat/linux/bin/busybox").map_err(gone)? {
        bail!("no static Linux busybox on this host; name one with --busybox");
    }
    guest
        .set_sysctl("kern.hostname", "freebsd")
        .map_err(gone)?
        .ok();
    let argv = [
        "/compat/linux/bin/busybox",
        "sh",
        "-c",
        command.unwrap_or(SESSION),
    ]
    .map(String::from)
    .into();
    let env = [
        ("PATH", "/bin:/usr/bin:/tests"),
        ("HOME", "/"),
        ("TERM", "vt100"),
        ("PS1", "linux \\w # "),
    ];
    let program = Program {
        argv,
        env: env.map(|(k, v)| (k.into(), v.into())).into(),
        cwd: Some("/".into()),
        on_console: true,
        ..Program::default()
    };
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
