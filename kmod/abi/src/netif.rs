// SPDX-License-Identifier: BSD-2-Clause
//! Network interfaces: names, flags, kinds of hardware (netdevice(7)).
//!
//! Linux programs expect `lo` and `eth0`, `eth1` and so on, in the order of FreeBSD's list; with
//! `compat.linux.use_real_ifnames` Ethernet interfaces keep the names they have. Other interfaces
//! always do. Wherever a name comes in, FreeBSD's is understood as well.

use linux_raw_sys::{if_arp, net};

use crate::bsd;
use crate::c::l_sockaddr;
use crate::pod::{pod, same_layout};

/// Room for an interface's name and its NUL, the same on both systems (IFNAMSIZ).
pub const NAME_SIZE: usize = 16;

/// A name, filled up with NULs.
pub type Name = [u8; NAME_SIZE];

/// What kind of interface it is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The loopback.
    Loopback,
    /// Ethernet and what looks like it.
    Ethernet,
    /// A point-to-point link by PPP.
    Ppp,
    /// A tunnel of packets in packets.
    Tunnel,
    /// Anything else.
    Other,
}

impl Kind {
    /// From `if_type` (net/if_types.h).
    pub const fn new(if_type: i32) -> Self {
        match if_type {
            bsd::IFT_LOOP => Kind::Loopback,
            bsd::IFT_ETHER => Kind::Ethernet,
            bsd::IFT_PPP => Kind::Ppp,
            bsd::IFT_GIF => Kind::Tunnel,
            _ => Kind::Other,
        }
    }

    /// Linux's ARPHRD_*: the family of a hardware address, and the `type` in sysfs.
    pub const fn hardware(self) -> u16 {
        // CAST: ARPHRD_* are 16 bits wide.
        (match self {
            Kind::Loopback => if_arp::ARPHRD_LOOPBACK,
            Kind::Ethernet => if_arp::ARPHRD_ETHER,
            Kind::Ppp => if_arp::ARPHRD_PPP,
            Kind::Tunnel => if_arp::ARPHRD_TUNNEL,
            Kind::Other => if_arp::ARPHRD_NONE,
        }) as u16
    }
}

/// A NUL-terminated name, cut to what there is room for.
pub fn name(bytes: &[u8]) -> Name {
    let mut out = [0; NAME_SIZE];
    let bytes = bytes.split(|&b| b == 0).next().unwrap_or(&[]);
    for (to, from) in out.iter_mut().take(NAME_SIZE.saturating_sub(1)).zip(bytes) {
        *to = *from;
    }
    out
}

/// Gives the interfaces their Linux names, in the order of FreeBSD's list.
#[derive(Copy, Clone, Debug)]
pub struct Naming {
    real: bool,
    ethernet: u32,
}

impl Naming {
    /// Before the first interface. `real`: whether Ethernet interfaces keep their names.
    pub const fn new(real: bool) -> Self {
        Naming { real, ethernet: 0 }
    }

    /// The Linux name of the next interface.
    pub fn next(&mut self, kind: Kind, bsd: &Name) -> Name {
        match kind {
            Kind::Loopback if *bsd == name(b"lo0") => name(b"lo"),
            Kind::Ethernet if !self.real => {
                let number = self.ethernet;
                self.ethernet = number.saturating_add(1);
                numbered(number)
            }
            _ => *bsd,
        }
    }
}

fn numbered(number: u32) -> Name {
    let mut digits = [0_u8; 10];
    let mut rest = number;
    let mut len: usize = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.wrapping_add((rest % 10) as u8);
        rest /= 10;
        len = len.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    let mut out = name(b"eth");
    let last = digits.iter().skip(digits.len().saturating_sub(len));
    for (to, from) in out.iter_mut().skip(3).zip(last) {
        *to = *from;
    }
    out
}

