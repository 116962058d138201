// SPDX-License-Identifier: BSD-2-Clause
//! Talks with the guest's /init: one request, one reply; output and ends of
//! programs arrive in between.

mod program;

use crate::numbers::errno_name;
use crate::vm::Vm;
use guest_wire::{
    Decoder, Encoder, Event, HEADER, HELLO, MAX_PAYLOAD, Request, SEGMENT, crc32, header,
    parse_header,
};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

pub(crate) use program::{Param, Program};

/// How long the guest may take for anything but a program's own time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The guest is gone; the session with it.
#[derive(Debug, Clone)]
pub(crate) struct Lost(pub(crate) String);

/// The kernel said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) u32);

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&errno_name(self.0))
    }
}

/// A reply: what the request gives, or an errno; unless the guest is lost.
pub(crate) type Answer<T> = Result<Result<T, Errno>, Lost>;

#[derive(Debug, Default)]
struct Job {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    ended: Option<(u32, u32)>,
}

/// A booted guest.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) vm: Vm,
    received: Vec<u8>,
    jobs: HashMap<u32, Job>,
    next_id: u32,
    boot_time: Duration,
}

impl Guest {
    /// Waits until /init of a started machine says hello.
    pub(crate) fn boot(vm: Vm, limit: Duration) -> Result<Self, Lost> {
        let begun = Instant::now();
        let mut this = Self {
            vm,
            received: Vec::new(),
            jobs: HashMap::new(),
            next_id: 1,
            boot_time: Duration::ZERO,
        };
        loop {
            this.fill(begun + limit)
                .map_err(|Lost(why)| Lost(format!("the guest did not boot: {why}")))?;
            let hello = this
                .received
                .windows(HELLO.len())
                .position(|window| window == HELLO);
            if let Some(at) = hello {
                this.received.drain(..at + HELLO.len());
                break;
            }
        }
        this.boot_time = begun.elapsed();
        Ok(this)
    }

    /// How long it took from the start of its machine.
    pub(crate) fn boot_time(&self) -> Duration {
        self.boot_time
    }

    /// Reads more from the line; fails at the deadline, or when the machine or
    /// its kernel is no more.
    fn fill(&mut self, deadline: Instant) -> Result<(), Lost> {
        loop {
            match self.vm.line.receive(Duration::from_millis(200)) {
                Ok(data) if !data.is_empty() => {
                    self.received.extend(data);
                    return Ok(());
                }
                Ok(_) => {}
                Err(()) => return Err(self.lost("the machine went away")),
            }
            if self.vm.console.panic(0).is_some() {
                // Leaves it the time to say everything, and to end.
                self.vm.wait(Duration::from_secs(5));
                return Err(self.lost("the kernel panicked"));
            }
            if self.vm.is_over() {
                return Err(self.lost("the machine ended"));
            }
            if Instant::now() >= deadline {
                return Err(self.lost("the guest does not answer"));
            }
        }
    }

    fn lost(&mut self, what: &str) -> Lost {
        self.vm.wait(Duration::from_millis(500));
        match self.vm.console.panic(0) {
            Some(line) => Lost(line),
            None => Lost(what.into()),
        }
    }

    /// The next frame's payload.
    fn frame(&mut self, deadline: Instant) -> Result<Vec<u8>, Lost> {
        loop {
            if let Some(head) = self.received.first_chunk::<HEADER>() {
                let Some((len, crc)) = parse_header(head) else {
                    return Err(Lost("the line to the guest is garbled".into()));
                };
                if let Some(payload) = self.received.get(HEADER..HEADER + len) {
                    if crc32(payload) != crc {
                        return Err(Lost("the line to the guest loses bytes".into()));
                    }
                    let payload = payload.to_vec();
                    self.received.drain(..HEADER + len);
                    return Ok(payload);
                }
            }
            self.fill(deadline)?;
        }
    }

    /// Takes frames until one of this kind, and gives it.
    fn await_event(&mut self, wanted: Event, deadline: Instant) -> Result<Vec<u8>, Lost> {
        loop {
            let payload = self.frame(deadline)?;
            let kind = payload.first().copied().and_then(Event::from_u8);
            if kind == Some(wanted) {
                return Ok(payload);
            }
            let mut d = Decoder::new(&payload);
            match kind {
                Some(Event::Output) => {
                    if let (Some(id), Some(stream), Some(data)) = (d.u32(), d.u32(), d.bytes()) {
                        let job = self.jobs.entry(id).or_default();
                        match stream {
                            0 => job.stdout.extend(data),
                            _ => job.stderr.extend(data),
                        }
                    }
                }
                Some(Event::Exit) => self.note_exit(&payload),
                _ => return Err(Lost("the guest says something unexpected".into())),
            }
        }
    }

