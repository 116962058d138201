// SPDX-License-Identifier: BSD-2-Clause
//! sigaltstack(2).
//!
//! FreeBSD: kern_sigaltstack (kern_sig.c).
//! Differences from Linux: none known.

use kpi::kern::signal::{Stack, kern_sigaltstack};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::bsd;
use linux_abi::c::l_stack_t;
use linux_abi::sigaction::{SS_AUTODISARM, sigaltstack_flags_to_linux, sigaltstack_request};

/// Sets and tells the stack that handlers with SA_ONSTACK run on.
///
/// EPERM while running on it; EINVAL for unknown flags; ENOMEM for less than 2048
/// bytes; EFAULT.
pub(crate) fn sigaltstack(
    cx: &mut Cx<'_>,
    uss: Option<UserIn<l_stack_t>>,
    uoss: Option<UserOut<l_stack_t>>,
) -> Result<()> {
    let new = match uss {
        Some(uss) => Some(uss.read(cx)?),
        None => None,
    };
    let before = cx.thread_state().autodisarm.get();
    let mut old = match new {
        None => kern_sigaltstack(cx, None)?,
        Some(ss) => {
            let Ok(request) = sigaltstack_request(ss.ss_flags) else {
                // On the stack itself Linux says EPERM before it looks at the flags.
                let running_on_it = kern_sigaltstack(cx, None)?.flags == bsd::SS_ONSTACK;
                return Err(if running_on_it {
                    Errno::EPERM
                } else {
                    Errno::EINVAL
                }
                .into());
            };
            let disabled = request.bsd_flags == bsd::SS_DISABLE;
            let stack = Stack {
                base: if disabled { 0 } else { ss.ss_sp },
                size: if disabled { 0 } else { ss.ss_size },
                flags: request.bsd_flags,
            };
            let old = kern_sigaltstack(cx, Some(stack))?;
            cx.thread_state().autodisarm.set(request.autodisarm);
            old
        }
    };
    if before {
        // Nothing runs on a stack that is forgotten when it is used.
        old.flags &= !bsd::SS_ONSTACK;
    }
    match uoss {
        Some(uoss) => {
            let mut old = to_linux(old);
            if before {
                old.ss_flags |= SS_AUTODISARM;
            }
            uoss.write(cx, &old)
        }
        None => Ok(()),
    }
}

/// FreeBSD remembers a disabled stack's place; Linux forgets it.
fn to_linux(old: Stack) -> l_stack_t {
    let disabled = old.flags == bsd::SS_DISABLE;
    l_stack_t {
        ss_sp: if disabled { 0 } else { old.base },
        ss_flags: sigaltstack_flags_to_linux(old.flags),
        __pad0: 0,
        ss_size: if disabled { 0 } else { old.size },
    }
}
