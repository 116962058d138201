// SPDX-License-Identifier: BSD-2-Clause
//! FreeBSD's errno, Linux's errno, and the one total map between them.
//!
//! The kernel side speaks [`Errno`] (FreeBSD, positive) everywhere. Only the
//! syscall return path turns it into a [`LinuxErrno`].

use core::fmt;
use core::num::NonZeroI32;

use linux_raw_sys::errno as linux;

/// The largest errno of FreeBSD 15.0 (`ELAST` in sys/errno.h).
pub const ELAST: i32 = 97;

/// The kernel's private "restart the call" code (sys/errno.h).
pub const ERESTART: i32 = -1;
/// The kernel's private "leave the registers alone" code (sys/errno.h).
pub const EJUSTRETURN: i32 = -2;
/// The kernel's private "this ioctl is not mine" code (sys/errno.h).
pub const ENOIOCTL: i32 = -3;

/// A FreeBSD error number, always in `1..=ELAST`.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Errno(NonZeroI32);

/// A Linux error number, positive as in the man pages.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct LinuxErrno(NonZeroI32);

/// Builds a value in a constant, where a wrong number fails the build.
const fn non_zero(n: i32) -> NonZeroI32 {
    match NonZeroI32::new(n) {
        Some(n) => n,
        None => NonZeroI32::MIN,
    }
}

/// One row per FreeBSD errno: its name, its number, the Linux name it becomes,
/// and FreeBSD's words for it.
macro_rules! errnos {
    ($($name:ident = $num:literal => $linux:ident, $doc:literal;)*) => {
        impl Errno {
            $(
                #[doc = concat!($doc, " (`", stringify!($name), "`).")]
                pub const $name: Errno = Errno(non_zero($num));
            )*

            /// Every errno, in numeric order.
            pub const ALL: &[Errno] = &[$(Errno::$name),*];

            /// The name in sys/errno.h.
            pub const fn name(self) -> &'static str {
                match self.raw() {
                    $($num => stringify!($name),)*
                    _ => "?",
                }
            }
        }

        impl Fail {
            $(
                #[doc = concat!("[`Errno::", stringify!($name), "`].")]
                pub const $name: Fail = Fail(Errno::$name.0);
            )*
        }

        /// What each FreeBSD errno is on Linux; index 0 is never looked up.
        static TO_LINUX: [LinuxErrno; 98] = {
            let filler = LinuxErrno(NonZeroI32::MIN);
            let mut table = [filler; 98];
            let mut filled = 0;
            $(
                table[$num] = LinuxErrno(non_zero(linux::$linux.cast_signed()));
                filled += 1;
                assert!(filled == $num, "the rows must be in order, without a hole");
            )*
            assert!(filled == ELAST);
            table
        };
    };
}

