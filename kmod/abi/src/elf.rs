// SPDX-License-Identifier: BSD-2-Clause
//! What an ELF file's first page says of its ABI.

use linux_raw_sys::elf as linux;

const EI_OSABI: usize = 7;
const ELFOSABI_SYSV: u8 = 0;
const ELFOSABI_LINUX: u8 = 3;

const E_PHOFF: usize = 32;
const E_PHENTSIZE: usize = 54;
const E_PHNUM: usize = 56;
const P_MEMSZ: usize = 40;

fn bytes<const N: usize>(page: &[u8], at: usize) -> Option<[u8; N]> {
    page.get(at..)?.first_chunk().copied()
}

/// Whether a 64-bit ELF file is Linux's, or nobody's, names no interpreter and has something to load.
///
/// `page` is the start of the file. Program headers that do not lie in it count as
/// none found, so that the kernel's own checks refuse the file.
pub fn is_static_linux(page: &[u8]) -> bool {
    let osabi = page.get(EI_OSABI).copied();
    matches!(osabi, Some(ELFOSABI_SYSV | ELFOSABI_LINUX)) && loads_by_itself(page) == Some(true)
}

/// Whether a file is an ELF program of FreeBSD's own, which is always marked.
pub fn is_freebsd(page: &[u8]) -> bool {
    const ELFOSABI_FREEBSD: u8 = 9;
    page.starts_with(b"\x7fELF") && page.get(EI_OSABI) == Some(&ELFOSABI_FREEBSD)
}

fn loads_by_itself(page: &[u8]) -> Option<bool> {
    let mut at = usize::try_from(u64::from_le_bytes(bytes(page, E_PHOFF)?)).ok()?;
    let size = usize::from(u16::from_le_bytes(bytes(page, E_PHENTSIZE)?));
    let count = u16::from_le_bytes(bytes(page, E_PHNUM)?);
    let mut loads = false;
    for _ in 0..count {
        match u32::from_le_bytes(bytes(page, at)?) {
            linux::PT_INTERP => return Some(false),
            linux::PT_LOAD => {
                let memory = u64::from_le_bytes(bytes(page, at.checked_add(P_MEMSZ)?)?);
                loads |= memory != 0;
            }
            _ => {}
        }
        at = at.checked_add(size)?;
    }
    Some(loads)
}

/// The interpreter that a 64-bit ELF program asks for, as far as it lies in `page`, the start of
/// the file.
pub fn interpreter(page: &[u8]) -> Option<&[u8]> {
    const MAGIC_64: &[u8] = b"\x7fELF\x02";
    const P_OFFSET: usize = 8;
    const P_FILESZ: usize = 32;
    if !page.starts_with(MAGIC_64) {
        return None;
    }
    let mut at = usize::try_from(u64::from_le_bytes(bytes(page, E_PHOFF)?)).ok()?;
    let size = usize::from(u16::from_le_bytes(bytes(page, E_PHENTSIZE)?));
    for _ in 0..u16::from_le_bytes(bytes(page, E_PHNUM)?) {
        if u32::from_le_bytes(bytes(page, at)?) == linux::PT_INTERP {
            let field = |offset| Some(u64::from_le_bytes(bytes(page, at.checked_add(offset)?)?));
            let start = usize::try_from(field(P_OFFSET)?).ok()?;
            let end = start.checked_add(usize::try_from(field(P_FILESZ)?).ok()?)?;
            let name = page.get(start..end)?.strip_suffix(&[0])?;
            return (!name.is_empty() && !name.contains(&0)).then_some(name);
        }
        at = at.checked_add(size)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with these program header types.
    fn image(osabi: u8, types: &[u32]) -> Vec<u8> {
        let mut page = vec![0; 4096];
        page[EI_OSABI] = osabi;
        page[E_PHOFF] = 64;
        page[E_PHENTSIZE] = 56;
        page[E_PHNUM] = u8::try_from(types.len()).unwrap();
        for (i, t) in types.iter().enumerate() {
            page[64 + 56 * i..][..4].copy_from_slice(&t.to_le_bytes());
            page[64 + 56 * i + P_MEMSZ] = 1;
        }
        page
    }

    /// Unmarked and Linux files without interpreter are taken, FreeBSD's and others are not.
    #[test]
    fn osabi_decides() {
        for osabi in 0..=255 {
            let taken = is_static_linux(&image(osabi, &[linux::PT_LOAD]));
            assert_eq!(taken, osabi == 0 || osabi == 3, "{osabi}");
        }
    }

    /// An interpreter anywhere among the headers leaves the file to the other brands.
    #[test]
    fn interpreter_is_found() {
        assert!(!is_static_linux(&image(
            0,
            &[linux::PT_LOAD, linux::PT_INTERP]
        )));
        assert!(!is_static_linux(&image(3, &[linux::PT_INTERP])));
    }

    /// A file that loads nothing, as one cut short after its header, is nobody's.
    #[test]
    fn something_to_load() {
        assert!(!is_static_linux(&image(0, &[])));
        assert!(!is_static_linux(&image(0, &[linux::PT_PHDR])));
        let mut page = image(0, &[linux::PT_LOAD]);
        page[64 + P_MEMSZ] = 0;
        assert!(!is_static_linux(&page));
    }

    /// Headers outside the page are not taken for a program without interpreter.
    #[test]
    fn headers_out_of_reach() {
        let mut page = image(0, &[linux::PT_LOAD]);
        page[E_PHOFF..E_PHOFF + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(!is_static_linux(&page));
        page[E_PHOFF..E_PHOFF + 8].copy_from_slice(&4094u64.to_le_bytes());
        assert!(!is_static_linux(&page));
        assert!(!is_static_linux(&[]));
        assert!(!is_static_linux(&[0; 40]));
    }

    /// The name is found where the header says it is, and nowhere outside the page.
    #[test]
    fn interpreter_name() {
        let mut page = image(0, &[linux::PT_LOAD, linux::PT_INTERP]);
        page[..5].copy_from_slice(b"\x7fELF\x02");
        let header = 64 + 56;
        page[header + 8..header + 16].copy_from_slice(&1000u64.to_le_bytes());
        page[header + 32..header + 40].copy_from_slice(&8u64.to_le_bytes());
        page[1000..1008].copy_from_slice(b"/lib/ld\0");
        assert_eq!(interpreter(&page), Some(&b"/lib/ld"[..]));
        page[1007] = b'x';
        assert_eq!(interpreter(&page), None);
        page[header + 8..header + 16].copy_from_slice(&4095u64.to_le_bytes());
        assert_eq!(interpreter(&page), None);
        page[header + 8..header + 16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(interpreter(&page), None);
        assert_eq!(interpreter(b"#!/bin/sh\n"), None);
        assert_eq!(interpreter(&[]), None);
    }
}
