// SPDX-License-Identifier: BSD-2-Clause
//! seccomp(2): what an operation asks for, and what a filter's verdict means.

pub mod bpf;

use linux_raw_sys::ptrace as linux;

use crate::errno::Errno;
use crate::pod::pod;

pub use crate::siginfo::AUDIT_ARCH_X86_64;

pod! {
    /// `struct sock_filter`: one instruction of classic BPF.
    struct l_sock_filter {
        code: u16,
        jt: u8,
        jf: u8,
        k: u32,
    }
    /// `struct sock_fprog`: a program, `len` instructions at the address `filter`.
    struct l_sock_fprog {
        len: u16,
        __pad0: [u16; 3],
        filter: u64,
    }
    /// `struct seccomp_notif`, with its `struct seccomp_data`.
    struct l_seccomp_notif {
        id: u64,
        pid: u32,
        flags: u32,
        data: [u32; 16],
    }
    /// `struct seccomp_notif_resp`.
    struct l_seccomp_notif_resp {
        id: u64,
        val: i64,
        error: i32,
        flags: u32,
    }
    /// `struct seccomp_notif_addfd`.
    struct l_seccomp_notif_addfd {
        id: u64,
        flags: u32,
        srcfd: u32,
        newfd: u32,
        newfd_flags: u32,
    }
    /// `struct seccomp_notif_sizes`.
    struct l_seccomp_notif_sizes {
        seccomp_notif: u16,
        seccomp_notif_resp: u16,
        seccomp_data: u16,
    }
}

/// The mode of a thread that is not confined.
pub const MODE_DISABLED: i32 = linux::SECCOMP_MODE_DISABLED.cast_signed();
/// The mode of read(2), write(2), exit(2) and rt_sigreturn(2).
pub const MODE_STRICT: i32 = linux::SECCOMP_MODE_STRICT.cast_signed();
/// The mode of filters.
pub const MODE_FILTER: i32 = linux::SECCOMP_MODE_FILTER.cast_signed();

/// SYS_SECCOMP, the `si_code` of the SIGSYS of [`Action::Trap`].
pub const SYS_SECCOMP: i32 = 1;

/// The sizes SECCOMP_GET_NOTIF_SIZES tells: those of `struct seccomp_notif`, `struct
/// seccomp_notif_resp` and `struct seccomp_data`.
pub const NOTIF_SIZES: l_seccomp_notif_sizes = l_seccomp_notif_sizes {
    seccomp_notif: 80,
    seccomp_notif_resp: 24,
    seccomp_data: 64,
};

/// What the filters of one thread may have together: instructions, and 4 more for each filter
/// (MAX_INSNS_PER_PATH).
pub const MOST_INSTRUCTIONS: u32 = 32768;
/// What a filter counts beside its instructions.
pub const FILTER_PENALTY: u32 = 4;

/// `struct seccomp_data` as a filter sees it: sixteen words.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Data([u32; bpf::DATA_WORDS]);

const fn halves(value: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}

impl Data {
    /// The words of the structure.
    pub const fn words(&self) -> [u32; bpf::DATA_WORDS] {
        self.0
    }

    /// A call of number `nr`, made before the instruction at `ip`.
    #[inline]
    pub const fn new(nr: u32, ip: u64, args: &[u64; 6]) -> Data {
        let (ip_low, ip_high) = halves(ip);
        let [a, b, c, d, e, f] = *args;
        let ((a, a_high), (b, b_high), (c, c_high)) = (halves(a), halves(b), halves(c));
        let ((d, d_high), (e, e_high), (f, f_high)) = (halves(d), halves(e), halves(f));
        Data([
            nr,
            AUDIT_ARCH_X86_64,
            ip_low,
            ip_high,
            a,
            a_high,
            b,
            b_high,
            c,
            c_high,
            d,
            d_high,
            e,
            e_high,
            f,
            f_high,
        ])
    }
}

impl bpf::Words for Data {
    #[inline(always)]
    fn word(&self, index: usize) -> Option<u32> {
        self.0.get(index).copied()
    }
}

/// A call of which only the number is known.
pub struct AnyArguments(pub u32);

impl bpf::Words for AnyArguments {
    fn word(&self, index: usize) -> Option<u32> {
        match index {
            0 => Some(self.0),
            1 => Some(AUDIT_ARCH_X86_64),
            _ => None,
        }
    }
}

