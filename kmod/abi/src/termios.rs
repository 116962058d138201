// SPDX-License-Identifier: BSD-2-Clause
//! Terminal settings: Linux's `struct termios` and FreeBSD's (sys/_termios.h).
//!
//! What only one system has is lost on the way there: on Linux IUCLC, OLCUC, XCASE, OFILL,
//! OFDEL, the delays but tabs, CMSPAR and VSWTC; what only FreeBSD has stays as it was.

use linux_raw_sys::general as linux;

use crate::c::{l_termio, l_termios, l_termios2};
use crate::pod::pod;

pod! {
    /// FreeBSD's `struct termios`.
    struct BsdTermios {
        c_iflag: u32,
        c_oflag: u32,
        c_cflag: u32,
        c_lflag: u32,
        c_cc: [u8; 20],
        c_ispeed: u32,
        c_ospeed: u32,
    }
}

/// A Linux bit or field value, FreeBSD's.
type Bits = [(u32, u32)];

const INPUT: &Bits = &[
    (linux::IGNBRK, 0x1),
    (linux::BRKINT, 0x2),
    (linux::IGNPAR, 0x4),
    (linux::PARMRK, 0x8),
    (linux::INPCK, 0x10),
    (linux::ISTRIP, 0x20),
    (linux::INLCR, 0x40),
    (linux::IGNCR, 0x80),
    (linux::ICRNL, 0x100),
    (linux::IXON, 0x200),
    (linux::IXOFF, 0x400),
    (linux::IXANY, 0x800),
    (linux::IMAXBEL, 0x2000),
    (linux::IUTF8, 0x4000),
];

const OUTPUT: &Bits = &[
    (linux::OPOST, 0x1),
    (linux::ONLCR, 0x2),
    // Only XTABS of the tab delays, all of its bits.
    (linux::XTABS, 0x4),
    (linux::OCRNL, 0x10),
    (linux::ONOCR, 0x20),
    (linux::ONLRET, 0x40),
];

/// The sizes CS6 and CS7 are a bit each, and CS8 is both.
const CONTROL: &Bits = &[
    (linux::CS6, 0x100),
    (linux::CS7, 0x200),
    (linux::CSTOPB, 0x400),
    (linux::CREAD, 0x800),
    (linux::PARENB, 0x1000),
    (linux::PARODD, 0x2000),
    (linux::HUPCL, 0x4000),
    (linux::CLOCAL, 0x8000),
    (linux::CRTSCTS, 0x3_0000),
];

const LOCAL: &Bits = &[
    (linux::ECHOKE, 0x1),
    (linux::ECHOE, 0x2),
    (linux::ECHOK, 0x4),
    (linux::ECHO, 0x8),
    (linux::ECHONL, 0x10),
    (linux::ECHOPRT, 0x20),
    (linux::ECHOCTL, 0x40),
    (linux::ISIG, 0x80),
    (linux::ICANON, 0x100),
    (linux::IEXTEN, 0x400),
    (linux::EXTPROC, 0x800),
    (linux::TOSTOP, 0x40_0000),
    (linux::FLUSHO, 0x80_0000),
    (linux::PENDIN, 0x2000_0000),
    (linux::NOFLSH, 0x8000_0000),
];

/// Where each control character is: Linux's index, FreeBSD's.
const CHARACTERS: [(u32, usize); 16] = [
    (linux::VINTR, 8),
    (linux::VQUIT, 9),
    (linux::VERASE, 3),
    (linux::VKILL, 5),
    (linux::VEOF, 0),
    (linux::VTIME, 17),
    (linux::VMIN, 16),
    (linux::VSTART, 12),
    (linux::VSTOP, 13),
    (linux::VSUSP, 10),
    (linux::VEOL, 1),
    (linux::VREPRINT, 6),
    (linux::VDISCARD, 15),
    (linux::VWERASE, 4),
    (linux::VLNEXT, 14),
    (linux::VEOL2, 2),
];

/// A character that is switched off is 0 on Linux, 0xff on FreeBSD.
const BSD_DISABLED: u8 = 0xff;

/// The speeds Linux numbers, in bit/s.
const SPEEDS: [(u32, u32); 30] = [
    (linux::B50, 50),
    (linux::B75, 75),
    (linux::B110, 110),
    (linux::B134, 134),
    (linux::B150, 150),
    (linux::B200, 200),
    (linux::B300, 300),
    (linux::B600, 600),
    (linux::B1200, 1200),
    (linux::B1800, 1800),
    (linux::B2400, 2400),
    (linux::B4800, 4800),
    (linux::B9600, 9600),
    (linux::B19200, 19200),
    (linux::B38400, 38400),
    (linux::B57600, 57600),
    (linux::B115200, 115_200),
    (linux::B230400, 230_400),
    (linux::B460800, 460_800),
    (linux::B500000, 500_000),
    (linux::B576000, 576_000),
    (linux::B921600, 921_600),
    (linux::B1000000, 1_000_000),
    (linux::B1152000, 1_152_000),
    (linux::B1500000, 1_500_000),
    (linux::B2000000, 2_000_000),
    (linux::B2500000, 2_500_000),
    (linux::B3000000, 3_000_000),
    (linux::B3500000, 3_500_000),
    (linux::B4000000, 4_000_000),
];

