// SPDX-License-Identifier: BSD-2-Clause
//! Running another program: kern_exec.c.
//!
//! Scripts are taken apart here and not by the kernel's own activator, which takes one level of
//! them and another kind of line; and what Linux finds out before it gives the old program up
//! is found out first: FreeBSD kills a process whose new program lacks its ELF interpreter.

use core::ffi::{c_char, c_int};
use core::ptr;

use linux_abi::bsd;
use linux_abi::elf;
use linux_abi::script::{self, Head};
use linux_abi::signal::BsdSignal;

use super::exec_args::Args;
use super::io::Buffer;
use super::path::At;
use super::reroot::{self, PATH_MAX};
use super::signal::{Action, kern_sigaction};
use crate::door::Untouched;
use crate::sysvec::fault::standin::SIG_IGN;
use crate::{Cx, Errno, Result, UserArrayIn, UserCStr, check, emul};

/// A vector of strings, of addresses in user memory up to a null one.
pub type Strings = UserArrayIn<u64>;

/// The program to run.
pub struct Program {
    /// What it is called by: AT_EXECFN, and the argument of a script's interpreter. Ends in NUL.
    name: Buffer,
    /// The open file, else the name is a path.
    fd: Option<i32>,
    /// Whether the name is that of a descriptor which a script's interpreter will not have.
    closes: bool,
}

impl Program {
    /// The file of this name, which ends in NUL.
    pub fn path(name: Buffer) -> Program {
        Program {
            name,
            fd: None,
            closes: false,
        }
    }

    /// The file open as `fd`, which is called `name`.
    pub fn open(name: Buffer, fd: i32, closes: bool) -> Program {
        Program {
            name,
            fd: Some(fd),
            closes,
        }
    }
}

/// How much of a file is looked at: the ELF header and what it says of segments, or the first
/// line of a script.
const HEAD: usize = 4096;

/// A program with the scripts on the way to it.
pub(super) struct Chain {
    program: Program,
    /// The file to load in the end, if it is not the program's descriptor. Ends in NUL.
    path: Buffer,
    /// The first bytes of each script, the first one's first.
    lines: Option<Buffer>,
    /// How many scripts there are.
    scripts: usize,
}

impl Chain {
    /// Follows the program to what is no script, and sees that it can be loaded. EACCES, ELOOP,
    /// ENOENT, ENOEXEC, ENOTDIR, ETXTBSY; EPERM for a program of FreeBSD's that must not be.
    fn follow(cx: &mut Cx<'_>, program: Program) -> Result<Chain> {
        let mut path = Buffer::new(cx, PATH_MAX)?;
        if program.fd.is_none() {
            copy(&program.name, &mut path)?;
        }
        let mut chain = Chain {
            program,
            path,
            lines: None,
            scripts: 0,
        };
        let mut head = Buffer::new(cx, HEAD)?;
        loop {
            let fd = chain.fd();
            if fd.is_none() && reroot::is_active(cx) {
                reroot::follow_links(cx, ffi::AT_FDCWD, &mut chain.path, true)?;
            }
            let len = read_head(cx, fd, &chain.path, &mut head)?;
            head.get_mut(len..).unwrap_or_default().fill(0);
            if chain.scripts > script::MOST_NESTED {
                return Err(Errno::ELOOP.into());
            }
            let first = head.first_chunk().ok_or(Errno::ENOEXEC)?;
            match script::read(first) {
                Head::Script(_) if chain.program.closes => return Err(Errno::ENOENT.into()),
                // Linux takes the empty name for the working directory.
                Head::Script(script) if script.interpreter.is_empty() => {
                    return Err(Errno::EACCES.into());
                }
                Head::Script(script) => {
                    chain.path.fill(0);
                    copy(script.interpreter, &mut chain.path)?;
                    chain.remember(cx, first)?;
                }
                Head::Broken => return Err(Errno::ENOEXEC.into()),
                Head::Other => break,
            }
        }
        if elf::is_freebsd(&head) && is_confined(cx) {
            return Err(Errno::EPERM.into());
        }
        if let Some(interpreter) = elf::interpreter(&head) {
            find_elf_interpreter(cx, interpreter)?;
        }
        Ok(chain)
    }