/// What happens to a call.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The process ends by SIGSYS.
    KillProcess,
    /// The thread ends by SIGSYS; if it is the last one, the process does.
    KillThread,
    /// SIGSYS, which tells this number as `si_errno`.
    Trap(u16),
    /// The call fails with this Linux errno, or gives 0.
    Errno(u16),
    /// Another process decides.
    UserNotif,
    /// The tracer is told this number, and decides. ENOSYS without one.
    Trace(u16),
    /// The call is made, and logged.
    Log,
    /// The call is made.
    Allow,
}

/// The largest errno a call can fail with (MAX_ERRNO).
const MAX_ERRNO: u16 = 4095;

impl Action {
    /// Reads the verdict of a filter: what is unknown kills.
    pub const fn of(verdict: u32) -> Action {
        let [low, high, ..] = verdict.to_le_bytes();
        let data = u16::from_le_bytes([low, high]);
        match verdict & linux::SECCOMP_RET_ACTION_FULL {
            linux::SECCOMP_RET_KILL_THREAD => Action::KillThread,
            linux::SECCOMP_RET_TRAP => Action::Trap(data),
            linux::SECCOMP_RET_ERRNO if data > MAX_ERRNO => Action::Errno(MAX_ERRNO),
            linux::SECCOMP_RET_ERRNO => Action::Errno(data),
            linux::SECCOMP_RET_USER_NOTIF => Action::UserNotif,
            linux::SECCOMP_RET_TRACE => Action::Trace(data),
            linux::SECCOMP_RET_LOG => Action::Log,
            linux::SECCOMP_RET_ALLOW => Action::Allow,
            _ => Action::KillProcess,
        }
    }

    /// Whether SECCOMP_GET_ACTION_AVAIL answers yes: `value` is a bare SECCOMP_RET_*. Nobody
    /// can be asked (SECCOMP_RET_USER_NOTIF), as there is no listener.
    pub const fn is_available(value: u32) -> bool {
        matches!(
            value,
            linux::SECCOMP_RET_KILL_PROCESS
                | linux::SECCOMP_RET_KILL_THREAD
                | linux::SECCOMP_RET_TRAP
                | linux::SECCOMP_RET_ERRNO
                | linux::SECCOMP_RET_TRACE
                | linux::SECCOMP_RET_LOG
                | linux::SECCOMP_RET_USER_NOTIF
                | linux::SECCOMP_RET_ALLOW
        )
    }
}

/// The rank of a verdict: of several filters' verdicts the lowest one counts.
pub const fn rank(verdict: u32) -> i32 {
    (verdict & linux::SECCOMP_RET_ACTION_FULL).cast_signed()
}

/// The verdict that lets a call be made.
pub const ALLOW: u32 = linux::SECCOMP_RET_ALLOW;

/// Whether strict mode lets a call be made.
pub const fn strict_allows(nr: u32) -> bool {
    use linux_raw_sys::general as n;
    matches!(
        nr,
        n::__NR_read | n::__NR_write | n::__NR_exit | n::__NR_rt_sigreturn
    )
}

/// What a filter is installed with; SECCOMP_FILTER_FLAG_SPEC_ALLOW is ignored: the processor
/// speculates as it did (prctl(2), PR_SPEC_STORE_BYPASS), and so is WAIT_KILLABLE_RECV: any signal
/// interrupts a call that waits for its answer, and the call is made again.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FilterFlags {
    /// All threads get the filter (SECCOMP_FILTER_FLAG_TSYNC).
    pub tsync: bool,
    /// Where a thread cannot get it, ESRCH is the answer and not its id.
    pub tsync_esrch: bool,
    /// Every verdict but SECCOMP_RET_ALLOW is logged.
    pub log: bool,
    /// There is a listener, whose descriptor is the answer.
    pub listener: bool,
}

/// The commands of a listener (linux/seccomp.h), which `linux-raw-sys` does not have.
#[expect(missing_docs, reason = "named as in linux/seccomp.h")]
pub mod notify {
    pub const RECV: u32 = 0xc050_2100;
    pub const SEND: u32 = 0xc018_2101;
    pub const ID_VALID: u32 = 0x4008_2102;
    pub const ID_VALID_WRONG_DIR: u32 = 0x8008_2102;
    pub const ADDFD: u32 = 0x4018_2103;
    pub const SET_FLAGS: u32 = 0x4008_2104;
}

/// What becomes of a call that a listener was asked about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is made (SECCOMP_USER_NOTIF_FLAG_CONTINUE).
    Make,
    /// It gives this; an error is negative.
    Value(i64),
}

