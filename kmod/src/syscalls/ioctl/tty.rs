// SPDX-License-Identifier: BSD-2-Clause
//! Commands of group 'T': terminals, and the few that are for every descriptor (ioctl_tty(2)).
//!
//! FreeBSD: tty_ioctl (tty.c), ptsdev_ioctl (tty_pts.c).
//! Differences from Linux:
//! - line disciplines other than N_TTY, and TIOCLINUX, do not exist; the serial ports' TIOCGSERIAL,
//!   TIOCSSERIAL, TIOCMIWAIT and TIOCGICOUNT are ENOTTY
//! - a slave is never locked, so TIOCSPTLCK can only unlock
//! - TCXONC cannot send STOP and START characters: EINVAL
//! - TIOCGPTPEER and TIOCGEXCL are ENOTTY; TIOCSIG takes signals both systems have

use kpi::kern::fd::{self, Kind};
use kpi::kern::ioctl::{self, Command, kern_ioctl, kern_ioctl_void};
use kpi::{Cx, Errno, Fail, Result, UserIn, UserOut};
use linux_abi::c::{l_termio, l_termios, l_termios2, l_winsize};
use linux_abi::ioctl as linux;
use linux_abi::pod::Pod;
use linux_abi::signal::LinuxSignal;
use linux_abi::termios::{
    BsdTermios, termios_to_bsd, termios_to_linux, with_present_halves, with_present_speed,
};

use super::Request;

const N_TTY: i32 = 0;

pub(super) fn ioctl(cx: &mut Cx<'_>, request: &Request) -> Result<Option<i32>> {
    match every_descriptor(cx, request)? {
        Some(answer) => Ok(Some(answer)),
        // "Not a terminal" is ENOTTY for every kind of file on Linux.
        None => match terminal(cx, request) {
            Err(Fail::EOPNOTSUPP | Fail::ENODEV) => Err(Errno::ENOTTY.into()),
            answer => answer,
        },
    }
}

/// The commands that are not about terminals.
fn every_descriptor(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::FIOCLEX => kern_ioctl_void(cx, r.fd, ioctl::FIOCLEX)?,
        linux::FIONCLEX => kern_ioctl_void(cx, r.fd, ioctl::FIONCLEX)?,
        linux::FIONBIO => set::<i32>(cx, r, ioctl::FIONBIO)?,
        linux::FIOASYNC => set::<i32>(cx, r, ioctl::FIOASYNC)?,
        linux::FIONREAD => get::<i32>(cx, r, ioctl::FIONREAD)?,
        // The same number is SIOCOUTQ on a socket.
        linux::TIOCOUTQ if fd::info(cx, r.fd)?.kind == Kind::Socket => {
            get(cx, r, ioctl::FIONWRITE)?
        }
        _ => return Ok(None),
    }
    Ok(Some(0))
}

