// SPDX-License-Identifier: BSD-2-Clause
//! Waiting for descriptors, and descriptors to wait for.

mod epoll;
mod eventfd;
mod poll;
mod select;
mod signalfd;
mod timerfd;

pub(crate) use epoll::*;
pub(crate) use eventfd::*;
pub(crate) use poll::*;
pub(crate) use select::*;
pub(crate) use signalfd::*;
pub(crate) use timerfd::*;
