// SPDX-License-Identifier: BSD-2-Clause
//! Descriptor numbers.

use crate::c::{CInt, CUint, CUlong};

/// A descriptor argument. Linux declares some as `unsigned int`: beyond INT_MAX they are
/// EBADF all the same, which a negative number is to FreeBSD.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Fd(pub i32);

impl From<CInt> for Fd {
    fn from(fd: CInt) -> Fd {
        Fd(fd.0)
    }
}

impl From<CUint> for Fd {
    fn from(fd: CUint) -> Fd {
        Fd(fd.0.cast_signed())
    }
}

impl From<CUlong> for Fd {
    /// readv(2) and its kin declare a long, of which Linux's lookup takes the low half.
    fn from(fd: CUlong) -> Fd {
        Fd((fd.0 as u32).cast_signed())
    }
}
