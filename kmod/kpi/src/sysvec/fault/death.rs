// SPDX-License-Identifier: BSD-2-Clause
//! What a parent is told of a child that an exception killed.

use linux_abi::signal::BsdSignal;
use linux_abi::trap;

use super::super::sendsig::bsd_siginfo;

/// Tells the parent the signal Linux would have killed the process with, where FreeBSD
/// has another one for the same exception (SIGBUS for many a SIGSEGV).
///
/// # Safety
/// From `sv_onexit`: `td` is curthread, of the process `p`, which is ending.
pub(crate) unsafe fn correct_death(td: *mut ffi::thread, p: *mut ffi::proc_) {
    // SAFETY: caller; td_si is what killed the thread, if anything did.
    let (info, told) = unsafe { (&(*td).td_si, (*p).p_xsig.cast_signed()) };
    let signal = told & 0x7f;
    if signal == 0 || info.si_signo != signal {
        return;
    }
    let Some(bsd) = BsdSignal::new(signal) else {
        return;
    };
    let details = bsd_siginfo(bsd, info);
    if let Some(fault) = trap::linux_fault(details.trapno, signal, info.si_code) {
        let corrected = (told & !0x7f) | fault.signal.to_bsd().number();
        // SAFETY: caller; nobody waits for the process yet.
        unsafe { (*p).p_xsig = corrected.cast_unsigned() };
    }
}
