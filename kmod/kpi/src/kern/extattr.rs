// SPDX-License-Identifier: BSD-2-Clause
//! Extended attributes of the user name space: vfs_extattr.c.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use linux_abi::fd::Fd;

use super::folder::{OpenFolder, open_kernel};
use super::io::Buffer;
use super::path::{At, is, kern_openat};
use super::reroot::{Where, with_whole_path};
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

    /// Calls for the open file, or for the path as namei(9) can go it.
    fn call(
        self,
        cx: &mut Cx<'_>,
        of_file: impl FnOnce(*mut ffi::thread, c_int) -> c_int,
        of_path: impl FnMut(*mut ffi::thread, Where, c_int) -> c_int,
    ) -> Result<()> {
        let (path, follow) = match self {
            Target::Open(fd) => return check(of_file(cx.td(), fd.0)),
            Target::Followed(path) => (path, true),
            Target::Link(path) => (path, false),
        };
        // CAST: flags below 2^31.
        let flag = if follow { ffi::FOLLOW } else { ffi::NOFOLLOW } as c_int;
        let mut of_path = of_path;
        check(with_whole_path(cx, (At::cwd(path), follow), |td, at| {
            of_path(td, at, flag)
        }))
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

fn get(cx: &mut Cx<'_>, target: Target, name: &Name, to: *mut c_void, len: usize) -> Result<usize> {
    let name = name.as_ptr();
    // Kernel copy for path and value; `name` ends in NUL.
    target.call(
        cx,
        // SAFETY: current; as above.
        |td, fd| unsafe { ffi::kern_extattr_get_fd(td, fd, USER, name, to, len) },
        // SAFETY: current; as above.
        |td, at, follow| unsafe {
            ffi::kern_extattr_get_path(td, at.path, USER, name, to, len, follow, at.space)
        },
    )?;
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
    let from = from.addr().as_ptr::<c_void>();
    let name = name.as_ptr();
    // Kernel copy for path and value; `name` ends in NUL.
    target.call(
        cx,
        // SAFETY: current; as above.
        |td, fd| unsafe { ffi::kern_extattr_set_fd(td, fd, USER, name, from, len) },
        // SAFETY: current; as above.
        |td, at, follow| unsafe {
            ffi::kern_extattr_set_path(td, at.path, USER, name, from, len, follow, at.space)
        },
    )
}

/// Removes an attribute. ENOATTR.
pub fn remove(cx: &mut Cx<'_>, target: Target, name: &Name) -> Result<()> {
    let name = name.as_ptr();
    // Kernel copy for the path; `name` ends in NUL.
    target.call(
        cx,
        // SAFETY: current; as above.
        |td, fd| unsafe { ffi::kern_extattr_delete_fd(td, fd, USER, name) },
        // SAFETY: current; as above.
        |td, at, follow| unsafe {
            ffi::kern_extattr_delete_path(td, at.path, USER, name, follow, at.space)
        },
    )
}

/// The names, each behind a byte with its length: how many bytes of `to` they take.
pub fn list(cx: &mut Cx<'_>, target: Target, to: &mut Buffer) -> Result<usize> {
    let mut used = 0;
    let (room, len) = (to.as_mut_ptr().cast::<c_char>(), to.len());
    let place = &raw mut used;
    // Kernel copy for the path; `to` is writable for its length.
    target.call(
        cx,
        // SAFETY: current; as above.
        |td, fd| unsafe { ffi::lrs_extattr_list_fd(td, fd, room, len, place) },
        // SAFETY: current; as above.
        |td, at, follow| unsafe {
            ffi::lrs_extattr_list_path(td, at.path, at.space, follow, room, len, place)
        },
    )?;
    Ok(used)
}
