use super::*;
use linux_raw_sys::general as linux;

fn decode(number: u32, registers: [u64; 6]) -> Vec<(String, Outcome)> {
    decode_with(number, registers, &[])
}

/// With memory at address 0x1000.
fn decode_with(number: u32, registers: [u64; 6], memory: &[u8]) -> Vec<(String, Outcome)> {
    let mut read = |address: u64, to: &mut [u8]| {
        let Some(from) = address
            .checked_sub(0x1000)
            .and_then(|at| memory.get(at as usize..))
        else {
            return false;
        };
        let fits = from.len() >= to.len();
        if fits {
            to.copy_from_slice(&from[..to.len()]);
        }
        fits
    };
    let call = Call::read(number, registers, &mut read);
    let mut parts = Vec::new();
    call.parts(&mut |part| parts.push((part.name.to_string(), part.outcome)));
    parts
}

fn refused(number: u32, registers: [u64; 6]) -> Vec<(String, Errno)> {
    let parts = decode(number, registers).into_iter();
    parts
        .filter_map(|(name, outcome)| match outcome {
            Outcome::Refused(errno) => Some((name, errno)),
            _ => None,
        })
        .collect()
}

fn words(bytes: &[u64]) -> Vec<u8> {
    bytes.iter().flat_map(|word| word.to_le_bytes()).collect()
}

const WORKS: Outcome = Outcome::Works;
const IGNORED: Outcome = Outcome::Ignored;

/// A usual open: every flag by name, the access mode too.
#[test]
fn open() {
    let flags = linux::O_RDWR | linux::O_CREAT | linux::O_CLOEXEC | linux::O_LARGEFILE;
    let parts = decode(linux::__NR_openat, [0, 0, flags.into(), 0, 0, 0]);
    let expected = [
        ("O_RDWR".to_owned(), WORKS),
        ("O_CREAT".to_owned(), WORKS),
        ("O_LARGEFILE".to_owned(), IGNORED),
        ("O_CLOEXEC".to_owned(), WORKS),
    ];
    assert_eq!(parts, expected);
}

/// O_TMPFILE is to blame, not O_RDWR beside it, nor O_DIRECTORY within it.
#[test]
fn a_refused_flag_is_found() {
    let flags = linux::O_RDWR | linux::O_TMPFILE | linux::O_CLOEXEC;
    let found = refused(linux::__NR_open, [0, flags.into(), 0, 0, 0, 0]);
    assert_eq!(found, [("O_TMPFILE".to_owned(), Errno::EOPNOTSUPP)]);
}

/// Two refused flags are both found, and unknown bits are shown as they are.
#[test]
fn two_refused_flags() {
    let flags = linux::CLONE_NEWUSER | linux::CLONE_NEWPID | 17;
    let found = refused(linux::__NR_clone, [flags.into(), 0, 0, 0, 0, 0]);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CLONE_NEWUSER", "CLONE_NEWPID"]);
    let found = refused(
        linux::__NR_pipe2,
        [0, 1 << 30 | u64::from(linux::O_CLOEXEC), 0, 0, 0, 0],
    );
    assert_eq!(found, [("0x40000000".to_owned(), Errno::EINVAL)]);
}

/// Flags that only fail together are shown together.
#[test]
fn a_wrong_combination() {
    let found = refused(linux::__NR_msync, [0, 0, 1 | 4, 0, 0, 0]);
    assert_eq!(found.len(), 2, "without either it succeeds: {found:?}");
    let thread = u64::from(linux::CLONE_THREAD);
    let found = refused(linux::__NR_clone, [thread, 0, 0, 0, 0, 0]);
    assert_eq!(found, [("CLONE_THREAD".to_owned(), Errno::EINVAL)]);
}

/// Structures are read where the arguments point at them.
#[test]
fn structures() {
    let at = [0x1000, 88, 0, 0, 0, 0];
    let mut args = [0; 11];
    args[0] = u64::from(linux::CLONE_VM | linux::CLONE_VFORK);
    args[4] = 17;
    let parts = decode_with(linux::__NR_clone3, at, &words(&args));
    assert_eq!(
        parts,
        [
            ("CLONE_VM".to_owned(), WORKS),
            ("CLONE_VFORK".to_owned(), WORKS)
        ]
    );
    args[0] |= linux::CLONE_INTO_CGROUP;
    let parts = decode_with(linux::__NR_clone3, at, &words(&args));
    assert!(parts.contains(&(
        "CLONE_INTO_CGROUP".to_owned(),
        Outcome::Refused(Errno::EINVAL)
    )));
    args[8] = 0x2000;
    let parts = decode_with(linux::__NR_clone3, at, &words(&args));
    assert!(parts.iter().any(|(name, _)| name == "set_tid"));

    let how = words(&[0, 0, u64::from(linux::RESOLVE_CACHED)]);
    let parts = decode_with(linux::__NR_openat2, [0, 0, 0x1000, 24, 0, 0], &how);
    assert!(parts.contains(&("RESOLVE_CACHED".to_owned(), Outcome::Refused(Errno::EAGAIN))));
}

