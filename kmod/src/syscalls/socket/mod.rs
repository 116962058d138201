// SPDX-License-Identifier: BSD-2-Clause
//! Sockets.

mod address;
mod create;
mod message;
mod option;
mod transfer;

pub(crate) use address::*;
pub(crate) use create::*;
pub(crate) use message::*;
pub(crate) use option::*;
pub(crate) use transfer::*;
