// SPDX-License-Identifier: BSD-2-Clause
//! The kernel's own implementations of system calls, `kern_*`, made safe: one file
//! a family, each function named as the kernel names it.

pub mod adjtime;
pub mod buffer;
pub mod control;
pub mod cred;
pub mod dir;
pub mod discard;
pub mod event;
pub mod exec;
pub mod extattr;
pub mod fd;
pub(crate) mod fdpath;
pub mod futex;
pub mod futex_many;
pub mod futex_pi;
pub mod handle;
pub mod info;
pub mod inotify;
pub mod io;
pub mod ioctl;
pub mod limits;
pub mod link;
pub mod machine;
pub mod mem;
pub mod mount;
pub mod netif;
pub mod netlink;
pub mod path;
pub mod pidfd;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod ptrace;
pub mod remap;
pub mod remote;
pub mod resolve;
pub mod sched;
pub mod semaphore;
pub mod signal;
pub mod signalfd;
pub mod socket;
pub mod space;
pub mod stat;
pub mod thread;
pub mod time;
pub mod timer;
pub mod unnamed;
pub mod wait;

mod exec_args;
mod folder;
mod map;
pub(crate) mod reroot;
