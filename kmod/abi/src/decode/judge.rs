// SPDX-License-Identifier: BSD-2-Clause
//! The judges of the calls that have more than one word, or a word that needs a closer look.

use super::names::{self as n};
use super::subject::{int, low};
use super::{Name, Out, Part, find, flags, outcome, single};
use crate::bsd;
use crate::c::{CUint, l_clone_args, l_open_how, l_sched_attr};
use crate::clone::plan_clone3;
use crate::errno::Errno;
use crate::fcntl::{self, FcntlCommand, seals_to_bsd};
use crate::mman;
use crate::netlink::Protocol;
use crate::open::{plan_open, plan_openat2};
use crate::prctl::Prctl;
use crate::rlimit;
use crate::sched::{self};
use crate::socket;
use crate::sockopt;
use crate::splice::SpliceFlags;
use crate::xattr::user_name;
pub(super) const PAGE: u64 = mman::PAGE_SIZE;

pub(super) fn open([word, ..]: [u64; 5], out: Out<'_>) {
    flags(
        &n::OPEN,
        word & 0xffff_ffff,
        |bits| plan_open(int(bits)),
        out,
    );
}

pub(super) fn openat2([word, mode, resolve, ..]: [u64; 5], out: Out<'_>) {
    let plan = |word, resolve| {
        let how = l_open_how {
            flags: word,
            mode,
            resolve,
        };
        plan_openat2(&how)
    };
    flags(&n::OPEN, word, |bits| plan(bits, 0), out);
    flags(&n::RESOLVE, resolve, |bits| plan(word, bits), out);
}

pub(super) fn mmap([prot, word, ..]: [u64; 5], out: Out<'_>) {
    mprotect([prot, 0, 0, 0, 0], out);
    flags(
        &n::MAP,
        word & 0xffff_ffff,
        |bits| mman::plan_mmap(0, PAGE, 0, int(bits), 0),
        out,
    );
}

pub(super) fn mprotect([prot, ..]: [u64; 5], out: Out<'_>) {
    flags(
        &n::PROT,
        prot,
        |bits| mman::plan_mprotect(0, PAGE, bits),
        out,
    );
}

pub(super) fn clone3([word, signal, set_tid, ..]: [u64; 5], out: Out<'_>) {
    let plan = |bits, set_tid: u64| {
        plan_clone3(&l_clone_args {
            flags: bits,
            exit_signal: signal,
            set_tid,
            set_tid_size: u64::from(set_tid != 0),
            ..l_clone_args::default()
        })
    };
    flags(&n::CLONE3, word, |bits| plan(bits, 0), out);
    if set_tid != 0 {
        out(Part {
            name: Name::Known("set_tid"),
            outcome: outcome(plan(word, set_tid)),
        });
    }
}

pub(super) fn file_command([command, argument, ..]: [u64; 5], out: Out<'_>) {
    let known = FcntlCommand::parse(int(command));
    let possible = match known {
        Ok(FcntlCommand::SetSig) if !fcntl::signal_is_sigio(int(argument)) => Err(Errno::EINVAL),
        Ok(FcntlCommand::SetPipeSize) => fcntl::pipe_size(argument & 0xffff_ffff).map(|_| ()),
        verdict => verdict.and_then(FcntlCommand::possible).map(|_| ()),
    };
    single(n::FCNTL, command, possible, out);
    match known {
        // CAST: an unsigned int.
        Ok(FcntlCommand::AddSeals) => flags(&n::SEALS, argument, |b| seals_to_bsd(b as u32), out),
        Ok(FcntlCommand::SetFl) => {
            let plan = |bits| Ok(crate::open::setfl_to_bsd(int(bits), 0));
            flags(&n::OPEN, argument & 0xffff_ffff, plan, out);
        }
        _ => {}
    }
}

pub(super) fn process_control([code, rest @ ..]: [u64; 5], out: Out<'_>) {
    let verdict = Prctl::parse(int(code), rest).map(|_| ());
    single(n::PRCTL, code, verdict, out);
}

