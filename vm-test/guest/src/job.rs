// SPDX-License-Identifier: BSD-2-Clause
//! Programs the host started: their launch, output, time limit and end.

use crate::file;
use crate::host::Host;
use crate::sys::{self, Errno, Fd, IoVec, KEvent, Result};
use core::ffi::CStr;
use core::ptr;
use guest_wire::{Decoder, Encoder, Event, exit, jail, stage, start};

const MAX_STRINGS: usize = 256;
const MAX_JAIL: usize = 16;
/// Output of one stream past this is dropped.
const MAX_OUTPUT: usize = 2 << 20;
/// How long output may still come once the program itself is gone.
const DRAIN_MS: u64 = 300;
const TIOCSCTTY: u32 = 0x2000_7461;
const TIOCSPGRP: u32 = 0x8004_7476;
const TIOCDRAIN: u32 = 0x2000_745e;

/// A running program.
pub(crate) struct Job {
    pub(crate) id: u32,
    pub(crate) pid: i32,
    /// Read ends of its standard output and error, while open.
    streams: [Option<Fd>; 2],
    sent: usize,
    deadline: Option<u64>,
    /// Set once it ended: its status, and when to stop waiting for output.
    ended: Option<(u32, u64)>,
    flags: u32,
}

/// Why a program did not start.
pub(crate) struct Refused {
    pub(crate) stage: u32,
    pub(crate) errno: Errno,
}

impl From<Errno> for Refused {
    fn from(errno: Errno) -> Self {
        Self {
            stage: stage::SETUP,
            errno,
        }
    }
}

/// Strings of the request, as execve(2) wants them.
struct Strings([*const u8; MAX_STRINGS]);

impl Strings {
    fn read(d: &mut Decoder<'_>) -> Option<(Self, usize)> {
        let mut list = [ptr::null(); MAX_STRINGS];
        let count = usize::try_from(d.u32()?).ok()?;
        for slot in list.get_mut(..count)? {
            *slot = d.str()?.as_ptr().cast();
        }
        (count < MAX_STRINGS).then_some((Self(list), count))
    }
}

struct Spec<'a> {
    flags: u32,
    uid: u32,
    gid: u32,
    root: &'a CStr,
    cwd: &'a CStr,
    path: &'a CStr,
    argv: Strings,
    env: Strings,
    jail: Jail<'a>,
}

#[derive(Clone, Copy)]
enum Param<'a> {
    Flag,
    Text(&'a CStr),
    Int([u8; 4]),
}

struct Jail<'a> {
    params: [Option<(&'a CStr, Param<'a>)>; MAX_JAIL],
}

impl<'a> Jail<'a> {
    fn read(d: &mut Decoder<'a>) -> Option<Self> {
        let mut params = [None; MAX_JAIL];
        let count = usize::try_from(d.u32()?).ok()?;
        for slot in params.get_mut(..count)? {
            let name = d.str()?;
            *slot = Some((
                name,
                match d.u32()? {
                    jail::FLAG => Param::Flag,
                    jail::TEXT => Param::Text(d.str()?),
                    jail::INT => Param::Int(d.u32()?.to_ne_bytes()),
                    _ => return None,
                },
            ));
        }
        Some(Self { params })
    }

    fn enter(&self) -> Result<()> {
        let mut iov = [IoVec::EMPTY; 2 * MAX_JAIL];
        let mut used = 0;
        for (pair, (name, value)) in iov.chunks_exact_mut(2).zip(self.params.iter().flatten()) {
            pair.copy_from_slice(&[
                IoVec::new(name.to_bytes_with_nul()),
                match value {
                    Param::Flag => IoVec::EMPTY,
                    Param::Text(text) => IoVec::new(text.to_bytes_with_nul()),
                    Param::Int(bytes) => IoVec::new(bytes),
                },
            ]);
            used += 2;
        }
        match used {
            0 => Ok(()),
            _ => sys::enter_new_jail(iov.get(..used).unwrap_or_default()),
        }
    }
}

