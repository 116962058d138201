// SPDX-License-Identifier: BSD-2-Clause
//! Disks: sizes, alignment, flushing, discarding (ioctl_blk of linux/fs.h).
//!
//! FreeBSD: g_dev_ioctl (geom_dev.c). Disks are character devices here.
//! Differences from Linux: marks, read-ahead, partitions and zones are geom(4)'s: [`linux_abi::ioctl`].

use kpi::kern::fd;
use kpi::kern::ioctl::{
    DIOCGDELETE, DIOCGFLUSH, DIOCGMEDIASIZE, DIOCGSECTORSIZE, DIOCGSTRIPEOFFSET, DIOCGSTRIPESIZE,
    kern_ioctl, kern_ioctl_void,
};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::ioctl as linux;

use super::Request;
use super::same::told;

/// Linux counts a disk's size in these.
const SECTOR: i64 = 512;

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    told(command(cx, r).map(|known| i32::from(!known)))
        .map(|answer| answer.filter(|unknown| *unknown == 0))
}

/// Whether it is one of those.
fn command(cx: &mut Cx<'_>, r: &Request) -> Result<bool> {
    match r.command {
        linux::BLKGETSIZE64 => {
            let size = media(cx, r)?;
            tell(cx, r, size)?;
        }
        linux::BLKGETSIZE => {
            let size = media(cx, r)? / SECTOR;
            tell(cx, r, size)?;
        }
        linux::BLKSSZGET | linux::BLKBSZGET => {
            let size = sector(cx, r)?;
            tell(cx, r, size)?;
        }
        linux::BLKPBSZGET | linux::BLKIOMIN => {
            let size = block(cx, r)?;
            tell(cx, r, size)?;
        }
        linux::BLKALIGNOFF => {
            let mut offset = 0;
            kern_ioctl(cx, r.fd, DIOCGSTRIPEOFFSET, &mut offset)?;
            // CAST: below a block's size.
            tell(cx, r, offset as i32)?;
        }
        // Nobody knows better than the smallest; what was discarded may be anything.
        linux::BLKIOOPT | linux::BLKDISCARDZEROES => {
            sector(cx, r)?;
            tell(cx, r, 0_u32)?;
        }
        linux::BLKFLSBUF => flush(cx, r)?,
        linux::BLKDISCARD => discard(cx, r)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn tell<T: linux_abi::pod::Pod>(cx: &mut Cx<'_>, r: &Request, value: T) -> Result<()> {
    UserOut::<T>::from_reg(r.arg.raw()).write(cx, &value)
}

pub(super) fn media(cx: &mut Cx<'_>, r: &Request) -> Result<i64> {
    let mut size = 0;
    kern_ioctl(cx, r.fd, DIOCGMEDIASIZE, &mut size)?;
    Ok(size)
}

fn sector(cx: &mut Cx<'_>, r: &Request) -> Result<u32> {
    let mut size = 0;
    kern_ioctl(cx, r.fd, DIOCGSECTORSIZE, &mut size)?;
    Ok(size)
}

/// The size of the disk's own blocks, at least a sector.
fn block(cx: &mut Cx<'_>, r: &Request) -> Result<u32> {
    let sector = sector(cx, r)?;
    let mut stripe = 0;
    kern_ioctl(cx, r.fd, DIOCGSTRIPESIZE, &mut stripe)?;
    // What is no multiple or larger than a page is a volume's idea of stripes.
    match u32::try_from(stripe) {
        Ok(stripe) if stripe > sector && stripe <= 4096 && stripe.is_power_of_two() => Ok(stripe),
        _ => Ok(sector),
    }
}

fn is_writable(cx: &mut Cx<'_>, r: &Request) -> Result<bool> {
    // O_ACCMODE of O_RDONLY, the same on both systems.
    Ok(fd::info(cx, r.fd)?.flags & 3 != 0)
}

/// Nothing is kept of disks but what they keep themselves, and who cannot write has nothing to flush.
fn flush(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    sector(cx, r)?;
    if !is_writable(cx, r)? {
        return Ok(());
    }
    kern_ioctl_void(cx, r.fd, DIOCGFLUSH)
}

/// EBADF where the disk is not open for writing, EINVAL for what is not whole sectors within it.
fn discard(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let sector = u64::from(sector(cx, r)?.max(1));
    if !is_writable(cx, r)? {
        return Err(Errno::EBADF.into());
    }
    let [start, length] = UserIn::<[u64; 2]>::from_reg(r.arg.raw()).read(cx)?;
    let size = media(cx, r)?;
    let end = start.checked_add(length).ok_or(Errno::EINVAL)?;
    let whole = start.is_multiple_of(sector) && length.is_multiple_of(sector);
    if !whole || i64::try_from(end).is_ok_and(|end| end > size) {
        return Err(Errno::EINVAL.into());
    }
    let start = i64::try_from(start).map_err(|_| Errno::EINVAL)?;
    let length = i64::try_from(length).map_err(|_| Errno::EINVAL)?;
    if length == 0 {
        return Err(Errno::EINVAL.into());
    }
    kern_ioctl(cx, r.fd, DIOCGDELETE, &mut [start, length])
}