fn terminal(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::TCGETS => write(cx, r, |t| l_termios::from(termios_to_linux(t)))?,
        linux::TCGETS2 => write(cx, r, termios_to_linux)?,
        linux::TCGETA => write(cx, r, |t| l_termio::from(termios_to_linux(t)))?,
        linux::TCSETS => read(cx, r, ioctl::TIOCSETA, with_present_speed)?,
        linux::TCSETSW => read(cx, r, ioctl::TIOCSETAW, with_present_speed)?,
        linux::TCSETSF => read(cx, r, ioctl::TIOCSETAF, with_present_speed)?,
        linux::TCSETS2 => read(cx, r, ioctl::TIOCSETA, |new: &l_termios2, _| *new)?,
        linux::TCSETSW2 => read(cx, r, ioctl::TIOCSETAW, |new: &l_termios2, _| *new)?,
        linux::TCSETSF2 => read(cx, r, ioctl::TIOCSETAF, |new: &l_termios2, _| *new)?,
        linux::TCSETA => read(cx, r, ioctl::TIOCSETA, with_present_halves)?,
        linux::TCSETAW => read(cx, r, ioctl::TIOCSETAW, with_present_halves)?,
        linux::TCSETAF => read(cx, r, ioctl::TIOCSETAF, with_present_halves)?,
        linux::TCSBRK | linux::TCSBRKP => {
            kern_ioctl_void(cx, r.fd, ioctl::TIOCDRAIN)?;
            if r.command == linux::TCSBRKP || r.number() == 0 {
                send_break(cx, r)?;
            }
        }
        linux::TIOCSBRK => kern_ioctl_void(cx, r.fd, ioctl::TIOCSBRK)?,
        linux::TIOCCBRK => kern_ioctl_void(cx, r.fd, ioctl::TIOCCBRK)?,
        linux::TCXONC => match r.number() {
            TCOOFF => kern_ioctl_void(cx, r.fd, ioctl::TIOCSTOP)?,
            TCOON => kern_ioctl_void(cx, r.fd, ioctl::TIOCSTART)?,
            _ => return not_for_this(cx, r),
        },
        linux::TCFLSH => {
            let mut which = match r.number() {
                TCIFLUSH => FREAD,
                TCOFLUSH => FWRITE,
                TCIOFLUSH => FREAD | FWRITE,
                _ => return not_for_this(cx, r),
            };
            kern_ioctl(cx, r.fd, ioctl::TIOCFLUSH, &mut which)?;
        }
        linux::TIOCEXCL => kern_ioctl_void(cx, r.fd, ioctl::TIOCEXCL)?,
        linux::TIOCNXCL => kern_ioctl_void(cx, r.fd, ioctl::TIOCNXCL)?,
        linux::TIOCSCTTY => kern_ioctl_void(cx, r.fd, ioctl::TIOCSCTTY)?,
        linux::TIOCNOTTY => kern_ioctl_void(cx, r.fd, ioctl::TIOCNOTTY)?,
        linux::TIOCGPGRP => get::<i32>(cx, r, ioctl::TIOCGPGRP)?,
        linux::TIOCSPGRP => set::<i32>(cx, r, ioctl::TIOCSPGRP)?,
        linux::TIOCGSID => get::<i32>(cx, r, ioctl::TIOCGSID)?,
        linux::TIOCOUTQ => get::<i32>(cx, r, ioctl::TIOCOUTQ)?,
        linux::TIOCSTI => set::<u8>(cx, r, ioctl::TIOCSTI)?,
        linux::TIOCGWINSZ => get::<l_winsize>(cx, r, ioctl::TIOCGWINSZ)?,
        linux::TIOCSWINSZ => set::<l_winsize>(cx, r, ioctl::TIOCSWINSZ)?,
        linux::TIOCMGET => get::<i32>(cx, r, ioctl::TIOCMGET)?,
        linux::TIOCMSET => set::<i32>(cx, r, ioctl::TIOCMSET)?,
        linux::TIOCMBIS => set::<i32>(cx, r, ioctl::TIOCMBIS)?,
        linux::TIOCMBIC => set::<i32>(cx, r, ioctl::TIOCMBIC)?,
        linux::TIOCCONS => kern_ioctl(cx, r.fd, ioctl::TIOCCONS, &mut 1)?,
        linux::TIOCGETD => {
            settings(cx, r)?;
            UserOut::<i32>::from_reg(r.arg.raw()).write(cx, &N_TTY)?;
        }
        linux::TIOCSETD => {
            settings(cx, r)?;
            if UserIn::<i32>::from_reg(r.arg.raw()).read(cx)? != N_TTY {
                return Err(Errno::EINVAL.into());
            }
        }
        _ => return master(cx, r),
    }
    Ok(Some(0))
}

