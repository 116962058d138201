// SPDX-License-Identifier: BSD-2-Clause
//! Other processes: their memory (sys_process.c), what two of them share.

use core::cmp::Ordering;
use core::ffi::c_int;

use linux_abi::fd::Fd;

use super::pidfd::{Held, Pidfd};
use crate::{Cx, Errno, Result, UserAddr, check, file};

/// A process that the caller may look into, held against its end.
pub struct Remote(Held);

/// One thing that two processes may share.
#[derive(Clone, Copy)]
pub enum Shared {
    /// The memory.
    Memory,
    /// The table of descriptors.
    Descriptors,
    /// Working folder, root and umask.
    Folders,
    /// The actions of signals.
    Handlers,
}

impl Remote {
    /// Lets `use_it` have the process of this pid or thread id. ESRCH, EPERM.
    pub fn with<R>(
        cx: &mut Cx<'_>,
        pid: i32,
        use_it: impl FnOnce(&mut Cx<'_>, &Self) -> Result<R>,
    ) -> Result<R> {
        let mut p = core::ptr::null_mut();
        // SAFETY: pget stores a process it holds, unlocked, unless it fails.
        check(unsafe { ffi::pget(pid, ffi::PGET_WANTREAD as c_int, &raw mut p) })?;
        use_it(cx, &Remote(Held::new(p)))
    }

    /// The same with the process of a pidfd. EBADF, ESRCH, EPERM.
    pub fn with_pidfd<R>(
        cx: &mut Cx<'_>,
        fd: Fd,
        use_it: impl FnOnce(&mut Cx<'_>, &Self) -> Result<R>,
    ) -> Result<R> {
        file::with::<Pidfd, _>(cx, fd, |cx, pidfd| {
            let remote = Remote(pidfd.hold(cx)?);
            use_it(cx, &remote)
        })
    }

    fn map(&self) -> *mut ffi::vm_map {
        // SAFETY: a held process keeps its vmspace.
        unsafe { &raw mut (*(*self.0.as_ptr()).p_vmspace).vm_map }
    }

    /// Whether every page of a range allows the access. FreeBSD's own function for debuggers
    /// writes to read-only memory as well.
    fn allows(&self, address: u64, len: u64, write: bool) -> bool {
        let Some(end) = address.checked_add(len) else {
            return false;
        };
        let access = if write {
            ffi::PROT_WRITE
        } else {
            ffi::PROT_READ
        };
        // SAFETY: the map lives as long as the process is held; its lock is taken around the look.
        unsafe {
            let map = self.map();
            ffi::lrs_vm_map_lock_read(map);
            let page = u64::from(ffi::PAGE_SIZE);
            let start = address & !(page - 1);
            let end = end.checked_next_multiple_of(page).unwrap_or(u64::MAX);
            let allowed = ffi::vm_map_check_protection(map, start, end, access as ffi::vm_prot_t);
            ffi::lrs_vm_map_unlock_read(map);
            allowed != 0
        }
    }

    /// Moves up to `len` bytes within one page of the process, from or to the caller's memory.
    /// EFAULT on either side.
    pub fn transfer(
        &self,
        cx: &mut Cx<'_>,
        local: UserAddr,
        remote: u64,
        len: usize,
        write: bool,
    ) -> Result<()> {
        if !self.allows(remote, len as u64, write) {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: current; the process is held, and the local address one of the user's, which the
        // copy checks.
        check(unsafe {
            ffi::lrs_move_memory(cx.td(), self.0.as_ptr(), local.as_ptr(), remote, len, write)
        })
    }

    /// What Linux's madvise(2) means to pages of another: FreeBSD's advice. ENOMEM for a hole.
    pub fn advise(&self, _cx: &mut Cx<'_>, start: u64, end: u64, advice: i32) -> Result<()> {
        // SAFETY: the map lives as long as the process is held, and locks itself.
        unsafe {
            let map = self.map();
            ffi::lrs_vm_map_lock_read(map);
            let mapped = ffi::vm_map_check_protection(map, start, end, 0) != 0;
            ffi::lrs_vm_map_unlock_read(map);
            if !mapped {
                return Err(Errno::ENOMEM.into());
            }
            check(ffi::vm_map_madvise(map, start, end, advice))
        }
    }

    /// Whether something is mapped at an address and, if so, whether there is a page.
    pub fn page_at(&self, addr: u64) -> Option<bool> {
        // SAFETY: the map lives as long as the process is held; its lock is taken around the look.
        unsafe {
            let map = self.map();
            ffi::lrs_vm_map_lock_read(map);
            let mut entry = core::ptr::null_mut();
            let found = ffi::vm_map_lookup_entry(map, addr, &raw mut entry) != 0;
            let mapped = found && (*entry).eflags & ffi::MAP_ENTRY_GUARD == 0;
            let page = mapped.then(|| ffi::pmap_extract((*map).pmap, addr) != 0);
            ffi::lrs_vm_map_unlock_read(map);
            page
        }
    }

    /// Where what it shares is, in an order that tells no address.
    pub fn compare(&self, other: &Self, what: Shared) -> Ordering {
        // SAFETY: both are held; the pointers are compared, not followed.
        let of = |remote: &Self| unsafe {
            let p = remote.0.as_ptr();
            match what {
                Shared::Memory => (*p).p_vmspace as usize,
                Shared::Descriptors => (*p).p_fd as usize,
                Shared::Folders => (*p).p_pd as usize,
                Shared::Handlers => (*p).p_sigacts as usize,
            }
        };
        // SAFETY: plain arithmetic on two numbers.
        order(unsafe { ffi::kcmp_cmp(of(self), of(other)) })
    }

    /// The same of two open files. EBADF.
    pub fn compare_files(&self, cx: &mut Cx<'_>, fd: Fd, other: (&Self, Fd)) -> Result<Ordering> {
        let (mut first, mut second) = (core::ptr::null_mut(), core::ptr::null_mut());
        // SAFETY: current; both processes are held, the files are referenced until dropped.
        unsafe {
            let td = cx.td();
            let gone = |error| match check(error) {
                Err(_) => Err(Errno::EBADF),
                Ok(()) => Ok(()),
            };
            gone(ffi::fget_remote(td, self.0.as_ptr(), fd.0, &raw mut first))?;
            let found = gone(ffi::fget_remote(
                td,
                other.0.0.as_ptr(),
                other.1.0,
                &raw mut second,
            ));
            let told = found.map(|()| {
                let told = ffi::kcmp_cmp(first as usize, second as usize);
                ffi::lrs_fdrop(second, td);
                order(told)
            });
            ffi::lrs_fdrop(first, td);
            Ok(told?)
        }
    }

    /// Whether it is being killed.
    pub fn is_dying(&self, _cx: &Cx<'_>) -> bool {
        // SAFETY: held.
        unsafe { is_dying(self.0.as_ptr()) }
    }
}

/// Whether the process is being killed.
///
/// # Safety
/// `p` is live.
pub(super) unsafe fn is_dying(p: *const ffi::proc_) -> bool {
    // SAFETY: caller; words, read without the lock.
    unsafe {
        (*p).p_flag & (ffi::P_WEXIT | ffi::P_SINGLE_EXIT) as c_int != 0
            || (*p).p_flag2 & ffi::P2_WEXIT as c_int != 0
            || ffi::lrs_sigismember(&raw const (*p).p_sigqueue.sq_signals, ffi::SIGKILL as c_int)
                != 0
            || (*p).p_flag & ffi::P_WKILLED as c_int != 0
    }
}

const fn order(told: c_int) -> Ordering {
    match told {
        0 => Ordering::Equal,
        1 => Ordering::Less,
        _ => Ordering::Greater,
    }
}

/// Leaves a shared table of descriptors, or shared folders. EINVAL for a process of more than one
/// thread, which all share them.
pub fn unshare(cx: &mut Cx<'_>, descriptors: bool, folders: bool) -> Result<()> {
    if threads(cx) > 1 {
        return Err(Errno::EINVAL.into());
    }
    // SAFETY: current, and the only thread.
    unsafe {
        if descriptors {
            ffi::fdunshare(cx.td());
        }
        if folders {
            ffi::pdunshare(cx.td());
        }
    }
    Ok(())
}

/// How many threads the process has.
pub fn threads(cx: &Cx<'_>) -> i32 {
    // SAFETY: current; one word.
    unsafe { core::ptr::read_volatile(&raw const (*cx.proc_ptr()).p_numthreads) }
}
