// SPDX-License-Identifier: BSD-2-Clause
//! Builds the Linux vDSO image out of `kmod/vdso` and says where the kernel
//! finds things in it.
//!
//! A module of the build script, not of the kernel: `mod vdso;` there, with
//! `#[path = "build/vdso.rs"]`. It leaves two files in the output folder:
//! `linux-vdso.so.1`, the image, and `vdso_offsets.rs`, to be `include!`d.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the kernel maps at most: two pages.
const MAX_SIZE: usize = 2 * 4096;

/// Sources, part of this program so that cargo rebuilds when they change.
const SOURCES: [(&str, &str); 3] = [
    ("vdso.c", include_str!("../vdso/vdso.c")),
    ("sigtramp.S", include_str!("../vdso/sigtramp.S")),
    ("vdso.lds", include_str!("../vdso/vdso.lds")),
];

/// The target only chooses the headers' idea of the machine; no code depends
/// on the operating system. User code: the red zone stays, but nothing that
/// touches vector registers, calls a library or expects one.
const COMPILE: &[&str] = &[
    "--target=x86_64-unknown-freebsd15.0",
    "-std=gnu17",
    "-O2",
    "-fPIC",
    "-ffreestanding",
    "-nostdinc",
    "-mgeneral-regs-only",
    "-fomit-frame-pointer",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-fasynchronous-unwind-tables",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-c",
];

const LINK: &[&str] = &[
    "-m",
    "elf_x86_64",
    "-shared",
    "--hash-style=both",
    "--soname=linux-vdso.so.1",
    "--eh-frame-hdr",
    "--build-id=sha1",
    "--no-undefined",
    "--fatal-warnings",
    "--orphan-handling=warn",
    "--discard-all",
    "-znorelro",
    "-zrodynamic",
    "-zmax-page-size=4096",
];

/// The instructions of `__vdso_rt_sigreturn`, which unwinders and debuggers
/// know by heart: `mov $15, %rax; syscall`.
const SIGRETURN_CODE: [u8; 9] = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];

/// Where the kernel finds things in the image. Addresses are file offsets:
/// the one segment starts at 0 of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offsets {
    /// `struct linux_vdso_data`, 16 zero bytes for the kernel to fill in.
    pub(crate) data: usize,
    /// The signal return trampoline.
    pub(crate) rt_sigreturn: usize,
}

/// Compiles, links and inspects the image, and writes `vdso_offsets.rs`.
///
/// `sysinclude` are the folders of FreeBSD's kernel headers, in order.
/// Returns the path of the image. Every error is one sentence.
pub(crate) fn build(
    out_dir: &Path,
    sysinclude: &[PathBuf],
    clang: &str,
    lld: &str,
) -> io::Result<PathBuf> {
    let folder = out_dir.join("vdso");
    fs::create_dir_all(&folder).map_err(|e| cannot("create", &folder, &e))?;
    for (name, text) in SOURCES {
        write(&folder.join(name), text)?;
    }

    for source in ["vdso.c", "sigtramp.S"] {
        let mut command = Command::new(clang);
        command.current_dir(&folder).args(COMPILE);
        for path in sysinclude {
            command.arg("-isystem").arg(path);
        }
        run(
            command.args([source, "-o", &object(source)]),
            &format!("compile kmod/vdso/{source}"),
        )?;
    }

    let mut command = Command::new(lld);
    command.current_dir(&folder).args(LINK).args([
        "-T",
        "vdso.lds",
        "-o",
        "linux-vdso.so.1",
        &object("vdso.c"),
        &object("sigtramp.S"),
    ]);
    run(&mut command, "link the vDSO")?;

    let linked = folder.join("linux-vdso.so.1");
    let image = fs::read(&linked).map_err(|e| cannot("read", &linked, &e))?;
    let offsets = inspect(&image)?;
    let result = out_dir.join("linux-vdso.so.1");
    write(&result, &image)?;
    write(&out_dir.join("vdso_offsets.rs"), constants(offsets))?;
    Ok(result)
}

fn object(source: &str) -> String {
    format!("{source}.o")
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot {verb} {}: {error}", path.display()),
    )
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    fs::write(path, content).map_err(|e| cannot("write", path, &e))
}

/// Runs a tool whose own messages go to the terminal.
fn run(command: &mut Command, task: &str) -> io::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| {
        io::Error::new(
            e.kind(),
            format!("cannot {task}: {program} did not start: {e}"),
        )
    })?;
    if status.success() {
        Ok(())
    } else {
        bad(format!(
            "cannot {task}: {program} gave up with {status}, its messages are above"
        ))
    }
}

fn bad<T>(sentence: impl Into<String>) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidData, sentence.into()))
}

