// SPDX-License-Identifier: BSD-2-Clause
//! What namei(9) cannot do with a Linux path: absolute links below the emulation root, paths of more
//! than 1023 bytes, more than 32 links in a row.
//!
//! namei(9) looks an absolute path up in the emulation root first, then in the real root; the
//! target of an absolute link it looks up in the real root alone, even if the link is below the
//! emulation root. Distributions are full of such links (/etc/alternatives), so a path that
//! leads nowhere is followed once more here, link by link, each from the emulation root again.

use core::ffi::{c_char, c_int};

use linux_abi::relink::{MOST_LINKS, component, splice};
use linux_abi::sockaddr::BsdSockaddr;

use super::folder::OpenFolder;
use super::io::Buffer;
use super::path::At;
use super::socket::with_address;
use crate::{Cx, Errno, Result, check};

/// Room for a path and its NUL on Linux.
const LINUX_PATH_MAX: usize = 4096;

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
pub(crate) fn read_link(
    cx: &mut Cx<'_>,
    dir: i32,
    path: &[u8],
    target: &mut Buffer,
) -> Result<usize> {
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

/// What a link of procfs or of a file system of descriptors says (/proc/self/exe; `own` in place of
/// the path for [`own_descriptor`]), as the program
/// knows the path, if it leads below the emulation root: the kernel made the text, with the whole
/// path in it.
pub(crate) fn made_up_link(cx: &mut Cx<'_>, at: At, own: Option<Buffer>) -> Result<Option<Target>> {
    // A path of the kernel's own in place of the one given.
    let place = |given: Where| match &own {
        Some(path) => Where {
            path: path.as_ptr().cast(),
            space: ffi::UIO_SYSSPACE,
            ..given
        },
        None => given,
    };
    // SAFETY: current; kernel copy.
    let found = with_path(cx, (at, false), |td, at| unsafe {
        let at = place(at);
        ffi::lrs_find_made_up_link(td, at.dir, at.path, at.space)
    });
    if found != 0 {
        return Ok(None);
    }
    let mut text = Buffer::new(cx, PATH_MAX)?;
    let (to, size) = (text.as_mut_ptr().cast(), text.len());
    // SAFETY: current; kernel copy for the path; `to` is writable for its size.
    check(with_path(cx, (at, false), |td, at| unsafe {
        let at = place(at);
        ffi::kern_readlinkat(td, at.dir, at.path, at.space, to, ffi::UIO_SYSSPACE, size)
    }))?;
    // CAST: a byte count of at most PATH_MAX.
    let len = cx.retval() as usize;
    let mut path = Buffer::new(cx, PATH_MAX)?;
    // SAFETY: current; `path` is writable for its length.
    let root = unsafe { ffi::lrs_emul_root_path(cx.td(), path.as_mut_ptr().cast(), path.len()) };
    let below = path
        .get(..root)
        .filter(|root| !root.is_empty())
        .and_then(|root| text.get(..len)?.strip_prefix(root));
    Ok(match below {
        Some(rest) if rest.is_empty() || rest.first() == Some(&b'/') => Some(Target {
            start: root,
            end: len,
            text,
        }),
        // Nothing was read before.
        _ if own.is_some() => Some(Target {
            start: 0,
            end: len,
            text,
        }),
        _ => None,
    })
}

/// What a link says: a part of a longer text.
pub(crate) struct Target {
    text: Buffer,
    start: usize,
    end: usize,
}

impl core::ops::Deref for Target {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.text.get(self.start..self.end) {
            None | Some([]) => b"/",
            Some(rest) => rest,
        }
    }
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

/// The absolute link linprocfs has for a process's own descriptors, and where it leads. The real
/// root has descriptors 0, 1 and 2 there as devices, so that nothing is missing to namei(9).
const OWN_DESCRIPTORS: (&[u8], &[u8]) = (b"/proc/self/fd/", b"/dev/fd/");

/// The path below the emulation root's /dev/fd, of one in /proc/self/fd.
#[cold]
pub(crate) fn own_descriptor(cx: &mut Cx<'_>, at: At) -> Option<Buffer> {
    let mut given = Buffer::new(cx, PATH_MAX).ok()?;
    let len = at.read(cx, &mut given).ok()?;
    let (link, target) = OWN_DESCRIPTORS;
    let rest = given.get(..len)?.strip_prefix(link)?;
    let mut path = Buffer::new(cx, PATH_MAX).ok()?;
    path.get_mut(..target.len())?.copy_from_slice(target);
    let end = target.len().checked_add(rest.len())?;
    path.get_mut(target.len()..end)?.copy_from_slice(rest);
    *path.get_mut(end)? = 0;
    Some(path)
}

/// Whether a path can be that of the folder of a process's own descriptors: a look at its first eight bytes.
#[inline]
fn may_be_own_folder(at: At) -> bool {
    const START: u64 = u64::from_ne_bytes(*b"/proc/se");
    let mut word = 0;
    // SAFETY: fueword64 checks the user address itself, as copyin does.
    let failed = unsafe { ffi::fueword64(at.path().cast(), &raw mut word) };
    failed == 0 && word.cast_unsigned() == START
}

/// Where the folder of a process's own descriptors is below the emulation root, if `at` is that: the real
/// root's, where namei(9) would go, lists three devices.
#[inline]
pub(crate) fn own_folder(cx: &mut Cx<'_>, at: At) -> Option<Where> {
    if may_be_own_folder(at) {
        find_own_folder(cx, at)
    } else {
        None
    }
}

#[cold]
#[inline(never)]
fn find_own_folder(cx: &mut Cx<'_>, at: At) -> Option<Where> {
    if !is_active(cx) {
        return None;
    }
    let mut given = Buffer::new(cx, PATH_MAX).ok()?;
    let len = at.read(cx, &mut given).ok()?;
    let (link, _) = OWN_DESCRIPTORS;
    let path = given.get(..len)?;
    let is_it = path == link || Some(path) == link.strip_suffix(b"/");
    is_it.then_some(Where {
        dir: ffi::AT_FDCWD,
        path: c"/dev/fd".as_ptr(),
        space: ffi::UIO_SYSSPACE,
    })
}

/// Calls with the path as it is; once more, in a way namei(9) can go, if it fails for one of the
/// reasons above.
#[inline]
pub(crate) fn with_path(
    cx: &mut Cx<'_>,
    lookup: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where) -> c_int,
) -> c_int {
    let ret = call(cx.td(), lookup.0.as_given());
    if ret == 0 {
        return 0;
    }
    once_more(cx, ret, lookup, call)
}

