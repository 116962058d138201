// SPDX-License-Identifier: BSD-2-Clause
//! System V semaphores; shared memory and queues are FreeBSD's own.

mod semaphore;

pub(crate) use semaphore::*;
