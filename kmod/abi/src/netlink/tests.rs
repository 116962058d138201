// SPDX-License-Identifier: BSD-2-Clause
use super::attribute::{Attributes, u16_at, u32_at};
use super::*;
use crate::netif;

/// lo is 1, eth0 (vtnet0) is 2.
struct Two(bool);

impl Host for Two {
    fn index(&self, name: &Name) -> Option<u32> {
        [(b"lo\0\0".as_slice(), 1), (b"eth0", 2)]
            .iter()
            .find(|(n, _)| netif::name(n) == *name)
            .map(|(_, index)| *index)
    }

    fn name(&self, index: u32) -> Option<Name> {
        match index {
            1 => Some(netif::name(b"lo")),
            2 => Some(netif::name(b"eth0")),
            _ => None,
        }
    }

    fn privileged(&self) -> bool {
        self.0
    }
}

fn message(kind: u16, flags: u16, body: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut m = vec![0; 4];
    m.extend(kind.to_ne_bytes());
    m.extend(flags.to_ne_bytes());
    m.extend(7_u32.to_ne_bytes());
    m.extend(99_u32.to_ne_bytes());
    m.extend(body);
    for (kind, value) in attributes {
        m.extend((value.len() as u16 + 4).to_ne_bytes());
        m.extend(kind.to_ne_bytes());
        m.extend(*value);
        m.resize(m.len().next_multiple_of(4), 0);
    }
    let len = m.len() as u32;
    m[..4].copy_from_slice(&len.to_ne_bytes());
    m
}

fn ask(m: &mut [u8], strict: bool) -> Result<(), Errno> {
    request(Protocol::Route, m, strict, &Two(true))
}

fn answer(protocol: Protocol, from: &[u8]) -> Vec<u8> {
    let mut to = vec![0; room(from)];
    let len = reply(protocol, from, &mut to, &Two(true));
    assert!(to[len..].iter().all(|b| *b == 0));
    to.truncate(len);
    to
}

/// The attributes that FreeBSD sees.
fn seen(m: &[u8], header: usize) -> Vec<(u16, Vec<u8>)> {
    Attributes::new(m, header)
        .filter(|a| a.kind < 0x2000)
        .map(|a| (a.kind, a.value.to_vec()))
        .collect()
}

const DUMP: u16 = 0x301;
const ONE: u16 = 1;

/// The protocols, and those that FreeBSD has not.
#[test]
fn protocols() {
    assert_eq!(Protocol::new(0), Ok(Protocol::Route));
    assert_eq!(Protocol::new(16), Ok(Protocol::Generic));
    assert_eq!(Protocol::new(15).map(Protocol::bsd), Ok(0));
    assert_eq!(Protocol::new(4), Ok(Protocol::SockDiag));
    for protocol in [-1, 1, 9, 17, 31, 32, i32::MAX] {
        assert_eq!(Protocol::new(protocol), Err(Errno::EPROTONOSUPPORT));
    }
}

/// An address comes and goes, and only the kernel's can be sent to.
#[test]
fn addresses() {
    let bsd = [12, 38, 0, 0, 1, 2, 0, 0, 4, 0, 0, 0];
    let address = Address::of(&bsd).unwrap();
    assert_eq!((address.port, address.groups), (0x201, 4));
    assert_eq!(address.to_bsd(), bsd);
    assert_eq!(address.check_peer(), Err(Errno::EPERM));
    assert_eq!(Address::KERNEL.check_peer(), Ok(()));
    let other = Address { port: 5, groups: 0 };
    assert_eq!(other.check_peer(), Err(Errno::ECONNREFUSED));
    assert_eq!(Address::of(&bsd[..11]), None);
    assert_eq!(Address::of(&[16, 2, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0]), None);
}

