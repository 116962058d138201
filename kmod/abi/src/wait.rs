// SPDX-License-Identifier: BSD-2-Clause
//! Waiting for children: options and statuses of wait4(2) and waitid(2).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;
use crate::signal::BsdSignal;

/// `__WNOTHREAD`: not the children of other threads.
pub const WNOTHREAD: u32 = 0x2000_0000;
/// `__WALL`: all children.
pub const WALL: u32 = 0x4000_0000;
/// `__WCLONE`: only children that do not signal with SIGCHLD.
pub const WCLONE: u32 = 0x8000_0000;

/// The bits both calls know; __WNOTHREAD and __WALL are ignored: FreeBSD's children
/// belong to the process, and are all waited for.
const COMMON: [(u32, i32); 5] = [
    (linux::WNOHANG, bsd::WNOHANG),
    (linux::WCONTINUED, bsd::WCONTINUED),
    (WNOTHREAD, 0),
    (WALL, 0),
    (WCLONE, bsd::WLINUXCLONE),
];

fn map(options: u32, more: &[(u32, i32)]) -> Result<i32, Errno> {
    let mut unknown = options;
    let mut out = 0;
    for (bit, bsd_bit) in COMMON.iter().chain(more) {
        if options & bit != 0 {
            out |= bsd_bit;
        }
        unknown &= !bit;
    }
    if unknown != 0 {
        Err(Errno::EINVAL)
    } else {
        Ok(out)
    }
}

/// FreeBSD's options for wait4(2): ended children are always meant, unknown bits
/// are EINVAL.
pub fn wait4_options(options: i32) -> Result<i32, Errno> {
    let out = map(
        options.cast_unsigned(),
        &[(linux::WUNTRACED, bsd::WUNTRACED)],
    )?;
    Ok(out | bsd::WEXITED | bsd::WTRAPPED)
}

/// FreeBSD's options for waitid(2): EINVAL for unknown bits, or without any of
/// WEXITED, WSTOPPED and WCONTINUED.
pub fn waitid_options(options: i32) -> Result<i32, Errno> {
    let options = options.cast_unsigned();
    let out = map(
        options,
        &[
            (linux::WEXITED, bsd::WEXITED),
            (linux::WSTOPPED, bsd::WUNTRACED | bsd::WTRAPPED),
            (linux::WNOWAIT, bsd::WNOWAIT),
        ],
    )?;
    match options & (linux::WEXITED | linux::WSTOPPED | linux::WCONTINUED) {
        0 => Err(Errno::EINVAL),
        _ => Ok(out),
    }
}

/// Which children waitid(2) means.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum WaitTarget {
    /// Any child.
    All,
    /// The child with this pid.
    Pid(i32),
    /// The children in this process group; 0 is the caller's.
    Group(i32),
    /// The child this descriptor stands for.
    Descriptor(i32),
}

/// Reads the first two arguments of waitid(2), or EINVAL.
pub const fn waitid_target(idtype: i32, id: i32) -> Result<WaitTarget, Errno> {
    match (idtype.cast_unsigned(), id) {
        (linux::P_ALL, _) => Ok(WaitTarget::All),
        (linux::P_PID, 1..) => Ok(WaitTarget::Pid(id)),
        (linux::P_PGID, 0..) => Ok(WaitTarget::Group(id)),
        (linux::P_PIDFD, 0..) => Ok(WaitTarget::Descriptor(id)),
        _ => Err(Errno::EINVAL),
    }
}

/// Reads the pid of wait4(2). The most negative number has no positive twin: ESRCH.
pub const fn wait4_target(pid: i32) -> Result<WaitTarget, Errno> {
    match pid {
        i32::MIN => Err(Errno::ESRCH),
        -1 => Ok(WaitTarget::All),
        0 => Ok(WaitTarget::Group(0)),
        1.. => Ok(WaitTarget::Pid(pid)),
        _ => Ok(WaitTarget::Group(pid.wrapping_neg())),
    }
}

/// How a child changed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ChildStatus {
    /// It exited with this code.
    Exited(u8),
    /// This signal killed it; true if it left a core.
    Killed(BsdSignal, bool),
    /// This signal stopped it. The second byte is what ptrace(2) adds.
    Stopped(BsdSignal),
    /// It goes on.
    Continued,
}

/// FreeBSD's status of a continued child (`WIFCONTINUED` of sys/wait.h).
const BSD_CONTINUED: i32 = bsd::SIGCONT;
/// The low seven bits of a stopped child's status, on both systems.
const STOPPED: i32 = 0o177;
const CORE: i32 = 0o200;
const LINUX_CONTINUED: i32 = 0xffff;

