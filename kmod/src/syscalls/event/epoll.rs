// SPDX-License-Identifier: BSD-2-Clause
//! epoll_create(2), epoll_create1(2), epoll_ctl(2), epoll_wait(2), epoll_pwait(2), epoll_pwait2(2).
//!
//! FreeBSD: kern_kqueue, kqfd_register, kern_kevent (kern_event.c). An epoll descriptor is a kqueue;
//! an interest is its read filter, its write filter, or both.
//! Differences from Linux:
//! - after fork(2) the child has epoll descriptors of its own, which watch the same; what one of the two
//!   processes changes later the other does not see, and an edge may be told to both; they cannot be sent
//!   to another process
//! - an interest ends with its descriptor, not with the last duplicate of it
//! - EPOLLPRI never happens; an interest in nothing learns of no error, but at a pipe
//! - of a descriptor whose two filters fire more than 16 events apart two events are told

use kpi::kern::event::{self, Filter, Nesting, Target};
use kpi::kern::event_pipe::watch_pipe;
use kpi::kern::fd::{self, Kind};
use kpi::{Cx, Errno, Fail, Result, UserArrayOut, UserIn};
use linux_abi::c::{l_epoll_event, l_sigset_t, l_timespec};
use linux_abi::epoll::{EPOLL_CLOEXEC, Interest, Operation};
use linux_abi::fd::Fd;
use linux_abi::time::timeout_from_msec;

use super::poll::temporary_mask;

/// Makes an epoll descriptor. EINVAL unless `size`, which means nothing, is above 0.
pub(crate) fn epoll_create(cx: &mut Cx<'_>, size: i32) -> Result<i32> {
    if size <= 0 {
        return Err(Errno::EINVAL.into());
    }
    event::kern_kqueue(cx, false)
}

/// The same with EPOLL_CLOEXEC. EINVAL for any other flag.
pub(crate) fn epoll_create1(cx: &mut Cx<'_>, flags: i32) -> Result<i32> {
    let flags = flags.cast_unsigned();
    if flags & !EPOLL_CLOEXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    event::kern_kqueue(cx, flags & EPOLL_CLOEXEC != 0)
}

