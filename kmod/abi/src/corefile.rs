// SPDX-License-Identifier: BSD-2-Clause
//! Core files (core(5), elf(5)): headers, notes, and which memory is in them.

use linux_raw_sys::elf_uapi as uapi;

use crate::c::l_timeval;
use crate::pod::pod;
use crate::ptrace::l_user_regs;

pod! {
    /// `Elf64_Ehdr`.
    struct l_ehdr {
        e_ident: [u8; 16],
        e_type: u16,
        e_machine: u16,
        e_version: u32,
        e_entry: u64,
        e_phoff: u64,
        e_shoff: u64,
        e_flags: u32,
        e_ehsize: u16,
        e_phentsize: u16,
        e_phnum: u16,
        e_shentsize: u16,
        e_shnum: u16,
        e_shstrndx: u16,
    }
    /// `Elf64_Phdr`.
    struct l_phdr {
        p_type: u32,
        p_flags: u32,
        p_offset: u64,
        p_vaddr: u64,
        p_paddr: u64,
        p_filesz: u64,
        p_memsz: u64,
        p_align: u64,
    }
    /// `Elf64_Shdr`.
    struct l_shdr {
        sh_name: u32,
        sh_type: u32,
        sh_flags: u64,
        sh_addr: u64,
        sh_offset: u64,
        sh_size: u64,
        sh_link: u32,
        sh_info: u32,
        sh_addralign: u64,
        sh_entsize: u64,
    }
    /// `Elf64_Nhdr`.
    struct l_nhdr {
        n_namesz: u32,
        n_descsz: u32,
        n_type: u32,
    }
    /// `struct elf_prstatus`: a thread and its registers.
    struct l_prstatus {
        si_signo: i32,
        si_code: i32,
        si_errno: i32,
        pr_cursig: u16,
        __pad0: u16,
        pr_sigpend: u64,
        pr_sighold: u64,
        pr_pid: i32,
        pr_ppid: i32,
        pr_pgrp: i32,
        pr_sid: i32,
        pr_utime: l_timeval,
        pr_stime: l_timeval,
        pr_cutime: l_timeval,
        pr_cstime: l_timeval,
        pr_reg: l_user_regs,
        pr_fpvalid: i32,
        __pad1: i32,
    }
    /// `struct elf_prpsinfo`: the process.
    struct l_prpsinfo {
        pr_state: u8,
        pr_sname: u8,
        pr_zomb: u8,
        pr_nice: i8,
        __pad0: u32,
        pr_flag: u64,
        pr_uid: u32,
        pr_gid: u32,
        pr_pid: i32,
        pr_ppid: i32,
        pr_pgrp: i32,
        pr_sid: i32,
        pr_fname: [u8; 16],
        pr_psargs: [u8; 80],
    }
}

const _: () = assert!(size_of::<l_prstatus>() == 336 && size_of::<l_prpsinfo>() == 136);

/// The page that segments are aligned to.
pub const PAGE: u64 = 4096;

/// What a note is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// [`l_prstatus`] of a thread.
    Status,
    /// The FXSAVE area of a thread.
    FpRegs,
    /// The XSAVE area of a thread.
    Xstate,
    /// [`l_prpsinfo`].
    Info,
    /// The `siginfo_t` it died of.
    Siginfo,
    /// The auxiliary vector.
    Auxv,
    /// Which files are mapped where.
    Files,
}

impl Note {
    /// Its name with the NUL, and its number.
    pub const fn id(self) -> (&'static [u8], u32) {
        const CORE: &[u8] = b"CORE\0";
        match self {
            Note::Status => (CORE, uapi::NT_PRSTATUS),
            Note::FpRegs => (CORE, uapi::NT_PRFPREG),
            Note::Info => (CORE, uapi::NT_PRPSINFO),
            Note::Siginfo => (CORE, uapi::NT_SIGINFO),
            Note::Auxv => (CORE, uapi::NT_AUXV),
            Note::Files => (CORE, uapi::NT_FILE),
            Note::Xstate => (b"LINUX\0", uapi::NT_X86_XSTATE),
        }
    }
}

/// The bytes that follow `len` up to the next word of a note.
pub const fn padding(len: usize) -> usize {
    len.wrapping_neg() & 3
}

/// The file header of a core with this many program headers, which follow it; with more than the
/// field can tell, [`section`] has the number.
pub fn header(segments: u32, section_at: u64) -> l_ehdr {
    let mut ident = [0; 16];
    for (to, from) in ident.iter_mut().zip(b"\x7fELF\x02\x01\x01") {
        *to = *from;
    }
    let many = segments >= XNUM;
    l_ehdr {
        e_ident: ident,
        e_type: ET_CORE,
        e_machine: EM_X86_64,
        e_version: 1,
        e_entry: 0,
        e_phoff: 64,
        e_shoff: if many { section_at } else { 0 },
        e_flags: 0,
        e_ehsize: 64,
        e_phentsize: 56,
        e_phnum: u16::try_from(segments).unwrap_or(u16::MAX),
        e_shentsize: if many { 64 } else { 0 },
        e_shnum: u16::from(many),
        e_shstrndx: 0,
    }
}

const ET_CORE: u16 = 4;
const EM_X86_64: u16 = 62;
/// PN_XNUM: the number of program headers is in the first section header.
const XNUM: u32 = 0xffff;

