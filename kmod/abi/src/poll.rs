// SPDX-License-Identifier: BSD-2-Clause
//! The events of poll(2).

use linux_raw_sys::general as linux;

use crate::bsd;

/// Each Linux event and FreeBSD's. POLLWRNORM is a bit of its own on Linux only;
/// POLLMSG and POLLREMOVE never happen.
const EVENTS: [(u32, i32); 11] = [
    (linux::POLLIN, bsd::POLLIN),
    (linux::POLLPRI, bsd::POLLPRI),
    (linux::POLLOUT, bsd::POLLOUT),
    (linux::POLLERR, bsd::POLLERR),
    (linux::POLLHUP, bsd::POLLHUP),
    (linux::POLLNVAL, bsd::POLLNVAL),
    (linux::POLLRDNORM, bsd::POLLRDNORM),
    (linux::POLLRDBAND, bsd::POLLRDBAND),
    (linux::POLLWRNORM, bsd::POLLOUT),
    (linux::POLLWRBAND, bsd::POLLWRBAND),
    (linux::POLLRDHUP, bsd::POLLRDHUP),
];

/// What is told without being asked for.
const ALWAYS: u32 = linux::POLLERR | linux::POLLHUP | linux::POLLNVAL;

/// The events that are the same bits on both systems, and all that most programs use.
const SAME: u16 = 0x00ff;

/// Whether FreeBSD can work on these events as they are, and answer in them.
#[inline]
pub const fn events_are_same(events: u16) -> bool {
    events & !SAME == 0
}

/// FreeBSD's events to wait for; unknown bits are ignored.
pub fn events_to_bsd(events: u16) -> i16 {
    let wanted = EVENTS
        .iter()
        .filter(|(event, _)| u32::from(events) & event != 0);
    let bits = wanted.fold(0, |bits, (_, bit)| bits | bit);
    // The bits end at 0x4000, so nothing is lost.
    i16::try_from(bits).unwrap_or(i16::MAX)
}

/// Linux's events for those FreeBSD found, of which `asked` were asked for.
pub fn revents_to_linux(revents: i16, asked: u16) -> u16 {
    let found = EVENTS
        .iter()
        .filter(|(_, bit)| i32::from(revents) & bit != 0);
    let bits = found.fold(0, |bits, (event, _)| bits | event);
    // The bits end at 0x2000, so nothing is lost.
    u16::try_from(bits & (u32::from(asked) | ALWAYS)).unwrap_or(u16::MAX)
}

/// What a file tells that is always ready (poll(2) on regular files).
pub const fn readiness_of_a_file(asked: u16) -> u16 {
    let ready = linux::POLLIN | linux::POLLOUT | linux::POLLRDNORM | linux::POLLWRNORM;
    asked & ready as u16
}

/// FreeBSD's events of the empty reading end of a pipe that nobody writes to, as Linux sees them.
pub fn hangup_of_a_reader(revents: i16) -> i16 {
    let none = bsd::POLLIN | bsd::POLLRDNORM;
    i16::try_from(i32::from(revents) & !none).unwrap_or(revents)
}

/// FreeBSD's events of the writing end of a pipe that nobody reads, as Linux sees them: room, if
/// asked for, and an error. FreeBSD leaves POLLOUT out beside POLLHUP.
pub fn hangup_of_a_writer(revents: i16, asked: i16) -> i16 {
    let room = i32::from(asked) & bsd::POLLOUT;
    let told = i32::from(revents) & !bsd::POLLHUP | bsd::POLLERR | room;
    i16::try_from(told).unwrap_or(revents)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was asked for and found comes back as asked.
    #[test]
    fn events_round_trip() {
        for (event, _) in EVENTS {
            let event = event as u16;
            assert_eq!(revents_to_linux(events_to_bsd(event), event), event);
        }
    }

    /// Nothing is told that was not asked for, but errors.
    #[test]
    fn only_what_was_asked() {
        assert_eq!(revents_to_linux(i16::MAX, 0), ALWAYS as u16);
        for asked in 0..=u16::MAX {
            let told = u32::from(revents_to_linux(i16::MAX, asked));
            assert_eq!(told & !(u32::from(asked) | ALWAYS), 0);
        }
    }

    /// The quick way gives what the long one does.
    #[test]
    fn same_events_are_the_same() {
        for events in 0..=SAME {
            assert!(events_are_same(events));
            assert_eq!(events_to_bsd(events), events as i16);
        }
        for found in 0..=0xff_i16 {
            assert_eq!(revents_to_linux(found, SAME), found as u16);
        }
        assert!(!events_are_same(0x100));
    }

    /// A pipe without its other end.
    #[test]
    fn pipes_hang_up() {
        assert_eq!(hangup_of_a_reader(0x51), 0x10);
        assert_eq!(hangup_of_a_writer(0x10, 0x04), 0x0c);
        assert_eq!(hangup_of_a_writer(0x10, 0x01), 0x08);
    }

    /// POLLRDHUP is a different bit.
    #[test]
    fn rdhup_moves() {
        assert_eq!(events_to_bsd(0x2000), 0x4000);
        assert_eq!(revents_to_linux(0x4000, 0x2000), 0x2000);
    }

    /// Unknown bits are ignored.
    #[test]
    fn unknown_events() {
        assert_eq!(events_to_bsd(0x400 | 0x1000 | 0x4000 | 0x8000), 0);
        assert_eq!(revents_to_linux(0x2000, u16::MAX), 0);
    }
}
