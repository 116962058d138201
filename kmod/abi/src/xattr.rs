// SPDX-License-Identifier: BSD-2-Clause
//! Extended attributes: xattr(7) over extattr(9).

use linux_raw_sys::general as linux;

use crate::errno::Errno;

/// The longest name with its prefix (`XATTR_NAME_MAX`).
pub const NAME_MAX: usize = 255;
/// The largest value (`XATTR_SIZE_MAX`).
pub const SIZE_MAX: usize = 65536;
/// The largest list of names (`XATTR_LIST_MAX`).
pub const LIST_MAX: usize = 65536;

const USER: &[u8] = b"user.";

/// FreeBSD's name for an attribute: the part behind `user.`.
///
/// `security.`, `system.` and `trusted.` are EOPNOTSUPP, as on a Linux file system
/// without them: FreeBSD would store them, but nothing would honour them. So is any
/// other prefix. A prefix alone is EINVAL; an empty or too long name is ERANGE.
pub fn user_name(name: &[u8]) -> Result<&[u8], Errno> {
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Errno::ERANGE);
    }
    match name.strip_prefix(USER) {
        Some([]) => Err(Errno::EINVAL),
        Some(rest) => Ok(rest),
        None => Err(Errno::EOPNOTSUPP),
    }
}

/// When setxattr(2) may set.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SetMode {
    /// Always.
    Any,
    /// Only a new one: EEXIST.
    Create,
    /// Only an existing one: ENODATA.
    Replace,
}

/// Reads `flags` of setxattr(2). Both flags together fail with whichever applies, so
/// they never set anything; EINVAL says so at once.
pub const fn set_mode(flags: i32) -> Result<SetMode, Errno> {
    match flags.cast_unsigned() {
        0 => Ok(SetMode::Any),
        linux::XATTR_CREATE => Ok(SetMode::Create),
        linux::XATTR_REPLACE => Ok(SetMode::Replace),
        _ => Err(Errno::EINVAL),
    }
}

/// The size of the list [`list_to_linux`] makes.
pub fn list_len(names: &[u8]) -> usize {
    let mut total = 0_usize;
    each_name(names, |name| {
        total = total
            .saturating_add(USER.len())
            .saturating_add(name.len())
            .saturating_add(1);
    });
    total
}

/// Turns FreeBSD's list, a length byte before each name, into Linux's, a prefix
/// before and a NUL behind each. Gives the length, or ERANGE if `out` is too small.
pub fn list_to_linux(names: &[u8], out: &mut [u8]) -> Result<usize, Errno> {
    let mut at = 0_usize;
    let mut fits = true;
    each_name(names, |name| {
        for part in [USER, name, &[0]] {
            let end = at.saturating_add(part.len());
            match out.get_mut(at..end) {
                Some(to) => to.copy_from_slice(part),
                None => fits = false,
            }
            at = end;
        }
    });
    if fits { Ok(at) } else { Err(Errno::ERANGE) }
}

fn each_name(mut names: &[u8], mut each: impl FnMut(&[u8])) {
    while let Some((len, rest)) = names.split_first() {
        let Some((name, rest)) = rest.split_at_checked(usize::from(*len)) else {
            return;
        };
        each(name);
        names = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only user attributes have a place.
    #[test]
    fn names() {
        assert_eq!(user_name(b"user.x"), Ok(&b"x"[..]));
        assert_eq!(user_name(b"user.a.b"), Ok(&b"a.b"[..]));
        assert_eq!(user_name(b"user."), Err(Errno::EINVAL));
        assert_eq!(user_name(b""), Err(Errno::ERANGE));
        assert_eq!(user_name(&[b'u'; 256]), Err(Errno::ERANGE));
        for name in [
            "user",
            "security.selinux",
            "system.posix_acl_access",
            "trusted.x",
            "x",
        ] {
            assert_eq!(user_name(name.as_bytes()), Err(Errno::EOPNOTSUPP));
        }
    }

    /// Two flags, one at a time.
    #[test]
    fn flags() {
        assert_eq!(set_mode(0), Ok(SetMode::Any));
        assert_eq!(set_mode(1), Ok(SetMode::Create));
        assert_eq!(set_mode(2), Ok(SetMode::Replace));
        for flags in [3, 4, -1] {
            assert_eq!(set_mode(flags), Err(Errno::EINVAL));
        }
    }

    /// The list is complete and has the length that was told.
    #[test]
    fn lists() {
        let names = b"\x01a\x03bcd";
        let mut out = [0xff; 32];
        let len = list_to_linux(names, &mut out).unwrap();
        assert_eq!(&out[..len], b"user.a\0user.bcd\0");
        assert_eq!(len, list_len(names));
        for small in 0..len {
            assert_eq!(list_to_linux(names, &mut out[..small]), Err(Errno::ERANGE));
        }
        assert_eq!(list_to_linux(b"", &mut []), Ok(0));
        // A list that is cut off ends before the name that is not whole.
        assert_eq!(list_len(b"\x01a\x05bc"), 7);
    }
}
