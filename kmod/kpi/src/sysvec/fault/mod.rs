// SPDX-License-Identifier: BSD-2-Clause
//! Exceptions that Linux reports as another signal than FreeBSD, which decides before a module sees
//! them. What Linux says of each is in `linux_abi::trap`; here is what makes it so:
//! - [`page`]: a forbidden access is resolved by the vector itself, and SIGSEGV.
//! - [`standin`]: for a general protection fault the kernel looks for a handler of SIGBUS, and is
//!   given that of SIGSEGV; delivery (`sendsig`) tells the two apart.
//! - [`death`]: nobody handled it, and the parent is told the signal.

mod death;
pub mod page;
pub mod standin;

pub(crate) use death::correct_death;
