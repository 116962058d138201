// SPDX-License-Identifier: BSD-2-Clause
//! Commands that whole classes of devices took over from Linux, structures included: input devices (evdev), video
//! (v4l2, webcamd(8)), graphics (drm), sound (OSS, which both systems took over), NVMe. Only the directions differ:
//! Linux's two bits are FreeBSD's other way round, and a command without an argument has a bit of its own.

/// Such a command.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Same {
    command: u32,
    class: &'static str,
}

/// Group (the second byte), first and last number, whether commands without a size are of it, name. Of 'V' those
/// without one are the console's.
const CLASSES: [(u8, u8, u8, bool, &str); 9] = [
    (b'E', 0, 0xff, false, "EVIOC*"),
    (b'M', 0, 0xff, false, "SOUND_MIXER_*"),
    (b'N', 0x40, 0x4f, true, "NVME_IOCTL_*"),
    (b'P', 0, 0xff, true, "SNDCTL_DSP_*"),
    (b'Q', 0, 0xff, true, "SNDCTL_SEQ_*"),
    (b'V', 0, 0xff, false, "VIDIOC_*"),
    (b'X', 1, 0x0f, false, "SNDCTL_*"),
    (b'd', 0, 0xff, true, "DRM_IOCTL_*"),
    (b'm', 0, 0x1f, false, "SNDCTL_MIDI_*"),
];

/// The command of the same number and size, if its class is one of those.
pub fn same(command: u32) -> Option<Same> {
    let [number, group, ..] = command.to_le_bytes();
    let bare = command >> 16 == 0;
    let class = CLASSES
        .iter()
        .find(|(g, first, last, ..)| *g == group && *first <= number && number <= *last)?;
    let (.., has_bare, name) = *class;
    let same = Same {
        command,
        class: name,
    };
    // A direction without a size, or the other way round, is nothing; FreeBSD's sizes have 13 bits.
    let whole = if bare {
        has_bare
    } else {
        command >> 30 != 0 && same.size() != 0 && same.size() < 0x2000
    };
    whole.then_some(same)
}

impl Same {
    /// FreeBSD's number.
    pub const fn command(self) -> u64 {
        let low = self.command & 0xffff;
        let word = if self.command >> 16 == 0 {
            0x2000_0000 | low
        } else {
            let mut word = self.command & 0x3fff_ffff;
            if self.reads() {
                word |= 0x4000_0000;
            }
            if self.writes() {
                word |= 0x8000_0000;
            }
            word
        };
        word as u64
    }

    /// How many bytes the argument has.
    pub const fn size(self) -> usize {
        (self.command >> 16 & 0x3fff) as usize
    }

    /// Whether the program gets them.
    pub const fn reads(self) -> bool {
        self.command & 0x8000_0000 != 0
    }

    /// Whether the program gives them.
    pub const fn writes(self) -> bool {
        self.command & 0x4000_0000 != 0
    }

    /// What its class is called.
    pub const fn class(self) -> &'static str {
        self.class
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ioctl::{EVIOCGID, EVIOCGRAB, VIDIOC_QUERYCAP, VT_GETMODE};

    #[test]
    fn directions() {
        let id = same(EVIOCGID).unwrap();
        assert_eq!((id.command(), id.size()), (0x4008_4502, 8));
        assert!(id.reads() && !id.writes());
        let grab = same(EVIOCGRAB).unwrap();
        assert!(grab.writes() && grab.command() == 0x8004_4590);
        assert_eq!(same(VIDIOC_QUERYCAP).unwrap().size(), 104);
        assert_eq!(same(VT_GETMODE), None);
        // SNDCTL_DSP_RESET, SNDCTL_DSP_SPEED.
        assert_eq!(same(0x5000).unwrap().command(), 0x2000_5000);
        assert_eq!(same(0xc004_5002).unwrap().command(), 0xc004_5002);
        for nothing in [0x8000_4502, 0x0008_4502, 0xbfff_4502, 0x1234] {
            assert_eq!(same(nothing), None, "{nothing:#x}");
        }
    }
}
