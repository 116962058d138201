// SPDX-License-Identifier: BSD-2-Clause
//! capabilities(7): the sets of a thread and what changes them: capset(2), prctl(2), set-id calls
//! and execve(2). Rules only; what a capability stands for here is in docs/capabilities.md.

use linux_raw_sys::general as linux;

use crate::c::{l_user_cap_data, l_user_cap_header};
use crate::cred::Ids;
use crate::errno::Errno;

/// A set of capabilities: bit `n` is capability number `n`.
pub type CapSet = u64;

/// The last capability Linux knows, CAP_CHECKPOINT_RESTORE.
pub const CAP_LAST: u32 = linux::CAP_LAST_CAP;
/// All of them.
pub const ALL: CapSet = (1 << (CAP_LAST + 1)) - 1;

/// The set of one capability; none for a number that is no capability.
pub const fn bit(number: u32) -> CapSet {
    if number <= CAP_LAST { 1 << number } else { 0 }
}

/// CAP_SETPCAP: who has it may drop from the bounding set and set securebits.
const SETPCAP: CapSet = bit(linux::CAP_SETPCAP);
/// What comes and goes with the user id for files (setfsuid(2), CAP_FS_SET of Linux).
const FILES: CapSet = bit(linux::CAP_CHOWN)
    | bit(linux::CAP_DAC_OVERRIDE)
    | bit(linux::CAP_DAC_READ_SEARCH)
    | bit(linux::CAP_FOWNER)
    | bit(linux::CAP_FSETID)
    | bit(linux::CAP_LINUX_IMMUTABLE)
    | bit(linux::CAP_MKNOD)
    | bit(linux::CAP_MAC_OVERRIDE);

/// The bits of PR_SET_SECUREBITS (linux/securebits.h).
pub mod securebits {
    /// User id 0 gets nothing at exec.
    pub const NOROOT: u32 = 1 << 0;
    /// Changes of ids change no sets.
    pub const NO_SETUID_FIXUP: u32 = 1 << 2;
    /// The permitted set outlives the last id 0, until exec.
    pub const KEEP_CAPS: u32 = 1 << 4;
    /// KEEP_CAPS stays as it is.
    pub const KEEP_CAPS_LOCKED: u32 = 1 << 5;
    /// The ambient set does not grow.
    pub const NO_CAP_AMBIENT_RAISE: u32 = 1 << 6;
    /// Each of the four has a lock beside it.
    pub(super) const LOCKS: u32 = 0xaa;
    pub(super) const KNOWN: u32 = 0xff;
}

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

fn whole(data: &[l_user_cap_data], part: impl Fn(&l_user_cap_data) -> u32) -> CapSet {
    let mut set = 0;
    for (word, shift) in data.iter().zip([0_u32, 32]) {
        set |= u64::from(part(word)).wrapping_shl(shift);
    }
    set & ALL
}

/// The sets of a thread.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// What it may do now.
    pub effective: CapSet,
    /// What it may make effective.
    pub permitted: CapSet,
    /// What it keeps over exec of a file that has it too; no file has any here.
    pub inheritable: CapSet,
    /// What exec can give at most.
    pub bounding: CapSet,
    /// What it keeps over exec.
    pub ambient: CapSet,
    /// SECBIT_*.
    pub securebits: u32,
}

impl Caps {
    /// A thread that may do `effective` and has changed nothing.
    pub const fn untouched(permitted: CapSet, effective: CapSet) -> Caps {
        Caps {
            effective,
            permitted,
            inheritable: 0,
            bounding: ALL,
            ambient: 0,
            securebits: 0,
        }
    }

    /// What is left of it where FreeBSD grants no more than this.
    pub const fn within(self, permitted: CapSet, effective: CapSet) -> Caps {
        Caps {
            effective: self.effective & effective,
            permitted: self.permitted & permitted,
            ambient: self.ambient & permitted,
            ..self
        }
    }

    /// What capget(2) stores.
    pub const fn data(&self) -> [l_user_cap_data; 2] {
        let [e0, e1] = halves(self.effective);
        let [p0, p1] = halves(self.permitted);
        let [i0, i1] = halves(self.inheritable);
        [
            l_user_cap_data {
                effective: e0,
                permitted: p0,
                inheritable: i0,
            },
            l_user_cap_data {
                effective: e1,
                permitted: p1,
                inheritable: i1,
            },
        ]
    }

