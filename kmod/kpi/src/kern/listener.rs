// SPDX-License-Identifier: BSD-2-Clause
//! Listeners of filters: seccomp_unotify(2). None of FreeBSD's, so they are ours.
//!
//! A thread whose call gets SECCOMP_RET_USER_NOTIF puts a [`Waiter`] into the listener's queue
//! and sleeps; who has the descriptor takes it out (RECV), looks, and answers (SEND). A listener is
//! counted: by its filter and by its descriptor, and lasts while one of them does. Everything in it is
//! guarded by its lock, waiters included, which belong to their sleeping threads.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_long, c_void};
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicU32, Ordering};

use linux_abi::bsd;
use linux_abi::fd::Fd;
use linux_abi::seccomp::{
    AddFlags, Data, Reply, l_seccomp_notif, l_seccomp_notif_addfd, l_seccomp_notif_resp,
};

use super::fd::{dup_fixed, kern_close};
use crate::emul::ThreadState;
use crate::file::{self, FileRef, OwnFile, Reserved};
use crate::mem::KBox;
use crate::{Cx, Errno, Result, UserIn, UserInOut, check};

#[derive(Copy, Clone, PartialEq, Eq)]
enum State {
    /// Nobody has taken it.
    Asked,
    /// Somebody looks at it.
    Taken,
    /// There is an answer.
    Answered(Reply),
}

/// A descriptor that the waiting thread shall get; on the heap of who sends it.
struct Gift {
    fp: *mut ffi::file,
    flags: AddFlags,
    /// The number, or what went wrong, once it is done.
    done: Option<core::result::Result<i32, c_int>>,
}

/// A call that waits for an answer.
struct Waiter {
    id: u64,
    tid: i32,
    data: Data,
    state: State,
    gift: *mut Gift,
    next: *mut Waiter,
}

struct Inner {
    first: *mut Waiter,
    last_id: u64,
    /// The descriptor is closed.
    closed: bool,
    /// No thread has the filter any more.
    orphan: bool,
}

/// What a filter asks.
pub(super) struct Listener {
    references: AtomicU32,
    lock: UnsafeCell<ffi::mtx>,
    inner: UnsafeCell<Inner>,
    polling: UnsafeCell<ffi::selinfo>,
}

/// The lock, until dropped.
struct Guard<'a>(&'a Listener);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // SAFETY: taken by `Listener::lock`.
        unsafe { ffi::lrs_mtx_unlock(self.0.lock.get()) };
    }
}

impl Guard<'_> {
    #[expect(
        clippy::mut_from_ref,
        reason = "the lock is held, and no two of these live at once"
    )]
    fn inner(&self) -> &mut Inner {
        // SAFETY: the lock is held; each use ends before the next, and before a sleep.
        unsafe { &mut *self.0.inner.get() }
    }

    /// The waiter of an id, or of the first that `wanted` takes.
    fn find(&self, wanted: impl Fn(&Waiter) -> bool) -> Option<*mut Waiter> {
        let mut at = self.inner().first;
        // SAFETY: waiters in the queue last while the lock is held.
        while let Some(waiter) = unsafe { at.as_ref() } {
            if wanted(waiter) {
                return Some(at);
            }
            at = waiter.next;
        }
        None
    }

    /// Sleeps on `channel` without the lock; an error for a signal, if those are let in.
    fn sleep(&self, channel: *const c_void, signals: bool) -> c_int {
        // SAFETY: current, with this one lock.
        unsafe { ffi::lrs_sleep_mtx(channel.cast_mut(), self.0.lock.get(), signals, WHY.as_ptr()) }
    }

    /// Tells who waits for the listener: RECV, poll(2), kqueues.
    fn tell(&self) {
        // SAFETY: the lock is held, which the note list is guarded by; wakeups are allowed under it.
        unsafe {
            let polling = self.0.polling.get();
            ffi::selwakeup(polling);
            ffi::knote(&raw mut (*polling).si_note, 0, ffi::KNF_LISTLOCKED as c_int);
            ffi::wakeup(self.0.channel().cast_mut());
        }
    }

    fn ready(&self) -> c_int {
        let inner = self.inner();
        let (orphan, mut events) = (inner.orphan, 0);
        if self.find(|waiter| waiter.state == State::Asked).is_some() {
            events |= READABLE;
        }
        if self.find(|waiter| waiter.state == State::Taken).is_some() {
            events |= WRITABLE;
        }
        if orphan {
            events |= ffi::POLLHUP as c_int;
        }
        events
    }
}

