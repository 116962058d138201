// SPDX-License-Identifier: BSD-2-Clause
//! Control messages of sendmsg(2) and recvmsg(2) (cmsg(3)).
//!
//! A header is 16 bytes and data is aligned to 8 on both systems; only the width of the
//! length and the numbers differ.

use linux_raw_sys::net as linux;

use crate::Errno;
use crate::bsd;
use crate::sockopt::number::*;

/// Header bytes, on both systems.
pub const HEADER: usize = 16;
/// The longest control data FreeBSD takes, one mbuf cluster (MCLBYTES).
pub const CONTROL_MAX: usize = 2048;

const SOL_SOCKET: i32 = linux::SOL_SOCKET.cast_signed();
const SCM_RIGHTS: i32 = linux::SCM_RIGHTS.cast_signed();
const SCM_CREDENTIALS: i32 = linux::SCM_CREDENTIALS.cast_signed();

const fn align(n: usize) -> usize {
    n.wrapping_add(7) & !7
}

/// Who sends, to check SCM_CREDENTIALS against (unix(7)).
#[derive(Copy, Clone, Debug)]
pub struct Sender {
    /// Its process.
    pub pid: i32,
    /// Its real, effective and saved user.
    pub uids: [u32; 3],
    /// Its real, effective and saved group.
    pub gids: [u32; 3],
}

/// One control message.
struct Message<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    let word = bytes.get(at..end)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*word))
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    u32_at(bytes, at).map(u32::cast_signed)
}

/// Where control messages are appended.
struct Writer<'a> {
    out: &'a mut [u8],
    used: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.used.checked_add(bytes.len())?;
        self.out.get_mut(self.used..end)?.copy_from_slice(bytes);
        self.used = end;
        Some(())
    }

    fn pad(&mut self) -> Option<()> {
        let end = align(self.used);
        self.out.get_mut(self.used..end)?.fill(0);
        self.used = end;
        Some(())
    }
}

/// FreeBSD's control messages for Linux's; gives the bytes used of `out`, which is as long as
/// `linux` at least.
///
/// EINVAL for a malformed message or one that cannot be sent, EPERM for credentials that are not
/// the sender's. Credentials themselves are left out: the receiver gets them when it asks for them.
pub fn control_to_bsd(linux: &[u8], out: &mut [u8], sender: &Sender) -> Result<usize, Errno> {
    let mut rest = linux;
    let mut writer = Writer { out, used: 0 };
    // Fewer bytes than a header end the list (CMSG_FIRSTHDR, CMSG_NXTHDR).
    while rest.len() >= HEADER {
        let length = rest.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
        let length = length.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        if length < HEADER || length > rest.len() {
            return Err(Errno::EINVAL);
        }
        let message = Message {
            level: i32_at(rest, 8).unwrap_or(0),
            kind: i32_at(rest, 12).unwrap_or(0),
            data: rest.get(HEADER..length).unwrap_or(&[]),
        };
        one_to_bsd(&message, &mut writer, sender)?;
        rest = rest.get(align(length)..).unwrap_or(&[]);
    }
    Ok(writer.used)
}

fn one_to_bsd(
    message: &Message<'_>,
    writer: &mut Writer<'_>,
    sender: &Sender,
) -> Result<(), Errno> {
    let ip = linux::IPPROTO_IP as i32;
    let ipv6 = linux::IPPROTO_IPV6 as i32;
    let (level, kind, data) = match (message.level, message.kind) {
        (SOL_SOCKET, SCM_RIGHTS) => (bsd::SOL_SOCKET, bsd::SCM_RIGHTS, message.data),
        (SOL_SOCKET, SCM_CREDENTIALS) => return check_credentials(message.data, sender),
        // struct in_pktinfo: interface, source address, address.
        (level, kind) if level == ip && kind == linux::IP_PKTINFO.cast_signed() => {
            let source = message.data.get(4..8).ok_or(Errno::EINVAL)?;
            if source == [0; 4] {
                return Ok(());
            }
            (IPPROTO_IP, IP_RECVDSTADDR, source)
        }
        (level, kind) if level == ipv6 => {
            let kind = match kind.cast_unsigned() {
                linux::IPV6_PKTINFO => IPV6_PKTINFO,
                linux::IPV6_HOPLIMIT => IPV6_HOPLIMIT,
                linux::IPV6_TCLASS => IPV6_TCLASS,
                _ => return Err(Errno::EINVAL),
            };
            (IPPROTO_IPV6, kind, message.data)
        }
        _ => return Err(Errno::EINVAL),
    };
    let length = u32::try_from(HEADER.wrapping_add(data.len())).map_err(|_| Errno::EINVAL)?;
    let put = || {
        writer.put(&length.to_le_bytes())?;
        writer.put(&level.to_le_bytes())?;
        writer.put(&kind.to_le_bytes())?;
        writer.put(&[0; 4])?;
        writer.put(data)?;
        // The last one need not be padded in a program's buffer.
        let _ = writer.pad();
        Some(())
    };
    let mut put = put;
    put().ok_or(Errno::EINVAL)
}

