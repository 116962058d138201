// SPDX-License-Identifier: BSD-2-Clause
//! Memory: mapping, protecting, advising, locking, policies.

mod advise;
mod brk;
mod lock;
mod map;
mod pkey;
mod policy;
mod remap;
mod seal;
mod swap;
mod sync;

pub(crate) use advise::*;
pub(crate) use brk::*;
pub(crate) use lock::*;
pub(crate) use map::*;
pub(crate) use pkey::*;
pub(crate) use policy::*;
pub(crate) use remap::*;
pub(crate) use seal::*;
pub(crate) use swap::*;
pub(crate) use sync::*;
