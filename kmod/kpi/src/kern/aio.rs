// SPDX-License-Identifier: BSD-2-Clause
//! The contexts of io_setup(2): events that wait to be taken.
//!
//! A context belongs to its process and is known by the address of a page there, which tells C
//! libraries to make the system call (they look for a ring of events). All of it changes under
//! PROC_LOCK; a context that is used without the lock is held, and freed by who lets go of it last.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use linux_abi::aio::MOST_REQUESTS;
use linux_abi::c::l_io_event;
use linux_abi::sigset::BsdSigset;

use super::mem::{Mapping, kern_mmap, kern_munmap};
use crate::mem::{KBox, KSlice};
use crate::{Cx, Errno, Result, UserBytesOut, check};

/// How many requests all contexts are for.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// A descriptor that is waited for.
#[derive(Clone, Copy)]
pub struct Watch {
    /// Its number.
    pub fd: i32,
    /// For which of poll(2)'s events.
    pub events: u16,
    /// What its event says, but for the result.
    pub event: l_io_event,
    /// The eventfd to be told, or -1.
    pub signal: i32,
}

impl Watch {
    /// None yet.
    pub const NONE: Watch = Watch {
        fd: -1,
        events: 0,
        event: l_io_event {
            data: 0,
            obj: 0,
            res: 0,
            res2: 0,
        },
        signal: -1,
    };
}

struct Watched {
    watch: Watch,
    next: *mut Watched,
}

struct State {
    /// A ring: `count` events from `first` on.
    events: KSlice<l_io_event>,
    first: usize,
    count: usize,
    /// Requests that have no event yet.
    pending: usize,
    watched: *mut Watched,
    holders: u32,
    gone: bool,
    next: *mut Context,
}

impl State {
    /// Adds an event; there is room for as many as there are requests.
    fn push(&mut self, event: l_io_event) {
        let len = self.events.len();
        let at = self.first.wrapping_add(self.count).checked_rem(len);
        if let Some(place) = at.and_then(|at| self.events.get_mut(at)) {
            *place = event;
            self.count = self.count.saturating_add(1).min(len);
        }
        self.pending = self.pending.saturating_sub(1);
    }

    fn pop(&mut self) -> Option<l_io_event> {
        if self.count == 0 {
            return None;
        }
        let event = self.events.get(self.first).copied();
        self.first = self
            .first
            .wrapping_add(1)
            .checked_rem(self.events.len())
            .unwrap_or(0);
        self.count = self.count.saturating_sub(1);
        event
    }

    /// Takes the first watch that `is` it off the list.
    fn unwatch(&mut self, is: impl Fn(&Watch) -> bool) -> Option<KBox<Watched>> {
        let mut link = &raw mut self.watched;
        // SAFETY: the list is of boxes given away in `watch`, and ours for as long as `self` is.
        unsafe {
            while let Some(this) = (*link).as_mut() {
                if is(&this.watch) {
                    let found = *link;
                    *link = this.next;
                    return Some(KBox::from_raw(found));
                }
                link = &raw mut this.next;
            }
        }
        None
    }
}

struct Context {
    /// The address of its page.
    id: u64,
    requests: u32,
    state: UnsafeCell<State>,
}

impl Drop for Context {
    fn drop(&mut self) {
        REQUESTS.fetch_sub(self.requests, Ordering::Relaxed);
        while self.state.get_mut().unwatch(|_| true).is_some() {}
    }
}

/// The contexts of a process.
pub(crate) struct Contexts(AtomicPtr<Context>);

impl Contexts {
    pub(crate) const fn new() -> Self {
        Contexts(AtomicPtr::new(null_mut()))
    }

    /// Frees them all, as the process runs another program or has ended.
    ///
    /// # Safety
    /// No other thread is in a call.
    pub(crate) unsafe fn clear(&self) {
        let mut at = self.0.swap(null_mut(), Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: from `create`; nobody holds it (caller).
            let mut context = unsafe { KBox::from_raw(at) };
            at = context.state.get_mut().next;
        }
    }

    /// The place that leads to context `id`.
    ///
    /// # Safety
    /// PROC_LOCK is held for as long as the place is used.
    unsafe fn link(&self, id: u64) -> Option<*mut *mut Context> {
        let mut link = self.0.as_ptr();
        // SAFETY: what is in the list is there for as long as the lock is held.
        unsafe {
            while let Some(context) = (*link).as_ref() {
                if context.id == id {
                    return Some(link);
                }
                link = &raw mut (*context.state.get()).next;
            }
        }
        None
    }
}

