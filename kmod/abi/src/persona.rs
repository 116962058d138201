// SPDX-License-Identifier: BSD-2-Clause
//! personality(2): the bits that do something (sys/personality.h).

/// The argument that only asks.
pub const QUERY: u32 = 0xffff_ffff;
/// Everything is at fixed addresses after the next exec.
pub const ADDR_NO_RANDOMIZE: u32 = 0x0004_0000;
/// The part that names a system.
pub const PER_MASK: u32 = 0xff;
/// uname(2) tells a 32-bit machine.
pub const PER_LINUX32: u32 = 8;
