// SPDX-License-Identifier: BSD-2-Clause
//! The guest's disk: an EFI partition with FreeBSD's loader, and a UFS root
//! with the kernel, /init and everything a suite needs.

mod gpt;
mod tree;

use crate::folder::FreeBsd;
use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use gpt::Kind;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tree::Tree;

/// Enough for the loader, and for FAT16 rather than FAT12.
const EFI_BYTES: u64 = 16 << 20;

/// Modules every image gets when the FreeBSD folder has them: the C Linuxulator
/// to compare with, and what its programs and ours want mounted.
const MODULES: &[&str] = &[
    "linux64",
    "linux_common",
    "linprocfs",
    "linsysfs",
    "pseudofs",
    "procfs",
    "pty",
    "fdescfs",
    "mqueuefs",
    "nullfs",
    "tmpfs",
    "fusefs",
];

/// Applets a Linux program finds as /bin/NAME.
const APPLETS: &str = "sh ash cat cp chmod chown cut date dd df dirname du echo env expr false \
    find grep head hostname id kill ln ls md5sum mkdir mkfifo mknod mktemp mount mv nproc od \
    printf ps pwd readlink realpath rm rmdir sed seq sleep sort stat stty sync tail tar tee test \
    time timeout touch tr true tty umount uname uniq wc which whoami xargs yes";

const LOADER_CONF: &str = r#"console="comconsole"
boot_serial="YES"
autoboot_delay="-1"
beastie_disable="YES"
loader_logo="none"
init_path="/init"
vfs.root.mountfrom="ufs:/dev/vtbd0p2"
vfs.root.mountfrom.options="rw"
debug.debugger_on_panic="0"
kern.panic_reboot_wait_time="0"
kern.msgbuf_show_timestamp="0"
"#;

/// What goes into an image besides FreeBSD.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    /// Our /init.
    pub(crate) init: PathBuf,
    /// The module under test, if it is not one of FreeBSD's.
    pub(crate) module: Option<PathBuf>,
    /// A folder that becomes /tests.
    pub(crate) programs: Option<PathBuf>,
    /// A static Linux busybox.
    pub(crate) busybox: Option<PathBuf>,
    /// More loader.conf lines.
    pub(crate) tunables: Vec<String>,
}

/// Builds a disk image in `work`, with the files these suites ask for.
pub(crate) fn build(
    freebsd: &FreeBsd,
    contents: &Contents,
    suites: &[Suite],
    work: &Path,
) -> Result<PathBuf> {
    let mut tree = Tree::new(&work.join("root"))?;
    add_system(&mut tree, freebsd, contents, suites)?;
    add_programs(&mut tree, contents)?;
    for suite in suites {
        add_suite_files(&mut tree, suite)?;
    }
    let root = work.join("root.ufs");
    tree.make_ufs(&root)?;
    let disk = work.join("disk.img");
    assemble(&freebsd.loader(), &root, &disk).context("cannot write the disk image")?;
    std::fs::remove_file(&root).ok();
    std::fs::remove_dir_all(work.join("root")).ok();
    Ok(disk)
}

fn add_system(
    tree: &mut Tree,
    freebsd: &FreeBsd,
    contents: &Contents,
    suites: &[Suite],
) -> Result<()> {
    for dir in [
        "dev",
        "tmp",
        "proc",
        "sys",
        "mnt",
        "root",
        "var/run",
        "var/tmp",
        "etc",
        "compat/linux",
        "boot/modules",
        "tests",
    ] {
        tree.dir(dir)?;
    }
    tree.copy(&contents.init, "init", 0o755)
        .context("is guest-init built? `make` does it")?;
    for folder in ["lua", "defaults"] {
        tree.copy_all(&freebsd.boot().join(folder), &format!("boot/{folder}"))?;
    }
    let hints = freebsd.boot().join("device.hints");
    if hints.is_file() {
        tree.copy(&hints, "boot/device.hints", 0o644)?;
    }
    let mut conf = String::from(LOADER_CONF);
    for line in &contents.tunables {
        conf.push_str(line);
        conf.push('\n');
    }
    tree.write("boot/loader.conf", conf.as_bytes(), 0o644)?;
    // Without a seed the kernel's random numbers, and whoever asks for some,
    // would wait; the loader hands this one over.
    let mut seed = [0; 4096];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    tree.write("boot/entropy", &seed, 0o600)?;
    tree.copy(&freebsd.kernel(), "boot/kernel/kernel", 0o755)?;
    let wanted = suites
        .iter()
        .flat_map(Suite::modules)
        .chain(MODULES.iter().map(|m| (*m).into()));
    for name in wanted {
        if let Some(file) = freebsd.module(&name) {
            tree.copy(&file, &format!("boot/kernel/{name}.ko"), 0o755)?;
        }
    }
    if let Some(module) = &contents.module {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        tree.copy(module, &format!("boot/modules/{name}"), 0o755)?;
    }
    Ok(())
}

