// SPDX-License-Identifier: BSD-2-Clause
//! The first line of a script (execve(2), "Interpreter scripts"), as Linux takes it apart.

/// How much of a file says whether it is a script (BINPRM_BUF_SIZE of linux/binfmts.h). A longer
/// line is cut.
pub const HEAD: usize = 256;

/// How many interpreters may be scripts themselves before it is ELOOP.
pub const MOST_NESTED: usize = 5;

/// A name and an argument, which stands for all that comes behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script<'a> {
    /// The interpreter.
    pub interpreter: &'a [u8],
    /// What it gets as first argument, blanks inside and all.
    pub argument: Option<&'a [u8]>,
}

/// What the start of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head<'a> {
    /// It is no script.
    Other,
    /// It is one without an interpreter, or with one whose name does not fit: ENOEXEC.
    Broken,
    /// It is one.
    Script(Script<'a>),
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn ends_word(byte: u8) -> bool {
    is_blank(byte) || byte == 0
}

/// The first place of `from..=last` whose byte is wanted.
fn find(bytes: &[u8], from: usize, last: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let part = bytes.get(from..=last)?;
    let at = part.iter().position(|byte| wanted(*byte))?;
    from.checked_add(at)
}

/// The bytes up to a NUL.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Reads the start of a file, padded with NULs.
pub fn read(head: &[u8; HEAD]) -> Head<'_> {
    if !head.starts_with(b"#!") {
        return Head::Other;
    }
    script(head).map_or(Head::Broken, Head::Script)
}

fn script(head: &[u8; HEAD]) -> Option<Script<'_>> {
    const FIRST: usize = 2;
    const LAST: usize = HEAD - 1;
    let mut end = match head.iter().position(|byte| *byte == b'\n') {
        Some(end) => end,
        None => {
            // An argument may be cut, the name may not.
            let name = find(head, FIRST, LAST, |byte| !is_blank(byte))?;
            find(head, name, LAST, ends_word)?;
            LAST
        }
    };
    while let Some(before) = end.checked_sub(1)
        && before >= FIRST
        && head.get(before).copied().is_some_and(is_blank)
    {
        end = before;
    }
    let name = find(head, FIRST, end, |byte| !is_blank(byte)).filter(|name| *name != end)?;
    let gap = find(head, name, end, ends_word);
    let interpreter = head.get(name..gap.unwrap_or(end))?;
    let argument = match gap {
        Some(gap) if head.get(gap) != Some(&0) => find(head, gap, end, |byte| !is_blank(byte)),
        _ => None,
    };
    let argument = argument.and_then(|start| head.get(start..end));
    Some(Script {
        interpreter,
        argument: argument.map(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(line: &[u8]) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let len = line.len().min(HEAD);
        head[..len].copy_from_slice(&line[..len]);
        head
    }

    fn check(line: &[u8], interpreter: &[u8], argument: Option<&[u8]>) {
        assert_eq!(
            read(&padded(line)),
            Head::Script(Script {
                interpreter,
                argument
            }),
            "{}",
            line.escape_ascii()
        );
    }

    /// Blanks around name and argument do not count, those inside the argument do.
    #[test]
    fn lines() {
        check(b"#!/bin/sh\n", b"/bin/sh", None);
        check(b"#! \t /bin/sh \t \necho\n", b"/bin/sh", None);
        check(b"#!/bin/sh -x\n", b"/bin/sh", Some(b"-x"));
        check(
            b"#!/usr/bin/env  -S  a b \t\nx",
            b"/usr/bin/env",
            Some(b"-S  a b"),
        );
        check(b"#!a\r\n", b"a\r", None);
    }

    /// A file may end without the end of its line.
    #[test]
    fn no_newline() {
        check(b"#!/bin/sh", b"/bin/sh", None);
        check(b"#!/bin/sh -x", b"/bin/sh", Some(b"-x"));
        // As Linux has it: what follows the blank is an empty argument.
        check(b"#!/bin/sh ", b"/bin/sh", Some(b""));
        check(b"#!", b"", None);
    }

    /// A NUL ends a name and an argument.
    #[test]
    fn nul() {
        check(b"#!/bin/sh\0 -x\n", b"/bin/sh", None);
        check(b"#!/bin/sh -x\0y\n", b"/bin/sh", Some(b"-x"));
    }

    /// An argument is cut where the buffer ends, a name that ends there is refused.
    #[test]
    fn too_long() {
        let mut line = b"#!/bin/sh ".to_vec();
        line.resize(600, b'x');
        check(&line, b"/bin/sh", Some(&line[10..255]));
        let mut name = b"#!/".to_vec();
        name.resize(600, b'n');
        assert_eq!(read(&padded(&name)), Head::Broken);
        let mut blanks = b"#!".to_vec();
        blanks.resize(600, b' ');
        assert_eq!(read(&padded(&blanks)), Head::Broken);
    }

    /// A line without a name is refused, and so is nothing else that is no script.
    #[test]
    fn nameless() {
        assert_eq!(read(&padded(b"#!\n")), Head::Broken);
        assert_eq!(read(&padded(b"#! \t\n")), Head::Broken);
        assert_eq!(read(&padded(b"# !/bin/sh\n")), Head::Other);
        assert_eq!(read(&padded(b"\x7fELF")), Head::Other);
        assert_eq!(read(&padded(b"")), Head::Other);
    }

    /// No content makes it fall over.
    #[test]
    fn any_content() {
        for a in 0..HEAD {
            for byte in [0, b' ', b'\n', b'x'] {
                let mut head = [b' '; HEAD];
                head[..2].copy_from_slice(b"#!");
                head[a] = byte;
                let _ = read(&head);
                head[2..].fill(b'x');
                head[a] = byte;
                let _ = read(&head);
            }
        }
    }
}
