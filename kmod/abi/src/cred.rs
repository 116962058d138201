// SPDX-License-Identifier: BSD-2-Clause
//! User and group ids: what setuid(2) and setreuid(2) come down to.
//!
//! The rules are the same for users and groups, so an [`Ids`] is either.

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

/// What setresuid(2) sets; [`NO_ID`] leaves an id. Without privilege each may become any of the
/// three. EPERM.
pub const fn setresuid(old: Ids, privileged: bool, new: Ids) -> Result<Ids, Errno> {
    const fn one(old: Ids, privileged: bool, was: u32, id: u32) -> Result<u32, Errno> {
        if id == NO_ID {
            Ok(was)
        } else if privileged || id == old.real || id == old.effective || id == old.saved {
            Ok(id)
        } else {
            Err(Errno::EPERM)
        }
    }
    match (
        one(old, privileged, old.real, new.real),
        one(old, privileged, old.effective, new.effective),
        one(old, privileged, old.saved, new.saved),
    ) {
        (Ok(real), Ok(effective), Ok(saved)) => Ok(Ids {
            real,
            effective,
            saved,
        }),
        _ => Err(Errno::EPERM),
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

    /// setresuid(2) permutes, and leaves ids alone.
    #[test]
    fn setresuid_permutes() {
        let all = Ids {
            real: 500,
            effective: NO_ID,
            saved: 1000,
        };
        let set = Ids {
            real: 500,
            effective: 500,
            saved: 1000,
        };
        assert_eq!(setresuid(SETUID_PROGRAM, false, all), Ok(set));
        let other = Ids {
            real: NO_ID,
            effective: 7,
            saved: NO_ID,
        };
        assert_eq!(setresuid(SETUID_PROGRAM, false, other), Err(Errno::EPERM));
        let taken = Ids {
            effective: 7,
            ..SETUID_PROGRAM
        };
        assert_eq!(setresuid(SETUID_PROGRAM, true, other), Ok(taken));
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
}
