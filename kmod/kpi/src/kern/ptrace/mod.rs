// SPDX-License-Identifier: BSD-2-Clause
//! ptrace(2) on FreeBSD's own tracing: sys_process.c, ptracestop (kern_sig.c).
//!
//! FreeBSD stops a whole process and tells of one thread; Linux stops and tells of threads one by
//! one. So a tracee is a thread with a state of its own ([`state::Trace`]) beside the state of the
//! process:
//! - The kernel stops the process (ptracestop). The tracer's next wait looks at every thread
//!   ([`stop::look`]): those that wait in ptracestop get a stop that wait4(2) will tell; the others
//!   go on in the tracer's eyes, although they do not run either.
//! - When the tracer lets a thread go on, the process does, without the threads that are stopped in
//!   the tracer's eyes: those are held (TDB_SUSPEND).
//! - A stop that nobody asked for, such as a system call of a thread that was let go on by
//!   PTRACE_CONT, ends by itself.
//!
//! The state of a tracee is protected by the lock of its process.

mod access;
mod event;
mod request;
pub(crate) mod state;
mod stop;
mod wait;

pub use access::*;
pub(crate) use event::*;
pub use request::*;
pub(crate) use stop::{Threads, detach_all, killed, tid_of};
pub(crate) use wait::{Found, is_stop_of_tracee, is_tracer, wait_tracee};