/// EBADF; EINVAL where it is no epoll descriptor.
fn expect_epoll(cx: &mut Cx<'_>, epoll: Fd) -> Result<()> {
    match fd::info(cx, epoll)?.kind {
        Kind::Kqueue => Ok(()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Adds, changes or removes the interest in `target`.
///
/// EFAULT, EBADF, EPERM for files and folders, EINVAL, EEXIST, ENOENT, ENOMEM, ELOOP.
pub(crate) fn epoll_ctl(
    cx: &mut Cx<'_>,
    epoll: Fd,
    operation: i32,
    target: Fd,
    event: Option<UserIn<l_epoll_event>>,
) -> Result<()> {
    let known = Operation::parse(operation);
    let wanted = match (known, event) {
        (Ok(Operation::Delete), _) => l_epoll_event::default(),
        (_, Some(user)) => user.read(cx)?,
        (_, None) => return Err(Errno::EFAULT.into()),
    };
    fd::info(cx, epoll)?;
    let kind = event::pollable(cx, target)?;
    expect_epoll(cx, epoll)?;
    if epoll == target {
        return Err(Errno::EINVAL.into());
    }
    let operation = known?;
    match operation {
        Operation::Delete => remove(cx, epoll, target),
        Operation::Add => {
            let interest = Interest::parse(wanted.events, operation)?;
            if interest.exclusive() && kind == Target::Epoll {
                return Err(Errno::EINVAL.into());
            }
            if event::is_watched(cx, epoll, target, Filter::Read)?
                || event::is_watched(cx, epoll, target, Filter::Write)?
            {
                return Err(Errno::EEXIST.into());
            }
            let _turn = if kind == Target::Epoll {
                Some(Nesting::check(cx, epoll, target)?)
            } else {
                None
            };
            add(cx, epoll, target, interest, kind, wanted.data)
        }
        Operation::Modify => {
            let interest = Interest::parse(wanted.events, operation)?;
            // Removed and added: only this makes an edge or one-shot interest look again.
            remove(cx, epoll, target)?;
            add(cx, epoll, target, interest, kind, wanted.data)
        }
    }
}

/// ENOENT where there is none.
fn remove(cx: &mut Cx<'_>, epoll: Fd, target: Fd) -> Result<()> {
    let read = event::unwatch(cx, epoll, target, Filter::Read)?;
    let write = event::unwatch(cx, epoll, target, Filter::Write)?;
    if read || write {
        Ok(())
    } else {
        Err(Errno::ENOENT.into())
    }
}

/// A descriptor that has only one of the two filters is never ready for the other.
fn add(
    cx: &mut Cx<'_>,
    epoll: Fd,
    target: Fd,
    interest: Interest,
    kind: Target,
    data: u64,
) -> Result<()> {
    if let Target::Pipe(own) = kind {
        return watch_pipe(cx, epoll, target, own, interest, data);
    }
    let socket = kind == Target::Socket;
    let mut added = false;
    let wanted = [
        (Filter::Read, interest.reads()),
        (Filter::Write, interest.writes()),
    ];
    for (filter, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
        match event::watch(cx, epoll, target, filter, interest, socket, data) {
            Ok(()) => added = true,
            // Not this filter.
            Err(Fail::EINVAL | Fail::EPIPE | Fail::ENODEV | Fail::EOPNOTSUPP) => {}
            Err(fail) => {
                let _ = remove(cx, epoll, target);
                return Err(fail);
            }
        }
    }
    if added {
        Ok(())
    } else {
        Err(Errno::EPERM.into())
    }
}

/// As many events as one call can tell.
const MOST: i32 = i32::MAX / 12;

fn wait(
    cx: &mut Cx<'_>,
    epoll: Fd,
    events: &UserArrayOut<l_epoll_event>,
    most: i32,
    timeout: Option<l_timespec>,
    mask: Option<(Option<UserIn<l_sigset_t>>, u64)>,
) -> Result<i32> {
    let mask = match mask {
        Some((mask, size)) => temporary_mask(cx, mask, size)?,
        None => None,
    };
    if most <= 0 || most > MOST {
        // EBADF comes first.
        fd::info(cx, epoll)?;
        return Err(Errno::EINVAL.into());
    }
    event::wait(cx, epoll, events, most, timeout.as_ref(), mask.as_ref())
}

/// Waits up to `timeout` milliseconds, forever if negative: how many events came.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn epoll_wait(
    cx: &mut Cx<'_>,
    epoll: Fd,
    events: UserArrayOut<l_epoll_event>,
    most: i32,
    timeout: i32,
) -> Result<i32> {
    wait(cx, epoll, &events, most, timeout_from_msec(timeout), None)
}

/// The same with a signal mask.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn epoll_pwait(
    cx: &mut Cx<'_>,
    epoll: Fd,
    events: UserArrayOut<l_epoll_event>,
    most: i32,
    timeout: i32,
    mask: Option<UserIn<l_sigset_t>>,
    mask_size: u64,
) -> Result<i32> {
    wait(
        cx,
        epoll,
        &events,
        most,
        timeout_from_msec(timeout),
        Some((mask, mask_size)),
    )
}

/// The same with a finer timeout.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn epoll_pwait2(
    cx: &mut Cx<'_>,
    epoll: Fd,
    events: UserArrayOut<l_epoll_event>,
    most: i32,
    timeout: Option<UserIn<l_timespec>>,
    mask: Option<UserIn<l_sigset_t>>,
    mask_size: u64,
) -> Result<i32> {
    let timeout = match timeout {
        Some(user) => Some(user.read(cx)?.check_timeout()?),
        None => None,
    };
    wait(cx, epoll, &events, most, timeout, Some((mask, mask_size)))
}
