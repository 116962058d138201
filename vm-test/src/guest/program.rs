// SPDX-License-Identifier: BSD-2-Clause
//! Programs in the guest: how they start, are waited for, and end.

use super::{Answer, Errno, Guest, Lost, PATIENCE};
use crate::expect::{Outcome, Status};
use crate::numbers::System;
use guest_wire::{Decoder, Encoder, Event, MAX_PAYLOAD, Request, exit, jail, stage, start};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A program that did not start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) errno: Errno,
    pub(crate) stage: u32,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.stage {
            stage::JAIL => "its jail was refused",
            stage::EXEC => "execve failed",
            _ => "it could not be started",
        };
        write!(f, "{what}: {}", self.errno)
    }
}

/// A value of a jail parameter.
#[derive(Debug, Clone)]
pub(crate) enum Param {
    Flag,
    Text(String),
    Int(u32),
}

/// A program to start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) argv: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) stdin: Vec<u8>,
    /// The folder that is its `/`, if not the guest's own.
    pub(crate) root: Option<String>,
    /// `None`: a fresh folder.
    pub(crate) cwd: Option<String>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) jail: Vec<(String, Param)>,
    /// 0 for none.
    pub(crate) timeout_s: u32,
    pub(crate) on_console: bool,
}

impl Guest {
    /// Starts a program; [`Self::finish`] waits for its end.
    pub(crate) fn start(&mut self, program: &Program) -> Result<Result<u32, Refused>, Lost> {
        let id = self.next_id;
        self.next_id += 1;
        let mut flags = 0;
        if program.on_console {
            flags |= start::CONSOLE;
        }
        let cwd = program.cwd.clone().unwrap_or_else(|| {
            flags |= start::MAKE_CWD;
            format!("/tmp/case-{id}")
        });
        let mut buf = vec![0; MAX_PAYLOAD];
        let mut e = Encoder::new(&mut buf, Request::Start as u8);
        e.u32(id).u32(flags).u32(program.uid).u32(program.gid);
        e.u32(program.timeout_s * 1000);
        e.str(program.root.as_deref().unwrap_or_default());
        e.str(&cwd).bytes(&program.stdin);
        e.u32(program.jail.len() as u32);
        for (name, value) in &program.jail {
            e.str(name);
            match value {
                Param::Flag => e.u32(jail::FLAG),
                Param::Text(text) => e.u32(jail::TEXT).str(text),
                Param::Int(n) => e.u32(jail::INT).u32(*n),
            };
        }
        e.u32(program.argv.len() as u32);
        for arg in &program.argv {
            e.str(arg);
        }
        e.u32(program.env.len() as u32);
        for (name, value) in &program.env {
            e.str(&format!("{name}={value}"));
        }
        let Some(payload) = e.finish() else {
            return Ok(Err(Refused {
                errno: Errno(7),
                stage: stage::SETUP,
            }));
        };
        let reply = self.request(payload, PATIENCE)?;
        let mut d = Decoder::new(&reply);
        match (d.u32(), d.u32()) {
            (Some(0), _) => {
                self.jobs.entry(id).or_default();
                Ok(Ok(id))
            }
            (Some(errno), stage) => Ok(Err(Refused {
                errno: Errno(errno),
                stage: stage.unwrap_or(stage::SETUP),
            })),
            _ => Err(Lost("the guest's reply is cut short".into())),
        }
    }

    /// Waits for the end of a program; `limit` is on top of the guest's own.
    pub(crate) fn finish(&mut self, id: u32, limit: Option<Duration>) -> Result<Outcome, Lost> {
        let far = Duration::from_secs(365 * 24 * 3600);
        let deadline = Instant::now() + limit.map_or(far, |l| l + PATIENCE);
        loop {
            if let Some(job) = self.jobs.get(&id)
                && let Some((raw, flags)) = job.ended
            {
                let job = self.jobs.remove(&id).unwrap_or_default();
                return Ok(Outcome {
                    status: Status {
                        raw,
                        system: System::FreeBsd,
                    },
                    timed_out: flags & exit::TIMED_OUT != 0,
                    truncated: flags & exit::TRUNCATED != 0,
                    stdout: job.stdout,
                    stderr: job.stderr,
                });
            }
            let payload = self.await_event(Event::Exit, deadline)?;
            self.note_exit(&payload);
        }
    }

    /// Waits until a running program has written this, or ended.
    pub(crate) fn await_stdout(
        &mut self,
        id: u32,
        text: &str,
        limit: Duration,
    ) -> Result<bool, Lost> {
        let deadline = Instant::now() + limit;
        loop {
            let job = self.jobs.entry(id).or_default();
            if String::from_utf8_lossy(&job.stdout).contains(text) {
                return Ok(true);
            }
            if job.ended.is_some() || Instant::now() >= deadline {
                return Ok(false);
            }
            // A ping's reply comes after whatever was said before it.
            std::thread::sleep(Duration::from_millis(20));
            self.tell(Request::Ping, |_| {})?.ok();
        }
    }

    /// Signals a program's whole group.
    pub(crate) fn kill(&mut self, id: u32, signal: u32) -> Answer<()> {
        self.tell(Request::Kill, |e| {
            e.u32(id).u32(signal);
        })
    }
}
