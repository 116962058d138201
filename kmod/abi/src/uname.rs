// SPDX-License-Identifier: BSD-2-Clause
//! What uname(2) says, and the version number in it.

use crate::c::l_new_utsname;
use crate::errno::Errno;

/// The bytes a field of `struct new_utsname` holds beside its NUL.
pub const UTS_LEN: usize = 64;

/// A Linux version, as `LINUX_VERSION_CODE` orders it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelVersion(u32);

impl KernelVersion {
    /// From its three numbers; as on Linux, the last stops at 255.
    pub const fn new(major: u8, minor: u8, patch: u8) -> KernelVersion {
        KernelVersion(u32::from_be_bytes([0, major, minor, patch]))
    }

    /// The number `KERNEL_VERSION(major, minor, patch)` gives.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// Reads the start of a release such as `6.1.0-13-amd64`: three numbers between
    /// points, the first two at most 255, then the end or anything but a digit.
    /// EINVAL otherwise, or if longer than uname(2) can tell.
    pub fn parse(release: &str) -> Result<KernelVersion, Errno> {
        if release.len() > UTS_LEN || release.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Errno::EINVAL);
        }
        let (major, rest) = number(release)?;
        let (minor, rest) = number(rest.strip_prefix('.').ok_or(Errno::EINVAL)?)?;
        let (patch, _) = number(rest.strip_prefix('.').ok_or(Errno::EINVAL)?)?;
        let byte = |n: u32| u8::try_from(n).map_err(|_| Errno::EINVAL);
        let patch = u8::try_from(patch).unwrap_or(u8::MAX);
        Ok(KernelVersion::new(byte(major)?, byte(minor)?, patch))
    }
}

/// The number a string starts with, and the rest.
fn number(s: &str) -> Result<(u32, &str), Errno> {
    let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (digits, rest) = s.split_at_checked(end).ok_or(Errno::EINVAL)?;
    let n = digits.parse().map_err(|_| Errno::EINVAL)?;
    Ok((n, rest))
}

/// The strings of `struct new_utsname`.
#[derive(Copy, Clone, Debug)]
#[expect(missing_docs, reason = "named after the fields of uname(2)")]
pub struct Utsname<'a> {
    pub sysname: &'a [u8],
    pub nodename: &'a [u8],
    pub release: &'a [u8],
    pub version: &'a [u8],
    pub machine: &'a [u8],
    pub domainname: &'a [u8],
}

/// A string that ends at its first NUL or after [`UTS_LEN`] bytes, padded with NULs.
pub fn uts_field(s: &[u8]) -> [u8; 65] {
    let mut out = [0; 65];
    let string = s.iter().take_while(|byte| **byte != 0).take(UTS_LEN);
    for (to, from) in out.iter_mut().zip(string) {
        *to = *from;
    }
    out
}

impl Utsname<'_> {
    /// `struct new_utsname`.
    pub fn to_linux(self) -> l_new_utsname {
        l_new_utsname {
            sysname: uts_field(self.sysname),
            nodename: uts_field(self.nodename),
            release: uts_field(self.release),
            version: uts_field(self.version),
            machine: uts_field(self.machine),
            domainname: uts_field(self.domainname),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Releases as distributions write them.
    #[test]
    fn releases() {
        let parse = |s| KernelVersion::parse(s).map(KernelVersion::code);
        assert_eq!(parse("5.15.0"), Ok(0x050f00));
        assert_eq!(parse("6.1.0-13-amd64"), Ok(0x060100));
        assert_eq!(parse("4.19.325+"), Ok(0x0413ff));
    }

    /// What is no version is EINVAL.
    #[test]
    fn bad_releases() {
        let long = format!("5.15.0-{}", "x".repeat(60));
        for bad in [
            "",
            "5",
            "5.15",
            "5.15.",
            ".5.1",
            "5..1",
            "256.0.0",
            "5.300.0",
            "a.b.c",
            "-1.0.0",
            "5.15.99999999999",
            "5.15.0 x",
            "5.15.0\n",
            long.as_str(),
        ] {
            assert_eq!(KernelVersion::parse(bad), Err(Errno::EINVAL), "{bad:?}");
        }
    }

    /// Versions compare as versions.
    #[test]
    fn versions_are_ordered() {
        assert!(KernelVersion::new(5, 15, 0) > KernelVersion::new(5, 4, 255));
        assert!(KernelVersion::new(6, 0, 0) > KernelVersion::new(5, 255, 255));
    }

    /// Fields are cut at 64 bytes and always end with a NUL.
    #[test]
    fn fields() {
        assert_eq!(uts_field(&[b'a'; 100])[63..], [b'a', 0]);
        assert_eq!(uts_field(b"Linux\0junk")[..7], *b"Linux\0\0");
        assert_eq!(uts_field(b""), [0; 65]);
    }
}
