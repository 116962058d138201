// SPDX-License-Identifier: BSD-2-Clause
//! What the parser reads, and what it says to a broken file.

use syscalls_master::{
    Arg, ArgType, CKind, Direction, Kind, Pointer, Shape, Verdict, parse, parse_rows,
};

const MASTER: &str = include_str!("../../../syscalls.master");

/// The one error of a broken file.
fn error(text: &str) -> String {
    match parse_rows(text) {
        Ok(rows) => panic!("accepted: {rows:?}"),
        Err(error) => error.to_string(),
    }
}

/// A row with number 0 around some argument lines.
fn with_args(args: &str) -> String {
    format!("0 AUE_NULL STD {{\nint linux_x(\n{args}\n);\n}}\n; supported\n")
}

fn only_arg(arg: &str) -> Arg {
    let rows = parse_rows(&with_args(arg)).unwrap_or_else(|error| panic!("{arg}: {error}"));
    rows[0].args[0].clone()
}

#[test]
fn the_file_of_this_repository_holds_every_rule() {
    let table = parse(MASTER).unwrap_or_else(|error| panic!("syscalls.master: {error}"));
    assert_eq!(table.rows.len(), 473);
    let holes = table.rows.iter().filter(|row| row.kind == Kind::Hole);
    assert_eq!(
        holes.map(|row| row.number).collect::<Vec<_>>(),
        (337..=423).collect::<Vec<_>>()
    );
}

#[test]
fn a_row_is_read_in_full() {
    let rows = parse_rows(
        "; a comment\n#include <sys/param.h>\n\n\
         0\tAUE_PIPE\tSTD {\n\t\tint linux_pipe2(\n\t\t    _Out_writes_(2) l_int *fildes,\n\
         \t\t    l_int flags\n\t\t);\n\t}\n; partial: no O_DIRECT\n\
         1\tAUE_NULL\tNOPROTO {\n\t\tl_pid_t getpgrp(void);\n\t}\n; supported: a note\n\
         2-4\tAUE_NULL\tRESERVED\n\
         5\tAUE_NULL\tUNIMPL {\n\t\tvoid *linux_far(void);\n\t}\n; unsupported: too far\n",
    )
    .unwrap();
    assert_eq!(rows.len(), 6);
    let pipe2 = &rows[0];
    assert_eq!((pipe2.name.as_str(), pipe2.ret.as_str()), ("pipe2", "int"));
    assert_eq!(
        (pipe2.audit.as_str(), pipe2.kind.clone()),
        ("AUE_PIPE", Kind::Std)
    );
    assert_eq!(pipe2.verdict, Some(Verdict::Partial("no O_DIRECT".into())));
    assert_eq!(pipe2.line, 4);
    assert_eq!(pipe2.args[1].meaning, ArgType::Scalar(CKind::Int));
    assert_eq!(pipe2.args[0].annotation.as_deref(), Some("_Out_writes_(2)"));
    assert_eq!(pipe2.args[0].ctype, "l_int *");
    assert_eq!(rows[1].kind, Kind::Native("getpgrp".into()));
    assert_eq!(
        rows[1].verdict,
        Some(Verdict::Supported(Some("a note".into())))
    );
    assert_eq!((rows[4].number, rows[4].kind.clone()), (4, Kind::Hole));
    assert_eq!(rows[4].verdict, None);
    assert_eq!(
        (rows[5].ret.as_str(), rows[5].kind.clone()),
        ("void *", Kind::Unimpl)
    );
}

#[test]
fn directions_are_understood() {
    let pointer = |direction, shape, optional| {
        ArgType::Pointer(Pointer {
            direction,
            shape,
            optional,
        })
    };
    use Direction::{In, Inout, Out};
    for (text, meaning) in [
        ("_In_z_ const char *p", pointer(In, Shape::Text, false)),
        (
            "_In_z_opt_ const char *const *p",
            pointer(In, Shape::TextVector, true),
        ),
        (
            "_Inout_opt_ struct l_pair *p",
            pointer(Inout, Shape::One("l_pair".into()), true),
        ),
        (
            "_In_reads_(2) const union l_u *p",
            pointer(In, Shape::Fixed("l_u".into(), 2), false),
        ),
        (
            "_Inout_updates_(n) l_int *p",
            pointer(Inout, Shape::Array("l_int".into()), false),
        ),
        (
            "_Out_writes_bytes_opt_(*n) void *p",
            pointer(Out, Shape::Bytes, true),
        ),
        ("void *p", ArgType::Address),
        ("uint64_t p", ArgType::Scalar(CKind::Ulong)),
    ] {
        assert_eq!(only_arg(text).meaning, meaning, "{text}");
    }
}