/// FreeBSD's flag of an interface and Linux's.
const FLAGS: [(i32, u32); 10] = [
    (bsd::IFF_UP, net::net_device_flags::IFF_UP as u32),
    (
        bsd::IFF_BROADCAST,
        net::net_device_flags::IFF_BROADCAST as u32,
    ),
    (bsd::IFF_DEBUG, net::net_device_flags::IFF_DEBUG as u32),
    (
        bsd::IFF_LOOPBACK,
        net::net_device_flags::IFF_LOOPBACK as u32,
    ),
    (
        bsd::IFF_POINTOPOINT,
        net::net_device_flags::IFF_POINTOPOINT as u32,
    ),
    (
        bsd::IFF_DRV_RUNNING,
        net::net_device_flags::IFF_RUNNING as u32,
    ),
    (bsd::IFF_NOARP, net::net_device_flags::IFF_NOARP as u32),
    (bsd::IFF_PROMISC, net::net_device_flags::IFF_PROMISC as u32),
    (
        bsd::IFF_ALLMULTI,
        net::net_device_flags::IFF_ALLMULTI as u32,
    ),
    (
        bsd::IFF_MULTICAST,
        net::net_device_flags::IFF_MULTICAST as u32,
    ),
];

/// What a program is told of every interface's queue: Linux's usual length, in packets.
pub const QUEUE: i32 = 1000;

/// FreeBSD's flags (`ifr_flags` and `ifr_flagshigh`) with those of a program's that it can set; the others follow from
/// what drivers do and who listens.
pub fn flags_to_bsd(linux: i32, present: i32) -> i32 {
    let settable = [bsd::IFF_UP, bsd::IFF_DEBUG];
    FLAGS
        .iter()
        .filter(|(bsd, _)| settable.contains(bsd))
        .fold(present, |flags, (bsd, bit)| {
            if linux.cast_unsigned() & bit == 0 {
                flags & !bsd
            } else {
                flags | bsd
            }
        })
}

/// Linux's flags for FreeBSD's (`if_flags` and `if_drv_flags` together).
pub fn flags_to_linux(flags: i32) -> u16 {
    let set = FLAGS.iter().filter(|(bsd, _)| flags & bsd != 0);
    // CAST: none is above 16 bits.
    set.fold(0, |all, (_, linux)| all | *linux as u16)
}

pod! {
    /// `struct ifreq` with the union as bytes.
    [align(8)] struct l_ifreq {
        ifr_name: [u8; 16],
        ifr_ifru: [u8; 24],
    }
    /// `struct ifconf`.
    struct l_ifconf {
        ifc_len: i32,
        __pad0: u32,
        ifc_buf: u64,
    }
    /// FreeBSD's `struct ifaliasreq`, with addresses of IPv4.
    struct BsdAliasreq {
        ifra_name: [u8; 16],
        ifra_addr: [u8; 16],
        ifra_broadaddr: [u8; 16],
        ifra_mask: [u8; 16],
        ifra_vhid: i32,
    }
    /// FreeBSD's `struct ifreq`, with the union as bytes.
    [align(8)] struct BsdIfreq {
        ifr_name: [u8; 16],
        ifr_ifru: [u8; 16],
    }
}

// linux-raw-sys has no `struct sockaddr` in it, and gets it wrong.
impl l_ifreq {
    /// Puts `bytes` at the start of the union.
    pub fn set(&mut self, bytes: &[u8]) {
        for (to, from) in self.ifr_ifru.iter_mut().zip(bytes) {
            *to = *from;
        }
    }

    /// The union as an int.
    pub fn number(&self) -> i32 {
        let [a, b, c, d, ..] = self.ifr_ifru;
        i32::from_ne_bytes([a, b, c, d])
    }

    /// All of it.
    pub fn bytes(&self) -> [u8; size_of::<l_ifreq>()] {
        let mut out = [0; size_of::<l_ifreq>()];
        let from = self.ifr_name.iter().chain(&self.ifr_ifru);
        for (to, from) in out.iter_mut().zip(from) {
            *to = *from;
        }
        out
    }
}

