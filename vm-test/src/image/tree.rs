// SPDX-License-Identifier: BSD-2-Clause
//! The guest's root as a folder on the host, and makefs(8) over it.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room for what tests write: makefs sizes an image to its content otherwise.
const FREE_BYTES: u64 = 200 << 20;

/// What an entry is.
#[derive(Debug)]
enum Entry {
    Dir,
    File { mode: u32 },
    Link,
}

/// A root folder under construction.
#[derive(Debug)]
pub(crate) struct Tree {
    top: PathBuf,
    /// By path below the top, `/` separated, parents before children.
    entries: BTreeMap<String, Entry>,
    bytes: u64,
}

impl Tree {
    /// Starts in an empty or absent folder.
    pub(crate) fn new(top: &Path) -> Result<Self> {
        std::fs::create_dir_all(top)?;
        Ok(Self {
            top: top.into(),
            entries: BTreeMap::new(),
            bytes: 0,
        })
    }

    /// Adds a folder and those above it.
    pub(crate) fn dir(&mut self, path: &str) -> Result<()> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(self.top.join(path))?;
        for (at, _) in path.match_indices('/') {
            self.entries
                .insert(path.get(..at).unwrap_or_default().into(), Entry::Dir);
        }
        self.entries.insert(path.into(), Entry::Dir);
        Ok(())
    }

    fn parent(&mut self, path: &str) -> Result<()> {
        match path.rsplit_once('/') {
            Some((parent, _)) => self.dir(parent),
            None => Ok(()),
        }
    }

    /// Adds a file with this content.
    pub(crate) fn write(&mut self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let path = path.trim_start_matches('/');
        self.parent(path)?;
        std::fs::write(self.top.join(path), content)?;
        self.file(path, content.len() as u64, mode)
    }

    /// Adds a copy of a file of the host.
    pub(crate) fn copy(&mut self, from: &Path, path: &str, mode: u32) -> Result<()> {
        let path = path.trim_start_matches('/');
        self.parent(path)?;
        let len = std::fs::copy(from, self.top.join(path))
            .with_context(|| format!("cannot copy {}", from.display()))?;
        self.file(path, len, mode)
    }

    fn file(&mut self, path: &str, len: u64, mode: u32) -> Result<()> {
        self.bytes += len + 4096;
        let permissions = std::fs::Permissions::from_mode(mode | 0o200);
        std::fs::set_permissions(self.top.join(path), permissions)?;
        self.entries.insert(path.into(), Entry::File { mode });
        Ok(())
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, target: &str, path: &str) -> Result<()> {
        let path = path.trim_start_matches('/');
        self.parent(path)?;
        symlink(target, self.top.join(path))?;
        self.entries.insert(path.into(), Entry::Link);
        Ok(())
    }

    /// Adds a folder of the host with all that is in it.
    pub(crate) fn copy_all(&mut self, from: &Path, to: &str) -> Result<()> {
        self.dir(to)?;
        let list =
            std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
        for entry in list {
            let entry = entry?;
            let to = format!("{to}/{}", entry.file_name().to_string_lossy());
            let kind = std::fs::metadata(entry.path())?;
            if kind.is_dir() {
                self.copy_all(&entry.path(), &to)?;
            } else {
                let mode = kind.permissions().mode() & 0o777;
                self.copy(&entry.path(), &to, mode)?;
            }
        }
        Ok(())
    }

    /// The ownership list for makefs: whoever builds, root owns everything.
    fn manifest(&self) -> String {
        let mut text = String::from("#mtree\n/set uid=0 gid=0 mode=0755\n. type=dir\n");
        let mut inside: Vec<&str> = Vec::new();
        // Ordered by components, so that a folder's entries come together.
        let mut sorted: Vec<_> = self.entries.iter().collect();
        sorted.sort_by_key(|(path, _)| path.split('/').collect::<Vec<_>>());
        for (path, entry) in sorted {
            let mut parts: Vec<&str> = path.split('/').collect();
            let name = parts.pop().unwrap_or_default();
            while !parts.starts_with(&inside) {
                inside.pop();
                text.push_str("..\n");
            }
            let _ = match entry {
                Entry::Dir => {
                    inside.push(name);
                    writeln!(text, "{name} type=dir")
                }
                Entry::File { mode } => writeln!(text, "{name} type=file mode={mode:04o}"),
                Entry::Link => writeln!(text, "{name} type=link"),
            };
        }
        text
    }

    /// Makes a UFS image of it.
    pub(crate) fn make_ufs(&self, image: &Path) -> Result<()> {
        let manifest = image.with_extension("mtree");
        std::fs::write(&manifest, self.manifest())?;
        // Debian's makefs is old: 15.0 does not mount the version 2 images it
        // makes. FreeBSD's own is fine with either.
        let size = (self.bytes + self.bytes / 8 + FREE_BYTES).next_multiple_of(1 << 20);
        let output = Command::new("makefs")
            .args(["-t", "ffs", "-o", "version=1", "-s"])
            .arg(size.to_string())
            .arg("-F")
            .arg(&manifest)
            .arg(image)
            .arg(&self.top)
            .output();
        let output = match output {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                bail!("makefs is not installed (Debian: apt install makefs; FreeBSD has it)")
            }
            other => other.context("cannot run makefs")?,
        };
        if !output.status.success() {
            bail!("makefs: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_closes_what_it_opens() {
        let top = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(top.path()).unwrap();
        tree.write("/a/b/c", b"x", 0o600).unwrap();
        tree.write("/a-b", b"x", 0o755).unwrap();
        tree.link("c", "/a/b/d").unwrap();
        tree.dir("/z").unwrap();
        assert_eq!(
            tree.manifest(),
            "#mtree\n/set uid=0 gid=0 mode=0755\n. type=dir\na type=dir\nb type=dir\n\
             c type=file mode=0600\nd type=link\n..\n..\na-b type=file mode=0755\nz type=dir\n"
        );
    }
}
