// SPDX-License-Identifier: BSD-2-Clause
//! SIGBUS stands in for SIGSEGV.
//!
//! A general protection fault (an address that is not canonical, say) is SIGSEGV on Linux and
//! SIGBUS on FreeBSD, which looks for a handler of SIGBUS before this module sees the signal. So
//! while a program handles SIGSEGV and has the default action for SIGBUS, the kernel is given the
//! same handler for SIGBUS; what arrives there is told apart in sendsig. The program sees the
//! default action.
//!
//! Differences from Linux: SA_RESETHAND resets the signal that came, SIGBUS.

use linux_abi::signal::LinuxSignal;
use linux_abi::sigset::{sigset_bit, sigset_to_bsd, sigset_to_linux};

use crate::kern::signal::{Action, kern_sigaction};
use crate::{Cx, Result};

const SIG_DFL: u64 = 0;
pub(crate) const SIG_IGN: u64 = 1;

const DEFAULT: Action = Action {
    handler: SIG_DFL,
    flags: 0,
    mask: [0; 4],
};

/// sigaction(2) of a Linux signal: the action up to now. EINVAL.
pub fn sigaction(cx: &mut Cx<'_>, signal: LinuxSignal, action: Option<&Action>) -> Result<Action> {
    let stood_in = signal == LinuxSignal::SIGBUS && cx.proc_state().sigbus_stands_in();
    if stood_in && action.is_some() {
        cx.proc_state().set_sigbus_stands_in(false);
    }
    let old = kern_sigaction(cx, signal.to_bsd(), action)?;
    if action.is_some() && (signal == LinuxSignal::SIGSEGV || signal == LinuxSignal::SIGBUS) {
        follow(cx)?;
    }
    Ok(if stood_in { DEFAULT } else { old })
}

/// Gives SIGBUS the handler of SIGSEGV, or takes it back.
fn follow(cx: &mut Cx<'_>) -> Result<()> {
    let sigbus = LinuxSignal::SIGBUS.to_bsd();
    let segv = kern_sigaction(cx, LinuxSignal::SIGSEGV.to_bsd(), None)?;
    let bus = kern_sigaction(cx, sigbus, None)?;
    let stands_in = cx.proc_state().sigbus_stands_in();
    if segv.handler > SIG_IGN && (stands_in || bus.handler == SIG_DFL) {
        let mask = sigset_to_linux(&segv.mask) | sigset_bit(LinuxSignal::SIGSEGV);
        cx.proc_state().set_sigbus_stands_in(true);
        kern_sigaction(
            cx,
            sigbus,
            Some(&Action {
                mask: sigset_to_bsd(mask),
                ..segv
            }),
        )?;
    } else if stands_in {
        kern_sigaction(cx, sigbus, Some(&DEFAULT))?;
        cx.proc_state().set_sigbus_stands_in(false);
    }
    Ok(())
}
