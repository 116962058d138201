// SPDX-License-Identifier: BSD-2-Clause
//! The thread context every system call runs in.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::emul::{ProcState, ThreadState};

/// The current thread, inside one system call or hook.
///
/// Holding `&mut Cx` is the right to sleep, to fault on user memory and to
/// return to user mode; guards of locks under which that is forbidden borrow the
/// `Cx` shared, so the borrow checker keeps the two apart.
pub struct Cx<'td> {
    td: NonNull<ffi::thread>,
    _thread: PhantomData<&'td mut ffi::thread>,
}

impl<'td> Cx<'td> {
    /// Wraps the current thread.
    ///
    /// # Safety
    /// `td` is `curthread`, of a live process, for the whole of `'td`, and no
    /// other `Cx` for it is in use.
    pub unsafe fn new(td: *mut ffi::thread) -> Self {
        Cx {
            // SAFETY: curthread is never null (caller).
            td: unsafe { NonNull::new_unchecked(td) },
            _thread: PhantomData,
        }
    }

    /// The kernel's name for this thread, for calls in this crate only.
    #[inline]
    pub(crate) fn td(&self) -> *mut ffi::thread {
        self.td.as_ptr()
    }

    #[inline]
    pub(crate) fn proc_ptr(&self) -> *mut ffi::proc_ {
        // SAFETY: current.
        unsafe { (*self.td()).td_proc }
    }

    /// The process id, getpid(2).
    #[inline]
    pub fn pid(&self) -> i32 {
        // SAFETY: current; p_pid never changes (field key b).
        unsafe { (*self.proc_ptr()).p_pid }
    }

    /// The Linux thread id: the process id in the initial thread, FreeBSD's
    /// unique thread id in the others.
    #[inline]
    pub fn tid(&self) -> i32 {
        self.thread_state().tid.get()
    }

    /// This thread's Linux state.
    #[inline]
    pub fn thread_state(&self) -> &ThreadState {
        // SAFETY: emul; a system call only runs in a Linux thread.
        unsafe { &*(*self.td()).td_emuldata.cast::<ThreadState>() }
    }

    /// This process's Linux state.
    #[inline]
    pub fn proc_state(&self) -> &ProcState {
        // SAFETY: emul; a system call only runs in a Linux process.
        unsafe { &*(*self.proc_ptr()).p_emuldata.cast::<ProcState>() }
    }

    /// The second and first word a native call left in `td_retval`.
    #[inline]
    pub(crate) fn retval(&self) -> u64 {
        // SAFETY: current; td_retval belongs to the running thread.
        unsafe { (*self.td()).td_uretoff.tdu_retval[0].cast_unsigned() }
    }

    /// What a native call finds there.
    pub(crate) fn set_retval(&self, value: i64) {
        // SAFETY: current; td_retval belongs to the running thread.
        unsafe { (*self.td()).td_uretoff.tdu_retval[0] = value };
    }

    /// The name the process shows in ps(1), p_comm.
    pub fn command(&self) -> [u8; ffi::MAXCOMLEN as usize + 1] {
        // SAFETY: current; p_comm is always NUL-terminated and read without a lock elsewhere too.
        let comm = unsafe { (*self.proc_ptr()).p_comm };
        let mut out = [0; ffi::MAXCOMLEN as usize + 1];
        for (o, c) in out.iter_mut().zip(comm) {
            *o = c.cast_unsigned();
        }
        out
    }
}
