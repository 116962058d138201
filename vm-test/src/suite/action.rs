// SPDX-License-Identifier: BSD-2-Clause
//! What a case may do to the guest besides running one program.

use super::{Mount, Run, Scalar, Texts};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One thing done to the guest.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    Run(Box<RunAction>),
    Spawn(Box<RunAction>),
    Kill {
        #[serde(default = "sigkill")]
        signal: String,
    },
    #[serde(rename = "kldload")]
    KldLoad(Kld),
    #[serde(rename = "kldunload")]
    KldUnload(Kld),
    #[serde(rename = "kldstat")]
    KldStat {
        #[serde(default)]
        module: Option<String>,
        loaded: bool,
    },
    Sysctl(Sysctl),
    Mount(Mount),
    Unmount {
        to: String,
        #[serde(default)]
        force: bool,
        #[serde(default)]
        errno: Option<String>,
    },
    Write {
        path: String,
        content: String,
        #[serde(default)]
        append: bool,
        #[serde(default)]
        errno: Option<String>,
    },
    Read(Read),
    Mkdir {
        path: String,
        #[serde(default)]
        errno: Option<String>,
    },
    Unlink {
        path: String,
        #[serde(default)]
        errno: Option<String>,
    },
    #[serde(rename = "kldcycle")]
    KldCycle {
        #[serde(default)]
        module: Option<String>,
        count: u32,
        #[serde(default)]
        run: Vec<String>,
    },
    UnloadBusy {
        run: Vec<String>,
    },
    Conflict {
        with: String,
        #[serde(default = "eexist")]
        errno: String,
        #[serde(default)]
        console_regex: Texts,
    },
}

/// [`Run`] as an action of its own.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RunAction {
    #[serde(flatten)]
    pub(crate) run: Run,
    #[serde(flatten)]
    pub(crate) unknown: BTreeMap<String, toml::Value>,
}

fn sigkill() -> String {
    "SIGKILL".into()
}

fn eexist() -> String {
    "EEXIST".into()
}

/// kldload and kldunload.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Kld {
    pub(crate) module: Option<String>,
    pub(crate) errno: Option<String>,
    pub(crate) console_regex: Texts,
    pub(crate) force: bool,
}

/// A sysctl to set, to check, or both.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sysctl {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) set: Option<Scalar>,
    #[serde(default)]
    pub(crate) expect: Option<Scalar>,
    #[serde(default)]
    pub(crate) regex: Option<String>,
    #[serde(default)]
    pub(crate) errno: Option<String>,
}

/// A guest file to look at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) contains: Texts,
    #[serde(default)]
    pub(crate) regex: Texts,
    #[serde(default)]
    pub(crate) errno: Option<String>,
}
