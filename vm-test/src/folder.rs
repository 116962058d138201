// SPDX-License-Identifier: BSD-2-Clause
//! Where FreeBSD's kernel, modules and loader are on this host.

use std::path::{Path, PathBuf};

/// A folder with a `boot` like a FreeBSD installation's.
#[derive(Debug, Clone)]
pub(crate) struct FreeBsd {
    top: PathBuf,
}

/// The folder to use: `wanted`, which comes from `--freebsd` or
/// `$LINUX_RS_FREEBSD`, or the default one.
pub(crate) fn place(wanted: Option<&Path>) -> PathBuf {
    match wanted {
        Some(path) => path.into(),
        None => {
            let home = std::env::var_os("HOME").map_or_else(|| "/".into(), PathBuf::from);
            home.join(".cache/linux_rs/freebsd-15.0-amd64")
        }
    }
}

impl FreeBsd {
    /// Looks at the folder; fails with what is missing from it and what to do.
    pub(crate) fn find(wanted: Option<&Path>) -> Result<Self, String> {
        let this = Self { top: place(wanted) };
        let needed = [
            this.kernel(),
            this.loader(),
            this.boot().join("lua/loader.lua"),
            this.boot().join("defaults/loader.conf"),
        ];
        match needed.iter().find(|path| !path.is_file()) {
            None => Ok(this),
            Some(missing) => Err(format!(
                "no FreeBSD to boot: {} is missing.\n\
                 Run `vm-test fetch`, or put boot/kernel, boot/lua, boot/defaults and \
                 boot/loader.efi\n\
                 of FreeBSD 15.0's kernel.txz and base.txz there (or name a folder with --freebsd).",
                missing.display()
            )),
        }
    }

    pub(crate) fn boot(&self) -> PathBuf {
        self.top.join("boot")
    }

    pub(crate) fn kernel(&self) -> PathBuf {
        self.boot().join("kernel/kernel")
    }

    /// A release's base.txz calls it both names.
    pub(crate) fn loader(&self) -> PathBuf {
        let lua = self.boot().join("loader_lua.efi");
        match lua.is_file() {
            true => lua,
            false => self.boot().join("loader.efi"),
        }
    }

    /// A module's file, if it is there.
    pub(crate) fn module(&self, name: &str) -> Option<PathBuf> {
        let file = self.boot().join(format!("kernel/{name}.ko"));
        file.is_file().then_some(file)
    }
}
