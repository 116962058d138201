// SPDX-License-Identifier: BSD-2-Clause
//! syslog(2): the kernel's messages.
//!
//! FreeBSD: kern.msgbuf and its siblings (subr_prf.c).
//! Differences from Linux: who may read is told by `security.bsd.unprivileged_read_msgbuf` and the jail;
//! READ and SIZE_UNREAD are EINVAL (FreeBSD's /dev/klog tells what is new), and so is what would
//! set the console's level. Forgetting is for all readers, dmesg(8) among them.

use kpi::kern::{cred, msgbuf};
use kpi::{Cx, Errno, Result, UserBytesOut};
use linux_abi::syslog::{Action, last_lines};

/// How many bytes were stored, or there is room for. EINVAL, EPERM.
pub(crate) fn syslog(
    cx: &mut Cx<'_>,
    kind: i32,
    buf: Option<UserBytesOut>,
    len: i32,
) -> Result<usize> {
    if Action::is_administration(kind) && !cred::may_clear_messages(cx) {
        return Err(Errno::EPERM.into());
    }
    match Action::new(kind)? {
        Action::Nothing => Ok(0),
        Action::Size => msgbuf::size(cx),
        Action::Clear => msgbuf::clear(cx).map(|()| 0),
        Action::ReadAll { clears } => {
            let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
            let buf = buf.ok_or(Errno::EINVAL)?;
            if len == 0 {
                return Ok(0);
            }
            let read = msgbuf::with_messages(cx, |cx, text| {
                let text = last_lines(text, len);
                buf.write(cx, text)?;
                Ok(text.len())
            })?;
            if clears {
                msgbuf::clear(cx)?;
            }
            Ok(read)
        }
    }
}
