// SPDX-License-Identifier: BSD-2-Clause
//! Console messages: short, whole lines, rate-limited.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU64, Ordering};

use linux_abi::decode::{Gap, only_tried};

use crate::Cx;

/// `compat.linux.debug`: 0 says nothing, 1 and 2 log gaps once a process, 3 and above log every use.
pub fn debug() -> i32 {
    // SAFETY: an int of sysctl.c that sysctl(9) writes.
    unsafe { core::ptr::read_volatile(&raw const ffi::linux_rs_debug) }
}

/// Calls of numbers without a handler since the module was loaded (`compat.linux.unimplemented`).
fn unimplemented_count() -> &'static AtomicU64 {
    // SAFETY: an aligned unsigned long of sysctl.c that nothing else writes; sysctl(9) reads it whole.
    unsafe { AtomicU64::from_ptr(&raw mut ffi::linux_rs_unimplemented) }
}

/// A console line on the stack; what does not fit is cut.
pub struct Line {
    text: [u8; 200],
    len: usize,
}

impl Line {
    /// An empty line.
    pub const fn new() -> Self {
        Line {
            text: [0; 200],
            len: 0,
        }
    }

    /// What was written.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or(&[])
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Line {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for (to, from) in self.text.iter_mut().skip(self.len).zip(s.bytes()) {
            *to = from;
            self.len += 1;
        }
        Ok(())
    }
}

/// Prints one line on the console, whatever the rate.
pub fn console(args: fmt::Arguments<'_>) {
    let mut line = Line::new();
    let _ = line.write_fmt(args);
    let _ = line.write_str("\n");
    let text = line.as_bytes();
    // SAFETY: text is initialised for its length; the shim prints it as data.
    unsafe { ffi::lrs_console(text.as_ptr().cast(), text.len() as i32) }
}

/// At most this many messages a second from all Linux processes together.
const PER_SECOND: i32 = 20;

fn within_rate() -> bool {
    use core::cell::UnsafeCell;
    struct Window(UnsafeCell<(ffi::timeval, i32)>);
    // SAFETY: eventratecheck(9) is documented for unlocked use: a race miscounts a message.
    unsafe impl Sync for Window {}
    static WINDOW: Window = Window(UnsafeCell::new((
        ffi::timeval {
            tv_sec: 0,
            tv_usec: 0,
        },
        0,
    )));
    let w = WINDOW.0.get();
    // SAFETY: WINDOW is static; see above for the race.
    unsafe { ffi::eventratecheck(&raw mut (*w).0, &raw mut (*w).1, PER_SECOND) != 0 }
}

/// Prints a line about the current process, rate-limited, unless `compat.linux.debug` is 0.
pub fn process(cx: &Cx<'_>, args: fmt::Arguments<'_>) {
    if debug() == 0 || !within_rate() {
        return;
    }
    let comm = cx.command();
    let name = comm.split(|&b| b == 0).next().unwrap_or(&[]);
    let name = core::str::from_utf8(name).unwrap_or("?");
    console(format_args!("linux: pid {} ({name}): {args}", cx.pid()));
}

/// Logs a call number without a handler, once per process and number.
pub(crate) fn unimplemented(cx: &Cx<'_>, code: u32) {
    unimplemented_count().fetch_add(1, Ordering::Relaxed);
    if only_tried(code) || !cx.proc_state().first_miss(code) {
        return;
    }
    gap(cx, Gap::Call(crate::sysvec::table::name(code), code));
}

/// Logs what the current process asked for and is not there, in lxcheck's words.
pub fn gap(cx: &Cx<'_>, gap: Gap<'_>) {
    process(cx, format_args!("{gap}"));
}
