// SPDX-License-Identifier: BSD-2-Clause
//! What mknod(2) makes.

use linux_raw_sys::general as linux;

use crate::errno::Errno;
use crate::stat::Device;

/// What mknod(2) is to make.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A plain file with these permissions.
    File(u32),
    /// A FIFO with these permissions.
    Fifo(u32),
    /// A device file: type and permissions, and the number.
    Device(u32, Device),
}

/// Reads the arguments of mknod(2). Sockets are EPERM, which is "the file system does
/// not support the type of node requested": only bind(2) makes them on FreeBSD.
pub const fn plan_mknod(mode: u32, dev: u32) -> Result<Node, Errno> {
    let permissions = mode & 0o7777;
    match mode & linux::S_IFMT {
        0 | linux::S_IFREG => Ok(Node::File(permissions)),
        linux::S_IFIFO => Ok(Node::Fifo(permissions)),
        linux::S_IFCHR | linux::S_IFBLK => {
            let device = Device::from_linux(dev as u64);
            Ok(Node::Device(mode & linux::S_IFMT | permissions, device))
        }
        linux::S_IFSOCK | linux::S_IFDIR => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file type has its verdict.
    #[test]
    fn every_type() {
        let null = Device { major: 1, minor: 3 };
        for kind in 0..16_u32 {
            let expected = match kind {
                0 | 0o10 => Ok(Node::File(0o640)),
                0o01 => Ok(Node::Fifo(0o640)),
                0o02 | 0o06 => Ok(Node::Device(kind << 12 | 0o640, null)),
                0o04 | 0o14 => Err(Errno::EPERM),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(
                plan_mknod(kind << 12 | 0o640, 0x103),
                expected,
                "type {kind:o}"
            );
        }
    }
}
