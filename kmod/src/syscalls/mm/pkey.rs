// SPDX-License-Identifier: BSD-2-Clause
//! pkey_alloc(2), pkey_free(2), pkey_mprotect(2), as on a processor without protection keys.
//!
//! FreeBSD: has the keys (sysarch(2)), but no function that gives a thread's register a value, which
//! pkey_alloc(2) does.
//! Differences from Linux: there are never any keys.

use kpi::{Cx, Errno, Result};
use linux_abi::mman::plan_mprotect;

use super::mprotect;

/// PKEY_DISABLE_ACCESS and PKEY_DISABLE_WRITE.
const RIGHTS: u64 = 3;

/// Takes a key: ENOSPC, as there is none. EINVAL for flags, of which there are none, and unknown rights.
pub(crate) fn pkey_alloc(_cx: &mut Cx<'_>, flags: u64, init_val: u64) -> Result<i32> {
    if flags != 0 || init_val & !RIGHTS != 0 {
        return Err(Errno::EINVAL.into());
    }
    Err(Errno::ENOSPC.into())
}

/// Gives a key back: EINVAL, as nobody has one.
pub(crate) fn pkey_free(_cx: &mut Cx<'_>, _pkey: i32) -> Result<()> {
    Err(Errno::EINVAL.into())
}

/// mprotect(2) with a key, of which there is only -1, none. EINVAL for others, and as mprotect.
pub(crate) fn pkey_mprotect(
    cx: &mut Cx<'_>,
    start: u64,
    len: u64,
    prot: u64,
    pkey: i32,
) -> Result<()> {
    // Linux looks at the key last.
    if plan_mprotect(start, len, prot)?.is_some() && pkey != -1 {
        return Err(Errno::EINVAL.into());
    }
    mprotect(cx, start, len, prot)
}
