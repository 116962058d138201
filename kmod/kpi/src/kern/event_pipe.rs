// SPDX-License-Identifier: BSD-2-Clause
//! The ends of pipes in a kqueue (sys_pipe.c).
//!
//! epoll(7) tells EPOLLERR or EPOLLHUP also to whoever asked for nothing, or for what that end cannot
//! do. There is no filter for it: the end's own filter is used, told once a change (EV_CLEAR), and
//! what is not about the other end is kept quiet. When the readers of a pipe go, the kernel takes the write
//! filters off with one last event, and allows no new ones (EPIPE). Then the read filter, which never fires at a
//! write end, is made to fire (EV_FORCEONESHOT).

use linux_abi::epoll::{Found, Interest};
use linux_abi::fd::Fd;

use super::event::{Filter, flags_for, kevent, note_pipe, register};
use crate::{Cx, Fail, Result};

/// Adds an interest in one end of a pipe, whose own filter is `own`; `data` comes back with each event.
pub fn watch_pipe(
    cx: &mut Cx<'_>,
    kqueue: Fd,
    fd: Fd,
    own: Filter,
    interest: Interest,
    data: u64,
) -> Result<()> {
    let wanted = match own {
        Filter::Read => interest.input(),
        Filter::Write => interest.output(),
    };
    let flags = if wanted {
        flags_for(interest)
    } else {
        ffi::EV_ADD | ffi::EV_CLEAR
    };
    let mut kev = kevent(fd, own, flags);
    note_pipe(&mut kev, interest, data);
    match register(cx, kqueue, &mut kev) {
        Err(Fail::EPIPE) => watch_broken(cx, kqueue, fd, interest, data, true),
        added => added,
    }
}

/// Adds an interest in a write end that nobody reads from; `now` makes it an event.
fn watch_broken(
    cx: &mut Cx<'_>,
    kqueue: Fd,
    fd: Fd,
    interest: Interest,
    data: u64,
    now: bool,
) -> Result<()> {
    let mut kev = kevent(fd, Filter::Read, ffi::EV_ADD);
    note_pipe(&mut kev, interest, data);
    register(cx, kqueue, &mut kev)?;
    if !now {
        return Ok(());
    }
    let mut kev = kevent(fd, Filter::Read, ffi::EV_FORCEONESHOT | ffi::EV_KEEPUDATA);
    register(cx, kqueue, &mut kev)
}

/// Completes what the event of a pipe says whose other end is closed. An interest that is told as long as
/// it holds is made ready for the next call.
#[cold]
pub(super) fn closed(kqueue: Fd, kev: &ffi::kevent, interest: Interest, found: &mut Found) {
    // SAFETY: kern_kevent tells its events on the current thread.
    let cx = &mut unsafe { Cx::new(ffi::lrs_curthread()) };
    // CAST: the descriptor that was put there.
    let fd = Fd(kev.ident as i32);
    let again = !interest.edge() && !interest.once();
    let flags = u32::from(kev.flags);
    // What fails here, fails because the descriptor has been closed.
    if flags & ffi::EV_ONESHOT != 0 {
        // Of a write end, and no longer in the queue.
        found.read = false;
        found.eof = true;
        let _ = watch_broken(cx, kqueue, fd, interest, kev.udata as u64, again);
    } else if flags & ffi::EV_CLEAR != 0 && again {
        let own = if found.read {
            Filter::Read
        } else {
            Filter::Write
        };
        let mut kev = kevent(fd, own, ffi::EV_ENABLE | ffi::EV_KEEPUDATA);
        let _ = register(cx, kqueue, &mut kev);
    }
}
