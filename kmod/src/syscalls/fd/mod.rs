// SPDX-License-Identifier: BSD-2-Clause
//! Descriptors, and reading and writing through them.

mod aio;
mod close;
mod copy;
mod dup;
mod fcntl;
mod flock;
mod pipe;
mod sendfile;
mod splice;
mod write;

pub(crate) use aio::*;
pub(crate) use close::*;
pub(crate) use copy::*;
pub(crate) use dup::*;
pub(crate) use fcntl::*;
pub(crate) use flock::*;
pub(crate) use pipe::*;
pub(crate) use sendfile::*;
pub(crate) use splice::*;
pub(crate) use write::*;
