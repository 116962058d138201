// SPDX-License-Identifier: BSD-2-Clause
//! Names of signals and errnos, as suites write them.

/// Whose numbers a wait status uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    FreeBsd,
    Linux,
}

/// `signal(7)` of Linux beside `signal(3)` of FreeBSD.
const SIGNALS: &[(&str, u32, u32)] = &[
    ("SIGHUP", 1, 1),
    ("SIGINT", 2, 2),
    ("SIGQUIT", 3, 3),
    ("SIGILL", 4, 4),
    ("SIGTRAP", 5, 5),
    ("SIGABRT", 6, 6),
    ("SIGFPE", 8, 8),
    ("SIGKILL", 9, 9),
    ("SIGBUS", 10, 7),
    ("SIGSEGV", 11, 11),
    ("SIGSYS", 12, 31),
    ("SIGPIPE", 13, 13),
    ("SIGALRM", 14, 14),
    ("SIGTERM", 15, 15),
    ("SIGURG", 16, 23),
    ("SIGSTOP", 17, 19),
    ("SIGTSTP", 18, 20),
    ("SIGCONT", 19, 18),
    ("SIGCHLD", 20, 17),
    ("SIGTTIN", 21, 21),
    ("SIGTTOU", 22, 22),
    ("SIGIO", 23, 29),
    ("SIGXCPU", 24, 24),
    ("SIGXFSZ", 25, 25),
    ("SIGVTALRM", 26, 26),
    ("SIGPROF", 27, 27),
    ("SIGWINCH", 28, 28),
    ("SIGUSR1", 30, 10),
    ("SIGUSR2", 31, 12),
];

/// FreeBSD's `errno(2)`, as far as the kernel says them to /init.
const ERRNOS: &[(&str, u32)] = &[
    ("EPERM", 1),
    ("ENOENT", 2),
    ("ESRCH", 3),
    ("EINTR", 4),
    ("EIO", 5),
    ("ENXIO", 6),
    ("E2BIG", 7),
    ("ENOEXEC", 8),
    ("EBADF", 9),
    ("ECHILD", 10),
    ("EDEADLK", 11),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("EFAULT", 14),
    ("ENOTBLK", 15),
    ("EBUSY", 16),
    ("EEXIST", 17),
    ("EXDEV", 18),
    ("ENODEV", 19),
    ("ENOTDIR", 20),
    ("EISDIR", 21),
    ("EINVAL", 22),
    ("ENFILE", 23),
    ("EMFILE", 24),
    ("ENOTTY", 25),
    ("ETXTBSY", 26),
    ("EFBIG", 27),
    ("ENOSPC", 28),
    ("ESPIPE", 29),
    ("EROFS", 30),
    ("EMLINK", 31),
    ("EPIPE", 32),
    ("EDOM", 33),
    ("ERANGE", 34),
    ("EAGAIN", 35),
    ("EINPROGRESS", 36),
    ("EALREADY", 37),
    ("EOPNOTSUPP", 45),
    ("ENOBUFS", 55),
    ("ETIMEDOUT", 60),
    ("ELOOP", 62),
    ("ENAMETOOLONG", 63),
    ("ENOTEMPTY", 66),
    ("EPROGMISMATCH", 75),
    ("ENOSYS", 78),
    ("EFTYPE", 79),
    ("ENOTCAPABLE", 93),
    ("ECAPMODE", 94),
    ("EINTEGRITY", 97),
];

/// The number a signal has there.
pub(crate) fn signal(name: &str, system: System) -> Option<u32> {
    SIGNALS
        .iter()
        .find(|(n, ..)| *n == name)
        .map(|&(_, freebsd, linux)| match system {
            System::FreeBsd => freebsd,
            System::Linux => linux,
        })
}

/// A signal's name, or its number.
pub(crate) fn signal_name(number: u32, system: System) -> String {
    SIGNALS
        .iter()
        .find(|(name, ..)| signal(name, system) == Some(number))
        .map_or_else(|| format!("signal {number}"), |(name, ..)| (*name).into())
}

/// A FreeBSD errno's name, or its number.
pub(crate) fn errno_name(number: u32) -> String {
    ERRNOS
        .iter()
        .find(|(_, n)| *n == number)
        .map_or_else(|| format!("errno {number}"), |(name, _)| (*name).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_differ_between_systems() {
        assert_eq!(signal("SIGBUS", System::FreeBsd), Some(10));
        assert_eq!(signal("SIGBUS", System::Linux), Some(7));
        assert_eq!(signal_name(10, System::Linux), "SIGUSR1");
        assert_eq!(signal_name(99, System::Linux), "signal 99");
        assert_eq!(errno_name(16), "EBUSY");
        assert_eq!(errno_name(250), "errno 250");
    }
}