/// The text of `vdso_offsets.rs`. The modes are those of `vdso.c`.
fn constants(offsets: Offsets) -> String {
    let Offsets { data, rt_sigreturn } = offsets;
    format!(
        r#"// Generated by kmod/build/vdso.rs from kmod/vdso: change those.

/// The image, to be copied to the first byte of the pages every process maps.
pub const IMAGE: &[u8] = include_bytes!("linux-vdso.so.1");
/// Offset of [`VdsoData`] in the image, a multiple of 16.
pub const VDSO_DATA: usize = {data:#x};
/// Offset of the signal trampoline: the return address of a handler installed
/// without `SA_RESTORER`.
pub const RT_SIGRETURN: usize = {rt_sigreturn:#x};

/// What the kernel writes at [`VDSO_DATA`] of its copy before a process maps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct VdsoData {{
    /// User address of FreeBSD's `struct vdso_timekeep`; 0: none, use system calls.
    pub timekeep_base: u64,
    /// One of the `TSC_` constants.
    pub tsc_mode: u32,
    /// One of the `CPU_` constants.
    pub cpu_mode: u32,
}}

/// Read the counter with `lfence; rdtsc`.
pub const TSC_LFENCE: u32 = 0;
/// Read the counter with `mfence; rdtsc` (AMD without `rdtscp`).
pub const TSC_MFENCE: u32 = 1;
/// Read the counter with `rdtscp`.
pub const TSC_RDTSCP: u32 = 2;
/// Ask the kernel for the CPU number.
pub const CPU_SYSCALL: u32 = 0;
/// Read the CPU number with `rdpid`.
pub const CPU_RDPID: u32 = 1;
/// Read the CPU number with `rdtscp`.
pub const CPU_RDTSCP: u32 = 2;
"#
    )
}

/// Fixed-size little-endian fields of the image.
struct Elf<'a>(&'a [u8]);

impl<'a> Elf<'a> {
    fn bytes(&self, at: u64, len: u64) -> io::Result<&'a [u8]> {
        usize::try_from(at)
            .ok()
            .zip(usize::try_from(len).ok())
            .and_then(|(at, len)| self.0.get(at..at.checked_add(len)?))
            .map_or_else(
                || {
                    bad(format!(
                        "the vDSO image ends before offset {at:#x} + {len:#x}"
                    ))
                },
                Ok,
            )
    }

    fn number(&self, at: u64, len: u64) -> io::Result<u64> {
        let bytes = self.bytes(at, len)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |n, &byte| n << 8 | u64::from(byte)))
    }

    fn u16(&self, at: u64) -> io::Result<u64> {
        self.number(at, 2)
    }

    fn u32(&self, at: u64) -> io::Result<u64> {
        self.number(at, 4)
    }

    fn u64(&self, at: u64) -> io::Result<u64> {
        self.number(at, 8)
    }

    /// Is there a NUL-terminated `name` at `at`?
    fn is_name(&self, at: u64, name: &str) -> bool {
        let len = u64::try_from(name.len()).unwrap_or(u64::MAX);
        self.bytes(at, len.saturating_add(1))
            .is_ok_and(|b| b.strip_suffix(&[0]) == Some(name.as_bytes()))
    }
}

/// Checks that the image is what the kernel can map as it is, and finds the
/// two places the kernel needs. Constants are those of the System V gABI.
pub(crate) fn inspect(image: &[u8]) -> io::Result<Offsets> {
    let elf = Elf(image);
    if image.len() > MAX_SIZE {
        return bad(format!(
            "the vDSO image is {} bytes, but only {MAX_SIZE} are mapped",
            image.len()
        ));
    }
    if elf.bytes(0, 8)? != [0x7f, b'E', b'L', b'F', 2, 1, 1, 0] {
        return bad("the vDSO image is not a 64-bit little-endian System V ELF file");
    }
    if (elf.u16(16)?, elf.u16(18)?) != (3, 62) {
        return bad("the vDSO image is not a shared object for x86-64");
    }
    let dynamic = check_segments(&elf)?;
    check_dynamic(&elf, dynamic)?;
    check_sections(&elf)
}

