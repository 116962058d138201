// SPDX-License-Identifier: BSD-2-Clause
//! Linux x86-64 programs on the FreeBSD kernel.
//!
//! How a call travels: the processor enters the kernel's `fast_syscall`;
//! `sv_fetch_syscall_args` (kpi::sysvec::syscall) takes number and arguments from
//! the registers and finds the row of `SYSENT`; the row's generated door ([`entry`])
//! gives the arguments their types and calls the function of the same name in
//! [`syscalls`], which is safe code; its answer or errno goes back through
//! `sv_set_syscall_retval`, where FreeBSD's errno becomes Linux's, once.
//!
//! Linux state hangs off `p_emuldata` and `td_emuldata` (kpi::emul).
#![no_std]
#![deny(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod entry;
mod syscalls;
