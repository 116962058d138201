// SPDX-License-Identifier: BSD-2-Clause
//! What the three parts of System V IPC have in common: sysv_ipc.c.

use core::ptr::NonNull;

use linux_abi::ipc::{BsdPerm, Owner};

use crate::{Errno, Fail};

/// An array that one of kern_get_sema(), kern_get_shmsegs(), kern_get_msqids() has made. Freed on drop.
pub(super) struct List<T> {
    first: Option<NonNull<T>>,
    count: usize,
}

impl<T> List<T> {
    /// # Safety
    /// `first` is an array of `count` initialized elements from malloc(9) of M_TEMP, or null.
    pub(super) unsafe fn own(first: *mut T, count: usize) -> Self {
        List {
            first: NonNull::new(first),
            count,
        }
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, T> {
        match self.first {
            // SAFETY: `own` has been told so.
            Some(first) => unsafe {
                core::slice::from_raw_parts(first.as_ptr(), self.count).iter()
            },
            None => [].iter(),
        }
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        if let Some(first) = self.first {
            // SAFETY: from malloc(9) of M_TEMP.
            unsafe { ffi::free(first.as_ptr().cast(), (&raw mut ffi::M_TEMP).cast()) }
        }
    }
}

pub(super) fn to_perm(perm: &ffi::ipc_perm) -> BsdPerm {
    BsdPerm {
        key: perm.key,
        cuid: perm.cuid,
        cgid: perm.cgid,
        uid: perm.uid,
        gid: perm.gid,
        mode: perm.mode,
        seq: perm.seq,
    }
}

/// What IPC_SET reads of it.
pub(super) fn with_owner(perm: &mut ffi::ipc_perm, owner: &Owner) {
    perm.uid = owner.uid;
    perm.gid = owner.gid;
    perm.mode = owner.mode;
}

/// Who is not the owner may neither remove nor change: ipcperm() has one errno for all.
pub(super) fn not_owner(fail: Fail) -> Fail {
    if fail == Errno::EACCES.into() {
        Errno::EPERM.into()
    } else {
        fail
    }
}
