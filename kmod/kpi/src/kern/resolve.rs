// SPDX-License-Identifier: BSD-2-Clause
//! Paths that may not lead everywhere: openat2(2) with what namei(9) has no flag for.
//!
//! The path is walked name by name, each looked up in a folder that is open and without following
//! links. A ".." is never followed: the walk starts again and leaves the last name out, so no folder
//! that is moved away meanwhile leads out. The first name decides between the emulation root and the
//! real one: what is missing below a folder of the former is not looked for in the latter.

use core::ffi::c_int;

use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::open::Resolve;
use linux_abi::relink::{Component, MOST_LINKS, component, splice};
use linux_abi::stat::BsdStat;

use super::folder::{OpenFolder, open_kernel};
use super::io::Buffer;
use super::path::At;
use super::stat::kern_fstatfs;
use crate::{Cx, Errno, Result, check};

const PATH_MAX: usize = 4096;
/// NAME_MAX with a slash before and a NUL behind.
const STEP_MAX: usize = 257;

/// Where a walk is.
struct Walk {
    /// The folder it began in; the descriptor of the program, or AT_FDCWD.
    dir: c_int,
    /// Whether it began in the root.
    from_root: bool,
    /// The folder it has come to, unless that is where it began.
    here: Option<OpenFolder>,
    /// The names from there to here, each with a slash behind.
    names: Buffer,
    names_len: usize,
    limits: Resolve,
    /// The file system it may not leave.
    device: Option<u64>,
}

fn is_link(st: &BsdStat) -> bool {
    i32::from(st.mode) & bsd::S_IFMT == bsd::S_IFLNK
}

impl Walk {
    fn new(cx: &mut Cx<'_>, dir: c_int, from_root: bool, limits: Resolve) -> Result<Self> {
        let mut walk = Walk {
            dir,
            from_root,
            here: None,
            names: Buffer::new(cx, PATH_MAX)?,
            names_len: 0,
            limits,
            device: None,
        };
        if limits.contains(Resolve::NO_XDEV) {
            let start = walk.look(cx, b".", ffi::O_DIRECTORY)?;
            walk.device = Some(start.stat(cx)?.dev);
        }
        Ok(walk)
    }

    /// The folder to look the next name up in, and that name as namei(9) is to see it.
    fn step<'b>(&self, name: &[u8], room: &'b mut [u8; STEP_MAX]) -> Result<(c_int, &'b [u8])> {
        let slash: &[u8] = if self.from_root && self.here.is_none() {
            b"/"
        } else {
            b""
        };
        let text = slash.iter().chain(name).chain(&[0]);
        let mut len = 0_usize;
        for byte in text {
            *room.get_mut(len).ok_or(Errno::ENAMETOOLONG)? = *byte;
            len = len.saturating_add(1);
        }
        let dir = self.here.as_ref().map_or(self.dir, OpenFolder::fd);
        Ok((dir, room.get(..len).unwrap_or_default()))
    }

    /// Opens what a name is for, not what a link leads to.
    fn look(&self, cx: &mut Cx<'_>, name: &[u8], flags: u32) -> Result<OpenFolder> {
        let mut room = [0; STEP_MAX];
        let (dir, name) = self.step(name, &mut room)?;
        OpenFolder::look(cx, dir, name, ffi::O_NOFOLLOW | flags)
    }

    /// EXDEV for what is on another file system, if that is forbidden.
    fn check_device(&self, st: &BsdStat) -> Result<()> {
        match self.device {
            Some(device) if device != st.dev => Err(Errno::EXDEV.into()),
            _ => Ok(()),
        }
    }

    /// Goes into a folder.
    fn enter(&mut self, folder: OpenFolder, name: &[u8]) -> Result<()> {
        for byte in name.iter().chain(b"/") {
            let to = self.names.get_mut(self.names_len);
            *to.ok_or(Errno::ENAMETOOLONG)? = *byte;
            self.names_len = self.names_len.saturating_add(1);
        }
        self.here = Some(folder);
        Ok(())
    }

    /// Goes back to where it began.
    fn restart(&mut self) {
        self.here = None;
        self.names_len = 0;
    }

    /// Goes to the folder above: by all names but the last.
    fn leave(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        if self.names_len == 0 {
            return if self.limits.contains(Resolve::BENEATH) {
                Err(Errno::EXDEV.into())
            } else if self.limits.contains(Resolve::IN_ROOT) || self.from_root {
                Ok(())
            } else {
                // Nothing forbids it.
                let above = self.look(cx, b"..", ffi::O_DIRECTORY)?;
                self.check_device(&above.stat(cx)?)?;
                self.here = Some(above);
                Ok(())
            };
        }
        let names = self.names.get(..self.names_len.saturating_sub(1));
        let names = names.unwrap_or_default();
        let keep = names
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |slash| slash.saturating_add(1));
        let mut kept = Buffer::new(cx, PATH_MAX)?;
        for (to, from) in kept.iter_mut().zip(names.iter().take(keep)) {
            *to = *from;
        }
        self.restart();
        let mut rest = kept.get(..keep).unwrap_or_default();
        while let Some(slash) = rest.iter().position(|byte| *byte == b'/') {
            let (name, behind) = rest.split_at(slash);
            let folder = self.look(cx, name, ffi::O_DIRECTORY)?;
            self.enter(folder, name)?;
            rest = behind.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Puts where a link leads in its place. ELOOP and EXDEV where it may not be followed.
    fn follow(
        &mut self,
        cx: &mut Cx<'_>,
        link: &OpenFolder,
        path: &mut Buffer,
        part: Component,
    ) -> Result<usize> {
        if self.limits.contains(Resolve::NO_SYMLINKS) {
            return Err(Errno::ELOOP.into());
        }
        let mut target = Buffer::new(cx, PATH_MAX)?;
        let len = read_link(cx, link, &mut target)?;
        let target = target.get(..len).unwrap_or_default();
        if target.first() == Some(&b'/') {
            let all = Resolve::NO_MAGICLINKS | Resolve::BENEATH | Resolve::IN_ROOT;
            // The links of processes to files lead there whatever they say.
            if self.limits.intersects(all) && is_of_process(cx, link)? {
                return Err(Errno::ELOOP.into());
            }
            if self.limits.contains(Resolve::BENEATH) {
                return Err(Errno::EXDEV.into());
            }
            self.restart();
            if !self.limits.contains(Resolve::IN_ROOT) {
                *self = Walk::to_root(cx, self)?;
            }
        }
        splice(path, part, target).ok_or_else(|| Errno::ENAMETOOLONG.into())
    }

    /// The same walk, from the root on.
    fn to_root(cx: &mut Cx<'_>, from: &Walk) -> Result<Walk> {
        let mut walk = Walk::new(cx, ffi::AT_FDCWD, true, from.limits)?;
        if from.device.is_some() && walk.device != from.device {
            return Err(Errno::EXDEV.into());
        }
        walk.device = from.device;
        Ok(walk)
    }
}

