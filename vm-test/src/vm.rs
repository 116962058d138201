// SPDX-License-Identifier: BSD-2-Clause
//! A virtual machine: its process, its console and the line to its /init.

pub(crate) mod bhyve;
pub(crate) mod console;
pub(crate) mod qemu;

use anyhow::Result;
use console::Console;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What runs the guest's processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// QEMU's emulation: slow, works everywhere.
    Tcg,
    /// QEMU's emulation with a clock that counts instructions, one processor.
    Counting,
    /// QEMU on Linux's virtualization.
    Kvm,
    /// FreeBSD's own hypervisor.
    Bhyve,
}

/// How to start a machine.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) engine: Engine,
    pub(crate) disk: PathBuf,
    /// A second disk, for the userland.
    pub(crate) userland: Option<PathBuf>,
    pub(crate) memory_mb: u32,
    pub(crate) cpus: u32,
    /// Where the console's text is kept.
    pub(crate) log: PathBuf,
}

/// A started machine; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Vm {
    child: Child,
    pub(crate) console: Console,
    pub(crate) line: Line,
    /// Holds sockets and the like; removed at the end.
    _work: tempfile::TempDir,
    after: Option<Vec<String>>,
}

impl Vm {
    /// Starts one; it boots by itself.
    pub(crate) fn start(config: &Config) -> Result<Self> {
        if let Some(parent) = config.log.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match config.engine {
            Engine::Bhyve => bhyve::start(config),
            _ => qemu::start(config),
        }
    }

    /// Whether its process is over.
    pub(crate) fn is_over(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for it to end by itself.
    pub(crate) fn wait(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            if self.is_over() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some((program, args)) = self.after.as_deref().and_then(<[String]>::split_first) {
            std::process::Command::new(program).args(args).output().ok();
        }
    }
}

/// Bytes from and to the guest's second serial port.
pub(crate) struct Line {
    incoming: Receiver<Vec<u8>>,
    outgoing: Box<dyn Write + Send>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    /// Reads on a thread of its own, so that a wait can have a limit.
    pub(crate) fn new(
        mut from: impl Read + Send + 'static,
        to: impl Write + Send + 'static,
    ) -> Self {
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            let mut buf = [0; 1 << 14];
            while let Ok(n @ 1..) = from.read(&mut buf) {
                let data = buf.get(..n).unwrap_or_default().to_vec();
                if sender.send(data).is_err() {
                    break;
                }
            }
        });
        Self {
            incoming,
            outgoing: Box::new(to),
        }
    }

    /// What arrives within the limit; `Ok` and empty if nothing does, `Err` at the end.
    pub(crate) fn receive(&self, limit: Duration) -> Result<Vec<u8>, ()> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.incoming.recv_timeout(limit) {
            Ok(data) => Ok(data),
            Err(Timeout) => Ok(Vec::new()),
            Err(Disconnected) => Err(()),
        }
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> std::io::Result<()> {
        self.outgoing.write_all(data)?;
        self.outgoing.flush()
    }
}

/// The first of these files that exists.
fn first_file(candidates: &[&str]) -> Option<PathBuf> {
    candidates
        .iter()
        .map(Path::new)
        .find(|path| path.is_file())
        .map(PathBuf::from)
}
