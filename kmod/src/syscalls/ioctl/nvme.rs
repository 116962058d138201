// SPDX-License-Identifier: BSD-2-Clause
//! NVMe: nvme(4) takes Linux's commands and structures (linux/nvme_ioctl.h).

pub(super) use super::same::ioctl;
