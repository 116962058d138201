// SPDX-License-Identifier: BSD-2-Clause
//! The records of getdents(2) and getdents64(2), made from those of FreeBSD's
//! getdirentries(2).
//!
//! A Linux record is never longer than FreeBSD's of the same name, so they are
//! rewritten where they are. Where there is room for FreeBSD's length as well, that is kept: only
//! the name has to move then.

/// Which of the two calls.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DirentFormat {
    /// getdents(2): the type is the last byte of the record.
    Old,
    /// getdents64(2): the type precedes the name.
    New,
}

/// Where the fields of FreeBSD's `struct dirent` are (sys/dirent.h).
mod from {
    use core::ops::Range;

    pub(super) const FILENO: Range<usize> = 0..8;
    pub(super) const OFF: Range<usize> = 8..16;
    pub(super) const RECLEN: Range<usize> = 16..18;
    pub(super) const TYPE: usize = 18;
    pub(super) const NAMLEN: Range<usize> = 20..22;
    pub(super) const NAME: usize = 24;
}

/// What [`pack`] made.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// How many bytes of Linux records now start the buffer.
    pub len: usize,
    /// Where the directory goes on, if some of the records did not fit.
    pub resume: Option<i64>,
}

/// The size of a Linux record: both formats put 20 bytes around a name.
const fn record_len(name: usize) -> usize {
    name.saturating_add(20).next_multiple_of(8)
}

/// Rewrites the FreeBSD records in `buffer`, which were read at offset `base`, as
/// Linux records of at most `room` bytes together. Entries that are deleted (file
/// number 0) are left out.
pub fn pack(buffer: &mut [u8], base: i64, room: usize, format: DirentFormat) -> Packed {
    let kept = if format == DirentFormat::New && room >= buffer.len() {
        keep(buffer)
    } else {
        0
    };
    // With that much room everything fits, so nobody asks where to go on.
    let (mut input, mut output) = (kept, kept);
    let mut next = base;
    while let Some(entry) = Entry::parse(buffer, input) {
        let len = record_len(entry.name_len);
        if entry.fileno != 0 {
            if len > room.saturating_sub(output) {
                return Packed {
                    len: output,
                    resume: Some(next),
                };
            }
            if entry.write(buffer, input, output, format).is_none() {
                break;
            }
            output = output.saturating_add(len);
        }
        input = input.saturating_add(entry.reclen);
        next = entry.off;
    }
    Packed {
        len: output,
        resume: None,
    }
}

