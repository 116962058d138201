// SPDX-License-Identifier: BSD-2-Clause
//! Which calls have parts, where they are, and who judges them.

use linux_raw_sys::general as linux;

use super::judge::{
    PAGE, address, attribute, attributes, clone3, file_command, limit, make_socket, message, mmap,
    mprotect, open, openat2, option, process_control, splice,
};
use super::names::{self as n, Flags};
use super::{Out, command, flags, single};
use crate::arch::ArchPrctl;
use crate::at::{AtCall, rename_flags};
use crate::c::{CInt, CUint};
use crate::clone::plan_clone;
use crate::close::CloseRange;
use crate::epoll::Operation;
use crate::errno::Errno;
use crate::futex::futex_op;
use crate::inotify::{InotifyFlags, check_mask, watch_mask};
use crate::lock::flock_to_bsd;
use crate::memfd::MemfdFlags;
use crate::mount::plan_umount;
use crate::mremap::read_mremap;
use crate::pipe::PipeFlags;
use crate::ptrace::{self, Request};
use crate::remote;
use crate::rwf::RwFlags;
use crate::sched::{self, Policy};
use crate::sigaction;
use crate::{madvise, mlock};

use crate::socket;
use crate::space;
use crate::special;
use crate::time;
use crate::timer;
use crate::wait;

