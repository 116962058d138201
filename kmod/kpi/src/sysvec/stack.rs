// SPDX-License-Identifier: BSD-2-Clause
//! The initial stack: strings, vectors and auxiliary vector as Linux programs expect them.
//!
//! From the top down: FreeBSD's `ps_strings` (for ps(1)), the name of the executed
//! file, the platform string, 16 random bytes, the argument and environment strings,
//! the auxiliary vector, envp, argv; the kernel pushes argc below (sv_fixup).

use core::arch::x86_64::__cpuid;
use core::ffi::{CStr, c_int};
use core::mem::{offset_of, size_of};

use linux_abi::auxv;

/// AT_PLATFORM and the machine of uname(2).
const PLATFORM: &CStr = c"x86_64";

/// USER_HZ: what times(2) and AT_CLKTCK count in, 100 on every Linux x86-64.
const USER_HZ: u64 = 100;

/// Entries reserved on the stack, AT_NULL included.
const AUX_MAX: usize = 24;

/// Copies `bytes` below `*top` and moves `*top` there; an errno or 0.
unsafe fn push(top: &mut u64, bytes: *const u8, len: usize) -> c_int {
    *top = top.wrapping_sub(len as u64);
    // SAFETY: kernel copy; the caller's bytes are readable for len.
    unsafe { ffi::copyout(bytes.cast(), *top as *mut _, len) }
}

/// Stores the addresses of `count` strings that lie one behind the other, then NULL.
///
/// `*kernel` runs over the kernel's copy of the strings, `*user` over the user's.
unsafe fn vector(slot: &mut u64, count: c_int, kernel: &mut *const u8, user: &mut u64) -> c_int {
    for _ in 0..count {
        // SAFETY: kernel copy; exec_copyin_args put `count` NUL-terminated strings at *kernel.
        let len = unsafe {
            if ffi::suword(*slot as *mut _, user.cast_signed()) != 0 {
                return ffi::EFAULT as c_int;
            }
            CStr::from_ptr((*kernel).cast()).to_bytes_with_nul().len()
        };
        // SAFETY: still inside or just behind the strings.
        *kernel = unsafe { kernel.add(len) };
        *user += len as u64;
        *slot += 8;
    }
    // SAFETY: kernel copy.
    if unsafe { ffi::suword(*slot as *mut _, 0) } != 0 {
        return ffi::EFAULT as c_int;
    }
    *slot += 8;
    0
}

macro_rules! try_errno {
    ($e:expr) => {{
        let error = $e;
        if error != 0 {
            return error;
        }
    }};
}

/// sv_copyout_strings.
///
/// # Safety
/// Called by exec for the current process, in its new map.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_copyout_strings(
    imgp: *mut ffi::image_params,
    stack_base: *mut usize,
) -> c_int {
    // SAFETY: caller: imgp and its args are live; every user address goes through a checked copy.
    unsafe {
        let imgp = &mut *imgp;
        let args = &*imgp.args;
        let ps_strings = ffi::lrs_PROC_PS_STRINGS(imgp.proc_);
        imgp.ps_strings = ps_strings as *mut _;
        let mut top = ps_strings;

        let name = super::exec::exec_name(imgp).or_else(|| {
            let path = imgp.execpath;
            (!path.is_null()).then(|| CStr::from_ptr(path))
        });
        if let Some(name) = name
            && !imgp.auxargs.is_null()
        {
            let path = name.to_bytes_with_nul();
            try_errno!(push(&mut top, path.as_ptr(), path.len()));
            imgp.execpathp = top as *mut _;
        }

        // The platform string lies right below the file name: its address is
        // computed again where the auxiliary vector is written.
        let platform = PLATFORM.to_bytes_with_nul();
        try_errno!(push(&mut top, platform.as_ptr(), platform.len()));
        let platform_at = top;

        let mut random = [0u8; 16];
        ffi::arc4rand(random.as_mut_ptr().cast(), random.len() as u32, 0);
        top &= !0xf;
        try_errno!(push(&mut top, random.as_ptr(), random.len()));
        imgp.canary = top as *mut _;
        imgp.canarylen = random.len() as c_int;

        // Less than nothing is left where there are more than FreeBSD's own programs can have.
        let strings_len =
            i64::from(ffi::ARG_MAX).wrapping_sub(i64::from(args.stringspace)) as usize;
        try_errno!(push(&mut top, args.begin_argv.cast(), strings_len));
        let mut user_string = top;

        if !imgp.auxargs.is_null() {
            top = top.wrapping_sub((AUX_MAX * size_of::<ffi::Elf64_Auxinfo>()) as u64);
        }
        let words = i64::from(args.argc) + i64::from(args.envc) + 2;
        top = top.wrapping_sub(words.cast_unsigned() * 8);
        // argc comes to lie below, at an address divisible by 16 (System V ABI, 3.4.1).
        top = (top.wrapping_sub(8) & !0xf) + 8;
        *stack_base = top as usize;

        let mut kernel_string = args.begin_argv.cast::<u8>().cast_const();
        let mut slot = top;
        imgp.argv = slot as *mut _;
        try_errno!(vector(
            &mut slot,
            args.argc,
            &mut kernel_string,
            &mut user_string
        ));
        imgp.envv = slot as *mut _;
        try_errno!(vector(
            &mut slot,
            args.envc,
            &mut kernel_string,
            &mut user_string
        ));
        try_errno!(fill_ps_strings(
            ps_strings,
            imgp.argv as u64,
            args.argc,
            imgp.envv as u64,
            args.envc
        ));

        if !imgp.auxargs.is_null() {
            try_errno!(copyout_auxv(imgp, slot, platform_at));
        }
    }
    0
}

