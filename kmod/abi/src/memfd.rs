// SPDX-License-Identifier: BSD-2-Clause
//! The flags of memfd_create(2).

use linux_raw_sys::general as linux;

use crate::c::CUint;
use crate::errno::Errno;

bitflags::bitflags! {
    /// `flags` of memfd_create(2), all bits kept so that each gets its verdict.
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct MemfdFlags: u32 {
        /// Map.
        const CLOEXEC = linux::MFD_CLOEXEC;
        /// Map.
        const ALLOW_SEALING = linux::MFD_ALLOW_SEALING;
        /// Reject with ENOSYS, as a Linux without hugetlbfs: FreeBSD's large-page objects
        /// cannot grow, shrink or be read.
        const HUGETLB = linux::MFD_HUGETLB;
        /// Reject with EINVAL, as a Linux before 6.3: there is no F_SEAL_EXEC.
        const NOEXEC_SEAL = linux::MFD_NOEXEC_SEAL;
        /// Ignore: it asks for what is so anyway.
        const EXEC = linux::MFD_EXEC;
        const _ = !0;
    }
}

/// The longest name, without NUL: NAME_MAX less `memfd:` (memfd_create(2)).
pub const MEMFD_NAME_MAX: usize = 249;

impl From<CUint> for MemfdFlags {
    fn from(flags: CUint) -> MemfdFlags {
        MemfdFlags::from_bits_retain(flags.0)
    }
}

/// What memfd_create(2) is to make.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MemfdPlan {
    /// Close on exec.
    pub cloexec: bool,
    /// Seals may be added later.
    pub sealable: bool,
}

impl MemfdFlags {
    /// Reads the flags.
    pub fn plan(self) -> Result<MemfdPlan, Errno> {
        let size_bits = linux::MFD_HUGE_MASK << linux::MFD_HUGE_SHIFT;
        if self.contains(MemfdFlags::HUGETLB) {
            let known = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
            return Err(if self.bits() & !(known.bits() | size_bits) == 0 {
                Errno::ENOSYS
            } else {
                Errno::EINVAL
            });
        }
        let known = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::EXEC;
        if !known.contains(self) {
            return Err(Errno::EINVAL);
        }
        Ok(MemfdPlan {
            cloexec: self.contains(MemfdFlags::CLOEXEC),
            sealable: self.contains(MemfdFlags::ALLOW_SEALING),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bit alone.
    #[test]
    fn every_bit_has_a_verdict() {
        for n in 0..32 {
            let expected = match n {
                0 => Ok(MemfdPlan {
                    cloexec: true,
                    sealable: false,
                }),
                1 => Ok(MemfdPlan {
                    cloexec: false,
                    sealable: true,
                }),
                2 => Err(Errno::ENOSYS),
                4 => Ok(MemfdPlan {
                    cloexec: false,
                    sealable: false,
                }),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(MemfdFlags::from(CUint(1 << n)).plan(), expected, "bit {n}");
        }
    }

    /// Page sizes only count with HUGETLB.
    #[test]
    fn huge_page_sizes() {
        let two_mb = 21 << 26;
        assert_eq!(MemfdFlags::from(CUint(two_mb)).plan(), Err(Errno::EINVAL));
        assert_eq!(
            MemfdFlags::from(CUint(two_mb | 4)).plan(),
            Err(Errno::ENOSYS)
        );
    }
}
