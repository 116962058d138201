// SPDX-License-Identifier: BSD-2-Clause
//! sysfs(2).
//!
//! FreeBSD: none, it is a question about names.
//! Differences from Linux: the kinds are those that mount(2) takes, loaded or not.

use kpi::{Cx, Errno, Result, UserBytesOut, UserCStr};
use linux_abi::mount::{kind_index, kind_name, kinds};

/// By `option`: the index of a kind of file system whose name is at `first`, the name of kind
/// `first`, which goes to `second`, or how many kinds there are. EFAULT, EINVAL.
pub(crate) fn sysfs(cx: &mut Cx<'_>, option: i32, first: u64, second: u64) -> Result<usize> {
    /// Longer than any name.
    const ROOM: usize = 32;
    match option {
        1 => {
            let mut room = [0; ROOM];
            let len = UserCStr::from_reg(first)
                .read(cx, &mut room)
                .map_err(|fail| match fail.errno() {
                    Some(Errno::ENAMETOOLONG) => Errno::EINVAL.into(),
                    _ => fail,
                })?;
            let index = kind_index(room.get(..len).unwrap_or_default());
            Ok(index.ok_or(Errno::EINVAL)?)
        }
        2 => {
            // CAST: Linux looks at the lower half.
            let name = kind_name(first as u32).ok_or(Errno::EINVAL)?;
            let out = UserBytesOut::from_reg(second);
            out.write(cx, name)?;
            out.write_at(cx, name.len(), &[0])?;
            Ok(0)
        }
        3 => Ok(kinds()),
        _ => Err(Errno::EINVAL.into()),
    }
}