errnos! {
    EPERM = 1 => EPERM, "Operation not permitted";
    ENOENT = 2 => ENOENT, "No such file or directory";
    ESRCH = 3 => ESRCH, "No such process";
    EINTR = 4 => EINTR, "Interrupted system call";
    EIO = 5 => EIO, "Input/output error";
    ENXIO = 6 => ENXIO, "Device not configured";
    E2BIG = 7 => E2BIG, "Argument list too long";
    ENOEXEC = 8 => ENOEXEC, "Exec format error";
    EBADF = 9 => EBADF, "Bad file descriptor";
    ECHILD = 10 => ECHILD, "No child processes";
    EDEADLK = 11 => EDEADLK, "Resource deadlock avoided";
    ENOMEM = 12 => ENOMEM, "Cannot allocate memory";
    EACCES = 13 => EACCES, "Permission denied";
    EFAULT = 14 => EFAULT, "Bad address";
    ENOTBLK = 15 => ENOTBLK, "Block device required";
    EBUSY = 16 => EBUSY, "Device busy";
    EEXIST = 17 => EEXIST, "File exists";
    EXDEV = 18 => EXDEV, "Cross-device link";
    ENODEV = 19 => ENODEV, "Operation not supported by device";
    ENOTDIR = 20 => ENOTDIR, "Not a directory";
    EISDIR = 21 => EISDIR, "Is a directory";
    EINVAL = 22 => EINVAL, "Invalid argument";
    ENFILE = 23 => ENFILE, "Too many open files in system";
    EMFILE = 24 => EMFILE, "Too many open files";
    ENOTTY = 25 => ENOTTY, "Inappropriate ioctl for device";
    ETXTBSY = 26 => ETXTBSY, "Text file busy";
    EFBIG = 27 => EFBIG, "File too large";
    ENOSPC = 28 => ENOSPC, "No space left on device";
    ESPIPE = 29 => ESPIPE, "Illegal seek";
    EROFS = 30 => EROFS, "Read-only filesystem";
    EMLINK = 31 => EMLINK, "Too many links";
    EPIPE = 32 => EPIPE, "Broken pipe";
    EDOM = 33 => EDOM, "Numerical argument out of domain";
    ERANGE = 34 => ERANGE, "Result too large";
    EAGAIN = 35 => EAGAIN, "Resource temporarily unavailable";
    EINPROGRESS = 36 => EINPROGRESS, "Operation now in progress";
    EALREADY = 37 => EALREADY, "Operation already in progress";
    ENOTSOCK = 38 => ENOTSOCK, "Socket operation on non-socket";
    EDESTADDRREQ = 39 => EDESTADDRREQ, "Destination address required";
    EMSGSIZE = 40 => EMSGSIZE, "Message too long";
    EPROTOTYPE = 41 => EPROTOTYPE, "Protocol wrong type for socket";
    ENOPROTOOPT = 42 => ENOPROTOOPT, "Protocol not available";
    EPROTONOSUPPORT = 43 => EPROTONOSUPPORT, "Protocol not supported";
    ESOCKTNOSUPPORT = 44 => ESOCKTNOSUPPORT, "Socket type not supported";
    EOPNOTSUPP = 45 => EOPNOTSUPP, "Operation not supported";
    EPFNOSUPPORT = 46 => EPFNOSUPPORT, "Protocol family not supported";
    EAFNOSUPPORT = 47 => EAFNOSUPPORT, "Address family not supported by protocol family";
    EADDRINUSE = 48 => EADDRINUSE, "Address already in use";
    EADDRNOTAVAIL = 49 => EADDRNOTAVAIL, "Can't assign requested address";
    ENETDOWN = 50 => ENETDOWN, "Network is down";
    ENETUNREACH = 51 => ENETUNREACH, "Network is unreachable";
    ENETRESET = 52 => ENETRESET, "Network dropped connection on reset";
    ECONNABORTED = 53 => ECONNABORTED, "Software caused connection abort";
    ECONNRESET = 54 => ECONNRESET, "Connection reset by peer";
    ENOBUFS = 55 => ENOBUFS, "No buffer space available";
    EISCONN = 56 => EISCONN, "Socket is already connected";
    ENOTCONN = 57 => ENOTCONN, "Socket is not connected";
    ESHUTDOWN = 58 => ESHUTDOWN, "Can't send after socket shutdown";
    ETOOMANYREFS = 59 => ETOOMANYREFS, "Too many references: can't splice";
    ETIMEDOUT = 60 => ETIMEDOUT, "Operation timed out";
    ECONNREFUSED = 61 => ECONNREFUSED, "Connection refused";
    ELOOP = 62 => ELOOP, "Too many levels of symbolic links";
    ENAMETOOLONG = 63 => ENAMETOOLONG, "File name too long";
    EHOSTDOWN = 64 => EHOSTDOWN, "Host is down";
    EHOSTUNREACH = 65 => EHOSTUNREACH, "No route to host";
    ENOTEMPTY = 66 => ENOTEMPTY, "Directory not empty";
    // fork(2) on Linux says EAGAIN when the caller's RLIMIT_NPROC is reached.
    EPROCLIM = 67 => EAGAIN, "Too many processes";
    EUSERS = 68 => EUSERS, "Too many users";
    EDQUOT = 69 => EDQUOT, "Disc quota exceeded";
    ESTALE = 70 => ESTALE, "Stale NFS file handle";
    EREMOTE = 71 => EREMOTE, "Too many levels of remote in path";
    // The five RPC errors come from an NFS server's reply. Linux has no such
    // numbers; its RPC client reports a garbled reply as EIO, an unknown program
    // as EPFNOSUPPORT, either version clash as EPROTONOSUPPORT and an unknown
    // procedure as EOPNOTSUPP.
    EBADRPC = 72 => EIO, "RPC struct is bad";
    ERPCMISMATCH = 73 => EPROTONOSUPPORT, "RPC version wrong";
    EPROGUNAVAIL = 74 => EPFNOSUPPORT, "RPC program not available";
    EPROGMISMATCH = 75 => EPROTONOSUPPORT, "RPC program version wrong";
    EPROCUNAVAIL = 76 => EOPNOTSUPP, "Bad procedure for RPC program";
    ENOLCK = 77 => ENOLCK, "No locks available";
    ENOSYS = 78 => ENOSYS, "Function not implemented";
    // "The file is of the wrong kind for this operation", for which Linux's man
    // pages say EINVAL.
    EFTYPE = 79 => EINVAL, "Inappropriate file type or format";
    // NFS credentials refused or missing; a Linux NFS mount says EACCES.
    EAUTH = 80 => EACCES, "Authentication error";
    ENEEDAUTH = 81 => EACCES, "Need authenticator";
    EIDRM = 82 => EIDRM, "Identifier removed";
    ENOMSG = 83 => ENOMSG, "No message of desired type";
    EOVERFLOW = 84 => EOVERFLOW, "Value too large to be stored in data type";
    ECANCELED = 85 => ECANCELED, "Operation canceled";
    EILSEQ = 86 => EILSEQ, "Illegal byte sequence";
    // getxattr(2): ENODATA, which libattr also spells ENOATTR.
    ENOATTR = 87 => ENODATA, "Attribute not found";
    // A kernel interface was misused; EINVAL is the nearest a program can act on.
    EDOOFUS = 88 => EINVAL, "Programming error";
    EBADMSG = 89 => EBADMSG, "Bad message";
    EMULTIHOP = 90 => EMULTIHOP, "Multihop attempted";
    ENOLINK = 91 => ENOLINK, "Link has been severed";
    EPROTO = 92 => EPROTO, "Protocol error";
    // Capsicum has no Linux counterpart; a sandbox's refusal reads as EPERM there.
    ENOTCAPABLE = 93 => EPERM, "Capabilities insufficient";
    ECAPMODE = 94 => EPERM, "Not permitted in capability mode";
    ENOTRECOVERABLE = 95 => ENOTRECOVERABLE, "State not recoverable";
    EOWNERDEAD = 96 => EOWNERDEAD, "Previous owner died";
    // A failed metadata checksum: Linux file systems report EUCLEAN ("structure
    // needs cleaning").
    EINTEGRITY = 97 => EUCLEAN, "Integrity check failed";
}

