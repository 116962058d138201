// SPDX-License-Identifier: BSD-2-Clause
//! syslog(2): its actions, and how many messages fit.

use crate::Errno;

/// What is done with the kernel's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// OPEN and CLOSE.
    Nothing,
    /// READ_ALL, and READ_CLEAR, which forgets them.
    ReadAll {
        /// Whether they are forgotten.
        clears: bool,
    },
    /// CLEAR.
    Clear,
    /// SIZE_BUFFER.
    Size,
}

impl Action {
    /// Whether an action, also an unknown one, is for administrators alone: all but READ_ALL and
    /// SIZE_BUFFER.
    pub const fn is_administration(kind: i32) -> bool {
        !matches!(kind, 3 | 10)
    }

    /// Reads SYSLOG_ACTION_*. EINVAL for READ (2), CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL (6 to 8),
    /// SIZE_UNREAD (9) and what is unknown.
    pub fn new(kind: i32) -> Result<Action, Errno> {
        match kind {
            0 | 1 => Ok(Action::Nothing),
            3 => Ok(Action::ReadAll { clears: false }),
            4 => Ok(Action::ReadAll { clears: true }),
            5 => Ok(Action::Clear),
            10 => Ok(Action::Size),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// The last whole lines that fit into `room` bytes.
pub fn last_lines(text: &[u8], room: usize) -> &[u8] {
    let Some(over) = text.len().checked_sub(room).filter(|over| *over > 0) else {
        return text;
    };
    // A line begins after a newline, which may be the last byte that does not fit.
    let from = over.saturating_sub(1);
    let begin = text
        .get(from..)
        .unwrap_or_default()
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |at| from.saturating_add(at).saturating_add(1));
    text.get(begin..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines() {
        let text = b"one\ntwo\nthree\n";
        for (room, want) in [
            (100, &b"one\ntwo\nthree\n"[..]),
            (14, b"one\ntwo\nthree\n"),
            (13, b"two\nthree\n"),
            (10, b"two\nthree\n"),
            (9, b"three\n"),
            (6, b"three\n"),
            (5, b""),
            (0, b""),
        ] {
            assert_eq!(last_lines(text, room), want, "{room}");
        }
        assert_eq!(last_lines(b"", 3), b"");
    }

    #[test]
    fn actions() {
        assert_eq!(Action::new(3), Ok(Action::ReadAll { clears: false }));
        for refused in [-1, 2, 6, 7, 8, 9, 11] {
            assert_eq!(Action::new(refused), Err(Errno::EINVAL));
        }
    }
}
