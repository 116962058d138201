// SPDX-License-Identifier: BSD-2-Clause
//! execve(2), execveat(2).
//!
//! FreeBSD: kern_execve (kern_exec.c).
//! Differences from Linux: a null or empty argv is one empty string, as on Linux since 5.18;
//! execveat of a relative path runs the file as an open one, so that a script with an
//! interpreter is ENOENT.

use kpi::door::Untouched;
use kpi::kern::exec::{self, Program, Strings};
use kpi::kern::fd::kern_close;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;

/// Runs another program in this process. E2BIG, EACCES, ENOENT, ENOEXEC, ENOTDIR, ETXTBSY.
pub(crate) fn execve(
    cx: &mut Cx<'_>,
    path: UserCStr,
    argv: Option<Strings>,
    envp: Option<Strings>,
) -> Result<Untouched> {
    exec::execve(cx, &Program::Path(path), argv, envp)
}

/// The same relative to a folder, or with AT_EMPTY_PATH the open file itself. EINVAL for another flag.
pub(crate) fn execveat(
    cx: &mut Cx<'_>,
    dir: i32,
    path: UserCStr,
    argv: Option<Strings>,
    envp: Option<Strings>,
    flags: i32,
) -> Result<Untouched> {
    // Linux reads the path before it looks at the flags.
    let first = check_path(cx, path)?;
    let flags = AtCall::Execveat.flags_to_bsd(flags)?;
    let follow = flags & bsd::AT_SYMLINK_NOFOLLOW == 0;
    let empty = first == 0;
    if empty {
        return if flags & bsd::AT_EMPTY_PATH != 0 {
            exec::execve(cx, &Program::Fd(dir), argv, envp)
        } else {
            Err(Errno::ENOENT.into())
        };
    }
    if follow && (dir == bsd::AT_FDCWD || first == b'/') {
        return exec::execve(cx, &Program::Path(path), argv, envp);
    }
    let fd = exec::open_program(cx, dir, path, follow)?;
    let ran = exec::execve(cx, &Program::Fd(fd), argv, envp);
    if ran.is_err() {
        let _ = kern_close(cx, fd);
    }
    ran
}

/// Whether Linux would take the path in, and its first byte. EFAULT, ENAMETOOLONG.
fn check_path(cx: &mut Cx<'_>, path: UserCStr) -> Result<u8> {
    const PATH_MAX: u64 = 4096;
    let mut first = None;
    let mut at = 0;
    while at < PATH_MAX {
        let mut part = [0_u8; 128];
        let piece = UserCStr::from_reg(path.addr().offset(at)?.raw());
        match piece.read(cx, &mut part) {
            Err(fail) if fail == Errno::ENAMETOOLONG.into() => {}
            ended => {
                ended?;
                return Ok(first.unwrap_or(part[0]));
            }
        }
        first = first.or(Some(part[0]));
        at = at.saturating_add(part.len() as u64);
    }
    Err(Errno::ENAMETOOLONG.into())
}
