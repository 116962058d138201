// SPDX-License-Identifier: BSD-2-Clause
//! adjtimex(2): steering the clock.

use linux_raw_sys::general as linux;

use crate::c::l_timex;
use crate::errno::Errno;

const ADJ_OFFSET: u32 = 0x0001;
const ADJ_FREQUENCY: u32 = 0x0002;
const ADJ_MAXERROR: u32 = 0x0004;
const ADJ_ESTERROR: u32 = 0x0008;
const ADJ_STATUS: u32 = 0x0010;
const ADJ_TIMECONST: u32 = 0x0020;
const ADJ_TAI: u32 = 0x0080;
const ADJ_MICRO: u32 = 0x1000;
const ADJ_NANO: u32 = 0x2000;
const ADJ_TICK: u32 = 0x4000;
const ADJ_OFFSET_SINGLESHOT: u32 = 0x8001;
const ADJ_OFFSET_SS_READ: u32 = 0xa001;

/// The length of a tick in microseconds, which FreeBSD cannot change.
pub const TICK: i64 = 10_000;

/// What adjtimex(2) is to do. FreeBSD's ntp_adjtime(2) has Linux's numbers for modes and status.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Adjust {
    /// The kernel's clock discipline, with FreeBSD's modes.
    Discipline(u32),
    /// ADJ_OFFSET_SINGLESHOT: as adjtime(3), by microseconds.
    Slew(i64),
    /// ADJ_OFFSET_SS_READ: what is left of that.
    SlewLeft,
}

impl Adjust {
    /// EINVAL for what FreeBSD cannot do: another length of the tick, ADJ_SETOFFSET.
    pub const fn parse(timex: &l_timex) -> Result<Adjust, Errno> {
        let known = ADJ_OFFSET
            | ADJ_FREQUENCY
            | ADJ_MAXERROR
            | ADJ_ESTERROR
            | ADJ_STATUS
            | ADJ_TIMECONST
            | ADJ_TAI
            | ADJ_MICRO
            | ADJ_NANO;
        match timex.modes {
            ADJ_OFFSET_SINGLESHOT => Ok(Adjust::Slew(timex.offset)),
            ADJ_OFFSET_SS_READ => Ok(Adjust::SlewLeft),
            modes if modes & ADJ_TICK != 0 && timex.tick != TICK => Err(Errno::EINVAL),
            modes if modes & !(known | ADJ_TICK) != 0 => Err(Errno::EINVAL),
            modes => Ok(Adjust::Discipline(modes & !ADJ_TICK)),
        }
    }
}

/// Whether clock_adjtime(2) can steer the clock: CLOCK_REALTIME alone. EOPNOTSUPP for the others
/// Linux has, EINVAL for those it has not.
pub const fn adjustable(clock: i32) -> Result<(), Errno> {
    match clock.cast_unsigned() {
        linux::CLOCK_REALTIME => Ok(()),
        linux::CLOCK_MONOTONIC..=linux::CLOCK_TAI => Err(Errno::EOPNOTSUPP),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(modes: u32, tick: i64) -> Result<Adjust, Errno> {
        Adjust::parse(&l_timex {
            modes,
            tick,
            offset: 7,
            ..l_timex::default()
        })
    }

    /// adjtimex(2): modes.
    #[test]
    fn modes() {
        assert_eq!(parse(0, 0), Ok(Adjust::Discipline(0)));
        assert_eq!(parse(3, 0), Ok(Adjust::Discipline(3)));
        assert_eq!(parse(0x4000, 9000), Err(Errno::EINVAL));
        assert_eq!(parse(0x4002, 10_000), Ok(Adjust::Discipline(2)));
        assert_eq!(parse(0x8001, 0), Ok(Adjust::Slew(7)));
        assert_eq!(parse(0xa001, 0), Ok(Adjust::SlewLeft));
        assert_eq!(parse(0x100, 0), Err(Errno::EINVAL));
    }

    /// One clock can be steered.
    #[test]
    fn clocks() {
        assert_eq!(adjustable(0), Ok(()));
        assert_eq!(adjustable(1), Err(Errno::EOPNOTSUPP));
        assert_eq!(adjustable(99), Err(Errno::EINVAL));
    }
}
