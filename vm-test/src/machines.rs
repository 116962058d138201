// SPDX-License-Identifier: BSD-2-Clause
//! From command-line options to booted guests.

use crate::cli::MachineOptions;
use crate::folder::FreeBsd;
use crate::guest::{Guest, Lost};
use crate::image::{self, Contents};
use crate::probe;
use crate::suite::Suite;
use crate::userland::Userland;
use crate::vm::{Config, Engine, Vm};
use anyhow::{Context, Result, ensure};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A guest under emulation on a busy host still boots within this.
const BOOT_LIMIT: Duration = Duration::from_secs(240);

/// One disk image and how to boot it, as often as needed.
#[derive(Debug)]
pub(crate) struct Machines {
    pub(crate) freebsd: FreeBsd,
    /// The module under test.
    pub(crate) module: String,
    /// The userland its second disk holds.
    pub(crate) userland: Option<Userland>,
    config: Config,
    logs: PathBuf,
    boots: Cell<u32>,
    _work: tempfile::TempDir,
}

impl Machines {
    /// Builds the image.
    pub(crate) fn prepare(
        options: &MachineOptions,
        freebsd: FreeBsd,
        suites: &[Suite],
        userland: Option<Userland>,
    ) -> Result<Self> {
        let contents = contents(options)?;
        let work = tempfile::Builder::new().prefix("vm-test-").tempdir()?;
        let disk = image::build(&freebsd, &contents, suites, work.path())?;
        let engine = match options.bhyve {
            true => Engine::Bhyve,
            false => probe::remembered(&options.logs).unwrap_or(Engine::Tcg),
        };
        Ok(Self {
            freebsd,
            module: options.with.name().into(),
            config: Config {
                engine,
                disk,
                userland: userland.as_ref().map(Userland::image),
                memory_mb: options.memory,
                cpus: options.cpus,
                log: PathBuf::new(),
            },
            userland,
            logs: options.logs.clone(),
            boots: Cell::new(0),
            _work: work,
        })
    }

    /// Uses this engine from now on.
    pub(crate) fn set_engine(&mut self, engine: Engine) {
        self.config.engine = engine;
        if engine == Engine::Counting {
            self.config.cpus = 1;
        }
    }

    /// Starts guests with at least so many megabytes from now on.
    pub(crate) fn want_memory(&mut self, megabytes: u32) {
        self.config.memory_mb = self.config.memory_mb.max(megabytes);
    }

    /// Boots a fresh guest; `name` is for its log.
    pub(crate) fn boot(&self, name: &str) -> Result<Guest, Lost> {
        self.boot_within(name, BOOT_LIMIT)
    }

    /// [`Self::boot`] with its own time limit.
    pub(crate) fn boot_within(&self, name: &str, limit: Duration) -> Result<Guest, Lost> {
        self.boots.set(self.boots.get() + 1);
        let config = Config {
            log: self
                .logs
                .join(format!("{name}-console-{}.log", self.boots.get())),
            ..self.config.clone()
        };
        let vm = Vm::start(&config).map_err(|e| Lost(format!("{e:#}")))?;
        Guest::boot(vm, limit)
            .map_err(|Lost(why)| Lost(format!("{why} (console: {})", config.log.display())))
    }
}

fn contents(options: &MachineOptions) -> Result<Contents> {
    let module = match options.with.is_ours() {
        true => {
            ensure!(
                options.module.is_file(),
                "the module {} is not there; `make` builds it",
                options.module.display()
            );
            Some(options.module.clone())
        }
        false => None,
    };
    ensure!(
        options.init.is_file(),
        "the guest's /init {} is not there; `make` builds it",
        options.init.display()
    );
    Ok(Contents {
        init: options.init.clone(),
        module,
        programs: options.programs.is_dir().then(|| options.programs.clone()),
        busybox: busybox(options.busybox.as_deref())?,
        tunables: options.tunable.clone(),
    })
}

/// A static busybox: the one asked for, or the host's.
fn busybox(wanted: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(path) = wanted {
        ensure!(path.is_file(), "no busybox at {}", path.display());
        return Ok(Some(path.into()));
    }
    for path in [
        "/bin/busybox",
        "/usr/bin/busybox",
        "/compat/linux/bin/busybox",
    ] {
        let path = Path::new(path);
        if path.is_file() && is_static(path).context("cannot read busybox")? {
            return Ok(Some(path.into()));
        }
    }
    Ok(None)
}

/// A Linux program without interpreter: no PT_INTERP (3) program header.
fn is_static(path: &Path) -> Result<bool> {
    let data = std::fs::read(path)?;
    let half = |at: usize| -> usize {
        let bytes = data.get(at..at + 2).and_then(|b| b.try_into().ok());
        usize::from(bytes.map_or(0, u16::from_le_bytes))
    };
    // e_phoff is small in every real file.
    let (offset, size, count) = (half(32), half(54), half(56));
    Ok(data.starts_with(b"\x7fELF") && (0..count).all(|i| half(offset + i * size) != 3))
}
