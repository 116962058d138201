// SPDX-License-Identifier: BSD-2-Clause
//! Credentials: user and group ids, capabilities.

mod caps;
mod groups;
mod ids;

pub(crate) use caps::*;
pub(crate) use groups::*;
pub(crate) use ids::*;
