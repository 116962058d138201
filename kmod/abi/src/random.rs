// SPDX-License-Identifier: BSD-2-Clause
//! The flags of getrandom(2), which FreeBSD has with the same values.

use linux_raw_sys::general::{GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM};

use crate::errno::Errno;

/// The flags for the kernel. EINVAL for unknown ones, and for random numbers that shall be both bad
/// (GRND_INSECURE) and the best (GRND_RANDOM).
pub const fn random_flags(flags: u32) -> Result<u32, Errno> {
    const BOTH: u32 = GRND_INSECURE | GRND_RANDOM;
    if flags & !(GRND_NONBLOCK | BOTH) != 0 || flags & BOTH == BOTH {
        Err(Errno::EINVAL)
    } else {
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What contradicts itself is refused, and what is unknown.
    #[test]
    fn flags() {
        let refused = [6, 7, 8, u32::MAX];
        assert!(
            refused
                .iter()
                .all(|f| random_flags(*f) == Err(Errno::EINVAL))
        );
        assert!((0..6).all(|f| random_flags(f) == Ok(f)));
    }
}
