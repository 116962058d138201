// SPDX-License-Identifier: BSD-2-Clause
//! Which privileges a capability stands for: priv(9), capabilities(7).

use core::ffi::c_int;

use linux_abi::caps::{CAP_LAST, CapSet, bit};

/// A capability.
struct Row {
    /// The privilege that says whether it is held.
    asked: u32,
    /// The privileges that are refused without it; where several rows have one, any of them does.
    refused: &'static [u32],
}

const fn row(asked: u32, refused: &'static [u32]) -> Row {
    Row { asked, refused }
}

/// What answers for capabilities that FreeBSD knows nothing of, and for those of which everybody
/// has the privilege: what only root has.
const ROOT: u32 = ffi::PRIV_CRED_SETUID;

/// By number.
const TABLE: [Row; CAP_LAST as usize + 1] = {
    use ffi::*;
    [
        // CAP_CHOWN
        row(PRIV_VFS_CHOWN, &[PRIV_VFS_CHOWN]),
        // CAP_DAC_OVERRIDE
        row(
            PRIV_VFS_WRITE,
            &[
                PRIV_VFS_WRITE,
                PRIV_VFS_READ,
                PRIV_VFS_EXEC,
                PRIV_VFS_LOOKUP,
                PRIV_VFS_STAT,
            ],
        ),
        // CAP_DAC_READ_SEARCH
        row(
            PRIV_VFS_READ,
            &[
                PRIV_VFS_READ,
                PRIV_VFS_LOOKUP,
                PRIV_VFS_STAT,
                PRIV_VFS_GETFH,
                PRIV_VFS_FHOPEN,
                PRIV_VFS_FHSTAT,
                PRIV_VFS_FHSTATFS,
            ],
        ),
        // CAP_FOWNER
        row(PRIV_VFS_ADMIN, &[PRIV_VFS_ADMIN, PRIV_VFS_LINK]),
        // CAP_FSETID
        row(
            PRIV_VFS_RETAINSUGID,
            &[PRIV_VFS_RETAINSUGID, PRIV_VFS_SETGID],
        ),
        // CAP_KILL
        row(
            PRIV_SIGNAL_DIFFCRED,
            &[PRIV_SIGNAL_DIFFCRED, PRIV_SIGNAL_SUGID],
        ),
        // CAP_SETGID
        row(
            PRIV_CRED_SETGID,
            &[
                PRIV_CRED_SETGID,
                PRIV_CRED_SETEGID,
                PRIV_CRED_SETGROUPS,
                PRIV_CRED_SETREGID,
                PRIV_CRED_SETRESGID,
            ],
        ),
        // CAP_SETUID
        row(
            PRIV_CRED_SETUID,
            &[
                PRIV_CRED_SETUID,
                PRIV_CRED_SETEUID,
                PRIV_CRED_SETREUID,
                PRIV_CRED_SETRESUID,
                PRIV_CRED_SETCRED,
            ],
        ),
        // CAP_SETPCAP: asked for by capset(2) and prctl(2) alone
        row(ROOT, &[]),
        // CAP_LINUX_IMMUTABLE
        row(PRIV_VFS_SYSFLAGS, &[PRIV_VFS_SYSFLAGS]),
        // CAP_NET_BIND_SERVICE
        row(PRIV_NETINET_RESERVEDPORT, &[PRIV_NETINET_RESERVEDPORT]),
        // CAP_NET_BROADCAST: unused on Linux, too
        row(ROOT, &[]),
        // CAP_NET_ADMIN
        row(PRIV_NET_SETIFFLAGS, NETWORK),
        // CAP_NET_RAW
        row(
            PRIV_NETINET_RAW,
            &[
                PRIV_NETINET_RAW,
                PRIV_NET_RAW,
                PRIV_NET_BPF,
                PRIV_NETINET_BINDANY,
            ],
        ),
        // CAP_IPC_LOCK: PRIV_VM_MLOCK is everybody's (security.bsd.unprivileged_mlock)
        row(ROOT, &[]),
        // CAP_IPC_OWNER
        row(
            PRIV_IPC_ADMIN,
            &[
                PRIV_IPC_ADMIN,
                PRIV_IPC_READ,
                PRIV_IPC_WRITE,
                PRIV_MQ_ADMIN,
                PRIV_SEM_WRITE,
            ],
        ),
        // CAP_SYS_MODULE
        row(PRIV_KLD_LOAD, &[PRIV_KLD_LOAD, PRIV_KLD_UNLOAD]),
        // CAP_SYS_RAWIO
        row(
            PRIV_IO,
            &[
                PRIV_IO,
                PRIV_KMEM_WRITE,
                PRIV_CPUCTL_WRMSR,
                PRIV_CPUCTL_UPDATE,
            ],
        ),
        // CAP_SYS_CHROOT
        row(PRIV_VFS_CHROOT, &[PRIV_VFS_CHROOT, PRIV_VFS_FCHROOT]),
        // CAP_SYS_PTRACE
        row(
            PRIV_DEBUG_DIFFCRED,
            &[
                PRIV_DEBUG_DIFFCRED,
                PRIV_DEBUG_SUGID,
                PRIV_DEBUG_DENIED,
                PRIV_DEBUG_DIFFJAIL,
            ],
        ),
        // CAP_SYS_PACCT
        row(PRIV_ACCT, &[PRIV_ACCT]),
        // CAP_SYS_ADMIN
        row(PRIV_VFS_MOUNT, ADMIN),
        // CAP_SYS_BOOT
        row(PRIV_REBOOT, &[PRIV_REBOOT]),
        // CAP_SYS_NICE
        row(
            PRIV_SCHED_SETPRIORITY,
            &[
                PRIV_SCHED_SETPRIORITY,
                PRIV_SCHED_DIFFCRED,
                PRIV_SCHED_RTPRIO,
                PRIV_SCHED_SETPOLICY,
                PRIV_SCHED_SET,
                PRIV_SCHED_SETPARAM,
                PRIV_SCHED_CPUSET,
                PRIV_SCHED_IDPRIO,
            ],
        ),
        // CAP_SYS_RESOURCE
        row(
            PRIV_PROC_SETRLIMIT,
            &[
                PRIV_PROC_SETRLIMIT,
                PRIV_PROC_LIMIT,
                PRIV_MAXPROC,
                PRIV_MAXFILES,
                PRIV_IPC_MSGSIZE,
                PRIV_VFS_BLOCKRESERVE,
                PRIV_VFS_EXCEEDQUOTA,
            ],
        ),
        // CAP_SYS_TIME
        row(
            PRIV_CLOCK_SETTIME,
            &[
                PRIV_CLOCK_SETTIME,
                PRIV_SETTIMEOFDAY,
                PRIV_ADJTIME,
                PRIV_NTP_ADJTIME,
            ],
        ),
        // CAP_SYS_TTY_CONFIG
        row(
            PRIV_TTY_CONSOLE,
            &[
                PRIV_TTY_CONSOLE,
                PRIV_TTY_DRAINWAIT,
                PRIV_TTY_DTRWAIT,
                PRIV_TTY_SETA,
            ],
        ),
        // CAP_MKNOD
        row(
            PRIV_VFS_MKNOD_DEV,
            &[PRIV_VFS_MKNOD_DEV, PRIV_VFS_MKNOD_BAD, PRIV_VFS_MKNOD_WHT],
        ),
        // CAP_LEASE: FreeBSD has no leases
        row(ROOT, &[]),
        // CAP_AUDIT_WRITE
        row(PRIV_AUDIT_SUBMIT, &[PRIV_AUDIT_SUBMIT]),
        // CAP_AUDIT_CONTROL
        row(
            PRIV_AUDIT_CONTROL,
            &[PRIV_AUDIT_CONTROL, PRIV_AUDIT_SETAUDIT],
        ),
        // CAP_SETFCAP: files have no capabilities
        row(ROOT, &[]),
        // CAP_MAC_OVERRIDE: of a policy FreeBSD does not have
        row(ROOT, &[]),
        // CAP_MAC_ADMIN
        row(ROOT, &[PRIV_MAC_PARTITION, PRIV_MAC_PRIVS]),
        // CAP_SYSLOG: PRIV_MSGBUF is everybody's (security.bsd.unprivileged_read_msgbuf)
        row(ROOT, &[]),
        // CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND: no clock of FreeBSD's wakes the machine
        row(ROOT, &[]),
        row(ROOT, &[]),
        // CAP_AUDIT_READ
        row(PRIV_AUDIT_CONTROL, &[PRIV_AUDIT_GETAUDIT]),
        // CAP_PERFMON
        row(PRIV_PMC_SYSTEM, &[PRIV_PMC_SYSTEM, PRIV_PMC_MANAGE]),
        // CAP_BPF, CAP_CHECKPOINT_RESTORE: there is neither
        row(ROOT, &[]),
        row(ROOT, &[]),
    ]
};