/// Makes the records of getdents64(2) in the length they have, up to the first one that is deleted
/// or none: how many bytes of them.
fn keep(buffer: &mut [u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    /// Length and type, which are in the low bytes of the third word on both systems; the name
    /// follows at once in Linux, and begins a word in FreeBSD.
    const HEAD: u64 = 0xff_ffff;
    let mut words = buffer.as_chunks_mut::<WORD>().0;
    let all = words.len();
    while let [fileno, _off, head, _first, tail @ ..] = &*words {
        let about = u64::from_le_bytes(*head);
        // CAST: the low 16 bits.
        let reclen = about as u16 as usize;
        let more = (reclen / WORD).wrapping_sub(from::NAME / WORD + 1);
        if *fileno == [0; WORD] || !reclen.is_multiple_of(WORD) || more > tail.len() {
            break;
        }
        let (record, next) = core::mem::take(&mut words).split_at_mut(reclen / WORD);
        words = next;
        let [_, _, head, first, name @ ..] = record else {
            break;
        };
        let letters = u64::from_le_bytes(*first);
        *head = (about & HEAD | letters << 24).to_le_bytes();
        let (mut to, mut carried) = (first, letters >> 40);
        for word in name {
            let letters = u64::from_le_bytes(*word);
            *to = (carried | letters << 24).to_le_bytes();
            (to, carried) = (word, letters >> 40);
        }
        // What is behind the last letters is 0, whatever was there.
        *to = carried.to_le_bytes();
    }
    all.saturating_sub(words.len()).saturating_mul(WORD)
}

/// One FreeBSD record.
#[derive(Copy, Clone)]
struct Entry {
    fileno: u64,
    off: i64,
    reclen: usize,
    kind: u8,
    name_len: usize,
}

impl Entry {
    /// The record at `at`; `None` at the end, and for what is no record.
    fn parse(buffer: &[u8], at: usize) -> Option<Entry> {
        let rest = buffer.get(at..)?;
        let entry = Entry {
            fileno: u64::from_ne_bytes(field(rest, from::FILENO)?),
            off: i64::from_ne_bytes(field(rest, from::OFF)?),
            reclen: usize::from(u16::from_ne_bytes(field(rest, from::RECLEN)?)),
            kind: *rest.get(from::TYPE)?,
            name_len: usize::from(u16::from_ne_bytes(field(rest, from::NAMLEN)?)),
        };
        let fits = entry.reclen <= rest.len()
            && entry.reclen > from::NAME.saturating_add(entry.name_len)
            && entry.reclen >= record_len(entry.name_len);
        fits.then_some(entry)
    }

    /// Writes the Linux record at `output`, the FreeBSD one being at `input`, not
    /// before it.
    fn write(
        &self,
        buffer: &mut [u8],
        input: usize,
        output: usize,
        format: DirentFormat,
    ) -> Option<()> {
        let len = record_len(self.name_len);
        let header = match format {
            DirentFormat::Old => 18,
            DirentFormat::New => 19,
        };
        let name = input.checked_add(from::NAME)?;
        let name = name..name.checked_add(self.name_len)?;
        let record = output..output.checked_add(len)?;
        if name.end > buffer.len() || record.end > buffer.len() {
            return None;
        }
        buffer.copy_within(name, output.checked_add(header)?);
        let record = buffer.get_mut(record)?;
        record
            .get_mut(..8)?
            .copy_from_slice(&self.fileno.to_ne_bytes());
        record
            .get_mut(8..16)?
            .copy_from_slice(&self.off.to_ne_bytes());
        let reclen = u16::try_from(len).ok()?;
        record
            .get_mut(16..18)?
            .copy_from_slice(&reclen.to_ne_bytes());
        record
            .get_mut(header.checked_add(self.name_len)?..)?
            .fill(0);
        match format {
            DirentFormat::Old => *record.last_mut()? = self.kind,
            DirentFormat::New => *record.get_mut(18)? = self.kind,
        }
        Some(())
    }
}

fn field<const N: usize>(record: &[u8], range: core::ops::Range<usize>) -> Option<[u8; N]> {
    record.get(range)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inode, offset, type and name.
    type Shown = (u64, i64, u8, String);

    /// FreeBSD's record (sys/dirent.h: `_GENERIC_DIRLEN` rounded up to eight).
    fn bsd(fileno: u64, off: i64, kind: u8, name: &str) -> Vec<u8> {
        let reclen = (24 + name.len() + 1).next_multiple_of(8);
        let mut out = vec![];
        out.extend(fileno.to_ne_bytes());
        out.extend(off.to_ne_bytes());
        out.extend((reclen as u16).to_ne_bytes());
        out.extend([kind, 0]);
        out.extend((name.len() as u16).to_ne_bytes());
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.resize(reclen, 0);
        out
    }

    /// What each Linux record says.
    fn linux(bytes: &[u8], format: DirentFormat) -> Vec<Shown> {
        let (mut at, mut out) = (0, vec![]);
        while at < bytes.len() {
            let reclen = u16::from_ne_bytes(bytes[at + 16..at + 18].try_into().unwrap()) as usize;
            let record = &bytes[at..at + reclen];
            let (header, kind) = match format {
                DirentFormat::Old => (18, record[reclen - 1]),
                DirentFormat::New => (19, record[18]),
            };
            let name = &record[header..];
            let end = name
                .iter()
                .position(|b| *b == 0)
                .expect("the name ends in NUL");
            out.push((
                u64::from_ne_bytes(record[..8].try_into().unwrap()),
                i64::from_ne_bytes(record[8..16].try_into().unwrap()),
                kind,
                String::from_utf8(name[..end].to_vec()).unwrap(),
            ));
            at += reclen;
        }
        out
    }

    fn folder(names: usize) -> (Vec<u8>, Vec<Shown>) {
        let (mut buffer, mut all) = (vec![], vec![]);
        for n in 1..=names {
            let name = "n".repeat(n);
            let kind = (n % 13) as u8;
            buffer.extend(bsd(n as u64, n as i64 * 100, kind, &name));
            all.push((n as u64, n as i64 * 100, kind, name));
        }
        (buffer, all)
    }

    /// Names of every length come through, in both formats.
    #[test]
    fn all_entries() {
        for (format, less) in [
            (DirentFormat::Old, 0),
            (DirentFormat::New, 0),
            (DirentFormat::New, 1),
        ] {
            let (mut buffer, all) = folder(255);
            let room = buffer.len() - less;
            let packed = pack(&mut buffer, 0, room, format);
            assert_eq!(packed.resume, None);
            assert_eq!(linux(&buffer[..packed.len], format), all);
        }
    }

    /// However small the buffer, going on where it says skips nothing.
    #[test]
    fn resuming_skips_nothing() {
        for room in 24..700 {
            let (whole, all) = folder(20);
            let mut start = 0;
            let mut base = 0;
            let mut seen = vec![];
            loop {
                let mut buffer = whole[start..].to_vec();
                let packed = pack(&mut buffer, base, room, DirentFormat::New);
                seen.extend(linux(&buffer[..packed.len], DirentFormat::New));
                let Some(resume) = packed.resume else { break };
                if packed.len == 0 {
                    assert_eq!(resume, base);
                    break;
                }
                // Entry n says 100 n: the next one starts behind n records.
                base = resume;
                start = (1..=resume as usize / 100)
                    .map(|n| (24 + n + 1).next_multiple_of(8))
                    .sum();
            }
            assert_eq!(seen, all[..seen.len()]);
            assert!(room < 40 || seen.len() == all.len(), "room {room}");
        }
    }

    /// Deleted entries are not shown, and the next offset is the one behind them.
    #[test]
    fn deleted_entries() {
        let mut buffer = [
            bsd(0, 10, 0, "gone"),
            bsd(7, 20, 8, "here"),
            bsd(0, 30, 0, "gone"),
        ]
        .concat();
        let packed = pack(&mut buffer, 0, 1000, DirentFormat::New);
        assert_eq!(
            linux(&buffer[..packed.len], DirentFormat::New),
            [(7, 20, 8, "here".to_owned())]
        );
        let mut buffer = [bsd(0, 10, 0, "gone"), bsd(7, 20, 8, "here")].concat();
        let packed = pack(&mut buffer, 0, 8, DirentFormat::New);
        assert_eq!(
            packed,
            Packed {
                len: 0,
                resume: Some(10)
            }
        );
    }

    /// A record that is none ends the list without a panic.
    #[test]
    fn broken_records() {
        let mut good = bsd(1, 1, 4, "x");
        for reclen in [0_u16, 1, 23, 24, 25, 400, u16::MAX] {
            good[16..18].copy_from_slice(&reclen.to_ne_bytes());
            let packed = pack(&mut good.clone(), 0, 100, DirentFormat::Old);
            assert_eq!(
                packed,
                Packed {
                    len: 0,
                    resume: None
                }
            );
        }
        for len in 0..24 {
            assert_eq!(pack(&mut vec![0xff; len], 0, 100, DirentFormat::New).len, 0);
        }
    }
}
