// SPDX-License-Identifier: BSD-2-Clause
//! Extended attributes of the user name space: vfs_extattr.c.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use linux_abi::fd::Fd;

use super::folder::{OpenFolder, open_kernel};
use super::io::Buffer;
use super::path::{At, is, kern_openat};
use crate::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserCStr, check};

/// The file whose attributes are meant.
#[derive(Clone, Copy)]
pub enum Target {
    /// An open file.
    Open(Fd),
    /// What a path names, a link being followed.
    Followed(UserCStr),
    /// What a path names, even if that is a link.
    Link(UserCStr),
}

impl Target {
    /// Whether it is an open file, so that no path can have been refused.
    pub fn is_open(self) -> bool {
        matches!(self, Target::Open(_))
    }

    /// Descriptor, path or null, and the flag for namei(9).
    fn parts(self) -> (c_int, *const c_char, bool) {
        match self {
            Target::Open(fd) => (fd.0, ptr::null(), false),
            Target::Followed(path) => (0, path.as_ptr(), true),
            Target::Link(path) => (0, path.as_ptr(), false),
        }
    }
}

/// A file that is open for one call on its attributes.
pub struct Opened(OpenFolder);

impl Opened {
    /// The file a path below a folder names, readable or at least writable. ELOOP for a link that
    /// is not followed.
    pub fn below(cx: &mut Cx<'_>, at: At, follow: bool) -> Result<Self> {
        let links = if follow { 0 } else { ffi::O_NOFOLLOW };
        let flags = ffi::O_NONBLOCK | ffi::O_NOCTTY | ffi::O_CLOEXEC | links;
        let opened = match kern_openat(cx, at, (flags | ffi::O_RDONLY).cast_signed(), 0) {
            Err(fail) if is(fail, Errno::EACCES) => {
                kern_openat(cx, at, (flags | ffi::O_WRONLY).cast_signed(), 0)
            }
            opened => opened,
        };
        match opened {
            // Links have no attributes that a Linux program could set.
            Err(fail) if is(fail, Errno::EMLINK) => Err(Errno::EPERM.into()),
            opened => opened.map(|fd| Opened(OpenFolder::own(fd))),
        }
    }

    /// The working directory.
    pub fn working_folder(cx: &mut Cx<'_>) -> Result<Self> {
        let flags = ffi::O_RDONLY | ffi::O_DIRECTORY | ffi::O_CLOEXEC;
        open_kernel(cx, ffi::AT_FDCWD, b".\0", flags, 0).map(|fd| Opened(OpenFolder::own(fd)))
    }

    /// It, as long as it is open.
    pub fn target(&self) -> Target {
        Target::Open(Fd(self.0.fd()))
    }
}

/// A name for the kernel, without prefix.
pub struct Name {
    bytes: [u8; ffi::EXTATTR_MAXNAMELEN as usize + 1],
}

impl Name {
    /// A name of at most 255 bytes without NUL; longer ones are cut.
    pub fn new(name: &[u8]) -> Self {
        let mut bytes = [0; ffi::EXTATTR_MAXNAMELEN as usize + 1];
        let room = ffi::EXTATTR_MAXNAMELEN as usize;
        for (to, from) in bytes.iter_mut().take(room).zip(name) {
            *to = *from;
        }
        Name { bytes }
    }

    fn as_ptr(&self) -> *const c_char {
        self.bytes.as_ptr().cast()
    }
}

const USER: c_int = ffi::EXTATTR_NAMESPACE_USER.cast_signed();

fn follow_flag(follow: bool) -> c_int {
    // CAST: flags below 2^31.
    if follow {
        ffi::FOLLOW as c_int
    } else {
        ffi::NOFOLLOW as c_int
    }
}

fn get(cx: &mut Cx<'_>, target: Target, name: &Name, to: *mut c_void, len: usize) -> Result<usize> {
    let (fd, path, follow) = target.parts();
    // SAFETY: current; kernel copy for path and value; `name` ends in NUL.
    check(unsafe {
        if matches!(target, Target::Open(_)) {
            ffi::kern_extattr_get_fd(cx.td(), fd, USER, name.as_ptr(), to, len)
        } else {
            let follow = follow_flag(follow);
            ffi::kern_extattr_get_path(
                cx.td(),
                path,
                USER,
                name.as_ptr(),
                to,
                len,
                follow,
                ffi::UIO_USERSPACE,
            )
        }
    })?;
    // CAST: a size below 2^63.
    Ok(cx.retval() as usize)
}

/// The size of an attribute's value. ENOATTR.
pub fn size(cx: &mut Cx<'_>, target: Target, name: &Name) -> Result<usize> {
    get(cx, target, name, ptr::null_mut(), 0)
}

/// Reads a value: how many bytes were stored, at most `len`. `to` is not null, which would
/// ask for the size.
pub fn read(
    cx: &mut Cx<'_>,
    target: Target,
    name: &Name,
    to: UserBytesOut,
    len: usize,
) -> Result<usize> {
    get(cx, target, name, to.addr().as_ptr(), len)
}

/// Sets a value.
pub fn write(
    cx: &mut Cx<'_>,
    target: Target,
    name: &Name,
    from: UserBytesIn,
    len: usize,
) -> Result<()> {
    let (fd, path, follow) = target.parts();
    let from = from.addr().as_ptr::<c_void>();
    // SAFETY: current; kernel copy for path and value; `name` ends in NUL.
    check(unsafe {
        if matches!(target, Target::Open(_)) {
            ffi::kern_extattr_set_fd(cx.td(), fd, USER, name.as_ptr(), from, len)
        } else {
            let follow = follow_flag(follow);
            ffi::kern_extattr_set_path(
                cx.td(),
                path,
                USER,
                name.as_ptr(),
                from,
                len,
                follow,
                ffi::UIO_USERSPACE,
            )
        }
    })
}

/// Removes an attribute. ENOATTR.
pub fn remove(cx: &mut Cx<'_>, target: Target, name: &Name) -> Result<()> {
    let (fd, path, follow) = target.parts();
    // SAFETY: current; kernel copy for the path; `name` ends in NUL.
    check(unsafe {
        if matches!(target, Target::Open(_)) {
            ffi::kern_extattr_delete_fd(cx.td(), fd, USER, name.as_ptr())
        } else {
            let follow = follow_flag(follow);
            ffi::kern_extattr_delete_path(
                cx.td(),
                path,
                USER,
                name.as_ptr(),
                follow,
                ffi::UIO_USERSPACE,
            )
        }
    })
}

/// The names, each behind a byte with its length: how many bytes of `to` they take.
pub fn list(cx: &mut Cx<'_>, target: Target, to: &mut Buffer) -> Result<usize> {
    let (fd, path, follow) = target.parts();
    let open = matches!(target, Target::Open(_));
    let mut used = 0;
    // SAFETY: current; kernel copy for the path; `to` is writable for its length.
    check(unsafe {
        ffi::lrs_extattr_list(
            cx.td(),
            fd,
            path,
            open,
            follow,
            to.as_mut_ptr().cast(),
            to.len(),
            &raw mut used,
        )
    })?;
    Ok(used)
}
