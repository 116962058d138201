// SPDX-License-Identifier: BSD-2-Clause
//! process_vm_readv(2), process_vm_writev(2), process_madvise(2), process_mrelease(2), kcmp(2),
//! unshare(2), setns(2).
//!
//! FreeBSD: proc_rwmem (sys_process.c), vm_map_madvise, kcmp_cmp, fdunshare, pdunshare.
//! Differences from Linux: process_madvise has no MADV_COLLAPSE; KCMP_EPOLL_TFD is EOPNOTSUPP;
//! threads cannot leave what their process shares, and there are no namespaces (EINVAL).

use kpi::kern::fd::info;
use kpi::kern::mem::MAX_USER;
use kpi::kern::remote::{self, Remote, Shared};
use kpi::{Cx, Errno, Result, UserAddr, UserArrayIn};
use linux_abi::c::l_iovec;
use linux_abi::fd::Fd;
use linux_abi::mman::{PAGE_SIZE, round_up_to_page};
use linux_abi::remote::{Compare, IOV_MAX, process_advice, unshare as plan_unshare};

/// Reads another process's memory; how many bytes. EINVAL, EFAULT, ESRCH, EPERM.
pub(crate) fn process_vm_readv(
    cx: &mut Cx<'_>,
    pid: i32,
    local: UserArrayIn<l_iovec>,
    local_count: u64,
    remote: UserArrayIn<l_iovec>,
    remote_count: u64,
    flags: u64,
) -> Result<u64> {
    let local = Pieces::new(local, local_count)?;
    transfer(
        cx,
        pid,
        local,
        Pieces::new(remote, remote_count)?,
        flags,
        false,
    )
}

/// Writes it; the same errors. Memory that the process may not write is EFAULT.
pub(crate) fn process_vm_writev(
    cx: &mut Cx<'_>,
    pid: i32,
    local: UserArrayIn<l_iovec>,
    local_count: u64,
    remote: UserArrayIn<l_iovec>,
    remote_count: u64,
    flags: u64,
) -> Result<u64> {
    let local = Pieces::new(local, local_count)?;
    transfer(
        cx,
        pid,
        local,
        Pieces::new(remote, remote_count)?,
        flags,
        true,
    )
}

/// An array of pieces of memory, and how far it has been gone through.
struct Pieces {
    array: UserArrayIn<l_iovec>,
    count: u64,
    next: u64,
    at: u64,
    left: u64,
}

impl Pieces {
    fn new(array: UserArrayIn<l_iovec>, count: u64) -> Result<Self> {
        if count > IOV_MAX {
            return Err(Errno::EINVAL.into());
        }
        Ok(Pieces {
            array,
            count,
            next: 0,
            at: 0,
            left: 0,
        })
    }

    /// The bytes of all of them. EINVAL for a negative length, EFAULT; with `own`, EFAULT also for
    /// what is beyond the user's addresses.
    fn total(&self, cx: &mut Cx<'_>, own: bool) -> Result<u64> {
        let mut total = 0_u64;
        for index in 0..self.count {
            let piece = self.piece(cx, index)?;
            if piece.iov_len.cast_signed() < 0 {
                return Err(Errno::EINVAL.into());
            }
            let end = piece.iov_base.saturating_add(piece.iov_len);
            if own && end > MAX_USER {
                return Err(Errno::EFAULT.into());
            }
            total = total.saturating_add(piece.iov_len);
        }
        Ok(total)
    }

    fn piece(&self, cx: &mut Cx<'_>, index: u64) -> Result<l_iovec> {
        // CAST: below IOV_MAX.
        self.array.read_at(cx, index as usize)
    }

    /// Goes to the next byte there is; false at the end.
    fn settle(&mut self, cx: &mut Cx<'_>) -> Result<bool> {
        while self.left == 0 {
            if self.next >= self.count {
                return Ok(false);
            }
            // A second look: a length that another thread has changed is used as it is now.
            let piece = self.piece(cx, self.next)?;
            (self.at, self.left) = (piece.iov_base, piece.iov_len);
            self.next = self.next.saturating_add(1);
        }
        Ok(true)
    }

    fn advance(&mut self, by: u64) {
        self.at = self.at.wrapping_add(by);
        self.left = self.left.saturating_sub(by);
    }
}