    const fn may_set(&self) -> bool {
        self.effective & SETPCAP != 0
    }

    const fn has(&self, securebit: u32) -> bool {
        self.securebits & securebit != 0
    }

    /// capset(2): the sets that `data` says. EPERM for what is not permitted.
    pub fn set(self, data: &[l_user_cap_data]) -> Result<Caps, Errno> {
        let effective = whole(data, |word| word.effective);
        let permitted = whole(data, |word| word.permitted);
        let inheritable = whole(data, |word| word.inheritable);
        let inherits = inheritable & !(self.inheritable | self.bounding) == 0
            && (self.may_set() || inheritable & !(self.inheritable | self.permitted) == 0);
        if !inherits || permitted & !self.permitted != 0 || effective & !permitted != 0 {
            return Err(Errno::EPERM);
        }
        Ok(Caps {
            effective,
            permitted,
            inheritable,
            ambient: self.ambient & permitted & inheritable,
            ..self
        })
    }

    /// PR_CAPBSET_DROP. EPERM, then EINVAL for no capability.
    pub const fn drop_bounding(self, set: CapSet) -> Result<Caps, Errno> {
        if !self.may_set() {
            return Err(Errno::EPERM);
        }
        if set == 0 {
            return Err(Errno::EINVAL);
        }
        Ok(Caps {
            bounding: self.bounding & !set,
            ..self
        })
    }

    /// PR_CAP_AMBIENT_RAISE. EPERM for what is not permitted and inheritable.
    pub const fn raise_ambient(self, set: CapSet) -> Result<Caps, Errno> {
        if set & self.permitted & self.inheritable != set
            || self.has(securebits::NO_CAP_AMBIENT_RAISE)
        {
            return Err(Errno::EPERM);
        }
        Ok(Caps {
            ambient: self.ambient | set,
            ..self
        })
    }

    /// PR_CAP_AMBIENT_LOWER and PR_CAP_AMBIENT_CLEAR_ALL.
    pub const fn lower_ambient(self, set: CapSet) -> Caps {
        Caps {
            ambient: self.ambient & !set,
            ..self
        }
    }

    /// PR_SET_SECUREBITS. EPERM for what is locked or unknown, and without CAP_SETPCAP.
    pub const fn set_securebits(self, bits: u32) -> Result<Caps, Errno> {
        let locks = self.securebits & securebits::LOCKS;
        let locked = locks >> 1;
        let refused = locked & (self.securebits ^ bits) != 0
            || locks & !bits != 0
            || bits & !securebits::KNOWN != 0
            || !self.may_set();
        if refused {
            return Err(Errno::EPERM);
        }
        Ok(Caps {
            securebits: bits,
            ..self
        })
    }

    /// PR_SET_KEEPCAPS. EPERM where it is locked.
    pub const fn keep(self, keep: bool) -> Result<Caps, Errno> {
        if self.has(securebits::KEEP_CAPS_LOCKED) {
            return Err(Errno::EPERM);
        }
        let bits = self.securebits & !securebits::KEEP_CAPS;
        Ok(Caps {
            securebits: if keep {
                bits | securebits::KEEP_CAPS
            } else {
                bits
            },
            ..self
        })
    }

    /// PR_GET_KEEPCAPS.
    pub const fn keeps(&self) -> bool {
        self.has(securebits::KEEP_CAPS)
    }

    /// The user ids have changed.
    pub const fn after_setuid(self, old: Ids, new: Ids) -> Caps {
        if self.has(securebits::NO_SETUID_FIXUP) {
            return self;
        }
        let mut caps = self;
        if is_any_root(old) && !is_any_root(new) {
            if !self.keeps() {
                caps.permitted = 0;
                caps.effective = 0;
            }
            caps.ambient = 0;
        }
        if old.effective == 0 && new.effective != 0 {
            caps.effective = 0;
        }
        if old.effective != 0 && new.effective == 0 {
            caps.effective = caps.permitted;
        }
        caps
    }