impl Job {
    /// Starts the program a request describes: `id, flags, uid, gid,
    /// timeout_ms: u32` (0 for none), `root: str` (to chroot to, may be empty), `cwd: str`, `stdin: bytes`, then counted
    /// lists of jail parameters (`name: str, tag: u32, value`), arguments and
    /// environment. The first argument is the path.
    pub(crate) fn start(mut d: Decoder<'_>) -> core::result::Result<Self, Refused> {
        let d = &mut d;
        let bad = Refused::from(Errno::EINVAL);
        let Some([id, flags, uid, gid, timeout]) =
            (|| Some([d.u32()?, d.u32()?, d.u32()?, d.u32()?, d.u32()?]))()
        else {
            return Err(bad);
        };
        let Some((root, cwd, stdin, jail)) =
            (|| Some((d.str()?, d.str()?, d.bytes()?, Jail::read(d)?)))()
        else {
            return Err(bad);
        };
        let mut first = d.clone();
        let Some(path) = first.u32().filter(|&n| n > 0).and_then(|_| first.str()) else {
            return Err(bad);
        };
        let (Some((argv, _)), Some((env, _))) = (Strings::read(d), Strings::read(d)) else {
            return Err(bad);
        };
        let spec = Spec {
            flags,
            uid,
            gid,
            root,
            cwd,
            path,
            argv,
            env,
            jail,
        };
        if flags & start::MAKE_CWD != 0 {
            file::make_dirs(cwd, 0o755)?;
            sys::chown(cwd, uid, gid)?;
        }
        let input = open_input(stdin)?;
        let (out_read, out_write) = sys::pipe()?;
        let (err_read, err_write) = sys::pipe()?;
        let (report_read, report_write) = sys::pipe()?;
        let pid = sys::fork()?;
        if pid == 0 {
            let refused = become_program(&spec, [input, out_write, err_write], report_write);
            let mut report = [0; 8];
            report[..4].copy_from_slice(&refused.stage.to_le_bytes());
            report[4..].copy_from_slice(&refused.errno.0.to_le_bytes());
            sys::write_all(report_write, &report).ok();
            sys::exit(127);
        }
        for fd in [input, out_write, err_write, report_write] {
            sys::close(fd);
        }
        let mut report = [0; 8];
        let got = sys::read(report_read, &mut report);
        sys::close(report_read);
        if got == Ok(report.len()) {
            sys::close(out_read);
            sys::close(err_read);
            let [a, b, c, d, e, f, g, h] = report;
            return Err(Refused {
                stage: u32::from_le_bytes([a, b, c, d]),
                errno: Errno(u32::from_le_bytes([e, f, g, h])),
            });
        }
        Ok(Self {
            id,
            pid,
            streams: [Some(out_read), Some(err_read)],
            sent: 0,
            deadline: (timeout != 0).then(|| sys::uptime_ms() + u64::from(timeout)),
            ended: None,
            flags: 0,
        })
    }

    /// What to wait for on behalf of this program.
    pub(crate) fn events(&self) -> [KEvent; 2] {
        self.streams.map(|fd| KEvent {
            ident: fd.map_or(u64::MAX, |fd| fd as u64),
            filter: sys::EVFILT_READ,
            flags: sys::EV_ADD,
            ..KEvent::default()
        })
    }

    /// Passes on output if `fd` is one of this program's streams.
    pub(crate) fn forward(&mut self, fd: Fd, host: &Host) {
        let Some(stream) = self.streams.iter().position(|&s| s == Some(fd)) else {
            return;
        };
        let mut data = [0; 4096];
        match sys::read(fd, &mut data) {
            Ok(0) | Err(_) => {
                sys::close(fd);
                if let Some(slot) = self.streams.get_mut(stream) {
                    *slot = None;
                }
            }
            Ok(_) if self.sent >= MAX_OUTPUT => self.flags |= exit::TRUNCATED,
            Ok(n) => {
                self.sent += n;
                let mut buf = [0; 4096 + 32];
                let mut e = Encoder::new(&mut buf, Event::Output as u8);
                e.u32(self.id)
                    .u32(stream as u32)
                    .bytes(data.get(..n).unwrap_or_default());
                host.send(e.finish().unwrap_or_default());
            }
        }
    }

    /// Notes how the program ended; what it left running in its group goes too.
    pub(crate) fn note_end(&mut self, status: u32) {
        self.ended = Some((status, sys::uptime_ms() + DRAIN_MS));
        sys::kill(-self.pid, sys::SIGKILL).ok();
    }

