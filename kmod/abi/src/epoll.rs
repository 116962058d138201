// SPDX-License-Identifier: BSD-2-Clause
//! epoll(7) in terms of kqueue(2): which filters an interest needs, and what an event means.

use linux_raw_sys::general as linux;

use crate::Errno;
use crate::bsd;

/// `EPOLL_CLOEXEC` of epoll_create1(2).
pub const EPOLL_CLOEXEC: u32 = linux::EPOLL_CLOEXEC;

/// Nobody is at the other end.
pub const EPOLLHUP: u32 = linux::EPOLLHUP;

const READ: u32 =
    linux::EPOLLIN | linux::EPOLLRDNORM | linux::EPOLLRDHUP | linux::EPOLLPRI | linux::EPOLLRDBAND;
const WRITE: u32 = linux::EPOLLOUT | linux::EPOLLWRNORM | linux::EPOLLWRBAND;
const IN: u32 = linux::EPOLLIN | linux::EPOLLRDNORM;
const OUT: u32 = linux::EPOLLOUT | linux::EPOLLWRNORM;
/// What is told without being asked for.
const ALWAYS: u32 = linux::EPOLLERR | linux::EPOLLHUP;

/// What epoll_ctl(2) shall do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// EPOLL_CTL_ADD.
    Add,
    /// EPOLL_CTL_DEL.
    Delete,
    /// EPOLL_CTL_MOD.
    Modify,
}

