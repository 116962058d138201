// SPDX-License-Identifier: BSD-2-Clause
//! Abstract names of local sockets (unix(7)): ffi/abstract.c.

use linux_abi::fd::Fd;

use super::records::nap;
use crate::{Cx, Errno, Result, check};

fn length(name: &[u8]) -> Result<u32> {
    u32::try_from(name.len()).map_err(|_| Errno::EINVAL.into())
}

/// Gives a local socket a name, one that nobody has for an empty one. EINVAL where it has one already, EADDRINUSE,
/// EAFNOSUPPORT.
pub fn bind(cx: &mut Cx<'_>, fd: Fd, name: &[u8]) -> Result<()> {
    let len = length(name)?;
    // SAFETY: current; the name is readable for its length.
    check(unsafe { ffi::lrs_abstract_bind(cx.td(), fd.0, name.as_ptr().cast(), len) })
}

fn join(cx: &mut Cx<'_>, fd: Fd, name: &[u8], once: bool) -> Result<()> {
    let len = length(name)?;
    // SAFETY: current; the name is readable for its length.
    check(unsafe { ffi::lrs_abstract_connect(cx.td(), fd.0, name.as_ptr().cast(), len, once) })
}

/// Connects a local socket to who has the name. ECONNREFUSED, EISCONN, EAFNOSUPPORT.
pub fn connect(cx: &mut Cx<'_>, fd: Fd, name: &[u8]) -> Result<()> {
    join(cx, fd, name, false)
}

/// Another thread may send from the same socket to some name: as many ticks it gets.
const PATIENCE: usize = 20;

/// Connects a datagram socket to who has the name while `f` runs. EISCONN where it is connected.
pub(super) fn with_peer<T>(
    cx: &mut Cx<'_>,
    fd: Fd,
    name: &[u8],
    f: impl FnOnce(&mut Cx<'_>) -> Result<T>,
) -> Result<T> {
    let mut tries = 0;
    loop {
        match join(cx, fd, name, true) {
            Err(fail)
                if tries < PATIENCE
                    && matches!(fail.errno(), Some(Errno::EISCONN | Errno::EALREADY)) =>
            {
                tries = tries.saturating_add(1);
                nap(cx)?;
            }
            Err(fail) => return Err(fail),
            Ok(()) => break,
        }
    }
    let result = f(cx);
    // SAFETY: current. That the peer has gone meanwhile is no concern.
    let _ = check(unsafe { ffi::lrs_local_disconnect(cx.td(), fd.0) });
    result
}

/// Whether somebody has a name.
pub(crate) fn any() -> bool {
    // SAFETY: reads a counter.
    unsafe { ffi::lrs_abstract_any() }
}