fn check_credentials(data: &[u8], sender: &Sender) -> Result<(), Errno> {
    let (Some(pid), Some(uid), Some(gid)) = (i32_at(data, 0), u32_at(data, 4), u32_at(data, 8))
    else {
        return Err(Errno::EINVAL);
    };
    if pid == sender.pid && sender.uids.contains(&uid) && sender.gids.contains(&gid) {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}

/// What became of FreeBSD's control messages.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The bytes of Linux's messages.
    pub used: usize,
    /// Whether some did not fit (MSG_CTRUNC).
    pub truncated: bool,
}

/// Linux's control messages for FreeBSD's, into the `out` the program has room for.
///
/// Descriptors that do not fit are handed to `lost`, to be closed. Messages Linux does not know
/// are left out.
pub fn control_to_linux(bsd_bytes: &[u8], out: &mut [u8], mut lost: impl FnMut(i32)) -> Received {
    let mut rest = bsd_bytes;
    let mut writer = Writer { out, used: 0 };
    let mut truncated = false;
    while let Some((message, next)) = next_bsd(rest) {
        truncated |= !one_to_linux(&message, bsd_bytes, &mut writer, &mut lost);
        rest = next;
    }
    Received {
        used: writer.used,
        truncated,
    }
}

/// The first message of FreeBSD's form, and what follows it.
fn next_bsd(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let length = u32_at(bytes, 0)? as usize;
    if length < HEADER || length > bytes.len() {
        return None;
    }
    let message = Message {
        level: i32_at(bytes, 4).unwrap_or(0),
        kind: i32_at(bytes, 8).unwrap_or(0),
        data: bytes.get(HEADER..length).unwrap_or(&[]),
    };
    Some((message, bytes.get(align(length)..).unwrap_or(&[])))
}

