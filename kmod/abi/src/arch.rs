// SPDX-License-Identifier: BSD-2-Clause
//! Codes of arch_prctl(2), asm/prctl.h.

/// What arch_prctl(2) is asked.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ArchPrctl {
    /// ARCH_SET_GS.
    SetGs,
    /// ARCH_SET_FS.
    SetFs,
    /// ARCH_GET_FS.
    GetFs,
    /// ARCH_GET_GS.
    GetGs,
}

impl ArchPrctl {
    /// The meaning of `code`; `None` for what is not supported, EINVAL on Linux too where the
    /// processor or the kernel configuration lacks it.
    pub const fn new(code: i32) -> Option<ArchPrctl> {
        match code {
            0x1001 => Some(ArchPrctl::SetGs),
            0x1002 => Some(ArchPrctl::SetFs),
            0x1003 => Some(ArchPrctl::GetFs),
            0x1004 => Some(ArchPrctl::GetGs),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four codes in a row, nothing around them.
    #[test]
    fn only_the_four_codes() {
        assert_eq!((0..0x10000).filter_map(ArchPrctl::new).count(), 4);
        assert_eq!(ArchPrctl::new(0x1002), Some(ArchPrctl::SetFs));
        assert_eq!(ArchPrctl::new(0x3001), None);
        assert_eq!(ArchPrctl::new(-1), None);
    }
}
