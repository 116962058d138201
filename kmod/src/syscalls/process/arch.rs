// SPDX-License-Identifier: BSD-2-Clause
//! arch_prctl(2): the bases of fs and gs.
//!
//! Differences from Linux: CPUID faulting and the permission calls of xsave features are
//! EINVAL, as on a processor without them.

use kpi::kern::machine::{self, Segment};
use kpi::{Cx, Errno, Result, UserAddr, UserOut};
use linux_abi::arch::ArchPrctl;

/// EINVAL for an unknown code, EPERM for a base outside the user's addresses, EFAULT
/// where the answer cannot be stored.
pub(crate) fn arch_prctl(cx: &mut Cx<'_>, code: i32, arg: u64) -> Result<()> {
    let answer = UserOut::<u64>::from_reg(arg);
    match ArchPrctl::new(code).ok_or(Errno::EINVAL)? {
        ArchPrctl::SetFs => machine::set_base(cx, Segment::Fs, UserAddr::from_reg(arg)),
        ArchPrctl::SetGs => machine::set_base(cx, Segment::Gs, UserAddr::from_reg(arg)),
        ArchPrctl::GetFs => {
            let base = machine::base(cx, Segment::Fs);
            answer.write(cx, &base)
        }
        ArchPrctl::GetGs => {
            let base = machine::base(cx, Segment::Gs);
            answer.write(cx, &base)
        }
    }
}