    /// The user id for files has changed (setfsuid(2)).
    pub const fn after_setfsuid(self, old: u32, new: u32) -> Caps {
        if self.has(securebits::NO_SETUID_FIXUP) {
            return self;
        }
        let mut caps = self;
        if old == 0 && new != 0 {
            caps.effective &= !FILES;
        } else if old != 0 && new == 0 {
            caps.effective |= FILES & caps.permitted;
        }
        caps
    }

    /// A program without file capabilities starts, with these ids; whether exec may give nothing
    /// new (PR_SET_NO_NEW_PRIVS), and whether it has changed ids.
    pub const fn after_exec(self, ids: Ids, no_new_privs: bool, changed_ids: bool) -> Caps {
        let mut caps = self;
        caps.securebits &= !securebits::KEEP_CAPS;
        let mut gives = false;
        caps.permitted = 0;
        if !self.has(securebits::NOROOT) {
            if ids.effective == 0 || ids.real == 0 {
                caps.permitted = self.bounding | self.inheritable;
            }
            gives = ids.effective == 0;
        }
        let gained = caps.permitted & !self.permitted != 0;
        if (changed_ids || gained) && no_new_privs {
            caps.permitted &= self.permitted;
        }
        if changed_ids {
            caps.ambient = 0;
        }
        caps.permitted |= caps.ambient;
        caps.effective = if gives { caps.permitted } else { caps.ambient };
        caps
    }
}

const fn is_any_root(ids: Ids) -> bool {
    ids.real == 0 || ids.effective == 0 || ids.saved == 0
}

