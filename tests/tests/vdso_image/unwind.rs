// SPDX-License-Identifier: BSD-2-Clause
//! A signal handler that returns through the image's trampoline, seen by the
//! host's unwinder and ended by the host's rt_sigreturn(2).

use crate::image::{Data, Vdso};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Mutex;

/// What `rt_sigaction(2)` takes on x86-64.
#[repr(C)]
struct Action {
    handler: unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void),
    flags: u64,
    restorer: usize,
    mask: u64,
}

const SA_RESTORER: u64 = 0x0400_0000;
const SA_SIGINFO: u64 = 4;
const SA_ONSTACK: u64 = 0x0800_0000;

/// One frame by the unwinder: where it is, whether it was interrupted there,
/// its stack pointer, and registers by DWARF number.
#[derive(Clone, Debug)]
struct Frame {
    ip: usize,
    interrupted: bool,
    cfa: usize,
    registers: [usize; 16],
}

#[derive(Default)]
struct Seen {
    frames: Vec<Frame>,
    context: Vec<i64>,
    trampoline: usize,
}

static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

unsafe extern "C" {
    fn _Unwind_Backtrace(
        each: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        arg: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut c_void, before: *mut c_int) -> usize;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    fn _Unwind_GetGR(context: *mut c_void, register: c_int) -> usize;
}

unsafe extern "C" fn each(context: *mut c_void, arg: *mut c_void) -> c_int {
    // SAFETY: the Seen that handler() passes to the unwinder.
    let seen = unsafe { &mut *arg.cast::<Seen>() };
    let mut before = 0;
    // SAFETY: the unwinder's own context.
    let ip = unsafe { _Unwind_GetIPInfo(context, &raw mut before) };
    // SAFETY: as above.
    let cfa = unsafe { _Unwind_GetCFA(context) };
    let mut registers = [0; 16];
    // Caller-saved registers are only known just above a signal frame.
    if seen.frames.last().is_some_and(|f| f.ip == seen.trampoline) {
        for (register, value) in (0..).zip(&mut registers) {
            // SAFETY: as above; every register has a rule in the trampoline.
            *value = unsafe { _Unwind_GetGR(context, register) };
        }
    }
    seen.frames.push(Frame {
        ip,
        interrupted: before != 0,
        cfa,
        registers,
    });
    0
}

unsafe extern "C" fn handler(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // The signal is raised where nothing is locked or half allocated.
    let mut guard = SEEN.lock().expect("no test panicked with it");
    let seen = guard.as_mut().expect("set before raising");
    // SAFETY: the kernel passes a ucontext.
    seen.context = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs }.to_vec();
    // SAFETY: each() takes a Seen.
    unsafe { _Unwind_Backtrace(each, ptr::from_mut(seen).cast()) };
}

fn raise(vdso: &Vdso, signal: c_int, flags: u64) -> Seen {
    let action = Action {
        handler,
        flags: flags | SA_SIGINFO | SA_RESTORER,
        restorer: vdso.rt_sigreturn(),
        mask: 0,
    };
    // SAFETY: the kernel's own structure; the handler is of that kind.
    let ret = unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            &raw const action,
            ptr::null_mut::<Action>(),
            8,
        )
    };
    assert_eq!(ret, 0);
    *SEEN.lock().expect("no test panicked with it") = Some(Seen {
        frames: Vec::with_capacity(256),
        trampoline: vdso.rt_sigreturn(),
        ..Seen::default()
    });
    // SAFETY: the signal has a handler.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
    SEEN.lock()
        .expect("no test panicked with it")
        .take()
        .expect("set above")
}

fn check(seen: &Seen) {
    let at = seen
        .frames
        .iter()
        .position(|f| f.ip == seen.trampoline)
        .expect("the trampoline is the handler's caller");
    // The interrupted function, with the kernel's word for every register.
    let frame = seen
        .frames
        .get(at + 1)
        .expect("the unwinder gets past the trampoline");
    let saved = |register: c_int| {
        let index = usize::try_from(register).expect("an index");
        usize::try_from(seen.context[index].cast_unsigned()).expect("64-bit host")
    };
    assert_eq!(frame.ip, saved(libc::REG_RIP));
    assert!(frame.interrupted, "the return address is not a call's");
    assert_eq!(frame.cfa, saved(libc::REG_RSP));
    let dwarf_order = [
        libc::REG_RAX,
        libc::REG_RDX,
        libc::REG_RCX,
        libc::REG_RBX,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_RBP,
        libc::REG_RSP,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
    ];
    assert_eq!(frame.registers, dwarf_order.map(saved));
    // And from there on home.
    let raise_at = (raise as fn(&Vdso, c_int, u64) -> Seen as *const ()).addr();
    assert!(
        seen.frames[at + 2..]
            .iter()
            .any(|f| (raise_at..raise_at + 4096).contains(&f.ip)),
        "raise() is not among the callers"
    );
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn unwinders_get_through_the_signal_trampoline() {
    let vdso = Vdso::load(Data {
        timekeep_base: 0,
        tsc_mode: 0,
        cpu_mode: 0,
    });
    check(&raise(&vdso, libc::SIGUSR1, 0));

    let stack = Box::leak(vec![0_u8; 256 * 1024].into_boxed_slice());
    let alternate = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: stack.len(),
    };
    // SAFETY: leaked memory, this thread only.
    let ret = unsafe { libc::sigaltstack(&raw const alternate, ptr::null_mut()) };
    assert_eq!(ret, 0);
    check(&raise(&vdso, libc::SIGUSR2, SA_ONSTACK));
}
