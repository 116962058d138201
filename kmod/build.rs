// SPDX-License-Identifier: BSD-2-Clause
//! Generates the entry doors from syscalls.master and builds the vDSO.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "build/vdso.rs"]
mod vdso;

const MASTER: &str = "../syscalls.master";

fn var(name: &str) -> String {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: build the module with `make`"))
}

fn doors(out: &Path) {
    println!("cargo::rerun-if-changed={MASTER}");
    let text =
        fs::read_to_string(MASTER).expect("syscalls.master is at the top of the source tree");
    let table = match syscalls_master::parse(&text) {
        Ok(table) => table,
        Err(error) => panic!("syscalls.master: {error}"),
    };
    fs::write(
        out.join("doors.rs"),
        syscalls_master::generate::kernel(&table),
    )
    .expect("OUT_DIR is writable");
}

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    doors(&out);
    let includes: Vec<PathBuf> = env::split_paths(&var("LINUX_RS_KERNEL_INCLUDE")).collect();
    if let Err(error) = vdso::build(
        &out,
        &includes,
        &var("LINUX_RS_CLANG"),
        &var("LINUX_RS_LLD"),
    ) {
        panic!("the vDSO: {error}");
    }
}
