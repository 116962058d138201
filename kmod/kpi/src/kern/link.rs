// SPDX-License-Identifier: BSD-2-Clause
//! Calls that take two paths: vfs_syscalls.c.

use super::io::Buffer;
use super::path::{At, is, made, missing};
use super::reroot::with_paths;
use crate::{Cx, Errno, Fail, Result, check};

/// PATH_MAX and NAME_MAX of linux/limits.h.
const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 255;

/// renameat(2); with `replace` false, EEXIST where there is a file of the new name.
pub fn kern_renameat(cx: &mut Cx<'_>, old: At, new: At, replace: bool) -> Result<()> {
    let call = if replace {
        ffi::kern_renameat
    } else {
        ffi::lrs_rename_noreplace
    };
    // SAFETY: current; kernel copy.
    let done = check(with_paths(
        cx,
        (old, false),
        (new, false),
        |td, old, new| unsafe { call(td, old.dir, old.path, new.dir, new.path, old.space) },
    ));
    done.map_err(|fail| match fail {
        fail if is(fail, Errno::EROFS) => missing(cx, old, fail),
        fail => first_fault(cx, old, new, fail),
    })
}

/// linkat(2).
pub fn kern_linkat(cx: &mut Cx<'_>, old: At, new: At, flags: i32) -> Result<()> {
    let follow = flags & ffi::AT_SYMLINK_FOLLOW.cast_signed() != 0;
    // SAFETY: current; kernel copy.
    let ret = with_paths(cx, (old, follow), (new, false), |td, old, new| unsafe {
        ffi::kern_linkat(td, old.dir, new.dir, old.path, new.path, old.space, flags)
    });
    let done = made(cx, new, ret);
    done.map_err(|fail| match fail {
        // A folder. Linux looks the new name up before it says so.
        fail if is(fail, Errno::EPERM) => first_fault(cx, new, new, fail),
        fail => fail,
    })
}

/// Linux copies both paths in before it looks anything up: what is wrong with one of them comes first.
#[cold]
fn first_fault(cx: &mut Cx<'_>, old: At, new: At, fail: Fail) -> Fail {
    for at in [old, new] {
        if let Err(fault) = check_text(cx, at) {
            return fault;
        }
    }
    fail
}

/// EFAULT, ENAMETOOLONG for a path or its last name, ENOENT for the empty path.
fn check_text(cx: &mut Cx<'_>, at: At) -> Result<()> {
    let mut text = Buffer::new(cx, PATH_MAX)?;
    let len = at.read(cx, &mut text)?;
    let text = text.get(..len).unwrap_or_default();
    if text.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let last = text.rsplit(|byte| *byte == b'/').next();
    if last.is_some_and(|name| name.len() > NAME_MAX) {
        return Err(Errno::ENAMETOOLONG.into());
    }
    Ok(())
}
