// SPDX-License-Identifier: BSD-2-Clause
//! The commands of ioctl(2), under Linux's names, the numbers some of them take, and which of them
//! are there; drivers may register more. A host test compares the list with the handlers in
//! kmod/src/syscalls/ioctl.

pub use linux_raw_sys::general::{TCIFLUSH, TCIOFLUSH, TCOFLUSH, TCOOFF, TCOON};
pub use linux_raw_sys::ioctl::*;

use crate::errno::Errno;

/// What becomes of a command.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A handler does it, where the descriptor is of the kind.
    Done,
    /// It fails whatever the descriptor is.
    Refused(Errno),
}

/// The errno of a command that no handler knows.
pub const UNKNOWN: Errno = Errno::ENOTTY;

macro_rules! commands {
    ($($answer:expr => $($name:ident)*;)*) => {
        /// Every command that a handler knows, with its name.
        pub const COMMANDS: &[(u32, &str, Answer)] = &[$($(($name, stringify!($name), $answer),)*)*];
    };
}

commands! {
    Answer::Done =>
        FIOCLEX FIONCLEX FIONBIO FIOASYNC FIONREAD TIOCOUTQ TCGETS TCGETS2 TCGETA TCSETS TCSETSW
        TCSETSF TCSETS2 TCSETSW2 TCSETSF2 TCSETA TCSETAW TCSETAF TCSBRK TCSBRKP TIOCSBRK TIOCCBRK
        TCXONC TCFLSH TIOCEXCL TIOCNXCL TIOCSCTTY TIOCNOTTY TIOCGPGRP TIOCSPGRP TIOCGSID TIOCSTI
        TIOCGWINSZ TIOCSWINSZ TIOCMGET TIOCMSET TIOCMBIS TIOCMBIC TIOCCONS TIOCGETD TIOCSETD
        TIOCGPTN TIOCSPTLCK TIOCGPTLCK TIOCPKT TIOCSIG
        FIOSETOWN SIOCSPGRP FIOGETOWN SIOCGPGRP SIOCATMARK
        SIOCGIFCONF SIOCGIFNAME SIOCGIFINDEX SIOCGIFFLAGS SIOCGIFHWADDR SIOCGIFADDR SIOCGIFNETMASK
        SIOCGIFDSTADDR SIOCGIFBRDADDR SIOCGIFMETRIC SIOCGIFMTU SIOCSIFMTU;
    Answer::Refused(Errno::ENOTTY) =>
        TIOCGSERIAL TIOCSSERIAL TIOCMIWAIT TIOCGICOUNT TIOCLINUX TIOCGEXCL TIOCGPTPEER
        FIBMAP FIGETBSZ FS_IOC_GETFLAGS FS_IOC_SETFLAGS FS_IOC_GETVERSION FS_IOC_FSGETXATTR
        FS_IOC_FSSETXATTR;
    Answer::Refused(Errno::EOPNOTSUPP) =>
        FICLONE FICLONERANGE FIDEDUPERANGE FS_IOC_FIEMAP;
}

/// The name of a command and what becomes of it; `None` where no handler knows it.
pub fn answer(command: u32) -> Option<(&'static str, Answer)> {
    let found = COMMANDS.iter().find(|(number, ..)| *number == command);
    found.map(|(_, name, answer)| (*name, *answer))
}
