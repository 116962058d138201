// SPDX-License-Identifier: BSD-2-Clause
//! ptrace(2).
//!
//! FreeBSD: ptracestop (kern_sig.c), proc_set_traced, proc_rwmem (sys_process.c), fill_dbregs.
//! Differences from Linux: PTRACE_O_TRACEEXIT is not told of deaths by SIGKILL, and of other signals to one
//! thread only; VFORK_DONE comes after the end of the call; PTRACE_SETSIGINFO cannot change the signal, nor
//! what exceptions tell, and a SIGSTOP has no sender; PTRACE_SYSEMU,
//! PTRACE_SINGLEBLOCK, PTRACE_PEEKSIGINFO and what reads filters (seccomp) and rseq is EIO; any thread
//! of the tracer may ask; programs that are no Linux ones cannot be traced.

use kpi::kern::ptrace::{self as kernel, FP_BYTES, FXSAVE_BYTES};
use kpi::{Cx, Errno, Result, UserBytesIn, UserBytesOut, UserIn, UserOut};
use linux_abi::arch::ArchPrctl;
use linux_abi::c::{l_iovec, l_siginfo_t};
use linux_abi::ptrace::{
    DEBUG_REGISTERS, RegSet, Request, USER_BYTES, USER_REGS_BYTES, l_user_regs, parse_options,
    syscall_info,
};
use linux_abi::siginfo::queued_to_bsd;
use linux_abi::signal::{BsdSignal, LinuxSignal};
use linux_abi::sigset::{LINUX_SIGSET_BYTES, sigset_to_bsd, sigset_to_linux};

/// Traces another process. EIO for unknown requests, addresses and signals; ESRCH for who is no
/// tracee, or runs; EPERM, EFAULT, EINVAL.
pub(crate) fn ptrace(cx: &mut Cx<'_>, request: i64, pid: i64, addr: u64, data: u64) -> Result<i64> {
    // CAST: Linux cuts it to an int.
    let tid = pid as i32;
    match Request::parse(request) {
        Ok(Request::TraceMe) => kernel::trace_me(cx)?,
        Ok(Request::Attach) => kernel::attach(cx, tid, None)?,
        Ok(Request::Seize) => {
            if addr != 0 {
                return Err(Errno::EIO.into());
            }
            let options = parse_options(data).map_err(|_| Errno::EIO)?;
            kernel::attach(cx, tid, Some(options))?;
        }
        Ok(Request::Interrupt) => kernel::interrupt(cx, tid)?,
        Ok(Request::Listen) => kernel::listen(cx, tid)?,
        Ok(Request::Detach) => {
            let signal = signal(data)?;
            kernel::detach(cx, tid, signal)?;
        }
        Ok(Request::Kill) => kernel::kill(cx, tid)?,
        Ok(Request::Resume(mode)) => {
            let signal = signal(data)?;
            kernel::resume(cx, tid, mode, signal)?;
        }
        Ok(Request::Peek) => {
            let word = kernel::peek(cx, tid, addr)?;
            UserOut::from_reg(data).write(cx, &word)?;
        }
        Ok(Request::Poke) => kernel::poke(cx, tid, addr, data)?,
        Ok(Request::PeekUser) => {
            let word = peek_user(cx, tid, addr)?;
            UserOut::from_reg(data).write(cx, &word)?;
        }
        Ok(Request::PokeUser) => poke_user(cx, tid, addr, data)?,
        Ok(Request::GetRegs) => {
            let regs = kernel::registers(cx, tid)?;
            UserOut::from_reg(data).write(cx, &regs)?;
        }
        Ok(Request::SetRegs) => {
            kernel::registers(cx, tid)?;
            let regs: l_user_regs = UserIn::from_reg(data).read(cx)?;
            kernel::set_registers(cx, tid, &regs)?;
        }
        Ok(Request::GetFpRegs) => {
            let mut area = [0; FXSAVE_BYTES];
            kernel::fp_registers(cx, tid, &mut area)?;
            UserBytesOut::from_reg(data).write(cx, &area)?;
        }
        Ok(Request::SetFpRegs) => {
            let mut area = [0; FXSAVE_BYTES];
            UserBytesIn::from_reg(data).read(cx, &mut area)?;
            kernel::set_fp_registers(cx, tid, &mut area)?;
        }
        Ok(Request::GetRegSet) => get_regset(cx, tid, RegSet::parse(addr)?, data)?,
        Ok(Request::SetRegSet) => set_regset(cx, tid, RegSet::parse(addr)?, data)?,
        Ok(Request::SetOptions) => {
            let options = parse_options(data)?;
            kernel::set_options(cx, tid, options)?;
        }
        Ok(Request::GetEventMessage) => {
            let message = kernel::message(cx, tid)?;
            UserOut::from_reg(data).write(cx, &message)?;
        }
        Ok(Request::GetSiginfo) => {
            let info = kernel::siginfo(cx, tid)?;
            UserOut::from_reg(data).write(cx, &info)?;
        }
        Ok(Request::SetSiginfo) => {
            let new: l_siginfo_t = UserIn::from_reg(data).read(cx)?;
            if new != kernel::siginfo(cx, tid)? {
                // The signal itself cannot be made another one here.
                let signal = LinuxSignal::new(new.si_signo).ok_or(Errno::EINVAL)?;
                if new.si_code > 0 {
                    return Err(Errno::EINVAL.into());
                }
                kernel::set_siginfo(cx, tid, &queued_to_bsd(signal, &new, true)?)?;
            }
        }
        Ok(Request::GetSigmask) => {
            check_size(addr)?;
            let set = sigset_to_linux(&kernel::sigmask(cx, tid)?);
            UserOut::from_reg(data).write(cx, &set)?;
        }
        Ok(Request::SetSigmask) => {
            check_size(addr)?;
            let set: u64 = UserIn::from_reg(data).read(cx)?;
            kernel::set_sigmask(cx, tid, sigset_to_bsd(set))?;
        }
        Ok(Request::GetSyscallInfo) => {
            let (stop, rip, rsp) = kernel::syscall_stop(cx, tid)?;
            let (bytes, used) = syscall_info(stop, rip, rsp);
            // CAST: at most 88.
            let room = (addr.min(used as u64)) as usize;
            UserBytesOut::from_reg(data).write(cx, bytes.get(..room).unwrap_or_default())?;
            return Ok(i64::try_from(used).unwrap_or(i64::MAX));
        }
        Ok(Request::ArchPrctl) => arch_prctl(cx, tid, data, addr)?,
        Err(unknown) => {
            // Linux looks for the tracee first.
            kernel::registers(cx, tid)?;
            return Err(unknown.into());
        }
    }
    Ok(0)
}