impl Errno {
    /// FreeBSD's `ENOTSUP` is the same number as `EOPNOTSUPP`, as on Linux.
    pub const ENOTSUP: Errno = Errno::EOPNOTSUPP;
    /// FreeBSD's `EWOULDBLOCK` is the same number as `EAGAIN`, as on Linux.
    pub const EWOULDBLOCK: Errno = Errno::EAGAIN;

    /// The errno with this number, or `None` when FreeBSD has no such errno.
    pub const fn from_raw(raw: i32) -> Option<Errno> {
        match NonZeroI32::new(raw) {
            Some(n) if raw > 0 && raw <= ELAST => Some(Errno(n)),
            _ => None,
        }
    }

    /// The number, in `1..=ELAST`.
    pub const fn raw(self) -> i32 {
        self.0.get()
    }

    /// The number a Linux program must see.
    #[inline]
    pub fn to_linux(self) -> LinuxErrno {
        match TO_LINUX.get(self.0.get().unsigned_abs() as usize) {
            Some(e) => *e,
            // Not reached: the table has a row for each number an Errno can hold.
            None => LinuxErrno::EINVAL,
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl LinuxErrno {
    /// Invalid argument.
    pub const EINVAL: LinuxErrno = LinuxErrno(non_zero(linux::EINVAL.cast_signed()));

    /// The number, positive.
    pub const fn raw(self) -> i32 {
        self.0.get()
    }

    /// The number as a Linux system call returns it: negated, in rax.
    pub const fn as_register(self) -> u64 {
        (self.0.get() as i64).wrapping_neg().cast_unsigned()
    }

    /// The FreeBSD errno for a number a Linux program hands to the kernel or to
    /// another program (for instance in `si_errno`), or `None` if unknown.
    pub fn to_bsd(self) -> Option<Errno> {
        let same = |e: &&Errno| e.to_linux() == self;
        Errno::ALL.iter().find(same).copied()
    }

    /// A Linux number in `1..=4095`, the range Linux reserves for errors.
    pub const fn from_raw(raw: i32) -> Option<LinuxErrno> {
        match NonZeroI32::new(raw) {
            Some(n) if raw > 0 && raw <= 4095 => Some(LinuxErrno(n)),
            _ => None,
        }
    }
}

impl fmt::Debug for LinuxErrno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinuxErrno({})", self.raw())
    }
}

/// How a system call ends when it does not succeed: an error the program sees, or [`Fail::RESTART`].
///
/// It is the code the kernel's own functions return, so that handing one on costs nothing.
#[derive(Copy, Clone, PartialEq, Eq)]
#[repr(transparent)]
pub struct Fail(NonZeroI32);

impl Fail {
    /// A signal interrupted the call and the handler's flags decide whether it
    /// runs again (the kernel's `ERESTART`). The program never sees this.
    pub const RESTART: Fail = Fail(non_zero(ERESTART));

