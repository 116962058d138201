// SPDX-License-Identifier: BSD-2-Clause
//! Does what a case's actions say, and checks what came of it.

mod kld;

use crate::expect::{self, Outcome};
use crate::guest::{Answer, Errno, Guest, Lost, Param, Program};
use crate::judge;
use crate::numbers::{self, System};
use crate::report::Entry;
use crate::suite::{Action, Case, Mount, Read, Root, Run, Scalar, Setup, Sysctl};
use crate::userland;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Where the tests' programs are in the guest.
const TESTS: &str = "/tests";

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The guest went with it.
    Lost(Lost),
    /// Something is not as it should be.
    Wrong { why: String, output: String },
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Wrong {
            why,
            output: String::new(),
        }
    }
}

/// `Ok` if all is as it should be.
pub(crate) type Checked<T = ()> = Result<T, Failure>;

/// A guest, and the case going on in it.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    guest: &'a mut Guest,
    module: &'a str,
    timeout: u32,
    deadline: Instant,
    spawned: Option<u32>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(guest: &'a mut Guest, module: &'a str, timeout: u32) -> Self {
        Self {
            guest,
            module,
            timeout,
            deadline: Instant::now() + Duration::from_secs(u64::from(timeout)),
            spawned: None,
        }
    }

    /// A suite's setup; its files are already on the disk.
    pub(crate) fn set_up(&mut self, setup: &Setup) -> Checked {
        if setup.module.unwrap_or(true) {
            let module = self.module.to_owned();
            self.load(&module)?;
        }
        for name in &setup.load {
            if !self.guest.is_loaded(name)? {
                self.load(name)?;
            }
        }
        if setup.userland {
            self.mount_userland()?;
        }
        for mount in &setup.mount {
            self.mount(mount)?;
        }
        for (name, value) in &setup.sysctl {
            let answer = self.guest.set_sysctl(name, &value.to_text())?;
            expect_errno(&format!("sysctl {name}={}", value.to_text()), answer, None)?;
        }
        Ok(())
    }

    /// The Debian userland, and in it what every Linux has; file systems whose module is not
    /// there are left out.
    pub(crate) fn mount_userland(&mut self) -> Checked {
        let disk = Mount {
            kind: "ufs".into(),
            from: "/dev/vtbd1".into(),
            to: userland::MOUNT.into(),
            options: BTreeMap::from([("async".into(), String::new())]),
            errno: None,
        };
        self.mount(&disk)?;
        for (kind, below, option) in [
            ("devfs", "dev", None),
            ("linprocfs", "proc", None),
            ("linsysfs", "sys", None),
            ("fdescfs", "dev/fd", Some(("linrdlnk", ""))),
            ("tmpfs", "dev/shm", Some(("mode", "1777"))),
            ("tmpfs", "tmp", Some(("mode", "1777"))),
        ] {
            // What has no file, or is there already, may be a part of the kernel.
            let mut missing = false;
            if !self.guest.is_loaded(kind)?
                && let Err(errno) = self.guest.kldload(kind)?
            {
                missing = errno.to_string() == "ENOENT";
                if !missing && errno.to_string() != "EEXIST" {
                    return Err(format!("kldload {kind}: {errno}").into());
                }
            }
            let mounted = self.mount(&Mount {
                kind: kind.into(),
                from: kind.into(),
                to: format!("{}/{below}", userland::MOUNT),
                options: option
                    .map(|(name, value): (&str, &str)| (name.into(), value.into()))
                    .into_iter()
                    .collect(),
                errno: None,
            });
            match mounted {
                Err(Failure::Wrong { .. }) if missing => {}
                other => other?,
            }
        }
        self.share_tests()
    }

    /// The tests' programs at the same place in the userland, if nullfs(4) is to be had.
    fn share_tests(&mut self) -> Checked {
        if !self.guest.is_loaded("nullfs")? && self.guest.kldload("nullfs")?.is_err() {
            return Ok(());
        }
        self.mount(&Mount {
            kind: "nullfs".into(),
            from: TESTS.into(),
            to: format!("{}{TESTS}", userland::MOUNT),
            options: BTreeMap::new(),
            errno: None,
        })
    }

    /// A case for the userland, as `root` sees it.
    pub(crate) fn run_in_userland(&mut self, case: &Case, root: Root) -> Checked<Outcome> {
        let mut argv = case.argv();
        let chroot = root == Root::Chroot;
        if let Some(first) = argv.first_mut().filter(|_| !chroot) {
            *first = format!("{}{first}", userland::MOUNT);
        }
        let program = Program {
            argv,
            env: case.environment(),
            stdin: case.run.stdin.clone().into_bytes(),
            root: chroot.then(|| userland::MOUNT.into()),
            cwd: Some("/".into()),
            uid: case.run.uid,
            gid: case.run.gid,
            timeout_s: self.timeout,
            ..Program::default()
        };
        let id = self
            .guest
            .start(&program)?
            .map_err(|refused| format!("the shell: {refused}"))?;
        let limit = Duration::from_secs(u64::from(self.timeout));
        Ok(self.guest.finish(id, Some(limit))?)
    }

    /// All of a case but what it wants on the console.
    pub(crate) fn run_case(&mut self, name: &str, case: &Case) -> Checked<Vec<Entry>> {
        if !case.run.run.is_empty() {
            return Ok(match self.run(&case.run)? {
                Some(outcome) => judge::judge(name, case, &case.run, &outcome),
                None => vec![Entry::passed(name)],
            });
        }
        let actions = case.actions();
        let many = actions.len() > 1;
        for (number, action) in (1..).zip(&actions) {
            self.act(action).map_err(|failure| match failure {
                Failure::Wrong { why, output } if many => Failure::Wrong {
                    why: format!("step {number}: {why}"),
                    output,
                },
                other => other,
            })?;
        }
        Ok(vec![Entry::passed(name)])
    }

    fn act(&mut self, action: &Action) -> Checked {
        match action {
            Action::Run(action) => match self.run(&action.run)? {
                None => Ok(()),
                Some(outcome) => {
                    expect::check(&action.run, &outcome, self.timeout).map_err(|why| {
                        Failure::Wrong {
                            why,
                            output: judge::output_of(&outcome),
                        }
                    })
                }
            },
            Action::Spawn(action) => self.spawn(&action.run),
            Action::Kill { signal } => self.kill_spawned(signal),
            Action::KldLoad(kld) => self.kldload(kld),
            Action::KldUnload(kld) => self.kldunload(kld),
            Action::KldStat { module, loaded } => self.kldstat(module.as_deref(), *loaded),
            Action::KldCycle { module, count, run } => self.cycle(module.as_deref(), *count, run),
            Action::UnloadBusy { run } => self.unload_busy(run),
            Action::Conflict {
                with,
                errno,
                console_regex,
            } => self.conflict(with, errno, console_regex),
            Action::Sysctl(sysctl) => self.sysctl(sysctl),
            Action::Mount(mount) => self.mount(mount),
            Action::Unmount { to, force, errno } => {
                let answer = self.guest.unmount(to, *force)?;
                expect_errno(&format!("unmount {to}"), answer, errno.as_deref())
            }
            Action::Write {
                path,
                content,
                append,
                errno,
            } => {
                let answer = self.guest.write(path, content.as_bytes(), *append)?;
                expect_errno(&format!("writing {path}"), answer, errno.as_deref())
            }
            Action::Read(read) => self.read(read),
            Action::Mkdir { path, errno } => {
                let answer = self.guest.make_dirs(path)?;
                expect_errno(&format!("mkdir {path}"), answer, errno.as_deref())
            }
            Action::Unlink { path, errno } => {
                let answer = self.guest.unlink(path)?;
                expect_errno(&format!("unlink {path}"), answer, errno.as_deref())
            }
        }
    }

    /// Runs a program to its end; `None` if it did not start, as wanted.
    fn run(&mut self, run: &Run) -> Checked<Option<Outcome>> {
        let program = program(run, self.timeout)?;
        match (self.guest.start(&program)?, &run.expect_errno) {
            (Ok(id), None) => {
                let limit = Duration::from_secs(u64::from(self.timeout));
                Ok(Some(self.guest.finish(id, Some(limit))?))
            }
            (Err(refused), Some(want)) if refused.errno.to_string() == *want => Ok(None),
            (Err(refused), _) => Err(format!("{}: {refused}", run.path()).into()),
            (Ok(_), Some(want)) => Err(format!("{} started; {want} expected", run.path()).into()),
        }
    }

    fn spawn(&mut self, run: &Run) -> Checked {
        let program = program(run, 0)?;
        let id = self
            .guest
            .start(&program)?
            .map_err(|refused| format!("{}: {refused}", run.path()))?;
        self.spawned = Some(id);
        let Some(text) = &run.wait_stdout else {
            return Ok(());
        };
        let limit = Duration::from_secs(u64::from(self.timeout));
        if self.guest.await_stdout(id, text, limit)? {
            return Ok(());
        }
        Err(format!("{} did not write {text:?}", run.path()).into())
    }

    fn kill_spawned(&mut self, signal: &str) -> Checked {
        let id = self
            .spawned
            .take()
            .ok_or("kill: nothing was spawned".to_owned())?;
        let number = numbers::signal(signal, System::FreeBsd)
            .ok_or_else(|| format!("kill: no signal is named {signal}"))?;
        let answer = self.guest.kill(id, number)?;
        expect_errno("kill", answer, None)?;
        let limit = Duration::from_secs(u64::from(self.timeout));
        self.guest.finish(id, Some(limit))?;
        Ok(())
    }

    fn sysctl(&mut self, sysctl: &Sysctl) -> Checked {
        let name = &sysctl.name;
        let errno = sysctl.errno.as_deref();
        if let Some(value) = &sysctl.set {
            let answer = self.guest.set_sysctl(name, &value.to_text())?;
            expect_errno(&format!("sysctl {name}={}", value.to_text()), answer, errno)?;
        }
        let reads = sysctl.expect.is_some() || sysctl.regex.is_some() || sysctl.set.is_none();
        if !reads {
            return Ok(());
        }
        let errno = if sysctl.set.is_some() { None } else { errno };
        let value = match self.guest.sysctl(name)? {
            Ok(value) => value,
            Err(e) => return expect_errno(&format!("sysctl {name}"), Err(e), errno),
        };
        expect_errno(&format!("sysctl {name}"), Ok(()), errno)?;
        if let Some(want) = &sysctl.expect
            && want.to_text() != value
        {
            return Err(format!("sysctl {name} is {value:?}, not {:?}", want.to_text()).into());
        }
        if let Some(regex) = &sysctl.regex {
            let wanted = crate::suite::Texts::One(regex.clone());
            expect::matches(&format!("sysctl {name} ({value:?})"), &value, &wanted)?;
        }
        Ok(())
    }

    fn mount(&mut self, mount: &Mount) -> Checked {
        let made = self.guest.make_dirs(&mount.to)?;
        expect_errno(&format!("mkdir {}", mount.to), made, None)?;
        let mut options = vec![
            ("fstype", mount.kind.as_str()),
            ("fspath", mount.to.as_str()),
            ("from", mount.from.as_str()),
        ];
        if mount.kind == "nullfs" || mount.kind == "unionfs" {
            options.push(("target", &mount.from));
        }
        options.extend(mount.options.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let answer = self.guest.mount(&options)?;
        let what = format!("mount of {} on {}", mount.kind, mount.to);
        expect_errno(&what, answer, mount.errno.as_deref())
    }

    fn read(&mut self, read: &Read) -> Checked {
        let what = format!("reading {}", read.path);
        let data = match self.guest.read(&read.path)? {
            Ok(data) => data,
            Err(e) => return expect_errno(&what, Err(e), read.errno.as_deref()),
        };
        expect_errno(&what, Ok(()), read.errno.as_deref())?;
        let text = String::from_utf8_lossy(&data);
        let checked = match &read.content {
            Some(want) if *want != text => Err(format!("{} is not {want:?}", read.path)),
            _ => expect::contains(&read.path, &text, &read.contains)
                .and_then(|()| expect::matches(&read.path, &text, &read.regex)),
        };
        checked.map_err(|why| Failure::Wrong {
            why,
            output: text.into_owned(),
        })
    }
}

