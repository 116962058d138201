// SPDX-License-Identifier: BSD-2-Clause
//! `linux_abi::ioctl` lists the commands that the handlers of the module know: compared with their
//! source.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use linux_abi::ioctl::{Answer, COMMANDS, answer};

/// What is no command: arguments of TCXONC and TCFLSH.
const NUMBERS: [&str; 5] = ["TCOOFF", "TCOON", "TCIFLUSH", "TCOFLUSH", "TCIOFLUSH"];

/// The names after `linux::` in the handlers.
fn handled() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kmod/src/syscalls/ioctl");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the handlers").flatten() {
        let source = fs::read_to_string(entry.path()).expect("source");
        for rest in source.split("linux::").skip(1) {
            let end =
                rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            let name = &rest[..end.unwrap_or(rest.len())];
            if name.len() > 3 && !NUMBERS.contains(&name) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// A command is listed as done if and only if a handler names it.
#[test]
fn the_list_is_what_the_handlers_do() {
    let done = COMMANDS
        .iter()
        .filter(|(.., answer)| *answer == Answer::Done);
    let listed: BTreeSet<_> = done.map(|(_, name, _)| (*name).to_owned()).collect();
    assert_eq!(
        handled(),
        listed,
        "left: handlers, right: linux_abi::ioctl::COMMANDS"
    );
}

/// Names stand for one number each; a number may have two.
#[test]
fn commands_are_found() {
    for (number, name, verdict) in COMMANDS {
        let (found, same) = answer(*number).expect("it is listed");
        assert_eq!(same, *verdict, "{name} and {found}");
    }
    assert_eq!(answer(0xdead_beef), None);
}