/// The only section header, where there are so many program headers that there must be one.
pub fn section(segments: u32) -> Option<l_shdr> {
    (segments >= XNUM).then_some(l_shdr {
        sh_size: 1,
        sh_info: segments,
        ..l_shdr::default()
    })
}

/// The program header of the notes.
pub fn note_segment(offset: u64, len: u64) -> l_phdr {
    l_phdr {
        p_type: uapi::PT_NOTE,
        p_offset: offset,
        p_filesz: len,
        p_align: 4,
        ..l_phdr::default()
    }
}

/// The program header of memory of which the first `kept` bytes are in the file.
pub fn load_segment(start: u64, end: u64, flags: u32, offset: u64, kept: u64) -> l_phdr {
    l_phdr {
        p_type: uapi::PT_LOAD,
        p_flags: flags,
        p_offset: offset,
        p_vaddr: start,
        p_paddr: 0,
        p_filesz: kept,
        p_memsz: end.saturating_sub(start),
        p_align: PAGE,
    }
}

/// A piece of the address space.
#[derive(Copy, Clone, Debug, Default)]
pub struct Memory {
    /// It has pages of its own: anonymous memory, or a file's that were written to.
    pub own: bool,
    /// It belongs to a file.
    pub file: bool,
    /// Others see what is written.
    pub shared: bool,
    /// MADV_DONTDUMP, or a part of the program that FreeBSD's loader marks so.
    pub unwanted: bool,
    /// It is a device's.
    pub device: bool,
    /// It may be accessed.
    pub accessible: bool,
}

/// How much of a piece of memory is in the core.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Everything.
    Whole,
    /// The first page, if it is an ELF header.
    Head,
    /// Nothing.
    Nothing,
}

/// What core(5) has as the default of /proc/pid/coredump_filter (0x33): private and shared memory
/// of no file, and the ELF headers of mapped files.
pub const fn kept(memory: Memory) -> Kept {
    if memory.device {
        Kept::Nothing
    } else if memory.own && !memory.unwanted {
        // Of a file that is shared the file has what is written.
        if memory.file && memory.shared {
            Kept::Nothing
        } else {
            Kept::Whole
        }
    } else if memory.file && !memory.shared && memory.accessible {
        Kept::Head
    } else {
        Kept::Nothing
    }
}

/// Whether a page is kept whose file is one of [`Kept::Head`].
pub fn is_elf_head(start: [u8; 4]) -> bool {
    &start == b"\x7fELF"
}

/// The arguments as ps(1) shows them: NULs are spaces, but those at the end.
pub fn join_arguments(text: &mut [u8; 80], len: usize) {
    let used = len.min(79);
    let (shown, rest) = text.split_at_mut(used);
    rest.fill(0);
    let end = shown
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last.saturating_add(1));
    for byte in shown.iter_mut().take(end) {
        if *byte == 0 {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default filter.
    #[test]
    fn filter() {
        let anonymous = Memory {
            own: true,
            accessible: true,
            ..Memory::default()
        };
        assert_eq!(kept(anonymous), Kept::Whole);
        let unwanted = Memory {
            unwanted: true,
            ..anonymous
        };
        assert_eq!(kept(unwanted), Kept::Nothing);
        let file = Memory {
            file: true,
            accessible: true,
            ..Memory::default()
        };
        assert_eq!(kept(file), Kept::Head);
        assert_eq!(kept(Memory { own: true, ..file }), Kept::Whole);
        assert_eq!(
            kept(Memory {
                shared: true,
                ..file
            }),
            Kept::Nothing
        );
        let text = Memory {
            own: true,
            unwanted: true,
            ..file
        };
        assert_eq!(kept(text), Kept::Head);
        assert_eq!(kept(Memory::default()), Kept::Nothing);
        let device = Memory {
            device: true,
            ..anonymous
        };
        assert_eq!(kept(device), Kept::Nothing);
    }

    /// More segments than the header can tell.
    #[test]
    fn many_segments() {
        assert_eq!((header(3, 0).e_phnum, header(3, 9).e_shoff), (3, 0));
        assert_eq!(section(3), None);
        let head = header(70_000, 4_000_000);
        assert_eq!(
            (head.e_phnum, head.e_shoff, head.e_shnum),
            (0xffff, 4_000_000, 1)
        );
        assert_eq!(section(70_000).unwrap().sh_info, 70_000);
    }

    /// What `ps` would show.
    #[test]
    fn arguments() {
        let mut text = [b'x'; 80];
        text[..8].copy_from_slice(b"ls\0-l\0\0\0");
        join_arguments(&mut text, 8);
        assert_eq!(&text[..9], b"ls -l\0\0\0\0");
        let mut long = [b'y'; 80];
        join_arguments(&mut long, 500);
        assert_eq!((long[78], long[79]), (b'y', 0));
        let mut none = [b'z'; 80];
        join_arguments(&mut none, 0);
        assert_eq!(none, [0; 80]);
    }

    /// Notes are padded to words.
    #[test]
    fn notes() {
        assert_eq!((padding(5), padding(8), padding(6)), (3, 0, 2));
        assert_eq!(Note::Status.id(), (&b"CORE\0"[..], 1));
        assert_eq!(Note::Xstate.id(), (&b"LINUX\0"[..], 0x202));
        assert_eq!(Note::Files.id().1, 0x4649_4c45);
    }
}
