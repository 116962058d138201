// SPDX-License-Identifier: BSD-2-Clause
//! The auxiliary vector a Linux program finds behind its environment (getauxval(3)).

use linux_raw_sys::auxvec as linux;

macro_rules! entries {
    ($($name:ident = $linux:ident;)*) => { $(
        #[doc = concat!("`", stringify!($linux), "`.")]
        pub const $name: u64 = linux::$linux as u64;
    )* };
}

entries! {
    AT_NULL = AT_NULL;
    AT_IGNORE = AT_IGNORE;
    AT_EXECFD = AT_EXECFD;
    AT_PHDR = AT_PHDR;
    AT_PHENT = AT_PHENT;
    AT_PHNUM = AT_PHNUM;
    AT_PAGESZ = AT_PAGESZ;
    AT_BASE = AT_BASE;
    AT_FLAGS = AT_FLAGS;
    AT_ENTRY = AT_ENTRY;
    AT_UID = AT_UID;
    AT_EUID = AT_EUID;
    AT_GID = AT_GID;
    AT_EGID = AT_EGID;
    AT_PLATFORM = AT_PLATFORM;
    AT_HWCAP = AT_HWCAP;
    AT_CLKTCK = AT_CLKTCK;
    AT_SECURE = AT_SECURE;
    AT_RANDOM = AT_RANDOM;
    AT_HWCAP2 = AT_HWCAP2;
    AT_RSEQ_FEATURE_SIZE = AT_RSEQ_FEATURE_SIZE;
    AT_RSEQ_ALIGN = AT_RSEQ_ALIGN;
    AT_EXECFN = AT_EXECFN;
    AT_SYSINFO_EHDR = AT_SYSINFO_EHDR;
    AT_MINSIGSTKSZ = AT_MINSIGSTKSZ;
}

/// What AT_PLATFORM points at.
pub const PLATFORM: &str = "x86_64";
/// The bytes AT_RANDOM points at.
pub const RANDOM_BYTES: usize = 16;
/// In AT_HWCAP2: programs may use RDFSBASE and its like (asm/hwcap2.h).
pub const HWCAP2_FSGSBASE: u64 = 1 << 1;
