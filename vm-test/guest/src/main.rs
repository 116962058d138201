// SPDX-License-Identifier: BSD-2-Clause
//! The guest's /init: the only FreeBSD program in vm-test's disk image.
//!
//! It makes raw FreeBSD system calls, needs no library and no other file, and
//! does what the host asks over the second serial port (`wire.rs`). The kernel
//! keeps the first port for its own messages, so the two never mix.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
mod file;
#[cfg(target_os = "none")]
mod host;
#[cfg(target_os = "none")]
mod job;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod network;
#[cfg(target_os = "none")]
mod server;
#[cfg(target_os = "none")]
mod sys;
#[cfg(target_os = "none")]
mod sysctl;

#[cfg(target_os = "none")]
mod entry {
    use core::panic::PanicInfo;

    // The kernel enters with the stack pointer 8 short of a multiple of 16, as
    // after a call; nothing on the stack is of use to /init.
    core::arch::global_asm!(
        ".globl _start",
        "_start:",
        "xor ebp, ebp",
        "and rsp, -16",
        "call {main}",
        "ud2",
        main = sym main,
    );

    extern "C" fn main() -> ! {
        crate::server::run()
    }

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        crate::sys::write_all(2, b"vm-test: the guest's /init has a bug and stops\n").ok();
        crate::sys::exit(70)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("guest-init: this is FreeBSD's /init in a virtual machine; see vm-test/README.md");
    std::process::exit(64);
}
