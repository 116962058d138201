// SPDX-License-Identifier: BSD-2-Clause
//! How much execve(2) takes, and what a program is called.

/// The longest string, with its NUL (MAX_ARG_STRLEN of linux/binfmts.h).
pub const LONGEST_STRING: usize = 32 * 4096;

/// What arguments and environment always have room for (ARG_MAX of linux/limits.h).
const LEAST_TOTAL: usize = 128 * 1024;

/// The most they ever have room for here: what Linux gives with its usual stack of 8 MiB. Linux
/// goes to 6 MiB with a larger one; here it is memory that cannot be paged out.
pub const MOST_TOTAL: usize = 2 * 1024 * 1024;

/// How many bytes strings and their addresses may take: a quarter of the stack's limit.
pub fn total_limit(stack: u64) -> usize {
    usize::try_from(stack / 4)
        .unwrap_or(MOST_TOTAL)
        .clamp(LEAST_TOTAL, MOST_TOTAL)
}

/// The name a program shows in ps(1) after an exec of `path`: what follows the last slash.
/// `None` for a bare descriptor, which says nothing.
pub fn command_name(path: &[u8]) -> Option<&[u8]> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let bare = path.strip_prefix(b"/dev/fd/") == Some(name) && name.iter().all(u8::is_ascii_digit);
    (!bare).then_some(name)
}

/// What a program is called that was found through the descriptor `fd`, by the path from there
/// or an empty one; NUL-terminated, in zeroed memory. `None` where it does not fit.
pub fn name_below(fd: u32, path: &[u8], to: &mut [u8]) -> Option<()> {
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut digits = [b'0'; 10];
    let mut rest = fd;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789".get((rest % 10) as usize).copied()?;
        rest /= 10;
    }
    let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(9);
    let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
    let mut place = to.iter_mut();
    for part in [b"/dev/fd/", digits.get(first..)?, slash, path, b"\0"] {
        for byte in part {
            *place.next()? = *byte;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descriptor and path make one name.
    #[test]
    fn names_below() {
        let name = |fd, path: &[u8], room| {
            let mut to = vec![0; room];
            name_below(fd, path, &mut to)?;
            let end = to.iter().position(|byte| *byte == 0)?;
            Some(String::from_utf8_lossy(&to[..end]).into_owned())
        };
        assert_eq!(name(0, b"", 64), Some("/dev/fd/0".into()));
        assert_eq!(name(120, b"\0x", 64), Some("/dev/fd/120".into()));
        assert_eq!(name(5, b"bin/x\0", 64), Some("/dev/fd/5/bin/x".into()));
        assert_eq!(name(u32::MAX, b"", 64), Some("/dev/fd/4294967295".into()));
        assert_eq!(name(5, b"", 10), Some("/dev/fd/5".into()));
        assert_eq!(name(5, b"", 9), None);
    }

    /// A quarter of the stack, between 128 KiB and 2 MiB.
    #[test]
    fn totals() {
        assert_eq!(total_limit(8 << 20), 2 << 20);
        assert_eq!(total_limit(1 << 20), 256 << 10);
        assert_eq!(total_limit(0), 128 << 10);
        assert_eq!(total_limit(u64::MAX), 2 << 20);
    }

    /// The last component, but not a descriptor's number.
    #[test]
    fn names() {
        assert_eq!(command_name(b"/bin/sh"), Some(&b"sh"[..]));
        assert_eq!(command_name(b"sh"), Some(&b"sh"[..]));
        assert_eq!(command_name(b"bin/"), Some(&b""[..]));
        assert_eq!(command_name(b"/dev/fd/5/run"), Some(&b"run"[..]));
        assert_eq!(command_name(b"/dev/fd/5"), None);
        assert_eq!(command_name(b"/dev/fd/x"), Some(&b"x"[..]));
    }
}
