// SPDX-License-Identifier: BSD-2-Clause
//! What Linux keeps for each process and thread and FreeBSD does not.
//!
//! Hangs off `p_emuldata` and `td_emuldata`. A [`ThreadState`] is touched only by
//! its own thread once that thread runs; a [`ProcState`] is shared by the threads
//! of a process, so its fields are atomics.

mod limbo;
pub(crate) mod pem;
mod tables;
mod zone;

use core::cell::{Cell, UnsafeCell};
use core::mem::{MaybeUninit, offset_of};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use linux_abi::caps::Caps;

pub use pem::Pem;
use tables::{MISS_WORDS, Tables};

use crate::kern::aio::Contexts;
use crate::kern::identity::{self, Identity};
use crate::kern::ptrace;
use crate::kern::ptrace::EndedList;
use crate::kern::ptrace::state::Trace;
use crate::kern::seccomp::{Seccomp, Synced};
use crate::mem::KBox;
use crate::tap::Tap;

/// Linux state of one thread. Begins as `struct linux_emuldata` of linux_common does, for helper
/// modules that look into `td_emuldata`.
#[repr(C)]
pub struct ThreadState {
    /// Where the thread stores its tid when it first runs (CLONE_CHILD_SETTID), or 0.
    pub set_child_tid: Cell<u64>,
    /// Where 0 is stored and a futex woken when it ends (set_tid_address), or 0.
    pub clear_child_tid: Cell<u64>,
    /// linux_common's flags, of which there are none here.
    _flags: u32,
    /// What gettid(2) answers.
    pub tid: Cell<i32>,
    /// Head of its robust futex list (set_robust_list), or 0.
    pub robust_list: Cell<u64>,
    /// Whether it is inside execve(2).
    pub in_exec: Cell<bool>,
    /// What PR_GET_TIMERSLACK answers.
    pub timer_slack: Cell<u64>,
    /// The scheduling policy that FreeBSD has no name for (SCHED_BATCH, SCHED_IDLE), or 0.
    pub policy: AtomicI32,
    /// What ioprio_get(2) answers.
    pub(crate) io_priority: AtomicI32,
    /// Whether children start with the usual policy (SCHED_RESET_ON_FORK).
    pub reset_on_fork: AtomicBool,
    /// Whether a handler that starts on the alternate stack forgets it (SS_AUTODISARM).
    pub autodisarm: Cell<bool>,
    /// What set_mempolicy(2) was last told.
    pub memory_policy: Cell<linux_abi::mempolicy::Policy>,
    /// How it is traced.
    pub(crate) trace: Trace,
    /// What looks at its calls.
    pub(crate) seccomp: Seccomp,
    /// The epoll descriptors that the first thread of a forked process makes anew before it does anything else.
    pub(crate) epolls: Cell<*mut ffi::lrs_epolls>,
    /// Its capabilities, once it has changed any; read by others under PROC_LOCK.
    pub(crate) caps: Cell<Option<Caps>>,
    /// Whom it acts as.
    pub(crate) identity: Identity,
}

const _: () = assert!(offset_of!(ThreadState, tid) == 20);

impl ThreadState {
    #[inline]
    fn new(tid: i32) -> Self {
        ThreadState {
            set_child_tid: Cell::new(0),
            epolls: Cell::new(ptr::null_mut()),
            clear_child_tid: Cell::new(0),
            _flags: 0,
            tid: Cell::new(tid),
            robust_list: Cell::new(0),
            in_exec: Cell::new(false),
            timer_slack: Cell::new(linux_abi::prctl::DEFAULT_TIMER_SLACK),
            policy: AtomicI32::new(0),
            io_priority: AtomicI32::new(0),
            reset_on_fork: AtomicBool::new(false),
            autodisarm: Cell::new(false),
            memory_policy: Cell::default(),
            trace: Trace::new(),
            seccomp: Seccomp::new(),
            caps: Cell::new(None),
            identity: Identity::new(),
        }
    }

