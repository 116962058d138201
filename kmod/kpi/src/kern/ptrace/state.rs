// SPDX-License-Identifier: BSD-2-Clause
//! What is kept of a thread that is traced.

use core::cell::Cell;

use linux_abi::ptrace::{Event, Resume, options, stop_status};
use linux_abi::signal::{BsdSignal, LinuxSignal};

/// Why a tracee is stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is about to get a signal.
    Signal,
    /// Before a system call.
    SyscallEntry,
    /// After one.
    SyscallExit,
    /// PTRACE_EVENT_*.
    Event,
    /// A stop signal took effect.
    Group,
}

/// A stop of a tracee.
#[derive(Clone, Copy)]
pub(crate) struct Stop {
    pub(crate) kind: Kind,
    pub(crate) signal: LinuxSignal,
    pub(crate) event: Event,
}

impl Stop {
    pub(crate) const fn signal(signal: LinuxSignal) -> Stop {
        Stop {
            kind: Kind::Signal,
            signal,
            event: Event::None,
        }
    }

    /// The end by a signal, which is about to be got.
    pub(crate) const fn dying() -> Stop {
        Stop {
            kind: Kind::Signal,
            signal: LinuxSignal::SIGTRAP,
            event: Event::Exit,
        }
    }

    pub(crate) const fn event(event: Event) -> Stop {
        Stop {
            kind: Kind::Event,
            signal: LinuxSignal::SIGTRAP,
            event,
        }
    }

    /// Whether a system call is about to be made, which the tracer may change.
    pub(crate) fn is_before_call(self) -> bool {
        self.kind == Kind::SyscallEntry || self.event == Event::Seccomp
    }

    pub(crate) const fn syscall(kind: Kind) -> Stop {
        Stop {
            kind,
            signal: LinuxSignal::SIGTRAP,
            event: Event::None,
        }
    }
}

/// A thread's tracing, all fields under PROC_LOCK of its process.
pub(crate) struct Trace {
    /// Whether the thread is traced by the Linux process that is its parent for the time.
    pub(crate) traced: Cell<bool>,
    /// By PTRACE_SEIZE, and not PTRACE_ATTACH or PTRACE_TRACEME.
    pub(crate) seized: Cell<bool>,
    /// PTRACE_O_*.
    pub(crate) options: Cell<u32>,
    /// How the tracer let it go on.
    pub(crate) mode: Cell<Resume>,
    /// The stop it is in, in the tracer's eyes.
    pub(crate) stop: Cell<Option<Stop>>,
    /// Whether a wait has still to tell of that stop.
    pub(crate) untold: Cell<bool>,
    /// A stop is due that is no signal's: PTRACE_INTERRUPT, or its first stop.
    pub(crate) interrupted: Cell<bool>,
    /// PTRACE_LISTEN: a SIGCONT ends the stop it is in.
    pub(crate) listening: Cell<bool>,
    /// Its registers were set in the midst of a system call, which shall leave them alone.
    pub(crate) rewritten: Cell<bool>,
    /// An event that it stops itself for, until the tracer has seen it.
    pub(crate) own_event: Cell<Event>,
    /// What a system call gives that the tracer has taken away at PTRACE_EVENT_SECCOMP.
    pub(crate) skipped: Cell<u64>,
    /// What PTRACE_GETEVENTMSG answers.
    pub(crate) message: Cell<u64>,
    /// The signal it dies of once the tracer has seen PTRACE_EVENT_EXIT.
    pub(crate) dying: Cell<Option<BsdSignal>>,
    /// PTRACE_SETSIGINFO has changed what the signal it stopped for tells.
    pub(crate) retold: Cell<bool>,
}

impl Trace {
    pub(crate) const fn new() -> Trace {
        Trace {
            traced: Cell::new(false),
            seized: Cell::new(false),
            options: Cell::new(0),
            mode: Cell::new(Resume::Continue),
            stop: Cell::new(None),
            untold: Cell::new(false),
            interrupted: Cell::new(false),
            listening: Cell::new(false),
            rewritten: Cell::new(false),
            own_event: Cell::new(Event::None),
            skipped: Cell::new(0),
            message: Cell::new(0),
            dying: Cell::new(None),
            retold: Cell::new(false),
        }
    }

    /// Becomes traced.
    pub(crate) fn begin(&self, seized: bool, options: u32) {
        self.end();
        self.traced.set(true);
        self.seized.set(seized);
        self.options.set(options);
    }

    /// Is traced no more.
    pub(crate) fn end(&self) {
        self.traced.set(false);
        self.seized.set(false);
        self.options.set(0);
        self.mode.set(Resume::Continue);
        self.stop.set(None);
        self.untold.set(false);
        self.interrupted.set(false);
        self.listening.set(false);
        self.own_event.set(Event::None);
        self.dying.set(None);
        self.retold.set(false);
    }

    /// What a child that is traced from its start takes over.
    pub(crate) fn hand_down(&self, child: &Trace) {
        child.begin(self.seized.get(), self.options.get());
        child.interrupted.set(self.seized.get());
    }

    pub(crate) fn has(&self, option: u32) -> bool {
        self.traced.get() && self.options.get() & option != 0
    }

    /// Stops, to be told of.
    pub(crate) fn set_stop(&self, stop: Stop) {
        self.stop.set(Some(stop));
        self.listening.set(false);
        self.untold.set(true);
    }

    /// The status of a stop.
    pub(crate) fn status(&self, stop: Stop) -> i32 {
        let syscall = matches!(stop.kind, Kind::SyscallEntry | Kind::SyscallExit);
        let sysgood = syscall && self.options.get() & options::SYSGOOD != 0;
        // A group-stop of who was seized is told apart by the event.
        let event = if stop.kind == Kind::Group && self.seized.get() {
            Event::Stop
        } else {
            stop.event
        };
        stop_status(stop.signal, sysgood, event)
    }
}
