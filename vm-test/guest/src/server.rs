// SPDX-License-Identifier: BSD-2-Clause
//! The main loop: requests from the host, output and ends of programs.

use crate::file;
use crate::host::Host;
use crate::job::Job;
use crate::memory;
use crate::network;
use crate::sys::{self, Errno, KEvent, Result};
use crate::sysctl;
use guest_wire::{Decoder, Encoder, Event, Request};

const MAX_JOBS: usize = 16;
/// RB_NOSYNC | RB_POWEROFF: the disk image is thrown away.
const POWER_OFF: u32 = 0x4 | 0x4000;
const LONGEST_WAIT_MS: u64 = 1000;

struct Server {
    host: Host,
    kq: sys::Fd,
    jobs: [Option<Job>; MAX_JOBS],
}

/// Never returns: /init must not end.
pub(crate) fn run() -> ! {
    sys::umask(0o022);
    // The kernel starts /init without any open file.
    for _ in 0..3 {
        sys::open(c"/dev/console", sys::O_RDWR, 0).ok();
    }
    let failed = match prepare() {
        Ok(mut server) => server.serve(),
        Err(e) => e,
    };
    sys::write_all(2, b"vm-test: /init cannot reach the host: errno ").ok();
    let digits = [
        b'0' + (failed.0 / 100 % 10) as u8,
        b'0' + (failed.0 / 10 % 10) as u8,
        b'0' + (failed.0 % 10) as u8,
        b'\n',
    ];
    sys::write_all(2, &digits).ok();
    sys::reboot(POWER_OFF).ok();
    sys::exit(1)
}

fn prepare() -> Result<Server> {
    sys::setsid().ok();
    // A kernel without tmpfs leaves /tmp on the root disk, which does as well.
    file::mount_simple(c"tmpfs", c"/tmp").ok();
    sys::chmod(c"/tmp", 0o1777).ok();
    sys::symlink(c"/tmp", c"/dev/shm").ok();
    network::bring_up_loopback().ok();
    let host = Host::open()?;
    let kq = sys::kqueue()?;
    sys::close_on_exec(kq)?;
    let watch = [
        KEvent {
            ident: host.fd() as u64,
            filter: sys::EVFILT_READ,
            flags: sys::EV_ADD,
            ..KEvent::default()
        },
        KEvent {
            ident: sys::SIGCHLD as u64,
            filter: sys::EVFILT_SIGNAL,
            flags: sys::EV_ADD,
            ..KEvent::default()
        },
    ];
    sys::kevent(kq, &watch, &mut [], 0)?;
    Ok(Server {
        host,
        kq,
        jobs: [const { None }; MAX_JOBS],
    })
}

