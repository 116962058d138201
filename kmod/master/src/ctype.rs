// SPDX-License-Identifier: BSD-2-Clause
//! The C types that `syscalls.master` may use.

/// How a scalar argument sits in its register: its width and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CKind {
    /// 32 bits, signed: `c::CInt`.
    Int,
    /// 32 bits, unsigned: `c::CUint`.
    Uint,
    /// 64 bits, signed: `c::CLong`.
    Long,
    /// 64 bits, unsigned: `c::CUlong`.
    Ulong,
}

impl CKind {
    /// The Rust type that the generated doors use.
    #[must_use]
    pub fn rust(self) -> &'static str {
        match self {
            CKind::Int => "c::CInt",
            CKind::Uint => "c::CUint",
            CKind::Long => "c::CLong",
            CKind::Ulong => "c::CUlong",
        }
    }
}

/// Every scalar type with its width: those of the Linux kernel on amd64, where
/// `dev_t` arguments are 32 bits wide.
pub const KNOWN_SCALARS: &[(&str, CKind)] = &[
    ("l_int", CKind::Int),
    ("l_pid_t", CKind::Int),
    ("l_clockid_t", CKind::Int),
    ("l_timer_t", CKind::Int),
    ("l_key_t", CKind::Int),
    ("l_uint", CKind::Uint),
    ("l_uid_t", CKind::Uint),
    ("l_gid_t", CKind::Uint),
    ("l_mode_t", CKind::Uint),
    ("l_dev_t", CKind::Uint),
    ("uint32_t", CKind::Uint),
    ("l_long", CKind::Long),
    ("l_off_t", CKind::Long),
    ("l_time_t", CKind::Long),
    ("l_ulong", CKind::Ulong),
    ("l_size_t", CKind::Ulong),
    ("uint64_t", CKind::Ulong),
];

/// Structures that C programs know by a typedef.
const TYPEDEFS: &[&str] = &["l_sigset_t", "l_siginfo_t", "l_stack_t"];

/// Types of results that are no argument types.
const RESULTS: &[&str] = &["int", "ssize_t", "void", "void *"];

/// The width of a scalar type, or `None` for a type that is not listed.
pub(crate) fn scalar(name: &str) -> Option<CKind> {
    KNOWN_SCALARS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, kind)| kind)
}

/// Whether a pointer may point at this type, written without `const`; gives the
/// name that the type has in `linux_abi::c`.
pub(crate) fn pointee(ctype: &str) -> Option<&str> {
    let tag = ctype
        .strip_prefix("struct ")
        .or_else(|| ctype.strip_prefix("union "));
    match tag {
        Some(tag) => tag.starts_with("l_").then_some(tag),
        None => match ctype {
            // `linux_abi::c` has Linux's own names only.
            "uint32_t" => Some("l_uint"),
            "uint64_t" => Some("l_ulong"),
            _ => (scalar(ctype).is_some() || TYPEDEFS.contains(&ctype)).then_some(ctype),
        },
    }
}

/// Whether a call may return this type.
pub(crate) fn is_result(ctype: &str) -> bool {
    RESULTS.contains(&ctype) || scalar(ctype).is_some()
}
