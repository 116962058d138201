// SPDX-License-Identifier: BSD-2-Clause
//! System V semaphores, shared memory, message queues; POSIX message queues.

mod mqueue;
mod queue;
mod segment;
mod semaphore;

pub(crate) use mqueue::*;
pub(crate) use queue::*;
pub(crate) use segment::*;
pub(crate) use semaphore::*;