fn program(run: &Run, timeout_s: u32) -> Checked<Program> {
    let mut argv = run.run.clone();
    if let Some(first) = argv.first_mut() {
        *first = run.path();
    }
    let mut jail = Vec::new();
    if let Some(params) = &run.jail {
        if !params.contains_key("path") {
            jail.push(("path".into(), Param::Text("/".into())));
        }
        if !params.contains_key("host.hostname") {
            jail.push(("host.hostname".into(), Param::Text("jail".into())));
        }
        for (name, value) in params {
            let value = match value {
                Scalar::Flag(true) => Param::Flag,
                // How jail(8) says no: the parameter's name with "no" before it.
                Scalar::Flag(false) => Param::Int(0),
                Scalar::Text(text) => Param::Text(text.clone()),
                Scalar::Int(n) => Param::Int(
                    i32::try_from(*n)
                        .map_err(|_| format!("jail parameter {name}: {n} is not an int"))?
                        .cast_unsigned(),
                ),
            };
            jail.push((name.clone(), value));
        }
    }
    Ok(Program {
        argv,
        env: run.environment(),
        stdin: run.stdin.clone().into_bytes(),
        root: None,
        cwd: run.cwd.clone(),
        uid: run.uid,
        gid: run.gid,
        jail,
        timeout_s,
        on_console: false,
    })
}

/// Compares how a request ended with the errno a case wants, if any.
fn expect_errno(what: &str, answer: Result<(), Errno>, want: Option<&str>) -> Checked {
    match (answer, want) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(want)) => Err(format!("{what} worked; {want} expected").into()),
        (Err(e), Some(want)) if e.to_string() == want => Ok(()),
        (Err(e), Some(want)) => Err(format!("{what}: {e}; {want} expected").into()),
        (Err(e), None) => Err(format!("{what}: {e}").into()),
    }
}

/// [`expect_errno`] for an answer on its way.
fn expect_answer(what: &str, answer: Answer<()>, want: Option<&str>) -> Checked {
    expect_errno(what, answer?, want)
}
