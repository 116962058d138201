// SPDX-License-Identifier: BSD-2-Clause
//! FreeBSD amd64 system calls: the only `unsafe` of this program.
//!
//! Numbers are `sys/syscall.h`'s, structures the headers named beside them.

use core::arch::asm;
use core::ffi::CStr;

/// A FreeBSD errno.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) u32);

impl Errno {
    pub(crate) const ENOENT: Self = Self(2);
    pub(crate) const EINTR: Self = Self(4);
    pub(crate) const EEXIST: Self = Self(17);
    pub(crate) const EINVAL: Self = Self(22);
    pub(crate) const EAGAIN: Self = Self(35);
}

pub(crate) type Result<T> = core::result::Result<T, Errno>;
pub(crate) type Fd = i32;

pub(crate) const O_RDONLY: u32 = 0;
pub(crate) const O_WRONLY: u32 = 1;
pub(crate) const O_RDWR: u32 = 2;
pub(crate) const O_APPEND: u32 = 8;
pub(crate) const O_CREAT: u32 = 0x200;
pub(crate) const O_TRUNC: u32 = 0x400;
pub(crate) const O_NOCTTY: u32 = 0x8000;
pub(crate) const O_CLOEXEC: u32 = 0x10_0000;

pub(crate) const SIGKILL: i32 = 9;
pub(crate) const SIGCHLD: i32 = 20;

/// `struct iovec` of nmount(2) and jail_set(2).
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct IoVec {
    base: *const u8,
    len: usize,
}

impl IoVec {
    pub(crate) const EMPTY: Self = Self {
        base: core::ptr::null(),
        len: 0,
    };

    pub(crate) fn new(data: &[u8]) -> Self {
        Self {
            base: data.as_ptr(),
            len: data.len(),
        }
    }
}

/// `struct kevent` of `sys/event.h`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct KEvent {
    pub(crate) ident: u64,
    pub(crate) filter: i16,
    pub(crate) flags: u16,
    pub(crate) fflags: u32,
    pub(crate) data: i64,
    pub(crate) udata: u64,
    pub(crate) ext: [u64; 4],
}

pub(crate) const EVFILT_READ: i16 = -1;
pub(crate) const EVFILT_SIGNAL: i16 = -6;
pub(crate) const EV_ADD: u16 = 1;

/// `struct timespec`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct TimeSpec {
    pub(crate) sec: i64,
    pub(crate) nsec: i64,
}

