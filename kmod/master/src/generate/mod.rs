// SPDX-License-Identifier: BSD-2-Clause
//! What is made from the table.

mod coverage;
mod kernel;

pub use coverage::coverage;
pub use kernel::kernel;