    /// The descriptor of the file to load.
    pub(super) fn fd(&self) -> Option<i32> {
        self.program.fd.filter(|_| self.scripts == 0)
    }

    /// The file to load where there is no descriptor. Ends in NUL.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// What the program is called by. Ends in NUL.
    pub(super) fn name(&self) -> &[u8] {
        &self.program.name
    }

    /// Whether the program is a script.
    pub(super) fn is_script(&self) -> bool {
        self.scripts > 0
    }

    fn remember(&mut self, cx: &mut Cx<'_>, line: &[u8; script::HEAD]) -> Result<()> {
        if self.lines.is_none() {
            self.lines = Some(Buffer::new(cx, LINES)?);
        }
        let lines = self
            .lines
            .iter_mut()
            .flat_map(|l| l.chunks_exact_mut(script::HEAD));
        if let Some(place) = lines.into_iter().nth(self.scripts) {
            place.copy_from_slice(line);
        }
        self.scripts = self.scripts.saturating_add(1);
        Ok(())
    }

    /// The scripts, the last one first: what each one's interpreter is given precedes what was
    /// there before.
    pub(super) fn scripts(&self) -> impl Iterator<Item = script::Script<'_>> {
        let lines = self.lines.iter().flat_map(|l| l.chunks_exact(script::HEAD));
        let lines = lines.take(self.scripts);
        let last = self.scripts;
        (0..last).rev().filter_map(move |index| {
            match script::read(lines.clone().nth(index)?.first_chunk()?) {
                Head::Script(script) => Some(script),
                Head::Other | Head::Broken => None,
            }
        })
    }
}

/// Room for the lines of as many scripts as there can be.
const LINES: usize = script::HEAD * (script::MOST_NESTED + 1);

/// Copies a string to where there is room for its NUL too. ENAMETOOLONG.
pub(super) fn copy(from: &[u8], to: &mut [u8]) -> Result<()> {
    let text = from.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.len() >= to.len() {
        return Err(Errno::ENAMETOOLONG.into());
    }
    for (to, from) in to.iter_mut().zip(text.iter().chain(&[0])) {
        *to = *from;
    }
    Ok(())
}

/// Reads the start of a file if it may be run: how many bytes there were.
fn read_head(cx: &mut Cx<'_>, fd: Option<i32>, path: &[u8], head: &mut [u8]) -> Result<usize> {
    let name = match fd {
        Some(_) => ptr::null(),
        None => path.as_ptr().cast::<c_char>(),
    };
    let mut len = 0;
    // SAFETY: current; the name is null or ends in NUL; `head` is writable for its length.
    check(unsafe {
        ffi::lrs_exec_head(
            cx.td(),
            fd.unwrap_or(-1),
            name,
            head.as_mut_ptr().cast(),
            head.len(),
            &raw mut len,
        )
    })?;
    Ok(len)
}

/// Whether the kernel will find the interpreter of an ELF program.
fn find_elf_interpreter(cx: &mut Cx<'_>, name: &[u8]) -> Result<()> {
    let mut path = Buffer::new(cx, PATH_MAX)?;
    let mut start = [0; 64];
    copy(name, &mut path)?;
    let Err(fail) = read_head(cx, None, &path, &mut start) else {
        return Ok(());
    };
    // SAFETY: two strings of module.c that never change.
    let (usual, other) = unsafe {
        (
            core::ffi::CStr::from_ptr(ffi::linux_rs_interpreter.as_ptr()),
            core::ffi::CStr::from_ptr(ffi::linux_rs_interpreter_debian.as_ptr()),
        )
    };
    if name == usual.to_bytes()
        && read_head(cx, None, other.to_bytes_with_nul(), &mut start).is_ok()
    {
        return Ok(());
    }
    // An empty file is no program; as an interpreter it cannot be read.
    Err(if fail == Errno::ENOEXEC.into() {
        Errno::EIO.into()
    } else {
        fail
    })
}

