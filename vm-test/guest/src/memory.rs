// SPDX-License-Identifier: BSD-2-Clause
//! What kernel memory every malloc(9) type holds.

use crate::host::Host;
use crate::sys::{self, Errno, Result};
use crate::sysctl::Mib;
use guest_wire::{Encoder, Event};

// `sys/malloc.h`: a stream header, then per type a name and statistics for
// each of the header's `maxcpus`.
const STREAM_HEADER: usize = 16;
const NAME: usize = 32;
const PER_CPU: usize = 64;

/// Answers itself.
pub(crate) fn report_types(host: &Host) -> Result<()> {
    let mib = Mib::find(c"kern.malloc_stats")?;
    let len = sys::sysctl_len(mib.as_slice())?;
    sys::with_memory(len + len / 8, |memory| {
        let len = sys::sysctl(mib.as_slice(), memory, &[])?;
        summarize(memory.get(..len).unwrap_or_default(), host).ok_or(Errno::EINVAL)
    })?
}

fn number(data: &[u8], word: usize) -> Option<u64> {
    Some(u64::from_le_bytes(
        data.get(word * 8..word * 8 + 8)?.try_into().ok()?,
    ))
}

fn summarize(data: &[u8], host: &Host) -> Option<()> {
    let (header, types) = data.split_at_checked(STREAM_HEADER)?;
    let cpus = usize::try_from(number(header, 0)? >> 32).ok()?;
    let mut buf = [0; 48 * 1024];
    let mut e = Encoder::new(&mut buf, Event::Reply as u8);
    e.u32(0);
    for one in types.chunks_exact(NAME + cpus * PER_CPU) {
        let (name, stats) = one.split_at_checked(NAME)?;
        let mut sums = [0u64; 4];
        for cpu in stats.chunks_exact(PER_CPU) {
            for (word, sum) in sums.iter_mut().enumerate() {
                *sum = sum.wrapping_add(number(cpu, word)?);
            }
        }
        let [allocated, freed, allocations, frees] = sums;
        let end = name.iter().position(|&c| c == 0).unwrap_or(NAME);
        e.bytes(name.get(..end)?)
            .u64(allocations.wrapping_sub(frees))
            .u64(allocated.wrapping_sub(freed));
    }
    host.send(e.finish()?);
    Some(())
}
