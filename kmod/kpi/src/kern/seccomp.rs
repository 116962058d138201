// SPDX-License-Identifier: BSD-2-Clause
//! Filters on system calls: none of FreeBSD's, so these are ours.
//!
//! A thread has a chain of filters, or strict mode, or neither. A process in which a thread has
//! one runs on a second system vector, which differs in sv_fetch_syscall_args alone
//! (`sysvec::confine`): there every call goes through [`judge`] first. So who has no filter pays
//! nothing at all.
//!
//! Chains share their tails and are counted. A thread puts filters on its own chain, and
//! SECCOMP_FILTER_FLAG_TSYNC puts them on those of others, under PROC_LOCK: the new chain contains
//! the one it takes the place of, so a thread may go on walking the old one without a lock.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use linux_abi::ptrace::Event;
use linux_abi::seccomp::{
    self, ALLOW, Action, AnyArguments, Data, FILTER_PENALTY, FilterFlags, MODE_DISABLED,
    MODE_FILTER, MODE_STRICT, MOST_INSTRUCTIONS, SYS_SECCOMP, bpf, l_sock_filter, rank,
};

use super::listener::{self, Listener, Outcome};
use super::{control, process, ptrace};
use crate::emul::{ProcState, ThreadState};
use crate::file::Reserved;
use crate::mem::{KBox, KSlice};
use crate::sysvec::{confine, table};
use crate::{Cx, Errno, Result};

const WORDS: usize = table::ROWS.div_ceil(64);
const SIGSYS: c_int = ffi::SIGSYS as c_int;
const SIGKILL: c_int = ffi::SIGKILL as c_int;

/// One filter, and with it those that were installed before.
struct Filter {
    references: AtomicU32,
    previous: *mut Filter,
    program: KSlice<l_sock_filter>,
    /// What the chain counts of [`MOST_INSTRUCTIONS`].
    total: u32,
    /// SECCOMP_FILTER_FLAG_LOG.
    log: bool,
    /// Who is asked, or null (SECCOMP_FILTER_FLAG_NEW_LISTENER).
    listener: *mut Listener,
    /// The calls that the whole chain allows whatever their arguments are: one bit each.
    allowed: [u64; WORDS],
}

impl Filter {
    #[inline]
    fn allows(&self, code: u32) -> bool {
        let word = self.allowed.get((code / 64) as usize).copied();
        word.unwrap_or(0) >> (code % 64) & 1 != 0
    }

    /// Finds out what is allowed by the number alone.
    fn learn(&mut self) {
        // SAFETY: null or a filter that this one's reference keeps.
        let previous = unsafe { self.previous.as_ref() };
        for code in 0..table::ROWS as u32 {
            let free = previous.is_none_or(|filter| filter.allows(code))
                && bpf::run(&self.program, &AnyArguments(code))
                    .is_some_and(|verdict| Action::of(verdict) == Action::Allow);
            if free && let Some(word) = self.allowed.get_mut((code / 64) as usize) {
                *word |= 1 << (code % 64);
            }
        }
    }
}

/// One more reference to a chain.
unsafe fn share(head: *mut Filter) -> *mut Filter {
    // SAFETY: caller: null, or kept by a reference of its own.
    if let Some(filter) = unsafe { head.as_ref() } {
        filter.references.fetch_add(1, Ordering::Relaxed);
    }
    head
}

/// One less; frees the filters that nobody has any more.
unsafe fn release(mut head: *mut Filter) {
    // SAFETY: caller: the reference is given up; the last one leaves nobody else.
    unsafe {
        while let Some(filter) = head.as_ref() {
            if filter.references.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            core::sync::atomic::fence(Ordering::Acquire);
            let filter = KBox::from_raw(head);
            head = filter.previous;
            if !filter.listener.is_null() {
                Listener::filter_gone(filter.listener);
            }
        }
    }
}

/// Whether a filter of a chain has a listener.
unsafe fn is_heard(mut at: *mut Filter) -> bool {
    // SAFETY: caller: the chain is kept.
    while let Some(filter) = unsafe { at.as_ref() } {
        if !filter.listener.is_null() {
            return true;
        }
        at = filter.previous;
    }
    false
}

/// A listener that no filter has yet, and the number for its descriptor.
struct Fresh {
    listener: *mut Listener,
    reserved: Option<Reserved>,
}