/// False if it did not fit whole.
fn one_to_linux(
    message: &Message<'_>,
    all: &[u8],
    writer: &mut Writer<'_>,
    lost: &mut impl FnMut(i32),
) -> bool {
    let data = message.data;
    let mut short = [0_u8; 12];
    let (level, kind, data): (i32, u32, &[u8]) = match (message.level, message.kind) {
        (bsd::SOL_SOCKET, bsd::SCM_RIGHTS) => return rights_to_linux(data, writer, lost),
        (bsd::SOL_SOCKET, bsd::SCM_TIMESTAMP) => (SOL_SOCKET, linux::SO_TIMESTAMP_OLD, data),
        (bsd::SOL_SOCKET, bsd::SCM_REALTIME) => (SOL_SOCKET, linux::SO_TIMESTAMPNS_OLD, data),
        // struct bintime: seconds and their fraction. Three times of Linux: the kernel's, none, the device's.
        (bsd::SOL_SOCKET, bsd::SCM_BINTIME) => {
            let fraction = u64::from(u32_at(data, 12).unwrap_or(0));
            let nanoseconds = fraction.wrapping_mul(1_000_000_000) >> 32;
            let mut times = [0; 48];
            let words = data
                .iter()
                .take(8)
                .copied()
                .chain(nanoseconds.to_le_bytes());
            for (to, from) in times.iter_mut().zip(words) {
                *to = from;
            }
            return write_linux(SOL_SOCKET, linux::SO_TIMESTAMPING_OLD, &times, writer);
        }
        // struct sockcred2: version, pid, real and effective user, real and effective group.
        (bsd::SOL_SOCKET, bsd::SCM_CREDS2) => {
            for (to, from) in [4, 8, 16].into_iter().enumerate() {
                let word = u32_at(data, from).unwrap_or(0).to_le_bytes();
                for (to, from) in short.iter_mut().skip(to.wrapping_mul(4)).zip(word) {
                    *to = from;
                }
            }
            (SOL_SOCKET, linux::SCM_CREDENTIALS, &short)
        }
        // The address it was sent to, and the interface it came through, which is another message.
        (IPPROTO_IP, IP_RECVDSTADDR) => {
            for (to, from) in short.iter_mut().zip(interface(all)) {
                *to = from;
            }
            for (to, from) in short.iter_mut().skip(4).zip(data.iter().chain(data)) {
                *to = *from;
            }
            (0, linux::IP_PKTINFO, &short)
        }
        // struct sockaddr_in.
        (IPPROTO_IP, IP_ORIGDSTADDR) => {
            let Some([_, family, rest @ ..]) = data.first_chunk::<16>() else {
                return true;
            };
            let mut address = [0; 16];
            let [low, ..] = &mut address;
            *low = *family;
            for (to, from) in address.iter_mut().skip(2).zip(rest) {
                *to = *from;
            }
            return write_linux(0, linux::IP_ORIGDSTADDR, &address, writer);
        }
        (IPPROTO_IP, IP_RECVTTL) => {
            if let ([to, ..], [from, ..]) = (&mut short, data) {
                *to = *from;
            }
            (0, linux::IP_TTL, short.get(..4).unwrap_or(&[]))
        }
        (IPPROTO_IP, IP_RECVTOS) => (0, linux::IP_TOS, data),
        (IPPROTO_IPV6, IPV6_PKTINFO) => (41, linux::IPV6_PKTINFO, data),
        (IPPROTO_IPV6, IPV6_HOPLIMIT) => (41, linux::IPV6_HOPLIMIT, data),
        (IPPROTO_IPV6, IPV6_TCLASS) => (41, linux::IPV6_TCLASS, data),
        _ => return true,
    };
    write_linux(level, kind, data, writer)
}

/// The interface that IP_RECVIF tells, as an int: its number in `struct sockaddr_dl`. 0 without.
fn interface(all: &[u8]) -> [u8; 4] {
    let mut rest = all;
    while let Some((message, next)) = next_bsd(rest) {
        if (message.level, message.kind) == (IPPROTO_IP, IP_RECVIF)
            && let Some([_, _, low, high, ..]) = message.data.first_chunk::<4>()
        {
            return [*low, *high, 0, 0];
        }
        rest = next;
    }
    [0; 4]
}

/// As put_cmsg: what does not fit is cut; no room for a header, no message. False if cut.
fn write_linux(level: i32, kind: u32, data: &[u8], writer: &mut Writer<'_>) -> bool {
    let room = writer.out.len().saturating_sub(writer.used);
    let Some(room) = room.checked_sub(HEADER) else {
        return false;
    };
    let fits = data.get(..room).unwrap_or(data);
    let length = HEADER.wrapping_add(fits.len()) as u64;
    let _ = writer.put(&length.to_le_bytes());
    let _ = writer.put(&level.to_le_bytes());
    let _ = writer.put(&kind.to_le_bytes());
    let _ = writer.put(fits);
    // The padding of the last one need not fit.
    if writer.pad().is_none() {
        writer.used = writer.out.len();
    }
    fits.len() == data.len()
}

