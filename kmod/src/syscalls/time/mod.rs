// SPDX-License-Identifier: BSD-2-Clause
//! Clocks, sleeps and timers.

mod adjust;
mod clock;
mod day;
mod itimer;
mod sleep;
mod timer;

pub(crate) use adjust::*;
pub(crate) use clock::*;
pub(crate) use day::*;
pub(crate) use itimer::*;
pub(crate) use sleep::*;
pub(crate) use timer::*;
