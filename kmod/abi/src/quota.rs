// SPDX-License-Identifier: BSD-2-Clause
//! The commands of quotactl(2).

use crate::errno::Errno;

/// What is asked for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Q_SYNC.
    Sync,
    /// Anything else: Linux looks at the file system before it looks at the command.
    Other,
}

/// Takes QCMD() apart. EINVAL for a kind of quota that is not one (USRQUOTA, GRPQUOTA, PRJQUOTA).
pub fn command(number: u32) -> Result<Command, Errno> {
    const KINDS: u32 = 3;
    const SYNC: u32 = 0x80_0001;
    match (number >> 8, number & 0xff) {
        (_, kind) if kind >= KINDS => Err(Errno::EINVAL),
        // The sign of the C macro goes along.
        (command, _) if command == SYNC & 0xff_ffff => Ok(Command::Sync),
        _ => Ok(Command::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// QCMD() of linux/quota.h.
    #[test]
    fn commands() {
        assert_eq!(command(0x8000_0100), Ok(Command::Sync));
        assert_eq!(command(0x8000_0702), Ok(Command::Other));
        assert_eq!(command(0x8000_0103), Err(Errno::EINVAL));
    }
}
