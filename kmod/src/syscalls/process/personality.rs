// SPDX-License-Identifier: BSD-2-Clause
//! personality(2).
//!
//! FreeBSD: PROC_ASLR_CTL (procctl(2)).
//! Differences from Linux: ADDR_NO_RANDOMIZE takes effect at the next exec, PER_LINUX32 on uname(2);
//! every other bit is remembered, inherited and told, but changes nothing.

use core::sync::atomic::Ordering;

use kpi::kern::control;
use kpi::{Cx, Result};
use linux_abi::persona::{ADDR_NO_RANDOMIZE, QUERY};

/// The personality up to now; sets a new one unless asked with 0xffffffff.
pub(crate) fn personality(cx: &mut Cx<'_>, persona: u32) -> Result<u32> {
    let old = cx.proc_state().pem.persona.load(Ordering::Relaxed);
    if persona == QUERY {
        return Ok(old);
    }
    if (old ^ persona) & ADDR_NO_RANDOMIZE != 0 {
        control::set_fixed_addresses(cx, persona & ADDR_NO_RANDOMIZE != 0)?;
    }
    cx.proc_state()
        .pem
        .persona
        .store(persona, Ordering::Relaxed);
    Ok(old)
}
