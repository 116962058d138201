// SPDX-License-Identifier: BSD-2-Clause
//! Graphics: the drivers are Linux's, with their commands and structures (drm/drm.h).

pub(super) use super::same::ioctl;