    /// What the child `td`, process or thread, takes over from this thread.
    ///
    /// # Safety
    /// `td` does not run yet.
    unsafe fn hand_down(&self, child: &ThreadState, td: *mut ffi::thread) {
        child.timer_slack.set(self.timer_slack.get());
        child.memory_policy.set(self.memory_policy.get());
        let policy = self.policy.load(Ordering::Relaxed);
        child.policy.store(policy, Ordering::Relaxed);
        let io_priority = self.io_priority.load(Ordering::Relaxed);
        child.io_priority.store(io_priority, Ordering::Relaxed);
        self.seccomp.hand_down(&child.seccomp);
        // A fresh state has none.
        if let caps @ Some(_) = self.caps.get() {
            child.caps.set(caps);
        }
        self.identity.hand_down(&child.identity);
        if self.reset_on_fork.load(Ordering::Relaxed) {
            // SAFETY: caller.
            unsafe { crate::kern::sched::reset(td) };
        }
    }
}

/// Linux state of one process.
#[repr(C)]
pub struct ProcState {
    /// The part that helper modules look into.
    pub pem: Pem,
    /// How often `compat.linux.emul_path` had been set when the process last looked it up.
    pub emul_path_set: AtomicU32,
    /// What brk(2) was last given; the kernel knows the page it is in only. 0 before that.
    pub brk_end: AtomicU64,
    /// Made when first needed: by rt_sigaction(2), or a missing call.
    tables: AtomicPtr<Tables>,
    /// Hears of the process's signals; made when it first has a signalfd, or is traced.
    signal_tap: AtomicPtr<Tap>,
    /// Whether it has ever traced another process.
    pub(crate) is_tracer: AtomicBool,
    /// The threads of tracees that ended.
    pub(crate) ended: EndedList,
    /// The filters that all its threads got.
    pub(crate) synced: Synced,
    /// Its contexts of io_setup(2).
    pub(crate) aio: Contexts,
    /// The state of the first thread, which most processes have alone: one piece of memory for both.
    /// Whole while that thread's `td_emuldata` leads here.
    first: UnsafeCell<MaybeUninit<ThreadState>>,
}

