// SPDX-License-Identifier: BSD-2-Clause
//! getrlimit(2), setrlimit(2), prlimit(2).
//!
//! FreeBSD: lim_rlimit_proc, kern_proc_setrlimit (kern_resource.c).
//! Differences from Linux: the six limits FreeBSD does not have read as Linux's defaults and
//! cannot be changed (EPERM).

use kpi::kern::limits::{Process, dummy_rlimits};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::c::{l_rlimit, l_rlimit64};
use linux_abi::rlimit::{
    LINUX_RLIM_INFINITY, Resource, check_limits, limit_to_bsd, limit_to_linux, resource,
};

/// EINVAL, EFAULT.
pub(crate) fn getrlimit(cx: &mut Cx<'_>, number: u32, limit: UserOut<l_rlimit>) -> Result<()> {
    let which = resource(number)?;
    let now = get(cx, &Process::own(), which);
    limit.write(cx, &now)
}

/// EINVAL, EPERM.
pub(crate) fn setrlimit(cx: &mut Cx<'_>, number: u32, limit: UserIn<l_rlimit>) -> Result<()> {
    let limit = limit.read(cx)?;
    set(cx, &Process::own(), resource(number)?, limit)
}

/// Both at once, for any process the caller may look into. EINVAL, EPERM, ESRCH.
pub(crate) fn prlimit64(
    cx: &mut Cx<'_>,
    pid: i32,
    number: u32,
    new: Option<UserIn<l_rlimit64>>,
    old: Option<UserOut<l_rlimit64>>,
) -> Result<()> {
    let new = match new {
        Some(new) => Some(new.read(cx)?),
        None => None,
    };
    let before = {
        let process = Process::get(cx, pid, new.is_some())?;
        let which = resource(number)?;
        let before = get(cx, &process, which);
        if let Some(limit) = new {
            set(cx, &process, which, limit)?;
        }
        before
    };
    match old {
        Some(old) => old.write(cx, &before),
        None => Ok(()),
    }
}

fn get(cx: &Cx<'_>, process: &Process, which: Resource) -> l_rlimit {
    match which {
        Resource::Bsd(which) => {
            let (soft, hard) = process.limit(cx, which);
            l_rlimit {
                rlim_cur: limit_to_linux(soft),
                rlim_max: limit_to_linux(hard),
            }
        }
        Resource::LinuxOnly(_) if dummy_rlimits() => l_rlimit {
            rlim_cur: LINUX_RLIM_INFINITY,
            rlim_max: LINUX_RLIM_INFINITY,
        },
        Resource::LinuxOnly(constant) => constant,
    }
}

fn set(cx: &mut Cx<'_>, process: &Process, which: Resource, limit: l_rlimit) -> Result<()> {
    let limit = check_limits(limit)?;
    match which {
        Resource::Bsd(which) => process.set_limit(
            cx,
            which,
            limit_to_bsd(limit.rlim_cur),
            limit_to_bsd(limit.rlim_max),
        ),
        Resource::LinuxOnly(_) => {
            let now = get(cx, process, which);
            if (now.rlim_cur, now.rlim_max) == (limit.rlim_cur, limit.rlim_max) {
                Ok(())
            } else {
                Err(Errno::EPERM.into())
            }
        }
    }
}