#[cold]
#[inline(never)]
fn once_more(
    cx: &mut Cx<'_>,
    ret: c_int,
    lookup: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where) -> c_int,
) -> c_int {
    match detour(cx, ret, lookup) {
        Ok(Some(path)) => call(cx.td(), path.place()),
        Ok(None) => ret,
        Err(fail) => fail.to_kernel(),
    }
}

/// [`with_path`] for a call that takes no folder beside the path: a path that is too long for the kernel
/// stays so (ENAMETOOLONG).
#[inline]
pub(crate) fn with_whole_path(
    cx: &mut Cx<'_>,
    lookup: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where) -> c_int,
) -> c_int {
    let ret = call(cx.td(), lookup.0.as_given());
    if ret == 0 || ret == ffi::ENAMETOOLONG.cast_signed() {
        return ret;
    }
    once_more(cx, ret, lookup, call)
}

/// [`with_path`] for a change of what a file is, with [`own_descriptor`] first: the real root's
/// device of that name would take the change in the file's place.
pub(crate) fn with_attributes(
    cx: &mut Cx<'_>,
    lookup: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where) -> c_int,
) -> c_int {
    let (at, follow) = lookup;
    if follow
        && is_active(cx)
        && let Some(path) = own_descriptor(cx, at)
    {
        let path = Where {
            dir: at.dir().0,
            path: path.as_ptr().cast(),
            space: ffi::UIO_SYSSPACE,
        };
        return call(cx.td(), path);
    }
    with_path(cx, lookup, call)
}