const NETWORK: &[u32] = {
    use ffi::*;
    &[
        PRIV_NET_BRIDGE,
        PRIV_NET_GRE,
        PRIV_NET_ROUTE,
        PRIV_NET_TAP,
        PRIV_NET_SETIFMTU,
        PRIV_NET_SETIFFLAGS,
        PRIV_NET_SETIFCAP,
        PRIV_NET_SETIFNAME,
        PRIV_NET_SETIFMETRIC,
        PRIV_NET_SETIFPHYS,
        PRIV_NET_SETIFMAC,
        PRIV_NET_ADDMULTI,
        PRIV_NET_DELMULTI,
        PRIV_NET_HWIOCTL,
        PRIV_NET_SETLLADDR,
        PRIV_NET_ADDIFGROUP,
        PRIV_NET_DELIFGROUP,
        PRIV_NET_IFCREATE,
        PRIV_NET_IFDESTROY,
        PRIV_NET_ADDIFADDR,
        PRIV_NET_DELIFADDR,
        PRIV_NET_LAGG,
        PRIV_NET_GIF,
        PRIV_NET_SETIFVNET,
        PRIV_NET_SETIFDESCR,
        PRIV_NET_SETIFFIB,
        PRIV_NET_VXLAN,
        PRIV_NET_ME,
        PRIV_NET_WG,
        PRIV_NET80211_VAP_MANAGE,
        PRIV_NETINET_IPFW,
        PRIV_NETINET_DIVERT,
        PRIV_NETINET_PF,
        PRIV_NETINET_DUMMYNET,
        PRIV_NETINET_CARP,
        PRIV_NETINET_MROUTE,
        PRIV_NETINET_ADDRCTRL6,
        PRIV_NETINET_ND6,
        PRIV_NETINET_IPSEC,
        PRIV_NETINET_BINDANY,
    ]
};

