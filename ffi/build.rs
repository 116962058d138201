// SPDX-License-Identifier: BSD-2-Clause
//! Binds the FreeBSD kernel headers and compiles the C shim.
//!
//! The Makefile says where things are:
//! `LINUX_RS_KERNEL_INCLUDE`  header folders, separated by ':'
//! `LINUX_RS_KERNEL_CFLAGS`   the kernel's compiler flags
//! `LINUX_RS_CLANG`           a clang that can target FreeBSD

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn var(name: &str) -> String {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: build the module with `make`, which finds the kernel headers and compiler first")
    })
}

/// The allow-list: (kind, pattern) for each line of allow.txt.
fn allow_list(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| {
            let (kind, pattern) = l.split_once(char::is_whitespace).unwrap_or_else(|| {
                panic!("allow.txt: `{l}` is not `fn|ty|var PATTERN`");
            });
            (kind, pattern.trim())
        })
        .collect()
}

fn main() {
    for f in [
        "wrapper.h",
        "shim.h",
        "shim.c",
        "neighbours.c",
        "pipe.c",
        "netlink.c",
        "mqueue.c",
        "coredump.c",
        "rename.c",
        "socket.c",
        "epoll.c",
        "futex.c",
        "privilege.c",
        "identity.c",
        "abstract.c",
        "vm.c",
        "sockdiag.c",
        "allow.txt",
    ] {
        println!("cargo::rerun-if-changed={f}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let clang = var("LINUX_RS_CLANG");
    let includes = var("LINUX_RS_KERNEL_INCLUDE");
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");

    let mut flags: Vec<String> = var("LINUX_RS_KERNEL_CFLAGS")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    flags.push(format!("-I{here}"));
    flags.extend(includes.split(':').map(|d| format!("-isystem{d}")));

    let wrappers = out.join("static_wrappers");
    let mut builder = bindgen::Builder::default()
        .header("wrapper.h")
        .clang_args(&flags)
        .use_core()
        .ctypes_prefix("::core::ffi")
        .generate_comments(false)
        .derive_debug(false)
        .derive_default(false)
        .layout_tests(true)
        .merge_extern_blocks(true)
        .prepend_enum_name(false)
        .enable_function_attribute_detection()
        .wrap_static_fns(true)
        .wrap_static_fns_path(&wrappers)
        .wrap_static_fns_suffix("__lrs")
        // Variadic inlines and those that take va_list cannot be wrapped.
        .blocklist_function("vprintf|vsnprintf|vlog|.*sbuf_vprintf");
    let allow = fs::read_to_string("allow.txt").expect("ffi/allow.txt is part of the source tree");
    for (kind, pattern) in allow_list(&allow) {
        builder = match kind {
            "fn" => builder.allowlist_function(pattern),
            "ty" => builder.allowlist_type(pattern),
            "var" => builder.allowlist_var(pattern),
            other => panic!("allow.txt: `{other}` is not one of fn, ty, var"),
        };
    }
    builder
        .generate()
        .expect("bindgen read the kernel headers; its message above says which line it could not")
        .write_to_file(out.join("bindings.rs"))
        .expect("OUT_DIR is writable");

    compile(
        &clang,
        &flags,
        &[
            &wrappers.with_extension("c"),
            Path::new("shim.c"),
            Path::new("neighbours.c"),
            Path::new("pipe.c"),
            Path::new("netlink.c"),
            Path::new("mqueue.c"),
            Path::new("coredump.c"),
            Path::new("rename.c"),
            Path::new("socket.c"),
            Path::new("epoll.c"),
            Path::new("futex.c"),
            Path::new("privilege.c"),
            Path::new("identity.c"),
            Path::new("abstract.c"),
            Path::new("vm.c"),
            Path::new("sockdiag.c"),
        ],
    );
}

fn compile(clang: &str, flags: &[String], sources: &[&Path]) {
    let mut build = cc::Build::new();
    build
        .compiler(clang)
        .no_default_flags(true)
        .warnings(false)
        .inherit_rustflags(false);
    for flag in flags {
        build.flag(flag);
    }
    build
        .flag("-O2")
        .flag("-Werror=implicit-function-declaration");
    for source in sources {
        build.file(source);
    }
    build.compile("linux_rs_shim");
}