impl ProcState {
    #[inline]
    fn new() -> Self {
        ProcState {
            pem: Pem::new(),
            emul_path_set: AtomicU32::new(0),
            brk_end: AtomicU64::new(0),
            tables: AtomicPtr::new(ptr::null_mut()),
            signal_tap: AtomicPtr::new(ptr::null_mut()),
            is_tracer: AtomicBool::new(false),
            ended: EndedList::new(),
            synced: Synced::new(),
            aio: Contexts::new(),
            first: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Whether a thread's state is the one in this process's.
    fn holds(&self, thread: *const ThreadState) -> bool {
        ptr::eq(self.first.get().cast(), thread)
    }

    /// Gives a forked child's fresh state what it inherits: signal actions, personality and the like.
    fn hand_down(&self, child: &Self) {
        child.pem.inherit(&self.pem);
        child.emul_path_set.store(
            self.emul_path_set.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
        child
            .brk_end
            .store(self.brk_end.load(Ordering::Relaxed), Ordering::Relaxed);
        if let Some(tables) = self.tables() {
            let copy = Tables::new();
            for (to, from) in copy.signals.iter().zip(&tables.signals) {
                to.flags
                    .store(from.flags.load(Ordering::Relaxed), Ordering::Relaxed);
                to.restorer
                    .store(from.restorer.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            copy.sigbus_stands_in.store(
                tables.sigbus_stands_in.load(Ordering::Relaxed),
                Ordering::Relaxed,
            );
            child
                .tables
                .store(KBox::new_waitok(copy).into_raw(), Ordering::Relaxed);
        }
    }

    /// What execve(2) resets.
    fn reset_for_exec(&self) {
        self.brk_end.store(0, Ordering::Relaxed);
        // SAFETY: exec has ended the other threads.
        unsafe { self.aio.clear() };
        if self.sigbus_stands_in() {
            self.set_sigbus_stands_in(false);
        }
        for s in self.tables().iter().flat_map(|t| &t.signals) {
            s.flags.store(0, Ordering::Relaxed);
            s.restorer.store(0, Ordering::Relaxed);
        }
    }

    fn tables(&self) -> Option<&Tables> {
        // SAFETY: null, or tables that only Drop frees.
        unsafe { self.tables.load(Ordering::Acquire).as_ref() }
    }

    /// The tables, made now if there are none. May sleep.
    fn tables_waitok(&self) -> &Tables {
        if let Some(tables) = self.tables() {
            return tables;
        }
        let new = KBox::new_waitok(Tables::new()).into_raw();
        let stored =
            self.tables
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        let tables = match stored {
            Ok(_) => new,
            Err(theirs) => {
                // SAFETY: another thread was first; nobody has seen ours.
                drop(unsafe { KBox::from_raw(new) });
                theirs
            }
        };
        // SAFETY: stored in `tables`, which only Drop empties.
        unsafe { &*tables }
    }

    /// The Linux `sa_flags` and `sa_restorer` last set for a Linux signal number (1..=64).
    pub fn signal_extra(&self, signal: u32) -> (u64, u64) {
        match self.tables().and_then(|t| t.signal(signal)) {
            Some(s) => (
                s.flags.load(Ordering::Relaxed),
                s.restorer.load(Ordering::Relaxed),
            ),
            None => (0, 0),
        }
    }

    /// Remembers `sa_flags` and `sa_restorer` for a Linux signal number (1..=64). May sleep.
    pub fn set_signal_extra(&self, signal: u32, flags: u64, restorer: u64) {
        if let Some(s) = self.tables_waitok().signal(signal) {
            s.flags.store(flags, Ordering::Relaxed);
            s.restorer.store(restorer, Ordering::Relaxed);
        }
    }

    /// Whether the kernel's SIGBUS handler is that of SIGSEGV.
    pub(crate) fn sigbus_stands_in(&self) -> bool {
        self.tables()
            .is_some_and(|t| t.sigbus_stands_in.load(Ordering::Relaxed))
    }

    /// Remembers it. May sleep.
    pub(crate) fn set_sigbus_stands_in(&self, stands_in: bool) {
        self.tables_waitok()
            .sigbus_stands_in
            .store(stands_in, Ordering::Relaxed);
    }

    /// What hears of the signals of the process `p`, this one's. May sleep.
    ///
    /// # Safety
    /// `p` is the current process, or one that does not run yet; unlocked.
    pub(crate) unsafe fn signal_tap(&self, p: *mut ffi::proc_) -> &Tap {
        let mut tap = self.signal_tap.load(Ordering::Acquire);
        if tap.is_null() {
            let new = Tap::prepare(ffi::NOTE_SIGNAL);
            // SAFETY: caller; the lock also decides between two threads that come here at once.
            unsafe {
                ffi::lrs_PROC_LOCK(p);
                let spare = self.tap_signals(p, new);
                ffi::lrs_PROC_UNLOCK(p);
                drop(spare);
            }
            tap = self.signal_tap.load(Ordering::Acquire);
        }
        // SAFETY: stored in `signal_tap`, which only Drop empties.
        unsafe { &*tap }
    }

    /// Lets `new`, fresh from [`Tap::prepare`], hear of the signals of `p`, this one's; gives it back where
    /// something does already, to be dropped without locks.
    ///
    /// # Safety
    /// `p` is locked.
    pub(crate) unsafe fn tap_signals(
        &self,
        p: *mut ffi::proc_,
        mut new: KBox<Tap>,
    ) -> Option<KBox<Tap>> {
        if !self.signal_tap.load(Ordering::Relaxed).is_null() {
            return Some(new);
        }
        // SAFETY: caller.
        unsafe { new.attach(p) };
        self.signal_tap.store(new.into_raw(), Ordering::Release);
        None
    }

    /// Whether this is the first time the process misses call `code`.
    pub(crate) fn first_miss(&self, code: u32) -> bool {
        let bit = (code as usize).min(MISS_WORDS * 64 - 1);
        match self.tables_waitok().missed.get(bit / 64) {
            Some(word) => {
                let mask = 1u64 << (bit % 64);
                word.fetch_or(mask, Ordering::Relaxed) & mask == 0
            }
            None => false,
        }
    }
}

impl Drop for ProcState {
    fn drop(&mut self) {
        let tables = *self.tables.get_mut();
        if !tables.is_null() {
            // SAFETY: from KBox::into_raw, and the state that shared it is going.
            drop(unsafe { KBox::from_raw(tables) });
        }
        let tap = *self.signal_tap.get_mut();
        if !tap.is_null() {
            // SAFETY: as above.
            drop(unsafe { KBox::from_raw(tap) });
        }
    }
}

unsafe fn thread_state<'a>(td: *mut ffi::thread) -> Option<&'a ThreadState> {
    // SAFETY: emul: td_emuldata is null or a ThreadState (caller keeps td alive).
    unsafe { (*td).td_emuldata.cast::<ThreadState>().as_ref() }
}

unsafe fn proc_state<'a>(p: *mut ffi::proc_) -> Option<&'a ProcState> {
    // SAFETY: emul: p_emuldata is null or a ProcState (caller keeps p alive).
    unsafe { (*p).p_emuldata.cast::<ProcState>().as_ref() }
}

/// Whether the thread is inside execve(2).
///
/// # Safety
/// `td` is current.
pub(crate) unsafe fn in_exec(td: *mut ffi::thread) -> bool {
    // SAFETY: caller.
    unsafe { thread_state(td) }.is_some_and(|t| t.in_exec.get())
}

/// What all processes need.
///
/// # Safety
/// At load, once.
pub(crate) unsafe fn load() {
    // SAFETY: caller.
    unsafe {
        pem::load();
        zone::load();
    }
}

/// Takes it back.
///
/// # Safety
/// At unload, once, when no process is Linux.
pub(crate) unsafe fn unload() {
    limbo::drain();
    // SAFETY: caller; the states that waited are freed.
    unsafe {
        zone::unload();
        pem::unload();
    }
}

/// Gives `p` its state, and `td` in it the first thread's.
///
/// # Safety
/// `p` is current and single-threaded, or does not run yet; it has none. `td` is its thread.
unsafe fn attach_process(p: *mut ffi::proc_, td: *mut ffi::thread, parent: Option<&ProcState>) {
    let state = zone::PROCESSES.alloc(ProcState::new);
    // SAFETY: caller; the place of the first thread's state is free, the whole being new.
    unsafe {
        if let Some(parent) = parent {
            parent.hand_down(&*state);
        }
        let first = (*state).first.get().cast::<ThreadState>();
        first.write(ThreadState::new((*p).p_pid));
        (*td).td_emuldata = first.cast();
        (*p).p_emuldata = state.cast();
    }
}

/// Ends a thread's state that has been unlinked.
///
/// # Safety
/// `state` was `td_emuldata` of a thread of the process with `process`, which is still there.
unsafe fn free_thread(state: *mut ThreadState, process: Option<&ProcState>) {
    // SAFETY: caller: nobody else has it.
    unsafe {
        if process.is_some_and(|p| p.holds(state)) {
            state.drop_in_place();
        } else {
            zone::THREADS.free(state);
        }
    }
}

/// Gives `td` a fresh [`ThreadState`].
unsafe fn attach_thread(td: *mut ffi::thread, tid: i32) {
    let state = zone::THREADS.alloc(|| ThreadState::new(tid));
    // SAFETY: the caller owns td: it is current and single-threaded, or not yet running.
    unsafe { (*td).td_emuldata = state.cast() };
}

/// The process becomes Linux, or a Linux process runs a new Linux image.
///
/// # Safety
/// From `sv_onexec`: `td` is current, its process single-threaded.
pub(crate) unsafe fn on_exec(td: *mut ffi::thread) {
    // SAFETY: caller: current.
    let p = unsafe { (*td).td_proc };
    // SAFETY: caller: current, single-threaded.
    unsafe {
        let pid = (*p).p_pid;
        match (thread_state(td), proc_state(p)) {
            (Some(t), Some(ps)) => {
                t.tid.set(pid);
                t.set_child_tid.set(0);
                t.clear_child_tid.set(0);
                t.robust_list.set(0);
                ps.reset_for_exec();
            }
            _ => {
                attach_process(p, td, None);
                // Threads that exec has suspended still end through sv_thread_detach.
                let mut other = (*p).p_threads.tqh_first;
                while !other.is_null() {
                    if other != td && (*other).td_emuldata.is_null() {
                        attach_thread(other, (*other).td_tid);
                    }
                    other = (*other).td_plist.tqe_next;
                }
            }
        }
    }
}

/// Gives a forked, not yet running child its state, from its parent's.
///
/// # Safety
/// `parent` is current in a Linux process; `child` is the first thread of a
/// process made by fork1 with RFSTOPPED.
pub(crate) unsafe fn on_fork<'a>(
    parent: *mut ffi::thread,
    child: *mut ffi::thread,
) -> &'a ThreadState {
    // SAFETY: caller; the child does not run yet, so its fields are ours.
    unsafe {
        let p2 = (*child).td_proc;
        attach_process(p2, child, proc_state((*parent).td_proc));
        let new = &*(*child).td_emuldata.cast::<ThreadState>();
        if let Some(own) = thread_state(parent) {
            own.hand_down(new, child);
            if new.identity.is_on() {
                new.identity.settle_child(p2);
            }
            if new.seccomp.is_on() || new.identity.is_on() {
                crate::sysvec::confine::process(p2);
            }
        }
        new
    }
}

/// Gives a new, not yet running thread of the same process its state.
///
/// # Safety
/// `newtd` is not yet linked into its process; the current thread makes it.
pub(crate) unsafe fn on_new_thread<'a>(newtd: *mut ffi::thread) -> &'a ThreadState {
    // SAFETY: caller.
    unsafe {
        attach_thread(newtd, (*newtd).td_tid);
        let new = &*(*newtd).td_emuldata.cast::<ThreadState>();
        if let Some(own) = thread_state(ffi::lrs_curthread()) {
            own.hand_down(new, newtd);
            if own.trace.has(linux_abi::ptrace::options::CLONE) {
                ptrace::follow_thread(&own.trace, newtd);
            }
        }
        new
    }
}

/// Whether the process has yet to look up the emulation root that `compat.linux.emul_path`
/// names, as it was set `times` times; from now on it has.
///
/// # Safety
/// `p` is the current process, and Linux.
pub(crate) unsafe fn must_look_up_root(p: *mut ffi::proc_, times: u32) -> bool {
    // SAFETY: caller.
    unsafe { proc_state(p) }
        .is_some_and(|ps| ps.emul_path_set.swap(times, Ordering::Relaxed) != times)
}

/// Frees both states: the process became native by execve, or ended.
///
/// # Safety
/// `td` is current and the only thread of its process.
pub(crate) unsafe fn detach_process(td: *mut ffi::thread) {
    // SAFETY: caller.
    let traces = unsafe { proc_state((*td).td_proc) }
        .is_some_and(|state| state.is_tracer.load(Ordering::Relaxed));
    if traces {
        // SAFETY: caller.
        unsafe { ptrace::detach_all(td) };
    }
    // SAFETY: caller; others look at a thread's state under the lock of its process.
    unsafe { limbo::retire(td) };
}

/// Frees the thread's state.
///
/// # Safety
/// `td` is ending and will not enter Linux code again.
pub(crate) unsafe fn detach_thread(td: *mut ffi::thread) {
    // SAFETY: caller.
    let t = unsafe { core::mem::replace(&mut (*td).td_emuldata, ptr::null_mut()) };
    if !t.is_null() {
        // SAFETY: emul; just unlinked; the state of a process lasts as long as its threads.
        unsafe { free_thread(t.cast(), proc_state((*td).td_proc)) };
    }
}

/// The thread leaves its process: tells who waits for it through memory.
///
/// # Safety
/// `td` is current and still has its user map.
pub(crate) unsafe fn thread_gone(td: *mut ffi::thread) {
    // SAFETY: caller: current.
    let Some(state) = (unsafe { thread_state(td) }) else {
        return;
    };
    // SAFETY: caller.
    unsafe {
        identity::thread_gone(td);
        ptrace::thread_ended(td, state, 0);
    }
    let clear = state.clear_child_tid.replace(0);
    let robust = state.robust_list.replace(0);
    let tid = state.tid.get();
    // SAFETY: caller: td is current, with its user map.
    unsafe { crate::futex::release_robust(td, robust, tid) };
    // Linux leaves the word of a task that has its memory alone (mm_release).
    // SAFETY: td is current.
    if clear != 0 && unsafe { ffi::lrs_shares_memory(td) } {
        // SAFETY: kernel copy.
        let stored = unsafe { ffi::suword32(clear as *mut _, 0) } == 0;
        if stored {
            // SAFETY: as above.
            unsafe { crate::futex::wake_raw(td, clear, 1) };
        }
    }
    // SAFETY: td is current; drops what is left of priority-inheritance mutexes.
    unsafe { ffi::umtx_thread_exit(td) };
}
