// SPDX-License-Identifier: BSD-2-Clause
//! What other modules import from `linux_common`: linprocfs(4), linsysfs(4), drivers that know
//! Linux's ioctl(2) commands.
//!
//! Names, types and meaning are those of FreeBSD 15.0's compat/linux headers. Some are beside
//! what they are about: jail/sysctl.rs, kern/netif.rs.

pub mod device;
pub mod driver;

use linux_abi::sigset::{BsdSigset, sigset_to_linux};

pub(crate) use device::number_of;

/// The Linux set for a FreeBSD set.
///
/// # Safety
/// `from` is a sigset_t, `to` the 64 bits of a Linux set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsd_to_linux_sigset(from: *const ffi::sigset_t, to: *mut u64) {
    // SAFETY: caller; a sigset_t is four words.
    unsafe { *to = sigset_to_linux(&*from.cast::<BsdSigset>()) };
}

const _: () = assert!(size_of::<ffi::sigset_t>() == size_of::<BsdSigset>());

/// The Linux state of a process; null for one that has none.
///
/// # Safety
/// The caller holds the process (PHOLD) until it is done with the state: see emul/limbo.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pem_find(p: *mut ffi::proc_) -> *mut crate::emul::Pem {
    // SAFETY: caller: p is live; emul: a ProcState begins with its Pem.
    unsafe { (*p).p_emuldata.cast() }
}