fn check_size(size: u64) -> Result<()> {
    if size == LINUX_SIGSET_BYTES {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// The signal a tracee is to get. EIO for one that does not exist.
fn signal(data: u64) -> Result<Option<BsdSignal>> {
    let number = i32::try_from(data).map_err(|_| Errno::EIO)?;
    let signal = LinuxSignal::parse_or_probe(number).map_err(|_| Errno::EIO)?;
    Ok(signal.map(LinuxSignal::to_bsd))
}

/// The index of a word of `struct user` in its registers, or among its debug registers.
enum UserWord {
    Register(usize),
    Debug(usize),
    Other,
}

fn user_word(addr: u64) -> Result<UserWord> {
    if !addr.is_multiple_of(8) || addr > USER_BYTES.saturating_sub(8) {
        return Err(Errno::EIO.into());
    }
    // CAST: below USER_BYTES.
    let index = (addr / 8) as usize;
    Ok(if index < USER_REGS_BYTES / 8 {
        UserWord::Register(index)
    } else if addr >= DEBUG_REGISTERS {
        UserWord::Debug(index.saturating_sub((DEBUG_REGISTERS / 8) as usize))
    } else {
        UserWord::Other
    })
}

fn peek_user(cx: &mut Cx<'_>, tid: i32, addr: u64) -> Result<u64> {
    let regs = kernel::registers(cx, tid)?;
    match user_word(addr)? {
        UserWord::Register(index) => Ok(regs.words().get(index).copied().unwrap_or(0)),
        UserWord::Debug(index) => kernel::debug_register(cx, tid, index),
        UserWord::Other => Ok(0),
    }
}

fn poke_user(cx: &mut Cx<'_>, tid: i32, addr: u64, value: u64) -> Result<()> {
    let regs = kernel::registers(cx, tid)?;
    match user_word(addr)? {
        UserWord::Register(index) => {
            let mut words = regs.words();
            if let Some(word) = words.get_mut(index) {
                *word = value;
            }
            kernel::set_registers(cx, tid, &l_user_regs::from_words(words))
        }
        UserWord::Debug(index) => kernel::set_debug_register(cx, tid, index, value),
        UserWord::Other => Ok(()),
    }
}

/// Tells a register set, cut to the room there is, and how much that was.
fn get_regset(cx: &mut Cx<'_>, tid: i32, set: RegSet, iov: u64) -> Result<()> {
    let place: l_iovec = UserIn::from_reg(iov).read(cx)?;
    let to = UserBytesOut::from_reg(place.iov_base);
    // CAST: cut to the largest set first.
    let room = place.iov_len.min(FP_BYTES as u64) as usize;
    let told = match set {
        RegSet::General => {
            let regs = kernel::registers(cx, tid)?;
            let mut bytes = [0; USER_REGS_BYTES];
            for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(regs.words()) {
                *to = word.to_le_bytes();
            }
            let told = room.min(USER_REGS_BYTES);
            to.write(cx, bytes.get(..told).unwrap_or_default())?;
            told
        }
        RegSet::Fp => {
            let mut area = [0; FXSAVE_BYTES];
            kernel::fp_registers(cx, tid, &mut area)?;
            let told = room.min(FXSAVE_BYTES);
            to.write(cx, area.get(..told).unwrap_or_default())?;
            told
        }
        RegSet::Extended => kernel::with_fp_area(|area| {
            let told = kernel::fp_registers(cx, tid, area)?.min(room);
            to.write(cx, area.get(..told).unwrap_or_default())?;
            Ok(told)
        })?,
    };
    let told = l_iovec {
        iov_len: told as u64,
        ..place
    };
    UserOut::from_reg(iov).write(cx, &told)
}

/// Sets one. EINVAL for a size that is none of it.
fn set_regset(cx: &mut Cx<'_>, tid: i32, set: RegSet, iov: u64) -> Result<()> {
    let place: l_iovec = UserIn::from_reg(iov).read(cx)?;
    let from = UserBytesIn::from_reg(place.iov_base);
    // CAST: cut to the largest set first.
    let len = place.iov_len.min(FP_BYTES as u64) as usize;
    match set {
        RegSet::General => {
            let regs = kernel::registers(cx, tid)?;
            let mut words = regs.words();
            if !len.is_multiple_of(8) || len > USER_REGS_BYTES {
                return Err(Errno::EINVAL.into());
            }
            let mut bytes = [0; USER_REGS_BYTES];
            from.read(cx, bytes.get_mut(..len).unwrap_or_default())?;
            let given = bytes.as_chunks::<8>().0.iter().take(len / 8);
            for (word, bytes) in words.iter_mut().zip(given) {
                *word = u64::from_le_bytes(*bytes);
            }
            kernel::set_registers(cx, tid, &l_user_regs::from_words(words))
        }
        RegSet::Fp => {
            let mut area = [0; FXSAVE_BYTES];
            if len != FXSAVE_BYTES {
                return Err(Errno::EINVAL.into());
            }
            from.read(cx, &mut area)?;
            kernel::set_fp_registers(cx, tid, &mut area)
        }
        RegSet::Extended => kernel::with_fp_area(|area| {
            if len < kernel::fp_size() {
                return Err(Errno::EINVAL.into());
            }
            let area = area.get_mut(..kernel::fp_size()).unwrap_or_default();
            from.read(cx, area)?;
            kernel::set_fp_registers(cx, tid, area)
        }),
    }
}

/// PTRACE_ARCH_PRCTL: the bases of fs and gs. EINVAL for anything else.
fn arch_prctl(cx: &mut Cx<'_>, tid: i32, code: u64, addr: u64) -> Result<()> {
    let mut regs = kernel::registers(cx, tid)?;
    let code = i32::try_from(code).map_err(|_| Errno::EINVAL)?;
    match ArchPrctl::new(code).ok_or(Errno::EINVAL)? {
        ArchPrctl::GetFs => return UserOut::from_reg(addr).write(cx, &regs.fs_base),
        ArchPrctl::GetGs => return UserOut::from_reg(addr).write(cx, &regs.gs_base),
        ArchPrctl::SetFs => regs.fs_base = addr,
        ArchPrctl::SetGs => regs.gs_base = addr,
    }
    kernel::set_registers(cx, tid, &regs)
}