/// A link by its name becomes one by index, and no attribute is left; the question can be had back.
#[test]
fn link_by_name() {
    let name: (u16, &[u8]) = (3, b"eth0\0");
    let mut m = message(18, ONE, &[0; 16], &[(29, &[1, 0, 0, 0]), name]);
    let before = m.clone();
    assert_eq!(ask(&mut m, false), Ok(()));
    assert_eq!(u32_at(&m, 20), Some(2));
    assert_eq!(seen(&m, 32), []);
    restore(Protocol::Route, &mut m);
    m[20] = 0;
    assert_eq!(m, before);
    let mut m = message(18, ONE, &[0; 16], &[(3, b"eth7\0")]);
    assert_eq!(ask(&mut m, false), Err(Errno::ENODEV));
    let mut m = message(18, ONE, &[0; 16], &[]);
    assert_eq!(ask(&mut m, false), Err(Errno::EINVAL));
}

/// Fields that FreeBSD would take for a filter are cleared, or looked at.
#[test]
fn links() {
    let mut body = [0; 16];
    body[0] = 17;
    body[2] = 9;
    body[12] = 0xff;
    let mut m = message(18, DUMP, &body, &[]);
    assert_eq!(ask(&mut m.clone(), true), Err(Errno::EINVAL));
    assert_eq!(ask(&mut m, false), Ok(()));
    assert_eq!(m[17..], [0; 15]);
    let mut bridge = message(18, DUMP, &[7; 1], &[]);
    assert_eq!(ask(&mut bridge, false), Err(Errno::EOPNOTSUPP));
    let mut short = message(18, ONE, &[0; 15], &[]);
    assert_eq!(ask(&mut short, false), Err(Errno::EINVAL));
}

/// As the C library asks for addresses, with a family alone; and as ip(8) does.
#[test]
fn addrs() {
    let mut m = message(22, DUMP, &[10], &[]);
    assert_eq!(ask(&mut m.clone(), true), Err(Errno::EINVAL));
    assert_eq!(ask(&mut m, false), Ok(()));
    assert_eq!(m[16], 28);
    restore(Protocol::Route, &mut m);
    assert_eq!(m[16], 10);
    let mut m = message(22, DUMP, &[2, 0, 0, 0, 9, 0, 0, 0], &[]);
    assert_eq!(ask(&mut m.clone(), true), Err(Errno::ENODEV));
    assert_eq!(ask(&mut m, false), Ok(()));
    assert_eq!(u32_at(&m, 20), Some(0));
    let mut m = message(22, DUMP, &[17, 0, 0, 0, 1, 0, 0, 0], &[]);
    assert_eq!((ask(&mut m, true), m[16], m[20]), (Ok(()), 0, 1));
    let mut one = message(22, ONE, &[2, 0, 0, 0, 1, 0, 0, 0], &[]);
    assert_eq!(ask(&mut one, false), Err(Errno::EOPNOTSUPP));
}