/// What ps(1) reads to find a process's arguments.
unsafe fn fill_ps_strings(at: u64, argv: u64, argc: c_int, envv: u64, envc: c_int) -> c_int {
    let field = |offset: usize| (at + offset as u64) as *mut core::ffi::c_void;
    // SAFETY: kernel copy.
    let failed = unsafe {
        ffi::suword(
            field(offset_of!(ffi::ps_strings, ps_argvstr)),
            argv.cast_signed(),
        ) != 0
            || ffi::suword32(field(offset_of!(ffi::ps_strings, ps_nargvstr)), argc) != 0
            || ffi::suword(
                field(offset_of!(ffi::ps_strings, ps_envstr)),
                envv.cast_signed(),
            ) != 0
            || ffi::suword32(field(offset_of!(ffi::ps_strings, ps_nenvstr)), envc) != 0
    };
    if failed { ffi::EFAULT as c_int } else { 0 }
}

/// An auxiliary vector being filled; zero-initialised, so AT_NULL follows the last entry.
struct AuxVector {
    entries: [[u64; 2]; AUX_MAX],
    len: usize,
}

impl AuxVector {
    fn push(&mut self, tag: u64, value: u64) {
        // One slot stays AT_NULL.
        if self.len < AUX_MAX - 1
            && let Some(entry) = self.entries.get_mut(self.len)
        {
            *entry = [tag, value];
            self.len += 1;
        }
    }
}

/// Linux's `secureexec`: the new effective ids are not the old real ones
/// (security/commoncap.c). The new credential is already made, but not yet installed,
/// when the vector is written: asking P_SUGID here was CVE-2026-49413.
unsafe fn secure_exec(imgp: &ffi::image_params) -> (bool, *const ffi::ucred) {
    // SAFETY: exec holds both credentials.
    unsafe {
        let old = (*imgp.proc_).p_ucred.cast_const();
        let new = if imgp.newcred.is_null() {
            old
        } else {
            imgp.newcred.cast_const()
        };
        let secure = (*new).cr_uid != (*old).cr_ruid
            || ffi::lrs_cr_gid(new) != (*old).cr_rgid
            || imgp.credential_setid;
        (secure, new)
    }
}

unsafe fn copyout_auxv(imgp: &mut ffi::image_params, at: u64, platform: u64) -> c_int {
    // SAFETY: exec owns auxargs and the credentials; constants are the kernel's boot-time variables.
    unsafe {
        let elf = &*imgp.auxargs.cast::<ffi::Elf64_Auxargs>();
        let (secure, cred) = secure_exec(imgp);
        let old = (*imgp.proc_).p_ucred;
        let mut aux = AuxVector {
            entries: [[0; 2]; AUX_MAX],
            len: 0,
        };
        aux.push(auxv::AT_SYSINFO_EHDR, super::vdso::BASE);
        aux.push(auxv::AT_MINSIGSTKSZ, super::sendsig::min_stack());
        aux.push(auxv::AT_HWCAP, u64::from(__cpuid(1).edx));
        aux.push(auxv::AT_PAGESZ, elf.pagesz);
        aux.push(auxv::AT_CLKTCK, USER_HZ);
        aux.push(auxv::AT_PHDR, elf.phdr);
        aux.push(auxv::AT_PHENT, elf.phent);
        aux.push(auxv::AT_PHNUM, elf.phnum);
        aux.push(auxv::AT_BASE, elf.base);
        // Linux defines no flag for x86-64; the ELF loader's own are not for the user.
        aux.push(auxv::AT_FLAGS, 0);
        aux.push(auxv::AT_ENTRY, elf.entry);
        aux.push(auxv::AT_UID, u64::from((*old).cr_ruid));
        aux.push(auxv::AT_EUID, u64::from((*cred).cr_uid));
        aux.push(auxv::AT_GID, u64::from((*old).cr_rgid));
        aux.push(auxv::AT_EGID, u64::from(ffi::lrs_cr_gid(cred)));
        aux.push(auxv::AT_SECURE, u64::from(secure));
        aux.push(auxv::AT_RANDOM, imgp.canary as u64);
        aux.push(auxv::AT_HWCAP2, hwcap2());
        if !imgp.execpathp.is_null() {
            aux.push(auxv::AT_EXECFN, imgp.execpathp as u64);
        }
        aux.push(auxv::AT_PLATFORM, platform);
        if elf.execfd != -1 {
            aux.push(auxv::AT_EXECFD, elf.execfd.cast_unsigned());
        }

        ffi::free(imgp.auxargs, (&raw mut ffi::M_TEMP).cast());
        imgp.auxargs = core::ptr::null_mut();
        ffi::copyout(
            aux.entries.as_ptr().cast(),
            at as *mut _,
            size_of_val(&aux.entries),
        )
    }
}

/// AT_HWCAP2: whether user space may use the fsgsbase instructions.
fn hwcap2() -> u64 {
    const HWCAP2_FSGSBASE: u64 = 1 << 1;
    // SAFETY: written once at boot.
    let has = unsafe { ffi::cpu_stdext_feature } & ffi::CPUID_STDEXT_FSGSBASE != 0;
    if has { HWCAP2_FSGSBASE } else { 0 }
}
