// SPDX-License-Identifier: BSD-2-Clause
//! Scheduling: policies, priorities, processors.

mod affinity;
mod attr;
mod ioprio;
mod policy;

pub(crate) use affinity::*;
pub(crate) use attr::*;
pub(crate) use ioprio::*;
pub(crate) use policy::*;
