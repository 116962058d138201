// SPDX-License-Identifier: BSD-2-Clause
//! Raw bindings to the FreeBSD 15.0 kernel: what bindgen makes of the headers,
//! and the C shim for macros. No policy, no safety: `kpi` is the only user.
#![no_std]
#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unsafe_op_in_unsafe_fn,
    unreachable_pub,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "generated from C headers, under the names the kernel gives them"
)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
