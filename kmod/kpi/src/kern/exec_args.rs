// SPDX-License-Identifier: BSD-2-Clause
//! What an exec is given, copied into the kernel: struct image_args (imgact.h).

use core::ffi::{c_char, c_int};
use core::ptr;

use linux_abi::exec::{LONGEST_STRING, MOST_TOTAL, total_limit};
use linux_abi::script;

use super::exec::{Chain, Strings, copy};
use super::reroot::PATH_MAX;
use crate::{Cx, Errno, Fail, Result, UserAddr, check};

/// What an exec is given, in kernel memory.
pub(super) struct Args(pub(super) ffi::image_args);

/// Why not everything was copied in.
enum Short {
    /// It does not fit in the kernel's own buffer for this.
    Full,
    /// It cannot be.
    Fail(Fail),
}

impl From<Fail> for Short {
    fn from(fail: Fail) -> Short {
        Short::Fail(fail)
    }
}

impl Args {
    /// Copies everything in. E2BIG, EFAULT.
    pub(super) fn copyin(
        cx: &mut Cx<'_>,
        chain: &Chain,
        argv: Option<Strings>,
        envp: Option<Strings>,
    ) -> Result<Args> {
        let again = (
            argv.as_ref().map(Strings::again),
            envp.as_ref().map(Strings::again),
        );
        match Args::new(cx, chain, argv, envp, false) {
            // Nothing has been done with what was read, so it may be another the second time.
            Err(Short::Full) => match Args::new(cx, chain, again.0, again.1, true) {
                Err(Short::Full) => Err(Errno::E2BIG.into()),
                Err(Short::Fail(fail)) => Err(fail),
                Ok(args) => Ok(args),
            },
            Err(Short::Fail(fail)) => Err(fail),
            Ok(args) => Ok(args),
        }
    }

    fn new(
        cx: &mut Cx<'_>,
        chain: &Chain,
        argv: Option<Strings>,
        envp: Option<Strings>,
        large: bool,
    ) -> core::result::Result<Args, Short> {
        // SAFETY: image_args is plain data, and exec_alloc_args wants it zeroed.
        let mut args: Args = unsafe { core::mem::zeroed() };
        args.0.fd = chain.fd().unwrap_or(-1);
        let name = chain.name().split_inclusive(|byte| *byte == 0).next();
        let name = name.unwrap_or_default();
        let room = if large { PATH_MAX + MOST_TOTAL } else { 0 };
        // SAFETY: there is room for the name, and what lies behind it is args' own; whatever
        // happens, exec_free_args gives it back.
        unsafe {
            let place = ffi::lrs_exec_room(name.len().saturating_add(room));
            ptr::copy_nonoverlapping(name.as_ptr(), place.cast(), name.len());
            args.0.fname_buf = place;
            if large {
                args.0.buf = place.add(name.len());
            } else {
                check(ffi::exec_alloc_args(&raw mut args.0))?;
            }
            let path = match chain.fd() {
                Some(_) => ptr::null(),
                None => chain.path().as_ptr().cast(),
            };
            let error = ffi::exec_args_add_fname(&raw mut args.0, path, ffi::UIO_SYSSPACE);
            if large {
                // It is not one of the kernel's buffers, which it would go back to.
                args.0.buf = ptr::null_mut();
                // CAST: 2 MiB.
                args.0.stringspace = MOST_TOTAL as c_int;
            }
            if let Err(fail) = check(error) {
                ffi::exec_free_args(&raw mut args.0);
                return Err(fail.into());
            }
        }
        match args.fill(cx, chain, argv, envp, large) {
            Ok(()) => Ok(args),
            Err(short) => {
                // SAFETY: allocated above.
                unsafe { ffi::exec_free_args(&raw mut args.0) };
                Err(short)
            }
        }
    }

