// SPDX-License-Identifier: BSD-2-Clause
//! The files of /proc and /sys, and which of them FreeBSD's linprocfs(4) and linsysfs(4) have.

use std::borrow::Cow;

/// What linprocfs has (sys/compat/linprocfs/linprocfs.c), `*` being any one name. What is below
/// `fd` is fdescfs(4)'s.
const PROC: &[&str] = &[
    "bus",
    "bus/pci",
    "bus/pci/devices",
    "cmdline",
    "cpuinfo",
    "devices",
    "filesystems",
    "loadavg",
    "meminfo",
    "modules",
    "mounts",
    "mtab",
    "net",
    "net/dev",
    "net/route",
    "partitions",
    "scsi",
    "scsi/device_info",
    "scsi/scsi",
    "self",
    "stat",
    "swaps",
    "sys",
    "sys/fs",
    "sys/fs/mqueue",
    "sys/fs/mqueue/msg_default",
    "sys/fs/mqueue/msg_max",
    "sys/fs/mqueue/msgsize_default",
    "sys/fs/mqueue/msgsize_max",
    "sys/fs/mqueue/queues_max",
    "sys/kernel",
    "sys/kernel/msgmax",
    "sys/kernel/msgmnb",
    "sys/kernel/msgmni",
    "sys/kernel/ngroups_max",
    "sys/kernel/osrelease",
    "sys/kernel/ostype",
    "sys/kernel/pid_max",
    "sys/kernel/random",
    "sys/kernel/random/boot_id",
    "sys/kernel/random/uuid",
    "sys/kernel/sem",
    "sys/kernel/shmall",
    "sys/kernel/shmmax",
    "sys/kernel/shmmni",
    "sys/kernel/tainted",
    "sys/kernel/version",
    "sys/vm",
    "sys/vm/max_map_count",
    "sys/vm/min_free_kbytes",
    "sysvipc",
    "sysvipc/msg",
    "sysvipc/sem",
    "sysvipc/shm",
    "uptime",
    "version",
    "<pid>",
    "<pid>/auxv",
    "<pid>/cmdline",
    "<pid>/cwd",
    "<pid>/environ",
    "<pid>/exe",
    "<pid>/fd",
    "<pid>/fd/<n>",
    "<pid>/limits",
    "<pid>/maps",
    "<pid>/mem",
    "<pid>/mountinfo",
    "<pid>/mounts",
    "<pid>/oom_score_adj",
    "<pid>/root",
    "<pid>/stat",
    "<pid>/statm",
    "<pid>/status",
    "<pid>/task",
];

/// What linsysfs has (sys/compat/linsysfs).
const SYS: &[&str] = &[
    "bus",
    "bus/pci",
    "bus/pci/devices",
    "bus/pci/devices/*",
    "class",
    "class/drm",
    "class/drm/*",
    "class/net",
    "class/net/*",
    "class/net/*/addr_len",
    "class/net/*/address",
    "class/net/*/flags",
    "class/net/*/ifindex",
    "class/net/*/mtu",
    "class/net/*/tx_queue_len",
    "class/net/*/type",
    "class/power_supply",
    "class/scsi_host",
    "class/scsi_host/*",
    "dev",
    "dev/char",
    "dev/char/*",
    "devices",
    "devices/pci0000:00",
    "devices/system",
    "devices/system/cpu",
    "devices/system/cpu/online",
    "devices/system/cpu/possible",
    "devices/system/cpu/present",
    "devices/system/cpu/cpu<n>",
    "devices/system/cpu/cpu<n>/online",
    "kernel",
    "kernel/debug",
];

