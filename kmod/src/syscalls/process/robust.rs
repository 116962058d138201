// SPDX-License-Identifier: BSD-2-Clause
//! set_robust_list(2), get_robust_list(2); what happens to the list is in kpi::futex.
//!
//! Differences from Linux: none known.

use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::l_robust_list_head;

const HEAD_SIZE: usize = size_of::<l_robust_list_head>();

/// Where the list of futexes starts that are released when the thread ends. EINVAL for a wrong size.
pub(crate) fn set_robust_list(
    cx: &mut Cx<'_>,
    head: Option<UserIn<l_robust_list_head>>,
    len: usize,
) -> Result<()> {
    if len != HEAD_SIZE {
        return Err(Errno::EINVAL.into());
    }
    cx.thread_state()
        .robust_list
        .set(head.map_or(0, |h| h.addr().raw()));
    Ok(())
}

/// The same of any thread the caller may look into. EPERM, ESRCH.
pub(crate) fn get_robust_list(
    cx: &mut Cx<'_>,
    tid: i32,
    head: UserOut<u64>,
    len: UserOut<u64>,
) -> Result<()> {
    let list = {
        let thread = LockedThread::find(cx, tid)?;
        thread.robust_list(cx)?
    };
    len.write(cx, &(HEAD_SIZE as u64))?;
    head.write(cx, &list)
}
