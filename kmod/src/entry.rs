// SPDX-License-Identifier: BSD-2-Clause
//! The generated doors, and the symbols module.c wires into the kernel.
#![allow(
    unused_imports,
    unsafe_code,
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "the door: generated, the same few lines for every call; indexes are constants below six"
)]

use core::ffi::{c_int, c_void};

use kpi::sysvec::vdso::Image;

// Where the generated doors look for the functions of syscalls.master.
use crate::syscalls::*;

mod doors {
    use core::ffi::{c_int, c_void};

    use kpi::{
        UserAddr, UserArrayIn, UserArrayInOut, UserArrayOut, UserBytesIn, UserBytesOut, UserCStr,
        UserIn, UserInOut, UserOut,
    };
    use linux_abi::c;

    include!(concat!(env!("OUT_DIR"), "/doors.rs"));
}

mod vdso {
    #![allow(
        dead_code,
        reason = "generated; the build checks what the kernel side does not read"
    )]
    include!(concat!(env!("OUT_DIR"), "/vdso_offsets.rs"));
}

#[unsafe(export_name = "linux_rs_sysent_size")]
static SYSENT_SIZE: c_int = doors::SYS_MAXSYSCALL as c_int;

const _: () = assert!(
    doors::SYS_MAXSYSCALL == kpi::sysvec::table::ROWS,
    "kpi::sysvec::table::ROWS is another number"
);

static VDSO: Image = Image {
    bytes: vdso::IMAGE,
    data: vdso::VDSO_DATA,
};

/// The module event handler of DECLARE_MODULE.
#[unsafe(no_mangle)]
extern "C" fn linux_rs_modevent(_module: *mut c_void, what: c_int, _arg: *mut c_void) -> c_int {
    kpi::module::event(what, &VDSO)
}
