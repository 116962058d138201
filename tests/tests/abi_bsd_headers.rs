// SPDX-License-Identifier: BSD-2-Clause
//! FreeBSD's constants against the text of FreeBSD's headers.
//!
//! The headers are looked for in `LINUX_RS_SYSDIR` (an installed include folder, or
//! a kernel source folder), then in `build/include/freebsd`. Without either
//! these tests skip, and say so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use linux_abi::{Errno, bsd};

/// The folders headers may be in.
fn roots() -> Vec<PathBuf> {
    if let Some(dir) = std::env::var_os("LINUX_RS_SYSDIR") {
        return vec![PathBuf::from(dir)];
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    vec![top.join("build/include/freebsd")]
}

/// The text of a header, by the name a C program includes it by.
fn header(name: &str) -> Option<String> {
    let (folder, file) = name.split_once('/')?;
    let places = [
        name.to_string(),
        format!("{folder}/include/{file}"),
        format!("sys/{name}"),
    ];
    let found = roots()
        .iter()
        .flat_map(|root| places.iter().map(move |p| root.join(p)))
        .find_map(|path| std::fs::read_to_string(path).ok());
    if found.is_none() {
        eprintln!(
            "SKIPPED: {name} was not found; set LINUX_RS_SYSDIR to FreeBSD's include folder \
             or kernel source to check the constants against it"
        );
    }
    found
}

/// The macros and enumerators of a header that have a value, without their comments.
fn macros(text: &str) -> HashMap<String, String> {
    let defines = text.lines().filter_map(|line| {
        let rest = line
            .strip_prefix('#')?
            .trim_start()
            .strip_prefix("define")?
            .trim_start();
        let (name, value) = rest.split_once([' ', '\t'])?;
        let value = value.split("/*").next()?.trim();
        (!name.contains('(')).then(|| (name.to_string(), value.to_string()))
    });
    // Enumerators first: some have a macro of their own name beside them.
    let enumerators = text.lines().filter_map(|line| {
        let (name, rest) = line.trim_start().split_once('=')?;
        let name = name.trim_end();
        let (value, _) = rest.split_once(',')?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain.then(|| (name.to_string(), value.trim().to_string()))
    });
    let mut out = HashMap::new();
    for (name, value) in enumerators.chain(defines) {
        out.entry(name).or_insert(value);
    }
    out
}

/// The value of the few forms the constants have: numbers, `(1 << n)`, other names.
fn value(text: &str, macros: &HashMap<String, String>) -> Option<i64> {
    let text = text
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .trim();
    if let Some((one, shift)) = text.split_once("<<") {
        return Some(value(one, macros)? << value(shift, macros)?);
    }
    if let Some(other) = macros.get(text) {
        return value(other, macros);
    }
    let digits = text.trim_end_matches(['U', 'L']);
    if let Some(hex) = digits.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => digits.parse().ok(),
    }
}

/// Every constant of `bsd` is what its header says.
#[test]
fn constants_are_the_headers() {
    let mut checked = 0;
    for constant in bsd::ALL {
        let Some(text) = header(constant.header) else {
            return;
        };
        let macros = macros(&text);
        let text = macros.get(constant.name);
        let text =
            text.unwrap_or_else(|| panic!("{} is not in {}", constant.name, constant.header));
        let expected = value(text, &macros);
        let expected =
            expected.unwrap_or_else(|| panic!("{} = {text} was not understood", constant.name));
        // Bit 31 is written as an unsigned number there and is the sign here.
        assert_eq!(
            expected as i32, constant.value,
            "{} of {}",
            constant.name, constant.header
        );
        checked += 1;
    }
    assert_eq!(checked, bsd::ALL.len());
}

/// Every errno of sys/errno.h has its number, and there is no other.
#[test]
fn errnos_are_the_headers() {
    let Some(text) = header("sys/errno.h") else {
        return;
    };
    let macros = macros(&text);
    let named: HashMap<&str, i32> = Errno::ALL.iter().map(|e| (e.name(), e.raw())).collect();
    let mut found = 0;
    for (name, text) in &macros {
        let Ok(number) = text.parse::<i32>() else {
            continue;
        };
        if name.starts_with('E') && name != "ELAST" {
            assert_eq!(named.get(name.as_str()), Some(&number), "{name}");
            found += 1;
        }
    }
    assert_eq!(found, Errno::ALL.len());
    assert_eq!(macros.get("ELAST").map(String::as_str), Some("97"));
    assert_eq!(
        macros.get("ENOTSUP").map(String::as_str),
        Some("EOPNOTSUPP")
    );
}

/// The kernel's private codes.
#[test]
fn private_codes_are_the_headers() {
    let Some(text) = header("sys/errno.h") else {
        return;
    };
    let macros = macros(&text);
    let get = |name: &str| macros.get(name).and_then(|text| value(text, &macros));
    // Only the kernel's copy of the header, not an installed one, must have them.
    for (name, ours) in [
        ("ERESTART", linux_abi::errno::ERESTART),
        ("EJUSTRETURN", linux_abi::errno::EJUSTRETURN),
        ("ENOIOCTL", linux_abi::errno::ENOIOCTL),
    ] {
        assert_eq!(get(name), Some(i64::from(ours)), "{name}");
    }
}

/// The largest signal is what sys/_sigset.h says.
#[test]
fn maxsig_is_the_headers() {
    let Some(text) = header("sys/_sigset.h") else {
        return;
    };
    let macros = macros(&text);
    let max = macros
        .get("_SIG_MAXSIG")
        .and_then(|text| value(text, &macros));
    assert_eq!(max, Some(i64::from(linux_abi::signal::BSD_SIG_MAXSIG)));
}
