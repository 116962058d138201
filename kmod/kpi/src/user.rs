// SPDX-License-Identifier: BSD-2-Clause
//! User memory, typed by direction and content.
//!
//! A handle proves nothing but intent: no address is checked before the copy,
//! because Linux validates late and programs can see the difference. Reading
//! consumes the handle; whoever needs a second fetch must say so with `again`.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, size_of};

use linux_abi::pod::Pod;

use crate::{Cx, Errno, Result, check};

/// An address in the user's map, with no right attached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct UserAddr(u64);

impl UserAddr {
    /// The address a register holds.
    #[inline]
    pub const fn from_reg(reg: u64) -> Self {
        UserAddr(reg)
    }

    /// The number.
    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Whether it is NULL.
    #[inline]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `n` bytes on; EFAULT where that leaves the address space.
    #[inline]
    pub fn offset(self, n: u64) -> Result<Self> {
        match self.0.checked_add(n) {
            Some(a) => Ok(UserAddr(a)),
            None => Err(Errno::EFAULT.into()),
        }
    }

    pub(crate) fn as_ptr<T>(self) -> *mut T {
        self.0 as *mut T
    }
}

/// copyin(9) into initialised memory.
fn copy_in(_cx: &mut Cx<'_>, from: u64, to: &mut [u8]) -> Result<()> {
    // SAFETY: kernel copy; `to` is writable for its length.
    check(unsafe { ffi::copyin(from as *const c_void, to.as_mut_ptr().cast(), to.len()) })
}

/// copyout(9).
fn copy_out(_cx: &mut Cx<'_>, from: &[u8], to: u64) -> Result<()> {
    // SAFETY: kernel copy; `from` is initialised for its length.
    check(unsafe { ffi::copyout(from.as_ptr().cast(), to as *mut c_void, from.len()) })
}

fn read_pod<T: Pod>(_cx: &mut Cx<'_>, from: u64) -> Result<T> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: kernel copy; `value` has room for size_of::<T>() bytes.
    check(unsafe {
        ffi::copyin(
            from as *const c_void,
            value.as_mut_ptr().cast(),
            size_of::<T>(),
        )
    })?;
    // SAFETY: copyin filled every byte, and every bit pattern of a Pod is valid.
    Ok(unsafe { value.assume_init() })
}

fn write_pod<T: Pod>(_cx: &mut Cx<'_>, value: &T, to: u64) -> Result<()> {
    let from: *const T = value;
    // One word has a shorter way, with the same checks (support.S).
    if size_of::<T>() == size_of::<i32>() {
        // SAFETY: kernel copy; a Pod of four bytes, all initialised.
        let failed = unsafe { ffi::suword32(to as *mut _, from.cast::<i32>().read_unaligned()) };
        return if failed == 0 {
            Ok(())
        } else {
            Err(Errno::EFAULT.into())
        };
    }
    // SAFETY: kernel copy; a Pod has no padding, so all its bytes are initialised.
    check(unsafe {
        ffi::copyout(
            core::ptr::from_ref(value).cast(),
            to as *mut c_void,
            size_of::<T>(),
        )
    })
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<T>) => {
        $(#[$doc])*
        #[repr(transparent)]
        pub struct $name<T>(u64, PhantomData<*const T>);

        impl<T> $name<T> {
            /// The handle for the address in a register.
            #[inline]
            pub const fn from_reg(reg: u64) -> Self {
                $name(reg, PhantomData)
            }

            /// The same for an argument that may be NULL.
            #[inline]
            pub const fn from_reg_opt(reg: u64) -> Option<Self> {
                if reg == 0 { None } else { Some(Self::from_reg(reg)) }
            }

            /// The bare address.
            #[inline]
            pub const fn addr(&self) -> UserAddr {
                UserAddr(self.0)
            }

            /// A second handle on the same memory: a double fetch, to be explained where it is used.
            #[inline]
            pub const fn again(&self) -> Self {
                $name(self.0, PhantomData)
            }
        }
    };
}

handle! {
    /// One `T` the kernel reads.
    UserIn<T>
}
handle! {
    /// One `T` the kernel writes.
    UserOut<T>
}
handle! {
    /// One `T` the kernel reads, then writes.
    UserInOut<T>
}
handle! {
    /// An array of `T` the kernel reads; its length is another argument.
    UserArrayIn<T>
}
handle! {
    /// An array of `T` the kernel writes; its length is another argument.
    UserArrayOut<T>
}
handle! {
    /// An array of `T` the kernel reads and writes; its length is another argument.
    UserArrayInOut<T>
}

impl<T: Pod> UserIn<T> {
    /// Copies the value in. EFAULT where the memory cannot be read.
    #[inline]
    pub fn read(self, cx: &mut Cx<'_>) -> Result<T> {
        read_pod(cx, self.0)
    }
}

impl<T: Pod> UserOut<T> {
    /// Copies the value out. EFAULT where the memory cannot be written.
    #[inline]
    pub fn write(self, cx: &mut Cx<'_>, value: &T) -> Result<()> {
        write_pod(cx, value, self.0)
    }
}

impl<T: Pod> UserInOut<T> {
    /// Copies the value in; the handle stays for the answer.
    #[inline]
    pub fn read(&self, cx: &mut Cx<'_>) -> Result<T> {
        read_pod(cx, self.0)
    }

    /// Copies the answer out.
    #[inline]
    pub fn write(self, cx: &mut Cx<'_>, value: &T) -> Result<()> {
        write_pod(cx, value, self.0)
    }
}

fn element<T>(base: u64, index: usize) -> Result<u64> {
    let offset = index.checked_mul(size_of::<T>()).ok_or(Errno::EFAULT)?;
    Ok(UserAddr(base).offset(offset as u64)?.raw())
}