    /// The error the program sees; `None` when the call may run again.
    pub const fn errno(self) -> Option<Errno> {
        Errno::from_raw(self.0.get())
    }

    /// The code the kernel's own functions and its return path use.
    #[inline]
    pub const fn to_kernel(self) -> i32 {
        self.0.get()
    }

    /// The meaning of a kernel function's non-zero return value.
    ///
    /// `EJUSTRETURN` and `ENOIOCTL` are not failures: the few callers that can
    /// get one (sigreturn, exec, ioctl handlers) look at the raw value first.
    /// Here they, zero, and any number that is no errno are a bug in the kernel
    /// side, which the program sees as EINVAL rather than as a success.
    pub const fn from_kernel(ret: i32) -> Fail {
        match NonZeroI32::new(ret) {
            Some(code) if ret == ERESTART || (ret > 0 && ret <= ELAST) => Fail(code),
            _ => Fail::EINVAL,
        }
    }
}

impl fmt::Debug for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.errno().map_or("ERESTART", Errno::name))
    }
}

impl From<Errno> for Fail {
    #[inline]
    fn from(e: Errno) -> Fail {
        Fail(e.0)
    }
}

/// The result of anything a system call does.
pub type Result<T, E = Fail> = core::result::Result<T, E>;

/// The result of a kernel function that returns 0 or an error code; see
/// [`Fail::from_kernel`].
#[inline]
pub const fn check(ret: i32) -> Result<()> {
    match ret {
        0 => Ok(()),
        _ => Err(Fail::from_kernel(ret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only 1..=ELAST are errnos.
    #[test]
    fn from_raw_accepts_exactly_the_freebsd_range() {
        for raw in -5000..5000 {
            assert_eq!(Errno::from_raw(raw).is_some(), (1..=ELAST).contains(&raw));
        }
        assert_eq!(Errno::from_raw(i32::MIN), None);
        assert_eq!(Errno::from_raw(i32::MAX), None);
    }

    /// Every errno keeps its number and has a name.
    #[test]
    fn all_is_complete_and_in_order() {
        assert_eq!(Errno::ALL.len(), 97);
        for (i, e) in Errno::ALL.iter().enumerate() {
            assert_eq!(e.raw(), i as i32 + 1);
            assert_ne!(e.name(), "?");
            assert_eq!(Errno::from_raw(e.raw()), Some(*e));
        }
    }

    /// The map is total, and what it gives fits Linux's error range.
    #[test]
    fn to_linux_is_total() {
        for e in Errno::ALL {
            let l = e.to_linux();
            assert!((1..=133).contains(&l.raw()), "{e:?} -> {l:?}");
            assert_eq!(l.as_register() as i64, -i64::from(l.raw()));
        }
    }

    /// A success is never an error, and an odd number is never a success.
    #[test]
    fn check_never_invents_a_success() {
        assert_eq!(check(0), Ok(()));
        assert_eq!(check(ERESTART), Err(Fail::RESTART));
        assert_eq!(check(2), Err(Fail::ENOENT));
        for odd in [EJUSTRETURN, ENOIOCTL, -4, -5, 98, i32::MIN, i32::MAX] {
            assert_eq!(check(odd), Err(Fail::EINVAL));
        }
    }

    /// What the kernel side returns comes back unchanged.
    #[test]
    fn kernel_codes_round_trip() {
        for raw in 1..=ELAST {
            assert_eq!(Fail::from_kernel(raw).to_kernel(), raw);
        }
        assert_eq!(Fail::from_kernel(ERESTART), Fail::RESTART);
        assert_eq!(Fail::RESTART.to_kernel(), ERESTART);
    }

    /// Going to Linux, back and to Linux again is stable.
    #[test]
    fn linux_to_bsd_is_a_right_inverse() {
        for e in Errno::ALL {
            let l = e.to_linux();
            assert_eq!(l.to_bsd().map(Errno::to_linux), Some(l));
        }
        assert_eq!(LinuxErrno::from_raw(0), None);
        assert_eq!(LinuxErrno::from_raw(4096), None);
        assert_eq!(LinuxErrno::from_raw(512).and_then(LinuxErrno::to_bsd), None);
    }
}