/// A system call with up to six arguments.
///
/// # Safety
/// Every argument must be what the call with this number expects, and every
/// pointer among them good for what the kernel does with it.
unsafe fn call(number: usize, args: [usize; 6]) -> Result<usize> {
    let [a, b, c, d, e, f] = args;
    let value: usize;
    let failed: u8;
    // SAFETY: the caller vouches for the call; all registers the kernel may
    // change are declared.
    unsafe {
        asm!(
            "syscall",
            "setc {failed}",
            failed = lateout(reg_byte) failed,
            inlateout("rax") number => value,
            in("rdi") a,
            in("rsi") b,
            inlateout("rdx") c => _,
            inlateout("r10") d => _,
            inlateout("r8") e => _,
            inlateout("r9") f => _,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    match failed {
        0 => Ok(value),
        _ => Err(Errno(value as u32)),
    }
}

/// A call whose arguments are numbers only, or pointers into live borrows that
/// the wrapper below holds.
fn sys(number: usize, args: &[usize]) -> Result<usize> {
    let mut all = [0; 6];
    for (to, from) in all.iter_mut().zip(args) {
        *to = *from;
    }
    // SAFETY: private to this file; each wrapper passes pointers it derives
    // from references that outlive the call, with their true lengths.
    unsafe { call(number, all) }
}

fn at(s: &CStr) -> usize {
    s.as_ptr() as usize
}

fn num(n: i32) -> usize {
    n as isize as usize
}

pub(crate) fn exit(status: i32) -> ! {
    loop {
        sys(1, &[num(status)]).ok();
    }
}

/// fork(2): 0 in the child.
pub(crate) fn fork() -> Result<i32> {
    sys(2, &[]).map(|pid| pid as i32)
}

pub(crate) fn read(fd: Fd, buf: &mut [u8]) -> Result<usize> {
    sys(3, &[num(fd), buf.as_mut_ptr() as usize, buf.len()])
}

pub(crate) fn write_all(fd: Fd, mut data: &[u8]) -> Result<()> {
    while !data.is_empty() {
        match sys(4, &[num(fd), data.as_ptr() as usize, data.len()]) {
            Ok(n) => data = data.get(n..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub(crate) fn open(path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    sys(5, &[at(path), flags as usize, mode as usize]).map(|fd| fd as Fd)
}

pub(crate) fn close(fd: Fd) {
    sys(6, &[num(fd)]).ok();
}

/// wait4(2) with WNOHANG: a child that ended and its status; fails without children.
pub(crate) fn reap() -> Result<Option<(i32, u32)>> {
    let mut status = 0u32;
    let pid = sys(
        7,
        &[num(-1), (&raw mut status) as usize, 1 /* WNOHANG */, 0],
    )?;
    Ok((pid != 0).then_some((pid as i32, status)))
}

pub(crate) fn unlink(path: &CStr) -> Result<()> {
    sys(10, &[at(path)]).map(drop)
}

pub(crate) fn chdir(path: &CStr) -> Result<()> {
    sys(12, &[at(path)]).map(drop)
}

pub(crate) fn chroot(path: &CStr) -> Result<()> {
    sys(61, &[at(path)]).map(drop)
}

pub(crate) fn chmod(path: &CStr, mode: u32) -> Result<()> {
    sys(15, &[at(path), mode as usize]).map(drop)
}

pub(crate) fn chown(path: &CStr, uid: u32, gid: u32) -> Result<()> {
    sys(16, &[at(path), uid as usize, gid as usize]).map(drop)
}

pub(crate) fn unmount(path: &CStr, flags: u32) -> Result<()> {
    sys(22, &[at(path), flags as usize]).map(drop)
}

/// setgroups, setgid and setuid, in the order that works.
pub(crate) fn become_user(uid: u32, gid: u32) -> Result<()> {
    sys(80, &[1, (&raw const gid) as usize])?;
    sys(181, &[gid as usize])?;
    sys(23, &[uid as usize]).map(drop)
}

pub(crate) fn kill(pid: i32, signal: i32) -> Result<()> {
    sys(37, &[num(pid), num(signal)]).map(drop)
}

pub(crate) fn ioctl<T>(fd: Fd, request: u32, arg: &mut T) -> Result<()> {
    sys(
        54,
        &[num(fd), request as usize, core::ptr::from_mut(arg) as usize],
    )
    .map(drop)
}

pub(crate) fn reboot(flags: u32) -> Result<()> {
    sys(55, &[flags as usize]).map(drop)
}

pub(crate) fn symlink(target: &CStr, path: &CStr) -> Result<()> {
    sys(57, &[at(target), at(path)]).map(drop)
}

/// execve(2). Both lists end with a null pointer, and every other element
/// comes from a `CStr` the caller still holds.
pub(crate) fn exec(path: &CStr, argv: &[*const u8], env: &[*const u8]) -> Errno {
    if argv.last() != Some(&core::ptr::null()) || env.last() != Some(&core::ptr::null()) {
        return Errno::EINVAL;
    }
    match sys(
        59,
        &[at(path), argv.as_ptr() as usize, env.as_ptr() as usize],
    ) {
        Err(e) => e,
        Ok(_) => Errno::EINVAL,
    }
}

pub(crate) fn umask(mask: u32) {
    sys(60, &[mask as usize]).ok();
}

pub(crate) fn dup2(from: Fd, to: Fd) -> Result<()> {
    sys(90, &[num(from), num(to)]).map(drop)
}

/// fcntl(2) F_SETFD FD_CLOEXEC.
pub(crate) fn close_on_exec(fd: Fd) -> Result<()> {
    sys(92, &[num(fd), 2, 1]).map(drop)
}

/// A datagram socket of this family, for interface ioctls.
pub(crate) fn datagram_socket(family: i32) -> Result<Fd> {
    sys(97, &[num(family), 2, 0]).map(|fd| fd as Fd)
}

pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    sys(136, &[at(path), mode as usize]).map(drop)
}

/// wait4(2) for one child that ended; its status.
pub(crate) fn wait(pid: i32) -> Result<u32> {
    let mut status = 0u32;
    loop {
        match sys(7, &[num(pid), (&raw mut status) as usize, 0, 0]) {
            Err(Errno::EINTR) => {}
            other => return other.map(|_| status),
        }
    }
}

/// Makes a child the leader of a process group of its own.
pub(crate) fn lead_group(pid: i32) -> Result<()> {
    sys(82, &[num(pid), num(pid)]).map(drop)
}

/// Lets no signal interrupt or stop the process but those nobody can block.
pub(crate) fn block_signals() -> Result<()> {
    let all = [u32::MAX; 4];
    sys(340, &[3 /* SIG_SETMASK */, all.as_ptr() as usize, 0]).map(drop)
}

pub(crate) fn setsid() -> Result<()> {
    sys(147, &[]).map(drop)
}

/// __sysctl(2): reads into `old` and returns the length, or sets to `new`.
pub(crate) fn sysctl(mib: &[i32], old: &mut [u8], new: &[u8]) -> Result<usize> {
    let mut len = old.len();
    let old_at = match len {
        0 => 0,
        _ => old.as_mut_ptr() as usize,
    };
    let new_at = match new.len() {
        0 => 0,
        _ => new.as_ptr() as usize,
    };
    sys(
        202,
        &[
            mib.as_ptr() as usize,
            mib.len(),
            old_at,
            (&raw mut len) as usize,
            new_at,
            new.len(),
        ],
    )?;
    Ok(len)
}

/// How many bytes a sysctl would give.
pub(crate) fn sysctl_len(mib: &[i32]) -> Result<usize> {
    sysctl(mib, &mut [], &[])
}

/// Seconds and nanoseconds since boot, as milliseconds.
pub(crate) fn uptime_ms() -> u64 {
    let mut now = TimeSpec::default();
    sys(232, &[4 /* CLOCK_MONOTONIC */, (&raw mut now) as usize]).ok();
    (now.sec as u64) * 1000 + (now.nsec as u64) / 1_000_000
}

pub(crate) fn sleep_ms(ms: i64) {
    let time = TimeSpec {
        sec: ms / 1000,
        nsec: ms % 1000 * 1_000_000,
    };
    sys(240, &[(&raw const time) as usize, 0]).ok();
}

pub(crate) fn kldload(path: &CStr) -> Result<i32> {
    sys(304, &[at(path)]).map(|id| id as i32)
}

pub(crate) fn kldfind(name: &CStr) -> Result<i32> {
    sys(306, &[at(name)]).map(|id| id as i32)
}

/// kldunloadf(2); `force` is LINKER_UNLOAD_FORCE.
pub(crate) fn kldunload(id: i32, force: bool) -> Result<()> {
    sys(444, &[num(id), usize::from(force)]).map(drop)
}

pub(crate) fn kqueue() -> Result<Fd> {
    sys(362, &[]).map(|fd| fd as Fd)
}

/// kevent(2): registers `changes`, then waits up to `ms` for `events`.
pub(crate) fn kevent(kq: Fd, changes: &[KEvent], events: &mut [KEvent], ms: i64) -> Result<usize> {
    let time = TimeSpec {
        sec: ms / 1000,
        nsec: ms % 1000 * 1_000_000,
    };
    sys(
        560,
        &[
            num(kq),
            changes.as_ptr() as usize,
            changes.len(),
            events.as_mut_ptr() as usize,
            events.len(),
            (&raw const time) as usize,
        ],
    )
}

pub(crate) fn nmount(iov: &[IoVec], flags: u32) -> Result<()> {
    sys(378, &[iov.as_ptr() as usize, iov.len(), flags as usize]).map(drop)
}

/// jail_set(2) with JAIL_CREATE | JAIL_ATTACH.
pub(crate) fn enter_new_jail(iov: &[IoVec]) -> Result<()> {
    sys(507, &[iov.as_ptr() as usize, iov.len(), 1 | 4]).map(drop)
}

/// Private zeroed memory of `len` bytes, passed to `f`, then returned.
pub(crate) fn with_memory<R>(len: usize, f: impl FnOnce(&mut [u8]) -> R) -> Result<R> {
    let base = sys(477, &[0, len, 3, 0x1002, num(-1), 0])?;
    // SAFETY: a fresh anonymous mapping of `len` bytes nobody else knows.
    let memory = unsafe { core::slice::from_raw_parts_mut(base as *mut u8, len) };
    let result = f(memory);
    sys(73, &[base, len])?;
    Ok(result)
}

/// pipe2(2): the read and the write end, both close-on-exec.
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0i32; 2];
    sys(542, &[(&raw mut ends) as usize, O_CLOEXEC as usize])?;
    let [read, write] = ends;
    Ok((read, write))
}
