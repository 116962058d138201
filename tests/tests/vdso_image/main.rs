// SPDX-License-Identifier: BSD-2-Clause
//! The vDSO image, tried on this machine: it is a Linux shared object, so the
//! host's own dynamic linker, unwinder and kernel judge it. FreeBSD's shared
//! page is played by a `struct vdso_timekeep` in our own memory.
//!
//! Needs what building the module needs, by the same variables:
//! `LINUX_RS_KERNEL_INCLUDE`, `LINUX_RS_CLANG`, `LINUX_RS_LLD`.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "../../../kmod/build/vdso.rs"]
mod vdso_build;

mod clock;
mod format;
mod image;
mod unwind;
