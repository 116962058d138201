// SPDX-License-Identifier: BSD-2-Clause
//! reboot(2): linux/reboot.h and sys/reboot.h.

use linux_raw_sys::general as linux;

use crate::Errno;

const MAGIC2: [u32; 4] = [
    linux::LINUX_REBOOT_MAGIC2,
    linux::LINUX_REBOOT_MAGIC2A,
    linux::LINUX_REBOOT_MAGIC2B,
    linux::LINUX_REBOOT_MAGIC2C,
];

/// RB_AUTOBOOT, RB_HALT and RB_POWEROFF of sys/reboot.h.
const BSD_AUTOBOOT: i32 = 0;
const BSD_HALT: i32 = 0x8;
const BSD_POWEROFF: i32 = 0x4000;

/// What becomes of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reboot {
    /// It starts again.
    Restart,
    /// It stops, and stays on.
    Halt,
    /// It is switched off.
    PowerOff,
}

/// Whether these are the numbers that show that a reboot is meant.
pub fn is_magic(first: i32, second: i32) -> bool {
    first.cast_unsigned() == linux::LINUX_REBOOT_MAGIC1 && MAGIC2.contains(&second.cast_unsigned())
}

impl Reboot {
    /// Reads a command. EINVAL for CAD_ON, CAD_OFF, SW_SUSPEND, KEXEC and what is unknown.
    pub fn new(command: u32) -> Result<Reboot, Errno> {
        match command {
            linux::LINUX_REBOOT_CMD_RESTART | linux::LINUX_REBOOT_CMD_RESTART2 => {
                Ok(Reboot::Restart)
            }
            linux::LINUX_REBOOT_CMD_HALT => Ok(Reboot::Halt),
            linux::LINUX_REBOOT_CMD_POWER_OFF => Ok(Reboot::PowerOff),
            _ => Err(Errno::EINVAL),
        }
    }

    /// FreeBSD's `howto`.
    pub const fn to_bsd(self) -> i32 {
        match self {
            Reboot::Restart => BSD_AUTOBOOT,
            Reboot::Halt => BSD_HALT,
            Reboot::PowerOff => BSD_HALT | BSD_POWEROFF,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        assert_eq!(Reboot::new(0x0123_4567), Ok(Reboot::Restart));
        assert_eq!(Reboot::new(0xa1b2_c3d4), Ok(Reboot::Restart));
        assert_eq!(Reboot::new(0xcdef_0123), Ok(Reboot::Halt));
        assert_eq!(Reboot::new(0x4321_fedc), Ok(Reboot::PowerOff));
        for refused in [
            linux::LINUX_REBOOT_CMD_CAD_ON,
            linux::LINUX_REBOOT_CMD_CAD_OFF,
            linux::LINUX_REBOOT_CMD_SW_SUSPEND,
            linux::LINUX_REBOOT_CMD_KEXEC,
            1,
        ] {
            assert_eq!(Reboot::new(refused), Err(Errno::EINVAL));
        }
        let (first, second) = (0xfee1_dead_u32.cast_signed(), 0x2812_1969);
        assert!(is_magic(first, second) && is_magic(first, 0x2011_2000));
        assert!(!is_magic(second, first) && !is_magic(first, 0));
    }
}