impl Fresh {
    fn new(cx: &mut Cx<'_>) -> Result<Fresh> {
        let reserved = Some(Reserved::new(cx, true)?);
        Ok(Fresh {
            listener: Listener::new(),
            reserved,
        })
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if self.reserved.is_some() {
            // SAFETY: nobody has it; both references are given up.
            unsafe { Listener::discard(self.listener) };
        }
    }
}

/// Whether the chain `old` is a part of `new`.
unsafe fn contains(new: *mut Filter, old: *mut Filter) -> bool {
    let mut at = new;
    // SAFETY: caller: both chains are kept.
    unsafe {
        while at != old {
            match at.as_ref() {
                Some(filter) => at = filter.previous,
                None => return false,
            }
        }
    }
    true
}

/// What confines a thread.
pub(crate) struct Seccomp {
    head: AtomicPtr<Filter>,
    strict: AtomicBool,
}

impl Seccomp {
    pub(crate) const fn new() -> Seccomp {
        Seccomp {
            head: AtomicPtr::new(ptr::null_mut()),
            strict: AtomicBool::new(false),
        }
    }

    /// Whether there is anything.
    pub(crate) fn is_on(&self) -> bool {
        self.strict.load(Ordering::Relaxed) || !self.head.load(Ordering::Relaxed).is_null()
    }

