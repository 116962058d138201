// SPDX-License-Identifier: BSD-2-Clause
//! The flags of umount2(2).

use crate::errno::Errno;

const MNT_FORCE: u32 = 1;

/// Whether to force it; EINVAL for what FreeBSD cannot (MNT_DETACH, MNT_EXPIRE), for
/// UMOUNT_NOFOLLOW, which privileged programs rely on and FreeBSD cannot promise, and for
/// unknown bits.
pub const fn plan_umount(flags: i32) -> Result<bool, Errno> {
    let flags = flags.cast_unsigned();
    if flags & !MNT_FORCE != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(flags & MNT_FORCE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bit alone.
    #[test]
    fn every_bit_has_a_verdict() {
        assert_eq!(plan_umount(0), Ok(false));
        for n in 0..32 {
            let expected = match n {
                0 => Ok(true),
                _ => Err(Errno::EINVAL),
            };
            assert_eq!(plan_umount((1_u32 << n).cast_signed()), expected, "bit {n}");
        }
    }
}
