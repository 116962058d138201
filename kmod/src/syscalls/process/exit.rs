// SPDX-License-Identifier: BSD-2-Clause
//! _exit(2) of a thread, exit_group(2) of the process.
//!
//! FreeBSD: kern_thr_exit (kern_thr.c), exit1 (kern_exit.c).
//! Differences from Linux: none known.

use core::convert::Infallible;

use kpi::kern::process;
use kpi::{Cx, Result};

/// Ends the calling thread; the last one ends the process with `status`.
pub(crate) fn exit(cx: &mut Cx<'_>, status: i32) -> Result<Infallible> {
    process::thread_exit(cx, status)
}

/// Ends the process with `status`.
pub(crate) fn exit_group(cx: &mut Cx<'_>, status: i32) -> Result<Infallible> {
    process::exit1(cx, status)
}
