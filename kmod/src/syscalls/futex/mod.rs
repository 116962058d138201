// SPDX-License-Identifier: BSD-2-Clause
//! Futexes: futex(2), its successors of one command each.

mod classic;
mod many;
mod single;

pub(crate) use classic::*;
pub(crate) use many::*;
pub(crate) use single::*;