/// A short address at the end of a page.
#[test]
fn addresses() {
    let connect = |bytes: &[u8]| decode_with(linux::__NR_connect, [3, 0x1000, 0, 0, 0, 0], bytes);
    assert_eq!(connect(b"\x01\0/"), [("AF_UNIX".to_owned(), WORKS)]);
    assert_eq!(
        connect(b"\x02\0\0\x50\x7f\0\0\x01"),
        [("AF_INET".to_owned(), WORKS)]
    );
}

/// Commands and options by name; what nobody knows is shown by number.
#[test]
fn commands() {
    let ioctl = |command: u32| decode(linux::__NR_ioctl, [0, command.into(), 0, 0, 0, 0]);
    let enotty = Outcome::Refused(Errno::ENOTTY);
    assert_eq!(ioctl(crate::ioctl::TCGETS), [("TCGETS".to_owned(), WORKS)]);
    assert_eq!(
        ioctl(crate::ioctl::TIOCLINUX),
        [("TIOCLINUX".to_owned(), enotty)]
    );
    assert_eq!(ioctl(0xdead), [("0xdead".to_owned(), enotty)]);

    let prctl = |code: u32, arg| decode(linux::__NR_prctl, [code.into(), arg, 0, 0, 0, 0]);
    let name = linux_raw_sys::prctl::PR_SET_NAME;
    assert_eq!(prctl(name, 0x1000), [("PR_SET_NAME".to_owned(), WORKS)]);
    let seccomp = linux_raw_sys::prctl::PR_SET_SECCOMP;
    let einval = Outcome::Refused(Errno::EINVAL);
    assert_eq!(prctl(seccomp, 3), [("PR_SET_SECCOMP".to_owned(), einval)]);
    assert_eq!(prctl(seccomp, 2), [("PR_SET_SECCOMP".to_owned(), WORKS)]);

    let option = |level, name| decode(linux::__NR_setsockopt, [0, level, name, 0, 0, 0]);
    assert_eq!(option(6, 1), [("TCP_NODELAY".to_owned(), WORKS)]);
    let refused = Outcome::Refused(Errno::ENOPROTOOPT);
    assert_eq!(option(17, 103), [("UDP_SEGMENT".to_owned(), refused)]);
    assert_eq!(option(132, 5), [("SOL_SCTP option 5".to_owned(), refused)]);

    let fcntl = |command: u32, arg| decode(linux::__NR_fcntl, [0, command.into(), arg, 0, 0, 0]);
    assert_eq!(
        fcntl(linux::F_SETLEASE, 0),
        [("F_SETLEASE".to_owned(), einval)]
    );
    assert_eq!(fcntl(linux::F_SETSIG, 29), [("F_SETSIG".to_owned(), WORKS)]);
    assert_eq!(
        fcntl(linux::F_SETSIG, 10),
        [("F_SETSIG".to_owned(), einval)]
    );
}

/// A protocol of netlink(7) that is not there.
#[test]
fn netlink() {
    let socket = |protocol| refused(linux::__NR_socket, [16, 3, protocol, 0, 0, 0]);
    assert!(socket(0).is_empty());
    let audit = ("NETLINK_AUDIT".to_owned(), Errno::EPROTONOSUPPORT);
    assert_eq!(socket(9), [audit]);
}

/// Limits that FreeBSD lacks can be read.
#[test]
fn limits() {
    let limit = linux::RLIMIT_NICE.into();
    assert!(refused(linux::__NR_prlimit64, [0, limit, 0, 0x1000, 0, 0]).is_empty());
    let set = refused(linux::__NR_prlimit64, [0, limit, 0x1000, 0, 0, 0]);
    assert_eq!(set, [("RLIMIT_NICE".to_owned(), Errno::EPERM)]);
}

/// Neither addresses nor sizes make a call another one.
#[test]
fn equal_calls() {
    let mut none = |_: u64, _: &mut [u8]| false;
    let mut read = |registers| Call::read(linux::__NR_mmap, registers, &mut none);
    assert_eq!(
        read([0, 4096, 3, 34, 0, 0]),
        read([7 << 12, 1 << 20, 3, 34, u64::MAX, 8])
    );
    assert_ne!(read([0, 4096, 3, 34, 0, 0]), read([0, 4096, 1, 34, 0, 0]));
}

/// Any number with any arguments can be decoded.
#[test]
fn anything() {
    let values = [
        0,
        1,
        2,
        17,
        0x7f,
        0x1000,
        u64::from(u32::MAX),
        1 << 31,
        1 << 63,
        u64::MAX,
    ];
    for number in (0..480).chain([u32::MAX]) {
        for a in values {
            for b in values {
                decode_with(number, [a, b, b, a, b, a], &[0xff; 128]);
            }
        }
    }
}

/// What the console and lxcheck say.
#[test]
fn lines() {
    let line = |gap: Gap<'_>| gap.to_string();
    assert_eq!(
        line(Gap::Call(Some("mbind"), 237)),
        "syscall mbind (237) not implemented"
    );
    assert_eq!(line(Gap::Call(None, 999)), "syscall 999 not implemented");
    let part = Gap::Part("ioctl", ioctl_name(crate::ioctl::TIOCLINUX), Errno::ENOTTY);
    assert_eq!(line(part), "ioctl: TIOCLINUX gives ENOTTY");
}
