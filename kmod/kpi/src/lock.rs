// SPDX-License-Identifier: BSD-2-Clause
//! Lock guards. Order: proctree_lock, then PROC_LOCK, then ps_mtx, then thread lock;
//! none is held over a copy or a sleep, which need `&mut Cx` while a guard borrows it.

use core::marker::PhantomData;

use crate::Cx;

/// PROC_LOCK of the current process, until dropped.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct ProcGuard<'a, 'td> {
    cx: &'a Cx<'td>,
    _not_send: PhantomData<*mut ()>,
}

impl<'a, 'td> ProcGuard<'a, 'td> {
    /// Takes PROC_LOCK.
    pub fn new(cx: &'a Cx<'td>) -> Self {
        // SAFETY: current: the process is live and its p_mtx initialised.
        unsafe { ffi::lrs_PROC_LOCK(cx.proc_ptr()) };
        ProcGuard {
            cx,
            _not_send: PhantomData,
        }
    }
}

impl Drop for ProcGuard<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: taken in `new`, by this thread.
        unsafe { ffi::lrs_PROC_UNLOCK(self.cx.proc_ptr()) };
    }
}
