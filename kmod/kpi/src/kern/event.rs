// SPDX-License-Identifier: BSD-2-Clause
//! kqueue (kern_event.c), eventfd (sys_eventfd.c), timerfd (sys_timerfd.c).

use core::ffi::{c_int, c_void};
use core::mem::size_of;

use linux_abi::c::{l_epoll_event, l_itimerspec, l_timespec};
use linux_abi::epoll::{Found, Interest};
use linux_abi::fd::Fd;
use linux_abi::sigset::BsdSigset;

use super::event_pipe;
use super::fd::new_fd;
use super::poll::{sigset, timespec};
use crate::{Cx, Errno, Fail, Result, UserArrayOut, check};

/// Makes an eventfd; `flags` are FreeBSD's. EMFILE, ENFILE.
pub fn eventfd(cx: &mut Cx<'_>, initval: u32, flags: i32) -> Result<i32> {
    let mut arg = ffi::specialfd_eventfd { initval, flags };
    // SAFETY: current; the argument is whole.
    check(unsafe {
        ffi::kern_specialfd(
            cx.td(),
            ffi::SPECIALFD_EVENTFD as c_int,
            (&raw mut arg).cast(),
        )
    })?;
    Ok(new_fd(cx))
}

/// timerfd_create(2) with FreeBSD's clock and flags.
pub fn kern_timerfd_create(cx: &mut Cx<'_>, clock: i32, flags: i32) -> Result<i32> {
    // SAFETY: current.
    check(unsafe { ffi::kern_timerfd_create(cx.td(), clock, flags) })?;
    Ok(new_fd(cx))
}

fn itimerspec(ts: &l_itimerspec) -> ffi::itimerspec {
    ffi::itimerspec {
        it_interval: timespec(&ts.it_interval),
        it_value: timespec(&ts.it_value),
    }
}

fn from_itimerspec(ts: &ffi::itimerspec) -> l_itimerspec {
    let convert = |ts: &ffi::timespec| l_timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    };
    l_itimerspec {
        it_interval: convert(&ts.it_interval),
        it_value: convert(&ts.it_value),
    }
}

/// timerfd_settime(2): what it was before. EBADF, EINVAL, ECANCELED.
pub fn kern_timerfd_settime(
    cx: &mut Cx<'_>,
    fd: Fd,
    flags: i32,
    new: &l_itimerspec,
) -> Result<l_itimerspec> {
    let new = itimerspec(new);
    let mut old = itimerspec(&l_itimerspec::default());
    // SAFETY: current; both are whole and in kernel memory.
    check(unsafe {
        ffi::kern_timerfd_settime(cx.td(), fd.0, flags, &raw const new, &raw mut old)
    })?;
    Ok(from_itimerspec(&old))
}

/// timerfd_gettime(2).
pub fn kern_timerfd_gettime(cx: &mut Cx<'_>, fd: Fd) -> Result<l_itimerspec> {
    let mut now = itimerspec(&l_itimerspec::default());
    // SAFETY: current; fills one itimerspec.
    check(unsafe { ffi::kern_timerfd_gettime(cx.td(), fd.0, &raw mut now) })?;
    Ok(from_itimerspec(&now))
}

/// Makes a kqueue.
pub fn kern_kqueue(cx: &mut Cx<'_>, cloexec: bool) -> Result<i32> {
    let flags = if cloexec {
        linux_abi::bsd::O_CLOEXEC
    } else {
        0
    };
    // SAFETY: current.
    check(unsafe { ffi::kern_kqueue(cx.td(), flags, core::ptr::null_mut()) })?;
    Ok(new_fd(cx))
}

/// What can be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A socket.
    Socket,
    /// An epoll descriptor.
    Epoll,
    /// An end of a pipe, whose other end tells of itself by this filter only.
    Pipe(Filter),
    /// Something else.
    Other,
}