impl Reply {
    /// Reads a listener's answer. EINVAL.
    pub fn of(response: &l_seccomp_notif_resp) -> Result<Reply, Errno> {
        let value = if response.error != 0 {
            response.error.into()
        } else {
            response.val
        };
        match response.flags {
            0 => Ok(Reply::Value(value)),
            linux::SECCOMP_USER_NOTIF_FLAG_CONTINUE if value == 0 => Ok(Reply::Make),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// How a descriptor is given to who waits.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AddFlags {
    /// It gets this number (SECCOMP_ADDFD_FLAG_SETFD).
    pub number: Option<i32>,
    /// Its number is the call's answer (SECCOMP_ADDFD_FLAG_SEND).
    pub send: bool,
    /// It is closed at exec.
    pub cloexec: bool,
}

impl AddFlags {
    /// Reads the request. EINVAL.
    pub const fn of(request: &l_seccomp_notif_addfd) -> Result<AddFlags, Errno> {
        const SETFD: u32 = linux::SECCOMP_ADDFD_FLAG_SETFD;
        const SEND: u32 = linux::SECCOMP_ADDFD_FLAG_SEND;
        const CLOEXEC: u32 = linux_raw_sys::general::O_CLOEXEC;
        let numbered = request.flags & SETFD != 0;
        if request.flags & !(SETFD | SEND) != 0
            || request.newfd_flags & !CLOEXEC != 0
            || (request.newfd != 0 && !numbered)
        {
            return Err(Errno::EINVAL);
        }
        Ok(AddFlags {
            number: if numbered {
                Some(request.newfd.cast_signed())
            } else {
                None
            },
            send: request.flags & SEND != 0,
            cloexec: request.newfd_flags != 0,
        })
    }
}

/// One request.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Strict mode.
    Strict,
    /// A filter more, its `struct sock_fprog` at this address.
    Filter(FilterFlags, u64),
    /// Whether the action at this address is there.
    ActionAvailable(u64),
    /// Stores the sizes of what a listener reads and writes.
    NotifSizes(u64),
}

impl Operation {
    /// Reads seccomp(2)'s arguments. EINVAL; also for a listener with SECCOMP_FILTER_FLAG_TSYNC, unless
    /// that answers no thread's id (SECCOMP_FILTER_FLAG_TSYNC_ESRCH).
    pub const fn parse(operation: u32, flags: u32, args: u64) -> Result<Operation, Errno> {
        const LISTENER: u32 = linux::SECCOMP_FILTER_FLAG_NEW_LISTENER;
        const KILLABLE: u32 = linux::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        const TSYNC: u32 = linux::SECCOMP_FILTER_FLAG_TSYNC;
        const ESRCH: u32 = linux::SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
        const KNOWN: u32 = TSYNC
            | ESRCH
            | LISTENER
            | KILLABLE
            | linux::SECCOMP_FILTER_FLAG_LOG
            | linux::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        let two_answers = flags & (LISTENER | TSYNC | ESRCH) == LISTENER | TSYNC;
        let nobody_to_wait_for = flags & (LISTENER | KILLABLE) == KILLABLE;
        match operation {
            linux::SECCOMP_SET_MODE_STRICT if flags == 0 && args == 0 => Ok(Operation::Strict),
            linux::SECCOMP_SET_MODE_FILTER
                if flags & !KNOWN == 0 && !two_answers && !nobody_to_wait_for =>
            {
                Ok(Operation::Filter(
                    FilterFlags {
                        tsync: flags & linux::SECCOMP_FILTER_FLAG_TSYNC != 0,
                        tsync_esrch: flags & linux::SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0,
                        log: flags & linux::SECCOMP_FILTER_FLAG_LOG != 0,
                        listener: flags & LISTENER != 0,
                    },
                    args,
                ))
            }
            linux::SECCOMP_GET_ACTION_AVAIL if flags == 0 => Ok(Operation::ActionAvailable(args)),
            linux::SECCOMP_GET_NOTIF_SIZES if flags == 0 => Ok(Operation::NotifSizes(args)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Reads the arguments of prctl(2), PR_SET_SECCOMP. EINVAL.
    pub const fn parse_mode(mode: u64, args: u64) -> Result<Operation, Errno> {
        match mode {
            1 => Ok(Operation::Strict),
            2 => Operation::parse(linux::SECCOMP_SET_MODE_FILTER, 0, args),
            _ => Err(Errno::EINVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a listener may say.
    #[test]
    fn replies() {
        let of = |val, error, flags| {
            Reply::of(&l_seccomp_notif_resp {
                id: 1,
                val,
                error,
                flags,
            })
        };
        assert_eq!(of(7, 0, 0), Ok(Reply::Value(7)));
        assert_eq!(of(7, -5, 0), Ok(Reply::Value(-5)));
        assert_eq!(of(0, 0, 1), Ok(Reply::Make));
        assert_eq!(of(1, 0, 1), Err(Errno::EINVAL));
        assert_eq!(of(0, 0, 2), Err(Errno::EINVAL));
    }

    /// And give.
    #[test]
    fn gifts() {
        let of = |flags, newfd, newfd_flags| {
            AddFlags::of(&l_seccomp_notif_addfd {
                id: 1,
                flags,
                srcfd: 0,
                newfd,
                newfd_flags,
            })
        };
        assert_eq!(of(0, 9, 0), Err(Errno::EINVAL));
        assert_eq!(of(1, 9, 0).map(|f| f.number), Ok(Some(9)));
        assert_eq!(
            of(2, 0, 0o2_000_000).map(|f| (f.send, f.cloexec)),
            Ok((true, true))
        );
        assert_eq!(of(4, 0, 0), Err(Errno::EINVAL));
        assert_eq!(of(0, 0, 1), Err(Errno::EINVAL));
    }

    /// Every action has its value, and what has none kills.
    #[test]
    fn verdicts() {
        assert_eq!(Action::of(0x7fff_0000), Action::Allow);
        assert_eq!(Action::of(0x7ffc_0001), Action::Log);
        assert_eq!(Action::of(0x7ff0_0007), Action::Trace(7));
        assert_eq!(Action::of(0x7fc0_0000), Action::UserNotif);
        assert_eq!(Action::of(0x0005_0026), Action::Errno(38));
        assert_eq!(Action::of(0x0005_ffff), Action::Errno(4095));
        assert_eq!(Action::of(0x0003_0001), Action::Trap(1));
        assert_eq!(Action::of(5), Action::KillThread);
        assert_eq!(Action::of(0x8000_0000), Action::KillProcess);
        assert_eq!(Action::of(0x0009_0000), Action::KillProcess);
        assert!(rank(0x8000_0000) < rank(0) && rank(0) < rank(0x0003_0000));
        assert!(rank(0x7ffc_0000) < rank(ALLOW) && rank(0x0005_0001) == rank(0x0005_0002));
    }

    /// The words are where `struct seccomp_data` has them.
    #[test]
    fn data() {
        use bpf::Words;
        let data = Data::new(39, 0x1_0000_0002, &[1, 2, 3, 4, 5, 6 | 7 << 32]);
        assert_eq!(data.word(0), Some(39));
        assert_eq!((data.word(2), data.word(3)), (Some(2), Some(1)));
        assert_eq!((data.word(4), data.word(14)), (Some(1), Some(6)));
        assert_eq!((data.word(15), data.word(16)), (Some(7), None));
    }

    /// seccomp(2) knows its flags.
    #[test]
    fn operations() {
        assert_eq!(Operation::parse(0, 0, 0), Ok(Operation::Strict));
        assert_eq!(Operation::parse(0, 0, 1), Err(Errno::EINVAL));
        assert_eq!(Operation::parse(1, 9, 1), Err(Errno::EINVAL));
        assert_eq!(Operation::parse(1, 32, 1), Err(Errno::EINVAL));
        assert!(Operation::parse(1, 8 | 32 | 1 | 16, 1).is_ok());
        assert_eq!(Operation::parse(1, 64, 1), Err(Errno::EINVAL));
        assert_eq!(Operation::parse(2, 1, 1), Err(Errno::EINVAL));
        assert_eq!(Operation::parse(4, 0, 1), Err(Errno::EINVAL));
        let all = Operation::parse(1, 1 | 2 | 4 | 16, 9);
        let flags = FilterFlags {
            tsync: true,
            tsync_esrch: true,
            log: true,
            listener: false,
        };
        assert_eq!(all, Ok(Operation::Filter(flags, 9)));
        assert_eq!(Operation::parse_mode(3, 0), Err(Errno::EINVAL));
        assert_eq!(Operation::parse_mode(1, 77), Ok(Operation::Strict));
    }
}