impl Server {
    /// Returns only when the line to the host is broken.
    fn serve(&mut self) -> Errno {
        loop {
            let now = sys::uptime_ms();
            let wait = self
                .jobs
                .iter()
                .flatten()
                .map(|job| job.due(now))
                .fold(LONGEST_WAIT_MS, u64::min);
            let mut events = [KEvent::default(); 16];
            let count = match sys::kevent(self.kq, &[], &mut events, wait as i64) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0,
                Err(e) => return e,
            };
            let mut from_host = false;
            for event in events.iter().take(count) {
                if event.filter != sys::EVFILT_READ {
                    continue;
                }
                let fd = event.ident as sys::Fd;
                if fd == self.host.fd() {
                    from_host = true;
                    continue;
                }
                for job in self.jobs.iter_mut().flatten() {
                    job.forward(fd, &self.host);
                }
            }
            self.reap();
            self.check();
            if from_host && let Err(e) = self.read_host() {
                return e;
            }
        }
    }

    fn read_host(&mut self) -> Result<()> {
        if self.host.receive()? {
            if self.host.payload().is_none() {
                return Err(Errno::EINVAL);
            }
            self.handle();
            self.host.consume();
        }
        Ok(())
    }

    /// Collects children that ended; false once there are none at all.
    fn reap(&mut self) -> bool {
        loop {
            match sys::reap() {
                Ok(Some((pid, status))) => {
                    for job in self.jobs.iter_mut().flatten() {
                        if job.pid == pid {
                            job.note_end(status);
                        }
                    }
                }
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    fn check(&mut self) {
        let now = sys::uptime_ms();
        for slot in &mut self.jobs {
            if slot.as_mut().is_some_and(|job| job.check(now, &self.host)) {
                *slot = None;
            }
        }
    }

    fn handle(&mut self) {
        let Some(payload) = self.host.payload() else {
            return;
        };
        let request = payload.first().copied().and_then(Request::from_u8);
        let mut d = Decoder::new(payload);
        let Some(request) = request else {
            return self.host.reply(Err(Errno::EINVAL));
        };
        let result = match request {
            Request::Ping => Ok(()),
            Request::Start => return self.start(),
            Request::Kill => self.kill(d),
            Request::KldLoad => d
                .str()
                .ok_or(Errno::EINVAL)
                .and_then(sys::kldload)
                .map(drop),
            Request::KldUnload => unload(d),
            Request::KldFind => d
                .str()
                .ok_or(Errno::EINVAL)
                .and_then(sys::kldfind)
                .map(drop),
            Request::SysctlGet => match sysctl::get(d, &self.host) {
                Ok(()) => return,
                Err(e) => Err(e),
            },
            Request::SysctlSet => sysctl::set(d),
            Request::Mount => file::mount(d),
            Request::Unmount => (|| Some((d.str()?, d.u32()?)))()
                .ok_or(Errno::EINVAL)
                .and_then(|(path, flags)| sys::unmount(path, flags)),
            Request::WriteFile => file::write(d),
            Request::ReadFile => match file::read(d, &self.host) {
                Ok(()) => return,
                Err(e) => Err(e),
            },
            Request::MkDir => d
                .str()
                .ok_or(Errno::EINVAL)
                .and_then(|path| file::make_dirs(path, 0o755)),
            Request::Unlink => d.str().ok_or(Errno::EINVAL).and_then(sys::unlink),
            Request::MallocTypes => match memory::report_types(&self.host) {
                Ok(()) => return,
                Err(e) => Err(e),
            },
            Request::Clean => self.clean(),
            Request::PowerOff => {
                self.host.reply(Ok(()));
                sys::sleep_ms(20);
                return self.host.reply(sys::reboot(POWER_OFF));
            }
        };
        self.host.reply(result);
    }

    fn start(&mut self) {
        let Some(slot) = self.jobs.iter_mut().find(|j| j.is_none()) else {
            return self.host.reply(Err(Errno::EAGAIN));
        };
        let d = Decoder::new(self.host.payload().unwrap_or_default());
        let mut buf = [0; 16];
        let mut e = Encoder::new(&mut buf, Event::Reply as u8);
        match Job::start(d) {
            Ok(job) => {
                sys::kevent(self.kq, &job.events(), &mut [], 0).ok();
                *slot = Some(job);
                e.u32(0);
            }
            Err(refused) => {
                e.u32(refused.errno.0).u32(refused.stage);
            }
        }
        self.host.send(e.finish().unwrap_or_default());
    }

    fn kill(&self, mut d: Decoder<'_>) -> Result<()> {
        let (id, signal) = (|| Some((d.u32()?, d.u32()?)))().ok_or(Errno::EINVAL)?;
        let job = self
            .jobs
            .iter()
            .flatten()
            .find(|job| job.id == id)
            .ok_or(Errno::ENOENT)?;
        sys::kill(-job.pid, signal as i32)
    }

    fn clean(&mut self) -> Result<()> {
        let give_up = sys::uptime_ms() + 5000;
        while self.reap() && sys::uptime_ms() < give_up {
            sys::kill(-1, sys::SIGKILL).ok();
            sys::sleep_ms(2);
        }
        Ok(())
    }
}

fn unload(mut d: Decoder<'_>) -> Result<()> {
    let (name, force) = (|| Some((d.str()?, d.u32()?)))().ok_or(Errno::EINVAL)?;
    sys::kldunload(sys::kldfind(name)?, force != 0)
}
