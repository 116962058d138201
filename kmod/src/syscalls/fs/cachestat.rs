// SPDX-License-Identifier: BSD-2-Clause
//! cachestat(2).
//!
//! FreeBSD: has no such call; the pages of a file's object are counted (vm_object.h).
//! Differences from Linux: pages on their way to the disk count as still to be written, and nobody remembers
//! those that were dropped.

use kpi::kern::cred;
use kpi::kern::fd::info;
use kpi::kern::space::cached_pages;
use kpi::kern::stat::kern_fstat;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::bsd;
use linux_abi::c;
use linux_abi::fd::Fd;

/// S_IWOTH of linux/stat.h.
const OTHERS_WRITE: i32 = 0o2;

/// Counts the pages of a range of a file that are in memory. EBADF, EFAULT; EPERM for a file that the caller
/// neither may write to nor owns; EINVAL for flags, of which there are none.
pub(crate) fn cachestat(
    cx: &mut Cx<'_>,
    fd: Fd,
    range: UserIn<c::l_cachestat_range>,
    out: UserOut<c::l_cachestat>,
    flags: u32,
) -> Result<()> {
    // The descriptor comes first.
    let flags_of_file = info(cx, fd)?.flags;
    let range = range.read(cx)?;
    let from = range.off.min(i64::MAX.cast_unsigned());
    // No length: to the end of the file, beyond which it has no pages.
    let len = if range.len == 0 { u64::MAX } else { range.len };
    let to = from.saturating_add(len).min(i64::MAX.cast_unsigned());
    if flags_of_file & bsd::O_ACCMODE == bsd::O_RDONLY && !may_ask(cx, fd)? {
        return Err(Errno::EPERM.into());
    }
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (cached, dirty) = cached_pages(cx, fd, from, to.max(from.saturating_add(1)))?;
    let counts = c::l_cachestat {
        nr_cache: cached,
        nr_dirty: dirty,
        nr_writeback: 0,
        nr_evicted: 0,
        nr_recently_evicted: 0,
    };
    out.write(cx, &counts)
}

/// Whether a file that is open for reading only is no secret to the caller: how it is read by others shows in
/// its pages.
fn may_ask(cx: &mut Cx<'_>, fd: Fd) -> Result<bool> {
    let st = kern_fstat(cx, fd)?;
    Ok(cred::is_administrator(cx)
        || cred::user_ids(cx).effective == st.uid
        || i32::from(st.mode) & OTHERS_WRITE != 0)
}
