// SPDX-License-Identifier: BSD-2-Clause
//! The requests of io_submit(2) and their limits (linux/aio_abi.h, fs/aio.c's documentation in
//! io_setup(2) and io_submit(2)).

use crate::Errno;
use crate::c::l_iocb;
use crate::fd::Fd;
use crate::rwf::RwFlags;

/// What all processes together may ask for, /proc/sys/fs/aio-max-nr of a Linux nobody has tuned.
pub const MOST_REQUESTS: u32 = 65536;

/// Where Linux sees an overflow in the size of the ring.
const ABSURD: u32 = 0x1000_0000 / 32 / 2;

/// IOCB_FLAG_RESFD: an eventfd is told when the request is done.
const FLAG_RESFD: u32 = 1;

/// IOCB_FLAG_IOPRIO: `aio_reqprio` is a priority, which means nothing here.
const FLAG_IOPRIO: u32 = 2;

/// How many events there is room for in a context for `requests` at once. EINVAL, EAGAIN.
pub fn room(requests: u32) -> Result<usize, Errno> {
    match requests {
        0 => Err(Errno::EINVAL),
        _ if requests > ABSURD => Err(Errno::EINVAL),
        _ if requests > MOST_REQUESTS => Err(Errno::EAGAIN),
        // As on Linux a few more than asked for. CAST: small.
        _ => Ok((requests.max(8) as usize).saturating_mul(2)),
    }
}

/// What a request is to do.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// IOCB_CMD_PREAD, and with a vector IOCB_CMD_PREADV.
    Read {
        /// Whether the buffer is a vector of buffers.
        vector: bool,
    },
    /// IOCB_CMD_PWRITE, and with a vector IOCB_CMD_PWRITEV.
    Write {
        /// Whether the buffer is a vector of buffers.
        vector: bool,
    },
    /// IOCB_CMD_FSYNC, or IOCB_CMD_FDSYNC if not full.
    Sync {
        /// Whether more than the data is meant.
        full: bool,
    },
    /// IOCB_CMD_POLL.
    Poll {
        /// The events of poll(2).
        events: u16,
    },
}

impl l_iocb {
    /// EINVAL for what no request may have.
    pub fn check(&self) -> Result<(), Errno> {
        if self.aio_reserved2 != 0 || self.aio_nbytes > i64::MAX.cast_unsigned() {
            return Err(Errno::EINVAL);
        }
        Ok(())
    }

    /// The file.
    pub fn file(&self) -> Fd {
        Fd(self.aio_fildes.cast_signed())
    }

    /// The eventfd to be told.
    pub fn signal(&self) -> Option<Fd> {
        (self.aio_flags & FLAG_RESFD != 0).then_some(Fd(self.aio_resfd.cast_signed()))
    }

    /// The flags of preadv2(2).
    pub fn flags(&self) -> RwFlags {
        RwFlags::from_bits_retain(self.aio_rw_flags)
    }

    /// EINVAL for an operation Linux does not have, IOCB_CMD_NOOP among them, and for fields that
    /// mean nothing to one.
    pub fn job(&self) -> Result<Job, Errno> {
        let bare = self.aio_nbytes == 0 && self.aio_offset == 0 && self.aio_rw_flags == 0;
        match self.aio_lio_opcode {
            0 => Ok(Job::Read { vector: false }),
            1 => Ok(Job::Write { vector: false }),
            2 | 3 if bare && self.aio_buf == 0 => Ok(Job::Sync {
                full: self.aio_lio_opcode == 2,
            }),
            5 if bare => match u16::try_from(self.aio_buf) {
                Ok(events) => Ok(Job::Poll { events }),
                Err(_) => Err(Errno::EINVAL),
            },
            7 => Ok(Job::Read { vector: true }),
            8 => Ok(Job::Write { vector: true }),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Whether `aio_reqprio` names no class of priority there is (ioprio_set(2)): EINVAL.
    pub fn bad_priority(&self) -> bool {
        self.aio_flags & FLAG_IOPRIO != 0 && self.aio_reqprio.cast_unsigned() >> 13 > 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each operation there could be.
    #[test]
    fn every_operation_has_a_verdict() {
        for opcode in 0..32 {
            let iocb = l_iocb {
                aio_lio_opcode: opcode,
                ..l_iocb::default()
            };
            let expected = match opcode {
                0 => Ok(Job::Read { vector: false }),
                1 => Ok(Job::Write { vector: false }),
                2 => Ok(Job::Sync { full: true }),
                3 => Ok(Job::Sync { full: false }),
                5 => Ok(Job::Poll { events: 0 }),
                7 => Ok(Job::Read { vector: true }),
                8 => Ok(Job::Write { vector: true }),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(iocb.job(), expected, "operation {opcode}");
        }
    }

    /// What a synchronization and a poll take no part in.
    #[test]
    fn fields_that_mean_nothing() {
        let sync = l_iocb {
            aio_lio_opcode: 2,
            ..l_iocb::default()
        };
        let poll = l_iocb {
            aio_lio_opcode: 5,
            aio_buf: 1,
            ..l_iocb::default()
        };
        assert_eq!(poll.job(), Ok(Job::Poll { events: 1 }));
        for wrong in [
            l_iocb { aio_buf: 1, ..sync },
            l_iocb {
                aio_nbytes: 1,
                ..sync
            },
            l_iocb {
                aio_offset: 1,
                ..sync
            },
            l_iocb {
                aio_rw_flags: 1,
                ..sync
            },
            l_iocb {
                aio_buf: 0x10000,
                ..poll
            },
            l_iocb {
                aio_nbytes: 1,
                ..poll
            },
        ] {
            assert_eq!(wrong.job(), Err(Errno::EINVAL));
        }
    }

    /// The limits of io_setup(2).
    #[test]
    fn limits() {
        assert_eq!(room(0), Err(Errno::EINVAL));
        assert_eq!(room(1), Ok(16));
        assert_eq!(room(MOST_REQUESTS), Ok(131_072));
        assert_eq!(room(MOST_REQUESTS + 1), Err(Errno::EAGAIN));
        assert_eq!(room(u32::MAX), Err(Errno::EINVAL));
    }
}