/// The commands of a pseudo terminal's master side (pts(4), ioctl_tty(2)).
fn master(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::TIOCGPTN => get::<i32>(cx, r, ioctl::TIOCGPTN)?,
        linux::TIOCSPTLCK => {
            kern_ioctl_void(cx, r.fd, ioctl::TIOCPTMASTER)?;
            if UserIn::<i32>::from_reg(r.arg.raw()).read(cx)? != 0 {
                return Err(Errno::EINVAL.into());
            }
        }
        linux::TIOCGPTLCK => {
            kern_ioctl_void(cx, r.fd, ioctl::TIOCPTMASTER)?;
            UserOut::<i32>::from_reg(r.arg.raw()).write(cx, &0)?;
        }
        linux::TIOCPKT => set::<i32>(cx, r, ioctl::TIOCPKT)?,
        linux::TIOCSIG => {
            let mut signal = LinuxSignal::parse(r.number())?.to_bsd().number();
            kern_ioctl(cx, r.fd, ioctl::TIOCSIG, &mut signal)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(0))
}

const TCOOFF: i32 = linux::TCOOFF.cast_signed();
const TCOON: i32 = linux::TCOON.cast_signed();
const TCIFLUSH: i32 = linux::TCIFLUSH.cast_signed();
const TCOFLUSH: i32 = linux::TCOFLUSH.cast_signed();
const TCIOFLUSH: i32 = linux::TCIOFLUSH.cast_signed();
/// What TIOCFLUSH of FreeBSD calls input and output (sys/fcntl.h).
const FREAD: i32 = 1;
const FWRITE: i32 = 2;

/// A break of a quarter of a second.
fn send_break(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    kern_ioctl_void(cx, r.fd, ioctl::TIOCSBRK)?;
    let slept = ioctl::pause_msec(cx, 250);
    kern_ioctl_void(cx, r.fd, ioctl::TIOCCBRK)?;
    slept
}

/// EINVAL on a terminal, ENOTTY elsewhere.
fn not_for_this(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    settings(cx, r)?;
    Err(Errno::EINVAL.into())
}

/// The terminal's settings; ENOTTY where it is none.
fn settings(cx: &mut Cx<'_>, r: &Request) -> Result<BsdTermios> {
    let mut present = BsdTermios::ZERO;
    kern_ioctl(cx, r.fd, ioctl::TIOCGETA, &mut present)?;
    Ok(present)
}

/// Tells the settings in one of Linux's forms.
fn write<T: Pod>(cx: &mut Cx<'_>, r: &Request, form: fn(&BsdTermios) -> T) -> Result<()> {
    let present = settings(cx, r)?;
    UserOut::<T>::from_reg(r.arg.raw()).write(cx, &form(&present))
}

/// Sets the settings from one of Linux's forms.
fn read<T: Pod>(
    cx: &mut Cx<'_>,
    r: &Request,
    command: Command<BsdTermios>,
    form: fn(&T, &BsdTermios) -> l_termios2,
) -> Result<()> {
    let present = settings(cx, r)?;
    let new = UserIn::<T>::from_reg(r.arg.raw()).read(cx)?;
    kern_ioctl(
        cx,
        r.fd,
        command,
        &mut termios_to_bsd(&form(&new, &present), &present),
    )
}

/// Hands a value from the device to the program, the same on both systems.
fn get<T: Pod>(cx: &mut Cx<'_>, r: &Request, command: Command<T>) -> Result<()> {
    let mut value = T::ZERO;
    kern_ioctl(cx, r.fd, command, &mut value)?;
    UserOut::<T>::from_reg(r.arg.raw()).write(cx, &value)
}

/// Hands a value from the program to the device, the same on both systems.
fn set<T: Pod>(cx: &mut Cx<'_>, r: &Request, command: Command<T>) -> Result<()> {
    fd::info(cx, r.fd)?;
    let mut value = UserIn::<T>::from_reg(r.arg.raw()).read(cx)?;
    kern_ioctl(cx, r.fd, command, &mut value)
}