fn transfer(
    cx: &mut Cx<'_>,
    pid: i32,
    mut local: Pieces,
    mut remote: Pieces,
    flags: u64,
    write: bool,
) -> Result<u64> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    if local.total(cx, true)? == 0 {
        return Ok(0);
    }
    if remote.total(cx, false)? == 0 {
        return Ok(0);
    }
    let mut done = 0_u64;
    let moved = Remote::with(cx, pid, |cx, process| {
        while local.settle(cx)? && remote.settle(cx)? {
            let in_page = PAGE_SIZE.saturating_sub(remote.at % PAGE_SIZE);
            let len = local.left.min(remote.left).min(in_page);
            // CAST: at most a page.
            process.transfer(
                cx,
                UserAddr::from_reg(local.at),
                remote.at,
                len as usize,
                write,
            )?;
            local.advance(len);
            remote.advance(len);
            done = done.saturating_add(len);
        }
        Ok(())
    });
    match moved {
        Err(fail) if done == 0 => Err(fail),
        _ => Ok(done),
    }
}

/// Advises about a process's memory; how many bytes. EBADF, EINVAL, ESRCH, EPERM, ENOMEM, EFAULT.
pub(crate) fn process_madvise(
    cx: &mut Cx<'_>,
    pidfd: Fd,
    vec: UserArrayIn<l_iovec>,
    vlen: u64,
    behavior: i32,
    flags: u32,
) -> Result<u64> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    // Linux looks at the low half of the number only.
    let mut pieces = Pieces::new(vec, vlen & 0xffff_ffff)?;
    pieces.total(cx, true)?;
    let mut done = 0_u64;
    let advised = Remote::with_pidfd(cx, pidfd, |cx, process| {
        let advice = process_advice(behavior)?;
        while pieces.settle(cx)? {
            let (start, len) = (pieces.at, pieces.left);
            let whole = round_up_to_page(len).ok_or(Errno::EINVAL)?;
            let end = start.checked_add(whole).ok_or(Errno::EINVAL)?;
            if !start.is_multiple_of(PAGE_SIZE) {
                return Err(Errno::EINVAL.into());
            }
            process.advise(cx, start, end, advice)?;
            pieces.advance(len);
            done = done.saturating_add(len);
        }
        Ok(())
    });
    match advised {
        Err(fail) if done == 0 => Err(fail),
        _ => Ok(done),
    }
}

/// Takes the memory of a process that is being killed: FreeBSD does so by itself. EBADF, ESRCH;
/// EINVAL for one that lives on.
pub(crate) fn process_mrelease(cx: &mut Cx<'_>, pidfd: Fd, flags: u32) -> Result<()> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    Remote::with_pidfd(cx, pidfd, |cx, process| {
        if process.is_dying(cx) {
            Ok(())
        } else {
            Err(Errno::EINVAL.into())
        }
    })
}

/// Whether two processes share something: 0, else 1 or 2 for an order. EINVAL, ESRCH, EPERM, EBADF.
pub(crate) fn kcmp(
    cx: &mut Cx<'_>,
    pid1: i32,
    pid2: i32,
    kind: i32,
    idx1: u64,
    idx2: u64,
) -> Result<i32> {
    let order = Remote::with(cx, pid1, |cx, first| {
        Remote::with(cx, pid2, |cx, second| {
            let shared = match Compare::parse(kind)? {
                Compare::File => {
                    // CAST: descriptors are ints, as Linux cuts them.
                    let (a, b) = (Fd(idx1 as i32), Fd(idx2 as i32));
                    return first.compare_files(cx, a, (second, b));
                }
                Compare::Memory => Shared::Memory,
                Compare::Descriptors => Shared::Descriptors,
                Compare::Folders => Shared::Folders,
                Compare::Handlers => Shared::Handlers,
                Compare::Nothing => return Ok(core::cmp::Ordering::Equal),
            };
            Ok(first.compare(second, shared))
        })
    })?;
    Ok(match order {
        core::cmp::Ordering::Equal => 0,
        core::cmp::Ordering::Less => 1,
        core::cmp::Ordering::Greater => 2,
    })
}

/// Leaves what is shared with other processes. EINVAL for namespaces, and where threads share it.
pub(crate) fn unshare(cx: &mut Cx<'_>, flags: u64) -> Result<()> {
    let plan = plan_unshare(flags)?;
    if plan.alone && remote::threads(cx) > 1 {
        return Err(Errno::EINVAL.into());
    }
    if plan.descriptors || plan.folders {
        remote::unshare(cx, plan.descriptors, plan.folders)?;
    }
    Ok(())
}

/// Joins a namespace, of which there is none: EBADF, else EINVAL.
pub(crate) fn setns(cx: &mut Cx<'_>, fd: Fd, _flags: i32) -> Result<()> {
    info(cx, fd)?;
    Err(Errno::EINVAL.into())
}
