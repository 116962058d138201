// SPDX-License-Identifier: BSD-2-Clause
//! lseek(2).
//!
//! FreeBSD: fo_seek (vfs_vnops.c); SEEK_DATA and SEEK_HOLE have the same numbers.
//! Differences from Linux: SEEK_DATA and SEEK_HOLE are EINVAL where the file system cannot
//! tell holes, where Linux takes the whole file for data; an offset that would overflow is
//! EOVERFLOW, as the man page has it, where some Linux file systems say EINVAL.

use kpi::kern::dir;
use kpi::kern::stat::kern_fstat;
use kpi::{Cx, Errno, Result};
use linux_abi::bsd;
use linux_abi::fd::Fd;

/// Moves the offset of `fd` and gives the new one.
pub(crate) fn lseek(cx: &mut Cx<'_>, fd: Fd, offset: i64, whence: u32) -> Result<i64> {
    if whence == SEEK_HOLE {
        check_hole(cx, fd, offset)?;
    }
    dir::seek(cx, fd, offset, whence)
}

const SEEK_HOLE: u32 = 4;

/// ENXIO behind the end of a file, where tmpfs goes back to its end.
#[cold]
fn check_hole(cx: &mut Cx<'_>, fd: Fd, offset: i64) -> Result<()> {
    let st = kern_fstat(cx, fd)?;
    if i32::from(st.mode) & bsd::S_IFMT == bsd::S_IFREG && offset >= st.size {
        return Err(Errno::ENXIO.into());
    }
    Ok(())
}
