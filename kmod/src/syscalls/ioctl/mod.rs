// SPDX-License-Identifier: BSD-2-Clause
//! ioctl(2): the dispatch by command; each group of commands is a file, and drivers register
//! more (kpi::neighbours::driver). Who takes the narrower range of commands is asked first.
//!
//! FreeBSD: kern_ioctl (sys_generic.c).
//! Differences from Linux: a command that no handler knows is ENOTTY, and the console says so.

mod file;
mod netif;
mod socket;
mod tty;

use kpi::kern::fd;
use kpi::neighbours::driver::Drivers;
use kpi::{Cx, Errno, Result, UserAddr};
use linux_abi::fd::Fd;

/// One call, as a handler gets it.
pub(crate) struct Request {
    /// The descriptor.
    pub(crate) fd: Fd,
    /// Linux's command.
    pub(crate) command: u32,
    /// The third argument: mostly an address, for some commands a number.
    pub(crate) arg: UserAddr,
}

impl Request {
    /// The argument of a command that takes an int by value.
    pub(crate) fn number(&self) -> i32 {
        // CAST: Linux looks at the low half.
        self.arg.raw() as i32
    }
}

/// Does a command. `None`: it does not know it.
type Handler = fn(&mut Cx<'_>, &Request) -> Result<Option<i32>>;

/// Who handles the commands whose low 16 bits (group and number) are in a range.
struct Group {
    first: u16,
    last: u16,
    handler: Handler,
}

/// Sorted, without overlap: the compiler checks it below.
const GROUPS: &[Group] = &[
    // FIBMAP, FIGETBSZ.
    Group {
        first: 0x0001,
        last: 0x0002,
        handler: file::ioctl,
    },
    Group {
        first: 0x5400,
        last: 0x54ff,
        handler: tty::ioctl,
    },
    // FS_IOC_*.
    Group {
        first: 0x6600,
        last: 0x66ff,
        handler: file::ioctl,
    },
    // SIOC*.
    Group {
        first: 0x8900,
        last: 0x89ff,
        handler: socket::ioctl,
    },
    // FICLONE and its like.
    Group {
        first: 0x9400,
        last: 0x94ff,
        handler: file::ioctl,
    },
];

const _: () = {
    let mut rest = GROUPS;
    while let [a, tail @ ..] = rest {
        assert!(a.first <= a.last);
        if let [b, ..] = tail {
            assert!(a.last < b.first, "GROUPS must be sorted");
        }
        rest = tail;
    }
};

/// Finds who handles a command.
fn group(command: u32) -> Option<&'static Group> {
    // CAST: direction and size, in the upper half, are not part of a command's identity.
    let low = command as u16;
    let after = GROUPS.partition_point(|group| group.last < low);
    GROUPS.get(after).filter(|group| group.first <= low)
}

/// Does `command` to what `fd` refers to. EBADF before all else; ENOTTY where nobody knows the command.
pub(crate) fn ioctl(cx: &mut Cx<'_>, fd: Fd, command: u32, arg: u64) -> Result<i32> {
    let request = Request {
        fd,
        command,
        arg: UserAddr::from_reg(arg),
    };
    let mut drivers = Drivers::default();
    if let Some(group) = group(command) {
        let span = group.last.saturating_sub(group.first);
        if let Some(answer) = drivers.ioctl(cx, fd, command, arg, span)? {
            return Ok(answer);
        }
        if let Some(answer) = (group.handler)(cx, &request)? {
            return Ok(answer);
        }
    }
    match drivers.ioctl(cx, fd, command, arg, u16::MAX)? {
        Some(answer) => Ok(answer),
        None => unknown(cx, &request),
    }
}

#[cold]
fn unknown(cx: &mut Cx<'_>, request: &Request) -> Result<i32> {
    fd::info(cx, request.fd)?;
    kpi::log::process(
        cx,
        format_args!(
            "ioctl {:#x} on descriptor {} not implemented",
            request.command, request.fd.0
        ),
    );
    Err(Errno::ENOTTY.into())
}
