// SPDX-License-Identifier: BSD-2-Clause
//! The generated kernel source: its text, and that rustc takes it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use syscalls_master::{ArgType, Shape, Table, generate, parse, parse_rows};

const MASTER: &str = include_str!("../../../syscalls.master");

const EACH_KIND: &str = "\
0 AUE_NULL NOPROTO {
	ssize_t read(
	    l_uint fd,
	    _Out_writes_bytes_(n) void *buf,
	    l_size_t n
	);
}
; supported
1 AUE_NULL STD {
	int linux_pipe2(
	    _Out_writes_(2) l_int *fildes,
	    l_int flags
	);
}
; supported
2 AUE_NULL STD {
	int linux_numbers(
	    l_int a,
	    l_mode_t b,
	    l_off_t c,
	    l_size_t d,
	    l_dev_t e,
	    void *f
	);
}
; supported
3 AUE_NULL STD {
	int linux_objects(
	    _In_ const struct l_a *a,
	    _Out_opt_ struct l_b *b,
	    _Inout_ l_sigset_t *c,
	    _In_reads_opt_(2) const struct l_d *d,
	    _In_z_ const char *e,
	    _In_z_opt_ const char *f
	);
}
; supported
4 AUE_NULL STD {
	int linux_arrays(
	    _In_reads_(n) const struct l_a *a,
	    _Out_writes_opt_(n) l_int *b,
	    _Inout_updates_(n) l_ulong *c,
	    _In_reads_bytes_(n) const void *d,
	    _Out_writes_bytes_opt_(n) void *e,
	    _In_z_opt_ const char *const *f
	);
}
; supported
5-6 AUE_NULL RESERVED
7 AUE_NULL UNIMPL {
	int linux_later(
	    l_int a
	);
}
; unsupported: not written yet
8 AUE_NULL STD {
	int linux_fork(void);
}
; supported
";

fn small() -> Table {
    Table {
        rows: parse_rows(EACH_KIND).unwrap(),
    }
}

#[test]
fn the_door_of_pipe2() {
    let door = "
unsafe extern \"C\" fn door_pipe2(td: *mut ffi::thread, uap: *mut c_void) -> c_int {
    // SAFETY: sy_call is only called by syscallenter with curthread and its own argument array.
    let (mut cx, a) = unsafe { kpi::door::enter(td, uap) };
    let r = super::pipe2(
        &mut cx,
        arg(UserOut::<[c::l_int; 2]>::from_reg(a[0])),
        arg(c::CInt::from_reg(a[1])),
    );
    kpi::door::leave(&cx, r)
}
";
    let source = generate::kernel(&small());
    assert!(source.contains(door), "{source}");
}

#[test]
fn every_kind_of_argument() {
    let source = generate::kernel(&small());
    for text in [
        "c::CInt::from_reg(a[0])",
        "c::CUint::from_reg(a[1])",
        "c::CLong::from_reg(a[2])",
        "c::CUlong::from_reg(a[3])",
        "c::CUint::from_reg(a[4])",
        "UserAddr::from_reg(a[5])",
        "UserIn::<c::l_a>::from_reg(a[0])",
        "UserOut::<c::l_b>::from_reg_opt(a[1])",
        "UserInOut::<c::l_sigset_t>::from_reg(a[2])",
        "UserIn::<[c::l_d; 2]>::from_reg_opt(a[3])",
        "UserCStr::from_reg(a[4])",
        "UserCStr::from_reg_opt(a[5])",
        "UserArrayIn::<c::l_a>::from_reg(a[0])",
        "UserArrayOut::<c::l_int>::from_reg_opt(a[1])",
        "UserArrayInOut::<c::l_ulong>::from_reg(a[2])",
        "UserBytesIn::from_reg(a[3])",
        "UserBytesOut::from_reg_opt(a[4])",
        "UserArrayIn::<c::l_ulong>::from_reg_opt(a[5])",
    ] {
        let text = format!("        arg({text}),\n");
        assert!(source.contains(&text), "lacks {text}");
    }
    assert!(source.contains("let (mut cx, _) = ") && source.contains("super::fork(&mut cx);"));
}

#[test]
fn tables_have_an_entry_for_each_number() {
    let source = generate::kernel(&small());
    for text in [
        "pub const SYS_MAXSYSCALL: usize = 9;",
        "    pub const SYS_read: u32 = 0;",
        "    pub const SYS_later: u32 = 7;",
        "SysentTable<9> = kpi::sysvec::SysentTable::new([",
        "    kpi::sysvec::native(3, kpi::native_call!(ffi::sys_read)), // 0 read",
        "    kpi::sysvec::door(2, door_pipe2), // 1 pipe2",
        "    kpi::sysvec::unimplemented(0), // 6 #6",
        "    kpi::sysvec::unimplemented(1), // 7 later",
        "NameTable<9> = kpi::sysvec::NameTable::new([",
        "    c\"#6\".as_ptr(), // 6",
        "    c\"fork\".as_ptr(), // 8",
    ] {
        assert!(source.contains(text), "lacks {text}");
    }
    assert!(!source.contains("door_later"));
}

