// SPDX-License-Identifier: BSD-2-Clause
//! uname(2), sysinfo(2), sethostname(2), setdomainname(2).
//!
//! FreeBSD: getcredhostname (kern_jail.c), kern.hostname, averunnable, vm_free_count.
//! Differences from Linux: shared and buffer memory are not counted (0).

use core::sync::atomic::Ordering;

use kpi::kern::{cred, info};
use kpi::{Cx, Errno, Result, UserBytesIn, UserOut};
use linux_abi::c::{l_new_utsname, l_sysinfo};
use linux_abi::persona::{PER_LINUX32, PER_MASK};
use linux_abi::uname::UTS_LEN;

/// What a Linux kernel says of its build; ours is a module's.
const VERSION: &[u8] = b"#1 SMP PREEMPT_DYNAMIC linux_rs";

/// The names of system and host.
pub(crate) fn uname(cx: &mut Cx<'_>, to: UserOut<l_new_utsname>) -> Result<()> {
    let persona = cx.proc_state().pem.persona.load(Ordering::Relaxed);
    let machine: &[u8] = if persona & PER_MASK == PER_LINUX32 {
        b"i686"
    } else {
        b"x86_64"
    };
    let name = info::with_utsname(cx, VERSION, machine, |names| names.to_linux());
    to.write(cx, &name)
}

/// Memory, load and uptime.
pub(crate) fn sysinfo(cx: &mut Cx<'_>, to: UserOut<l_sysinfo>) -> Result<()> {
    let info = info::sysinfo(cx);
    to.write(cx, &info)
}

/// EINVAL for a length below 0 or above 64, EPERM.
pub(crate) fn sethostname(cx: &mut Cx<'_>, name: UserBytesIn, len: i32) -> Result<()> {
    set_name(cx, false, name, len)
}

/// EINVAL for a length below 0 or above 64, EPERM.
pub(crate) fn setdomainname(cx: &mut Cx<'_>, name: UserBytesIn, len: i32) -> Result<()> {
    set_name(cx, true, name, len)
}

fn set_name(cx: &mut Cx<'_>, domain: bool, from: UserBytesIn, len: i32) -> Result<()> {
    if !cred::may_set_names(cx) {
        return Err(Errno::EPERM.into());
    }
    let mut name = [0; UTS_LEN];
    let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
    let name = name.get_mut(..len).ok_or(Errno::EINVAL)?;
    from.read(cx, name)?;
    info::set_name(cx, domain, name)
}
