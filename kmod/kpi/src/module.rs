// SPDX-License-Identifier: BSD-2-Clause
//! Load and unload.

use core::ffi::{c_int, c_void};

use crate::kern::{names, netlink};
use crate::log::console;
use crate::sysvec::vdso;

/// Everything in order, undoing what was done where a step fails.
///
/// ENOEXEC where the kernel is not the one it was built for, ENOMEM, ENOSPC where the kernel has
/// no room for another ELF brand.
fn load(image: &vdso::Image) -> c_int {
    // SAFETY: both read the kernel's variables and the current process.
    let (matches, version, built_for) = unsafe {
        (
            ffi::lrs_kbi_matches(),
            ffi::lrs_kernel_version(),
            ffi::lrs_built_for(),
        )
    };
    if !matches {
        console(format_args!(
            "linux_rs: not loaded: built for FreeBSD {built_for}, which is not this kernel ({version}); build it with this kernel's headers"
        ));
        return ffi::ENOEXEC as c_int;
    }
    // SAFETY: MOD_LOAD runs once, before any process uses the vector.
    unsafe { ffi::lrs_sysvec_init() };
    let error = vdso::install(image);
    if error != 0 {
        return error;
    }
    crate::jail::register();
    // SAFETY: MOD_LOAD runs once.
    unsafe { crate::emul::load() };
    netlink::install();
    // SAFETY: the module is not in use yet; the vector is complete.
    let error = unsafe {
        match ffi::lrs_shm_folder_create() {
            0 => ffi::lrs_brands_insert(),
            error => error,
        }
    };
    if error != 0 {
        // SAFETY: nobody has the folder's device open: it has no open routine.
        unsafe { ffi::lrs_shm_folder_destroy() };
        // No Linux process has run: no socket of one is there.
        netlink::remove();
        // SAFETY: made above.
        unsafe { crate::emul::unload() };
        crate::jail::deregister();
        vdso::remove();
    }
    error
}

/// EBUSY while a process uses a brand, or has a file of ours open, a Linux process's netlink socket, or a local
/// one with an abstract name.
fn unload() -> c_int {
    if crate::file::any_open() || names::any() {
        return ffi::EBUSY as c_int;
    }
    // SAFETY: the shim checks every brand before it removes one.
    let error = unsafe { ffi::lrs_brands_remove() };
    // No Linux process is left to make another socket.
    if error == 0 && !netlink::remove() {
        // SAFETY: the vector is as it was.
        unsafe { ffi::lrs_brands_insert() };
        return ffi::EBUSY as c_int;
    }
    if error == 0 {
        // SAFETY: nothing of the module is in use.
        unsafe { ffi::lrs_shm_folder_destroy() };
        crate::jail::deregister();
        vdso::remove();
        // SAFETY: no process is Linux.
        unsafe { ffi::lrs_policy_remove() };
        // SAFETY: MOD_UNLOAD that succeeds runs once, and no process is Linux.
        unsafe { crate::emul::unload() };
    }
    error
}

/// The module event handler's body; `image` is the vDSO the build made.
pub fn event(what: c_int, image: &vdso::Image) -> c_int {
    // CAST: modeventtype is a small C enum.
    match what as ffi::modeventtype {
        ffi::MOD_LOAD => load(image),
        ffi::MOD_UNLOAD => unload(),
        ffi::MOD_SHUTDOWN => 0,
        _ => ffi::EOPNOTSUPP as c_int,
    }
}

/// Whether an ELF header is that of a Linux program without interpreter: marked as
/// Linux, or not marked at all. The kernel has checked machine, class and version.
///
/// # Safety
/// Called by imgact_elf with the first page of the file at `image_header`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_static_supported(
    imgp: *const ffi::image_params,
    _osrel: *const i32,
    _fctl0: *const u32,
) -> bool {
    // SAFETY: caller: the whole page is mapped for the time of exec.
    let page = unsafe {
        core::slice::from_raw_parts((*imgp).image_header.cast::<u8>(), ffi::PAGE_SIZE as usize)
    };
    linux_abi::elf::is_static_linux(page)
}

/// Reads the GNU ABI note: whether it is Linux's, and the kernel it was built for,
/// as version << 16 | major << 8 | minor.
///
/// # Safety
/// Called by imgact_elf with a note whose header matched the brand note.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_trans_osrel(note: *const c_void, osrel: *mut i32) -> bool {
    const HEADER: usize = 12;
    const NAME: usize = 4;
    // SAFETY: caller: n_namesz is 4 and n_descsz 16, and both lie in the mapped page.
    let words: [u32; 4] = unsafe {
        note.cast::<u8>()
            .add(HEADER + NAME)
            .cast::<[u32; 4]>()
            .read_unaligned()
    };
    let [os, version, major, minor] = words;
    if os != 0 {
        return false;
    }
    let code = (version & 0xff) << 16 | (major & 0xff) << 8 | (minor & 0xff);
    // SAFETY: caller: osrel is the kernel's variable.
    unsafe { *osrel = code.cast_signed() };
    true
}
