// SPDX-License-Identifier: BSD-2-Clause
//! The Rust source that the kernel module includes: numbers, doors, sysent, names.
//!
//! It is to be included in a module that has `c`, `c_int`, `c_void`, `ffi`, `kpi`
//! and the `User...` handles in scope, and whose parent has the functions.

use std::fmt::Write;

use crate::argument::Arg;
use crate::model::{Kind, Row, Table};

const HEAD: &str = "\
// Generated from syscalls.master by crate syscalls_master: change that file, not this one.

/// What a function takes, made from what a register holds.
#[inline(always)]
fn arg<A: Into<B>, B>(from: A) -> B {
    from.into()
}

";

/// The source for the kernel module.
#[must_use]
pub fn kernel(table: &Table) -> String {
    let mut out = String::from(HEAD);
    numbers(table, &mut out);
    for row in table.doors() {
        door(row, &mut out);
    }
    sysent(table, &mut out);
    names(table, &mut out);
    out
}

/// Appends one line. Writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($format:tt)*) => {{
        let _ = writeln!($out, $($format)*);
    }};
}

fn numbers(table: &Table, out: &mut String) {
    line!(out, "/// One more than the highest system call number.");
    line!(
        out,
        "pub const SYS_MAXSYSCALL: usize = {};",
        table.rows.len()
    );
    line!(out);
    line!(
        out,
        "/// The numbers, named as in Linux's `<sys/syscall.h>`."
    );
    line!(out, "pub mod number {{");
    line!(out, "    #![allow(");
    line!(
        out,
        "        dead_code, missing_docs, non_upper_case_globals, unreachable_pub,"
    );
    line!(
        out,
        "        reason = \"the names are C's, and all of them are here\""
    );
    line!(out, "    )]");
    line!(out);
    for row in table.calls() {
        line!(out, "    pub const SYS_{}: u32 = {};", row.name, row.number);
    }
    line!(out, "}}");
    line!(out, "pub use number::*;");
}

fn door(row: &Row, out: &mut String) {
    let name = &row.name;
    let registers = if row.args.is_empty() { "_" } else { "a" };
    line!(out);
    line!(
        out,
        "unsafe extern \"C\" fn door_{name}(td: *mut ffi::thread, uap: *mut c_void) -> c_int {{"
    );
    line!(
        out,
        "    // SAFETY: sy_call is only called by syscallenter with curthread and its own argument array."
    );
    line!(
        out,
        "    let (mut cx, {registers}) = unsafe {{ kpi::door::enter(td, uap) }};"
    );
    if row.args.is_empty() {
        line!(out, "    let r = super::{name}(&mut cx);");
    } else {
        line!(out, "    let r = super::{name}(");
        line!(out, "        &mut cx,");
        for (register, arg) in row.args.iter().enumerate() {
            line!(out, "        arg({}),", from_register(arg, register));
        }
        line!(out, "    );");
    }
    line!(out, "    kpi::door::leave(&cx, r)");
    line!(out, "}}");
}

fn from_register(arg: &Arg, register: usize) -> String {
    // A type with parameters needs `::` before them in an expression.
    let handle = arg.rust_handle().replacen('<', "::<", 1);
    let from_reg = if arg.is_optional() {
        "from_reg_opt"
    } else {
        "from_reg"
    };
    format!("{handle}::{from_reg}(a[{register}])")
}

fn sysent(table: &Table, out: &mut String) {
    let count = table.rows.len();
    line!(out);
    line!(out, "/// Who answers each number.");
    line!(out, "#[unsafe(export_name = \"linux_rs_sysent\")]");
    line!(
        out,
        "pub static SYSENT: kpi::sysvec::SysentTable<{count}> = kpi::sysvec::SysentTable::new(["
    );
    for row in &table.rows {
        let narg = row.args.len();
        let entry = match &row.kind {
            Kind::Std => format!("kpi::sysvec::door({narg}, door_{})", row.name),
            Kind::Native(call) => {
                format!("kpi::sysvec::native({narg}, kpi::native_call!(ffi::sys_{call}))")
            }
            Kind::Unimpl | Kind::Hole => format!("kpi::sysvec::unimplemented({narg})"),
        };
        line!(out, "    {entry}, // {} {}", row.number, display_name(row));
    }
    line!(out, "]);");
}

fn names(table: &Table, out: &mut String) {
    let count = table.rows.len();
    line!(out);
    line!(
        out,
        "/// The name of each number, `#` and the number where Linux has no call."
    );
    line!(out, "#[unsafe(export_name = \"linux_rs_syscallnames\")]");
    line!(
        out,
        "pub static SYSCALL_NAMES: kpi::sysvec::NameTable<{count}> = kpi::sysvec::NameTable::new(["
    );
    for row in &table.rows {
        line!(
            out,
            "    c\"{}\".as_ptr(), // {}",
            display_name(row),
            row.number
        );
    }
    line!(out, "]);");
}

fn display_name(row: &Row) -> String {
    if row.kind == Kind::Hole {
        format!("#{}", row.number)
    } else {
        row.name.clone()
    }
}
