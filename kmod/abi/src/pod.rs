// SPDX-License-Identifier: BSD-2-Clause
//! Types that may cross between kernel and user memory as plain bytes.

mod sealed {
    /// Keeps [`super::Pod`] implementable in this crate alone.
    pub trait Sealed {}
}
pub(crate) use sealed::Sealed;

/// A type without padding, without pointers or references, for which every bit
/// pattern is a valid value.
///
/// The kernel side copies a `T: Pod` to and from a program as bytes, so a hole
/// would leak kernel memory and an invalid pattern would be undefined behaviour.
/// The trait is sealed: only this crate implements it, for integers, for arrays,
/// and through the `pod!` macro, which does not compile for a struct that has
/// padding or a field that is not `Pod`.
pub trait Pod: Sealed + Copy + Send + Sync + 'static {
    /// The value whose bytes are all zero.
    const ZERO: Self;
}

macro_rules! pod_integers {
    ($($int:ty)*) => { $(
        impl Sealed for $int {}
        impl Pod for $int {
            const ZERO: $int = 0;
        }
    )* };
}
pod_integers!(u8 i8 u16 i16 u32 i32 u64 i64);

impl<T: Pod, const N: usize> Sealed for [T; N] {}
impl<T: Pod, const N: usize> Pod for [T; N] {
    const ZERO: [T; N] = [T::ZERO; N];
}

/// Declares C structs that are [`Pod`], and proves at compile time that they are.
///
/// Padding is a field like any other (by custom `__pad0`), so that it is zero in
/// whatever the kernel hands out. `[packed]` and `[align(N)]` before
/// `struct` stand for the C attributes.
macro_rules! pod {
    ($(
        $(#[$meta:meta])*
        $([$($repr:tt)+])? struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[repr(C $(, $($repr)+)?)]
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the fields carry the C header's names and meaning")]
        #[allow(non_camel_case_types, reason = "the C header's name")]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $ty, )*
        }

        impl $crate::pod::Sealed for $name {}
        impl $crate::pod::Pod for $name {
            const ZERO: $name = $name { $( $field: <$ty as $crate::pod::Pod>::ZERO, )* };
        }
        static_assertions::const_assert_eq!(
            size_of::<$name>(),
            0_usize $( .saturating_add(size_of::<$ty>()) )*
        );

        impl Default for $name {
            fn default() -> $name {
                <$name as $crate::pod::Pod>::ZERO
            }
        }
    )* };
}
pub(crate) use pod;

/// Asserts that a struct of ours has the size, the alignment and the field
/// offsets of the one made from Linux's headers.
macro_rules! same_layout {
    ($ours:ty, $linux:ty { $($field:ident),* $(,)? }) => {
        static_assertions::const_assert_eq!(size_of::<$ours>(), size_of::<$linux>());
        static_assertions::const_assert_eq!(align_of::<$ours>(), align_of::<$linux>());
        $(
            static_assertions::const_assert_eq!(
                core::mem::offset_of!($ours, $field),
                core::mem::offset_of!($linux, $field)
            );
        )*
    };
}
pub(crate) use same_layout;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c;

    /// ZERO is zero in every field, and is the default.
    #[test]
    fn zero_is_the_default() {
        assert_eq!(
            c::l_pollfd::default(),
            c::l_pollfd {
                fd: 0,
                events: 0,
                revents: 0
            }
        );
        assert_eq!(<[u32; 3]>::ZERO, [0; 3]);
        assert_eq!(c::l_newstat::ZERO.__unused, [0; 3]);
    }

    /// The C attributes reach the compiler.
    #[test]
    fn attributes_apply() {
        assert_eq!(size_of::<c::l_epoll_event>(), 12);
        assert_eq!(size_of::<c::l_dirent64>(), 19);
        assert_eq!(align_of::<c::l_rseq>(), 32);
    }
}