/// What kind of thing to wait for a descriptor is. EBADF; EPERM for files and folders.
pub fn pollable(cx: &mut Cx<'_>, fd: Fd) -> Result<Target> {
    let (mut kind, mut flags) = (0, 0);
    // SAFETY: current; fills two ints.
    check(unsafe { ffi::lrs_fd_pollable(cx.td(), fd.0, &raw mut kind, &raw mut flags) })?;
    Ok(match kind.cast_unsigned() {
        ffi::DTYPE_SOCKET => Target::Socket,
        ffi::DTYPE_KQUEUE => Target::Epoll,
        ffi::DTYPE_PIPE | ffi::DTYPE_FIFO => {
            match (
                flags.cast_unsigned() & ffi::FREAD != 0,
                flags.cast_unsigned() & ffi::FWRITE != 0,
            ) {
                (true, false) => Target::Pipe(Filter::Read),
                (false, true) => Target::Pipe(Filter::Write),
                _ => Target::Other,
            }
        }
        _ => Target::Other,
    })
}

/// While this lives, no other thread lets an epoll descriptor watch one.
pub struct Nesting(());

impl Nesting {
    /// Waits for its turn. ELOOP where `target` watches `epoll`, in whatever way, or would be nested too
    /// deep; EINVAL where they are one.
    pub fn check(cx: &mut Cx<'_>, epoll: Fd, target: Fd) -> Result<Nesting> {
        // SAFETY: the lock may be held while sleeping, and is released when the guard goes.
        unsafe { ffi::lrs_epoll_nest_lock() };
        let guard = Nesting(());
        // SAFETY: current; the shim looks the descriptors up and drops them again.
        check(unsafe { ffi::lrs_epoll_nest(cx.td(), epoll.0, target.0) })?;
        Ok(guard)
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        // SAFETY: locked in `check`, by this thread.
        unsafe { ffi::lrs_epoll_nest_unlock() }
    }
}

/// One of the two filters of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// EVFILT_READ.
    Read,
    /// EVFILT_WRITE.
    Write,
}

impl Filter {
    fn number(self) -> i16 {
        match self {
            Filter::Read => ffi::EVFILT_READ as i16,
            Filter::Write => ffi::EVFILT_WRITE as i16,
        }
    }
}

pub(super) fn register(cx: &mut Cx<'_>, kqueue: Fd, kev: &mut ffi::kevent) -> Result<()> {
    // SAFETY: current; the event is whole; may sleep.
    check(unsafe { ffi::kqfd_register(kqueue.0, kev, cx.td(), ffi::M_WAITOK as c_int) })
}

pub(super) fn kevent(fd: Fd, filter: Filter, flags: u32) -> ffi::kevent {
    ffi::kevent {
        // A descriptor was looked up before, so it is not negative.
        ident: fd.0.cast_unsigned() as u64,
        filter: filter.number(),
        flags: flags as u16,
        fflags: 0,
        data: 0,
        udata: core::ptr::null_mut(),
        ext: [0; 4],
    }
}

/// Where an event keeps what was asked for, and what it is about: `ext[2]` and `ext[3]` are the
/// program's own and come back as they are (kqueue(2)).
const ASKED: usize = 2;
const ABOUT: usize = 3;

/// What `ext[ABOUT]` says.
const OTHER: u64 = 0;
const SOCKET: u64 = 1;
/// An end of a pipe ([`super::event_pipe`]).
const PIPE: u64 = 2;

/// Notes in an event what was asked for, and that it is of a pipe.
pub(super) fn note_pipe(kev: &mut ffi::kevent, interest: Interest, data: u64) {
    kev.udata = data as *mut c_void;
    let [.., asked, about] = &mut kev.ext;
    *asked = interest.bits().into();
    *about = PIPE;
}

/// The flags of a filter for `interest`.
pub(super) fn flags_for(interest: Interest) -> u32 {
    let mut flags = ffi::EV_ADD;
    if interest.is_idle() {
        flags |= ffi::EV_DISABLE;
    }
    if interest.edge() {
        flags |= ffi::EV_CLEAR;
    }
    if interest.once() {
        flags |= ffi::EV_DISPATCH;
    }
    flags
}

/// Adds one filter for `interest`; `data` comes back with each event. EINVAL where the descriptor
/// has no such filter.
pub fn watch(
    cx: &mut Cx<'_>,
    kqueue: Fd,
    fd: Fd,
    filter: Filter,
    interest: Interest,
    socket: bool,
    data: u64,
) -> Result<()> {
    let mut kev = kevent(fd, filter, flags_for(interest));
    kev.udata = data as *mut c_void;
    let [.., asked, about] = &mut kev.ext;
    *asked = interest.bits().into();
    *about = if socket { SOCKET } else { OTHER };
    register(cx, kqueue, &mut kev)
}

