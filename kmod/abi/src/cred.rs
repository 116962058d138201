// SPDX-License-Identifier: BSD-2-Clause
//! User and group ids: what setuid(2) and setreuid(2) come down to, and capabilities(7).
//!
//! The rules are the same for users and groups, so an [`Ids`] is either.

use linux_raw_sys::general as linux;

use crate::c::{l_user_cap_data, l_user_cap_header};
use crate::errno::Errno;

/// "Leave this id as it is", and no valid id.
pub const NO_ID: u32 = u32::MAX;

/// Real, effective and saved id.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the words of credentials(7)")]
pub struct Ids {
    pub real: u32,
    pub effective: u32,
    pub saved: u32,
}

/// What setuid(2) sets. EINVAL for -1, EPERM for an id the caller neither is nor was.
///
/// Only with privilege do the real and saved ids follow; BSD's setuid(2) lets them follow
/// whenever the effective id stays the same.
pub const fn setuid(old: Ids, privileged: bool, id: u32) -> Result<Ids, Errno> {
    if id == NO_ID {
        Err(Errno::EINVAL)
    } else if privileged {
        Ok(Ids {
            real: id,
            effective: id,
            saved: id,
        })
    } else if id == old.real || id == old.saved {
        Ok(Ids {
            effective: id,
            ..old
        })
    } else {
        Err(Errno::EPERM)
    }
}

/// What setreuid(2) sets; [`NO_ID`] leaves an id. Without privilege the real id may become
/// the real or effective one, the effective id any of the three. The saved id follows the
/// effective one if the real id is set, or if the effective one is set to something else
/// than the real id was.
pub const fn setreuid(old: Ids, privileged: bool, real: u32, effective: u32) -> Result<Ids, Errno> {
    let mut new = old;
    if real != NO_ID {
        new.real = real;
        if !privileged && real != old.real && real != old.effective {
            return Err(Errno::EPERM);
        }
    }
    if effective != NO_ID {
        new.effective = effective;
        let known = effective == old.real || effective == old.effective || effective == old.saved;
        if !privileged && !known {
            return Err(Errno::EPERM);
        }
    }
    if real != NO_ID || (effective != NO_ID && effective != old.real) {
        new.saved = new.effective;
    }
    Ok(new)
}

/// A set of capabilities: bit `n` is capability number `n`.
pub type CapSet = u64;

/// The last capability Linux knows, CAP_CHECKPOINT_RESTORE.
pub const CAP_LAST: u32 = linux::CAP_LAST_CAP;

/// How many `struct __user_cap_data_struct` a version of the header means.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum CapVersion {
    /// Version 1: the first 32 capabilities.
    One,
    /// Versions 2 and 3: two words of each set.
    Two,
}

/// The version to put into a header of unknown version (`_LINUX_CAPABILITY_VERSION_3`).
pub const CAP_VERSION: u32 = linux::_LINUX_CAPABILITY_VERSION_3;

/// Reads the header's version; `None` if unknown: then [`CAP_VERSION`] goes back.
pub const fn cap_version(header: &l_user_cap_header) -> Option<CapVersion> {
    match header.version {
        linux::_LINUX_CAPABILITY_VERSION_1 => Some(CapVersion::One),
        linux::_LINUX_CAPABILITY_VERSION_2 | linux::_LINUX_CAPABILITY_VERSION_3 => {
            Some(CapVersion::Two)
        }
        _ => None,
    }
}

const fn halves(set: CapSet) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = set.to_le_bytes();
    [
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    ]
}

/// What capget(2) stores: effective and permitted are `held`, nothing is inheritable.
pub const fn cap_data(held: CapSet) -> [l_user_cap_data; 2] {
    let [low, high] = halves(held);
    [
        l_user_cap_data {
            effective: low,
            permitted: low,
            inheritable: 0,
        },
        l_user_cap_data {
            effective: high,
            permitted: high,
            inheritable: 0,
        },
    ]
}

/// The verdict on capset(2): 0 if nothing changes, EPERM otherwise, both for a
/// capability the caller does not have and for one FreeBSD cannot take away alone.
pub fn cap_check_set(held: CapSet, wanted: &[l_user_cap_data]) -> Result<(), Errno> {
    let now = cap_data(held);
    let same = now.iter().zip(wanted).all(|(a, b)| {
        a.effective == b.effective && a.permitted == b.permitted && a.inheritable == b.inheritable
    });
    if same { Ok(()) } else { Err(Errno::EPERM) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETUID_PROGRAM: Ids = Ids {
        real: 1000,
        effective: 500,
        saved: 500,
    };

    /// Without privilege only the effective id moves.
    #[test]
    fn setuid_moves_the_effective_id() {
        let back = setuid(SETUID_PROGRAM, false, 1000);
        assert_eq!(
            back,
            Ok(Ids {
                real: 1000,
                effective: 1000,
                saved: 500
            })
        );
        assert_eq!(setuid(SETUID_PROGRAM, false, 500), Ok(SETUID_PROGRAM));
        assert_eq!(setuid(SETUID_PROGRAM, false, 0), Err(Errno::EPERM));
        assert_eq!(
            setuid(SETUID_PROGRAM, true, 0),
            Ok(Ids {
                real: 0,
                effective: 0,
                saved: 0
            })
        );
        assert_eq!(setuid(SETUID_PROGRAM, true, NO_ID), Err(Errno::EINVAL));
    }

    /// setreuid(2) swaps, and the saved id follows.
    #[test]
    fn setreuid_swaps() {
        let swapped = setreuid(SETUID_PROGRAM, false, 500, 1000);
        assert_eq!(
            swapped,
            Ok(Ids {
                real: 500,
                effective: 1000,
                saved: 1000
            })
        );
        let only_effective = setreuid(SETUID_PROGRAM, false, NO_ID, 1000);
        assert_eq!(
            only_effective,
            Ok(Ids {
                real: 1000,
                effective: 1000,
                saved: 500
            })
        );
        let saved = Ids {
            real: 1000,
            effective: 1000,
            saved: 500,
        };
        assert_eq!(setreuid(saved, false, 500, NO_ID), Err(Errno::EPERM));
        assert_eq!(
            setreuid(saved, false, NO_ID, 500),
            Ok(Ids {
                effective: 500,
                ..saved
            })
        );
        assert_eq!(setreuid(saved, false, NO_ID, NO_ID), Ok(saved));
    }

    /// Both words of a set are told, and only the same set may be set.
    #[test]
    fn capabilities() {
        let held = (1 << 41) - 1;
        let [low, high] = cap_data(held);
        assert_eq!(
            (low.effective, high.permitted, high.inheritable),
            (u32::MAX, 0x1ff, 0)
        );
        assert_eq!(cap_check_set(held, &[low, high]), Ok(()));
        assert_eq!(cap_check_set(held, &[low]), Ok(()));
        assert_eq!(cap_check_set(0, &[low, high]), Err(Errno::EPERM));
        assert_eq!(cap_check_set(held, &cap_data(0)), Err(Errno::EPERM));
    }

    /// Three versions exist.
    #[test]
    fn versions() {
        let of = |version| cap_version(&l_user_cap_header { version, pid: 0 });
        assert_eq!(of(0x1998_0330), Some(CapVersion::One));
        assert_eq!(of(0x2007_1026), Some(CapVersion::Two));
        assert_eq!(of(CAP_VERSION), Some(CapVersion::Two));
        assert_eq!(of(0), None);
    }
}
