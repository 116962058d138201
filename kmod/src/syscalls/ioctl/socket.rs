// SPDX-License-Identifier: BSD-2-Clause
//! Commands of sockets; those about network interfaces are in netif.rs.

use kpi::kern::fd::{self, Kind};
use kpi::kern::ioctl::{FIOGETOWN, FIOSETOWN, SIOCATMARK, kern_ioctl};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::ioctl as linux;

use super::{Request, netif};

pub(super) fn ioctl(cx: &mut Cx<'_>, request: &Request) -> Result<Option<i32>> {
    let arg = request.arg.raw();
    match request.command {
        linux::FIOSETOWN | linux::SIOCSPGRP => {
            expect_socket(cx, request)?;
            let mut owner = UserIn::<i32>::from_reg(arg).read(cx)?;
            kern_ioctl(cx, request.fd, FIOSETOWN, &mut owner)?;
        }
        linux::FIOGETOWN | linux::SIOCGPGRP => {
            expect_socket(cx, request)?;
            let mut owner = 0;
            kern_ioctl(cx, request.fd, FIOGETOWN, &mut owner)?;
            UserOut::<i32>::from_reg(arg).write(cx, &owner)?;
        }
        linux::SIOCATMARK => {
            expect_socket(cx, request)?;
            let mut at = 0;
            kern_ioctl(cx, request.fd, SIOCATMARK, &mut at)?;
            UserOut::<i32>::from_reg(arg).write(cx, &at)?;
        }
        _ => return netif::ioctl(cx, request),
    }
    Ok(Some(0))
}

/// ENOTTY, Linux's word for a command that is not for this kind of file.
pub(super) fn expect_socket(cx: &mut Cx<'_>, request: &Request) -> Result<()> {
    match fd::info(cx, request.fd)?.kind {
        Kind::Socket => Ok(()),
        _ => Err(Errno::ENOTTY.into()),
    }
}
