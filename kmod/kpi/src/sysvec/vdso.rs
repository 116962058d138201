// SPDX-License-Identifier: BSD-2-Clause
//! The vDSO: one image, in one object, mapped into every Linux process.
//!
//! The user map ends, from the top: FreeBSD's shared page (time hands), the vDSO,
//! the stack. All Linux processes have it at [`BASE`].

use core::ffi::{c_char, c_int};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Bytes of user map the image has.
pub const SIZE: u64 = 2 * ffi::PAGE_SIZE as u64;

/// Where FreeBSD's shared page goes: the last but one page of the 47-bit map, so
/// that nothing of ours is in the very last one (AMD erratum, hw_lower_amd64_sharedpage).
pub const SHARED_PAGE: u64 = ffi::LRS_MAXUSER - 2 * ffi::PAGE_SIZE as u64;

/// Where the image is mapped.
pub const BASE: u64 = SHARED_PAGE - SIZE;

/// What the kernel tells the image, at the image's data offset (kmod/vdso/vdso.c).
#[repr(C)]
struct VdsoData {
    timekeep_base: u64,
    tsc_mode: u32,
    cpu_mode: u32,
}

/// The image and what the build read from it.
pub struct Image {
    /// The ELF file.
    pub bytes: &'static [u8],
    /// Offset of its data block.
    pub data: usize,
}

static OBJECT: AtomicPtr<ffi::vm_object> = AtomicPtr::new(ptr::null_mut());
static MAPPING: AtomicU64 = AtomicU64::new(0);

/// How the image reads the counter, after what the processor has.
fn tsc_mode() -> u32 {
    const LFENCE_RDTSC: u32 = 0;
    const MFENCE_RDTSC: u32 = 1;
    const RDTSCP: u32 = 2;
    // SAFETY: written once at boot.
    let (amd, vendor) = unsafe { (ffi::amd_feature, ffi::cpu_vendor_id) };
    if amd & ffi::AMDID_RDTSCP != 0 {
        RDTSCP
    } else if vendor == ffi::CPU_VENDOR_AMD || vendor == ffi::CPU_VENDOR_HYGON {
        MFENCE_RDTSC
    } else {
        LFENCE_RDTSC
    }
}

/// How the image learns the processor number.
fn cpu_mode() -> u32 {
    const SYSCALL: u32 = 0;
    const RDPID: u32 = 1;
    const RDTSCP: u32 = 2;
    // SAFETY: written once at boot.
    let (ext2, amd) = unsafe { (ffi::cpu_stdext_feature2, ffi::amd_feature) };
    if ext2 & ffi::CPUID_STDEXT2_RDPID != 0 {
        RDPID
    } else if amd & ffi::AMDID_RDTSCP != 0 {
        RDTSCP
    } else {
        SYSCALL
    }
}

/// Makes the object and puts the image into it. ENOMEM, or EINVAL for an image too large.
pub(crate) fn install(image: &Image) -> c_int {
    if image.bytes.len() as u64 > SIZE {
        return ffi::EINVAL as c_int;
    }
    let mut mapping: *mut c_char = ptr::null_mut();
    // SAFETY: the shim makes a wired physical object of SIZE bytes, zeroed, mapped read-write at `mapping`.
    let object = unsafe { ffi::lrs_shared_object_create(&raw mut mapping, SIZE) };
    if object.is_null() {
        return ffi::ENOMEM as c_int;
    }
    // SAFETY: the vector was filled in by exec_sysvec_init, which module.c calls first.
    let timekeep = unsafe {
        let sv = &raw const super::table::linux_rs_sysvec;
        (*sv).sv_shared_page_base + (*sv).sv_timekeep_offset
    };
    let data = VdsoData {
        timekeep_base: timekeep,
        tsc_mode: tsc_mode(),
        cpu_mode: cpu_mode(),
    };
    // SAFETY: the mapping has SIZE bytes and the image fits; its data offset lies in it and is 8-aligned (checked by the build).
    unsafe {
        ptr::copy_nonoverlapping(image.bytes.as_ptr(), mapping.cast(), image.bytes.len());
        mapping
            .cast::<u8>()
            .add(image.data)
            .cast::<VdsoData>()
            .write(data);
    }
    const { assert!(offset_of!(VdsoData, tsc_mode) == 8 && offset_of!(VdsoData, cpu_mode) == 12) };
    MAPPING.store(mapping as u64, Ordering::Relaxed);
    OBJECT.store(object, Ordering::Release);
    0
}

/// Gives the object back. No Linux process is left.
pub(crate) fn remove() {
    let object = OBJECT.swap(ptr::null_mut(), Ordering::AcqRel);
    if !object.is_null() {
        // SAFETY: both came from lrs_shared_object_create.
        unsafe {
            ffi::lrs_shared_object_destroy(object, MAPPING.load(Ordering::Relaxed) as *mut _, SIZE)
        };
    }
}

/// Maps the image into a process that is being exec'ed; an errno or 0.
///
/// # Safety
/// `p` is the current process with its new, private map.
pub(crate) unsafe fn map(p: *mut ffi::proc_) -> c_int {
    // SAFETY: caller; the object lives as long as a Linux process may (module unload is refused before).
    unsafe { ffi::lrs_map_shared_object(p, OBJECT.load(Ordering::Acquire), BASE, SIZE) }
}
