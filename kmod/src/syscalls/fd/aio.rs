// SPDX-License-Identifier: BSD-2-Clause
//! io_setup(2), io_destroy(2), io_submit(2), io_cancel(2), io_getevents(2), io_pgetevents(2).
//!
//! FreeBSD: none of its AIO: each request is done when it is submitted, as Linux does with files
//! that are not opened with O_DIRECT, and with pipes and sockets, for which io_submit(2) waits.
//! Differences from Linux:
//! - a request on a file with O_DIRECT is done at once, too
//! - the ring of events in user memory is always empty: who reads it without a look at its magic
//!   number, and never asks for events, sees none
//! - IOCB_CMD_POLL is looked at when it is submitted and while somebody waits for events; until
//!   then the eventfd of a request that had to wait is not told. It ends with its descriptor (POLLNVAL).
//! - RWF_APPEND and RWF_NOAPPEND of a request without a vector give EOPNOTSUPP
//! - a request's priority is ignored

use kpi::kern::aio::{self, Held, Masked, Watch};
use kpi::kern::fd::{Kind, info};
use kpi::kern::path::is;
use kpi::kern::{io, poll};
use kpi::{
    Cx, Errno, Result, UserAddr, UserArrayIn, UserArrayOut, UserBytesIn, UserBytesOut, UserIn,
    UserInOut, UserOut,
};
use linux_abi::aio::{Job, room};
use linux_abi::c::{l_aio_sigset, l_io_event, l_iocb, l_timespec};
use linux_abi::fd::Fd;
use linux_abi::rwf::Sync;

use super::write::{pread64, preadv2, pwrite64, pwritev2};
use crate::syscalls::temporary_mask;

/// Makes a context for `requests` at once. EFAULT; EINVAL for none or where `to` is not 0; EAGAIN
/// for too many, ENOMEM.
pub(crate) fn io_setup(cx: &mut Cx<'_>, requests: u32, to: UserInOut<u64>) -> Result<()> {
    if to.read(cx)? != 0 {
        return Err(Errno::EINVAL.into());
    }
    let id = aio::create(cx, requests, room(requests)?)?;
    to.write(cx, &id).inspect_err(|_| {
        let _ = aio::destroy(cx, id);
    })
}

/// Ends a context, with the events nobody has taken. EINVAL.
pub(crate) fn io_destroy(cx: &mut Cx<'_>, context: u64) -> Result<()> {
    aio::destroy(cx, context)
}

/// Does requests: how many. The error of the first that is none, if there was none before it.
/// EINVAL, EAGAIN, EBADF, EFAULT, EOPNOTSUPP.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn io_submit(
    cx: &mut Cx<'_>,
    context: u64,
    count: i64,
    list: UserArrayIn<u64>,
) -> Result<usize> {
    let count = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
    let held = Held::get(cx, context)?;
    // CAST: 32 bits.
    let count = count.min(room(held.requests()).unwrap_or(0));
    for done in 0..count {
        let submitted = list
            .read_at(cx, done)
            .and_then(|at| submit(cx, &held, UserAddr::from_reg(at)));
        if let Err(fail) = submitted {
            return if done == 0 { Err(fail) } else { Ok(done) };
        }
    }
    Ok(count)
}

fn submit(cx: &mut Cx<'_>, held: &Held, at: UserAddr) -> Result<()> {
    let iocb = UserIn::<l_iocb>::from_reg(at.raw()).read(cx)?;
    iocb.check()?;
    held.begin()?;
    let event = l_io_event {
        data: iocb.aio_data,
        obj: at.raw(),
        ..l_io_event::default()
    };
    match start(cx, &iocb, event) {
        Err(fail) => {
            held.forget();
            return Err(fail);
        }
        Ok(Outcome::Wait(watch)) => held.watch(watch),
        Ok(Outcome::Done(res)) => {
            held.done(l_io_event { res, ..event });
            if let Some(fd) = iocb.signal() {
                tell(cx, fd);
            }
        }
    }
    Ok(())
}

enum Outcome {
    Done(i64),
    Wait(Watch),
}

/// Where `aio_key` is.
const KEY: usize = core::mem::offset_of!(l_iocb, aio_key);

