// SPDX-License-Identifier: BSD-2-Clause
//! times(2). getrusage(2) is FreeBSD's own: the structures are the same.
//!
//! FreeBSD: calcru, calccru (kern_resource.c).
//! Differences from Linux: none known.

use kpi::kern::limits;
use kpi::{Cx, Result, UserOut};
use linux_abi::c::l_tms;
use linux_abi::time::ticks;

/// Hundredths of a second since boot, and what of them the process and its children used.
pub(crate) fn times(cx: &mut Cx<'_>, to: Option<UserOut<l_tms>>) -> Result<i64> {
    if let Some(to) = to {
        let used = limits::times(cx);
        let tms = l_tms {
            tms_utime: ticks(used.user),
            tms_stime: ticks(used.system),
            tms_cutime: ticks(used.child_user),
            tms_cstime: ticks(used.child_system),
        };
        to.write(cx, &tms)?;
    }
    Ok(ticks(limits::uptime(cx)))
}
