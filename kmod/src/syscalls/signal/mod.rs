// SPDX-License-Identifier: BSD-2-Clause
//! Signals: actions, masks, stacks, waiting for them and queueing them.

mod action;
mod altstack;
mod mask;
mod queue;
mod wait;

pub(crate) use action::*;
pub(crate) use altstack::*;
pub(crate) use mask::*;
pub(crate) use queue::*;
pub(crate) use wait::*;

use kpi::{Errno, Result};
use linux_abi::sigset::LINUX_SIGSET_BYTES;

/// EINVAL unless the set has the kernel's size, 8 bytes.
#[inline]
fn check_size(sigsetsize: u64) -> Result<()> {
    if sigsetsize == LINUX_SIGSET_BYTES {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}
