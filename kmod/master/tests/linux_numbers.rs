// SPDX-License-Identifier: BSD-2-Clause
//! Names and numbers against those of Linux; nothing here repeats the list.

use std::collections::BTreeMap;
use std::fs;

use syscalls::x86_64::Sysno;
use syscalls_master::{NUMBERS, parse};

/// The C headers of a Linux host: Debian's place, and everybody else's.
const HEADERS: [&str; 2] = [
    "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "/usr/include/asm/unistd_64.h",
];

fn ours() -> BTreeMap<String, u32> {
    let table = parse(include_str!("../../../syscalls.master")).unwrap();
    table
        .calls()
        .map(|row| (row.name.clone(), row.number))
        .collect()
}

#[test]
fn as_in_crate_syscalls() {
    let theirs: BTreeMap<String, u32> = (0..NUMBERS)
        .filter_map(|number| Some((Sysno::new(number as usize)?.name().to_owned(), number)))
        .collect();
    let last = theirs.values().copied().max().unwrap();
    assert!(last >= 469, "crate syscalls ends at {last}");
    // The crate may lag behind Linux, and so behind us, at the end.
    let mut ours = ours();
    ours.retain(|_, number| *number <= last);
    assert_eq!(ours, theirs);
}

#[test]
fn as_in_the_headers_of_this_host() {
    let Some(header) = HEADERS
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
    else {
        eprintln!("SKIPPED: this host has neither {}", HEADERS.join(" nor "));
        return;
    };
    let ours = ours();
    let mut seen = 0;
    for line in header.lines() {
        let Some(definition) = line.strip_prefix("#define __NR_") else {
            continue;
        };
        let (name, number) = definition.split_once(' ').expect("a name and a number");
        let number = number.trim().parse().expect("a number");
        // Headers newer than this table are welcome.
        if number < NUMBERS {
            assert_eq!(ours.get(name), Some(&number), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen} calls found in the header");
}
