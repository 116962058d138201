// SPDX-License-Identifier: BSD-2-Clause
//! rt_sigprocmask(2), rt_sigpending(2).
//!
//! FreeBSD: kern_sigprocmask (kern_sig.c).
//! Differences from Linux: none known.

use kpi::kern::signal;
use kpi::{Cx, Errno, Result, UserBytesOut, UserIn, UserOut};
use linux_abi::c::l_sigset_t;
use linux_abi::sigaction::sigprocmask_how;
use linux_abi::sigset::{LINUX_SIGSET_BYTES, sigset_to_bsd, sigset_to_linux};

use super::check_size;

/// Changes and tells the thread's signal mask; SIGKILL and SIGSTOP stay unblocked.
///
/// EINVAL for a wrong set size, and for an unknown `how` if there is a set; EFAULT.
pub(crate) fn rt_sigprocmask(
    cx: &mut Cx<'_>,
    how: i32,
    nset: Option<UserIn<l_sigset_t>>,
    oset: Option<UserOut<l_sigset_t>>,
    sigsetsize: u64,
) -> Result<()> {
    check_size(sigsetsize)?;
    let old = signal::mask(cx);
    if let Some(nset) = nset {
        let set = nset.read(cx)?;
        signal::kern_sigprocmask(cx, sigprocmask_how(how)?, sigset_to_bsd(set.sig))?;
    }
    match oset {
        Some(oset) => oset.write(
            cx,
            &l_sigset_t {
                sig: sigset_to_linux(&old),
            },
        ),
        None => Ok(()),
    }
}

/// Tells which blocked signals wait; a shorter `uset` than 8 bytes gets the start of the set.
///
/// EINVAL for a larger size; EFAULT.
pub(crate) fn rt_sigpending(
    cx: &mut Cx<'_>,
    uset: UserOut<l_sigset_t>,
    sigsetsize: u64,
) -> Result<()> {
    if sigsetsize > LINUX_SIGSET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let blocked = sigset_to_linux(&signal::mask(cx));
    let set = sigset_to_linux(&signal::pending(cx)) & blocked;
    let bytes = set.to_le_bytes();
    // CAST: at most 8, as checked above.
    let wanted = bytes.get(..sigsetsize as usize).unwrap_or(&bytes);
    UserBytesOut::from_reg(uset.addr().raw()).write(cx, wanted)
}
