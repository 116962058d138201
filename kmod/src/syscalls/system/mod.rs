// SPDX-License-Identifier: BSD-2-Clause
//! The machine as a whole, for its administrator.

mod log;
mod ports;
mod reboot;

pub(crate) use log::*;
pub(crate) use ports::*;
pub(crate) use reboot::*;
