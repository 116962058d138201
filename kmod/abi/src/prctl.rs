// SPDX-License-Identifier: BSD-2-Clause
//! prctl(2): what a code and its arguments ask for.

use linux_raw_sys::prctl as linux;

use crate::caps::{self, ALL, Ambient, CAP_LAST, CapSet};
use crate::errno::Errno;
use crate::seccomp::Operation;
use crate::signal::LinuxSignal;

/// `PR_TSC_ENABLE`: programs may read the time-stamp counter.
pub const TSC_ENABLE: i32 = linux::PR_TSC_ENABLE.cast_signed();
/// PR_SPEC_L1D_FLUSH, the last kind of speculation that Linux names.
const SPECULATIONS: u64 = linux::PR_SPEC_L1D_FLUSH as u64;
/// The timer slack a thread starts with, in nanoseconds.
pub const DEFAULT_TIMER_SLACK: u64 = 50_000;

/// One request. Numbers named "to" and "from" are user addresses.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Prctl {
    /// Signal to get when the parent ends.
    SetParentDeathSignal(Option<LinuxSignal>),
    /// Stores that signal's number as an int.
    GetParentDeathSignal(u64),
    /// Whether a core may be dumped and others of the same user may trace.
    GetDumpable,
    /// Sets that.
    SetDumpable(bool),
    /// Names the thread.
    SetName(u64),
    /// Stores the name, 16 bytes.
    GetName(u64),
    /// Whether orphaned descendants become children.
    SetChildSubreaper(bool),
    /// Stores that as an int.
    GetChildSubreaper(u64),
    /// Exec gives no privileges any more.
    SetNoNewPrivs,
    /// Whether it does.
    GetNoNewPrivs,
    /// How late timers may be; kept and told, FreeBSD's timers are not made later.
    SetTimerSlack(u64),
    /// Tells that.
    GetTimerSlack,
    /// Stores that the time-stamp counter may be read.
    GetTsc(u64),
    /// Stores the address set_tid_address(2) set.
    GetTidAddress(u64),
    /// The answer is always this.
    Constant(i32),
    /// Confines the caller (seccomp(2)).
    SetSeccomp(Operation),
    /// How it is confined.
    GetSeccomp,
    /// Whether the bounding set has a capability.
    GetBounding(CapSet),
    /// Takes it out; the empty set for no capability.
    DropBounding(CapSet),
    /// Asks or changes the ambient set.
    Ambient(Ambient),
    /// Whether capabilities outlive the last user id 0.
    GetKeepCaps,
    /// Sets that.
    SetKeepCaps(bool),
    /// SECBIT_*.
    GetSecurebits,
    /// Sets those.
    SetSecurebits(u64),
}

const fn is(value: bool, answer: Prctl) -> Result<Prctl, Errno> {
    if value {
        Ok(answer)
    } else {
        Err(Errno::EINVAL)
    }
}

