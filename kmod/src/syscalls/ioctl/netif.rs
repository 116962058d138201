// SPDX-License-Identifier: BSD-2-Clause
//! Commands about network interfaces (netdevice(7)).
//!
//! FreeBSD: ifioctl (net/if.c), in_control (netinet/in.c).
//! Differences from Linux:
//! - of what can be set there are the MTU, the first IPv4 address with its mask and broadcast address, and of
//!   the flags IFF_UP and IFF_DEBUG; the rest is ENOTTY, for FreeBSD's own tools to do
//! - addresses are IPv4's; a jail sees those it has
//! - a metric is what FreeBSD says it is, where Linux always says 0

use kpi::kern::io::Buffer;
use kpi::kern::ioctl::{self, Command, kern_ioctl};
use kpi::kern::netif::{Interface, Interfaces};
use kpi::kern::socket;
use kpi::{Cx, Errno, Fail, Result, UserBytesOut, UserInOut, UserOut};
use linux_abi::bsd;
use linux_abi::ioctl as linux;
use linux_abi::netif::{self, BsdAliasreq, BsdIfreq, Inet, l_ifconf, l_ifreq};
use linux_abi::pod::Pod;

use super::Request;
use super::socket::expect_socket;

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::SIOCGIFCONF => list(cx, r)?,
        linux::SIOCGIFNAME => name(cx, r)?,
        linux::SIOCGIFINDEX => tell(cx, r, |i| Some(i.index().to_ne_bytes()))?,
        linux::SIOCGIFFLAGS => tell(cx, r, |i| Some(i.flags().to_ne_bytes()))?,
        linux::SIOCGIFHWADDR => tell(cx, r, |i| i.hardware_address().map(netif::address_bytes))?,
        linux::SIOCGIFADDR => address(cx, r, ioctl::SIOCGIFADDR, Without::Refuse)?,
        linux::SIOCGIFNETMASK => address(cx, r, ioctl::SIOCGIFNETMASK, Without::Refuse)?,
        linux::SIOCGIFDSTADDR => address(cx, r, ioctl::SIOCGIFDSTADDR, Without::Near)?,
        linux::SIOCGIFBRDADDR => address(cx, r, ioctl::SIOCGIFBRDADDR, Without::Zero)?,
        linux::SIOCGIFMETRIC => number(cx, r, ioctl::SIOCGIFMETRIC)?,
        linux::SIOCGIFMTU => number(cx, r, ioctl::SIOCGIFMTU)?,
        linux::SIOCSIFMTU => number(cx, r, ioctl::SIOCSIFMTU)?,
        // What netlink says as well; no device tells its ports and interrupts.
        linux::SIOCGIFTXQLEN => tell(cx, r, |_| Some(netif::QUEUE.to_ne_bytes()))?,
        linux::SIOCGIFMAP => tell(cx, r, |_| Some([0; 24]))?,
        linux::SIOCSIFFLAGS => set_flags(cx, r)?,
        linux::SIOCSIFADDR | linux::SIOCSIFNETMASK | linux::SIOCSIFBRDADDR => {
            set_address(cx, r)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(0))
}

/// The program's request. ENOTTY where the descriptor is no socket.
fn request(cx: &mut Cx<'_>, r: &Request) -> Result<l_ifreq> {
    expect_socket(cx, r)?;
    UserInOut::from_reg(r.arg.raw()).read(cx)
}

fn answer(cx: &mut Cx<'_>, r: &Request, ifreq: &l_ifreq) -> Result<()> {
    UserOut::from_reg(r.arg.raw()).write(cx, ifreq)
}