const WHY: &CStr = c"seccomp";
const READABLE: c_int = (ffi::POLLIN | ffi::POLLRDNORM) as c_int;
const WRITABLE: c_int = (ffi::POLLOUT | ffi::POLLWRNORM) as c_int;

impl Listener {
    /// A listener with two references.
    pub(super) fn new() -> *mut Listener {
        // SAFETY: all zeros is the empty state of the two.
        let listener = KBox::new_waitok(unsafe {
            Listener {
                references: AtomicU32::new(2),
                lock: UnsafeCell::new(core::mem::zeroed()),
                inner: UnsafeCell::new(Inner {
                    first: null_mut(),
                    last_id: 0,
                    closed: false,
                    orphan: false,
                }),
                polling: UnsafeCell::new(core::mem::zeroed()),
            }
        });
        // SAFETY: nobody else has it yet, and it stays where it is.
        unsafe {
            ffi::lrs_lock_init(listener.lock.get(), c"linux_rs seccomp".as_ptr());
            ffi::knlist_init_mtx(
                &raw mut (*listener.polling.get()).si_note,
                listener.lock.get(),
            );
        }
        listener.into_raw()
    }

    fn lock(&self) -> Guard<'_> {
        // SAFETY: made in `new`; current, without it.
        unsafe { ffi::lrs_mtx_lock(self.lock.get()) };
        Guard(self)
    }

    /// What RECV sleeps on.
    fn channel(&self) -> *const c_void {
        ptr::from_ref(self).cast()
    }

    /// No thread has the filter any more.
    ///
    /// # Safety
    /// The filter's reference is given up.
    pub(super) unsafe fn filter_gone(this: *mut Listener) {
        // SAFETY: caller.
        unsafe {
            {
                let guard = (*this).lock();
                guard.inner().orphan = true;
                guard.tell();
            }
            Listener::release(this);
        }
    }

    /// A new listener that nobody has.
    ///
    /// # Safety
    /// It is from [`Listener::new`]; both references are given up.
    pub(super) unsafe fn discard(this: *mut Listener) {
        // SAFETY: caller.
        unsafe {
            Listener::release(this);
            Listener::release(this);
        }
    }

    unsafe fn release(this: *mut Listener) {
        // SAFETY: caller: the reference is given up; the last one leaves nobody else.
        unsafe {
            if (*this).references.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            core::sync::atomic::fence(Ordering::Acquire);
            let listener = KBox::from_raw(this);
            let polling = listener.polling.get();
            ffi::seldrain(polling);
            ffi::knlist_destroy(&raw mut (*polling).si_note);
            ffi::lrs_lock_destroy(listener.lock.get());
        }
    }
}

/// What the descriptor has.
pub(super) struct Descriptor(*mut Listener);

// SAFETY: `fill` alone makes files with these operations.
unsafe impl OwnFile for Descriptor {
    fn ops() -> &'static ffi::fileops {
        &OPS
    }
}

impl Descriptor {
    fn listener(&self) -> &Listener {
        // SAFETY: the descriptor's reference.
        unsafe { &*self.0 }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor's reference; waiters last while the lock is held.
        unsafe {
            {
                let guard = (*self.0).lock();
                guard.inner().closed = true;
                let mut at = guard.inner().first;
                while let Some(waiter) = at.as_ref() {
                    ffi::wakeup(at.cast());
                    at = waiter.next;
                }
            }
            Listener::release(self.0);
        }
    }
}

static OPS: ffi::fileops = ffi::fileops {
    fo_poll: Some(poll),
    fo_kqfilter: Some(kqfilter),
    fo_close: Some(file::close::<Descriptor>),
    ..file::COMMON
};

static READ: ffi::filterops = file::filter(detach, readable);
static WRITE: ffi::filterops = file::filter(detach, writable);

