// SPDX-License-Identifier: BSD-2-Clause
//! Flags of preadv2(2) and pwritev2(2).

use linux_raw_sys::general as linux;

use crate::Errno;
use crate::c::CInt;

/// RWF_NOAPPEND of linux/fs.h, since Linux 6.9.
const RWF_NOAPPEND: u32 = 0x20;

bitflags::bitflags! {
    /// `flags` of preadv2(2) and pwritev2(2), all bits kept for [`RwFlags::plan`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct RwFlags: u32 {
        /// A wish for low latency; ignored, as Linux does where nothing can be polled.
        const RWF_HIPRI = linux::RWF_HIPRI;
        /// Mapped to fdatasync(2) after a write; nothing for a read.
        const RWF_DSYNC = linux::RWF_DSYNC;
        /// Mapped to fsync(2) after a write; nothing for a read.
        const RWF_SYNC = linux::RWF_SYNC;
        /// Mapped for pipes; EOPNOTSUPP elsewhere, as on a Linux file that cannot.
        const RWF_NOWAIT = linux::RWF_NOWAIT;
        /// Mapped: this write goes to the end.
        const RWF_APPEND = linux::RWF_APPEND;
        /// Mapped: this write goes where it is told, O_APPEND or not.
        const RWF_NOAPPEND = RWF_NOAPPEND;
        const _ = !0;
    }
}

impl From<CInt> for RwFlags {
    fn from(flags: CInt) -> RwFlags {
        RwFlags::from_bits_retain(flags.0.cast_unsigned())
    }
}

/// What has to reach the disk before a write is done.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Nothing.
    No,
    /// The data.
    Data,
    /// The data and all about the file.
    Full,
}

/// What preadv2(2) or pwritev2(2) is asked for beside the transfer.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RwPlan {
    /// What is synchronized after a write.
    pub sync: Sync,
    /// Whether a write appends, where that differs from how the file was opened.
    pub append: Option<bool>,
    /// Nothing is waited for.
    pub nowait: bool,
}

impl RwFlags {
    /// EOPNOTSUPP for RWF_ATOMIC, RWF_DONTCACHE and RWF_NOSIGNAL, as on a Linux file that cannot
    /// do it or a Linux without them, and for unknown bits; EINVAL for a write that is to append
    /// and not to.
    pub fn plan(self) -> Result<RwPlan, Errno> {
        let sync = RwFlags::RWF_DSYNC | RwFlags::RWF_SYNC;
        let append = RwFlags::RWF_APPEND | RwFlags::RWF_NOAPPEND;
        let known = RwFlags::RWF_HIPRI | RwFlags::RWF_NOWAIT | sync | append;
        if !known.contains(self) {
            return Err(Errno::EOPNOTSUPP);
        }
        if self.contains(append) {
            return Err(Errno::EINVAL);
        }
        Ok(RwPlan {
            sync: if self.contains(RwFlags::RWF_SYNC) {
                Sync::Full
            } else if self.contains(RwFlags::RWF_DSYNC) {
                Sync::Data
            } else {
                Sync::No
            },
            append: if self.contains(RwFlags::RWF_APPEND) {
                Some(true)
            } else if self.contains(RwFlags::RWF_NOAPPEND) {
                Some(false)
            } else {
                None
            },
            nowait: self.contains(RwFlags::RWF_NOWAIT),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each single bit.
    #[test]
    fn every_bit_has_a_verdict() {
        let none = RwPlan {
            sync: Sync::No,
            append: None,
            nowait: false,
        };
        for bit in 0..32 {
            let expected = match bit {
                0 => Ok(none),
                1 => Ok(RwPlan {
                    sync: Sync::Data,
                    ..none
                }),
                2 => Ok(RwPlan {
                    sync: Sync::Full,
                    ..none
                }),
                3 => Ok(RwPlan {
                    nowait: true,
                    ..none
                }),
                4 => Ok(RwPlan {
                    append: Some(true),
                    ..none
                }),
                5 => Ok(RwPlan {
                    append: Some(false),
                    ..none
                }),
                _ => Err(Errno::EOPNOTSUPP),
            };
            let flags = RwFlags::from(CInt((1_u32 << bit).cast_signed()));
            assert_eq!(flags.plan(), expected, "bit {bit}");
        }
        assert_eq!(RwFlags::from(CInt(0x30)).plan(), Err(Errno::EINVAL));
    }
}