/// Where the words of a call are.
enum Source {
    /// In these arguments.
    Arguments(&'static [usize]),
    /// In a structure: the argument that points at it, and its words of 64 bits.
    Structure(usize, &'static [usize]),
    /// In the first bytes of what the argument points at.
    Start(usize),
}

type Judge = fn([u64; 5], Out<'_>);

pub(super) struct Subject {
    source: Source,
    pub(super) judge: Judge,
}

/// The longest structure with words in it, in words.
const WORDS: usize = 11;

impl Subject {
    pub(super) fn words(
        &self,
        registers: [u64; 6],
        memory: &mut dyn FnMut(u64, &mut [u8]) -> bool,
    ) -> [u64; 5] {
        let register = |at: usize| registers.get(at).copied().unwrap_or(0);
        match self.source {
            Source::Arguments(places) => pick(places, register),
            Source::Structure(at, places) => {
                let mut bytes = [0; WORDS * 8];
                let last = places.iter().max().copied().unwrap_or(0);
                let len = last.saturating_add(1).saturating_mul(8).min(bytes.len());
                let part = bytes.get_mut(..len).unwrap_or(&mut []);
                if !memory(register(at), part) {
                    return [0; 5];
                }
                let words = bytes.as_chunks::<8>().0;
                let word = |at: usize| words.get(at).map_or(0, |word| u64::from_le_bytes(*word));
                pick(places, word)
            }
            Source::Start(at) => {
                let mut bytes = [0; 8];
                if !memory(register(at), &mut bytes) {
                    // What is shorter may end at the end of a page.
                    let (start, _) = bytes.split_at_mut(3);
                    memory(register(at), start);
                }
                [u64::from_le_bytes(bytes), 0, 0, 0, 0]
            }
        }
    }
}

fn pick(places: &[usize], word: impl Fn(usize) -> u64) -> [u64; 5] {
    let mut words = [0; 5];
    for (to, from) in words.iter_mut().zip(places) {
        *to = word(*from);
    }
    words
}

const fn args(places: &'static [usize], judge: Judge) -> Option<Subject> {
    Some(Subject {
        source: Source::Arguments(places),
        judge,
    })
}

/// The int in a register.
pub(super) const fn int(word: u64) -> i32 {
    // CAST: Linux looks at the low half of an int argument.
    word as i32
}

/// The flags of an int argument.
pub(super) fn low(
    known: &Flags,
    word: u64,
    plan: impl Fn(i32) -> Result<i32, Errno>,
    out: Out<'_>,
) {
    flags(known, word & 0xffff_ffff, |bits| plan(int(bits)), out);
}

fn at(call: AtCall, names: &Flags, word: u64, out: Out<'_>) {
    low(names, word, |bits| call.flags_to_bsd(bits), out);
}

macro_rules! at_call {
    ($argument:literal, $call:ident, $names:ident) => {
        args(&[$argument], |[a, ..], out| {
            at(AtCall::$call, &n::$names, a, out)
        })
    };
}

pub(super) fn of(number: u32) -> Option<Subject> {
    match number {
        linux::__NR_open => args(&[1], open),
        linux::__NR_openat => args(&[2], open),
        linux::__NR_openat2 => Some(Subject {
            source: Source::Structure(2, &[0, 1, 2]),
            judge: openat2,
        }),
        linux::__NR_mmap => args(&[2, 3], mmap),
        linux::__NR_mprotect => args(&[2], mprotect),
        linux::__NR_mremap => args(&[3], |[a, ..], out| {
            let plan = |bits| read_mremap(0, PAGE, PAGE, bits, PAGE, 1 << 47);
            flags(&n::MREMAP, a, plan, out);
        }),
        linux::__NR_madvise => args(&[2], |[a, ..], out| {
            let advice = madvise::advice(int(a));
            single(n::ADVICE, a, advice, out);
        }),
        linux::__NR_msync => args(&[2], |[a, ..], out| {
            low(&n::MSYNC, a, madvise::msync_to_bsd, out)
        }),
        linux::__NR_mlockall => args(&[0], |[a, ..], out| {
            low(&n::MLOCKALL, a, mlock::mlockall_to_bsd, out)
        }),
        linux::__NR_mlock2 => args(&[2], |[a, ..], out| {
            low(
                &n::MLOCK2,
                a,
                |bits| mlock::check_mlock2(bits).map(|()| bits),
                out,
            );
        }),
        linux::__NR_fcntl => args(&[1, 2], file_command),
        linux::__NR_ioctl => args(&[1], command::judge),
        linux::__NR_flock => args(&[1], |[a, ..], out| {
            low(
                &n::FLOCK,
                a,
                |op| flock_to_bsd(op).map(|op| op.unwrap_or(0)),
                out,
            );
        }),
        linux::__NR_futex => args(&[1], |[a, ..], out| {
            flags(&n::FUTEX, a & 0xffff_ffff, |op| futex_op(int(op)), out);
        }),
        linux::__NR_prctl => args(&[0, 1, 2, 3, 4], process_control),
        linux::__NR_arch_prctl => args(&[0], |[a, ..], out| {
            single(n::ARCH, a, ArchPrctl::new(int(a)).ok_or(Errno::EINVAL), out);
        }),
        linux::__NR_clone => args(&[0], |[a, ..], out| {
            flags(&n::CLONE, a & 0xffff_ffff, plan_clone, out);
        }),
        linux::__NR_clone3 => Some(Subject {
            source: Source::Structure(0, &[0, 4, 8]),
            judge: clone3,
        }),
        linux::__NR_socket | linux::__NR_socketpair => args(&[0, 1, 2], make_socket),
        linux::__NR_accept4 => args(&[3], |[a, ..], out| {
            low(&n::ACCEPT, a, socket::accept4_flags_to_bsd, out)
        }),
        linux::__NR_sendto | linux::__NR_recvfrom | linux::__NR_sendmmsg | linux::__NR_recvmmsg => {
            args(&[3], message)
        }
        linux::__NR_sendmsg | linux::__NR_recvmsg => args(&[2], message),
        linux::__NR_setsockopt | linux::__NR_getsockopt => args(&[1, 2], option),
        linux::__NR_connect | linux::__NR_bind => Some(Subject {
            source: Source::Start(1),
            judge: |[a, ..], out| address(a, out),
        }),
        linux::__NR_pipe2 => args(&[1], |[a, ..], out| {
            low(
                &n::DESCRIPTOR,
                a,
                |bits| PipeFlags::from(CInt(bits)).to_bsd(),
                out,
            );
        }),
        linux::__NR_eventfd2 => args(&[1], |[a, ..], out| {
            low(&n::EVENTFD, a, special::eventfd_flags, out)
        }),
        linux::__NR_timerfd_create => args(&[0, 1], |[clock, a, ..], out| {
            single(n::CLOCK, clock, special::timerfd_clock(int(clock)), out);
            low(&n::DESCRIPTOR, a, special::timerfd_flags, out);
        }),
        linux::__NR_timerfd_settime => args(&[1], |[a, ..], out| {
            low(&n::TIMERFD, a, special::settime_flags, out)
        }),
        linux::__NR_signalfd4 => args(&[3], |[a, ..], out| {
            flags(
                &n::DESCRIPTOR,
                a,
                |bits| special::signalfd_flags(int(bits)),
                out,
            );
        }),
        linux::__NR_pidfd_open => args(&[1], |[a, ..], out| {
            // CAST: an unsigned int.
            flags(
                &n::DESCRIPTOR,
                a,
                |bits| special::pidfd_nonblocking(bits as u32),
                out,
            );
        }),
        linux::__NR_inotify_init1 => args(&[0], |[a, ..], out| {
            low(
                &n::DESCRIPTOR,
                a,
                |bits| InotifyFlags::from(CInt(bits)).to_bsd(),
                out,
            );
        }),
        linux::__NR_inotify_add_watch => args(&[2], |[a, ..], out| {
            // CAST: an unsigned int.
            let plan = |mask: u64| check_mask(mask as u32).and_then(|()| watch_mask(mask as u32));
            flags(&n::INOTIFY, a & 0xffff_ffff, plan, out);
        }),
        linux::__NR_memfd_create => args(&[1], |[a, ..], out| {
            // CAST: an unsigned int.
            flags(
                &n::MEMFD,
                a,
                |bits| MemfdFlags::from(CUint(bits as u32)).plan(),
                out,
            );
        }),
        linux::__NR_epoll_ctl => args(&[1], |[a, ..], out| {
            single(n::EPOLL_CTL, a, Operation::parse(int(a)), out)
        }),
        linux::__NR_newfstatat => at_call!(3, Fstatat, AT),
        linux::__NR_statx => at_call!(2, Statx, AT),
        linux::__NR_linkat => at_call!(4, Linkat, AT),
        linux::__NR_unlinkat => at_call!(2, Unlinkat, AT_UNLINK),
        linux::__NR_faccessat2 => at_call!(3, Faccessat2, AT_ACCESS),
        linux::__NR_fchmodat2 | linux::__NR_utimensat => at_call!(3, Attributes, AT),
        linux::__NR_fchownat => at_call!(4, Attributes, AT),
        linux::__NR_execveat => at_call!(4, Execveat, AT),
        linux::__NR_name_to_handle_at => at_call!(4, NameToHandle, AT),
        linux::__NR_renameat2 => args(&[4], |[a, ..], out| {
            // CAST: an unsigned int.
            flags(&n::RENAME, a, |bits| rename_flags(bits as u32), out);
        }),
        linux::__NR_fallocate => args(&[1], |[a, ..], out| {
            flags(
                &n::FALLOCATE,
                a,
                |mode| space::plan_fallocate(int(mode), 0, 1),
                out,
            );
        }),
        linux::__NR_fadvise64 => args(&[3], |[a, ..], out| {
            single(n::FADVISE, a, space::plan_fadvise(0, 0, int(a)), out);
        }),
        linux::__NR_sync_file_range => args(&[3], |[a, ..], out| {
            // CAST: an unsigned int.
            let plan = |bits| space::plan_sync_file_range(0, 0, bits as u32).map(|_| bits);
            flags(&n::SYNC_RANGE, a, plan, out);
        }),
        linux::__NR_preadv2 | linux::__NR_pwritev2 => args(&[5], |[a, ..], out| {
            flags(
                &n::RWF,
                a,
                |bits| RwFlags::from(CInt(int(bits))).plan(),
                out,
            );
        }),
        linux::__NR_umount2 => args(&[1], |[a, ..], out| {
            flags(&n::UMOUNT, a, |bits| plan_umount(int(bits)), out);
        }),
        linux::__NR_wait4 => args(&[2], |[a, ..], out| {
            low(&n::WAIT, a, wait::wait4_options, out)
        }),
        linux::__NR_waitid => args(&[0, 3], |[kind, a, ..], out| {
            single(n::WAIT_ID, kind, wait::waitid_target(int(kind), 1), out);
            low(&n::WAIT, a, wait::waitid_options, out);
        }),
        linux::__NR_clock_gettime | linux::__NR_clock_getres => args(&[0], |[a, ..], out| {
            single(n::CLOCK, a, time::clock(int(a)), out)
        }),
        linux::__NR_clock_nanosleep => args(&[0], |[a, ..], out| {
            single(n::CLOCK, a, time::sleep_clock(int(a)), out)
        }),
        linux::__NR_timer_create => args(&[0], |[a, ..], out| {
            single(n::CLOCK, a, timer::timer_clock(int(a)), out)
        }),
        linux::__NR_sched_setscheduler => args(&[1], |[a, ..], out| {
            let policy = int(a) & !sched::RESET_ON_FORK;
            single(
                n::POLICY,
                u64::from(policy.cast_unsigned()),
                Policy::from_linux(policy),
                out,
            );
        }),
        linux::__NR_sched_setattr => Some(Subject {
            source: Source::Structure(1, &[0, 1]),
            judge: attributes,
        }),
        linux::__NR_splice => args(&[5], splice),
        linux::__NR_tee | linux::__NR_vmsplice => args(&[3], splice),
        linux::__NR_close_range => args(&[2], |[a, ..], out| {
            // CAST: an unsigned int.
            let plan = |bits| CloseRange::from(CUint(bits as u32)).check().map(|()| bits);
            flags(&n::CLOSE_RANGE, a, plan, out);
        }),
        linux::__NR_unshare => args(&[0], |[a, ..], out| {
            flags(&n::CLONE3, a, remote::unshare, out)
        }),
        linux::__NR_process_madvise => args(&[3], |[a, ..], out| {
            single(n::ADVICE, a, remote::process_advice(int(a)), out);
        }),
        linux::__NR_kcmp => args(&[2], |[a, ..], out| {
            single(n::KCMP, a, remote::Compare::parse(int(a)), out);
        }),
        linux::__NR_ptrace => args(&[0, 3], |[request, data, ..], out| {
            let known = Request::parse(request.cast_signed());
            single(n::PTRACE, request, known, out);
            if known == Ok(Request::SetOptions) {
                flags(&n::PTRACE_OPTIONS, data, ptrace::parse_options, out);
            }
        }),
        linux::__NR_getrlimit => args(&[0], |[a, ..], out| limit(a, false, out)),
        linux::__NR_setrlimit => args(&[0], |[a, ..], out| limit(a, true, out)),
        linux::__NR_prlimit64 => args(&[1, 2], |[a, new, ..], out| limit(a, new != 0, out)),
        linux::__NR_rt_sigprocmask => args(&[0], |[a, ..], out| {
            single(n::SIG_HOW, a, sigaction::sigprocmask_how(int(a)), out)
        }),
        linux::__NR_sigaltstack => Some(Subject {
            source: Source::Structure(0, &[1]),
            judge: |[a, ..], out| {
                let plan = |bits| sigaction::sigaltstack_request(int(bits));
                flags(&n::ALTSTACK, a & 0xffff_ffff, plan, out);
            },
        }),
        linux::__NR_setxattr
        | linux::__NR_lsetxattr
        | linux::__NR_getxattr
        | linux::__NR_lgetxattr
        | linux::__NR_removexattr
        | linux::__NR_lremovexattr
        | linux::__NR_fsetxattr
        | linux::__NR_fgetxattr
        | linux::__NR_fremovexattr => Some(Subject {
            source: Source::Start(1),
            judge: attribute,
        }),
        _ => None,
    }
}
