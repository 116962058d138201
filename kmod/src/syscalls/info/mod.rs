// SPDX-License-Identifier: BSD-2-Clause
//! What the system and its limits are.

mod limits;
mod random;
mod system;
mod times;

pub(crate) use limits::*;
pub(crate) use random::*;
pub(crate) use system::*;
pub(crate) use times::*;