/// execve(2) and fexecve(2); comes back only with an errno, or into the new program.
pub fn execve(
    cx: &mut Cx<'_>,
    program: Program,
    argv: Option<Strings>,
    envp: Option<Strings>,
) -> Result<Untouched> {
    let chain = Chain::follow(cx, program)?;
    let mut old: *mut ffi::vmspace = ptr::null_mut();
    // SAFETY: current. From here on this is the only running thread of the process, until post_execve.
    check(unsafe { ffi::pre_execve(cx.td(), &raw mut old) })?;
    let args = Args::copyin(cx, &chain, argv, envp);
    let child_action = child_action(cx, None);
    // kern_execve may end the process: what it does not free must be gone.
    drop(chain);
    let error = match args {
        Ok(mut args) => {
            cx.thread_state().in_exec.set(true);
            // SAFETY: args is filled; kern_execve frees it in every case.
            let error = unsafe { ffi::kern_execve(cx.td(), &raw mut args.0, ptr::null_mut(), old) };
            cx.thread_state().in_exec.set(false);
            error
        }
        Err(fail) => fail.to_kernel(),
    };
    // SAFETY: the other half of pre_execve.
    unsafe { ffi::post_execve(cx.td(), error, old) };
    if error != ffi::EJUSTRETURN {
        check(error)?;
        return Ok(Untouched);
    }
    // SAFETY: current; a successful exec leaves one thread.
    unsafe {
        if !ffi::lrs_is_linux(cx.proc_ptr()) {
            let confined = is_confined(cx);
            ffi::pwd_altroot(cx.td(), ptr::null_mut());
            emul::detach_process(cx.td());
            if confined {
                // It was not seen to be one of FreeBSD's.
                super::seccomp::kill_escaped(cx);
            }
            return Ok(Untouched);
        }
    }
    // FreeBSD's exec makes an ignored SIGCHLD the default one.
    if let Some(ignored) = child_action.filter(|action| action.handler == SIG_IGN) {
        self::child_action(cx, Some(&ignored));
    }
    Ok(Untouched)
}

/// Whether the caller must not become one of FreeBSD's programs, which neither filters nor a
/// bounding set would hold.
fn is_confined(cx: &Cx<'_>) -> bool {
    let state = cx.thread_state();
    state.seccomp.is_on() || super::caps::is_bounded(state)
}

/// What SIGCHLD does, and from now on.
fn child_action(cx: &mut Cx<'_>, new: Option<&Action>) -> Option<Action> {
    kern_sigaction(cx, BsdSignal::new(bsd::SIGCHLD)?, new).ok()
}

/// Opens a file only to run it, relative to a folder; the descriptor closes on exec.
pub fn open_program(cx: &mut Cx<'_>, dir: i32, path: UserCStr, follow: bool) -> Result<i32> {
    let nofollow = if follow { 0 } else { ffi::O_NOFOLLOW };
    // CAST: O_ flags are small positive constants.
    let flags = (ffi::O_EXEC | ffi::O_CLOEXEC | nofollow) as c_int;
    let at = At::new(linux_abi::fd::Fd(dir), path);
    match super::path::kern_openat(cx, at, flags, 0) {
        // FreeBSD's word for a symbolic link that must not be followed.
        Err(fail) if fail == Errno::EMLINK.into() => Err(Errno::ELOOP.into()),
        opened => opened,
    }
}

/// Whether a descriptor closes on exec. EBADF.
pub fn closes_on_exec(cx: &mut Cx<'_>, fd: i32) -> Result<bool> {
    // SAFETY: current; the command has no argument.
    check(unsafe { ffi::kern_fcntl(cx.td(), fd, ffi::F_GETFD.cast_signed(), 0) })?;
    Ok(cx.retval() & u64::from(ffi::FD_CLOEXEC) != 0)
}
