// SPDX-License-Identifier: BSD-2-Clause
//! One argument: its C declaration with the direction of the data.
//!
//! Directions are spelled in SAL, as in FreeBSD's own `syscalls.master`.

use crate::ctype::{self, CKind, KNOWN_SCALARS};
use crate::error::ParseError;

/// One argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// Its name.
    pub name: String,
    /// The C type without the annotation, such as `const struct l_timespec *`.
    pub ctype: String,
    /// The annotation as written, such as `_In_opt_`.
    pub annotation: Option<String>,
    /// What the two mean together.
    pub meaning: ArgType,
}

/// What a register holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgType {
    /// A number.
    Scalar(CKind),
    /// A bare `void *`: an address whose use depends on other arguments.
    Address,
    /// A pointer with a direction.
    Pointer(Pointer),
}

/// A pointer with a direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Which way the data goes.
    pub direction: Direction,
    /// What it points at.
    pub shape: Shape,
    /// Whether null has a meaning.
    pub optional: bool,
}

/// Which way the data goes, seen from the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The kernel reads.
    In,
    /// The kernel writes.
    Out,
    /// The kernel reads, then writes.
    Inout,
}

/// What a pointer points at. A `String` is the type's name in `linux_abi::c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    One(String),
    /// So many objects.
    Fixed(String, u32),
    /// As many objects as other arguments say.
    Array(String),
    /// As many bytes as other arguments say.
    Bytes,
    /// A string that ends in NUL.
    Text,
    /// Pointers to strings, the last one null.
    TextVector,
}

impl Arg {
    /// Reads one argument line, already without its comma.
    pub(crate) fn parse(text: &str, line: usize) -> Result<Self, ParseError> {
        let (annotation, declaration) = match text.split_once(char::is_whitespace) {
            Some((first, rest)) if first.starts_with('_') => (Some(first), rest.trim()),
            _ => (None, text),
        };
        let at = declaration
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(0, |i| i + 1);
        let (ctype, name) = (declaration[..at].trim(), &declaration[at..]);
        if ctype.is_empty() || name.is_empty() {
            return Err(ParseError::new(
                line,
                format!("expected an argument `[annotation] type name`, found `{text}`"),
                "write for example `_In_ const struct l_timespec *rqtp`",
            ));
        }
        Ok(Arg {
            name: name.to_owned(),
            ctype: ctype.to_owned(),
            annotation: annotation.map(str::to_owned),
            meaning: meaning(annotation, ctype, line)?,
        })
    }

    /// The Rust type that the door makes of the register.
    #[must_use]
    pub fn rust_type(&self) -> String {
        match &self.meaning {
            ArgType::Pointer(pointer) if pointer.optional => {
                format!("Option<{}>", self.rust_handle())
            }
            _ => self.rust_handle(),
        }
    }

    /// The same without the `Option` of an optional pointer.
    #[must_use]
    pub fn rust_handle(&self) -> String {
        match &self.meaning {
            ArgType::Scalar(kind) => kind.rust().to_owned(),
            ArgType::Address => "UserAddr".to_owned(),
            ArgType::Pointer(Pointer {
                direction, shape, ..
            }) => {
                let way = match direction {
                    Direction::In => "In",
                    Direction::Out => "Out",
                    Direction::Inout => "InOut",
                };
                match shape {
                    Shape::One(t) => format!("User{way}<c::{t}>"),
                    Shape::Fixed(t, n) => format!("User{way}<[c::{t}; {n}]>"),
                    Shape::Array(t) => format!("UserArray{way}<c::{t}>"),
                    Shape::Bytes => format!("UserBytes{way}"),
                    Shape::Text => "UserCStr".to_owned(),
                    // A vector of strings is an array of pointers.
                    Shape::TextVector => "UserArrayIn<c::l_ulong>".to_owned(),
                }
            }
        }
    }

    /// Whether a null register becomes `None`.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(&self.meaning, ArgType::Pointer(pointer) if pointer.optional)
    }
}

/// An annotation taken apart.
struct Sal<'a> {
    direction: Direction,
    extent: Extent<'a>,
    optional: bool,
}

/// How far the memory behind a pointer goes.
enum Extent<'a> {
    One,
    Text,
    Items(&'a str),
    Bytes,
}