/// `fo_poll`.
unsafe extern "C" fn poll(
    fp: *mut ffi::file,
    events: c_int,
    _cred: *mut ffi::ucred,
    td: *mut ffi::thread,
) -> c_int {
    // SAFETY: called on the current thread with a referenced file.
    unsafe {
        let listener = file::data::<Descriptor>(fp).listener();
        let guard = listener.lock();
        let ready = guard.ready() & (events | ffi::POLLHUP as c_int);
        if ready == 0 {
            ffi::selrecord(td, listener.polling.get());
        }
        ready
    }
}

/// `fo_kqfilter`.
unsafe extern "C" fn kqfilter(fp: *mut ffi::file, kn: *mut ffi::knote) -> c_int {
    // SAFETY: called with a referenced file and a note on its way.
    unsafe {
        (*kn).kn_fop = match i32::from((*kn).kn_kevent.filter) {
            ffi::EVFILT_READ => &raw const READ,
            ffi::EVFILT_WRITE => &raw const WRITE,
            _ => return ffi::EINVAL as c_int,
        };
        let listener = file::data::<Descriptor>(fp).listener();
        ffi::knlist_add(&raw mut (*listener.polling.get()).si_note, kn, 0);
    }
    0
}

/// `f_detach`.
unsafe extern "C" fn detach(kn: *mut ffi::knote) {
    // SAFETY: the note holds its file, and that the list.
    unsafe { ffi::knlist_remove((*kn).kn_knlist, kn, 0) };
}

unsafe fn event(kn: *mut ffi::knote, wanted: c_int) -> c_int {
    // SAFETY: the note holds its file; the list's lock, which is the listener's, is held.
    unsafe {
        let listener = file::data::<Descriptor>((*kn).kn_ptr.p_fp).listener();
        let held = core::mem::ManuallyDrop::new(Guard(listener));
        let ready = held.ready();
        if ready & ffi::POLLHUP as c_int != 0 {
            (*kn).kn_kevent.flags |= ffi::EV_EOF as u16;
        }
        (*kn).kn_kevent.data = i64::from(ready & wanted != 0);
        c_int::from(ready & (wanted | ffi::POLLHUP as c_int) != 0)
    }
}

/// `f_event`.
unsafe extern "C" fn readable(kn: *mut ffi::knote, _hint: c_long) -> c_int {
    // SAFETY: as it was called.
    unsafe { event(kn, READABLE) }
}

/// `f_event`.
unsafe extern "C" fn writable(kn: *mut ffi::knote, _hint: c_long) -> c_int {
    // SAFETY: as it was called.
    unsafe { event(kn, WRITABLE) }
}

/// Puts a listener, one of whose references is given up, behind a number.
pub(super) fn open(reserved: Reserved, listener: *mut Listener) -> i32 {
    reserved.fill(KBox::new_waitok(Descriptor(listener)), false)
}

/// What becomes of a call.
pub(super) enum Outcome {
    /// It is made.
    Make,
    /// It is not; this is in rax.
    Answer(i64),
    /// A signal came first: ERESTART or EINTR.
    Interrupted(c_int),
}

/// Linux's number.
const ENOSYS: i64 = 38;

