// SPDX-License-Identifier: BSD-2-Clause
//! Processes and threads: birth, exec, identity, death.

mod arch;
mod exec;
mod exit;
mod fork;
mod kill;
mod personality;
mod pidfd;
mod prctl;
mod ptrace;
mod remote;
mod robust;
mod seccomp;
mod tid;
mod wait;

pub(crate) use arch::*;
pub(crate) use exec::*;
pub(crate) use exit::*;
pub(crate) use fork::*;
pub(crate) use kill::*;
pub(crate) use personality::*;
pub(crate) use pidfd::*;
pub(crate) use prctl::*;
pub(crate) use ptrace::*;
pub(crate) use remote::*;
pub(crate) use robust::*;
pub(crate) use seccomp::*;
pub(crate) use tid::*;
pub(crate) use wait::*;
