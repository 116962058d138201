// SPDX-License-Identifier: BSD-2-Clause
//! The Debian userland that suites run in: built once, kept, shared by all runs.

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Its recipe, in the repository; what is in these files decides whether a kept one is the right one.
const RECIPE: &[&str] = &["build.sh", "packages.txt", "setup.sh"];

/// Room for what suites write.
/// Debian's makefs ends at 2 GB in all.
const FREE_BYTES: u64 = 640 << 20;

/// Where the guest sees it.
pub(crate) const MOUNT: &str = "/compat/linux";

/// A userland that is there.
#[derive(Debug, Clone)]
pub(crate) struct Userland {
    folder: PathBuf,
    /// Changes with its recipe.
    pub(crate) id: String,
}

/// `$LINUX_RS_USERLAND`, or the default folder.
fn place() -> PathBuf {
    match std::env::var_os("LINUX_RS_USERLAND") {
        Some(path) => path.into(),
        None => {
            let home = std::env::var_os("HOME").map_or_else(|| "/".into(), PathBuf::from);
            home.join(".cache/linux_rs/debian-12-amd64")
        }
    }
}

/// Where the recipe is.
fn recipe() -> &'static Path {
    Path::new("tests/userland")
}

/// A name for the recipe's content.
fn recipe_id() -> Result<String> {
    let mut hash = Sha256::new();
    for name in RECIPE {
        let path = recipe().join(name);
        let text = std::fs::read(&path).with_context(|| {
            format!(
                "cannot read {} (run from the repository's top)",
                path.display()
            )
        })?;
        hash.update(name);
        hash.update(text);
    }
    let digest = hash.finalize();
    Ok(digest.iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// A program that needs root, by sudo for who is not.
pub(crate) fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

impl Userland {
    /// The kept one, if it is complete and of today's recipe; built otherwise, which takes minutes
    /// and needs root and a Debian mirror.
    pub(crate) fn ensure() -> Result<Self> {
        let this = Self {
            folder: place(),
            id: recipe_id()?,
        };
        if this.is_current() {
            eprintln!("userland: {}", this.describe());
            return Ok(this);
        }
        eprintln!(
            "userland: building Debian 12 in {} (once; some minutes)",
            this.folder.display()
        );
        this.build().with_context(|| {
            format!(
                "no Debian userland: it could not be built in {}",
                this.folder.display()
            )
        })?;
        eprintln!("userland: {}", this.describe());
        Ok(this)
    }

    fn is_current(&self) -> bool {
        let stamp = std::fs::read_to_string(self.stamp()).unwrap_or_default();
        stamp.trim() == self.id && self.image().is_file()
    }

    fn build(&self) -> Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        std::fs::remove_file(self.stamp()).ok();
        let status = as_root("sh")
            .arg(recipe().join("build.sh"))
            .arg(&self.folder)
            .status()
            .context("cannot run tests/userland/build.sh")?;
        ensure!(status.success(), "tests/userland/build.sh failed");
        self.make_image()?;
        std::fs::write(self.stamp(), format!("{}\n", self.id))?;
        Ok(())
    }

    /// A UFS image of the tree, owners and modes as they are.
    fn make_image(&self) -> Result<()> {
        let image = self.image();
        let output = as_root("makefs")
            .args(["-t", "ffs", "-o", "version=1", "-o", "density=16384", "-b"])
            .arg(FREE_BYTES.to_string())
            .args(["-f", "65536"])
            .arg(&image)
            .arg(self.root())
            .output()
            .context("cannot run makefs (Debian: apt install makefs; FreeBSD has it)")?;
        if !output.status.success() {
            bail!("makefs: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("recipe")
    }

    /// The tree, for real Linux.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// The same as a file system for the guest.
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.join("root.ufs")
    }

    /// What programs printed on real Linux.
    pub(crate) fn expected(&self) -> PathBuf {
        self.folder.join("expected.json")
    }

    /// Names and versions of its packages, a line each.
    pub(crate) fn packages(&self) -> String {
        std::fs::read_to_string(self.folder.join("packages.txt")).unwrap_or_default()
    }

    fn describe(&self) -> String {
        format!(
            "Debian 12 in {}, {} packages (`vm-test userland` lists them)",
            self.folder.display(),
            self.packages().lines().count()
        )
    }
}
