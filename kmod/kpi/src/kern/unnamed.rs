// SPDX-License-Identifier: BSD-2-Clause
//! Files without a name: vfs_syscalls.c.

use super::fd::kern_close;
use super::folder::{LOOK, OpenFolder, open_kernel};
use super::path::{At, kern_openat};
use crate::{Cx, Errno, Result, check};

const PREFIX: &[u8] = b".linux_rs-";
const RANDOM: usize = 16;
const LEN: usize = PREFIX.len() + RANDOM + 1;

/// A name nobody has thought of, with its NUL.
fn name() -> [u8; LEN] {
    let mut name = [0; LEN];
    let text = name.iter_mut();
    for (to, from) in text.zip(PREFIX.iter().copied().chain((0..RANDOM).map(|_| {
        // SAFETY: no argument, no state of ours.
        let number = unsafe { ffi::arc4random() };
        // CAST: below 26.
        b'a'.wrapping_add((number % 26) as u8)
    }))) {
        *to = from;
    }
    name
}

/// Makes a file in the folder `at` names and takes its name away at once: between the two, the
/// folder shows it. `flags` are FreeBSD's, with O_CREAT and O_EXCL. ENOTDIR, EACCES.
#[cold]
#[inline(never)]
pub fn open_unnamed(cx: &mut Cx<'_>, at: At, flags: i32, mode: u32) -> Result<i32> {
    let folder = LOOK | ffi::O_DIRECTORY;
    let folder = OpenFolder::own(kern_openat(cx, at, folder.cast_signed(), 0)?);
    let cloexec = flags.cast_unsigned() & ffi::O_CLOEXEC != 0;
    let mut tries = 0_u32;
    let (fd, name) = loop {
        let name = name();
        match open_kernel(cx, folder.fd(), &name, flags.cast_unsigned(), mode) {
            Err(fail) if fail == Errno::EEXIST.into() && tries < 100 => {
                tries = tries.saturating_add(1);
            }
            fd => break (fd?, name),
        }
    };
    // SAFETY: current; the name is kernel memory and ends in NUL.
    let gone = check(unsafe {
        ffi::kern_funlinkat(
            cx.td(),
            folder.fd(),
            name.as_ptr().cast(),
            ffi::FD_NONE,
            ffi::UIO_SYSSPACE,
            0,
            0,
        )
    });
    if let Err(fail) = gone {
        kern_close(cx, fd)?;
        return Err(fail);
    }
    folder.hand_over(cx, fd, cloexec)
}