/// Does a request, or says what it has to wait for. What fails here is no request.
fn start(cx: &mut Cx<'_>, iocb: &l_iocb, event: l_io_event) -> Result<Outcome> {
    let fd = iocb.file();
    let kind = info(cx, fd)?.kind;
    if let Some(signal) = iocb.signal()
        && info(cx, signal)?.kind != Kind::Eventfd
    {
        return Err(Errno::EINVAL.into());
    }
    UserBytesOut::from_reg(event.obj).write_at(cx, KEY, &[0; 4])?;
    match iocb.job()? {
        Job::Read { vector } => {
            let plan = transfer(cx, iocb, kind, vector, false)?;
            done(match plan.offset {
                _ if vector => {
                    let vec = UserArrayIn::from_reg(iocb.aio_buf);
                    let offset = plan.offset.unwrap_or(-1).cast_unsigned();
                    preadv2(cx, fd, vec, iocb.aio_nbytes, offset, 0, iocb.flags())
                }
                Some(offset) => pread64(cx, fd, plan.to(), plan.len, offset),
                None => io::read_count(cx, fd, plan.to(), plan.len),
            })
        }
        Job::Write { vector } => {
            let plan = transfer(cx, iocb, kind, vector, true)?;
            let put = match plan.offset {
                _ if vector => {
                    let vec = UserArrayIn::from_reg(iocb.aio_buf);
                    let offset = plan.offset.unwrap_or(-1).cast_unsigned();
                    return done(pwritev2(
                        cx,
                        fd,
                        vec,
                        iocb.aio_nbytes,
                        offset,
                        0,
                        iocb.flags(),
                    ));
                }
                Some(offset) => pwrite64(cx, fd, plan.from(), plan.len, offset),
                None => io::write_count(cx, fd, plan.from(), plan.len),
            };
            done(match plan.sync {
                Sync::No => put,
                sync => put.and_then(|put| io::sync(cx, fd, sync == Sync::Full).map(|()| put)),
            })
        }
        Job::Sync { full } => match io::sync(cx, fd, full) {
            // What has nothing to synchronize.
            Err(fail) if is(fail, Errno::EINVAL) => Err(fail),
            synced => done(synced.map(|()| 0)),
        },
        Job::Poll { events } => match poll::once(cx, fd, events)? {
            0 => Ok(Outcome::Wait(Watch {
                fd: fd.0,
                events,
                event,
                signal: iocb.signal().map_or(-1, |fd| fd.0),
            })),
            ready => Ok(Outcome::Done(ready.into())),
        },
    }
}

/// Where a transfer goes.
struct Transfer {
    buf: u64,
    len: usize,
    /// The offset, of what has one.
    offset: Option<i64>,
    sync: Sync,
}

impl Transfer {
    fn to(&self) -> UserBytesOut {
        UserBytesOut::from_reg(self.buf)
    }

    fn from(&self) -> UserBytesIn {
        UserBytesIn::from_reg(self.buf)
    }
}

/// What is wrong with a transfer before it begins: EBADF, EINVAL, EOPNOTSUPP, EFAULT.
fn transfer(
    cx: &mut Cx<'_>,
    iocb: &l_iocb,
    kind: Kind,
    vector: bool,
    write: bool,
) -> Result<Transfer> {
    let plan = iocb.flags().plan()?;
    if !vector && (plan.nowait || plan.append.is_some()) {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if iocb.bad_priority() {
        return Err(Errno::EINVAL.into());
    }
    io::check_open(cx, iocb.file(), write)?;
    let offset = (kind == Kind::Vnode).then_some(iocb.aio_offset);
    if offset.is_some_and(|offset| offset < 0) {
        return Err(Errno::EINVAL.into());
    }
    // CAST: the kernel is 64-bit.
    let len = iocb.aio_nbytes as usize;
    if vector {
        // Looked at here for what is wrong with it, and again for the transfer.
        drop(io::Uio::copyin(
            cx,
            UserArrayIn::from_reg(iocb.aio_buf),
            iocb.aio_nbytes,
        )?);
    } else if io::span(UserAddr::from_reg(iocb.aio_buf), len).is_none() {
        return Err(Errno::EFAULT.into());
    }
    Ok(Transfer {
        buf: iocb.aio_buf,
        len,
        offset,
        sync: plan.sync,
    })
}

/// The result that an event tells. A folder is nothing to read, to begin with.
fn done(result: Result<usize>) -> Result<Outcome> {
    const EINTR: i64 = -4;
    Ok(Outcome::Done(match result {
        // CAST: at most SSIZE_MAX.
        Ok(count) => count as i64,
        Err(fail) if is(fail, Errno::EISDIR) => return Err(Errno::EINVAL.into()),
        Err(fail) => match fail.errno() {
            Some(errno) => errno.to_linux().as_register().cast_signed(),
            None => EINTR,
        },
    }))
}

/// Adds one to an eventfd, if it is still there.
fn tell(cx: &mut Cx<'_>, signal: Fd) {
    let _ = io::write_kernel(cx, signal, &1_u64.to_ne_bytes(), None);
}

/// Cancels a request that waits for a descriptor: EINPROGRESS, as its event comes like any other.
/// EINVAL where there is none.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn io_cancel(
    cx: &mut Cx<'_>,
    context: u64,
    iocb: UserIn<l_iocb>,
    _result: UserOut<l_io_event>,
) -> Result<()> {
    let at = iocb.addr().raw();
    UserIn::<u32>::from_reg(at.wrapping_add(KEY as u64)).read(cx)?;
    if Held::get(cx, context)?.came(at, 0) {
        Err(Errno::EINPROGRESS.into())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// Takes at least `least` events and at most `most`: how many. Fewer where the time is up, or
/// where a signal comes and there are some. EFAULT, EINTR, EINVAL.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn io_getevents(
    cx: &mut Cx<'_>,
    context: u64,
    least: i64,
    most: i64,
    events: UserArrayOut<l_io_event>,
    timeout: Option<UserIn<l_timespec>>,
) -> Result<usize> {
    let limit = timeout.map(|user| user.read(cx)).transpose()?;
    gather(cx, context, least, most, &events, limit)
}

/// The same under a signal mask.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a door hands its arguments over"
)]
pub(crate) fn io_pgetevents(
    cx: &mut Cx<'_>,
    context: u64,
    least: i64,
    most: i64,
    events: UserArrayOut<l_io_event>,
    timeout: Option<UserIn<l_timespec>>,
    set: Option<UserIn<l_aio_sigset>>,
) -> Result<usize> {
    let limit = timeout.map(|user| user.read(cx)).transpose()?;
    let mask = match set.map(|user| user.read(cx)).transpose()? {
        Some(set) => temporary_mask(cx, UserIn::from_reg_opt(set.sigmask), set.sigsetsize)?,
        None => None,
    };
    let masked = match mask {
        Some(mask) => Some(Masked::set(cx, &mask)?),
        None => None,
    };
    let gathered = gather(cx, context, least, most, &events, limit);
    if let Some(masked) = masked {
        masked.end(gathered == Err(Errno::EINTR.into()));
    }
    gathered
}

