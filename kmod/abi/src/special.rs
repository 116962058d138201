// SPDX-License-Identifier: BSD-2-Clause
//! Flags of eventfd2(2), timerfd_create(2), signalfd4(2) and pidfd_open(2), and the clocks of timers.

use linux_raw_sys::general as linux;

use crate::{Errno, bsd};

/// FreeBSD's EFD_SEMAPHORE (sys/eventfd.h), as on Linux; its other flags are O_NONBLOCK and O_CLOEXEC.
const BSD_EFD_SEMAPHORE: i32 = 1;

/// FreeBSD's open flags for Linux's O_CLOEXEC and O_NONBLOCK; EINVAL for anything else.
const fn open_flags(flags: u32) -> Result<i32, Errno> {
    if flags & !(linux::O_CLOEXEC | linux::O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let mut out = 0;
    if flags & linux::O_CLOEXEC != 0 {
        out |= bsd::O_CLOEXEC;
    }
    if flags & linux::O_NONBLOCK != 0 {
        out |= bsd::O_NONBLOCK;
    }
    Ok(out)
}

/// FreeBSD's flags of eventfd. EINVAL for unknown ones.
pub const fn eventfd_flags(flags: i32) -> Result<i32, Errno> {
    let flags = flags.cast_unsigned();
    match open_flags(flags & !linux::EFD_SEMAPHORE) {
        Ok(out) if flags & linux::EFD_SEMAPHORE != 0 => Ok(out | BSD_EFD_SEMAPHORE),
        answer => answer,
    }
}

/// FreeBSD's flags of timerfd_create. EINVAL for unknown ones.
pub const fn timerfd_flags(flags: i32) -> Result<i32, Errno> {
    open_flags(flags.cast_unsigned())
}

/// How a descriptor is to be opened.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct OpenFlags {
    /// Closed by exec.
    pub cloexec: bool,
    /// Reads do not wait.
    pub nonblocking: bool,
}

/// The flags of signalfd4. EINVAL for unknown ones.
pub const fn signalfd_flags(flags: i32) -> Result<OpenFlags, Errno> {
    let flags = flags.cast_unsigned();
    match open_flags(flags) {
        Ok(_) => Ok(OpenFlags {
            cloexec: flags & linux::O_CLOEXEC != 0,
            nonblocking: flags & linux::O_NONBLOCK != 0,
        }),
        Err(e) => Err(e),
    }
}

/// Whether waiting on a new pidfd shall not block: PIDFD_NONBLOCK. EINVAL for anything else,
/// PIDFD_THREAD among it, as before Linux 6.9.
pub const fn pidfd_nonblocking(flags: u32) -> Result<bool, Errno> {
    match flags {
        0 => Ok(false),
        linux::O_NONBLOCK => Ok(true),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's clock of a timerfd. EPERM for those that wake the machine, EINVAL for others.
pub const fn timerfd_clock(clock: i32) -> Result<i32, Errno> {
    match clock.cast_unsigned() {
        linux::CLOCK_REALTIME => Ok(bsd::CLOCK_REALTIME),
        // FreeBSD's monotonic clock goes on while the machine sleeps.
        linux::CLOCK_MONOTONIC | linux::CLOCK_BOOTTIME => Ok(bsd::CLOCK_MONOTONIC),
        linux::CLOCK_REALTIME_ALARM | linux::CLOCK_BOOTTIME_ALARM => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

/// FreeBSD's flags of timerfd_settime: the same two, EINVAL for others.
pub const fn settime_flags(flags: i32) -> Result<i32, Errno> {
    let known = linux::TFD_TIMER_ABSTIME | linux::TFD_TIMER_CANCEL_ON_SET;
    if flags.cast_unsigned() & !known != 0 {
        Err(Errno::EINVAL)
    } else {
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each single bit of each call.
    #[test]
    fn every_bit_has_a_verdict() {
        for bit in 0..32 {
            let flag = 1_u32 << bit;
            let open = match flag {
                linux::O_CLOEXEC => Ok(bsd::O_CLOEXEC),
                linux::O_NONBLOCK => Ok(bsd::O_NONBLOCK),
                _ => Err(Errno::EINVAL),
            };
            let flags = flag.cast_signed();
            assert_eq!(timerfd_flags(flags), open);
            assert_eq!(eventfd_flags(flags), if bit == 0 { Ok(1) } else { open });
            let set = if bit < 2 {
                Ok(flags)
            } else {
                Err(Errno::EINVAL)
            };
            assert_eq!(settime_flags(flags), set);
        }
    }

    /// The clocks.
    #[test]
    fn clocks() {
        let told: Vec<_> = (-1..12).map(timerfd_clock).collect();
        let (no, may) = (Err(Errno::EINVAL), Err(Errno::EPERM));
        assert_eq!(
            told,
            [
                no,
                Ok(0),
                Ok(4),
                no,
                no,
                no,
                no,
                no,
                Ok(4),
                may,
                may,
                no,
                no
            ]
        );
    }
}
