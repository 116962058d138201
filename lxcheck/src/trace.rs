// SPDX-License-Identifier: BSD-2-Clause
//! Follows a program and all it starts, from stop to stop.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Result};

use crate::sys::{self, Child, Stop, Syscall, Tid};
use crate::tally::Tally;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this status.
    Exited(i32),
    /// By this signal; true if it left a core.
    Killed(i32, bool),
    /// It still runs; lxcheck let go of it.
    LetGo,
}

/// What was seen beside the calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// How the program ended.
    pub(crate) ending: Ending,
    /// How many processes there were.
    pub(crate) processes: u64,
    /// How many threads beside the first of each.
    pub(crate) threads: u64,
}

struct Tracer<'a> {
    tally: &'a mut Tally,
    /// Whose end is the program's.
    main: Tid,
    /// Whether a filter stops calls, so that nothing but [`sys::cont`] is needed.
    filtered: bool,
    /// Whether the program itself runs: not before its first exec.
    started: bool,
    live: HashSet<Tid>,
    leaving: bool,
    seen: Seen,
}

/// Follows a program from its first exec to the end of all its processes.
pub(crate) fn run(child: &Child, tally: &mut Tally) -> Result<Seen> {
    let mut tracer = Tracer::new(tally, child.tid, child.filtered, false);
    tracer.live.insert(child.tid);
    child.start()?;
    tracer.follow(false)
}

/// Follows a process that runs already until it ends or a signal interrupts us.
pub(crate) fn attach(pid: Tid, tally: &mut Tally) -> Result<Seen> {
    let mut tracer = Tracer::new(tally, pid, false, true);
    // Threads that are born meanwhile show up in the next look.
    loop {
        let mut found = false;
        for entry in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
            let Some(tid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            if tracer.live.contains(&tid) {
                continue;
            }
            match sys::seize(tid, false) {
                Ok(()) => {
                    tracer.live.insert(tid);
                    sys::interrupt(tid)?;
                    found = true;
                }
                // It ended, or its parent's seizing caught it as well.
                Err(_) if !tracer.live.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        if !found {
            break;
        }
    }
    tracer.follow(true)
}

impl<'a> Tracer<'a> {
    fn new(tally: &'a mut Tally, main: Tid, filtered: bool, started: bool) -> Tracer<'a> {
        Tracer {
            tally,
            main,
            filtered,
            started,
            live: HashSet::new(),
            leaving: false,
            seen: Seen {
                ending: Ending::LetGo,
                processes: 1,
                threads: 0,
            },
        }
    }

    fn follow(mut self, attached: bool) -> Result<Seen> {
        loop {
            match sys::wait() {
                Ok(None) => break,
                Ok(Some((tid, stop))) => {
                    self.stopped(tid, stop);
                    if self.leaving && self.live.is_empty() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            // While the program runs, the terminal's signals are for it.
            if sys::interrupted() && (attached || self.seen.ending != Ending::LetGo) {
                self.leave();
            }
        }
        Ok(self.seen)
    }

    /// Stops all of them, so that each can be let go when it says so.
    fn leave(&mut self) {
        self.leaving = true;
        self.live.retain(|tid| sys::interrupt(*tid).is_ok());
    }

    /// A request fails when the tracee was killed meanwhile; its end is reported next.
    fn stopped(&mut self, tid: Tid, stop: Stop) {
        let ended = matches!(stop, Stop::Exited(_) | Stop::Killed(..));
        if !ended {
            self.live.insert(tid);
        }
        let resumed = match stop {
            Stop::Filter | Stop::Syscall => self.at_call(tid),
            Stop::Born(process) => {
                if process {
                    self.seen.processes += 1;
                } else {
                    self.seen.threads += 1;
                }
                self.go_on(tid, 0)
            }
            Stop::Executed => {
                // The other threads are gone without a word; the caller has the leader's id now.
                self.started = true;
                self.go_on(tid, 0)
            }
            Stop::Group(libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
                if !self.leaving =>
            {
                sys::listen(tid)
            }
            Stop::Signal(signal) => self.go_on(tid, signal),
            Stop::Group(_) | Stop::Other => self.go_on(tid, 0),
            Stop::Exited(_) | Stop::Killed(..) => {
                self.ended(tid, stop);
                Ok(())
            }
        };
        // ESRCH: killed.
        drop(resumed);
    }

    fn ended(&mut self, tid: Tid, stop: Stop) {
        self.live.remove(&tid);
        self.tally.forget(tid);
        if tid == self.main {
            self.seen.ending = match stop {
                Stop::Killed(signal, core) => Ending::Killed(signal, core),
                Stop::Exited(status) => Ending::Exited(status),
                _ => Ending::LetGo,
            };
        }
    }

    fn go_on(&mut self, tid: Tid, signal: i32) -> Result<()> {
        if self.leaving {
            self.live.remove(&tid);
            sys::detach(tid, signal)
        } else if self.filtered {
            sys::cont(tid, signal)
        } else {
            sys::cont_to_syscall(tid, signal)
        }
    }

    fn at_call(&mut self, tid: Tid) -> Result<()> {
        let mut wants_answer = false;
        match sys::syscall(tid)? {
            Syscall::Entry {
                native,
                number,
                registers,
            } => {
                if !self.started && number == u64::from(linux_abi::decode::EXECVE) {
                    self.started = true;
                }
                if self.started {
                    wants_answer = self.tally.enter(tid, native, number, registers);
                }
            }
            Syscall::Exit(value) => self.tally.answer(tid, value),
            Syscall::None => {}
        }
        if wants_answer && !self.leaving {
            sys::cont_to_syscall(tid, 0)
        } else {
            self.go_on(tid, 0)
        }
    }
}
