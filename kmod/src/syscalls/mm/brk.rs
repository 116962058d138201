// SPDX-License-Identifier: BSD-2-Clause
//! brk(2).
//!
//! FreeBSD: kern_break (vm_unix.c), which knows the break in whole pages.
//! Differences from Linux: none known.

use core::sync::atomic::Ordering;

use kpi::kern::mem::kern_break;
use kpi::{Cx, Result, UserAddr};
use linux_abi::mman::round_up_to_page;

/// Moves the end of the data. Never fails: gives the new break, or the old one if it
/// cannot be moved.
pub(crate) fn brk(cx: &mut Cx<'_>, brk: u64) -> Result<UserAddr> {
    let is_in = |addr: u64, end: u64| addr != 0 && round_up_to_page(addr) == Some(end);
    let end = match kern_break(cx, brk) {
        Ok(end) if is_in(brk, end) => {
            cx.proc_state().brk_end.store(brk, Ordering::Relaxed);
            return Ok(UserAddr::from_reg(brk));
        }
        Ok(end) => end,
        Err(_) => kern_break(cx, 0)?,
    };
    let known = cx.proc_state().brk_end.load(Ordering::Relaxed);
    Ok(UserAddr::from_reg(if is_in(known, end) {
        known
    } else {
        end
    }))
}