impl Prctl {
    /// Reads a request; EINVAL for what does not exist, here or on Linux.
    pub fn parse(option: i32, args: [u64; 4]) -> Result<Prctl, Errno> {
        let [a, b, c, d] = args;
        let rest_zero = b == 0 && c == 0 && d == 0;
        match option.cast_unsigned() {
            linux::PR_SET_PDEATHSIG => match i32::try_from(a) {
                Ok(n) => Ok(Prctl::SetParentDeathSignal(LinuxSignal::parse_or_probe(n)?)),
                Err(_) => Err(Errno::EINVAL),
            },
            linux::PR_GET_PDEATHSIG => Ok(Prctl::GetParentDeathSignal(a)),
            linux::PR_GET_DUMPABLE => Ok(Prctl::GetDumpable),
            linux::PR_SET_DUMPABLE => is(a <= 1, Prctl::SetDumpable(a == 1)),
            linux::PR_GET_KEEPCAPS => Ok(Prctl::GetKeepCaps),
            linux::PR_SET_KEEPCAPS => is(a <= 1, Prctl::SetKeepCaps(a == 1)),
            linux::PR_GET_TIMING => Ok(Prctl::Constant(linux::PR_TIMING_STATISTICAL.cast_signed())),
            linux::PR_SET_TIMING => is(
                a == u64::from(linux::PR_TIMING_STATISTICAL),
                Prctl::Constant(0),
            ),
            linux::PR_SET_SECCOMP => Ok(Prctl::SetSeccomp(Operation::parse_mode(a, b)?)),
            linux::PR_GET_SECCOMP => Ok(Prctl::GetSeccomp),
            linux::PR_SET_NAME => Ok(Prctl::SetName(a)),
            linux::PR_GET_NAME => Ok(Prctl::GetName(a)),
            linux::PR_CAPBSET_READ => Ok(Prctl::GetBounding(one_cap(a)?)),
            linux::PR_CAPBSET_DROP => Ok(Prctl::DropBounding(one_cap(a).unwrap_or(0))),
            linux::PR_GET_TSC => Ok(Prctl::GetTsc(a)),
            linux::PR_SET_TSC => is(a == u64::from(linux::PR_TSC_ENABLE), Prctl::Constant(0)),
            linux::PR_GET_SECUREBITS => Ok(Prctl::GetSecurebits),
            linux::PR_SET_SECUREBITS => Ok(Prctl::SetSecurebits(a)),
            linux::PR_SET_TIMERSLACK => match a.cast_signed() {
                // "If the value is less than or equal to zero, the default is set again."
                ..=0 => Ok(Prctl::SetTimerSlack(DEFAULT_TIMER_SLACK)),
                _ => Ok(Prctl::SetTimerSlack(a)),
            },
            linux::PR_GET_TIMERSLACK => Ok(Prctl::GetTimerSlack),
            linux::PR_SET_CHILD_SUBREAPER => Ok(Prctl::SetChildSubreaper(a != 0)),
            linux::PR_GET_CHILD_SUBREAPER => Ok(Prctl::GetChildSubreaper(a)),
            linux::PR_SET_NO_NEW_PRIVS => is(a == 1 && rest_zero, Prctl::SetNoNewPrivs),
            linux::PR_GET_NO_NEW_PRIVS => is(a == 0 && rest_zero, Prctl::GetNoNewPrivs),
            linux::PR_GET_TID_ADDRESS => Ok(Prctl::GetTidAddress(a)),
            linux::PR_GET_THP_DISABLE => is(a == 0 && rest_zero, Prctl::Constant(0)),
            // Large pages cannot be switched off for one process.
            linux::PR_SET_THP_DISABLE => is(a == 0 && rest_zero, Prctl::Constant(0)),
            // What a memory error does is FreeBSD's business: the default, and nothing else.
            linux::PR_MCE_KILL_GET => is(
                a == 0 && rest_zero,
                Prctl::Constant(linux::PR_MCE_KILL_DEFAULT.cast_signed()),
            ),
            linux::PR_MCE_KILL => {
                let clear = a == u64::from(linux::PR_MCE_KILL_CLEAR) && b == 0;
                let default = a == u64::from(linux::PR_MCE_KILL_SET)
                    && b == u64::from(linux::PR_MCE_KILL_DEFAULT);
                is((clear || default) && c == 0 && d == 0, Prctl::Constant(0))
            }
            linux::PR_GET_SPECULATION_CTRL if rest_zero => match a {
                // The processor speculates, and no thread can change that for itself.
                0..=SPECULATIONS => Ok(Prctl::Constant(linux::PR_SPEC_ENABLE.cast_signed())),
                _ => Err(Errno::ENODEV),
            },
            linux::PR_SET_SPECULATION_CTRL if c == 0 && d == 0 => match a {
                0..=SPECULATIONS => Err(Errno::ENXIO),
                _ => Err(Errno::ENODEV),
            },
            linux::PR_GET_IO_FLUSHER => is(a == 0 && rest_zero, Prctl::Constant(0)),
            // Nothing denies memory that can be written and executed.
            linux::PR_GET_MDWE => is(a == 0 && rest_zero, Prctl::Constant(0)),
            linux::PR_CAP_AMBIENT => Prctl::ambient([a, b, c, d]),
            _ => Err(Errno::EINVAL),
        }
    }

    /// PR_CAP_AMBIENT.
    fn ambient([what, number, c, d]: [u64; 4]) -> Result<Prctl, Errno> {
        if c != 0 || d != 0 {
            return Err(Errno::EINVAL);
        }
        let request = match u32::try_from(what) {
            Ok(linux::PR_CAP_AMBIENT_CLEAR_ALL) if number == 0 => Ambient::Lower(ALL),
            Ok(linux::PR_CAP_AMBIENT_IS_SET) => Ambient::IsSet(one_cap(number)?),
            Ok(linux::PR_CAP_AMBIENT_RAISE) => Ambient::Raise(one_cap(number)?),
            Ok(linux::PR_CAP_AMBIENT_LOWER) => Ambient::Lower(one_cap(number)?),
            _ => return Err(Errno::EINVAL),
        };
        Ok(Prctl::Ambient(request))
    }
}