/// Asks who listens, and waits for the answer.
///
/// # Safety
/// `td` is current, inside of a call, without locks; its chain keeps the listener.
pub(super) unsafe fn ask(td: *mut ffi::thread, listener: &Listener, data: Data) -> Outcome {
    // SAFETY: caller; emul.
    let tid = unsafe { (*(*td).td_emuldata.cast::<ThreadState>()).tid.get() };
    let mut waiter = KBox::new_waitok(Waiter {
        id: 0,
        tid,
        data,
        state: State::Asked,
        gift: null_mut(),
        next: null_mut(),
    });
    let own: *mut Waiter = &raw mut *waiter;
    let mut guard = listener.lock();
    if guard.inner().closed {
        return Outcome::Answer(-ENOSYS);
    }
    // SAFETY: the waiter is ours and stays where it is; the queue is guarded by the lock.
    unsafe {
        let inner = guard.inner();
        inner.last_id = inner.last_id.wrapping_add(1);
        (*own).id = inner.last_id;
        let mut place: *mut *mut Waiter = &raw mut inner.first;
        while !(*place).is_null() {
            place = &raw mut (**place).next;
        }
        *place = own;
    }
    guard.tell();
    // SAFETY: as above; others change the waiter under the lock.
    let outcome = unsafe {
        loop {
            if let State::Answered(reply) = (*own).state {
                break match reply {
                    Reply::Make => Outcome::Make,
                    Reply::Value(value) => Outcome::Answer(value),
                };
            }
            if let Some(gift) = (*own).gift.as_ref() {
                let (fp, flags) = (gift.fp, gift.flags);
                let gift = core::mem::replace(&mut (*own).gift, null_mut());
                drop(guard);
                let installed = install(td, fp, flags);
                guard = listener.lock();
                // The sender waits for as long as it is not done.
                (*gift).done = Some(installed);
                ffi::wakeup(gift.cast());
                if let (true, Ok(fd)) = (flags.send, installed) {
                    (*own).state = State::Answered(Reply::Value(fd.into()));
                }
                continue;
            }
            if guard.inner().closed {
                break Outcome::Answer(-ENOSYS);
            }
            let error = guard.sleep(own.cast_const().cast(), true);
            let answered = matches!((*own).state, State::Answered(_));
            if error != 0 && !answered {
                break Outcome::Interrupted(error);
            }
        }
    };
    // SAFETY: as above: out of the queue nobody knows the waiter.
    unsafe {
        let mut place: *mut *mut Waiter = &raw mut guard.inner().first;
        while *place != own {
            place = &raw mut (**place).next;
        }
        *place = (*own).next;
        if let Some(gift) = (*own).gift.as_mut() {
            gift.done = Some(Err(ffi::ESRCH as c_int));
            ffi::wakeup((*own).gift.cast());
        }
    }
    guard.tell();
    outcome
}

/// Puts a file behind a number of the current process.
unsafe fn install(
    td: *mut ffi::thread,
    fp: *mut ffi::file,
    flags: AddFlags,
) -> core::result::Result<i32, c_int> {
    let cloexec = if flags.cloexec { bsd::O_CLOEXEC } else { 0 };
    let mut new = 0;
    // SAFETY: caller: current, without locks; who gives the file has a reference.
    unsafe {
        let error = ffi::finstall(td, fp, &raw mut new, cloexec, null_mut());
        if error != 0 {
            return Err(error);
        }
        let Some(wanted) = flags.number.filter(|wanted| *wanted != new) else {
            return Ok(new);
        };
        let mut cx = Cx::new(td);
        let placed = dup_fixed(&mut cx, Fd(new), Fd(wanted), flags.cloexec);
        let _ = kern_close(&mut cx, new);
        placed.map_err(|_| ffi::EBADF as c_int)
    }
}

fn listener<'a>(file: &'a FileRef<'_>) -> Result<&'a Listener> {
    match file.data::<Descriptor>() {
        Some(descriptor) => Ok(descriptor.listener()),
        None => Err(Errno::ENOTTY.into()),
    }
}

/// Whether a descriptor is a listener. EBADF.
pub fn is_listener(cx: &Cx<'_>, fd: Fd) -> Result<bool> {
    Ok(FileRef::get(cx, fd)?.data::<Descriptor>().is_some())
}

/// SECCOMP_IOCTL_NOTIF_RECV: the next call. EINVAL for memory that is not zero, EINTR, ENOENT where
/// none can come any more.
pub fn receive(cx: &mut Cx<'_>, fd: Fd, at: UserInOut<l_seccomp_notif>) -> Result<()> {
    let file = FileRef::get(cx, fd)?;
    let listener = listener(&file)?;
    if at.read(cx)? != l_seccomp_notif::default() {
        return Err(Errno::EINVAL.into());
    }
    let told = {
        let guard = listener.lock();
        loop {
            if let Some(waiter) = guard.find(|waiter| waiter.state == State::Asked) {
                // SAFETY: in the queue, under the lock.
                let waiter = unsafe { &mut *waiter };
                waiter.state = State::Taken;
                guard.tell();
                break l_seccomp_notif {
                    id: waiter.id,
                    pid: waiter.tid.cast_unsigned(),
                    flags: 0,
                    data: waiter.data.words(),
                };
            }
            if guard.inner().orphan {
                return Err(Errno::ENOENT.into());
            }
            check(guard.sleep(listener.channel(), true))?;
        }
    };
    let stored = at.write(cx, &told);
    if stored.is_err() {
        let guard = listener.lock();
        let taken = |waiter: &Waiter| waiter.id == told.id && waiter.state == State::Taken;
        if let Some(waiter) = guard.find(taken) {
            // SAFETY: in the queue, under the lock.
            unsafe { (*waiter).state = State::Asked };
            guard.tell();
        }
    }
    stored
}