/// The text of a link that is open, which need not end in NUL.
fn read_link(cx: &mut Cx<'_>, link: &OpenFolder, to: &mut Buffer) -> Result<usize> {
    // SAFETY: current; the empty path is the descriptor's own file, `to` is writable for its length.
    check(unsafe {
        ffi::kern_readlinkat(
            cx.td(),
            link.fd(),
            c"".as_ptr(),
            ffi::UIO_SYSSPACE,
            to.as_mut_ptr().cast(),
            ffi::UIO_SYSSPACE,
            to.len(),
        )
    })?;
    // CAST: a byte count of at most PATH_MAX.
    Ok(cx.retval() as usize)
}

/// Whether a link is in one of the file systems that show processes.
fn is_of_process(cx: &mut Cx<'_>, link: &OpenFolder) -> Result<bool> {
    let fs = kern_fstatfs(cx, Fd(link.fd()))?;
    let kinds: [&[u8]; 3] = [b"linprocfs", b"procfs", b"fdescfs"];
    let name = fs.fstypename.split(|byte| *byte == 0).next();
    Ok(name.is_some_and(|name| kinds.contains(&name)))
}

/// openat(2) within limits: the new descriptor. EXDEV and ELOOP where the path leads beyond them.
/// A path that starts at the root finds what the emulation root has, and else what the real
/// root has, by its first name.
pub fn open_within(cx: &mut Cx<'_>, at: At, limits: Resolve, flags: i32, mode: u32) -> Result<i32> {
    let mut path = Buffer::new(cx, PATH_MAX)?;
    if at.read(cx, &mut path)? == 0 {
        return Err(Errno::ENOENT.into());
    }
    let flags = flags.cast_unsigned();
    let absolute = path.first() == Some(&b'/');
    if absolute && limits.contains(Resolve::BENEATH) {
        return Err(Errno::EXDEV.into());
    }
    let from_root = absolute && !limits.contains(Resolve::IN_ROOT);
    let dir = if from_root { ffi::AT_FDCWD } else { at.dir().0 };
    let mut walk = Walk::new(cx, dir, from_root, limits)?;
    let mut links = 0_usize;
    let mut next = 0;
    let mut last: Option<Component> = None;
    while let Some(part) = component(&path, next) {
        let mut name = [0; STEP_MAX];
        let text = path.get(part.start..part.end).unwrap_or_default();
        let room = name.get_mut(..text.len()).ok_or(Errno::ENAMETOOLONG)?;
        room.copy_from_slice(text);
        let name: &[u8] = room;
        next = part.end;
        match name {
            b"." => continue,
            b".." => {
                walk.leave(cx)?;
                continue;
            }
            _ => {}
        }
        let found = match walk.look(cx, name, 0) {
            Err(fail) if part.last && fail == Errno::ENOENT.into() => {
                last = Some(part);
                break;
            }
            found => found?,
        };
        let st = found.stat(cx)?;
        if is_link(&st) {
            let exclusive = ffi::O_CREAT | ffi::O_EXCL;
            if part.last && (flags & ffi::O_NOFOLLOW != 0 || flags & exclusive == exclusive) {
                last = Some(part);
                break;
            }
            links = links.saturating_add(1);
            if links > MOST_LINKS {
                return Err(Errno::ELOOP.into());
            }
            next = walk.follow(cx, &found, &mut path, part)?;
            continue;
        }
        walk.check_device(&st)?;
        if part.last {
            last = Some(part);
            break;
        }
        if i32::from(st.mode) & bsd::S_IFMT != bsd::S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        walk.enter(found, name)?;
    }
    let name = match last {
        Some(part) => path.get(part.start..part.end).unwrap_or_default(),
        None => b".",
    };
    let mut room = [0; STEP_MAX];
    let (dir, name) = walk.step(name, &mut room)?;
    let fd = open_kernel(cx, dir, name, flags | ffi::O_NOFOLLOW, mode)?;
    match walk.here.take() {
        Some(here) => here.hand_over(cx, fd, flags & ffi::O_CLOEXEC != 0),
        None => Ok(fd),
    }
}