/// Whether the filter is there. EBADF, EINVAL where `kqueue` is none.
pub fn is_watched(cx: &mut Cx<'_>, kqueue: Fd, fd: Fd, filter: Filter) -> Result<bool> {
    match register(cx, kqueue, &mut kevent(fd, filter, ffi::EV_KEEPUDATA)) {
        Ok(()) => Ok(true),
        Err(Fail::ENOENT) => Ok(false),
        Err(fail) => Err(fail),
    }
}

/// Removes the filter: whether it was there.
pub fn unwatch(cx: &mut Cx<'_>, kqueue: Fd, fd: Fd, filter: Filter) -> Result<bool> {
    match register(cx, kqueue, &mut kevent(fd, filter, ffi::EV_DELETE)) {
        Ok(()) => Ok(true),
        Err(Fail::ENOENT) => Ok(false),
        Err(fail) => Err(fail),
    }
}

/// Silences the filter until it is added anew.
fn disable(cx: &mut Cx<'_>, kqueue: Fd, fd: Fd, filter: Filter) {
    // It may be gone by now.
    let _ = register(
        cx,
        kqueue,
        &mut kevent(fd, filter, ffi::EV_KEEPUDATA | ffi::EV_DISABLE),
    );
}

/// As many events are remembered so that the two filters of a descriptor make one event.
const RECENT: usize = 16;

/// One event that was told.
#[derive(Clone, Copy)]
struct Told {
    ident: u64,
    index: u64,
    events: u32,
    read: bool,
    eof: bool,
    once: bool,
}

/// Where kern_kevent hands its events.
struct Sink {
    kqueue: Fd,
    to: u64,
    told: u64,
    /// Whether something happened that is not to be told.
    quiet: bool,
    /// Of the descriptors with both filters; none before the first such event.
    recent: Option<[Option<Told>; RECENT]>,
}

impl Sink {
    fn slot(index: u64) -> usize {
        // CAST: below RECENT.
        (index % RECENT as u64) as usize
    }

    /// Adds an event to the one of the descriptor's other filter, if that was told. False: EFAULT.
    fn join(&mut self, kev: &ffi::kevent, found: &Found, events: u32) -> Option<bool> {
        let recent = self.recent.as_mut()?;
        let mut told = recent.iter_mut().flatten();
        let other = told.find(|t| t.ident == kev.ident && t.read != found.read)?;
        other.events |= events;
        if other.eof && found.eof {
            // Both directions are over.
            other.events |= linux_abi::epoll::EPOLLHUP;
        }
        other.eof |= found.eof;
        Some(put_events(
            event_address(self.to, other.index),
            other.events,
        ))
    }

    /// Tells one event, or adds it to the one of the descriptor's other filter. False: EFAULT.
    fn tell(&mut self, kev: &ffi::kevent) -> bool {
        let asked = kev.ext.get(ASKED).copied().unwrap_or(0);
        // CAST: 32 bits were put there.
        let interest = Interest::from_bits(asked as u32);
        let flags = u32::from(kev.flags);
        let about = kev.ext.get(ABOUT).copied().unwrap_or(OTHER);
        let mut found = Found {
            read: kev.filter == ffi::EVFILT_READ as i16,
            socket: about == SOCKET,
            eof: flags & ffi::EV_EOF != 0,
            error: flags & ffi::EV_ERROR != 0 || (flags & ffi::EV_EOF != 0 && kev.fflags != 0),
            data: kev.data > 0,
        };
        if about == PIPE && flags & (ffi::EV_EOF | ffi::EV_ONESHOT) != 0 {
            event_pipe::closed(self.kqueue, kev, interest, &mut found);
        }
        let mut events = found.events(interest);
        if found.eof && found.socket {
            // CAST: the descriptor that `watch` put there.
            events |= Found::polled(over(kev.ident as i32), interest);
        }
        let both = interest.reads() && interest.writes();
        if both && let Some(done) = self.join(kev, &found, events) {
            return done;
        }
        if events == 0 {
            self.quiet = about == PIPE && self.told == 0;
            return true;
        }
        let event = l_epoll_event {
            events,
            data: kev.udata as u64,
        };
        let to = event_address(self.to, self.told);
        // SAFETY: kernel copy; a Pod has no padding.
        let copied = unsafe {
            ffi::copyout(
                (&raw const event).cast(),
                to as *mut c_void,
                size_of::<l_epoll_event>(),
            )
        };
        if copied != 0 {
            return false;
        }
        if both {
            let recent = self.recent.get_or_insert([None; RECENT]);
            if let Some(slot) = recent.get_mut(Self::slot(self.told)) {
                *slot = Some(Told {
                    ident: kev.ident,
                    index: self.told,
                    events,
                    read: found.read,
                    eof: found.eof,
                    once: interest.once(),
                });
            }
        }
        self.told = self.told.wrapping_add(1);
        self.quiet = false;
        true
    }
}

