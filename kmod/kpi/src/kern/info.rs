// SPDX-License-Identifier: BSD-2-Clause
//! The system's names and sizes: kern_mib.c, kern_jail.c, vm_meter.c.

use core::ptr;

use linux_abi::c::l_sysinfo;
use linux_abi::uname::Utsname;

use crate::jail;
use crate::{Cx, Result, UserBytesOut, check};

/// Room for a host name (MAXHOSTNAMELEN of sys/param.h).
const NAME_LEN: usize = ffi::MAXHOSTNAMELEN as usize;

/// What uname(2) says in `build`, with the names of the caller's jail.
pub fn with_utsname<T>(
    cx: &Cx<'_>,
    version: &[u8],
    machine: &[u8],
    build: impl FnOnce(Utsname<'_>) -> T,
) -> T {
    let (mut node, mut domain) = ([0_u8; NAME_LEN], [0_u8; NAME_LEN]);
    // SAFETY: current; both calls write a string of at most NAME_LEN bytes with its NUL.
    unsafe {
        let cred = (*cx.td()).td_ucred;
        ffi::getcredhostname(cred, node.as_mut_ptr().cast(), NAME_LEN);
        ffi::getcreddomainname(cred, domain.as_mut_ptr().cast(), NAME_LEN);
    }
    let names = jail::names(cx);
    build(Utsname {
        sysname: &names.osname,
        nodename: &node,
        release: &names.osrelease,
        version,
        machine,
        domainname: &domain,
    })
}

/// sethostname(2) or setdomainname(2). EPERM.
pub fn set_name(cx: &mut Cx<'_>, domain: bool, name: &[u8]) -> Result<()> {
    // Both check the caller's privilege and jail.
    let which = if domain {
        c"kern.domainname"
    } else {
        c"kern.hostname"
    };
    // SAFETY: current; the name is kernel memory of this length; nothing is read.
    check(unsafe {
        ffi::lrs_sysctl(
            cx.td(),
            which.as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            name.as_ptr().cast(),
            name.len(),
        )
    })
}

/// sysinfo(2), in bytes.
pub fn sysinfo(cx: &Cx<'_>) -> l_sysinfo {
    // SAFETY: plain data that lrs_system fills in.
    let mut s: ffi::lrs_system = unsafe { core::mem::zeroed() };
    // SAFETY: as above.
    unsafe { ffi::lrs_system(&raw mut s) };
    let up = super::limits::uptime(cx);
    let bytes = |pages: u64| pages.saturating_mul(ffi::PAGE_SIZE as u64);
    l_sysinfo {
        uptime: up.tv_sec.saturating_add(i64::from(up.tv_usec != 0)),
        loads: s.load,
        totalram: bytes(s.pages),
        freeram: bytes(s.free_pages),
        // FreeBSD does not count these two.
        sharedram: 0,
        bufferram: 0,
        totalswap: bytes(s.swap_pages),
        freeswap: bytes(s.free_swap_pages),
        procs: u16::try_from(s.processes).unwrap_or(u16::MAX),
        pad: 0,
        __pad0: 0,
        totalhigh: 0,
        freehigh: 0,
        mem_unit: 1,
        __pad1: 0,
    }
}

/// getrandom(2); the flags are the same on both systems. EAGAIN, EFAULT, EINVAL.
pub fn getrandom(cx: &mut Cx<'_>, buf: UserBytesOut, len: u64, flags: u32) -> Result<usize> {
    // SAFETY: the arguments are plain values and padding.
    let mut args: ffi::getrandom_args = unsafe { core::mem::zeroed() };
    // CAST: both are 64 bits.
    (args.buf, args.buflen, args.flags) = (buf.addr().as_ptr(), len as usize, flags);
    // SAFETY: current; kernel copy.
    check(unsafe { ffi::sys_getrandom(cx.td(), &raw mut args) })?;
    // CAST: a byte count below 2 GiB.
    Ok(cx.retval() as usize)
}

/// The version of the sound interface: `compat.linux.oss_version`.
pub fn oss_version(cx: &Cx<'_>) -> i32 {
    jail::names(cx).oss_version
}