const ADMIN: &[u32] = {
    use ffi::*;
    &[
        PRIV_VFS_MOUNT,
        PRIV_VFS_MOUNT_OWNER,
        PRIV_VFS_MOUNT_EXPORTED,
        PRIV_VFS_MOUNT_PERM,
        PRIV_VFS_MOUNT_SUIDDIR,
        PRIV_VFS_MOUNT_NONUSER,
        PRIV_VFS_UNMOUNT,
        PRIV_VFS_EXTATTR_SYSTEM,
        PRIV_VFS_GETQUOTA,
        PRIV_VFS_SETQUOTA,
        PRIV_UFS_QUOTAON,
        PRIV_UFS_QUOTAOFF,
        PRIV_SWAPON,
        PRIV_SWAPOFF,
        PRIV_SYSCTL_WRITE,
        PRIV_SYSCTL_WRITEJAIL,
        PRIV_SYSCTL_DEBUG,
        PRIV_JAIL_ATTACH,
        PRIV_JAIL_SET,
        PRIV_JAIL_REMOVE,
        PRIV_DEVFS_RULE,
        PRIV_DRIVER,
        PRIV_KENV_SET,
        PRIV_KENV_UNSET,
        PRIV_TTY_STI,
        PRIV_ZFS_POOL_CONFIG,
        PRIV_RCTL_ADD_RULE,
        PRIV_RCTL_REMOVE_RULE,
    ]
};

/// What priv_check(9) is asked to learn what is held, by capability.
pub(super) static ASKED: [c_int; TABLE.len()] = {
    let mut asked = [0; TABLE.len()];
    let mut at = 0;
    while at < asked.len() {
        // CAST: PRIV_ numbers are small.
        asked[at] = TABLE[at].asked as c_int;
        at += 1;
    }
    asked
};

/// CAP_LINUX_IMMUTABLE, CAP_SYS_MODULE, CAP_SYS_RAWIO: refused at securelevel(7) 1 and above
/// beside the privilege.
pub(super) const NOT_WHEN_SECURE: CapSet = bit(9) | bit(16) | bit(17);

const PRIVILEGES: usize = 704;

/// By privilege: the capabilities of which one is needed.
static NEEDED: [CapSet; PRIVILEGES] = {
    let mut needed = [0; PRIVILEGES];
    let mut at = 0;
    while at < TABLE.len() {
        let refused = TABLE[at].refused;
        let mut n = 0;
        while n < refused.len() {
            needed[refused[n] as usize] |= bit(at as u32);
            n += 1;
        }
        at += 1;
    }
    needed
};

/// The capabilities of which one is needed for a privilege; none where all may have it.
pub(super) fn needed(privilege: c_int) -> CapSet {
    let at = usize::try_from(privilege).unwrap_or(PRIVILEGES);
    NEEDED.get(at).copied().unwrap_or(0)
}