/// How many are taken, or looked at, together.
const BATCH: usize = 8;

/// While descriptors are watched for, other events are looked for every so often, in nanoseconds.
const MOMENT: i64 = 50_000_000;

fn gather(
    cx: &mut Cx<'_>,
    context: u64,
    least: i64,
    most: i64,
    to: &UserArrayOut<l_io_event>,
    limit: Option<l_timespec>,
) -> Result<usize> {
    let held = Held::get(cx, context)?;
    let (Ok(least), Ok(most)) = (usize::try_from(least), usize::try_from(most)) else {
        return Err(Errno::EINVAL.into());
    };
    if least > most {
        return Err(Errno::EINVAL.into());
    }
    let end = limit.map(|limit| {
        let nsec = limit.to_nsec_saturating().max(0);
        poll::uptime_nsec(cx).saturating_add(nsec)
    });
    let mut got = 0;
    loop {
        look(cx, &held)?;
        got = take(cx, &held, to, got, most)?;
        let left = end.map(|end| end.saturating_sub(poll::uptime_nsec(cx)).max(0));
        if got >= least || left == Some(0) {
            return Ok(got);
        }
        match wait(cx, &held, left) {
            Ok(()) => {}
            Err(_) if got != 0 => return Ok(got),
            Err(fail) => return Err(fail),
        }
    }
}

/// Copies events out behind the `got` that are there.
fn take(
    cx: &mut Cx<'_>,
    held: &Held,
    to: &UserArrayOut<l_io_event>,
    mut got: usize,
    most: usize,
) -> Result<usize> {
    let mut events = [l_io_event::default(); BATCH];
    loop {
        let wanted = most.saturating_sub(got).min(BATCH);
        let taken = held.take(events.get_mut(..wanted).unwrap_or_default());
        for event in events.iter().take(taken) {
            to.write_at(cx, got, event)?;
            got = got.saturating_add(1);
        }
        if taken < BATCH {
            return Ok(got);
        }
    }
}

/// Looks which descriptors that are watched for are ready.
fn look(cx: &mut Cx<'_>, held: &Held) -> Result<()> {
    let mut some = [Watch::NONE; BATCH];
    let mut skip = 0_usize;
    loop {
        let told = held.watched(skip, &mut some);
        for watch in some.iter().take(told) {
            let ready = poll::once(cx, Fd(watch.fd), watch.events)?;
            if ready == 0 {
                skip = skip.saturating_add(1);
            } else if held.came(watch.event.obj, ready.into()) && watch.signal >= 0 {
                tell(cx, Fd(watch.signal));
            }
        }
        if told < BATCH {
            return Ok(());
        }
    }
}

/// Waits until there may be an event. EINTR, EINVAL.
fn wait(cx: &mut Cx<'_>, held: &Held, left: Option<i64>) -> Result<()> {
    let mut some = [Watch::NONE; BATCH];
    match held.watched(0, &mut some) {
        0 => held.wait(cx, left),
        told => {
            let moment = left.map_or(MOMENT, |left| left.min(MOMENT));
            let some = some.get(..told).unwrap_or_default();
            poll::any(
                cx,
                some.iter().map(|watch| (Fd(watch.fd), watch.events)),
                moment,
            )
        }
    }
}
