// SPDX-License-Identifier: BSD-2-Clause
//! Virtual consoles (linux/kd.h, linux/vt.h).
//!
//! FreeBSD: vtterm_ioctl (vt_core.c), which has the same commands under other numbers.
//! Differences from Linux: keymaps, fonts and beeps of a length (KIOCSOUND) are kbdcontrol(1)'s and vidcontrol(1)'s;
//! VT_GETSTATE tells of the present console alone.

use kpi::kern::ioctl::{self as bsd, Command, kern_ioctl};
use kpi::{Cx, Errno, Result, UserIn, UserOut};
use linux_abi::device::{VtMode, l_vt_stat};
use linux_abi::ioctl as linux;
use linux_abi::pod::Pod;
use linux_abi::signal::{BsdSignal, LinuxSignal};

use super::Request;
use super::same::told;

/// K_MEDIUMRAW: FreeBSD's key codes are those.
const KEYBOARD_LAST: i32 = 2;
/// KB_101.
const KEYBOARD: u8 = 2;

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match command(cx, r) {
        Ok(false) => Ok(None),
        Ok(true) => Ok(Some(0)),
        Err(fail) => told(Err(fail)),
    }
}

/// Whether it is one of those.
fn command(cx: &mut Cx<'_>, r: &Request) -> Result<bool> {
    match r.command {
        linux::KDGETMODE => tell(cx, r, bsd::KDGETMODE)?,
        linux::KDSETMODE => number(cx, r, bsd::KDSETMODE)?,
        linux::KDGKBMODE => tell(cx, r, bsd::KDGKBMODE)?,
        linux::KDSKBMODE if (0..=KEYBOARD_LAST).contains(&r.number()) => {
            number(cx, r, bsd::KDSKBMODE)?;
        }
        linux::KDSKBMODE => {
            mode(cx, r)?;
            return Err(Errno::EINVAL.into());
        }
        linux::KDMKTONE => number(cx, r, bsd::KDMKTONE)?,
        linux::KDGETLED => {
            let mut leds = 0;
            kern_ioctl(cx, r.fd, bsd::KDGETLED, &mut leds)?;
            // CAST: three bits.
            UserOut::<u8>::from_reg(r.arg.raw()).write(cx, &(leds as u8))?;
        }
        linux::KDSETLED => number(cx, r, bsd::KDSETLED)?,
        linux::KDGKBTYPE => {
            mode(cx, r)?;
            UserOut::<u8>::from_reg(r.arg.raw()).write(cx, &KEYBOARD)?;
        }
        linux::VT_OPENQRY => tell(cx, r, bsd::VT_OPENQRY)?,
        linux::VT_GETMODE => {
            let mut mode = VtMode::ZERO;
            kern_ioctl(cx, r.fd, bsd::VT_GETMODE, &mut mode)?;
            let mode = with_signals(mode, |n| {
                BsdSignal::new(n)
                    .and_then(BsdSignal::to_linux)
                    .map(LinuxSignal::number)
            });
            UserOut::<VtMode>::from_reg(r.arg.raw()).write(cx, &mode)?;
        }
        linux::VT_SETMODE => {
            let mode = UserIn::<VtMode>::from_reg(r.arg.raw()).read(cx)?;
            let mut mode = with_signals(mode, |n| {
                LinuxSignal::parse(n)
                    .ok()
                    .map(|signal| signal.to_bsd().number())
            });
            kern_ioctl(cx, r.fd, bsd::VT_SETMODE, &mut mode)?;
        }
        linux::VT_GETSTATE => {
            let mut active = 0;
            kern_ioctl(cx, r.fd, bsd::VT_GETACTIVE, &mut active)?;
            let active = u16::try_from(active).unwrap_or(0);
            let mut state = l_vt_stat::ZERO;
            state.v_active = active;
            state.v_state = 1_u16.checked_shl(active.into()).unwrap_or(0);
            UserOut::<l_vt_stat>::from_reg(r.arg.raw()).write(cx, &state)?;
        }
        linux::VT_RELDISP => number(cx, r, bsd::VT_RELDISP)?,
        linux::VT_ACTIVATE => number(cx, r, bsd::VT_ACTIVATE)?,
        linux::VT_WAITACTIVE => number(cx, r, bsd::VT_WAITACTIVE)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether it is a console, told as an error.
fn mode(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    kern_ioctl(cx, r.fd, bsd::KDGETMODE, &mut 0)
}

fn tell(cx: &mut Cx<'_>, r: &Request, command: Command<i32>) -> Result<()> {
    let mut value = 0;
    kern_ioctl(cx, r.fd, command, &mut value)?;
    UserOut::<i32>::from_reg(r.arg.raw()).write(cx, &value)
}

fn number(cx: &mut Cx<'_>, r: &Request, command: Command<i32>) -> Result<()> {
    kern_ioctl(cx, r.fd, command, &mut r.number())
}

/// The signals in the other system's numbers; none for what it has not.
fn with_signals(mode: VtMode, convert: impl Fn(i32) -> Option<i32>) -> VtMode {
    let signal = |n: i16| {
        convert(n.into())
            .and_then(|n| i16::try_from(n).ok())
            .unwrap_or(0)
    };
    VtMode {
        relsig: signal(mode.relsig),
        acqsig: signal(mode.acqsig),
        frsig: signal(mode.frsig),
        ..mode
    }
}
