// SPDX-License-Identifier: BSD-2-Clause
//! The commands of ioctl(2), under Linux's names, and the numbers some of them take.

pub use linux_raw_sys::general::{TCIFLUSH, TCIOFLUSH, TCOFLUSH, TCOOFF, TCOON};
pub use linux_raw_sys::ioctl::*;
