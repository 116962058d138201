// SPDX-License-Identifier: BSD-2-Clause
//! Fills the FreeBSD folder from the official release sets: `kernel.txz` and
//! `base.txz`, checked against the release's MANIFEST, of which only /boot is kept.

use anyhow::{Context, Result, bail, ensure};
use liblzma::read::XzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

/// Where FreeBSD keeps the release the module is for.
pub(crate) const RELEASE: &str = "https://download.freebsd.org/releases/amd64/15.0-RELEASE";

const SETS: [&str; 2] = ["kernel.txz", "base.txz"];

/// Downloads, checks and unpacks; what is there from an earlier try is used.
pub(crate) fn run(top: &Path, url: &str) -> Result<()> {
    // The checksums come over the same way as the sets: it must be one that
    // says who is at the other end.
    ensure!(
        url.starts_with("https://") || url.starts_with("http://127.0.0.1:"),
        "the release's address must begin with https://"
    );
    let url = url.trim_end_matches('/');
    let manifest = get_text(&format!("{url}/MANIFEST")).with_context(|| {
        format!(
            "cannot reach {url}.\n\
             On another machine, download kernel.txz and base.txz from there; then here:\n\
             mkdir -p {0} && for s in kernel base; do tar -C {0} -xf $s.txz ./boot; done",
            top.display()
        )
    })?;
    let downloads = top.join("download");
    std::fs::create_dir_all(&downloads)?;
    for set in SETS {
        let want = checksum_of(&manifest, set)
            .with_context(|| format!("the release's MANIFEST does not name {set}"))?;
        let file = downloads.join(set);
        if !file.is_file() || checksum(&file)? != want {
            download(&format!("{url}/{set}"), &file)?;
            let got = checksum(&file)?;
            if got != want {
                std::fs::remove_file(&file).ok();
                bail!("{set} has SHA-256 {got}, MANIFEST says {want}; removed, try again");
            }
        }
        eprintln!("{set}: checksum is right, unpacking");
        let count = unpack(XzDecoder::new_multi_decoder(File::open(&file)?), top)
            .with_context(|| format!("cannot unpack {}", file.display()))?;
        eprintln!("{set}: {count} files");
    }
    std::fs::remove_dir_all(&downloads).ok();
    match crate::folder::FreeBsd::find(Some(top)) {
        Ok(_) => {
            println!("FreeBSD is in {}", top.display());
            Ok(())
        }
        Err(why) => bail!("the release lacks something: {why}"),
    }
}

fn get_text(url: &str) -> Result<String> {
    Ok(ureq::get(url).call()?.body_mut().read_to_string()?)
}

/// MANIFEST: name, SHA-256, number of files and more, between tabs.
fn checksum_of(manifest: &str, set: &str) -> Option<String> {
    let line = manifest
        .lines()
        .find(|line| line.split('\t').next() == Some(set))?;
    let sum = line.split('\t').nth(1)?.trim().to_ascii_lowercase();
    (sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then_some(sum)
}

fn checksum(file: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(file)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Goes on where an earlier try ended.
fn download(url: &str, file: &Path) -> Result<()> {
    let part = file.with_extension("part");
    let have = std::fs::metadata(&part).map_or(0, |m| m.len());
    let mut request = ureq::get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        // Nothing is left of it: the checksum will tell whether it is right.
        Err(ureq::Error::StatusCode(416)) => {
            std::fs::rename(&part, file)?;
            return Ok(());
        }
        other => other.with_context(|| format!("cannot download {url}"))?,
    };
    let resumed = response.status().as_u16() == 206;
    let mut out = match resumed {
        true => File::options().append(true).open(&part)?,
        false => File::create(&part)?,
    };
    let begin = if resumed { have } else { 0 };
    let total = response.body().content_length().map(|n| n + begin);
    let mut body = response.into_body();
    let mut reader = body.as_reader();
    let mut progress = Progress::new(file, begin, total);
    let mut block = vec![0; 1 << 16];
    loop {
        let n = reader
            .read(&mut block)
            .with_context(|| format!("{url} broke off; run it again to go on"))?;
        let Some(data) = block.get(..n).filter(|d| !d.is_empty()) else {
            break;
        };
        out.write_all(data)?;
        progress.add(n as u64);
    }
    progress.end();
    std::fs::rename(&part, file)?;
    Ok(())
}

struct Progress {
    name: String,
    done: u64,
    total: Option<u64>,
    shown: Instant,
    live: bool,
}

impl Progress {
    fn new(file: &Path, done: u64, total: Option<u64>) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("downloading {name}");
        Self {
            name: name.into_owned(),
            done,
            total,
            shown: Instant::now(),
            live: std::io::stderr().is_terminal(),
        }
    }

    fn add(&mut self, n: u64) {
        self.done += n;
        if self.live && self.shown.elapsed() >= Duration::from_millis(200) {
            self.shown = Instant::now();
            eprint!("\r\x1b[K{}", bar(&self.name, self.done, self.total));
        }
    }

    fn end(&self) {
        if self.live {
            eprintln!("\r\x1b[K{}", bar(&self.name, self.done, self.total));
        }
    }
}

