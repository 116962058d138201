// SPDX-License-Identifier: BSD-2-Clause
//! Makes lxcheck's tables of what the module is built from: syscalls.master for the calls, the
//! heads of kmod/src/syscalls for the FreeBSD functions behind them, kmod/module.c for the brands.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use syscalls_master::{ArgType, Direction, Kind, Row, Shape, Verdict, parse};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let master = root.join("syscalls.master");
    let module = root.join("kmod/module.c");
    let bodies = root.join("kmod/src/syscalls");
    for path in [&master, &module, &bodies] {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let table = parse(&read(&master)).unwrap_or_else(|error| panic!("syscalls.master: {error}"));
    let mut becomes = BTreeMap::new();
    functions(&bodies, &mut becomes);

    let mut out = String::from("pub(crate) static ROWS: &[Row] = &[\n");
    for row in &table.rows {
        line(row, &becomes, &mut out);
    }
    out.push_str("];\n\npub(crate) const INTERPRETERS: &[&str] = &[\n");
    for interpreter in interpreters(&read(&module)) {
        let _ = writeln!(out, "    {interpreter:?},");
    }
    out.push_str("];\n");
    let to = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("table.rs");
    fs::write(to, out).expect("the output folder can be written");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The interpreters of the brands: literals, or the names of constants.
fn interpreters(module: &str) -> Vec<String> {
    let literal = |text: &str| text.split('"').nth(1).map(str::to_owned);
    let mut found = Vec::new();
    for brand in module.split("LINUX_BRAND(").skip(1) {
        let argument = brand.split([',', ')', ' ']).next().unwrap_or("");
        if argument.starts_with('"') {
            found.extend(literal(argument));
        } else if let Some((_, value)) = module.split_once(&format!("const char {argument}[]")) {
            found.extend(literal(value));
        }
    }
    assert!(!found.is_empty(), "no brands in kmod/module.c");
    found
}

fn line(row: &Row, becomes: &BTreeMap<String, String>, out: &mut String) {
    if row.kind == Kind::Hole {
        let _ = writeln!(out, "    Row::HOLE,");
        return;
    }
    let (verdict, note) = match &row.verdict {
        Some(Verdict::Supported(note)) => ("Supported", note.clone().unwrap_or_default()),
        Some(Verdict::Partial(what)) => ("Partial", what.clone()),
        Some(Verdict::Unsupported(why)) => ("Unsupported", why.clone()),
        None => panic!("{} has no verdict", row.name),
    };
    let becomes = match &row.kind {
        Kind::Native(call) => format!("sys_{call}"),
        Kind::Std => becomes.get(&row.name).cloned().unwrap_or_default(),
        Kind::Unimpl | Kind::Hole => String::new(),
    };
    let path = row.args.iter().position(|arg| match &arg.meaning {
        ArgType::Pointer(pointer) => {
            pointer.shape == Shape::Text && pointer.direction == Direction::In && is_path(&arg.name)
        }
        _ => false,
    });
    // The folder is the argument before the path, where it is a descriptor.
    let folder = path.and_then(|at| at.checked_sub(1)).filter(|&at| {
        ["dfd", "dirfd", "dir", "fd", "olddfd"].contains(&row.args[at].name.as_str())
    });
    let _ = writeln!(
        out,
        "    Row {{ name: {:?}, verdict: Verdict::{verdict}, note: {note:?}, becomes: {becomes:?}, path: {path:?}, folder: {folder:?} }},",
        row.name,
    );
}

/// Whether a string argument is the path of a file.
fn is_path(name: &str) -> bool {
    ["path", "file", "name"]
        .iter()
        .any(|part| name.contains(part))
        && !["name", "type"].contains(&name)
}

/// The FreeBSD functions behind each call: of those that the head of its file names (`//! FreeBSD:`),
/// the one called like it, or those its body names, or all; without such a head, what the body
/// names.
fn functions(folder: &Path, out: &mut BTreeMap<String, String>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = read(&path);
            let head = head(&text);
            let bodies = bodies(&text);
            for (name, body) in &bodies {
                let row = text.contains(&format!("\npub(crate) fn {name}"));
                if !row {
                    continue;
                }
                let named = reached(body, &bodies);
                let headed: Vec<_> = named
                    .iter()
                    .filter(|function| head.iter().any(|known| fits(known, function)))
                    .cloned()
                    .collect();
                let pick = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
                    let all = headed.iter().chain(&head);
                    all.filter(|function| wanted(function))
                        .take(1)
                        .cloned()
                        .collect()
                };
                let exact = pick(&|function| function == format!("kern_{name}"));
                let alike = pick(&|function| function.contains(name.as_str()));
                let found = [exact, alike, headed, head.clone(), named]
                    .into_iter()
                    .find(|functions| !functions.is_empty());
                out.insert(name.clone(), found.unwrap_or_default().join(", "));
            }
        }
    }
}

/// Whether a head means a function; `kern_sched_*` stands for many.
fn fits(known: &str, function: &str) -> bool {
    match known.strip_suffix('*') {
        Some(start) => function.starts_with(start),
        None => known == function,
    }
}

/// Each function of a file and its text.
fn bodies(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for part in text
        .split("\nfn ")
        .flat_map(|part| part.split("\npub(crate) fn "))
        .skip(1)
    {
        if let Some((name, rest)) = part.split_once(['(', '<']) {
            let body = rest.split("\n}").next().unwrap_or("");
            out.insert(name.to_owned(), body.to_owned());
        }
    }
    out
}

/// The kernel functions that a body names, and those it calls in the same file.
fn reached(body: &str, bodies: &BTreeMap<String, String>) -> Vec<String> {
    let mut todo = vec![body];
    let mut seen = Vec::new();
    let mut found = Vec::new();
    while let Some(body) = todo.pop() {
        for word in identifiers(body) {
            if word.starts_with("kern_") {
                push(&mut found, word);
            } else if let Some(helper) = bodies.get(word)
                && !seen.contains(&word)
            {
                seen.push(word);
                todo.push(helper);
            }
        }
    }
    found
}

/// How the kernel functions that calls become are named; other words are variables and files.
const STARTS: &[&str] = &[
    "kern_",
    "sys_",
    "fo_",
    "vn_",
    "vm_map_",
    "fget_",
    "lim_",
    "priv_",
    "kqfd_",
    "thread_",
    "fork1",
    "exit1",
    "tdsendsignal",
];

/// What the line `//! FreeBSD:` of a file names.
fn head(text: &str) -> Vec<String> {
    let lines: Vec<_> = text
        .lines()
        .take_while(|line| line.starts_with("//"))
        .collect();
    let said = lines
        .iter()
        .skip_while(|line| !line.starts_with("//! FreeBSD:"))
        .take_while(|line| !line.starts_with("//! Differences") && **line != "//!")
        .map(|line| {
            line.trim_start_matches("//!")
                .trim_start_matches(" FreeBSD:")
        })
        .collect::<String>();
    let mut found = Vec::new();
    let mut depth = 0;
    // The files are in parentheses, and are no functions.
    let outside: String = said
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        })
        .collect();
    for word in identifiers(&outside) {
        let file = outside.contains(&format!("{word}.c"));
        let function = STARTS.iter().any(|start| word.starts_with(start));
        if function && !file {
            push(&mut found, word);
        }
    }
    found
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

fn push(to: &mut Vec<String>, word: &str) {
    // A name that goes on: `kern_sched_*`.
    let name = if word.ends_with('_') {
        format!("{word}*")
    } else {
        word.to_owned()
    };
    if !to.contains(&name) {
        to.push(name);
    }
}