impl Drop for Contexts {
    fn drop(&mut self) {
        // SAFETY: whose they were is gone.
        unsafe { self.clear() };
    }
}

/// struct aio_ring of Linux's fs/aio.c, as C libraries know it, for one that they must not read:
/// the magic number is not there, and neither are features they know.
const HEADER: [u32; 8] = [0, 0, 0, 0, 0, 1, !0, 32];

/// Makes a context for `requests`, which has room for `room` events: its id. EAGAIN where there
/// are too many already, ENOMEM.
pub fn create(cx: &mut Cx<'_>, requests: u32, room: usize) -> Result<u64> {
    let before = REQUESTS.fetch_add(requests, Ordering::Relaxed);
    let mut context = KBox::new_waitok(Context {
        id: 0,
        requests,
        state: UnsafeCell::new(State {
            events: KSlice::zeroed(cx, room)?,
            first: 0,
            count: 0,
            pending: 0,
            watched: null_mut(),
            holders: 0,
            gone: false,
            next: null_mut(),
        }),
    });
    if before.saturating_add(requests) > MOST_REQUESTS {
        return Err(Errno::EAGAIN.into());
    }
    let page = Mapping::PRIVATE_PAGE;
    context.id = kern_mmap(cx, &page)?;
    let id = context.id;
    for (i, word) in HEADER.iter().enumerate() {
        // A failure is another thread's doing, and harms only who reads it.
        let _ = UserBytesOut::from_reg(id).write_at(cx, i.wrapping_mul(4), &word.to_ne_bytes());
    }
    let list = &cx.proc_state().aio;
    let p = cx.proc_ptr();
    // SAFETY: current; the list changes under the lock.
    unsafe {
        ffi::lrs_PROC_LOCK(p);
        context.state.get_mut().next = list.0.load(Ordering::Relaxed);
        list.0.store(context.into_raw(), Ordering::Relaxed);
        ffi::lrs_PROC_UNLOCK(p);
    }
    Ok(id)
}

/// Ends a context; who waits for it is woken. EINVAL where there is none.
pub fn destroy(cx: &mut Cx<'_>, id: u64) -> Result<()> {
    let held = Held::get(cx, id)?;
    let list = &cx.proc_state().aio;
    let p = cx.proc_ptr();
    // SAFETY: current; the list changes under the lock, which `link` is used under.
    let unlinked = unsafe {
        ffi::lrs_PROC_LOCK(p);
        let link = list.link(id).filter(|link| **link == held.context);
        if let Some(link) = link {
            let state = (*held.context).state.get();
            *link = (*state).next;
            (*state).gone = true;
            ffi::wakeup(held.channel());
        }
        ffi::lrs_PROC_UNLOCK(p);
        link.is_some()
    };
    if !unlinked {
        return Err(Errno::EINVAL.into());
    }
    let _ = kern_munmap(cx, id, ffi::PAGE_SIZE.into());
    Ok(())
}

/// A context that stays for as long as this does.
pub struct Held {
    context: *mut Context,
    p: *mut ffi::proc_,
}

impl Held {
    /// The context of that id. EINVAL.
    pub fn get(cx: &mut Cx<'_>, id: u64) -> Result<Held> {
        let list = &cx.proc_state().aio;
        let p = cx.proc_ptr();
        // SAFETY: current; under the lock.
        let context = unsafe {
            ffi::lrs_PROC_LOCK(p);
            let context = list.link(id).map(|link| *link);
            if let Some(context) = context {
                let state = (*context).state.get();
                (*state).holders = (*state).holders.saturating_add(1);
            }
            ffi::lrs_PROC_UNLOCK(p);
            context
        };
        match context {
            Some(context) => Ok(Held { context, p }),
            None => Err(Errno::EINVAL.into()),
        }
    }

    fn channel(&self) -> *const c_void {
        self.context.cast()
    }

    /// Calls with the state, under PROC_LOCK.
    fn locked<R>(&self, call: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: the current process; held, and under the lock nobody else has the state.
        unsafe {
            ffi::lrs_PROC_LOCK(self.p);
            let result = call(&mut *(*self.context).state.get());
            ffi::lrs_PROC_UNLOCK(self.p);
            result
        }
    }

    fn wake(&self) {
        // SAFETY: the channel is an address.
        unsafe { ffi::wakeup(self.channel()) };
    }

    /// How many requests it is for.
    pub fn requests(&self) -> u32 {
        // SAFETY: held; never changes.
        unsafe { (*self.context).requests }
    }