impl<T: Pod> UserArrayIn<T> {
    /// Copies element `index` in.
    pub fn read_at(&self, cx: &mut Cx<'_>, index: usize) -> Result<T> {
        read_pod(cx, element::<T>(self.0, index)?)
    }

    /// Copies in as many elements as `to` has room for.
    pub fn read_all(self, _cx: &mut Cx<'_>, to: &mut [T]) -> Result<()> {
        // SAFETY: kernel copy, into a slice of a type for which every bit pattern is valid.
        check(unsafe {
            ffi::copyin(
                self.0 as *const c_void,
                to.as_mut_ptr().cast(),
                size_of_val(to),
            )
        })
    }
}

impl<T: Pod> UserArrayOut<T> {
    /// Copies element `index` out.
    pub fn write_at(&self, cx: &mut Cx<'_>, index: usize, value: &T) -> Result<()> {
        write_pod(cx, value, element::<T>(self.0, index)?)
    }
}

impl<T: Pod> UserArrayInOut<T> {
    /// Copies element `index` in.
    pub fn read_at(&self, cx: &mut Cx<'_>, index: usize) -> Result<T> {
        read_pod(cx, element::<T>(self.0, index)?)
    }

    /// Copies element `index` out.
    pub fn write_at(&self, cx: &mut Cx<'_>, index: usize, value: &T) -> Result<()> {
        write_pod(cx, value, element::<T>(self.0, index)?)
    }
}

macro_rules! untyped {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The handle for the address in a register.
            #[inline]
            pub const fn from_reg(reg: u64) -> Self {
                $name(reg)
            }

            /// The same for an argument that may be NULL.
            #[inline]
            pub const fn from_reg_opt(reg: u64) -> Option<Self> {
                if reg == 0 { None } else { Some($name(reg)) }
            }

            /// The bare address.
            #[inline]
            pub const fn addr(self) -> UserAddr {
                UserAddr(self.0)
            }
        }
    };
}

untyped! {
    /// A buffer the kernel reads; its length is another argument.
    UserBytesIn
}
untyped! {
    /// A buffer the kernel writes; its length is another argument.
    UserBytesOut
}
untyped! {
    /// A NUL-terminated string the kernel reads, mostly a path for namei(9).
    UserCStr
}

impl UserBytesIn {
    /// Fills `to` from the start of the buffer.
    pub fn read(self, cx: &mut Cx<'_>, to: &mut [u8]) -> Result<()> {
        copy_in(cx, self.0, to)
    }
}

impl UserBytesIn {
    /// Copies in a structure that may grow, of which the program says it has `size` bytes
    /// (copy_struct_from_user of Linux): EINVAL if it is shorter than the first version, `T`, E2BIG
    /// if what lies beyond that is not zero or is more than a page.
    pub fn read_growing<T: Pod>(self, cx: &mut Cx<'_>, size: usize) -> Result<T> {
        const PAGE: usize = 4096;
        if size < size_of::<T>() {
            return Err(Errno::EINVAL.into());
        }
        if size > PAGE {
            return Err(Errno::E2BIG.into());
        }
        let mut at = size_of::<T>();
        while at < size {
            let mut chunk = [0_u8; 64];
            let len = size.saturating_sub(at).min(chunk.len());
            let here = chunk.get_mut(..len).unwrap_or_default();
            copy_in(cx, self.0.wrapping_add(at as u64), here)?;
            if here.iter().any(|byte| *byte != 0) {
                return Err(Errno::E2BIG.into());
            }
            at = at.saturating_add(len);
        }
        read_pod(cx, self.0)
    }
}

impl UserBytesOut {
    /// Writes `from` at the start of the buffer.
    pub fn write(self, cx: &mut Cx<'_>, from: &[u8]) -> Result<()> {
        copy_out(cx, from, self.0)
    }

    /// Writes `from` at `offset` of the buffer.
    pub fn write_at(self, cx: &mut Cx<'_>, offset: usize, from: &[u8]) -> Result<()> {
        let to = UserAddr(self.0).offset(offset as u64)?;
        copy_out(cx, from, to.raw())
    }
}

impl UserBytesOut {
    /// Copies out a structure that may grow, for which the program has room of `size` bytes
    /// (copy_struct_to_user of Linux): cut, or with zeros behind it.
    pub fn write_growing<T: Pod>(self, cx: &mut Cx<'_>, size: usize, value: &T) -> Result<()> {
        let bytes = crate::mem::bytes_of(value);
        let len = bytes.len().min(size);
        let mut at = bytes.len();
        while at < size {
            let zeros = [0_u8; 64];
            let len = size.saturating_sub(at).min(zeros.len());
            self.write_at(cx, at, zeros.get(..len).unwrap_or_default())?;
            at = at.saturating_add(len);
        }
        self.write(cx, bytes.get(..len).unwrap_or_default())
    }
}

impl UserCStr {
    /// Copies the string into `to` and gives its length without the NUL.
    /// EFAULT where it cannot be read, ENAMETOOLONG where it does not end in `to`.
    pub fn read(self, _cx: &mut Cx<'_>, to: &mut [u8]) -> Result<usize> {
        let mut len = 0;
        // SAFETY: kernel copy; copyinstr writes at most to.len() bytes to `to`.
        check(unsafe {
            ffi::copyinstr(
                self.0 as *const c_void,
                to.as_mut_ptr().cast(),
                to.len(),
                &raw mut len,
            )
        })?;
        Ok(len.saturating_sub(1))
    }

    pub(crate) fn as_ptr(self) -> *const core::ffi::c_char {
        self.0 as *const core::ffi::c_char
    }
}
