// SPDX-License-Identifier: BSD-2-Clause
//! The commands of ioctl(2) in words.

use super::{Name, Names, Out, Outcome, Part, find};
use crate::ioctl::{self, Answer};

/// Commands that no handler knows, for their names only.
const OTHERS: Names = &{
    use ioctl::*;
    [
        (FIOQSIZE as u64, "FIOQSIZE"),
        (TIOCVHANGUP as u64, "TIOCVHANGUP"),
        (TIOCGDEV as u64, "TIOCGDEV"),
        (KDGKBTYPE as u64, "KDGKBTYPE"),
        (KDGETMODE as u64, "KDGETMODE"),
        (KDSETMODE as u64, "KDSETMODE"),
        (KDGKBMODE as u64, "KDGKBMODE"),
        (KDSKBMODE as u64, "KDSKBMODE"),
        (VT_OPENQRY as u64, "VT_OPENQRY"),
        (VT_GETMODE as u64, "VT_GETMODE"),
        (VT_SETMODE as u64, "VT_SETMODE"),
        (VT_GETSTATE as u64, "VT_GETSTATE"),
        (BLKGETSIZE as u64, "BLKGETSIZE"),
        (BLKGETSIZE64 as u64, "BLKGETSIZE64"),
        (BLKSSZGET as u64, "BLKSSZGET"),
        (BLKBSZGET as u64, "BLKBSZGET"),
        (BLKROGET as u64, "BLKROGET"),
        (BLKFLSBUF as u64, "BLKFLSBUF"),
        (BLKDISCARD as u64, "BLKDISCARD"),
        (FS_IOC_GETFSLABEL as u64, "FS_IOC_GETFSLABEL"),
        (FITRIM as u64, "FITRIM"),
        (FIFREEZE as u64, "FIFREEZE"),
        (SIOCGSTAMP as u64, "SIOCGSTAMP"),
        (SIOCGIFMAP as u64, "SIOCGIFMAP"),
        (SIOCGIFTXQLEN as u64, "SIOCGIFTXQLEN"),
        (SIOCSIFFLAGS as u64, "SIOCSIFFLAGS"),
        (SIOCSIFADDR as u64, "SIOCSIFADDR"),
        (SIOCSIFNETMASK as u64, "SIOCSIFNETMASK"),
        (SIOCSIFNAME as u64, "SIOCSIFNAME"),
        (SIOCADDRT as u64, "SIOCADDRT"),
        (SIOCDELRT as u64, "SIOCDELRT"),
        (SIOCGARP as u64, "SIOCGARP"),
        (0x8946, "SIOCETHTOOL"),
    ]
};

/// What a command is called, 0x and its number if it has no name here.
pub(super) fn name(command: u32) -> Name {
    let known = ioctl::answer(command).map(|(name, _)| name);
    match known.or_else(|| find(OTHERS, u64::from(command))) {
        Some(name) => Name::Known(name),
        None => Name::Bits(u64::from(command)),
    }
}

pub(super) fn judge([command, ..]: [u64; 5], out: Out<'_>) {
    // CAST: an unsigned int of Linux.
    let command = command as u32;
    let outcome = match ioctl::answer(command) {
        Some((_, Answer::Done)) => Outcome::Works,
        Some((_, Answer::Refused(errno))) => Outcome::Refused(errno),
        None => Outcome::Refused(ioctl::UNKNOWN),
    };
    out(Part {
        name: name(command),
        outcome,
    });
}
