// SPDX-License-Identifier: BSD-2-Clause
//! POSIX message queues: flags of mq_open(2), attributes of mq_getattr(3), mq_overview(7).

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_mq_attr;
use crate::errno::Errno;

/// The longest name, NAME_MAX.
pub const NAME_MAX: usize = 255;

/// FreeBSD's flags of mq_open(2). EINVAL for both ways to write at once. O_CLOEXEC is always on, as on
/// Linux; it ignores all others.
pub fn flags_to_bsd(flags: i32) -> Result<i32, Errno> {
    let flags = flags.cast_unsigned();
    let access = match flags & linux::O_ACCMODE {
        linux::O_RDONLY => bsd::O_RDONLY,
        linux::O_WRONLY => bsd::O_WRONLY,
        linux::O_RDWR => bsd::O_RDWR,
        _ => return Err(Errno::EINVAL),
    };
    let mut out = access;
    for (from, to) in [
        (linux::O_CREAT, bsd::O_CREAT),
        (linux::O_EXCL, bsd::O_EXCL),
        (linux::O_NONBLOCK, bsd::O_NONBLOCK),
    ] {
        if flags & from != 0 {
            out |= to;
        }
    }
    Ok(out)
}

/// What the kernel is told of a name, which comes without the slash that mq_overview(7) asks for.
/// ENOENT for an empty one, EACCES with a slash in it.
pub fn check_name(name: &[u8]) -> Result<(), Errno> {
    match name {
        [] => Err(Errno::ENOENT),
        b"." | b".." => Err(Errno::EACCES),
        name if name.contains(&b'/') => Err(Errno::EACCES),
        _ => Ok(()),
    }
}

/// Whether new attributes ask for O_NONBLOCK, the only one that can change. EINVAL for another flag.
pub fn nonblocking(new: &l_mq_attr) -> Result<bool, Errno> {
    let flag = i64::from(linux::O_NONBLOCK);
    if new.mq_flags & !flag != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(new.mq_flags & flag != 0)
}

/// The flags of attributes as FreeBSD tells them.
pub fn flags_to_linux(flags: i64) -> i64 {
    if flags & i64::from(bsd::O_NONBLOCK) != 0 {
        i64::from(linux::O_NONBLOCK)
    } else {
        0
    }
}

/// Attributes for a new queue. EINVAL for less than one message or byte.
pub fn check_new(new: &l_mq_attr) -> Result<(), Errno> {
    if new.mq_maxmsg <= 0 || new.mq_msgsize <= 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}
