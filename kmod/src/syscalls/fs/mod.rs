// SPDX-License-Identifier: BSD-2-Clause
//! Files, folders and file systems: what takes a path or asks about an open file.

mod access;
mod cachestat;
mod cwd;
mod getdents;
mod handle;
mod inotify;
mod link;
mod memfd;
mod mode;
mod mount;
mod node;
mod open;
mod remove;
mod rename;
mod seek;
mod space;
mod stat;
mod statfs;
mod times;
mod xattr;
mod xattrat;

pub(crate) use access::*;
pub(crate) use cachestat::*;
pub(crate) use cwd::*;
pub(crate) use getdents::*;
pub(crate) use handle::*;
pub(crate) use inotify::*;
pub(crate) use link::*;
pub(crate) use memfd::*;
pub(crate) use mode::*;
pub(crate) use mount::*;
pub(crate) use node::*;
pub(crate) use open::*;
pub(crate) use remove::*;
pub(crate) use rename::*;
pub(crate) use seek::*;
pub(crate) use space::*;
pub(crate) use stat::*;
pub(crate) use statfs::*;
pub(crate) use times::*;
pub(crate) use xattr::*;
pub(crate) use xattrat::*;
