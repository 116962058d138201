// SPDX-License-Identifier: BSD-2-Clause
//! Waiting for readiness: sys_generic.c.

use core::ffi::c_void;
use core::mem::{MaybeUninit, size_of};
use core::ptr::NonNull;

use linux_abi::bsd;
use linux_abi::c::{l_pollfd, l_timespec, l_timeval, l_ulong};
use linux_abi::fd::Fd;
use linux_abi::poll::{
    events_are_same, events_to_bsd, hangup_of_a_reader, hangup_of_a_writer, readiness_of_a_file,
    revents_to_linux,
};
use linux_abi::sigset::BsdSigset;

use super::fd::Kind;
use super::ioctl::{FIONREAD, kern_ioctl};
use crate::{Cx, Errno, Result, UserAddr, UserArrayInOut, check};

/// As many as most calls need, on the stack, as in kern_poll.
const FEW: usize = 32;

/// Room for `n` pollfds in kernel memory: the few on the stack, else from malloc(9).
struct Slots {
    few: [MaybeUninit<ffi::pollfd>; FEW],
    many: Option<NonNull<ffi::pollfd>>,
}

impl Slots {
    #[inline]
    fn new(n: usize) -> Self {
        let mut slots = Slots {
            few: [const { MaybeUninit::uninit() }; FEW],
            many: None,
        };
        if n > FEW {
            slots.allocate(n);
        }
        slots
    }

    #[cold]
    fn allocate(&mut self, n: usize) {
        // SAFETY: M_LINUX_RS is a MALLOC_DEFINE of this module; M_WAITOK never returns NULL. The
        // product is small: kern_poll_maxfds has bounded n.
        let p = unsafe {
            ffi::malloc(
                n.saturating_mul(size_of::<ffi::pollfd>()),
                (&raw mut ffi::M_LINUX_RS).cast(),
                ffi::M_WAITOK as i32,
            )
        };
        self.many = NonNull::new(p.cast());
    }

    #[inline]
    fn as_mut_ptr(&mut self) -> *mut ffi::pollfd {
        match self.many {
            Some(p) => p.as_ptr(),
            None => self.few.as_mut_ptr().cast(),
        }
    }
}

impl Drop for Slots {
    #[inline]
    fn drop(&mut self) {
        if let Some(p) = self.many {
            // SAFETY: from malloc(9) in `allocate`.
            unsafe {
                ffi::free(
                    p.as_ptr().cast::<c_void>(),
                    (&raw mut ffi::M_LINUX_RS).cast(),
                )
            }
        }
    }
}

/// A `struct timespec` of the kernel.
#[inline]
pub(crate) fn timespec(ts: &l_timespec) -> ffi::timespec {
    ffi::timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    }
}

/// A `sigset_t` of the kernel.
#[inline]
pub(crate) fn sigset(set: &BsdSigset) -> ffi::sigset_t {
    ffi::sigset_t { __bits: *set }
}

