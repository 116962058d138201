// SPDX-License-Identifier: BSD-2-Clause
//! What old programs ask of disks (linux/hdreg.h): the geometry. Identities are camcontrol(8)'s to tell.

use kpi::kern::ioctl::{DIOCGFWHEADS, DIOCGFWSECTORS, kern_ioctl};
use kpi::{Cx, Result, UserOut};
use linux_abi::device::l_hd_geometry;
use linux_abi::ioctl as linux;
use linux_abi::pod::Pod;

use super::Request;
use super::disk::media;
use super::same::told;

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::HDIO_GETGEO => told(geometry(cx, r).map(|()| 0)),
        _ => Ok(None),
    }
}

/// As firmware calls it, or 255 heads and 63 sectors.
fn geometry(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let sectors_of_512 = media(cx, r)? / 512;
    let (mut heads, mut sectors) = (0, 0);
    kern_ioctl(cx, r.fd, DIOCGFWHEADS, &mut heads)?;
    kern_ioctl(cx, r.fd, DIOCGFWSECTORS, &mut sectors)?;
    let mut told = l_hd_geometry::ZERO;
    told.heads = u8::try_from(heads).ok().filter(|n| *n != 0).unwrap_or(255);
    told.sectors = u8::try_from(sectors).ok().filter(|n| *n != 0).unwrap_or(63);
    let cylinder = i64::from(told.heads)
        .saturating_mul(told.sectors.into())
        .max(1);
    let cylinders = sectors_of_512.checked_div(cylinder).unwrap_or(0);
    told.cylinders = u16::try_from(cylinders).unwrap_or(u16::MAX);
    UserOut::<l_hd_geometry>::from_reg(r.arg.raw()).write(cx, &told)
}