impl Operation {
    /// EINVAL for an unknown number.
    pub const fn parse(op: i32) -> Result<Operation, Errno> {
        match op.cast_unsigned() {
            linux::EPOLL_CTL_ADD => Ok(Operation::Add),
            linux::EPOLL_CTL_DEL => Ok(Operation::Delete),
            linux::EPOLL_CTL_MOD => Ok(Operation::Modify),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// An interest: the events of `struct epoll_event`, each bit with its verdict. EPOLLPRI, EPOLLRDBAND
/// and EPOLLWRBAND never happen; EPOLLWAKEUP and EPOLLEXCLUSIVE are hints and ignored.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Interest(u32);

impl Interest {
    /// EINVAL for EPOLLEXCLUSIVE where Linux refuses it (epoll_ctl(2)).
    pub const fn parse(events: u32, operation: Operation) -> Result<Interest, Errno> {
        if events & linux::EPOLLEXCLUSIVE != 0 {
            let with = linux::EPOLLIN
                | linux::EPOLLOUT
                | ALWAYS
                | linux::EPOLLWAKEUP
                | linux::EPOLLET
                | linux::EPOLLEXCLUSIVE;
            if !matches!(operation, Operation::Add) || events & !with != 0 {
                return Err(Errno::EINVAL);
            }
        }
        Ok(Interest(events))
    }

    /// From [`bits`](Self::bits).
    pub const fn from_bits(bits: u32) -> Interest {
        Interest(bits)
    }

    /// The events as they were given.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether the read filter is needed. It also stands in for an interest in nothing.
    pub const fn reads(self) -> bool {
        self.0 & READ != 0 || !self.writes()
    }

    /// Whether the write filter is needed.
    pub const fn writes(self) -> bool {
        self.0 & WRITE != 0
    }

    /// Whether data to read is wanted.
    pub const fn input(self) -> bool {
        self.0 & IN != 0
    }

    /// Whether room to write is wanted.
    pub const fn output(self) -> bool {
        self.0 & OUT != 0
    }

    /// Whether nothing is wanted but errors.
    pub const fn is_idle(self) -> bool {
        self.0 & (READ | WRITE) == 0
    }

    /// Whether it is told once a change (EPOLLET).
    pub const fn edge(self) -> bool {
        self.0 & linux::EPOLLET != 0
    }

    /// Whether not every waiter need be woken (EPOLLEXCLUSIVE); of an epoll descriptor that cannot be.
    pub const fn exclusive(self) -> bool {
        self.0 & linux::EPOLLEXCLUSIVE != 0
    }

    /// Whether it is told once and then is idle (EPOLLONESHOT).
    pub const fn once(self) -> bool {
        self.0 & linux::EPOLLONESHOT != 0
    }
}

/// An event of a kqueue.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// From the read filter, else from the write filter.
    pub read: bool,
    /// Whether it is from a socket.
    pub socket: bool,
    /// EV_EOF: nothing comes, or can go, any more.
    pub eof: bool,
    /// An error of the socket or the filter.
    pub error: bool,
    /// Whether there is something to read, or room to write.
    pub data: bool,
}

impl Found {
    /// The events of epoll, among those asked for, that FreeBSD's poll(2) finds at a socket.
    pub const fn polled(found: i16, interest: Interest) -> u32 {
        let mut events = 0;
        if found & bsd::POLLIN as i16 != 0 {
            events |= IN;
        }
        if found & bsd::POLLOUT as i16 != 0 {
            events |= OUT;
        }
        if found & bsd::POLLRDHUP as i16 != 0 {
            events |= linux::EPOLLRDHUP;
            // A local socket of which only its own end is shut down tells POLLHUP as well.
            if found & bsd::POLLHUP as i16 != 0 {
                // FreeBSD tells POLLOUT no more then.
                events |= EPOLLHUP | OUT;
            }
        }
        events & (interest.bits() | ALWAYS)
    }

    /// The events of epoll, among those asked for.
    pub const fn events(self, interest: Interest) -> u32 {
        let mut events = 0;
        if self.read {
            if !self.eof || self.socket || self.data {
                events |= IN;
            }
            if self.eof {
                events |= if self.socket {
                    linux::EPOLLRDHUP
                } else {
                    linux::EPOLLHUP
                };
            }
        } else {
            events |= OUT;
            // A pipe nobody reads from. A socket may only have been shut down for writing.
            if self.eof && !self.socket {
                events |= linux::EPOLLERR;
            }
        }
        if self.error {
            events |= linux::EPOLLERR;
            if self.eof {
                events |= linux::EPOLLHUP;
            }
        }
        events & (interest.bits() | ALWAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Interest {
        Interest::from_bits(u32::MAX)
    }

    /// Only three operations exist.
    #[test]
    fn operations() {
        assert_eq!(Operation::parse(1), Ok(Operation::Add));
        assert_eq!(Operation::parse(2), Ok(Operation::Delete));
        assert_eq!(Operation::parse(3), Ok(Operation::Modify));
        for op in [0, 4, -1] {
            assert_eq!(Operation::parse(op), Err(Errno::EINVAL));
        }
    }

    /// Every interest needs a filter, so that it is known.
    #[test]
    fn filters() {
        for bit in 0..32 {
            let interest = Interest::from_bits(1 << bit);
            assert!(interest.reads() || interest.writes());
        }
        let out = Interest::from_bits(linux::EPOLLOUT);
        assert!(out.writes() && !out.reads());
        let none = Interest::from_bits(0);
        assert!(none.reads() && none.is_idle());
    }

    /// EPOLLEXCLUSIVE comes with few others, and only when added.
    #[test]
    fn exclusive() {
        let exclusive = linux::EPOLLEXCLUSIVE;
        assert!(Interest::parse(exclusive | 1, Operation::Add).is_ok());
        assert!(Interest::parse(exclusive | 1, Operation::Modify).is_err());
        assert!(Interest::parse(exclusive | linux::EPOLLONESHOT, Operation::Add).is_err());
    }

    /// Only what was asked for, and errors.
    #[test]
    fn only_what_was_asked() {
        for n in 0..32 {
            let bit = |i: u32| n >> i & 1 == 1;
            let found = Found {
                read: bit(0),
                socket: bit(1),
                eof: bit(2),
                error: bit(3),
                data: bit(4),
            };
            assert_eq!(found.events(Interest::from_bits(0)) & !ALWAYS, 0);
        }
    }

    /// What poll(2) finds.
    #[test]
    fn polled_events() {
        let (input, output, hung, read_hung) = (1, 4, 0x10, 0x4000);
        assert_eq!(Found::polled(input | output, all()), IN | OUT);
        assert_eq!(Found::polled(output | hung, all()), OUT);
        let over = Found::polled(
            input | hung | read_hung,
            Interest::from_bits(linux::EPOLLIN),
        );
        assert_eq!(over, linux::EPOLLIN | EPOLLHUP);
    }

    /// The usual cases.
    #[test]
    fn usual_events() {
        let base = Found {
            read: true,
            socket: true,
            eof: false,
            error: false,
            data: true,
        };
        assert_eq!(base.events(all()), IN);
        assert_eq!(
            Found {
                read: false,
                ..base
            }
            .events(all()),
            OUT
        );
        let hung = Found {
            eof: true,
            data: false,
            ..base
        };
        assert_eq!(hung.events(all()), IN | linux::EPOLLRDHUP);
        assert_eq!(
            hung.events(Interest::from_bits(linux::EPOLLIN)),
            linux::EPOLLIN
        );
        let pipe = Found {
            socket: false,
            ..hung
        };
        assert_eq!(pipe.events(all()), linux::EPOLLHUP);
        let broken = Found {
            read: false,
            ..pipe
        };
        assert_eq!(broken.events(all()), OUT | linux::EPOLLERR);
    }
}
