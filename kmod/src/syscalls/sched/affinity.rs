// SPDX-License-Identifier: BSD-2-Clause
//! sched_setaffinity(2), sched_getaffinity(2), getcpu(2).
//!
//! FreeBSD: kern_cpuset_getaffinity, kern_cpuset_setaffinity (kern_cpuset.c).
//! Differences from Linux: the domain of memory is told as the node.

use kpi::kern::sched::{self as kernel, CPUSET_BYTES};
use kpi::kern::thread::LockedThread;
use kpi::{Cx, Errno, Result, UserAddr, UserBytesIn, UserBytesOut, UserOut};

/// FreeBSD's number for a Linux thread id, and its checks. EINVAL, ESRCH.
fn kernel_tid(cx: &Cx<'_>, tid: i32) -> Result<i32> {
    if tid < 0 {
        // Linux looks for such a thread and does not find it.
        return Err(Errno::ESRCH.into());
    }
    Ok(LockedThread::find(cx, tid)?.kernel_tid())
}

/// Says on which processors a thread may run; missing bytes are 0. EINVAL if none is left, EPERM, ESRCH.
pub(crate) fn sched_setaffinity(
    cx: &mut Cx<'_>,
    tid: i32,
    len: u32,
    mask: UserBytesIn,
) -> Result<()> {
    let mut set = [0; CPUSET_BYTES];
    let len = usize::try_from(len)
        .unwrap_or(CPUSET_BYTES)
        .min(CPUSET_BYTES);
    // Nothing to read is read from anywhere.
    if let Some(part) = set.get_mut(..len)
        && !part.is_empty()
    {
        mask.read(cx, part)?;
    }
    let tid = kernel_tid(cx, tid)?;
    // Linux takes only the processors there are from the mask.
    for (byte, present) in set.iter_mut().zip(kernel::all_cpus(cx)) {
        *byte &= present;
    }
    kernel::set_affinity(cx, tid, set)
}

/// The bytes stored at `mask`. EINVAL if a processor does not fit or `len` is not in whole words, ESRCH.
pub(crate) fn sched_getaffinity(
    cx: &mut Cx<'_>,
    tid: i32,
    len: u32,
    mask: UserBytesOut,
) -> Result<usize> {
    let used = kernel::cpuset_used_bytes(cx);
    // Linux counts bits in 32 bits, so that huge lengths are too short.
    let bits = usize::try_from(len.wrapping_mul(u8::BITS)).unwrap_or(0);
    if bits < kernel::cpu_count(cx) || !len.is_multiple_of(u64::BITS / u8::BITS) {
        return Err(Errno::EINVAL.into());
    }
    let tid = kernel_tid(cx, tid)?;
    let set = kernel::affinity(cx, tid)?;
    let stored = used.min(usize::try_from(len).unwrap_or(used));
    mask.write(cx, set.get(..stored).ok_or(Errno::EINVAL)?)?;
    Ok(stored)
}

/// The processor and memory node the caller runs on.
pub(crate) fn getcpu(
    cx: &mut Cx<'_>,
    cpu: Option<UserOut<u32>>,
    node: Option<UserOut<u32>>,
    _unused: UserAddr,
) -> Result<()> {
    let (number, domain) = kernel::current_cpu(cx);
    if let Some(cpu) = cpu {
        cpu.write(cx, &number)?;
    }
    match node {
        Some(node) => node.write(cx, &domain),
        None => Ok(()),
    }
}
