// SPDX-License-Identifier: BSD-2-Clause
//! mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2).
//!
//! FreeBSD: sys_kmq_open and its kin (uipc_mqueue.c), which are there when the module mqueuefs is loaded;
//! ENOSYS else.
//! Differences from Linux: priorities go up to 63, beyond is EINVAL; the limits are those of kern.mqueue; a
//! name of one letter must have a slash before it in memory, as the C library's mq_open(3) leaves
//! it (EINVAL else); SIGEV_THREAD, for which the C library wants a netlink socket, is EINVAL.

use kpi::kern::mqueue;
use kpi::{
    Cx, Errno, Result, UserAddr, UserBytesIn, UserBytesOut, UserCStr, UserIn, UserInOut, UserOut,
};
use linux_abi::c::{l_mq_attr, l_sigevent, l_timespec};
use linux_abi::fd::Fd;
use linux_abi::mqueue::{
    NAME_MAX, check_name, check_new, flags_to_bsd, flags_to_linux, nonblocking,
};
use linux_abi::sigevent::sigevent_to_bsd;

/// Where the kernel shall read the name, which it takes with or without a slash before it; without, it
/// takes none of one letter. EACCES, EFAULT, ENAMETOOLONG, ENOENT.
fn name(cx: &mut Cx<'_>, name: UserCStr) -> Result<UserAddr> {
    let mut text = [0; NAME_MAX.saturating_add(1)];
    let len = name.read(cx, &mut text)?;
    check_name(text.get(..len).unwrap_or_default())?;
    let at = name.addr();
    if len > 1 {
        return Ok(at);
    }
    let before = UserAddr::from_reg(at.raw().wrapping_sub(1));
    match UserIn::<u8>::from_reg(before.raw()).read(cx) {
        Ok(b'/') => Ok(before),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Opens a queue, and makes it with O_CREAT.
pub(crate) fn mq_open(
    cx: &mut Cx<'_>,
    path: UserCStr,
    flags: i32,
    mode: u32,
    attributes: Option<UserIn<l_mq_attr>>,
) -> Result<i32> {
    mqueue::present(cx)?;
    let at = attributes
        .as_ref()
        .map_or(UserAddr::from_reg(0), UserIn::addr);
    let bsd = flags_to_bsd(flags)?;
    if let Some(attributes) = attributes {
        // What Linux looks at even where it makes none is whether it can be read; the kernel reads them
        // once more and judges what it reads.
        let new = attributes.read(cx)?;
        if bsd & linux_abi::bsd::O_CREAT != 0 {
            check_new(&new)?;
        }
    }
    let path = name(cx, path)?;
    // CAST: the bits of a mode.
    mqueue::kmq_open(cx, path, bsd, (mode & 0o7777) as u16, at)
}

/// Removes a name; the queue goes with its last descriptor.
pub(crate) fn mq_unlink(cx: &mut Cx<'_>, path: UserCStr) -> Result<()> {
    mqueue::present(cx)?;
    let path = name(cx, path)?;
    mqueue::kmq_unlink(cx, path)
}

/// A time is looked at even if nobody has to wait. EFAULT, EINVAL.
fn until(cx: &mut Cx<'_>, time: Option<UserIn<l_timespec>>) -> Result<UserAddr> {
    match time {
        Some(time) => {
            let at = time.addr();
            time.read(cx)?.check_timeout()?;
            Ok(at)
        }
        None => Ok(UserAddr::from_reg(0)),
    }
}

/// Sends a message, waiting for room until the time, of CLOCK_REALTIME.
pub(crate) fn mq_timedsend(
    cx: &mut Cx<'_>,
    queue: Fd,
    from: UserBytesIn,
    len: usize,
    priority: u32,
    timeout: Option<UserIn<l_timespec>>,
) -> Result<()> {
    let until = until(cx, timeout)?;
    mqueue::kmq_timedsend(cx, queue, from.addr(), len, priority, until)
}

/// Receives the oldest message of the highest priority, waiting for it until the time.
pub(crate) fn mq_timedreceive(
    cx: &mut Cx<'_>,
    queue: Fd,
    to: UserBytesOut,
    len: usize,
    priority: Option<UserOut<u32>>,
    timeout: Option<UserIn<l_timespec>>,
) -> Result<usize> {
    let until = until(cx, timeout)?;
    let priority = priority.map_or(UserAddr::from_reg(0), |to| to.addr());
    mqueue::kmq_timedreceive(cx, queue, to.addr(), len, priority, until)
}

/// Asks for a signal when a message comes to the empty queue; without an event, no longer.
pub(crate) fn mq_notify(
    cx: &mut Cx<'_>,
    queue: Fd,
    event: Option<UserIn<l_sigevent>>,
) -> Result<()> {
    /// SIGEV_THREAD of asm-generic/siginfo.h.
    const SIGEV_THREAD: i32 = 2;
    mqueue::present(cx)?;
    let event = match event {
        Some(event) => {
            let event = event.read(cx)?;
            if event.sigev_notify == SIGEV_THREAD {
                return Err(Errno::EINVAL.into());
            }
            Some(sigevent_to_bsd(&event)?)
        }
        None => None,
    };
    mqueue::kmq_notify(cx, queue, event)
}

/// Tells the attributes, and sets O_NONBLOCK.
pub(crate) fn mq_getsetattr(
    cx: &mut Cx<'_>,
    queue: Fd,
    new: Option<UserIn<l_mq_attr>>,
    old: Option<UserOut<l_mq_attr>>,
) -> Result<()> {
    let on = match new {
        Some(new) => Some(nonblocking(&new.read(cx)?)?),
        None => None,
    };
    mqueue::present(cx)?;
    match old {
        Some(old) => {
            mqueue::kmq_attributes(cx, queue, old.addr())?;
            let told = UserInOut::<l_mq_attr>::from_reg(old.addr().raw());
            let mut attributes = told.read(cx)?;
            attributes.mq_flags = flags_to_linux(attributes.mq_flags);
            told.write(cx, &attributes)?;
        }
        None => mqueue::kmq_attributes(cx, queue, UserAddr::from_reg(0))?,
    }
    match on {
        Some(on) => mqueue::set_nonblocking(cx, queue, on),
        None => Ok(()),
    }
}
