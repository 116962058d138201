// SPDX-License-Identifier: BSD-2-Clause
//! Priorities of input and output (ioprio_set(2)): a class above 13 bits of data.

use crate::errno::Errno;

/// Linux's IOPRIO_CLASS_*, of uapi linux/ioprio.h.
const CLASS_NONE: u32 = 0;
const CLASS_REAL_TIME: u32 = 1;
const CLASS_BEST_EFFORT: u32 = 2;
const CLASS_IDLE: u32 = 3;
const CLASS_SHIFT: u32 = 13;
/// Levels 0 (first) to 7.
const LEVELS: u32 = 8;
/// IOPRIO_WHO_PROCESS: a thread, by its id.
const WHO_PROCESS: i32 = 1;

/// Whose priority it is: threads only. EINVAL for process groups and users, and what does not exist.
pub const fn who(which: i32) -> Result<(), Errno> {
    if which == WHO_PROCESS {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

/// Whether setting a priority takes a privilege. EINVAL for what is none.
pub const fn is_privileged(priority: i32) -> Result<bool, Errno> {
    let raw = priority.cast_unsigned();
    let level = raw & ((1 << CLASS_SHIFT) - 1);
    match raw >> CLASS_SHIFT {
        CLASS_REAL_TIME if level < LEVELS => Ok(true),
        CLASS_BEST_EFFORT if level < LEVELS => Ok(false),
        CLASS_IDLE => Ok(false),
        CLASS_NONE if level == 0 => Ok(false),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_levels() {
        assert_eq!(is_privileged(0), Ok(false));
        assert_eq!(is_privileged(1), Err(Errno::EINVAL));
        assert_eq!(is_privileged(1 << 13), Ok(true));
        assert_eq!(is_privileged(2 << 13 | 7), Ok(false));
        assert_eq!(is_privileged(2 << 13 | 8), Err(Errno::EINVAL));
        assert_eq!(is_privileged(3 << 13), Ok(false));
        assert_eq!(is_privileged(4 << 13), Err(Errno::EINVAL));
        assert_eq!(is_privileged(-1), Err(Errno::EINVAL));
    }
}