    /// What a child, thread or process, that does not run yet takes over.
    pub(crate) fn hand_down(&self, child: &Seccomp) {
        // SAFETY: the caller's own chain, or null.
        let head = unsafe { share(self.head.load(Ordering::Acquire)) };
        child.head.store(head, Ordering::Release);
        child
            .strict
            .store(self.strict.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Puts `new` in the place of a chain that it contains.
    unsafe fn replace(&self, new: *mut Filter) {
        // SAFETY: caller: `new` is kept; what it contains stays when this reference goes.
        unsafe { release(self.head.swap(share(new), Ordering::AcqRel)) };
    }
}

impl Drop for Seccomp {
    fn drop(&mut self) {
        // SAFETY: the thread's own reference; it is gone.
        unsafe { release(*self.head.get_mut()) };
    }
}

/// The chain that all threads of a process got last (SECCOMP_FILTER_FLAG_TSYNC), for a thread that
/// was being made meanwhile. Changed under PROC_LOCK.
pub(crate) struct Synced(AtomicPtr<Filter>);

impl Synced {
    pub(crate) const fn new() -> Synced {
        Synced(AtomicPtr::new(ptr::null_mut()))
    }
}

impl Drop for Synced {
    fn drop(&mut self) {
        // SAFETY: the process's own reference; it is gone.
        unsafe { release(*self.0.get_mut()) };
    }
}

/// A new thread takes over what its process got while it was made.
///
/// # Safety
/// `td` is current, in its first moments, and `state` its own.
pub(crate) unsafe fn catch_up(td: *mut ffi::thread, state: &ThreadState) {
    // SAFETY: caller; emul.
    unsafe {
        let p = (*td).td_proc;
        let Some(process) = (*p).p_emuldata.cast::<ProcState>().as_ref() else {
            return;
        };
        if process.synced.0.load(Ordering::Acquire).is_null() {
            return;
        }
        ffi::lrs_PROC_LOCK(p);
        let new = process.synced.0.load(Ordering::Relaxed);
        let own = state.seccomp.head.load(Ordering::Relaxed);
        if own != new && contains(new, own) {
            state.seccomp.replace(new);
        }
        ffi::lrs_PROC_UNLOCK(p);
    }
}

/// The caller's mode, SECCOMP_MODE_*.
pub fn mode(cx: &Cx<'_>) -> i32 {
    let seccomp = &cx.thread_state().seccomp;
    if seccomp.strict.load(Ordering::Relaxed) {
        MODE_STRICT
    } else if seccomp.is_on() {
        MODE_FILTER
    } else {
        MODE_DISABLED
    }
}

/// Strict mode, for good. EINVAL where there is a filter.
pub fn set_strict(cx: &mut Cx<'_>) -> Result<()> {
    if mode(cx) == MODE_FILTER {
        return Err(Errno::EINVAL.into());
    }
    cx.thread_state()
        .seccomp
        .strict
        .store(true, Ordering::Relaxed);
    // SAFETY: current.
    unsafe { confine::process(cx.proc_ptr()) };
    Ok(())
}

/// Puts a program on the caller's chain; 0, the descriptor of its listener, or the id of a thread that
/// cannot have it. EBUSY where there is a listener already, EMFILE; EINVAL for
/// a program Linux does not take and in strict mode, EACCES where the caller could gain privileges
/// by it, ENOMEM for too many, ESRCH for that thread, if it is asked so.
pub fn add_filter(
    cx: &mut Cx<'_>,
    program: KSlice<l_sock_filter>,
    flags: FilterFlags,
) -> Result<i32> {
    if !control::no_new_privs(cx)? && !super::cred::is_administrator(cx) {
        return Err(Errno::EACCES.into());
    }
    let mut scratch = KSlice::<u16>::zeroed(cx, program.len())?;
    bpf::check(&program, &mut scratch)?;
    drop(scratch);
    if mode(cx) == MODE_STRICT {
        return Err(Errno::EINVAL.into());
    }
    let mut fresh = if flags.listener {
        Some(Fresh::new(cx)?)
    } else {
        None
    };
    // CAST: at most bpf::MOST.
    let own = program.len() as u32 + FILTER_PENALTY;
    let mut filter = KBox::new_waitok(Filter {
        references: AtomicU32::new(1),
        previous: ptr::null_mut(),
        program,
        total: own,
        log: flags.log,
        listener: fresh
            .as_ref()
            .map_or(ptr::null_mut(), |fresh| fresh.listener),
        allowed: [0; WORDS],
    });
    let seccomp = &cx.thread_state().seccomp;
    let p = cx.proc_ptr();
    loop {
        // SAFETY: the caller's own chain, which only grows while it runs here.
        let head = unsafe { share(seccomp.head.load(Ordering::Acquire)) };
        filter.previous = head;
        filter.allowed = [0; WORDS];
        // SAFETY: as above.
        if fresh.is_some() && unsafe { is_heard(head) } {
            // SAFETY: the reference taken above.
            unsafe { release(head) };
            return Err(Errno::EBUSY.into());
        }
        // SAFETY: as above.
        let before = unsafe { head.as_ref() }.map_or(0, |previous| previous.total);
        filter.total = before + own;
        if filter.total > MOST_INSTRUCTIONS {
            // SAFETY: the reference taken above.
            unsafe { release(head) };
            return Err(Errno::ENOMEM.into());
        }
        filter.learn();
        // SAFETY: current.
        unsafe { ffi::lrs_PROC_LOCK(p) };
        if seccomp.head.load(Ordering::Relaxed) == head {
            break;
        }
        // Another thread was first (TSYNC).
        // SAFETY: as above; the chain stays, as the thread has a longer one now.
        unsafe {
            ffi::lrs_PROC_UNLOCK(p);
            release(head);
        }
    }
    // SAFETY: locked, from the loop; every chain is kept by its thread, and states by the lock.
    unsafe {
        let blocking = if flags.tsync {
            misfit(cx, filter.previous)
        } else {
            None
        };
        if let Some(tid) = blocking {
            ffi::lrs_PROC_UNLOCK(p);
            release(filter.previous);
            return if flags.tsync_esrch {
                Err(Errno::ESRCH.into())
            } else {
                Ok(tid)
            };
        }
        // The reference of the chain goes over to the filter.
        let old = seccomp.head.load(Ordering::Relaxed);
        let new = filter.into_raw();
        seccomp.head.store(new, Ordering::Release);
        if flags.tsync {
            sync(cx, new);
        }
        confine::process(p);
        ffi::lrs_PROC_UNLOCK(p);
        // The thread's own one; the filter has another.
        release(old);
    }
    match fresh
        .as_mut()
        .and_then(|fresh| Some((fresh.listener, fresh.reserved.take()?)))
    {
        Some((listener, reserved)) => Ok(listener::open(reserved, listener)),
        None => Ok(0),
    }
}

/// The threads of the caller's process but itself, with their states.
///
/// # Safety
/// The process is locked for as long as this is used.
unsafe fn others<'a>(cx: &Cx<'_>) -> impl Iterator<Item = &'a ThreadState> {
    let own = cx.td();
    // SAFETY: caller; emul.
    unsafe {
        ptrace::Threads::of(cx.proc_ptr())
            .filter(move |td| *td != own)
            .filter_map(|td| (*td).td_emuldata.cast::<ThreadState>().as_ref())
    }
}

