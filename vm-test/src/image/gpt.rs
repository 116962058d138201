// SPDX-License-Identifier: BSD-2-Clause
//! A GUID partition table (UEFI specification, chapter 5) for a disk of two
//! partitions: FreeBSD's loader finds its root only in a partitioned disk.

use guest_wire::crc32;
use std::io::{Result, Seek, SeekFrom, Write};

/// Bytes of a sector.
pub(crate) const SECTOR: u64 = 512;
const ENTRIES: usize = 128;
const ENTRY_BYTES: usize = 128;
const TABLE_SECTORS: u64 = 32;
/// Sectors before the first partition, and the alignment of partitions.
const ALIGN: u64 = 2048;

/// What a partition holds, by its type GUID, as it lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind([u8; 16]);

impl Kind {
    /// C12A7328-F81F-11D2-BA4B-00A0C93EC93B
    pub(crate) const EFI: Self = Self([
        0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9,
        0x3b,
    ]);
    /// 516E7CB6-6ECF-11D6-8FF8-00022D09712B
    pub(crate) const FREEBSD_UFS: Self = Self([
        0xb6, 0x7c, 0x6e, 0x51, 0xcf, 0x6e, 0xd6, 0x11, 0x8f, 0xf8, 0x00, 0x02, 0x2d, 0x09, 0x71,
        0x2b,
    ]);
}

/// Where a partition lies, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) kind: Kind,
    pub(crate) start: u64,
    pub(crate) len: u64,
}

/// Partitions of these lengths in order, and the length of the whole disk.
pub(crate) fn layout(wanted: &[(Kind, u64)]) -> (Vec<Partition>, u64) {
    let mut next = ALIGN;
    let partitions = wanted
        .iter()
        .map(|&(kind, len)| {
            let start = next;
            next = (start + len.div_ceil(SECTOR)).next_multiple_of(ALIGN);
            Partition {
                kind,
                start: start * SECTOR,
                len: len.next_multiple_of(SECTOR),
            }
        })
        .collect();
    (partitions, (next + ALIGN) * SECTOR)
}

/// Writes both copies of the table and the protective MBR.
pub(crate) fn write(
    disk: &mut (impl Write + Seek),
    partitions: &[Partition],
    disk_len: u64,
) -> Result<()> {
    let sectors = disk_len / SECTOR;
    let table = table(partitions);
    let last = sectors - 1;
    let mut put = |sector: u64, data: &[u8]| -> Result<()> {
        disk.seek(SeekFrom::Start(sector * SECTOR))?;
        disk.write_all(data)
    };
    put(0, &protective_mbr(sectors))?;
    put(1, &header(1, last, 2, sectors, &table))?;
    put(2, &table)?;
    put(last - TABLE_SECTORS, &table)?;
    put(
        last,
        &header(last, 1, last - TABLE_SECTORS, sectors, &table),
    )
}

fn table(partitions: &[Partition]) -> Vec<u8> {
    let mut table = Vec::with_capacity(ENTRIES * ENTRY_BYTES);
    for (number, p) in (1u8..).zip(partitions) {
        table.extend(p.kind.0);
        table.extend(guid(number));
        table.extend((p.start / SECTOR).to_le_bytes());
        table.extend(((p.start + p.len) / SECTOR - 1).to_le_bytes());
        table.resize(usize::from(number) * ENTRY_BYTES, 0);
    }
    table.resize(ENTRIES * ENTRY_BYTES, 0);
    table
}

/// A GUID of the random kind; nobody compares these disks with others.
fn guid(number: u8) -> [u8; 16] {
    let mut guid = *b"vm-test\x40\x80 disk  ";
    guid[15] = number;
    guid
}

fn header(own: u64, other: u64, table_at: u64, sectors: u64, table: &[u8]) -> Vec<u8> {
    let first_usable = 2 + TABLE_SECTORS;
    let last_usable = sectors - 2 - TABLE_SECTORS;
    let mut h = b"EFI PART\0\0\x01\0\x5c\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for n in [own, other, first_usable, last_usable] {
        h.extend(n.to_le_bytes());
    }
    h.extend(guid(0));
    h.extend(table_at.to_le_bytes());
    for n in [ENTRIES, ENTRY_BYTES] {
        h.extend((n as u32).to_le_bytes());
    }
    h.extend(crc32(table).to_le_bytes());
    let crc = crc32(&h);
    h.splice(16..20, crc.to_le_bytes());
    h.resize(SECTOR as usize, 0);
    h
}

fn protective_mbr(sectors: u64) -> Vec<u8> {
    let mut mbr = vec![0; SECTOR as usize];
    let len = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    mbr.splice(446..454, [0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]);
    mbr.splice(454..458, 1u32.to_le_bytes());
    mbr.splice(458..462, len.to_le_bytes());
    mbr.splice(510..512, [0x55, 0xaa]);
    mbr
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn partitions_are_aligned_and_apart() {
        let (parts, len) = layout(&[(Kind::EFI, 1 << 20), (Kind::FREEBSD_UFS, 1000)]);
        assert_eq!(parts[0].start, 1 << 20);
        assert_eq!(parts[1].start, 2 << 20);
        assert_eq!(parts[1].len, 1024);
        assert_eq!(len, 4 << 20);
    }

    #[test]
    fn both_headers_check_out() {
        let (parts, len) = layout(&[(Kind::EFI, 1 << 20), (Kind::FREEBSD_UFS, 1 << 20)]);
        let mut disk = Cursor::new(vec![0; len as usize]);
        write(&mut disk, &parts, len).unwrap();
        let disk = disk.into_inner();
        assert_eq!(disk.len() as u64, len);
        assert_eq!(disk[510..512], [0x55, 0xaa]);
        for at in [512, disk.len() - 512] {
            let mut h = disk[at..at + 92].to_vec();
            assert_eq!(&h[..8], b"EFI PART");
            let crc = h[16..20].to_vec();
            h[16..20].fill(0);
            assert_eq!(crc32(&h).to_le_bytes(), crc[..]);
            let table_at = u64::from_le_bytes(h[72..80].try_into().unwrap()) as usize * 512;
            let table = &disk[table_at..table_at + ENTRIES * ENTRY_BYTES];
            assert_eq!(crc32(table).to_le_bytes(), h[88..92]);
            assert_eq!(table[..16], Kind::EFI.0);
            assert_eq!(table[128..144], Kind::FREEBSD_UFS.0);
        }
    }
}