/// What PR_CAP_AMBIENT asks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Ambient {
    /// Whether the set has it.
    IsSet(CapSet),
    /// Adds it.
    Raise(CapSet),
    /// Takes it out; all of them for PR_CAP_AMBIENT_CLEAR_ALL.
    Lower(CapSet),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NET_RAW: CapSet = bit(linux::CAP_NET_RAW);
    const CHOWN: CapSet = bit(linux::CAP_CHOWN);
    const ROOT: Caps = Caps::untouched(ALL, ALL);

    const fn ids(real: u32, effective: u32, saved: u32) -> Ids {
        Ids {
            real,
            effective,
            saved,
        }
    }

    /// Permitted shrinks and does not grow again; effective moves inside of it.
    #[test]
    fn capset() {
        let less = Caps {
            effective: ALL & !NET_RAW,
            permitted: ALL & !NET_RAW,
            ..ROOT
        };
        assert_eq!(ROOT.set(&less.data()), Ok(less));
        assert_eq!(less.set(&ROOT.data()), Err(Errno::EPERM));
        let idle = Caps {
            effective: 0,
            ..ROOT
        };
        assert_eq!(ROOT.set(&idle.data()), Ok(idle));
        assert_eq!(idle.set(&ROOT.data()), Ok(ROOT));
        let wrong = Caps {
            permitted: 0,
            effective: CHOWN,
            ..ROOT
        };
        assert_eq!(ROOT.set(&wrong.data()), Err(Errno::EPERM));
        // Bits that are no capability are ignored.
        let mut data = ROOT.data();
        data[1].permitted = u32::MAX;
        assert_eq!(ROOT.set(&data), Ok(ROOT));
        // Version 1 has the low word only.
        assert_eq!(ROOT.set(&ROOT.data()[..1]).unwrap().permitted, 0xffff_ffff);
    }

    /// Inheritable is bounded by permitted, or by the bounding set with CAP_SETPCAP.
    #[test]
    fn inheritable() {
        let raised = Caps {
            inheritable: NET_RAW,
            ..ROOT
        };
        assert_eq!(ROOT.set(&raised.data()), Ok(raised));
        let poor = Caps::untouched(CHOWN, CHOWN);
        let wanted = Caps {
            inheritable: NET_RAW,
            ..poor
        };
        assert_eq!(poor.set(&wanted.data()), Err(Errno::EPERM));
        let bounded = ROOT.drop_bounding(NET_RAW).unwrap();
        assert_eq!(bounded.set(&raised.data()), Err(Errno::EPERM));
    }

    /// The bounding set, the ambient set, securebits.
    #[test]
    fn prctls() {
        assert_eq!(
            Caps::untouched(0, 0).drop_bounding(CHOWN),
            Err(Errno::EPERM)
        );
        assert_eq!(ROOT.drop_bounding(CHOWN).unwrap().bounding, ALL & !CHOWN);
        assert_eq!(ROOT.raise_ambient(NET_RAW), Err(Errno::EPERM));
        let inherits = Caps {
            inheritable: NET_RAW,
            ..ROOT
        };
        let ambient = inherits.raise_ambient(NET_RAW).unwrap();
        assert_eq!(ambient.ambient, NET_RAW);
        assert_eq!(ambient.lower_ambient(ALL).ambient, 0);
        assert_eq!(ambient.set(&ROOT.data()).unwrap().ambient, 0);
        let locked = ROOT.set_securebits(0x30).unwrap();
        assert_eq!(locked.set_securebits(0x20), Err(Errno::EPERM));
        assert_eq!(locked.set_securebits(0x10), Err(Errno::EPERM));
        assert_eq!(locked.keep(false), Err(Errno::EPERM));
        assert_eq!(ROOT.set_securebits(0x1000), Err(Errno::EPERM));
        assert!(ROOT.keep(true).unwrap().keeps());
    }

    /// Ids that leave 0 take capabilities along.
    #[test]
    fn set_ids() {
        let gone = ROOT.after_setuid(ids(0, 0, 0), ids(5, 5, 5));
        assert_eq!((gone.permitted, gone.effective), (0, 0));
        let asleep = ROOT.after_setuid(ids(0, 0, 0), ids(0, 5, 0));
        assert_eq!((asleep.permitted, asleep.effective), (ALL, 0));
        assert_eq!(asleep.after_setuid(ids(0, 5, 0), ids(0, 0, 0)), ROOT);
        let kept = ROOT
            .keep(true)
            .unwrap()
            .after_setuid(ids(0, 0, 0), ids(5, 5, 5));
        assert_eq!((kept.permitted, kept.effective), (ALL, 0));
        let fixed = ROOT.set_securebits(securebits::NO_SETUID_FIXUP).unwrap();
        assert_eq!(fixed.after_setuid(ids(0, 0, 0), ids(5, 5, 5)), fixed);
        let files = ROOT.after_setfsuid(0, 5);
        assert_eq!(files.effective, ALL & !FILES);
        assert_eq!(files.after_setfsuid(5, 0), ROOT);
    }

    /// Exec gives root the bounding set, others the ambient set.
    #[test]
    fn exec() {
        let poor = Caps {
            permitted: CHOWN,
            effective: CHOWN,
            ..ROOT
        };
        assert_eq!(poor.after_exec(ids(0, 0, 0), false, false), ROOT);
        assert_eq!(poor.after_exec(ids(0, 0, 0), true, false), poor);
        let bounded = ROOT.drop_bounding(NET_RAW).unwrap();
        let after = bounded.after_exec(ids(0, 0, 0), false, false);
        assert_eq!(
            (after.permitted, after.effective),
            (ALL & !NET_RAW, ALL & !NET_RAW)
        );
        let user = ROOT.after_exec(ids(5, 5, 5), false, false);
        assert_eq!((user.permitted, user.effective), (0, 0));
        let real = ROOT.after_exec(ids(0, 5, 5), false, false);
        assert_eq!((real.permitted, real.effective), (ALL, 0));
        let ambient = Caps {
            inheritable: CHOWN,
            ambient: CHOWN,
            ..Caps::untouched(CHOWN, CHOWN)
        };
        let child = ambient.after_exec(ids(5, 5, 5), false, false);
        assert_eq!((child.permitted, child.effective), (CHOWN, CHOWN));
        let norootbits = ROOT.set_securebits(securebits::NOROOT).unwrap();
        assert_eq!(
            norootbits.after_exec(ids(0, 0, 0), false, false).permitted,
            0
        );
        let kept = ROOT.keep(true).unwrap();
        assert!(!kept.after_exec(ids(0, 0, 0), false, false).keeps());
    }

    /// FreeBSD's grants cut what is told.
    #[test]
    fn grants() {
        let cut = ROOT.within(CHOWN | NET_RAW, CHOWN);
        assert_eq!((cut.permitted, cut.effective), (CHOWN | NET_RAW, CHOWN));
        let [low, high] = ROOT.data();
        assert_eq!((low.effective, high.permitted), (u32::MAX, 0x1ff));
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
