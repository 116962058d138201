// SPDX-License-Identifier: BSD-2-Clause
//! The coverage page.

use syscalls_master::{Table, generate, parse, parse_rows};

#[test]
fn counts_and_rows() {
    let rows = parse_rows(
        "0 AUE_NULL NOPROTO {\nint dup(\nl_uint fd\n);\n}\n; supported: with a note\n\
         1 AUE_NULL STD {\nint linux_set_it(void);\n}\n; partial: no F_IT\n\
         2-4 AUE_NULL RESERVED\n\
         5 AUE_NULL UNIMPL {\nint linux_never(void);\n}\n; unsupported: FreeBSD has a|b\n\
         6 AUE_NULL STD {\nint linux_good(void);\n}\n; supported\n\
         7-7 AUE_NULL RESERVED\n",
    )
    .unwrap();
    let page = generate::coverage(&Table { rows });
    for line in [
        "Linux amd64 has 4 system calls.",
        "| supported | 2 | works as on Linux |",
        "| partial | 1 | works, but for what the table says |",
        "| unsupported | 1 | fails with `ENOSYS` |",
        "| not used | 4 | numbers for which Linux has no call |",
        "| 0 | dup | native `sys_dup` | supported: with a note |",
        "| 1 | set\\_it | own | partial: no F\\_IT |",
        "| 2-4 | | | not used |",
        "| 5 | never |  | unsupported: FreeBSD has a\\|b |",
        "| 6 | good | own | supported |",
        "| 7 | | | not used |",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "lacks {line}\n{page}"
        );
    }
}

#[test]
fn the_whole_table_has_a_line_for_each_call() {
    let table = parse(include_str!("../../../syscalls.master")).unwrap();
    let page = generate::coverage(&table);
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| number"))
        .skip(2);
    // One line for each call and one for the range of holes.
    assert_eq!(rows.count(), table.calls().count() + 1);
}