/// As many descriptors as fit.
fn rights_to_linux(data: &[u8], writer: &mut Writer<'_>, lost: &mut impl FnMut(i32)) -> bool {
    let room = writer.out.len().saturating_sub(writer.used);
    let fits = room.saturating_sub(HEADER) & !3;
    let kept = data.get(..fits).unwrap_or(data);
    let whole = kept.len() == data.len();
    for fd in data.get(kept.len()..).unwrap_or(&[]).chunks_exact(4) {
        if let Some(fd) = i32_at(fd, 0) {
            lost(fd);
        }
    }
    if kept.is_empty() {
        return whole;
    }
    write_linux(SOL_SOCKET, linux::SCM_RIGHTS, kept, writer) && whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Sender = Sender {
        pid: 9,
        uids: [1, 2, 3],
        gids: [4, 5, 6],
    };

    fn linux_message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let mut out = (16 + data.len() as u64).to_le_bytes().to_vec();
        out.extend(level.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(data);
        out.resize(align(out.len()), 0);
        out
    }

    fn bsd_message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let mut out = (16 + data.len() as u32).to_le_bytes().to_vec();
        out.extend(level.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend([0; 4]);
        out.extend(data);
        out.resize(align(out.len()), 0);
        out
    }

    fn send(linux: &[u8]) -> Result<Vec<u8>, Errno> {
        let mut out = vec![0; linux.len()];
        let used = control_to_bsd(linux, &mut out, &ME)?;
        out.truncate(used);
        Ok(out)
    }

    fn receive(bsd: &[u8], room: usize) -> (Vec<u8>, bool, Vec<i32>) {
        let mut out = vec![0xee; room];
        let mut lost = Vec::new();
        let got = control_to_linux(bsd, &mut out, |fd| lost.push(fd));
        out.truncate(got.used);
        (out, got.truncated, lost)
    }

    /// Descriptors go over and back.
    #[test]
    fn rights() {
        let linux = linux_message(1, 1, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
        let bsd = bsd_message(0xffff, 1, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(send(&linux).unwrap(), bsd);
        assert_eq!(receive(&bsd, 64), (linux, false, vec![]));
        // Without the padding behind the last.
        let (bytes, truncated, lost) = receive(&bsd, 28);
        assert_eq!((bytes.len(), truncated, lost.len()), (28, false, 0));
        let (bytes, truncated, lost) = receive(&bsd, 24);
        assert_eq!((bytes.len(), truncated, lost), (24, true, vec![3]));
        let (bytes, truncated, lost) = receive(&bsd, 10);
        assert_eq!((bytes.len(), truncated, lost), (0, true, vec![1, 2, 3]));
        assert_eq!(receive(&bsd, 0).2, vec![1, 2, 3]);
    }

    /// Credentials must be the sender's, and come back with SO_PASSCRED.
    #[test]
    fn credentials() {
        let cred = |pid: u8, uid: u8, gid: u8| {
            send(&linux_message(
                1,
                2,
                &[pid, 0, 0, 0, uid, 0, 0, 0, gid, 0, 0, 0],
            ))
        };
        assert_eq!(cred(9, 2, 6), Ok(vec![]));
        assert_eq!(cred(8, 2, 6), Err(Errno::EPERM));
        assert_eq!(cred(9, 9, 6), Err(Errno::EPERM));
        assert_eq!(cred(9, 2, 2), Err(Errno::EPERM));
        let mut sockcred = vec![0; 32];
        for (i, word) in [0, 77, 10, 11, 20, 21, 0, 0].into_iter().enumerate() {
            sockcred[i * 4] = word;
        }
        let (got, _, _) = receive(&bsd_message(0xffff, 8, &sockcred), 64);
        assert_eq!(
            got,
            linux_message(1, 2, &[77, 0, 0, 0, 10, 0, 0, 0, 20, 0, 0, 0])
        );
    }

    /// A source address.
    #[test]
    fn pktinfo() {
        let sent = send(&linux_message(0, 8, &[0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])).unwrap();
        assert_eq!(sent, bsd_message(0, 7, &[1, 2, 3, 4]));
        let (got, _, _) = receive(&sent, 64);
        assert_eq!(
            got,
            linux_message(0, 8, &[0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4])
        );
    }

    /// A source address, and the interface that comes in a message of its own.
    #[test]
    fn pktinfo_with_interface() {
        let mut bytes = bsd_message(0, 7, &[1, 2, 3, 4]);
        bytes.extend(bsd_message(0, 20, &[54, 18, 3, 0, 0, 0]));
        let (got, _, _) = receive(&bytes, 64);
        assert_eq!(
            got,
            linux_message(0, 8, &[3, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4])
        );
        let (got, _, _) = receive(
            &bsd_message(0, 27, &[16, 2, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]),
            64,
        );
        assert_eq!(
            got,
            linux_message(0, 20, &[2, 0, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0])
        );
    }

    /// Nothing panics, and nothing is written beyond the room.
    #[test]
    fn any_bytes() {
        let mut seed = 1_u32;
        for round in 0..20_000_usize {
            let bytes: Vec<u8> = (0..round % 70)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if seed & 0x300_0000 == 0 {
                        (seed >> 16) as u8
                    } else {
                        (seed >> 16) as u8 & 0x1f
                    }
                })
                .collect();
            let _ = send(&bytes);
            let (out, _, _) = receive(&bytes, round % 50);
            assert!(out.len() <= round % 50);
        }
    }
}
