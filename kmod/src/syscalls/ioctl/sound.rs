// SPDX-License-Identifier: BSD-2-Clause
//! Sound: OSS, which both systems took over.
//!
//! FreeBSD: dsp_ioctl (dsp.c), mixer_ioctl (mixer.c).
//! Differences from Linux: the timer's commands (SNDCTL_TMR_*), whose numbers are the terminals', do not exist.

use kpi::kern::info::oss_version;
use kpi::{Cx, Result, UserOut};
use linux_abi::device::l_mixer_info;
use linux_abi::ioctl as linux;
use linux_abi::pod::Pod;

use super::Request;
use super::same::{self, told};

pub(super) fn ioctl(cx: &mut Cx<'_>, r: &Request) -> Result<Option<i32>> {
    match r.command {
        linux::OSS_GETVERSION => {
            // Whether it is such a device, the device says.
            same::ioctl(cx, r)?;
            let version = oss_version(cx);
            UserOut::<i32>::from_reg(r.arg.raw()).write(cx, &version)?;
            told(Ok(0))
        }
        linux::SOUND_MIXER_INFO => {
            same::ioctl(cx, r)?;
            let mut info = l_mixer_info::ZERO;
            let id = info.id.iter_mut().zip(b"OSS");
            let name = info.name.iter_mut().zip(b"FreeBSD OSS Mixer");
            for (to, from) in id.chain(name) {
                *to = *from;
            }
            UserOut::<l_mixer_info>::from_reg(r.arg.raw()).write(cx, &info)?;
            told(Ok(0))
        }
        _ => same::ioctl(cx, r),
    }
}