/// The same for a call that takes two.
pub(crate) fn with_paths(
    cx: &mut Cx<'_>,
    one: Lookup,
    two: Lookup,
    mut call: impl FnMut(*mut ffi::thread, Where, Where) -> c_int,
) -> c_int {
    let ret = call(cx.td(), one.0.as_given(), two.0.as_given());
    if !may_help(cx, ret) {
        return ret;
    }
    match both_detours(cx, ret, one, two) {
        Ok(Some((one, two))) => call(cx.td(), one.place(), two.place()),
        Ok(None) => ret,
        Err(fail) => fail.to_kernel(),
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

/// The other way for two paths, if either has one.
#[cold]
fn both_detours(
    cx: &mut Cx<'_>,
    ret: c_int,
    one: Lookup,
    two: Lookup,
) -> Result<Option<(Detour, Detour)>> {
    let (first, second) = (detour(cx, ret, one)?, detour(cx, ret, two)?);
    if first.is_none() && second.is_none() {
        return Ok(None);
    }
    let mut or_unchanged = |path: Option<Detour>, at| match path {
        Some(path) => Ok(path),
        None => unchanged(cx, at),
    };
    Ok(Some((
        or_unchanged(first, one.0)?,
        or_unchanged(second, two.0)?,
    )))
}

/// A path in kernel memory that leads where another one should.
struct Detour {
    /// What its relative start is, if that was opened for it.
    folder: Option<OpenFolder>,
    dir: c_int,
    text: Buffer,
    from: usize,
}

impl Detour {
    fn place(&self) -> Where {
        let text = self.text.get(self.from..).unwrap_or_default();
        Where {
            dir: self.folder.as_ref().map_or(self.dir, |folder| folder.fd()),
            path: text.as_ptr().cast(),
            space: ffi::UIO_SYSSPACE,
        }
    }
}

/// Whether a failure is one that another way may help with.
#[inline]
fn may_help(cx: &Cx<'_>, ret: c_int) -> bool {
    const ENOENT: c_int = ffi::ENOENT.cast_signed();
    const ELOOP: c_int = ffi::ELOOP.cast_signed();
    const ENAMETOOLONG: c_int = ffi::ENAMETOOLONG.cast_signed();
    match ret {
        0 => false,
        ENOENT => is_active(cx),
        ELOOP | ENAMETOOLONG => true,
        _ => false,
    }
}

/// The other way, if there is one. What is wrong with a long path on that way.
#[inline]
fn detour(cx: &mut Cx<'_>, ret: c_int, lookup: Lookup) -> Result<Option<Detour>> {
    if may_help(cx, ret) {
        find_detour(cx, ret, lookup)
    } else {
        Ok(None)
    }
}

#[cold]
fn find_detour(cx: &mut Cx<'_>, ret: c_int, (at, follow): Lookup) -> Result<Option<Detour>> {
    if ret == ffi::ENAMETOOLONG.cast_signed() {
        return shortened(cx, at);
    }
    // To namei(9) the links of a path without absolute ones lead where they lead here.
    Ok(match relinked_or_same(cx, (at, follow)) {
        Ok((text, absolute)) if absolute || ret == ffi::ELOOP.cast_signed() => Some(Detour {
            folder: None,
            dir: at.dir().0,
            text,
            from: 0,
        }),
        // namei(9) has seen no circle: its first link led out of the emulation root.
        Err(fail) if fail == Errno::ELOOP.into() => return Err(fail),
        _ => None,
    })
}

/// The path as it is, in the kernel.
fn unchanged(cx: &mut Cx<'_>, at: At) -> Result<Detour> {
    let mut text = Buffer::new(cx, PATH_MAX)?;
    at.read(cx, &mut text)?;
    Ok(Detour {
        folder: None,
        dir: at.dir().0,
        text,
        from: 0,
    })
}

/// A path too long for namei(9), but not for Linux: its first folders are opened, piece by piece, until
/// the rest is short enough.
fn shortened(cx: &mut Cx<'_>, at: At) -> Result<Option<Detour>> {
    let mut text = Buffer::new(cx, LINUX_PATH_MAX)?;
    let len = at.read(cx, &mut text)?;
    if len < PATH_MAX {
        return Ok(None);
    }
    let mut folder: Option<OpenFolder> = None;
    let mut from = 0_usize;
    while len.saturating_sub(from) >= PATH_MAX {
        let Some(end) = cut(&text, from) else {
            return Ok(None);
        };
        if let Some(slash) = text.get_mut(end) {
            *slash = 0;
        }
        let dir = folder.as_ref().map_or(at.dir().0, |folder| folder.fd());
        folder = Some(OpenFolder::open(
            cx,
            dir,
            text.get(from..).unwrap_or_default(),
        )?);
        from = end.saturating_add(1);
        while text.get(from) == Some(&b'/') {
            from = from.saturating_add(1);
        }
    }
    if text.get(from) == Some(&0) {
        // It ended in slashes.
        from = from.saturating_sub(1);
        if let Some(dot) = text.get_mut(from) {
            *dot = b'.';
        }
    }
    Ok(Some(Detour {
        folder,
        dir: at.dir().0,
        text,
        from,
    }))
}

/// Where the longest piece from `from` on ends that namei(9) takes.
fn cut(text: &[u8], from: usize) -> Option<usize> {
    let piece = text.get(from..from.checked_add(PATH_MAX)?)?;
    let slash = piece.iter().rposition(|byte| *byte == b'/')?;
    (slash > 0).then(|| from.saturating_add(slash))
}

#[cold]
fn relinked_or_same(cx: &mut Cx<'_>, (at, follow): Lookup) -> Result<(Buffer, bool)> {
    let mut path = Buffer::new(cx, PATH_MAX)?;
    at.read(cx, &mut path)?;
    let absolute = follow_links(cx, at.dir().0, &mut path, follow)?;
    Ok((path, absolute))
}
