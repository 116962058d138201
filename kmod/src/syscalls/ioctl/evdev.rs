// SPDX-License-Identifier: BSD-2-Clause
//! Input devices: FreeBSD's evdev(4) has Linux's commands and structures.
//!
//! FreeBSD: evdev_ioctl (dev/evdev/cdev.c).
//! Differences from Linux: masks of events (EVIOCGMASK, EVIOCSMASK) are what evdev(4) says of them.

use kpi::kern::ioctl::{Command, EVIOCGKEYCODE, EVIOCGRAB, EVIOCREVOKE, EVIOCRMFF, kern_ioctl};
use kpi::{Cx, Result, UserInOut};
use linux_abi::ioctl as linux;

use super::Request;
use super::same::{self, told};

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::EVIOCRMFF => number(cx, r, EVIOCRMFF),
        linux::EVIOCGRAB => number(cx, r, EVIOCGRAB),
        linux::EVIOCREVOKE => number(cx, r, EVIOCREVOKE),
        linux::EVIOCGKEYCODE => {
            let user = UserInOut::<[u32; 2]>::from_reg(r.arg.raw());
            let mut code = user.read(cx)?;
            told(kern_ioctl(cx, r.fd, EVIOCGKEYCODE, &mut code).map(|()| 0))?;
            user.write(cx, &code)?;
            Ok(Some(0))
        }
        // The program says which key, in memory that Linux's number calls an answer's.
        linux::EVIOCGKEYCODE_V2 => {
            let both = Request {
                command: r.command | 0x4000_0000,
                ..*r
            };
            same::ioctl(cx, &both)
        }
        _ => same::ioctl(cx, r),
    }
}

/// A command that takes an int by value.
fn number(cx: &mut Cx<'_>, r: &Request, command: Command<i32>) -> Result<Option<i32>> {
    let mut value = r.number();
    told(kern_ioctl(cx, r.fd, command, &mut value).map(|()| 0))
}