impl ChildStatus {
    /// From FreeBSD's status; `None` if it makes no sense.
    pub const fn from_bsd(status: i32) -> Option<ChildStatus> {
        if status == BSD_CONTINUED {
            return Some(ChildStatus::Continued);
        }
        let [low, high, ..] = status.to_le_bytes();
        match status & STOPPED {
            0 => Some(ChildStatus::Exited(high)),
            STOPPED => match BsdSignal::new(high as i32) {
                Some(signal) => Some(ChildStatus::Stopped(signal)),
                None => None,
            },
            number => match BsdSignal::new(number) {
                Some(signal) => Some(ChildStatus::Killed(
                    signal,
                    low as i32 & bsd::WCOREFLAG != 0,
                )),
                None => None,
            },
        }
    }

    /// Linux's status.
    pub const fn to_linux(self) -> i32 {
        match self {
            ChildStatus::Exited(code) => (code as i32) << 8,
            ChildStatus::Killed(signal, core) => {
                let number = signal.to_linux_report().number();
                if core { number | CORE } else { number }
            }
            ChildStatus::Stopped(signal) => signal.to_linux_report().number() << 8 | STOPPED,
            ChildStatus::Continued => LINUX_CONTINUED,
        }
    }
}

/// Linux's status for FreeBSD's. One that makes no sense reads as death by
/// SIGKILL rather than as a success.
pub const fn status_to_linux(status: i32) -> i32 {
    match ChildStatus::from_bsd(status) {
        Some(status) => status.to_linux(),
        None => crate::signal::LinuxSignal::SIGKILL.number(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exit code is its low byte, whatever FreeBSD keeps above.
    #[test]
    fn exit_codes() {
        for code in 0..256 {
            assert_eq!(status_to_linux(code << 8), code << 8);
        }
        assert_eq!(status_to_linux(0x1234_5600), 0x5600);
    }

    /// A signal's number changes, the core bit does not.
    #[test]
    fn deaths() {
        assert_eq!(status_to_linux(bsd::SIGBUS), 7);
        assert_eq!(status_to_linux(bsd::SIGBUS | 0o200), 7 | 0o200);
        assert_eq!(status_to_linux(bsd::SIGUSR1), 10);
        assert_eq!(status_to_linux(bsd::SIGRTMIN), 32);
        assert_eq!(status_to_linux(bsd::SIGEMT), 9);
    }

    /// Stops tell the Linux signal in the second byte.
    #[test]
    fn stops() {
        assert_eq!(status_to_linux(bsd::SIGTSTP << 8 | 0o177), 20 << 8 | 0o177);
        assert_eq!(status_to_linux(bsd::SIGSTOP << 8 | 0o177), 19 << 8 | 0o177);
    }

    /// A child that goes on: 0x13 on FreeBSD, 0xffff on Linux. Death by FreeBSD's
    /// SIGCONT cannot be.
    #[test]
    fn continued() {
        assert_eq!(status_to_linux(0x13), 0xffff);
    }

    /// Every status converts to one the Linux macros understand.
    #[test]
    fn any_status_is_one_kind() {
        for status in (0..=0xffff).chain([-1, i32::MIN, i32::MAX]) {
            let out = status_to_linux(status);
            assert!((0..=0xffff).contains(&out));
            let exited = status & 0o177 == 0;
            assert_eq!(out & 0o177 == 0, exited, "{status:#x} -> {out:#x}");
        }
    }

    /// wait4(2): known bits map, others are EINVAL.
    #[test]
    fn wait4_bits() {
        let always = bsd::WEXITED | bsd::WTRAPPED;
        assert_eq!(wait4_options(0), Ok(always));
        assert_eq!(wait4_options(1 | 2 | 8), Ok(always | 1 | 2 | 4));
        assert_eq!(wait4_options(i32::MIN), Ok(always | bsd::WLINUXCLONE));
        for n in [2, 4, 5, 10, 24, 28] {
            assert_eq!(wait4_options(1 << n), Err(Errno::EINVAL), "bit {n}");
        }
    }

    /// waitid(2) must be told what to wait for.
    #[test]
    fn waitid_bits() {
        assert_eq!(waitid_options(0), Err(Errno::EINVAL));
        assert_eq!(waitid_options(1), Err(Errno::EINVAL));
        assert_eq!(waitid_options(4), Ok(bsd::WEXITED));
        assert_eq!(waitid_options(4 | 1 << 24), Ok(bsd::WEXITED | bsd::WNOWAIT));
        assert_eq!(waitid_options(4 | 16), Err(Errno::EINVAL));
    }

    /// Who is waited for.
    #[test]
    fn targets() {
        assert_eq!(wait4_target(-5), Ok(WaitTarget::Group(5)));
        assert_eq!(wait4_target(i32::MIN), Err(Errno::ESRCH));
        assert_eq!(waitid_target(0, -3), Ok(WaitTarget::All));
        assert_eq!(waitid_target(1, 0), Err(Errno::EINVAL));
        assert_eq!(waitid_target(2, 0), Ok(WaitTarget::Group(0)));
        assert_eq!(waitid_target(3, 4), Ok(WaitTarget::Descriptor(4)));
        assert_eq!(waitid_target(4, 1), Err(Errno::EINVAL));
    }
}
