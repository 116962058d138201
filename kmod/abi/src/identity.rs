// SPDX-License-Identifier: BSD-2-Clause
//! Threads whose ids are not their process's, or whose files are reached as somebody else
//! (setfsuid(2)): as whom each call is made.

use linux_raw_sys::general as n;

use crate::caps::Caps;
use crate::cred::{Ids, NO_ID};

/// As whom a call is made.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum As {
    /// The thread.
    Thread,
    /// Who setfsuid(2) and setfsgid(2) say: calls that find, make, open or change files.
    Files,
    /// The process: calls that make or end threads and processes, which see to the ids themselves.
    Process,
    /// The thread, which is all of the process from then on.
    Program,
}

/// As whom a call of this number is made. What reads and writes open files is checked when they
/// are opened; sockets have names in the file system.
pub const fn made_as(nr: u32) -> As {
    match nr {
        n::__NR_fork
        | n::__NR_vfork
        | n::__NR_clone
        | n::__NR_clone3
        | n::__NR_exit
        | n::__NR_exit_group => As::Process,
        n::__NR_execve | n::__NR_execveat => As::Program,
        n::__NR_open
        | n::__NR_openat
        | n::__NR_openat2
        | n::__NR_creat
        | n::__NR_stat
        | n::__NR_lstat
        | n::__NR_newfstatat
        | n::__NR_statx
        | n::__NR_access
        | n::__NR_faccessat
        | n::__NR_faccessat2
        | n::__NR_chdir
        | n::__NR_fchdir
        | n::__NR_getcwd
        | n::__NR_rename
        | n::__NR_renameat
        | n::__NR_renameat2
        | n::__NR_mkdir
        | n::__NR_mkdirat
        | n::__NR_rmdir
        | n::__NR_link
        | n::__NR_linkat
        | n::__NR_unlink
        | n::__NR_unlinkat
        | n::__NR_symlink
        | n::__NR_symlinkat
        | n::__NR_readlink
        | n::__NR_readlinkat
        | n::__NR_mknod
        | n::__NR_mknodat
        | n::__NR_chmod
        | n::__NR_fchmod
        | n::__NR_fchmodat
        | n::__NR_fchmodat2
        | n::__NR_chown
        | n::__NR_fchown
        | n::__NR_lchown
        | n::__NR_fchownat
        | n::__NR_truncate
        | n::__NR_utime
        | n::__NR_utimes
        | n::__NR_futimesat
        | n::__NR_utimensat
        | n::__NR_statfs
        | n::__NR_setxattr
        | n::__NR_lsetxattr
        | n::__NR_fsetxattr
        | n::__NR_getxattr
        | n::__NR_lgetxattr
        | n::__NR_fgetxattr
        | n::__NR_listxattr
        | n::__NR_llistxattr
        | n::__NR_flistxattr
        | n::__NR_removexattr
        | n::__NR_lremovexattr
        | n::__NR_fremovexattr
        | n::__NR_inotify_add_watch
        | n::__NR_name_to_handle_at
        | n::__NR_open_by_handle_at
        | n::__NR_bind
        | n::__NR_connect
        | n::__NR_mq_open
        | n::__NR_mq_unlink
        | n::__NR_memfd_create => As::Files,
        _ => As::Thread,
    }
}

/// The id for files that setfsuid(2) and setfsgid(2) set; `None` where it stays: without privilege
/// only one of the thread's own ids can be had, and -1 is none.
pub const fn set_files(own: Ids, now: u32, privileged: bool, id: u32) -> Option<u32> {
    let known = id == own.real || id == own.effective || id == own.saved || id == now;
    if id != NO_ID && (privileged || known) {
        Some(id)
    } else {
        None
    }
}

/// What FreeBSD's saved user id has to be when the ids become `new`, and the sets `caps`.
///
/// A thread that keeps capabilities while its last user id 0 goes leaves FreeBSD that one: so it
/// has nothing there but what FreeBSD would let it take back.
pub fn saved_for(new: Ids, caps: Option<Caps>) -> u32 {
    match caps {
        Some(caps) if caps.permitted != 0 && new.real != 0 && new.effective != 0 => 0,
        _ => new.saved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps::ALL;

    const USER: Ids = Ids {
        real: 5,
        effective: 6,
        saved: 7,
    };

    /// Files by name are one thing, signals and exec others.
    #[test]
    fn calls() {
        assert_eq!(made_as(n::__NR_openat), As::Files);
        assert_eq!(made_as(n::__NR_kill), As::Thread);
        assert_eq!(made_as(n::__NR_read), As::Thread);
        assert_eq!(made_as(n::__NR_clone3), As::Process);
        assert_eq!(made_as(n::__NR_execveat), As::Program);
        assert_eq!(made_as(u32::MAX), As::Thread);
    }

    /// One's own ids, or any with privilege.
    #[test]
    fn files() {
        for id in [5, 6, 7, 8] {
            assert_eq!(set_files(USER, 8, false, id), Some(id));
        }
        assert_eq!(set_files(USER, 8, false, 0), None);
        assert_eq!(set_files(USER, 8, true, 0), Some(0));
        assert_eq!(set_files(USER, 8, true, NO_ID), None);
    }

    /// Who keeps nothing keeps no id 0.
    #[test]
    fn saved() {
        assert_eq!(saved_for(USER, None), 7);
        assert_eq!(saved_for(USER, Some(Caps::untouched(ALL, 0))), 0);
        assert_eq!(saved_for(USER, Some(Caps::untouched(0, 0))), 7);
        let root = Ids { real: 0, ..USER };
        assert_eq!(saved_for(root, Some(Caps::untouched(ALL, 0))), 7);
    }
}
