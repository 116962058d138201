// SPDX-License-Identifier: BSD-2-Clause
//! seccomp(2).
//!
//! FreeBSD: nothing; the filters are run by the module (kpi::kern::seccomp, kpi::kern::listener).
//! Differences from Linux: no_new_privs is the process's, not the thread's; any signal interrupts a call
//! that a listener looks at, whatever SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV says;
//! a confined program that executes one of FreeBSD's, which no filter would see, is killed.

use kpi::kern::seccomp as kernel;
use kpi::mem::KSlice;
use kpi::{Cx, Errno, Result, UserAddr, UserArrayIn, UserIn, UserOut};
use linux_abi::seccomp::{Action, NOTIF_SIZES, Operation, bpf, l_sock_filter, l_sock_fprog};

/// Confines the calling thread, for good, or tells what there is to do it with. EINVAL, EFAULT,
/// EACCES, ENOMEM, ESRCH; EOPNOTSUPP for an action that is not there.
pub(crate) fn seccomp(cx: &mut Cx<'_>, op: u32, flags: u32, uargs: UserAddr) -> Result<i32> {
    let operation = Operation::parse(op, flags, uargs.raw())?;
    confine(cx, operation)
}

pub(super) fn confine(cx: &mut Cx<'_>, operation: Operation) -> Result<i32> {
    match operation {
        Operation::Strict => kernel::set_strict(cx)?,
        Operation::Filter(flags, at) => {
            let program = read(cx, at)?;
            return kernel::add_filter(cx, program, flags);
        }
        Operation::ActionAvailable(at) => {
            let action = UserIn::<u32>::from_reg(at).read(cx)?;
            if !Action::is_available(action) {
                return Err(Errno::EOPNOTSUPP.into());
            }
        }
        Operation::NotifSizes(at) => UserOut::from_reg(at).write(cx, &NOTIF_SIZES)?,
    }
    Ok(0)
}

/// The program that a `struct sock_fprog` describes. EFAULT; EINVAL for none, and too long a one.
fn read(cx: &mut Cx<'_>, at: u64) -> Result<KSlice<l_sock_filter>> {
    let described = UserIn::<l_sock_fprog>::from_reg(at).read(cx)?;
    let len = usize::from(described.len);
    if len > bpf::MOST {
        return Err(Errno::EINVAL.into());
    }
    let mut program = KSlice::zeroed(cx, len)?;
    UserArrayIn::from_reg(described.filter).read_all(cx, &mut program)?;
    Ok(program)
}
