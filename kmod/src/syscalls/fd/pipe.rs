// SPDX-License-Identifier: BSD-2-Clause
//! pipe(2), pipe2(2).
//!
//! FreeBSD: kern_pipe (sys_pipe.c).
//! Differences from Linux: O_DIRECT (packet mode) and O_NOTIFICATION_PIPE are EINVAL, as on
//! a Linux built without them.

use kpi::kern::fd::{kern_close, kern_pipe};
use kpi::{Cx, Result, UserOut};
use linux_abi::pipe::PipeFlags;

/// Makes a pipe and stores the read end, then the write end, at `fds`.
///
/// EMFILE, ENFILE; EFAULT where `fds` cannot be written: then no descriptor is left open.
pub(crate) fn pipe(cx: &mut Cx<'_>, fds: UserOut<[i32; 2]>) -> Result<()> {
    do_pipe(cx, fds, PipeFlags::empty())
}

/// The same with O_CLOEXEC and O_NONBLOCK for both ends. EINVAL for any other flag.
pub(crate) fn pipe2(cx: &mut Cx<'_>, fds: UserOut<[i32; 2]>, flags: PipeFlags) -> Result<()> {
    do_pipe(cx, fds, flags)
}

fn do_pipe(cx: &mut Cx<'_>, fds: UserOut<[i32; 2]>, flags: PipeFlags) -> Result<()> {
    let plan = flags.to_bsd()?;

    let ends = kern_pipe(cx, plan)?;

    let copied = fds.write(cx, &ends);
    if copied.is_err() {
        // kern_pipe gives numbers, no references: another thread that has closed one of
        // them by now and opened something else loses it, as with native pipe2(2).
        for fd in ends {
            let _ = kern_close(cx, fd);
        }
    }
    copied
}
