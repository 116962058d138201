// SPDX-License-Identifier: BSD-2-Clause
//! The Linux system calls, one family a folder, one topic a file.
//!
//! Adding one: change its row in syscalls.master to STD and write the function of
//! its name here; the row and the signature must agree to compile. [`fd::pipe`] is the
//! example to follow.

mod cred;
mod event;
mod fd;
mod fs;
mod futex;
mod info;
mod ioctl;
mod ipc;
mod mm;
mod process;
mod sched;
mod signal;
mod socket;
mod system;
mod time;

pub(crate) use cred::*;
pub(crate) use event::*;
pub(crate) use fd::*;
pub(crate) use fs::*;
pub(crate) use futex::*;
pub(crate) use info::*;
pub(crate) use ioctl::*;
pub(crate) use ipc::*;
pub(crate) use mm::*;
pub(crate) use process::*;
pub(crate) use sched::*;
pub(crate) use signal::*;
pub(crate) use socket::*;
pub(crate) use system::*;
pub(crate) use time::*;