/// Of a question for a route FreeBSD sees the last destination, if it is of the family.
#[test]
fn route_questions() {
    let body = [10, 128, 0, 0, 254, 3, 0, 1, 0, 8, 0, 0];
    let attributes: &[(u16, &[u8])] = &[(1, &[1; 16]), (9, &[0; 13]), (1, &[2; 16]), (9, b"")];
    let mut m = message(26, ONE, &body, attributes);
    assert_eq!(ask(&mut m, false), Ok(()));
    assert_eq!(seen(&m, 28), [(1, vec![2; 16])]);
    assert_eq!(m[16..28], [28, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for len in [0, 3, 4, 5, 15, 17] {
        let mut m = message(26, ONE, &body, &[(1, &vec![1; len])]);
        assert_eq!(ask(&mut m, false), Err(Errno::EINVAL), "{len}");
    }
    // Without its padding FreeBSD would pass over it, and list all.
    let mut table = message(26, DUMP, &[2; 12], &[(15, &[9, 0, 0, 0])]);
    assert_eq!(ask(&mut table.clone(), false), Ok(()));
    assert_eq!(ask(&mut table, true), Err(Errno::ENOENT));
    let mut none = message(26, ONE, &[0; 12], &[(1, &[1; 4])]);
    assert_eq!(ask(&mut none, false), Err(Errno::EOPNOTSUPP));
}

/// Who may change nothing hears so first; all others that it cannot be done.
#[test]
fn changes() {
    for kind in 16..124 {
        let mut m = message(kind, ONE, &[0; 32], &[]);
        let user = request(Protocol::Route, &mut m, false, &Two(false));
        if (kind - 16) % 4 == 2 {
            assert_ne!(user, Err(Errno::EPERM), "{kind}");
        } else {
            assert_eq!(user, Err(Errno::EPERM), "{kind}");
            assert_eq!(ask(&mut m, false), Err(Errno::EOPNOTSUPP), "{kind}");
        }
    }
    let mut m = message(200, ONE, &[0; 32], &[]);
    let user = request(Protocol::Route, &mut m, false, &Two(false));
    assert_eq!(user, Err(Errno::EOPNOTSUPP));
    let mut m = message(18, ONE, &[0; 32], &[]);
    let event = request(Protocol::Uevent, &mut m, false, &Two(true));
    assert_eq!(event, Err(Errno::EPERM));
}

/// Of generic families there is the controller.
#[test]
fn generic() {
    let ask = |kind, flags, attributes: &[(u16, &[u8])]| {
        let mut m = message(kind, flags, &[3, 1, 0, 0], attributes);
        let answer = request(Protocol::Generic, &mut m, false, &Two(true));
        answer.map(|()| seen(&m, 20).len())
    };
    assert_eq!(ask(16, ONE, &[(2, b"nlctrl\0")]), Ok(1));
    assert_eq!(ask(16, ONE, &[(2, b"nlctrl")]), Err(Errno::EINVAL));
    assert_eq!(ask(16, ONE, &[(2, b"pfctl\0")]), Err(Errno::ENOENT));
    assert_eq!(ask(16, ONE, &[(1, &[16, 0])]), Ok(1));
    assert_eq!(ask(16, ONE, &[(1, &[17, 0])]), Err(Errno::ENOENT));
    assert_eq!(ask(16, ONE, &[]), Err(Errno::EINVAL));
    assert_eq!(ask(16, DUMP, &[(2, b"pfctl\0")]), Ok(0));
    assert_eq!(ask(17, ONE, &[]), Err(Errno::ENOENT));
}

/// lo as FreeBSD tells it, and what Linux's has besides.
#[test]
fn a_link() {
    let mut body = vec![0, 0, 24, 0, 1, 0, 0, 0];
    body.extend(0x0100_8049_u32.to_ne_bytes());
    body.extend([0; 4]);
    let counters = [1_u8; 192];
    let from = message(
        16,
        0x303,
        &body,
        &[
            (3, b"lo0\0"),
            (16, &[6]),
            (33, &[1]),
            (4, &[0, 64, 0, 0]),
            (60, &[9; 40]),
            (23, &counters),
        ],
    );
    let to = answer(Protocol::Route, &from);
    assert_eq!(u32_at(&to, 0), Some(to.len() as u32));
    assert_eq!((u16_at(&to, 4), u16_at(&to, 6)), (Some(16), Some(2)));
    assert_eq!(
        (u16_at(&to, 18), u32_at(&to, 24)),
        (Some(772), Some(0x11049))
    );
    let find = |kind| {
        Attributes::new(&to, 32)
            .find(kind)
            .map(|a| a.value.to_vec())
    };
    assert_eq!(find(3).as_deref(), Some(&b"lo\0"[..]));
    assert_eq!(find(16), Some(vec![0]));
    assert_eq!(find(1), Some(vec![0; 6]));
    assert_eq!(find(2), Some(vec![0; 6]));
    assert_eq!(find(4), Some(vec![0, 64, 0, 0]));
    assert_eq!(find(7), Some(vec![1; 96]));
    assert_eq!(find(60), None);
}

/// An interface that has gone keeps its name; an Ethernet without a carrier does not run.
#[test]
fn an_event() {
    let mut body = vec![0, 0, 6, 0, 9, 0, 0, 0];
    body.extend(0x8843_u32.to_ne_bytes());
    body.extend([0; 4]);
    let to = answer(
        Protocol::Route,
        &message(17, 0, &body, &[(3, b"em3\0"), (16, &[2])]),
    );
    assert_eq!(u32_at(&to, 24), Some(0x1003));
    let name = Attributes::new(&to, 32).find(3).map(|a| a.value.to_vec());
    assert_eq!(name.as_deref(), Some(&b"em3\0"[..]));
}

/// Addresses get their families, labels, and lifetimes.
#[test]
fn an_addr() {
    let four = message(
        20,
        2,
        &[2, 8, 0, 254, 1, 0, 0, 0],
        &[
            (1, &[127, 0, 0, 1]),
            (2, &[127, 0, 0, 1]),
            (3, b"lo0\0"),
            (8, &[0; 4]),
        ],
    );
    let to = answer(Protocol::Route, &four);
    assert_eq!(to[16..20], [2, 8, 0x80, 254]);
    let find = |kind| {
        Attributes::new(&to, 24)
            .find(kind)
            .map(|a| a.value.to_vec())
    };
    assert_eq!(find(3).as_deref(), Some(&b"lo\0"[..]));
    assert_eq!(find(8), Some(vec![0x80, 0, 0, 0]));
    assert_eq!(find(6).map(|v| v.len()), Some(16));
    let mut times = vec![5, 0, 0, 0, 6, 0, 0, 0];
    times.extend([100_u32, 20].map(u32::to_ne_bytes).as_flattened());
    let six = message(
        20,
        2,
        &[28, 64, 0, 0, 2, 0, 0, 0],
        &[(1, &[1; 16]), (6, &times)],
    );
    let to = answer(Protocol::Route, &six);
    assert_eq!(to[16..20], [10, 64, 0, 0]);
    let times = Attributes::new(&to, 24).find(6).map(|a| a.value.to_vec());
    assert_eq!(
        times,
        Some(vec![5, 0, 0, 0, 6, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0])
    );
    let other = message(20, 2, &[18, 64, 0, 0, 2, 0, 0, 0], &[]);
    assert_eq!(answer(Protocol::Route, &other), []);
}

/// Tables, scopes and types of routes; the gateway of another family.
#[test]
fn a_route() {
    let body = |family, prefix| [family, prefix, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0];
    let table: (u16, &[u8]) = (15, &[0; 4]);
    let over = |index| -> (u16, &'static [u8]) {
        (
            4,
            if index == 1 {
                &[1, 0, 0, 0]
            } else {
                &[2, 0, 0, 0]
            },
        )
    };
    let local = message(
        24,
        2,
        &body(2, 32),
        &[table, (1, &[127, 0, 0, 1]), (10, &[1; 4]), over(1)],
    );
    let to = answer(Protocol::Route, &local);
    assert_eq!(to[16..28], [2, 32, 0, 0, 255, 2, 254, 2, 0, 0, 0, 0]);
    assert_eq!(
        seen(&to, 28),
        [
            (15, vec![255, 0, 0, 0]),
            (1, vec![127, 0, 0, 1]),
            (4, vec![1, 0, 0, 0])
        ]
    );
    let net = message(24, 2, &body(2, 24), &[table, (1, &[10, 0, 2, 0]), over(2)]);
    assert_eq!(answer(Protocol::Route, &net)[20..24], [254, 2, 253, 1]);
    let default = message(
        24,
        2,
        &body(2, 0),
        &[table, (1, &[0; 4]), (5, &[10, 0, 2, 2]), over(2)],
    );
    let to = answer(Protocol::Route, &default);
    assert_eq!(to[20..24], [254, 2, 0, 1]);
    assert!(Attributes::new(&to, 28).find(1).is_none());
    let mut via = vec![28];
    via.extend([7; 16]);
    let six = message(
        24,
        2,
        &body(2, 8),
        &[table, (1, &[10, 0, 0, 0]), (18, &via), over(2)],
    );
    let to = answer(Protocol::Route, &six);
    let via = Attributes::new(&to, 28).find(18).map(|a| a.value.to_vec());
    assert_eq!(
        via.map(|v| (v.len(), v[0], v[1], v[2])),
        Some((18, 10, 0, 7))
    );
    let asked = message(24, 1, &body(2, 32), &[table, (1, &[127, 0, 0, 1]), over(1)]);
    assert_eq!(
        answer(Protocol::Route, &asked)[20..28],
        [254, 2, 254, 2, 0, 2, 0, 0]
    );
}

/// The machine is no neighbour of its own; what stays is permanent.
#[test]
fn a_neighbour() {
    let make = |flags| {
        let body = [2, 0, 0, 0, 2, 0, 0, 0, 2, 0, flags, 0];
        answer(
            Protocol::Route,
            &message(28, 2, &body, &[(1, &[10, 0, 2, 2]), (2, &[1; 6])]),
        )
    };
    assert_eq!(make(0)[24..28], [2, 0, 0, 1]);
    assert_eq!(make(0x40)[24..28], [0x80, 0, 0, 1]);
    assert_eq!(make(2), []);
}

/// Errors have Linux's numbers and the question as it was; the end of a list is one of many.
#[test]
fn errors() {
    let mut asked = message(22, ONE, &[10, 0, 0, 0, 0, 0, 0, 0], &[(3, b"x\0")]);
    let before = asked.clone();
    asked[16] = 28;
    asked[26] = 3;
    asked[27] = 0x20;
    let mut body = 45_i32.to_ne_bytes().to_vec();
    body.extend(&asked);
    let to = answer(Protocol::Route, &message(2, 0x200, &body, &[(1, b"why\0")]));
    assert_eq!(u32_at(&to, 16), Some((-95_i32).cast_unsigned()));
    assert_eq!(to[20..20 + before.len()], before);
    assert_eq!(seen(&to, 20 + before.len()), [(1, b"why\0".to_vec())]);
    let mut body = 0_i32.to_ne_bytes().to_vec();
    body.extend(&before[..16]);
    let to = answer(Protocol::Route, &message(2, 0x100, &body, &[]));
    assert_eq!((to.len(), u32_at(&to, 16)), (36, Some(0)));
    let to = answer(Protocol::Route, &message(3, 0, &3_i32.to_ne_bytes(), &[]));
    assert_eq!((to.len(), u16_at(&to, 6)), (20, Some(2)));
    assert_eq!(u32_at(&to, 16), Some((-3_i32).cast_unsigned()));
}

/// Any bytes: nothing panics, nothing is longer than the room, what is made is well-formed, and a
/// request keeps its length and shows no attribute beyond the one that is needed.
#[test]
fn any_bytes() {
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for round in 0..200_000_u32 {
        let len = 16 + usize::from(random() % 80);
        let mut m: Vec<u8> = (0..len).map(|_| random() % 40).collect();
        m[..4].copy_from_slice(&(len as u32).to_ne_bytes());
        m[4] = 16 + random() % 16;
        m[5] = 0;
        m[7] = random() % 4;
        for at in [28, 32, 36, 44].into_iter().filter(|at| at + 4 <= len) {
            m[at] = [4, 5, 8, 20][usize::from(random() % 4)];
            m[at + 1] = 0;
            m[at + 3] = 0;
        }
        for protocol in [Protocol::Route, Protocol::Generic] {
            let made = answer(protocol, &m);
            let mut rest = &made[..];
            while !rest.is_empty() {
                let len = u32_at(rest, 0).unwrap() as usize;
                assert!(
                    len >= 16 && len.is_multiple_of(4) && len <= rest.len(),
                    "{round}"
                );
                rest = &rest[len..];
            }
            let mut asked = m.clone();
            if request(protocol, &mut asked, round % 2 == 0, &Two(true)).is_ok() {
                let header = match (protocol, asked[4]) {
                    (Protocol::Generic, _) => 20,
                    (_, 18) => 32,
                    (_, 22) => 24,
                    _ => 28,
                };
                assert!(seen(&asked, header).len() <= 1);
            }
            restore(protocol, &mut asked);
            assert_eq!(asked.len(), m.len());
        }
    }
}