    /// Ends a program whose time is up. Returns true once everything is over
    /// and said.
    pub(crate) fn check(&mut self, now: u64, host: &Host) -> bool {
        if self.ended.is_none() && self.deadline.is_some_and(|d| now >= d) {
            self.deadline = None;
            self.flags |= exit::TIMED_OUT;
            sys::kill(-self.pid, sys::SIGKILL).ok();
        }
        let Some((status, drained)) = self.ended else {
            return false;
        };
        if self.streams.iter().any(Option::is_some) && now < drained {
            return false;
        }
        for fd in self.streams.iter().flatten() {
            sys::close(*fd);
        }
        let mut buf = [0; 32];
        let mut e = Encoder::new(&mut buf, Event::Exit as u8);
        e.u32(self.id).u32(status).u32(self.flags);
        host.send(e.finish().unwrap_or_default());
        true
    }

    /// Milliseconds until [`Self::check`] has something to do.
    pub(crate) fn due(&self, now: u64) -> u64 {
        let at = match self.ended {
            Some((_, drained)) => Some(drained),
            None => self.deadline,
        };
        at.map_or(u64::MAX, |at| at.saturating_sub(now))
    }
}

/// Standard input: a file with this text, already unlinked.
fn open_input(text: &[u8]) -> Result<Fd> {
    if text.is_empty() {
        return sys::open(c"/dev/null", sys::O_RDONLY | sys::O_CLOEXEC, 0);
    }
    let path = c"/tmp/.stdin";
    let fd = sys::open(
        path,
        sys::O_WRONLY | sys::O_CREAT | sys::O_TRUNC | sys::O_CLOEXEC,
        0o600,
    )?;
    let written = sys::write_all(fd, text);
    sys::close(fd);
    written?;
    let fd = sys::open(path, sys::O_RDONLY | sys::O_CLOEXEC, 0)?;
    sys::unlink(path)?;
    Ok(fd)
}

/// Makes a child that owns the terminal go on, and stays behind to end as it ends: the end of a
/// session's leader takes the terminal away, with what is still on its way there. Returns in the
/// child.
fn lead_session(terminal: Fd, report: Fd) -> Result<()> {
    let (ready, go) = sys::pipe()?;
    let mut child = sys::fork()?;
    if child == 0 {
        sys::close(go);
        // Nothing comes: the end is the sign.
        sys::read(ready, &mut [0]).ok();
        sys::close(ready);
        return Ok(());
    }
    let leader = child;
    sys::lead_group(child).ok();
    sys::ioctl(terminal, TIOCSPGRP, &mut child).ok();
    for fd in [ready, go, report] {
        sys::close(fd);
    }
    let status = sys::wait(leader).unwrap_or(0);
    // Who is in the background would stop.
    sys::block_signals().ok();
    sys::ioctl(terminal, TIOCDRAIN, &mut 0).ok();
    let signal = status & 0x7f;
    sys::exit(match signal {
        0 => status >> 8,
        _ => 128 + signal,
    } as i32)
}

/// Runs in the child, and returns only if that failed.
fn become_program(spec: &Spec<'_>, mut stdio: [Fd; 3], report: Fd) -> Refused {
    let mut prepare = || -> Result<()> {
        sys::setsid()?;
        if spec.flags & start::CONSOLE != 0 {
            let fd = sys::open(c"/dev/console", sys::O_RDWR | sys::O_CLOEXEC, 0)?;
            sys::ioctl(fd, TIOCSCTTY, &mut 0)?;
            lead_session(fd, report)?;
            stdio = [fd; 3];
        }
        for (to, from) in stdio.into_iter().enumerate() {
            sys::dup2(from, to as Fd)?;
        }
        Ok(())
    };
    if let Err(errno) = prepare() {
        return errno.into();
    }
    if let Err(errno) = spec.jail.enter() {
        return Refused {
            stage: stage::JAIL,
            errno,
        };
    }
    if !spec.root.is_empty()
        && let Err(errno) = sys::chroot(spec.root)
    {
        return errno.into();
    }
    if let Err(errno) = sys::chdir(spec.cwd) {
        return errno.into();
    }
    if (spec.uid, spec.gid) != (0, 0)
        && let Err(errno) = sys::become_user(spec.uid, spec.gid)
    {
        return errno.into();
    }
    Refused {
        stage: stage::EXEC,
        errno: sys::exec(spec.path, &spec.argv.0, &spec.env.0),
    }
}
