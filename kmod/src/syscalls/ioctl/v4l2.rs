// SPDX-License-Identifier: BSD-2-Clause
//! Video devices: webcamd(8) has Linux's commands and structures (linux/videodev2.h).

pub(super) use super::same::ioctl;
