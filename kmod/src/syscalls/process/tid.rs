// SPDX-License-Identifier: BSD-2-Clause
//! gettid(2), set_tid_address(2).
//!
//! Differences from Linux: none known.

use kpi::{Cx, Result, UserOut};

/// The thread id: the process id in the first thread.
pub(crate) fn gettid(cx: &mut Cx<'_>) -> Result<i32> {
    Ok(cx.tid())
}

/// Where 0 is stored, and a futex woken, when the thread ends. Always succeeds.
pub(crate) fn set_tid_address(cx: &mut Cx<'_>, tidptr: Option<UserOut<i32>>) -> Result<i32> {
    cx.thread_state()
        .clear_child_tid
        .set(tidptr.map_or(0, |p| p.addr().raw()));
    Ok(cx.tid())
}