/// A path of /proc or /sys in general: process and thread ids, descriptor and CPU numbers are
/// replaced, so that there are few of them. `None` for other paths.
pub(crate) fn general(path: &str) -> Option<Cow<'_, str>> {
    let proc = match path.split('/').find(|part| !part.is_empty())? {
        "proc" => true,
        "sys" => false,
        _ => return None,
    };
    if !path.starts_with('/') {
        return None;
    }
    let plain = !path.contains("//")
        && !path.contains("/.")
        && !path.ends_with('/')
        && !path.bytes().any(|byte| byte.is_ascii_digit())
        && !path.contains("/self")
        && !path.contains("/thread-self");
    if plain {
        return Some(Cow::Borrowed(path));
    }
    let mut out: Vec<Cow<'_, str>> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            out.pop();
            continue;
        }
        let number = part.bytes().all(|byte| byte.is_ascii_digit());
        let before = out.last().map(|last| last.to_string());
        let name = match (part, before.as_deref()) {
            ("self" | "thread-self", Some("proc")) => "<pid>".into(),
            (_, Some("proc")) if number => "<pid>".into(),
            (_, Some("task")) if number => "<tid>".into(),
            (_, Some("fd" | "fdinfo")) if number => "<n>".into(),
            (_, Some("map_files")) => "<range>".into(),
            _ if !proc => cpu(part),
            _ => part.into(),
        };
        out.push(name);
    }
    Some(format!("/{}", out.join("/")).into())
}

/// `cpu12` and `node0` with their numbers replaced.
fn cpu(part: &str) -> Cow<'_, str> {
    for start in ["cpu", "node", "index"] {
        if let Some(rest) = part.strip_prefix(start)
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_digit())
        {
            return format!("{start}<n>").into();
        }
    }
    part.into()
}

/// The file system that would have such a path on FreeBSD, and whether it has it.
pub(crate) fn on_freebsd(general: &str) -> (&'static str, bool) {
    match general.strip_prefix("/proc") {
        Some(rest) => ("linprocfs", has(PROC, rest)),
        None => (
            "linsysfs",
            has(SYS, general.strip_prefix("/sys").unwrap_or(general)),
        ),
    }
}

fn has(nodes: &[&str], path: &str) -> bool {
    let path: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    path.is_empty()
        || nodes.iter().any(|node| {
            let parts: Vec<_> = node.split('/').collect();
            let same = |(known, part): (&&str, &&str)| *known == "*" || known == part;
            parts.len() == path.len() && parts.iter().zip(&path).all(same)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers do not make new paths.
    #[test]
    fn paths_in_general() {
        let general = |path| general(path).map(Cow::into_owned);
        assert_eq!(general("/etc/passwd"), None);
        assert_eq!(general("proc/stat"), None);
        assert_eq!(general("/process"), None);
        assert_eq!(general("/proc/stat").as_deref(), Some("/proc/stat"));
        assert_eq!(
            general("/proc/self/maps").as_deref(),
            Some("/proc/<pid>/maps")
        );
        assert_eq!(
            general("/proc/12/task/13/comm").as_deref(),
            Some("/proc/<pid>/task/<tid>/comm")
        );
        assert_eq!(
            general("/proc/self/fd/7").as_deref(),
            Some("/proc/<pid>/fd/<n>")
        );
        assert_eq!(
            general("//sys/./devices/system/cpu/cpu12/online").as_deref(),
            Some("/sys/devices/system/cpu/cpu<n>/online")
        );
        assert_eq!(general("/proc/self/../stat").as_deref(), Some("/proc/stat"));
        assert_eq!(general("/proc/").as_deref(), Some("/proc"));
    }

    /// Files that are there, and some that are not.
    #[test]
    fn what_freebsd_has() {
        assert_eq!(on_freebsd("/proc/<pid>/maps"), ("linprocfs", true));
        assert_eq!(on_freebsd("/proc"), ("linprocfs", true));
        assert_eq!(on_freebsd("/proc/<pid>/fd/<n>"), ("linprocfs", true));
        assert_eq!(on_freebsd("/proc/<pid>/smaps"), ("linprocfs", false));
        assert_eq!(
            on_freebsd("/sys/devices/system/cpu/online"),
            ("linsysfs", true)
        );
        assert_eq!(on_freebsd("/sys/class/net/lo/mtu"), ("linsysfs", true));
        assert_eq!(on_freebsd("/sys/fs/cgroup"), ("linsysfs", false));
    }
}
