// SPDX-License-Identifier: BSD-2-Clause
//! The device numbers Linux programs know by heart
//! (Documentation/admin-guide/devices.txt of Linux).

use crate::pod::pod;
use crate::stat::Device;

pod! {
    /// FreeBSD's `struct ioc_read_toc_single_entry`.
    struct BsdTocEntry {
        address_format: u8,
        track: u8,
        __pad0: u16,
        /// Unused, control (low half) and kind of address, track, unused.
        entry: [u8; 4],
        /// A block number with the highest byte first, or unused, minute, second, frame.
        address: [u8; 4],
    }
    /// Linux's `struct cdrom_tocentry`.
    struct l_cdrom_tocentry {
        cdte_track: u8,
        /// Kind of address (low half) and control.
        cdte_adr_ctrl: u8,
        cdte_format: u8,
        __pad0: u8,
        cdte_addr: [u8; 4],
        cdte_datamode: u8,
        __pad1: [u8; 3],
    }
    /// `struct vt_mode`, the same on both systems but for the signals' numbers.
    struct VtMode {
        mode: u8,
        waitv: u8,
        relsig: i16,
        acqsig: i16,
        frsig: i16,
    }
    /// `struct vt_stat`.
    struct l_vt_stat {
        v_active: u16,
        v_signal: u16,
        v_state: u16,
    }
    /// `struct hd_geometry`.
    struct l_hd_geometry {
        heads: u8,
        sectors: u8,
        cylinders: u16,
        __pad0: u32,
        start: u64,
    }
    /// `struct mixer_info`.
    struct l_mixer_info {
        id: [u8; 16],
        name: [u8; 32],
        modify_counter: i32,
        fillers: [i32; 10],
    }
}

/// The longest name [`linux_device`] knows, and then some.
pub const NAME_MAX: usize = 16;

/// The Linux number of the FreeBSD device called `name`, if it has one of its own.
pub fn linux_device(name: &[u8]) -> Option<Device> {
    let (major, minor) = match name {
        b"null" => (1, 3),
        b"zero" => (1, 5),
        b"full" => (1, 7),
        b"random" => (1, 8),
        b"tty" => (5, 0),
        b"console" => (5, 1),
        b"ptmx" => (5, 2),
        b"fuse" => (10, 229),
        _ => return numbered(name),
    };
    Some(Device { major, minor })
}

/// Numbered devices: what precedes the number, the driver, the first minor.
const NUMBERED: [(&[u8], u32, u32); 6] = [
    (b"pts/", 136, 0),
    // A virtual console is ttyv0 here and tty1 there.
    (b"ttyv", 4, 1),
    // dri/card0 is drm/0, dri/renderD128 is drm/128.
    (b"drm/", 226, 0),
    (b"dri/card", 226, 0),
    (b"dri/controlD", 226, 0),
    (b"dri/renderD", 226, 0),
];

/// The drivers of these devices, as /proc/devices lists them: major numbers and names.
pub const CHAR_DRIVERS: [(u32, &str); 8] = [
    (1, "mem"),
    (4, "tty"),
    (5, "/dev/tty"),
    (5, "/dev/console"),
    (5, "/dev/ptmx"),
    (10, "misc"),
    (136, "pts"),
    (226, "drm"),
];

fn numbered(name: &[u8]) -> Option<Device> {
    NUMBERED.iter().find_map(|(prefix, major, first)| {
        let digits = name.strip_prefix(*prefix)?;
        let number: u32 = core::str::from_utf8(digits).ok()?.parse().ok()?;
        Some(Device {
            major: *major,
            minor: number.checked_add(*first)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str) -> Option<(u32, u32)> {
        linux_device(name.as_bytes()).map(|d| (d.major, d.minor))
    }

    /// Names with a number of their own.
    #[test]
    fn known_names() {
        assert_eq!(numbers("null"), Some((1, 3)));
        assert_eq!(numbers("pts/0"), Some((136, 0)));
        assert_eq!(numbers("pts/300"), Some((136, 300)));
        assert_eq!(numbers("ttyv0"), Some((4, 1)));
        assert_eq!(numbers("drm/128"), Some((226, 128)));
        assert_eq!(numbers("dri/renderD128"), Some((226, 128)));
    }

    /// Every device that is known has a driver in /proc/devices.
    #[test]
    fn drivers_are_listed() {
        for name in ["null", "tty", "fuse", "pts/1", "ttyv3", "dri/card0"] {
            let (major, _) = numbers(name).unwrap();
            assert!(CHAR_DRIVERS.iter().any(|(m, _)| *m == major), "{name}");
        }
    }

    /// Names without.
    #[test]
    fn other_names() {
        for name in [
            "",
            "nul",
            "nulls",
            "pts/",
            "pts/x",
            "ttyva",
            "pts/99999999999",
            "ada0",
            "pts/-1",
        ] {
            assert_eq!(numbers(name), None, "{name}");
        }
    }
}