fn bar(name: &str, done: u64, total: Option<u64>) -> String {
    const WIDTH: u64 = 40;
    let mb = |n: u64| n / 1_000_000;
    match total {
        Some(total) if total > 0 => {
            let full = (done.min(total) * WIDTH / total) as usize;
            let rest = WIDTH as usize - full;
            format!(
                "{name} [{}{}] {}/{} MB",
                "#".repeat(full),
                "-".repeat(rest),
                mb(done),
                mb(total)
            )
        }
        _ => format!("{name} {} MB", mb(done)),
    }
}

/// Unpacks what the guest needs; how many files that was.
fn unpack(archive: impl Read, top: &Path) -> Result<usize> {
    let mut archive = tar::Archive::new(archive);
    let mut count = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let Some(path) = wanted(&entry.path()?) else {
            continue;
        };
        let to = top.join(&path);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match entry.header().entry_type() {
            tar::EntryType::Regular => {
                std::io::copy(&mut entry, &mut File::create(&to)?)?;
            }
            // The loader's plain name is a link to the one with Lua.
            tar::EntryType::Link | tar::EntryType::Symlink => {
                let target = entry.link_name()?.unwrap_or_default();
                let same_folder = path.with_file_name(&*target);
                let source = wanted(&target).or_else(|| wanted(&same_folder));
                let Some(source) = source.map(|p| top.join(p)).filter(|p| p.is_file()) else {
                    continue;
                };
                std::fs::copy(source, &to)?;
            }
            _ => continue,
        }
        count += 1;
    }
    Ok(count)
}

/// A set's path as one below the folder, if the guest needs the file. Nothing
/// but plain names passes, so nothing lands elsewhere.
fn wanted(path: &Path) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    let needed = match parts[..] {
        ["boot", "kernel" | "lua" | "defaults", _] | ["boot", "device.hints"] => true,
        ["boot", name] => name.starts_with("loader") && name.ends_with(".efi"),
        _ => false,
    };
    needed.then(|| parts.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_lines() {
        let sum = "a".repeat(64);
        let manifest = format!("base.txz\t{sum}\t28000\tbase\t\"Base\"\ton\nx\tnot hex\t1\n");
        assert_eq!(checksum_of(&manifest, "base.txz"), Some(sum));
        assert_eq!(checksum_of(&manifest, "x"), None);
        assert_eq!(checksum_of(&manifest, "kernel.txz"), None);
    }

    #[test]
    fn only_boot_files_are_wanted() {
        let is = |path: &str| wanted(Path::new(path)).is_some();
        assert!(is("./boot/kernel/kernel"));
        assert!(is("boot/lua/loader.lua"));
        assert!(is("./boot/loader_lua.efi"));
        assert!(!is("./boot/loader.conf"));
        assert!(!is("./boot/kernel/../../../etc/passwd"));
        assert!(!is("/boot/kernel/kernel"));
        assert!(!is("./etc/passwd"));
    }

    #[test]
    fn links_become_copies() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        header.set_cksum();
        let mut put = |name: &str| {
            tar.append_data(&mut header.clone(), name, &b"MZ"[..])
                .unwrap()
        };
        put("./boot/loader_lua.efi");
        put("./etc/rc");
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Link);
        link.set_size(0);
        tar.append_link(&mut link, "./boot/loader.efi", "./boot/loader_lua.efi")
            .unwrap();
        let top = tempfile::tempdir().unwrap();
        let data = tar.into_inner().unwrap();
        assert_eq!(unpack(&data[..], top.path()).unwrap(), 2);
        assert_eq!(
            std::fs::read(top.path().join("boot/loader.efi")).unwrap(),
            b"MZ"
        );
        assert!(!top.path().join("etc").exists());
    }

    #[test]
    fn a_bar_fills() {
        assert!(bar("x", 0, Some(100)).contains(&"-".repeat(40)));
        assert!(bar("x", 100, Some(100)).contains(&"#".repeat(40)));
        assert_eq!(bar("x", 5_000_000, None), "x 5 MB");
    }
}
