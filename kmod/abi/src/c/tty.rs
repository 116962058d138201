// SPDX-License-Identifier: BSD-2-Clause
//! Terminals.

use linux_raw_sys::general as linux;

use crate::pod::{pod, same_layout};

pod! {
    /// `struct termios` of TCGETS, which is not glibc's.
    struct l_termios {
        c_iflag: u32,
        c_oflag: u32,
        c_cflag: u32,
        c_lflag: u32,
        c_line: u8,
        c_cc: [u8; 19],
    }
    /// `struct termios2` of TCGETS2.
    struct l_termios2 {
        c_iflag: u32,
        c_oflag: u32,
        c_cflag: u32,
        c_lflag: u32,
        c_line: u8,
        c_cc: [u8; 19],
        c_ispeed: u32,
        c_ospeed: u32,
    }
    /// `struct termio` of TCGETA. Its trailing byte of padding is explicit.
    struct l_termio {
        c_iflag: u16,
        c_oflag: u16,
        c_cflag: u16,
        c_lflag: u16,
        c_line: u8,
        c_cc: [u8; 8],
        __pad0: u8,
    }
    /// `struct winsize` of TIOCGWINSZ.
    struct l_winsize {
        ws_row: u16,
        ws_col: u16,
        ws_xpixel: u16,
        ws_ypixel: u16,
    }
}

same_layout!(
    l_termios,
    linux::termios {
        c_iflag,
        c_oflag,
        c_cflag,
        c_lflag,
        c_line,
        c_cc
    }
);
same_layout!(
    l_termios2,
    linux::termios2 {
        c_iflag,
        c_oflag,
        c_cflag,
        c_lflag,
        c_line,
        c_cc,
        c_ispeed,
        c_ospeed,
    }
);
same_layout!(
    l_termio,
    linux::termio {
        c_iflag,
        c_oflag,
        c_cflag,
        c_lflag,
        c_line,
        c_cc
    }
);
same_layout!(
    l_winsize,
    linux::winsize {
        ws_row,
        ws_col,
        ws_xpixel,
        ws_ypixel
    }
);
