// SPDX-License-Identifier: BSD-2-Clause
//! Safe FreeBSD kernel programming interface: what the Linux system calls are
//! written in.
//!
//! Above this crate nobody sees a raw pointer, a `struct thread`, or an errno as
//! a bare integer. Below it is [`ffi`], which nobody else imports. If a kernel
//! function is not wrapped, wrap it here first.
//!
//! # Invariants
//! The SAFETY comments of this crate argue from these, by name:
//! - **current**: a [`Cx`](cx::Cx) is only made by a system call door or a hook
//!   that the kernel calls on the current thread; its `td` is `curthread` and
//!   `td_proc` is live for as long as the `Cx`.
//! - **emul**: between `sv_onexec` into a Linux image and `sv_onexit`, `p_emuldata`
//!   points to a [`ProcState`](emul::ProcState); between creation and
//!   `sv_ontdexit`, `td_emuldata` points to a [`ThreadState`](emul::ThreadState).
//! - **stable args**: `td_sa.args` has eight registers and is written only by
//!   `sv_fetch_syscall_args` of the same thread.
//! - **kernel copy**: copyin(9) and copyout(9) check the user address themselves
//!   and fault with EFAULT, so any `u64` may be handed to them as user address.
#![no_std]

pub mod cx;
pub mod door;
pub mod emul;
pub mod futex;
pub mod jail;
pub mod kern;
pub mod lock;
pub mod log;
pub mod mem;
pub mod module;
pub mod native;
pub mod neighbours;
pub mod sysvec;
pub mod user;

mod file;
mod panic;
mod tap;

pub use cx::Cx;
pub use linux_abi::{Errno, Fail, LinuxErrno, Result, check};
pub use user::{
    UserAddr, UserArrayIn, UserArrayInOut, UserArrayOut, UserBytesIn, UserBytesOut, UserCStr,
    UserIn, UserInOut, UserOut,
};

// The numbers linux_abi calls FreeBSD's are the headers'.
linux_abi::assert_bsd_constants!(ffi);
