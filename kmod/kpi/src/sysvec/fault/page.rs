// SPDX-License-Identifier: BSD-2-Clause
//! Page faults of Linux programs.
//!
//! The kernel tells a program of another system about a forbidden access with SIGBUS
//! (machdep.prot_fault_translation, vm_fault.c). Linux says SIGSEGV, and garbage collectors and
//! virtual machines live on it, so the fault is resolved here and that one answer corrected.

use core::ffi::c_int;

use super::super::vsyscall;

/// sv_trap: 0 if the fault has been dealt with, an errno to let the kernel do it.
///
/// # Safety
/// Called by trap() on the current thread for a page fault in user mode, with interrupts on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_trap(td: *mut ffi::thread) -> c_int {
    // SAFETY: caller: the frame is the thread's own.
    unsafe {
        let frame = (*td).td_frame;
        if (*frame).tf_addr.cast_unsigned() >= ffi::LRS_MAXUSER {
            return vsyscall::serve(td).err().unwrap_or(0);
        }
        let error = (*frame).tf_err.cast_unsigned() as u32;
        let odd = ffi::PGEX_RSV | ffi::PGEX_PK | ffi::PGEX_SGX;
        if error & odd != 0 || (*td).td_pflags & ffi::TDP_NOFAULTING as c_int != 0 {
            return ffi::EINVAL as c_int;
        }
        resolve(td, &mut *frame, error)
    }
}

/// Brings the page in, or raises SIGSEGV where the map forbids the access. What else may be wrong
/// the kernel finds again, and reports as Linux would.
unsafe fn resolve(td: *mut ffi::thread, frame: &mut ffi::trapframe, error: u32) -> c_int {
    // VM_PROT_* of vm/vm.h, which mmap(2) uses as well.
    let access = if error & ffi::PGEX_W != 0 {
        ffi::PROT_WRITE
    } else if error & ffi::PGEX_I != 0 {
        ffi::PROT_EXEC
    } else {
        ffi::PROT_READ
    };
    // SAFETY: caller: curthread with its map; the address is looked up in it, not touched.
    unsafe {
        let (mut signo, mut code) = (0, 0);
        let map = &raw mut (*(*(*td).td_proc).p_vmspace).vm_map;
        let address = frame.tf_addr.cast_unsigned();
        let result = ffi::vm_fault_trap(
            map,
            address,
            access as ffi::vm_prot_t,
            ffi::VM_FAULT_NORMAL as c_int,
            &raw mut signo,
            &raw mut code,
        );
        match result as u32 {
            ffi::KERN_SUCCESS => {}
            ffi::KERN_PROTECTION_FAILURE => forbidden(td, address),
            _ => return ffi::EINVAL as c_int,
        }
        ffi::userret(td, frame);
    }
    0
}

/// SIGSEGV with SEGV_ACCERR.
unsafe fn forbidden(td: *mut ffi::thread, address: u64) {
    // SAFETY: caller: curthread; ksiginfo is plain data.
    unsafe {
        let mut ksi: ffi::ksiginfo = core::mem::zeroed();
        ksi.ksi_flags = ffi::KSI_TRAP as c_int;
        ksi.ksi_info.si_signo = ffi::SIGSEGV as c_int;
        ksi.ksi_info.si_code = ffi::SEGV_ACCERR as c_int;
        ksi.ksi_info.si_addr = address as *mut _;
        ksi.ksi_info._reason._fault._trapno = ffi::T_PAGEFLT as c_int;
        ffi::trapsignal(td, &raw mut ksi);
    }
}
