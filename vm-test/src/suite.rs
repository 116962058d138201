// SPDX-License-Identifier: BSD-2-Clause
//! Suites: the TOML files of `tests/suites`, as README.md describes them.

mod action;

pub(crate) use action::{Action, Kld, Read, RunAction, Sysctl};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// One file of cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    /// The file's name without `.toml`.
    #[serde(skip)]
    pub(crate) name: String,
    /// What it is about; shown by `--list`.
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) setup: Setup,
    #[serde(default, rename = "case")]
    pub(crate) cases: Vec<Case>,
}

/// What is done to a fresh guest before the first case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Setup {
    /// Load the module under test; `None` means yes.
    pub(crate) module: Option<bool>,
    pub(crate) load: Vec<String>,
    pub(crate) mount: Vec<Mount>,
    pub(crate) sysctl: BTreeMap<String, Scalar>,
    pub(crate) dirs: Vec<String>,
    pub(crate) files: Vec<File>,
    /// Mount the Debian userland at /compat/linux, with what belongs into it.
    pub(crate) userland: bool,
}

/// A file system to mount.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mount {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) from: String,
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) errno: Option<String>,
}

/// A file to put into the guest's root.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) host: Option<PathBuf>,
    #[serde(default)]
    pub(crate) mode: Option<u32>,
}

/// Text or a number, as a sysctl or jail parameter takes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Flag(bool),
    Int(i64),
    Text(String),
}

impl Scalar {
    /// As sysctl(8) would print it.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Flag(b) => u8::from(*b).to_string(),
            Self::Int(n) => n.to_string(),
            Self::Text(s) => s.clone(),
        }
    }
}

/// A string or several.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
pub(crate) enum Texts {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Texts {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::None => &[][..],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
        .iter()
        .map(String::as_str)
    }
}

/// A program to run and what must come of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Run {
    pub(crate) run: Vec<String>,
    pub(crate) native: bool,
    pub(crate) stdin: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: Option<String>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) jail: Option<BTreeMap<String, Scalar>>,
    pub(crate) expect_exit: i32,
    pub(crate) expect_signal: Option<String>,
    pub(crate) expect_core: Option<bool>,
    pub(crate) expect_errno: Option<String>,
    pub(crate) stdout: Option<String>,
    pub(crate) stdout_contains: Texts,
    pub(crate) stdout_regex: Texts,
    pub(crate) stderr_contains: Texts,
    pub(crate) stderr_regex: Texts,
    pub(crate) wait_stdout: Option<String>,
}

/// What must, or must not, appear on the console.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConsoleWants {
    #[serde(rename = "console_contains")]
    pub(crate) contains: Texts,
    #[serde(rename = "console_regex")]
    pub(crate) regex: Texts,
    #[serde(rename = "console_absent_regex")]
    pub(crate) absent_regex: Texts,
}

/// Where a program of the userland has its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Root {
    /// FreeBSD's, with the emulation root in front of it.
    Reroot,
    /// The userland itself, by chroot(2).
    Chroot,
}

impl Root {
    pub(crate) const ALL: [Self; 2] = [Self::Reroot, Self::Chroot];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reroot => "reroot",
            Self::Chroot => "chroot",
        }
    }
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) run: Run,
    #[serde(flatten)]
    pub(crate) console: ConsoleWants,
    #[serde(default)]
    pub(crate) action: Option<Action>,
    #[serde(default)]
    pub(crate) steps: Vec<Action>,
    #[serde(default = "default_timeout")]
    pub(crate) timeout: u32,
    #[serde(default)]
    pub(crate) tap: bool,
    #[serde(default)]
    pub(crate) long: bool,
    #[serde(default)]
    pub(crate) oracle: Option<bool>,
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    #[serde(default)]
    pub(crate) only_with: Option<String>,
    /// Text for the userland's bash, instead of `run`.
    #[serde(default)]
    pub(crate) script: Option<String>,
    /// What the module has allocated must be what it was before the case.
    #[serde(default)]
    pub(crate) memory_back: bool,
    /// Output and status must be those of the same run on real Linux.
    #[serde(default)]
    pub(crate) compare: bool,
    /// What may differ.
    #[serde(default)]
    pub(crate) mask: Vec<String>,
    #[serde(default = "all_roots")]
    pub(crate) root: Vec<Root>,
    /// Whatever no other field took: a mistake in the file.
    #[serde(flatten)]
    pub(crate) unknown: BTreeMap<String, toml::Value>,
}

fn all_roots() -> Vec<Root> {
    Root::ALL.into()
}

