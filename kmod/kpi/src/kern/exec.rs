// SPDX-License-Identifier: BSD-2-Clause
//! Running another program: kern_exec.c.

use core::ffi::{c_char, c_int};
use core::ptr;

use crate::door::Untouched;
use crate::{Cx, Errno, Result, UserAddr, UserArrayIn, UserCStr, check, emul};

/// The program to run.
pub enum Program {
    /// The file of this name.
    Path(UserCStr),
    /// An open file.
    Fd(i32),
}

/// A vector of strings, of addresses in user memory up to a null one.
pub type Strings = UserArrayIn<u64>;

/// What an exec is given, in kernel memory.
struct Args(ffi::image_args);

impl Args {
    /// Copies everything in. E2BIG, EFAULT, ENAMETOOLONG, ENOMEM.
    fn copyin(
        cx: &mut Cx<'_>,
        program: &Program,
        argv: Option<Strings>,
        envp: Option<Strings>,
    ) -> Result<Args> {
        // SAFETY: image_args is plain data, and exec_alloc_args wants it zeroed.
        let mut args: Args = unsafe { core::mem::zeroed() };
        args.0.fd = -1;
        // SAFETY: as above.
        check(unsafe { ffi::exec_alloc_args(&raw mut args.0) })?;
        match args.fill(cx, program, argv, envp) {
            Ok(()) => Ok(args),
            Err(fail) => {
                // SAFETY: allocated above.
                unsafe { ffi::exec_free_args(&raw mut args.0) };
                Err(fail)
            }
        }
    }

    fn fill(
        &mut self,
        cx: &mut Cx<'_>,
        program: &Program,
        argv: Option<Strings>,
        envp: Option<Strings>,
    ) -> Result<()> {
        let args = &raw mut self.0;
        let name = match program {
            Program::Path(path) => path.as_ptr(),
            Program::Fd(_) => ptr::null(),
        };
        // SAFETY: args is allocated; the name is a user address or null.
        let error = unsafe { ffi::exec_args_add_fname(args, name, ffi::UIO_USERSPACE) };
        match check(error) {
            // The name has a place of its own: only its length can be too big.
            Err(fail) if fail == Errno::E2BIG.into() => return Err(Errno::ENAMETOOLONG.into()),
            other => other?,
        }
        if let Program::Fd(fd) = *program {
            self.0.fd = fd;
        }
        if let Some(argv) = argv {
            // SAFETY: args is allocated; the string is a user address.
            each(cx, args, argv, |s| unsafe {
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
            each(cx, args, envp, |s| unsafe {
                ffi::exec_args_add_env(args, s, ffi::UIO_USERSPACE)
            })?;
        }
        Ok(())
    }
}

/// The longest string, with its NUL (MAX_ARG_STRLEN of linux/binfmts.h).
const LONGEST: usize = 32 * 4096;

/// Calls `add` with every address of the vector up to the null one. E2BIG, EFAULT.
fn each(
    cx: &mut Cx<'_>,
    args: *const ffi::image_args,
    strings: Strings,
    mut add: impl FnMut(*const c_char) -> c_int,
) -> Result<()> {
    // SAFETY: args is live; `add` moves endp on within one buffer.
    let end = || unsafe { (*args).endp } as usize;
    let mut index = 0;
    loop {
        let string = strings.read_at(cx, index)?;
        if string == 0 {
            return Ok(());
        }
        let start = end();
        // E2BIG ends a vector that does not end itself.
        check(add(UserAddr::from_reg(string).as_ptr::<c_char>()))?;
        if end().saturating_sub(start) > LONGEST {
            return Err(Errno::E2BIG.into());
        }
        index += 1;
    }
}

/// execve(2) and fexecve(2); comes back only with an errno, or into the new program.
pub fn execve(
    cx: &mut Cx<'_>,
    program: &Program,
    argv: Option<Strings>,
    envp: Option<Strings>,
) -> Result<Untouched> {
    let mut old: *mut ffi::vmspace = ptr::null_mut();
    // SAFETY: current. From here on this is the only running thread of the process, until post_execve.
    check(unsafe { ffi::pre_execve(cx.td(), &raw mut old) })?;
    let error = match Args::copyin(cx, program, argv, envp) {
        Ok(mut args) => {
            cx.thread_state().in_exec.set(true);
            // SAFETY: args is filled; kern_execve frees it in every case.
            let error = unsafe { ffi::kern_execve(cx.td(), &raw mut args.0, ptr::null_mut(), old) };
            cx.thread_state().in_exec.set(false);
            error
        }
        Err(fail) => fail.to_kernel(),
    };
    // SAFETY: the other half of pre_execve.
    unsafe { ffi::post_execve(cx.td(), error, old) };
    if error != ffi::EJUSTRETURN {
        check(error)?;
        return Ok(Untouched);
    }
    // SAFETY: current; a successful exec leaves one thread.
    unsafe {
        if !ffi::lrs_is_linux(cx.proc_ptr()) {
            ffi::pwd_altroot(cx.td(), ptr::null_mut());
            emul::detach_process(cx.td());
        }
    }
    Ok(Untouched)
}

/// Opens a file only to run it, relative to a folder; the descriptor closes on exec.
pub fn open_program(cx: &mut Cx<'_>, dir: i32, path: UserCStr, follow: bool) -> Result<i32> {
    let nofollow = if follow { 0 } else { ffi::O_NOFOLLOW };
    // CAST: O_ flags are small positive constants.
    let flags = (ffi::O_EXEC | ffi::O_CLOEXEC | nofollow) as c_int;
    // SAFETY: current; the path is a user address.
    let error =
        unsafe { ffi::kern_openat(cx.td(), dir, path.as_ptr(), ffi::UIO_USERSPACE, flags, 0) };
    match check(error) {
        // FreeBSD's word for a symbolic link that must not be followed.
        Err(fail) if fail == Errno::EMLINK.into() => Err(Errno::ELOOP.into()),
        Err(fail) => Err(fail),
        // CAST: a descriptor number.
        Ok(()) => Ok(cx.retval() as i32),
    }
}