/// A thread whose chain is not part of the caller's.
unsafe fn misfit(cx: &Cx<'_>, chain: *mut Filter) -> Option<i32> {
    // SAFETY: caller: locked.
    unsafe {
        others(cx)
            .find(|state| {
                state.seccomp.strict.load(Ordering::Relaxed)
                    || !contains(chain, state.seccomp.head.load(Ordering::Relaxed))
            })
            .map(|state| state.tid.get())
    }
}

/// Gives all threads the caller's chain.
unsafe fn sync(cx: &Cx<'_>, chain: *mut Filter) {
    // SAFETY: caller: locked, and every chain is a part of this one.
    unsafe {
        for state in others(cx) {
            state.seccomp.replace(chain);
        }
        let old = cx
            .proc_state()
            .synced
            .0
            .swap(share(chain), Ordering::AcqRel);
        release(old);
    }
}

/// The verdict of a chain on a call, and whose it is; None where all allow it.
unsafe fn verdict<'a>(head: *mut Filter, data: &Data) -> (u32, Option<&'a Filter>) {
    let (mut lowest, mut whose) = (ALLOW, None);
    let mut at = head;
    // SAFETY: caller: kept by its thread.
    while let Some(filter) = unsafe { at.as_ref() } {
        let verdict = bpf::run(&filter.program, data).unwrap_or(0);
        if rank(verdict) < rank(lowest) {
            (lowest, whose) = (verdict, Some(filter));
        }
        at = filter.previous;
    }
    (lowest, whose)
}

/// The call of a thread in a process that is confined: made, or what the filters say instead.
///
/// # Safety
/// From sy_call, with the current thread.
#[inline]
pub(crate) unsafe fn judge(td: *mut ffi::thread, uap: *mut core::ffi::c_void) -> c_int {
    // SAFETY: caller; emul.
    unsafe {
        let state = &*(*td).td_emuldata.cast::<ThreadState>();
        let seccomp = &state.seccomp;
        let code = (*td).td_sa.code;
        let head = seccomp.head.load(Ordering::Acquire);
        let free = match head.as_ref() {
            Some(filter) => filter.allows(code),
            None if seccomp.strict.load(Ordering::Relaxed) => seccomp::strict_allows(code),
            None => true,
        };
        let fate = if free { Fate::Make } else { act(td, head) };
        match fate {
            Fate::Make => confine::call(td, state, uap),
            Fate::Answered => ffi::EJUSTRETURN,
            Fate::Interrupted(error) => error,
        }
    }
}

/// What becomes of a call.
enum Fate {
    /// It is made.
    Make,
    /// It is not; the registers say what it gives.
    Answered,
    /// A signal came while somebody was asked: ERESTART or EINTR.
    Interrupted(c_int),
}

/// Does what the filters say.
#[inline(never)]
unsafe fn act(td: *mut ffi::thread, head: *mut Filter) -> Fate {
    let mut asked = false;
    // SAFETY: caller: current; emul.
    unsafe {
        if head.is_null() {
            // Strict mode: SIGKILL for the thread.
            log(td, "killed", (*td).td_sa.code);
            kill_thread(td, SIGKILL);
        }
        loop {
            let code = (*td).td_sa.code;
            let frame = (*td).td_frame;
            let args = (*td).td_sa.args.map(i64::cast_unsigned);
            let data = Data::new(code, (*frame).tf_rip.cast_unsigned(), first_six(&args));
            let (verdict, whose) = verdict(head, &data);
            let wants_log = whose.is_some_and(|filter| filter.log);
            let action = Action::of(verdict);
            if wants_log && action != Action::Allow {
                log(td, "filtered", code);
            }
            match action {
                Action::Allow => return Fate::Make,
                Action::Log => {
                    log(td, "made", code);
                    return Fate::Make;
                }
                Action::Errno(errno) => {
                    (*frame).tf_rax = -i64::from(errno);
                    return Fate::Answered;
                }
                Action::Trap(number) => {
                    trap(td, code, number);
                    return Fate::Answered;
                }
                Action::Trace(_) if asked => return Fate::Make,
                Action::Trace(number) if ptrace::wants(&Cx::new(td), Event::Seccomp) => {
                    asked = true;
                    if !ask_tracer(td, number) {
                        return Fate::Answered;
                    }
                }
                Action::UserNotif => {
                    let listener = whose.and_then(|filter| filter.listener.as_ref());
                    let outcome = listener.map(|listener| listener::ask(td, listener, data));
                    match outcome.unwrap_or(Outcome::Answer(-ENOSYS)) {
                        Outcome::Make => return Fate::Make,
                        Outcome::Interrupted(error) => return Fate::Interrupted(error),
                        Outcome::Answer(value) => {
                            (*frame).tf_rax = value;
                            return Fate::Answered;
                        }
                    }
                }
                Action::Trace(_) => {
                    (*frame).tf_rax = -ENOSYS;
                    return Fate::Answered;
                }
                Action::KillThread => {
                    log(td, "killed", code);
                    siginfo(td, code, 0);
                    kill_thread(td, SIGSYS);
                }
                Action::KillProcess => {
                    log(td, "killed", code);
                    siginfo(td, code, 0);
                    kill_process(td, SIGSYS);
                }
            }
        }
    }
}