pub(super) fn make_socket([family, kind, protocol, ..]: [u64; 5], out: Out<'_>) {
    const STREAM: i32 = linux_raw_sys::net::SOCK_STREAM.cast_signed();
    let verdict = socket::family_and_type_to_bsd(int(family), STREAM);
    single(n::FAMILY, family, verdict, out);
    low(&n::SOCKET, kind, socket::socket_type_to_bsd, out);
    if verdict.is_ok_and(|(family, _)| family == bsd::AF_NETLINK) {
        single(n::NETLINK, protocol, Protocol::new(int(protocol)), out);
    }
}

pub(super) fn message([word, ..]: [u64; 5], out: Out<'_>) {
    low(
        &n::MESSAGE,
        word,
        |bits| Ok(socket::message_flags_to_bsd(bits)),
        out,
    );
}

pub(super) fn option([level, name, ..]: [u64; 5], out: Out<'_>) {
    let names = match find(n::LEVEL, level & 0xffff_ffff) {
        Some("SOL_SOCKET") => n::SO,
        Some("SOL_IP") => n::IP,
        Some("SOL_IPV6") => n::IPV6,
        Some("SOL_TCP") => n::TCP,
        Some("SOL_UDP") => n::UDP,
        _ => &[],
    };
    out(Part {
        name: match (find(names, name), find(n::LEVEL, level & 0xffff_ffff)) {
            (Some(name), _) => Name::Known(name),
            (None, Some(level)) => Name::Option(level, int(name)),
            (None, None) => Name::Option("unknown", int(name)),
        },
        outcome: outcome(sockopt::option(int(level), int(name))),
    });
}

pub(super) fn address(start: u64, out: Out<'_>) {
    let [low, high, ..] = start.to_le_bytes();
    let family = u16::from_le_bytes([low, high]);
    let known = socket::family_to_bsd(i32::from(family));
    single(n::FAMILY, u64::from(family), known, out);
}

pub(super) fn splice([word, ..]: [u64; 5], out: Out<'_>) {
    // CAST: an unsigned int.
    let plan = |bits| SpliceFlags::from(CUint(bits as u32)).check().map(|()| bits);
    flags(&n::SPLICE, word, plan, out);
}

pub(super) fn attributes([start, word, ..]: [u64; 5], out: Out<'_>) {
    // CAST: the second half of the first word; the first is the size.
    let sched_policy = start.wrapping_shr(32) as u32;
    let plan = |sched_flags| {
        sched::plan_attr(&l_sched_attr {
            sched_policy,
            sched_flags,
            ..l_sched_attr::default()
        })
    };
    single(n::POLICY, sched_policy.into(), plan(0), out);
    flags(&n::SCHED, word, plan, out);
}

/// FreeBSD lacks some limits; they can be read, not changed.
pub(super) fn limit(number: u64, set: bool, out: Out<'_>) {
    // CAST: an unsigned int.
    let verdict = match rlimit::resource(number as u32) {
        Ok(rlimit::Resource::LinuxOnly(_)) if set => Err(Errno::EPERM),
        verdict => verdict.map(|_| ()),
    };
    single(n::RLIMIT, number, verdict, out);
}

pub(super) fn attribute([start, ..]: [u64; 5], out: Out<'_>) {
    let name = match &start.to_le_bytes() {
        [b'u', b's', b'e', b'r', b'.', ..] => "user attribute",
        b"security" => "security attribute",
        b"trusted." => "trusted attribute",
        [b's', b'y', b's', b't', b'e', b'm', b'.', ..] => "system attribute",
        _ => "other attribute",
    };
    // Only the name space counts: what follows is any name.
    let mut with_name = [b'x'; 9];
    for (to, from) in with_name.iter_mut().zip(start.to_le_bytes()) {
        *to = from;
    }
    out(Part {
        name: Name::Known(name),
        outcome: outcome(user_name(&with_name)),
    });
}