impl BsdIfreq {
    /// The union as an int.
    pub fn number(&self) -> i32 {
        let [a, b, c, d, ..] = self.ifr_ifru;
        i32::from_ne_bytes([a, b, c, d])
    }

    /// Puts an int at the start of the union.
    pub fn set_number(&mut self, number: i32) {
        for (to, from) in self.ifr_ifru.iter_mut().zip(number.to_ne_bytes()) {
            *to = from;
        }
    }
}

/// The bytes of a `struct sockaddr`.
pub fn address_bytes(address: l_sockaddr) -> [u8; 16] {
    let mut out = [0; 16];
    let family = address.sa_family.to_ne_bytes();
    for (to, from) in out.iter_mut().zip(family.iter().chain(&address.sa_data)) {
        *to = *from;
    }
    out
}

/// An IPv4 address.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Inet([u8; 4]);

impl Inet {
    /// 0.0.0.0.
    pub const NONE: Inet = Inet([0; 4]);

    /// From FreeBSD's `struct sockaddr_in`.
    pub fn from_bsd(sockaddr: &[u8; 16]) -> Self {
        let [_len, _family, _port0, _port1, a, b, c, d, ..] = *sockaddr;
        Inet([a, b, c, d])
    }

    /// From Linux's `struct sockaddr_in`; `None` for another family.
    pub fn from_linux(sockaddr: &[u8; 24]) -> Option<Self> {
        let [f0, f1, _port0, _port1, a, b, c, d, ..] = *sockaddr;
        let family = u16::from_ne_bytes([f0, f1]);
        (u32::from(family) == net::AF_INET).then_some(Inet([a, b, c, d]))
    }

    /// FreeBSD's `struct sockaddr_in`, without a port.
    pub fn to_bsd(self) -> [u8; 16] {
        let Inet([a, b, c, d]) = self;
        // CAST: 2.
        [
            16,
            bsd::AF_INET as u8,
            0,
            0,
            a,
            b,
            c,
            d,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ]
    }

    const fn word(self) -> u32 {
        u32::from_be_bytes(self.0)
    }

    /// The mask of the address's class (inet_abc_len).
    pub const fn class_mask(self) -> Self {
        let Inet([first, ..]) = self;
        Inet(match first {
            0..=127 => [255, 0, 0, 0],
            128..=191 => [255, 255, 0, 0],
            192..=223 => [255, 255, 255, 0],
            _ => [255; 4],
        })
    }

    /// Whether it is ones followed by zeros.
    pub const fn is_mask(self) -> bool {
        let rest = !self.word();
        rest & rest.wrapping_add(1) == 0
    }

    /// The last address of the network.
    pub const fn broadcast(self, mask: Self) -> Self {
        Inet((self.word() | !mask.word()).to_be_bytes())
    }

    /// Linux's `struct sockaddr_in`, without a port.
    pub fn to_linux(self) -> [u8; 16] {
        let Inet([a, b, c, d]) = self;
        let [f0, f1] = (net::AF_INET as u16).to_ne_bytes();
        [f0, f1, 0, 0, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0]
    }
}