fn add_programs(tree: &mut Tree, contents: &Contents) -> Result<()> {
    if let Some(programs) = &contents.programs {
        tree.copy_all(programs, "tests")?;
    }
    if let Some(busybox) = &contents.busybox {
        tree.copy(busybox, "compat/linux/bin/busybox", 0o755)?;
        for applet in APPLETS.split_whitespace() {
            tree.link("busybox", &format!("compat/linux/bin/{applet}"))?;
        }
    }
    Ok(())
}

fn add_suite_files(tree: &mut Tree, suite: &Suite) -> Result<()> {
    for dir in &suite.setup.dirs {
        tree.dir(dir)?;
    }
    for mount in &suite.setup.mount {
        tree.dir(&mount.to)?;
    }
    for file in &suite.setup.files {
        let mode = file.mode.unwrap_or(0o644);
        match (&file.content, &file.host) {
            (Some(content), None) => tree.write(&file.path, content.as_bytes(), mode)?,
            (None, Some(host)) => tree.copy(host, &file.path, mode)?,
            _ => anyhow::bail!(
                "suite {}: file {} needs either `content` or `host`",
                suite.name,
                file.path
            ),
        }
    }
    Ok(())
}

fn assemble(loader: &Path, root: &Path, disk: &Path) -> Result<()> {
    let efi = efi_partition(loader)?;
    let mut root = File::open(root)?;
    let (partitions, len) = gpt::layout(&[
        (Kind::EFI, EFI_BYTES),
        (Kind::FREEBSD_UFS, root.metadata()?.len()),
    ]);
    let mut out = File::create(disk)?;
    out.set_len(len)?;
    gpt::write(&mut out, &partitions, len)?;
    let [first, second] = &partitions[..] else {
        anyhow::bail!("two partitions make this disk");
    };
    copy_sparse(&mut &efi[..], &mut out, first.start)?;
    copy_sparse(&mut root, &mut out, second.start)
}

fn efi_partition(loader: &Path) -> Result<Vec<u8>> {
    let program =
        std::fs::read(loader).with_context(|| format!("cannot read {}", loader.display()))?;
    ensure!(
        (program.len() as u64) < EFI_BYTES - (1 << 20),
        "{} is too large for the EFI partition",
        loader.display()
    );
    let mut disk = Cursor::new(vec![0; EFI_BYTES as usize]);
    fatfs::format_volume(
        &mut disk,
        fatfs::FormatVolumeOptions::new()
            .fat_type(fatfs::FatType::Fat16)
            .bytes_per_cluster(1024),
    )?;
    {
        let fs = fatfs::FileSystem::new(&mut disk, fatfs::FsOptions::new())?;
        let dir = fs.root_dir().create_dir("EFI")?.create_dir("BOOT")?;
        dir.create_file("BOOTX64.EFI")?.write_all(&program)?;
    }
    Ok(disk.into_inner())
}

/// Copies leaving holes for zeros: most of a fresh file system is empty.
fn copy_sparse(from: &mut impl Read, to: &mut File, start: u64) -> Result<()> {
    let mut block = vec![0; 1 << 16];
    let mut at = start;
    loop {
        let n = from.read(&mut block)?;
        let Some(data) = block.get(..n).filter(|d| !d.is_empty()) else {
            return Ok(());
        };
        if data.iter().any(|&b| b != 0) {
            to.seek(SeekFrom::Start(at))?;
            to.write_all(data)?;
        }
        at += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_efi_partition_holds_the_loader() {
        let dir = tempfile::tempdir().unwrap();
        let loader = dir.path().join("loader.efi");
        std::fs::write(&loader, b"MZ").unwrap();
        let mut image = Cursor::new(efi_partition(&loader).unwrap());
        let fs = fatfs::FileSystem::new(&mut image, fatfs::FsOptions::new()).unwrap();
        assert_eq!(fs.fat_type(), fatfs::FatType::Fat16);
        let mut text = String::new();
        fs.root_dir()
            .open_file("EFI/BOOT/BOOTX64.EFI")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "MZ");
    }
}
