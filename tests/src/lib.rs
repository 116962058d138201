// SPDX-License-Identifier: BSD-2-Clause
//! Host tests, all of them under `tests/`: the translation tables against their
//! sources of truth, and the vDSO image.
