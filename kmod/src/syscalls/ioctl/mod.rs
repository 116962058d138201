// SPDX-License-Identifier: BSD-2-Clause
//! ioctl(2): the dispatch by command; each group of commands is a file, and drivers register
//! more (kpi::neighbours::driver). Who takes the narrower range of commands is asked first.
//!
//! FreeBSD: kern_ioctl (sys_generic.c).
//! Differences from Linux: a command that no handler knows is ENOTTY, and the console says so.
//! Cloning and moving blocks, attributes (chattr(1)) and what [`linux_abi::ioctl`] lists with them is
//! refused, as by a file system that cannot do it; programs fall back to plain reading and writing.

mod cdrom;
mod console;
mod disk;
mod drm;
mod evdev;
mod hdio;
mod kcov;
mod netif;
mod nvme;
mod same;
mod seccomp;
mod socket;
mod sound;
mod tty;
mod v4l2;

use kpi::kern::fd;
use kpi::neighbours::driver::Drivers;
use kpi::{Cx, Result, UserAddr};
use linux_abi::decode::{Gap, ioctl_name};
use linux_abi::fd::Fd;
use linux_abi::ioctl::{Answer, UNKNOWN, answer};

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
    Group {
        first: 0x0300,
        last: 0x03ff,
        handler: hdio::ioctl,
    },
    Group {
        first: 0x1200,
        last: 0x12ff,
        handler: disk::ioctl,
    },
    Group {
        first: 0x2100,
        last: 0x2104,
        handler: seccomp::ioctl,
    },
    Group {
        first: 0x4500,
        last: 0x45ff,
        handler: evdev::ioctl,
    },
    // KD*.
    Group {
        first: 0x4b00,
        last: 0x4bff,
        handler: console::ioctl,
    },
    Group {
        first: 0x4d00,
        last: 0x4dff,
        handler: sound::ioctl,
    },
    Group {
        first: 0x4e40,
        last: 0x4e4f,
        handler: nvme::ioctl,
    },
    Group {
        first: 0x5000,
        last: 0x51ff,
        handler: sound::ioctl,
    },
    Group {
        first: 0x5300,
        last: 0x53ff,
        handler: cdrom::ioctl,
    },
    Group {
        first: 0x5400,
        last: 0x54ff,
        handler: tty::ioctl,
    },
    // VT_*, and the first of video devices.
    Group {
        first: 0x5600,
        last: 0x560f,
        handler: console_or_video,
    },
    Group {
        first: 0x5610,
        last: 0x56ff,
        handler: v4l2::ioctl,
    },
    Group {
        first: 0x5801,
        last: 0x580f,
        handler: sound::ioctl,
    },
    Group {
        first: 0x6300,
        last: 0x63ff,
        handler: kcov::ioctl,
    },
    Group {
        first: 0x6400,
        last: 0x64ff,
        handler: drm::ioctl,
    },
    Group {
        first: 0x6d00,
        last: 0x6d1f,
        handler: sound::ioctl,
    },
    // SIOC*.
    Group {
        first: 0x8900,
        last: 0x89ff,
        handler: socket::ioctl,
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

/// Both have 'V': of a console's a command has no size.
fn console_or_video(cx: &mut Cx<'_>, request: &Request) -> Result<Option<i32>> {
    if request.command >> 16 == 0 {
        console::ioctl(cx, request)
    } else {
        v4l2::ioctl(cx, request)
    }
}

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
        None => refuse(cx, &request),
    }
}

/// What nobody does. The console hears of it unless Linux's own file systems and drivers refuse it
/// as well, each for other files, and programs are used to that.
#[cold]
fn refuse(cx: &mut Cx<'_>, request: &Request) -> Result<i32> {
    fd::info(cx, request.fd)?;
    if let Some((_, Answer::Refused(errno))) = answer(request.command) {
        return Err(errno.into());
    }
    kpi::log::gap(cx, Gap::Part("ioctl", ioctl_name(request.command), UNKNOWN));
    Err(UNKNOWN.into())
}