#[test]
fn broken_grammar_says_where_and_what_to_do() {
    for (text, words) in [
        (
            "0 AUE_NULL STD now {",
            [
                "line 1: expected `number audit-event type {`",
                "write for example",
            ],
        ),
        (
            "x AUE_NULL STD {",
            ["expected a system call number, found `x`", "first-last"],
        ),
        (
            "0 NULL STD {",
            ["expected an audit event, found `NULL`", "AUE_NULL"],
        ),
        ("0 AUE_NULL OBSOL {", ["unknown type `OBSOL`", "use STD"]),
        (
            "0 AUE_NULL STD",
            [
                "a STD row needs one number and a prototype",
                "the prototype below",
            ],
        ),
        (
            "5-3 AUE_NULL RESERVED",
            ["expected number 0, found 5", "leave none out"],
        ),
        (
            "0-900 AUE_NULL RESERVED",
            ["no range of unused numbers", "without a brace"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_x()",
            ["line 2: expected `result function(`", "(void);"],
        ),
        (
            "0 AUE_NULL STD {\nlinux_x(",
            ["expected a result type", "int linux_pipe2("],
        ),
        (
            "0 AUE_NULL STD {\nlong linux_x(",
            ["unknown result type `long`", "ssize_t"],
        ),
        (
            "0 AUE_NULL STD {\nint x(",
            ["expected a function linux_<name>", "NOPROTO"],
        ),
        (
            "0 AUE_NULL NOPROTO {\nint linux_x(",
            ["no FreeBSD call", "without sys_"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_X(",
            ["no name of a system call", "lower-case"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_x(void);\n); }",
            ["line 3: expected `}`", "of its own"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_x(",
            ["ends inside the row of number 0", "finish"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_x(\n);",
            ["one more argument", "(void);"],
        ),
        (
            "0 AUE_NULL STD {\nint linux_x(\nl_int a\nl_int b",
            ["line 4: expected `);`", "comma"],
        ),
    ] {
        let said = error(text);
        for word in words {
            assert!(said.contains(word), "{text}\n-> {said}\nlacks: {word}");
        }
    }
}

#[test]
fn broken_arguments_say_what_to_do() {
    for (args, words) in [
        ("l_int", "expected an argument"),
        ("int fd", "unknown type `int`; use one of l_int"),
        ("struct l_stat *p", "no direction; put _In_"),
        ("const void *p", "no direction"),
        ("_In_ l_int fd", "not a pointer"),
        ("_Into_ const l_int *p", "unknown annotation `_Into_`"),
        ("_In_reads_() const l_int *p", "unknown annotation"),
        ("_In_writes_(2) const l_int *p", "unknown annotation"),
        ("_Out_z_ char *p", "unknown annotation"),
        ("_In_ l_int *p", "disagree about const"),
        ("_Out_ const l_int *p", "disagree about const"),
        ("_In_ const void *p", "does not say how many bytes"),
        ("_In_reads_bytes_(n) const l_int *p", "counts bytes"),
        ("_In_z_ const void *p", "no string"),
        (
            "_Out_ struct stat *p",
            "unknown type `struct stat` behind a pointer",
        ),
        ("l_int a,\nl_int a", "two arguments called a"),
        (
            "l_int a,\nl_int b,\nl_int c,\nl_int d,\nl_int e,\nl_int f,\nl_int g",
            "more than 6",
        ),
    ] {
        let said = error(&with_args(args));
        assert!(said.contains(words), "{args}\n-> {said}\nlacks: {words}");
    }
}

#[test]
fn each_row_has_one_fitting_verdict() {
    let row = |kind: &str, rest: &str| {
        let prefix = if kind == "NOPROTO" { "" } else { "linux_" };
        format!("0 AUE_NULL {kind} {{\nint {prefix}x(void);\n}}\n{rest}")
    };
    for (kind, rest, words) in [
        ("STD", "", "number 0 (x) has no verdict"),
        ("STD", "; works", "has no verdict"),
        ("STD", "; partly: works", "has no verdict"),
        ("STD", "1-2 AUE_NULL RESERVED", "has no verdict"),
        ("STD", "; partial", "gives no reason"),
        ("UNIMPL", "; unsupported:", "gives no reason"),
        ("STD", "; supported\n; partial: no", "follows no row"),
        (
            "STD",
            "; unsupported: no",
            "called unsupported; make it UNIMPL",
        ),
        (
            "NOPROTO",
            "; unsupported: no",
            "called unsupported; make it UNIMPL",
        ),
        ("UNIMPL", "; supported", "is UNIMPL but called supported"),
        (
            "UNIMPL",
            "; partial: half",
            "is UNIMPL but called supported",
        ),
    ] {
        let said = error(&row(kind, rest));
        assert!(
            said.contains(words),
            "{kind} {rest}\n-> {said}\nlacks: {words}"
        );
    }
    assert!(error("0-3 AUE_NULL RESERVED\n; supported").contains("follows no row"));
}

#[test]
fn numbers_and_names_are_unique_and_complete() {
    let row =
        |number: u32| format!("{number} AUE_NULL STD {{\nint linux_x(void);\n}}\n; supported\n");
    assert!(error(&row(1)).contains("expected number 0, found 1"));
    assert!(error(&(row(0) + &row(2))).contains("line 5: expected number 1, found 2"));
    assert!(error(&(row(0) + &row(1))).contains("x is number 0 already"));
    let short = parse(&row(0)).unwrap_err().to_string();
    assert!(
        short.contains("expected the numbers 0 to 472, found 1"),
        "{short}"
    );
}