same_layout!(l_ifconf, net::ifconf { ifc_len });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::Pod as _;

    fn names(real: bool, interfaces: &[(Kind, &str)]) -> Vec<String> {
        let mut naming = Naming::new(real);
        interfaces
            .iter()
            .map(|(kind, bsd)| {
                let linux = naming.next(*kind, &name(bsd.as_bytes()));
                String::from_utf8(linux.split(|&b| b == 0).next().unwrap().to_vec()).unwrap()
            })
            .collect()
    }

    const INTERFACES: [(Kind, &str); 6] = [
        (Kind::Ethernet, "em0"),
        (Kind::Loopback, "lo0"),
        (Kind::Other, "pflog0"),
        (Kind::Ethernet, "vtnet3"),
        (Kind::Loopback, "lo1"),
        (Kind::Ethernet, "em0.5"),
    ];

    #[test]
    fn names_of_linux() {
        let expected = ["eth0", "lo", "pflog0", "eth1", "lo1", "eth2"];
        assert_eq!(names(false, &INTERFACES), expected);
        let expected = ["em0", "lo", "pflog0", "vtnet3", "lo1", "em0.5"];
        assert_eq!(names(true, &INTERFACES), expected);
        assert_eq!(numbered(1234567890), name(b"eth1234567890"));
        assert_eq!(numbered(u32::MAX), name(b"eth4294967295"));
        assert_eq!(name(b"0123456789abcdefgh"), *b"0123456789abcde\0");
        assert_eq!(name(b"lo\0xyz"), name(b"lo"));
    }

    #[test]
    fn flags() {
        let up = bsd::IFF_UP | bsd::IFF_DRV_RUNNING | bsd::IFF_LOOPBACK | bsd::IFF_MULTICAST;
        assert_eq!(flags_to_linux(up), 0x1049);
        assert_eq!(flags_to_linux(0), 0);
        assert_eq!(flags_to_linux(-1), 0x13df);
    }

    #[test]
    fn requests() {
        let mut ifreq = l_ifreq::ZERO;
        ifreq.ifr_name = name(b"lo");
        ifreq.set(&Inet::from_bsd(&[16, 2, 9, 9, 127, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9]).to_linux());
        let bytes = ifreq.bytes();
        assert_eq!(bytes[..3], *b"lo\0");
        assert_eq!(bytes[16..24], [2, 0, 0, 0, 127, 0, 0, 1]);
        assert!(bytes[24..].iter().all(|&b| b == 0));
        assert_eq!(ifreq.number(), 2);
        let mut bsd = BsdIfreq::ZERO;
        bsd.set_number(-2);
        assert_eq!(bsd.number(), -2);
        let address = l_sockaddr {
            sa_family: 772,
            sa_data: [7; 14],
        };
        assert_eq!(address_bytes(address)[..3], [4, 3, 7]);
    }

    #[test]
    fn addresses() {
        let inet = |a, b, c, d| Inet([a, b, c, d]);
        let home = inet(192, 168, 1, 9);
        assert_eq!(home.class_mask(), inet(255, 255, 255, 0));
        assert_eq!(
            home.broadcast(inet(255, 255, 0, 0)),
            inet(192, 168, 255, 255)
        );
        assert!(inet(255, 240, 0, 0).is_mask() && inet(0, 0, 0, 0).is_mask());
        assert!(!inet(255, 0, 255, 0).is_mask() && !inet(1, 0, 0, 0).is_mask());
        let mut sockaddr = [0; 24];
        sockaddr[0] = 2;
        sockaddr[4..8].copy_from_slice(&[10, 0, 0, 1]);
        assert_eq!(Inet::from_linux(&sockaddr), Some(inet(10, 0, 0, 1)));
        assert_eq!(
            Inet::from_bsd(&inet(10, 0, 0, 1).to_bsd()),
            inet(10, 0, 0, 1)
        );
        sockaddr[0] = 10;
        assert_eq!(Inet::from_linux(&sockaddr), None);
        let up = bsd::IFF_UP | bsd::IFF_MULTICAST | 0x10_0000;
        assert_eq!(flags_to_bsd(0, up), up & !bsd::IFF_UP);
        assert_eq!(flags_to_bsd(-1, 0), bsd::IFF_UP | bsd::IFF_DEBUG);
    }

    #[test]
    fn hardware() {
        assert_eq!(Kind::new(bsd::IFT_LOOP).hardware(), 772);
        assert_eq!(Kind::new(bsd::IFT_ETHER).hardware(), 1);
        assert_eq!(Kind::new(0).hardware(), 0xfffe);
    }
}