fn event_address(base: u64, index: u64) -> u64 {
    base.wrapping_add(index.wrapping_mul(size_of::<l_epoll_event>() as u64))
}

/// What poll(2) says of a socket that one of the filters says is over: both ways, which epoll(7) tells in one
/// event.
#[cold]
fn over(fd: i32) -> i16 {
    let mut look = ffi::pollfd {
        fd,
        events: (ffi::POLLIN | ffi::POLLOUT | ffi::POLLRDHUP) as i16,
        revents: 0,
    };
    let mut now = ffi::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: called by kern_kevent on the current thread without locks, which copies out as well; one
    // pollfd, in kernel memory.
    let failed = unsafe {
        ffi::kern_poll_kfds(
            ffi::lrs_curthread(),
            &raw mut look,
            1,
            &raw mut now,
            core::ptr::null_mut(),
        )
    };
    if failed == 0 { look.revents } else { 0 }
}

/// Stores `events`, the first field of an event.
fn put_events(to: u64, events: u32) -> bool {
    // SAFETY: suword32 checks the user address itself, as copyout does.
    unsafe { ffi::suword32(to as *mut c_void, events.cast_signed()) == 0 }
}

/// `k_copyout` of a kevent_copyops whose argument is a [`Sink`].
unsafe extern "C" fn take_events(arg: *mut c_void, kevp: *mut ffi::kevent, count: c_int) -> c_int {
    // SAFETY: `wait` hands its Sink over for the time of the call, and kern_kevent `count` events.
    let (sink, events) = unsafe {
        let count = usize::try_from(count).unwrap_or(0);
        (
            &mut *arg.cast::<Sink>(),
            core::slice::from_raw_parts(kevp, count),
        )
    };
    for event in events {
        if !sink.tell(event) {
            return ffi::EFAULT.cast_signed();
        }
    }
    0
}

/// epoll_wait(2) on a kqueue: how many events were stored at `to`.
///
/// EBADF, EINVAL where it is none, EFAULT, EINTR.
pub fn wait(
    cx: &mut Cx<'_>,
    kqueue: Fd,
    to: &UserArrayOut<l_epoll_event>,
    most: i32,
    timeout: Option<&l_timespec>,
    mask: Option<&BsdSigset>,
) -> Result<i32> {
    let mut sink = Sink {
        kqueue,
        to: to.addr().raw(),
        told: 0,
        quiet: false,
        recent: None,
    };
    let arg = &raw mut sink;
    // SAFETY: a field of what `arg` points to.
    let quiet = unsafe { &raw mut (*arg).quiet };
    let mut ops = ffi::kevent_copyops {
        arg: arg.cast(),
        k_copyout: Some(take_events),
        k_copyin: None,
        kevent_size: size_of::<ffi::kevent>(),
    };
    let ts = timeout.map(timespec);
    let mut set = mask.map(sigset);
    let ts = ts.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let set = set
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: current; no changes, so k_copyin is never called; the sink outlives the call.
    // `quiet` is a field of the sink, which no reference is to.
    let waited = check(unsafe {
        ffi::lrs_epoll_wait(cx.td(), kqueue.0, most, &raw mut ops, ts, set, quiet)
    });
    if waited == Err(Errno::EBADF.into()) && super::fd::info(cx, kqueue).is_ok() {
        // An open descriptor, but no kqueue.
        return Err(Errno::EINVAL.into());
    }
    waited?;

    let recent = sink.recent.iter().flatten().flatten();
    for told in recent.filter(|told| told.once) {
        // One event ends both filters of such an interest.
        let other = if told.read {
            Filter::Write
        } else {
            Filter::Read
        };
        // CAST: the descriptor that `watch` put there.
        disable(cx, kqueue, Fd(told.ident as i32), other);
    }
    // CAST: at most `most`.
    Ok(sink.told as i32)
}