/// Linux's number.
const ENOSYS: i64 = 38;

fn first_six(args: &[u64]) -> &[u64; 6] {
    args.first_chunk().unwrap_or(&[0; 6])
}

unsafe fn log(td: *mut ffi::thread, what: &str, code: u32) {
    // SAFETY: caller: current.
    let cx = unsafe { Cx::new(td) };
    let name = table::name(code).unwrap_or("a number without call");
    crate::log::process(&cx, format_args!("seccomp: {name} ({code}) {what}"));
}

/// Fills in what tells of the call.
unsafe fn describe(td: *mut ffi::thread, info: &mut ffi::siginfo_t, code: u32, number: u16) {
    // SAFETY: caller: current; the union's members are plain data.
    unsafe {
        info.si_signo = SIGSYS;
        info.si_errno = number.into();
        info.si_code = SYS_SECCOMP;
        info.si_addr = (*(*td).td_frame).tf_rip as *mut _;
        info._reason._capsicum._syscall = code.cast_signed();
    }
}

/// Leaves it where a core dump looks for it.
unsafe fn siginfo(td: *mut ffi::thread, code: u32, number: u16) {
    // SAFETY: caller: current; plain data.
    unsafe {
        let mut info: ffi::siginfo_t = core::mem::zeroed();
        describe(td, &mut info, code, number);
        (*td).td_si = info;
    }
}

/// SIGSYS, to be handled where the call was made; the call itself is not. Its number stays in rax.
unsafe fn trap(td: *mut ffi::thread, code: u32, number: u16) {
    // SAFETY: caller: current, without locks; zeroed is what ksiginfo_init makes.
    unsafe {
        let mut info: ffi::ksiginfo = core::mem::zeroed();
        info.ksi_flags = ffi::KSI_TRAP as c_int;
        describe(td, &mut info.ksi_info, code, number);
        ffi::trapsignal(td, &raw mut info);
    }
}

unsafe fn kill_process(td: *mut ffi::thread, signal: c_int) -> ! {
    // SAFETY: caller: current, without locks.
    unsafe {
        ffi::lrs_PROC_LOCK((*td).td_proc);
        ffi::sigexit(td, signal);
    }
}

unsafe fn kill_thread(td: *mut ffi::thread, signal: c_int) -> ! {
    // SAFETY: caller: current, without locks.
    unsafe {
        let mut cx = Cx::new(td);
        if super::remote::threads(&cx) <= 1 {
            kill_process(td, signal);
        }
        match process::thread_exit(&mut cx, signal) {
            Ok(never) => match never {},
            // It was the last one after all.
            Err(_) => kill_process(td, signal),
        }
    }
}

/// Ends a confined process that has become one of FreeBSD's, whose calls no filter sees.
pub(crate) fn kill_escaped(cx: &Cx<'_>) -> ! {
    // SAFETY: current, without locks.
    unsafe { kill_process(cx.td(), SIGKILL) }
}

/// Stops for the tracer, who may change the call; whether one is to be made.
unsafe fn ask_tracer(td: *mut ffi::thread, number: u16) -> bool {
    // SAFETY: caller: current, without locks.
    unsafe {
        let cx = Cx::new(td);
        ptrace::stop_for(&cx, Event::Seccomp, number.into());
        if confine::fetch_again(td) {
            // No call: the tracer has set what it gives.
            if (*td).td_sa.code == u32::MAX {
                (*(*td).td_frame).tf_rax = cx.thread_state().trace.skipped.get().cast_signed();
                return false;
            }
        }
        true
    }
}