/// ppoll(2) on Linux's own array: how many have something to tell.
///
/// `timeout` is valid, `None` is forever; `mask` is in force while it waits.
/// EINVAL for more descriptors than a process may have, EFAULT, EINTR.
pub fn poll(
    cx: &mut Cx<'_>,
    fds: &UserArrayInOut<l_pollfd>,
    n: u32,
    timeout: Option<&l_timespec>,
    mask: Option<&BsdSigset>,
) -> Result<i32> {
    // SAFETY: only compares n with limits.
    if unsafe { ffi::kern_poll_maxfds(n) } {
        return Err(Errno::EINVAL.into());
    }
    let count = n as usize;
    let mut slots = Slots::new(count);
    let base = slots.as_mut_ptr();
    // SAFETY: kernel copy; `base` has room for `count` pollfds, which bounds the product.
    check(unsafe {
        ffi::copyin(
            fds.addr().as_ptr(),
            base.cast(),
            count.saturating_mul(size_of::<ffi::pollfd>()),
        )
    })?;
    // SAFETY: copyin has just filled `count` of them.
    let entries = unsafe { core::slice::from_raw_parts_mut(base, count) };
    let mut same = true;
    for entry in entries.iter_mut() {
        let events = entry.events.cast_unsigned();
        if !events_are_same(events) {
            entry.events = events_to_bsd(events);
            same = false;
        }
    }

    let mut ts = timeout.map(timespec);
    let mut set = mask.map(sigset);
    let ts = ts
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    let set = set
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: current; the array, the time and the set are whole and in kernel memory.
    check(unsafe { ffi::kern_poll_kfds(cx.td(), base, n, ts, set) })?;
    // CAST: at most n, which is an int here.
    let ready = cx.retval() as i32;

    for entry in entries.iter_mut() {
        if i32::from(entry.revents) & bsd::POLLHUP != 0 {
            entry.revents = pipe_hangup(cx, entry);
        }
    }
    if same {
        // Only `revents` is written back: another thread may be changing the rest.
        let mut to = fds.addr().raw().wrapping_add(REVENTS);
        for entry in entries.iter() {
            // SAFETY: suword16 checks the user address itself, as copyout does.
            if unsafe { ffi::suword16(UserAddr::from_reg(to).as_ptr(), entry.revents.into()) } != 0
            {
                return Err(Errno::EFAULT.into());
            }
            to = to.wrapping_add(size_of::<l_pollfd>() as u64);
        }
        return Ok(ready);
    }
    write_converted(cx, fds, entries, ready)
}

/// What poll(2) tells of a descriptor now, in Linux's bits; what goes wrong is POLLNVAL or POLLERR.
pub fn once(cx: &mut Cx<'_>, fd: Fd, events: u16) -> Result<u16> {
    let asked = events;
    let mut entry = ffi::pollfd {
        fd: fd.0,
        events: events_to_bsd(events),
        revents: 0,
    };
    let mut now = ffi::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: current; one descriptor and the time are whole and in kernel memory.
    check(unsafe {
        ffi::kern_poll_kfds(
            cx.td(),
            &raw mut entry,
            1,
            &raw mut now,
            core::ptr::null_mut(),
        )
    })?;
    if i32::from(entry.revents) & bsd::POLLHUP != 0 {
        entry.revents = pipe_hangup(cx, &entry);
    }
    if i32::from(entry.revents) & bsd::POLLNVAL != 0 && super::fd::info(cx, fd).is_ok() {
        return Ok(readiness_of_a_file(asked));
    }
    Ok(revents_to_linux(entry.revents, asked))
}

/// Waits until one of a few descriptors has something to tell, at most so many nanoseconds. EINTR.
pub fn any(cx: &mut Cx<'_>, fds: impl Iterator<Item = (Fd, u16)>, most: i64) -> Result<()> {
    let mut slots = [ffi::pollfd {
        fd: -1,
        events: 0,
        revents: 0,
    }; FEW];
    let mut count = 0_u32;
    for (slot, (fd, events)) in slots.iter_mut().zip(fds) {
        slot.fd = fd.0;
        slot.events = events_to_bsd(events);
        count = count.saturating_add(1);
    }
    let mut most = timespec(&l_timespec::from_nsec(most));
    // SAFETY: current; `count` descriptors and the time are whole and in kernel memory.
    check(unsafe {
        ffi::kern_poll_kfds(
            cx.td(),
            slots.as_mut_ptr(),
            count,
            &raw mut most,
            core::ptr::null_mut(),
        )
    })
}

/// What Linux tells of a pipe whose other end is closed: to the reader no POLLIN once it is
/// empty, to the writer POLLERR (poll(2)).
#[cold]
fn pipe_hangup(cx: &mut Cx<'_>, entry: &ffi::pollfd) -> i16 {
    let fd = Fd(entry.fd);
    match super::fd::info(cx, fd) {
        Ok(info) if matches!(info.kind, Kind::Pipe | Kind::Fifo) => {
            if info.flags & bsd::O_ACCMODE == bsd::O_WRONLY {
                return hangup_of_a_writer(entry.revents, entry.events);
            }
            let mut waiting = 0;
            match kern_ioctl(cx, fd, FIONREAD, &mut waiting) {
                Ok(()) if waiting == 0 => hangup_of_a_reader(entry.revents),
                _ => entry.revents,
            }
        }
        _ => entry.revents,
    }
}

