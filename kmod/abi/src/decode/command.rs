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
        (FS_IOC_GETFSLABEL as u64, "FS_IOC_GETFSLABEL"),
        (FITRIM as u64, "FITRIM"),
        (FIFREEZE as u64, "FIFREEZE"),
        (SIOCGSTAMP as u64, "SIOCGSTAMP"),
        (SIOCSIFNAME as u64, "SIOCSIFNAME"),
        (SIOCADDRT as u64, "SIOCADDRT"),
        (SIOCDELRT as u64, "SIOCDELRT"),
        (SIOCGARP as u64, "SIOCGARP"),
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