    fn note_exit(&mut self, payload: &[u8]) {
        let mut d = Decoder::new(payload);
        if let (Some(id), Some(status), Some(flags)) = (d.u32(), d.u32(), d.u32()) {
            self.jobs.entry(id).or_default().ended = Some((status, flags));
        }
    }

    fn request(&mut self, payload: &[u8], patience: Duration) -> Result<Vec<u8>, Lost> {
        let mut frame = header(payload).to_vec();
        frame.extend(payload);
        let deadline = Instant::now() + patience;
        let mut segments = frame.chunks(SEGMENT).peekable();
        while let Some(segment) = segments.next() {
            if self.vm.line.send(segment).is_err() {
                return Err(self.lost("the machine went away"));
            }
            if segments.peek().is_some() {
                self.await_event(Event::Ack, deadline)?;
            }
        }
        self.await_event(Event::Reply, deadline)
    }

    /// A request whose reply is more than an errno goes on in `read`.
    fn ask<T>(
        &mut self,
        request: Request,
        fields: impl FnOnce(&mut Encoder<'_>),
        read: impl FnOnce(&mut Decoder<'_>) -> Option<T>,
    ) -> Answer<T> {
        let mut buf = vec![0; MAX_PAYLOAD];
        let mut e = Encoder::new(&mut buf, request as u8);
        fields(&mut e);
        let Some(payload) = e.finish() else {
            // Larger than a frame: as the kernel would put it.
            return Ok(Err(Errno(7)));
        };
        let reply = self.request(payload, PATIENCE)?;
        let mut d = Decoder::new(&reply);
        match d.u32() {
            Some(0) => match read(&mut d) {
                Some(value) => Ok(Ok(value)),
                None => Err(Lost("the guest's reply is cut short".into())),
            },
            Some(errno) => Ok(Err(Errno(errno))),
            None => Err(Lost("the guest's reply is cut short".into())),
        }
    }

    fn tell(&mut self, request: Request, fields: impl FnOnce(&mut Encoder<'_>)) -> Answer<()> {
        self.ask(request, fields, |_| Some(()))
    }

    /// kldload(2) of a name or path. linux64.ko does not recognize static programs that are
    /// marked with nothing: the kernel's brand of last resort helps it, and it alone.
    pub(crate) fn kldload(&mut self, file: &str) -> Answer<()> {
        let loaded = self.tell(Request::KldLoad, |e| {
            e.str(file);
        })?;
        let brand = if file.contains("linux64") { "3" } else { "-1" };
        if loaded.is_ok() && file.contains("linux") {
            self.set_sysctl("kern.elf64.fallback_brand", brand)?.ok();
        }
        Ok(loaded)
    }

    /// kldunload(2) by name.
    pub(crate) fn kldunload(&mut self, name: &str, force: bool) -> Answer<()> {
        self.tell(Request::KldUnload, |e| {
            e.str(name).u32(u32::from(force));
        })
    }

    /// Whether a module's file is loaded.
    pub(crate) fn is_loaded(&mut self, name: &str) -> Result<bool, Lost> {
        let answer = self.tell(Request::KldFind, |e| {
            e.str(name);
        })?;
        Ok(answer.is_ok())
    }

    /// A sysctl's value, as text.
    pub(crate) fn sysctl(&mut self, name: &str) -> Answer<String> {
        self.ask(
            Request::SysctlGet,
            |e| {
                e.str(name);
            },
            |d| {
                let format = d.bytes()?.to_vec();
                Some(sysctl_text(&format, d.bytes()?))
            },
        )
    }

    /// Sets a sysctl from text, whatever its type.
    pub(crate) fn set_sysctl(&mut self, name: &str, text: &str) -> Answer<()> {
        self.tell(Request::SysctlSet, |e| {
            e.str(name).str(text);
        })
    }

    /// nmount(2).
    pub(crate) fn mount(&mut self, options: &[(&str, &str)]) -> Answer<()> {
        self.tell(Request::Mount, |e| {
            e.u32(0).u32(options.len() as u32);
            for (name, value) in options {
                e.str(name).str(value);
            }
        })
    }

    /// unmount(2).
    pub(crate) fn unmount(&mut self, path: &str, force: bool) -> Answer<()> {
        const MNT_FORCE: u32 = 0x8_0000;
        self.tell(Request::Unmount, |e| {
            e.str(path).u32(if force { MNT_FORCE } else { 0 });
        })
    }

    /// Writes a file; long ones in pieces.
    pub(crate) fn write(&mut self, path: &str, content: &[u8], append: bool) -> Answer<()> {
        let mut append = append;
        let pieces = content.chunks(MAX_PAYLOAD / 2).collect::<Vec<_>>();
        for piece in if pieces.is_empty() {
            vec![&[][..]]
        } else {
            pieces
        } {
            let answer = self.tell(Request::WriteFile, |e| {
                e.str(path).u32(0o644).u32(u32::from(append)).bytes(piece);
            })?;
            if answer.is_err() {
                return Ok(answer);
            }
            append = true;
        }
        Ok(Ok(()))
    }

    /// A whole file.
    pub(crate) fn read(&mut self, path: &str) -> Answer<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let offset = all.len() as u64;
            let piece = self.ask(
                Request::ReadFile,
                |e| {
                    e.str(path).u64(offset);
                },
                |d| d.bytes().map(<[u8]>::to_vec),
            )?;
            match piece {
                Ok(piece) if piece.is_empty() => return Ok(Ok(all)),
                Ok(piece) => all.extend(piece),
                Err(errno) => return Ok(Err(errno)),
            }
        }
    }

    /// Whether there is such a file or folder.
    pub(crate) fn exists(&mut self, path: &str) -> Result<bool, Lost> {
        const EISDIR: Errno = Errno(21);
        let first = self.ask(
            Request::ReadFile,
            |e| {
                e.str(path).u64(0);
            },
            |d| d.bytes().map(drop),
        )?;
        Ok(matches!(first, Ok(()) | Err(EISDIR)))
    }

    /// A folder, and those above it.
    pub(crate) fn make_dirs(&mut self, path: &str) -> Answer<()> {
        self.tell(Request::MkDir, |e| {
            e.str(path);
        })
    }

    /// unlink(2).
    pub(crate) fn unlink(&mut self, path: &str) -> Answer<()> {
        self.tell(Request::Unlink, |e| {
            e.str(path);
        })
    }

    /// Allocations and bytes that each malloc(9) type holds now.
    pub(crate) fn memory_types(&mut self) -> Answer<BTreeMap<String, (u64, u64)>> {
        self.ask(
            Request::MallocTypes,
            |_| {},
            |d| {
                let mut types = BTreeMap::new();
                while !d.is_empty() {
                    let name = String::from_utf8_lossy(d.bytes()?).into_owned();
                    types.insert(name, (d.u64()?, d.u64()?));
                }
                Some(types)
            },
        )
    }

    /// Ends every program there is.
    pub(crate) fn clean(&mut self) -> Result<(), Lost> {
        self.tell(Request::Clean, |_| {})?.ok();
        self.jobs.clear();
        Ok(())
    }

    /// Switches the machine off.
    pub(crate) fn power_off(mut self) {
        let mut buf = [0; 8];
        if let Some(payload) = Encoder::new(&mut buf, Request::PowerOff as u8).finish() {
            self.request(payload, Duration::from_secs(5)).ok();
        }
        self.vm.wait(Duration::from_secs(10));
    }
}

/// A sysctl's bytes as sysctl(8) would print them.
fn sysctl_text(format: &[u8], value: &[u8]) -> String {
    let kind = format.first().map_or(0, |k| k & 0xf);
    let number = |width: usize| -> Option<u64> {
        let mut bytes = [0; 8];
        bytes.get_mut(..width)?.copy_from_slice(value.get(..width)?);
        Some(u64::from_le_bytes(bytes))
    };
    let text = match kind {
        2 | 0xe => number(4).map(|n| (n as u32).cast_signed().to_string()),
        6 | 0xf => number(4).map(|n| n.to_string()),
        4 | 7 => number(8).map(|n| n.cast_signed().to_string()),
        8 | 9 => number(8).map(|n| n.to_string()),
        0xa => number(1).map(|n| n.to_string()),
        0xb => number(2).map(|n| n.to_string()),
        0xc => number(1).map(|n| (n as u8).cast_signed().to_string()),
        0xd => number(2).map(|n| (n as u16).cast_signed().to_string()),
        _ => None,
    };
    text.unwrap_or_else(|| {
        let end = value.iter().position(|&b| b == 0).unwrap_or(value.len());
        String::from_utf8_lossy(value.get(..end).unwrap_or_default()).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctls_print_by_their_type() {
        assert_eq!(sysctl_text(&[2, 0, 0, 0x80], &[0xff; 4]), "-1");
        assert_eq!(sysctl_text(&[6], &[0xff; 4]), u32::MAX.to_string());
        assert_eq!(sysctl_text(&[3], b"5.15.0\0"), "5.15.0");
        assert_eq!(sysctl_text(&[2], b""), "");
    }
}
