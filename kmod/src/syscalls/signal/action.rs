// SPDX-License-Identifier: BSD-2-Clause
//! rt_sigaction(2), rt_sigreturn(2).
//!
//! FreeBSD: kern_sigaction (kern_sig.c).
//! Differences from Linux: two threads that set the action of the same signal at the
//! same time may leave the flags of one with the handler of the other.

use kpi::door::Untouched;
use kpi::kern::signal::Action;
use kpi::sysvec::fault::standin::sigaction;
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_sigaction, l_sigset_t};
use linux_abi::sigaction::LinuxSaFlags;
use linux_abi::signal::LinuxSignal;
use linux_abi::sigset::{sigset_to_bsd, sigset_to_linux};

use super::check_size;

/// Sets and tells what a signal does.
///
/// EINVAL for a wrong set size, an unknown signal, and any action for SIGKILL and
/// SIGSTOP; EFAULT.
pub(crate) fn rt_sigaction(
    cx: &mut Cx<'_>,
    sig: i32,
    act: Option<UserIn<l_sigaction>>,
    oact: Option<UserOut<l_sigaction>>,
    sigsetsize: u64,
) -> Result<()> {
    check_size(sigsetsize)?;
    let new = match act {
        Some(act) => Some(act.read(cx)?),
        None => None,
    };

    let signal = LinuxSignal::parse(sig)?;
    let fixed = signal == LinuxSignal::SIGKILL || signal == LinuxSignal::SIGSTOP;
    if fixed && new.is_some() {
        return Err(Errno::EINVAL.into());
    }
    let action = new.map(|new| Action {
        handler: new.sa_handler,
        flags: LinuxSaFlags::from_bits_truncate(new.sa_flags).to_bsd(),
        mask: sigset_to_bsd(new.sa_mask.sig),
    });
    let number = signal.number().cast_unsigned();
    let (old_flags, old_restorer) = cx.proc_state().signal_extra(number);

    let old = sigaction(cx, signal, action.as_ref())?;
    if let Some(new) = new {
        let kept =
            LinuxSaFlags::from_bits_truncate(new.sa_flags).difference(LinuxSaFlags::SA_UNSUPPORTED);
        cx.proc_state()
            .set_signal_extra(number, kept.bits(), new.sa_restorer);
    }

    match oact {
        Some(oact) => {
            let old = l_sigaction {
                sa_handler: old.handler,
                sa_flags: old_flags,
                sa_restorer: old_restorer,
                sa_mask: l_sigset_t {
                    sig: sigset_to_linux(&old.mask),
                },
            };
            oact.write(cx, &old)
        }
        None => Ok(()),
    }
}

/// Returns from a signal handler: the frame on the user's stack becomes the registers.
pub(crate) fn rt_sigreturn(cx: &mut Cx<'_>) -> Result<Untouched> {
    Ok(kpi::sysvec::sigreturn::rt_sigreturn(cx))
}
