// SPDX-License-Identifier: BSD-2-Clause
//! reboot(2): linux/reboot.h and sys/reboot.h.

use crate::Errno;

const MAGIC1: u32 = 0xfee1_dead;
const MAGIC2: [u32; 4] = [0x2812_1969, 0x0512_1996, 0x1604_1998, 0x2011_2000];

const RESTART: u32 = 0x0123_4567;
const HALT: u32 = 0xcdef_0123;
const POWER_OFF: u32 = 0x4321_fedc;
const RESTART2: u32 = 0xa1b2_c3d4;

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
    first.cast_unsigned() == MAGIC1 && MAGIC2.contains(&second.cast_unsigned())
}

impl Reboot {
    /// Reads a command. EINVAL for CAD_ON, CAD_OFF, SW_SUSPEND, KEXEC and what is unknown.
    pub fn new(command: u32) -> Result<Reboot, Errno> {
        match command {
            RESTART | RESTART2 => Ok(Reboot::Restart),
            HALT => Ok(Reboot::Halt),
            POWER_OFF => Ok(Reboot::PowerOff),
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

    /// Against the C library's names.
    #[cfg(target_os = "linux")]
    #[test]
    fn numbers() {
        let command = |c: libc::c_int| Reboot::new(c.cast_unsigned());
        assert_eq!(command(libc::RB_AUTOBOOT), Ok(Reboot::Restart));
        assert_eq!(
            command(libc::LINUX_REBOOT_CMD_RESTART2),
            Ok(Reboot::Restart)
        );
        assert_eq!(command(libc::RB_HALT_SYSTEM), Ok(Reboot::Halt));
        assert_eq!(command(libc::RB_POWER_OFF), Ok(Reboot::PowerOff));
        for refused in [
            libc::RB_ENABLE_CAD,
            libc::RB_DISABLE_CAD,
            libc::RB_SW_SUSPEND,
            libc::RB_KEXEC,
            1,
        ] {
            assert_eq!(command(refused), Err(Errno::EINVAL));
        }
        assert!(is_magic(
            libc::LINUX_REBOOT_MAGIC1,
            libc::LINUX_REBOOT_MAGIC2
        ));
        assert!(is_magic(
            libc::LINUX_REBOOT_MAGIC1,
            libc::LINUX_REBOOT_MAGIC2C
        ));
        assert!(!is_magic(
            libc::LINUX_REBOOT_MAGIC2,
            libc::LINUX_REBOOT_MAGIC1
        ));
    }
}