/// Where `revents` is in a pollfd.
const REVENTS: u64 = core::mem::offset_of!(l_pollfd, revents) as u64;

/// Tells what was found in Linux's bits. What was asked for is read again, because FreeBSD's
/// bits do not tell all of it; it only decides which bits the program sees.
#[cold]
fn write_converted(
    cx: &mut Cx<'_>,
    fds: &UserArrayInOut<l_pollfd>,
    entries: &[ffi::pollfd],
    mut ready: i32,
) -> Result<i32> {
    for (i, entry) in entries.iter().enumerate() {
        let asked = fds.read_at(cx, i)?.events;
        let mut revents = revents_to_linux(entry.revents, asked);
        if i32::from(entry.revents) & linux_abi::bsd::POLLNVAL != 0
            && super::fd::info(cx, Fd(entry.fd)).is_ok()
        {
            // FreeBSD's files that are always ready refuse events they do not know.
            revents = readiness_of_a_file(asked);
        }
        if revents == 0 && entry.revents != 0 {
            ready = ready.saturating_sub(1);
        }
        let to = fds
            .addr()
            .raw()
            .wrapping_add((i as u64).wrapping_mul(size_of::<l_pollfd>() as u64));
        let to = UserAddr::from_reg(to.wrapping_add(REVENTS));
        // SAFETY: suword16 checks the user address itself, as copyout does.
        if unsafe { ffi::suword16(to.as_ptr(), revents.into()) } != 0 {
            return Err(Errno::EFAULT.into());
        }
    }
    Ok(ready)
}

/// Three sets of descriptors in user memory, each of which may be absent: bits as on FreeBSD.
pub struct FdSets {
    /// To read from.
    pub read: Option<UserArrayInOut<l_ulong>>,
    /// To write to.
    pub write: Option<UserArrayInOut<l_ulong>>,
    /// With something exceptional.
    pub except: Option<UserArrayInOut<l_ulong>>,
}

/// pselect(2): how many bits are set. EBADF, EINVAL, EFAULT, EINTR.
pub fn select(
    cx: &mut Cx<'_>,
    n: i32,
    sets: &FdSets,
    timeout: Option<&l_timeval>,
    mask: Option<&BsdSigset>,
) -> Result<i32> {
    fn pointer(set: &Option<UserArrayInOut<l_ulong>>) -> *mut ffi::fd_set {
        set.as_ref()
            .map_or(core::ptr::null_mut(), |set| set.addr().as_ptr())
    }
    let mut tv = timeout.map(|tv| ffi::timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    });
    let mut set = mask.map(sigset);
    let tv = tv
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    let set = set
        .as_mut()
        .map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: current; the sets are user addresses, which kern_select copies (kernel copy), in
    // units of 64 bits; time and mask are whole and in kernel memory.
    check(unsafe {
        ffi::kern_pselect(
            cx.td(),
            n,
            pointer(&sets.read),
            pointer(&sets.write),
            pointer(&sets.except),
            tv,
            set,
            64,
        )
    })?;
    // CAST: at most three times the descriptors of a process.
    Ok(cx.retval() as i32)
}

/// The monotonic clock, to tell how much of a timeout is left.
pub fn uptime_nsec(_cx: &Cx<'_>) -> i64 {
    let mut ts = ffi::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: fills one timespec.
    unsafe { ffi::nanouptime(&raw mut ts) };
    l_timespec {
        tv_sec: ts.tv_sec,
        tv_nsec: ts.tv_nsec,
    }
    .to_nsec_saturating()
}
