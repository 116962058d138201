// SPDX-License-Identifier: BSD-2-Clause
//! Linux's C types under the names `syscalls.master` uses.
//!
//! A system call argument arrives as a 64-bit register; [`CInt`], [`CUint`],
//! [`CLong`] and [`CUlong`] say how much of it Linux looks at. The structs are
//! [`Pod`](crate::pod::Pod), with padding as fields, and are checked against
//! Linux's headers wherever `linux-raw-sys` has them.
#![allow(non_camel_case_types, reason = "these are the C names")]

mod file;
mod ipc;
mod net;
mod process;
mod sig;
mod time;
mod tty;

pub use file::*;
pub use ipc::*;
pub use net::*;
pub use process::*;
pub use sig::*;
pub use time::*;
pub use tty::*;

use crate::pod::{Pod, Sealed};

macro_rules! register_kinds {
    ($( $(#[$meta:meta])* $name:ident($int:ty) from |$reg:ident| $convert:expr; )*) => { $(
        $(#[$meta])*
        #[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub $int);

        impl $name {
            /// The argument in a register, as Linux reads it.
            #[inline]
            pub const fn from_reg($reg: u64) -> $name {
                $name($convert)
            }
        }

        impl From<$name> for $int {
            #[inline]
            fn from(value: $name) -> $int {
                value.0
            }
        }

        impl Sealed for $name {}
        impl Pod for $name {
            const ZERO: $name = $name(0);
        }
    )* };
}

register_kinds! {
    /// A C `int`. Linux drops the upper half of the register: the x86-64 calling
    /// convention leaves it undefined, so a program may leave anything there.
    CInt(i32) from |reg| reg as i32;
    /// A C `unsigned int`; the upper half of the register is dropped as well.
    CUint(u32) from |reg| reg as u32;
    /// A C `long`: the whole register, signed.
    CLong(i64) from |reg| reg.cast_signed();
    /// A C `unsigned long`: the whole register.
    CUlong(u64) from |reg| reg;
}

static_assertions::const_assert_eq!(size_of::<usize>(), size_of::<u64>());

impl From<CUlong> for usize {
    /// Loses nothing: the kernel is 64-bit, as the assertion above says.
    #[inline]
    fn from(value: CUlong) -> usize {
        value.0 as usize
    }
}

macro_rules! c_names {
    ($($name:ident = $kind:ty;)*) => { $(
        #[doc = concat!("Linux's `", stringify!($name), "`, without its prefix `l_`.")]
        pub type $name = $kind;
    )* };
}

c_names! {
    l_int = i32;
    l_uint = u32;
    l_long = i64;
    l_ulong = u64;
    l_size_t = u64;
    l_ssize_t = i64;
    l_uintptr_t = u64;
    l_off_t = i64;
    l_loff_t = i64;
    l_time_t = i64;
    l_clock_t = i64;
    l_suseconds_t = i64;
    l_pid_t = i32;
    l_key_t = i32;
    l_timer_t = i32;
    l_mqd_t = i32;
    l_clockid_t = i32;
    l_uid_t = u32;
    l_gid_t = u32;
    l_mode_t = u32;
    l_dev_t = u32;
    l_socklen_t = i32;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the low half of the register counts for an int.
    #[test]
    fn ints_ignore_the_upper_half() {
        assert_eq!(CInt::from_reg(0xdead_beef_0000_0001), CInt(1));
        assert_eq!(CInt::from_reg(0x0000_0000_ffff_ffff), CInt(-1));
        assert_eq!(CUint::from_reg(0xffff_ffff_8000_0000), CUint(0x8000_0000));
    }

    /// The whole register counts for a long.
    #[test]
    fn longs_keep_the_register() {
        assert_eq!(CLong::from_reg(u64::MAX), CLong(-1));
        assert_eq!(CUlong::from_reg(u64::MAX), CUlong(u64::MAX));
        assert_eq!(usize::from(CUlong(u64::MAX)), usize::MAX);
    }

    /// Conversions to the plain integers keep the value.
    #[test]
    fn kinds_convert_to_integers() {
        assert_eq!(i32::from(CInt(-7)), -7);
        assert_eq!(u32::from(CUint(7)), 7);
        assert_eq!(i64::from(CLong(i64::MIN)), i64::MIN);
        assert_eq!(u64::from(CUlong(9)), 9);
    }
}