impl<'a> Sal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (direction, many, rest) = if let Some(rest) = text.strip_prefix("_Inout_") {
            (Direction::Inout, "updates_", rest)
        } else if let Some(rest) = text.strip_prefix("_Out_") {
            (Direction::Out, "writes_", rest)
        } else {
            (Direction::In, "reads_", text.strip_prefix("_In_")?)
        };
        let (optional, extent) = match (rest, rest.strip_prefix(many)) {
            ("", _) => (false, Extent::One),
            ("opt_", _) => (true, Extent::One),
            ("z_", _) if direction == Direction::In => (false, Extent::Text),
            ("z_opt_", _) if direction == Direction::In => (true, Extent::Text),
            (_, Some(extent)) => {
                let (words, count) = extent.strip_suffix(')')?.split_once('(')?;
                if count.is_empty() {
                    return None;
                }
                match words {
                    "" => (false, Extent::Items(count)),
                    "opt_" => (true, Extent::Items(count)),
                    "bytes_" => (false, Extent::Bytes),
                    "bytes_opt_" => (true, Extent::Bytes),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Sal {
            direction,
            extent,
            optional,
        })
    }
}

fn meaning(annotation: Option<&str>, ctype: &str, line: usize) -> Result<ArgType, ParseError> {
    let fail = |problem: String, advice: &str| Err(ParseError::new(line, problem, advice));
    let Some(target) = ctype.strip_suffix('*') else {
        if annotation.is_some() {
            return fail(
                format!("`{ctype}` is not a pointer but has a direction"),
                "remove the annotation or make it a pointer",
            );
        }
        return match ctype::scalar(ctype) {
            Some(kind) => Ok(ArgType::Scalar(kind)),
            None => {
                let known: Vec<_> = KNOWN_SCALARS.iter().map(|&(name, _)| name).collect();
                fail(
                    format!("unknown type `{ctype}`"),
                    &format!("use one of {}", known.join(" ")),
                )
            }
        };
    };
    let Some(annotation) = annotation else {
        if ctype == "void *" {
            return Ok(ArgType::Address);
        }
        return fail(
            format!("the pointer `{ctype}` has no direction"),
            "put _In_, _Out_ or _Inout_ before it, or make it a bare `void *`",
        );
    };
    let Some(sal) = Sal::parse(annotation) else {
        return fail(
            format!("unknown annotation `{annotation}`"),
            "use _In_, _Out_, _Inout_, _In_z_, or _In_reads_(n), _Out_writes_(n), \
             _Inout_updates_(n), these also with bytes_ or opt_ before the parenthesis",
        );
    };

    let target = target.trim_end();
    let (constant, target) = match target.strip_prefix("const ") {
        Some(target) => (true, target),
        None => (false, target),
    };
    if constant != (sal.direction == Direction::In) {
        return fail(
            format!("`{annotation}` and `{ctype}` disagree about const"),
            "data that goes in is const, data that comes out is not",
        );
    }
    let shape = match (sal.extent, target) {
        (Extent::Text, "char") => Shape::Text,
        (Extent::Text, "char *const") => Shape::TextVector,
        (Extent::Text, _) => {
            return fail(
                format!("`{annotation}` on `{ctype}`, which is no string"),
                "strings are `const char *`, vectors of strings `const char *const *`",
            );
        }
        (Extent::Bytes, "void") => Shape::Bytes,
        (Extent::Bytes, _) => {
            return fail(
                format!("`{annotation}` counts bytes, but `{ctype}` has a type"),
                "make it a pointer to void, or count objects",
            );
        }
        (_, "void") => {
            return fail(
                format!("`{annotation}` on `{ctype}` does not say how many bytes"),
                "use _In_reads_bytes_(n), _Out_writes_bytes_(n) or _Inout_updates_bytes_(n)",
            );
        }
        (extent, target) => {
            let Some(name) = ctype::pointee(target) else {
                return fail(
                    format!("unknown type `{target}` behind a pointer"),
                    "use a scalar type, `struct l_<name>`, `union l_<name>`, l_sigset_t, \
                     l_siginfo_t or l_stack_t",
                );
            };
            let name = name.to_owned();
            match extent {
                Extent::Items(count) => match count.parse() {
                    Ok(count) => Shape::Fixed(name, count),
                    Err(_) => Shape::Array(name),
                },
                _ => Shape::One(name),
            }
        }
    };
    Ok(ArgType::Pointer(Pointer {
        direction: sal.direction,
        shape,
        optional: sal.optional,
    }))
}