    fn fill(
        &mut self,
        cx: &mut Cx<'_>,
        chain: &Chain,
        argv: Option<Strings>,
        envp: Option<Strings>,
        large: bool,
    ) -> core::result::Result<(), Short> {
        let args = &raw mut self.0;
        let limit = total_limit(stack_limit(cx));
        for script in chain.scripts() {
            for word in [Some(script.interpreter), script.argument]
                .into_iter()
                .flatten()
            {
                let mut text = [0; script::HEAD];
                copy(word, &mut text)?;
                // SAFETY: args is allocated; the text ends in NUL.
                let error = unsafe {
                    ffi::exec_args_add_arg(args, text.as_ptr().cast(), ffi::UIO_SYSSPACE)
                };
                check(error)?;
            }
        }
        if chain.is_script() {
            let name = chain.name().as_ptr().cast();
            // SAFETY: args is allocated; the name ends in NUL.
            check(unsafe { ffi::exec_args_add_arg(args, name, ffi::UIO_SYSSPACE) })?;
        }
        if let Some(argv) = argv {
            // The name of a script takes the place of the first argument.
            let skip = usize::from(chain.is_script());
            // SAFETY: args is allocated; the string is a user address.
            each(cx, args, limit, skip, argv, large, |s| unsafe {
                ffi::exec_args_add_arg(args, s, ffi::UIO_USERSPACE)
            })?;
        }
        if self.0.argc == 0 {
            // As Linux since 5.18: a program always finds an argv[0].
            // SAFETY: args is allocated; the string is a literal.
            check(unsafe { ffi::exec_args_add_arg(args, c"".as_ptr(), ffi::UIO_SYSSPACE) })?;
        }
        if let Some(envp) = envp {
            // SAFETY: args is allocated; the string is a user address.
            each(cx, args, limit, 0, envp, large, |s| unsafe {
                ffi::exec_args_add_env(args, s, ffi::UIO_USERSPACE)
            })?;
        }
        if large {
            // What the kernel takes this number from is how much its own buffer holds.
            let left = i64::from(ffi::ARG_MAX).saturating_sub(used(args) as i64);
            // CAST: at most 2 MiB either way.
            self.0.stringspace = left as c_int;
        }
        Ok(())
    }
}

/// RLIMIT_STACK.
fn stack_limit(cx: &Cx<'_>) -> u64 {
    // SAFETY: current. CAST: a small number.
    unsafe { ffi::lim_cur(cx.td(), ffi::RLIMIT_STACK as c_int) }.cast_unsigned()
}

/// How many bytes of strings there are.
fn used(args: *const ffi::image_args) -> usize {
    // SAFETY: args is live; both point into one buffer.
    unsafe { ((*args).endp as usize).saturating_sub((*args).begin_argv as usize) }
}

/// Calls `add` with every address of the vector behind the first `skip` and up to the null one.
/// E2BIG, EFAULT.
fn each(
    cx: &mut Cx<'_>,
    args: *const ffi::image_args,
    limit: usize,
    skip: usize,
    strings: Strings,
    large: bool,
    mut add: impl FnMut(*const c_char) -> c_int,
) -> core::result::Result<(), Short> {
    let mut index = 0_usize;
    loop {
        // E2BIG ends a vector that does not end itself.
        let string = strings.read_at(cx, index)?;
        if string == 0 {
            return Ok(());
        }
        index = index.saturating_add(1);
        if index <= skip {
            continue;
        }
        let before = used(args);
        match check(add(UserAddr::from_reg(string).as_ptr::<c_char>())) {
            Err(fail) if fail == Errno::E2BIG.into() && !large => return Err(Short::Full),
            added => added?,
        }
        let now = used(args);
        // SAFETY: args is live.
        let count = unsafe { (*args).argc.saturating_add((*args).envc) }.unsigned_abs() as usize;
        let total = count.saturating_mul(size_of::<u64>()).saturating_add(now);
        if now.saturating_sub(before) > LONGEST_STRING || total > limit {
            return Err(Short::Fail(Errno::E2BIG.into()));
        }
    }
}