/// Stands in for the kernel crates: the names that generated source relies on.
const STAND_IN: &str = "
#![allow(dead_code, non_camel_case_types, clippy::all, reason = \"a stand-in\")]
use std::ffi::{c_char, c_int, c_void};
pub struct Cx;
macro_rules! handles { ($($name:ident)*) => { $(
    pub struct $name<T: ?Sized = ()>(std::marker::PhantomData<T>);
    impl<T> $name<T> {
        pub fn from_reg(_: u64) -> Self { $name(std::marker::PhantomData) }
        pub fn from_reg_opt(_: u64) -> Option<Self> { None }
    }
)* } }
handles! { UserIn UserOut UserInOut UserArrayIn UserArrayOut UserArrayInOut }
macro_rules! plain { ($($name:ident)*) => { $(
    pub struct $name;
    impl $name {
        pub fn from_reg(_: u64) -> Self { $name }
        pub fn from_reg_opt(_: u64) -> Option<Self> { None }
    }
)* } }
plain! { UserBytesIn UserBytesOut UserBytesInOut UserCStr UserAddr }
mod kpi {
    macro_rules! native_call { ($sys:path) => { $sys } }
    pub(crate) use native_call;
    pub mod door {
        use super::super::*;
        pub unsafe fn enter<'a>(_: *mut ffi::thread, _: *mut c_void) -> (Cx, &'a [u64; 6]) { (Cx, &[0; 6]) }
        pub fn leave(_: &Cx, _: ()) -> c_int { 0 }
    }
    pub mod sysvec {
        use super::super::*;
        pub type Call = unsafe extern \"C\" fn(*mut ffi::thread, *mut c_void) -> c_int;
        pub struct Sysent;
        pub const fn door(_: usize, _: Call) -> Sysent { Sysent }
        pub const fn native(_: usize, _: Call) -> Sysent { Sysent }
        pub const fn unimplemented(_: usize) -> Sysent { Sysent }
        pub struct SysentTable<const N: usize>([Sysent; N]);
        impl<const N: usize> SysentTable<N> { pub const fn new(t: [Sysent; N]) -> Self { Self(t) } }
        pub struct NameTable<const N: usize>([*const c_char; N]);
        unsafe impl<const N: usize> Sync for NameTable<N> {}
        impl<const N: usize> NameTable<N> { pub const fn new(t: [*const c_char; N]) -> Self { Self(t) } }
    }
";

#[test]
fn rustc_takes_the_source_of_the_whole_table() {
    let table = parse(MASTER).unwrap();
    let mut types = BTreeSet::new();
    let mut functions = String::new();
    for row in table.doors() {
        let mut params = String::from("_: &mut Cx");
        for arg in &row.args {
            let _ = write!(params, ", _: {}", arg.rust_type());
            if let ArgType::Pointer(pointer) = &arg.meaning {
                match &pointer.shape {
                    Shape::One(name) | Shape::Fixed(name, _) | Shape::Array(name) => {
                        types.insert(name.clone());
                    }
                    Shape::TextVector => {
                        types.insert("l_ulong".to_owned());
                    }
                    Shape::Bytes | Shape::Text => {}
                }
            }
        }
        let _ = writeln!(functions, "fn {}({params}) {{}}", row.name);
    }
    let mut source = String::from(STAND_IN);
    source.push_str("}\nmod ffi {\n    use super::*;\n    pub struct thread;\n");
    for native in table.natives() {
        let _ = writeln!(
            source,
            "    pub unsafe extern \"C\" fn {native}(_: *mut thread, _: *mut c_void) -> c_int {{ 0 }}"
        );
    }
    source.push_str("}\nmod c {\n    plain! { CInt CUint CLong CUlong }\n");
    for name in &types {
        let _ = writeln!(source, "    pub struct {name};");
    }
    source.push_str("}\n");
    source.push_str(&functions);
    source.push_str("#[deny(warnings)]\npub mod table {\nuse super::{c, ffi, kpi, *};\n");
    source.push_str(&generate::kernel(&table));
    source.push_str("}\n");

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("generated.rs");
    fs::write(&file, source).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=metadata",
            "--out-dir",
        ])
        .arg(folder)
        .arg(&file)
        .output()
        .expect("rustc runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
