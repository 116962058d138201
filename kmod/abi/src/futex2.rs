// SPDX-License-Identifier: BSD-2-Clause
//! The arguments of futex_wake, futex_wait and futex_requeue (linux/futex.h).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;

/// FUTEX2_SIZE_U32: the only size Linux has.
const SIZE_U32: u32 = 2;
/// FUTEX2_SIZE_MASK.
const SIZE_MASK: u32 = 3;
/// FUTEX2_PRIVATE, the number of FUTEX_PRIVATE_FLAG.
const PRIVATE: u32 = 128;

/// Whether other processes meet at the word. EINVAL for another size than 32 bits and for
/// unknown flags.
pub const fn is_shared(flags: u32) -> Result<bool, Errno> {
    if flags & !(SIZE_MASK | PRIVATE) != 0 || flags & SIZE_MASK != SIZE_U32 {
        return Err(Errno::EINVAL);
    }
    Ok(flags & PRIVATE == 0)
}

/// A value or mask for a word of 32 bits; EINVAL for more.
pub fn narrow(value: u64) -> Result<u32, Errno> {
    u32::try_from(value).map_err(|_| Errno::EINVAL)
}

/// FreeBSD's clock for a timeout: two are allowed, EINVAL for the others.
pub const fn wait_clock(id: i32) -> Result<i32, Errno> {
    match id.cast_unsigned() {
        linux::CLOCK_REALTIME => Ok(bsd::CLOCK_REALTIME),
        linux::CLOCK_MONOTONIC => Ok(bsd::CLOCK_UPTIME),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One size, one flag.
    #[test]
    fn flags() {
        let known = (0..=u32::from(u16::MAX)).filter(|f| is_shared(*f).is_ok());
        assert_eq!(known.collect::<Vec<_>>(), [2, 130]);
        assert_eq!((is_shared(2), is_shared(130)), (Ok(true), Ok(false)));
        assert_eq!(PRIVATE, linux::FUTEX_PRIVATE_FLAG);
    }

    /// Values fit the word.
    #[test]
    fn values() {
        assert_eq!(narrow(u64::from(u32::MAX)), Ok(u32::MAX));
        assert_eq!(narrow(1 << 32), Err(Errno::EINVAL));
    }

    /// Two clocks.
    #[test]
    fn clocks() {
        let known = (-9..20).filter(|id| wait_clock(*id).is_ok());
        assert_eq!(known.collect::<Vec<_>>(), [0, 1]);
    }
}