/// The set of the capability with this number. EINVAL.
fn one_cap(number: u64) -> Result<CapSet, Errno> {
    match u32::try_from(number) {
        Ok(number @ ..=CAP_LAST) => Ok(caps::bit(number)),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(option: u32, a: u64) -> Result<Prctl, Errno> {
        Prctl::parse(option.cast_signed(), [a, 0, 0, 0])
    }

    /// Values out of range are refused, as prctl(2) says.
    #[test]
    fn ranges() {
        assert_eq!(parse(linux::PR_SET_PDEATHSIG, 65), Err(Errno::EINVAL));
        assert_eq!(
            parse(linux::PR_SET_PDEATHSIG, 0),
            Ok(Prctl::SetParentDeathSignal(None))
        );
        assert_eq!(parse(linux::PR_SET_PDEATHSIG, 1 << 32), Err(Errno::EINVAL));
        assert_eq!(parse(linux::PR_SET_DUMPABLE, 2), Err(Errno::EINVAL));
        assert_eq!(
            parse(linux::PR_SET_DUMPABLE, 1),
            Ok(Prctl::SetDumpable(true))
        );
        assert_eq!(
            parse(linux::PR_CAPBSET_READ, 40),
            Ok(Prctl::GetBounding(1 << 40))
        );
        assert_eq!(parse(linux::PR_CAPBSET_READ, 41), Err(Errno::EINVAL));
        assert_eq!(parse(linux::PR_SET_NO_NEW_PRIVS, 0), Err(Errno::EINVAL));
        let tail = Prctl::parse(linux::PR_SET_NO_NEW_PRIVS.cast_signed(), [1, 1, 0, 0]);
        assert_eq!(tail, Err(Errno::EINVAL));
    }

    /// A slack of 0 or less is the default.
    #[test]
    fn timer_slack() {
        let default = Ok(Prctl::SetTimerSlack(50_000));
        assert_eq!(parse(linux::PR_SET_TIMERSLACK, 0), default);
        assert_eq!(parse(linux::PR_SET_TIMERSLACK, u64::MAX), default);
        assert_eq!(
            parse(linux::PR_SET_TIMERSLACK, 1),
            Ok(Prctl::SetTimerSlack(1))
        );
    }

    /// Capabilities are named by their number.
    #[test]
    fn capabilities() {
        assert_eq!(
            parse(linux::PR_SET_KEEPCAPS, 1),
            Ok(Prctl::SetKeepCaps(true))
        );
        assert_eq!(parse(linux::PR_SET_KEEPCAPS, 2), Err(Errno::EINVAL));
        let ambient = |what: u32, number, rest| {
            let option = linux::PR_CAP_AMBIENT.cast_signed();
            Prctl::parse(option, [what.into(), number, rest, 0])
        };
        let raise = Ambient::Raise(1 << 13);
        assert_eq!(
            ambient(linux::PR_CAP_AMBIENT_RAISE, 13, 0),
            Ok(Prctl::Ambient(raise))
        );
        assert_eq!(
            ambient(linux::PR_CAP_AMBIENT_RAISE, 41, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(
            ambient(linux::PR_CAP_AMBIENT_RAISE, 13, 1),
            Err(Errno::EINVAL)
        );
        assert_eq!(
            ambient(linux::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0),
            Ok(Prctl::Ambient(Ambient::Lower(ALL)))
        );
        assert_eq!(
            ambient(linux::PR_CAP_AMBIENT_CLEAR_ALL, 1, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(ambient(9, 0, 0), Err(Errno::EINVAL));
    }

    /// Speculation is as it is, and so are memory errors.
    #[test]
    fn what_cannot_be_changed() {
        let get = linux::PR_GET_SPECULATION_CTRL;
        assert_eq!(parse(get, 0), Ok(Prctl::Constant(2)));
        assert_eq!(parse(get, 3), Err(Errno::ENODEV));
        assert_eq!(parse(linux::PR_SET_SPECULATION_CTRL, 1), Err(Errno::ENXIO));
        assert_eq!(parse(linux::PR_MCE_KILL_GET, 0), Ok(Prctl::Constant(2)));
        assert_eq!(parse(linux::PR_MCE_KILL_GET, 1), Err(Errno::EINVAL));
        assert_eq!(parse(linux::PR_MCE_KILL, 0), Ok(Prctl::Constant(0)));
        assert_eq!(parse(linux::PR_MCE_KILL, 1), Err(Errno::EINVAL));
    }

    /// What is not there is EINVAL.
    #[test]
    fn unknown() {
        assert_eq!(parse(linux::PR_SET_SECCOMP, 0), Err(Errno::EINVAL));
        assert_eq!(parse(9999, 0), Err(Errno::EINVAL));
        assert_eq!(Prctl::parse(-1, [0; 4]), Err(Errno::EINVAL));
    }
}