fn to_bsd(bits: &Bits, flags: u32, present: u32) -> u32 {
    bits.iter().fold(present, |out, (linux, bsd)| {
        if flags & linux == *linux {
            out | bsd
        } else {
            out & !bsd
        }
    })
}

fn to_linux(bits: &Bits, flags: u32) -> u32 {
    let set = bits.iter().filter(|(_, bsd)| flags & bsd == *bsd);
    set.fold(0, |out, (linux, _)| out | linux)
}

/// The speed a code of c_cflag stands for; `None` for BOTHER and codes Linux has not.
fn speed_of(code: u32) -> Option<u32> {
    if code == linux::B0 {
        return Some(0);
    }
    let found = SPEEDS.iter().find(|(c, _)| *c == code);
    found.map(|(_, speed)| *speed)
}

/// The code of a speed, BOTHER where it has none.
fn code_of(speed: u32) -> u32 {
    if speed == 0 {
        return linux::B0;
    }
    let found = SPEEDS.iter().find(|(_, s)| *s == speed);
    found.map_or(linux::BOTHER, |(code, _)| *code)
}

/// What TCGETS2 tells.
pub fn termios_to_linux(bsd: &BsdTermios) -> l_termios2 {
    let mut c_cc = [0; 19];
    for (l, b) in CHARACTERS {
        let from = bsd.c_cc.get(b).copied().unwrap_or(BSD_DISABLED);
        if let Some(to) = c_cc.get_mut(l as usize) {
            let counts = l == linux::VMIN || l == linux::VTIME;
            *to = if from == BSD_DISABLED && !counts {
                0
            } else {
                from
            };
        }
    }
    let mut c_cflag = to_linux(CONTROL, bsd.c_cflag) | code_of(bsd.c_ospeed);
    if bsd.c_ispeed != bsd.c_ospeed {
        c_cflag |= code_of(bsd.c_ispeed) << linux::IBSHIFT;
    }
    l_termios2 {
        c_iflag: to_linux(INPUT, bsd.c_iflag),
        c_oflag: to_linux(OUTPUT, bsd.c_oflag),
        c_cflag,
        c_lflag: to_linux(LOCAL, bsd.c_lflag),
        c_line: 0,
        c_cc,
        c_ispeed: bsd.c_ispeed,
        c_ospeed: bsd.c_ospeed,
    }
}

/// What TCSETS2 asks for, on top of the present settings.
pub fn termios_to_bsd(new: &l_termios2, present: &BsdTermios) -> BsdTermios {
    let mut c_cc = present.c_cc;
    for (l, b) in CHARACTERS {
        let from = new.c_cc.get(l as usize).copied().unwrap_or(0);
        if let Some(to) = c_cc.get_mut(b) {
            let counts = l == linux::VMIN || l == linux::VTIME;
            *to = if from == 0 && !counts {
                BSD_DISABLED
            } else {
                from
            };
        }
    }
    let c_ospeed = speed_of(new.c_cflag & linux::CBAUD).unwrap_or(new.c_ospeed);
    let c_ispeed = match (new.c_cflag >> linux::IBSHIFT) & linux::CBAUD {
        // No input speed of its own: as the output.
        linux::B0 => c_ospeed,
        code => speed_of(code).unwrap_or(new.c_ispeed),
    };
    BsdTermios {
        c_iflag: to_bsd(INPUT, new.c_iflag, present.c_iflag),
        c_oflag: to_bsd(OUTPUT, new.c_oflag, present.c_oflag),
        c_cflag: to_bsd(CONTROL, new.c_cflag, present.c_cflag),
        c_lflag: to_bsd(LOCAL, new.c_lflag, present.c_lflag),
        c_cc,
        c_ispeed,
        c_ospeed,
    }
}

impl From<l_termios2> for l_termios {
    fn from(new: l_termios2) -> l_termios {
        l_termios {
            c_iflag: new.c_iflag,
            c_oflag: new.c_oflag,
            c_cflag: new.c_cflag,
            c_lflag: new.c_lflag,
            c_line: new.c_line,
            c_cc: new.c_cc,
        }
    }
}

/// What TCSETS asks for: a speed without a code stays what `present` has.
pub fn with_present_speed(new: &l_termios, present: &BsdTermios) -> l_termios2 {
    l_termios2 {
        c_iflag: new.c_iflag,
        c_oflag: new.c_oflag,
        c_cflag: new.c_cflag,
        c_lflag: new.c_lflag,
        c_line: new.c_line,
        c_cc: new.c_cc,
        c_ispeed: present.c_ispeed,
        c_ospeed: present.c_ospeed,
    }
}

