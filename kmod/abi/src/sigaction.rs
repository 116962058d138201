// SPDX-License-Identifier: BSD-2-Clause
//! The flags of sigaction(2), sigprocmask(2) and sigaltstack(2).

use bitflags::bitflags;
use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

bitflags! {
    /// `sa_flags` of sigaction(2). Linux ignores every bit it does not know.
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct LinuxSaFlags: u64 {
        /// Map: no SIGCHLD when a child stops.
        const SA_NOCLDSTOP = linux::SA_NOCLDSTOP as u64;
        /// Map: no zombies.
        const SA_NOCLDWAIT = linux::SA_NOCLDWAIT as u64;
        /// Map: the handler takes three arguments.
        const SA_SIGINFO = linux::SA_SIGINFO as u64;
        /// Ignore: only asks to be told that unknown bits are ignored; dropped by
        /// Linux itself from what it stores.
        const SA_UNSUPPORTED = linux::SA_UNSUPPORTED as u64;
        /// Ignore: x86 has no tagged addresses.
        const SA_EXPOSE_TAGBITS = linux::SA_EXPOSE_TAGBITS as u64;
        /// Kept for the signal frame: `sa_restorer` is where a handler returns to.
        const SA_RESTORER = linux::SA_RESTORER as u64;
        /// Map: run on the alternate stack.
        const SA_ONSTACK = linux::SA_ONSTACK as u64;
        /// Map: restart interrupted system calls.
        const SA_RESTART = linux::SA_RESTART as u64;
        /// Map: the signal is not blocked in its own handler.
        const SA_NODEFER = linux::SA_NODEFER as u64;
        /// Map: back to the default when the handler starts.
        const SA_RESETHAND = linux::SA_RESETHAND as u64;
    }
}

const SA_MAP: [(LinuxSaFlags, i32); 7] = [
    (LinuxSaFlags::SA_NOCLDSTOP, bsd::SA_NOCLDSTOP),
    (LinuxSaFlags::SA_NOCLDWAIT, bsd::SA_NOCLDWAIT),
    (LinuxSaFlags::SA_SIGINFO, bsd::SA_SIGINFO),
    (LinuxSaFlags::SA_ONSTACK, bsd::SA_ONSTACK),
    (LinuxSaFlags::SA_RESTART, bsd::SA_RESTART),
    (LinuxSaFlags::SA_NODEFER, bsd::SA_NODEFER),
    (LinuxSaFlags::SA_RESETHAND, bsd::SA_RESETHAND),
];

impl LinuxSaFlags {
    /// FreeBSD's `sa_flags`.
    pub fn to_bsd(self) -> i32 {
        let set = SA_MAP.iter().filter(|(flag, _)| self.contains(*flag));
        set.fold(0, |bits, (_, bit)| bits | bit)
    }

    /// Linux's flags for FreeBSD's `sa_flags`. SA_RESTORER is not among them: the
    /// kernel side adds it when the program gave a restorer.
    pub fn from_bsd(flags: i32) -> LinuxSaFlags {
        let set = SA_MAP.iter().filter(|(_, bit)| flags & bit != 0);
        set.fold(LinuxSaFlags::empty(), |bits, (flag, _)| bits | *flag)
    }
}

/// FreeBSD's `how` for sigprocmask(2), or EINVAL.
pub const fn sigprocmask_how(how: i32) -> Result<i32, Errno> {
    match how.cast_unsigned() {
        linux::SIG_BLOCK => Ok(bsd::SIG_BLOCK),
        linux::SIG_UNBLOCK => Ok(bsd::SIG_UNBLOCK),
        linux::SIG_SETMASK => Ok(bsd::SIG_SETMASK),
        _ => Err(Errno::EINVAL),
    }
}

/// What `ss_flags` of a new alternate stack asks for (sigaltstack(2)).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AltStackRequest {
    /// FreeBSD's flags: SS_DISABLE or nothing.
    pub bsd_flags: i32,
    /// SS_AUTODISARM: forget the stack when a handler starts on it.
    pub autodisarm: bool,
}

/// Reads `ss_flags`: one of 0, SS_DISABLE and SS_ONSTACK, with or without
/// SS_AUTODISARM, else EINVAL. SS_ONSTACK asks for nothing, as 0 does.
pub const fn sigaltstack_request(ss_flags: i32) -> Result<AltStackRequest, Errno> {
    let flags = ss_flags.cast_unsigned();
    let autodisarm = flags & linux::SS_AUTODISARM != 0;
    let bsd_flags = match flags & !linux::SS_AUTODISARM {
        0 | linux::SS_ONSTACK => 0,
        linux::SS_DISABLE => bsd::SS_DISABLE,
        _ => return Err(Errno::EINVAL),
    };
    Ok(AltStackRequest {
        bsd_flags,
        autodisarm,
    })
}

/// `SS_AUTODISARM`, as a bit of `ss_flags`.
pub const SS_AUTODISARM: i32 = linux::SS_AUTODISARM.cast_signed();

/// Linux's `ss_flags` for FreeBSD's.
pub const fn sigaltstack_flags_to_linux(flags: i32) -> i32 {
    let mut out = 0;
    if flags & bsd::SS_DISABLE != 0 {
        out |= linux::SS_DISABLE;
    }
    if flags & bsd::SS_ONSTACK != 0 {
        out |= linux::SS_ONSTACK;
    }
    out.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each mapped sa_flags bit maps both ways; unknown bits are ignored.
    #[test]
    fn sa_flags_map() {
        for (linux, bsd) in SA_MAP {
            assert_eq!(linux.to_bsd(), bsd);
            assert_eq!(LinuxSaFlags::from_bsd(bsd), linux);
        }
        for bit in 0..64 {
            let flags = LinuxSaFlags::from_bits_retain(1 << bit);
            let mapped = SA_MAP.iter().any(|(flag, _)| *flag == flags);
            assert_eq!(flags.to_bsd() != 0, mapped);
        }
    }

    /// Only three values of `how` exist.
    #[test]
    fn how_is_checked() {
        assert_eq!(sigprocmask_how(0), Ok(1));
        assert_eq!(sigprocmask_how(1), Ok(2));
        assert_eq!(sigprocmask_how(2), Ok(3));
        for how in [-1, 3, 4, i32::MIN, i32::MAX] {
            assert_eq!(sigprocmask_how(how), Err(Errno::EINVAL));
        }
    }

    /// sigaltstack(2): SS_ONSTACK is tolerated, unknown bits are not.
    #[test]
    fn sigaltstack_flags() {
        let request = |flags: u32| sigaltstack_request(flags.cast_signed());
        let plain = AltStackRequest {
            bsd_flags: 0,
            autodisarm: false,
        };
        assert_eq!(request(0), Ok(plain));
        assert_eq!(request(linux::SS_ONSTACK), Ok(plain));
        assert_eq!(
            request(linux::SS_DISABLE).unwrap().bsd_flags,
            bsd::SS_DISABLE
        );
        assert!(request(linux::SS_AUTODISARM).unwrap().autodisarm);
        assert_eq!(request(3), Err(Errno::EINVAL));
        assert_eq!(request(4), Err(Errno::EINVAL));
        assert_eq!(sigaltstack_flags_to_linux(bsd::SS_DISABLE), 2);
        assert_eq!(sigaltstack_flags_to_linux(bsd::SS_ONSTACK), 1);
    }
}
