// SPDX-License-Identifier: BSD-2-Clause
//! Paths that stand for an open descriptor: /dev/fd/3, /proc/self/fd/3, /dev/stdin.
//!
//! On Linux such a path is a link that leads to what is open, be it a pipe. fdescfs, mounted with
//! `linrdlnk`, has links as well, but what they say can only be followed for a file that has a
//! name. For all others namei(9) finds nothing, or the link itself; the callers of [`find`] then
//! turn to the descriptor.

use linux_abi::fd::Fd;
use linux_abi::relink::{MOST_LINKS, component, descriptor_number, splice};

use super::io::Buffer;
use super::path::At;
use super::reroot::{PATH_MAX, follow_links, read_link};
use crate::{Cx, Result, check};

/// The descriptor a path leads to, if it leads to one.
#[cold]
pub(crate) fn find(cx: &mut Cx<'_>, at: At) -> Option<Fd> {
    let mut path = Buffer::new(cx, PATH_MAX).ok()?;
    let len = at.read(cx, &mut path).ok()?;
    let name = path.get(..len)?;
    // Most paths that lead nowhere: /dev/stdin and its kin are links to a number.
    if !name.last()?.is_ascii_digit() && !name.starts_with(b"/dev/std") {
        return None;
    }
    let dir = at.dir().0;
    for _ in 0..MOST_LINKS {
        follow_links(cx, dir, &mut path, false).ok()?;
        let mut last = component(&path, 0)?;
        while !last.last {
            last = component(&path, last.end)?;
        }
        // SAFETY: current; the path ends in NUL.
        if unsafe { ffi::lrs_is_descriptor(cx.td(), dir, path.as_ptr().cast()) } {
            return descriptor_number(path.get(last.start..last.end)?).map(Fd);
        }
        let mut target = Buffer::new(cx, PATH_MAX).ok()?;
        let len = read_link(cx, dir, &path, &mut target).ok()?;
        splice(&mut path, last, target.get(..len)?)?;
    }
    None
}

/// Opens what is open as `fd` once more, sharing the offset. EACCES for an access that `fd` does not
/// have.
pub(crate) fn reopen(cx: &mut Cx<'_>, fd: Fd, flags: i32) -> Result<()> {
    // SAFETY: current; the shim takes its own reference.
    check(unsafe { ffi::lrs_reopen(cx.td(), fd.0, flags) })
}
