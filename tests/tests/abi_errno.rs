// SPDX-License-Identifier: BSD-2-Clause
//! The errno map against the C library of the host, which has Linux's numbers.

use linux_abi::Errno;

macro_rules! same_name {
    ($($name:ident)*) => { &[$((Errno::$name, libc::$name)),*] };
}

/// The errors both systems call by the same name.
const SAME_NAME: &[(Errno, i32)] = same_name! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EDEADLK ENOMEM EACCES EFAULT
    ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG
    ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EAGAIN EWOULDBLOCK EINPROGRESS EALREADY ENOTSOCK
    EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ENOTSUP
    EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED
    ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED ELOOP
    ENAMETOOLONG EHOSTDOWN EHOSTUNREACH ENOTEMPTY EUSERS EDQUOT ESTALE EREMOTE ENOLCK ENOSYS EIDRM
    ENOMSG EOVERFLOW ECANCELED EILSEQ EBADMSG EMULTIHOP ENOLINK EPROTO ENOTRECOVERABLE EOWNERDEAD
};

/// A name both systems have keeps its meaning.
#[test]
fn common_names_keep_their_meaning() {
    for (bsd, linux) in SAME_NAME {
        assert_eq!(bsd.to_linux().raw(), *linux, "{bsd:?}");
    }
}

/// The errors only FreeBSD has are the ones left over, and each was decided.
#[test]
fn the_remaining_names_are_decided() {
    let own = Errno::ALL
        .iter()
        .filter(|e| !SAME_NAME.iter().any(|(same, _)| same == *e));
    let own: Vec<(&str, i32)> = own.map(|e| (e.name(), e.to_linux().raw())).collect();
    let expected = [
        ("EPROCLIM", libc::EAGAIN),
        ("EBADRPC", libc::EIO),
        ("ERPCMISMATCH", libc::EPROTONOSUPPORT),
        ("EPROGUNAVAIL", libc::EPFNOSUPPORT),
        ("EPROGMISMATCH", libc::EPROTONOSUPPORT),
        ("EPROCUNAVAIL", libc::EOPNOTSUPP),
        ("EFTYPE", libc::EINVAL),
        ("EAUTH", libc::EACCES),
        ("ENEEDAUTH", libc::EACCES),
        ("ENOATTR", libc::ENODATA),
        ("EDOOFUS", libc::EINVAL),
        ("ENOTCAPABLE", libc::EPERM),
        ("ECAPMODE", libc::EPERM),
        ("EINTEGRITY", libc::EUCLEAN),
    ];
    assert_eq!(own, expected);
}

/// The host's C library has words for every number the map can give.
#[test]
fn every_linux_number_is_known_to_the_host() {
    for e in Errno::ALL {
        let text = std::io::Error::from_raw_os_error(e.to_linux().raw()).to_string();
        assert!(!text.starts_with("Unknown error"), "{e:?}: {text}");
    }
}
