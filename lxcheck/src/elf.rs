// SPDX-License-Identifier: BSD-2-Clause
//! The file of a program: whether it can run at all, its brand and its interpreter.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use linux_abi::elf::is_static_linux;
use object::elf::{
    DT_NEEDED, ELFCLASS32, ELFOSABI_FREEBSD, ELFOSABI_GNU, EM_X86_64, FileHeader64, NT_GNU_ABI_TAG,
    PT_DYNAMIC, PT_INTERP,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, ReadCache, ReadRef};
use serde::Serialize;

use crate::table::INTERPRETERS;

type Header = FileHeader64<Endianness>;

/// What an ELF file says of itself, and what the module makes of it.
#[derive(Debug, Serialize)]
pub(crate) struct Elf {
    /// The file.
    pub(crate) path: PathBuf,
    /// By what the module would know it for Linux's; absent if it would not.
    pub(crate) brand: Option<&'static str>,
    /// The interpreter it asks for.
    pub(crate) interpreter: Option<String>,
    /// Whether that is one the module knows.
    pub(crate) known_interpreter: bool,
    /// The libraries it needs.
    pub(crate) needed: Vec<String>,
    /// FreeBSD's own program.
    pub(crate) freebsd: bool,
}

/// A program to run: the file that the kernel maps, which for a script is its interpreter.
#[derive(Debug)]
pub(crate) struct Program {
    /// What exec is called with.
    pub(crate) path: PathBuf,
    /// Its ELF file.
    pub(crate) elf: Elf,
}

/// Finds a program as a shell does.
pub(crate) fn find(name: &Path) -> Result<PathBuf> {
    if name.as_os_str().to_string_lossy().contains('/') {
        return Ok(name.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file));
    found.ok_or_else(|| anyhow!("{}: there is no such program in PATH", name.display()))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Linux follows so many `#!` lines.
const SCRIPTS: usize = 5;

/// Reads a program that is to be run.
pub(crate) fn program(name: &Path) -> Result<Program> {
    let path = find(name)?;
    let mut file = path.clone();
    for _ in 0..=SCRIPTS {
        let start = start(&file)?;
        match start.strip_prefix(b"#!") {
            Some(line) => {
                let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
                let line = String::from_utf8_lossy(line);
                let interpreter = line.split_whitespace().next();
                let interpreter = interpreter.ok_or_else(|| {
                    anyhow!(
                        "{}: its first line, #!, names no interpreter",
                        file.display()
                    )
                })?;
                file = PathBuf::from(interpreter);
            }
            None => {
                let elf = read(&file)?;
                if !is_executable(&file) {
                    bail!("{}: it may not be executed", file.display());
                }
                return Ok(Program { path, elf });
            }
        }
    }
    bail!("{}: too many scripts run by scripts", path.display())
}

/// The first page.
fn start(path: &Path) -> Result<Vec<u8>> {
    let data = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => anyhow!("{}: there is no such file", path.display()),
        _ => anyhow!("{}: {error}", path.display()),
    })?;
    if data.is_dir() {
        bail!("{}: it is a folder, not a program", path.display());
    }
    let mut page = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4096).read_to_end(&mut page))
        .with_context(|| path.display().to_string())?;
    Ok(page)
}

/// Names of machines (`e_machine`) that a Linux program may be for.
const MACHINES: &[(u16, &str)] = &[
    (2, "SPARC"),
    (3, "i386"),
    (8, "MIPS"),
    (20, "PowerPC"),
    (21, "64-bit PowerPC"),
    (22, "S/390"),
    (40, "32-bit ARM"),
    (43, "64-bit SPARC"),
    (183, "AArch64 (64-bit ARM)"),
    (243, "RISC-V"),
    (258, "LoongArch"),
];

/// Reads an ELF file; one sentence if it is none that could run.
pub(crate) fn read(path: &Path) -> Result<Elf> {
    let name = path.display();
    let page = start(path)?;
    if !page.starts_with(b"\x7fELF") {
        bail!("{name}: it is not a Linux program: it does not start as an ELF file does");
    }
    let class = page.get(4).copied().unwrap_or(0);
    let machine = match page.get(18..20) {
        Some(&[low, high]) if page.get(5) == Some(&2) => u16::from_be_bytes([low, high]),
        Some(&[low, high]) => u16::from_le_bytes([low, high]),
        _ => bail!("{name}: it is not a program: the ELF file ends within its header"),
    };
    let known = MACHINES.iter().find(|(number, _)| *number == machine);
    let machine_name =
        known.map_or_else(|| format!("machine {machine}"), |(_, name)| (*name).into());
    if class == ELFCLASS32 && [3, EM_X86_64].contains(&machine) {
        bail!("{name}: it is a 32-bit program; linux_rs runs 64-bit ones only");
    }
    if machine != EM_X86_64 {
        bail!("{name}: it is a program for {machine_name}; linux_rs runs those for x86-64 only");
    }
    let cache = ReadCache::new(File::open(path).with_context(|| name.to_string())?);
    details(path, &page, &cache)
        .map_err(|error| anyhow!("{name}: its ELF headers are broken: {error}"))
}

fn details<'a, R: ReadRef<'a>>(path: &Path, page: &[u8], data: R) -> object::Result<Elf> {
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let mut interpreter = None;
    let mut note = false;
    let mut needed = Vec::new();
    for segment in segments {
        if segment.p_type(endian) == PT_INTERP
            && let Some(text) = segment.interpreter(endian, data)?
        {
            interpreter = Some(String::from_utf8_lossy(text).into_owned());
        }
        if let Some(mut notes) = segment.notes(endian, data)? {
            while let Some(found) = notes.next()? {
                // The operating system is the first word: 0 is Linux.
                note |= found.name() == b"GNU"
                    && found.n_type(endian) == NT_GNU_ABI_TAG
                    && found.desc().starts_with(&[0; 4]);
            }
        }
        if segment.p_type(endian) == PT_DYNAMIC
            && let Some(entries) = segment.dynamic(endian, data)?
        {
            let sections = header.sections(endian, data)?;
            if let Some((_, link)) = sections.dynamic(endian, data)? {
                let strings = sections.strings(endian, data, link)?;
                for entry in entries
                    .iter()
                    .filter(|entry| entry.d_tag(endian) == u64::from(DT_NEEDED))
                {
                    let name = u32::try_from(entry.d_val(endian)).ok();
                    if let Some(name) = name.and_then(|at| strings.get(at).ok()) {
                        needed.push(String::from_utf8_lossy(name).into_owned());
                    }
                }
            }
        }
    }
    let osabi = page.get(7).copied();
    let known_interpreter = interpreter
        .as_deref()
        .is_some_and(|path| INTERPRETERS.contains(&path));
    let freebsd = osabi == Some(ELFOSABI_FREEBSD);
    let brand = if freebsd {
        None
    } else if note {
        Some("its GNU ABI note")
    } else if osabi == Some(ELFOSABI_GNU) {
        Some("its OS/ABI mark")
    } else if known_interpreter {
        Some("its interpreter")
    } else if is_static_linux(page) {
        Some("having neither mark nor interpreter, as the static programs of musl, Go and Rust")
    } else {
        None
    };
    Ok(Elf {
        path: path.to_owned(),
        brand,
        interpreter,
        known_interpreter,
        needed,
        freebsd,
    })
}