/// Tells what is known of the interface without asking it.
fn tell<const N: usize>(
    cx: &mut Cx<'_>,
    r: &Request,
    what: fn(Interface<'_>) -> Option<[u8; N]>,
) -> Result<()> {
    let mut ifreq = request(cx, r)?;
    let wanted = netif::name(&ifreq.ifr_name);
    let bytes = Interfaces::with(cx, |all| all.find(&wanted).map(what)).ok_or(Errno::ENODEV)?;
    ifreq.set(&bytes.ok_or(Errno::EADDRNOTAVAIL)?);
    answer(cx, r, &ifreq)
}

/// SIOCGIFNAME: the name of an index.
fn name(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let mut ifreq = request(cx, r)?;
    let index = ifreq.number();
    let found = Interfaces::with(cx, |all| {
        all.search(|interface, name| (interface.index() == index).then_some(*name))
    });
    ifreq.ifr_name = found.ok_or(Errno::ENODEV)?;
    answer(cx, r, &ifreq)
}

/// FreeBSD's request about the interface the program names. ENODEV.
fn to_bsd(cx: &mut Cx<'_>, ifreq: &l_ifreq) -> Result<BsdIfreq> {
    let wanted = netif::name(&ifreq.ifr_name);
    let found = Interfaces::with(cx, |all| all.find(&wanted).map(Interface::bsd_name));
    let mut bsd = BsdIfreq::ZERO;
    bsd.ifr_name = found.ok_or(Errno::ENODEV)?;
    Ok(bsd)
}

/// What is told where an interface has no address of the kind that was asked for.
enum Without {
    /// Nothing.
    Refuse,
    /// Its own.
    Near,
    /// 0.0.0.0.
    Zero,
}

/// Tells an IPv4 address of the interface. ENOTTY where the socket has addresses of other kinds.
fn address(
    cx: &mut Cx<'_>,
    r: &Request,
    command: Command<BsdIfreq>,
    without: Without,
) -> Result<()> {
    let mut ifreq = request(cx, r)?;
    if socket::domain(cx, r.fd)? != bsd::AF_INET {
        return Err(Errno::ENOTTY.into());
    }
    let bsd = to_bsd(cx, &ifreq)?;
    let mut ask = |command| {
        let mut bsd = bsd;
        kern_ioctl(cx, r.fd, command, &mut bsd).map(|()| Inet::from_bsd(&bsd.ifr_ifru))
    };
    let inet = match (ask(command), without) {
        // in_control's word for the wrong kind of interface.
        (Err(Fail::EINVAL), Without::Near) => ask(ioctl::SIOCGIFADDR),
        (Err(Fail::EINVAL), Without::Zero) => Ok(Inet::NONE),
        (result, _) => result,
    };
    ifreq.set(&inet?.to_linux());
    answer(cx, r, &ifreq)
}

/// Hands an int to and from the interface.
fn number(cx: &mut Cx<'_>, r: &Request, command: Command<BsdIfreq>) -> Result<()> {
    let mut ifreq = request(cx, r)?;
    let mut bsd = to_bsd(cx, &ifreq)?;
    bsd.set_number(ifreq.number());
    kern_ioctl(cx, r.fd, command, &mut bsd)?;
    ifreq.set(&bsd.number().to_ne_bytes());
    answer(cx, r, &ifreq)
}

/// SIOCSIFFLAGS.
fn set_flags(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let ifreq = request(cx, r)?;
    let mut bsd = to_bsd(cx, &ifreq)?;
    kern_ioctl(cx, r.fd, ioctl::SIOCGIFFLAGS, &mut bsd)?;
    bsd.set_number(netif::flags_to_bsd(ifreq.number(), bsd.number()));
    kern_ioctl(cx, r.fd, ioctl::SIOCSIFFLAGS, &mut bsd)
}

/// Changes the first IPv4 address of an interface, as far as the command says. EADDRNOTAVAIL for a mask or
/// broadcast address where there is none; EPERM.
fn set_address(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    let ifreq = request(cx, r)?;
    if socket::domain(cx, r.fd)? != bsd::AF_INET {
        return Err(Errno::ENOTTY.into());
    }
    let given = Inet::from_linux(&ifreq.ifr_ifru).ok_or(Errno::EINVAL)?;
    let bsd = to_bsd(cx, &ifreq)?;
    let mut ask = |command| {
        let mut bsd = bsd;
        let asked = kern_ioctl(cx, r.fd, command, &mut bsd);
        asked.map(|()| Inet::from_bsd(&bsd.ifr_ifru))
    };
    let present = ask(ioctl::SIOCGIFADDR).ok();
    let mut alias = BsdAliasreq::ZERO;
    alias.ifra_name = bsd.ifr_name;
    let (address, mask, broadcast) = if r.command == linux::SIOCSIFADDR {
        (given, given.class_mask(), None)
    } else {
        let address = present.ok_or(Errno::EADDRNOTAVAIL)?;
        if r.command == linux::SIOCSIFNETMASK {
            if !given.is_mask() {
                return Err(Errno::EINVAL.into());
            }
            (address, given, None)
        } else {
            (address, ask(ioctl::SIOCGIFNETMASK)?, Some(given))
        }
    };
    let broadcast = broadcast.unwrap_or_else(|| address.broadcast(mask));
    alias.ifra_addr = address.to_bsd();
    alias.ifra_mask = mask.to_bsd();
    alias.ifra_broadaddr = broadcast.to_bsd();
    if let Some(old) = present
        && old != address
    {
        let mut gone = bsd;
        gone.ifr_ifru = old.to_bsd();
        kern_ioctl(cx, r.fd, ioctl::SIOCDIFADDR, &mut gone)?;
    }
    if address == Inet::NONE {
        return Ok(());
    }
    kern_ioctl(cx, r.fd, ioctl::SIOCAIFADDR, &mut alias)
}

/// The size of an entry of the list.
const ENTRY: usize = size_of::<l_ifreq>();
/// More entries than this are not told.
const ENTRIES_MAX: usize = 4096;

/// Calls `f` with every address and the Linux name of its interface.
fn each_address(cx: &Cx<'_>, mut f: impl FnMut(&l_ifreq)) {
    Interfaces::with(cx, |all| {
        all.search(|interface, name| {
            interface.each_inet(cx, |bsd| {
                let mut entry = l_ifreq::ZERO;
                entry.ifr_name = *name;
                entry.set(&Inet::from_bsd(bsd).to_linux());
                f(&entry);
            });
            None::<()>
        })
    });
}

/// SIOCGIFCONF: all IPv4 addresses; without a buffer, how large it would have to be.
fn list(cx: &mut Cx<'_>, r: &Request) -> Result<()> {
    expect_socket(cx, r)?;
    let conf = UserInOut::<l_ifconf>::from_reg(r.arg.raw());
    let mut told = conf.read(cx)?;
    let mut count: usize = 0;
    each_address(cx, |_| count = count.saturating_add(1));
    let mut size = count.min(ENTRIES_MAX).saturating_mul(ENTRY);
    if told.ifc_buf != 0 {
        let room = usize::try_from(told.ifc_len).unwrap_or(0);
        size = size.min(room.saturating_sub(room % ENTRY));
        if size != 0 {
            let mut buffer = Buffer::new(cx, size)?;
            let mut entries = buffer.chunks_exact_mut(ENTRY);
            let mut filled: usize = 0;
            each_address(cx, |entry| {
                if let Some(to) = entries.next() {
                    to.copy_from_slice(&entry.bytes());
                    filled = filled.saturating_add(ENTRY);
                }
            });
            size = filled;
            let bytes = buffer.get(..size).unwrap_or(&[]);
            UserBytesOut::from_reg(told.ifc_buf).write(cx, bytes)?;
        }
    }
    // CAST: far below 2^31.
    told.ifc_len = size as i32;
    conf.write(cx, &told)
}
