// SPDX-License-Identifier: BSD-2-Clause
//! ICMP_FILTER of raw(7): which types of ICMP a raw socket shall not receive. FreeBSD's raw sockets
//! receive all, so they are left out when they are read; poll(2) tells of them.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use linux_abi::fd::Fd;

use super::socket::identity;
use crate::{Cx, Result, UserAddr, UserIn};

/// As many sockets have a filter; one more takes the place of another, which then receives what it
/// has to tell apart by itself, as without a filter.
const MOST: usize = 64;

struct Slot {
    socket: AtomicU64,
    filter: AtomicU32,
}

static SLOTS: [Slot; MOST] = [const {
    Slot {
        socket: AtomicU64::new(0),
        filter: AtomicU32::new(0),
    }
}; MOST];
/// How often one was set; 0 is for all who need not look any further.
static EVER: AtomicU64 = AtomicU64::new(0);

fn slot(socket: u64) -> Option<&'static Slot> {
    SLOTS
        .iter()
        .find(|slot| slot.socket.load(Relaxed) == socket)
}

/// Sets the filter, a bit for each type up to 31 that shall not come. EBADF, ENOTSOCK.
pub fn set_filter(cx: &mut Cx<'_>, fd: Fd, filter: u32) -> Result<()> {
    let (_, socket) = identity(cx, fd)?;
    let place = match slot(socket).or_else(|| slot(0)) {
        Some(place) => Some(place),
        // CAST: below MOST.
        None => SLOTS.get((EVER.load(Relaxed) % MOST as u64) as usize),
    };
    if let Some(place) = place {
        place.filter.store(filter, Relaxed);
        place.socket.store(socket, Relaxed);
    }
    EVER.fetch_add(1, Relaxed);
    Ok(())
}

/// The filter. EBADF, ENOTSOCK.
pub fn filter(cx: &mut Cx<'_>, fd: Fd) -> Result<u32> {
    let (_, socket) = identity(cx, fd)?;
    Ok(slot(socket).map_or(0, |slot| slot.filter.load(Relaxed)))
}

/// Whether what was received, which begins with the header of IPv4, should not have been.
#[inline]
pub fn is_unwanted(cx: &mut Cx<'_>, fd: Fd, at: UserAddr, len: usize) -> bool {
    EVER.load(Relaxed) != 0 && look(cx, fd, at, len).unwrap_or(false)
}

#[cold]
fn look(cx: &mut Cx<'_>, fd: Fd, at: UserAddr, len: usize) -> Result<bool> {
    let filter = filter(cx, fd)?;
    if filter == 0 {
        return Ok(false);
    }
    let first = UserIn::<u8>::from_reg(at.raw()).read(cx)?;
    let header = u64::from(first & 0xf).wrapping_mul(4);
    if len as u64 <= header {
        return Ok(false);
    }
    let kind = UserIn::<u8>::from_reg(at.offset(header)?.raw()).read(cx)?;
    Ok(kind < 32 && filter & (1_u32 << (kind & 31)) != 0)
}
