// SPDX-License-Identifier: BSD-2-Clause
//! How a timer tells that it ran out: sigevent(7) as timer_create(2) reads it.

use linux_raw_sys::general as linux;

use crate::bsd;
use crate::c::l_sigevent;
use crate::errno::Errno;
use crate::signal::LinuxSignal;

/// The fields of FreeBSD's `struct sigevent` that the kernel reads.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct BsdSigevent {
    /// `sigev_notify`.
    pub notify: i32,
    /// `sigev_signo`.
    pub signo: i32,
    /// `sigev_value.sival_ptr`.
    pub value: u64,
    /// The Linux thread id the signal is for, with SIGEV_THREAD_ID.
    pub thread: Option<i32>,
}

/// Reads a sigevent; EINVAL for an unknown way to notify or signal.
///
/// SIGEV_THREAD is the C library's business: to the kernel it is SIGEV_SIGNAL.
pub fn sigevent_to_bsd(event: &l_sigevent) -> Result<BsdSigevent, Errno> {
    let (notify, thread) = match event.sigev_notify.cast_unsigned() {
        linux::SIGEV_NONE => {
            return Ok(BsdSigevent {
                notify: bsd::SIGEV_NONE,
                signo: 0,
                value: event.sigev_value,
                thread: None,
            });
        }
        linux::SIGEV_SIGNAL | linux::SIGEV_THREAD => (bsd::SIGEV_SIGNAL, None),
        linux::SIGEV_THREAD_ID => (bsd::SIGEV_THREAD_ID, Some(event.sigev_notify_thread_id)),
        _ => return Err(Errno::EINVAL),
    };
    let signal = LinuxSignal::parse(event.sigev_signo)?;
    Ok(BsdSigevent {
        notify,
        signo: signal.to_bsd().number(),
        value: event.sigev_value,
        thread,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(notify: i32, signo: i32) -> l_sigevent {
        l_sigevent {
            sigev_value: 7,
            sigev_signo: signo,
            sigev_notify: notify,
            sigev_notify_thread_id: 42,
            ..l_sigevent::default()
        }
    }

    /// The numbers differ between the systems; only one way names a thread.
    #[test]
    fn ways_to_notify() {
        let signal = sigevent_to_bsd(&event(0, 10)).unwrap();
        assert_eq!((signal.notify, signal.signo), (1, 30));
        assert_eq!((signal.value, signal.thread), (7, None));
        assert_eq!(sigevent_to_bsd(&event(2, 10)), Ok(signal));
        assert_eq!(sigevent_to_bsd(&event(1, 999)).unwrap().notify, 0);
        let thread = sigevent_to_bsd(&event(4, 64)).unwrap();
        assert_eq!((thread.notify, thread.thread), (4, Some(42)));
    }

    /// sigevent(7), timer_create(2): EINVAL.
    #[test]
    fn refusals() {
        for (notify, signo) in [(3, 10), (5, 10), (-1, 10), (0, 0), (0, 65), (4, -1)] {
            assert_eq!(sigevent_to_bsd(&event(notify, signo)), Err(Errno::EINVAL));
        }
    }
}