impl From<l_termios2> for l_termio {
    /// The low halves, and the first eight characters.
    fn from(new: l_termios2) -> l_termio {
        let mut c_cc = [0; 8];
        for (to, from) in c_cc.iter_mut().zip(new.c_cc) {
            *to = from;
        }
        l_termio {
            c_iflag: new.c_iflag as u16,
            c_oflag: new.c_oflag as u16,
            c_cflag: new.c_cflag as u16,
            c_lflag: new.c_lflag as u16,
            c_line: new.c_line,
            c_cc,
            __pad0: 0,
        }
    }
}

/// What TCSETA asks for: the high halves and the other characters stay.
pub fn with_present_halves(new: &l_termio, present: &BsdTermios) -> l_termios2 {
    let old = termios_to_linux(present);
    let mut c_cc = old.c_cc;
    for (to, from) in c_cc.iter_mut().zip(new.c_cc) {
        *to = from;
    }
    let join = |high: u32, low: u16| high & 0xffff_0000 | u32::from(low);
    l_termios2 {
        c_iflag: join(old.c_iflag, new.c_iflag),
        c_oflag: join(old.c_oflag, new.c_oflag),
        c_cflag: join(old.c_cflag, new.c_cflag),
        c_lflag: join(old.c_lflag, new.c_lflag),
        c_cc,
        ..old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a new FreeBSD terminal has (ttydefaults.h).
    fn cooked() -> BsdTermios {
        let mut c_cc = [BSD_DISABLED; 20];
        c_cc[8] = 3;
        c_cc[0] = 4;
        c_cc[16] = 1;
        c_cc[17] = 0;
        BsdTermios {
            c_iflag: 0x2b02,
            c_oflag: 0x3,
            c_cflag: 0x4b00,
            c_lflag: 0x5cb,
            c_cc,
            c_ispeed: 38400,
            c_ospeed: 38400,
        }
    }

    /// A terminal in its usual state reads as a Linux one in its usual state.
    #[test]
    fn cooked_is_cooked() {
        let told = termios_to_linux(&cooked());
        assert_eq!(
            told.c_iflag,
            linux::BRKINT | linux::ICRNL | linux::IXON | linux::IXANY | linux::IMAXBEL
        );
        assert_eq!(told.c_oflag, linux::OPOST | linux::ONLCR);
        assert_eq!(
            told.c_cflag,
            linux::B38400 | linux::CS8 | linux::CREAD | linux::HUPCL
        );
        assert_eq!(told.c_cc[linux::VINTR as usize], 3);
        assert_eq!(told.c_cc[linux::VEOL as usize], 0);
        assert_eq!(told.c_cc[linux::VMIN as usize], 1);
    }

    /// Setting what was read changes nothing.
    #[test]
    fn round_trip() {
        for flags in 0..32 {
            let mut t = cooked();
            t.c_lflag ^= 1 << flags;
            t.c_iflag ^= 1 << flags;
            t.c_oflag ^= 1 << flags;
            // Of the two flow controls only both together exist on Linux.
            if !(16..=17).contains(&flags) {
                t.c_cflag ^= 1 << flags;
            }
            assert_eq!(termios_to_bsd(&termios_to_linux(&t), &t), t, "bit {flags}");
        }
    }

    /// Every speed with a code keeps it; the others go by BOTHER.
    #[test]
    fn speeds() {
        for (code, speed) in SPEEDS {
            assert_eq!((speed_of(code), code_of(speed)), (Some(speed), code));
        }
        let odd = BsdTermios {
            c_ospeed: 12345,
            c_ispeed: 50,
            ..cooked()
        };
        let told = termios_to_linux(&odd);
        assert_eq!(told.c_cflag & linux::CBAUD, linux::BOTHER);
        assert_eq!(termios_to_bsd(&told, &cooked()).c_ospeed, 12345);
        assert_eq!(termios_to_bsd(&told, &cooked()).c_ispeed, 50);
        let old = with_present_speed(&told.into(), &odd);
        assert_eq!(termios_to_bsd(&old, &odd), odd);
    }

    /// The short form leaves what it cannot say.
    #[test]
    fn termio() {
        let t = cooked();
        let short = l_termio::from(termios_to_linux(&t));
        assert_eq!(termios_to_bsd(&with_present_halves(&short, &t), &t), t);
    }

    /// The character sizes.
    #[test]
    fn sizes() {
        for (linux, bsd) in [(0, 0), (0x10, 0x100), (0x20, 0x200), (0x30, 0x300)] {
            assert_eq!(to_bsd(CONTROL, linux, 0), bsd);
            assert_eq!(to_linux(CONTROL, bsd), linux);
        }
    }
}
