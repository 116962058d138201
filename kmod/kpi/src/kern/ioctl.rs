// SPDX-License-Identifier: BSD-2-Clause
//! Device control: sys_generic.c. The commands are those of sys/ttycom.h and sys/filio.h.

use core::marker::PhantomData;

use linux_abi::c::l_winsize;
use linux_abi::device::{BsdTocEntry, VtMode};
use linux_abi::fd::Fd;
use linux_abi::ioctl::Same;
use linux_abi::netif::{BsdAliasreq, BsdIfreq};
use linux_abi::pod::Pod;
use linux_abi::termios::BsdTermios;

use crate::{Cx, Errno, Result, check};

/// A FreeBSD command and the type of its argument. Only the constants of this file exist,
/// so the type is always right.
pub struct Command<T>(u64, PhantomData<fn(T)>);

impl<T> Clone for Command<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Command<T> {}

macro_rules! commands {
    ($( $(#[$doc:meta])* $name:ident: $type:ty = $value:ident; )*) => { $(
        $(#[$doc])*
        pub const $name: Command<$type> = Command(ffi::$value as u64, PhantomData);
        // IOCPARM_LEN: the kernel reads or writes that much, and never more.
        const _: () = assert!((ffi::$value as u64 >> 16) & 0x1fff <= size_of::<$type>() as u64);
    )* };
}

commands! {
    /// Terminal settings.
    TIOCGETA: BsdTermios = LRS_TIOCGETA;
    /// Sets them now.
    TIOCSETA: BsdTermios = LRS_TIOCSETA;
    /// Sets them once the output is out.
    TIOCSETAW: BsdTermios = LRS_TIOCSETAW;
    /// The same, and drops what was typed.
    TIOCSETAF: BsdTermios = LRS_TIOCSETAF;
    /// Window size.
    TIOCGWINSZ: l_winsize = LRS_TIOCGWINSZ;
    /// Sets it.
    TIOCSWINSZ: l_winsize = LRS_TIOCSWINSZ;
    /// Waits until the output is out.
    TIOCDRAIN: [u8; 0] = LRS_TIOCDRAIN;
    /// Drops what waits: 1 input, 2 output, 0 both.
    TIOCFLUSH: i32 = LRS_TIOCFLUSH;
    /// Output goes on.
    TIOCSTART: [u8; 0] = LRS_TIOCSTART;
    /// Output stops.
    TIOCSTOP: [u8; 0] = LRS_TIOCSTOP;
    /// Nobody else may open it.
    TIOCEXCL: [u8; 0] = LRS_TIOCEXCL;
    /// Others may.
    TIOCNXCL: [u8; 0] = LRS_TIOCNXCL;
    /// Becomes the session's terminal.
    TIOCSCTTY: [u8; 0] = LRS_TIOCSCTTY;
    /// Is the session's terminal no more.
    TIOCNOTTY: [u8; 0] = LRS_TIOCNOTTY;
    /// The foreground process group.
    TIOCGPGRP: i32 = LRS_TIOCGPGRP;
    /// Sets it.
    TIOCSPGRP: i32 = LRS_TIOCSPGRP;
    /// The session.
    TIOCGSID: i32 = LRS_TIOCGSID;
    /// Bytes not yet out.
    TIOCOUTQ: i32 = LRS_TIOCOUTQ;
    /// A character as if typed.
    TIOCSTI: u8 = LRS_TIOCSTI;
    /// Modem lines.
    TIOCMGET: i32 = LRS_TIOCMGET;
    /// Sets them.
    TIOCMSET: i32 = LRS_TIOCMSET;
    /// Raises some.
    TIOCMBIS: i32 = LRS_TIOCMBIS;
    /// Lowers some.
    TIOCMBIC: i32 = LRS_TIOCMBIC;
    /// Starts a break.
    TIOCSBRK: [u8; 0] = LRS_TIOCSBRK;
    /// Ends it.
    TIOCCBRK: [u8; 0] = LRS_TIOCCBRK;
    /// Takes the console's output.
    TIOCCONS: i32 = LRS_TIOCCONS;
    /// Packet mode of a master.
    TIOCPKT: i32 = LRS_TIOCPKT;
    /// Sends a signal from a master.
    TIOCSIG: i32 = LRS_TIOCSIG;
    /// The number of a pseudo terminal.
    TIOCGPTN: i32 = LRS_TIOCGPTN;
    /// Succeeds on a master only.
    TIOCPTMASTER: [u8; 0] = LRS_TIOCPTMASTER;
    /// Close on exec.
    FIOCLEX: [u8; 0] = LRS_FIOCLEX;
    /// Not so.
    FIONCLEX: [u8; 0] = LRS_FIONCLEX;
    /// Bytes to read.
    FIONREAD: i32 = LRS_FIONREAD;
    /// Non-blocking or not.
    FIONBIO: i32 = LRS_FIONBIO;
    /// SIGIO or not.
    FIOASYNC: i32 = LRS_FIOASYNC;
    /// Bytes of a socket not yet sent.
    FIONWRITE: i32 = LRS_FIONWRITE;
    /// Who gets SIGIO.
    FIOGETOWN: i32 = LRS_FIOGETOWN;
    /// Sets that.
    FIOSETOWN: i32 = LRS_FIOSETOWN;
    /// Whether the next byte is the urgent one.
    SIOCATMARK: i32 = LRS_SIOCATMARK;
    /// An interface's IPv4 address.
    SIOCGIFADDR: BsdIfreq = LRS_SIOCGIFADDR;
    /// The one at the other end.
    SIOCGIFDSTADDR: BsdIfreq = LRS_SIOCGIFDSTADDR;
    /// The one for all.
    SIOCGIFBRDADDR: BsdIfreq = LRS_SIOCGIFBRDADDR;
    /// Which part of it is the network's.
    SIOCGIFNETMASK: BsdIfreq = LRS_SIOCGIFNETMASK;
    /// An interface's metric.
    SIOCGIFMETRIC: BsdIfreq = LRS_SIOCGIFMETRIC;
    /// The largest packet.
    SIOCGIFMTU: BsdIfreq = LRS_SIOCGIFMTU;
    /// Sets that.
    SIOCSIFMTU: BsdIfreq = LRS_SIOCSIFMTU;
    /// An interface's flags.
    SIOCGIFFLAGS: BsdIfreq = LRS_SIOCGIFFLAGS;
    /// Sets them.
    SIOCSIFFLAGS: BsdIfreq = LRS_SIOCSIFFLAGS;
    /// Adds or changes an address.
    SIOCAIFADDR: BsdAliasreq = LRS_SIOCAIFADDR;
    /// Takes one away.
    SIOCDIFADDR: BsdIfreq = LRS_SIOCDIFADDR;
    /// A disk's sector size.
    DIOCGSECTORSIZE: u32 = LRS_DIOCGSECTORSIZE;
    /// Its size in bytes.
    DIOCGMEDIASIZE: i64 = LRS_DIOCGMEDIASIZE;
    /// Sectors of a track, as firmware calls them.
    DIOCGFWSECTORS: u32 = LRS_DIOCGFWSECTORS;
    /// The same for heads.
    DIOCGFWHEADS: u32 = LRS_DIOCGFWHEADS;
    /// Writes out what the disk has in its cache.
    DIOCGFLUSH: [u8; 0] = LRS_DIOCGFLUSH;
    /// Forgets a range: offset and length.
    DIOCGDELETE: [i64; 2] = LRS_DIOCGDELETE;
    /// The size of its own blocks, or 0.
    DIOCGSTRIPESIZE: i64 = LRS_DIOCGSTRIPESIZE;
    /// Where the first of them begins.
    DIOCGSTRIPEOFFSET: i64 = LRS_DIOCGSTRIPEOFFSET;
    /// Plays from one track and index to another.
    CDIOCPLAYTRACKS: [u8; 4] = LRS_CDIOCPLAYTRACKS;
    /// First and last track of a disc: length, first, last.
    CDIOREADTOCHEADER: [u8; 4] = LRS_CDIOREADTOCHEADER;
    /// Where a track begins (`struct ioc_read_toc_single_entry`).
    CDIOREADTOCENTRY: BsdTocEntry = LRS_CDIOREADTOCENTRY;
    /// Stops playing for now.
    CDIOCPAUSE: [u8; 0] = LRS_CDIOCPAUSE;
    /// Plays on.
    CDIOCRESUME: [u8; 0] = LRS_CDIOCRESUME;
    /// Resets the drive.
    CDIOCRESET: [u8; 0] = LRS_CDIOCRESET;
    /// Starts the motor.
    CDIOCSTART: [u8; 0] = LRS_CDIOCSTART;
    /// Stops it.
    CDIOCSTOP: [u8; 0] = LRS_CDIOCSTOP;
    /// Opens the drive.
    CDIOCEJECT: [u8; 0] = LRS_CDIOCEJECT;
    /// Closes it.
    CDIOCCLOSE: [u8; 0] = LRS_CDIOCCLOSE;
    /// Plays from one time to another: minute, second, frame.
    CDIOCPLAYMSF: [u8; 6] = LRS_CDIOCPLAYMSF;
    /// What a console shows.
    KDGETMODE: i32 = LRS_KDGETMODE;
    /// Sets it.
    KDSETMODE: i32 = LRS_KDSETMODE;
    /// What its keyboard says.
    KDGKBMODE: i32 = LRS_KDGKBMODE;
    /// Sets it.
    KDSKBMODE: i32 = LRS_KDSKBMODE;
    /// A tone.
    KDMKTONE: i32 = LRS_KDMKTONE;
    /// The keyboard's lights.
    KDGETLED: i32 = LRS_KDGETLED;
    /// Sets them.
    KDSETLED: i32 = LRS_KDSETLED;
    /// The first console that nobody has.
    VT_OPENQRY: i32 = LRS_VT_OPENQRY;
    /// Who switches consoles, and by which signals.
    VT_SETMODE: VtMode = LRS_VT_SETMODE;
    /// Tells that.
    VT_GETMODE: VtMode = LRS_VT_GETMODE;
    /// The process's answer to such a signal.
    VT_RELDISP: i32 = LRS_VT_RELDISP;
    /// Switches.
    VT_ACTIVATE: i32 = LRS_VT_ACTIVATE;
    /// Waits for that.
    VT_WAITACTIVE: i32 = LRS_VT_WAITACTIVE;
    /// The console that is seen.
    VT_GETACTIVE: i32 = LRS_VT_GETACTIVE;
    /// Records what the thread runs.
    KIOENABLE: i32 = LRS_KIOENABLE;
    /// No more.
    KIODISABLE: [u8; 0] = LRS_KIODISABLE;
    /// How much there is room for.
    KIOSETBUFSIZE: i64 = LRS_KIOSETBUFSIZE;
    /// Ends a force of an input device.
    EVIOCRMFF: i32 = LRS_EVIOCRMFF;
    /// Takes an input device for the caller alone.
    EVIOCGRAB: i32 = LRS_EVIOCGRAB;
    /// Ends the use of this descriptor.
    EVIOCREVOKE: i32 = LRS_EVIOCREVOKE;
    /// The key of a scan code.
    EVIOCGKEYCODE: [u32; 2] = LRS_EVIOCGKEYCODE;
}

// A request about an interface; no command of it above follows a pointer in it.
const _: () = assert!(size_of::<BsdIfreq>() == size_of::<ffi::ifreq>());

/// ioctl(2) with a FreeBSD command. EBADF; ENOTTY and others as the device says.
pub fn kern_ioctl<T: Pod>(
    cx: &mut Cx<'_>,
    fd: Fd,
    command: Command<T>,
    data: &mut T,
) -> Result<()> {
    // SAFETY: current; the command moves at most size_of::<T>() bytes (asserted above), and any
    // bytes are a T (Pod).
    check(unsafe { ffi::kern_ioctl(cx.td(), fd.0, command.0, core::ptr::from_mut(data).cast()) })
}

/// The same for a command without an argument.
pub fn kern_ioctl_void(cx: &mut Cx<'_>, fd: Fd, command: Command<[u8; 0]>) -> Result<()> {
    kern_ioctl(cx, fd, command, &mut [0; 0])
}

/// ioctl(2) with a command that means the same on both systems: what the device returns. EINVAL unless `data` is as
/// long as the command says.
pub fn kern_ioctl_same(cx: &mut Cx<'_>, fd: Fd, same: Same, data: &mut [u8]) -> Result<i32> {
    if data.len() != same.size() {
        return Err(Errno::EINVAL.into());
    }
    // SAFETY: current; the command moves as many bytes as it says (IOCPARM_LEN), which are there. What addresses are
    // in them is the device's to check, as for a native program.
    check(unsafe { ffi::kern_ioctl(cx.td(), fd.0, same.command(), data.as_mut_ptr().cast()) })?;
    // CAST: an int.
    Ok(cx.retval() as i32)
}

/// Sleeps so long; EINTR or a restart where a signal came.
pub fn pause_msec(cx: &mut Cx<'_>, msec: i64) -> Result<()> {
    let mut time = ffi::timespec {
        tv_sec: 0,
        tv_nsec: msec.saturating_mul(1_000_000),
    };
    // SAFETY: current; the time is whole, nobody asks for the rest.
    check(unsafe { ffi::kern_nanosleep(cx.td(), &raw mut time, core::ptr::null_mut()) })
}
