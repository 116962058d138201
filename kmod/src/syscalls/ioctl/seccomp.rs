// SPDX-License-Identifier: BSD-2-Clause
//! Commands of group '!': what a seccomp(2) listener is asked and told (seccomp_unotify(2)).
//!
//! FreeBSD: nothing; the listener is the module's (kpi::kern::listener).
//! Differences from Linux: one descriptor at a time is given to a call (EBUSY for a second one);
//! SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP is ignored, being about which processor runs next.

use kpi::kern::listener;
use kpi::{Cx, Errno, Result, UserIn, UserInOut};
use linux_abi::seccomp::notify;

use super::Request;

pub(super) fn ioctl(cx: &mut Cx<'_>, request: &Request) -> Result<Option<i32>> {
    if !listener::is_listener(cx, request.fd)? {
        return Ok(None);
    }
    let at = request.arg.raw();
    match request.command {
        notify::RECV => listener::receive(cx, request.fd, UserInOut::from_reg(at))?,
        notify::SEND => listener::send(cx, request.fd, UserIn::from_reg(at))?,
        notify::ID_VALID | notify::ID_VALID_WRONG_DIR => {
            listener::is_valid(cx, request.fd, UserIn::from_reg(at))?;
        }
        notify::ADDFD => {
            let fd = listener::add_descriptor(cx, request.fd, UserIn::from_reg(at))?;
            return Ok(Some(fd));
        }
        // The flags are the argument; there is one.
        notify::SET_FLAGS if at > 1 => return Err(Errno::EINVAL.into()),
        notify::SET_FLAGS => {}
        _ => return Ok(None),
    }
    Ok(Some(0))
}