/// SECCOMP_IOCTL_NOTIF_SEND: the answer. EINVAL, ENOENT for a call that is gone, EINPROGRESS for one that
/// was not received, or has its answer.
pub fn send(cx: &mut Cx<'_>, fd: Fd, at: UserIn<l_seccomp_notif_resp>) -> Result<()> {
    let file = FileRef::get(cx, fd)?;
    let listener = listener(&file)?;
    let response = at.read(cx)?;
    let reply = Reply::of(&response)?;
    let guard = listener.lock();
    let waiter = guard
        .find(|waiter| waiter.id == response.id)
        .ok_or(Errno::ENOENT)?;
    // SAFETY: in the queue, under the lock.
    unsafe {
        if (*waiter).state != State::Taken {
            return Err(Errno::EINPROGRESS.into());
        }
        (*waiter).state = State::Answered(reply);
        ffi::wakeup(waiter.cast());
    }
    Ok(())
}

/// SECCOMP_IOCTL_NOTIF_ID_VALID. ENOENT for a call that does not wait any more.
pub fn is_valid(cx: &mut Cx<'_>, fd: Fd, at: UserIn<u64>) -> Result<()> {
    let file = FileRef::get(cx, fd)?;
    let listener = listener(&file)?;
    let id = at.read(cx)?;
    let guard = listener.lock();
    match guard.find(|waiter| waiter.id == id && waiter.state == State::Taken) {
        Some(_) => Ok(()),
        None => Err(Errno::ENOENT.into()),
    }
}

/// SECCOMP_IOCTL_NOTIF_ADDFD: gives the waiting process a descriptor; its number there. EINVAL, EBADF,
/// ENOENT, EINPROGRESS; EBUSY while another one is on its way; EINTR.
pub fn add_descriptor(cx: &mut Cx<'_>, fd: Fd, at: UserIn<l_seccomp_notif_addfd>) -> Result<i32> {
    let file = FileRef::get(cx, fd)?;
    let listener = listener(&file)?;
    let request = at.read(cx)?;
    let flags = AddFlags::of(&request)?;
    let source = FileRef::get(cx, Fd(request.srcfd.cast_signed()))?;
    let mut gift = KBox::new_waitok(Gift {
        fp: source.as_ptr(),
        flags,
        done: None,
    });
    let own: *mut Gift = &raw mut *gift;
    let guard = listener.lock();
    let waiter = guard
        .find(|waiter| waiter.id == request.id)
        .ok_or(Errno::ENOENT)?;
    // SAFETY: in the queue, under the lock; the gift is ours until it is done, or taken back.
    unsafe {
        if (*waiter).state != State::Taken {
            return Err(Errno::EINPROGRESS.into());
        }
        if !(*waiter).gift.is_null() {
            return Err(Errno::EBUSY.into());
        }
        (*waiter).gift = own;
        ffi::wakeup(waiter.cast());
        let mut signals = true;
        loop {
            if let Some(done) = (*own).done {
                return done.map_err(|error| Errno::from_raw(error).unwrap_or(Errno::EBADF).into());
            }
            let error = guard.sleep(own.cast_const().cast(), signals);
            if error == 0 || (*own).done.is_some() {
                continue;
            }
            match guard.find(|waiter| waiter.gift == own) {
                Some(waiter) => {
                    (*waiter).gift = null_mut();
                    check(error)?;
                }
                // It is being put there.
                None => signals = false,
            }
        }
    }
}
