// SPDX-License-Identifier: BSD-2-Clause
//! Finding threads by their Linux id.

use core::marker::PhantomData;
use core::ptr;

use linux_abi::signal::BsdSignal;

use crate::emul::ThreadState;
use crate::{Cx, Errno, Result, check};

/// Thread ids start above the largest process id (PID_MAX of sys/proc.h).
const PID_MAX: i32 = ffi::PID_MAX as i32;

/// A thread, with PROC_LOCK of its process held until dropped.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct LockedThread<'a, 'td> {
    td: *mut ffi::thread,
    _cx: PhantomData<&'a Cx<'td>>,
}

impl<'a, 'td> LockedThread<'a, 'td> {
    /// The thread `tid`, 0 being the caller. ESRCH where there is none the caller may see.
    pub fn find(cx: &'a Cx<'td>, tid: i32) -> Result<Self> {
        let own = tid == 0 || tid == cx.tid();
        // SAFETY: current; the lookups give a thread whose process is locked, or null.
        let td = unsafe {
            if own {
                ffi::lrs_PROC_LOCK(cx.proc_ptr());
                cx.td()
            } else if tid > PID_MAX {
                ffi::tdfind(tid, -1)
            } else {
                main_thread(tid)
            }
        };
        if td.is_null() {
            return Err(Errno::ESRCH.into());
        }
        let found = LockedThread {
            td,
            _cx: PhantomData,
        };
        // SAFETY: the guard holds the lock.
        let visible = own || unsafe { ffi::p_cansee(cx.td(), found.process()) } == 0;
        let named = found
            .linux_state()
            .is_none_or(|s| tid == 0 || s.tid.get() == tid);
        if visible && named {
            Ok(found)
        } else {
            Err(Errno::ESRCH.into())
        }
    }

    pub(crate) fn linux_state(&self) -> Option<&ThreadState> {
        // SAFETY: emul; thread states are freed by threads that have left their process or hold its lock.
        unsafe { (*self.td).td_emuldata.cast::<ThreadState>().as_ref() }
    }

    pub(crate) fn thread(&self) -> *mut ffi::thread {
        self.td
    }

    pub(crate) fn process(&self) -> *mut ffi::proc_ {
        // SAFETY: a live thread belongs to a process.
        unsafe { (*self.td).td_proc }
    }

    /// The id of its process.
    pub fn pid(&self) -> i32 {
        // SAFETY: as above; p_pid never changes.
        unsafe { (*self.process()).p_pid }
    }

    /// FreeBSD's id of the thread.
    pub fn kernel_tid(&self) -> i32 {
        // SAFETY: td_tid never changes.
        unsafe { (*self.td).td_tid }
    }

    /// Where its robust futex list starts, or 0; EPERM if the caller may not look into it.
    pub fn robust_list(&self, cx: &Cx<'_>) -> Result<u64> {
        if self.thread() != cx.td() {
            // SAFETY: the process is locked.
            let denied = unsafe { ffi::p_candebug(cx.td(), self.process()) } != 0;
            if denied {
                return Err(Errno::EPERM.into());
            }
        }
        Ok(self.linux_state().map_or(0, |s| s.robust_list.get()))
    }

    /// tgkill(2): sends a signal to this thread; `None` only asks whether it could be sent. EPERM.
    pub fn signal(&self, cx: &Cx<'_>, signal: Option<BsdSignal>) -> Result<()> {
        let number = signal.map_or(0, BsdSignal::number);
        // SAFETY: the process is locked; a zeroed ksiginfo is what ksiginfo_init makes but for
        // KSI_ flags, none; tdsendsignal copies it.
        unsafe {
            check(ffi::p_cansignal(cx.td(), self.process(), number))?;
            if number != 0 {
                let mut info: ffi::ksiginfo = core::mem::zeroed();
                info.ksi_info.si_signo = number;
                info.ksi_info.si_code = ffi::SI_LWP as i32;
                info.ksi_info.si_pid = cx.pid();
                info.ksi_info.si_uid = (*(*cx.td()).td_ucred).cr_ruid;
                ffi::tdsendsignal(self.process(), self.td, number, &raw mut info);
            }
        }
        Ok(())
    }
}

impl Drop for LockedThread<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: taken in `find`, by this thread.
        unsafe { ffi::lrs_PROC_UNLOCK(self.process()) };
    }
}

/// The thread of process `pid` that has the process's id, the process locked; or null.
unsafe fn main_thread(pid: i32) -> *mut ffi::thread {
    // SAFETY: pfind locks what it finds; p_threads does not change under that lock.
    unsafe {
        let p = ffi::pfind(pid);
        if p.is_null() {
            return ptr::null_mut();
        }
        let first = (*p).p_threads.tqh_first;
        let mut td = first;
        while !td.is_null() {
            match (*td).td_emuldata.cast::<ThreadState>().as_ref() {
                Some(state) if state.tid.get() != pid => td = (*td).td_plist.tqe_next,
                _ => return td,
            }
        }
        // The first thread has ended, the process goes on. Linux keeps its id alive.
        if first.is_null() {
            ffi::lrs_PROC_UNLOCK(p);
        }
        first
    }
}
