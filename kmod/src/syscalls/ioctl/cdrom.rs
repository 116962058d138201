// SPDX-License-Identifier: BSD-2-Clause
//! Optical discs (linux/cdrom.h): the drive, the table of contents, playing.
//!
//! FreeBSD: cdioctl (scsi_cd.c).
//! Differences from Linux: [`linux_abi::ioctl`] lists what cd(4) has no command for.

use kpi::kern::ioctl::{
    CDIOCCLOSE, CDIOCEJECT, CDIOCPAUSE, CDIOCPLAYMSF, CDIOCPLAYTRACKS, CDIOCRESET, CDIOCRESUME,
    CDIOCSTART, CDIOCSTOP, CDIOREADTOCENTRY, CDIOREADTOCHEADER, kern_ioctl, kern_ioctl_void,
};
use kpi::{Cx, Errno, Result, UserIn, UserInOut, UserOut};
use linux_abi::device::{BsdTocEntry, l_cdrom_tocentry};
use linux_abi::ioctl as linux;
use linux_abi::pod::Pod;

use super::Request;
use super::same::told;

/// Formats of addresses: a block's number (CDROM_LBA, CD_LBA_FORMAT 1), minute, second and frame (CDROM_MSF,
/// CD_MSF_FORMAT 2).
const LBA: u8 = 1;
const MSF: u8 = 2;

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    let void = match r.command {
        linux::CDROMPAUSE => CDIOCPAUSE,
        linux::CDROMRESUME => CDIOCRESUME,
        linux::CDROMRESET => CDIOCRESET,
        linux::CDROMSTART => CDIOCSTART,
        linux::CDROMSTOP => CDIOCSTOP,
        linux::CDROMEJECT => CDIOCEJECT,
        linux::CDROMCLOSETRAY => CDIOCCLOSE,
        _ => return with_argument(cx, r),
    };
    told(kern_ioctl_void(cx, r.fd, void).map(|()| 0))
}

/// ENOTTY where it is no such drive, which comes before all that is wrong with the argument.
fn expect_drive(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    match kern_ioctl(cx, r.fd, CDIOREADTOCHEADER, &mut [0; 4]) {
        Err(fail)
            if matches!(
                fail.errno(),
                Some(Errno::EBADF | Errno::ENOTTY | Errno::EOPNOTSUPP | Errno::ENODEV)
            ) =>
        {
            Err(fail)
        }
        // Without a disc, another command may still be of use.
        _ => Ok(()),
    }
}

fn with_argument(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    if let Err(fail) = expect_drive(cx, r) {
        return told(Err(fail));
    }
    let done = match r.command {
        linux::CDROMPLAYMSF => UserIn::<[u8; 6]>::from_reg(r.arg.raw())
            .read(cx)
            .and_then(|mut range| kern_ioctl(cx, r.fd, CDIOCPLAYMSF, &mut range)),
        linux::CDROMPLAYTRKIND => UserIn::<[u8; 4]>::from_reg(r.arg.raw())
            .read(cx)
            .and_then(|mut range| kern_ioctl(cx, r.fd, CDIOCPLAYTRACKS, &mut range)),
        linux::CDROMREADTOCHDR => header(cx, r),
        linux::CDROMREADTOCENTRY => entry(cx, r),
        _ => return Ok(None),
    };
    told(done.map(|()| 0))
}

fn header(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let mut header = [0; 4];
    kern_ioctl(cx, r.fd, CDIOREADTOCHEADER, &mut header)?;
    let [_, _, first, last] = header;
    UserOut::<[u8; 2]>::from_reg(r.arg.raw()).write(cx, &[first, last])
}

fn entry(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let user = UserInOut::<l_cdrom_tocentry>::from_reg(r.arg.raw());
    let mut told = user.read(cx)?;
    if !matches!(told.cdte_format, LBA | MSF) {
        return Err(Errno::EINVAL.into());
    }
    let mut asked = BsdTocEntry {
        address_format: told.cdte_format,
        track: told.cdte_track,
        ..BsdTocEntry::ZERO
    };
    kern_ioctl(cx, r.fd, CDIOREADTOCENTRY, &mut asked)?;
    let [_, control_and_kind, ..] = asked.entry;
    // Control is the low half on FreeBSD, the high one on Linux.
    told.cdte_adr_ctrl = control_and_kind.rotate_left(4);
    told.cdte_addr = match (told.cdte_format, asked.address) {
        (LBA, address) => u32::from_be_bytes(address).to_ne_bytes(),
        (_, [_, minute, second, frame]) => [minute, second, frame, 0],
    };
    user.write(cx, &told)
}
