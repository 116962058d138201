// SPDX-License-Identifier: BSD-2-Clause
//! execve(2), execveat(2).
//!
//! FreeBSD: kern_execve (kern_exec.c).
//! Differences from Linux: a name of more than 1023 bytes is ENAMETOOLONG; strings and their
//! addresses take 2 MiB at most, however large the stack may grow; neither a memory
//! file nor one of a tmpfs without a name can be run; an interpreter that is no ELF file ends the
//! process.

use kpi::door::Untouched;
use kpi::kern::exec::{self, Program, Strings};
use kpi::kern::fd::kern_close;
use kpi::kern::io::Buffer;
use kpi::{Cx, Errno, Result, UserCStr};
use linux_abi::at::AtCall;
use linux_abi::bsd;
use linux_abi::exec::name_below;

/// Linux's PATH_MAX.
const PATH_MAX: usize = 4096;

/// Runs another program in this process. E2BIG, EACCES, ELOOP, ENOENT, ENOEXEC, ENOTDIR, ETXTBSY.
pub(crate) fn execve(
    cx: &mut Cx<'_>,
    path: UserCStr,
    argv: Option<Strings>,
    envp: Option<Strings>,
) -> Result<Untouched> {
    let name = read_name(cx, path)?;
    exec::execve(cx, Program::path(name), argv, envp)
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
    let name = read_name(cx, path)?;
    let flags = AtCall::Execveat.flags_to_bsd(flags)?;
    let follow = flags & bsd::AT_SYMLINK_NOFOLLOW == 0;
    let first = name.first().copied().unwrap_or(0);
    if first == 0 {
        return if flags & bsd::AT_EMPTY_PATH == 0 {
            Err(Errno::ENOENT.into())
        } else if dir == bsd::AT_FDCWD {
            // The working directory, which is no program.
            Err(Errno::EACCES.into())
        } else {
            let program = below(cx, dir, dir, &[])?;
            exec::execve(cx, program, argv, envp)
        };
    }
    let from_cwd = dir == bsd::AT_FDCWD || first == b'/';
    if follow && from_cwd {
        return exec::execve(cx, Program::path(name), argv, envp);
    }
    let fd = exec::open_program(cx, dir, path, follow)?;
    let program = if from_cwd {
        Ok(Program::open(name, fd, false))
    } else {
        below(cx, fd, dir, &name)
    };
    let ran = program.and_then(|program| exec::execve(cx, program, argv, envp));
    if ran.is_err() {
        let _ = kern_close(cx, fd);
    }
    ran
}

/// The file open as `fd`, called as Linux does: by the descriptor it was found through, and the
/// path from there.
fn below(cx: &mut Cx<'_>, fd: i32, dir: i32, path: &[u8]) -> Result<Program> {
    let closes = exec::closes_on_exec(cx, dir)?;
    let mut name = Buffer::new(cx, PATH_MAX)?;
    name_below(dir.unsigned_abs(), path, &mut name).ok_or(Errno::ENAMETOOLONG)?;
    Ok(Program::open(name, fd, closes))
}

/// Copies a path in. EFAULT, ENAMETOOLONG.
fn read_name(cx: &mut Cx<'_>, path: UserCStr) -> Result<Buffer> {
    let mut name = Buffer::new(cx, PATH_MAX)?;
    path.read(cx, &mut name)?;
    Ok(name)
}