    /// Makes room for a request's event. EAGAIN.
    pub fn begin(&self) -> Result<()> {
        self.locked(|state| {
            if state.count.saturating_add(state.pending) >= state.events.len() {
                return Err(Errno::EAGAIN.into());
            }
            state.pending = state.pending.saturating_add(1);
            Ok(())
        })
    }

    /// Takes it back: the request was none.
    pub fn forget(&self) {
        self.locked(|state| state.pending = state.pending.saturating_sub(1));
    }

    /// The request is done.
    pub fn done(&self, event: l_io_event) {
        self.locked(|state| state.push(event));
        self.wake();
    }

    /// The request is done when a descriptor is ready.
    pub fn watch(&self, watch: Watch) {
        let new = KBox::new_waitok(Watched {
            watch,
            next: null_mut(),
        })
        .into_raw();
        self.locked(|state| {
            // SAFETY: ours until it is in the list.
            unsafe { (*new).next = state.watched };
            state.watched = new;
        });
        self.wake();
    }

    /// Some of what is watched for: how many. `skip` are left out.
    pub fn watched(&self, skip: usize, to: &mut [Watch]) -> usize {
        self.locked(|state| {
            let mut at = state.watched;
            let (mut seen, mut told) = (0_usize, 0_usize);
            // SAFETY: the list changes under the lock.
            while let Some(this) = unsafe { at.as_ref() } {
                at = this.next;
                if seen >= skip {
                    let Some(place) = to.get_mut(told) else {
                        break;
                    };
                    *place = this.watch;
                    told = told.saturating_add(1);
                }
                seen = seen.saturating_add(1);
            }
            told
        })
    }

    /// What is watched for for the request at `obj` has come to `result`; whether it was still watched for.
    pub fn came(&self, obj: u64, result: i64) -> bool {
        let found = self.locked(|state| {
            let found = state.unwatch(|watch| watch.event.obj == obj);
            if let Some(found) = &found {
                state.push(l_io_event {
                    res: result,
                    ..found.watch.event
                });
            }
            found
        });
        if found.is_some() {
            self.wake();
        }
        found.is_some()
    }

    /// Takes events: how many.
    pub fn take(&self, to: &mut [l_io_event]) -> usize {
        self.locked(|state| {
            let mut taken = 0_usize;
            for (place, event) in to.iter_mut().zip(core::iter::from_fn(|| state.pop())) {
                *place = event;
                taken = taken.saturating_add(1);
            }
            taken
        })
    }

    /// Sleeps until something happens, at most so many nanoseconds. EINTR; EINVAL once it is gone.
    pub fn wait(&self, _cx: &mut Cx<'_>, most: Option<i64>) -> Result<()> {
        // SAFETY: the current process; the lock is given up while it sleeps.
        let slept = unsafe {
            ffi::lrs_PROC_LOCK(self.p);
            let state = (*self.context).state.get();
            let slept = if (*state).gone {
                ffi::EINVAL.cast_signed()
            } else if (*state).count != 0 || !(*state).watched.is_null() {
                0
            } else {
                ffi::lrs_sleep_at_most(
                    self.channel().cast_mut(),
                    self.p,
                    c"aio".as_ptr(),
                    most.unwrap_or(-1),
                )
            };
            ffi::lrs_PROC_UNLOCK(self.p);
            slept
        };
        match slept {
            0 => Ok(()),
            _ if slept == ffi::EINVAL.cast_signed() => Err(Errno::EINVAL.into()),
            _ => Err(Errno::EINTR.into()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let last = self.locked(|state| {
            state.holders = state.holders.saturating_sub(1);
            state.gone && state.holders == 0
        });
        if last {
            // SAFETY: out of the list, and nobody holds it any more.
            drop(unsafe { KBox::from_raw(self.context) });
        }
    }
}

/// A signal mask for the rest of the call, put back on the way out of it.
pub struct Masked(*mut ffi::thread);

impl Masked {
    /// Sets it.
    pub fn set(cx: &mut Cx<'_>, mask: &BsdSigset) -> Result<Masked> {
        let mut set = super::poll::sigset(mask);
        // SAFETY: current; the set is whole.
        check(unsafe { ffi::lrs_mask_for_call(cx.td(), &raw mut set) })?;
        Ok(Masked(cx.td()))
    }

    /// The call is over: whether a signal ended it, whose handler runs under the mask.
    pub fn end(self, interrupted: bool) {
        // SAFETY: current, since `set`.
        unsafe { ffi::lrs_mask_after_call(self.0, interrupted) };
    }
}
