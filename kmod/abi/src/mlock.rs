// SPDX-License-Identifier: BSD-2-Clause
//! mlock(2), mlock2(2), mlockall(2).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::errno::Errno;
use crate::mman::{PAGE_SIZE, TASK_SIZE};

/// What mlock(2) says of a range that goes around the end of the addresses: its length is
/// compared with RLIMIT_MEMLOCK first.
pub const fn lock_around(addr: u64, len: u64) -> Errno {
    let reach = len
        .wrapping_add(addr % PAGE_SIZE)
        .wrapping_add(PAGE_SIZE - 1);
    if reach > TASK_SIZE {
        Errno::ENOMEM
    } else {
        Errno::EINVAL
    }
}

/// mlock2(2) has one flag, MLOCK_ONFAULT; EINVAL for any other.
pub const fn check_mlock2(flags: i32) -> Result<(), Errno> {
    if flags.cast_unsigned() & !linux::MLOCK_ONFAULT != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// FreeBSD's flags of mlockall(2): no bits, unknown bits and MCL_ONFAULT alone are
/// EINVAL. MCL_ONFAULT otherwise only delays the locking.
pub const fn mlockall_to_bsd(flags: i32) -> Result<i32, Errno> {
    let raw = flags.cast_unsigned();
    let known = linux::MCL_CURRENT | linux::MCL_FUTURE | linux::MCL_ONFAULT;
    if raw == 0 || raw == linux::MCL_ONFAULT || raw & !known != 0 {
        return Err(Errno::EINVAL);
    }
    Ok((raw & !linux::MCL_ONFAULT).cast_signed())
}

const _: () = {
    assert!(bsd::MCL_CURRENT.cast_unsigned() == linux::MCL_CURRENT);
    assert!(bsd::MCL_FUTURE.cast_unsigned() == linux::MCL_FUTURE);
};

#[cfg(test)]
mod tests {
    use super::*;

    /// mlock2(2): one flag.
    #[test]
    fn mlock2() {
        assert_eq!([0, 1].map(check_mlock2), [Ok(()); 2]);
        assert_eq!([2, 3, -1].map(check_mlock2), [Err(Errno::EINVAL); 3]);
    }

    /// mlockall(2): MCL_ONFAULT needs company.
    #[test]
    fn mlockall() {
        assert_eq!(
            [1, 2, 3, 5, 6, 7].map(mlockall_to_bsd),
            [1, 2, 3, 1, 2, 3].map(Ok)
        );
        assert_eq!([0, 4, 8, -1].map(mlockall_to_bsd), [Err(Errno::EINVAL); 4]);
    }
}