/// Gives a program of the userland a folder of its own to start in.
const ENTER: &str = "rm -rf /tmp/work && mkdir /tmp/work && cd /tmp/work && exec \"$@\"";

/// What every program gets, before a case's own.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", "/bin:/usr/bin:/tests"),
    ("HOME", "/"),
    ("TERM", "vt100"),
];

/// The same in the userland.
pub(crate) const USERLAND_ENVIRONMENT: &[(&str, &str)] = &[
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("TERM", "vt100"),
];

fn default_timeout() -> u32 {
    20
}

impl Suite {
    /// FreeBSD's modules it names anywhere.
    pub(crate) fn modules(&self) -> Vec<String> {
        let mut names = self.setup.load.clone();
        for case in &self.cases {
            let needs = case.needs.iter().filter_map(|n| n.strip_prefix("module:"));
            names.extend(needs.map(String::from));
            for action in case.actions() {
                match action {
                    Action::KldLoad(Kld { module, .. }) | Action::KldCycle { module, .. } => {
                        names.extend(module);
                    }
                    Action::Conflict { with, .. } => names.push(with),
                    _ => {}
                }
            }
        }
        names
    }
}

impl Case {
    /// Whether `vm-test oracle` runs it.
    pub(crate) fn for_oracle(&self) -> bool {
        !self.run.run.is_empty()
            && !self.compare
            && !self.run.native
            && self.run.jail.is_none()
            && self.oracle.unwrap_or(true)
    }

    /// The program and its arguments, as a program of the userland sees them.
    pub(crate) fn argv(&self) -> Vec<String> {
        let enter = ["/bin/sh", "-c", ENTER, "sh"].map(String::from);
        let own = match &self.script {
            Some(text) => ["/bin/bash", "-c", text].map(String::from).into(),
            None => self.run.run.clone(),
        };
        enter.into_iter().chain(own).collect()
    }

    /// Its environment in the userland.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        with_own(USERLAND_ENVIRONMENT, &self.run.env)
    }

    /// Whether it is a program for the userland.
    pub(crate) fn is_program(&self) -> bool {
        !self.run.run.is_empty() || self.script.is_some()
    }

    /// What it does, in order.
    pub(crate) fn actions(&self) -> Vec<Action> {
        if !self.run.run.is_empty() {
            return vec![Action::Run(Box::new(RunAction {
                run: self.run.clone(),
                unknown: BTreeMap::new(),
            }))];
        }
        self.action.iter().chain(&self.steps).cloned().collect()
    }

    fn check(&self) -> Result<()> {
        if let Some(key) = self.unknown.keys().next() {
            bail!("unknown key `{key}`");
        }
        let ways = [
            !self.run.run.is_empty(),
            self.script.is_some(),
            self.action.is_some(),
            !self.steps.is_empty(),
        ];
        ensure!(
            ways.into_iter().filter(|w| *w).count() == 1,
            "needs exactly one of `run`, `script`, `action` and `steps`"
        );
        ensure!(
            !self.tap || !self.run.run.is_empty(),
            "`tap` goes with `run`"
        );
        for need in &self.needs {
            ensure!(
                need.starts_with("module:")
                    || need.starts_with("file:")
                    || need.starts_with("host-file:"),
                "`needs` has \"{need}\"; known are module:, file: and host-file:"
            );
        }
        for action in self.actions() {
            match action {
                Action::Run(action) | Action::Spawn(action) => {
                    if let Some(key) = action.unknown.keys().next() {
                        bail!("unknown key `{key}`");
                    }
                    action.run.check()?;
                }
                Action::Read(read) => check_regexes(&read.regex)?,
                Action::Conflict { console_regex, .. } => check_regexes(&console_regex)?,
                Action::KldLoad(kld) | Action::KldUnload(kld) => check_regexes(&kld.console_regex)?,
                _ => {}
            }
        }
        ensure!(
            !self.compare || self.is_program(),
            "`compare` goes with `run` or `script`"
        );
        for mask in &self.mask {
            regex::Regex::new(mask)?;
        }
        check_regexes(&self.console.regex)?;
        check_regexes(&self.console.absent_regex)
    }
}

impl Run {
    fn check(&self) -> Result<()> {
        ensure!(!self.run.is_empty(), "`run` is empty");
        check_regexes(&self.stdout_regex)?;
        check_regexes(&self.stderr_regex)
    }

