// SPDX-License-Identifier: BSD-2-Clause
//! Pure translation between the Linux x86-64 ABI and the FreeBSD 15.0 amd64 ABI.
//!
//! Numbers in, numbers out: no kernel symbol, no allocation, no `unsafe`. The
//! kernel side fetches values, asks this crate what they mean, and acts. Every
//! rule is therefore testable on any host.
//!
//! Linux's constants come from `linux-raw-sys`; FreeBSD's are in [`bsd`], where
//! the kernel side asserts each one against the kernel headers.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

pub mod adjtime;
pub mod aio;
pub mod arch;
pub mod at;
pub mod auxv;
pub mod bsd;
pub mod c;
pub mod caps;
pub mod clone;
pub mod close;
pub mod control;
pub mod corefile;
pub mod cred;
pub mod decode;
pub mod device;
pub mod dirent;
pub mod elf;
pub mod epoll;
pub mod errno;
pub mod exec;
pub mod fcntl;
pub mod fd;
pub mod fileattr;
pub mod futex;
pub mod futex2;
pub mod handlers;
pub mod identity;
pub mod inotify;
pub mod ioctl;
pub mod ioprio;
pub mod ipc;
pub mod lock;
pub mod madvise;
pub mod memfd;
pub mod mempolicy;
pub mod mlock;
pub mod mman;
pub mod mount;
pub mod mqueue;
pub mod mremap;
pub mod multicast;
pub mod netif;
pub mod netlink;
pub mod node;
pub mod open;
pub mod persona;
pub mod pipe;
pub mod pod;
pub mod poll;
pub mod prctl;
pub mod ptrace;
pub mod quota;
pub mod random;
pub mod reboot;
pub mod relink;
pub mod remote;
pub mod rlimit;
pub mod rwf;
pub mod sched;
pub mod script;
pub mod seccomp;
pub mod sigaction;
pub mod sigevent;
pub mod sigframe;
pub mod siginfo;
pub mod signal;
pub mod signalfd;
pub mod sigset;
pub mod sockaddr;
pub mod socket;
pub mod sockopt;
pub mod space;
pub mod special;
pub mod splice;
pub mod stat;
pub mod statfs;
pub mod syslog;
pub mod termios;
pub mod time;
pub mod timer;
pub mod trap;
pub mod uname;
pub mod wait;
pub mod xattr;

pub use errno::{Errno, Fail, LinuxErrno, Result, check};
