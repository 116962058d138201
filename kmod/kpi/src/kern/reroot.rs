// SPDX-License-Identifier: BSD-2-Clause
//! Absolute links below the emulation root.
//!
//! namei(9) looks an absolute path up in the emulation root first, then in the real root; the
//! target of an absolute link it looks up in the real root alone, even if the link is below the
//! emulation root. Distributions are full of such links (/etc/alternatives), so a path that
//! leads nowhere is followed once more here, link by link, each from the emulation root again.

use core::ffi::{c_char, c_int};

use linux_abi::relink::{MOST_LINKS, component, splice};
use linux_abi::sockaddr::BsdSockaddr;

use super::io::Buffer;
use super::path::At;
use super::socket::with_address;
use crate::{Cx, Errno, Result, check};

/// Room for a path and its NUL; FreeBSD's namei(9) takes no longer ones.
pub(crate) const PATH_MAX: usize = 1024;

/// Whether the process has an emulation root.
pub(crate) fn is_active(cx: &Cx<'_>) -> bool {
    // SAFETY: current.
    unsafe { ffi::lrs_is_rerooted(cx.td()) }
}

/// Replaces the links in a path (NUL-terminated, in `path`) by what they lead to; the last one
/// only with `follow`. It stops where nothing is there. Whether an absolute link was among them.
/// ELOOP, ENAMETOOLONG.
pub(crate) fn follow_links(
    cx: &mut Cx<'_>,
    dir: i32,
    path: &mut [u8],
    follow: bool,
) -> Result<bool> {
    let mut target = Buffer::new(cx, PATH_MAX)?;
    let mut absolute = false;
    let mut links = 0_usize;
    let mut at = 0;
    while let Some(part) = component(path, at) {
        if part.last && !follow {
            break;
        }
        let Some(end) = path.get_mut(part.end) else {
            break;
        };
        let behind = core::mem::replace(end, 0);
        let read = read_link(cx, dir, path, &mut target);
        if let Some(end) = path.get_mut(part.end) {
            *end = behind;
        }
        match read {
            Ok(len) => {
                links = links.saturating_add(1);
                if links > MOST_LINKS {
                    return Err(Errno::ELOOP.into());
                }
                let target = target.get(..len).unwrap_or_default();
                absolute |= target.first() == Some(&b'/');
                at = splice(path, part, target).ok_or(Errno::ENAMETOOLONG)?;
            }
            Err(fail) if fail == Errno::EINVAL.into() => at = part.end,
            Err(_) => break,
        }
    }
    Ok(absolute)
}

/// readlinkat(2) of a path in the kernel. EINVAL for what is no link.
fn read_link(cx: &mut Cx<'_>, dir: i32, path: &[u8], target: &mut Buffer) -> Result<usize> {
    // SAFETY: current; the path ends in NUL, `target` is writable for its length.
    check(unsafe {
        ffi::kern_readlinkat(
            cx.td(),
            dir,
            path.as_ptr().cast(),
            ffi::UIO_SYSSPACE,
            target.as_mut_ptr().cast(),
            ffi::UIO_SYSSPACE,
            target.len(),
        )
    })?;
    // CAST: a byte count of at most PATH_MAX.
    Ok(cx.retval() as usize)
}

/// A path for the kernel, in user memory or in its own.
#[derive(Clone, Copy)]
pub(crate) struct Where {
    /// The folder a relative one starts from.
    pub(crate) dir: c_int,
    /// Its address.
    pub(crate) path: *const c_char,
    /// What the address is of.
    pub(crate) space: ffi::uio_seg,
}

/// One lookup: a path, and whether a link at its end is followed.
pub(crate) type Lookup = (At, bool);

/// Calls with the path as it is; once more, as its links lead below the emulation root, if
/// there is nothing.
#[inline]
pub(crate) fn with_path(
    cx: &mut Cx<'_>,
    (at, follow): Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where) -> c_int,
) -> c_int {
    let ret = call(cx.td(), at.as_given());
    if ret != ffi::ENOENT.cast_signed() || !is_active(cx) {
        return ret;
    }
    match relinked(cx, at, follow) {
        Ok(Some(path)) => call(cx.td(), in_kernel(at, &path)),
        Ok(None) | Err(_) => ret,
    }
}

/// The same for a call that takes two.
pub(crate) fn with_paths(
    cx: &mut Cx<'_>,
    one: Lookup,
    two: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where, Where) -> c_int,
) -> c_int {
    let ret = call(cx.td(), one.0.as_given(), two.0.as_given());
    if ret != ffi::ENOENT.cast_signed() || !is_active(cx) {
        return ret;
    }
    match (relinked_or_same(cx, one), relinked_or_same(cx, two)) {
        (Ok((a, a_new)), Ok((b, b_new))) if a_new || b_new => {
            call(cx.td(), in_kernel(one.0, &a), in_kernel(two.0, &b))
        }
        _ => ret,
    }
}

/// The same for a call that takes a socket's address: the path of a local one.
pub(crate) fn with_local(
    cx: &mut Cx<'_>,
    address: &BsdSockaddr,
    follow: bool,
    call: impl Fn(*mut ffi::thread, *mut ffi::sockaddr) -> c_int,
) -> Result<()> {
    let ret = with_address(address, |sa| call(cx.td(), sa));
    let relinked = match address.path() {
        Some(path) if ret == ffi::ENOENT.cast_signed() && is_active(cx) => {
            relinked_address(cx, path, follow)?
        }
        _ => None,
    };
    check(relinked.map_or(ret, |address| {
        with_address(&address, |sa| call(cx.td(), sa))
    }))
}

#[cold]
fn relinked_address(cx: &mut Cx<'_>, path: &[u8], follow: bool) -> Result<Option<BsdSockaddr>> {
    let mut room = Buffer::new(cx, PATH_MAX)?;
    for (to, from) in room.iter_mut().zip(path) {
        *to = *from;
    }
    Ok(match follow_links(cx, ffi::AT_FDCWD, &mut room, follow) {
        Ok(true) => BsdSockaddr::of_path(&room),
        Ok(false) | Err(_) => None,
    })
}

fn in_kernel(at: At, path: &Buffer) -> Where {
    Where {
        dir: at.dir().0,
        path: path.as_ptr().cast(),
        space: ffi::UIO_SYSSPACE,
    }
}

/// The path its links lead to, if an absolute one is among them.
#[cold]
fn relinked(cx: &mut Cx<'_>, at: At, follow: bool) -> Result<Option<Buffer>> {
    let (path, absolute) = relinked_or_same(cx, (at, follow))?;
    Ok(absolute.then_some(path))
}

#[cold]
fn relinked_or_same(cx: &mut Cx<'_>, (at, follow): Lookup) -> Result<(Buffer, bool)> {
    let mut path = Buffer::new(cx, PATH_MAX)?;
    at.read(cx, &mut path)?;
    let absolute = follow_links(cx, at.dir().0, &mut path, follow)?;
    Ok((path, absolute))
}
