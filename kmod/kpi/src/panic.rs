// SPDX-License-Identifier: BSD-2-Clause
//! A Rust panic is a bug of ours: it becomes panic(9) with file and line.

use core::fmt::Write;
use core::panic::PanicInfo;

use crate::log::Line;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line::new();
    // A full line is cut, never an error.
    let _ = write!(line, "linux_rs: {info}");
    let text = line.as_bytes();
    // SAFETY: text is initialised for its length; the shim prints it as data.
    unsafe { ffi::lrs_panic(text.as_ptr().cast(), text.len() as i32) }
}