    /// Its environment.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        with_own(ENVIRONMENT, &self.env)
    }

    /// The program's path in the guest.
    pub(crate) fn path(&self) -> String {
        let program = self.run.first().map_or("", String::as_str);
        if !program.contains('/') {
            return format!("/tests/{program}");
        }
        // /init is not a Linux program: these are elsewhere for it.
        let of_linux = ["/bin/", "/sbin/", "/usr/", "/lib/", "/lib64/"];
        match !self.native && of_linux.iter().any(|dir| program.starts_with(dir)) {
            true => format!("/compat/linux{program}"),
            false => program.into(),
        }
    }
}

fn with_own(common: &[(&str, &str)], own: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut env: BTreeMap<_, _> = common
        .iter()
        .map(|&(name, value)| (name.into(), value.into()))
        .collect();
    env.extend(own.clone());
    env
}

fn check_regexes(list: &Texts) -> Result<()> {
    for text in list.iter() {
        regex::Regex::new(text)?;
    }
    Ok(())
}

/// Reads a suite from its text.
pub(crate) fn parse(name: &str, text: &str) -> Result<Suite> {
    let mut suite: Suite = toml::from_str(text)?;
    suite.name = name.into();
    let mut seen = HashSet::new();
    for case in &suite.cases {
        ensure!(seen.insert(&case.name), "two cases are named {}", case.name);
        ensure!(
            suite.setup.userland || !(case.compare || case.script.is_some()),
            "case \"{}\": `script` and `compare` need `userland = true` in the setup",
            case.name
        );
        case.check()
            .with_context(|| format!("case \"{}\"", case.name))?;
    }
    Ok(suite)
}

/// Reads suites given as names (`smoke`), files or folders of files.
pub(crate) fn load(wanted: &[String]) -> Result<Vec<Suite>> {
    let mut files = Vec::new();
    for one in wanted {
        let path = Path::new(one);
        let named = Path::new("tests/suites").join(format!("{one}.toml"));
        if path.is_dir() {
            let mut found: Vec<_> = std::fs::read_dir(path)
                .with_context(|| format!("cannot list {one}"))?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|e| e == "toml"))
                .collect();
            found.sort();
            ensure!(!found.is_empty(), "no suite (*.toml) in {one}");
            files.extend(found);
        } else if path.is_file() {
            files.push(path.into());
        } else if named.is_file() {
            files.push(named);
        } else {
            bail!(
                "no suite {one}: neither a file nor a folder, and there is no {}",
                named.display()
            );
        }
    }
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            parse(&name, &text).with_context(|| format!("in {}", file.display()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_case_is_read() {
        let suite = parse(
            "x",
            r#"
            description = "d"
            [setup]
            load = ["linprocfs"]
            mount = [{ type = "linprocfs", from = "linprocfs", to = "/compat/linux/proc" }]
            sysctl = { "kern.coredump" = 1 }
            [[case]]
            name = "a"
            run = ["pipe", "-v"]
            stdout_contains = "x"
            stdout_regex = ["a+", "b"]
            expect_signal = "SIGSEGV"
            jail = { path = "/", "linux.osrelease" = "4.0", persist = true }
            tap = true
            timeout = 3
            [[case]]
            name = "b"
            action = { kind = "kldcycle", count = 100 }
            [[case]]
            name = "c"
            steps = [
              { kind = "sysctl", name = "n", set = "x", errno = "EINVAL" },
              { kind = "run", run = ["/bin/true"], expect_exit = 1 },
              { kind = "kill" },
            ]
            "#,
        )
        .unwrap();
        let [a, b, c] = &suite.cases[..] else {
            panic!("three cases");
        };
        assert_eq!(a.run.path(), "/tests/pipe");
        assert_eq!(a.timeout, 3);
        assert_eq!(a.run.stdout_regex.iter().count(), 2);
        assert!(!a.for_oracle());
        assert!(matches!(
            b.action,
            Some(Action::KldCycle { count: 100, .. })
        ));
        assert_eq!(c.actions().len(), 3);
        assert!(suite.setup.module.is_none());
    }

    fn error(text: &str) -> String {
        format!("{:#}", parse("x", text).unwrap_err())
    }

    #[test]
    fn mistakes_are_named() {
        let head = "description = \"d\"\n[[case]]\nname = \"a\"\n";
        assert!(error(&format!("{head}run = [\"x\"]\nstdoutt = \"\"")).contains("stdoutt"));
        assert!(error(head).contains("exactly one"));
        assert!(error(&format!("{head}run = [\"x\"]\nstdout_regex = \"(\"")).contains("regex"));
        assert!(error(&format!("{head}run = [\"x\"]\nneeds = [\"luck\"]")).contains("luck"));
        let case = "[[case]]\nname = \"a\"\nrun = [\"x\"]\n";
        assert!(error(&format!("description = \"d\"\n{case}{case}")).contains("two cases"));
    }
}