/// One R+X `PT_LOAD` at 0 holding all the rest. Returns where `.dynamic` is.
fn check_segments(elf: &Elf<'_>) -> io::Result<(u64, u64)> {
    let (mut loads, mut dynamic, mut frames) = (0, None, 0);
    let start = elf.u64(32)?;
    for index in 0..elf.u16(56)? {
        let at = start + index * 56;
        let (offset, address, size) = (elf.u64(at + 8)?, elf.u64(at + 16)?, elf.u64(at + 32)?);
        match elf.u32(at)? {
            1 => {
                loads += 1;
                if (offset, address) != (0, 0) || size != elf.u64(at + 40)? {
                    return bad("the vDSO segment does not map the file as it is from address 0");
                }
                if elf.u32(at + 4)? != 5 {
                    return bad("the vDSO segment is not readable and executable only");
                }
            }
            2 => dynamic = Some((offset, size)),
            3 => return bad("the vDSO image asks for a program interpreter"),
            7 => return bad("the vDSO image has thread-local data"),
            0x6474_e550 => frames += 1,
            _ => {}
        }
    }
    if loads != 1 {
        return bad(format!(
            "the vDSO image has {loads} PT_LOAD segments, it must have one"
        ));
    }
    if frames != 1 {
        return bad("the vDSO image has no PT_GNU_EH_FRAME, so nothing can unwind through it");
    }
    match dynamic {
        Some(place) => Ok(place),
        None => bad("the vDSO image has no PT_DYNAMIC, so no libc would find its functions"),
    }
}

/// Everything a libc looks functions up with, and no work for a dynamic linker.
fn check_dynamic(elf: &Elf<'_>, (start, size): (u64, u64)) -> io::Result<()> {
    let mut tags = Vec::new();
    for at in (start..start + size).step_by(16) {
        tags.push(elf.u64(at)?);
    }
    let needed = [
        (4, "DT_HASH"),
        (5, "DT_STRTAB"),
        (6, "DT_SYMTAB"),
        (14, "DT_SONAME"),
        (0x6fff_fef5, "DT_GNU_HASH"),
        (0x6fff_fff0, "DT_VERSYM"),
        (0x6fff_fffc, "DT_VERDEF"),
    ];
    if let Some((_, name)) = needed.iter().find(|(tag, _)| !tags.contains(tag)) {
        return bad(format!("the vDSO image has no {name}"));
    }
    let forbidden = [
        (1, "DT_NEEDED"),
        (7, "DT_RELA"),
        (12, "DT_INIT"),
        (13, "DT_FINI"),
        (17, "DT_REL"),
        (22, "DT_TEXTREL"),
        (23, "DT_JMPREL"),
        (25, "DT_INIT_ARRAY"),
        (26, "DT_FINI_ARRAY"),
        (36, "DT_RELR"),
    ];
    match forbidden.iter().find(|(tag, _)| tags.contains(tag)) {
        Some((_, name)) => bad(format!(
            "the vDSO image has {name}, but nobody relocates, initialises or links a vDSO"
        )),
        None => Ok(()),
    }
}

/// No relocations, no undefined symbols; finds the kernel's two symbols.
fn check_sections(elf: &Elf<'_>) -> io::Result<Offsets> {
    let section = |index: u64| -> io::Result<u64> { Ok(elf.u64(40)? + index * 64) };
    let (mut data, mut rt_sigreturn) = (None, None);
    for index in 0..elf.u16(60)? {
        let at = section(index)?;
        let (start, size) = (elf.u64(at + 24)?, elf.u64(at + 32)?);
        match elf.u32(at + 4)? {
            4 | 9 | 19 => {
                return bad("the vDSO image has relocations left, but nobody applies them");
            }
            // SHT_SYMTAB, SHT_DYNSYM; entry 0 is the empty symbol.
            2 | 11 => {
                let strings = elf.u64(section(elf.u32(at + 40)?)? + 24)?;
                for symbol in (start..start + size).step_by(24).skip(1) {
                    let name = strings + elf.u32(symbol)?;
                    if elf.u16(symbol + 6)? == 0 {
                        return bad("the vDSO image has an undefined symbol");
                    }
                    let place = (elf.u64(symbol + 8)?, elf.u64(symbol + 16)?);
                    if elf.is_name(name, "linux_vdso_data") {
                        data = Some(place);
                    } else if elf.is_name(name, "__vdso_rt_sigreturn") {
                        rt_sigreturn = Some(place);
                    }
                }
            }
            _ => {}
        }
    }
    let Some((data, 16)) = data.filter(|(at, _)| at % 16 == 0) else {
        return bad(
            "the vDSO image has no aligned 16-byte linux_vdso_data for the kernel to fill in",
        );
    };
    if elf.bytes(data, 16)? != [0; 16] {
        return bad("linux_vdso_data in the vDSO image is not zero");
    }
    let Some((rt_sigreturn, _)) = rt_sigreturn else {
        return bad("the vDSO image has no __vdso_rt_sigreturn");
    };
    if elf.bytes(rt_sigreturn, 9)? != SIGRETURN_CODE {
        return bad("__vdso_rt_sigreturn is not the instructions unwinders look for");
    }
    let narrow = |n: u64| usize::try_from(n).map_err(io::Error::other);
    Ok(Offsets {
        data: narrow(data)?,
        rt_sigreturn: narrow(rt_sigreturn)?,
    })
}
